"""Lay out a tangle in ranks: boxes in rows, lines in tracks between the rows.

Sugiyama's scheme (Sugiyama, Tagawa and Toda 1981): ranks by longest path, dummies on long lines, order by barycentres,
then positions. All lines that leave one box share a trunk, with a dot where they part.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from blockviz.page.glyphs.canvas import Loose
from blockviz.page.layout.brandes_koepf import Layered, positions
from blockviz.page.layout.rank_edges import Routes
from blockviz.page.layout.rank_slots import Spot, flank, tracks
from blockviz.page.layout.series_parallel import SOURCE, Tangle
from blockviz.runtime.records import dataclass

if TYPE_CHECKING:
    from blockviz.page.layout.branch_grid import Grid

_SWEEPS = 12
TRACK = 0.6  # of a column's gap: the width of a line that passes a row


@dataclass(slots=True)
class Ranks:
    """A finished layout, positions relative to its top left."""

    rows: list[list[Spot]]
    tops: list[Spot]
    feet: list[Spot]
    width: float
    height: float
    channels: list[float]
    gap: float
    outside: str

    @property
    def left(self) -> float:
        """Room to the left of the axis."""
        return self.width / 2

    def draw(self, grid: Grid, x: float, y: float, loose: Sequence[Loose]) -> list[Loose]:
        """Draw boxes and lines around the axis ``x``; returns the loose ends that go to what follows."""
        return Routes(self, grid, x - self.left, y).run(list(loose))


def rank_layout(
    tangle: Tangle,
    sizes: Mapping[str, tuple[float, float]],
    gap: float,
    column_gap: float,
    bars: Set[str] = frozenset(),
    signs: Set[str] = frozenset(),
    leaving: Mapping[str, float] = MappingProxyType({}),
    above: Mapping[str, float] = MappingProxyType({}),
) -> Ranks:
    """Positions for every box of a tangle; ``bars`` are the boxes that may widen, ``signs`` the circles.

    ``leaving`` : width of the text at the end of a line that leaves the tangle, by the box it comes from.
    ``above`` : least room above a box, for words at the arrow into it.
    """
    inside = set(tangle.ids)
    rank = ranked(tangle)
    rows, tops, feet = _with_dummies(tangle, inside, rank, sizes, column_gap)
    widths = tuple((name, sizes[name][0]) for name in tangle.ids)
    ends = tuple((name, leaving[name]) for name in tangle.ids if name in leaving)
    for row, placed in zip(rows, _columns(tangle, widths, column_gap, frozenset(bars & inside), ends), strict=True):
        row.sort(key=lambda spot: placed[spot.id])
        for spot in row:
            _, spot.x, spot.width = placed[spot.id]
        flank(row, signs)
    halves = [(spot, spot.width / 2) for row in rows for spot in row]
    halves += [(spot, leaving.get(spot.id, 0.0) / 2) for spot in rows[-1]]  # the texts below stay inside, too
    left = min(spot.x - half for spot, half in halves)
    right = max(spot.x + half for spot, half in halves)
    for row in rows:
        for spot in row:
            spot.x -= left
    outside = next((a for a, _ in tangle.edges if a not in inside), SOURCE)
    least = [max((above.get(spot.id, 0.0) for spot in row), default=0.0) for row in rows]
    channels = list(map(max, _channels(rows, gap, bars), least))
    y = channels[0] if outside != SOURCE else 0.0
    for index, row in enumerate(rows):
        height = max(spot.height for spot in row)
        for spot in row:
            spot.y = y if spot.dummy else y + (height - spot.height) / 2
        y += height + (channels[index + 1] if index + 1 < len(rows) else 0.0)
    return Ranks(rows, tops, feet, right - left, y, channels, gap, outside)


@lru_cache(maxsize=64)
def _columns(
    tangle: Tangle,
    widths: tuple[tuple[str, float], ...],
    column_gap: float,
    bars: frozenset[str],
    leaving: tuple[tuple[str, float], ...],
) -> tuple[dict[str, tuple[int, float, float]], ...]:
    """For each row the place, middle and width of its spots; the same for all lengths of arrows, hence kept."""
    inside = set(tangle.ids)
    sizes = {name: (wide, 0.0) for name, wide in widths}
    rows, _, _ = _with_dummies(tangle, inside, ranked(tangle), sizes, column_gap)
    for row, ordered in zip(rows, _orders(tangle), strict=True):
        row.sort(key=lambda spot: ordered[spot.id])
    texts, own = dict(leaving), [(spot, spot.width) for spot in rows[-1]]
    for spot, wide in own:
        spot.width = max(wide, texts.get(spot.id, 0.0) + column_gap)
    _place(rows, column_gap)
    for spot, wide in own:
        spot.width = wide
    _widen_bars(rows, bars)
    return tuple({spot.id: (place, spot.x, spot.width) for place, spot in enumerate(row)} for row in rows)


@lru_cache(maxsize=64)
def _orders(tangle: Tangle) -> tuple[dict[str, int], ...]:
    """For each row the place of its spots from left to right, whatever their sizes."""
    inside = set(tangle.ids)
    sizes = dict.fromkeys(tangle.ids, (1.0, 1.0))
    rows, _, _ = _with_dummies(tangle, inside, ranked(tangle), sizes, 1.0)
    _order(rows)
    return tuple({spot.id: place for place, spot in enumerate(row)} for row in rows)


def ranked(tangle: Tangle) -> dict[str, int]:
    """Longest path from the top, then boxes without work above move down to where they are used."""
    readers: dict[str, list[str]] = {name: [] for name in tangle.ids}
    sources: dict[str, list[str]] = {name: [] for name in tangle.ids}
    for a, b in tangle.edges:
        if a in readers and b in readers:
            readers[a].append(b)
            sources[b].append(a)
    rank = _depths(readers, sources)
    for name in sorted(tangle.ids, key=rank.__getitem__, reverse=True):
        if len(sources[name]) <= 1 and len(readers[name]) == 1 and not name.startswith("\x00"):
            rank[name] = max(rank[name], rank[readers[name][0]] - 1)
    return rank


def _depths(readers: Mapping[str, Sequence[str]], sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Boxes on the longest path above each, in one pass over the edges."""
    rank = dict.fromkeys(readers, 0)
    missing = {name: len(read) for name, read in sources.items()}
    ready = [name for name, count in missing.items() if not count]
    for name in ready:
        for reader in readers[name]:
            rank[reader] = max(rank[reader], rank[name] + 1)
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    return rank


