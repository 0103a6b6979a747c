"""Arrows that end at the rectangle around a box go on to its outline, where that slants or is round."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Point, Sheet

_NEAR = 0.75  # points within which an end belongs to a box


def meet_outlines(sheet: Sheet) -> Sheet:
    """The sheet with the ends of its arrows on the outlines of the boxes that they join."""
    shaped = {box.id: box for box in sheet.boxes if box.form in ("funnel", "spread", "pill", "circle")}
    return replace(sheet, arrows=tuple(_met(arrow, shaped) for arrow in sheet.arrows)) if shaped else sheet


def _met(arrow: Arrow, shaped: Mapping[str, Box]) -> Arrow:
    points = list(arrow.points)
    if len(points) > 1 and (box := shaped.get(arrow.target)):
        points[-1] = _on(box, points[-1], points[-2])
    if len(points) > 1 and (box := shaped.get(arrow.source)):
        points[0] = _on(box, points[0], points[1])
    return replace(arrow, points=tuple(points)) if tuple(points) != arrow.points else arrow


def _on(box: Box, end: Point, other: Point) -> Point:
    """An end moved along its line to the outline, if it lies on an edge of the rectangle or within it."""
    (x, y), left, top = end, box.x, box.y
    right, foot = box.x + box.width, box.y + box.height
    if not (left - _NEAR <= x <= right + _NEAR and top - _NEAR <= y <= foot + _NEAR):
        return end
    if abs(y - other[1]) < _NEAR:  # level
        inset = _side_inset(box, min(max(y, top), foot))
        return (left + inset, y) if other[0] < x else (right - inset, y)
    if abs(x - other[0]) < _NEAR and box.form in ("pill", "circle"):  # upright
        inset = _top_inset(box, min(max(x, left), right))
        return (x, top + inset) if other[1] < y else (x, foot - inset)
    return end


def _side_inset(box: Box, y: float) -> float:
    """How far the outline is inside the rectangle at a height."""
    share = (y - box.y) / box.height
    if box.form == "funnel":
        return box.slant * share
    if box.form == "spread":
        return box.slant * (1 - share)
    radius = box.height / 2
    return radius - sqrt(max(0.0, radius**2 - (y - box.y - radius) ** 2))


def _top_inset(box: Box, x: float) -> float:
    """How far the outline of a round end is below the rectangle's top."""
    radius = box.height / 2
    beside = max(0.0, box.x + radius - x, x - (box.x + box.width - radius))
    return radius - sqrt(max(0.0, radius**2 - beside**2))
