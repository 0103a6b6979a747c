"""The overview of a model whose parts are no single line: its boxes on a board, with shapes and parameters in them."""

from __future__ import annotations

from functools import partial

from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import has_params
from blockviz.page.overview.board.boxes import BoardBoxes
from blockviz.page.overview.board.geometry import BoardLayout, gutter_width, sides_of
from blockviz.page.overview.board.placement import Wiring, board_by_levels, board_by_lines, lines_of
from blockviz.page.overview.board.routing import Plan, Wire, plan_wires
from blockviz.page.overview.column import MOST_STRETCH
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Frame

_FAR_TOO_MANY = 200  # parts: no page holds them, so that one board tells what they would need
_LINES = (3, 5)  # columns for the main line and what runs beside it
_LEVELS_DEBT = 6  # crossings that a straight main line is worth
_WIDER = 1.0  # boxes are as wide as the longest words of their column


@dataclass(slots=True)
class Boarded(BoardBoxes):
    """The parts in columns and rows."""

    plans: list[Plan] = field(init=False)
    _columns: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._read()
        self.inside = True
        self.plans = self._planned()

    def _planned(self) -> list[Plan]:
        """The main line with others beside it in more or fewer columns, or a column a resolution; calm ones first."""
        wires = [(a, b) for a in self.order for b in self.wires[a] if b in self.parts]
        reads = {name: dict.fromkeys(part.inputs) for name, part in self.parts.items()}
        wiring = Wiring(
            self.order,
            {name: tuple(source for source in sources if source in self.parts) for name, sources in reads.items()},
            {name: 1.0 + sum(len(copy) for copy in part.copies) for name, part in self.parts.items()},
            {name: part.output_shape for name, part in self.parts.items()},
            {name: part.letter or part.name for name, part in self.parts.items()},
        )
        lines = lines_of(wiring)
        home = lines[0][0]
        if len(self.order) > _FAR_TOO_MANY:
            return [plan_wires(cells := board_by_lines(wiring, _LINES[0], lines), wires, cells[home].column)]
        boards = [board_by_lines(wiring, most, lines) for most in _LINES]
        plans = [plan_wires(cells, wires, cells[home].column) for cells in boards]
        levels = board_by_levels(wiring)
        if levels is not None:
            plans.append(plan_wires(levels, wires, len(self.parts), _LEVELS_DEBT))
        plans = [plan for n, plan in enumerate(plans) if all(plan.cells != other.cells for other in plans[:n])]
        if len(plans) == 1:
            return plans
        return sorted(plans, key=self._unrest)

    def _unrest(self, plan: Plan) -> int:
        """Lines that cross, and a debt for every column, since panels need room beside them."""
        return self._layout(plan, sides_of(plan, self._wish), self._gap).crossings() + 2 * plan.columns + plan.debt

    def _skips(self, plan: Plan, wire: Wire) -> bool:
        a, b = wire
        if plan.cells[a].column != plan.cells[b].column or wire not in plan.rail_of:
            return False
        seen, stack = set[str](), [name for name in self.wires[a] if name != b]
        while stack:
            at = stack.pop()
            if at == b:
                return True
            if at not in seen:
                seen.add(at)
                stack += self.wires.get(at, [])
        return False

    def most_columns(self) -> int:
        """How many boards there are to choose from; ``columns`` is the number of one everywhere below."""
        return len(self.plans)

    def numbers(self, columns: int = 1) -> tuple[str, str] | None:
        """As of a box with parameters."""
        shown = [part for part in self.parts.values() if self.two_lines or part.letter]
        told = [self._unders(part)[-2] for part in shown if has_params(part.cost) and not part.again]
        return (min(told, key=len), "output · parameters") if told else None

    # Measuring

    def _wish(self, name: str) -> float:
        part = self.parts[name]
        return self._sign_room(part) if self.is_sign(part) else self._need(part)

    def _around(self, plan: Plan) -> float:
        """Room for all gutters, and for what a stack sticks out."""
        key = f"around{self.plans.index(plan)}"
        if key not in self._known:
            gutters = sum(gutter_width(plan, number, self.theme) for number in range(plan.columns + 1))
            self._known[key] = gutters + self.info_width()
        return self._known[key]

    def least_width(self, columns: int = 1) -> float:
        """Room for boxes as wide as they like."""
        plan, key = self.plans[columns - 1], f"least{columns}"
        if key not in self._known:
            self._known[key] = sum(self._sides(plan)[0]) + self._around(plan)
        return self._known[key]

    def _sides(self, plan: Plan) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The widths that the columns of a board would like, and those that they must have."""
        number = self.plans.index(plan)
        if number not in self._columns:
            self._columns[number] = (
                sides_of(plan, self._wish),
                sides_of(plan, lambda name: self._least(self.parts[name])),
            )
        return self._columns[number]

    def _widths(self, plan: Plan, room: float) -> tuple[float, ...] | None:
        """The widths of the columns in a room; None where even the least does not fit."""
        wish, least = self._sides(plan)
        free = room - self._around(plan)
        if free < sum(least) - 0.01:
            return None
        if free >= sum(wish):
            return tuple(min(w * _WIDER, w * free / sum(wish)) for w in wish)
        share = (free - sum(least)) / max(0.01, sum(wish) - sum(least))
        return tuple(low + (high - low) * share for low, high in zip(least, wish, strict=True))

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the boxes would become too narrow to read."""
        plan, key = self.plans[columns - 1], f"height{columns}"
        widths = self._widths(plan, room)
        if widths is None:
            return None
        if key not in self._known:  # no box is higher for being narrow
            self._known[key] = self._heading + self._layout(plan, widths, self._least_gap).height
        return self._known[key]

    @property
    def _least_gap(self) -> float:
        return self.theme.type.label * (1.3 if self.two_lines else 0.75)

    def _layout(self, plan: Plan, widths: tuple[float, ...], gap: float) -> BoardLayout:
        sizes, rounds = {}, set()
        for name, part in self.parts.items():
            size = self._size(part, widths[plan.cells[name].column])
            sizes[name] = (size.width, size.height)
            if self.is_sign(part):
                rounds.add(name)
        return BoardLayout(plan, self.theme, widths, sizes, frozenset(rounds), gap, self._ports())

    def _size(self, part: Part, room: float) -> Size:
        return self.sign_size(part) if self.is_sign(part) else Size(room, self._height(part))

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw at a width; arrows are stretched towards ``height``."""
        plan = self.plans[columns - 1]
        widths = self._widths(plan, room)
        assert widths is not None
        at = partial(self._layout, plan, widths)
        low, high = self._least_gap, self._gap * MOST_STRETCH
        short, tall = at(low).height, at(high).height
        share = (height - self._heading - short) / (tall - short) if tall > short else 0.0
        layout = at(low + (high - low) * min(1.0, max(0.0, share)))
        canvas = Canvas(room, self._heading + layout.height, shown=shown)
        canvas.groups.append(Frame("", "Overview", 0, 0, room, canvas.height))
        type_, space = self.theme.type, self.theme.space
        canvas.text(0, space.ascent, "Overview", type_.heading, self.theme.colours.text, bold=True)
        self._draw_layout(canvas, plan, layout, max(0.0, (room - self.info_width() - layout.width) / 2))
        return canvas

    def _draw_layout(self, canvas: Canvas, plan: Plan, layout: BoardLayout, left: float) -> None:
        for name, spot in layout.spots.items():
            size = Size(spot.width, spot.height)
            self._draw_part(canvas, self.parts[name], left + spot.x, self._heading + spot.y, size)
        for wire in [*plan.straight, *plan.rail_of]:
            points = [(left + x, self._heading + y) for x, y in layout.path(wire)]
            colour = self.theme.colours.skip if self._skips(plan, wire) else ""
            self._link(canvas, points, *wire, colour, 1.1)
