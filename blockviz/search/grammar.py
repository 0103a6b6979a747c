"""The cheapest drawing of a linear graph with given block types: minimal grammar parsing over the gaps.

An item is drawn loose, or an occurrence of a type is one box, or an occurrence continues the run before it and costs
no box. A panel is parsed in the same way with the shorter types, so that a hierarchy comes out of one level.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import inf
from typing import TypeAlias

from blockviz.runtime.records import dataclass, field
from blockviz.search.intervals import Form, Intervals, Span, Tensor
from blockviz.search.page_cost import same_stage
from blockviz.search.prices import Prices


@dataclass(slots=True, eq=False)
class Occurrence:
    """One copy [a, b) of a type: cost of its script, what it costs as a box of its own, its mark, its share of both.

    apart : whether it will bear another letter in place of a mark.
    """

    a: int
    b: int
    cost: float
    form: Form
    ins: frozenset[Tensor]
    apart: bool = False
    box: float = 1.0
    mark: float = 0.0
    share: float = 0.0


@dataclass(slots=True, eq=False)
class Type:
    """A block type: its main form, and where it occurs.

    scripts : per form, the cost of its script. ties : what the conventions say of its cut, and tensors that leave its
    panel. complete : whether near copies have been looked for.
    """

    form: Form
    main: Span
    copies: list[Occurrence]
    ties: float
    scripts: dict[Form, float] = field(default_factory=dict)
    ending: dict[int, list[Occurrence]] = field(default_factory=dict)
    complete: bool = False

    @property
    def length(self) -> int:
        """Positions in the main form."""
        return self.main[1] - self.main[0]


Row: TypeAlias = list[tuple[Occurrence, Type, bool]]  # copies in order, and whether each continues the run before it


@dataclass(frozen=True, slots=True)
class Drawing:
    """cost : description length. types : those in use. row : the overview; panels : per type, its panel's copies."""

    cost: float
    types: list[Type]
    row: Row
    panels: dict[Form, Row]


class Grammar:
    """Parses one linear graph."""

    def __init__(self, intervals: Intervals, prices: Prices) -> None:
        self.intervals, self.prices = intervals, prices
        self._joints: dict[tuple[int, int, int], float | None] = {}

    def index(self, found: Type) -> None:
        """Price the copies of a type; to be called when there are new ones."""
        count = Counter(copy.form for copy in found.copies)
        found.ending = defaultdict(list)
        for copy in found.copies:
            each = copy.cost / count[copy.form] if copy.cost > 0 else copy.cost
            copy.mark = self.prices.mark if copy.cost and not copy.apart else 0.0
            copy.share = each + copy.mark
            copy.box = 1 + self.prices.wire * max(0, len(copy.ins) - 1)
            found.ending[copy.b].append(copy)

    def drawn(self, types: Sequence[Type]) -> Drawing:
        """The cheapest drawing with these types; those that it does without are left out."""
        cost, chosen = self.parse(0, len(self.intervals), types)
        used: dict[Form, Type] = {}
        forms: set[tuple[Form, Form]] = set()
        panels: dict[Form, Row] = {}
        todo = [chosen]
        while todo:
            for copy, found, _ in todo.pop():
                if copy.cost:
                    cost += copy.mark - copy.share
                    forms.add((found.form, copy.form))
                if found.form not in used:
                    used[found.form] = found
                    inner, inside = self.parse(*found.main, [each for each in types if each.length < found.length])
                    panels[found.form] = inside
                    cost += inner + self.prices.panel + found.ties
                    todo.append(inside)
        cost += sum(used[key].scripts[form] for key, form in forms)
        return Drawing(cost, list(used.values()), chosen, panels)

    def parse(self, lo: int, hi: int, types: Sequence[Type]) -> tuple[float, Row]:
        """The cheapest cost of [lo, hi) and the copies chosen, ``lo`` and ``hi`` being no copy themselves."""
        boxes, joins = self.intervals.boxes, self.intervals.joins
        size = hi - lo
        ending = _ending(lo, hi, types)
        loose, closed = [inf] * (size + 1), [inf] * (size + 1)  # per gap: the last item is loose, or ends a copy
        came = [True] * (size + 1)  # whether what is before a loose item is loose
        how: list[Occurrence | None] = [None] * (size + 1)
        ends: dict[Occurrence, tuple[float, Occurrence | None, Type]] = {}
        after_loose, after_copy = inf, 0.0
        closed[0] = after_copy
        for gap in range(1, size + 1):
            i = lo + gap - 1
            on, off = after_loose + (0.0 if joins[i] else boxes[i]), after_copy + boxes[i]
            came[gap] = on <= off
            loose[gap] = after_loose = on if on <= off else off
            for found, copies in ending.get(gap, ()):
                for copy in copies:
                    if copy.a < lo or (copy.a, copy.b) == (lo, hi):
                        continue
                    before = copy.a - lo
                    base, previous = min(loose[before], closed[before]) + copy.box, None
                    for last in found.ending.get(copy.a, ()):
                        joint = self._joint(last, copy) if last in ends else None
                        if joint is not None and ends[last][0] + joint <= base:
                            base, previous = ends[last][0] + joint, last
                    base += copy.share
                    ends[copy] = (base, previous, found)
                    if base < closed[gap]:
                        closed[gap], how[gap] = base, copy
            after_copy = closed[gap]
        return min(loose[size], closed[size]), _traced(lo, loose, closed, came, how, ends)

    def _joint(self, last: Occurrence, copy: Occurrence) -> float | None:
        """What a copy costs right after another of its type; None if it begins a box of its own."""
        key = (last.a, copy.a, copy.b)
        if key not in self._joints:
            self._joints[key] = None
            passed = sum(tensor[0] >= last.a for tensor in copy.ins)
            if passed and same_stage(self.intervals.sequence, (last.a, last.b), (copy.a, copy.b)):
                other = sum(tensor[0] < last.a and tensor not in last.ins for tensor in copy.ins)
                self._joints[key] = self.prices.passed * (passed - 1) + self.prices.wire * other
        return self._joints[key]


def _ending(lo: int, hi: int, types: Sequence[Type]) -> dict[int, list[tuple[Type, list[Occurrence]]]]:
    """Gap after ``lo`` → the copies of each type that end there."""
    ending: dict[int, list[tuple[Type, list[Occurrence]]]] = defaultdict(list)
    for found in types:
        ends = found.ending
        for b in ends if len(ends) < hi - lo else range(lo + 1, hi + 1):
            if lo < b <= hi and b in ends:
                ending[b - lo].append((found, ends[b]))
    return ending


def _traced(
    lo: int,
    loose: list[float],
    closed: list[float],
    came: list[bool],
    how: list[Occurrence | None],
    ends: dict[Occurrence, tuple[float, Occurrence | None, Type]],
) -> Row:
    """The copies of the cheapest parse, from its end back."""
    row: Row = []
    gap = len(loose) - 1
    is_loose = loose[gap] <= closed[gap]
    while gap > 0:
        if is_loose:
            is_loose = came[gap] and gap > 1
            gap -= 1
            continue
        copy = how[gap]
        while copy is not None:
            _, previous, found = ends[copy]
            row.append((copy, found, previous is not None))
            gap, copy = copy.a - lo, previous
        is_loose = gap > 0 and loose[gap] <= closed[gap]
    return row[::-1]
