"""What is wrong with a placed overview: boxes on boxes, words on boxes or words, lines through either or on lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from blockviz.page.layout.placement import Caption, Placement, Spot
from blockviz.page.layout.wire_router import shares_a_lane

_Rect = tuple[float, float, float, float]


def faults(placement: Placement) -> Iterator[str]:
    """Every fault as a line of text; those of the router are in the placement."""
    yield from placement.faults
    spots = {spot.id: _box(spot) for spot in placement.spots.values()}
    words = [(caption.text, _words(caption)) for caption in placement.captions]
    for (a, one), (b, other) in combinations(spots.items(), 2):
        if _overlap(one, other, 0.5):
            yield f"{a} on {b}"
    for text, rect in words:
        yield from (f"words {text!r} on {name}" for name, box in spots.items() if _overlap(rect, box, 0.6))
    for (a, one), (b, other) in combinations(words, 2):
        if _overlap(one, other, 0.8):
            yield f"words {a!r} on {b!r}"
    for route in placement.routes:
        for (x0, y0), (x1, y1) in pairwise(route.points):
            line = (min(x0, x1) - 0.4, min(y0, y1) - 0.4, max(x0, x1) + 0.4, max(y0, y1) + 0.4)
            ends = (route.wire.source, route.wire.target)
            yield from (
                f"line {' to '.join(ends)} through {name}"
                for name, box in spots.items()
                if name not in ends and _overlap(line, box, 0.6)
            )
            yield from (f"line {' to '.join(ends)} through {text!r}" for text, r in words if _overlap(line, r, 0.6))
    for first, second in combinations(placement.routes, 2):
        if first.wire.source != second.wire.source and shares_a_lane(first, second):
            yield f"{first.wire.source} and {second.wire.source} share a lane"


def _box(spot: Spot) -> _Rect:
    return (spot.x, spot.y, spot.right + spot.depth, spot.bottom + spot.depth)


def _words(caption: Caption) -> _Rect:
    return (caption.left, caption.y - 5.0, caption.left + caption.width, caption.y + 1.0)


def _overlap(one: _Rect, other: _Rect, slack: float) -> bool:
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack - 1e-6
        and min(one[3], other[3]) - max(one[1], other[1]) > slack - 1e-6
    )
