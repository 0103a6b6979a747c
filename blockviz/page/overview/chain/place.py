"""Places a chain as a strip of slabs, in one row or in several that are read like text.

Channels stand above a slab, the resolution below it and then its name; neighbours of one type share a bracket with
the name of the type, or where height is dear all types are named in lines under the strip. Wires that pass over a box
run above; then the channels stand below, too. One such wire may go on from a row to the next, around the line that
joins them.
"""

from __future__ import annotations

from itertools import accumulate, combinations, groupby, pairwise

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Caption, Placement, Route, Spot, Wire
from blockviz.page.layout.wire_router import SHORTEST
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field, replace

_LANE = 4.5
_BETWEEN = 0.6  # from the words under a slab to those under the next, in units of the label's type
_NAME_ROOM = 3.8  # where names below a slab are broken, in units of the label's type


def place_strip(pieces: Pieces, view: OverviewGraph, layout: OverviewLayout, style: Style) -> Placement:
    """The placement of a strip; what passes over a box is not yet routed."""
    return _Strip(pieces, view, style).place()


@dataclass(slots=True)
class _Column:
    """A box with the words under it, and the width that both take, ``before`` of it for what is said of its arrow."""

    spot: Spot
    above: str
    words: list[tuple[str, bool, str]]
    wide: float
    before: float = 0.0
    left: float = 0.0
    right_end: float = 0.0


