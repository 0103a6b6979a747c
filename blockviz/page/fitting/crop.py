"""Cut a sheet to its drawing: the width that the figure needs, rules across it cut likewise."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from blockviz.page.glyphs.canvas import Canvas
from blockviz.runtime.records import replace
from blockviz.scene import Disc, Path, Shape, Sheet, Words
from blockviz.text.font_metrics import run_width


def cropped(sheet: Sheet, margin: float) -> Sheet:
    """The sheet no wider than what is on it, and a margin; never wider than it was."""
    width = min(sheet.width, float(ceil(right_end(sheet) + margin)))
    if width >= sheet.width - 1:
        return sheet
    shapes = tuple(_cut(shape, width - margin) if _is_rule(shape, sheet) else shape for shape in sheet.shapes)
    groups = tuple(replace(group, width=min(group.width, width - group.x)) for group in sheet.groups)
    return replace(sheet, width=width, shapes=shapes, groups=groups)


def right_end(drawn: Sheet | Canvas) -> float:
    """Where the last of what is drawn ends, rules across all of it apart."""
    return max(_right_ends(drawn), default=drawn.width)


def _right_ends(sheet: Sheet | Canvas) -> Iterator[float]:
    for shape in sheet.shapes:
        if isinstance(shape, Disc):
            yield shape.x + shape.radius
        elif not _is_rule(shape, sheet):
            yield max(x for x, _ in shape.points) + shape.stroke
    yield from (x for arrow in sheet.arrows for x, _ in arrow.points)
    yield from (box.x + box.width + box.stroke for box in sheet.boxes)
    yield from map(_end_of, sheet.words)


def _end_of(words: Words) -> float:
    wide = run_width(words.runs, words.size)
    return words.x + wide * {"start": 1.0, "middle": 0.5, "end": 0.0}[words.anchor]


def _is_rule(shape: Shape, sheet: Sheet | Canvas) -> bool:
    """Whether a shape is a rule across the whole sheet."""
    if not isinstance(shape, Path) or len(shape.points) != 2:
        return False
    (x0, y0), (x1, y1) = shape.points
    return y0 == y1 and abs(x1 - x0) > sheet.width * 0.9


def _cut(shape: Shape, right: float) -> Shape:
    assert isinstance(shape, Path)
    return replace(shape, points=tuple((min(x, right), y) for x, y in shape.points))
