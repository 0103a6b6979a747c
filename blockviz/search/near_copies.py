"""Copies that differ: intervals whose edit script to a type's main form is short, measured in calls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from blockviz.runtime.records import dataclass
from blockviz.search.edit_script import Script, Scripts
from blockviz.search.intervals import Intervals, Span
from blockviz.search.prices import Prices

_SPREAD = 2  # calls by which an end of the same beginning may be worse than the best one
_PORT = 2  # calls that a tensor more or fewer that enters or leaves counts for
_BUCKET = 8  # intervals with about the same middle that are looked at
_TRIED, _KEPT = 6, 4  # scripts made, and near copies kept, about the same middle


@dataclass(frozen=True, slots=True)
class NearCopies:
    """Looks for near copies in one linear graph.

    The labels of an interval say first how many calls a script touches at least, then how many where their order
    counts; only what may still be a copy gets a script.
    """

    intervals: Intervals
    scripts: Scripts
    prices: Prices

    def of(self, main: Span, taken: list[bool]) -> list[tuple[Span, Script]]:
        """The near copies of the main form, none of which holds a position that is taken."""
        a, b = main
        spatial, joining = self.intervals.sequence.spatial, self.intervals.sequence.joining
        ins, outs = self.intervals.ports(a, b)
        most_in, most_out = len(ins) + 1, max(1, len(outs)) + 1
        calls = sum(self.intervals.weight[a:b])
        crowd: Counter[int] = Counter()
        tried: Counter[int] = Counter()
        found = []
        for start, end in self._ranked(main, taken):
            middle = (start + end) // 2
            if crowd[middle] >= _KEPT or tried[middle] >= _TRIED:
                continue
            tried[middle] += 1
            into, out = self.intervals.ports(start, end)
            if len(into) > most_in or len(out) > most_out:
                continue
            if spatial[b] > spatial[a] and spatial[end] == spatial[start]:
                continue  # what a convolution does to its surroundings is no trifle that a copy may lack
            if any(joining[a:b]) and not any(joining[start:end]) and not self._reshapes(start, end):
                continue  # a plain chain resembles every branch; an addition is lost only where nothing fits
            if self.intervals.rescaled(start, end) > max(1, self.intervals.rescaled(a, b)):
                continue  # two levels are no copy of one
            script = self.scripts.between(main, (start, end))
            most = self.prices.tolerance * (calls + sum(self.intervals.weight[start:end])) / 2
            if script.touched <= most and self.intervals.sequence.connected(start, end):
                crowd.update(range(start, end))
                if self.intervals.attend_apart(main, (start, end)):  # it will be drawn as a type of its own
                    script = Script(script.cost + self._panel(start, end), script.touched, apart=True)
                found.append(((start, end), script))
        return found

    def _panel(self, start: int, end: int) -> float:
        """What a panel of an interval costs."""
        boxes, joins = self.intervals.boxes, self.intervals.joins
        return self.prices.panel + sum(boxes[i] for i in range(start, end) if i == start or not joins[i])

    def _reshapes(self, start: int, end: int) -> bool:
        """Whether an interval gives another shape than it reads."""
        sequence = self.intervals.sequence
        read = {shape for source, _ in sequence.reads[start] if source >= 0 for shape in sequence.shapes[source]}
        return not read.issuperset(sequence.shapes[end - 1])

    def _ranked(self, main: Span, taken: list[bool]) -> list[Span]:
        """Intervals by what they save less what they cost at least; few that nearly coincide.

        Those that are cut as the main form is, by the tensors that enter and leave them, come first.
        """
        ranked = []
        buckets: Counter[int] = Counter()
        for gain, start, end in sorted(self._candidates(main, taken)):
            buckets[(start + end) // 8] += 1
            if buckets[(start + end) // 8] <= _BUCKET:
                ranked.append((gain, start, end))
        masks: dict[str, int] = defaultdict(int)
        for bit, label in enumerate(self.intervals.labels[slice(*main)]):
            masks[label] |= 1 << bit
        size = main[1] - main[0]
        ranked = [(gain + self._disorder(masks, size, start, end), start, end) for gain, start, end in ranked]
        return [(start, end) for _, start, end in sorted(ranked)]

    def _candidates(self, main: Span, taken: list[bool]) -> Iterator[tuple[int, int, int]]:
        """(calls touched at least - calls held, start, end) of every interval with enough calls of the type.

        A tensor more or fewer that enters or leaves it counts, too.
        """
        intervals, (a, b), sequence = self.intervals, main, self.intervals.sequence
        ins, outs = sequence.entering(a, b), sequence.leaving(a, b)
        labels, weight, n = intervals.labels, intervals.weight, len(intervals)
        bag, calls = Counter(labels[a:b]), sum(weight[a:b])
        for start in range(n):
            if taken[start] or labels[start] not in bag:
                continue
            left, extra, missing, held = dict(bag), 0, calls, 0
            row = []
            for i in range(start, min(n, start + 2 * (b - a) + 1)):
                if taken[i]:
                    break
                held += weight[i]
                if left.get(labels[i], 0):
                    left[labels[i]] -= 1
                    missing -= weight[i]
                    if extra + missing <= self.prices.tolerance * (calls + held) / 2:
                        row.append((extra + missing, held, i + 1))
                else:
                    extra += weight[i]
            least = min(row)[0] if row else 0
            for touched, size, end in row:
                if touched <= least + _SPREAD:
                    ports = abs(sequence.entering(start, end) - ins) + abs(sequence.leaving(start, end) - outs)
                    yield touched - size + _PORT * ports, start, end

    def _disorder(self, masks: dict[str, int], size: int, c: int, d: int) -> int:
        """How far a longest common subsequence falls short of the common bag of labels, twice (Hyyrö's sweep)."""
        state = full = (1 << size) - 1
        common: dict[str, int] = {}
        for label in self.intervals.labels[c:d]:
            if mask := masks.get(label, 0):
                common[label] = common.get(label, 0) + 1
                matched = state & mask
                state = (state + matched) | (state - matched)
        both = sum(min(count, masks[label].bit_count()) for label, count in common.items())
        return 2 * (both - (size - (state & full).bit_count()))