@dataclass(slots=True)
class _Strip:
    pieces: Pieces
    view: OverviewGraph
    style: Style
    jumps: bool = field(init=False)
    columns: dict[str, _Column] = field(init=False)
    line: float = field(init=False)

    def __post_init__(self) -> None:
        order = self.view.order
        follows = set(pairwise(order))
        self.jumps = any(edge not in follows for edge in self.view.graph.edges)
        self.line = self.pieces.cards.theme.type.small * 1.15
        spots = self.pieces.spots(self.view, self.style)
        self.columns = {name: self._column(name, spots[name]) for name in order}

    def _column(self, name: str, spot: Spot) -> _Column:
        channels = self.pieces.channels_text(self.view, name)
        words = self._said(name, max(self.pieces.unit * _NAME_ROOM, spot.width))
        above = "" if self.jumps else channels
        texts = [self.pieces.small(text, bold) for text, bold, _ in words] + [self.pieces.small(above)]
        gap = max(self.pieces.unit * self.style.gap, SHORTEST)
        wide = max(spot.width + spot.depth + gap, max(texts) + self.pieces.unit * _BETWEEN)
        said = [self.pieces.said_of(one, name) for one in self.view.before(name)] if self.style.said else []
        before = max(said, default=0.0)
        return _Column(spot, above, words, wide + before, before)

    def _said(self, name: str, room: float) -> list[tuple[str, bool, str]]:
        """The words under a slab, broken at a width: (text, bold, colour)."""
        channels, words = self.pieces.channels_text(self.view, name), list[tuple[str, bool, str]]()
        size = self.pieces.side_text(self.view, name)
        if size:
            words.append((size, False, "muted"))
        if channels and self.jumps:
            words.append((channels, True, "text"))
        if self.style.costs and (cost := self.pieces.cost_text(name)):
            words.append((cost, False, "muted"))
        words += [(text, True, "text") for text in self._tally(name)]
        return words + [(line, bold, "text") for line, bold in self.pieces.strip_name(name, room, channels)]

    def _tally(self, name: str) -> list[str]:
        """Which copies are variants, by the names that the panel of their type lists."""
        return self.pieces.cards.tally(self.pieces.cards.parts[name])

    def place(self) -> Placement:
        out = Placement({name: column.spot for name, column in self.columns.items()})
        rows = self._rows()
        y, room = 0.0, max(self.style.wide, *(sum(self.columns[n].wide for n in row) for row in rows))
        feet = []
        for row in rows:
            y = self._place_row(out, row, y, room)
            feet.append(y)
            y += self.pieces.unit * 1.5
        self._wire(out, rows, feet)
        if self.style.keyed:
            self._key(out, rows[-1], feet[-1], room)
        return out

    def _key(self, out: Placement, last: list[str], foot: float, room: float) -> None:
        """The names of the types: beside the last row, if it is short enough, else in lines under it."""
        left = self.columns[last[-1]].right_end + self.pieces.unit
        widths = self.pieces.key_widths(self.view)
        high = (len(widths) - 1) * self.line
        if widths and left + max(widths) <= room and high < self.columns[last[-1]].spot.height:
            self.pieces.key(self.view, out, left, foot - 2.0 - high, 0.0)
        else:
            self.pieces.key(self.view, out, 0.0, foot + self.line * 1.2, room)

    def _rows(self) -> list[list[str]]:
        """The parts in so many rows of about equal width; where a line would pass over the end of a row, in rows that
        end where only the line to the next part goes on."""
        even, clean = self._even_rows(), self._clean_ends()
        ends = [0, *accumulate(len(row) for row in even)]
        if clean.issuperset(ends[1:-1]):
            return even
        wide = [0.0, *accumulate(column.wide for column in self.columns.values())]
        every = [(0, *cuts, len(self.view.order)) for cuts in combinations(sorted(clean), self.style.rows - 1)]
        best = min(every, key=lambda cuts: max(wide[b] - wide[a] for a, b in pairwise(cuts)), default=ends)
        return [list(self.view.order[a:b]) for a, b in pairwise(best)]

    def _clean_ends(self) -> set[int]:
        """How many parts there may be before the end of a row, so that no more lines than may go on over it do."""
        at = self.view.index
        spans = [(at[u], at[v]) for u, v in self.view.graph.edges if at[v] - at[u] > 1]
        return {cut for cut in range(1, len(self.view.order)) if sum(a < cut <= b for a, b in spans) <= self.style.over}

    def _even_rows(self) -> list[list[str]]:
        total, rows, used = sum(c.wide for c in self.columns.values()), [list[str]()], 0.0
        for name, column in self.columns.items():
            full = used + column.wide / 2 > total / self.style.rows * len(rows)
            if rows[-1] and full and len(rows) < self.style.rows:
                rows.append([])
            rows[-1].append(name)
            used += column.wide
        return rows

    def _place_row(self, out: Placement, row: list[str], y: float, room: float) -> float:
        columns = [self.columns[name] for name in row]
        spare = min(room - sum(c.wide for c in columns), sum(c.wide for c in columns) * 0.6) / len(columns)
        lift = self.line if any(c.above for c in columns) else 0.0
        lift += _LANE * min(6, self._passing(row)) + (4.0 if self._passing(row) else 0.0)
        tallest = max(c.spot.height for c in columns)
        axis, x = y + lift + tallest / 2, 0.0
        base = axis + tallest / 2 + max(c.spot.depth for c in columns) + self.line
        for column in columns:
            wide = column.wide + spare
            column.spot.x = x + column.before + (wide - column.before - column.spot.width - column.spot.depth) / 2
            column.spot.y = axis - column.spot.height / 2
            column.left, column.right_end = x, x + wide
            column.words = self._said(column.spot.id, wide - column.before - self.pieces.unit * _BETWEEN)
            x += wide
            self._words(out, column, base)
        return self._brackets(out, row, base)

    def _words(self, out: Placement, column: _Column, base: float) -> None:
        spot = column.spot
        if column.above:
            wide, low = self.pieces.small(column.above), spot.y - self.line * 0.35
            out.captions.append(Caption(spot.cx, low, column.above, wide, "middle"))
        for number, (text, bold, colour) in enumerate(column.words):
            wide, letter = self.pieces.small(text, bold), self.pieces.cards.parts[spot.id].letter or ""
            of = letter if text in self._tally(spot.id) else ""
            out.captions.append(
                Caption(spot.cx, base + number * self.line, text, wide, "middle", "small", bold, colour, of)
            )

    def _passing(self, row: list[str]) -> int:
        """The most wires that pass over one box of a row, one above the other; those that go on pass over its end."""
        index, last = self.view.index, self.view.index[row[-1]]
        spans = [(index[u], min(index[v], last + 1)) for u, v in self.view.graph.edges if index[v] - index[u] > 1]
        return max(sum(u < index[name] < v for u, v in spans if u >= index[row[0]]) for name in row)

    def _brackets(self, out: Placement, row: list[str], base: float) -> float:
        """The names of types under brackets, in one line if they have room there; returns the foot of the row.

        The line is below the words of the row, or of the blocks alone where no name is wider than its boxes.
        """
        foot = base + self._words_below(row)
        if self.style.keyed:
            return foot + 2.0
        groups = [list(found) for _, found in groupby(row, key=self._letter)]
        named = [(names, self._type_name(names)) for names in groups if self._letter(names[0])]
        narrow = all(
            self.columns[names[0]].left < name.x and name.x + name.width < self.columns[names[-1]].right_end
            for names, name in named
        )
        y = (base + self._words_below([one for one in row if self._letter(one)]) if narrow and named else foot) + 3.0
        tracks: list[float] = []
        lowest = foot
        for names, name in named:
            track = next((at for at, end in enumerate(tracks) if end + 5 <= name.x), len(tracks))
            tracks[track : track + 1] = [name.x + name.width]
            left, right, low = self.columns[names[0]].spot.x, self._right(names[-1]), y + 3.0
            out.rules.append(((left, y), (left, low), (right, low), (right, y)))
            line = low + (track + 1) * self.line
            out.captions.append(replace(name, y=line))
            lowest = max(lowest, line + 1.0)
        if len(tracks) > 1:
            out.faults.append("names of types in several lines")
        return lowest

    def _words_below(self, names: list[str]) -> float:
        """From the first line of words under the slabs of these parts to the last."""
        return (max(len(self.columns[name].words) for name in names) - 1) * self.line

    def _letter(self, name: str) -> str:
        return self.pieces.cards.parts[name].letter or ""

    def _right(self, name: str) -> float:
        return self.columns[name].spot.right + self.columns[name].spot.depth

    def _type_name(self, names: list[str]) -> Caption:
        """The name of a type, in the middle of its boxes."""
        text = self.pieces.type_text(names)
        wide = self.pieces.small(text, bold=True)
        start = max((self.columns[names[0]].spot.x + self._right(names[-1]) - wide) / 2, 0.0)
        return Caption(start, 0.0, text, wide, "start", "small", True, "text")

    def _wire(self, out: Placement, rows: list[list[str]], feet: list[float]) -> None:
        at, index = {name: number for number, row in enumerate(rows) for name in row}, self.view.index
        ends = [spot.right + spot.depth for spot in out.spots.values()] + [c.left + c.width for c in out.captions]
        right = max(ends) + self.pieces.unit * 0.6
        left = min([0.0, *(caption.left for caption in out.captions)]) - self.pieces.unit * 0.6
        for u, v in self.view.graph.edges:
            a, b, lane = out.spots[u], out.spots[v], feet[at[u]] + self.pieces.unit * 0.5
            if at[u] == at[v]:
                out.wires.append(Wire(u, v, "flow" if index[v] - index[u] == 1 else "side"))
            elif at[v] - at[u] != 1:
                out.faults.append(f"{u} to {v} passes over the end of a row")
            elif index[v] - index[u] == 1:
                way = ((a.right, a.cy), (right, a.cy), (right, lane), (left, lane), (left, b.cy), (b.x, b.cy))
                out.routes.append(Route(Wire(u, v), way))
            else:  # above its row, around the line that joins the rows, and down from above
                row, beyond, under = rows[at[u]], right + _LANE, lane + _LANE
                over = min(out.spots[name].y for name in row) - _LANE * min(6, self._passing(row)) - 2.0
                way = ((a.cx, a.y), (a.cx, over), (beyond, over), (beyond, under), (b.cx, under), (b.cx, b.y))
                out.routes.append(Route(Wire(u, v, "side"), way))
