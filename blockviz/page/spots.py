"""Boxes and bends in the rows of a layered drawing, and the tracks of the lines between two rows."""

from __future__ import annotations

from collections.abc import Set

from blockviz.records import dataclass, field


@dataclass(slots=True)
class Spot:
    """A box or a dummy in its row; ``x`` is its middle."""

    id: str
    rank: int
    width: float
    height: float
    dummy: bool
    x: float = 0.0
    y: float = 0.0
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)


def tracks(row: list[Spot], bars: Set[str]) -> dict[int, int]:
    """For each spot whose line runs sideways, the number of its track (0 is the upper one)."""
    spans = []
    for spot in row:
        ends = [
            spot.x,
            *(
                other.x
                for other in spot.below
                if not (other.id in bars and abs(other.x - spot.x) <= other.width / 2 - 3)
            ),
        ]
        if max(ends) - min(ends) > 1.0:
            spans.append((min(ends), max(ends), spot))
    spans.sort(key=lambda span: (span[1] - span[0], span[0]))
    taken: list[list[tuple[float, float]]] = []
    out = {}
    for low, high, spot in spans:
        free = (n for n, track in enumerate(taken) if all(high < a - 3 or low > b + 3 for a, b in track))
        number = next(free, len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        out[id(spot)] = number
    return out
