"""The overview from left to right: a strip of boxes with brackets above and shapes below, for models of few parts.

Brackets name what a reader asks of a transfer model: data preparation, frozen backbone, trained head.
"""

from __future__ import annotations

from itertools import pairwise

from blockviz.costs.cost import cost_of
from blockviz.ir import item_leaves
from blockviz.outline.model import Part
from blockviz.page.glyphs.brackets import Bracket, brackets_of, draw_bracket
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.frozen_bar import draw_shares
from blockviz.page.glyphs.words import is_locked, share_base
from blockviz.page.overview.strip.boxes import StripBoxes
from blockviz.runtime.records import dataclass
from blockviz.scene import Frame, Point

_WIDENED = 0.8  # a row takes up to so much more than it needs, to end where the others do

Place = tuple[float, float, float, float]  # left, top and width of a box, and the height of its row


@dataclass(slots=True)
class Strip(StripBoxes):
    """The parts in one row, or in several rows read like text."""

    @property
    def rightward(self) -> bool:
        """Always: from left to right."""
        return True

    def most_columns(self) -> int:
        """In how many rows the strip may be set; none where the parts are no plain sequence."""
        if not all(self.wires[a] == [b] for a, b in pairwise(self.order)):
            return 0
        return 3 if len(self.order) > 4 else 1

    # Measuring

    @property
    def _row_gap(self) -> float:
        return self.theme.space.row

    @property
    def _arrow(self) -> float:
        return self.theme.space.row

    def _edge(self, rows: int) -> float:
        """Room at both ends for the line that goes on in the next row."""
        return self.theme.space.gap if rows > 1 else 0.0

    def _rows(self, rows: int) -> list[list[str]]:
        """The parts in so many rows of about equal width."""
        widths = {name: self._wide(self.parts[name]) + self._arrow for name in self.order}
        total, out, used = sum(widths.values()), [list[str]()], 0.0
        for name in self.order:
            if out[-1] and used + widths[name] / 2 > total / rows and len(out) < rows:
                out.append([])
                used = 0.0
            out[-1].append(name)
            used += widths[name]
        return out

    def _need_of_row(self, row: list[str]) -> float:
        return sum(self._wide(self.parts[name]) for name in row) + self._arrow * (len(row) - 1)

    def least_width(self, columns: int = 1) -> float:
        """Width of the longest row."""
        rows = self._rows(max(1, columns))
        return max(map(self._need_of_row, rows)) + 2 * self._edge(columns) + self.theme.space.near

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the rows are wider."""
        if self.least_width(columns) > room + 0.01:
            return None
        rows = sum(map(self._row_height, self._rows(columns)))
        return rows + self._row_gap * (columns - 1) + self._share_height

    @property
    def _above(self) -> float:
        """Room for brackets over a row."""
        return self.theme.type.small * (2.6 if self.brackets() else 0.3)

    def _boxes_height(self, row: list[str]) -> float:
        return max(self._inner_height(self.parts[name]) for name in row)

    def _row_height(self, row: list[str]) -> float:
        return self._above + self._boxes_height(row) + self._shape_height

    @property
    def _share_height(self) -> float:
        return self.theme.space.wide if self._frozen_share() else 0.0

    def _frozen_share(self) -> float:
        cost = self.context.outline.cost
        parts = [part for part in self.parts.values() if is_locked(part)]
        frozen = cost_of(node for part in parts for node in item_leaves(part.item))  # each layer once
        whole = share_base(cost)
        return frozen.params / whole if whole else 0.0

    def brackets(self) -> list[Bracket]:
        """What stands over the boxes."""
        return brackets_of(list(self.parts.values()), self._augments, self.context.outline.weights)

    def _augments(self, part: Part) -> bool:
        return self.is_plain(part) and self.label(part).family == "train"

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw at a width; spare width goes into the boxes and the arrows."""
        canvas = Canvas(room, self.measure(room, columns) or height, shown=shown)
        canvas.groups.append(Frame("", "Overview", 0, 0, room, canvas.height))
        place: dict[str, Place] = {}
        top = self._above
        for row in self._rows(columns):
            place |= self._places_in_row(row, self._edge(columns), top, room - 2 * self._edge(columns))
            top += self._row_height(row) + self._row_gap
        for name, (x, y, wide, high) in place.items():
            self._box(canvas, self.parts[name], x, y, wide, high)
        self._lines(canvas, place)
        for bracket in self.brackets():
            self._bracket(canvas, bracket, place)
        if self._frozen_share():
            total, y = self.context.outline.cost.params, canvas.height - self.theme.space.gap
            draw_shares(canvas, self.theme, total, self._frozen_share(), room, y)
        return canvas

    def _places_in_row(self, row: list[str], x: float, y: float, room: float) -> dict[str, Place]:
        need, high, out = self._need_of_row(row), self._boxes_height(row), dict[str, Place]()
        spare = min(room - need, need * _WIDENED) / max(1, len(row) * 2 - 1)
        for name in row:
            wide = self._wide(self.parts[name]) + spare
            out[name] = (x, y, wide, high)
            x += wide + self._arrow + spare
        return out

    def _lines(self, canvas: Canvas, place: dict[str, Place]) -> None:
        type_, space = self.theme.type, self.theme.space
        for a, b in pairwise(self.order):
            (xa, ya, wa, high), (xb, yb, _, other) = place[a], place[b]
            start, end = (xa + wa, ya + high / 2), (xb, yb + other / 2)
            points: tuple[Point, ...] = (start, end)
            if ya != yb:  # on to the next row: around the end of one and back to the beginning of the other
                lane = ya + high + self._shape_height + self._row_gap * 0.25
                out, back, bend = start[0] + type_.label, space.tight, type_.label
                colour, stroke = self.theme.colours.line, type_.firm
                canvas.rule((start, (out, start[1]), (out, lane), (out - bend, lane)), colour, stroke, 4.0)
                canvas.rule(((out - bend, lane), (back + bend, lane)), colour, stroke)
                points = ((back + bend, lane), (back, lane), (back, end[1]), end)
            self._link(canvas, points, a, b)

    def _bracket(self, canvas: Canvas, bracket: Bracket, place: dict[str, Place]) -> None:
        names = self.order[bracket.first : bracket.last + 1]
        for row in dict.fromkeys(place[name][1] for name in names):
            spots = [place[name] for name in names if place[name][1] == row]
            left, right = spots[0][0], spots[-1][0] + spots[-1][2]
            y = row - self.theme.type.small * 0.9
            draw_bracket(canvas, self.theme, bracket, left, right, y, self._arrow)
