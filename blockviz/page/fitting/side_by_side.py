"""Two overviews beside each other, aligned row by row, with what differs between them in the middle.

A row holds a part of each model, or of one of them; rows that are equal on both sides may be folded into one. Arrows
run inside a column from box to box; what passes over a box has a lane at the column's outer side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from blockviz.comparison.overviews import ADDED, CHANGED, REMOVED, SAME, Row
from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import Size
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import params_text, plural
from blockviz.page.layout.box_spec import BoxSpec
from blockviz.page.overview.column import Overview
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Arrow, Box, Disc, Path, Point, Span
from blockviz.text.font_metrics import middle, width, wrap

SIGNS = {CHANGED: "≠", ADDED: "+", REMOVED: "−"}


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows in a row that are the same on both sides, drawn as one."""

    rows: tuple[Row, ...]

    @property
    def change(self) -> str:
        """As of a row."""
        return SAME


def folded(rows: Sequence[Row]) -> list[Row | Fold]:
    """Rows with every stretch of three or more equal ones, its neighbours to a change apart, as one."""
    out: list[Row | Fold] = []
    stretch: list[Row] = []
    for row in [*rows, None]:
        if row is not None and row.change == SAME:
            stretch.append(row)
            continue
        first = stretch[:1] if out else []
        last = stretch[-1:] if row is not None and len(stretch) > len(first) else []
        inner = stretch[len(first) : len(stretch) - len(last)]
        out += [*first, *([Fold(tuple(inner))] if len(inner) > 1 else inner), *last]
        stretch = []
        if row is not None:
            out.append(row)
    return out


@dataclass(frozen=True, slots=True)
class Wires:
    """Arrows of one column between its lines, by number: to the next line, and over others in a lane."""

    next: frozenset[tuple[int, int]]
    lanes: Mapping[tuple[int, int], int]

    @property
    def count(self) -> int:
        """How many lanes there are."""
        return max(self.lanes.values(), default=-1) + 1


def wires_of(lines: Sequence[Row | Fold], side: str) -> Wires:
    """The arrows of a side; ``side`` is ``before`` or ``after``. Lines that share a source share its lane."""
    shown = [number for number, line in enumerate(lines) if any(parts_of(line, side))]
    return laid_out(edges_of(lines, side), shown)


def edges_of(lines: Sequence[Row | Fold], side: str) -> set[tuple[int, int]]:
    """Which line of a side reads which, as (source, reader)."""
    at = {part.id: number for number, line in enumerate(lines) for part in parts_of(line, side)}
    return {(at[source], at[part.id]) for line in lines for part in parts_of(line, side) for source in part.inputs
            if source in at and at[source] < at[part.id]}  # fmt: skip


