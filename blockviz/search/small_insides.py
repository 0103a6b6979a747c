"""Blocks within a model that is called on several inputs, found as those of a small network are: it is one.

The embedding of three pictures is a type as a whole, and was its author's model before; four convolutions with their
poolings in it are too few to be seen from outside, and its panel would draw all of them.
"""

from __future__ import annotations

from collections.abc import Collection

from blockviz.ir import (
    BlockType,
    Item,
    LayerGraph,
    blocks_in,
    contract,
    copies_by_type,
    copy_of,
    fresh_type,
    is_block,
    sets_of_weights,
    with_items,
)
from blockviz.runtime.records import replace
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.search.small_blocks import small_blocks
from blockviz.structure.canonical_form import body_form

_LONG = 8  # items of a body that is looked through


def small_insides(graph: LayerGraph, prices: Prices, interner: Interner, kept: Collection[str] = ()) -> LayerGraph:
    """The drawing with such blocks inside the types of its overview whose copies share all weights.

    kept : ids of calls that stay in no block.
    """
    copies = copies_by_type(graph)
    types, bodies = dict(graph.types), dict[str, LayerGraph]()
    for blocks in copies.values():
        main = blocks[0].body
        several = (
            len(blocks) > 1 and sets_of_weights(blocks) == 1 and len({body_form(each.body) for each in blocks}) == 1
        )
        if not several or len(main) < _LONG or any(blocks_in(main)):
            continue
        found = small_blocks(main, len(main), prices, interner, kept)
        at = {name: place for place, name in enumerate(main)}
        inner: dict[str, str] = {}
        for item in filter(is_block, found.items()):
            inner.setdefault(item.type, fresh_type(types))
            types[inner[item.type]] = BlockType(inner[item.type], 0)
        places = [(inner[item.type], [at[name] for name in item.body]) for item in filter(is_block, found.items())]
        for block in blocks if places else ():
            names = list(block.body)
            bodies[block.id] = contract(block.body, [copy_of(new, [names[i] for i in each]) for new, each in places])
    if not bodies:
        return graph

    def changed(item: Item) -> Item:
        return replace(item, body=bodies[item.id]) if is_block(item) and item.id in bodies else item

    out = with_items(graph, changed)
    out.graph["types"] = {key: replace(each, level=each.level + (key in copies)) for key, each in types.items()}
    return out
