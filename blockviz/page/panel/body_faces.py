"""The boxes of a body: each as large as its words, drawn as a call, a sign, a bar or a block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from blockviz.ir import Backbone, Composite, Item, Nested, Node, Run, Unit, copies_in
from blockviz.page.glyphs.boxes import (
    LEADING,
    LEAST,
    Size,
    badge_size,
    draw_badge,
    draw_block_box,
    draw_label,
    draw_stack,
    label_size,
)
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.glyphs.variant_mark import draw_tally, tally, tally_width
from blockviz.page.layout.branch_grid import BoxSpec
from blockviz.page.layout.series_parallel import entry_name, is_entry
from blockviz.page.panel.body_text import BodyText
from blockviz.page.panel.lying import Drawer, lying, lying_bar
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Span
from blockviz.structure.parameters import count_key
from blockviz.text.font_metrics import middle, run_width, width


class Mode(NamedTuple):
    """How the boxes of a diagram are set: labels on two lines, one width for all, nested blocks by letter alone.

    across : from left to right instead of downwards. close : slim boxes and little room between columns.
    """

    two: bool
    uniform: bool
    letters: bool = False
    across: bool = False
    close: bool = False

    @property
    def lines(self) -> int:
        """Lines that the words of a box may take."""
        return 3 if self.close else 2 if self.two else 1


_STIFF = ("sign", "bar")  # keep their own width beside boxes of one width
_OUTLIER = 1.8  # times as wide as the middle one of the boxes that shall be equally wide: its words go on two lines
_WIDE = 16.0  # sizes of its label, which no box is too wide below
_SAVED = 0.75  # of its width, where that makes it so much narrower
_SLIM = 2.4  # the least width of a box where width is dear, as in a body that lies, in sizes of its label


@dataclass(frozen=True, slots=True)
class Faces:
    """Makes the boxes of one body. nested : blocks inside → what sets their copies apart."""

    text: BodyText
    theme: Theme
    group: str
    nested: Mapping[str, tuple[str | None, ...]]

    def of(self, mode: Mode, left_out: Iterable[str], canvas: Canvas) -> dict[str, BoxSpec]:
        """The boxes of all items, of the tensors from outside, and of the ways that equal ones stand for.

        left_out : names of such ways. canvas : on which a body that lies is drawn in the end.
        """
        text = self.text
        faces = {name: self._face(name, text.body.item(name), mode) for name in text.body}
        if mode.uniform:
            faces |= dict(self._broken_outliers(faces, mode))
            common = max((face.width for face in faces.values() if face.merge not in _STIFF), default=0.0)
            faces |= dict(self._unbroken(faces, mode, common))
            faces = {n: face if face.merge in _STIFF else replace(face, width=common) for n, face in faces.items()}
        for number in range(len(text.body.entries)):
            shape, _, giver = text.entry(number).partition(", ")  # the block that gives it stands above its shape
            lines = end_lines(shape, mode) if not (giver and text.compact) else []
            faces[entry_name(number)] = self._end(*filter(None, [giver]), *lines)
        for name in left_out:
            faces[name] = self._end(f"… {name.rpartition(':')[2]} in all …")
        return {name: self._lying(name, face, canvas) for name, face in faces.items()} if mode.across else faces

    def _broken_outliers(self, faces: Mapping[str, BoxSpec], mode: Mode) -> Iterator[tuple[str, BoxSpec]]:
        """Boxes of a label so long that all others would be stretched for it, with it on two lines."""
        widths = sorted(face.width for face in faces.values() if face.merge not in _STIFF)
        most = max(widths[(len(widths) - 1) // 2] * _OUTLIER, self.theme.type.label * _WIDE) if widths else 0.0
        for name, face in faces.items():
            if face.merge not in _STIFF and not mode.two and face.width > most:
                broken = self._face(name, self.text.body.item(name), mode._replace(two=True))
                if broken.width < face.width * _SAVED:
                    yield name, broken

    def _unbroken(self, faces: Mapping[str, BoxSpec], mode: Mode, common: float) -> Iterator[tuple[str, BoxSpec]]:
        """Boxes whose words need no second line, since another box makes all wide enough for them."""
        for name, face in faces.items():
            if mode.two and not mode.across and face.merge not in _STIFF:
                whole = self._face(name, self.text.body.item(name), mode._replace(two=False, close=False))
                if whole.width <= common and whole.height < face.height:
                    yield name, whole

    def _lying(self, name: str, face: BoxSpec, canvas: Canvas) -> BoxSpec:
        """The box for a layout whose axes are exchanged."""
        if face.merge == "bar":
            return self._bar(name, canvas)
        grows = face.merge == "box" and not is_block(self.text.body.item(name))
        return lying(face, canvas, self.theme.space.tight * is_entry(name), self._drawer(name) if grows else None)

    def _end(self, *lines: str) -> BoxSpec:
        size, colour, runs = self.theme.type.small, self.theme.colours.muted, [symbol_runs(line) for line in lines]

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            for number, line in enumerate(runs):
                canvas.text(x + room / 2, y + size * (0.86 + 1.1 * number), line, size, colour, "middle")

        return BoxSpec(max(run_width(line, size) for line in runs), size * (0.2 + 1.1 * len(lines)), draw)

    def _bar(self, name: str, canvas: Canvas) -> BoxSpec:
        """The bar of a concatenation in a body that lies: upright, with its words on two lines."""
        size = self.theme.type.label
        lines = self.text.label(name, self.text.body.item(name)).lines(2)
        wide = max(run_width(line, size) for line in lines) + self.theme.space.inner
        return lying_bar(canvas, wide, size * 2.6, self._drawer(name))

    def _drawer(self, name: str) -> Drawer:
        """Draws a call or unit as high as the lines that meet at it."""
        label, theme, group = self.text.label(name, self.text.body.item(name)), self.theme, self.group

        def draw(canvas: Canvas, x: float, y: float, room: Size) -> None:
            draw_label(canvas, label, theme, f"{group}/{name}", x, y, room, most=2, group=group)

        return draw

    def _face(self, name: str, item: Item, mode: Mode) -> BoxSpec:
        single = unit_of(item)
        if single is None:
            assert isinstance(item, Composite)
            return self._block(name, item, mode)
        label = self.text.label(name, single)
        stacked = item is not single or count_key(name) in self.text.symbols
        most = mode.lines if label.form != "bar" else 1
        size = label_size(label, self.theme, most, _SLIM if (mode.across or mode.close) and most > 1 else LEAST)
        theme, group = self.theme, self.group

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            if stacked:
                draw_stack(canvas, theme, x, y, Size(room, size.height))
            draw_label(
                canvas, label, theme, f"{group}/{name}", x, y, Size(room, size.height), most=most, group=group,
                below=mode.across,
            )  # fmt: skip

        merge = {"merge": "sign", "bar": "bar"}.get(label.form, "box" if len(item.inputs) > 1 else "")
        sink = label.sign == "+" if label.form == "merge" else label.stride
        return BoxSpec(size.width, size.height, draw, merge, sink)

    def _block(self, name: str, block: Composite, mode: Mode) -> BoxSpec:
        """A block's box; where two lines are allowed, a long name is broken, or the letter stands for it."""
        theme, group = self.theme, self.group
        letter = self.text.context.letter_of(block)
        copies = copies_in(block)
        text = self._block_name(block, letter)
        size = theme.type.label
        lines = _broken(text, size) if mode.two else [text]
        lines = [""] if letter and mode.letters else lines
        runs = [[Span(line, bold=True)] for line in lines]
        symbol = self.text.symbols.get(count_key(name), "")
        if symbol:
            runs[-1] += [Span(" ×", bold=True), *symbol_runs(symbol)]
        elif copies > 1:
            runs[-1] += [Span(f" ×{copies}", bold=True)]
        badge = badge_size(letter, theme) if letter else Size(0, 0)
        words = max(run_width(line, size) for line in runs)
        differ = tally(self.text.context.by_letter.get(letter or ""), self.nested.get(name, ()))
        marks = tally_width(differ, theme) * (1 if words else 2)  # at both sides of a letter in the middle
        total = badge.width + words + marks + size * (1.9 if words else 1.0)
        height = max(size * (0.75 + LEADING * len(lines)), badge.height + size * 0.5)

        def draw(canvas: Canvas, x: float, y: float, room: float) -> None:
            if copies > 1 or symbol:
                parallel = isinstance(block, Run) and block.parallel
                draw_stack(canvas, theme, x, y, Size(room, height), parallel=parallel, letter=letter or "")
            draw_block_box(canvas, theme, f"{group}/{name}", x, y, Size(room, height), text, group, letter=letter or "")
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
            base = middle(y + height / 2, size) - size * LEADING / 2 * (len(runs) - 1)
            for number, line in enumerate(runs if words else ()):
                canvas.text(start, base + size * LEADING * number, line, size, theme.colours.text)
            if letter in canvas.shown:
                at = start + run_width(runs[-1], size) if words else x + (room + badge.width) / 2
                draw_tally(canvas, theme, differ, at + theme.space.near, base + size * LEADING * (len(runs) - 1))

        return BoxSpec(total, height, draw, "box" if len(block.inputs) > 1 else "")

    def _block_name(self, block: Composite, letter: str | None) -> str:
        definition = self.text.context.by_letter.get(letter or "")
        if definition:
            return definition.name
        return block.network.name if isinstance(block, Backbone | Nested) else block.kind


def unit_of(item: Item) -> Node | Unit | None:
    """One of the equal units of a row, which stands for them all, or the unit or call itself; None for blocks."""
    if isinstance(item, Run) and not item.type:
        item = next(iter(item.body.items()))
    return item if isinstance(item, Node | Unit) else None


def is_block(item: Item) -> bool:
    """Whether an item is drawn as a block: as high as its words, however many lines meet at it."""
    return not isinstance(item, Node | Unit)


def end_lines(text: str, mode: Mode) -> list[str]:
    """A shape at the end of a body that lies, in two lines where width is dear."""
    grid, times, channels = text.rpartition("×")
    return [grid, times + channels] if mode.across and mode.two and times else [text]


def _broken(text: str, size: float) -> list[str]:
    """A name on two lines, broken at the space or hyphen that makes the longer one shortest."""
    cuts = [i + 1 for i, letter in enumerate(text[:-1]) if letter in " -"]
    choices = [[text[:cut].rstrip(), text[cut:]] for cut in cuts]
    return min([[text], *choices], key=lambda lines: max(width(line, size, bold=True) for line in lines))
