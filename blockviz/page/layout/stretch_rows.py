"""A placed overview made higher: the room between its rows grows, boxes and words keep their size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from blockviz.page.layout.placement import Band, Placement, Route
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Point

_MOST = 1.9  # how many times as high a gap may become, as an arrow of a panel may
_ASCENT, _DESCENT = 6.5, 2.0  # of words around their baseline


def stretched(placement: Placement, height: float) -> Placement:
    """The placement as high as ``height``, or as far as its gaps may grow; itself where it is as high already.

    What was free of faults stays so: the order of all that stands on the page, from top to bottom, is kept.
    """
    filled = _filled(placement)
    gaps = [(low, high) for (_, low), (high, _) in pairwise(filled)]
    free, spare = sum(high - low for low, high in gaps), height - placement.height
    if free <= 0 or spare <= 1:
        return placement
    moved = _Moved(gaps, min(spare / free, _MOST - 1))
    out = Placement({name: replace(spot, y=moved.at(spot.y)) for name, spot in placement.spots.items()})
    out.wires, out.faults, out.said = placement.wires, placement.faults, placement.said
    out.captions = [replace(one, y=moved.at(one.y - _ASCENT) + _ASCENT) for one in placement.captions]
    out.bands = [_band(one, moved) for one in placement.bands]
    out.rules = [moved.line(rule) for rule in placement.rules]
    out.routes = [Route(one.wire, moved.line(one.points)) for one in placement.routes]
    out.width, out.height = placement.width, moved.at(placement.height)
    return out


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where a height comes to lie when each gap grows by a share of itself."""

    gaps: Sequence[tuple[float, float]]
    share: float

    def at(self, y: float) -> float:
        """The new height of a height."""
        return y + self.share * sum(max(0.0, min(y, high) - low) for low, high in self.gaps)

    def line(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """A line with all its corners moved."""
        return tuple((x, self.at(y)) for x, y in points)


def _filled(placement: Placement) -> list[tuple[float, float]]:
    """The stretches from top to bottom in which there are boxes or words, none of which meets another."""
    spans = [(spot.y, spot.bottom + spot.depth) for spot in placement.spots.values()]
    spans += [(one.y - _ASCENT, one.y + _DESCENT) for one in placement.captions]
    out: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _band(band: Band, moved: _Moved) -> Band:
    top = moved.at(band.y)
    return replace(band, y=top, height=moved.at(band.y + band.height) - top)
