"""Rows and columns of a U or a pyramid: a row is a resolution; a column is a phase and ends where resolutions turn."""

from __future__ import annotations

from collections import Counter
from math import isqrt

from blockviz.ir import Shape
from blockviz.outline.overview_graph import OverviewGraph
from blockviz.page.glyphs.words import shape_text
from blockviz.runtime.records import dataclass


@dataclass(slots=True)
class Levels:
    """Row and phase of every part; rows from the finest (of a U) or the coarsest (of a pyramid) downwards.

    ``tray`` holds what no resolution reaches; ``nested``: several rises end in one row (UNet++).
    """

    row: dict[str, int]
    phase: dict[str, int]
    areas: list[int]
    tray: list[str]
    nested: bool = False

    @property
    def columns(self) -> int:
        """Number of phases."""
        return max(self.phase.values(), default=-1) + 1

    def cells(self, order: list[str]) -> dict[tuple[int, int], list[str]]:
        """(row, phase) → its parts in order."""
        out: dict[tuple[int, int], list[str]] = {}
        for name in order:
            if name in self.row:
                out.setdefault((self.row[name], self.phase[name]), []).append(name)
        return out


def levels_of(view: OverviewGraph, coarse_first: bool) -> Levels:
    """Put every part that has a resolution into a row and a phase."""
    area = _areas(view)
    rows = sorted({one for one in area.values() if one}, reverse=not coarse_first)
    phase = _phases(view, area, coarse_first)
    row = {name: rows.index(found) for name in phase if (found := area[name])}
    out = Levels(row, phase, rows, [name for name in view.order if area[name] is None])
    if coarse_first:
        _give_roles(view, out)
    elif _is_nested(view, out):
        out.nested = True
        for name in out.phase:
            read = [one for one in view.before(name) if one in row]
            out.phase[name] = max((out.phase[one] + (row[name] < row[one]) for one in read), default=0)
    return out


def _areas(view: OverviewGraph) -> dict[str, int | None]:
    """The resolution of each part; a flat tensor stands where what it was made of stood."""
    full = {name for name in view.order if len(view.shapes[name]) == view.rank}
    area: dict[str, int | None] = {}
    for name in view.order:
        above = [area[one] for one in view.before(name)]
        own = view.area[name] if name in full or _is_grid_of_tokens(view, name, full) else None
        if above and not any(above):
            own = None
        elif own is None:
            own = next((one for one in above if one), None)
        area[name] = own
    return area


