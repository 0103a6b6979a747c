"""Layers that mix the places of what they read by other means, or not at all, are no variants of one another.

An encoder layer is most of a decoder layer, and cross-attention looks like self-attention with one operand rewired: a
count of boxes would tell them as one type with marks. Papers draw them as two, or the one that occurs once by itself.
So they do with an attention, a recurrence or a sum over neighbours, and the feed-forward part behind it, which have
their shortcut and norm in common: a layer is named after what mixes, and what lacks that is none. A block that
convolves and merely lacks the attention of others is a variant.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from blockviz.ir import Block, BlockType, LayerGraph, blocks_in, expand, expand_deep, is_block, is_one_of
from blockviz.search.exchange_moves import typed, weighty_calls
from blockviz.search.inline_fragments import alone_inside, without_fragments
from blockviz.structure.attention_reads import crosses, entries_placed
from blockviz.structure.canonical_form import most_common_form
from blockviz.structure.mixing import mix_otherwise, mixers

_Kind: TypeAlias = tuple[frozenset[str] | None, bool | None]  # what mixes; None if as in most; whether it crosses


def mixing_apart(graph: LayerGraph) -> LayerGraph:
    """The graph with such copies as a type of their own, or opened where there is but one."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for block in blocks_in(graph):
        if is_block(block):
            copies[block.type].append(block)
    names: dict[str, str] = {}
    opened: set[str] = set()
    types = dict(graph.types)
    flat, alone = cache(lambda: expand(graph)), cache(lambda: alone_inside(graph))
    for key, blocks in copies.items():
        found = [_crosses(block.body, flat) for block in blocks]
        kinds = _kinds(blocks, found)
        _, *others = Counter(kinds).most_common()
        for number, (kind, count) in enumerate(others, 1):
            fewer = [block.id for block, each in zip(blocks, kinds, strict=True) if each == kind]
            if count == 1 or alone().issuperset(fewer):
                opened.update(fewer)
                continue
            new = key + "~" * number
            types[new] = BlockType(new, graph.types[key].level)
            names.update(dict.fromkeys(fewer, new))
    if not names and not opened:
        return graph
    graph = expand_deep(graph, is_one_of(opened))
    return without_fragments(typed(graph, names, types))  # what was a type of its own may be a part of another now


def _crosses(body: LayerGraph, flat: Callable[[], LayerGraph]) -> list[bool]:
    """Of each attention, whether it attends to another tensor than its queries are made from."""
    found = crosses(body)
    return crosses(body, entries_placed(body, flat())) if any(found) else found


def _kinds(blocks: list[Block], crossing: list[list[bool]]) -> list[_Kind]:
    """Of each copy, by what it mixes, if that is another thing than in most; and whether it attends to another tensor,
    None if other layers stand in place of the attention.
    """
    main = most_common_form([block.body for block in blocks])
    others = {block.id: mixers(block.body) for block in blocks if mix_otherwise(main, block.body)}
    kinds: list[_Kind] = [
        (others.get(block.id), any(each) if each else None) for block, each in zip(blocks, crossing, strict=True)
    ]
    attending = [block for block, each in zip(blocks, crossing, strict=True) if each and block.id not in others]
    if not attending:
        return kinds
    (usual, _), *_ = Counter(kind for kind in kinds if kind[0] is None and kind[1] is not None).most_common(1)
    known = weighty_calls(attending[0])
    return [
        usual if kind == (None, None) and not weighty_calls(block) - known else kind
        for block, kind in zip(blocks, kinds, strict=True)
    ]
