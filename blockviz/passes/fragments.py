"""Types that are no repeats of their own but parts of another type: opened, so that one panel shows the whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from blockviz.ir import Block, LayerGraph, Node, blocks_in, expand, is_block
from blockviz.ops import joins
from blockviz.records import replace

_SMALL = 8  # items of a part that needs no panel of its own


def without_fragments(graph: LayerGraph) -> LayerGraph:
    """The graph with each small type opened that occurs in one other type only, once in each copy: a part, no repeat.

    A part with branches of its own stays a box beside other boxes.
    """
    blocks = list(blocks_in(graph))
    counts, around = Counter(block.type for block in blocks), defaultdict[str, set[str]](set)
    for outer, body in [("", graph), *((block.type, block.body) for block in blocks)]:
        for item in filter(is_block, body.items()):
            around[item.type].add(outer)
    parts = {key for key, (outer, *others) in around.items() if not others and counts[key] == counts[outer]}
    mixed = {outer for key, every in around.items() if key not in parts for outer in every}
    for block in blocks:
        branched = len(block.inputs) == 1 and any(isinstance(item, Node) and joins(item) for item in block.body.items())
        if len(block.body) > _SMALL or (branched and not mixed.isdisjoint(around[block.type])):
            parts.discard(block.type)
    return opened(graph, lambda block: is_block(block) and block.type in parts) if parts else graph


def opened(graph: LayerGraph, opens: Callable[[Block], bool]) -> LayerGraph:
    """The graph with what ``opens`` accepts replaced by what it holds, at every level of blocks."""
    if any(isinstance(item, Block) and opens(item) for item in graph.items()):
        graph = expand(graph, opens)
    bodies = {item.id: (item, opened(item.body, opens)) for item in graph.items() if is_block(item)}
    if all(body is item.body for item, body in bodies.values()):
        return graph
    out = LayerGraph(**graph.graph)
    for item in graph.items():
        out.add_node(item.id, item=replace(item, body=bodies[item.id][1]) if item.id in bodies else item)
    out.add_edges_from(graph.edges(data=True))
    return out
