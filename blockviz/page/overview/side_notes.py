"""What stands beside the boxes of a column: the output's shape, the parameters, and their share with its bar."""

from __future__ import annotations

from collections.abc import Iterable

from blockviz.outline.model import Part
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import has_params, params_text, percent_text
from blockviz.page.overview.part_wiring import fitting_shapes, output_text
from blockviz.page.style.theme import Theme
from blockviz.text.font_metrics import middle, width


def _cost(part: Part, total: int) -> tuple[str, str]:
    """The parameters and their share; ``total`` is 0 where no share can be taken."""
    if not has_params(part.cost):
        return "", ""
    if part.again:
        return "same weights", ""
    return params_text(part.cost), percent_text(part.cost.params / total) if total else ""


def notes_width(parts: Iterable[Part], total: int, theme: Theme) -> float:
    """Room for the notes of all parts, and what keeps them apart from the boxes."""
    type_, shapes, costs, space = theme.type, 0.0, 0.0, theme.space
    for part in parts:
        cost, share = _cost(part, total)
        shapes = max(shapes, width(output_text(part), type_.label))
        costs = max(costs, width(cost, type_.small) + width(share, type_.small))
    return min(max(shapes, costs + type_.small, type_.label * 6.2), type_.label * 13) + space.gap


def draw_note(canvas: Canvas, theme: Theme, part: Part, total: int, left: float, right: float, centre: float) -> None:
    """The note of one part around the height of its box's middle."""
    type_, colours, room, space = theme.type, theme.colours, right - left, theme.space
    shape = fitting_shapes(part, type_.label, room)
    if not has_params(part.cost):
        canvas.text(left, middle(centre, type_.label), shape, type_.label, colours.text)
        return
    cost, share = _cost(part, total)
    canvas.text(left, centre - type_.small * 0.22, shape, type_.label, colours.text)
    canvas.text(left, centre + type_.small * 0.88, cost, type_.small, colours.muted)
    if not total or part.again:
        return
    canvas.text(right, centre + type_.small * 0.88, share, type_.small, colours.muted, "end")
    thick, top = space.tight, centre + type_.small * 1.15
    canvas.rect(left, top, room, thick, colours.track)
    canvas.rect(left, top, max(0.4, room * part.cost.params / total), thick, colours.share)


def draw_notes_heading(canvas: Canvas, theme: Theme, left: float, room: float) -> None:
    """What the notes are, in as many words as there is room for."""
    type_, space = theme.type, theme.space
    for words in ("output, parameters", "output, params", "output"):
        if left + width(words, type_.small) <= room:
            canvas.text(left, space.ascent, words, type_.small, theme.colours.muted)
            return
