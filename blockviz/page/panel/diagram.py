"""The inside of one body: laid out once per mode, drawn where it is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from blockviz.ir import Backbone, Composite, Item, LayerGraph, Nested, Node, Run, Unit, copies_in
from blockviz.page.glyphs.boxes import (
    LEAST,
    Size,
    badge_size,
    draw_badge,
    draw_block_box,
    draw_label,
    draw_stack,
    label_size,
)
from blockviz.page.glyphs.canvas import Canvas, Loose
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.operand_marks import mark_operands, operand_words, words_in
from blockviz.page.glyphs.unit_label import Label, symbol_runs
from blockviz.page.glyphs.variant_mark import draw_tally, tally_width
from blockviz.page.glyphs.varying_numbers import Ranges, with_ranges
from blockviz.page.glyphs.words import shape_text
from blockviz.page.layout.branch_grid import BoxSpec, Extent, Grid
from blockviz.page.layout.least_room import least_rows, least_width
from blockviz.page.layout.series_parallel import Chain, Leaf, decompose, entry_name, is_entry, leaves_left_out, thinned
from blockviz.page.layout.spread_texts import spread
from blockviz.page.panel.drawable_body import drawable, inherited
from blockviz.page.panel.lying import Drawer, lay_down, lying, lying_bar, may_lie
from blockviz.page.panel.side_inputs import side_entries
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Span
from blockviz.structure.parameters import count_key, dilation_key
from blockviz.text.font_metrics import middle, run_width, width


class Mode(NamedTuple):
    """How the boxes of a diagram are set: labels on two lines, one width for all, nested blocks by letter alone.

    across : from left to right instead of downwards.
    """

    two: bool
    uniform: bool
    letters: bool = False
    across: bool = False


MODES = (Mode(False, True), Mode(False, False), Mode(True, True), Mode(True, False))
TIGHTEST = Mode(True, False, True)
_SLIM = 2.4  # the least width of a box in a body that lies, where width is dear, in sizes of its label
_OUT = 1.0  # length of the arrow out of a body that lies, in sizes of its labels
ACROSS = (Mode(False, False, across=True), Mode(True, False, across=True), Mode(True, False, True, across=True))


@dataclass(slots=True)
class Diagram:
    """A body as a grid of boxes; measuring and drawing share one layout per mode and gap.

    dashed : boxes that only some copies have. stand_ins : items whose labels stand on other boxes than their own.
    nested : blocks inside → what sets their copies apart. ranges : item → words of its label that are ranges.
    """

    source: LayerGraph
    symbols: Mapping[str, str]
    context: FigureFacts
    theme: Theme
    group: str
    shapes: bool = True
    compact: bool = False
    tensors: Mapping[tuple[str, int], str] = field(default_factory=dict)
    dashed: frozenset[str] = frozenset()
    stand_ins: Mapping[str, Item] = field(default_factory=dict)
    nested: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    body: LayerGraph = field(init=False)
    sides: Mapping[str, tuple[int, ...]] = field(init=False)
    chain: Chain = field(init=False)
    _shortcut: bool | None = None
    _extents: dict[tuple[Mode, float], Extent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.symbols = inherited(self.source, self.symbols)
        self.body = drawable(self.source, self.context.letter_of, self.compact)
        self.sides = side_entries(self.body)
        aside = frozenset(number for numbers in self.sides.values() for number in numbers)
        self.chain = thinned(decompose(self.body, aside), self._looks)

    def _looks(self, name: str) -> str:
        """Equal for boxes that are drawn alike."""
        if is_entry(name):
            return f"entry {self._entry_text(int(name[3:]))}"
        item = self.body.item(name)
        if not isinstance(item, Node | Unit):
            return f"{self.context.letter_of(item)} {item.type}"
        return self.label(name, item).text

    def label(self, name: str, item: Item) -> Label:
        """The label of a box, with symbols in place of numbers that differ over the copies."""
        item = self.stand_ins.get(name, item)
        label = self.context.label(item, self.symbols.get(name, ""), self.symbols.get(dilation_key(name), ""))
        label = with_ranges(label, self.ranges.get(name, {}), self.compact)
        if label.family == "input" and isinstance(item, Node) and not item.inputs and self._has_several_inputs():
            label = replace(label, tail=self._shape_text(name, 0))
        return replace(label, dashed=True) if name in self.dashed else label

    def _has_several_inputs(self) -> bool:
        """Whether inputs of the model inside the body are told by their shapes: copies have others by name."""
        return sum(isinstance(item, Node) and item.op == "InputLayer" for item in self.body.items()) > 1

    def draws_shortcut(self) -> bool:
        """Whether a line around the main one is drawn in the colour of shortcuts."""
        if self._shortcut is None:
            canvas, colour, gap = Canvas(), self.theme.colours.skip, self.theme.type.label
            self.draw(canvas, MODES[0], gap, 0.0, 0.0, self.extent(MODES[0], gap).width)
            ruled = [shape.line for shape in canvas.shapes]
            self._shortcut = colour in ruled or any(arrow.colour == colour for arrow in canvas.arrows)
        return self._shortcut

    def stacks(self) -> list[Composite]:
        """The blocks that are drawn as a stack of cards: runs, and what is a run in other copies."""
        pairs = zip(self.body, self.body.items(), strict=True)
        return [
            item
            for name, item in pairs
            if isinstance(item, Composite) and (copies_in(item) > 1 or count_key(name) in self.symbols)
        ]

    def _entry_text(self, number: int) -> str:
        ports = self.body.entries[number]
        return self.tensors.get(("", number)) or (shape_text(self.body.input_shape(ports[0])) if ports else "")

    def _beside_text(self, name: str, number: int) -> str:
        """The shape of an entry that reaches a box from the side, and what it is to that box."""
        operands = [(source, out) for _, source, out in self.body.operand_list(name)]
        places = [(index, entry) for entry, ports in enumerate(self.body.entries) for at, index in ports if at == name]
        for index, entry in sorted(places):
            operands.insert(index, (entry_name(entry), 0))
        role = operand_words(self.body.item(name), operands).get(entry_name(number), "")
        return " ".join(filter(None, [role, self._entry_text(number)]))

    def _shape_text(self, name: str, index: int) -> str:
        """The shape of an output, in symbols where the copies differ."""
        shapes = self.body.item(name).outputs
        return self.tensors.get((name, index)) or (shape_text(shapes[index]) if index < len(shapes) else "")

    def may_lie(self) -> bool:
        """Whether the body can be drawn from left to right: one line of boxes from one tensor to another."""
        if len(self.body.entries) != 1 or len(set(self.body.exits)) != 1 or self.sides:
            return False
        return may_lie(self._new_grid(MODES[0], self.theme.space.gap), self.chain, self._stiff)

    @property
    def _stiff(self) -> frozenset[str]:
        """Boxes of blocks: they are as high as their words, however many lines meet at them."""
        pairs = zip(self.body, self.body.items(), strict=True)
        return frozenset(name for name, item in pairs if not isinstance(item, Node | Unit))

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
            texts = self._text_widths(self._exit_texts())
            if mode.across:  # what is left of the axis stands above it
                lines = [line for text in self._exit_texts() for line in self._end_lines(text, mode)]
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
        faces = {name: self._face(name, self.body.item(name), mode) for name in self.body}
        if mode.uniform:
            stiff = ("sign", "bar")
            common = max((face.width for face in faces.values() if face.merge not in stiff), default=0.0)
            faces = {name: face if face.merge in stiff else replace(face, width=common) for name, face in faces.items()}
        for number in range(len(self.body.entries)):
            faces[entry_name(number)] = self._entry(*self._end_lines(self._entry_text(number), mode))
        for name in leaves_left_out(self.chain):
            faces[name] = self._entry(f"… {name.rpartition(':')[2]} in all …")
        if mode.across:
            real, tight, blocks = canvas or Canvas(), self.theme.space.tight, self._stiff
            tall = {n: self._drawer(n) for n, face in faces.items() if face.merge == "box" and n not in blocks}
            faces = {
                name: self._bar(name, real)
                if face.merge == "bar"
                else lying(face, real, tight * is_entry(name), tall.get(name))
                for name, face in faces.items()
            }
        beside = {name: tuple(self._beside_text(name, n) for n in numbers) for name, numbers in self.sides.items()}
        grid = Grid(faces, self.theme, gap, self._column_gap, self.group, beside=beside, leaving=self._leaving())
        if mode.across:
            return grid
        worded: dict[str, float] = {}
        for (_, target), text in words_in(self.body, self.group, self.sides).items():
            name = target.partition("/")[2]
            worded[name] = max(worded.get(name, 0.0), width(text, self.theme.type.small))
        return replace(grid, marks=self._marks(faces), worded=worded)

    def _marks(self, faces: Mapping[str, BoxSpec]) -> dict[str, float]:
        """Where several operands are one arrow into a sign, the room that the words need beyond the sign."""
        size, room = self.theme.type.small, dict[str, float]()
        for (_, target), text in words_in(self.body, self.group, self.sides).items():
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
        return {name: run_width(symbol_runs(self._shape_text(name, index)), size) for name, index in ends}

    # Faces

    @staticmethod
    def _end_lines(text: str, mode: Mode) -> list[str]:
        """A shape at the end of a body that lies, in two lines where width is dear."""
        grid, times, channels = text.rpartition("×")
        return [grid, times + channels] if mode.across and mode.two and times else [text]

    def _entry(self, *lines: str) -> BoxSpec:
        size, colour, runs = self.theme.type.small, self.theme.colours.muted, [symbol_runs(line) for line in lines]

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            for number, line in enumerate(runs):
                canvas.text(x + room / 2, y + size * (0.86 + 1.1 * number), line, size, colour, "middle")

        return BoxSpec(max(run_width(line, size) for line in runs), size * (0.2 + 1.1 * len(lines)), draw)

    def _bar(self, name: str, canvas: Canvas) -> BoxSpec:
        """The bar of a concatenation in a body that lies: upright, with its words on two lines."""
        size = self.theme.type.label
        lines = self.label(name, self.body.item(name)).lines(True)
        wide = max(run_width(line, size) for line in lines) + self.theme.space.inner
        return lying_bar(canvas, wide, size * 2.6, self._drawer(name))

    def _drawer(self, name: str) -> Drawer:
        """Draws a call or unit as high as the lines that meet at it."""
        label, theme, group = self.label(name, self.body.item(name)), self.theme, self.group

        def draw(canvas: Canvas, x: float, y: float, room: Size) -> None:
            draw_label(canvas, label, theme, f"{group}/{name}", x, y, room, two=True, group=group)

        return draw

    def _face(self, name: str, item: Item, mode: Mode) -> BoxSpec:
        if not isinstance(item, Node | Unit):
            return self._block_face(name, item, mode)
        label = self.label(name, item)
        two = mode.two and label.form != "bar"
        size = label_size(label, self.theme, two, _SLIM if mode.across and two else LEAST)
        theme, group = self.theme, self.group

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            draw_label(
                canvas, label, theme, f"{group}/{name}", x, y, Size(room, size.height), two=two, group=group,
                below=mode.across,
            )  # fmt: skip

        merge = {"merge": "sign", "bar": "bar"}.get(label.form, "box" if len(item.inputs) > 1 else "")
        sink = label.sign == "+" if label.form == "merge" else label.stride
        return BoxSpec(size.width, size.height, draw, merge, sink)

    def _block_face(self, name: str, block: Composite, mode: Mode) -> BoxSpec:
        """A block's box; where two lines are allowed, a long name is broken, or the letter stands for it."""
        theme, group = self.theme, self.group
        letter = self.context.letter_of(block)
        copies = copies_in(block)
        text = self._block_name(block, letter)
        size = theme.type.label
        lines = _broken(text, size) if mode.two else [text]
        lines = [""] if letter and mode.letters else lines
        runs = [[Span(line, bold=True)] for line in lines]
        symbol = self.symbols.get(count_key(name), "")
        if symbol:
            runs[-1] += [Span(" ×", bold=True), *symbol_runs(symbol)]
        elif copies > 1:
            runs[-1] += [Span(f" ×{copies}", bold=True)]
        badge = badge_size(letter, theme) if letter else Size(0, 0)
        words = max(run_width(line, size) for line in runs)
        definition = self.context.by_letter.get(letter or "")
        variants, kinds = self.nested.get(name, ()), definition.variants if definition else ()
        marks = tally_width(variants, kinds, theme) * (1 if words else 2)  # at both sides of a letter in the middle
        total = badge.width + words + marks + size * (1.9 if words else 1.0)
        height = max(size * (0.75 + 1.15 * len(lines)), badge.height + size * 0.5)

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            if copies > 1 or symbol:
                draw_stack(canvas, theme, x, y, Size(room, height), parallel=isinstance(block, Run) and block.parallel)
            draw_block_box(canvas, theme, f"{group}/{name}", x, y, Size(room, height), text, group)
            if letter:
                draw_badge(
                    canvas,
                    letter,
                    theme,
                    f"{group}/{name}|badge",
                    x + size * 0.5 if words else x + (room - badge.width) / 2,
                    y + (height - badge.height) / 2,
                    filled=letter in canvas.shown,
                )
            start = x + badge.width + size * (1.0 if letter else 0.9)
            base = middle(y + height / 2, size) - size * 0.575 * (len(runs) - 1)
            for number, line in enumerate(runs if words else ()):
                canvas.text(start, base + size * 1.15 * number, line, size, theme.colours.text)
            if letter in canvas.shown:
                at = start + run_width(runs[-1], size) if words else x + (room + badge.width) / 2
                draw_tally(canvas, theme, variants, kinds, at + theme.space.near, base + size * 1.15 * (len(runs) - 1))

        return BoxSpec(total, height, draw, "box" if len(block.inputs) > 1 else "")

    def _block_name(self, block: Composite, letter: str | None) -> str:
        definition = self.context.by_letter.get(letter or "")
        if definition:
            return definition.name
        inner = next(iter(block.body.items()), None)
        if isinstance(block, Run) and isinstance(inner, Node | Unit):
            name = next(iter(block.body))
            return self.context.label(inner, self.symbols.get(name, "")).text
        return block.network.name if isinstance(block, Backbone | Nested) else block.kind

    # Drawing

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
        texts = self._texts_at(ends)
        last = max((end.y for end in ends), default=top)
        levels = [last if _is_free(canvas, end, last) else end.y for end in ends]
        places = [end.x for end in ends]
        if len(set(levels)) == 1:
            places = spread(places, self._text_widths(texts), self.theme.type.small, left, left + room)
        for end, text, level, place in zip(ends, texts, levels, places, strict=True):
            self._exit(grid, end, text, len(texts) == 1, level, place)
        mark_operands(canvas, first, words_in(self.body, self.group, self.sides), self.theme)

    def _draw_across(self, canvas: Canvas, mode: Mode, gap: float, left: float, top: float, room: float) -> None:
        grid, first, size = self._new_grid(mode, gap, canvas), len(canvas.arrows), self.theme.type.small
        start = left + (room - self.extent(mode, gap).width) / 2
        (end,) = grid.draw(self.chain, top + grid.extent(self.chain).left, start, [])
        tip = end.y + self.theme.type.label * _OUT
        grid.arrow(((end.x, end.y), (end.x, tip)), end.id, "")
        lay_down(grid.canvas, canvas)
        mark_operands(canvas, first, words_in(self.body, self.group, self.sides), self.theme)
        (text,) = self._exit_texts()
        at, lines = tip + self.theme.space.near, self._end_lines(text, mode)
        for number, line in enumerate(lines):
            base = middle(end.x + size * 1.1 * (number - (len(lines) - 1) / 2), size)
            canvas.text(at, base, symbol_runs(line), size, self.theme.colours.muted)

    def _is_dead(self, name: str) -> bool:
        """Whether nobody reads what a box makes, in the block or outside: no arrow leaves it."""
        return name in self.body and not self.body.succ[name] and name not in {giver for giver, _ in self.body.exits}

    def _exit_texts(self) -> list[str]:
        position = {name: number for number, name in enumerate(self.body)}  # in the order in which ends are drawn
        ends = sorted(dict.fromkeys(self.body.exits), key=lambda port: (position[port[0]], port[1]))
        return [self._shape_text(name, index) for name, index in ends]

    def _texts_at(self, ends: Sequence[Loose]) -> list[str]:
        """What stands at each end of a line; one line of several tensors of a box says them all."""
        texts = self._exit_texts()
        if len(texts) == len(ends) and {end.id for end in ends} != {name for name, _ in self.body.exits}:
            return texts
        left: dict[str, list[str]] = {}
        for name, index in sorted(dict.fromkeys(self.body.exits), key=lambda port: port[1]):
            left.setdefault(name, []).append(self._shape_text(name, index))
        lines, out = Counter(end.id for end in ends), []
        for end in ends:
            lines[end.id] -= 1
            own = left.get(end.id, [])  # in the order of its outputs; the last line of a box says what is left
            counts = Counter(own if not lines[end.id] else own[:1])
            left[end.id] = own[1:]
            out.append(", ".join(text if count == 1 else f"{count} of {text}" for text, count in counts.items()))
        return out

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
            grid.canvas.text(end.x + space.side, below - size * 0.12, runs, size, muted)
        else:
            grid.canvas.text(place, below + size * 0.95, runs, size, muted, "middle")

    def _side_shapes(self, grid: Grid, x: float, top: float, right: float) -> None:
        """In a plain chain, the output shapes to the right of its boxes, where they have room."""
        if not self.shapes or len(self.chain.parts) < 4 or not all(isinstance(part, Leaf) for part in self.chain.parts):
            return
        type_, parts = self.theme.type, self.chain.parts
        y, before, out = top, "", []
        for index, part in enumerate(parts):
            extent = grid.extent(part)
            y += grid.space(parts[index - 1], part) if index else 0.0
            if isinstance(part, Leaf) and part.id in self.body:
                text = self._shape_text(part.id, 0)
                if text != before and index < len(parts) - 1:
                    out.append((text, x + extent.right + type_.label, middle(y + extent.height / 2, type_.small)))
                before = text
            y += extent.height
        if all(at + run_width(symbol_runs(text), type_.small) <= right for text, at, _ in out):
            for text, at, base in out:
                grid.canvas.text(at, base, symbol_runs(text), type_.small, self.theme.colours.muted)


def _is_free(canvas: Canvas, end: Loose, level: float) -> bool:
    """Whether no box stands in the way of a line from an end straight down to a level."""
    return not any(box.x < end.x < box.x + box.width and end.y < box.y < level for box in canvas.boxes)


def _broken(text: str, size: float) -> list[str]:
    """A name on two lines, broken at the space or hyphen that makes the longer one shortest."""
    cuts = [i + 1 for i, letter in enumerate(text[:-1]) if letter in " -"]
    choices = [[text[:cut].rstrip(), text[cut:]] for cut in cuts]
    return min([[text], *choices], key=lambda lines: max(width(line, size, bold=True) for line in lines))
