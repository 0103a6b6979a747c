"""Boxes and bends in the rows of a layered drawing, and the tracks of the lines between two rows."""

from __future__ import annotations

from collections.abc import Set

from blockviz.runtime.records import dataclass, field


@dataclass(slots=True, eq=False)
class Spot:
    """A box or a dummy in its row; ``x`` is its middle.

    flanks : the spots above whose lines enter a circle at its left and at its right.
    """

    id: str
    rank: int
    width: float
    height: float
    dummy: bool
    x: float = 0.0
    y: float = 0.0
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)
    flanks: tuple[Spot | None, Spot | None] = (None, None)

    hooks: tuple[bool, bool] = (False, False)

    def enters_aside(self, source: Spot) -> bool:
        """Whether the line from a spot above enters at the left or right."""
        return any(source is flank for flank in self.flanks)

    def arrival(self, source: Spot) -> float:
        """Where across the page the line from a spot above comes down to this one's row."""
        if not self.enters_aside(source):
            return self.x
        left = source is self.flanks[0]
        if not self.hooks[0 if left else 1]:
            return source.x
        return self.x - self.width / 2 - _HOOK if left else self.x + self.width / 2 + _HOOK


_HOOK = 6.5  # room beside a circle for a line that comes down there


def flank(row: list[Spot], signs: Set[str]) -> None:
    """Let the outermost lines into each circle of a row enter at its sides, where nothing stands in their way.

    A line that comes from far aside goes down first and then straight to the middle of the circle, as beside a
    residual block; where a box stands in its way, it comes down close to the circle (a hook). Two lines next to each
    other at the top of a small circle could not be told apart.
    """
    for i, spot in enumerate(row):
        if spot.dummy or spot.id not in signs or len(spot.above) < 2:
            continue
        above = sorted(spot.above, key=lambda other: other.x)
        reach = spot.width / 2 + 8
        left_wall = row[i - 1].x + row[i - 1].width / 2 + 3 if i else float("-inf")
        right_wall = row[i + 1].x - row[i + 1].width / 2 - 3 if i + 1 < len(row) else float("inf")
        hooks = (above[0].x <= left_wall, above[-1].x >= right_wall)
        room = (spot.x - spot.width / 2 - _HOOK > left_wall, spot.x + spot.width / 2 + _HOOK < right_wall)
        left = above[0].x < spot.x - reach and (not hooks[0] or room[0])
        right = above[-1].x > spot.x + reach and (not hooks[1] or room[1])
        spot.flanks = (above[0] if left else None, above[-1] if right else None)
        spot.hooks = hooks


def tracks(row: list[Spot], bars: Set[str]) -> dict[Spot, int]:
    """For each spot whose line runs sideways, the number of its track (0 is the upper one)."""
    spans = []
    for spot in row:
        ends = [spot.x]
        for other in spot.below:
            if not (other.id in bars and abs(other.x - spot.x) <= other.width / 2 - 3):
                ends.append(other.arrival(spot))
        if max(ends) - min(ends) > 1.0:
            spans.append((min(ends), max(ends), spot))
    spans.sort(key=lambda span: (span[1] - span[0], span[0]))
    taken: list[list[tuple[float, float]]] = []
    out: dict[Spot, int] = {}
    for low, high, spot in spans:
        free = (n for n, track in enumerate(taken) if all(high < a - 3 or low > b + 3 for a, b in track))
        number = next(free, len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        out[spot] = number
    return out
