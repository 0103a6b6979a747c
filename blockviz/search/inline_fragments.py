"""Types that deserve no panel of their own: what is but a part of another type, and what only rearranges a tensor.

They have served to find the blocks around them, and are opened again.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from blockviz.ir import Block, Item, LayerGraph, Node, blocks_in, expand_deep, is_block, is_one_of, item_leaves
from blockviz.ops.families import WEIGHTY, family, joins
from blockviz.structure.canonical_form import body_form, difference, most_common_form

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


def parts_opened(graph: LayerGraph) -> LayerGraph:
    """The graph with each form opened that stands in blocks of other types only, once in each, and is less than half of
    what stands outside of them: that is no layer.
    """
    alone = alone_inside(graph)
    outside, inside = defaultdict[str, list[LayerGraph]](list), defaultdict[str, list[Block]](list)
    for item in filter(is_block, graph.items()):
        outside[item.type].append(item.body)
    for block in filter(is_block, blocks_in(graph)):
        if block.id not in graph and block.type in outside:
            inside[block.type].append(block)
    opened = set[str]()
    for key, blocks in inside.items():
        forms = defaultdict[object, list[Block]](list)
        for block in blocks:
            forms[body_form(block.body)].append(block)
        for form in forms.keys() - {*map(body_form, outside[key])}:
            copies = {block.id for block in forms[form]}
            if copies <= alone and _is_half(most_common_form(outside[key]), forms[form][0].body):
                opened |= copies
    return without_fragments(expand_deep(graph, is_one_of(opened))) if opened else graph


def alone_inside(graph: LayerGraph) -> set[str]:
    """The blocks that stand in another one, with no other of their type."""
    found = set[str]()
    for outer in blocks_in(graph):
        inner = [item for item in outer.body.items() if is_block(item)]
        count = Counter(item.type for item in inner)
        found.update(item.id for item in inner if count[item.type] == 1)
    return found


def _is_half(whole: LayerGraph, part: LayerGraph) -> bool:
    found = difference(whole, part)
    lacking = sum(_weighty(whole.item(name)) for name in found.removed)
    more = any(_weighty(part.item(name)) for name in found.added)
    return not more and 2 * lacking > sum(map(_weighty, whole.items()))


def _weighty(item: Item) -> int:
    """How many layers of weight there are in an item; attention that is written out is one."""
    if is_block(item):
        return sum(map(_weighty, item.body.items()))
    return any(family(node.op) in WEIGHTY for node in item_leaves(item))


def _rearranges(item: Item) -> bool:
    return isinstance(item, Node) and family(item.op) == "reshape" and len(item.inputs) == 1
