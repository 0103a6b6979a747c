"""Another order of the calls, with fewer tensors alive at a time, for modules that overlap in depth-first order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from blockviz.ir import LayerGraph, Port
from blockviz.search.post_order import is_recurrent


def tightened(graph: LayerGraph, *, eager: bool = False) -> list[str]:
    """The graph's order, but with fewer tensors alive at a time: what can be finished comes first.

    Modules with several inputs and outputs (the exchange of an HRNet, the layers of a BiFPN) overlap in
    depth-first order: the next one's first branch begins before this one's last output is made. Where the next
    call would open something new, or tensors wait half read, calls that end more tensors than they begin go
    first. ``eager``: a half-read tensor is finished, too, where that only replaces it by another. Where a tangle
    takes too long, the rest stays as it is.
    """
    return _Tightening(graph, eager).run()


def in_step(graph: LayerGraph) -> tuple[list[str], list[int]]:
    """The graph's order, but all tensors alive go on at once, each to where it is read for the last time.

    So the streams of a module start together and are exchanged before any goes on; a new stream opens first. A tensor
    that is read far away waits. Also how many calls are done behind each step, and where new streams are open.
    """
    return _Tightening(graph, eager=False, reach=max(_REACH, len(graph) // _FAR)).run_in_step()


_REACH = 24  # calls that are pulled forward at most, to end one tensor
_FAR = 6  # the same for streams in step, as a part of all: what is read behind more is a skip
_WORK = 200_000  # calls and readings looked at; the most tangled of known networks takes an eighth


class _Tightening:
    """The state of `tightened`: what is done, and the tensors alive with their readers still to come."""

    def __init__(self, graph: LayerGraph, eager: bool, reach: int = _REACH) -> None:
        self.graph = graph
        self.reach = reach
        self.order = list(graph)
        self.eager = eager
        self.at = {name: position for position, name in enumerate(self.order)}
        self.reads: dict[str, list[Port]] = {
            name: list(dict.fromkeys((source, out) for _, source, out in graph.operand_list(name)
                                     if not (out and is_recurrent(graph.item(source)))))
            for name in graph
        }  # fmt: skip
        self.readers: dict[Port, list[str]] = defaultdict(list)
        for name, tensors in self.reads.items():
            for tensor in tensors:
                self.readers[tensor].append(name)
        self.makes: dict[str, list[Port]] = defaultdict(list)
        for tensor in self.readers:
            self.makes[tensor[0]].append(tensor)
        self.left = {tensor: len(readers) for tensor, readers in self.readers.items()}
        # What each call still waits for, so that a long list is not read again where all but the last of it is done.
        self.waits = {name: dict.fromkeys(source for source, _ in tensors) for name, tensors in self.reads.items()}
        self.work = 0
        self.alive: dict[Port, None] = {}
        self.done: dict[str, None] = {}

    def run(self) -> list[str]:
        """All names in the new order."""
        for name in self.order:
            while name not in self.done:
                for each in self._first(name) or [name]:
                    self._emit(each)
        return list(self.done)

    def run_in_step(self) -> tuple[list[str], list[int]]:
        """All names, one step of all streams after the other; what a step has begun to read it reads to the end."""
        ends = list[int]()
        for name in self.order:
            while name not in self.done:
                if self.work > _WORK:
                    self._emit(name)
                    continue
                begun = [tensor for tensor in self.alive if self._is_half_read(tensor)]
                calls = self._to_end_all(begun) or self._to_end_all(self.alive) or {name}
                inner = sorted(calls, key=self.at.__getitem__)
                ends.append(len(self.done))
                before = frozenset(self.alive)
                shapes = {self._shape(tensor) for tensor in before}
                for call in inner:
                    if not self.waits[call] and self._opens(call, before, shapes):
                        self._emit(call)
                ends.append(len(self.done))
                for call in inner:
                    if call not in self.done:
                        self._emit(call)
        return list(self.done), [*dict.fromkeys(ends), len(self.done)]

    def _to_end_all(self, tensors: Collection[Port]) -> set[str]:
        calls = set[str]()
        for tensor in tensors:
            found = self._to_end(tensor)
            self.work += 1 + len(found)
            calls |= found
        return calls

    def _opens(self, name: str, before: Collection[Port], shapes: Collection[object]) -> bool:
        """Whether a call ends no tensor of those before a step, and gives one of a shape that none of them has."""
        if any(self.left[tensor] == 1 and tensor in before for tensor in self.reads[name]):
            return False
        return all(self._shape(tensor) not in shapes for tensor in self.makes[name])

    def _shape(self, tensor: Port) -> object:
        return self.graph.item(tensor[0]).outputs[tensor[1]]

    def _emit(self, name: str) -> None:
        self.done[name] = None
        for tensor in self.reads[name]:
            self.left[tensor] -= 1
            if not self.left[tensor]:
                del self.alive[tensor]
        self.alive.update(dict.fromkeys(self.makes[name]))
        for tensor in self.makes[name]:
            for reader in self.readers[tensor]:
                self.waits[reader].pop(name, None)

    def _first(self, following: str) -> list[str]:
        """Calls that had better come before the following one, if there are any."""
        if self.work > _WORK:
            return []
        half = [tensor for tensor in self.alive if self._is_half_read(tensor)]
        opens = self._growth({following}) > 0
        best: tuple[float, int] | None = None
        chosen: Collection[str] = ()
        grown: dict[frozenset[str], int] = {}  # many tensors end with the same calls
        for tensor in self.alive if opens else half:
            calls = self._to_end(tensor)
            self.work += 1 + len(calls)
            if not calls or following in calls:
                continue
            key = frozenset(calls)
            growth = grown[key] = grown[key] if key in grown else self._growth(calls)
            replaces = self.eager and self._is_half_read(tensor) and self.left[tensor] == 1 and len(calls) < 3
            if growth < 0 or (growth == 0 and (opens or replaces)):
                rank = (-growth / len(calls), -len(calls))
                if best is None or rank > best:
                    best, chosen = rank, calls
        return sorted(chosen, key=self.at.__getitem__)

    def _is_half_read(self, tensor: Port) -> bool:
        return self.left[tensor] < len(self.readers[tensor])

    def _to_end(self, tensor: Port) -> set[str]:
        """The calls to come that read a tensor, and all that these need; empty if they are too many."""
        if self.left[tensor] > self.reach:
            return set()
        todo = [name for name in self.readers[tensor] if name not in self.done]
        calls = set(todo)
        while todo:
            if len(calls) > self.reach:
                return set()
            waits = self.waits[todo.pop()]
            if len(waits) > self.reach:
                return set()
            for source in waits:
                if source not in calls:
                    calls.add(source)
                    todo.append(source)
        return calls

    def _growth(self, calls: Collection[str]) -> int:
        """Tensors that the calls leave behind, minus those that they end."""
        uses: dict[Port, int] = defaultdict(int)
        for name in calls:
            self.work += len(self.reads[name])
            for tensor in self.reads[name]:
                uses[tensor] += 1
        made = sum(uses.get(tensor, 0) < len(self.readers[tensor]) for name in calls for tensor in self.makes[name])
        return made - sum(tensor[0] not in calls and self.left[tensor] == count for tensor, count in uses.items())
