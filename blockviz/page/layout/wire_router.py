"""One router for all placed overviews: wire by wire, the cheapest polyline that meets no box and no words.

Candidates have 0, 1 or 2 bends through lanes beside the boxes; short wires go first, so that long ones give way.
Lines share a lane only if they share an end. What would need a third bend is a fault, and the caller takes
another layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, permutations, product
from operator import itemgetter
from typing import TypeAlias

from blockviz.page.layout.placement import Caption, Placement, Route, Spot, Wire
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Point

LANE = 4.5  # between two lines side by side
_CLEAR = 2.0  # between a line and a box that it passes
SHORTEST, _LEAST = 6.5, 3.0  # the last piece of a line, which holds its arrowhead; and any other
_AWAY = 70.0  # how far beside both ends of a wire a lane may be
_AT_RIM, _BESIDE = 20.0, 6.0  # points that lines to one box, or to two, may run on top of each other
_BEND, _CROSSING, _SHARED = 8.0, 6.0, 90.0

_Piece: TypeAlias = tuple[Point, Point, float, float, float, float]  # its ends; left, right, top, bottom


@dataclass(frozen=True, slots=True)
class _Wall:
    """A rectangle that no line may meet."""

    left: float
    top: float
    right: float
    bottom: float
    owner: str = ""

    def widened(self, by: float) -> _Wall:
        return _Wall(self.left - by, self.top - by, self.right + by, self.bottom + by, self.owner)

    def meets(self, a: Point, b: Point, margin: float) -> bool:
        return (
            min(a[0], b[0]) < self.right + margin
            and max(a[0], b[0]) > self.left - margin
            and min(a[1], b[1]) < self.bottom + margin
            and max(a[1], b[1]) > self.top - margin
        )


def route(placement: Placement) -> None:
    """Fill in the routes of all wires; the first wire without a way is a fault, and the others are not tried."""
    router, spots = _Router(placement), placement.spots

    def span(wire: Wire) -> float:
        u, v = spots[wire.source], spots[wire.target]
        return (wire.look == "side") * 1000 + abs(u.cx - v.cx) + abs(u.cy - v.cy)

    for wire in sorted(placement.wires, key=span):
        points = router.way(wire)
        if points is None:
            placement.faults.append(f"no way from {wire.source} to {wire.target}")
            return
        placement.routes.append(Route(wire, tuple(points)))
        router.drawn.append((wire, _pieces(points)))


@dataclass(slots=True)
class _Router:
    placement: Placement
    walls: list[_Wall] = field(init=False)
    xs: list[float] = field(init=False)
    ys: list[float] = field(init=False)
    drawn: list[tuple[Wire, list[_Piece]]] = field(init=False)

    def __post_init__(self) -> None:
        self.drawn = [(found.wire, _pieces(found.points)) for found in self.placement.routes]  # the placer's own
        spots = list(self.placement.spots.values())
        boxes = (_Wall(s.x, s.y, s.right + s.depth, s.bottom + s.depth, s.id) for s in spots)
        self.walls = [wall.widened(_CLEAR) for wall in boxes]
        self.walls += [_wall_of(caption).widened(0.5) for caption in self.placement.captions]
        self.xs = _lanes((spot.x, spot.right + spot.depth) for spot in spots)
        self.ys = _lanes((spot.y - spot.head, spot.bottom + spot.depth) for spot in spots)

    def way(self, wire: Wire) -> list[Point] | None:
        """The cheapest way; None where every one meets something or bends a third time."""
        u, v = self.placement.spots[wire.source], self.placement.spots[wire.target]
        best: tuple[float, list[Point]] | None = None
        for found in (_priced(self._direct(u, v), u, v), self._through_lanes(u, v)):
            if best is not None and best[0] < 2 * _BEND:
                break
            for cost, way in sorted(found, key=itemgetter(0)):
                if best is not None and cost >= best[0]:
                    break
                if self._is_free(way, u, v):
                    total = cost + self._company(way, wire)
                    if best is None or total < best[0]:
                        best = (total, way)
        return best[1] if best is not None and best[0] < _SHARED else None

    def _direct(self, u: Spot, v: Spot) -> Iterator[list[Point]]:
        """Straight, or around one corner."""
        ux, uy = _places(u.x, u.right), _places(u.y, u.bottom)
        vx, vy = _places(v.x, v.right), _places(v.y, v.bottom)
        yield from _straight(u, v)
        for y, x in product(uy, vx):
            yield [_side(u, x, y), (x, y), (x, v.y if y < v.y else v.bottom)]
        for x, y in product(ux, vy):
            yield [_foot(u, x, y), (x, y), (v.x if x < v.x else v.right, y)]

    def _through_lanes(self, u: Spot, v: Spot) -> Iterator[tuple[float, list[Point]]]:
        """Around two corners, through a lane that is not far from both ends; with the costs as of `_priced`."""
        ux, uy = _places(u.x, u.right), _places(u.y, u.bottom)
        vx, vy = _places(v.x, v.right), _places(v.y, v.bottom)
        (ucx, ucy), (vcx, vcy) = (u.cx, u.cy), (v.cx, v.cy)
        left, right = min(u.x, v.x) - _AWAY, max(u.right, v.right) + _AWAY
        top, bottom = min(u.y, v.y) - _AWAY, max(u.bottom, v.bottom) + _AWAY
        for y in (lane for lane in self.ys if top < lane < bottom):
            start, end = u.bottom if y > u.bottom else u.y, v.y if y < v.y else v.bottom
            if abs(start - y) < _LEAST or abs(y - end) < SHORTEST:
                continue
            for a, b in product(ux, vx):
                if abs(a - b) < _LEAST:
                    continue
                length = abs(start - y) + abs(a - b) + abs(y - end)
                off = min(abs(a - ucx), abs(start - ucy)) + min(abs(b - vcx), abs(end - vcy))
                yield 2 * _BEND + length / 15 + off * 0.05, [(a, start), (a, y), (b, y), (b, end)]
        for x in (lane for lane in self.xs if left < lane < right):
            start, end = u.right if x > u.right else u.x, v.x if x < v.x else v.right
            if abs(start - x) < _LEAST or abs(x - end) < SHORTEST:
                continue
            for a, b in product(uy, vy):
                if abs(a - b) < _LEAST:
                    continue
                length = abs(start - x) + abs(a - b) + abs(x - end)
                off = min(abs(start - ucx), abs(a - ucy)) + min(abs(end - vcx), abs(b - vcy))
                yield 2 * _BEND + length / 15 + off * 0.05, [(start, a), (x, a), (x, b), (end, b)]

    def _is_free(self, way: Sequence[Point], u: Spot, v: Spot) -> bool:
        """Whether no piece meets a wall, apart from those at its ends, and its last one has room for an arrowhead."""
        pieces = list(pairwise(way))
        lengths = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pieces]
        if min(lengths) < _LEAST or lengths[-1] < SHORTEST:
            return False
        last = len(pieces) - 1
        for number, (a, b) in enumerate(pieces):
            ends = {u.id: u} if number == 0 else {}
            if self._is_stopped(a, b, ends | {v.id: v} if number == last else ends):
                return False
        return True

    def _is_stopped(self, a: Point, b: Point, ends: Mapping[str, Spot]) -> bool:
        """Whether a piece meets a wall; of the boxes that it begins or ends at, only the one in front is in its way.

        The wall that it meets goes to the front: the next way between these boxes mostly meets the same one.
        """
        left, right = (a[0], b[0]) if a[0] < b[0] else (b[0], a[0])
        top, bottom = (a[1], b[1]) if a[1] < b[1] else (b[1], a[1])
        for position, wall in enumerate(self.walls):
            if left < wall.right and right > wall.left and top < wall.bottom and bottom > wall.top:
                own = ends.get(wall.owner)
                if own is None:
                    self.walls.insert(0, self.walls.pop(position))
                    return True
                if _front(own).meets(a, b, -0.5):
                    return True
        return False

    def _company(self, way: Sequence[Point], wire: Wire) -> float:
        """What crossing other lines costs, and running on them or in their lane."""
        total, own = 0.0, _pieces(way)
        for (other, pieces), found in zip(self.drawn, self.placement.routes, strict=True):
            same = other.source == wire.source
            kin = same or (other.target == wire.target and other.look == wire.look)
            if kin and not same and shares_a_lane(Route(wire, tuple(way)), found):
                total += _SHARED
            for a, b, left, right, top, bottom in own:
                for c, d, begin, end, upper, lower in pieces:
                    if left > end + LANE or begin > right + LANE or top > lower + LANE or upper > bottom + LANE:
                        continue  # far from each other, as most are
                    if _on_each_other(a, b, c, d):
                        total += 1.0 if kin else _SHARED
                    elif _cross(a, b, c, d):
                        total += 1.0 if same else _CROSSING
        return total


def _priced(ways: Iterable[list[Point]], u: Spot, v: Spot) -> Iterator[tuple[float, list[Point]]]:
    """Ways with what each costs for itself: its length, its bends, and how far it ends beside the middle of a side."""
    for way in ways:
        (x0, y0), (x1, y1) = way[0], way[-1]
        length = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(way))
        off = min(abs(x0 - u.cx), abs(y0 - u.cy)) + min(abs(x1 - v.cx), abs(y1 - v.cy))
        yield _BEND * (len(way) - 2) + length / 15 + off * 0.05, way


def _pieces(way: Sequence[Point]) -> list[_Piece]:
    return [(a, b, min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1])) for a, b in pairwise(way)]


def _front(spot: Spot) -> _Wall:
    """The box in front; a line may cross the cards behind its own box."""
    return _Wall(spot.x, spot.y, spot.right, spot.bottom)


def _wall_of(caption: Caption) -> _Wall:
    return _Wall(caption.left, caption.y - 5.2, caption.left + caption.width, caption.y + 1.2)


def _lanes(spans: Iterable[tuple[float, float]]) -> list[float]:
    steps = (LANE + 2, 2 * LANE + 2, 3 * LANE + 2)
    return sorted({round(2 * lane) / 2 for low, high in spans for s in steps for lane in (low - s, high + s)})


def _places(low: float, high: float) -> list[float]:
    """Where on a side a line may end: the middle first."""
    middle, span = (low + high) / 2, high - low
    return [middle] if span < 16 else [middle, middle - span / 4, middle + span / 4]


def _side(u: Spot, x: float, y: float) -> Point:
    return (u.right if x > u.right else u.x, y)


def _foot(u: Spot, x: float, y: float) -> Point:
    return (x, u.bottom if y > u.bottom else u.y)


def _straight(u: Spot, v: Spot) -> Iterator[list[Point]]:
    low, high = max(u.y, v.y) + 2, min(u.bottom, v.bottom) - 2
    if low <= high:
        for y in sorted({min(max(y, low), high) for y in (u.cy, v.cy, *_places(v.y, v.bottom))}):
            yield [(u.right, y), (v.x, y)] if u.right <= v.x else [(u.x, y), (v.right, y)]
    low, high = max(u.x, v.x) + 2, min(u.right, v.right) - 2
    if low <= high:
        for x in sorted({min(max(x, low), high) for x in (u.cx, v.cx, *_places(v.x, v.right))}):
            yield [(x, u.bottom), (x, v.y)] if u.bottom <= v.y else [(x, u.y), (x, v.bottom)]


def _on_each_other(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two pieces run on top of each other, or nearer than a lane."""
    for axis in (0, 1):
        other = 1 - axis
        if a[axis] == b[axis] and c[axis] == d[axis] and abs(a[axis] - c[axis]) < LANE - 1:
            low = max(min(a[other], b[other]), min(c[other], d[other]))
            if min(max(a[other], b[other]), max(c[other], d[other])) - low > 0.5:
                return True
    return False


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    if (a[0] == b[0]) == (c[0] == d[0]):
        return False
    (p, q), (r, s) = ((a, b), (c, d)) if a[0] == b[0] else ((c, d), (a, b))
    return min(r[0], s[0]) < p[0] < max(r[0], s[0]) and min(p[1], q[1]) < r[1] < max(p[1], q[1])


