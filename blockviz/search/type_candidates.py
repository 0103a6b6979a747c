"""Which intervals may be block types: classes of equal intervals, none that is a row of a smaller one; ties."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from blockviz.search.edit_script import Scripts
from blockviz.search.grammar import Grammar, Occurrence, Type
from blockviz.search.intervals import Form, Intervals, Span, has_weights
from blockviz.search.near_copies import NearCopies
from blockviz.search.page_cost import are_levels, are_risen, are_steps
from blockviz.search.prices import Prices
from blockviz.search.repeat_classes import equal_intervals
from blockviz.structure.canonical_form import item_form

_THIRD = 0.6  # part of a body within which the first of three parts ends


class TypeCandidates:
    """Makes types of classes of equal intervals, each once."""

    def __init__(self, intervals: Intervals, grammar: Grammar, scripts: Scripts, prices: Prices) -> None:
        self.intervals, self.grammar, self.scripts, self.prices = intervals, grammar, scripts, prices
        self.near = NearCopies(intervals, scripts, prices)
        self.known: dict[Form, Type | None] = {}

    def classes(self, longest: int) -> Iterator[tuple[int, list[int]]]:
        """(length, all starts) of every class of equal intervals of which two do not overlap."""
        yield from self._single_rows()
        for length, starts in equal_intervals(self.intervals.sequence, self.intervals.free, longest):
            if length > 1:
                yield length, starts

    def _single_rows(self) -> Iterator[tuple[int, list[int]]]:
        """Classes of single calls of which three follow each other, kept apart by a tensor of their own."""
        sequence, joins = self.intervals.sequence, self.intervals.joins
        places: dict[int, list[int]] = defaultdict(list)
        for i, item in enumerate(sequence.items):
            if self.intervals.free[i] and has_weights(item):
                places[sequence.form[i]].append(i)
        for starts in places.values():
            following = {
                i
                for i in starts
                if i and sequence.exact[i] == sequence.exact[i - 1] and not joins[i]
                if any(source == i - 1 for source, _ in sequence.reads[i])
            }
            if any(i + 1 in following for i in following):
                yield 1, starts

    def type_of(self, length: int, starts: Sequence[int]) -> Type | None:
        """The type of a class of equal intervals, with its exact copies; None if it is none."""
        forms: dict[Form, list[int]] = defaultdict(list)
        for start in starts:
            forms[self.intervals.form(start, start + length)].append(start)
        form, same = max(forms.items(), key=lambda pair: len(pair[1]))
        if form not in self.known:
            self.known[form] = self._type(form, length, self._in_step(same, length))
        return self.known[form]

    def _in_step(self, starts: Sequence[int], length: int) -> list[int]:
        """The copies that change the resolution at one place in the body, if at all: else they are rows cut anyhow."""
        steps = {start: self.intervals.steps(start, start + length) for start in starts}
        found = Counter(filter(None, steps.values()))
        usual = found.most_common(1)[0][0] if found else ()
        return [start for start in starts if steps[start] in ((), usual)]

    def _type(self, form: Form, length: int, starts: list[int]) -> Type | None:
        a, b = starts[0], starts[0] + length
        copies = disjoint(starts, length)
        sequence = self.intervals.sequence
        if len(copies) < 2 or not sequence.connected(a, b):
            return None
        alike = sequence.form if item_form(sequence.items[a]).startswith("<") else sequence.exact
        if length > 1 and len(set(alike[a:b])) == 1:
            return None  # runs of one type or call say all that a module of them would say
        if any(self._is_multiple(a + k, b + k) for k in self._rotations(a, b, set(starts))):
            return None
        found = Type(form, (a, b), [], 0.0, {form: 0.0})
        for start in starts:
            ins, outs = self.intervals.ports(start, start + length)
            found.copies.append(Occurrence(start, start + length, 0.0, form, ins))
        outs = self.intervals.ports(a, b)[1]
        found.ties = self._ties((a, b), copies, length) + self.prices.wire * max(0, len(outs) - 1)
        self.grammar.index(found)
        return found

    def completed(self, found: Type) -> Type:
        """The type with its near copies."""
        if not found.complete and found.length > 1:
            taken = [not free for free in self.intervals.free]
            for copy in found.copies:
                taken[copy.a : copy.b] = [True] * (copy.b - copy.a)
            begins, ends = {copy.a for copy in found.copies}, {copy.b for copy in found.copies}
            for (a, b), script in self.near.of(found.main, taken):
                if script.cost < 0 and b not in begins and a not in ends:
                    continue  # only the first level goes without the step to it, only the last copy without dropout
                form = self.intervals.form(a, b)
                found.scripts[form] = script.cost
                ins = self.intervals.ports(a, b)[0]
                found.copies.append(Occurrence(a, b, script.cost, form, ins, script.apart))
            self.grammar.index(found)
        found.complete = True
        return found

    def _rotations(self, a: int, b: int, starts: set[int]) -> Iterator[int]:
        """How far an interval may be moved within its row so that one tensor enters it; 0 always."""
        yield 0
        if b in starts:
            yield from (k for k in range(1, b - a) if len(self.intervals.ports(a + k, b + k)[0]) == 1)

    def _is_multiple(self, a: int, b: int) -> bool:
        """Whether a body is two or three near copies of one smaller form in a chain: then that form is the block."""
        gaps = self.intervals.chain(a, b)
        if any(self._is_pair(a, m, b) for m in gaps):
            return True
        early = [m for m in gaps if m - a < _THIRD * (b - a)]
        late = [m for m in gaps if b - m < _THIRD * (b - a)]
        return any(n > m and self._is_pair(a, m, n) and self._is_pair(m, n, b) for m in early for n in late)

    def _is_pair(self, a: int, m: int, b: int) -> bool:
        """Whether [a, m) and [m, b) are near copies."""
        left, right = sum(self.intervals.weight[a:m]), sum(self.intervals.weight[m:b])
        most = self.prices.near * (left + right) / 2
        if abs(left - right) > most:
            return False
        one, other = Counter(self.intervals.labels[a:m]), Counter(self.intervals.labels[m:b])
        if max((one - other).total(), (other - one).total()) > most:
            return False
        return self.scripts.between((a, m), (m, b)).touched <= most

    def _ties(self, main: Span, starts: Sequence[int], length: int) -> float:
        """What only one call reads belongs to what reads it; a block begins at its fork and ends with its join.

        And it stays at the resolution that it begins with. Levels, each with a skip over the next, are worth a name.
        """
        intervals, sequence = self.intervals, self.intervals.sequence
        (a, b), price, total = main, self.prices.convention, 0.0
        if any(sequence.joining[a:b]):
            total += price * sum(self._read_once(start, start + length) for start in starts) / len(starts)
            total += price * (not self._begins_at_fork(a, b))
        total += price * min(3, self._after_join(a, b))
        for i in range(a + 1, b):
            before = [intervals.grid[source] for source, _ in sequence.reads[i] if source >= a]
            if before and intervals.grid[i] and all(grid and grid != intervals.grid[i] for grid in before):
                total += price * min(1.0, (i - a) / 2)
                break
        copies = [(start, start + length) for start in starts]
        grids = {intervals.grid[d - 1] for _, d in copies} - {None}
        if len(grids) == len(copies) and any(each(sequence, copies) for each in (are_levels, are_risen, are_steps)):
            total -= self.prices.level
        return total

    def _read_once(self, a: int, b: int) -> bool:
        """Whether the last tensor that enters has no other reader."""
        nearest = max(self.intervals.ports(a, b)[0], default=(-1, 0))
        return nearest[0] >= 0 and len(self.intervals.sequence.uses.get(nearest, ())) == 1

    def _begins_at_fork(self, a: int, b: int) -> bool:
        uses = self.intervals.sequence.uses
        readers = [[use for use in uses.get(tensor, ()) if a <= use < b] for tensor in self.intervals.ports(a, b)[0]]
        return any(len(found) > 1 and found[0] == a for found in readers)

    def _after_join(self, a: int, b: int) -> int:
        """Items after the join that closes an inner fork, if they do more than finish it.

        A join with a skip from farther away begins a block and ends none.
        """
        sequence = self.intervals.sequence
        mixed: set[int] = set()
        for i in range(a, b):
            if any(source in mixed or source < a - 1 for source, _ in sequence.reads[i]):
                mixed.add(i)
        closing = [i for i in range(a, b) if sequence.joining[i] and i not in mixed]
        if not closing or all(self.intervals.only_finishes(i) for i in range(closing[-1] + 1, b)):
            return 0
        return b - 1 - closing[-1]


def disjoint(starts: Sequence[int], length: int) -> list[int]:
    """Starts of a largest disjoint subset of equally long intervals."""
    taken: list[int] = []
    end = -1
    for start in starts:
        if start >= end:
            taken.append(start)
            end = start + length
    return taken
