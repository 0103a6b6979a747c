"""Places streams: rows by distance from the end, so that paths that join end side by side; a long wire keeps a lane."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Placement, Spot
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field

_Slot = str | tuple[str, int]  # a part, or the lane of a wire in a row that it passes


def place_streams(pieces: Pieces, view: OverviewGraph, layout: OverviewLayout, style: Style) -> Placement:
    """The placement of streams, not yet routed."""
    made = _Streams(pieces, view, style)
    out = Placement(made.place())
    out.wires = pieces.wires(view, layout)
    return out


@dataclass(slots=True)
class _Streams:
    pieces: Pieces
    view: OverviewGraph
    style: Style
    spots: dict[str, Spot] = field(init=False)
    row: dict[str, int] = field(init=False)
    rows: list[list[_Slot]] = field(init=False)
    above: dict[_Slot, list[_Slot]] = field(init=False)
    centre: dict[_Slot, float] = field(init=False, default_factory=dict)
    gap: float = field(init=False)

    def __post_init__(self) -> None:
        self.spots = self.pieces.spots(self.view, self.style)
        self.gap = self.pieces.unit * self.style.gap
        self.row = _rows_of(self.view)
        self.rows = [[] for _ in range(max(self.row.values()) + 1)]
        self.above = {}
        for name in self.view.order:
            self.rows[self.row[name]].append(name)
            self.above[name] = []
        for u, v in self.view.graph.edges:
            before: _Slot = u
            for row in range(self.row[u] + 1, self.row[v]):
                lane = (u, row)
                if lane not in self.above:
                    self.rows[row].append(lane)
                    self.above[lane] = [before]
                before = lane
            self.above[v].append(before)

    def place(self) -> dict[str, Spot]:
        self._order()
        for sweep in range(4):
            self._centre(downwards=sweep % 2 == 0)
        y = 0.0
        for row in self.rows:
            here = [self.spots[one] for one in row if isinstance(one, str)]
            tall = max((spot.height for spot in here), default=0.0)
            for spot in here:
                spot.centre(self.centre[spot.id], y + tall / 2)
            y += tall + self.gap + max((spot.depth for spot in here), default=0.0)
        return self.spots

    def _order(self) -> None:
        """Within rows by the mean place of what a part reads, then of what reads it."""
        below = self._below()
        for sweep in range(8):
            near = self.above if sweep % 2 == 0 else below
            place = {one: at - len(row) / 2 for row in self.rows for at, one in enumerate(row)}
            for row in self.rows if sweep % 2 == 0 else reversed(self.rows):
                wish = {one: _mean([place[o] for o in near.get(one, [])]) or place[one] for one in row}
                row.sort(key=wish.__getitem__)
                place |= {one: at - len(row) / 2 for at, one in enumerate(row)}

    def _below(self) -> dict[_Slot, list[_Slot]]:
        below: dict[_Slot, list[_Slot]] = {}
        for one, ups in self.above.items():
            for up in ups:
                below.setdefault(up, []).append(one)
        return below

    def _wide(self, one: _Slot) -> float:
        return self.spots[one].width + self.spots[one].depth if isinstance(one, str) else 3.0

    def _centre(self, downwards: bool) -> None:
        """Set each row near what it reads (or what reads it), no two boxes nearer than a gap."""
        near = self.above if downwards else self._below()
        for row in self.rows if downwards else reversed(self.rows):
            wish = [_mean([self.centre[o] for o in near.get(one, []) if o in self.centre]) for one in row]
            if any(w is not None for w in wish) or row[0] not in self.centre:
                self._set_row(row, wish)

    def _set_row(self, row: list[_Slot], wish: Sequence[float | None]) -> None:
        at: float | None = None
        placed: list[float] = []
        for one, want in zip(row, wish, strict=True):
            half = self._wide(one) / 2
            known = self.centre.get(one)
            least = None if at is None else at + self.gap + half
            target = want if want is not None else known if known is not None else least if least is not None else 0.0
            placed.append(target if least is None else max(target, least))
            at = placed[-1] + half
        drift = [w - p for w, p in zip(wish, placed, strict=True) if w is not None]
        shift = sum(drift) / len(drift) if drift else 0.0
        for one, x in zip(row, placed, strict=True):
            self.centre[one] = x + shift


def _rows_of(view: OverviewGraph) -> dict[str, int]:
    """Row of each part: the longest way to an end, counted from the top; what joins no other path up to its end, such
    as a head, stands right below what it reads."""
    depth, joined = dict[str, int](), dict[str, bool]()
    for name in reversed(view.order):
        depth[name] = max((depth[one] for one in view.after(name)), default=-1) + 1
        joined[name] = len(view.before(name)) > 1 or any(joined[one] for one in view.after(name))
    deepest = max(depth.values())
    row = {name: deepest - depth[name] for name in view.order}
    for name in view.order:
        if view.before(name) and not (joined[name] and view.after(name)):
            row[name] = max(row[one] for one in view.before(name)) + 1
    return row


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