def _is_grid_of_tokens(view: OverviewGraph, name: str, full: set[str]) -> bool:
    """Whether flat positions are a resolution: a square share of the largest, and turned back later on."""
    area, largest = view.area[name], max((view.area[one] or 0 for one in full), default=0)
    if not area or largest % area or isqrt(largest // area) ** 2 != largest // area:
        return False
    return not view.below(name).isdisjoint(full)


def _phases(view: OverviewGraph, area: dict[str, int | None], coarse_first: bool) -> dict[str, int]:
    falling: dict[str, bool] = {}
    phase: dict[str, int] = {}
    for name in view.order:
        own = area[name]
        if own is None:
            continue
        above = [one for one in view.before(name) if area[one]]
        if not above:
            phase[name], falling[name] = 0, True
            continue
        came = max(above, key=lambda one: (phase[one], view.index[one]))
        before = area[came] or own
        phase[name], falling[name] = phase[came], falling[came]
        if own != before and (own < before) != falling[came]:
            phase[name], falling[name] = phase[came] + 1, not falling[came]
        elif coarse_first and phase[came] == 0 and len({area[one] for one in above}) >= 3:
            phase[name] = 1
    return phase


def _is_nested(view: OverviewGraph, found: Levels) -> bool:
    """Whether two wires rise into one row of one phase: a triangle of parts, not two columns.

    A tensor from inside a part rises only if it is coarser than its reader, whatever the part gives in the end.
    """
    into = Counter(
        (found.row[v], found.phase[v])
        for u, v in view.graph.edges
        if u in found.row and v in found.row and found.row[v] < found.row[u]
        if (view.carried(u, v) or 0) < found.areas[found.row[v]]
    )
    return any(count > 1 for count in into.values())


def heads_of(view: OverviewGraph, found: Levels) -> set[str]:
    """Ends of their own row, what is flattened before them, parts of a head's kind, and all that reads only heads."""
    flat = {name for name in found.row if len(view.shapes[name]) != view.rank}
    heads: set[str] = set()
    for name in view.sinks:
        above = [one for one in view.before(name) if one in found.row]
        if name in found.row and above and (name in flat or all(found.row[one] == found.row[name] for one in above)):
            heads.add(name)
    for name in reversed(view.order):
        if name in flat and not heads.isdisjoint(view.after(name)):
            heads.add(name)
    kinds = {view.parts[name].type for name in heads if view.parts[name].type}
    heads |= {name for name in found.row if view.parts[name].type in kinds}
    for name in view.order:
        above = view.before(name)
        if name in found.row and above and heads.issuperset(above):
            heads.add(name)
    for name in reversed(view.order):
        above, read = view.before(name), view.after(name)
        alone = len(above) == 1 and found.row.get(above[0]) == found.row.get(name)
        if alone and read and heads.issuperset(read):
            heads.add(name)
    return heads


def _give_roles(view: OverviewGraph, found: Levels) -> None:
    """A pyramid's lateral joins the top-down column; heads get a column of their own, at the right."""
    heads = heads_of(view, found)
    body = [name for name in view.order if name in found.row and name not in heads]
    if not body:
        return
    first = [name for name in body if found.phase[name] == 0]
    turn = min(found.row[name] for name in first)
    last = [name for name in first if found.row[name] == turn]
    if any(found.phase[name] == 1 for name in body):
        laterals = [name for name in first if _is_lateral(view, found, name, heads)]
        for name in laterals or (last[-1:] if len(last) > 1 else []):
            found.phase[name] = 1
    column = max(found.phase[name] for name in body) + 1
    for name in heads:
        found.phase[name] = column
    gathering = _gathering(view, found, heads)
    for name in gathering if gathering < heads else ():
        found.phase[name] = column + 1


def _is_lateral(view: OverviewGraph, found: Levels, name: str, heads: set[str]) -> bool:
    """Whether a part of the way up only hands its level on to the way down, and to heads."""
    above, read = view.before(name), view.after(name)
    alone = bool(above) and all(found.row.get(one) == found.row[name] for one in above)
    down = [one for one in read if one not in heads and found.phase.get(one, 0) > 0]
    return alone and bool(down) and heads.issuperset(set(read) - set(down))


def _gathering(view: OverviewGraph, found: Levels, heads: set[str]) -> set[str]:
    """Heads that read parts of several rows, and all that reads them: one set of weights for all levels."""
    out = set[str]()
    for name in view.order:
        above = [one for one in view.before(name) if one in found.row]
        if name in heads and (len({found.row[one] for one in above}) > 2 or not out.isdisjoint(above)):
            out.add(name)
    return out


def resolution_text(view: OverviewGraph, area: int) -> str:
    """``56×56`` for a resolution, as far as sizes are known; of open sizes the share of the input: ``1/4``."""
    for name in view.order:
        if view.area[name] == area and len(view.shapes[name]) == view.rank:
            grid = view.grid(view.shapes[name])
            if None not in grid:
                return "×".join(str(size) for size in grid)
            stride = view.parts[name].stride
            return f"1/{stride}" if stride and stride != 1 else "full"
    return f"{isqrt(area)}×{isqrt(area)}" if isqrt(area) ** 2 == area else str(area)


def open_side(view: OverviewGraph, name: str, shape: Shape) -> str:
    """The open sizes of a part as a share of the input's, ``1/4``; of an input, whose shape is given, in letters."""
    stride, grid = view.parts[name].stride, view.grid(view.shapes[name])
    coarser = any(station.stride not in (None, 1) for station in view.parts.values())
    if stride is None or any(grid) or not coarser:
        return ""
    return shape_text(shape).rpartition("×")[0] if shape else "1" if stride == 1 else f"1/{stride}"
