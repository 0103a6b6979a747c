"""The overview: one box per part from input to output, with shape, parameters and share beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from blockviz.drawing import Box, Group, Run
from blockviz.ir import Block, Item, Node, item_leaves
from blockviz.outline import Part, Tap
from blockviz.page.boxes import Size, badge_size, draw_badge, draw_hatch, draw_label, draw_lock, draw_stack
from blockviz.page.canvas import Canvas, Loose
from blockviz.page.context import Context
from blockviz.page.grid import Face, Grid
from blockviz.page.labels import Label
from blockviz.page.diagram import draw_block_box
from blockviz.page.structure import SINK, SOURCE, Chain, Fork, Leaf, Tangle, decompose_wires
from blockviz.page.theme import Theme
from blockviz.page.words import count_text, percent_text, plural, shape_text
from blockviz.text import middle, run_width, shorten, width


@dataclass(slots=True)
class Overview:
    """The parts as a column of a given width, as several columns read one after the other, or as towers."""

    context: Context
    theme: Theme
    two_lines: bool = True
    with_info: bool = True
    chain: Chain = field(init=False)
    parts: dict[str, Part] = field(init=False)
    towers: bool = field(init=False)
    order: tuple[str, ...] = field(init=False)
    wires: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = {part.id: part for part in self.context.outline.parts}
        self.wires = _wires(self.parts)
        self.chain = decompose_wires(self.wires)
        self.towers = _has_towers(self.chain)
        self.order = tuple(self.parts)
        if not self.towers:
            self.chain = self._column(self.order)

    def _column(self, ids: Sequence[str]) -> Chain:
        """Boxes one below the other, lines that skip one in lanes."""
        edges = tuple((a, b) for a in ids for b in self.wires[a] if b in ids)
        return Chain((Tangle(tuple(ids), edges, None),)) if ids else Chain(())

    def most_columns(self) -> int:
        """In how many columns the overview may be set: only a plain sequence can be parted."""
        plain = not self.towers and all(self.wires[a][:1] in ([b], [SINK]) and len(self.wires[a]) == 1 for a, b in zip(self.order, self.order[1:], strict=False))
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
        return self.theme.type.label * 1.3

    @property
    def column_gap(self) -> float:
        """Room between two columns of the overview, with the line that joins them."""
        return self.theme.type.label * 3.4

    def info_width(self) -> float:
        """Room for shapes, parameters and bars at the right."""
        if self.towers or not self.with_info:
            return 0.0
        type_ = self.theme.type
        shapes = max((width(shape_text(part.output_shape), type_.label) for part in self.parts.values()), default=0.0)
        costs = max((width(self._cost(part)[0], type_.small) + width(self._cost(part)[1], type_.small) for part in self.parts.values()), default=0.0)
        return min(max(shapes, costs + type_.small, type_.label * 6.2), type_.label * 13) + type_.label * 1.3

    def box_width(self) -> float:
        """The width every box would like."""
        return max((self._need(part) for part in self.parts.values()), default=60.0)

    def least_width(self, columns: int = 1) -> float:
        """Room for boxes as wide as they like, lanes and the column of numbers."""
        grid = self._grid(self.box_width(), self._gap)
        one = max(grid.extent(chain).width for chain in self._chains(columns)) + self.info_width()
        return one * columns + self.column_gap * (columns - 1)

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the boxes would become too narrow to read."""
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
        spare = (room - self.least_width(columns)) / columns
        box += spare / max(1, _columns(self.chain))
        return box if box >= self._least_box() else None

    def _least_box(self) -> float:
        """Labels of layers are never cut; names of blocks may be."""
        plain = max((self._need(part) for part in self.parts.values() if self.is_plain(part)), default=0.0)
        return min(self.box_width(), max(plain - self.theme.type.label, self.theme.type.label * 8.5))

    # Faces

    def _need(self, part: Part) -> float:
        type_ = self.theme.type
        if self.is_plain(part):
            count = width(f"×{part.repeat}", type_.label, bold=True) * 2 + type_.label if part.repeat > 1 else 0.0
            return run_width(self._label_runs(part), type_.label) + type_.label * 2.4 + count
        name = run_width(self._name(part), type_.heading)
        under = width(self._under(part), type_.small) if self.two_lines else 0.0
        badge = badge_size(part.letter, self.theme).width + type_.label * 0.6 if part.letter else 0.0
        count = width(f"×{part.repeat}", type_.big, bold=True) + type_.label * 0.8 if part.repeat > 1 else 0.0
        return badge + max(name, under) + count + type_.label * 1.8

    def _label_runs(self, part: Part) -> tuple[Run, ...]:
        return self.label(part).lines()[0]

    def label(self, part: Part) -> Label:
        """The label of a part that is a unit or a single layer, or a run of equal ones."""
        return self.context.label(representative(part.item))

    def is_plain(self, part: Part) -> bool:
        """Whether a part is drawn by its label: a unit, a layer, or a run of these, without a letter."""
        inner = representative(part.item)
        return part.letter is None and not is_big(part) and not (isinstance(inner, Block) and inner.kind != "unit")

    def _name(self, part: Part, room: float = inf) -> tuple[Run, ...]:
        """Name and values of the parameters; where the room is short, the name gives way."""
        values = ", ".join(part.values.values())
        space = " " if " " in part.name else ""
        tail = f"{space}({values})" if values and "(" not in part.name else ""
        size = self.theme.type.heading
        if tail and width(tail, size, bold=True) > room * 0.6:
            return (Run(shorten(part.name + tail, size, room, bold=True), bold=True),)
        return (Run(shorten(part.name, size, room - width(tail, size, bold=True), bold=True) + tail, bold=True),)

    def _under(self, part: Part) -> str:
        layers = len(part.copies[0]) if part.copies else len({n.layer.name for n in item_leaves(part.item)})
        text = plural(layers, "layer") + (" each" if part.repeat > 1 else "")
        if part.shared:
            text = f"{plural(layers, 'layer')}, shared weights"
        if self.towers:
            text = f"{shape_text(part.output_shape)} · {count_text(part.cost.params)}"
        stage = part.stage if part.stage and not part.stage.isdigit() and part.stage != part.name else ""
        return f"{stage} · {text}" if stage else text

    def _height(self, part: Part) -> float:
        type_ = self.theme.type
        if is_big(part):
            return type_.heading * (2.6 if part.taps else 3.2) + type_.small * 1.45 * len(part.taps)
        if self.is_plain(part):
            return type_.label * 1.8
        return type_.heading * 2.5 if self.two_lines else type_.heading * 1.95

    def _grid(self, box: float, gap: float) -> Grid:
        faces = {name: self._face(part, box) for name, part in self.parts.items()}
        return Grid(faces, self.theme, gap, self.theme.type.label * 1.2, "", True, self._ports())

    def _ports(self) -> dict[tuple[str, str], float]:
        """Where the lines from a tapped network's inner tensors leave its box."""
        out = {}
        for part in self.parts.values():
            taken = tap_of_readers(part, self.parts.values()) if part.taps else {}
            for reader, tap in taken.items():
                number = next(i for i, one in enumerate(part.taps) if one is tap)
                out[part.id, reader] = self._tap_base(part, number) - self.theme.type.small * 0.35
        return out

    def _tap_base(self, part: Part, number: int) -> float:
        """Baseline of a tap's line of text, from the top of its box."""
        type_ = self.theme.type
        return type_.label * 0.5 + type_.heading * 1.1 + type_.small * (1.8 + 1.4 * (number + 1))

    def _face(self, part: Part, box: float) -> Face:
        height = self._height(part)

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            self._draw_part(canvas, part, x, y, Size(box, height))

        return Face(box, height, draw, "box" if len(part.inputs) > 1 else "")

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1) -> Canvas:
        """Draw at a width; arrows are stretched towards ``height``."""
        box = self._box_for(room, columns) or self._least_box()
        canvas = Canvas(room, height)
        canvas.groups.append(Group("", "Overview", 0, 0, room, height))
        type_, colours = self.theme.type, self.theme.colours
        canvas.text(0, type_.heading * 0.9, "Overview", type_.heading, colours.text, bold=True)
        chains = self._chains(columns)
        grid = self._grid(box, self._stretched(box, height - self._heading, chains))
        grid.canvas = canvas
        step = (room + self.column_gap) / columns
        canvas.height = self._heading + max(grid.extent(chain).height for chain in chains)
        ends: list[Loose] = []
        for number, chain in enumerate(chains):
            x = number * step + grid.extent(chain).left
            if ends:
                self._join(grid, ends[0], x, number * step - self.column_gap * 0.45, chain)
            done = len(canvas.boxes)
            ends = grid.draw(chain, x, self._heading, []) or self._foot(grid, chain, x)
            if self.info_width():
                right = number * step + step - self.column_gap
                self._info(canvas, right - self.info_width() + type_.label * 1.3, right, canvas.boxes[done:])
        if self.info_width():
            left = step - self.column_gap - self.info_width() + type_.label * 1.3
            fitting = [words for words in ("output, parameters", "output, params", "output") if left + width(words, type_.small) <= room]
            words = fitting[0] if fitting else ""
            canvas.text(left, type_.heading * 0.9, words, type_.small, colours.muted)
        return canvas

    def _foot(self, grid: Grid, chain: Chain, x: float) -> list[Loose]:
        """The lower end of a column."""
        last = chain.parts[-1]
        name = last.ids[-1] if isinstance(last, Tangle) else ""
        return [Loose(name, x, self._heading + grid.extent(chain).height)]

    def _join(self, grid: Grid, end: Loose, x: float, lane: float, chain: Chain) -> None:
        """The line from the foot of one column to the head of the next."""
        first = chain.parts[0]
        target = first.ids[0] if isinstance(first, Tangle) else ""
        low, high = end.y + self._gap * 0.6, self._heading - self._gap * 0.9
        grid.arrow(((end.x, end.y), (end.x, low), (lane, low), (lane, high), (x, high), (x, self._heading)), end.id, target)

    def _stretched(self, box: float, height: float, chains: Sequence[Chain]) -> float:
        low, high = self._gap, self._gap * 2.1
        at_low, at_high = (max(grid.extent(chain).height for chain in chains) for grid in (self._grid(box, low), self._grid(box, high)))
        if at_high - at_low < 0.1 or height <= at_low:
            return low
        return min(high, low + (high - low) * (height - at_low) / (at_high - at_low))

    def _draw_part(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        ident, title = f"/{part.id}", self._title(part)
        if is_big(part):
            self._draw_backbone(canvas, part, ident, x, y, size)
            return
        if self.is_plain(part):
            if part.repeat > 1 and not part.shared:
                draw_stack(canvas, self.theme, x, y, size)
            draw_label(canvas, self.label(part), self.theme, ident, x, y, size, title=title)
            if part.repeat > 1:
                type_ = self.theme.type
                base = middle(y + size.height / 2, type_.label)
                canvas.text(x + size.width - type_.label * 0.7, base, f"×{part.repeat}", type_.label, self.theme.colours.text, "end", bold=True)
            return
        self._draw_block(canvas, part, ident, x, y, size)

    def _title(self, part: Part) -> str:
        words = [part.name or part.kind]
        if part.repeat > 1:
            words.append(f"×{part.repeat}")
        return f"{' '.join(words)}: output {shape_text(part.output_shape)}, {count_text(part.cost.params)} parameters"

    def _draw_block(self, canvas: Canvas, part: Part, ident: str, x: float, y: float, size: Size) -> None:
        type_, colours = self.theme.type, self.theme.colours
        if part.repeat > 1 and not part.shared:
            draw_stack(canvas, self.theme, x, y, size)
        draw_block_box(canvas, self.theme, ident, x, y, size, self._title(part), "")
        left = x + type_.label * 0.7
        if part.letter:
            badge = badge_size(part.letter, self.theme)
            draw_badge(canvas, part.letter, self.theme, f"{ident}|badge", left, y + (size.height - badge.height) / 2,
                       filled=part.letter in self.context.defined)  # fmt: skip
            left += badge.width + type_.label * 0.6
        right = x + size.width - type_.label * 0.6
        if part.repeat > 1:
            text = f"×{part.repeat}"
            canvas.text(right, middle(y + size.height / 2, type_.big), text, type_.big, colours.text, "end", bold=True)
            right -= width(text, type_.big, bold=True) + type_.label * 0.5
        name = self._name(part, right - left)
        if not self.two_lines:
            canvas.text(left, middle(y + size.height / 2, type_.heading), name, type_.heading, colours.text)
            return
        canvas.text(left, y + size.height * 0.43, name, type_.heading, colours.text)
        base = y + size.height * 0.82
        if any(part.variants) and self._squares(canvas, part, left, right, base):
            return
        canvas.text(left, base, shorten(self._under(part), type_.small, right - left), type_.small, colours.muted)

    def _squares(self, canvas: Canvas, part: Part, left: float, right: float, base: float) -> bool:
        """One square a copy, filled where it is a variant; False where they have no room."""
        side = self.theme.type.small * 0.8
        step = side * 1.35
        if len(part.variants) < 2 or left + step * len(part.variants) > right:
            return False
        for i, variant in enumerate(part.variants):
            canvas.front_rect(
                left + i * step, base - side, side, side, self.theme.colours.badge if variant else self.theme.colours.page,
                self.theme.colours.badge, self.theme.type.stroke * 0.8,
            )  # fmt: skip
        return True

    def _draw_backbone(self, canvas: Canvas, part: Part, ident: str, x: float, y: float, size: Size) -> None:
        type_, colours = self.theme.type, self.theme.colours
        frozen = part.cost.params > 0 and part.cost.trainable == 0
        canvas.rect(x, y, size.width, size.height, colours.block, radius=2.0)
        if frozen:
            draw_hatch(canvas, x, y, size, colours.hatch, type_.stroke * 0.7)
        draw_block_box(canvas, self.theme, ident, x, y, size, self._title(part), "", hollow=True)
        name = self._name(part)
        layers = sum(len(copy) for copy in part.copies) or len({n.layer.name for n in item_leaves(part.item)})
        under = f"{plural(layers, 'layer')} · {count_text(part.cost.params)} params"
        inner = max(run_width(name, type_.heading), width(under, type_.small)) + type_.label * 1.2
        inner = min(inner, size.width - type_.label * 1.2)
        text_height = type_.heading * 1.1 + type_.small * 1.3
        top = y + (size.height - text_height) / 2 if not part.taps else y + type_.label * 0.5
        if frozen:
            canvas.rect(x + (size.width - inner) / 2, top - type_.label * 0.2, inner, text_height + type_.label * 0.5, colours.block)
            draw_lock(canvas, x + type_.label * 0.5, y + size.height - type_.label * 1.8, type_.label * 1.4, colours.badge, colours.block)
        centre = x + size.width / 2
        canvas.text(centre, top + type_.heading * 0.86, name, type_.heading, colours.text, "middle")
        canvas.text(centre, top + type_.heading * 1.1 + type_.small, shorten(under, type_.small, size.width - type_.label), type_.small,
                    colours.muted, "middle")  # fmt: skip
        for number, tap in enumerate(part.taps):
            base = y + self._tap_base(part, number)
            text = f"{tap.stage or tap.layer}  {shape_text(tap.shape)}"
            canvas.text(x + type_.label * 0.8, base, shorten(text, type_.small, size.width - type_.label * 1.6), type_.small, colours.text)

    def _cost(self, part: Part) -> tuple[str, str]:
        total = self.context.outline.cost.params
        if not part.cost.params:
            return "", ""
        return count_text(part.cost.params), percent_text(part.cost.params / total) if total else ""

    def _info(self, canvas: Canvas, left: float, right: float, boxes: Sequence[Box]) -> None:
        """Shape, parameters, share and its bar beside each box."""
        type_, colours = self.theme.type, self.theme.colours
        total = self.context.outline.cost.params
        for box in boxes:
            part = self.parts.get(box.id.removeprefix("/"))
            if part is None:
                continue
            shape, centre = shape_text(part.output_shape), box.y + box.height / 2
            room = right - left
            if not part.cost.params:
                canvas.text(left, middle(centre, type_.label), shorten(shape, type_.label, room), type_.label, colours.text)
                continue
            cost, share = self._cost(part)
            canvas.text(left, centre - type_.small * 0.22, shorten(shape, type_.label, room), type_.label, colours.text)
            canvas.text(left, centre + type_.small * 0.88, cost, type_.small, colours.muted)
            canvas.text(right, centre + type_.small * 0.88, share, type_.small, colours.muted, "end")
            thick = type_.label * 0.28
            top = centre + type_.small * 1.15
            canvas.rect(left, top, room, thick, colours.track)
            canvas.rect(left, top, max(0.4, room * part.cost.params / total), thick, colours.share)


def representative(item: Item) -> Item:
    """A unit or call that stands for a run of equal ones; the item itself where there is none."""
    at = item
    while isinstance(at, Block) and at.kind == "run" and len(at.body):
        at = next(iter(at.body.items()))
    return at


def is_big(part: Part) -> bool:
    """Whether a part is a whole network drawn as one box."""
    return part.kind in ("backbone", "nested") and not isinstance(part.item, Node)


def tap_of_readers(tower: Part, parts: Iterable[Part]) -> dict[str, Tap]:
    """Which tap each later part reads, told by the shapes of the tensors that enter it."""
    left = [tap for tap in tower.taps if tap.shape[1:] != tower.output_shape[1:]]
    out: dict[str, Tap] = {}
    for part in parts:
        if tower.id in part.inputs:
            found = next((tap for tap in left if any(tap.shape[1:] == shape[1:] for shape in part.item.inputs)), None)
            if found is not None:
                out[part.id] = found
                left.remove(found)
    return out


def _wires(parts: dict[str, Part]) -> dict[str, list[str]]:
    wires: dict[str, list[str]] = {SOURCE: [], **{name: [] for name in parts}, SINK: []}
    for name, part in parts.items():
        sources = [source for source in dict.fromkeys(part.inputs) if source in parts]
        for source in sources or [SOURCE]:
            wires[source].append(name)
    for name in parts:
        if not wires[name]:
            wires[name].append(SINK)
    return wires


def _has_towers(chain: Chain) -> bool:
    for part in chain.parts:
        if isinstance(part, Fork):
            full = [branch for branch in part.branches if branch.parts]
            if len(full) > 1 or any(_has_towers(branch) for branch in full):
                return True
    return False


def _columns(chain: Chain) -> int:
    """How many boxes stand side by side at most."""
    most = 1
    for part in chain.parts:
        if isinstance(part, Fork):
            most = max(most, sum(_columns(branch) for branch in part.branches if branch.parts))
        elif isinstance(part, Leaf):
            most = max(most, 1)
    return most