def _with_dummies(
    tangle: Tangle,
    inside: set[str],
    rank: Mapping[str, int],
    sizes: Mapping[str, tuple[float, float]],
    column_gap: float,
) -> tuple[list[list[Spot]], list[Spot], list[Spot]]:
    last = max(rank.values())
    rows: list[list[Spot]] = [[] for _ in range(last + 1)]
    spots = {}
    for name in tangle.ids:
        width, height = sizes[name]
        spots[name] = Spot(name, rank[name], width, height, False)
        rows[rank[name]].append(spots[name])
    tops: list[Spot] = []
    feet: list[Spot] = []
    trunks: dict[str, list[Spot]] = {}  # all lines that leave one box share its dummies, a row each
    for a, b in tangle.edges:
        if a == SOURCE:
            continue  # what reads nothing has no line from above
        first = rank[a] + 1 if a in inside else 0
        until = rank[b] if b in inside else last + 1
        trunk = trunks.setdefault(a, [])
        for row in range(first + len(trunk), until):
            before = trunk[-1] if trunk else spots.get(a)
            trunk.append(Spot(a, row, column_gap * TRACK, 0.0, True))
            rows[row].append(trunk[-1])
            if before is None:
                tops.append(trunk[-1])
            else:
                before.below.append(trunk[-1])
                trunk[-1].above.append(before)
        end = trunk[until - first - 1] if until > first else spots.get(a)
        if b not in inside:
            if end is not None and end not in feet:
                feet.append(end)
        elif end is None:
            if spots[b] not in tops:
                tops.append(spots[b])
        else:
            end.below.append(spots[b])
            spots[b].above.append(end)
    return rows, tops, feet


def _order(rows: list[list[Spot]]) -> None:
    """Order each row by the mean place of its neighbours; the best of several sweeps is kept."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for index in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            reference = {s: i for i, s in enumerate(rows[index - 1 if down else index + 1])}
            places = {}
            for i, spot in enumerate(rows[index]):
                near = [reference[other] for other in (spot.above if down else spot.below)]
                places[spot] = sum(near) / len(near) if near else float(i)
            rows[index].sort(key=lambda spot: places[spot])
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: list[list[Spot]]) -> int:
    """Pairs of lines that cross, row by row, by counting inversions."""
    total = 0
    for upper, lower in itertools.pairwise(rows):
        place = {spot: i for i, spot in enumerate(lower)}
        seen: list[int] = []
        for spot in upper:
            ends = sorted(place[other] for other in spot.below)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _place(rows: list[list[Spot]], column_gap: float) -> None:
    """Horizontal positions; see `blockviz.page.layout.brandes_koepf`."""
    spots = [spot for row in rows for spot in row]
    number = {spot: i for i, spot in enumerate(spots)}
    graph = Layered(
        [[number[spot] for spot in row] for row in rows],
        {i: [number[other] for other in spot.above] for i, spot in enumerate(spots)},
        {i: [number[other] for other in spot.below] for i, spot in enumerate(spots)},
        {i: spot.width for i, spot in enumerate(spots)},
        frozenset(i for i, spot in enumerate(spots) if spot.dummy),
        column_gap,
    )
    for i, x in positions(graph).items():
        spots[i].x = x


def _widen_bars(rows: list[list[Spot]], bars: Set[str]) -> None:
    """A bar reaches over all that enters it, as far as its neighbours leave room."""
    for row in rows:
        for i, spot in enumerate(row):
            if spot.dummy or spot.id not in bars or not spot.above:
                continue
            low = min(other.x for other in spot.above) - 6
            high = max(other.x for other in spot.above) + 6
            if i:
                low = max(low, row[i - 1].x + row[i - 1].width / 2 + 4)
            if i + 1 < len(row):
                high = min(high, row[i + 1].x - row[i + 1].width / 2 - 4)
            low, high = min(low, spot.x - spot.width / 2), max(high, spot.x + spot.width / 2)
            spot.x, spot.width = (low + high) / 2, high - low


def _channels(rows: list[list[Spot]], gap: float, bars: Set[str]) -> list[float]:
    """Room above each row: an arrow's length, and a track for every line that runs sideways there."""
    out = [gap]
    for upper in rows[:-1]:
        most = max(tracks(upper, bars).values(), default=-1) + 1
        out.append(gap + max(0, most) * gap * 0.55)
    return out
