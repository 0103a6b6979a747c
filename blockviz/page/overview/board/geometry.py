"""A board with measures: where its columns, rows, gutters and channels lie, and how its lines run between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise
from math import sqrt

from blockviz.page.overview.board.routing import Plan, Rail, Wire
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Point

# Where lines meet a box's side, as shares of its height. Lines at the left side and at the right one keep to shares of
# their own, so that those of two boxes in one row never run over each other in the gutter between them.
_INTO = {False: (0.24, 0.46), True: (0.08, 0.30)}
_OUT_OF = {False: 0.84, True: 0.68}


@dataclass(slots=True)
class Spot:
    """A box in place: its left, top and size; a round one is met on its rim."""

    x: float
    y: float
    width: float
    height: float
    round: bool = False

    def level(self, share: float) -> float:
        """The height at a share of the box's side; a round box is only met near its middle."""
        return self.y + self.height * (0.5 + (share - 0.5) * (0.6 if self.round else 1.0))

    def rim(self, right: bool, y: float) -> float:
        """Where a level line at ``y`` meets the box."""
        middle, half = self.x + self.width / 2, self.width / 2
        if self.round:
            half = sqrt(max(0.0, half**2 - (y - self.y - self.height / 2) ** 2))
        return middle + half if right else middle - half


@dataclass(slots=True)
class _Stretch:
    """A straight piece of line: where it is, how far it reaches, and the boxes that it joins."""

    at: float
    low: float
    high: float
    ends: set[str] = field(default_factory=set)


