"""What a type saves and what a cut costs, counted in boxes and tensors on the page."""

from __future__ import annotations

from itertools import pairwise

from blockviz.ir import Block
from blockviz.passes.sequence import Sequence
from blockviz.passes.variants import Model, Near, begins_at, cover, model_of
from blockviz.records import dataclass

PAIR = 2  # boxes in the smallest block
_MODULE = 8  # boxes in the smallest block of blocks that is not one box ×N


@dataclass(frozen=True, slots=True)
class Boxes:
    """How many boxes an interval takes when drawn, equal units in a chain drawn once with ×N."""

    before: tuple[int, ...]
    joins: tuple[bool, ...]

    @classmethod
    def of(cls, sequence: Sequence) -> Boxes:
        """Counted once for a sequence."""
        before = [0]
        joins = []
        for position in range(len(sequence)):
            joins.append(position > 0 and _joins(sequence, position))
            before.append(before[-1] + (not joins[-1]))
        return cls(tuple(before), (*joins, False))

    def folded(self, a: int, b: int) -> int:
        """Boxes of [a, b)."""
        return self.before[b] - self.before[a] + self.joins[a]

    def saved(self, sequence: Sequence, intervals: list[tuple[int, int]]) -> int:
        """Boxes of the intervals as they are, minus one box a run; cutting a chain of equals costs one."""
        total = 0
        last: tuple[int, int] | None = None
        for a, b in intervals:
            follows = last is not None and last[1] == a
            total += self.folded(a, b) - (self.joins[a] and not follows) - self.joins[b]
            total -= not (follows and last is not None and same_stage(sequence, last, (a, b)))
            last = (a, b)
        return total


def _joins(sequence: Sequence, position: int) -> bool:
    """Whether a position is drawn in one box with the one before: equal units in a chain, a run of blocks."""
    item, before = sequence.items[position], sequence.items[position - 1]
    previous = (position - 1, 0)
    if isinstance(item, Block) and isinstance(before, Block) and item.kind == before.kind == "block":
        stage = (position - 1, position), (position, position + 1)
        return item.type == before.type and previous in sequence.reads[position] and same_stage(sequence, *stage)
    same = sequence.exact[position] == sequence.exact[position - 1]
    return same and sequence.reads[position] == (previous,) and sequence.uses[previous] == [position]


def same_stage(sequence: Sequence, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Equal output shapes; or equal widths inside, for blocks whose output grows by concatenation."""
    shapes = sequence.shapes
    return shapes[left[1] - 1] == shapes[right[1] - 1] or sequence.exact[slice(*left)] == sequence.exact[slice(*right)]


def fitness(sequence: Sequence, intervals: list[tuple[int, int]], saved: float) -> float:
    """Boxes saved, less for each tensor beyond one that enters or leaves, more where the cut is at a fork."""
    a, b = intervals[len(intervals) // 2]
    extra = extra_tensors(sequence, a, b)
    bonus = (1.02 if sequence.forks_at(a, b) else 1.0) * (0.95 if sequence.ends_larger(a, b) else 1.0)
    return saved * bonus / (1 + 0.5 * extra)


def extra_tensors(sequence: Sequence, a: int, b: int) -> int:
    """Tensors beyond one that enter, leave or pass by closely: the cost of a cut."""
    return max(0, sequence.entering(a, b) - 1) + max(0, sequence.leaving(a, b) - 1) + sequence.crossing(a, b)


def are_tapped(sequence: Sequence, exact: list[tuple[int, int]]) -> bool:
    """Whether the copies are cut where a tensor forks, as the levels of an encoder with skips; the last may differ."""
    return sum(sequence.tapped(*interval) for interval in exact) >= max(2, len(exact) - 1)


def _is_row(sequence: Sequence, exact: list[tuple[int, int]]) -> bool:
    """Whether all copies follow each other and are equal in shape, so that they are one box ×N."""
    return all(x[1] == y[0] and same_stage(sequence, x, y) for x, y in pairwise(exact))


def stands_alone(sequence: Sequence, boxes: Boxes, exact: list[tuple[int, int]], saved: float) -> bool:
    """Whether a small type is a block and not a fragment of one: in a row, not beside another branch.

    What holds several blocks must be large, or one box ×N, to be worth hiding them inside.
    """
    weight = boxes.folded(*exact[0])
    a, b = exact[len(exact) // 2]
    if weight < 5 and sequence.crossing(a, b) > 0:
        return False
    inner = sum(isinstance(item, Block) and item.kind == "block" for item in sequence.items[slice(*exact[0])])
    if inner > 1 and weight < _MODULE and not _is_row(sequence, exact):
        return False
    if weight > PAIR or are_tapped(sequence, exact):
        return True
    touching = sum(right[0] == left[1] for left, right in pairwise(exact))
    return saved >= 5 and 2 * touching >= len(exact) - 1


def is_doubling(sequence: Sequence, exact: list[tuple[int, int]], alike: float) -> bool:
    """Whether the interval holds two or more near copies in a row: the primitive period is wanted.

    A row A B A B … of equal shapes, in which A and B differ, has the period A B and is no doubling.
    """
    a, b = exact[0]
    alternates = any(x[1] == y[0] and same_stage(sequence, x, y) for x, y in pairwise(exact))
    for cut in range(a + 2, b - 1):
        if sequence.leaving(a, cut) > max(1 + (sequence.entering(a, b) > 1), sequence.leaving(a, b)):
            continue
        if _same_end(sequence, cut, b) and sequence.entering(cut, b) <= sequence.entering(a, cut):
            model = model_of(sequence, a, cut)
            if not begins_at(sequence, cut, b, model, alike):
                continue
            size = sum(len(sequence.tokens[position]) for position in range(cut, b))
            near = cover(sequence, [(cut, b)], model, alike)
            if not near or near[0].start != cut or sum(found.size for found in near) < 0.8 * size:
                continue
            if not alternates or sequence.canonical(a, cut) == sequence.canonical(cut, near[0].end):
                return True
    return False


def _same_end(sequence: Sequence, cut: int, b: int) -> bool:
    """Two copies end alike, or at least one of them in a merge."""
    return sequence.form[cut - 1] == sequence.form[b - 1] or sequence.joining[b - 1] or sequence.joining[cut - 1]


def variant_boxes(sequence: Sequence, model: Model, near: list[Near]) -> float:
    """Boxes that the panel needs to show its variants: for each form what it adds, half of what it lacks."""
    forms = {sequence.form[found.start : found.end]: found for found in near}
    calls_a_box = len(model.tokens) / model.length
    return sum(
        max(1.0, (found.size - found.common + 0.5 * (len(model.tokens) - found.common)) / calls_a_box)
        for found in forms.values()
    )
