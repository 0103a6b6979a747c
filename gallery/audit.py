"""Audit a figure's PDF as a printed page: what could a reader not read?

    python gallery/audit.py FIGURE.pdf [--page a4] [--width 84mm] [--min-font 6]

Rules, in printer's points at the size that the PDF declares:
  pages      one page
  size       no larger than the width and height asked
  font       no glyph smaller than the minimum
  clipped    no word reaches past the page's edge
  overlap    no two words on top of each other (more than 15 % of the smaller one's area)
  overflow   no word sticks out of the box that it stands in
  blank      the page has text
  struck     no line runs through a word

Printed beside the problems: page use, the share of 12-point cells that carry ink, and the share of the height.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdfplumber

from blockviz.page.style.page_size import PageSize, parse_page

PALE = 236  # of 255: grounds and bands are paler
SLACK = 1.0  # rounding in PDF writers, not a licence to overflow


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points, origin at the page's top left."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str = ""

    @property
    def area(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    def common(self, other: Box) -> float:
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def holds_centre_of(self, other: Box) -> bool:
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


def problems(path: str | Path, size: PageSize, min_font: float = 6.0) -> list[str]:
    """Every broken rule as a line of text; empty for a page that can be printed."""
    with pdfplumber.open(path) as pdf:
        found = [f"pages: {len(pdf.pages)}"] if len(pdf.pages) != 1 else []
        return found + [line for page in pdf.pages for line in _page(page, size, min_font)]


def _page(page: Any, size: PageSize, min_font: float) -> Iterator[str]:
    words = [
        Box(word["x0"], word["top"], word["x1"], word["bottom"], word["text"])
        for word in page.extract_words(use_text_flow=False, keep_blank_chars=False, x_tolerance=1.5)
    ]
    tallest = max(size.height, size.most)  # where not even the overview has room in a page with its caption
    if page.width > size.width + SLACK or page.height > tallest + SLACK:
        yield f"size: {page.width:.1f} x {page.height:.1f} pt, {size.width:.1f} x {size.height:.1f} asked"
    if not words:
        yield "blank: no text"
    small = [char["size"] for char in page.chars if char["text"].strip() and char["size"] < min_font - 0.05]
    if small:
        yield f"font: {len(small)} glyphs below {min_font} pt, the smallest {min(small):.2f} pt"
    whole = Box(-SLACK, -SLACK, page.width + SLACK, page.height + SLACK)
    yield from (f"clipped: {word.text!r}" for word in words if word.common(whole) < word.area * 0.999)
    yield from _overlaps(words)
    yield from _struck(words, page)
    yield from _overflows(words, _boxes(page))


def _overlaps(words: Sequence[Box]) -> Iterator[str]:
    ordered = sorted(words, key=lambda word: word.x0)
    for number, word in enumerate(ordered):
        for other in itertools.takewhile(lambda other: other.x0 < word.x1, ordered[number + 1 :]):  # noqa: B023
            if word.common(other) > 0.15 * min(word.area, other.area):
                yield f"overlap: {word.text!r} on {other.text!r}"


def _struck(words: Sequence[Box], page: Any) -> Iterator[str]:
    """Words that a line of a connection runs through: the middle half of their height, a point inside their ends."""
    open_curves = [curve for curve in [*page.lines, *page.curves] if not curve.get("fill") and curve.get("pts")]
    pieces = [
        piece
        for curve in open_curves
        if curve["pts"][0] != curve["pts"][-1]
        for piece in itertools.pairwise(curve["pts"])
        if min(abs(piece[0][0] - piece[1][0]), abs(piece[0][1] - piece[1][1])) < 0.1  # not the hatch of what is frozen
    ]
    for word in words:
        quarter = (word.y1 - word.y0) / 4
        for (ax, ay), (bx, by) in pieces:
            across = min(ax, bx) < word.x1 - 1 and max(ax, bx) > word.x0 + 1
            if across and min(ay, by) < word.y1 - quarter and max(ay, by) > word.y0 + quarter:
                yield f"struck: {word.text!r}"
                break


@dataclass(frozen=True, slots=True)
class PageUse:
    """Share of cells of 12 points that carry ink (paler grounds apart), and of the height down to the last of them."""

    ink: float
    height: float


def page_use(path: str | Path, cell: int = 12) -> PageUse:
    """How much of the first page is used, measured on its picture of one pixel a point."""
    import pypdfium2  # type: ignore[import-untyped]

    image = pypdfium2.PdfDocument(path)[0].render(scale=1).to_pil().convert("L")
    dark = image.point(lambda value: 255 if value < PALE else 0)
    rows = [
        [dark.crop((x, y, x + cell, y + cell)).getbbox() is not None for x in range(0, image.width, cell)]
        for y in range(0, image.height, cell)
    ]
    used = [number for number, row in enumerate(rows, 1) if any(row)]
    return PageUse(sum(map(sum, rows)) / (len(rows) * len(rows[0])), max(used, default=0) / len(rows))


def _overflows(words: Sequence[Box], boxes: Sequence[Box]) -> Iterator[str]:
    for word in words:
        around = [box for box in boxes if box.holds_centre_of(word) and box.y1 - box.y0 >= 0.8 * (word.y1 - word.y0)]
        inner = min(around, key=lambda box: box.area, default=None)
        if inner and (word.x0 < inner.x0 - SLACK or word.x1 > inner.x1 + SLACK):
            yield f"overflow: {word.text!r} past its box by {max(inner.x0 - word.x0, word.x1 - inner.x1):.1f} pt"


def _boxes(page: Any) -> list[Box]:
    """Closed shapes that could be a box: rectangles, and filled or long curves."""
    curves = [curve for curve in page.curves if curve.get("fill") or _is_closed(curve.get("pts", ()))]
    boxes = [Box(shape["x0"], shape["top"], shape["x1"], shape["bottom"]) for shape in [*page.rects, *curves]]
    most = 0.9 * page.width * page.height
    return [box for box in boxes if 40 < box.area < most and box.x1 - box.x0 > 8 and box.y1 - box.y0 > 6]


def _is_closed(points: Sequence[tuple[float, float]]) -> bool:
    """Whether a curve comes back to its start: the line of an arrow with bends does not."""
    return len(points) > 4 and all(abs(a - b) < 0.1 for a, b in zip(points[0], points[-1], strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", nargs="+")
    parser.add_argument("--page", default="a4")
    parser.add_argument("--width")
    parser.add_argument("--height")
    parser.add_argument("--min-font", type=float, default=6.0)
    asked = parser.parse_args()
    size = parse_page(asked.page, asked.width, asked.height)
    found = {path: problems(path, size, asked.min_font) for path in asked.pdf}
    for path, lines in found.items():
        use = page_use(path)
        head = f"{path}: {len(lines)} problems, {use.ink:.0%} of the page with ink, {use.height:.0%} of its height"
        print(head, *lines, sep="\n  ")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
