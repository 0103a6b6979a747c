"""A page read back: which box says what, what stands beside it, and which boxes an arrow joins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from itertools import accumulate, pairwise
from math import hypot, inf

from blockviz.runtime.records import dataclass, field
from blockviz.scene import Arrow, Box, Frame, Page, Path, Point, Sheet, Words

_GAP, _NEAR_AXIS = 12.0, 0.6  # points of the gap in a line that crosses another, and off its axis
_SHIFT = {"start": 0.3, "middle": 0.0, "end": -0.3}  # from where a text is set to a point inside, in its size
_TOUCH = 1.6  # points within which a line touches a box or another line


@dataclass(slots=True)
class Said:
    """A box with the texts inside it, and those of its note beside or below it (text, type size)."""

    box: Box
    inside: list[str] = field(default_factory=list)
    beside: list[tuple[str, float]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that stands inside, parted by bars."""
        return " | ".join(self.inside)


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow as a reader follows it: the boxes that it joins ("" for the open), what stands at its head."""

    source: str
    target: str
    words: str
    arrow: Arrow


@dataclass(slots=True)
class Reading:
    """A whole page: boxes by id, lines, badges (letter, filled, id of the box), panels, loose texts.

    ``notes`` are the texts outside overview and panels: title, legend, totals.
    """

    boxes: dict[str, Said]
    lines: list[Line]
    badges: list[tuple[str, bool, str]]
    panels: set[str]
    loose: list[Words]
    marks: dict[str, list[Box]]
    faults: list[str]
    advice: tuple[str, ...]
    notes: list[str]

    @property
    def texts(self) -> list[str]:
        """Texts outside all boxes."""
        return [text_of(words) for words in self.loose]


def text_of(words: Words) -> str:
    """The words of one line."""
    return "".join(run.text for run in words.runs).replace("\u200a", "").replace("\u2009", " ").strip()


def read_page(page: Page) -> Reading:
    """Read every sheet of a page."""
    found = Reading({}, [], [], set(), [], defaultdict(list), [], page.advice, [])
    for sheet in page.sheets:
        _read_sheet(sheet, found)
    return found


def _read_sheet(sheet: Sheet, found: Reading) -> None:
    drawn = {box.id: Said(box) for box in things(sheet)}
    for said in drawn.values():
        said.inside += ["".join(run.text for run in line) for line in said.box.lines]
    found.panels |= {frame.id for frame in sheet.groups if frame.id}
    for box in sheet.boxes:
        if box.id.startswith("mark"):
            owner = _around((box.x + box.width / 2, box.y + box.height / 2), drawn.values())
            if owner is not None:
                found.marks[owner.box.id].append(box)
        elif box.id.endswith("|badge") and box.id not in drawn:
            letter = "".join(run.text for line in box.lines for run in line)
            found.badges.append((letter, box.fill == box.line, box.id.removesuffix("|badge")))
    loose = _place_words(sheet, drawn)
    panels = [frame for frame in sheet.groups if frame.id]
    slabs = [said for said in drawn.values() if not said.box.group]
    outside = [words for words in loose if not any(_within(_anchor(words), frame) for frame in panels)]
    found.notes += _joined([words for words in outside if _over_or_under(words, slabs) is None])
    found.boxes |= drawn
    found.loose += loose
    found.lines += [_line(arrow, sheet, drawn, loose, found.faults) for arrow in sheet.arrows]
    found.faults += [
        f"a line of panel {frame.id} begins beside what it leaves"
        for frame in panels
        if any(_begins_nowhere(path, frame, sheet, drawn, loose) for path in _lines_in(frame, sheet))
    ]


def _place_words(sheet: Sheet, drawn: dict[str, Said]) -> list[Words]:
    """Give every text to the box that it stands in or beside; returns those that stand in none."""
    loose = []
    for words in sheet.words:
        owner = _around(_anchor(words), drawn.values())
        if owner is not None:
            owner.inside.append(text_of(words))
        else:
            loose.append(words)
    overview = [said for said in drawn.values() if not said.box.group]
    panels = [frame for frame in sheet.groups if frame.id]
    for words in loose:
        at = _anchor(words)
        if any(_within(at, frame) for frame in panels):
            continue
        if (slab := _over_or_under(words, overview)) is not None:
            slab.inside.append(text_of(words))
        elif (near := _before(words, overview) or _beside(*at, overview)) is not None:
            near.beside.append((text_of(words), words.size))
    return loose


_FAR = 60.0  # points between a slab and the last line of its words


def _over_or_under(words: Words, boxes: Sequence[Said]) -> Said | None:
    """The slab of a strip under which a text stands, or close over which, centred on it."""
    if words.anchor != "middle":
        return None
    centred = [said for said in boxes if abs(said.box.x + said.box.width / 2 - words.x) < 1.0]
    gaps = []
    for said in centred:
        above, below = said.box.y - words.y, words.y - words.size - said.box.y - said.box.height
        if above < words.size:
            gaps.append((max(above, below, 0.0), said))
    gap, near = min(gaps, key=lambda pair: pair[0], default=(_FAR, None))
    return near if gap < _FAR else None


def _joined(words: Sequence[Words]) -> list[str]:
    """Texts as they are, and those that go on in the lines below as one; a recipe as a whole alone."""
    out = []
    for first in words:
        chain = [first]
        while (below := next((one for one in words if _goes_on_in(chain[-1], one)), None)) is not None:
            chain.append(below)
        texts = list(accumulate(map(text_of, chain), "{} {}".format))
        is_recipe = len(chain) > 1 and text_of(first).startswith("conv") and texts[-1].count("conv") == 1
        out += texts[-1:] if is_recipe else texts
    return out


def _goes_on_in(words: Words, other: Words) -> bool:
    """Whether a text stands right under another, in the same type."""
    lines = (other.y - words.y) / words.size
    return abs(other.x - words.x) < 0.1 and 0.9 < lines < 1.3 and other.size == words.size


def _within(point: Point, frame: Frame) -> bool:
    x, y = point
    return frame.x <= x <= frame.x + frame.width and frame.y <= y <= frame.y + frame.height


def things(sheet: Sheet) -> list[Box]:
    """Things of the model: no badge, no mark, no edge of a box, no sample of the legend."""
    known = {box.id for box in sheet.boxes}
    return [box for box in sheet.boxes if "/" in box.id and not _belongs(box.id, known)]


def _belongs(ident: str, known: Set[str]) -> bool:
    """Whether a box is a mark, a sample, or what stands on another one; a layer may be called anything."""
    base = re.sub(r"\|(badge|l|r)$", "", ident)
    return ident.startswith(("mark", "legend")) or (base != ident and base in known)


def _anchor(words: Words) -> Point:
    """A point inside a text."""
    return words.x + _SHIFT[words.anchor] * words.size, words.y - words.size * 0.3


def _around(point: Point, boxes: Iterable[Said]) -> Said | None:
    x, y = point
    hits = [
        said for said in boxes
        if said.box.x <= x <= said.box.x + said.box.width and said.box.y <= y <= said.box.y + said.box.height
    ]  # fmt: skip
    return min(hits, key=lambda said: said.box.width * said.box.height, default=None)


def _beside(x: float, y: float, boxes: Sequence[Said]) -> Said | None:
    """The box at whose right, or below which, a text stands as its note."""
    level = [s for s in boxes if s.box.y - 3 <= y <= s.box.y + s.box.height + 3 and s.box.x + s.box.width <= x + 1]
    if level:
        return max(level, key=lambda said: said.box.x + said.box.width)
    return None


def _before(words: Words, boxes: Sequence[Said]) -> Said | None:
    """The sign at whose left a text ends as its note, where there is no room at its right."""
    if words.anchor != "end":
        return None
    level = [said for said in boxes if said.box.y - 3 <= words.y - words.size * 0.3 <= said.box.y + said.box.height + 3]
    near = [said for said in level if -1 <= said.box.x - words.x < words.size]
    return min(near, key=lambda said: said.box.x, default=None)


def _line(arrow: Arrow, sheet: Sheet, drawn: dict[str, Said], loose: Sequence[Words], faults: list[str]) -> Line:
    """An arrow with its ends checked: its head on the box that it names, its tail on its own or a line from there."""
    end, start = arrow.points[-1], arrow.points[0]
    if arrow.target in drawn and not _touches(end, drawn[arrow.target].box):
        faults.append(f"the arrow {arrow.source} → {arrow.target} does not end at its box")
    if arrow.source in drawn and not _touches(start, drawn[arrow.source].box) and not _on_a_line(start, arrow, sheet):
        faults.append(f"the arrow {arrow.source} → {arrow.target} does not begin at its box")
    words = _words_at(_whole_line(arrow, sheet), loose)
    if arrow.target in drawn:  # a long one stands above the box, or beside it where the arrow is short
        box = drawn[arrow.target].box
        corners = {"start": box.x, "end": box.x + box.width}
        above = [w for w in loose if abs(w.x - corners.get(w.anchor, inf)) < 1 and 0 < box.y - w.y < w.size]
        level = [w for w in loose if box.y - w.size < w.y < box.y + max(box.height, w.size)]
        aside = [w for w in level if 0 < w.x - box.x - box.width < 3 * w.size and w.anchor == "start"]
        aside += [w for w in level if 0 < box.x - w.x < 3 * w.size and w.anchor == "end"]
        words = " ".join([words, *map(text_of, [*above, *aside])])
    return Line(arrow.source, arrow.target, words, arrow)


def _lines_in(frame: Frame, sheet: Sheet) -> list[tuple[Point, ...]]:
    """Lines inside a panel that are drawn apart from the arrows which go on from them."""
    arrows = [arrow.points[0] for arrow in sheet.arrows if arrow.group and _within(arrow.points[0], frame)]
    lines = [shape.points for shape in sheet.shapes if isinstance(shape, Path) and not shape.closed]
    inside = [points for points in lines if len(points) > 2 and all(_within(point, frame) for point in points)]
    return [points for points in inside if any(_near(start, points[-1], points[-1]) for start in arrows)]


def _begins_nowhere(
    points: tuple[Point, ...], frame: Frame, sheet: Sheet, drawn: dict[str, Said], loose: Sequence[Words]
) -> bool:
    """Whether a line in a panel begins at no box, on no other line, and under no words."""
    start = points[0]
    if any(_touches(start, said.box) for said in drawn.values() if _within((said.box.x, said.box.y), frame)):
        return False
    paths = [shape.points for shape in sheet.shapes if isinstance(shape, Path) and not shape.closed]
    paths += [arrow.points for arrow in sheet.arrows if arrow.group]
    others = (path for path in paths if path is not points)
    if any(_near(start, a, b) for path in others for a, b in pairwise(path)):
        return False
    return not any(_away(_anchor(words), start, start) < 3 * words.size for words in loose)


def _touches(point: Point, box: Box) -> bool:
    """Whether a point lies on the outline of a box."""
    x, y = point
    left, right, top, foot = box.x, box.x + box.width, box.y, box.y + box.height
    if not (left - _TOUCH <= x <= right + _TOUCH and top - _TOUCH <= y <= foot + _TOUCH):
        return False
    if box.form == "circle":
        radius = box.width / 2
        return abs(hypot(x - left - radius, y - top - radius) - radius) <= _TOUCH
    share = (y - top) / box.height if box.height else 0.0
    inset = box.slant * (share if box.form == "funnel" else 1 - share) if box.form in ("funnel", "spread") else 0.0
    if box.form == "pill":
        inset = box.height / 2
    edges = (abs(x - left - inset), abs(x - right + inset), abs(y - top), abs(y - foot))
    return min(edges) <= _TOUCH or (box.form == "pill" and min(abs(x - left), abs(x - right)) <= inset)


def _on_a_line(point: Point, arrow: Arrow, sheet: Sheet) -> bool:
    """Whether a point lies on a line that was drawn (a rail, a lane, an arrow of the same tensor)."""
    paths = [shape.points for shape in sheet.shapes if isinstance(shape, Path) and not shape.closed]
    paths += [other.points for other in sheet.arrows if other is not arrow and other.source == arrow.source]
    if any(_near(point, a, b) for path in paths for a, b in pairwise(path)):
        return True
    return any(_goes_on(point, path[-1]) for path in paths)


def _goes_on(point: Point, end: Point) -> bool:
    """Whether a line goes on at a point behind the gap where it crosses another."""
    dx, dy = abs(point[0] - end[0]), abs(point[1] - end[1])
    return min(dx, dy) < _NEAR_AXIS and max(dx, dy) < _GAP


def _near(point: Point, a: Point, b: Point) -> bool:
    (x, y), (xa, ya), (xb, yb) = point, a, b
    return min(xa, xb) - _TOUCH <= x <= max(xa, xb) + _TOUCH and min(ya, yb) - _TOUCH <= y <= max(ya, yb) + _TOUCH


def _whole_line(arrow: Arrow, sheet: Sheet) -> tuple[Point, ...]:
    """The points of an arrow with those of its line before the gaps where it crosses others."""
    left = [shape.points for shape in sheet.shapes if isinstance(shape, Path) and not shape.closed]
    points = arrow.points
    while (before := next((path for path in left if _goes_on(points[0], path[-1])), None)) is not None:
        left.remove(before)
        points = (*before, *points)
    return points


def _words_at(points: Sequence[Point], loose: Sequence[Words]) -> str:
    """What stands beside a line."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, top, foot = min(xs), max(xs), min(ys), max(ys)
    near = []
    for words in loose:
        (x, y), far = _anchor(words), 2.5 * words.size
        if left - far <= x <= right + far and top - far <= y <= foot + far:
            near += [words] if any(_away((x, y), a, b) < far for a, b in pairwise(points)) else []
    return " ".join(map(text_of, near))


def _away(point: Point, a: Point, b: Point) -> float:
    """How far a point is from a level or upright line."""
    (x, y), (xa, ya), (xb, yb) = point, a, b
    dx = max(min(xa, xb) - x, 0.0, x - max(xa, xb))
    return hypot(dx, max(min(ya, yb) - y, 0.0, y - max(ya, yb)))