def crossings(route: Route, others: Iterable[Route]) -> list[Point]:
    """Where a line crosses lines of other sources, along its way."""
    found = []
    for a, b in pairwise(route.points):
        here = []
        for other in others:
            if other.wire.source != route.wire.source:
                for c, d in pairwise(other.points):
                    if _cross(a, b, c, d):
                        here.append((a[0], c[1]) if a[0] == b[0] else (c[0], a[1]))
        found += sorted(here, key=lambda point: abs(point[0] - a[0]) + abs(point[1] - a[1]))
    return found


def partings(routes: Sequence[Route]) -> list[Point]:
    """Where lines of one source that begin as one line part."""
    found = []
    for number, one in enumerate(routes):
        for other in routes[number + 1 :]:
            if one.wire.source == other.wire.source and one.points[0] == other.points[0]:
                (x0, y0), (x1, y1), (x2, y2) = one.points[0], one.points[1], other.points[1]
                if x1 == x2 == x0 and (y1 - y0) * (y2 - y0) > 0:
                    found.append((x0, min(y1, y2, key=lambda y: abs(y - y0))))
                elif y1 == y2 == y0 and (x1 - x0) * (x2 - x0) > 0:
                    found.append((min(x1, x2, key=lambda x: abs(x - x0)), y0))
    return [point for point in dict.fromkeys(found) if not any(point == route.points[-1] for route in routes)]


