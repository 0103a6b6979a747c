"""Lay out a block's structure on a grid: a branch is a column, a box is a row, every arrow is vertical.

A fork hangs from a rail; a concatenation is a bar across its branches; a residual addition is a circle
that the shortcut reaches from the side through a lane of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from blockviz.page.glyphs.canvas import Canvas, Loose
from blockviz.page.glyphs.label import symbol_runs
from blockviz.page.layout.box_spec import BoxSpec, Extent
from blockviz.page.layout.series_parallel import Chain, Fork, Leaf, Tangle, is_entry, is_more
from blockviz.page.layout.skip_lanes import Lanes, lane_layout
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Arrow, Point
from blockviz.text.font_metrics import middle, run_width

if TYPE_CHECKING:
    from blockviz.page.layout.ranks import Ranks

__all__ = ["BoxSpec", "Extent", "Grid"]


_WORDED = 1.6  # sizes of small type between a row and a box with words at its arrow


@dataclass(slots=True)
class Grid:
    """The layout of one body; ``gap`` is the room for an arrow between two rows.

    lanes : lines that skip a box run in lanes at the left (the overview's way). ports : how far below a box's
    top the line to a certain other box leaves it (a tap). beside : by box, the texts of inputs from the side.
    leaving : room that the text under a line out of the body needs, by the box that it leaves. marks : room that the
    words at the heads of arrows need at the right of a box, beyond it and what keeps it apart. worded : how
    wide the words are at the head of an arrow from above into a box, which must have room for them. pitch : from a lane
    to the next, of the room for a line.
    """

    faces: Mapping[str, BoxSpec]
    theme: Theme
    gap: float
    column_gap: float
    group: str = ""
    lanes: bool = False
    ports: Mapping[tuple[str, str], float] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaving: Mapping[str, float] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    worded: Mapping[str, float] = field(default_factory=dict)
    pitch: float = 0.7
    canvas: Canvas = field(default_factory=Canvas)
    _extents: dict[Chain | Leaf | Fork | Tangle, Extent] = field(default_factory=dict)
    _ranks: dict[Tangle, Ranks | Lanes] = field(default_factory=dict)

    @property
    def lane(self) -> float:
        """Room for a line beside a column of boxes."""
        return self.theme.space.lead

    # Measuring

    def extent(self, part: Chain | Leaf | Fork | Tangle) -> Extent:
        """The room a part needs; remembered, since parents ask again while drawing."""
        found = self._extents.get(part)
        if found is None:
            found = self._extents[part] = self._measure(part)
        return found

    def _measure(self, part: Chain | Leaf | Fork | Tangle) -> Extent:
        if isinstance(part, Leaf):
            face = self.faces[part.id]
            return Extent(face.width / 2, face.width / 2 + self.aside(part.id), face.height)
        if isinstance(part, Chain):
            return self._measure_chain(part)
        if isinstance(part, Tangle):
            return self._measure_tangle(part)
        return self._measure_fork(part)

    def aside(self, name: str) -> float:
        """Room at the right of a box for the inputs that reach it from the side, and for words at its arrows."""
        size, rooms = self.theme.type.small, [self.marks.get(name, 0.0)]
        return max([*rooms, *(run_width(symbol_runs(text), size) + size * 2.8 for text in self.beside.get(name, ()))])

    def box(self, name: str, x: float, y: float, width: float) -> None:
        """Draw a box with its top in the middle at (x, y), and the arrows into its side."""
        face, size = self.faces[name], self.theme.type.small
        face.draw(self.canvas, x - width / 2, y, width)
        texts = self.beside.get(name, ())
        for number, text in enumerate(texts):
            level = y + face.height / 2 + (number - (len(texts) - 1) / 2) * size * 1.25
            edge = x + width / 2
            self.arrow(((edge + size * 2.2, level), (edge, level)), "", name)
            muted = self.theme.colours.muted
            self.canvas.text(edge + size * 2.6, middle(level, size), symbol_runs(text), size, muted)

    def _measure_tangle(self, tangle: Tangle) -> Extent:
        sizes = {name: (face.width + 2 * self.aside(name), face.height) for name, face in self.faces.items()}
        if self.lanes:
            column = lane_layout(tangle, sizes, self.gap, self.lane * self.pitch, self.ports)
            self._ranks[tangle] = column
            return Extent(column.left, column.right, column.height)
        from blockviz.page.layout.ranks import rank_layout  # most figures have no tangle

        bars = {name for name, face in self.faces.items() if face.merge == "bar"}
        signs = {name for name, face in self.faces.items() if face.merge == "sign"}
        above = {name: self._above(Leaf(name)) for name in tangle.ids if name in self.worded}
        ranks = rank_layout(tangle, sizes, self.gap, self.column_gap, bars, signs, self.leaving, above)
        self._ranks[tangle] = ranks
        return Extent(ranks.left, ranks.width - ranks.left, ranks.height)

    def _measure_chain(self, chain: Chain) -> Extent:
        if not chain.parts:
            return Extent(self.lane / 2, self.lane / 2, 0.0)
        extents = [self.extent(part) for part in chain.parts]
        height = sum(extent.height for extent in extents)
        for part, after in zip(chain.parts, chain.parts[1:], strict=False):
            height += self.space(part, after)
        right = max(e.right for e in extents)
        for part, before in zip(chain.parts[1:], extents, strict=False):
            if isinstance(part, Leaf) and part.id in self.beside:  # it may be as wide as what stands above it
                right = max(right, before.right + self.aside(part.id))
        return Extent(max(e.left for e in extents), right, height)

    def space(self, part: Leaf | Fork | Tangle, after: Leaf | Fork | Tangle) -> float:
        """Room between two parts of a chain; a fork brings its own room above its branches."""
        if isinstance(after, Fork | Tangle):
            return 0.0 if isinstance(part, Leaf) and is_entry(part.id) else self.gap * 0.45
        return self._above(after)

    def _above(self, part: Leaf | Fork | Tangle) -> float:
        """Room for an arrow into a part, and for the words at its head."""
        if isinstance(part, Leaf) and part.id in self.worded:
            return max(self.gap, self.theme.type.small * _WORDED)
        return self.gap

    def _measure_fork(self, fork: Fork) -> Extent:
        main, side = self.sides(fork)
        if main is not None:
            inner, outer = self.extent(main), self.extent(side) if side else Extent(0, 0, 0)
            head = self._head(fork)
            half = self.faces[fork.merge].width / 2 if fork.merge else 0.0
            inner = Extent(max(inner.left, half), max(inner.right, half), inner.height)
            if side is None or not side.parts:
                return Extent(inner.left + self.lane, inner.right, head + inner.height)
            return Extent(
                inner.left, inner.right + self.column_gap * 1.6 + outer.width, head + max(inner.height, outer.height)
            )
        columns = self._fork_columns(fork)
        width = sum(column.width for column in columns) + self.column_gap * (len(columns) - 1)
        return Extent(width / 2, width / 2, self._head(fork) + max(column.height for column in columns))

    def _fork_columns(self, fork: Fork) -> list[Extent]:
        """The room of each branch; a line without boxes has room for its words before the next line."""
        branches = self.branches(fork)
        columns = [self.extent(branch) for branch in branches]
        words = self.worded.get(fork.merge or "", 0.0)
        for number, branch in enumerate(branches):
            if words and not branch.parts:
                after = self.column_gap + columns[number + 1].left if number + 1 < len(columns) else 0.0
                right = max(columns[number].right, words + self.theme.type.small - after)
                columns[number] = replace(columns[number], right=right)
        return columns

    def _head(self, fork: Fork) -> float:
        main, _ = self.sides(fork)
        if main is not None and main.parts and isinstance(main.parts[0], Fork | Tangle):
            return 0.0
        return self._above(main.parts[0]) if main is not None and main.parts else self.gap

    # Reading a fork

    def branches(self, fork: Fork) -> list[Chain]:
        """The branches that are drawn: a tensor read twice by the merge is one line."""
        full = [branch for branch in fork.branches if branch.parts]
        empty = [branch for branch in fork.branches if not branch.parts]
        if not empty:
            return full
        first = fork.branches.index(empty[0])
        return [*full[:first], empty[0], *full[first:]]

    def sides(self, fork: Fork) -> tuple[Chain | None, Chain | None]:
        """(main line, shortcut) where the fork ends in a sign with two inputs, else (None, None)."""
        branches = self.branches(fork)
        if fork.merge is None or len(branches) > 2:
            return None, None
        lane = self.faces[fork.merge].merge != "bar" and any(not branch.parts for branch in branches)
        if self.faces[fork.merge].merge != "sign" and not lane:
            return None, None
        if len(branches) == 1:
            return branches[0], None
        longer = max(branches, key=lambda branch: self.extent(branch).height)
        other = branches[1] if longer is branches[0] else branches[0]
        if any(is_entry(part.id) for part in other.parts if isinstance(part, Leaf)):
            return None, None
        return longer, other

    # Drawing

    def draw(self, chain: Chain, x: float, y: float, loose: list[Loose]) -> list[Loose]:
        """Draw a chain with its top at ``y`` on the axis ``x``; returns where arrows go on from."""
        for index, part in enumerate(chain.parts):
            if index:
                y += self.space(chain.parts[index - 1], part)
            if isinstance(part, Leaf):
                before = chain.parts[index - 1] if index else None
                loose = self._leaf(part.id, x, y, loose, before)
            elif isinstance(part, Fork):
                loose = self._fork(part, x, y, loose)
            else:
                loose = self._tangle(part, x, y, loose)
            y += self.extent(part).height
        return loose

    def _leaf(
        self, name: str, x: float, y: float, loose: list[Loose], before: Leaf | Fork | Tangle | None
    ) -> list[Loose]:
        face = self.faces[name]
        width = face.width
        if face.merge in ("bar", "box") and isinstance(before, Fork | Tangle) and not self.lanes:
            columns = not isinstance(before, Fork) or self.sides(before)[0] is None
            width = max(width, self.extent(before).width) if columns else width
        for start in loose:
            self._into(start, name, x, y, width, face)
        self.box(name, x, y, width)
        return [Loose(name, x, y + face.height)]

    def _into(self, start: Loose, name: str, x: float, y: float, width: float, face: BoxSpec) -> None:
        colour = start.colour or self.theme.colours.line
        middle = y + face.height / 2
        near = abs(start.x - x) < width / 2 + self.theme.space.pad  # no room for a head at the side
        if face.merge == "sign" and near and abs(start.x - x) > 0.5:
            bend = y - self.gap * 0.5
            self.arrow(((start.x, start.y), (start.x, bend), (x, bend), (x, y)), start.id, name, colour)
        elif (face.merge == "sign" or start.lane) and abs(start.x - x) > 0.5:
            side = -width / 2 if start.x < x else width / 2
            self.arrow(((start.x, start.y), (start.x, middle), (x + side, middle)), start.id, name, colour)
        elif abs(start.x - x) <= width / 2:
            self.arrow(((start.x, start.y), (start.x, y)), start.id, name, colour)
        else:
            bend = y - self.gap * 0.6
            self.arrow(((start.x, start.y), (start.x, bend), (x, bend), (x, y)), start.id, name, colour)

    def _fork(self, fork: Fork, x: float, y: float, loose: list[Loose]) -> list[Loose]:
        main, side = self.sides(fork)
        if main is not None:
            return self._residual(fork, main, side, x, y, loose)
        branches = self.branches(fork)
        open_top = not loose
        extent = self.extent(fork)
        if not open_top and len(branches) > 1:
            self.rail(x - extent.left, x + extent.right, y, loose, x)
        return self._columns(branches, self._fork_columns(fork), x - extent.left, y, loose)

    def _columns(
        self, branches: list[Chain], columns: list[Extent], left: float, y: float, loose: list[Loose]
    ) -> list[Loose]:
        out: list[Loose] = []
        height = max(column.height for column in columns)
        top = y + (self.gap if loose else 0.0)
        for branch, column in zip(branches, columns, strict=True):
            axis = left + column.left
            if branch.parts and isinstance(branch.parts[0], Leaf) and is_more(branch.parts[0].id):
                self.draw(branch, axis, top + (height - column.height) / 2, [])
                left += column.width + self.column_gap
                continue
            start = [Loose(loose[0].id, axis, y)] if loose else []
            last = branch.parts[-1] if branch.parts else None
            at_foot = isinstance(last, Leaf) and self.faces[last.id].sink and not is_entry(last.id)
            out += self.draw(branch, axis, top + (height - column.height if at_foot else 0.0), start)
            left += column.width + self.column_gap
        return out

    def rail(self, x0: float, x1: float, y: float, loose: list[Loose], x: float) -> None:
        """A thick line that branches hang from; a stem joins it to the box above."""
        colours = self.theme.colours
        for start in loose:
            if start.y < y - 0.5:
                self.canvas.rule(((start.x, start.y), (start.x, y)), start.colour or colours.line, self.theme.type.firm)
        self.canvas.rule(((x0, y), (x1, y)), colours.bar, self.theme.space.tight)

    def _residual(
        self, fork: Fork, main: Chain, side: Chain | None, x: float, y: float, loose: list[Loose]
    ) -> list[Loose]:
        colours = self.theme.colours
        merge = self.faces[fork.merge] if fork.merge else None
        skips = self.lanes and side is not None and not side.parts
        short = side is not None and len(side.parts) < min(2, len(main.parts))
        colour = colours.skip if skips or (short and merge is not None and merge.sink) else colours.line
        shared = self._head(fork) == 0.0
        source = loose[0].id if loose else ""
        entry = bool(loose) and is_entry(source)
        half = self.theme.space.gap
        left_end, right_end, begin = self._stem(main, x, y, loose)
        if entry and not shared:
            self.rail(x - half, x + half, y, loose, x)
        starts = [Loose(source, x, y)] if entry and not shared else loose
        out = self.draw(main, x, y + self._head(fork), starts)
        if side is None:
            return out
        bottom = y + self.extent(fork).height
        if not side.parts:
            lane = x + self._side_axis(fork, main, side)
            self.canvas.rule(((left_end, begin), (lane, begin), (lane, bottom)), colour, self.theme.type.firm, 4.0)
            return [*out, Loose(source, lane, bottom, colour, lane=True)]
        axis = x + self._side_axis(fork, main, side)
        top = y + self.gap
        begins: list[Loose] = []
        if loose:
            turn = (begin + top) / 2
            line = ((right_end, begin), (axis, begin), (axis, turn))
            self.canvas.rule(line, colour, self.theme.type.firm, 4.0)
            begins = [Loose(source, axis, turn, colour)]
        ends = self.draw(side, axis, top, begins)
        return [*out, *(Loose(end.id, end.x, end.y, colour) for end in ends)]

    def _side_axis(self, fork: Fork, main: Chain, side: Chain) -> float:
        """How far right of the main line the axis of the other one is; a line without boxes runs at the left."""
        half = self.faces[fork.merge].width / 2 if fork.merge else 0.0
        inner = self.extent(main)
        if not side.parts:
            return -max(inner.left, half) - self.lane * 0.62
        return max(inner.right, half) + self.column_gap * 1.6 + self.extent(side).left

    def _stem(self, main: Chain, x: float, y: float, loose: list[Loose]) -> tuple[float, float, float]:
        """Where a line beside a main one begins: the ends of what is drawn there from left to right, and its height."""
        first = main.parts[0] if main.parts else None
        if isinstance(first, Fork | Tangle):  # it hangs from what that one hangs from
            return self._crown(first, x, y, loose)
        if loose and is_entry(loose[0].id):
            return x - self.theme.space.gap, x + self.theme.space.gap, y
        return x, x, (loose[0].y + y) / 2 if loose else y

    def _crown(self, part: Fork | Tangle, x: float, y: float, loose: list[Loose]) -> tuple[float, float, float]:
        """The level line from which the lines of a part hang: its two ends, and its height."""
        extent = self.extent(part)
        main, side = self.sides(part) if isinstance(part, Fork) else (None, None)
        if main is None or isinstance(part, Tangle):
            return x - extent.left, x + extent.right, y
        left, right, level = self._stem(main, x, y, loose)
        if side is not None:
            axis = x + self._side_axis(part, main, side)
            left, right = min(left, axis), max(right, axis)
        return left, right, level

    def _tangle(self, tangle: Tangle, x: float, y: float, loose: list[Loose]) -> list[Loose]:
        self.extent(tangle)
        return self._ranks[tangle].draw(self, x, y, loose)

    def arrow(self, points: tuple[Point, ...], source: str, target: str, colour: str = "") -> None:
        """An arrow along ``points``; ids of boxes get the panel's prefix."""
        type_, space = self.theme.type, self.theme.space
        self.canvas.arrows.append(
            Arrow(
                points,
                colour or self.theme.colours.line,
                type_.firm,
                4.0,
                space.near,
                self.ident(source),
                self.ident(target),
                group=self.group,
            )
        )

    def ident(self, name: str) -> str:
        """The id of a box in the drawing: the panel's letter and the layer's name."""
        return "" if is_entry(name) or not name else f"{self.group}/{name}"
