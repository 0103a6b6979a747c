"""A definition panel: letter, name, what it costs, and its inside drawn once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from blockviz.drawing import Box, Group, Run
from blockviz.ir import Block, Item, LayerGraph
from blockviz.outline import Definition, Variant
from blockviz.page.boxes import Size, badge_size, draw_badge, draw_label, draw_stack, label_size
from blockviz.page.canvas import Canvas, Loose
from blockviz.page.context import Context, copies_in
from blockviz.page.grid import Face, Grid
from blockviz.page.labels import symbol_runs
from blockviz.page.structure import Chain, Leaf, decompose, entry_name
from blockviz.page.theme import Theme
from blockviz.page.words import count_text, plural, shape_text
from blockviz.text import middle, run_width, shorten, width

MODES = ((False, True), (False, False), (True, True), (True, False))  # (two lines, one width for all boxes)


@dataclass(slots=True)
class Diagram:
    """The inside of one body: laid out for a width in the first mode that fits."""

    body: LayerGraph
    symbols: dict[str, str]
    context: Context
    theme: Theme
    group: str
    shapes: bool = True
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        self.chain = decompose(self.body)

    def grid(self, mode: tuple[bool, bool], gap: float) -> Grid:
        """The layout in one mode with one room for arrows."""
        two, uniform = mode
        faces = {name: self._face(name, self.body.item(name), two) for name in self.body}
        if uniform:
            plain = [face.width for name, face in faces.items() if not face.merge]
            common = max(plain, default=0.0)
            faces = {
                name: face if face.merge else Face(common, face.height, face.draw, face.merge, face.sink)
                for name, face in faces.items()
            }
        for number, ports in enumerate(self.body.entries):
            text = shape_text(self.body.input_shape(ports[0])) if ports else ""
            faces[entry_name(number)] = self._entry(text)
        return Grid(faces, self.theme, gap, self.theme.type.label * 0.75, self.group)

    def _entry(self, text: str) -> Face:
        size, colour = self.theme.type.small, self.theme.colours.muted

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            canvas.text(x + room / 2, y + size * 0.86, text, size, colour, "middle")

        return Face(width(text, size), size * 1.3, draw)

    def _face(self, name: str, item: Item, two: bool) -> Face:
        if isinstance(item, Block) and item.kind != "unit":
            return self._block_face(name, item)
        label = self.context.label(item, self.symbols.get(name, ""))
        size = label_size(label, self.theme, two)
        theme, group = self.theme, self.group

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            draw_label(canvas, label, theme, f"{group}/{name}", x, y, Size(room, size.height), two=two, group=group)

        merge = {"merge": "sign", "bar": "bar"}.get(label.form, "box" if len(item.inputs) > 1 else "")
        sink = label.sign == "+" if label.form == "merge" else label.stride
        return Face(size.width, size.height, draw, merge, sink)

    def _block_face(self, name: str, block: Block) -> Face:
        theme, group = self.theme, self.group
        letter = self.context.letter_of(block)
        definition = self.context.by_letter.get(letter or "")
        text = definition.name if definition else str(block.info.get("name") or block.type or block.kind)
        copies = copies_in(block)
        runs = [Run(text, bold=True)] + ([Run(f" ×{copies}", bold=True)] if copies > 1 else [])
        size = theme.type.label
        badge = badge_size(letter, theme) if letter else Size(0, 0)
        total = badge.width + run_width(runs, size) + size * 1.8
        height = max(size * 1.9, badge.height + size * 0.5)

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            if copies > 1:
                draw_stack(canvas, theme, x, y, Size(room, height))
            draw_block_box(canvas, theme, f"{group}/{name}", x, y, Size(room, height), text, group)
            if letter:
                draw_badge(
                    canvas, letter, theme, f"{group}/{name}|badge", x + size * 0.5, y + (height - badge.height) / 2,
                    filled=letter in self.context.defined,
                )  # fmt: skip
            start = x + badge.width + size * (1.0 if letter else 0.9)
            canvas.text(start, middle(y + height / 2, size), runs, size, theme.colours.text)

        return Face(total, height, draw, "box" if len(block.inputs) > 1 else "")

    def fit(self, room: float, gap: float) -> tuple[tuple[bool, bool], float, float] | None:
        """(mode, width, height) of the first mode that fits ``room``, or None."""
        for mode in MODES:
            extent = self.grid(mode, gap).extent(self.chain)
            if extent.width <= room:
                return mode, extent.width, extent.height
        return None

    def least_width(self, gap: float) -> float:
        """The smallest width any mode needs."""
        return min(self.grid(mode, gap).extent(self.chain).width for mode in MODES[1:])

    def draw(self, canvas: Canvas, mode: tuple[bool, bool], gap: float, left: float, top: float, room: float) -> None:
        """Draw with the top at ``top``, centred in ``room``; ends in an arrow with the output's shape."""
        grid = self.grid(mode, gap)
        grid.canvas = canvas
        extent = grid.extent(self.chain)
        x = left + (room - extent.width) / 2 + extent.left
        ends = grid.draw(self.chain, x, top, [])
        self._side_shapes(grid, x, top, left + room)
        for number, end in enumerate(ends):
            self._exit(grid, end, number)

    def _exit(self, grid: Grid, end: Loose, number: int) -> None:
        type_ = self.theme.type
        below = end.y + type_.label * 1.25
        grid.arrow(((end.x, end.y), (end.x, below)), end.id, "")
        exits = list(dict.fromkeys(self.body.exits))
        port = next((p for p in exits if p[0] == end.id), exits[min(number, len(exits) - 1)] if exits else None)
        if port is None or port[0] not in self.body:
            return
        shape = self.body.item(port[0]).outputs
        text = shape_text(shape[port[1]]) if port[1] < len(shape) else ""
        grid.canvas.text(end.x + type_.label * 0.7, below - type_.small * 0.12, text, type_.small, self.theme.colours.muted)

    def _side_shapes(self, grid: Grid, x: float, top: float, right: float) -> None:
        """In a plain chain, the output shapes to the right of its boxes, where they have room."""
        if not self.shapes or len(self.chain.parts) < 4 or not all(isinstance(part, Leaf) for part in self.chain.parts):
            return
        type_ = self.theme.type
        wide = max(grid.extent(part).right for part in self.chain.parts)
        y, before, out = top, "", []
        for index, part in enumerate(self.chain.parts):
            extent = grid.extent(part)
            y += grid.gap if index else 0.0
            if isinstance(part, Leaf) and part.id in self.body:
                shapes = self.body.item(part.id).outputs
                text = shape_text(shapes[0]) if shapes else ""
                if text != before and index < len(self.chain.parts) - 1:
                    out.append((text, middle(y + extent.height / 2, type_.small)))
                before = text
            y += extent.height
        at = x + wide + type_.label
        if all(at + width(text, type_.small) <= right for text, _ in out):
            for text, base in out:
                grid.canvas.text(at, base, text, type_.small, self.theme.colours.muted)


