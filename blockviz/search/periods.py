"""The primitive period of a row: whether a repeat is two near copies of something shorter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from blockviz.runtime.records import dataclass
from blockviz.search.approximate_match import begins_at, cover
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import SMALL, same_stage
from blockviz.search.template import model_of

_TURNS = 0.9  # blocks that take turns and are more alike than this are variants of one type


@dataclass(frozen=True, slots=True)
class Halves:
    """Two near copies in a row inside an interval, and how alike they are."""

    first: tuple[int, int]
    second: tuple[int, int]
    alike: float

    def alternate(self, sequence: LinearGraph) -> bool:
        """Whether the two together are followed by the same two at the same stage: A B A B has the period A B.

        Unless A and B are nearly the same.
        """
        a, b = self.first[0], self.second[1]
        after = b, 2 * b - a
        return (
            self.alike < _TURNS
            and after[1] <= len(sequence)
            and same_stage(sequence, (a, b), after)
            and sequence.canonical(a, b) == sequence.canonical(*after)
            and sequence.canonical(*self.first) != sequence.canonical(*self.second)
        )


def halves(sequence: LinearGraph, exact: list[tuple[int, int]], alike: float) -> Halves | None:
    """The near copies that stand in a row inside each copy, if they do: the primitive period is wanted.

    A row A B A B … of equal shapes, in which A and B differ by more than a little, has the period A B and no halves.
    """
    a, b = exact[0]
    alternates = any(x[1] == y[0] and same_stage(sequence, x, y) for x, y in pairwise(exact))
    turns = range(1, b - a) if len(exact) > 1 and exact[1][0] == b else ()
    begins = [a, *(a + turn for turn in turns if _begins_block(sequence, a + turn, b + turn))]  # the cut may be off
    twins = None
    for found in (found for start in begins for found in _halves(sequence, start, start + b - a, alike)):
        if found.alike == 1.0 or not alternates:
            return found
        if twins is None and found.alike >= _TURNS:
            twins = found
    return twins


def _begins_block(sequence: LinearGraph, a: int, b: int) -> bool:
    return sequence.entering(a, b) == 1 and sequence.forks_at(a, b)


def _halves(sequence: LinearGraph, a: int, b: int, alike: float) -> Iterator[Halves]:
    """The first two of the near copies that [a, b) is in a row, if it is, for each cut at which it is."""
    for cut in range(a + 2, b - 1):
        if sequence.leaving(a, cut) > max(1 + (sequence.entering(a, b) > 1), sequence.leaving(a, b)):
            continue
        if _same_end(sequence, cut, b) and sequence.entering(cut, b) <= sequence.entering(a, cut):
            model = model_of(sequence, a, cut)
            second = cut + (sequence.weighty[cut] != cut)  # the first copy may lack a normalisation in front
            if not begins_at(sequence, range(cut, second + 1), b, model, alike):
                continue
            if cut - a < SMALL and sequence.crossing(a, cut) > sequence.crossing(a, b):
                continue  # it serves one of two paths that both go on, and is too small to stand alone
            size = sequence.sizes[b] - sequence.sizes[cut]
            near = cover(sequence, [(cut, b)], model, alike)
            if not near or near[0].start > second or sum(found.size for found in near) < 0.8 * size:
                continue
            yield Halves((a, cut), (near[0].start, near[0].end), near[0].alike)


def _same_end(sequence: LinearGraph, cut: int, b: int) -> bool:
    """Two copies end alike, or at least one of them in a merge."""
    return sequence.form[cut - 1] == sequence.form[b - 1] or sequence.joining[b - 1] or sequence.joining[cut - 1]
