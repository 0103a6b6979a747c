"""Copies that differ: intervals nearly equal to a block type, found by their longest common subsequence.

The length of the longest common subsequence of the type and every interval that begins at one
position comes from one bit-parallel sweep (Hyyrö, "Bit-parallel LCS-length computation revisited",
2004): an addition and two logical operations on integers a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq

from blockviz.ir import Node
from blockviz.ops import family
from blockviz.passes.sequence import Sequence
from blockviz.records import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """What variants are compared with: a type's main form."""

    tokens: tuple[int, ...]
    length: int
    entering: int
    leaving: int
    merges: int
    masks: dict[int, int]
    last: int
    principal: int
    crossing: int


@dataclass(frozen=True, slots=True)
class Near:
    """An interval [start, end) that resembles a type: ``common`` calls of ``size`` are in the type too."""

    start: int
    end: int
    common: int
    size: int
    merges: int
    entering: int
    benefit: float
    alike: float


def model_of(sequence: Sequence, a: int, b: int) -> Model:
    """The main form of a type, taken from one of its occurrences."""
    tokens = tuple(token for position in range(a, b) for token in sequence.tokens[position])
    masks: dict[int, int] = {}
    for bit, token in enumerate(tokens):
        masks[token] = masks.get(token, 0) | 1 << bit
    return Model(
        tokens,
        b - a,
        sequence.entering(a, b),
        sequence.leaving(a, b),
        merges_in(sequence, a, b),
        masks,
        sequence.form[b - 1],
        sequence.principal(a, b),
        sequence.crossing(a, b),
    )


def merges_in(sequence: Sequence, a: int, b: int) -> int:
    """How many calls of [a, b) join branches."""
    return sum(sequence.joining[a:b])


def cover(
    sequence: Sequence,
    regions: Seq[tuple[int, int]],
    model: Model,
    least: float,
    known: Seq[tuple[int, int]] = (),
) -> list[Near]:
    """The best disjoint variants of a type in the free regions, at least ``least`` alike.

    A variant that has lost every merge of the type is believed only if another one has, too, or if a
    copy with the same output shape stands beside it (``known`` ones count for both), only where the
    shape changes so that nothing could be added, and never at the model's input: any plain chain of
    convolutions resembles a residual branch without its addition.
    """
    found = [near for a, b in regions for near in _region(sequence, a, b, model, least)]
    if not model.merges:
        return found
    everyone = [*known, *((near.start, near.end) for near in found)]
    chains = sum(merges_in(sequence, a, b) == 0 for a, b in everyone)
    return [
        near
        for near in found
        if near.merges
        or (
            (chains > 1 or beside(sequence, near, everyone))
            and near.entering == model.entering
            and not _reads_input(sequence, near)
            and _changes_shape(sequence, near)
        )
    ]


def _changes_shape(sequence: Sequence, near: Near) -> bool:
    return sequence.items[near.start].inputs[:1] != sequence.shapes[near.end - 1]


def _reads_input(sequence: Sequence, near: Near) -> bool:
    """Whether the interval reads an input of the model, perhaps rescaled."""
    sources = {source for position in range(near.start, near.end) for source, _ in sequence.reads[position]}
    return any(source >= 0 and _is_input(sequence, source) for source in sources)


def _is_input(sequence: Sequence, position: int) -> bool:
    if not sequence.reads[position]:
        return True
    item = sequence.items[position]
    return isinstance(item, Node) and family(item.op) == "scale" and _is_input(sequence, sequence.reads[position][0][0])


def beside(sequence: Sequence, near: Near, everyone: Seq[tuple[int, int]]) -> bool:
    """Whether a copy that directly precedes or follows has the same output shape."""
    shape = sequence.shapes[near.end - 1]
    return any(sequence.shapes[b - 1] == shape for a, b in everyone if a == near.end or b == near.start)


