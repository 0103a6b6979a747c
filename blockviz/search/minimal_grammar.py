"""The set of block types whose cheapest drawing is shortest: grown by the type that lowers it most, its cuts moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from blockviz.runtime.records import dataclass
from blockviz.search.edit_script import Scripts
from blockviz.search.grammar import Drawing, Grammar, Occurrence, Row, Type
from blockviz.search.intervals import Intervals, Span
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.prices import Prices
from blockviz.search.type_candidates import TypeCandidates, disjoint

_STEPS = 500_000  # positions times lengths that are looked at
_TYPES = 16  # types of one level
_HOPE = 1.0  # what exact copies alone may lose, since variants may still gain


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried: classes judged by their exact copies, with their variants, and moves of a type's cut.

    narrow : further cuts that are judged with their variants, at places that one tensor crosses.
    """

    ranked: int = 40
    judged: int = 10
    turns: int = 12
    narrow: int = 6
    contexts: int = 3
    longest: int = 96

    @classmethod
    def for_size(cls, items: int) -> Effort:
        """Less for each class where there are many, so that the whole takes about the same time."""
        return cls(ranked=max(12, min(40, 5_000 // items)), judged=max(4, min(10, 1_200 // items)))


@dataclass(frozen=True, slots=True)
class _Class:
    """Equal intervals: all their starts, and of those that do not overlap what their boxes and further wires cost."""

    length: int
    starts: list[int]
    copies: Sequence[int]
    boxes: float
    wires: float


class MinimalGrammar:
    """Greedy search in one linear graph."""

    def __init__(self, sequence: LinearGraph, kept: frozenset[str], prices: Prices, effort: Effort) -> None:
        self.intervals = Intervals(sequence, kept, prices)
        self.grammar = Grammar(self.intervals, prices)
        self.candidates = TypeCandidates(self.intervals, self.grammar, Scripts(self.intervals, prices), prices)
        self.prices, self.effort = prices, effort

    def drawing(self) -> Drawing:
        """The cheapest drawing found."""
        longest = max(16, min(self.effort.longest, _STEPS // max(1, len(self.intervals))))
        classes = [self._counted(length, starts) for length, starts in self.candidates.classes(longest)]
        at = {(found.length, start): found.starts for found in classes for start in found.starts}
        best = self.grammar.drawn([])
        for _ in range(_TYPES):
            better = self._grown(best, classes)
            if better is None:
                break
            best = self._turned(self._pruned(better), at)
        return best

    def _grown(self, best: Drawing, classes: list[_Class]) -> Drawing | None:
        """The drawing with one more type; of those that save nearly as much, the shortest."""
        known = {found.form for found in best.types}
        plain: list[tuple[float, int, Type]] = []
        for each in self._ranked(best, classes):
            found = self.candidates.type_of(each.length, each.starts)
            if found is None or found.form in known:
                continue
            plain.append((self.grammar.drawn([*best.types, found]).cost, len(plain), found))
            if len(plain) == self.effort.ranked:
                break
        plain.sort(key=lambda row: row[:2])
        tried = []
        for _, _, found in plain[: self.effort.judged]:
            drawing = self.grammar.drawn([*best.types, self.candidates.completed(found)])
            if drawing.cost < best.cost - self.prices.least:
                tried.append((drawing.cost, found.length, drawing))
        if not tried:
            return None
        lowest = min(cost for cost, _, _ in tried)
        near = [row for row in tried if row[0] <= lowest + self.prices.primitive]
        return min(near, key=lambda row: (row[1], row[0]))[2]

    def _counted(self, length: int, starts: list[int]) -> _Class:
        """A class with its copies and what these cost in any drawing."""
        copies, prices = disjoint(starts, length), self.prices
        a, b = copies[0], copies[0] + length
        ins, outs = self.intervals.sequence.entering(a, b), self.intervals.sequence.leaving(a, b)
        runs = 1 + sum(y - x != length for x, y in pairwise(copies))
        boxes = runs * (1 + prices.wire * max(0, ins - 1))
        wires = prices.passed * max(0, min(ins, outs) - 1) * (len(copies) - runs) + prices.wire * max(0, outs - 1)
        return _Class(length, starts, copies, boxes, wires)

    def _ranked(self, best: Drawing, classes: list[_Class]) -> list[_Class]:
        """Classes by what their exact copies would save in the present drawing."""
        share, panel = self._spent(best), self.prices.panel
        ranked = []
        for each in classes:
            values = [share[start + each.length] - share[start] for start in each.copies]
            gain = sum(values) - max(values) - each.boxes - panel
            gain -= each.wires
            if gain > -_HOPE:
                ranked.append((-gain, each.length, each.starts[0], each))
        ranked.sort(key=lambda row: row[:3])
        return [each for *_, each in ranked]

    def _spent(self, drawing: Drawing) -> list[float]:
        """Per gap, what the drawing spends on the positions before it."""
        boxes, joins = self.intervals.boxes, self.intervals.joins
        cost = [0.0 if joins[i] else boxes[i] for i in range(len(boxes))]
        _spread(cost, drawing.row)
        for found in drawing.types:
            a, b = found.main
            cost[a:b] = [0.0 if joins[i] and i > a else boxes[i] for i in range(a, b)]
            _spread(cost, drawing.panels[found.form])
        total = [0.0]
        for each in cost:
            total.append(total[-1] + each)
        return total

    def _pruned(self, best: Drawing) -> Drawing:
        """The drawing without the types that no longer pay."""
        for found in list(best.types):
            drawing = self.grammar.drawn([each for each in best.types if each is not found])
            if drawing.cost < best.cost + self.prices.least - 1e-9:
                best = drawing
        return best

    def _turned(self, best: Drawing, at: dict[tuple[int, int], list[int]]) -> Drawing:
        """The drawing with types cut elsewhere in their row, or somewhat longer or shorter, where that is cheaper."""
        for found in list(best.types):
            if found not in best.types:
                continue
            rest = [each for each in best.types if each is not found]
            plain: list[tuple[float, int, Type]] = []
            for c, d in self._cuts(found):
                starts = at.get((d - c, c))
                other = self.candidates.type_of(d - c, starts) if starts else None
                if other is not None and other not in best.types:
                    plain.append((self.grammar.drawn([*rest, other]).cost, len(plain), other))
            plain.sort(key=lambda row: row[:2])
            narrow = [row for row in plain[self.effort.judged :] if self._is_narrow(*row[2].main)]
            for _, _, other in plain[: self.effort.judged] + narrow[: self.effort.narrow]:
                drawing = self.grammar.drawn([*rest, self.candidates.completed(other)])
                if drawing.cost < best.cost - 1e-9:
                    best = drawing
        return best

    def _cuts(self, found: Type) -> list[Span]:
        """Other cuts of a type: moved along its row, or longer or shorter, at copies with unlike neighbours."""
        form = self.intervals.sequence.form
        around: dict[object, Occurrence] = {}
        for copy in found.copies:
            if copy.form == found.form:
                around.setdefault((form[max(0, copy.a - 1) : copy.a], form[copy.b : copy.b + 1]), copy)
        spans: dict[Span, None] = {}
        for copy in list(around.values())[: self.effort.contexts]:
            for x, y in self._moves(found, whole=copy.a == found.main[0]):
                if copy.a + x < copy.b + y:
                    spans[copy.a + x, copy.b + y] = None
        return list(spans)

    def _moves(self, found: Type, whole: bool) -> Iterator[Span]:
        (a, b), most = found.main, found.length - 1
        if whole:
            reach = range(max(-most, -a), min(most, len(self.intervals) - b) + 1)
            yield from ((k, k) for k in reach if k and (abs(k) <= self.effort.turns or self._is_narrow(a + k, b + k)))
        for k in (1, 2, 3):
            yield from ((-k, 0), (0, k), (k, 0), (0, -k))

    def _is_narrow(self, a: int, b: int) -> bool:
        """Whether one tensor enters an interval and one leaves it."""
        return all(len(tensors) == 1 for tensors in self.intervals.ports(a, b))

    def tree(self, row: Row, types: Sequence[Type], depth: int = 0) -> Iterator[tuple[int, int, int, Type]]:
        """(depth, a, b, type) of every copy of a drawing, those inside others, too."""
        for copy, found, _ in row:
            yield depth, copy.a, copy.b, found
            if shorter := [each for each in types if each.length < found.length]:
                yield from self.tree(self.grammar.parse(copy.a, copy.b, shorter)[1], types, depth + 1)


def _spread(cost: list[float], row: Row) -> None:
    for copy, _, continued in row:
        cost[copy.a : copy.b] = [0.0 if continued else copy.box / (copy.b - copy.a)] * (copy.b - copy.a)
