"""Types that deserve no panel of their own: what is but a part of another type, and what only rearranges a tensor.

They have served to find the blocks around them, and are opened again.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from blockviz.ir import Item, LayerGraph, Node, blocks_in, expand_deep, is_block
from blockviz.ops.families import family, joins

_SMALL = 8  # items of a part that needs no panel of its own
_LITTLE = 0.34  # what a type has besides such a part, as a share of the part's items, that is worth no panel around it


def without_fragments(graph: LayerGraph) -> LayerGraph:
    """The graph with each small type opened that occurs in one other type only, once in each copy: a part, no repeat.

    A part with branches of its own stays a box beside other boxes. Blocks that only rearrange a tensor are opened, too.
    """
    graph = expand_deep(graph, lambda block: is_block(block) and all(map(_rearranges, block.body.items())))
    blocks = list(blocks_in(graph))
    counts, around = Counter(block.type for block in blocks), defaultdict[str, set[str]](set)
    little = set[str]()
    for outer, body in [("", graph), *((block.type, block.body) for block in blocks)]:
        for item in filter(is_block, body.items()):
            around[item.type].add(outer)
            if outer and len(body) - 1 <= _LITTLE * len(item.body):
                little.add(item.type)
    parts = {key for key, (outer, *others) in around.items() if not others and counts[key] == counts[outer]}
    mixed = {outer for key, every in around.items() if key not in parts for outer in every}
    for block in blocks:
        branched = len(block.inputs) == 1 and any(isinstance(item, Node) and joins(item) for item in block.body.items())
        large = len(block.body) > _SMALL and block.type not in little
        if large or (branched and not mixed.isdisjoint(around[block.type])):
            parts.discard(block.type)
    return expand_deep(graph, lambda block: is_block(block) and block.type in parts) if parts else graph


def _rearranges(item: Item) -> bool:
    return isinstance(item, Node) and family(item.op) == "reshape" and len(item.inputs) == 1
