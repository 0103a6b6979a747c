"""Layers that attend to another tensor are no variants of layers that attend to themselves.

An encoder layer is most of a decoder layer, and cross-attention looks like self-attention with one operand rewired: a
count of boxes would tell them as one type with marks. Papers draw them as two, or the one that occurs once by itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from blockviz.ir import (
    Block,
    BlockType,
    LayerGraph,
    blocks_in,
    expand_deep,
    is_block,
)
from blockviz.search.exchange_moves import typed
from blockviz.search.inline_fragments import without_fragments
from blockviz.structure.difference_words import crosses


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
        attending = Counter(any(each) for each in found if each)
        if len(attending) < 2:
            continue
        (_, _), (kind, number) = attending.most_common()
        fewer = [block.id for block, each in zip(blocks, found, strict=True) if each and any(each) == kind]
        if number == 1:
            opened.update(fewer)
            continue
        new = f"{key}~"
        types[new] = BlockType(new, graph.types[key].level)
        names.update(dict.fromkeys(fewer, new))
    if not names and not opened:
        return graph
    graph = expand_deep(graph, lambda item: item.id in opened)
    return without_fragments(typed(graph, names, types))  # what was a type of its own may be a part of another now
