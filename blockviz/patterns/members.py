"""The calls of an occurrence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blockviz.patterns.matching import plain
from blockviz.patterns.values import Key, Tensor, Value


def leaves_of(env: Mapping[str, Any]) -> Iterator[Tensor]:
    """The tensors at which an occurrence begins: those named in its formula, parameters and noise apart."""
    for name, item in env.items():
        if isinstance(item, Tensor) and not name.removeprefix("~").startswith(("p_", "n_", "h_", "a_")):
            yield item
    yield from [item for item in env.get("#leaves", ()) if isinstance(item, Tensor)]


def interior(root: Tensor, stops: set[Key]) -> dict[str, None]:
    """The calls on the ways from the tensors in ``stops`` to a root, the views on them included."""
    calls: dict[str, None] = {}
    reached: set[int] = set()
    for value in _behind(root.value, stops):
        for arg in value.args:
            if _is_end(arg, stops) or arg.value.number in reached:
                reached.add(value.number)
                calls.update(dict.fromkeys(arg.views))
        if value.number in reached:
            calls.update(value.calls)
    return calls


def _is_end(tensor: Tensor, stops: set[Key]) -> bool:
    return tensor.key in stops or (tensor.value.number, 0) in stops or plain(tensor).key in stops


def _behind(root: Value, stops: set[Key]) -> list[Value]:
    """A value and what it is made from, as far back as the stops, in the order in which they were made."""
    least = min((number for number, _ in stops), default=0)
    found = {root.number: root}
    pending = [root]
    while pending and len(found) < _MOST_VALUES:
        for arg in pending.pop().args:
            if arg.value.number >= least and arg.value.number not in found and not _is_end(arg, stops):
                found[arg.value.number] = arg.value
                pending.append(arg.value)
    return [found[number] for number in sorted(found)]


_MOST_VALUES = 4096
