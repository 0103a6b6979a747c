"""Stages that hide their blocks: types whose copies stand alone, while a smaller block occurs again inside each.

A search prefers the larger of two types that save nearly the same. But where two blocks and a pooling make a stage, and
each stage stands alone in the overview, papers draw the block and say how often each stage has it. So with the copies
of a type that are another form of it in as far as they are two smaller blocks in a row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress

from blockviz.errors import VerifyError
from blockviz.ir import (
    Block,
    BlockType,
    LayerGraph,
    blocks_in,
    contract,
    copies_by_type,
    copy_of,
    expand,
    fresh_type,
    is_block,
    is_one_of,
    refolded,
)
from blockviz.search.description_length import description_length, has_row, overview_boxes, skips_over_row
from blockviz.search.intervals import RESCALES, Span
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.overlay import Overlay
from blockviz.search.prices import Prices
from blockviz.structure.canonical_form import item_kind

_SHORTEST, _LARGEST = 2, 40  # items of a block inside a stage, and of a stage
_HELD = 0.6  # part of a stage that copies of its blocks make up
_OFF = (0.0, 0.35)  # parts of a block's items that a copy may lack, have besides, or have another of
_TRIED = 4  # blocks of one stage that are priced


def stages_opened(graph: LayerGraph, prices: Prices, interner: Interner) -> LayerGraph:
    """The graph with the blocks inside such stages in place of these, where that makes the description shorter."""
    copies = copies_by_type(graph)
    stages = [(key, blocks) for key, blocks in copies.items() if len(blocks) > 1]
    stages += [("", others) for blocks in copies.values() if (others := _other_forms(blocks, interner))]
    length = None
    for known, blocks in stages:
        key = known or fresh_type(graph.types)
        body = max((block.body for block in blocks), key=len)
        if len(body) > _LARGEST or any(is_block(item) for item in body.items()):
            continue
        if any(block.id not in graph or graph.item(block.id) is not block for block in blocks):  # opened already
            continue
        if any(len(block.body.entries) > 1 for block in blocks):  # levels, which join a skip and what comes from below
            continue
        names = list(body)
        flat = expand(graph, is_one_of({block.id for block in blocks}))
        laid = [
            other
            for start, end in _blocks_inside(sequence_of(body, interner))
            for inner in _laid(flat, key, names[start:end], blocks, interner)
            for other in (inner, *_around(inner, key, blocks, interner))
        ]
        if laid:
            length = _length(graph, prices, interner) if length is None else length
            shortest, _, at = min(
                (round(_length(other, prices, interner), 9), sum(1 for _ in blocks_in(other)), number)
                for number, other in enumerate(laid)
            )  # of two that are equally long, the one with fewer copies
            if shortest < length - 1e-9:
                graph, length = laid[at], shortest
    return graph


def _other_forms(blocks: Sequence[Block], interner: Interner) -> list[Block]:
    """Of the copies whose form is not the usual one, those that are two smaller blocks or more."""
    sequences = [sequence_of(block.body, interner) for block in blocks]
    forms = [sequence.canonical(0, len(sequence)) for sequence in sequences]
    usual = max(forms, key=forms.count)
    if forms.count(usual) == len(forms):
        return []
    several = zip(blocks, sequences, forms, strict=True)
    return [block for block, sequence, form in several if form != usual and has_row(sequence)]


def _length(graph: LayerGraph, prices: Prices, interner: Interner) -> float:
    return description_length(graph, prices, interner) + prices.crowding * overview_boxes(graph, interner)


def _blocks_inside(body: LinearGraph) -> list[Span]:
    """Stretches that read one tensor and give one, and that with what nearly equals them make up most of a body."""
    overlay, found, often = Overlay(body), dict[Span, int](), Counter(body.form)
    for start in range(len(body)):
        for end in range(start + _SHORTEST, min(len(body), start + len(body) // 2) + 1):
            alone = sum(often[form] == 1 for form in body.form[start:end])
            if alone > _OFF[-1] * (end - start):
                continue
            if body.entering(start, end) > 1 or body.leaving(start, end) != 1 or len({*body.form[start:end]}) < 2:
                continue
            spans = overlay.cover((start, end), _OFF[-1])
            held = sum(b - a for a, b in spans)
            if len(spans) > 1 and held >= _HELD * len(body):
                found[start, end] = held
    return sorted(found, key=lambda span: (-found[span], span))[:_TRIED]


def _around(laid: LayerGraph, key: str, stages: Sequence[Block], interner: Interner) -> Iterator[LayerGraph]:
    """The graph with the stages around the blocks that were laid over their calls, where a skip goes over all these."""
    owner = {name: number for number, stage in enumerate(stages) for name in stage.body}
    members: dict[int, list[str]] = defaultdict(list)
    for name, item in zip(laid, laid.items(), strict=True):
        first = next(iter(item.body)) if is_block(item) and item.type == key else name
        if first in owner:
            members[owner[first]].append(name)
    for names in members.values():  # the step to the next stage stands on its own
        while names and item_kind(laid.item(names[-1])) in RESCALES:
            names.pop()
    outer = fresh_type(laid.types)
    out = refolded(laid, (), [copy_of(outer, names) for names in members.values() if names])
    around = copies_by_type(out).get(outer, [])
    if around and all(skips_over_row(sequence_of(block.body, interner)) for block in around):
        out.graph["types"] = {**laid.types, outer: BlockType(outer, 1)}
        yield out


def _laid(
    flat: LayerGraph, key: str, pattern: list[str], stages: Sequence[Block], interner: Interner
) -> Iterator[LayerGraph]:
    """The graph with a block laid over the calls of stages: its equal copies alone, and those that differ as well."""
    sequence, inside = sequence_of(flat, interner), {name for stage in stages for name in stage.body}
    start = sequence.names.index(pattern[0])
    span = start, start + len(pattern)
    if list(sequence.names[slice(*span)]) != pattern:
        return
    for most in _OFF:
        copies = [sequence.names[slice(*each)] for each in Overlay(sequence).cover(span, most)]
        copies = [names for names in copies if inside.issuperset(names)]
        if len(copies) > len(stages):
            with suppress(VerifyError):
                out = contract(flat, [copy_of(key, names) for names in copies])
                out.graph["types"] = {**flat.types, key: flat.types.get(key, BlockType(key, 0))}
                yield out
