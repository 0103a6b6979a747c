"""Stages of an overview: consecutive boxes at one resolution, with a thin bracket at their left that says which."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from blockviz.outline.model import Part
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import times
from blockviz.page.overview.part_wiring import is_big, shape_of
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.text.font_metrics import middle, width


@dataclass(frozen=True, slots=True)
class Stage:
    """The ids of a stage's parts, and its resolution."""

    ids: tuple[str, ...]
    text: str


def stages_of(parts: Sequence[Part]) -> tuple[Stage, ...]:
    """Stages of several boxes or of several copies; none at all where there is only one, which says nothing."""
    runs = [(resolution, list(group)) for resolution, group in groupby(parts, key=_resolution) if resolution]
    found = tuple(
        Stage(tuple(part.id for part in group), times(resolution))
        for resolution, group in runs
        if len(group) > 1 or group[0].repeat > 1
    )
    return found if len(found) > 1 and any(len(stage.ids) > 1 for stage in found) else ()


def _resolution(part: Part) -> tuple[int, ...]:
    """Height and width of a part's output; empty where it has none."""
    size = shape_of(part)[1:-1]
    return tuple(n for n in size if n) if len(size) > 1 and all(size) and not is_big(part) else ()


def stage_room(stages: Sequence[Stage], theme: Theme) -> float:
    """The width that brackets and their words take."""
    return max((width(stage.text, theme.type.small) for stage in stages), default=0.0) + theme.type.label * 1.3


def draw_stage(canvas: Canvas, theme: Theme, text: str, right: float, top: float, bottom: float) -> None:
    """A bracket whose feet end at ``right``, and its words at its left."""
    type_, colours = theme.type, theme.colours
    foot = type_.label * 0.4
    x = right - foot
    canvas.rule(((right, top), (x, top), (x, bottom), (right, bottom)), colours.muted, type_.stroke * 0.8)
    base = middle((top + bottom) / 2, type_.small)
    canvas.text(x - type_.label * 0.35, base, text, type_.small, colours.muted, "end")
