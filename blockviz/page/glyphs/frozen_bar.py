"""How many of a model's parameters are frozen: a bar of all of them, the frozen ones hatched."""

from __future__ import annotations

from blockviz.page.glyphs.boxes import Size, draw_hatch
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import count_text
from blockviz.page.style.theme import Theme
from blockviz.scene import Span
from blockviz.text.font_metrics import middle, run_width


def draw_shares(canvas: Canvas, theme: Theme, total: int, share: float, room: float, y: float) -> None:
    """The bar around ``y`` between the total at its left and the percentages at its right."""
    type_, colours, space = theme.type, theme.colours, theme.space
    head = (Span("parameters", bold=True), Span(f" {count_text(total)} in total", colour=colours.muted))
    percent = f"{share * 100:.2f}" if share > 0.99 else f"{share * 100:.1f}"
    rest = f"{100 - float(percent):.2f}" if share > 0.99 else f"{100 - float(percent):.1f}"
    tail = (
        Span(f"{percent}\u2009% frozen, "),
        Span(f"{rest}\u2009% trained", bold=True, colour=colours.accent),
    )
    left = run_width(head, type_.small) + type_.label
    right = room - run_width(tail, type_.small) - type_.label
    thick = space.pad
    canvas.text(0, middle(y, type_.small), head, type_.small, colours.text)
    canvas.text(room, middle(y, type_.small), tail, type_.small, colours.text, "end")
    if right - left < type_.label * 5:
        return
    canvas.rect(left, y - thick / 2, right - left, thick, colours.block)
    draw_hatch(canvas, left, y - thick / 2, Size((right - left) * share, thick), colours.hatch, type_.thin)
    canvas.rect(left, y - thick / 2, right - left, thick, "", colours.block_line, type_.thin)
    at = left + (right - left) * share
    canvas.rule(((at, y - thick * 0.8), (at, y + thick * 0.8)), colours.accent, type_.heavy)
