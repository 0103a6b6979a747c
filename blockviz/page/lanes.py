"""A column of boxes in topological order, with every line that skips a box in a lane at the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockviz.page.canvas import Loose
from blockviz.page.structure import Tangle

if TYPE_CHECKING:
    from blockviz.page.grid import Grid


@dataclass(frozen=True, slots=True)
class Lanes:
    """Boxes one below the other; ``lane_of`` numbers the lane of each skipping line, 0 next to the boxes."""

    ids: tuple[str, ...]
    heights: Mapping[str, float]
    box_width: float
    lane_of: Mapping[tuple[str, str], int]
    pitch: float
    gap: float
    feet: tuple[str, ...]

    @property
    def left(self) -> float:
        """Room to the left of the axis, lanes included."""
        count = max(self.lane_of.values(), default=-1) + 1
        return self.box_width / 2 + count * self.pitch + (self.pitch * 0.5 if count else 0.0)

    @property
    def right(self) -> float:
        """Room to the right of the axis."""
        return self.box_width / 2

    @property
    def height(self) -> float:
        """Height of all boxes and the room between them."""
        return sum(self.heights.values()) + self.gap * (len(self.ids) - 1)

    def draw(self, grid: Grid, x: float, y: float, loose: Sequence[Loose]) -> list[Loose]:
        """Draw boxes, arrows and lanes with the axis at ``x``; returns the ends that go on."""
        top: dict[str, float] = {}
        for name in self.ids:
            top[name] = y
            face = grid.faces[name]
            face.draw(grid.canvas, x - face.width / 2, y, face.width)
            y += self.heights[name] + self.gap
        for start in loose:
            grid.arrow(((start.x, start.y), (x, top[self.ids[0]])), start.id, self.ids[0])
        for a, b in self._adjacent():
            grid.arrow(((x, top[a] + self.heights[a]), (x, top[b])), a, b)
        self._draw_lanes(grid, x, top)
        return [Loose(name, x, top[name] + self.heights[name]) for name in self.feet[-1:]]

    def _adjacent(self) -> list[tuple[str, str]]:
        return [pair for pair in zip(self.ids, self.ids[1:], strict=False) if pair in self.lane_of]

    def _draw_lanes(self, grid: Grid, x: float, top: Mapping[str, float]) -> None:
        edge = x - self.box_width / 2
        for (a, b), lane in self.lane_of.items():
            if lane < 0:
                continue
            at = edge - (lane + 1) * self.pitch
            leave, arrive = _side(a, b, top, self.heights)
            leave = top[a] + grid.ports[a, b] if (a, b) in grid.ports else leave
            grid.arrow(((edge, leave), (at, leave), (at, arrive), (edge, arrive)), a, b, grid.theme.colours.skip)


def _side(a: str, b: str, top: Mapping[str, float], heights: Mapping[str, float]) -> tuple[float, float]:
    """Lines leave in the lower third and arrive in the upper third, so that both can share a box's side."""
    return top[a] + heights[a] * 0.68, top[b] + heights[b] * 0.32


def lane_layout(
    tangle: Tangle,
    sizes: Mapping[str, tuple[float, float]],
    gap: float,
    pitch: float,
    ports: Mapping[tuple[str, str], float],
) -> Lanes:
    """Give lines between boxes that are not neighbours a lane, and lines from a tap; short lines run inside."""
    place = {name: i for i, name in enumerate(tangle.ids)}
    inner = sorted(
        {(a, b) for a, b in tangle.edges if a in place and b in place},
        key=lambda e: (place[e[1]] - place[e[0]], place[e[0]]),
    )
    lane_of: dict[tuple[str, str], int] = {}
    taken: list[list[tuple[int, int]]] = []
    for a, b in inner:
        low, high = place[a], place[b]
        if high == low + 1 and (a, b) not in ports:
            lane_of[a, b] = -1
            continue
        number = next((n for n, lane in enumerate(taken) if all(high <= p or low >= q for p, q in lane)), len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        lane_of[a, b] = number
    feet = tuple(dict.fromkeys(a for a, b in tangle.edges if a in place and b not in place))
    width = max(sizes[name][0] for name in tangle.ids)
    return Lanes(tangle.ids, {name: sizes[name][1] for name in tangle.ids}, width, lane_of, pitch, gap, feet)


__all__ = ["Lanes", "lane_layout"]
