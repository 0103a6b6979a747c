"""What a layout knows of a box, and the room that a part of a layout takes."""

from __future__ import annotations

from collections.abc import Callable

from blockviz.page.glyphs.canvas import Canvas
from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """How one box looks to the layout: its size, its role, and who draws it with the top left at (x, y)."""

    width: float
    height: float
    draw: Callable[[Canvas, float, float, float], None]
    merge: str = ""
    sink: bool = False


@dataclass(frozen=True, slots=True)
class Extent:
    """Room to the left and right of the axis, and height."""

    left: float
    right: float
    height: float

    @property
    def width(self) -> float:
        """Left and right together."""
        return self.left + self.right
