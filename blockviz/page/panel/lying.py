"""A short body from left to right: the same layout with both axes exchanged, its boxes upright as ever.

Under a strip in a narrow column a block of a few boxes in a row takes a third of the height of a column of boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from blockviz.page.glyphs.boxes import Size
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.layout.branch_grid import BoxSpec, Grid
from blockviz.page.layout.series_parallel import Chain, Fork, Leaf
from blockviz.runtime.records import replace
from blockviz.scene import Disc, Path, Point, Shape

Drawer = Callable[[Canvas, float, float, Size], None]  # of a box with its top left at (x, y)
_MOST = 6  # lines side by side


def may_lie(grid: Grid, chain: Chain, stiff: Set[str] = frozenset()) -> bool:
    """Whether a layout is lines of boxes that part and meet: no tangle, no more than a few lines side by side.

    stiff : boxes that can't be made as high as the lines that meet at them.
    """
    for part, before in zip(chain.parts, (None, *chain.parts), strict=False):
        if isinstance(part, Fork):
            if len(grid.branches(part)) > _MOST or not all(may_lie(grid, branch, stiff) for branch in part.branches):
                return False
        elif not isinstance(part, Leaf) or (isinstance(before, Fork) and part.id in stiff):
            return False
    return True


def lying_bar(canvas: Canvas, thick: float, long: float, draw: Drawer) -> BoxSpec:
    """The bar where lines meet, upright; it draws itself on the real canvas, as high as the lines need.

    thick, long : its least width and height there.
    """

    def drawn(_: Canvas, x: float, y: float, room: float) -> None:
        draw(canvas, y, x, Size(thick, room))

    return BoxSpec(long, thick, drawn, "bar")


def lying(face: BoxSpec, canvas: Canvas, behind: float = 0.0, tall: Drawer | None = None) -> BoxSpec:
    """A box for a layout whose axes are exchanged; it draws itself upright on the real canvas.

    behind : room to its right. tall : draws it as high as the lines that meet at it.
    """

    def draw(_: Canvas, x: float, y: float, room: float) -> None:
        if tall is not None and room > face.height:
            tall(canvas, y, x, Size(face.width, room))
        else:
            face.draw(canvas, y, x + (room - face.height) / 2, face.width)

    return BoxSpec(face.height, face.width + behind, draw, face.merge, face.sink)


def lay_down(drawn: Canvas, canvas: Canvas) -> None:
    """Put the lines of a layout whose axes are exchanged onto the real canvas."""
    canvas.shapes += [_exchanged(shape) for shape in drawn.shapes]
    canvas.arrows += [replace(arrow, points=_points(arrow.points)) for arrow in drawn.arrows]


def _exchanged(shape: Shape) -> Shape:
    if isinstance(shape, Disc):
        return replace(shape, x=shape.y, y=shape.x)
    assert isinstance(shape, Path)
    return replace(shape, points=_points(shape.points))


def _points(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple((y, x) for x, y in points)