def _region(sequence: Sequence, a: int, b: int, model: Model, least: float) -> list[Near]:
    """Dynamic programme over the gaps of [a, b): leave a position out, or end a variant here."""
    if not _promising(sequence, a, b, model, least):
        return []
    ending: dict[int, list[Near]] = {}
    shortest = least * len(model.tokens) / (2 - least)
    left = sum(len(sequence.tokens[position]) for position in range(a, b))
    for start in range(a, b):
        if left < shortest:  # too little of the region is left
            break
        left -= len(sequence.tokens[start])
        for near in _from(sequence, start, b, model, least):
            ending.setdefault(near.end, []).append(near)
    best: list[tuple[float, Near | None]] = [(0.0, None)] * (b - a + 1)
    for gap in range(a + 1, b + 1):
        best[gap - a] = (best[gap - a - 1][0], None)
        for near in ending.get(gap, ()):
            total = best[near.start - a][0] + near.benefit
            if total > best[gap - a][0] + 1e-9:
                best[gap - a] = (total, near)
    chosen = []
    gap = b
    while gap > a:
        near_here = best[gap - a][1]
        if near_here is None:
            gap -= 1
        else:
            chosen.append(near_here)
            gap = near_here.start
    return chosen[::-1]


def begins_at(sequence: Sequence, start: int, b: int, model: Model, least: float) -> bool:
    """Whether any variant of the type begins at ``start`` and ends by ``b``."""
    return next(_from(sequence, start, b, model, least), None) is not None


def _promising(sequence: Sequence, a: int, b: int, model: Model, least: float) -> bool:
    """Whether enough of the type's tokens occur in the region at all."""
    present = {token for position in range(a, b) for token in sequence.tokens[position]}
    held = sum(token in present for token in model.tokens)
    return 2 * held / (len(model.tokens) + held) >= least


def size_and_common(sequence: Sequence, model: Model, a: int, b: int) -> tuple[int, int]:
    """How many calls [a, b) has, and how many of them are in the type, too, in the same order."""
    full = state = (1 << len(model.tokens)) - 1
    size = 0
    for position in range(a, b):
        size += len(sequence.tokens[position])
        for token in sequence.tokens[position]:
            state = _stepped(state, token, model, full)
    return size, len(model.tokens) - state.bit_count()


def _stepped(state: int, token: int, model: Model, full: int) -> int:
    """The sweep's state after one more token."""
    matched = state & model.masks.get(token, 0)
    return ((state + matched) | (state - matched)) & full


def _from(sequence: Sequence, start: int, b: int, model: Model, least: float) -> Iterator[Near]:
    total = len(model.tokens)
    masks, tokens = model.masks, sequence.tokens
    if masks.keys().isdisjoint(tokens[start]):
        return  # a variant begins with something that the type has, too
    shortest = least * total / (2 - least)
    strange = 2 * total * (1 / least - 1)  # with more that is not in the type, nothing to come can help
    full = (1 << total) - 1
    state, size = full, 0
    for position in range(start, b):
        here = tokens[position]
        for token in here:
            if mask := masks.get(token):
                matched = state & mask
                state = ((state + matched) | (state - matched)) & full
        size += len(here)
        if size < shortest:
            continue
        common = total - state.bit_count()
        if size - common > strange:
            return
        if 2 * common / (total + size) < least:
            continue
        end = position + 1
        entering = sequence.entering(start, end)
        if entering > model.entering + 1 or not sequence.gives(start, end, max(1, model.leaving)):
            continue
        if sequence.form[position] != model.last and sequence.principal(start, end) != model.principal:
            continue
        benefit = 3.0 * common - total - size
        benefit -= 4 * max(0, entering - model.entering)
        benefit -= 3 * max(0, sequence.crossing(start, end) - model.crossing)
        benefit -= 3 * max(0, sequence.leaving(start, end) - max(1, model.leaving))
        benefit += 0.5 * sequence.forks_at(start, end)
        if benefit > 0:
            merges = merges_in(sequence, start, end)
            yield Near(start, end, common, size, merges, entering, benefit, 2 * common / (total + size))
