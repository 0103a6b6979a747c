"""A pattern laid over a linear graph: the stretches that equal it, and between these the ones that nearly do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from blockviz.runtime.records import dataclass
from blockviz.search.intervals import SCALES, Span
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.unit_rows import is_step
from blockviz.structure.canonical_form import item_kind

_LEVEL = 3  # items of what is the same whatever number of tensors it joins: of two, a link of a dense block is none
_OTHER = 1.5  # what another item in the place of one counts; one more or one fewer counts 1


@dataclass(frozen=True, slots=True)
class Overlay:
    """Lays patterns, each a stretch of the sequence itself, over a sequence."""

    sequence: LinearGraph

    def cover(self, pattern: Span, most: float, exact: Sequence[Span] | None = None) -> list[Span]:
        """Disjoint stretches that equal the pattern, in the phase in which it stands, and those that nearly do.

        most : edits that make a stretch equal, as a part of the pattern's items. exact : what `equal` gives, if known.
        """
        exact = self.equal(pattern) if exact is None else exact
        spans, begin = list(exact), 0
        for start, end in [*exact, (len(self.sequence),) * 2]:
            spans += self._between(pattern, most, begin, start)
            begin = end
        return sorted(spans)

    def differing(self, pattern: Span, span: Span) -> int:
        """How many items one of the two has and the other lacks."""
        one, other = (Counter(self.sequence.form[slice(*each)]) for each in (pattern, span))
        return ((one - other) + (other - one)).total()

    def equal(self, pattern: Span) -> list[Span]:
        """Disjoint stretches that equal the pattern, in the phase in which it stands."""
        a, b = pattern
        sequence, size = self.sequence, b - a
        labels, form = sequence.form[a:b], sequence.canonical(a, b)

        def equals(place: int) -> bool:
            same = sequence.form[place] == labels[0] and sequence.form[place : place + size] == labels
            return same and sequence.canonical(place, place + size) == form

        found, place = [pattern], a - size
        while place >= 0:
            if equal := equals(place):
                found.append((place, place + size))
            place -= size if equal else 1
        place = b
        while place + size <= len(sequence):
            if equal := equals(place):
                found.append((place, place + size))
            place += size if equal else 1
        return sorted(found)

    def _between(self, pattern: Span, most: float, lo: int, hi: int) -> Iterator[Span]:
        """The stretches of [lo, hi) nearest to the pattern."""
        found = self._nearest(pattern, most, lo, hi)
        if found is not None:
            yield from self._between(pattern, most, lo, found[0])
            yield found
            yield from self._between(pattern, most, found[1], hi)

    def _nearest(self, pattern: Span, most: float, lo: int, hi: int) -> Span | None:
        """The stretch of [lo, hi) with the least edit distance to the pattern, if it is small.

        One sweep with a free beginning (Sellers, "The theory and computation of evolutionary distances", 1980): per
        item of the pattern, the distance of what ends here, and where that begins.
        """
        wanted, form = self.sequence.form[slice(*pattern)], self.sequence.form
        size, limit, best = len(wanted), most * len(wanted), None
        lacking = Counter(wanted) - Counter(form[lo:hi])
        if hi - lo < (1 - most) * size or lacking.total() > limit:
            return None
        off, begun = [float(i) for i in range(size + 1)], [lo] * (size + 1)
        top = int(limit)  # the last that is small enough to lead on (Ukkonen, 1985): all behind it are not
        for place in range(lo, hi):
            item = form[place]
            diagonal, begins = off[0], begun[0]  # of the column before, one item up
            off[0], begun[0], top, reach = 0.0, place + 1, 0, min(top + 1, size)
            for i in range(1, reach + 1):
                least, start = diagonal + (0 if wanted[i - 1] == item else _OTHER), begins
                diagonal, begins = off[i], begun[i]
                if diagonal + 1 < least:
                    least, start = diagonal + 1, begins
                if off[i - 1] + 1 < least:
                    least, start = off[i - 1] + 1, begun[i - 1]
                off[i], begun[i] = least, start
                if least <= limit:
                    top = i
            if top == size and (best is None or least < best[0]) and self._fits(pattern, start, place + 1):
                best = least, start, place + 1
        return None if best is None else (best[1], best[2])

    def _fits(self, pattern: Span, a: int, b: int) -> bool:
        """Whether a stretch may be a copy: in one piece, with a sum or window of its own where the pattern has one.

        A plain chain resembles every branch; what a convolution does to its surroundings is no trifle.
        """
        sequence, (start, end) = self.sequence, pattern
        if b - a < 2 or not all(sequence.reads[a:b]) or not sequence.connected(a, b):
            return False
        same = b - a >= _LEVEL and any(sequence.joining[a:b]) and sequence.form[a:b] == sequence.form[start:end]
        if not same and abs(sequence.entering(a, b) - sequence.entering(start, end)) > 1:
            return False
        if abs(sequence.leaving(a, b) - sequence.leaving(start, end)) > 1:
            return False
        if any(sequence.joining[start:end]) and (not any(sequence.joining[a:b]) or self._steps_between(pattern, a, b)):
            return False
        return sequence.spatial[end] == sequence.spatial[start] or sequence.spatial[b] > sequence.spatial[a]

    def _steps_between(self, pattern: Span, a: int, b: int) -> bool:
        """Whether a stretch holds, besides what the pattern has, a step to another resolution that nothing goes around.

        That is a transition between two stages; a half of a layer before it and a half behind it are no layer.
        """
        sequence = self.sequence
        more = Counter(sequence.form[a:b]) - Counter(sequence.form[slice(*pattern)])
        other = [at for at in range(a + 1, b - 1) if more[sequence.form[at]] and is_step(sequence, at)]
        steps = [at for at in other if item_kind(sequence.items[at]) in SCALES]  # a map cut into windows is no step
        passed = (min((source for source, _ in sequence.reads[at] if source >= a), default=at) for at in range(a, b))
        furthest = dict(zip(range(a, b), passed, strict=True))
        return any(all(furthest[behind] >= at for behind in range(at + 1, b)) for at in steps)
