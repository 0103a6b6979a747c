"""Pack panels into columns, in the order of their letters, so that the columns end near each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import inf

from blockviz.page.panel.panel import Panel
from blockviz.runtime.records import dataclass, field, replace

MOST_COLUMNS = 4
_EASE = (1.2, 1.45, 1.75)  # times the width at which all of a panel is on one line: the widths that it looks well in
_TOUCH = 0.01  # points that heights may differ by
_UNLIKE = 1.25  # times as wide as the narrowest panel: from here on the widest asks for a column of its own width
_DISORDER = 0.15  # of the room of all panels, as if it were empty, where letters stand in no order
_LOOSE = 1.25  # a column that is so many times wider than that is too wide


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel with its place in the region."""

    panel: Panel
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Packing:
    """All panels placed, and the height they need; ``right`` : where a sheet is cut that ends with them, else 0."""

    placed: tuple[Placed, ...]
    height: float
    columns: int
    unrest: float = 0.0
    right: float = 0.0

    @property
    def strain(self) -> int:
        """How many panels stand over several columns, or are narrower than their labels would like."""
        wide = len(_over_several(self.placed))
        return wide + sum(1 for placed in self.placed if placed.panel.comfortable_width() > placed.width + 1)


@dataclass(slots=True)
class Packer:
    """Some panels, and the ways in which they stand in columns, found once for a width: drafts of a figure ask for the
    same few widths again and again, each with less height or with another legend."""

    panels: Sequence[Panel]
    gap: float
    _ways: dict[tuple[float, bool], tuple[float, list[Packing]]] = field(default_factory=dict)
    _parts: dict[tuple[int, int], Packer] = field(default_factory=dict)

    def part(self, begin: int, end: int) -> Packer:
        """Some of the panels."""
        if (begin, end) not in self._parts:
            self._parts[begin, end] = Packer(self.panels[begin:end], self.gap)
        return self._parts[begin, end]

    def pack(
        self, width: float, height: float, beside: tuple[float, float] = (0.0, 0.0), cut: bool = False
    ) -> Packing | None:
        """The calmest packing, or None where the panels don't fit ``width`` × ``height``.

        Calm is little empty room: inside panels that are wider than they would like, below columns that
        end early, below what stands ``beside`` the panels (its width and height), and (as a debt) where a
        panel gets less than it would like. Where the sheet is ``cut`` at the right end of its drawing, room there is
        none, and room between lower panels and that end is.
        """
        best, least = None, inf
        for found in self._ways_in(width, height + _TOUCH, cut):
            if found.height <= height + _TOUCH:
                unrest = found.unrest + beside[0] * max(0.0, found.height - beside[1])
                unrest += found.right * max(0.0, beside[1] - found.height)
                if best is None or unrest < least * 0.98:
                    best, least = found, unrest
        return replace(best, unrest=least) if best is not None else None

    def _ways_in(self, width: float, height: float, cut: bool) -> list[Packing]:
        """All ways of at most that height, and some higher ones; the unrest of each is its own."""
        known = self._ways.get((width, cut))
        if known is None or known[0] < height:
            ways = [found for columns in range(1, MOST_COLUMNS + 1) for found in self._columns(width, height, columns)]
            told = [_rated(found, width, self.gap, cut) for found in ways if found.height <= height]
            known = self._ways[width, cut] = height, told
        return known[1]

    def _columns(self, width: float, height: float, columns: int) -> Iterator[Packing]:
        even = _pack_columns(self.panels, width, height, columns, self.gap)
        if even is not None:
            yield even
        yield from _pack_unlike(self.panels, width, height, columns, self.gap)


def pack(panels: Sequence[Panel], width: float, height: float, gap: float) -> Packing | None:
    """The calmest packing of panels that are packed once."""
    return Packer(panels, gap).pack(width, height)


