"""What an editor sees on a sheet: words cut beside free room, heads inside symbols, lanes that two lines share.

Each rule reads the finished sheet alone. Lengths are points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import hypot

from blockviz.scene import Arrow, Box, Disc, Point, Sheet, Words
from blockviz.text.font_metrics import run_width

_DEEP = 2.5  # from here on a head stands in a symbol, and not at its rim
_SHARED = 8.0  # from here on two lines on top of each other are taken for one
_AT_HEAD = 24.0  # lines to one box may meet so far before their common head
_FREE = 3.0  # sizes of type beside a cut word that would have held more of it

Piece = tuple[Point, Point]


def sheet_faults(sheet: Sheet) -> list[str]:
    """Every fault as a line of text."""
    return [*_cut_words(sheet), *_heads_in_symbols(sheet), *_shared_lanes(sheet)]


def text_of(words: Words) -> str:
    """The words of one line."""
    return "".join(run.text for run in words.runs)


def _cut_words(sheet: Sheet) -> Iterator[str]:
    """Words that end in the middle, with room at their right up to the next thing or the edge of what holds them."""
    for words in sheet.words:
        text = text_of(words)
        if words.anchor != "start" or not re.search(r"\w…$", text):
            continue
        end = words.x + run_width(words.runs, words.size)
        if _right_edge(sheet, words, end) - end > _FREE * words.size:
            yield f"{text!r} is cut beside free room"


def _right_edge(sheet: Sheet, words: Words, end: float) -> float:
    row = (words.y - words.size * 0.7, words.y)
    edges = [sheet.width]
    for box in [*sheet.boxes, *sheet.groups]:
        if box.y < row[1] and box.y + box.height > row[0]:
            edges += [edge for edge in (box.x, box.x + box.width) if edge > end - 1]
    edges += [w.x for w in sheet.words if w is not words and abs(w.y - words.y) < words.size and w.x > end - 1]
    return min(edges)


def _heads_in_symbols(sheet: Sheet) -> Iterator[str]:
    for arrow in sheet.arrows:
        for box in sheet.boxes:
            if arrow.head and "|" not in box.id and "/" in box.id and _depth(arrow.points[-1], box) > _DEEP:
                yield f"the head of {arrow.source} → {arrow.target} stands in {box.id}"


def _depth(point: Point, box: Box) -> float:
    """How far inside the outline of a box a point is; negative outside."""
    x, y = point
    if box.form == "circle":
        radius = box.width / 2
        return radius - hypot(x - box.x - radius, y - box.y - radius)
    slant = box.slant if box.form in ("funnel", "spread") else box.height / 2 if box.form == "pill" else 0.0
    return min(x - box.x - slant, box.x + box.width - slant - x, y - box.y, box.y + box.height - y)


def _shared_lanes(sheet: Sheet) -> Iterator[str]:
    """Lines of two tensors that run on top of each other, but for lines to one box that join at a dot."""
    dots = [(disc.x, disc.y) for disc in sheet.shapes if isinstance(disc, Disc)]
    for one, other in combinations(sheet.arrows, 2):
        joined = one.target == other.target and any(_turns_at(arrow, dot) for arrow in (one, other) for dot in dots)
        most = _AT_HEAD if one.target == other.target else _SHARED
        if one.source != other.source and not joined and (long := _common(one, other)) > most:
            yield f"{one.source} → {one.target} and {other.source} → {other.target} share {long:.0f} pt of a lane"


def _turns_at(arrow: Arrow, dot: Point) -> bool:
    return any(hypot(x - dot[0], y - dot[1]) < 0.5 for x, y in arrow.points[1:-1])


def _common(one: Arrow, other: Arrow) -> float:
    return max((_overlap(a, b) for a in pairwise(one.points) for b in pairwise(other.points)), default=0.0)


def _overlap(one: Piece, other: Piece) -> float:
    for axis in (0, 1):
        levels = {point[1 - axis] for piece in (one, other) for point in piece}
        if max(levels) - min(levels) < 0.6:
            spans = [sorted(point[axis] for point in piece) for piece in (one, other)]
            return min(span[1] for span in spans) - max(span[0] for span in spans)
    return 0.0