def joinings(routes: Sequence[Route]) -> list[Point]:
    """Where a line turns into the last piece of another one to the same box, from another source."""
    found = []
    for one, other in permutations(routes, 2):
        kin = one.wire.target == other.wire.target and one.wire.source != other.wire.source
        if not kin or one.points[-1] != other.points[-1] or len(one.points) < 3:
            continue
        end, turn, start = one.points[-1], one.points[-2], other.points[-2]
        for axis in (0, 1):
            low, high = sorted((start[axis], end[axis]))
            if turn[1 - axis] == start[1 - axis] == end[1 - axis] and low < turn[axis] < high:
                found.append(turn)
    return list(dict.fromkeys(found))


def shares_a_lane(one: Route, other: Route) -> bool:
    """Whether two lines run on top of each other, but for lines to one box that join at a dot or at its rim."""
    kin = one.wire.target == other.wire.target
    if kin and joinings((one, other)):
        return False
    pieces = ((a, b) for a in pairwise(one.points) for b in pairwise(other.points))
    return any(_common(a, b) > (_AT_RIM if kin else _BESIDE) for a, b in pieces)


def _common(one: tuple[Point, Point], other: tuple[Point, Point]) -> float:
    """How far two pieces of lines run on top of each other."""
    for axis in (0, 1):
        levels = [point[1 - axis] for point in (*one, *other)]
        if max(levels) - min(levels) < 0.5:
            spans = [sorted(point[axis] for point in piece) for piece in (one, other)]
            return min(span[1] for span in spans) - max(span[0] for span in spans)
    return 0.0


def places_beside(route: Route, text: str, wide: float) -> Iterator[Caption]:
    """Where words may stand beside a line: near its head first, on either side, then further back."""
    for (x0, y0), (x1, y1) in reversed(list(pairwise(route.points))):
        for share in (0.85, 0.5, 0.25, 0.7):
            x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
            if x0 == x1:
                yield Caption(x + 2.5, y + 2.0, text, wide)
                yield Caption(x - 2.5, y + 2.0, text, wide, "end")
            else:
                yield Caption(x, y - 2.6, text, wide, "middle")
                yield Caption(x, y + 7.0, text, wide, "middle")
