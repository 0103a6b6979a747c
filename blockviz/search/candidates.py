"""Which repeats are worth judging as a block type: quick scores of exact copies, and rows that stand for themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, pairwise
from math import exp, inf, log

from blockviz.ir import Item, Unit, item_leaves
from blockviz.ops.families import form_label
from blockviz.runtime.records import dataclass
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import PAIR, Boxes, extra_tensors, fitness, is_closed, touch
from blockviz.search.repeat_classes import Repeat, repeats
from blockviz.search.template import NearCopy
from blockviz.structure.canonical_form import item_form

_LONG = 16  # positions of a repeat whose parts need not be judged
_ROW = 3  # copies that make a row
_UNIT = 8  # positions of a block that a row is made of
_SEGMENT = 8  # positions of a part of the model that has an input of its own
_CROWD = 2_000  # positions from which chance alone makes enough copies to be taken for a type
_BEYOND = 1.5  # copies for one that chance makes
_DOUBT = 10.0  # by how much the logarithm of the odds must exceed that of the number of intervals looked at


@dataclass(frozen=True, slots=True)
class Chance:
    """How often an interval would occur if a long graph were drawn at random, each call as often as it is there.

    Calls are counted inside units, too: what a unit swallows is rarer on its own, which is no pattern.

    rarity : per gap, the sum of the log frequencies of the calls before it; empty for a graph of a usual size.
    calls : log of how many there are.
    """

    rarity: tuple[float, ...]
    calls: float

    @classmethod
    def of(cls, sequence: LinearGraph) -> Chance:
        """Counted once for a sequence."""
        if len(sequence) < _CROWD:
            return cls((), 0.0)
        labels = [_calls(item) for item in sequence.items]
        counts = Counter(call for calls in labels for call in calls)
        total = log(counts.total())
        often: dict[int, float] = {}
        for form, calls in zip(sequence.form, labels, strict=True):  # units of one form may differ in silent calls
            often[form] = max(often.get(form, -inf), sum(log(counts[call]) - total for call in calls))
        return cls(tuple(accumulate((often[form] for form in sequence.form), initial=0.0)), total)

    def explains(self, repeat: Repeat) -> bool:
        """Whether so many copies are no surprise: Chernoff's bound for a Poisson variable, over all intervals tried."""
        if not self.rarity:
            return False
        start, copies = repeat.starts[0], len(repeat.starts)
        expected = self.calls + self.rarity[start + repeat.length] - self.rarity[start]
        if log(copies) - expected < log(_BEYOND):
            return True
        return copies * (log(copies) - expected - 1) + exp(expected) < log(len(self.rarity)) + _DOUBT


def _calls(item: Item) -> list[str]:
    if isinstance(item, Unit):
        return [form_label(node) for node in item_leaves(item)]
    return [item_form(item)]


def confirmed(sequence: LinearGraph, repeat: Repeat) -> list[tuple[int, int]]:
    """The largest set of copies whose canonical forms are equal: outer tensors told apart, too."""
    same: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for start in repeat.starts:
        interval = (start, start + repeat.length)
        same.setdefault(sequence.canonical(*interval), []).append(interval)
    return max(same.values(), key=len)


def quick_score(sequence: LinearGraph, boxes: Boxes, repeat: Repeat, level: int) -> float:
    """A quick judgement of exact copies alone, to choose whom to judge with variants."""
    a = repeat.starts[0]
    b = a + repeat.length
    weight, form = boxes.folded(a, b), sequence.form
    if weight < PAIR or (form[a] == form[b - 1] and len(set(form[a:b])) == 1):
        return 0.0
    if (level and boxes.blocks[a] == boxes.blocks[b]) or sequence.leaving(a, b) > max(3, sequence.entering(a, b)):
        return 0.0
    intervals = [(start, start + repeat.length) for start in repeat.starts]
    saved = boxes.saved(sequence, intervals) - weight
    return fitness(sequence, intervals, saved) if saved > 0 else 0.0


def touching_rows(sequence: LinearGraph, ranked: list[tuple[float, Repeat]]) -> list[list[tuple[int, int]]]:
    """Rows of three or more equal copies that touch, with one tensor in and out, none overlapping a better one.

    Such a row is a type of its own: a variant of another type may be one of its copies, but never part of one.
    """
    rows: list[list[tuple[int, int]]] = []
    taken: set[int] = set()
    for _, repeat in ranked:
        if len(repeat.starts) < _ROW:
            continue
        row: list[tuple[int, int]] = []
        for start in (*repeat.starts, -1):
            if row and start == row[-1][1]:
                row.append((start, start + repeat.length))
                continue
            if len(row) >= _ROW:
                places = range(row[0][0], row[-1][1])
                if taken.isdisjoint(places) and not extra_tensors(sequence, *row[0]):
                    taken.update(places)
                    rows.append(row)
            row = [(start, start + repeat.length)]
    return rows


