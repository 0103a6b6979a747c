"""C2 to C5 and P3 to P7: the levels of a feature pyramid by the names that detection has for them.

Level l has one cell for 2**l of the input; C is what the backbone gives, P what the heads read.
"""

from __future__ import annotations

from math import isqrt

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.page.overview.shape.levels import Levels

_LEAST = 3  # levels that one head reads, from which on they are a pyramid's


def level_names(view: OverviewGraph, found: Levels, heads: set[str]) -> dict[int, str]:
    """Row → ``C4 · P4``; empty where no head reads several levels, or a resolution is no power of two of the input's.

    heads : parts that stand in the column of heads.
    """
    read = {source for name in heads for source in _levels_read(view, found, name)}
    if not read:
        return {}
    given = {
        name for name in found.row
        if found.phase[name] == 0 and name not in heads and name not in read
        and any(found.phase.get(after, 0) > 0 or after in heads for after in view.after(name))
    }  # fmt: skip
    out = {}
    for row, area in enumerate(found.areas):
        level = _level(view, area)
        words = [f"{letter}{level}" for letter, names in (("C", given), ("P", read))
                 if any(found.row[name] == row for name in names)]  # fmt: skip
        if words and level is None:
            return {}
        if words:
            out[row] = " · ".join(words)
    return out


def _levels_read(view: OverviewGraph, found: Levels, name: str) -> list[str]:
    """What a head reads, where that is a map of several resolutions."""
    maps = [one for one in view.before(name) if one in found.row and len(view.shapes[one]) == view.rank]
    return maps if len({found.row[one] for one in maps}) >= _LEAST else []


def _level(view: OverviewGraph, area: int) -> int | None:
    """How often the input's resolution was halved; None where that is no whole number."""
    whole = max((view.area[name] or 0 for name in view.order if not view.before(name)), default=0)
    share = whole // area if area and whole % area == 0 else 0
    side = isqrt(share)
    return side.bit_length() - 1 if side and side * side == share and side & (side - 1) == 0 else None
