"""Where boxes stand that are no single line: the main line in one column, what runs beside it in others.

The boxes are parted into lines, the main one first: the longest way from an input to an output along tensors of one
kind, so that a mask or a time embedding is never taken for it. Lines that never stand side by side share a column.
Where all boxes have a resolution, a column a resolution is the other way, in which papers draw pyramids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from blockviz.ir import Shape
from blockviz.runtime.records import dataclass

_Step: TypeAlias = Callable[[str, str], int]

_MOST = 6  # columns that a page has room for
_FAR = 1 << 30


@dataclass(frozen=True, slots=True)
class Cell:
    """A place on the board."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Wiring:
    """Boxes in topological order, whom each reads (in the order of its inputs), its weight, its output's shape, and
    how it looks."""

    order: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, float]
    shapes: Mapping[str, Shape]
    looks: Mapping[str, str]

    def readers(self) -> dict[str, list[str]]:
        """Who reads each box."""
        out: dict[str, list[str]] = {name: [] for name in self.order}
        for name in self.order:
            for source in self.sources[name]:
                out[source].append(name)
        return out

    def is_side(self, source: str, name: str) -> bool:
        """Whether a box reads a tensor that is spread over its main one: fewer axes, or axes of length 1."""
        given, made = self.shapes[source][1:], self.shapes[name][1:]
        if len(self.sources[name]) < 2 or not given:
            return False
        spread = any(g == 1 and m != 1 for g, m in zip(given[:-1], made[:-1], strict=False))
        return len(given) < len(made) or (len(given) == len(made) and spread)


def lines_of(wiring: Wiring) -> list[list[str]]:
    """All boxes parted into lines of boxes that read one another, the heaviest that ends in an output first."""
    left, readers = dict.fromkeys(wiring.order), wiring.readers()
    main = {name: [s for s in wiring.sources[name] if not wiring.is_side(s, name)] for name in wiring.order}
    total: dict[str, float] = {}
    before: dict[str, str | None] = {}
    out: list[list[str]] = []
    changed: set[str | None] = set()
    while left:
        for name in left:
            if name in total and before[name] not in changed:
                continue  # what it goes on from is still there, and weighs what it did
            best = max((s for s in main[name] if s in left), key=lambda s: total[s], default=None)
            heavy = wiring.weights[name] + (total[best] if best is not None else 0.0)
            if heavy != total.get(name):
                changed.add(name)
            before[name], total[name] = best, heavy
        ends = [name for name in left if out or not readers[name]]
        at: str | None = max(ends, key=lambda name: total[name])
        line = []
        while at is not None:
            line.append(at)
            at = before[at]
        for name in line:
            del left[name]
        changed = set(line)
        out.append(line[::-1])
    return out


def board_by_lines(wiring: Wiring, most: int, lines: Sequence[list[str]] | None = None) -> dict[str, Cell]:
    """The main line in a column, other lines beside what they read and are read by.

    Where that would take more than ``most`` columns, lines move down until they have room below others.
    """
    lines = lines_of(wiring) if lines is None else lines
    rows = _rough_rows(wiring, lines)
    column = dict.fromkeys(lines[0], 0)
    taken: dict[int, list[tuple[int, int]]] = {0: [(-1, _FAR)]}
    near = _neighbours(wiring)
    moved: dict[str, int] = {}
    for line in lines[1:]:
        low, high = rows[line[0]], rows[line[-1]]
        placed = [column[other] for name in line for other in near[name] if other in column]
        ways = []
        for c in _reachable(taken, most):
            shift = _shift(taken.get(c, ()), low, high)
            ways.append((shift, sum(abs(c - other) for other in placed), abs(c), -c))
        shift, _, _, back = min(ways)
        taken.setdefault(-back, []).append((low + shift, high + shift))
        column |= dict.fromkeys(line, -back)
        moved |= {name: rows[name] + shift for name in line if shift}
    place = {c: number for number, c in enumerate(sorted(set(column.values())))}
    column = {name: place[c] for name, c in column.items()}
    return _cells(wiring, column, lines, _level_with(wiring, column, lines, rows), moved)


def _reachable(taken: Mapping[int, object], most: int) -> list[int]:
    """Columns in use, and the next ones at both sides while there may be more."""
    out = [c for c in taken if c]
    return [*out, min(taken) - 1, max(taken) + 1] if len(taken) < most or not out else out


def _shift(taken: Iterable[tuple[int, int]], low: int, high: int) -> int:
    """How far rows ``low`` to ``high`` must move down to be free."""
    shift = 0
    for a, b in sorted(taken):
        if low + shift <= b and high + shift >= a:
            shift = b + 1 - low
    return shift


