"""The boxes of an overview that is read from left to right: words centred in a box, the output's shape below it."""

from __future__ import annotations

from blockviz.backbones.published_accuracy import imagenet_facts
from blockviz.ir import item_leaves
from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size, badge_size, draw_badge, draw_block_box, draw_hatch, draw_lock
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import is_locked, params_text, plural
from blockviz.page.overview.column import Overview
from blockviz.page.overview.part_wiring import is_big, output_text
from blockviz.runtime.records import dataclass
from blockviz.scene import Box
from blockviz.text.font_metrics import middle, run_width, width, wrap


@dataclass(slots=True)
class StripBoxes(Overview):
    """Sizes and drawings of single boxes of a strip."""

    @property
    def _box_height(self) -> float:
        type_ = self.theme.type
        return type_.heading * (6.6 if any(is_big(part) for part in self.parts.values()) else 4.4)

    def _wide(self, part: Part) -> float:
        """The width of a box: its longest line."""
        type_, space = self.theme.type, self.theme.space
        shape = width(output_text(part), type_.label)
        if self.is_plain(part):
            label = self.label(part)
            heads, tails = self._lines_of(part)
            text = max(
                [width(line, type_.heading, bold=True) for line in heads] + [width(line, type_.small) for line in tails]
            )
            slant = space.gap if label.form in ("funnel", "spread") else 0.0
            return max(text + space.lead + slant, shape + space.tight, type_.label * 5)
        name = run_width(self._name(part), type_.heading * (1.25 if is_big(part) else 1.0))
        under = max(width(line, type_.small) for line in (self._strip_under(part), self._accuracy(part)))
        under += self.tally_room(part)
        badge = badge_size(part.letter, self.theme).width + space.inner if part.letter else 0.0
        count = width(part.times, type_.big, bold=True) + space.inner if part.repeat > 1 else 0.0
        return max(badge + max(name, under) + count + type_.label * (4.5 if is_big(part) else 1.8), shape)

    def _lines_of(self, part: Part) -> tuple[list[str], list[str]]:
        """(bold lines, small lines) in the box of a unit or layer."""
        type_ = self.theme.type
        label = self.label(part)
        head, tail = label.head, label.tail
        if not label.comma and tail and label.family != "train":
            first, _, tail = tail.partition(", ")
            head = f"{head} {first}"
        tails = wrap(tail, type_.small, type_.label * 11) if head and tail else []
        if part.repeat > 1:
            tails = [*tails[:-1], f"{tails[-1]}, {part.times}"] if tails else [part.times]
        tails += ["train only"] if label.family == "train" else []
        return wrap(head or tail, type_.heading, type_.label * 7.5), tails

    @property
    def _shape_height(self) -> float:
        """Room for the shapes under the boxes, and for what stacks stick out below theirs."""
        stacks = any(part.repeat > 1 and not part.shared for part in self.parts.values())
        return self.theme.type.label * (2.1 if stacks else 1.7)

    def _inner_height(self, part: Part) -> float:
        lower = not is_big(part) and any(is_big(other) for other in self.parts.values())
        return self._box_height * (0.68 if lower else 1.0)

    def _box(self, canvas: Canvas, part: Part, x: float, y: float, wide: float, high: float) -> None:
        """Draw a box in a row that is so high."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        tall = self._inner_height(part)
        top = y + (high - tall) / 2
        if self.is_plain(part):
            self._plain(canvas, part, x, top, Size(wide, tall))
        else:
            self._block(canvas, part, x, top, Size(wide, tall))
        shape = output_text(part)
        base = y + high + self._shape_height - space.tight
        canvas.text(x + wide / 2, base, shape, type_.label, colours.text, "middle")

    def _plain(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        label = self.label(part)
        fill, line = self.theme.family(label.family if label.family != "merge" else "other")
        form = {"merge": "box", "bar": "box", "pill": "box"}.get(label.form, label.form)
        self.draw_copies(canvas, part, x, y, size)
        canvas.boxes.append(
            Box(
                f"/{part.id}",
                x,
                y,
                size.width,
                size.height,
                form,
                colours.page if label.hollow else fill,
                line,
                type_.stroke * (1.9 if label.heavy else 1.1),
                label.dashed,
                title=self.title_of(part),
            )
        )
        heads, tails = self._lines_of(part)
        total = len(heads) * space.heading + len(tails) * space.line
        base = y + (size.height - total) / 2 + space.ascent
        for text in heads:
            canvas.text(x + size.width / 2, base, text, type_.heading, colours.text, "middle", bold=True)
            base += space.heading
        base -= space.heading - space.line
        for text in tails:
            canvas.text(x + size.width / 2, base, text, type_.small, colours.text, "middle")
            base += space.line

    def _strip_under(self, part: Part) -> str:
        layers = sum(len(copy) for copy in part.copies) or len({n.layer.name for n in item_leaves(part.item)})
        return ", ".join([f"{plural(layers, 'layer')} · {params_text(part.cost)} params", *self.remarks(part)])

    def _accuracy(self, part: Part) -> str:
        """Published accuracy of a whole backbone with ImageNet's weights; empty for anything else."""
        outline = self.context.outline
        whole = (one.name for one in outline.backbones if part.name in (one.name, one.title) and not one.cut_at)
        name = next(whole, None) if outline.weights == "imagenet" and is_big(part) else None
        facts = imagenet_facts(name) if name else {}
        words = [
            f"{label} {facts[key]}\u2009%" for key, label in (("top1", "top-1"), ("top5", "top-5")) if key in facts
        ]
        return ", ".join(words)

    def _block(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        frozen = is_locked(part)
        self.draw_copies(canvas, part, x, y, size)
        canvas.rect(x, y, size.width, size.height, colours.block, radius=2.0)
        name_size = type_.heading * (1.25 if is_big(part) else 1.0)
        name, unders = self._name(part), [line for line in (self._strip_under(part), self._accuracy(part)) if line]
        if frozen:
            draw_hatch(canvas, x, y, size, colours.hatch, type_.thin)
            inner = min(
                size.width - type_.label * 3,
                max(run_width(name, name_size), *(width(line, type_.small) for line in unders)) + space.lead,
            )
            canvas.rect(x + (size.width - inner) / 2, y + size.height * 0.22, inner, size.height * 0.56, colours.block)
            draw_lock(
                canvas,
                x + space.inner,
                y + size.height - space.wide,
                space.lead,
                colours.badge,
                colours.block,
            )
        draw_block_box(canvas, self.theme, f"/{part.id}", x, y, size, self.title_of(part), "", hollow=True)
        left, right = x, x + size.width
        if part.letter:
            left += self._badge(canvas, part, part.letter, x, y, size) + space.pad
        if part.repeat > 1:
            text = part.times
            canvas.text(
                right - space.inner,
                middle(y + size.height / 2, type_.big),
                text,
                type_.big,
                colours.text,
                "end",
                bold=True,
            )
            right -= width(text, type_.big, bold=True) + space.pad
        centre = (left + right) / 2
        base = y + size.height / 2 - type_.small * (0.25 + 0.65 * (len(unders) - 1))
        canvas.text(centre, base, name, name_size, colours.text, "middle")
        for number, line in enumerate(unders):
            at = base + type_.small * (1.5 + 1.3 * number)
            beside = self.tally_room(part) if number == 0 else 0.0
            words = colours.text if frozen else colours.muted
            canvas.text(centre - beside / 2, at, line, type_.small, words, "middle")
            if beside:
                after = centre + (width(line, type_.small) - beside) / 2 + space.near
                self.draw_kinds(canvas, part, after, at)

    def _badge(self, canvas: Canvas, part: Part, letter: str, x: float, y: float, size: Size) -> float:
        """The letter's badge at the left of a box; gives its width."""
        badge, filled = badge_size(letter, self.theme), letter in canvas.shown
        top = y + (size.height - badge.height) / 2
        draw_badge(canvas, letter, self.theme, f"/{part.id}|badge", x + self.theme.space.inner, top, filled=filled)
        return badge.width
