"""Stages of an overview: consecutive boxes at one resolution, as the figure brackets them and tables say them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from blockviz.outline.model import Part
from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """The ids of a stage's parts, and its resolution."""

    ids: tuple[str, ...]
    text: str


def stages_of(parts: Sequence[Part]) -> tuple[Stage, ...]:
    """Stages of several boxes or of several copies; none at all where there is only one, which says nothing."""
    runs = [(resolution, list(group)) for resolution, group in groupby(parts, key=_resolution) if resolution]
    found = tuple(
        Stage(tuple(part.id for part in group), "×".join(map(str, resolution)))
        for resolution, group in runs
        if len(group) > 1 or group[0].repeat > 1
    )
    return found if len(found) > 1 and any(len(stage.ids) > 1 for stage in found) else ()


def resolution_text(part: Part) -> str:
    """``56×56``; empty where a part has no resolution."""
    return "×".join(map(str, _resolution(part)))


def _resolution(part: Part) -> tuple[int, ...]:
    """Height and width of a part's output; empty where it has none, and for whole networks."""
    size = (part.taps[-1].shape if part.taps else part.output_shape)[1:-1]
    whole = part.kind in ("backbone", "nested")
    return tuple(n for n in size if n) if len(size) > 1 and all(size) and not whole else ()