def board_by_levels(wiring: Wiring) -> dict[str, Cell] | None:
    """A column a resolution, the finest at the left; None where there are too few or too many of them.

    The stem, as far as nothing branches off it, stands in the first column, and what has no resolution below what
    it reads.
    """
    readers = wiring.readers()
    level: dict[str, tuple[int, ...]] = {}
    stem = True
    waiting: list[str] = []
    for name in wiring.order:
        size = tuple(n for n in wiring.shapes[name][1:-1] if n)
        before = [level[source] for source in wiring.sources[name] if source in level]
        if len(size) != len(wiring.shapes[name]) - 2 or len(size) < 2:
            if not before:
                return None
            size = before[0]
        level[name] = size
        if stem:
            waiting.append(name)
            stem = len(readers[name]) == 1
            level |= dict.fromkeys(waiting, size)
    sizes = sorted(set(level.values()), reverse=True)
    if not 1 < len(sizes) <= _MOST:
        return None
    column = {name: sizes.index(size) for name, size in level.items()}
    lines = [[name for name in wiring.order if column[name] == c] for c in range(len(sizes))]
    beside = {(a, b) for b in wiring.order for a in wiring.sources[b] if abs(column[a] - column[b]) == 1}
    return _cells(wiring, column, lines, beside, {})


def _neighbours(wiring: Wiring) -> dict[str, list[str]]:
    readers = wiring.readers()
    return {name: [*wiring.sources[name], *readers[name]] for name in wiring.order}


def _rough_rows(wiring: Wiring, lines: Sequence[Sequence[str]]) -> dict[str, int]:
    """Rows as if each step down took one, lines that begin a model as low as they can."""
    return _lowered(wiring, lines, _ranked(wiring, lambda a, b: 1, lines[0]), lambda a, b: 1)


def _ranked(wiring: Wiring, step: _Step, main: Iterable[str]) -> dict[str, int]:
    """Longest paths; what is spread over the boxes of the main line never pushes them down."""
    rows: dict[str, int] = {}
    fixed = frozenset(main)
    for name in wiring.order:
        reads = [s for s in wiring.sources[name] if s in fixed or not (name in fixed and wiring.is_side(s, name))]
        rows[name] = max((rows[s] + step(s, name) for s in reads), default=0)
    return rows


def _lowered(wiring: Wiring, lines: Sequence[Sequence[str]], rows: Mapping[str, int], step: _Step) -> dict[str, int]:
    """Lines that begin a model stand as low as those that read them allow."""
    readers, out = wiring.readers(), dict(rows)
    for line in lines[1:]:
        if wiring.sources[line[0]]:
            continue
        for name in reversed(line):
            limits = [out[r] - _drop(wiring, name, r, step) for r in readers[name]]
            out[name] = max(out[name], min(limits, default=out[name]))
    return out


def _drop(wiring: Wiring, name: str, reader: str, step: _Step) -> int:
    """How far above its reader a box stands at least: twins stand side by side above what joins them."""
    if any(wiring.looks[other] == wiring.looks[name] for other in wiring.sources[reader] if other != name):
        return 1
    return 0 if wiring.is_side(name, reader) else step(name, reader)


def _level_with(
    wiring: Wiring, column: Mapping[str, int], lines: Sequence[Sequence[str]], rows: Mapping[str, int]
) -> set[tuple[str, str]]:
    """Wires that may run level: into a line beside; out of one, where what leaves comes back much later or never."""
    line_of = {name: number for number, line in enumerate(lines) for name in line}
    readers = wiring.readers()
    out = set()
    for b in wiring.order:
        for a in wiring.sources[b]:
            if abs(column[a] - column[b]) != 1 or line_of[a] == line_of[b]:
                continue
            line = lines[line_of[b]]
            back = min((rows[r] for r in readers[line[-1]]), default=len(rows) + 1)
            if b != line[0] or line_of[b] == 0 or back - rows[a] > len(line) + 1:
                out.add((a, b))
    return out


def _cells(
    wiring: Wiring,
    column: Mapping[str, int],
    lines: Sequence[Sequence[str]],
    level: set[tuple[str, str]],
    moved: Mapping[str, int],
) -> dict[str, Cell]:
    """A row for every box, below all that it reads or level with it; no two boxes in one cell, and no empty row.

    ``moved`` : rows that some boxes must at least have, so as to stand below others.
    """

    def step(a: str, b: str) -> int:
        return 0 if (a, b) in level else 1

    wanted = _lowered(wiring, lines, _ranked(wiring, step, lines[0]), step)
    rows: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    main = frozenset(lines[0])
    for name in wiring.order:
        reads = [s for s in wiring.sources[name] if s in main or not (name in main and wiring.is_side(s, name))]
        row = max([wanted[name], moved.get(name, 0), *(rows[s] + step(s, name) for s in reads)])
        while (column[name], row) in taken:
            row += 1
        taken.add((column[name], row))
        rows[name] = row
    number = {row: i for i, row in enumerate(sorted(set(rows.values())))}
    return {name: Cell(column[name], number[rows[name]]) for name in wiring.order}
