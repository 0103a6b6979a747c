"""Several operands of one part as a line each, where there is no room to say how many they are."""

from __future__ import annotations

import re

from blockviz.page.layout.placement import Placement, Route
from blockviz.runtime.records import replace


def one_each(placement: Placement, found: Route, text: str, apart: float) -> list[Route]:
    """A level line between neighbours as so many lines as its words say (``2 tensors``), ``apart`` from each other.

    Nothing for other words and other lines, nor where a box is too low for them.
    """
    said, ends = re.fullmatch(r"×(\d)|(\d) tensors", text), found.points
    if said is None or len(ends) != 2 or ends[0][1] != ends[1][1]:
        return []
    count, level = int(said[1] or said[2]), ends[0][1]
    half = apart * (count - 1) / 2
    boxes = [placement.spots[name] for name in (found.wire.source, found.wire.target)]
    if any(level - half - apart / 2 < box.y or level + half + apart / 2 > box.bottom for box in boxes):
        return []
    shifts = [number * apart - half for number in range(count)]
    return [replace(found, points=tuple((x, y + shift) for x, y in ends)) for shift in shifts]
