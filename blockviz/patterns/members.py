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
    least = min((number for number, _ in stops), default=0)
    calls: dict[str, None] = {}
    known: dict[int, bool] = {}

    def reaches(value: Value) -> bool:
        if value.number in known:
            return known[value.number]
        known[value.number] = False
        hit = False
        for arg in _arguments(value):
            if (
                arg.key in stops
                or (arg.value.number, 0) in stops
                or plain(arg).key in stops
                or (arg.value.number >= least and reaches(arg.value))
            ):
                hit = True
                calls.update(dict.fromkeys(arg.views))
        if hit:
            calls.update(value.calls)
        known[value.number] = hit
        return hit

    reaches(root.value)
    return calls


def _arguments(value: Value) -> Iterator[Tensor]:
    yield from value.args
