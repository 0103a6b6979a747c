"""Where everything of an overview stands, as plain geometry that a test can read without a canvas.

Lengths are points of the theme's type at scale 1; the origin is the top left, y grows downwards.
"""

from __future__ import annotations

from itertools import pairwise

from blockviz.runtime.records import dataclass, field
from blockviz.scene import Point


@dataclass(slots=True)
class Spot:
    """The place of a part's box: measured (width, height) first, then placed (x, y of its top left).

    ``depth`` is what cards behind the box take at its right and below, ``rim`` what they take at its left; ``head`` is
    room for words above it.
    """

    id: str
    width: float
    height: float
    depth: float = 0.0
    head: float = 0.0
    rim: float = 0.0
    x: float = 0.0
    y: float = 0.0

    @property
    def cx(self) -> float:
        """Middle, across."""
        return self.x + self.width / 2

    @property
    def cy(self) -> float:
        """Middle, down."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """The right side of the box in front."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower side of the box in front."""
        return self.y + self.height

    def centre(self, cx: float, cy: float) -> None:
        """Put the middle somewhere."""
        self.x, self.y = cx - self.width / 2, cy - self.height / 2


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection to route. look : flow, skip, memory or side; ``text`` stands beside it."""

    source: str
    target: str
    look: str = "flow"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A wire as a polyline from the rim of one box to the rim of another."""

    wire: Wire
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """Words beside the boxes. ``size`` is ``small``, ``label`` or ``heading`` type, ``width`` their measured width;
    ``of`` : the letter whose panel explains them, without which they are not drawn."""

    x: float
    y: float
    text: str
    width: float
    anchor: str = "start"
    size: str = "small"
    bold: bool = False
    colour: str = "muted"
    of: str = ""

    @property
    def left(self) -> float:
        """Where the words begin."""
        return self.x - {"start": 0.0, "middle": self.width / 2, "end": self.width}[self.anchor]


@dataclass(frozen=True, slots=True)
class Band:
    """A pale ground behind a row, or a frame around boxes."""

    x: float
    y: float
    width: float
    height: float
    frame: bool = False


@dataclass(slots=True)
class Placement:
    """A placed overview; ``faults`` in words, empty where it may be drawn; ``said`` : wires that words stand for."""

    spots: dict[str, Spot]
    wires: list[Wire] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    rules: list[tuple[Point, ...]] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    @property
    def inner(self) -> float:
        """The width from the first box to the last, without lines and words beside them."""
        spots = self.spots.values()
        return max(spot.right + spot.depth for spot in spots) - min(spot.x for spot in spots)

    def has_room_for(self, words: Caption) -> bool:
        """Whether words would meet no box and no other words."""
        left, right, top = words.left - 1.5, words.left + words.width + 1.5, words.y - 6.5
        for spot in self.spots.values():
            if left < spot.right + spot.depth and spot.x < right and top < spot.bottom and spot.y < words.y + 2:
                return False
        return not any(
            left < one.left + one.width and one.left < right and abs(one.y - words.y) < 8 for one in self.captions
        )

    def is_free(self, words: Caption) -> bool:
        """Whether words would meet no box, no other words and no line."""
        left, right, top, low = words.left - 0.5, words.left + words.width + 0.5, words.y - 5.4, words.y + 1.4
        return self.has_room_for(words) and not any(
            min(a[0], b[0]) < right and max(a[0], b[0]) > left and min(a[1], b[1]) < low and max(a[1], b[1]) > top
            for route in self.routes
            for a, b in pairwise(route.points)
        )

    def is_on_an_edge(self, words: Caption) -> bool:
        """Whether words would stand on the upper or lower end of a ground."""
        edges = (y for band in self.bands for y in (band.y, band.y + band.height))
        return any(words.y - 7.0 < y < words.y + 2.0 for y in edges)

    def frame(self) -> None:
        """Move everything to the origin and measure the whole."""
        left, top, right, bottom = self._extent()
        for spot in self.spots.values():
            spot.x, spot.y = spot.x - left, spot.y - top
        self.routes = [Route(r.wire, tuple((x - left, y - top) for x, y in r.points)) for r in self.routes]
        self.captions = [
            Caption(c.x - left, c.y - top, c.text, c.width, c.anchor, c.size, c.bold, c.colour, c.of)
            for c in self.captions
        ]
        self.bands = [Band(b.x - left, b.y - top, b.width, b.height, b.frame) for b in self.bands]
        self.rules = [tuple((x - left, y - top) for x, y in rule) for rule in self.rules]
        self.width, self.height = right - left, bottom - top

    def _extent(self) -> tuple[float, float, float, float]:
        xs = [x for spot in self.spots.values() for x in (spot.x - spot.rim, spot.right + spot.depth)]
        ys = [y for spot in self.spots.values() for y in (spot.y - spot.head, spot.bottom + spot.depth)]
        xs += [x for route in self.routes for x, _ in route.points]
        ys += [y for route in self.routes for _, y in route.points]
        xs += [x for caption in self.captions for x in (caption.left, caption.left + caption.width)]
        ys += [y for caption in self.captions for y in (caption.y - 6.0, caption.y + 2.0)]
        xs += [x for band in self.bands for x in (band.x, band.x + band.width)]
        ys += [y for band in self.bands for y in (band.y, band.y + band.height)]
        return min(xs, default=0.0), min(ys, default=0.0), max(xs, default=0.0), max(ys, default=0.0)
