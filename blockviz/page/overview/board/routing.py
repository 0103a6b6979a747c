"""The lines of a board: straight where they can be, else along rails in the gutters beside its columns.

Every line is drawn whole; lines of one tensor share their rail as far as they run together, and so do lines into one
box from many. Rails that would touch get tracks of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from blockviz.page.overview.board.placement import Cell
from blockviz.runtime.records import dataclass, field

_MERGED = 3  # so many lines from single boxes into one share a rail

Wire = tuple[str, str]


@dataclass(slots=True)
class Rail:
    """A vertical line in gutter ``gutter`` (which lies left of the column of that number), with the wires on it.

    low, high : the rows it spans, where row 2's upper edge is 2.0 and its lower one 2.9. right : whether its track is
    counted from the column at the gutter's right, since what it ends in stands there.
    """

    gutter: int
    right: bool
    wires: list[Wire] = field(default_factory=list)
    low: float = 1e9
    high: float = -1.0
    track: int = 0


@dataclass(slots=True, eq=False)
class Plan:
    """How every wire runs: straight (down or across), or on a rail, reached from a box's side or its foot.

    channels : for a box whose wires leave at its foot, the track of its line in the channel below its row.
    debt : what speaks against the plan beside its lines, counted in crossings.
    """

    cells: Mapping[str, Cell]
    columns: int
    rows: int
    straight: tuple[Wire, ...]
    rail_of: dict[Wire, Rail]
    rails: list[Rail]
    channels: dict[str, int]
    debt: int = 0

    def tracks(self, gutter: int, right: bool) -> int:
        """How many tracks a gutter has on one of its sides."""
        return max((r.track + 1 for r in self.rails if r.gutter == gutter and r.right == right), default=0)

    def levels(self, row: int) -> int:
        """How many tracks the channel below a row has."""
        return max((t + 1 for name, t in self.channels.items() if self.cells[name].row == row), default=0)


def plan_wires(cells: Mapping[str, Cell], wires: Sequence[Wire], home: int, debt: int = 0) -> Plan:
    """Choose a way for every wire; ``home`` is the column of the main line, whose own rails run at its left."""
    at = {(cell.column, cell.row): name for name, cell in cells.items()}
    straight = tuple((a, b) for a, b in wires if _is_straight(cells[a], cells[b], at))
    bent = [wire for wire in wires if wire not in straight]
    gutter = {wire: _gutter(cells[wire[0]], cells[wire[1]], home) for wire in bent}
    rails: dict[tuple[str, str, int], Rail] = {}
    rail_of: dict[Wire, Rail] = {}
    merged = _merged(bent, gutter)
    feet: dict[str, list[int]] = defaultdict(list)
    for wire in bent:
        a, b = wire
        key = ("into", b, gutter[wire]) if wire in merged else ("from", a, gutter[wire])
        rail = rails.setdefault(key, Rail(gutter[wire], cells[b].column >= gutter[wire]))
        at_side = gutter[wire] in (cells[a].column, cells[a].column + 1)
        if not at_side:
            feet[a].append(gutter[wire])
        begin = cells[a].row + (0.7 if at_side else 0.95)
        end = cells[b].row + 0.3
        rail.low, rail.high = min(rail.low, begin, end), max(rail.high, begin, end)
        rail.wires.append(wire)
        rail_of[wire] = rail
    _number(list(rails.values()))
    columns = max(cell.column for cell in cells.values()) + 1
    rows = max(cell.row for cell in cells.values()) + 1
    return Plan(cells, columns, rows, straight, rail_of, list(rails.values()), _channels(cells, feet), debt)


def _is_straight(a: Cell, b: Cell, at: Mapping[tuple[int, int], str]) -> bool:
    """Whether nothing stands between two boxes of one column or one row."""
    if a.column == b.column and a.row < b.row:
        return not any((a.column, row) in at for row in range(a.row + 1, b.row))
    if a.row == b.row:
        low, high = sorted((a.column, b.column))
        return not any((column, a.row) in at for column in range(low + 1, high))
    return False


def _gutter(a: Cell, b: Cell, home: int) -> int:
    if a.column == b.column:
        return b.column if b.column <= home else b.column + 1
    return b.column if a.column < b.column else b.column + 1


def _merged(bent: Sequence[Wire], gutter: Mapping[Wire, int]) -> set[Wire]:
    """Wires into a box that many others enter at the same side, from boxes whose line goes nowhere else there."""
    into: dict[tuple[str, int], list[Wire]] = defaultdict(list)
    leaving: dict[tuple[str, int], int] = defaultdict(int)
    for wire in bent:
        leaving[wire[0], gutter[wire]] += 1
    for wire in bent:
        if leaving[wire[0], gutter[wire]] == 1:
            into[wire[1], gutter[wire]].append(wire)
    return {wire for group in into.values() if len(group) >= _MERGED for wire in group}


def _number(rails: list[Rail]) -> None:
    """Tracks such that no two rails of a gutter touch; short rails next to the boxes."""
    taken: dict[tuple[int, bool, int], list[Rail]] = defaultdict(list)
    for rail in sorted(rails, key=lambda r: (r.high - r.low, r.low)):
        while any(rail.low <= o.high and o.low <= rail.high for o in taken[rail.gutter, rail.right, rail.track]):
            rail.track += 1
        taken[rail.gutter, rail.right, rail.track].append(rail)


def _channels(cells: Mapping[str, Cell], feet: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Tracks of the lines that leave at the foot of a box, in the channel below its row."""
    out: dict[str, int] = {}
    taken: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    spans = {name: [cells[name].column, *(g - 0.5 for g in gutters)] for name, gutters in feet.items()}
    for name, span in sorted(spans.items(), key=lambda item: (max(item[1]) - min(item[1]), cells[item[0]].column)):
        row, low, high, track = cells[name].row, min(span), max(span), 0
        while any(low <= b and a <= high for a, b in taken[row, track]):
            track += 1
        taken[row, track].append((low, high))
        out[name] = track
    return out
