"""The boxes of a placed overview: measured by their words first, so that none is cut, then drawn where they stand."""

from __future__ import annotations

from math import log2

from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size, badge_size, draw_badge, draw_block_box, draw_hatch, draw_label, draw_lock
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import has_params, is_locked, params_text
from blockviz.page.layout.placement import Spot
from blockviz.page.overview.column import Overview
from blockviz.page.overview.part_wiring import is_big, output_text, values_text
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width, unbroken, width, wrap

_CARD = 0.29  # from one card to the next, in units of the label's type
_MOST_LINES = 3
_APART, _TOGETHER = " ", "\u00a0"  # spaces at which a line breaks, and does not: ``9 calls`` stay together


@dataclass(slots=True)
class Cards(Overview):
    """Sizes and drawings of the boxes; ``short`` : the row says the resolution, so that a box says its channels."""

    short: bool = False

    # Measuring

    def card(self, part: Part, room: float) -> Spot:
        """The box of a part whose words are broken at ``room``."""
        type_, space = self.theme.type, self.theme.space
        if self.is_sign(part):
            size = self.sign_size(part)
            return Spot(part.id, size.width, size.height)
        lines, unders = self._lines(part, room), self.unders(part, room)
        name = max(run_width(line, type_.heading) for line in lines)
        badge = badge_size(part.letter, self.theme).width + space.near if part.letter else 0.0
        slant = 1.5 if self.is_plain(part) and self.label(part).form in ("funnel", "spread") else 0.0
        below = [width(under, type_.small) for under in unders] or [0.0]
        below[-1] += self.tally_room(part)
        lock = type_.label * 2.4 if is_big(part) and is_locked(part) else 0.0  # at both sides of what is centred
        wide = badge + lock + max([name, *below]) + type_.label * (1.4 + slant)
        high = len(lines) * space.heading + space.side + len(unders) * space.line
        high = max(high, badge_size("A", self.theme).height + space.near if part.letter else 0.0)
        return Spot(part.id, max(wide, type_.label * 3), high, self.depth(part))

    def depth(self, part: Part) -> float:
        """What the cards behind the box of several copies take at the right and below."""
        return self.theme.type.label * _CARD * 2 if part.repeat > 1 and not part.shared else 0.0

    def _lines(self, part: Part, room: float) -> list[tuple[Span, ...]]:
        """The name over as many lines as it needs; ×N ends it."""
        times = f" {part.times}" if part.times else ""
        if self.is_plain(part):
            label = self.label(part)
            whole = label.lines()[0]
            count = (Span(times, bold=True),) if times else ()
            if run_width((*whole, *count), self.theme.type.heading) <= room or not (label.head and label.tail):
                return [(*whole, *count)]
            tails = self._tails(label.tail, room)
            return [(Span(label.head, bold=True), *count), *[(Span(tail),) for tail in tails]]
        values = values_text(part)
        shown = part.name.partition(",")[0] if part.letter else part.name
        space = _TOGETHER if " " in shown else ""
        name = f"{shown}{f'{space}({values})' if values else ''}{times}"
        kept = name.replace(f"{_APART}calls", f"{_TOGETHER}calls")
        return [(Span(line.replace(_TOGETHER, _APART), bold=True),) for line in self._broken(kept, room)]

    def _tails(self, text: str, room: float) -> list[str]:
        """What follows a label's head over several lines, no word of it cut."""
        size = self.theme.type.heading
        longest = max(width(word, size) for word in unbroken(text))
        return wrap(text, size, max(room, longest + 0.1))

    def _broken(self, name: str, room: float) -> list[str]:
        """A name over several lines, broken at spaces only; a long one is broken wider, never cut."""
        size = self.theme.type.heading
        lines: list[str] = []
        for step in range(8):
            lines = []
            for word in name.split(" "):
                longer = f"{lines[-1]} {word}" if lines else word
                if lines and width(longer, size, bold=True) <= room * (1 + step * 0.25):
                    lines[-1] = longer
                else:
                    lines.append(word)
            if len(lines) <= _MOST_LINES:
                break
        return lines

    def unders(self, part: Part, room: float) -> list[str]:
        """What stands below a name, broken between its items: what comes out, the parameters, what else is to say."""
        if self.is_plain(part) and not has_params(part.cost) and part.kind != "input":
            return []
        params = [params_text(part.cost)] if has_params(part.cost) and not part.again else []
        said = [] if self.is_plain(part) else self.remarks(part)
        lines: list[str] = []
        for words in filter(None, [self.out(part), *params, *said]):
            longer = f"{lines[-1]} · {words}" if lines else words
            if lines and width(longer, self.theme.type.small) <= max(room, self.theme.type.label * 8):
                lines[-1] = longer
            else:
                lines.append(words)
        return lines

    def out(self, part: Part) -> str:
        """What comes out, as a box says it: its channels where the row says the resolution."""
        shapes = [part.output_shape[1:], *(shape[1:] for shape in part.other_shapes)]
        grids = {shape[:-1] for shape in shapes}
        if self.short and len(grids) == 1 and all(len(shape) > 1 and shape[-1] is not None for shape in shapes):
            return ", ".join(str(shape[-1]) for shape in shapes)
        return output_text(part)

    # Drawing

    def draw_card(self, canvas: Canvas, part: Part, spot: Spot, room: float, dx: float, dy: float) -> None:
        """Draw the box of a part with its words."""
        x, y, size = spot.x + dx, spot.y + dy, Size(spot.width, spot.height)
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        ident, title = f"/{part.id}", self.title_of(part)
        if self.is_sign(part):
            draw_label(canvas, self.label(part), self.theme, ident, x, y, size, title=title)
            return
        self.draw_copies(canvas, part, x, y, size)
        colour = colours.text
        if self.is_plain(part):
            first = len(canvas.boxes)
            draw_label(canvas, self.label(part), self.theme, ident, x, y, size, title=title)
            colour = canvas.boxes[first].colour
            canvas.boxes[first] = replace(canvas.boxes[first], lines=())
        else:
            frozen = is_big(part) and is_locked(part)
            if frozen:
                canvas.rect(x, y, size.width, size.height, colours.block, radius=2.0)
                draw_hatch(canvas, x, y, size, colours.hatch, type_.thin)
            draw_block_box(canvas, self.theme, ident, x, y, size, title, "", frozen, part.letter or "")
            if frozen:
                at = space.tight
                draw_lock(canvas, x + at, y + at, type_.label, colours.badge, colours.block)
        left = x
        if part.letter:
            badge, filled = badge_size(part.letter, self.theme), part.letter in canvas.shown
            left = x + space.near
            top = y + (size.height - badge.height) / 2
            draw_badge(canvas, part.letter, self.theme, f"{ident}|badge", left, top, filled=filled)
            left += badge.width
        self._words(canvas, part, (left, y, x + size.width, size.height), room, colour)

    def _words(
        self, canvas: Canvas, part: Part, place: tuple[float, float, float, float], room: float, colour: str
    ) -> None:
        left, y, right, height = place
        type_, space = self.theme.type, self.theme.space
        lines, unders, centre = self._lines(part, room), self.unders(part, room), (left + right) / 2
        tall = len(lines) * space.heading + len(unders) * space.line
        base = y + (height - tall) / 2 + space.ascent
        for line in lines:
            canvas.text(centre, base, line, type_.heading, colour, "middle")
            base += space.heading
        base -= type_.heading * 0.1
        marks = self.tally_room(part)
        for number, under in enumerate(unders, 1):
            middle = centre - marks / 2 if number == len(unders) else centre
            canvas.text(middle, base, under, type_.small, self.theme.colours.muted, "middle")
            if number == len(unders):
                after = middle + width(under, type_.small) / 2 + space.near
                self.draw_kinds(canvas, part, after, base)
            base += space.line


def slab_height(area: int | None, finest: int, coarsest: int, least: float, most: float) -> float:
    """The height of a slab: it grows with the logarithm of the resolution, the coarsest given being ``least`` high."""
    if not area or finest <= coarsest:
        return least
    return least + (most - least) * max(0.0, log2(area / coarsest)) / log2(finest / coarsest)


def slab_width(channels: int | None, unit: float) -> float:
    """The width of a slab: it grows with the logarithm of the channels."""
    return unit * (2.5 + log2(max(1, channels or 1))) / 4
