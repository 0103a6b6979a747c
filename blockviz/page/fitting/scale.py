"""Enlarge a finished sheet: every length of a layout grows with its type, so one layout serves all sizes."""

from __future__ import annotations

from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Disc, Frame, Path, Point, Shape, Sheet, Words


def scaled(sheet: Sheet, factor: float) -> Sheet:
    """The sheet with all lengths and type sizes times ``factor``."""
    if factor == 1.0:
        return sheet
    return replace(
        sheet,
        width=sheet.width * factor,
        height=sheet.height * factor,
        shapes=tuple(_shape(shape, factor) for shape in sheet.shapes),
        arrows=tuple(_arrow(arrow, factor) for arrow in sheet.arrows),
        boxes=tuple(_box(box, factor) for box in sheet.boxes),
        words=tuple(_words(words, factor) for words in sheet.words),
        groups=tuple(_group(group, factor) for group in sheet.groups),
    )


def _points(points: tuple[Point, ...], f: float) -> tuple[Point, ...]:
    return tuple((x * f, y * f) for x, y in points)


def _shape(shape: Shape, f: float) -> Shape:
    if isinstance(shape, Disc):
        return Disc(shape.x * f, shape.y * f, shape.radius * f, shape.line, shape.fill, shape.stroke * f)
    dash = (shape.dash[0] * f, shape.dash[1] * f) if shape.dash else ()
    return Path(
        _points(shape.points, f), shape.line, shape.fill, shape.stroke * f, shape.closed, shape.radius * f, dash
    )


def _arrow(arrow: Arrow, f: float) -> Arrow:
    return replace(
        arrow, points=_points(arrow.points, f), stroke=arrow.stroke * f, radius=arrow.radius * f, head=arrow.head * f
    )


def _box(box: Box, f: float) -> Box:
    return replace(
        box,
        x=box.x * f,
        y=box.y * f,
        width=box.width * f,
        height=box.height * f,
        stroke=box.stroke * f,
        size=box.size * f,
    )


def _words(words: Words, f: float) -> Words:
    return replace(words, x=words.x * f, y=words.y * f, size=words.size * f)


def _group(group: Frame, f: float) -> Frame:
    return replace(group, x=group.x * f, y=group.y * f, width=group.width * f, height=group.height * f)
