"""Two thin lines from a box of the overview to each panel, where all panels stand right beside a box of theirs.

A panel beside which another box stands, or that is far from its box, is found by its letter; so are all others of that
page, then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.scene import Box, Frame
from blockviz.text.font_metrics import run_width

_FAR = 5.0  # in sizes of a label
_CLEAR = 1.0  # points that the lines keep from what else is drawn
_SHIFT = {"start": 0.0, "middle": 0.5, "end": 1.0}
_Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Fan:
    """The room between the right edge of a box and the left edge of a panel, each with its top and foot."""

    left: float
    near: tuple[float, float]
    right: float
    far: tuple[float, float]

    def span(self, x: float) -> tuple[float, float]:
        """From where to where it reaches at a place."""
        share = (x - self.left) / (self.right - self.left)
        top, foot = (a + (b - a) * share for a, b in zip(self.near, self.far, strict=True))
        return top, foot

    def meets(self, rect: _Rect) -> bool:
        """Whether a rectangle reaches into it."""
        start, end = max(rect[0], self.left), min(rect[2], self.right)
        spans = [self.span(start), self.span(end)]
        above, below = rect[1] - _CLEAR, rect[3] + _CLEAR
        return start < end and min(top for top, _ in spans) < below and above < max(foot for _, foot in spans)


def draw_zoom_lines(page: Canvas, theme: Theme, letters: Mapping[str, str]) -> None:
    """Lines to all panels, or none; ``letters`` : box → its letter."""
    solid = list(_solid(page))
    fans = list[_Fan]()
    for frame in (group for group in page.groups if group.id):
        own = [box for box in page.boxes if letters.get(box.id) == frame.id]
        found = (_Fan(b.x + b.width, (b.y, b.y + b.height), frame.x, (frame.y, frame.y + frame.height))
                 for b in own if _is_beside(b, frame, theme.type.label * _FAR))  # fmt: skip
        free = [fan for fan in found if not any(map(fan.meets, solid)) and not any(_cross(fan, one) for one in fans)]
        if not free:
            return
        fans.append(min(free, key=lambda fan: abs(sum(fan.near) - sum(fan.far))))
    for fan in fans:
        for start, end in zip(fan.near, fan.far, strict=True):
            page.rule(((fan.left, start), (fan.right, end)), theme.colours.rule, theme.type.thin)


def _is_beside(box: Box, frame: Frame, far: float) -> bool:
    gap, centre = frame.x - box.x - box.width, box.y + box.height / 2
    return 0 < gap <= far and frame.y <= centre <= frame.y + frame.height


def _cross(one: _Fan, other: _Fan) -> bool:
    """Whether two of them have room in common."""
    start, end = max(one.left, other.left), min(one.right, other.right)
    pairs = [(one.span(x), other.span(x)) for x in (start, end)]
    return any(a[0] < b[1] and b[0] < a[1] for a, b in pairs)


def _solid(page: Canvas) -> Iterator[_Rect]:
    """What stands on a page, by the room that it takes."""
    for box in page.boxes:
        yield box.x + 0.1, box.y, box.x + box.width - 0.1, box.y + box.height
    for words in page.words:
        wide = run_width(words.runs, words.size)
        left = words.x - wide * _SHIFT[words.anchor]
        yield left, words.y - words.size * 0.8, left + wide, words.y + words.size * 0.25
    for arrow in page.arrows:
        for (x0, y0), (x1, y1) in pairwise(arrow.points):
            yield min(x0, x1) - 0.2, min(y0, y1), max(x0, x1) + 0.2, max(y0, y1)