@dataclass(slots=True)
class BoardLayout:
    """Positions of a plan's boxes and lines; ``widths`` of columns, ``sizes`` and ``rounds`` of boxes."""

    plan: Plan
    theme: Theme
    widths: tuple[float, ...]
    sizes: Mapping[str, tuple[float, float]]
    rounds: frozenset[str]
    gap: float
    leave: Mapping[Wire, float] = field(default_factory=dict)
    spots: dict[str, Spot] = field(init=False, default_factory=dict)
    width: float = field(init=False, default=0.0)
    height: float = field(init=False, default=0.0)
    _lefts: list[float] = field(init=False, default_factory=list)
    _gutters: list[tuple[float, float]] = field(init=False, default_factory=list)
    _floors: list[float] = field(init=False, default_factory=list)
    _arrivals: dict[tuple[str, bool], list[Rail]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        x = 0.0
        for column in range(self.plan.columns + 1):
            wide = gutter_width(self.plan, column, self.theme)
            self._gutters.append((x, x + wide))
            self._lefts.append(x + wide)
            x += wide + (self.widths[column] if column < self.plan.columns else 0.0)
        self.width = x
        self._place_rows()
        self._arrivals = self._arriving()

    def _place_rows(self) -> None:
        y = 0.0
        for row in range(self.plan.rows):
            names = [name for name, cell in self.plan.cells.items() if cell.row == row]
            tall = max(self.sizes[name][1] for name in names)
            for name in names:
                column = self.plan.cells[name].column
                wide, high = self.sizes[name]
                left = self._lefts[column] + (self.widths[column] - wide) / 2
                self.spots[name] = Spot(left, y + (tall - high) / 2, wide, high, name in self.rounds)
            self._floors.append(y + tall)
            y += tall + (self._channel(row) if row + 1 < self.plan.rows else 0.0)
        self.height = y

    def _channel(self, row: int) -> float:
        """Room below a row: an arrow's length, and a track for every line that runs sideways there."""
        return max(self.gap, self.gap * 0.7 + self.plan.levels(row) * self._pitch)

    @property
    def _pitch(self) -> float:
        """Room between two lines that run beside each other below a row."""
        return self.theme.space.near

    def _arriving(self) -> dict[tuple[str, bool], list[Rail]]:
        """The rails that end at each side of a box, those that come from farther away above the nearer ones."""
        found: dict[tuple[str, bool], list[Rail]] = defaultdict(list)
        for (_, b), rail in self.plan.rail_of.items():
            key = (b, rail.gutter > self.plan.cells[b].column)
            if rail not in found[key]:
                found[key].append(rail)
        for (_, right), rails in found.items():
            rails.sort(key=self._track, reverse=right)
        return dict(found)

    def _track(self, rail: Rail) -> float:
        """Where a rail runs."""
        left, right = self._gutters[rail.gutter]
        label = self.theme.type.label
        offset = label * (1.2 + 0.75 * rail.track)
        return right - offset if rail.right else left + offset

    # Lines

    def crossings(self) -> int:
        """How often lines cross that share no end; lines that run together count once."""
        level: dict[tuple[float, float], _Stretch] = {}
        upright: dict[tuple[float, float], _Stretch] = {}
        for wire in [*self.plan.straight, *self.plan.rail_of]:
            for (xa, ya), (xb, yb) in pairwise(self.path(wire)):
                flat = abs(ya - yb) < 0.01
                low, high = sorted((xa, xb) if flat else (ya, yb))
                at = ya if flat else xa
                rail = None if flat else self.plan.rail_of.get(wire)
                on_rail = rail is not None and abs(xa - self._track(rail)) < 0.1
                own = self.plan.rails.index(rail) if rail is not None and on_rail else -1 - round(low * 10)
                piece = (level if flat else upright).setdefault((round(at, 1), own), _Stretch(at, low, high))
                piece.low, piece.high = min(piece.low, low), max(piece.high, high)
                piece.ends.update(wire)
        return sum(
            one.low + 0.1 < two.at < one.high - 0.1
            and two.low + 0.1 < one.at < two.high - 0.1
            and one.ends.isdisjoint(two.ends)
            for one in level.values()
            for two in upright.values()
        )

    def path(self, wire: Wire) -> tuple[Point, ...]:
        """The bends of a wire, from the rim of one box to that of the other."""
        a, b = (self.spots[name] for name in wire)
        one, two = (self.plan.cells[name] for name in wire)
        if wire in self.plan.straight:
            if one.column == two.column:
                x = a.x + a.width / 2
                return ((x, a.y + a.height), (x, b.y))
            y = a.y + a.height / 2
            right = one.column < two.column
            return ((a.rim(right, y), y), (b.rim(not right, y), y))
        rail = self.plan.rail_of[wire]
        x = self._track(rail)
        end_right = rail.gutter > two.column
        end = b.level(self._share(wire[1], end_right, rail))
        tail = ((x, end), (b.rim(end_right, end), end))
        if rail.gutter in (one.column, one.column + 1):
            right = rail.gutter > one.column
            start = a.y + self.leave[wire] if wire in self.leave else a.level(_OUT_OF[right])
            return ((a.rim(right, start), start), (x, start), *tail)
        middle = a.x + a.width / 2
        level = self._floors[one.row] + self.gap * 0.4 + self.plan.channels[wire[0]] * self._pitch
        return ((middle, a.y + a.height), (middle, level), (x, level), *tail)

    def _share(self, name: str, right: bool, rail: Rail) -> float:
        rails = self._arrivals[name, right]
        low, high = _INTO[right]
        return low + (high - low) * (rails.index(rail) + 0.5) / len(rails)


def gutter_width(plan: Plan, gutter: int, theme: Theme) -> float:
    """Room for the rails of a gutter, and between two columns for an arrow."""
    label = theme.type.label
    sides = [plan.tracks(gutter, right) for right in (False, True)]
    outer = gutter in (0, plan.columns)
    if not any(sides):
        return 0.0 if outer else label * 2.2
    rails = sum(1.2 + 0.75 * (count - 1) for count in sides if count)
    return label * (rails + (0.4 if outer else 1.0))


def sides_of(plan: Plan, measure: Callable[[str], float]) -> tuple[float, ...]:
    """The widest box of each column by some measure."""
    out = [0.0] * plan.columns
    for name, cell in plan.cells.items():
        out[cell.column] = max(out[cell.column], measure(name))
    return tuple(out)
