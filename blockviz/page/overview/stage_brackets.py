"""Stages of an overview: consecutive boxes at one resolution, with a thin bracket at their left that says which."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from blockviz.outline.model import Part
from blockviz.outline.stages import Stage, resolution_text, stages_of
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.scene import Box
from blockviz.text.font_metrics import middle, width

__all__ = ["bracketed", "draw_stages", "stage_room"]


def bracketed(parts: Sequence[Part]) -> tuple[Stage, ...]:
    """The stages that get a bracket: all, or none where most resolutions are those of a single box, so that brackets
    would look arbitrary."""
    stages = stages_of(parts)
    resolutions = sum(1 for text, _ in groupby(map(resolution_text, parts)) if text)
    return stages if 2 * len(stages) > resolutions else ()


def stage_room(stages: Sequence[Stage], theme: Theme) -> float:
    """The width that brackets and their words take; none where there are none."""
    return max((width(stage.text, theme.type.small) + theme.space.gap for stage in stages), default=0.0)


def draw_stages(canvas: Canvas, theme: Theme, parts: Sequence[Part], right: float, boxes: Sequence[Box]) -> None:
    """Brackets whose feet end at ``right`` around what some boxes show of each stage."""
    place = {box.id.removeprefix("/"): box for box in boxes}
    for stage in bracketed(parts):
        shown = [place[name] for name in stage.ids if name in place]
        if shown:
            _draw_stage(canvas, theme, stage.text, right, shown[0].y, shown[-1].y + shown[-1].height)


def _draw_stage(canvas: Canvas, theme: Theme, text: str, right: float, top: float, bottom: float) -> None:
    """A bracket whose feet end at ``right``, and its words at its left."""
    type_, colours, space = theme.type, theme.colours, theme.space
    foot = space.near
    x = right - foot
    canvas.rule(((right, top), (x, top), (x, bottom), (right, bottom)), colours.muted, type_.thin)
    base = middle((top + bottom) / 2, type_.small)
    canvas.text(x - space.tight, base, text, type_.small, colours.muted, "end")
