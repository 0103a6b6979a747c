"""The inside of one body: laid out once per mode, drawn where it is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.ir import Composite, Item, LayerGraph, copies_in
from blockviz.page.glyphs.canvas import Canvas, Loose
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.operand_marks import mark_operands, words_in
from blockviz.page.glyphs.size_letters import size_letters
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.glyphs.varying_numbers import Ranges
from blockviz.page.layout.branch_grid import BoxSpec, Extent, Grid
from blockviz.page.layout.least_room import least_rows, least_width
from blockviz.page.layout.series_parallel import Chain, Leaf, decompose, leaves_left_out, thinned
from blockviz.page.layout.spread_texts import spread
from blockviz.page.panel.body_faces import Faces, Mode, end_lines, is_block
from blockviz.page.panel.body_text import BodyText
from blockviz.page.panel.drawable_body import drawable, inherited
from blockviz.page.panel.lying import lay_down, may_lie
from blockviz.page.panel.repeated_units import repeated
from blockviz.page.panel.side_inputs import side_entries
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field, replace
from blockviz.structure.parameters import count_key
from blockviz.text.font_metrics import middle, run_width, width

MODES = (Mode(False, True), Mode(False, False), Mode(True, True), Mode(True, False))
TIGHTEST = Mode(True, False, True)
CLOSE = Mode(True, False, close=True)
_OUT = 1.0  # length of the arrow out of a body that lies, in sizes of its labels
_CARDS = 0.65  # how far the cards behind a box reach below it, likewise
ACROSS = (Mode(False, False, across=True), Mode(True, False, across=True), Mode(True, False, True, across=True))


@dataclass(slots=True)
class Diagram:
    """A body as a grid of boxes; measuring and drawing share one layout per mode and gap.

    dashed : boxes that only some copies have. stand_ins : items whose labels stand on other boxes than their own.
    merged : whether equal units in a row are one box. nested : blocks inside → what sets their copies apart.
    ranges : item → words of its label that are ranges.
    """

    source: LayerGraph
    symbols: Mapping[str, str]
    context: FigureFacts
    theme: Theme
    group: str
    shapes: bool = True
    compact: bool = False
    merged: bool = False
    tensors: Mapping[tuple[str, int], str] = field(default_factory=dict)
    dashed: frozenset[str] = frozenset()
    stand_ins: Mapping[str, Item] = field(default_factory=dict)
    nested: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    body: LayerGraph = field(init=False)
    text: BodyText = field(init=False)
    faces: Faces = field(init=False)
    sides: Mapping[str, tuple[int, ...]] = field(init=False)
    chain: Chain = field(init=False)
    _lies: bool | None = None
    _words: dict[tuple[str, str], str] | None = None
    _extents: dict[tuple[Mode, float], Extent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        symbols = inherited(self.source, self.symbols)
        self.body = drawable(self.source, self.context.letter_of, self.compact, symbols)
        self.text = BodyText(
            self.body, symbols, self.context, self.tensors, self.dashed, self.stand_ins, self.ranges, self.compact
        )
        if self.merged:
            found = repeated(self.body, self.text.label)
            self.body, once = found.body, {**found.once, **self.stand_ins}
            self.text = replace(self.text, body=self.body, stand_ins=once, counts=found.counts)
        self.faces = Faces(self.text, self.theme, self.group, self.nested)
        self.sides = side_entries(self.body)
        aside = frozenset(number for numbers in self.sides.values() for number in numbers)
        self.chain = thinned(decompose(self.body, aside), self.text.looks)

    def stacks(self) -> list[Item]:
        """What is drawn as a stack of cards: runs, and what is a run in other copies."""
        return [self.body.item(name) for name in self.body if self._is_stacked(name)]

    def _is_stacked(self, name: str) -> bool:
        item = self.body.item(name)
        return count_key(name) in self.text.symbols or (isinstance(item, Composite) and copies_in(item) > 1)

    def may_lie(self) -> bool:
        """Whether the body can be drawn from left to right: one line of boxes from one tensor to another."""
        if self._lies is None:  # asked at every width that is tried
            one_way = len(self.body.entries) == 1 and len(set(self.body.exits)) == 1 and not self.sides
            stiff = {name for name, item in zip(self.body, self.body.items(), strict=True) if is_block(item)}
            self._lies = one_way and may_lie(self._new_grid(MODES[0], self.theme.space.gap), self.chain, stiff)
        return self._lies

    @property
    def operand_words(self) -> dict[tuple[str, str], str]:
        """What stands at the heads of arrows, by the ids of their ends."""
        if self._words is None:
            self._words = words_in(self.body, self.group, self.sides)
        return self._words

    def least_height(self, gap: float, mode: Mode = MODES[0]) -> float:
        """A height below which no layout comes: arrows between the rows, and thin boxes. It costs no layout itself."""
        if mode.across:
            return self.theme.type.label
        rows = least_rows(self.chain)
        return (rows - 1) * gap + rows * self.theme.type.small * 0.5

    def least_breadth(self) -> float:
        """A width below which no layout comes: what stands side by side. It costs no layout itself."""
        return least_width(self.chain, self._column_gap)

    @property
    def _column_gap(self) -> float:
        return self.theme.space.inner

    def extent(self, mode: Mode, gap: float) -> Extent:
        """Room for the boxes and the shapes that stand beside the last arrows."""
        key = (mode, round(gap, 3))
        if key not in self._extents:
            found = self._new_grid(mode, gap).extent(self.chain)
            size = self.theme.type.small
            texts = self._text_widths(self.text.exits())
            if mode.across:  # what is left of the axis stands above it
                lines = [line for text in self.text.exits() for line in end_lines(text, mode)]
                after = max(self._text_widths(lines))
                half = (found.height + self.theme.type.label * _OUT + self.theme.space.near + after) / 2
                self._extents[key] = Extent(half, half, found.width)
            elif len(texts) == 1:
                right = max(found.right, self.theme.space.side + texts[0])
                self._extents[key] = Extent(found.left, right, found.height)
            else:  # several: each under its arrow, or as near as they fit in one line
                half = max([*texts, sum(texts) + size * (len(texts) - 1)], default=0.0) / 2
                left, right = max(found.left, half), max(found.right, half)
                self._extents[key] = Extent(left, right, found.height + size * 1.1)
        return self._extents[key]

    def least_width(self, gap: float) -> float:
        """The smallest width any mode needs."""
        return min(self.extent(mode, gap).width for mode in MODES[1:])

    def _new_grid(self, mode: Mode, gap: float, canvas: Canvas | None = None) -> Grid:
        faces = self.faces.of(mode, leaves_left_out(self.chain), canvas or Canvas())
        beside = {name: tuple(self.text.beside(name, n) for n in numbers) for name, numbers in self.sides.items()}
        columns = self.theme.space.tight if mode.close else self._column_gap
        grid = Grid(faces, self.theme, gap, columns, self.group, beside=beside, leaving=self._leaving())
        if mode.across:
            return grid
        worded: dict[str, float] = {}
        for (_, target), text in self.operand_words.items():
            name = target.partition("/")[2]
            worded[name] = max(worded.get(name, 0.0), width(text, self.theme.type.small))
        return replace(grid, marks=self._marks(faces), worded=worded)

    def _marks(self, faces: Mapping[str, BoxSpec]) -> dict[str, float]:
        """Where several operands are one arrow into a sign, the room that the words need beyond the sign."""
        size, room = self.theme.type.small, dict[str, float]()
        for (_, target), text in self.operand_words.items():
            name = target.partition("/")[2]
            beyond = size * 0.4 + width(text, size) - faces[name].width / 2 - self._column_gap
            if faces[name].merge == "sign" and beyond > 0:
                room[name] = beyond
        return room

    def _leaving(self) -> dict[str, float]:
        """Where several lines leave the body, the room for the shape under each."""
        ends = list(dict.fromkeys(self.body.exits))
        if len(ends) < 2:
            return {}
        size = self.theme.type.small
        return {name: run_width(symbol_runs(self.text.shape(name, index)), size) for name, index in ends}

    def draw(self, canvas: Canvas, mode: Mode, gap: float, left: float, top: float, room: float) -> None:
        """Draw with the top at ``top``, centred in ``room``; ends in an arrow with the output's shape."""
        if mode.across:
            self._draw_across(canvas, mode, gap, left, top, room)
            return
        grid = self._new_grid(mode, gap)
        grid.canvas = canvas
        extent = self.extent(mode, gap)
        x = left + (room - extent.width) / 2 + extent.left
        first = len(canvas.arrows)
        ends = [end for end in grid.draw(self.chain, x, top, []) if not self._is_dead(end.id)]
        self._side_shapes(grid, x, top, left + room)
        texts = self.text.at_ends(ends)
        last = max((end.y for end in ends), default=top)
        levels = [last if _is_free(canvas, end, last) else end.y for end in ends]
        places = [end.x for end in ends]
        if len(set(levels)) == 1:
            places = spread(places, self._text_widths(texts), self.theme.type.small, left, left + room)
            if any(_nearest(place, ends) is not end for place, end in zip(places, ends, strict=True)):
                texts = [""] * len(ends)  # none rather than the shape of another arrow; the overview has them
        for end, text, level, place in zip(ends, texts, levels, places, strict=True):
            self._exit(grid, end, text, len(texts) == 1, level, place)
        mark_operands(canvas, first, self.operand_words, self.theme)

    def _draw_across(self, canvas: Canvas, mode: Mode, gap: float, left: float, top: float, room: float) -> None:
        grid, first, size = self._new_grid(mode, gap, canvas), len(canvas.arrows), self.theme.type.small
        start = left + (room - self.extent(mode, gap).width) / 2
        (end,) = grid.draw(self.chain, top + grid.extent(self.chain).left, start, [])
        tip = end.y + self.theme.type.label * _OUT
        grid.arrow(((end.x, end.y), (end.x, tip)), end.id, "")
        lay_down(grid.canvas, canvas)
        mark_operands(canvas, first, self.operand_words, self.theme)
        (text,) = self.text.exits()
        at, lines = tip + self.theme.space.near, end_lines(text, mode)
        for number, line in enumerate(lines):
            base = middle(end.x + size * 1.1 * (number - (len(lines) - 1) / 2), size)
            canvas.text(at, base, symbol_runs(line), size, self.theme.colours.muted)

    def _is_dead(self, name: str) -> bool:
        """Whether nobody reads what a box makes, in the block or outside: no arrow leaves it."""
        return name in self.body and not self.body.succ[name] and name not in {giver for giver, _ in self.body.exits}

    def _text_widths(self, texts: Sequence[str]) -> list[float]:
        return [run_width(symbol_runs(text), self.theme.type.small) for text in texts]

    def _exit(self, grid: Grid, end: Loose, text: str, alone: bool, level: float, place: float) -> None:
        """The arrow out of the body, with the shape beside its tip, or near ``place`` under it where there are several.

        Several end at one ``level``, clear of the boxes of the longest branch.
        """
        type_, muted, space = self.theme.type, self.theme.colours.muted, self.theme.space
        below = level + space.gap
        grid.arrow(((end.x, end.y), (end.x, below)), end.id, "")
        runs, size = symbol_runs(text), type_.small
        if alone:
            base = max(below - size * 0.12, end.y + self._cards_below(end.id) + size * 0.85)
            grid.canvas.text(end.x + space.side, base, runs, size, muted)
        elif text:
            grid.canvas.text(place, below + size * 0.95, runs, size, muted, "middle")

    def _cards_below(self, name: str) -> float:
        """What the cards behind the last box stick out, beside which nothing may be written."""
        return self.theme.type.label * _CARDS if name in self.body and self._is_stacked(name) else 0.0

    def _side_shapes(self, grid: Grid, x: float, top: float, right: float) -> None:
        """In a plain chain, the output shapes to the right of its boxes, where they have room."""
        if not self.shapes or len(self.chain.parts) < 4 or not all(isinstance(part, Leaf) for part in self.chain.parts):
            return
        type_, parts = self.theme.type, self.chain.parts
        y, before, out = top, "", []
        ends = size_letters([*map(self.text.entry, range(len(self.body.entries))), *self.text.exits()])
        for index, part in enumerate(parts):
            extent = grid.extent(part)
            y += grid.space(parts[index - 1], part) if index else 0.0
            if isinstance(part, Leaf) and part.id in self.body:
                text = self.text.shape(part.id, 0)
                defined = not any(letter[1:] for letter in size_letters([text]) - ends)  # the legend has those alone
                if text != before and index < len(parts) - 1 and defined:
                    out.append((text, x + extent.right + type_.label, middle(y + extent.height / 2, type_.small)))
                before = text
            y += extent.height
        if all(at + run_width(symbol_runs(text), type_.small) <= right for text, at, _ in out):
            for text, at, base in out:
                grid.canvas.text(at, base, symbol_runs(text), type_.small, self.theme.colours.muted)


def _nearest(place: float, ends: Sequence[Loose]) -> Loose:
    return min(ends, key=lambda end: abs(end.x - place))


def _is_free(canvas: Canvas, end: Loose, level: float) -> bool:
    """Whether no box stands in the way of a line from an end straight down to a level."""
    return not any(box.x < end.x < box.x + box.width and end.y < box.y < level for box in canvas.boxes)
