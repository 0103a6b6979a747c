"""Lines with rounded corners and dashes, as the Bézier pieces that every format understands."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import hypot

from blockviz.scene import Arrow, Box, Path, Point

_ARC = 0.5523  # Bézier handle of a quarter circle


def toward(a: Point, b: Point, distance: float) -> Point:
    """The point ``distance`` from a on the way to b."""
    length = hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return (a[0] + (b[0] - a[0]) * distance / length, a[1] + (b[1] - a[1]) * distance / length)


def _straight(a: Point, b: Point) -> list[Point]:
    return [toward(a, b, hypot(b[0] - a[0], b[1] - a[1]) * part) for part in (1 / 3, 2 / 3)] + [b]


def rounded(points: Sequence[Point], radius: float, closed: bool = False) -> list[Point]:
    """Control points (1 + 3n) of a cubic Bézier along ``points``, corners rounded as far as they have room."""
    corners = list(points)
    if closed:
        start = toward(corners[0], corners[1], hypot(corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]) / 2)
        corners = [start, *corners[1:], corners[0], start]
    out = [corners[0]]
    for before, at, after in zip(corners, corners[1:], corners[2:], strict=False):
        room = min(hypot(at[0] - before[0], at[1] - before[1]), hypot(after[0] - at[0], after[1] - at[1])) / 2
        bend = min(radius, room)
        if bend < 0.05:
            out += _straight(out[-1], at)
            continue
        enter, leave = toward(at, before, bend), toward(at, after, bend)
        out += _straight(out[-1], enter)
        out += [toward(enter, at, bend * _ARC), toward(leave, at, bend * _ARC), leave]
    out += _straight(out[-1], corners[-1])
    return out


def dashes(path: Path) -> list[tuple[Point, Point]]:
    """The strokes of a dashed line, each a straight piece; the pattern starts anew at every corner."""
    if not path.dash:
        return []
    on, off = path.dash
    points = [*path.points, path.points[0]] if path.closed else list(path.points)
    out = []
    for a, b in itertools.pairwise(points):
        length = hypot(b[0] - a[0], b[1] - a[1])
        count = max(1, round((length + off) / (on + off)))
        stretch = length / (count * (on + off) - off) if length else 1.0
        for i in range(count):
            begin = i * (on + off) * stretch
            out.append((toward(a, b, begin), toward(a, b, begin + on * stretch)))
    return out


def arrow_head(arrow: Arrow) -> Path:
    """The filled triangle at an arrow's end."""
    tip = arrow.points[-1]
    base = toward(tip, arrow.points[-2], arrow.head)
    dx, dy = (tip[0] - base[0]) * 0.36, (tip[1] - base[1]) * 0.36
    return Path((tip, (base[0] - dy, base[1] + dx), (base[0] + dy, base[1] - dx)), "", arrow.colour, 0.1, closed=True)


def outline(box: Box) -> Path | None:
    """The contour of a box whose form Graphviz has no shape for (pill, trapezium, dashed), else None."""
    x0, y0, x1, y1 = box.x, box.y, box.x + box.width, box.y + box.height
    slant = box.slant
    form = {"pill": (0.0, 0.0), "funnel": (0.0, slant), "spread": (slant, 0.0)}.get(box.form)
    if form is None and not box.dashed:
        return None
    top, foot = form or (0.0, 0.0)
    points = ((x0 + top, y0), (x1 - top, y0), (x1 - foot, y1), (x0 + foot, y1))
    radius = box.height / 2 if box.form == "pill" else 0.0
    return Path(points, box.line, box.fill, box.stroke, True, radius, (2.2, 1.4) if box.dashed else ())
