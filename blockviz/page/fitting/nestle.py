"""Panels that move into the empty corner of an overview that is narrower where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.page.fitting.column_packing import Placed
from blockviz.page.glyphs.canvas import Canvas
from blockviz.runtime.records import dataclass
from blockviz.scene import Disc
from blockviz.text.font_metrics import run_width

_SHIFT = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle."""

    left: float
    top: float
    right: float
    foot: float


def free_shift(drawn: Canvas, areas: Sequence[Area], gap: float) -> float:
    """How far areas right of a drawing can move to the left, all alike, until one of them is a gap away from it."""
    solid = list(_solid(drawn))
    room = [area.left - one.right - gap for area in areas for one in solid
            if one.top < area.foot + gap and area.top - gap < one.foot]  # fmt: skip
    return max(0.0, min([*room, *(area.left for area in areas)]))


def areas_of(placed: Sequence[Placed], left: float) -> list[Area]:
    """The rooms of panels that stand from ``left`` on."""
    return [Area(left + one.x, one.y, left + one.x + one.width, one.y + one.height) for one in placed]


def _solid(drawn: Canvas) -> Iterator[Area]:
    """What is drawn, by the room that it takes."""
    for shape in drawn.shapes:
        if isinstance(shape, Disc):
            r = shape.radius
            yield Area(shape.x - r, shape.y - r, shape.x + r, shape.y + r)
        else:
            yield _around([x for x, _ in shape.points], [y for _, y in shape.points])
    for arrow in drawn.arrows:
        for (x0, y0), (x1, y1) in zip(arrow.points, arrow.points[1:], strict=False):
            yield _around([x0, x1], [y0, y1])
    for box in drawn.boxes:
        yield Area(box.x, box.y, box.x + box.width, box.y + box.height)
    for words in drawn.words:
        wide = run_width(words.runs, words.size)
        left = words.x - wide * _SHIFT[words.anchor]
        yield Area(left, words.y - words.size, left + wide, words.y + words.size * 0.3)


def _around(xs: Sequence[float], ys: Sequence[float]) -> Area:
    return Area(min(xs), min(ys), max(xs), max(ys))
