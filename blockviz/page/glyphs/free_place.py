"""Which of several places for a short text is free of what has been drawn: boxes, words, lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from blockviz.page.glyphs.canvas import Canvas
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Path, Point
from blockviz.text.font_metrics import run_width, width

_ABOVE, _BELOW = 0.72, 0.2  # of the type's size: how far letters reach from their baseline
_HAIR = 0.4  # points on either side of a line that words keep clear of it

Rect = tuple[float, float, float, float]  # left, top, right, foot


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text may stand: ``x`` is its start, or its end as ``anchor`` says; ``y`` its baseline."""

    x: float
    y: float
    anchor: str = "start"

    def rect(self, wide: float, size: float) -> Rect:
        """The room that a text of this width takes here."""
        left = {"start": self.x, "middle": self.x - wide / 2, "end": self.x - wide}[self.anchor]
        return left, self.y - _ABOVE * size, left + wide, self.y + _BELOW * size


@dataclass(slots=True)
class Taken:
    """What has been drawn on a canvas, by the room that it takes."""

    canvas: Canvas
    _solid: list[Rect] = field(default_factory=list)
    _words: int = 0  # how many of the canvas's words are in it

    def clear_signs(self) -> None:
        """Move words at the right of a circle to where no line strikes them: higher, lower, or to its left."""
        for box in self.canvas.boxes:
            if box.form != "circle":
                continue
            right, foot = box.x + box.width, box.y + box.height
            for number, words in enumerate(self.canvas.words):
                if not (right < words.x < right + words.size and box.y < words.y < foot) or words.anchor != "start":
                    continue
                text, size, edge = "".join(run.text for run in words.runs), words.size, words.x - right
                levels = (words.y, box.y + size * 0.1, foot + size * 0.4)
                places = [Place(words.x, level) for level in levels]
                places += [Place(box.x - edge, place.y, "end") for place in places]
                self.canvas.words[number] = replace(words, x=-1e6)  # it does not stand in its own way
                best = Taken(self.canvas).best(places, text, size)
                self.canvas.words[number] = replace(words, x=best.x, y=best.y, anchor=best.anchor)

    def best(self, places: Sequence[Place], text: str, size: float) -> Place:
        """The first place that is free; where none is, the one that meets least."""
        self._refresh()
        wide = width(text, size)
        return min(places, key=lambda place: self._meets(place.rect(wide, size)))

    def is_free(self, place: Place, text: str, size: float) -> bool:
        """Whether a text meets nothing at a place."""
        self._refresh()
        return not self._meets(place.rect(width(text, size), size))

    def _meets(self, rect: Rect) -> int:
        outside = rect[0] < 0 or rect[1] < 0 or rect[2] > self.canvas.width > 0
        return 2 * outside + sum(_overlap(rect, other) for other in self._solid)

    def _refresh(self) -> None:
        """Take in what was drawn since; words are written between two calls."""
        canvas = self.canvas
        if not self._solid:
            self._solid += [(box.x, box.y, box.x + box.width, box.y + box.height) for box in canvas.boxes]
            areas = [shape for shape in canvas.shapes if isinstance(shape, Path) and shape.closed]
            self._solid += [_around(area.points) for area in areas if area.line or _is_bar(area)]
            lines: Iterable[Sequence[Point]] = [
                *(arrow.points for arrow in canvas.arrows),
                *(shape.points for shape in canvas.shapes if isinstance(shape, Path) and not shape.closed),
            ]
            self._solid += [
                (min(ax, bx) - _HAIR, min(ay, by) - _HAIR, max(ax, bx) + _HAIR, max(ay, by) + _HAIR)
                for points in lines
                for (ax, ay), (bx, by) in pairwise(points)
            ]
        for words in canvas.words[self._words :]:
            place = Place(words.x, words.y, words.anchor)
            self._solid.append(place.rect(run_width(words.runs, words.size), words.size))
        self._words = len(canvas.words)


_THIN = 4.0  # points: no ground for words is so low


def _is_bar(area: Path) -> bool:
    """Whether an area is the bar of a share, and no ground on which words may stand."""
    _, top, _, foot = _around(area.points)
    return bool(area.fill) and foot - top < _THIN


def _around(points: Sequence[Point]) -> Rect:
    """The rectangle around some points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(one: Rect, other: Rect) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])
