"""Copies that differ: intervals nearly equal to a block type, found by their longest common subsequence.

The length of the longest common subsequence of the type and every interval that begins at one
position comes from one bit-parallel sweep (Hyyrö, "Bit-parallel LCS-length computation revisited",
2004): an addition and two logical operations on integers a step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from blockviz.ir import Node, is_block, told_apart
from blockviz.ops.families import family
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.template import NearCopy, Template, merges_in, near_copy

_TRIFLE = 0.1  # what a variant counts that gains nothing


def cover(
    sequence: LinearGraph,
    regions: Sequence[tuple[int, int]],
    model: Template,
    least: float,
    known: Sequence[tuple[int, int]] = (),
) -> list[NearCopy]:
    """The best disjoint variants of a type in the free regions, at least ``least`` alike.

    A variant that has lost every merge of the type is believed only if it touches another copy (``known``
    ones count), which has lost them, too, or gives the same shape, only where the shape changes so that
    nothing could be added, and never at the model's input: any plain chain of convolutions resembles a
    residual branch without its addition.
    """
    found = [near for a, b in regions for near in _region(sequence, a, b, model, least)]
    if not model.merges:
        return found
    everyone = [*known, *((near.start, near.end) for near in found)]
    starts, ends = {a for a, _ in everyone}, {b for _, b in everyone}
    chains = sum(merges_in(sequence, a, b) == 0 for a, b in everyone)
    return [
        near
        for near in found
        if near.merges
        or (
            (near.end in starts or near.start in ends)
            and (
                _lacks_input(sequence, near, model)
                or (
                    (chains > 1 or beside(sequence, near, everyone))
                    and near.entering == model.entering
                    and not _reads_input(sequence, near)
                    and _changes_shape(sequence, near)
                )
            )
        )
    ]


def _lacks_input(sequence: LinearGraph, near: NearCopy, model: Template) -> bool:
    """Whether nothing is lost but what is merged from elsewhere: the last level of a U-Net may have no skip."""
    if not model.generous or near.common < near.size or any(map(is_block, sequence.items[near.start : near.end])):
        return False
    return len(model.tokens) - near.common == model.entering - near.entering == model.merges


def _changes_shape(sequence: LinearGraph, near: NearCopy) -> bool:
    read = sequence.items[near.start].inputs[:1]
    return tuple(map(told_apart, read)) != sequence.shapes[near.end - 1]


def _reads_input(sequence: LinearGraph, near: NearCopy) -> bool:
    """Whether the interval reads an input of the model, perhaps rescaled."""
    sources = {source for position in range(near.start, near.end) for source, _ in sequence.reads[position]}
    return any(source >= 0 and _is_input(sequence, source) for source in sources)


def _is_input(sequence: LinearGraph, position: int) -> bool:
    if not sequence.reads[position]:
        return True
    item = sequence.items[position]
    return isinstance(item, Node) and family(item.op) == "scale" and _is_input(sequence, sequence.reads[position][0][0])


def beside(sequence: LinearGraph, near: NearCopy, everyone: Sequence[tuple[int, int]]) -> bool:
    """Whether a copy that directly precedes or follows has the same output shape, or it is half a copy before them all.

    The first block of a network may lack its expansion.
    """
    shape, (start, end) = sequence.shapes[near.end - 1], min(everyone)
    if near.end == start and near.common == near.size and 2 * near.size >= end - start:
        return True
    return any(sequence.shapes[b - 1] == shape for a, b in everyone if a == near.end or b == near.start)


def _region(sequence: LinearGraph, a: int, b: int, model: Template, least: float) -> list[NearCopy]:
    """Dynamic programme over the gaps of [a, b): leave a position out, or end a variant here."""
    if sequence.sizes[b] - sequence.sizes[a] < model.shortest(least) or not _promising(sequence, a, b, model, least):
        return []
    ending: dict[int, list[NearCopy]] = {}
    for near in _variants(sequence, range(a, b), b, model, least):
        ending.setdefault(near.end, []).append(near)
    if not ending:
        return []
    best: list[tuple[float, NearCopy | None]] = [(0.0, None)] * (b - a + 1)
    for gap in range(a + 1, b + 1):
        best[gap - a] = (best[gap - a - 1][0], None)
        for near in ending.get(gap, ()):
            total = best[near.start - a][0] + (near.benefit or _TRIFLE)
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


def begins_at(sequence: LinearGraph, starts: range, b: int, model: Template, least: float) -> bool:
    """Whether any variant of the type begins at one of ``starts`` and ends by ``b``."""
    return next(_variants(sequence, starts, b, model, least), None) is not None


def _promising(sequence: LinearGraph, a: int, b: int, model: Template, least: float) -> bool:
    """Whether enough of the type's tokens occur in the region at all."""
    present = set(sequence.calls[sequence.sizes[a] : sequence.sizes[b]])
    held = sum([token in present for token in model.tokens])
    return 2 * held / (len(model.tokens) + held) >= least


def size_and_common(sequence: LinearGraph, model: Template, a: int, b: int) -> tuple[int, int]:
    """How many calls [a, b) has, and how many of them are in the type, too, in the same order."""
    full = state = (1 << len(model.tokens)) - 1
    calls = sequence.calls[sequence.sizes[a] : sequence.sizes[b]]
    for token in calls:
        state = _stepped(state, model.masks.get(token, 0))
    return len(calls), len(model.tokens) - (state & full).bit_count()


def _stepped(state: int, mask: int) -> int:
    """The sweep's state after a call that occurs in the type where ``mask`` has ones; carries pile up above."""
    matched = state & mask
    return (state + matched) | (state - matched)


def _variants(sequence: LinearGraph, starts: range, b: int, model: Template, least: float) -> Iterator[NearCopy]:
    """The variants that begin at one of ``starts`` and end by ``b``."""
    total, sizes = len(model.tokens), sequence.sizes
    shortest = model.shortest(least)
    strange = 2 * total * (1 / least - 1)  # with more that is not in the type, nothing to come can help
    full = (1 << total) - 1
    before = sizes[starts.start]
    masks = [model.masks.get(token, 0) for token in sequence.calls[before : sizes[b]]]
    for start in starts:
        first = sizes[start] - before
        least_end = bisect_left(sizes, sizes[start] + shortest, start + 1, b + 1)
        if least_end > b:  # too little of the region is left
            return
        done = sizes[least_end - 1] - before
        if not any(masks[first : sizes[start + 1] - before]):
            continue  # a variant begins with something that the type has, too
        if sequence.entering(start, least_end) > model.entering + 1:
            continue  # and no longer interval reads less
        state = full
        for mask in masks[first:done]:
            if mask:
                matched = state & mask  # as in `_stepped`: this is where the time goes
                state = (state + matched) | (state - matched)
        for end in range(least_end, b + 1):
            for mask in masks[done : (done := sizes[end] - before)]:
                if mask:
                    matched = state & mask
                    state = (state + matched) | (state - matched)
            size, common = done - first, total - (state & full).bit_count()
            if size - common > strange:
                break
            if 2 * common / (total + size) >= least:
                near = near_copy(sequence, start, end, model, common, size)
                if not isinstance(near, str):
                    yield near
