"""A column of boxes in topological order, with every line that skips a box in a lane at the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from blockviz.page.glyphs.canvas import Loose
from blockviz.page.layout.series_parallel import Tangle
from blockviz.runtime.records import dataclass

if TYPE_CHECKING:
    from blockviz.page.layout.branch_grid import Grid


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
        """One line a source: down its lane, with an arrow into each reader; a tap has a line of its own."""
        edge, colour = x - self.box_width / 2, grid.theme.colours.skip
        arrivals = self._arrivals()
        trunks: dict[tuple[str, float], list[str]] = {}
        for (a, b), lane in self.lane_of.items():
            if lane >= 0:
                leave = top[a] + (grid.ports[a, b] if (a, b) in grid.ports else self.heights[a] * 0.7)
                trunks.setdefault((a, leave), []).append(b)
        for (a, leave), readers in trunks.items():
            at = edge - (self.lane_of[a, readers[0]] + 1) * self.pitch
            start = x - grid.faces[a].width / 2
            for number, b in enumerate(readers):
                order = arrivals[b]
                share = 0.18 + 0.4 * (order.index(a) + 0.5) / len(order)
                end = (x - grid.faces[b].width / 2, top[b] + self.heights[b] * share)
                begin = ((start, leave), (at, leave)) if number == 0 else ((at, top[readers[number - 1]]),)
                grid.arrow((*begin, (at, end[1]), end), a, b, colour)

    def _arrivals(self) -> dict[str, list[str]]:
        """Sources whose lanes end at a box, from the inner lane to the outer one."""
        out: dict[str, list[tuple[int, str]]] = {}
        for (a, b), lane in self.lane_of.items():
            if lane >= 0:
                out.setdefault(b, []).append((lane, a))
        return {b: [a for _, a in sorted(pairs, reverse=True)] for b, pairs in out.items()}


def lane_layout(
    tangle: Tangle,
    sizes: Mapping[str, tuple[float, float]],
    gap: float,
    pitch: float,
    ports: Mapping[tuple[str, str], float],
) -> Lanes:
    """Give lines between boxes that are not neighbours a lane, and lines from a tap; short lines run inside."""
    place = {name: i for i, name in enumerate(tangle.ids)}
    lane_of: dict[tuple[str, str], int] = {}
    nets: list[tuple[int, int, list[tuple[str, str]]]] = []
    for a in tangle.ids:
        pairs = sorted({(a, b) for s, b in tangle.edges if s == a and b in place}, key=lambda pair: place[pair[1]])
        plain = [pair for pair in pairs if pair not in ports]
        lane_of |= {(a, b): -1 for _, b in plain if place[b] == place[a] + 1}
        far = [pair for pair in plain if place[pair[1]] > place[a] + 1]
        nets += [(place[a], place[far[-1][1]], far)] if far else []
        nets += [(place[a], place[pair[1]], [pair]) for pair in pairs if pair in ports]
    taken: list[list[tuple[int, int]]] = []
    for low, high, pairs in sorted(nets, key=lambda net: (net[1] - net[0], net[0])):
        number = next((n for n, lane in enumerate(taken) if all(high <= p or low >= q for p, q in lane)), len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        lane_of |= dict.fromkeys(pairs, number)
    feet = tuple(dict.fromkeys(a for a, b in tangle.edges if a in place and b not in place))
    width = max(sizes[name][0] for name in tangle.ids)
    return Lanes(tangle.ids, {name: sizes[name][1] for name in tangle.ids}, width, lane_of, pitch, gap, feet)


__all__ = ["Lanes", "lane_layout"]
