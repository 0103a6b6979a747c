"""What a type saves and what a cut costs, counted in boxes and tensors on the page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise

from blockviz.ir import Composite, is_block, item_leaves
from blockviz.ops.families import exact_label, family
from blockviz.runtime.records import dataclass
from blockviz.search.approximate_match import size_and_common
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.row_items import UnitRow
from blockviz.search.template import Template
from blockviz.structure.canonical_form import is_silent

PAIR = 2  # boxes in the smallest block
_BLOCKS = 0.8  # likeness of a variant of what is nothing but blocks
SMALL = 5  # boxes from which a block may stand beside another branch
_MODULE = 8  # boxes in the smallest block of blocks that is not one box ×N


@dataclass(frozen=True, slots=True)
class Boxes:
    """How many boxes an interval takes when drawn, equal units in a chain drawn once with ×N.

    before : per gap, the boxes before it. joins : per position, whether it is in one box with the one before.
    blocks : per gap, how many positions before it are blocks.
    """

    before: tuple[int, ...]
    joins: tuple[bool, ...]
    blocks: tuple[int, ...]

    @classmethod
    def of(cls, sequence: LinearGraph) -> Boxes:
        """Counted once for a sequence."""
        before = [0]
        joins = []
        for position in range(len(sequence)):
            joins.append(position > 0 and _joins(sequence, position))
            before.append(before[-1] + (not joins[-1]))
        return cls(tuple(before), (*joins, False), tuple(accumulate(map(is_block, sequence.items), initial=0)))

    def folded(self, a: int, b: int) -> int:
        """Boxes of [a, b)."""
        return self.before[b] - self.before[a] + self.joins[a]

    def saved(self, sequence: LinearGraph, intervals: list[tuple[int, int]]) -> int:
        """Boxes of the intervals as they are, minus one box a run; cutting a chain of equals costs one."""
        before, joins = self.before, self.joins
        total = 0
        last = (-1, -1)
        for interval in intervals:
            a, b = interval
            total += before[b] - before[a] - joins[b]
            if last[1] != a:
                total -= 1
            else:
                total += joins[a] - (not same_stage(sequence, last, interval))
            last = interval
        return total


def _joins(sequence: LinearGraph, position: int) -> bool:
    """Whether a position is drawn in one box with the one before: equal units in a chain, a run of blocks."""
    item, before = sequence.items[position], sequence.items[position - 1]
    if isinstance(item, UnitRow) or isinstance(before, UnitRow):
        return False  # they are as long as can be
    previous = (position - 1, 0)
    if is_block(item) and is_block(before):
        stage = (position - 1, position), (position, position + 1)
        follows = any(source == position - 1 for source, _ in sequence.reads[position])
        return item.type == before.type and follows and same_stage(sequence, *stage) and are_as_large(before, item)
    same = sequence.exact[position] == sequence.exact[position - 1]
    return same and sequence.reads[position] == (previous,) and sequence.uses[previous] == [position]


def same_stage(sequence: LinearGraph, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Equal shapes of all outputs; or equal widths inside, for blocks whose output grows by concatenation."""
    shapes = sequence.shapes
    if sequence.exact[slice(*left)] == sequence.exact[slice(*right)]:
        return True
    if shapes[left[1] - 1] != shapes[right[1] - 1]:
        return False
    one, other = sequence.given(*left), sequence.given(*right)
    return one <= other or other <= one  # the last copy may lack a skip


def are_as_large(before: Composite, block: Composite) -> bool:
    """Whether two copies may stand in one run: in a chain without merges nothing but numbers tells copies apart."""
    if any(family(node.op) == "merge" for each in (before, block) for node in item_leaves(each)):
        return True
    return numbers_of(before) == numbers_of(block)


def numbers_of(block: Composite) -> list[str]:
    """The labels with widths of a block's calls, apart from what is silent and dropout, which the last may lack."""
    return [exact_label(node) for node in item_leaves(block) if family(node.op) != "dropout" and not is_silent(node)]


def likeness(sequence: LinearGraph, a: int, b: int, usual: float) -> float:
    """How alike variants of [a, b) must be: more than usual if it is nothing but blocks, where each counts much."""
    return max(usual, _BLOCKS) if all(is_block(item) for item in sequence.items[a:b]) else usual


def is_run(sequence: LinearGraph, boxes: Boxes, a: int, b: int) -> bool:
    """Whether [a, b) is a run of blocks, one box on the page already."""
    return b - a > 1 and is_block(sequence.items[a]) and boxes.folded(a, b) == 1


