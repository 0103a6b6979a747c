"""The overview: one box per part from input to output, with shape, parameters and share beside it."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size
from blockviz.page.glyphs.canvas import Canvas, Loose
from blockviz.page.glyphs.unit_label import Label
from blockviz.page.glyphs.words import share_base
from blockviz.page.layout.branch_grid import BoxSpec, Grid
from blockviz.page.layout.series_parallel import SINK, Chain, Tangle
from blockviz.page.overview.part_boxes import PartBoxes
from blockviz.page.overview.part_wiring import tap_of_readers, wires_between
from blockviz.page.overview.side_notes import draw_note, draw_notes_heading, notes_width
from blockviz.page.overview.stage_brackets import bracketed, draw_stages, stage_room
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Box, Frame

_APART, _CLOSE = 0.7, 0.45  # from a lane to the next, of the room for a line; close ones where width is dear
_EVEN = 1.8  # how much longer they become in a column that would end before its neighbour
MOST_STRETCH = 2.0  # how much longer arrows may become to fill a column


@dataclass(frozen=True, slots=True)
class Hole:
    """A free rectangle: its left and top, and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Overview(PartBoxes):
    """The parts as a column of a given width, or as several columns read one after the other."""

    with_info: bool = True
    close: bool = False
    chain: Chain = field(init=False)
    parts: dict[str, Part] = field(init=False)
    order: tuple[str, ...] = field(init=False)
    _known: dict[str, float] = field(init=False, default_factory=dict)
    _heights: dict[tuple[float, int], float | None] = field(init=False, default_factory=dict)
    _spots: dict[str, tuple[Size | None, float]] = field(init=False, default_factory=dict)
    wires: dict[str, list[str]] = field(init=False)

    @property
    def says_operands(self) -> bool:
        """Whether what an arrow is to its reader (``k, v``, ``2 tensors``) has a place of its own already."""
        return False

    @property
    def is_strip(self) -> bool:
        """Whether it is much wider than high, so that panels stand below it."""
        return False

    def seen(self, part: Part, columns: int = 1) -> Label:
        """The label of a unit or layer as a legend needs it: as far as its box looks so."""
        return self.label(part)

    def bareness(self, columns: int = 1) -> int:
        """How many of the numbers that boxes say elsewhere its own leave out: none, parameters, or sizes, too."""
        return 0

    @property
    def rightward(self) -> bool:
        """Whether the parts are read from left to right."""
        return False

    @property
    def shows_shares(self) -> bool:
        """Whether boxes have a bar of their share of all parameters."""
        whole = share_base(self.context.outline.cost)
        return bool(whole) and not self.rightward and (self.two_lines or not self.inside)

    def numbers(self, columns: int = 1) -> tuple[str, str] | None:
        """What stands below names in the boxes, as one of them has it, and what it is; None where nothing does."""
        return None

    def hole(self, room: float) -> Hole:
        """The largest free rectangle beside the boxes, for panels."""
        return Hole(room, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self._read()
        self.chain = self._column(self.order)

    def _read(self) -> None:
        self.parts = {part.id: part for part in self.context.outline.parts}
        self.wires = wires_between(self.parts)
        self.order = tuple(self.parts)

    def _column(self, ids: Sequence[str]) -> Chain:
        """Boxes one below the other, lines that skip one in lanes."""
        edges = tuple((a, b) for a in ids for b in self.wires[a] if b in ids)
        return Chain((Tangle(tuple(ids), edges, None),)) if ids else Chain(())

    def most_columns(self) -> int:
        """In how many columns the overview may be set: only a plain sequence can be parted."""
        plain = all(
            self.wires[a][:1] in ([b], [SINK]) and len(self.wires[a]) == 1
            for a, b in zip(self.order, self.order[1:], strict=False)
        )
        return 3 if plain and len(self.order) > 5 else 1

    def _chains(self, columns: int) -> list[Chain]:
        if columns == 1:
            return [self.chain]
        heights = [self._height(self.parts[name]) + self._gap for name in self.order]
        out, start, total = [], 0, sum(heights)
        for column in range(columns):
            end, used = start, 0.0
            while end < len(self.order) and (used + heights[end] / 2 <= total / (columns - column) or end == start):
                used += heights[end]
                end += 1
            end = len(self.order) if column == columns - 1 else end
            out.append(self._column(self.order[start:end]))
            total -= sum(heights[start:end])
            start = end
        return out

    @property
    def _gap(self) -> float:
        return self.theme.space.pad if self.close else self.theme.space.gap

    @property
    def column_gap(self) -> float:
        """Room between two columns of the overview, with the line that joins them."""
        return self.theme.type.label * 3.4

    @property
    def has_info(self) -> bool:
        """Whether shapes and parameters stand beside the boxes."""
        return self.with_info and not self.inside

    def info_width(self) -> float:
        """Room for shapes, parameters and bars at the right."""
        if not self.has_info:
            stacks = any(part.repeat > 1 and not part.shared for part in self.parts.values())
            return self.theme.space.side if stacks else 0.0
        if "info" not in self._known:
            self._known["info"] = notes_width(self.parts.values(), share_base(self.context.outline.cost), self.theme)
        return self._known["info"]

    def box_width(self) -> float:
        """The width every box would like."""
        if "box" not in self._known:
            self._known["box"] = max((self._need(part) for part in self.parts.values()), default=60.0)
        return self._known["box"]

    def least_width(self, columns: int = 1) -> float:
        """Room for boxes as wide as they like, lanes and the column of numbers."""
        key = f"least{columns}"
        if key not in self._known:
            grid = self._grid(self.box_width(), self._gap)
            one = max(grid.extent(chain).width for chain in self._chains(columns)) + self.info_width()
            self._known[key] = one * columns + self.column_gap * (columns - 1)
        return self._known[key]

    def stage_width(self, columns: int = 1) -> float:
        """Room for the brackets of all stages, which are drawn where it can be had."""
        if "stages" not in self._known:
            self._known["stages"] = stage_room(bracketed(list(self.parts.values())), self.theme)
        return self._known["stages"] * columns

    def _stage_room(self, room: float, columns: int) -> float:
        """What the brackets get at the left of each column: all their room, or none."""
        need = self.stage_width(columns)
        return need / columns if need and room >= self.least_width(columns) + need - 0.01 else 0.0

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the boxes would become too narrow to read."""
        key = (room, columns)  # drafts of many details share an overview, and ask for the same few widths
        if key not in self._heights:
            self._heights[key] = self._measured(room, columns)
        return self._heights[key]

    def _measured(self, room: float, columns: int) -> float | None:
        box = self._box_for(room, columns)
        if box is None:
            return None
        grid = self._grid(box, self._gap)
        return self._heading + max(grid.extent(chain).height for chain in self._chains(columns))

    @property
    def _heading(self) -> float:
        return self.theme.type.heading * 1.9

    def _box_for(self, room: float, columns: int) -> float | None:
        """The box width that makes the whole overview ``room`` wide."""
        box = self.box_width()
        box += (room - self.least_width(columns)) / columns - self._stage_room(room, columns)
        return box if box >= self._least_box() - 0.01 else None

    def _least_box(self) -> float:
        """Labels of layers and what is said besides a name are never cut; names of blocks may be."""
        if "plain" not in self._known:
            labelled = {part.id for part in self.parts.values() if self.is_plain(part) and not self.is_sign(part)}
            rooms = {part.id: self._least_of(part) for part in self.parts.values()}
            self._known["plain"] = max((rooms[name] for name in labelled), default=0.0)
            self._known["said"] = max((room for name, room in rooms.items() if name not in labelled), default=0.0)
        plain, said = self._known["plain"], self._known["said"]
        return min(self.box_width(), max(plain - self.theme.type.label, said, self.theme.type.label * 8.5))

    def _grid(self, box: float, gap: float) -> Grid:
        faces = {name: self._face(part, box) for name, part in self.parts.items()}
        pitch = _CLOSE if self.close else _APART
        return Grid(faces, self.theme, gap, self.theme.space.gap, "", True, self._ports(), pitch=pitch)

    def _ports(self) -> dict[tuple[str, str], float]:
        """Where the lines from a tapped network's inner tensors leave its box."""
        out = {}
        for part in self.parts.values():
            taken = tap_of_readers(part, self.parts.values()) if part.taps else {}
            for reader, tap in taken.items():
                number = next(i for i, one in enumerate(part.taps) if one is tap)
                out[part.id, reader] = self._tap_base(part, number) - self.theme.type.small * 0.35
        return out

    def _face(self, part: Part, box: float) -> BoxSpec:
        if part.id not in self._spots:
            self._spots[part.id] = self.sign_size(part) if self.is_sign(part) else None, self._height(part)
        sign, tall = self._spots[part.id]
        size = sign or Size(box, tall)

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            self._draw_part(canvas, part, x, y, size)

        return BoxSpec(size.width, size.height, draw, "sign" if sign else "box" if len(part.inputs) > 1 else "")

    def width_of(self, part: Part) -> float:
        """The width that a part's box needs to say all of its words."""
        return self._need(part)

    def box_of(self, part: Part, box: float) -> BoxSpec:
        """A part as a box of that width; a sign has its own."""
        return self._face(part, box)

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw at a width; arrows are stretched towards ``height``."""
        box = self._box_for(room, columns) or self._least_box()
        canvas = Canvas(room, height, shown=shown)
        canvas.groups.append(Frame("", "Overview", 0, 0, room, height))
        type_, space = self.theme.type, self.theme.space
        canvas.text(0, space.ascent, "Overview", type_.heading, self.theme.colours.text, bold=True)
        chains = self._chains(columns)
        whole = self._grid(box, self._stretched(box, height - self._heading, chains))
        step, stages = (room + self.column_gap) / columns, self._stage_room(room, columns)
        deep, most = max(whole.extent(chain).height for chain in chains), whole.gap / self._gap * _EVEN
        canvas.height = self._heading + deep
        ends: list[Loose] = []
        for number, chain in enumerate(chains):
            grid = self._grid(box, self._stretched(box, deep, [chain], most))
            grid.canvas = canvas
            x = number * step + stages + grid.extent(chain).left
            if ends:
                self._join(grid, ends[0], x, number * step - self.column_gap * 0.45, chain)
            done, left = len(canvas.boxes), number * step + stages
            ends = grid.draw(chain, x, self._heading, []) or self._foot(grid, chain, x)
            if self.has_info:
                self._info(canvas, number * step + step - self.column_gap, canvas.boxes[done:])
            if stages:
                draw_stages(canvas, self.theme, list(self.parts.values()), left - space.near, canvas.boxes[done:])
        if self.has_info:
            left = step - self.column_gap - self.info_width() + space.gap
            draw_notes_heading(canvas, self.theme, left, room)
        return canvas

    def _foot(self, grid: Grid, chain: Chain, x: float) -> list[Loose]:
        """The lower end of a column."""
        name = last.ids[-1] if isinstance(last := chain.parts[-1], Tangle) else ""
        return [Loose(name, x, self._heading + grid.extent(chain).height)]

    def _join(self, grid: Grid, end: Loose, x: float, lane: float, chain: Chain) -> None:
        """The line from the foot of one column to the head of the next."""
        first = chain.parts[0]
        target = first.ids[0] if isinstance(first, Tangle) else ""
        low, high = end.y + self._gap * 0.6, self._heading - self._gap * 0.9
        grid.arrow(
            ((end.x, end.y), (end.x, low), (lane, low), (lane, high), (x, high), (x, self._heading)), end.id, target
        )

    def _stretched(self, box: float, height: float, chains: Sequence[Chain], most: float = MOST_STRETCH) -> float:
        low, high = self._gap, self._gap * most
        at_low, at_high = (
            max(grid.extent(chain).height for chain in chains) for grid in (self._grid(box, low), self._grid(box, high))
        )
        if at_high - at_low < 0.1 or height <= at_low:
            return low
        return min(high, low + (high - low) * (height - at_low) / (at_high - at_low))

    def _info(self, canvas: Canvas, right: float, boxes: Sequence[Box]) -> None:
        """Shape, parameters, share and its bar beside each box."""
        left, total = right - self.info_width() + self.theme.space.gap, share_base(self.context.outline.cost)
        for box in boxes:
            part = self.parts.get(box.id.removeprefix("/"))
            if part is not None:
                draw_note(canvas, self.theme, part, total, left, right, box.y + box.height / 2)
