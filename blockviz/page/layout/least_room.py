"""Room that a body takes at least, told from its wiring: a layout that no page could hold is never made."""

from __future__ import annotations

from itertools import accumulate

from blockviz.page.layout.ranks import TRACK, ranked
from blockviz.page.layout.series_parallel import Chain, Fork, Leaf, Tangle


def least_rows(part: Leaf | Fork | Tangle | Chain) -> int:
    """How many boxes stand one below the other at least, with an arrow between any two of them."""
    if isinstance(part, Leaf):
        return 1
    if isinstance(part, Tangle):
        return max(ranked(part).values(), default=0) + 1
    if isinstance(part, Fork):
        return max(map(least_rows, part.branches), default=0)
    # Between a fork and its neighbours there may be no arrow of its own.
    long = [least_rows(inner) for inner in part.parts if not isinstance(inner, Leaf)]
    return max([sum(isinstance(inner, Leaf) for inner in part.parts) - len(long), *long])


def least_width(part: Leaf | Fork | Tangle | Chain, column_gap: float) -> float:
    """The width that lines side by side take, with a gap between any two of them; boxes count as lines."""
    if isinstance(part, Leaf):
        return 0.0
    if isinstance(part, Tangle):
        return _abreast(part) * column_gap * (1 + TRACK) - column_gap
    if isinstance(part, Chain):
        return max((least_width(inner, column_gap) for inner in part.parts), default=0.0)
    full = [branch for branch in part.branches if branch.parts]
    return sum(least_width(branch, column_gap) for branch in full) + column_gap * max(0, len(full) - 1)


def _abreast(tangle: Tangle) -> int:
    """Boxes and lines in the fullest row; all lines that leave one box are one, as far as the longest of them."""
    rank = ranked(tangle)
    last = max(rank.values(), default=0) + 1
    until = dict[str, int]()
    for a, b in tangle.edges:
        until[a] = max(until.get(a, 0), rank.get(b, last))
    steps = [0] * (last + 2)
    for row in rank.values():
        steps[row] += 1
        steps[row + 1] -= 1
    for name, end in until.items():
        start = rank.get(name, -1) + 1
        if end > start:
            steps[start] += 1
            steps[end] -= 1
    return max(accumulate(steps[:last]), default=0)
