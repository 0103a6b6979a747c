"""Draw a layered layout: its boxes, and its lines along tracks between the rows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from blockviz.page.glyphs.canvas import Loose
from blockviz.page.layout.rank_slots import Spot, tracks
from blockviz.page.layout.series_parallel import SOURCE
from blockviz.scene import Disc, Point

if TYPE_CHECKING:
    from blockviz.page.layout.branch_grid import Grid
    from blockviz.page.layout.ranks import Ranks


class Routes:
    """Draws one layout at one place."""

    def __init__(self, ranks: Ranks, grid: Grid, left: float, top: float) -> None:
        self.ranks, self.grid, self.left, self.top = ranks, grid, left, top
        self.bars = {name for name, face in grid.faces.items() if face.merge == "bar"}
        self.signs = {name for name, face in grid.faces.items() if face.merge == "sign"}
        self.arrivals: dict[Spot, list[Spot]] = defaultdict(list)
        for row in ranks.rows:
            for spot in row:
                for other in spot.below:
                    self.arrivals[other].append(spot)

    def run(self, loose: list[Loose]) -> list[Loose]:
        """Draw everything; ``loose`` ends come in from above, and those that go on are returned."""
        grid, ranks = self.grid, self.ranks
        for row in ranks.rows:
            for spot in row:
                if not spot.dummy:
                    width = spot.width - 2 * grid.aside(spot.id)
                    grid.box(spot.id, self.left + spot.x, self.top + spot.y, width)
        if loose and ranks.outside != SOURCE:
            grid.rail(self.left, self.left + ranks.width, self.top, loose, self.left + ranks.width / 2)
            for spot in ranks.tops:
                self.line(
                    [(self.port(spot, None), self.top), (self.port(spot, None), self.upper(spot))], loose[0].id, spot
                )
        for index, row in enumerate(ranks.rows):
            numbers = tracks(row, self.bars)
            floor = self.top + max(spot.y + spot.height for spot in row)
            for spot in row:
                self.trunk(spot, numbers.get(spot), floor, index)
        bottom = self.top + ranks.height
        for spot in ranks.feet:
            if self.lower(spot) < bottom - 0.5:  # lines out of the tangle end on one level
                ends = ((self.left + spot.x, self.lower(spot)), (self.left + spot.x, bottom))
                grid.canvas.rule(ends, grid.theme.colours.line, grid.theme.type.firm)
        return [Loose(spot.id, self.left + spot.x, bottom) for spot in ranks.feet]

    def upper(self, spot: Spot) -> float:
        """The top edge of a spot on the page."""
        return self.top + spot.y

    def lower(self, spot: Spot) -> float:
        """The bottom edge of a spot on the page."""
        return self.top + spot.y + spot.height

    def port(self, spot: Spot, source: Spot | None) -> float:
        """Where a line meets the top of a spot: several lines share its width from left to right."""
        x = self.left + spot.x
        if source is not None and spot.id in self.bars and abs(source.x - spot.x) <= spot.width / 2 - 3:
            return self.left + source.x
        arrivals = (other for other in self.arrivals[spot] if not spot.enters_aside(other))
        sources = sorted(arrivals, key=lambda other: other.x)
        if spot.dummy or source is None or len(sources) < 2:
            return x
        place = next(i for i, other in enumerate(sources) if other is source)
        step = min(spot.width * 0.55 / (len(sources) - 1), 9.0)
        return x + (place - (len(sources) - 1) / 2) * step

    def trunk(self, spot: Spot, track: int | None, floor: float, index: int) -> None:
        """The lines from one spot to the row below, along one track where they run sideways."""
        start = (self.left + spot.x, self.lower(spot))
        level = floor + self.ranks.gap * (0.4 + 0.55 * (track or 0))
        bends = 0
        for other in spot.below:
            if other.enters_aside(spot):
                middle, side = self.upper(other) + other.height / 2, other.width / 2
                edge = self.left + other.x + (-side if spot is other.flanks[0] else side)
                down = self.left + other.arrival(spot)
                hook = [(start[0], level), (down, level)] if abs(down - start[0]) > 0.5 else []
                self.line([start, *hook, (down, middle), (edge, middle)], spot.id, other)
                bends += bool(hook)
                continue
            end = (self.port(other, spot), self.upper(other))
            if other.id in self.signs:  # down to the circle itself, not only to the box around it
                radius, aside = other.height / 2, min(abs(end[0] - self.left - other.x), other.height / 2)
                end = (end[0], end[1] + radius - (radius**2 - aside**2) ** 0.5)
            straight = abs(end[0] - start[0]) < 1.0
            points = [start, end] if straight else [start, (start[0], level), (end[0], level), end]
            if straight and not other.dummy:
                points = [(end[0], start[1]), end]
            bends += not straight
            self.line(points, spot.id, other)
        if len(spot.below) > 1 and bends:
            stroke = self.grid.theme.type.stroke
            self.grid.canvas.shapes.append(Disc(start[0], level, stroke * 1.7, "", self.grid.theme.colours.line))

    def line(self, points: list[Point], source: str, target: Spot) -> None:
        """A line into a spot: with a head where a box stands, without one where it only passes."""
        if target.dummy:
            self.grid.canvas.rule(points, self.grid.theme.colours.line, self.grid.theme.type.firm, 3.0)
        else:
            self.grid.arrow(tuple(points), source, target.id)
