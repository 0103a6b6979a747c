"""The boxes of an overview that must be narrow: words in small type, as wide as the longest, and sizes that change."""

from __future__ import annotations

from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size, badge_size, draw_badge, draw_block_box, draw_label
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.layout.placement import Spot
from blockviz.page.overview.shape.cards import Cards
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import replace
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width, unbroken, width, wrap

_SIDES, _SLANTED = 0.9, 2.0  # room beside words, and beside those in a trapezium, in units of the label's type

_LINE = 1.2  # a line of words to the next, in ems
_REMARK = 6.5  # where remarks are broken, in units of the label's type


def small_card(cards: Cards, part: Part, style: Style) -> Spot:
    """The box of a part whose words are broken at the style's room, or at their longest."""
    theme, type_ = cards.theme, cards.theme.type
    if cards.is_sign(part):
        size = cards.sign_size(part)
        return Spot(part.id, size.width, size.height)
    lines = _lines(cards, part, style)
    badge = badge_size(part.letter, theme).width + theme.space.near if part.letter else 0.0
    slanted = cards.is_plain(part) and cards.label(part).form in ("funnel", "spread")
    sides = type_.label * (_SLANTED if slanted else _SIDES)
    sides += 3.0 if cards.is_plain(part) and cards.label(part).family == "sequence" else 0.0  # its double edges
    sides = max(sides, 2 * cards.depth(part) + 1)  # words stand on the first of the copies, and beside no other's edge
    marks = cards.tally_room(part) if part.letter else 0.0
    told = _size(cards, part, style)
    wide = badge + max([marks, width(told, type_.small), *(run_width(line, type_.small) for line in lines)]) + sides
    high = (len(lines) + bool(marks) + bool(told)) * type_.small * _LINE + theme.space.side
    high = max(high, badge_size("A", theme).height + theme.space.near if part.letter else 0.0)
    return Spot(part.id, max(wide, type_.label * 2), high, cards.depth(part))


def draw_small_card(cards: Cards, canvas: Canvas, part: Part, spot: Spot, style: Style, dx: float, dy: float) -> None:
    """Draw the box of a part with its words."""
    x, y, size = spot.x + dx, spot.y + dy, Size(spot.width, spot.height)
    theme, ident, title, colour = cards.theme, f"/{part.id}", cards.title_of(part), cards.theme.colours.text
    if not cards.is_sign(part):
        cards.draw_copies(canvas, part, x, y, size)
    left = x
    if cards.is_plain(part):
        first = len(canvas.boxes)
        draw_label(canvas, cards.label(part), theme, ident, x, y, size, title=title)
        if cards.is_sign(part):
            return
        colour = canvas.boxes[first].colour
        canvas.boxes[first] = replace(canvas.boxes[first], lines=())
    else:
        draw_block_box(canvas, theme, ident, x, y, size, title, "", letter=part.letter or "")
    if part.letter:
        badge, filled = badge_size(part.letter, theme), part.letter in canvas.shown
        left += theme.space.near
        top = y + (size.height - badge.height) / 2
        draw_badge(canvas, part.letter, theme, f"{ident}|badge", left, top, filled=filled)
        left += badge.width
    lines, small = _lines(cards, part, style), theme.type.small
    marks = cards.tally_room(part) if part.letter else 0.0
    told = _size(cards, part, style)
    tall = (len(lines) + bool(marks) + bool(told)) * small * _LINE
    centre, base = (left + x + size.width) / 2, y + (size.height - tall) / 2 + small * 0.95
    for line in lines:
        canvas.text(centre, base, line, small, colour, "middle")
        base += small * _LINE
    if told:
        light = colour == theme.colours.bar_text  # on a dark ground
        canvas.text(centre, base, told, small, colour if light else theme.colours.muted, "middle")
        base += small * _LINE
    if marks:
        cards.draw_kinds(canvas, part, centre - (marks - theme.space.near) / 2, base)


def _size(cards: Cards, part: Part, style: Style) -> str:
    """What comes out where that is not what comes in; "" where a layer's label tells it."""
    if not style.sized or (len(part.output_shape) < 3 and not part.letter):
        return ""
    read = [other for name, other in cards.parts.items() if part.id in cards.wires.get(name, ())]
    same = bool(read) and all(other.output_shape == part.output_shape for other in read)
    out = cards.out(part)
    return "" if same or (cards.is_plain(part) and cards.label(part).tail == out) else out


def _lines(cards: Cards, part: Part, style: Style) -> list[tuple[Span, ...]]:
    """The name over as many lines as it needs, what else is to say in lines below; ×N ends it."""
    size, times = cards.theme.type.small, f" {part.times}" if part.times else ""
    room = cards.theme.type.label * style.room
    if cards.is_plain(part):
        label = cards.label(part)
        whole = label.lines()[0]
        count = (Span(times, bold=True),) if times else ()
        if run_width((*whole, *count), size) <= room:
            return [(*whole, *count)]
        heads, tails = _broken(label.head, size, room, True), _broken(label.tail, size, room, False)
        lines = [(Span(text, bold=bool(label.tail) or label.family in ("conv", "pool")),) for text in heads]
        lines += [(Span(text),) for text in tails]
        return [*lines[:-1], (*lines[-1], *count)] if lines else [count]
    wide = max(room, cards.theme.type.label * _REMARK)
    said = [line for words in cards.remarks(part) for line in _broken(words, size, wide, False)]
    name = "" if part.letter and style.slabs else part.name  # a line below says what slabs stand for
    named = _broken(f"{name}{times}".strip(), size, room, True)
    return [*((Span(line, bold=True),) for line in named), *((Span(line),) for line in said)]


def _broken(text: str, size: float, room: float, bold: bool) -> list[str]:
    """Text over several lines, no word of it cut."""
    longest = max((width(word, size, bold=bold) for word in unbroken(text)), default=0.0)
    return wrap(text, size, max(room, longest + 0.1)) if text else []
