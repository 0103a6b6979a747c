"""Repeats that are others, cut elsewhere in their row: A B A B is two copies of A B and, but for its ends, of B A."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from blockviz.search.candidates import confirmed
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import extra_tensors
from blockviz.search.repeat_classes import Repeat

_PAIR = 2  # copies of which no other cut can have fewer and still repeat


def turned(
    sequence: LinearGraph,
    queue: Sequence[tuple[float, Repeat]],
    ranked: Sequence[tuple[float, Repeat]],
    copies: Mapping[Repeat, list[tuple[int, int]]],
) -> list[tuple[float, Repeat]]:
    """Repeats that are those in the queue, cut behind another join, where the row of these is interrupted."""
    broken = [
        (repeat.length, exact)
        for repeat, exact in copies.items()
        if len(exact) > _PAIR and any(one[1] != other[0] for one, other in pairwise(exact))
    ]  # a row that nothing interrupts has no better cut
    lengths = {length for length, _ in broken}
    known = {repeat for _, repeat in queue}
    found = []
    for score, repeat in ranked:
        a, b = repeat.starts[0], repeat.starts[0] + repeat.length
        if repeat.length not in lengths or repeat in known or not (sequence.joining[b - 1] and a):
            continue
        exact = confirmed(sequence, repeat)
        if exact and any(is_turned(sequence, exact, other) for length, other in broken if length == repeat.length):
            found.append((score, repeat))
    return found


def is_turned(sequence: LinearGraph, exact: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    """Whether copies are those of another repeat, of which there are more, cut elsewhere in their row.

    Of a chain without merges nothing but its ends says where a copy begins.
    """
    (a, b), (c, d) = exact[0], other[0]
    if b - a != d - c or len(other) <= len(exact) or extra_tensors(sequence, c, d) or not any(sequence.joining[c:d]):
        return False
    return Counter(sequence.form[a:b]) == Counter(sequence.form[c:d]) and any(c < b and a < d for c, d in other)