def laid_out(edges: set[tuple[int, int]], shown: Sequence[int]) -> Wires:
    """Arrows between lines, of which ``shown`` have a box: those to the next box, and lanes for all others."""
    rank = {number: place for place, number in enumerate(shown)}
    near = frozenset(edge for edge in edges if rank[edge[1]] == rank[edge[0]] + 1)
    far: dict[int, int] = {}
    for a, b in edges - near:
        far[a] = max(far.get(a, b), b)
    taken: list[list[tuple[int, int]]] = []
    lane_of: dict[int, int] = {}
    for a, b in sorted(far.items(), key=lambda net: (net[1] - net[0], net[0])):
        number = next((n for n, spans in enumerate(taken) if all(b <= c or a >= d for c, d in spans)), len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((a, b))
        lane_of[a] = number
    return Wires(near, {edge: lane_of[edge[0]] for edge in sorted(edges - near)})


def parts_of(line: Row | Fold, side: str) -> Iterator[Part]:
    """The parts that a line shows on a side."""
    for row in line.rows if isinstance(line, Fold) else (line,):
        part: Part | None = getattr(row, side)
        if part is not None:
            yield part


@dataclass(slots=True)
class SideBySide:
    """Both columns and what stands between them, at one size of type."""

    overviews: Mapping[str, Overview]
    theme: Theme
    lines: Sequence[Row | Fold]
    least_words: float

    #: How much wider than it must be the drawing may become.
    spread: ClassVar[float] = 1.25
    legend: ClassVar[str] = "≠ changed   + only at the right   − only at the left; boxes without a mark are the same"

    def heads(self, before: str, after: str) -> list[tuple[str, str]]:
        """The names over the columns, each with its anchor."""
        return [(before, "start"), (after, "end")]

    def least_width(self) -> float:
        """Both columns with their lanes, and the least room for words."""
        return sum(self._column(side) + self._lanes(side) for side in ("before", "after")) + self.least_words

    @property
    def _pad(self) -> float:
        """What a frame keeps from its box."""
        return self.theme.space.tight * 1.2

    @property
    def _cards(self) -> float:
        """How far the cards of several copies peep out behind a box."""
        return 4.2 * self.theme.type.label / 7

    def _column(self, side: str) -> float:
        overview = self.overviews[side]
        parts = [part for line in self.lines if isinstance(line, Row) for part in parts_of(line, side)]
        folds = [width(_fold_text(line), self.theme.type.label) for line in self.lines if isinstance(line, Fold)]
        return max([overview.width_of(part) for part in parts] + [wide + self.theme.space.wide for wide in folds])

    def _lanes(self, side: str) -> float:
        """Room at the outer side of a column: lanes, or the frames and cards of its boxes."""
        count = wires_of(self.lines, side).count
        return (count + 0.5) * self._pitch + self._cards if count else self._pad * 1.5 + self._cards

    @property
    def _pitch(self) -> float:
        return self.theme.space.side

    def draw(self, room: float) -> Canvas:
        """Everything below the names of the models, ``room`` wide."""
        canvas = Canvas(room, 0.0)
        wide = {side: self._column(side) for side in ("before", "after")}
        left = {"before": self._lanes("before"), "after": room - self._lanes("after") - wide["after"]}
        gutter = (left["before"] + wide["before"], left["after"])
        tops: list[float] = []
        y = self._pad
        spots: dict[str, dict[int, Size]] = {"before": {}, "after": {}}
        for number, line in enumerate(self.lines):
            words = self._words(line, gutter[1] - gutter[0] - self._cards - self.theme.type.label * 4.6)
            specs = {side: self._spec(line, side, wide[side]) for side in wide}
            text = len(words) * self.theme.space.line
            tall = max([text, *(spec.height for spec in specs.values() if spec is not None)])
            for side, spec in specs.items():
                if spec is not None:
                    x, top = left[side] + (wide[side] - spec.width) / 2, y + (tall - spec.height) / 2
                    self._mark(canvas, line, x, top, spec)
                    self._draw_spec(canvas, side, spec, x, top)
                    spots[side][number] = Size(spec.width, spec.height)
            self._between(canvas, line, words, (gutter[0], gutter[1]), y + tall / 2, specs)
            tops.append(y + tall / 2)
            stacked = any(part.repeat > 1 for side in wide for part in parts_of(line, side))
            y += tall + self.theme.space.row + (self._cards if stacked else 0.0)
        for side in ("before", "after"):
            self._arrows(canvas, side, left[side] + wide[side] / 2, wide[side], tops, spots[side])
        canvas.height = y - self.theme.space.row + self._cards
        return canvas

    def _draw_spec(self, canvas: Canvas, side: str, spec: BoxSpec, x: float, y: float) -> None:
        """A box under a name of its own side."""
        done = len(canvas.boxes)
        spec.draw(canvas, x, y, spec.width)
        for number in range(done, len(canvas.boxes)):
            canvas.boxes[number] = _of_side(canvas.boxes[number], side)

    def _spec(self, line: Row | Fold, side: str, wide: float) -> BoxSpec | None:
        if isinstance(line, Fold):
            tall = self.theme.space.row
            return BoxSpec(wide, tall, lambda canvas, x, y, _: self._draw_fold(canvas, line, side, x, y, wide))
        part: Part | None = getattr(line, side)
        return self.overviews[side].box_of(part, wide) if part is not None else None

    def _draw_fold(self, canvas: Canvas, line: Fold, side: str, x: float, y: float, wide: float) -> None:
        type_, colours = self.theme.type, self.theme.colours
        first = next(parts_of(line, side))
        canvas.boxes.append(
            Box(f"/{first.id}|fold", x, y, wide, self.theme.space.row, "rect", "", colours.muted, type_.stroke, True,
                ((Span(_fold_text(line)),),), type_.label, colours.muted)
        )  # fmt: skip

    def _mark(self, canvas: Canvas, line: Row | Fold, x: float, y: float, spec: BoxSpec) -> None:
        """A frame around what differs; dashed around what is gone."""
        if line.change == SAME:
            return
        pad = self._pad
        parts = [part for side in ("before", "after") for part in parts_of(line, side)]
        cards = self._cards if any(part.repeat > 1 and not part.shared for part in parts) else 0.0
        a, b, c, d = x - pad, y - pad, x + spec.width + cards + pad, y + spec.height + cards + pad
        dash = (3.0, 2.0) if line.change == REMOVED else ()
        colour, stroke = self.theme.colours.accent, self.theme.type.heavy
        canvas.shapes.append(Path(((a, b), (c, b), (c, d), (a, d)), colour, "", stroke, True, 2.5, dash))

    def _words(self, line: Row | Fold, room: float) -> list[tuple[str, bool]]:
        """Lines of text between the boxes; True for those that tell the costs."""
        if isinstance(line, Fold) or line.change == SAME:
            return []
        size = self.theme.type.small
        said = "; ".join(line.words) or {ADDED: "added", REMOVED: "removed"}[line.change]
        out = [(text, False) for text in wrap(said, size, room)]
        costs = list(dict.fromkeys(params_text(part.cost) for part in (line.before, line.after) if part is not None))
        if len(costs) > 1 or (line.change != CHANGED and costs != ["0"]):
            out += [(text, True) for text in wrap(f"{' → '.join(costs)} parameters", size, room)]
        return out

    def _between(
        self, canvas: Canvas, line: Row | Fold, words: Sequence[tuple[str, bool]], gutter: Point, centre: float,
        specs: Mapping[str, BoxSpec | None],
    ) -> None:  # fmt: skip
        type_, colours = self.theme.type, self.theme.colours
        pad = self.theme.space.near
        left, right = gutter[0] + pad + self._cards, gutter[1] - pad
        colour = colours.rule if line.change == SAME else colours.accent
        start, end = (specs[side] for side in ("before", "after"))
        left -= (self._column("before") - start.width) / 2 if start else 0.0
        right += (self._column("after") - end.width) / 2 if end else 0.0
        if line.change == SAME:
            canvas.rule(((left, centre), (right, centre)), colour, type_.stroke)
            return
        at = gutter[0] + pad + self._cards + self.theme.space.gap
        if start:
            canvas.rule(((left, centre), (at, centre)), colour, type_.stroke)
        text_left = self._say(canvas, line, words, at, centre)
        if end:
            wide = max(width(text, type_.small) for text, _ in words)
            canvas.rule(((text_left + wide + self.theme.space.inner, centre), (right, centre)), colour, type_.stroke)

    def _say(
        self, canvas: Canvas, line: Row | Fold, words: Sequence[tuple[str, bool]], at: float, centre: float
    ) -> float:
        """The sign of a difference at a place, and behind it its words; gives where these begin."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        canvas.shapes.append(Disc(at, centre, space.side, colours.accent, colours.page, type_.firm))
        sign = SIGNS[line.change]
        canvas.text(at, middle(centre, type_.label), sign, type_.label, colours.accent, "middle", bold=True)
        text_left = at + space.side + space.inner
        base = centre - space.line * len(words) / 2 + type_.small * 0.95
        for text, is_cost in words:
            canvas.text(text_left, base, text, type_.small, colours.muted if is_cost else colours.text)
            base += space.line
        return text_left

    def _arrows(
        self, canvas: Canvas, side: str, axis: float, wide: float, tops: Sequence[float], spots: Mapping[int, Size]
    ) -> None:
        names = {number: name_of(line, side) for number, line in enumerate(self.lines) if number in spots}
        outward = -1.0 if side == "before" else 1.0
        self._wire(canvas, wires_of(self.lines, side), outward, axis, wide, tops, spots, names)

    def _wire(
        self, canvas: Canvas, wires: Wires, outward: float, axis: float, wide: float, tops: Sequence[float],
        spots: Mapping[int, Size], names: Mapping[int, str],
    ) -> None:  # fmt: skip
        """Arrows of a column of boxes at ``axis``, ``wide``; lanes stand to its left where ``outward`` is -1."""
        type_, colours = self.theme.type, self.theme.colours

        def link(points: tuple[Point, ...], a: int, b: int, colour: str) -> None:
            stroke, head = type_.firm, self.theme.space.inner
            canvas.arrows.append(Arrow(points, colour, stroke, 4.0, head, names[a], names[b]))

        for a, b in sorted(wires.next):
            foot, head = tops[a] + spots[a].height / 2, tops[b] - spots[b].height / 2
            link(((axis, foot), (axis, head)), a, b, colours.line)
        arriving = {b: sorted(a for a, c in wires.lanes if c == b) for _, b in wires.lanes}
        for (a, b), lane in wires.lanes.items():
            x = axis + outward * (wide / 2 + self._cards + (lane + 1) * self._pitch)
            ends = [axis + outward * spots[number].width / 2 for number in (a, b)]
            leave = tops[a] + spots[a].height * 0.22
            share = (arriving[b].index(a) + 1) / (len(arriving[b]) + 1)
            enter = tops[b] - spots[b].height * (0.5 - 0.55 * share)
            link(((ends[0], leave), (x, leave), (x, enter), (ends[1], enter)), a, b, colours.skip)


def name_of(line: Row | Fold, side: str) -> str:
    """What arrows call the box of a line."""
    return f"{side}/{next(parts_of(line, side)).id}" + ("|fold" if isinstance(line, Fold) else "")


def _fold_text(line: Fold) -> str:
    return f"{plural(len(line.rows), 'box').replace('boxs', 'boxes')}, the same"


def _of_side(box: Box, side: str) -> Box:
    return replace(box, id=f"{side}{box.id}")
