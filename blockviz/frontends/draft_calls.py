"""The calls of a draft with their readers, while rules rewrite them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isclose
from typing import TypeAlias

from blockviz.ops.drafts import Call, Draft, Tensor

Rule: TypeAlias = Callable[["DraftCalls", Call], bool]


class DraftCalls:
    """A draft's calls with their readers, kept up to date while a rule rewrites them."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.readers = draft.readers()
        self.places = {call: place for place, call in enumerate(draft.calls)}
        self.final = {tensor.call for tensor in draft.outputs}
        self.gone: set[Call] = set()
        self.instead: dict[Call, Call] = {}

    def only_reader(self, call: Call) -> Call | None:
        """The one call that reads a call's one tensor, once; None if there are more, or it is an output."""
        readers = self.readers[call]
        return readers[0] if len(readers) == 1 and call not in self.final and len(call.outputs) == 1 else None

    def become(self, old: Iterable[Call], last: Call, new: Call) -> None:
        """Let ``new``, which takes the place of ``last``, stand for some calls (``last`` among them)."""
        gone = {*old, last}
        ordered = sorted(gone, key=self.places.__getitem__)
        weights = [name for call in ordered for name in call.weights]
        new.weights = tuple(dict.fromkeys((*new.weights, *weights)))
        new.within = new.within or _common([call.within for call in ordered])
        new.times = last.times
        before, after = last.outputs[0], Tensor(new, 0, last.outputs[0].shape)
        new.outputs = [after]
        for reader in self.readers[last]:
            reader.inputs = [after if tensor is before else tensor for tensor in reader.inputs]
        if last in self.final:
            self.draft.outputs = [after if tensor is before else tensor for tensor in self.draft.outputs]
            self.final.add(new)
        self.readers[new] = self.readers.pop(last, [])
        for call in {tensor.call for one in ordered for tensor in one.inputs}:
            self.readers[call] = [one for one in self.readers[call] if one not in gone]
        for tensor in new.inputs:
            self.readers[tensor.call].append(new)
        self.places[new] = self.places[last]
        self.instead[last] = new
        self.gone |= gone

    def left(self) -> list[Call]:
        """The calls as they are now, in order."""
        found = []
        for call in self.draft.calls:
            now = call
            while now in self.instead:
                now = self.instead[now]
            if now not in self.gone:
                found.append(now)
        return found


def _common(paths: list[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    shared = paths[0] if paths else ()
    for path in paths[1:]:
        count = 0
        while count < min(len(shared), len(path)) and shared[count] == path[count]:
            count += 1
        shared = shared[:count]
    return shared


def is_arithmetic(call: Call | None, op: str, value: float, tolerance: float = 1e-3) -> bool:
    """Whether a call does arithmetic ``op`` with a number on its right, or a commuting one on either side."""
    if call is None or call.op != op or len(call.inputs) != 1:
        return False
    numbers = [held for held in call.args.values() if isinstance(held, int | float)]
    if "0" in call.args and op not in ("Add", "Multiply"):
        return False
    return len(numbers) == 1 and isclose(numbers[0], value, rel_tol=tolerance)


def source_of(call: Call, op: str) -> Call | None:
    """The call of an operation that gives the first operand."""
    found = call.inputs[0].call if call.inputs else None
    return found if found is not None and found.op == op else None