def fitness(sequence: LinearGraph, intervals: list[tuple[int, int]], saved: float) -> float:
    """Boxes saved, less for each tensor beyond one that enters or leaves, more where the cut is at a fork."""
    a, b = intervals[len(intervals) // 2]
    extra = extra_tensors(sequence, a, b)
    passed = sequence.entering(a, b) if extra else 0
    if passed > 1 and passed == sequence.leaving(a, b) and touch(intervals) and not sequence.reads_outputs(a, b):
        extra -= passed - 1  # two paths, or a state, that every copy passes on count once
    bonus = 1.02 if sequence.forks_at(a, b) else 1.0
    if sequence.ends_larger(a, b):
        bonus *= 0.75 if is_block(sequence.items[a]) else 0.95
    if sequence.forks_before(a, b):  # and not a skip or a mask from farther away
        bonus *= 1.01
    if extra == 0 and sequence.forks_late(a, b):
        bonus *= 0.75
    if sequence.reads_outputs(a, b) and all(
        sequence.reads_outputs(c, d) for c, d in intervals
    ):  # stages end with the output that each gives
        bonus *= 0.95
    return saved * bonus / (1 + 0.5 * extra)


def extra_tensors(sequence: LinearGraph, a: int, b: int) -> int:
    """Tensors beyond one that enter, leave or pass by closely: the cost of a cut."""
    return max(0, sequence.entering(a, b) - 1) + max(0, sequence.leaving(a, b) - 1) + sequence.crossing(a, b)


def is_closed(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether copies give one tensor and read one, apart from what others read as well (a mask) or have given."""
    read = [{tensor for reads in sequence.reads[a:b] for tensor in reads if tensor[0] < a} for a, b in exact]
    if sequence.leaving(*exact[0]) > 1:
        return False
    made = {place for a, b in exact for place in range(a, b)}
    return len(read[0].difference(*read[1:2])) <= 1 or (touch(exact) and all(source in made for source, _ in read[-1]))


def touch(exact: list[tuple[int, int]]) -> bool:
    """Whether some of the copies follow one right after the other."""
    return any(left[1] == right[0] for left, right in pairwise(exact))


def are_tapped(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether the copies are cut where a tensor forks, as the levels of an encoder with skips; the last may differ."""
    return sum(sequence.tapped(*interval) for interval in exact) >= max(2, len(exact) - 1)


def are_levels(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether three or more copies each pass a skip over the next: the levels of an encoder, worth their name."""
    return len(exact) > 2 and all(sequence.passes_over(*x, y[1]) for x, y in pairwise(exact))


def are_risen(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether three or more copies read the one before and a tensor of their own from before all, as a decoder does."""
    sources = [{source for i in range(a, b) for source, _ in sequence.reads[i] if 0 <= source < a} for a, b in exact]
    if len(exact) < 3 or any(max(new, default=-1) < a for (a, _), new in zip(exact, sources[1:], strict=False)):
        return False
    first = exact[0][0]
    skips = [{each for each in new if each < min(a - 1, first)} for (a, _), new in zip(exact, sources, strict=True)]
    return all(skips) and len(set[int]().union(*skips)) == sum(map(len, skips))


def are_steps(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether three or more copies follow one another as a plain chain: the stages of a VGG, of a decoder."""
    return len(exact) > 2 and all(
        x[1] == y[0] and sequence.leaving(*x) == 1 == sequence.entering(*y) for x, y in pairwise(exact)
    )


def least_saving(sequence: LinearGraph, exact: list[tuple[int, int]]) -> int:
    """Boxes that a type must save: fewer where its copies stand as papers draw them, as levels or one after the other.

    A row of embeddings, each of an input of its own, is drawn as it is.
    """
    if are_levels(sequence, exact):
        return 1
    a, b = exact[0]
    row = all(left[1] == right[0] for left, right in pairwise(exact)) and all(sequence.reads[a:b])
    return 2 if row or are_tapped(sequence, exact) else 3


def _is_row(sequence: LinearGraph, exact: list[tuple[int, int]]) -> bool:
    """Whether all copies follow each other and are equal in shape, so that they are one box ×N."""
    return all(x[1] == y[0] and same_stage(sequence, x, y) for x, y in pairwise(exact))


def _is_fork(sequence: LinearGraph, boxes: Boxes, a: int, b: int) -> bool:
    """Whether [a, b) is one fork from its first call to its last, whose blocks each stand in one branch."""
    if not sequence.entering(a, b) == sequence.leaving(a, b) == 1 or any(boxes.joins[a + 1 : b]):
        return False
    if any(
        is_block(sequence.items[at]) and max(sequence.entering(at, at + 1), sequence.leaving(at, at + 1)) > 1
        for at in range(a, b)
    ):
        return False
    read = {tensor for reads in sequence.reads[a:b] for tensor in reads}
    return all(sum(tensor in read for tensor in sequence.live[gap]) > 1 for gap in range(a + 1, b))


def stands_alone(sequence: LinearGraph, boxes: Boxes, exact: list[tuple[int, int]], saved: float) -> bool:
    """Whether a small type is a block and not a fragment of one: in a row, not beside another branch.

    What holds several blocks must be large, or one box ×N, to be worth hiding them inside.
    """
    weight = boxes.folded(*exact[0])
    a, b = exact[len(exact) // 2]
    if weight < SMALL and sequence.crossing(a, b) > 0:
        return False
    inner = sum(is_block(item) for item in sequence.items[slice(*exact[0])])
    if inner > 1 and weight < _MODULE and not _is_row(sequence, exact) and not _is_fork(sequence, boxes, a, b):
        return False
    if weight > PAIR or are_tapped(sequence, exact):
        return True
    touching = sum(right[0] == left[1] for left, right in pairwise(exact))
    if saved >= 3 and _is_row(sequence, exact):
        return True
    return saved >= 5 and 2 * touching >= len(exact) - 1


def variant_boxes(sequence: LinearGraph, model: Template, near: Iterable[tuple[int, int]]) -> float:
    """Boxes that the panel needs to show its variants: for each form what it adds, half of what it lacks."""
    forms = {sequence.form[a:b]: (a, b) for a, b in near}
    calls_a_box = len(model.tokens) / model.length
    total = 0.0
    for a, b in forms.values():
        size, common = size_and_common(sequence, model, a, b)
        total += max(1.0, (size - common + 0.5 * (len(model.tokens) - common)) / calls_a_box)
    return total
