"""Modules of several streams: what stands between two frontiers of equal shapes, and its copies elsewhere.

A frontier is the tensors alive between two calls. In an order in which all streams go on in step, a module that
exchanges them stands between two frontiers, but its calls come as their readers ask for them. So the calls between two
frontiers are taken as a pattern, and its copies are searched behind every frontier of those shapes: call by call along
operands, in whatever order they stand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, permutations, product
from operator import itemgetter

from blockviz.ir import LayerGraph, Port
from blockviz.runtime.records import dataclass, field
from blockviz.search.few_live_order import in_step, tightened
from blockviz.search.linearise import exact_of
from blockviz.structure.isomorphism import commutes

_STREAMS = 8  # tensors of a frontier at most
_LEAST = 4  # calls of a module
_ENDS = 4  # of a module that begins at a frontier
_TRIALS = 20_000  # frontiers behind which a module is sought; a network of 1,000 layers takes half of it
_PAIRINGS = 24  # of the tensors of two frontiers, where several are of one shape
_WORK = 400  # calls that are compared in all trials, for each call of the graph; modules of several scales take 190
_STEPS = 8  # calls that are compared in one trial, for each of the module


def stream_modules(graph: LayerGraph) -> list[list[list[str]]]:
    """Per module its copies, two or more, each as its calls in one inner order; those that save most calls first.

    Several may claim one call.
    """
    return sorted(_Streams.of(graph).modules(), key=lambda copies: -(len(copies) - 1) * len(copies[0]))


@dataclass(frozen=True, slots=True)
class _Streams:
    """A graph in an order in which its streams go on in step.

    ends : places behind its steps. at : call → its place. reads : call → its operands, in order. operands : the same,
    sorted where their order makes no difference.
    readers : tensor → those that read it. labels : call → what it is, with widths. alike : label and operands → calls.
    given : tensors that the graph gives. spent : one number, the calls compared in all trials so far.
    """

    graph: LayerGraph
    order: list[str]
    ends: list[int]
    at: Mapping[str, int]
    reads: Mapping[str, list[Port]]
    operands: Mapping[str, list[Port]]
    readers: Mapping[Port, list[str]]
    labels: Mapping[str, str]
    alike: Mapping[tuple[str, tuple[Port, ...]], list[str]]
    shapes: Mapping[Port, str]
    given: frozenset[Port]
    spent: list[int]

    @classmethod
    def of(cls, graph: LayerGraph) -> _Streams:
        """Looked at once."""
        order, ends = in_step(graph)
        at = {name: place for place, name in enumerate(order)}
        reads = {name: [(source, out) for _, source, out in sorted(graph.operand_list(name))] for name in order}
        labels = {name: exact_of(graph.item(name)) for name in order}
        readers: dict[Port, list[str]] = defaultdict(list)
        for name in order:
            for tensor in dict.fromkeys(reads[name]):
                readers[tensor].append(name)
        shapes = {(name, out): str(shape) for name in order for out, shape in enumerate(graph.item(name).outputs)}
        operands = {n: sorted(found) if commutes(graph.item(n)) else found for n, found in reads.items()}
        alike: dict[tuple[str, tuple[Port, ...]], list[str]] = defaultdict(list)
        for name in order:
            alike[labels[name], tuple(operands[name])].append(name)
        return cls(graph, order, ends, at, reads, operands, readers, labels, alike, shapes, frozenset(graph.exits), [0])

    def modules(self) -> Iterator[list[list[str]]]:
        """What `stream_modules` gives, as it is found."""
        left = _TRIALS
        for module, before, group in self._seeds():
            if (left := left - len(group)) < 0:
                return
            if len(copies := self._copies(module, before, group)) > 1:
                yield copies

    def _frontiers(self, order: list[str]) -> Iterator[tuple[int, frozenset[Port]]]:
        """The places of an order with a few tensors alive behind them."""
        at = {name: place for place, name in enumerate(order)}
        last = {tensor: max(map(at.__getitem__, names)) for tensor, names in self.readers.items()}
        last |= dict.fromkeys(self.given, len(order))
        alive = set[Port]()
        for place, name in enumerate(order):
            alive.difference_update([tensor for tensor in self.reads[name] if last[tensor] == place])
            alive.update([tensor for out in range(len(self.graph.item(name).outputs))
                          if (tensor := (name, out)) in last])  # fmt: skip
            if len(alive) <= _STREAMS:
                yield place + 1, frozenset(alive)

    def _by_shapes(self, tensors: frozenset[Port]) -> tuple[str, ...]:
        return tuple(sorted(map(self.shapes.__getitem__, tensors)))

    def _seeds(self) -> Iterator[tuple[list[str], frozenset[Port], list[frozenset[Port]]]]:
        """Pieces between two equal frontiers, in which each stream goes on; of equals the first.

        With the frontier before it and all others of its shapes. The pieces begin and end behind steps, or anywhere in
        an order with few tensors alive.
        """
        ends, seen = {*self.ends}, set[object]()
        few = tightened(self.graph)
        frontiers = [[*self._frontiers(order)] for order in (self.order, few)]
        others = defaultdict[tuple[str, ...], dict[frozenset[Port], None]](dict)
        for _, tensors in (*frontiers[0], *frontiers[1]):
            others[self._by_shapes(tensors)].setdefault(tensors)
        in_step = [(place, tensors) for place, tensors in frontiers[0] if place in ends]
        for order, places in ((self.order, in_step), (few, frontiers[1])):  # the second takes five times as long
            for start, end, tensors in self._pieces(order, places, others):
                key = tuple([self.labels[name] for name in order[start:end]])
                if key not in seen:
                    seen.add(key)
                    yield order[start:end], tensors, [*others[self._by_shapes(tensors)]]

    def _pieces(
        self, order: list[str], places: list[tuple[int, frozenset[Port]]],
        others: Mapping[tuple[str, ...], Mapping[frozenset[Port], None]],
    ) -> Iterator[tuple[int, int, frozenset[Port]]]:  # fmt: skip
        by_shapes = defaultdict[tuple[str, ...], list[tuple[int, frozenset[Port]]]](list)
        for place, tensors in places:
            by_shapes[self._by_shapes(tensors)].append((place, tensors))
        for shapes, group in by_shapes.items():
            passing = frozenset.intersection(*others[shapes]) if len(others[shapes]) > 1 else frozenset()
            if len(shapes) - len(passing) < 2 or len(set(shapes)) < 2:
                continue
            narrow = [place for place, tensors in places if len(tensors) <= len(passing) + 1]
            for number, (start, tensors) in enumerate(group):
                most = next(iter(narrow[bisect_right(narrow, start) :]), len(order))  # one stream, it need not be more
                later = islice(group, number + 1, bisect_left(group, most, key=itemgetter(0)))
                ends = (end for end, other in later if tensors & other <= passing)
                for end in islice(self._exchanges(order, start, ends), _ENDS):
                    yield start, end, tensors

    def _exchanges(self, order: list[str], start: int, ends: Iterable[int]) -> Iterator[int]:
        """Of the ends, in order, those of pieces that hang together: streams that only go on side by side are no
        module."""
        part: dict[str, list[str]] = {}  # call → the calls that hang together with it, as one list for all of these
        parts, place = 0, start
        for end in ends:
            for name in order[place:end]:
                part[name], parts = [name], parts + 1
                for source, _ in self.reads[name]:
                    if source in part and part[source] is not part[name]:
                        less, more = sorted((part[source], part[name]), key=len)
                        more += less
                        part |= dict.fromkeys(less, more)
                        parts -= 1
            place = max(place, end)
            if parts == 1 and end - start >= _LEAST:
                yield end

    def _copies(self, module: list[str], before: frozenset[Port], group: list[frozenset[Port]]) -> list[list[str]]:
        """The module itself and its copies behind the other frontiers, no two of which share a call."""
        taken, out = set[str](), list[list[str]]()
        inside = set(module)
        read = {tensor: {self.labels[name] for name in self.readers[tensor] if name in inside} for tensor in before}
        for tensors in group:
            copy = module if tensors == before else self._copy(module, read, tensors)
            if copy and taken.isdisjoint(copy):
                taken.update(copy)
                out.append(copy)
        return out

    def _copy(self, module: list[str], read: Mapping[Port, set[str]], tensors: frozenset[Port]) -> list[str]:
        """The module's copy that reads these tensors, in its inner order; empty if there is none."""
        for pairs in islice(self._pairings(read, tensors), _PAIRINGS):
            if self.spent[0] > _WORK * len(self.order):
                break
            trial = _Trial(self, module, dict(pairs))
            whole = trial.run(0)
            self.spent[0] += trial.steps
            if whole:
                return [trial.copy[name] for name in module] if self._gives_no_more(trial) else []
        return []

    def _pairings(self, read: Mapping[Port, set[str]], tensors: frozenset[Port]) -> Iterator[list[tuple[Port, Port]]]:
        """The tensors of two frontiers in pairs of one shape that are read by the same kinds of calls, in every way."""
        ours, theirs = defaultdict[str, list[Port]](list), defaultdict[str, list[Port]](list)
        for side, found in ((read, ours), (tensors, theirs)):
            for tensor in sorted(side, key=lambda one: (self.at[one[0]], one[1])):
                found[self.shapes[tensor]].append(tensor)
        kinds = {tensor: {self.labels[name] for name in self.readers[tensor]} for tensor in tensors}
        ways = [
            [others for others in permutations(theirs[shape])
             if all(read[one] <= kinds[other] for one, other in zip(ours[shape], others, strict=True))]
            for shape in ours
        ]  # fmt: skip
        for chosen in product(*ways):
            yield [pair for shape, others in zip(ours, chosen, strict=True)
                   for pair in zip(ours[shape], others, strict=True)]  # fmt: skip

    def _gives_no_more(self, trial: _Trial) -> bool:
        """Whether no inner tensor of a copy is read outside of it that isn't in the module; taps are in no way."""
        inside, copied = set(trial.module), set(trial.copy.values())
        for tensor, other in trial.tensors.items():
            stays = tensor[0] in inside and inside.issuperset(self.readers.get(tensor, ()))
            if stays and not copied.issuperset(self.readers.get(other, ())):
                return False
        return True