def draw_block_box(
    canvas: Canvas, theme: Theme, ident: str, x: float, y: float, size: Size, title: str, group: str,
    hollow: bool = False,
) -> None:
    """The slate box of a block, without its words; ``hollow`` where its ground is drawn already."""
    colours = theme.colours
    canvas.boxes.append(
        Box(ident, x, y, size.width, size.height, "box", "" if hollow else colours.block, colours.block_line, theme.type.stroke * 1.2,
            title=title, group=group)
    )  # fmt: skip


@dataclass(slots=True)
class Panel:
    """One definition with its header, diagram, and variants drawn beside it or said in words."""

    definition: Definition
    context: Context
    theme: Theme
    with_variants: bool = True
    diagram: Diagram = field(init=False)
    others: list[tuple[Variant, Diagram]] = field(init=False)

    def __post_init__(self) -> None:
        d = self.definition
        self.diagram = Diagram(d.body, dict(d.symbols), self.context, self.theme, d.letter)
        drawn = [v for v in d.variants if self.with_variants and (v.added or v.removed or v.changed)]
        self.others = [
            (v, Diagram(v.body, dict(v.symbols), self.context, self.theme, f"{d.letter}.{n}", shapes=False))
            for n, v in enumerate(drawn[:2], 1)
        ]

    @property
    def pad(self) -> float:
        return self.theme.type.label * 0.95

    @property
    def gap(self) -> float:
        return self.theme.type.label * 1.08

    def least_width(self) -> float:
        """The narrowest panel that holds the diagrams side by side."""
        diagrams = [self.diagram, *(diagram for _, diagram in self.others)]
        inner = sum(diagram.least_width(self.gap) for diagram in diagrams) + self._between * (len(diagrams) - 1)
        return max(inner + 2 * self.pad, self._header_width())

    def comfortable_width(self) -> float:
        """The width at which every box has its label on one line and all boxes are equally wide."""
        diagrams = [self.diagram, *(diagram for _, diagram in self.others)]
        inner = sum(d.grid(MODES[0], self.gap).extent(d.chain).width for d in diagrams) + self._between * (len(diagrams) - 1)
        return max(inner + 2 * self.pad, self._header_width())

    def _header_width(self) -> float:
        """Room for badge, name and count in full, up to a name of usual length."""
        d, type_ = self.definition, self.theme.type
        name = min(run_width(definition_title(d), type_.heading), type_.heading * 12)
        count = width(f"×{d.count}", type_.heading, bold=True) + type_.label if d.count > 1 else 0.0
        under = min(width(cost_line(d), type_.small), type_.heading * 13)
        return badge_size(d.letter, self.theme).width + type_.label * 0.7 + max(name + count, under) + self.pad * 1.9

    @property
    def _between(self) -> float:
        return self.theme.type.label * 1.6

    def notes(self) -> list[str]:
        """What is said in words: variants that are not drawn."""
        drawn = {id(variant) for variant, _ in self.others}
        return [f"{v.count}× {v.name}" for v in self.definition.variants if id(v) not in drawn]

    def header_height(self) -> float:
        lines = 1 + len(self._second_lines())
        return self.theme.type.heading * 1.5 + (lines - 1) * self.theme.type.small * 1.3 + self.theme.type.label * 0.6

    def _second_lines(self) -> list[tuple[Run, ...]]:
        d = self.definition
        lines = [(Run(cost_line(d)),)]
        for symbol, values in d.parameters.items():
            if len(values) > 1:
                lines.append((Run(symbol, italic=True), Run(" = " + ", ".join(values))))
        return lines

    def measure(self, room: float, gap: float | None = None) -> float | None:
        """Height of the panel at a width, or None where it does not fit."""
        layout = self._layout(room, gap or self.gap)
        if layout is None or room < self._header_width() - 0.01:
            return None
        tallest = max(height for _, _, _, height in layout)
        heads = self.theme.type.small * 1.9 if self.others else 0.0
        notes = len(self._note_lines(room)) * self.theme.type.small * 1.3
        return self.pad + self.header_height() + heads + tallest + self.theme.type.label * 1.25 + notes + self.pad

    def _layout(self, room: float, gap: float) -> list[tuple[Diagram, tuple[bool, bool], float, float]] | None:
        inner = room - 2 * self.pad
        diagrams = [self.diagram, *(diagram for _, diagram in self.others)]
        inner -= self._between * (len(diagrams) - 1)
        found = [diagram.fit(inner / len(diagrams), gap) for diagram in diagrams]
        if any(fit is None for fit in found):
            least = [diagram.least_width(gap) for diagram in diagrams]
            if sum(least) > inner:
                return None
            spare = (inner - sum(least)) / len(least)
            found = [diagram.fit(need + spare + 0.01, gap) for diagram, need in zip(diagrams, least, strict=True)]
        return [(diagram, *fit) for diagram, fit in zip(diagrams, found, strict=True) if fit is not None]

    def _note_lines(self, room: float) -> list[str]:
        size = self.theme.type.small
        return [shorten(text, size, room - 2 * self.pad) for text in self.notes()]

    def draw(self, room: float, height: float) -> Canvas:
        """Draw at a width, arrows stretched so that the panel is ``height`` tall."""
        gap = self._stretched(room, height)
        canvas = Canvas(room, height)
        colours, type_ = self.theme.colours, self.theme.type
        canvas.rect(0, 0, room, height, colours.panel, colours.frame, type_.stroke * 0.9, 3.0)
        canvas.groups.append(Group(self.definition.letter, self.definition.name, 0, 0, room, height))
        self._header(canvas, room)
        layout = self._layout(room, gap) or []
        tallest = max(entry[3] for entry in layout)
        used = self.pad + self.header_height() + tallest + type_.label * 1.25 + self.pad
        used += (type_.small * 1.9 if self.others else 0.0) + len(self._note_lines(room)) * type_.small * 1.3
        top = self.pad + self.header_height() + max(0.0, (height - used) / 2)
        widths = [entry[2] for entry in layout]
        spare = (room - 2 * self.pad - sum(widths)) / len(widths)
        x = self.pad
        for index, (diagram, mode, need, _) in enumerate(layout):
            if self.others:
                self._variant_head(canvas, index, x + (need + spare) / 2, top)
            shift = type_.small * 1.9 if self.others else 0.0
            diagram.draw(canvas, mode, gap, x, top + shift, need + spare)
            x += need + spare
        for number, line in enumerate(reversed(self._note_lines(room))):
            canvas.text(self.pad, height - self.pad - number * type_.small * 1.3, line, type_.small, colours.muted)
        return canvas

    def _stretched(self, room: float, height: float) -> float:
        """The gap that makes the panel ``height`` tall; at most 1.9 times the usual one."""
        low, high = self.gap, self.gap * 2.0
        at_low, at_high = self.measure(room, low), self.measure(room, high)
        if at_low is None or at_high is None or at_high - at_low < 0.1 or height <= at_low:
            return low
        return min(high, low + (high - low) * (height - at_low) / (at_high - at_low))

    def _variant_head(self, canvas: Canvas, index: int, x: float, y: float) -> None:
        type_, colours = self.theme.type, self.theme.colours
        if index == 0:
            name, filled = f"{self.definition.count - sum(v.count for v in self.definition.variants)} copies", False
        else:
            variant = self.others[index - 1][0]
            name, filled = f"{variant.count}× {variant.name}", True
        side = type_.small * 0.95
        text = width(name, type_.small)
        start = x - (text + side * 1.5) / 2
        canvas.rect(start, y + type_.small * 0.1, side, side, colours.badge if filled else "", colours.badge, type_.stroke * 0.8)
        canvas.text(start + side * 1.5, y + type_.small * 0.9, name, type_.small, colours.text)

    def _header(self, canvas: Canvas, room: float) -> None:
        d, type_, colours = self.definition, self.theme.type, self.theme.colours
        badge = draw_badge(canvas, d.letter, self.theme, f"{d.letter}|badge", self.pad * 0.8, self.pad * 0.8)
        left = self.pad * 0.8 + badge.width + type_.label * 0.7
        base = self.pad * 0.8 + type_.heading * 0.86
        count = f"×{d.count}" if d.count > 1 else ""
        title = definition_title(d)
        taken = width(count, type_.heading, bold=True)
        size = room - left - self.pad - taken - type_.label * 0.6
        if run_width(title, type_.heading) > size:
            title = (Run(shorten("".join(run.text for run in title), type_.heading, size, bold=True), bold=True),)
        canvas.text(left, base, title, type_.heading, colours.text)
        if count:
            canvas.text(room - self.pad, base, count, type_.heading, colours.text, "end", bold=True)
        for line in self._second_lines():
            base += type_.small * 1.3
            fitted = line if run_width(line, type_.small) <= room - left - self.pad else (
                Run(shorten("".join(run.text for run in line), type_.small, room - left - self.pad)),)
            canvas.text(left, base, fitted, type_.small, colours.muted)


def definition_title(definition: Definition) -> tuple[Run, ...]:
    """The name, with its parameters in brackets where it has some that vary: Bottleneck(*f*)."""
    symbols = [symbol for symbol, values in definition.parameters.items() if len(values) > 1]
    if not symbols or "(" in definition.name:
        return (Run(definition.name, bold=True),)
    inner = [run for i, s in enumerate(symbols) for run in ((Run(", ", bold=True),) if i else ()) + _bold(symbol_runs(s))]
    return (Run(f"{definition.name}(", bold=True), *inner, Run(")", bold=True))


def _bold(runs: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(Run(run.text, not run.italic, run.italic) for run in runs)


def cost_line(definition: Definition) -> str:
    """``0.12 M params each · 22 layers``; a range where the copies differ."""
    params = [instance.cost.params for instance in definition.instances]
    layers = [len(instance.layers) for instance in definition.instances]
    if not params:
        return ""
    low, high = count_text(min(params)), count_text(max(params))
    each = " each" if definition.count > 1 and low == high else ""
    cost = f"{low} params{each}" if low == high else f"{low} – {high} params"
    size = plural(min(layers), "layer") if min(layers) == max(layers) else f"{min(layers)}–{max(layers)} layers"
    return f"{cost} · {size}"
