"""Intervals that occur more than once: equal labels with equal wiring, grown one node at a time.

Two intervals of length l + 1 are equal if their first l positions are and the last ones are, where
the last one's label includes, per operand, its offset inside the interval or the fact that it comes
from outside. So classes of equal intervals refine from length to length in constant time a step,
and n·L steps find every repeat up to length L.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from blockviz.runtime.records import dataclass
from blockviz.search.linear_graph import LinearGraph


@dataclass(frozen=True, slots=True)
class Repeat:
    """Equal intervals: their common length and where they start, ascending and disjoint."""

    length: int
    starts: tuple[int, ...]


def repeats(sequence: LinearGraph, free: list[bool], longest: int) -> Iterator[Repeat]:
    """Every class of equal intervals of free positions with at least two disjoint members."""
    for length, starts in equal_intervals(sequence, free, longest):
        yield Repeat(length, _disjoint(starts, length))


def equal_intervals(sequence: LinearGraph, free: list[bool], longest: int) -> Iterator[tuple[int, list[int]]]:
    """The length and all starts of every such class, its members overlapping or not."""
    steps, until = sequence.steps, _until(free)
    reach, label = [rows[0][0] for rows in steps], [rows[0][1] for rows in steps]
    classes = [[start for start in range(len(sequence)) if free[start]]]
    for length in range(1, longest + 1):
        grown: list[list[int]] = []
        inside = length - 1
        for starts in classes:
            same: dict[int, list[int]] = defaultdict(list)
            for start in starts:
                last = start + inside
                if last < until[start]:
                    same[label[last] if reach[last] < length else _step(steps[last], inside)].append(start)
            grown += [members for members in same.values() if len(members) > 1]
        if not grown:
            return
        classes = grown
        for starts in classes:
            if starts[-1] - starts[0] >= length:
                yield length, starts


def _until(free: list[bool]) -> list[int]:
    """Per position the end of the free positions that begin there."""
    until = list(range(len(free) + 1))
    for position in range(len(free) - 1, -1, -1):
        if free[position]:
            until[position] = until[position + 1]
    return until


def _disjoint(starts: list[int], length: int) -> tuple[int, ...]:
    """A largest disjoint subset of equally long intervals: taking the leftmost first is optimal."""
    taken = []
    end = -1
    for start in starts:
        if start >= end:
            taken.append(start)
            end = start + length
    return tuple(taken)


def _step(rows: tuple[tuple[int, int], ...], inside: int) -> int:
    for reach, token in rows:
        if reach <= inside:
            return token
    return rows[-1][1]