@dataclass(slots=True)
class _Trial:
    """One try to walk a module's calls from another frontier. tensors : ours → theirs. copy : call → its copy."""

    streams: _Streams
    module: Sequence[str]
    tensors: dict[Port, Port]
    copy: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    steps: int = 0

    def run(self, number: int) -> bool:
        """Whether the calls from this one on have copies; without recursion where only one can be meant."""
        undone: list[str] = []
        while number < len(self.module):
            name = self.module[number]
            candidates = self._candidates(name)
            self.steps += 1 + len(candidates)
            if self.steps > _STEPS * len(self.module) or not candidates:
                break
            if len(candidates) > 1:
                for other in candidates:
                    self._take(name, other)
                    if self.run(number + 1):
                        return True
                    self._give_back(name)
                break
            self._take(name, candidates[0])
            undone.append(name)
            number += 1
        else:
            return True
        for name in undone:
            self._give_back(name)
        return False

    def _candidates(self, name: str) -> list[str]:
        """Calls like this one that read the copies of its operands."""
        streams = self.streams
        wanted = [self.tensors.get(tensor) for tensor in streams.reads[name]]
        operands = [tensor for tensor in wanted if tensor is not None]
        if not operands or len(operands) < len(wanted):
            return []
        if commutes(streams.graph.item(name)):
            operands.sort()
        alike = streams.alike.get((streams.labels[name], tuple(operands)), ())
        return [other for other in alike if other not in self.used]

    def _take(self, name: str, other: str) -> None:
        self.copy[name] = other
        self.used.add(other)
        for out in range(len(self.streams.graph.item(name).outputs)):
            self.tensors[name, out] = other, out

    def _give_back(self, name: str) -> None:
        self.used.discard(self.copy.pop(name))
        for out in range(len(self.streams.graph.item(name).outputs)):
            self.tensors.pop((name, out), None)
