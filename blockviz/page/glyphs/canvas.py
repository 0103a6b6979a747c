"""A place to collect drawing elements in local coordinates and to put one collection onto another."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Arrow, Box, Disc, Frame, Path, Point, Shape, Sheet, Span, Words


@dataclass(frozen=True, slots=True)
class Loose:
    """Where the next arrow starts: a box's id and a point."""

    id: str
    x: float
    y: float
    colour: str = ""
    lane: bool = False


@dataclass(slots=True)
class Canvas:
    """Elements drawn so far, and the room they need. ``shown`` : letters that have a panel in the figure."""

    width: float = 0.0
    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    groups: list[Frame] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    shown: frozenset[str] = frozenset()

    def text(
        self,
        x: float,
        y: float,
        runs: str | Sequence[Span],
        size: float,
        colour: str,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Put a line of text with its baseline at ``y``."""
        parts = (Span(runs, bold=bold),) if isinstance(runs, str) else tuple(runs)
        self.words.append(Words(x, y, parts, size, colour, anchor))

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "",
        line: str = "",
        stroke: float = 0.6,
        radius: float = 0.0,
    ) -> None:
        """Put a rectangle behind arrows and boxes."""
        points = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        self.shapes.append(Path(points, line, fill, stroke, closed=True, radius=radius))

    def front_rect(
        self, x: float, y: float, width: float, height: float, fill: str, line: str, stroke: float = 0.6
    ) -> None:
        """Put a small rectangle before arrows and boxes (a mark on a filled box)."""
        ident = f"mark{len(self.boxes)}@{x:.1f},{y:.1f}"
        self.boxes.append(Box(ident, x, y, width, height, "rect", fill, line, stroke))

    def rule(self, points: Sequence[Point], colour: str, stroke: float = 0.6, radius: float = 0.0) -> None:
        """Put a line without an arrowhead."""
        self.shapes.append(Path(tuple(points), colour, "", stroke, radius=radius))

    def sheet(self, background: str, height: float | None = None) -> Sheet:
        """Everything drawn so far as a finished sheet."""
        tall = self.height if height is None else height
        shapes, arrows, boxes = tuple(self.shapes), tuple(self.arrows), tuple(self.boxes)
        rest = tuple(self.words), tuple(self.groups), tuple(self.links)
        return Sheet(self.width, tall, background, shapes, arrows, boxes, *rest)

    def place(self, other: Canvas, dx: float, dy: float) -> None:
        """Put everything of another canvas here, shifted."""
        self.shapes += [_shift_shape(shape, dx, dy) for shape in other.shapes]
        self.arrows += [replace(a, points=_shift(a.points, dx, dy)) for a in other.arrows]
        self.boxes += [replace(b, x=b.x + dx, y=b.y + dy) for b in other.boxes]
        self.words += [replace(w, x=w.x + dx, y=w.y + dy) for w in other.words]
        self.groups += [replace(g, x=g.x + dx, y=g.y + dy) for g in other.groups]
        self.links += other.links


def _shift(points: Sequence[Point], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


def _shift_shape(shape: Shape, dx: float, dy: float) -> Shape:
    if isinstance(shape, Disc):
        return replace(shape, x=shape.x + dx, y=shape.y + dy)
    return replace(shape, points=_shift(shape.points, dx, dy))