def segments_of(sequence: LinearGraph) -> list[tuple[int, int]]:
    """The parts of a sequence that begin at an input of their own; a side input alone makes none."""
    cuts = [0]
    for position in range(1, len(sequence)):
        if not sequence.reads[position] and position - cuts[-1] >= _SEGMENT:
            cuts.append(position)
    if len(sequence) - cuts[-1] < _SEGMENT and len(cuts) > 1:
        cuts.pop()
    return [*pairwise([*cuts, len(sequence)])]


def rows_of_units(sequence: LinearGraph, free: list[bool]) -> set[tuple[int, int]]:
    """Copies of each small block with a shortcut of its own of which some stand in a row."""
    found: set[tuple[int, int]] = set()
    for repeat in repeats(sequence, free, _UNIT):
        a, b = repeat.starts[0], repeat.starts[0] + repeat.length
        if sequence.joining[b - 1] and sequence.forks_at(a, b) and repeat.length > PAIR:
            exact = confirmed(sequence, repeat)
            if touch(exact) and is_closed(sequence, exact):
                found.update(exact)
    return found


def holds(interval: tuple[int, int], copies: set[tuple[int, int]]) -> bool:
    """Whether one of the copies is a part of the interval."""
    a, b = interval
    return any(a <= c and d <= b and d - c < b - a for c, d in copies)


def respects(rows: list[list[tuple[int, int]]], found: NearCopy, every: set[tuple[int, int]]) -> bool:
    """Whether a variant meets no row, or is one copy of a row.

    Without a merge it resembles any chain, so ``every`` copy of the row must then be a variant.
    """
    for row in rows:
        meets = found.start < row[-1][1] and row[0][0] < found.end
        if meets and ((found.start, found.end) not in row or not (found.merges or every.issuperset(row))):
            return False
    return True


def main_form(sequence: LinearGraph, intervals: list[tuple[int, int]]) -> tuple[int, int]:
    """The interval whose form is the most frequent one; the first of those."""
    counts: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for a, b in intervals:
        counts.setdefault(sequence.form[a:b], []).append((a, b))
    return max(counts.values(), key=lambda same: (len(same), -same[0][0]))[0]


def is_one_of(places: tuple[tuple[int, int], ...], repeat: Repeat) -> bool:
    """Whether one of the repeat's copies is one of these intervals."""
    starts = [start for start, end in places if end - start == repeat.length]
    return bool(starts) and any(start in repeat.starts for start in starts)


def is_part(repeat: Repeat, better: Repeat) -> bool:
    """Whether a long repeat lies inside a better one, copy by copy; short ones may yet gain more by variants."""
    if len(repeat.starts) != len(better.starts) or repeat.length < _LONG:
        return False
    start, around = repeat.starts[0], better.starts[0]
    return around <= start and start + repeat.length <= around + better.length


def regions(free: list[bool]) -> Iterator[tuple[int, int]]:
    """The maximal intervals of free positions."""
    marks = bytes(free)  # searched by the library in C: graphs are long
    start = marks.find(1)
    while start >= 0:
        end = marks.find(0, start)
        if end < 0:
            yield start, len(marks)
            return
        yield start, end
        start = marks.find(1, end)


def touching(free: list[bool], intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the `regions` that begin where one of the intervals ends, or end where one begins."""
    marks = bytes(free)
    found = set()
    for a, b in intervals:
        if a and marks[a - 1]:
            found.add((marks.rfind(0, 0, a) + 1, a))
        if b < len(marks) and marks[b]:
            end = marks.find(0, b)
            found.add((b, end if end >= 0 else len(marks)))
    return sorted(found)


def are_loose(sequence: LinearGraph, types: list[list[tuple[int, int]]]) -> bool:
    """Whether closed blocks might do better: a type gives or reads several tensors, or holds what is another type."""
    mains = [main_form(sequence, intervals) for intervals in types]
    for (a, b), intervals in zip(mains, types, strict=True):
        form = sequence.form[a:b]
        same = [interval for interval in intervals if sequence.form[slice(*interval)] == form]
        inner = [sequence.form[c:d] for c, d in mains if d - c < b - a]
        if not is_closed(sequence, same) or any(form[i : i + len(x)] == x for x in inner for i in range(b - a)):
            return True
    return False