def _pack_unlike(panels: Sequence[Panel], width: float, height: float, columns: int, gap: float) -> Iterator[Packing]:
    """The panels in columns, each as wide as its panels look well in, or in what all leave to it; where they differ."""
    if not 1 < columns <= len(panels):
        return
    wishes, room = [panel.comfortable_width() for panel in panels], width - gap * (columns - 1)
    if max(wishes) < min(wishes) * _UNLIKE:
        return
    leasts = [panel.least_width() for panel in panels]
    for cuts in combinations(range(1, len(panels)), columns - 1):
        ends = list(pairwise((0, *cuts, len(panels))))
        wish = [max(wishes[a:b]) for a, b in ends]
        least = [max(leasts[a:b]) for a, b in ends]
        if sum(least) > room:
            continue
        give = min(1.0, (room - sum(least)) / max(1.0, sum(wish) - sum(least)))
        wide = [low + (high - low) * give for low, high in zip(least, wish, strict=True)]
        wide = [one + (room - sum(wide)) / columns for one in wide]
        placed, x, deep = list[Placed](), 0.0, 0.0
        for (a, b), one in zip(ends, wide, strict=True):
            y = 0.0
            for panel in panels[a:b]:
                placed.append(Placed(panel, x, y, one, panel.measure(one) or inf))
                y += placed[-1].height + gap
                if y - gap > height:
                    break
            x, deep = x + one + gap, max(deep, y - gap)
            if deep > height:
                break
        else:
            yield Packing(tuple(placed), deep, columns)


def _over_several(placed: Sequence[Placed]) -> list[Placed]:
    """The panels that stand over several columns, of which some may hold no other panel."""
    lefts = {one.x for one in placed}
    slim = {left: min(one.width for one in placed if one.x == left) + _TOUCH for left in lefts}
    return [one for one in placed if one.width > slim[one.x] or any(one.x < left < one.x + one.width for left in lefts)]


def _rated(way: Packing, width: float, gap: float, cut: bool) -> Packing:
    """A way with its unrest in a width, or where the sheet is cut, with its panels as wide as these look well in."""
    if not cut:
        return replace(way, unrest=_unrest(way, width, gap))
    placed = snug(way.placed, gap, 1.0)
    right = max(one.x + one.width for one in placed)
    return replace(way, unrest=_unrest(replace(way, placed=placed), right, gap), right=right)


def _unrest(packing: Packing, width: float, gap: float) -> float:
    """Square points of empty or missing room."""
    used = sum((placed.width + gap) * (placed.height + gap) for placed in packing.placed)
    whole = (width + gap) * (packing.height + gap)
    inside = sum(abs(placed.width - placed.panel.comfortable_width()) * placed.height for placed in packing.placed)
    return whole - used + inside + (0.0 if _in_order(packing.placed) else whole * _DISORDER)


def _in_order(placed: Sequence[Placed]) -> bool:
    """Whether letters follow each other down the columns, or row by row."""
    letters = [one.panel.definition.letter for one in placed]
    ways = (sorted(placed, key=lambda one: (one.x, one.y)), sorted(placed, key=lambda one: (one.y, one.x)))
    return any([one.panel.definition.letter for one in way] == sorted(letters) for way in ways)


def _pack_columns(panels: Sequence[Panel], width: float, height: float, columns: int, gap: float) -> Packing | None:
    """The panels in so many columns; None where one is too wide, or all together are too high wherever they stand."""
    column = (width - gap * (columns - 1)) / columns
    spare = (height + gap) * columns + _TOUCH
    narrow: list[tuple[Panel, float]] = []
    wide: list[tuple[Panel, float, int]] = []
    for panel in panels:
        for span in range(1, columns + 1):
            room = column * span + gap * (span - 1)
            tall = panel.measure(room)
            if tall is not None:
                break
        else:
            return None
        spare -= (tall + gap) * span
        if spare < 0 or tall > height + _TOUCH:
            return None
        if span == 1:
            narrow.append((panel, tall))
        else:
            wide.append((panel, tall, span))
    return _assemble(_partition(narrow, columns, gap), wide, column, columns, gap)


def _assemble(
    stacks: list[list[tuple[Panel, float]]],
    wide: list[tuple[Panel, float, int]],
    column: float,
    columns: int,
    gap: float,
) -> Packing:
    levels = [0.0] * columns
    placed: list[Placed] = []
    for number, stack in enumerate(stacks):
        for panel, tall in stack:
            placed.append(Placed(panel, number * (column + gap), levels[number], column, tall))
            levels[number] += tall + gap
    for panel, tall, span in wide:
        first = min(range(columns - span + 1), key=lambda c: (max(levels[c : c + span]), c))
        y = max(levels[first : first + span])
        placed.append(Placed(panel, first * (column + gap), y, column * span + gap * (span - 1), tall))
        levels[first : first + span] = [y + tall + gap] * span
    return Packing(tuple(placed), max(max(levels) - gap, 0.0), columns)


