"""Layers that attend to another tensor are no variants of layers that attend to themselves.

An encoder layer is most of a decoder layer, and cross-attention looks like self-attention with one operand rewired: a
count of boxes would tell them as one type with marks. Papers draw them as two, or the one that occurs once by itself.
So they do with an attention and the feed-forward part behind it, which have their shortcut and norm in common; a block
that merely lacks the attention of others is a variant.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from blockviz.ir import Block, BlockType, LayerGraph, blocks_in, expand_deep, is_block, is_one_of
from blockviz.search.exchange_moves import typed, weighty_calls
from blockviz.search.inline_fragments import without_fragments
from blockviz.structure.attention_reads import crosses


def attention_apart(graph: LayerGraph) -> LayerGraph:
    """The graph with such copies as a type of their own, or opened where there is but one."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for block in blocks_in(graph):
        if is_block(block):
            copies[block.type].append(block)
    names: dict[str, str] = {}
    opened: set[str] = set()
    types = dict(graph.types)
    for key, blocks in copies.items():
        found = [crosses(block.body) for block in blocks]
        kinds = _kinds(blocks, found)
        _, *others = Counter(kinds).most_common()
        for number, (kind, count) in enumerate(others, 1):
            fewer = [block.id for block, each in zip(blocks, kinds, strict=True) if each is kind]
            if count == 1:
                opened.update(fewer)
                continue
            new = key + "~" * number
            types[new] = BlockType(new, graph.types[key].level)
            names.update(dict.fromkeys(fewer, new))
    if not names and not opened:
        return graph
    graph = expand_deep(graph, is_one_of(opened))
    return without_fragments(typed(graph, names, types))  # what was a type of its own may be a part of another now


def _kinds(blocks: list[Block], crossing: list[list[bool]]) -> list[bool | None]:
    """Of each copy, whether it attends to another tensor; None if other layers stand in place of the attention."""
    attending = [block for block, each in zip(blocks, crossing, strict=True) if each]
    kinds: list[bool | None] = [any(each) if each else None for each in crossing]
    if not attending:
        return kinds
    usual = Counter(kind for kind in kinds if kind is not None).most_common(1)[0][0]
    known = weighty_calls(attending[0])
    return [
        usual if kind is None and not weighty_calls(block) - known else kind
        for block, kind in zip(blocks, kinds, strict=True)
    ]
