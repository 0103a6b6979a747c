"""Horizontal positions in a layered drawing, such that long lines run straight.

U. Brandes and B. Köpf, "Fast and Simple Horizontal Coordinate Assignment" (Graph Drawing 2001): align boxes in
vertical chains four times (from above and from below, leaning left and leaning right), pack the chains, and take
the mean of the two middle positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.runtime.records import dataclass, field

Rows = Sequence[Sequence[int]]
Links = Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Layered:
    """Rows of vertex numbers from top to bottom, with neighbours above and below, widths, and which are dummies."""

    rows: Rows
    above: Links
    below: Links
    widths: Mapping[int, float]
    dummies: frozenset[int]
    gap: float


def positions(graph: Layered) -> dict[int, float]:
    """The middle of every vertex."""
    conflicts = _conflicts(graph)
    layouts = []
    for downward in (True, False):
        for leftward in (True, False):
            rows = [
                list(row) if leftward else list(reversed(row))
                for row in (graph.rows if downward else reversed(graph.rows))
            ]
            aligned = _align(rows, graph.above if downward else graph.below, conflicts)
            x = _compact(rows, aligned, graph)
            layouts.append(x if leftward else {v: -at for v, at in x.items()})
    return _balanced(layouts, graph)


def _conflicts(graph: Layered) -> set[tuple[int, int]]:
    """Short lines that cross a long one: (upper, lower) ends, which then don't count for alignment."""
    out: set[tuple[int, int]] = set()
    for upper, lower in zip(graph.rows, graph.rows[1:], strict=False):
        place = {v: i for i, v in enumerate(upper)}
        left, scanned = -1, 0
        for number, v in enumerate(lower):
            inner = next((u for u in graph.above[v] if u in graph.dummies), None) if v in graph.dummies else None
            if inner is None and number < len(lower) - 1:
                continue
            right = place[inner] if inner is not None else len(upper)
            while scanned <= number:
                for u in graph.above[lower[scanned]]:
                    if not left <= place[u] <= right and not (u in graph.dummies and lower[scanned] in graph.dummies):
                        out.add((u, lower[scanned]))
                scanned += 1
            left = right
    return out


@dataclass(slots=True)
class _Chains:
    root: dict[int, int] = field(default_factory=dict)
    next: dict[int, int] = field(default_factory=dict)


def _align(rows: Sequence[Sequence[int]], before: Links, conflicts: set[tuple[int, int]]) -> _Chains:
    """Chain each vertex to a median neighbour in the row before."""
    chains = _Chains({v: v for row in rows for v in row}, {v: v for row in rows for v in row})
    place: dict[int, int] = {}
    for row in rows:
        reached = -1
        for v in row:
            near = sorted((u for u in before[v] if u in place), key=place.__getitem__)
            if near:
                for m in dict.fromkeys(((len(near) - 1) // 2, len(near) // 2)):
                    u = near[m]
                    free = chains.next[v] == v and (u, v) not in conflicts and (v, u) not in conflicts
                    if free and reached < place[u]:
                        chains.next[u], chains.root[v] = v, chains.root[u]
                        chains.next[v] = chains.root[v]
                        reached = place[u]
        place.update({v: i for i, v in enumerate(row)})
    return chains


def _compact(rows: Sequence[Sequence[int]], chains: _Chains, graph: Layered) -> dict[int, float]:
    """Push all chains as far to the left as their neighbours allow (longest path over chains)."""
    left_of = {v: row[i - 1] for row in rows for i, v in enumerate(row) if i}
    x: dict[int, float] = {}

    def place(root: int) -> None:
        stack = [root]
        while stack:
            at = stack[-1]
            if at in x:
                stack.pop()
                continue
            needed, waits = 0.0, False
            for v in _members(at, chains):
                other = left_of.get(v)
                if other is None:
                    continue
                before = chains.root[other]
                if before not in x:
                    stack.append(before)
                    waits = True
                else:
                    needed = max(needed, x[before] + (graph.widths[other] + graph.widths[v]) / 2 + graph.gap)
            if not waits:
                x[at] = needed
                stack.pop()

    for row in rows:
        for v in row:
            place(chains.root[v])
    return {v: x[chains.root[v]] for v in chains.root}


def _members(root: int, chains: _Chains) -> list[int]:
    out, at = [root], chains.next[root]
    while at != root:
        out.append(at)
        at = chains.next[at]
    return out


def _balanced(layouts: list[dict[int, float]], graph: Layered) -> dict[int, float]:
    """The mean of the two middle ones, after all are laid on the narrowest."""
    spans = [(min(x[v] - graph.widths[v] / 2 for v in x), max(x[v] + graph.widths[v] / 2 for v in x)) for x in layouts]
    narrow = min(range(4), key=lambda n: spans[n][1] - spans[n][0])
    shifts = []
    for number, (low, high) in enumerate(spans):
        leftward = number % 2 == 0
        shifts.append(spans[narrow][0] - low if leftward else spans[narrow][1] - high)
    out = {}
    for v in layouts[0]:
        values = sorted(layout[v] + shift for layout, shift in zip(layouts, shifts, strict=True))
        out[v] = (values[1] + values[2]) / 2
    return out