def _partition(items: list[tuple[Panel, float]], columns: int, gap: float) -> list[list[tuple[Panel, float]]]:
    """Split a sequence into ``columns`` stretches so that the highest is as low as can be."""
    count = len(items)
    if count == 0:
        return []
    total = [0.0]
    for _, tall in items:
        total.append(total[-1] + tall + gap)
    best = [[inf] * (count + 1) for _ in range(columns + 1)]
    cut = [[0] * (count + 1) for _ in range(columns + 1)]
    best[0][0] = 0.0
    for used in range(1, columns + 1):
        for end in range(count + 1):
            for begin in range(end + 1):
                worst = max(best[used - 1][begin], total[end] - total[begin])
                if worst < best[used][end] - 1e-9:
                    best[used][end], cut[used][end] = worst, begin
    out: list[list[tuple[Panel, float]]] = []
    end = count
    for used in range(columns, 0, -1):
        begin = cut[used][end]
        out.append(items[begin:end])
        end = begin
    return list(reversed(out))


def shortest(placed: Sequence[Placed]) -> tuple[Placed, ...]:
    """The panels of the column that ends first, where no panel stands over several columns; else none."""
    columns = by_column(placed)
    if len(columns) < 2 or _over_several(placed):
        return ()
    ends = {left: column[-1].y + column[-1].height for left, column in columns.items()}
    return tuple(columns[min(ends, key=ends.__getitem__)])


def by_column(placed: Sequence[Placed]) -> dict[float, list[Placed]]:
    """Panels by the left edge of their column, from the top down."""
    columns: dict[float, list[Placed]] = {}
    for one in placed:
        columns.setdefault(one.x, []).append(one)
    return columns


def raised(placed: Sequence[Placed], column: Sequence[Placed], height: float, gap: float) -> tuple[Placed, ...]:
    """The panels with those of one column stretched towards a height."""
    return tuple(_stretched(list(column), height, gap)) + tuple(one for one in placed if one not in column)


def stretch(packing: Packing, height: float, gap: float) -> tuple[Placed, ...]:
    """Let panels grow towards ``height`` so that columns end together, each as far as its arrows may stretch.

    A panel over several columns that stands below these keeps its height and moves down.
    """
    wide = _over_several(packing.placed)
    slim = [placed for placed in packing.placed if placed not in wide]
    if len(wide) > 1:
        return packing.placed
    above = [
        placed for placed in slim for below in wide if placed.x < below.x + below.width and placed.x >= below.x - 1
    ]
    if wide and any(placed.y > wide[0].y for placed in above):
        return packing.placed
    floor = height - (wide[0].height + gap if wide else 0.0)
    out: list[Placed] = []
    columns = by_column(slim)
    bottom = -gap
    for column in columns.values():
        covered = column[0] in above
        out += _stretched(column, floor if covered else height, gap)
        bottom = max(bottom, out[-1].y + out[-1].height) if covered else bottom
    return (*out, *(replace(placed, y=bottom + gap) for placed in wide))


def snug(placed: Sequence[Placed], gap: float, loose: float = _LOOSE) -> tuple[Placed, ...]:
    """Columns of panels that are much wider than these need, set no wider than they look well; their height is kept.

    Panels over several columns keep all as it is.
    """
    columns = by_column(placed)
    if _over_several(placed):
        return tuple(placed)
    out, x = list[Placed](), min(columns)
    for column in (columns[left] for left in sorted(columns)):
        wide = _snug_width(column, loose)
        out += [replace(one, x=x, width=wide) for one in column]
        x += wide + gap
    return tuple(out)


def _snug_width(column: Sequence[Placed], loose: float) -> float:
    """The least width that a column looks well in, if it is much wider and no panel of it becomes higher there."""
    widest = max(one.panel.comfortable_width() for one in column)
    for wish in (widest * ease for ease in _EASE):
        held = [one.panel.measure(wish) for one in column]
        fits = all(tall is not None and tall <= one.height + 0.01 for tall, one in zip(held, column, strict=True))
        if fits and column[0].width > wish * loose:
            return wish
    return column[0].width


def _stretched(column: list[Placed], height: float, gap: float) -> list[Placed]:
    natural = sum(placed.height for placed in column)
    limits = [placed.panel.most_height(placed.width) for placed in column]
    spare = height - natural - gap * (len(column) - 1)
    share = max(0.0, min(1.0, spare / max(1.0, sum(limits) - natural)))
    out, y = [], 0.0
    for placed, limit in zip(column, limits, strict=True):
        tall = placed.height + (limit - placed.height) * share
        out.append(replace(placed, y=y, height=tall))
        y += tall + gap
    return out
