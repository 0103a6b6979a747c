"""Intervals that occur more than once: equal labels with equal wiring, grown one node at a time.

Two intervals of length l + 1 are equal if their first l positions are and the last ones are, where
the last one's label includes, per operand, its offset inside the interval or the fact that it comes
from outside. So classes of equal intervals refine from length to length in constant time a step,
and n·L steps find every repeat up to length L.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from blockviz.passes.sequence import Sequence
from blockviz.records import dataclass

_OUTSIDE = 0


@dataclass(frozen=True, slots=True)
class Repeat:
    """Equal intervals: their common length and where they start, ascending and disjoint."""

    length: int
    starts: tuple[int, ...]


def repeats(sequence: Sequence, free: list[bool], longest: int) -> Iterator[Repeat]:
    """Every class of equal intervals of free positions with at least two disjoint members."""
    steps = _steps(sequence)
    alive = {start: _OUTSIDE for start in range(len(sequence)) if free[start]}
    for length in range(1, longest + 1):
        grown: dict[tuple[int, int], int] = {}
        members: dict[int, list[int]] = defaultdict(list)
        for start, cls in alive.items():
            last = start + length - 1
            if last >= len(free) or not free[last]:
                continue
            rows = steps[last]
            key = (cls, rows[0][1] if rows[0][0] < length else _step(rows, length - 1))
            members[grown.setdefault(key, len(grown))].append(start)
        alive = {start: cls for cls, starts in members.items() if len(starts) > 1 for start in starts}
        if not alive:
            return
        for starts in members.values():
            if len(starts) > 1 and len(disjoint := _disjoint(starts, length)) > 1:
                yield Repeat(length, disjoint)


def _disjoint(starts: list[int], length: int) -> tuple[int, ...]:
    """A largest disjoint subset of equally long intervals: taking the leftmost first is optimal."""
    taken = []
    end = -1
    for start in sorted(starts):
        if start >= end:
            taken.append(start)
            end = start + length
    return tuple(taken)


def _steps(sequence: Sequence) -> list[tuple[tuple[int, int], ...]]:
    """Per position, (reach, token) pairs: the token that holds while the interval reaches back that far."""
    interned: dict[object, int] = {}
    steps = []
    for position, reads in enumerate(sequence.reads):
        offsets = [position - source if source >= 0 else -1 for source, _ in reads]
        reaches = sorted({offset for offset in offsets if offset > 0})
        rows = []
        for reach in [0, *reaches]:
            seen = tuple(
                (offset, out) if 0 < offset <= reach else 0 for offset, (_, out) in zip(offsets, reads, strict=True)
            )
            rows.append((reach, interned.setdefault((sequence.form[position], seen), len(interned) + 1)))
        steps.append(tuple(reversed(rows)))
    return steps


def _step(rows: tuple[tuple[int, int], ...], inside: int) -> int:
    for reach, token in rows:
        if reach <= inside:
            return token
    return rows[-1][1]
