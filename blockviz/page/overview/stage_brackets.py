"""Stages of an overview: consecutive boxes at one resolution, with a thin bracket at their left that says which."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.outline.stages import Stage, stages_of
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.text.font_metrics import middle, width

__all__ = ["draw_stage", "stage_room", "stages_of"]


def stage_room(stages: Sequence[Stage], theme: Theme) -> float:
    """The width that brackets and their words take."""
    return max((width(stage.text, theme.type.small) for stage in stages), default=0.0) + theme.space.gap


def draw_stage(canvas: Canvas, theme: Theme, text: str, right: float, top: float, bottom: float) -> None:
    """A bracket whose feet end at ``right``, and its words at its left."""
    type_, colours, space = theme.type, theme.colours, theme.space
    foot = space.near
    x = right - foot
    canvas.rule(((right, top), (x, top), (x, bottom), (right, bottom)), colours.muted, type_.thin)
    base = middle((top + bottom) / 2, type_.small)
    canvas.text(x - space.tight, base, text, type_.small, colours.muted, "end")
