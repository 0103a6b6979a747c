"""Two overviews as one column, for a page that is too narrow for both: the model after the change, with what is gone.

A line has the box of the part that came after, or, where none did, that of the part before, under a dashed frame; its
words stand right of it. The arrows are those of the model after, so nothing leads to what is gone.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

from blockviz.comparison.overviews import SAME
from blockviz.page.fitting.side_by_side import SideBySide, Wires, edges_of, laid_out, name_of, parts_of
from blockviz.page.glyphs.boxes import Size
from blockviz.page.glyphs.canvas import Canvas
from blockviz.text.font_metrics import unbroken, width


class OneColumn(SideBySide):
    """One column of boxes, and what differs beside it."""

    spread: ClassVar = inf  # words are the shorter the more room they have
    legend: ClassVar = "≠ changed, drawn as it is after   + added   − removed; boxes without a mark are the same"

    def heads(self, before: str, after: str) -> list[tuple[str, str]]:
        """One title over the column."""
        return [(f"{before} → {after}", "start")]

    def least_width(self) -> float:
        """The column with its lanes, the signs, and the longest word."""
        words = [text for line in self.lines for said, _ in self._words(line, inf) for text in unbroken(said)]
        return self._words_left() + max((width(word, self.theme.type.small) for word in words), default=0.0)

    def draw(self, room: float) -> Canvas:
        """Everything below the title, ``room`` wide."""
        canvas, tops, spots, y = Canvas(room, 0.0), list[float](), dict[int, Size](), self._pad
        left, wide, sides = self._lane_room(), self._boxes(), self._sides()
        for number, (line, side) in enumerate(zip(self.lines, sides, strict=True)):
            words, spec = self._words(line, room - self._words_left()), self._spec(line, side, wide)
            assert spec is not None
            tall = max(len(words) * self.theme.space.line, spec.height)
            x, top = left + (wide - spec.width) / 2, y + (tall - spec.height) / 2
            self._mark(canvas, line, x, top, spec)
            self._draw_spec(canvas, side, spec, x, top)
            spots[number] = Size(spec.width, spec.height)
            tops.append(y + tall / 2)
            if line.change != SAME:
                self._say(canvas, line, words, left + wide + self._cards + self.theme.space.gap, y + tall / 2)
            stacked = any(part.repeat > 1 for part in parts_of(line, side))
            y += tall + self.theme.space.row + (self._cards if stacked else 0.0)
        names = {number: name_of(line, side) for number, (line, side) in enumerate(zip(self.lines, sides, strict=True))}
        self._wire(canvas, self._wires(), -1.0, left + wide / 2, wide, tops, spots, names)
        canvas.height = y - self.theme.space.row + self._cards
        return canvas

    def _sides(self) -> list[str]:
        return ["after" if any(parts_of(line, "after")) else "before" for line in self.lines]

    def _wires(self) -> Wires:
        return laid_out(edges_of(self.lines, "after"), range(len(self.lines)))

    def _boxes(self) -> float:
        return max(self._column("before"), self._column("after"))

    def _lane_room(self) -> float:
        return self._pad * 1.5 + self._cards + (self._wires().count + 0.5) * self._pitch

    def _words_left(self) -> float:
        space = self.theme.space
        return self._lane_room() + self._boxes() + self._cards + space.gap + space.side + space.inner
