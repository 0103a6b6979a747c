"""Places a U: a row is a resolution, falls and rises are columns, and a skip is a straight line in its row.

In a row of a fall the skip's source stands last, in a row of a rise its reader first; what lies between goes under
them. The lowest row turns between the columns. Set as a stair, each row begins below the end of the one before.
"""

from __future__ import annotations

from itertools import pairwise

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Band, Caption, Placement, Wire
from blockviz.page.overview.shape.levels import Levels, levels_of, resolution_text
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.placer import Placer
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field, replace


@dataclass(slots=True)
class _Cell:
    """The parts of one row and phase: some in line, some on the way up (or down) under the one that a skip ties."""

    line: list[str]
    below: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)


def place_u(pieces: Pieces, view: OverviewGraph, layout: OverviewLayout, style: Style) -> Placement:
    """The placement of a U, not yet routed."""
    return _U(pieces, view, layout, style).place()


@dataclass(slots=True)
class _U(Placer):
    grid: Levels = field(init=False)
    cells: dict[tuple[int, int], _Cell] = field(init=False)
    centre: list[float] = field(init=False, default_factory=list)
    reach: list[tuple[float, float]] = field(init=False, default_factory=list)
    said: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        Placer.__post_init__(self)
        self.grid = levels_of(self.view, coarse_first=False)
        sources, readers = ({wire[end] for wire in self.layout.skips} for end in (0, 1))
        self.cells = {
            key: self._cell(names, readers if self._rises(key[1]) else sources, self._rises(key[1]))
            for key, names in sorted(self.grid.cells(self.view.order).items())
        }

    def _rises(self, column: int) -> bool:
        return column > 0 if self.grid.nested else column % 2 == 1

    def _cell(self, names: list[str], ends: set[str], rising: bool) -> _Cell:
        at = [position for position, name in enumerate(names) if name in ends]
        if self.grid.nested:
            last = [name for name in names[1:] if name in self.view.sinks]
            above = last if len(last) == 1 else []
            return _Cell([name for name in names if name not in above], above=above)
        if not at or (0 if rising else len(names) - 1) in at:
            return _Cell(names)
        if rising:
            line, below = names[at[0] :], names[: at[0]]
            path = [*below, line[0]]
        else:
            line, below = names[: at[-1] + 1], names[: at[-1] : -1]
            path = [line[-1], *reversed(below)]
        return _Cell(line, below) if all(self.view.graph.has_edge(a, b) for a, b in pairwise(path)) else _Cell(names)

    def place(self) -> Placement:
        self._rows()
        self._columns()
        out = Placement(self.spots)
        last = self.grid.tray[-1:]  # with room for words at its right
        self.said = {name: text for name in last if (text := self.pieces.condition(self.view, name))}
        out.wires = [self._coloured(wire) for wire in self.pieces.wires(self.view, self.layout, self.said)]
        out.said = [(name, reader) for name in self.said for reader in self.view.after(name)]
        self._notes(out)
        return out

    def _coloured(self, wire: Wire) -> Wire:
        """Where several rises end in a row, all that is handed on along it to what joins them is a skip."""
        row, (source, target) = self.grid.row, (wire.source, wire.target)
        along = source in row and target in row and row[source] == row[target]
        joined = along and any(row.get(one, 0) > row[target] for one in self.view.before(target))
        return replace(wire, look="skip") if self.grid.nested and joined else wire

    # Down the page

    def _rows(self) -> None:
        y = 0.0
        for row in range(len(self.grid.areas)):
            here = [cell for (at, _), cell in self.cells.items() if at == row]
            line = [self.spots[name] for cell in here for name in cell.line]
            tall = max((spot.height for spot in line), default=0.0)
            head = max((spot.head for spot in line), default=0.0)
            jumps = max((self._jumps(cell.line) for cell in here), default=0)
            if self.grid.nested:
                jumps = max(jumps, len(here) - 2)
            upper = max((self._stack(cell.above) for cell in here), default=0.0)
            y += upper + head + 4.5 * min(5, jumps)
            centre = y + tall / 2
            lower = max((self._set_down(cell, centre, y + tall) for cell in here), default=0.0)
            for cell in here:
                at = y - head - 4.5 * min(5, jumps) - upper
                for name in cell.above:
                    self.spots[name].y = at
            self.centre.append(centre)
            self.reach.append((y - head, y + tall))
            y += tall + lower + self.gap + max((s.depth for s in line), default=0.0)

    def _stack(self, names: list[str]) -> float:
        return sum(self.spots[name].height + self.gap for name in names)

    def _set_down(self, cell: _Cell, centre: float, foot: float) -> float:
        """Give a cell's boxes their y; returns how far those below reach under the row."""
        for name in cell.line:
            self.spots[name].y = centre - self.spots[name].height / 2
        under = max(self.spots[name].bottom for name in cell.line)
        for name in reversed(cell.below):
            self.spots[name].y = under + max(self.gap, self.spots[name].head + 3.0)  # an arrow, past the words above
            under = self.spots[name].bottom
        return max(0.0, under - foot)

    def _jumps(self, line: list[str]) -> int:
        """Wires of a row that pass over a box between."""
        return sum(self.view.graph.has_edge(a, b) for i, a in enumerate(line) for b in line[i + 2 :])

    # Across the page

    def _columns(self) -> None:
        stair = self.style.stair and not self.grid.nested and self.grid.columns == 2
        left = 0.0
        for column in range(self.grid.columns):
            rows = {row: cell for (row, at), cell in self.cells.items() if at == column}
            rises = self._rises(column)
            offset = self._stair(rows, rises) if stair else self._outwards(rows, rises)
            spans = {row: self._span(cell, rises) for row, cell in rows.items()}
            inner = self._is_turn(column) and len(rows) > 1
            tied = {row: span for row, span in spans.items() if not (inner and row == len(self.grid.areas) - 1)}
            anchor = left + max(spans[row][0] - offset[row] for row in tied)
            for row, cell in rows.items():
                self._set_across(cell, anchor + offset[row], rises)
            ends = {row: anchor + offset[row] + spans[row][1] for row in tied}
            left = self._next_left(column, ends, stair)
        if not self.grid.nested:
            self._centre_turns()

    def _span(self, cell: _Cell, rises: bool) -> tuple[float, float]:
        """How far a cell reaches left and right of the middle of its anchor: the first, or the last in line."""
        spots = self.spots
        total = self._length(cell.line)
        anchor = spots[cell.line[0 if rises else -1]]
        near = anchor.width / 2 if rises else anchor.width / 2 + anchor.depth
        stack = max((spots[name].width / 2 for name in (*cell.below, *cell.above)), default=0.0)
        near, far = max(near, stack), max(total - near, stack)
        return (near, far) if rises else (far, near)

    def _length(self, line: list[str]) -> float:
        """The width of boxes in a row with the arrows between them."""
        boxes = sum(self.spots[name].width + self.spots[name].depth for name in line)
        return boxes + sum(self.pieces.between(self.view, a, b, self.gap) for a, b in pairwise(line))

    def _set_line(self, line: list[str], at: float) -> None:
        """Put boxes in a row that begins somewhere."""
        for name, after in zip(line, [*line[1:], ""], strict=True):
            self.spots[name].x = at
            at += self.spots[name].width + self.spots[name].depth
            at += self.pieces.between(self.view, name, after, self.gap) if after else 0.0

    def _set_across(self, cell: _Cell, x: float, rises: bool) -> None:
        spots = self.spots
        for name in cell.below:
            spots[name].x = x - spots[name].width / 2
        last = spots[cell.line[-1]]
        ahead = 0.0 if rises else self._length(cell.line) - last.width - last.depth
        self._set_line(cell.line, x - spots[cell.line[0 if rises else -1]].width / 2 - ahead)
        for name in cell.above:
            spots[name].x = spots[cell.line[-1]].cx - spots[name].width / 2

    def _stair(self, rows: dict[int, _Cell], rises: bool) -> dict[int, float]:
        """Anchors of a stair, the finest row at 0: each row begins right below the end of the one above."""
        offset, at = dict[int, float](), 0.0
        order = sorted(rows)
        for above, row in zip([None, *order], order, strict=False):
            if above is not None:
                near, far = self._span(rows[row], rises)
                step = (far if rises else near) + self.gap
                at += -step if rises else step
            offset[row] = at
        return offset

    def _outwards(self, rows: dict[int, _Cell], rises: bool) -> dict[int, float]:
        """Rows above all skips step outwards, so that their wire is straight."""
        ends = {name for wire in self.layout.skips for name in wire}
        offset = dict.fromkeys(rows, 0.0)
        tied = [row for row, cell in rows.items() if not ends.isdisjoint(cell.line)]
        for row in range(min(tied, default=0) - 1, -1, -1):
            if row not in rows or row + 1 not in rows:
                break
            line = rows[row + 1].line
            step = self._length(line)
            step -= (self.spots[line[0]].width + self.spots[line[-1]].width) / 2
            offset[row] = offset[row + 1] + (step if rises else -step)
        return offset

    def _next_left(self, column: int, ends: dict[int, float], stair: bool) -> float:
        """Where the next column begins: every skip has room for its tensor's words, and a turn for its boxes."""
        words = [self.pieces.small(wire.text) for wire in self.pieces.wires(self.view, self.layout)]
        room = max([*words, self.pieces.unit]) + self.gap * 1.6
        after = {row: cell for (row, at), cell in self.cells.items() if at == column + 1}
        if not after:
            return max(ends.values(), default=0.0)
        if not stair:
            return max(ends.values(), default=0.0) + room
        offset = self._stair(after, self._rises(column + 1))
        spans = {row: self._span(cell, self._rises(column + 1)) for row, cell in after.items()}
        first = max(spans[row][0] - offset[row] for row in after)  # as `_columns` will set the anchor
        need = [ends[row] + room - (first + offset[row] - spans[row][0]) for row in after if row in ends]
        last = len(self.grid.areas) - 1
        if (last, column) in self.cells and last not in after:
            turn = sum(self._span(self.cells[last, column], False)) + 2 * self.gap
            before = ends.get(last - 1, max(ends.values(), default=0.0))
            anchor = self.spots[self.cells[last - 1, column].line[-1]] if (last - 1, column) in self.cells else None
            start = anchor.cx if anchor is not None else before
            need.append(start + turn - (first + offset.get(last - 1, 0.0)))
        return max(need, default=0.0)

    def _is_turn(self, column: int) -> bool:
        """Whether a fall's lowest row turns between it and the next column, which has no part there."""
        last = len(self.grid.areas) - 1
        beside = (last - 1, column) in self.cells and (last - 1, column + 1) in self.cells
        alone = (last, column) in self.cells and (last, column + 1) not in self.cells
        return not self._rises(column) and beside and alone

    def _centre_turns(self) -> None:
        last = len(self.grid.areas) - 1
        for (row, column), cell in self.cells.items():
            if row == last and self._is_turn(column):
                left = self.spots[self.cells[last - 1, column].line[-1]]
                right = self.spots[self.cells[last - 1, column + 1].line[0]]
                middle = (left.cx + right.cx) / 2 if self.style.stair else (left.right + right.x) / 2
                self._set_line(cell.line, middle - self._length(cell.line) / 2)

    # Beside the boxes

    def _notes(self, out: Placement) -> None:
        pieces, last = self.pieces, max((s.bottom for s in self.spots.values()), default=0.0)
        texts = [resolution_text(self.view, area) for area in self.grid.areas]
        wide = max(pieces.small(text, bold=True) for text in texts)
        left = min(self.spots[name].x for name in self.grid.row) - pieces.unit - wide
        right = max(self.spots[name].right + self.spots[name].depth for name in self.grid.row) + pieces.unit * 0.5
        for row, text in enumerate(texts):
            y, low = self.centre[row], self.reach[row]
            if row % 2 == 0:
                foot = self.reach[row + 1][0] - 1 if row + 1 < len(texts) else last + self.gap * 0.5
                out.bands.append(Band(left - 3, low[0] - 1, right - left + 3, foot - low[0]))
            held = pieces.held(name for name, at in self.grid.row.items() if at == row)
            out.captions.append(
                Caption(left, y - 1 if held else y + 2.4, text, pieces.small(text, bold=True), bold=True, colour="text")
            )
            if held:
                out.captions.append(Caption(left, y + 7, held, pieces.small(held)))
        pieces.caption_skips(out, self.gap)
        pieces.caption_channels(self.view, out, self.style)
        at = left
        for name in self.grid.tray:
            spot = self.spots[name]
            spot.x, spot.y = at, last + self.gap
            at += spot.width + spot.depth + self.gap
        for name, text in self.said.items():
            spot = self.spots[name]
            words = pieces.small(text)
            out.captions.append(Caption(spot.right + spot.depth + pieces.unit * 0.5, spot.cy + 2.0, text, words))
