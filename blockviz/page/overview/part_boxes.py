"""The boxes of the overview: layers and units by their labels, blocks with letter and count, whole networks."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from blockviz.ir import Node, Unit, item_leaves
from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import (
    Size,
    badge_size,
    draw_badge,
    draw_block_box,
    draw_hatch,
    draw_label,
    draw_lock,
    draw_stack,
    label_size,
)
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.unit_label import Label, noted
from blockviz.page.glyphs.variant_mark import draw_tally, tally, tally_runs, tally_width
from blockviz.page.glyphs.words import is_locked, params_text, plural, shape_text
from blockviz.page.overview.part_wiring import is_big, output_text, representative, values_text
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Arrow, Point, Span
from blockviz.text.font_metrics import middle, run_width, shorten, width

_BESIDE_SIGN = 15.0  # sizes of type that words beside a circle take at most
_SHORT = 32  # letters of a variant's name that stand under a block's name


@dataclass(slots=True)
class PartBoxes:
    """Sizes and drawings of single parts; ``inside`` : what else stands beside a box stands in it."""

    context: FigureFacts
    theme: Theme
    two_lines: bool = True
    inside: bool = field(init=False, default=False)

    def _need(self, part: Part) -> float:
        type_, space = self.theme.type, self.theme.space
        if self.is_sign(part):
            return self._sign_room(part)
        if self.is_plain(part):
            count = width(part.times, type_.label, bold=True) * 2 + type_.label if part.repeat > 1 else 0.0
            return run_width(self._label_runs(part), type_.label) + space.wide + count
        name = run_width(self._name(part), type_.heading)
        under = self._under_need(part) if self.two_lines else 0.0
        badge = badge_size(part.letter, self.theme).width + space.inner if part.letter else 0.0
        count = width(part.times, type_.big, bold=True) + space.side if part.repeat > 1 else 0.0
        said = 0.0 if self.two_lines else self._remark_width(part) + self.tally_room(part)
        if is_big(part):
            under = max(under, width(self._network_under(part, inf), type_.small))
        return badge + max(name + said, under) + count + space.row

    def _sign_room(self, part: Part) -> float:
        """The width of a circle in the middle of its column, with what is said at its right."""
        size, said = self.theme.type.small, self.label(part).tail
        return self.sign_size(part).width + (2 * (width(said, size) + size * 0.8) if said else 0.0)

    def _least_of(self, part: Part) -> float:
        """What a box must have room for: a layer's label, and whatever is said besides a name."""
        if self.is_plain(part):
            return self._need(part)
        said, type_, space = self.remarks(part), self.theme.type, self.theme.space
        if not said and not (self.two_lines and self.tally(part)):
            return self._least_name(part)
        words = width(", ".join(said), type_.small)
        if is_big(part):
            return words + type_.label
        badge = badge_size(part.letter, self.theme).width + space.inner if part.letter else 0.0
        count = width(part.times, type_.big, bold=True) + space.near if part.repeat > 1 else 0.0
        beside = 0.0 if self.two_lines else self.tally_room(part) + width("…", type_.heading, bold=True) + space.side
        if self.two_lines and self.tally(part):
            beside = self.tally_room(part) + space.side
        return space.side + badge + words + beside + count + space.inner

    def _least_name(self, part: Part) -> float:
        """Room for two words of a block's name, where they are short: ``Dual path`` says what ``Dual`` doesn't."""
        type_, space = self.theme.type, self.theme.space
        if is_big(part) or not part.letter:
            return 0.0
        name = min(_shorter(part.name, 2), key=len)
        count = width(part.times, type_.big, bold=True) + space.near if part.repeat > 1 else 0.0
        badge = badge_size(part.letter, self.theme).width + space.inner
        words = min(width(name, type_.heading, bold=True), type_.label * _TWO_WORDS)
        return space.side + badge + words + count + space.inner

    def _remark_width(self, part: Part) -> float:
        """Room for what a box says besides, and what keeps it apart."""
        said = ", ".join(self.remarks(part))
        return width(said, self.theme.type.small) + self.theme.space.side if said else 0.0

    def tally(self, part: Part, brief: bool = False) -> list[str]:
        """Which of a part's copies are variants, by the names that the panel of its type lists."""
        return tally(self.context.by_letter.get(part.letter or ""), part.variants, brief)

    def tally_room(self, part: Part, brief: bool = False) -> float:
        """Room for these words, brief ones in boxes of one line; 0 where there are none."""
        return tally_width(self.tally(part, brief or not self.two_lines), self.theme)

    def draw_kinds(self, canvas: Canvas, part: Part, x: float, base: float, brief: bool = False) -> None:
        """These words from x on; nothing where the panel that lists the kinds is left out."""
        if part.letter in canvas.shown:
            draw_tally(canvas, self.theme, self.tally(part, brief or not self.two_lines), x, base)

    def _under_need(self, part: Part) -> float:
        """Room for what stands under a block's name."""
        size = self.theme.type.small
        if not (words := self.tally(part)):
            return width(self._under(part, inf), size)
        about = self._under(part, inf) if part.repeat == 1 and not self._is_worded(part) else ""
        return run_width(tally_runs(words, about), size) + (self._remark_width(part) if part.repeat > 1 else 0.0)

    def _is_worded(self, part: Part) -> bool:
        """Whether words say in what copies of a part's type differ, and no signs."""
        definition = self.context.by_letter.get(part.letter or "")
        return definition is not None and bool(definition.sayings)

    def _label_runs(self, part: Part) -> tuple[Span, ...]:
        return self.label(part).lines()[0]

    def label(self, part: Part) -> Label:
        """The label of a part that is a unit or a single layer, or a run of equal ones, with what is said of it."""
        names = [node.layer.name for node in item_leaves(part.item)] if part.kind == "input" else []
        name = _listed([self.context.inputs.get(name, "") for name in names])
        label = self.context.label(representative(part.item), name)
        room = _BESIDE_SIGN if label.form == "merge" else inf
        for words in self.remarks(part):
            label = noted(label, shorten(words, 1.0, room))
        return label

    def remarks(self, part: Part) -> list[str]:
        """What a box must say besides: frozen weights, weights of an earlier box, outputs of the model."""
        again = ["same weights"] if part.again else []
        inputs = [_ends("input", [self.context.inputs[name] for name in part.entrances])] if part.entrances else []
        outputs = (
            [f"→ {_ends('output', [self.context.outputs[name] for name in part.outputs])}"] if part.outputs else []
        )
        return [*inputs, *filter(None, [part.frozen]), *again, *outputs]

    def is_plain(self, part: Part) -> bool:
        """Whether a part is drawn by its label: a unit, a layer, or a run of these, without a letter."""
        inner = representative(part.item)
        return part.letter is None and not is_big(part) and isinstance(inner, Node | Unit)

    def is_sign(self, part: Part) -> bool:
        """Whether a part is a circle with a sign (an addition)."""
        return self.is_plain(part) and self.label(part).form == "merge"

    def sign_size(self, part: Part) -> Size:
        """The size of such a circle."""
        return label_size(self.label(part), self.theme)

    def _name(self, part: Part, room: float = inf) -> tuple[Span, ...]:
        """Name and values of the parameters.

        Where the room is short, the name is left with fewer words, and before it has one alone, the values give way.
        """
        values = values_text(part)
        space = " " if " " in part.name else ""
        tail = f"{space}({values})" if values and "(" not in part.name else ""
        size, name = self.theme.type.heading, part.name
        if part.letter:  # the panel says the name in full, and which values there are
            return (Span(name_in_room(name, tail, size, room), bold=True),)
        if tail and width(tail, size, bold=True) > room * 0.6:
            return (Span(shorten(name + tail, size, room, bold=True), bold=True),)
        return (Span(shorten(name, size, room - width(tail, size, bold=True), bold=True) + tail, bold=True),)

    def _under(self, part: Part, room: float) -> str:
        """What stands under a block's name: of several forms the longest that has room, which all say the remarks.

        How many layers it has is told where no panel shows them.
        """
        variant = next((name for name in part.variants if name), None)
        text = "" if part.letter else plural(len({node.layer.name for node in item_leaves(part.item)}), "layer")
        if part.repeat == 1 and variant and len(variant) <= _SHORT:
            text = variant
        if part.shared and not part.again:
            text = "shared weights"
        said = self.remarks(part)
        stage = part.stage if part.stage and not part.stage.isdigit() and part.stage != part.name else ""
        whole = ", ".join(filter(None, [text, *said]))
        return self._longest([" · ".join(filter(None, [stage, whole])), whole, ", ".join(said)], room)

    def _longest(self, forms: Sequence[str], room: float) -> str:
        """The first form that has room, in small type; the last one is shortened where none has."""
        size, forms = self.theme.type.small, [form for form in forms if form]
        last = shorten(forms[-1], size, room) if forms else ""
        return next((form for form in forms if width(form, size) <= room), last)

    def _height(self, part: Part) -> float:
        type_, space = self.theme.type, self.theme.space
        if is_big(part):
            return self._tap_base(part, len(part.taps) - 1) + type_.small * 0.8 if part.taps else type_.heading * 3.2
        if self.is_plain(part):
            return space.row
        return type_.heading * 2.5 if self.two_lines else type_.heading * 1.95

    def _tap_base(self, part: Part, number: int) -> float:
        """Baseline of a tap's line of text, from the top of its box."""
        type_, space = self.theme.type, self.theme.space
        return space.near + space.heading + type_.small * (1.8 + 1.4 * (number + 1))

    # Drawing

    def _draw_part(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        ident, title = f"/{part.id}", self.title_of(part)
        if is_big(part):
            self._draw_backbone(canvas, part, ident, x, y, size)
            return
        if self.is_plain(part):
            self.draw_copies(canvas, part, x, y, size)
            draw_label(canvas, self.label(part), self.theme, ident, x, y, size, title=title)
            if part.repeat > 1:
                type_, space = self.theme.type, self.theme.space
                base = middle(y + size.height / 2, type_.label)
                canvas.text(
                    x + size.width - space.side,
                    base,
                    part.times,
                    type_.label,
                    self.theme.colours.text,
                    "end",
                    bold=True,
                )
            return
        self._draw_block(canvas, part, ident, x, y, size)

    def draw_copies(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        """Cards behind a box of several copies; copies that share their weights are one, and have none."""
        if part.repeat > 1 and not part.shared:
            draw_stack(canvas, self.theme, x, y, size, parallel=part.parallel, letter=part.letter or "")

    def _link(
        self, canvas: Canvas, points: Sequence[Point], source: str, target: str, colour: str = "", weight: float = 1.3
    ) -> None:
        """An arrow from one part to another, for overviews that set their boxes without a grid."""
        type_, space = self.theme.type, self.theme.space
        canvas.arrows.append(
            Arrow(
                tuple(points),
                colour or self.theme.colours.line,
                type_.stroke * weight,
                4.0,
                space.inner,
                f"/{source}",
                f"/{target}",
            )
        )

    def title_of(self, part: Part) -> str:
        """What a viewer shows where the mouse rests on a box."""
        words = [part.name or part.kind]
        if part.repeat > 1:
            words.append(part.times)
        shape = output_text(part) or "?"
        return f"{' '.join(words)}: output {shape}, {params_text(part.cost)} parameters"

    def _draw_block(self, canvas: Canvas, part: Part, ident: str, x: float, y: float, size: Size) -> None:
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        self.draw_copies(canvas, part, x, y, size)
        draw_block_box(canvas, self.theme, ident, x, y, size, self.title_of(part), "", letter=part.letter or "")
        left = x + space.side
        if part.letter:
            badge, filled = badge_size(part.letter, self.theme), part.letter in canvas.shown
            top = y + (size.height - badge.height) / 2
            draw_badge(canvas, part.letter, self.theme, f"{ident}|badge", left, top, filled=filled)
            left += badge.width + space.inner
        right = x + size.width - space.inner
        if part.repeat > 1:
            text, big = part.times, type_.big
            canvas.text(right, middle(y + size.height / 2, big), text, big, colours.text, "end", bold=True)
            right -= width(text, big, bold=True) + space.near
        said = ", ".join(self.remarks(part))
        if not self.two_lines:
            room = right - left - self._remark_width(part) - self.tally_room(part)
            name, base = self._name(part, room), middle(y + size.height / 2, type_.heading)
            canvas.text(left, base, name, type_.heading, colours.text)
            after = left + run_width(name, type_.heading) + space.near
            self.draw_kinds(canvas, part, after, base)
            canvas.text(right, base, said, type_.small, colours.muted, "end") if said else None
            return
        words = self.tally(part) if part.letter in canvas.shown else []
        name, under = self._name(part, right - left + space.near - space.tight), self._under(part, right - left)
        base = y + size.height * 0.82
        first = y + size.height * 0.43 if words or under else middle(y + size.height / 2, type_.heading)
        canvas.text(left, first, name, type_.heading, colours.text)
        if not words:
            canvas.text(left, base, under, type_.small, colours.muted) if under else None
        elif part.repeat == 1 and not self._is_worded(part):
            about = self._under(part, right - left - run_width(tally_runs(words, " "), type_.small))
            canvas.text(left, base, tally_runs(words, about), type_.small, colours.muted)
        else:
            canvas.text(right, base, said, type_.small, colours.muted, "end") if said else None
            room = right - left - self._remark_width(part)
            canvas.text(left, base, self._told(part, words, room), type_.small, colours.muted)

    def _told(self, part: Part, words: Sequence[str], room: float) -> tuple[Span, ...]:
        """Which copies are variants, and where they are of one kind and there is room, in what they differ."""
        names = set() if self._is_worded(part) else {name for name in part.variants if name}
        whole = tally_runs(words, names.pop() if len(names) == 1 else "")
        return whole if run_width(whole, self.theme.type.small) <= room else tally_runs(words)

    def _network_under(self, part: Part, room: float) -> str:
        """What stands under the name of a whole network, as far as there is room for it beside the remarks."""
        layers = sum(len(copy) for copy in part.copies) or len({n.layer.name for n in item_leaves(part.item)})
        locked = is_locked(part)
        said = [word for word in self.remarks(part) if word != "frozen" or not locked]  # a lock says that
        params = f"{params_text(part.cost)} params"
        heads = [f"{plural(layers, 'layer')} · {params}", params]
        return self._longest([*(", ".join([head, *said]) for head in heads), ", ".join(said)], room)

    def _draw_backbone(self, canvas: Canvas, part: Part, ident: str, x: float, y: float, size: Size) -> None:
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        frozen = is_locked(part)
        canvas.rect(x, y, size.width, size.height, colours.block, radius=2.0)
        if frozen:
            draw_hatch(canvas, x, y, size, colours.hatch, type_.thin)
        draw_block_box(canvas, self.theme, ident, x, y, size, self.title_of(part), "", hollow=True)
        name = self._name(part)
        under = self._network_under(part, size.width - type_.label)
        inner = max(run_width(name, type_.heading), width(under, type_.small)) + space.gap
        inner = min(inner, size.width - space.gap)
        text_height = space.heading + space.line
        top = y + (size.height - text_height) / 2 if not part.taps else y + space.near
        if frozen:
            canvas.rect(
                x + (size.width - inner) / 2,
                top - space.hair,
                inner,
                text_height + space.near,
                colours.block,
            )
            draw_lock(
                canvas,
                x + space.near,
                y + size.height - space.row,
                space.gap,
                colours.badge,
                colours.block,
            )
        centre = x + size.width / 2
        canvas.text(centre, top + space.ascent, name, type_.heading, colours.text, "middle")
        canvas.text(
            centre,
            top + space.heading + type_.small,
            under,
            type_.small,
            colours.muted,
            "middle",
        )
        for number, tap in enumerate(part.taps):
            base = y + self._tap_base(part, number)
            shape = shape_text(tap.shape)
            room = size.width - space.lead
            forms = (f"{tap.stage or tap.layer}  {shape}", shape)
            text = next((form for form in forms if width(form, type_.small) <= room), "")
            canvas.text(
                x + space.side,
                base,
                text,
                type_.small,
                colours.text,
            )


_TWO_WORDS = 7.0  # sizes of type for two words of a name, at most: long ones may be cut
_NAMED = 48  # letters that the names of a box's inputs or outputs may take


_JOINTS = frozenset({"with", "and", "of", "without", "to", "over", "in"})


def name_in_room(name: str, values: str, size: float, room: float) -> str:
    """A bold name with its values, as much as has room: the name gives words away, then the values go, then letters."""
    whole = [name + values, *(short + values for short in _shorter(name, 2)), name, *_shorter(name, 1)]
    return next((form for form in whole if width(form, size, bold=True) <= room), "") or shorten(
        whole[-1], size, room, bold=True
    )


def _shorter(name: str, least: int) -> list[str]:
    """A name with ever fewer words: what stands before its comma, then without its last words; none ends in a joint."""
    words = name.partition(",")[0].split(" ")
    counts = range(len(words), min(least, len(words)) - 1, -1)
    return [" ".join(words[:count]) for count in counts if words[count - 1] not in _JOINTS or count == 1]


def _ends(kind: str, names: Sequence[str]) -> str:
    """``input`` or ``output`` with names in a row; of many, the first and the last, and how many there are."""
    listed = _listed(names)
    count = f", {len(names)} in all" if "…" in listed else ""
    return f"{kind if len(names) == 1 else kind + 's'} {listed}{count}".strip()


def _listed(names: Sequence[str]) -> str:
    """Names in a row; of many, the first and the last."""
    whole = ", ".join(names)
    return whole if len(whole) <= _NAMED or len(names) < 3 else f"{names[0]} … {names[-1]}"
