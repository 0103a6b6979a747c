"""Places a pyramid: rows are resolutions, the coarsest on top, columns are backbone, top-down, bottom-up … and heads.

A column holds one phase; parts of one row and phase stand in a line. Heads have the last column, one a row; what is
shared by several levels takes a free row.
"""

from __future__ import annotations

from itertools import pairwise

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Band, Caption, Placement
from blockviz.page.overview.pyramid.level_names import level_names
from blockviz.page.overview.shape.levels import Levels, heads_of, levels_of, resolution_text
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.placer import Placer
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field


def place_pyramid(pieces: Pieces, view: OverviewGraph, layout: OverviewLayout, style: Style) -> Placement:
    """The placement of a pyramid, not yet routed."""
    return _Pyramid(pieces, view, layout, style).place()


@dataclass(slots=True)
class _Pyramid(Placer):
    grid: Levels = field(init=False)
    heads: set[str] = field(init=False)

    def __post_init__(self) -> None:
        Placer.__post_init__(self)
        self.grid = levels_of(self.view, coarse_first=True)
        self.heads = heads_of(self.view, self.grid)
        self._spread_heads()

    def _spread_heads(self) -> None:
        """Flat heads read several levels: each chain of them takes a row of its column that no head stands in yet.

        Where width is dear, each of them does.
        """
        taken: set[tuple[int, int]] = set()
        for name in self.view.order:
            if name not in self.heads:
                continue
            column, row = self.grid.phase[name], self.grid.row[name]
            above = [one for one in self.view.before(name) if self.grid.phase.get(one) == column and one in self.heads]
            if len(self.view.shapes[name]) != self.view.rank:
                row = self.grid.row[above[0]] if above else row
                if not above or self.style.small:
                    rows = range(len(self.grid.areas))
                    if above:  # what follows a head stands on its far side
                        rows = rows[::-1]
                    row = min(rows, key=lambda one: ((column, one) in taken, abs(one - row)))
            taken.add((column, row))
            self.grid.row[name] = row

    def _widen(self) -> None:
        """Heads that stand one above the other are equally wide, with room for words at the arrow between them."""
        row, phase = self.grid.row, self.grid.phase
        for u, v in self.view.graph.edges:
            words = self.pieces.said_of(u, v) if {u, v} <= self.heads else 0.0
            if words and row[u] != row[v] and phase[u] == phase[v]:
                one, other = self.spots[u], self.spots[v]
                one.width = other.width = max(one.width, other.width, 2 * words + self.pieces.unit)

    def place(self) -> Placement:
        self._widen()
        cells = {at: self._turned(at[1], names) for at, names in self.grid.cells(self.view.order).items()}
        tops, heights = self._rows(cells)
        self._columns(cells)
        out = Placement(self.spots)
        out.wires = self.pieces.wires(self.view, self.layout)
        self._notes(out, cells, tops, heights)
        return out

    def _turned(self, column: int, names: list[str]) -> list[str]:
        """The parts of a cell from left to right: what only goes on upwards stands left of what is read elsewhere."""
        row, phase = self.grid.row, self.grid.phase
        for a, b in pairwise(names):
            crosses = any(phase.get(one, column) > column for one in self.view.after(a))
            rises = all(phase.get(one) == column and row[one] != row[b] for one in self.view.after(b))
            if crosses and rises and self.view.before(b) == [a]:
                at = names.index(a)
                return [*names[:at], b, a, *names[at + 2 :]]
        return names

    def _rows(self, cells: dict[tuple[int, int], list[str]]) -> tuple[list[float], list[float]]:
        tops, heights, y = [], [], 0.0
        for row in range(len(self.grid.areas)):
            names = [name for (at, _), found in cells.items() if at == row for name in found]
            tall = max((self.spots[name].height for name in names), default=0.0)
            y += max((self.spots[name].head for name in names), default=0.0)
            jumps = max((self._jumps(found) for (at, _), found in cells.items() if at == row), default=0)
            y += 4.5 * min(5, jumps)
            for name in names:
                self.spots[name].y = y + (tall - self.spots[name].height) / 2
            tops.append(y)
            heights.append(tall)
            y += tall + self.gap + max((self.spots[name].depth for name in names), default=0.0)
        return tops, heights

    def _jumps(self, names: list[str]) -> int:
        return sum(self.view.graph.has_edge(a, b) for i, a in enumerate(names) for b in names[i + 2 :])

    def _columns(self, cells: dict[tuple[int, int], list[str]]) -> None:
        left, ended = 0.0, 0.0  # where boxes may begin, and where the heading before ends
        for column in range(self.grid.columns):
            here = {row: names for (row, at), names in cells.items() if at == column}
            last = column == self.grid.columns - 1
            by_last = column == 0 and not last
            near = {row: self._reach(names, by_last)[0] for row, names in here.items()}
            heading = self.pieces.small(self._heading(column, cells), bold=True) / 2 if self.style.small else 0.0
            middle = left + max([*near.values(), 0.0])
            if column:
                middle = max(middle, ended + heading + self.pieces.unit * 0.4)
            right = left
            for row, names in here.items():
                at = middle - near[row]
                for name, after in zip(names, [*names[1:], ""], strict=True):
                    self.spots[name].x = at
                    at += self.spots[name].width + self.spots[name].depth
                    right = max(right, at)
                    at += self._between(name, after) if after else 0.0
            ended = middle + heading
            across = [self._between(u, v) for u, v in self.view.graph.edges if self._leaves(u, v, column)]
            left = right + max([self.gap * 1.35, *across]) + 4.5 * min(4, self._lanes(column))

    def _reach(self, names: list[str], by_last: bool) -> tuple[float, float]:
        """How far a cell reaches left and right of the middle of its first (or last) box."""
        widths = [self.spots[name].width + self.spots[name].depth for name in names]
        total = sum(widths) + sum(self._between(a, b) for a, b in pairwise(names))
        anchor = self.spots[names[-1 if by_last else 0]].width / 2
        near = total - self.spots[names[-1]].depth - anchor if by_last else anchor
        return near, total - near

    def _between(self, a: str, b: str) -> float:
        return self.pieces.between(self.view, a, b, self.gap)

    def _leaves(self, u: str, v: str, column: int) -> bool:
        """Whether a wire goes on from a column to the next."""
        phase = self.grid.phase
        return phase.get(u) == column and phase.get(v) == column + 1

    def _lanes(self, column: int) -> int:
        """Lines that change their row beside a column: before the column of their reader, where width is dear."""
        row, phase = self.grid.row, self.grid.phase
        return len({
            u for u, v in self.view.graph.edges
            if u in row and v in row and phase[u] <= column < phase[v] and row[u] != row[v]
            and (phase[v] == column + 1 or not self.style.small)
        })  # fmt: skip

    def _notes(
        self, out: Placement, cells: dict[tuple[int, int], list[str]], tops: list[float], heights: list[float]
    ) -> None:
        pieces = self.pieces
        texts = [resolution_text(self.view, area) for area in self.grid.areas]
        names = level_names(self.view, self.grid, self.heads)
        wide = max(pieces.small(text, bold=True) for text in [*texts, *names.values()])
        left = -pieces.unit - wide
        right = max(spot.right + spot.depth for name, spot in self.spots.items() if name in self.grid.row)
        for row, text in enumerate(texts):
            y = tops[row] + heights[row] / 2 + 2.4
            if level := names.get(row):
                out.captions.append(Caption(left, y + 4.2, level, pieces.small(level)))
                y -= 4.2
            out.captions.append(Caption(left, y, text, pieces.small(text, bold=True), bold=True, colour="text"))
            if row % 2 == 0:
                half = self.gap / 2
                out.bands.append(Band(left - 3, tops[row] - half + 1, right - left + 6, heights[row] + self.gap - 2))
        self._headings(out, cells, tops[0])
        pieces.caption_channels(self.view, out, self.style)
        at, low = left, tops[-1] + heights[-1] + self.gap * 1.2
        for name in self.grid.tray:
            spot = self.spots[name]
            spot.x, spot.y = at, low
            at += spot.width + spot.depth + self.gap
        if self.style.small:
            foot = max(spot.bottom + spot.depth for spot in self.spots.values())
            pieces.key(self.view, out, left, foot + pieces.unit * 1.8, right - left)

    def _headings(self, out: Placement, cells: dict[tuple[int, int], list[str]], top: float) -> None:
        """What stands above each column."""
        high = min([top, *(spot.y - spot.head for spot in self.spots.values())]) - self.gap / 2 - 4
        jumps = 4.5 * max((self._jumps(names) for (row, _), names in cells.items() if row == 0), default=0)
        for column in range(self.grid.columns):
            names = [name for (_, at), found in cells.items() if at == column for name in found]
            if not names:
                continue
            words = self._heading(column, cells)
            middle = (min(self.spots[n].x for n in names) + max(self.spots[n].right for n in names)) / 2
            wide = self.pieces.small(words, bold=True)
            out.captions.append(Caption(middle, high - jumps, words, wide, "middle", bold=True, colour="text"))

    def _heading(self, column: int, cells: dict[tuple[int, int], list[str]]) -> str:
        """What a column does, and its parameters: which way it goes is seen, so it may be said."""
        names = [name for (_, at), found in cells.items() if at == column for name in found]
        words = ("bottom-up", "top-down")[column % 2] if column else "backbone"
        if self.heads.issuperset(names):
            words = "heads" if column == self.grid.columns - 1 else "levels"
        held = "" if self.style.small else self.pieces.held(names)
        return f"{words} · {held}" if held else words
