"""Draw a block that the literature names as the literature draws it: without boxes inside the box.

A decoder layer holds what is also an encoder layer's second half; as a box in a box that would say less
than its own attention, addition and dense layers do.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from blockviz.ir import (
    Block,
    Group,
    Item,
    LayerGraph,
    Node,
    Run,
    Unit,
    blocks_in,
    expand,
    has_type,
    item_leaves,
    with_items,
)
from blockviz.runtime.records import dataclass, replace
from blockviz.structure.block_patterns import match_pattern
from blockviz.structure.canonical_form import most_common_form

_MODULE = 5  # calls in a block that is more than an attention or two dense layers with their addition
_ROW = 3  # of them that make a row; of smaller ones it takes one more


@dataclass(frozen=True, slots=True)
class InlineNamed:
    """Open the blocks inside every block type whose whole body is a named pattern, unless they repeat there."""

    name = "inline-named"

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with those blocks open."""
        bodies: dict[str, list[LayerGraph]] = defaultdict(list)
        for block in blocks_in(graph):
            if any(has_type(item) for item in block.body.items()):
                bodies[block.type].append(block.body)
        named = frozenset(key for key, found in bodies.items() if _is_flat(most_common_form(found)))
        return _opened(graph, named) if named else graph


def _is_flat(body: LayerGraph) -> bool:
    """Whether a body is a named pattern and no row of modules: three of them with a residual stay three."""
    copies, calls = Counter[str](), dict[str, int]()
    for item in body.items():
        for block in item.body.items() if isinstance(item, Run) else [item]:
            if has_type(block):
                copies[block.type] += 1
                calls[block.type] = sum(1 for _ in item_leaves(block))
    if any(count >= (_ROW if calls[key] >= _MODULE else _ROW + 1) for key, count in copies.items()):
        return False
    pattern = match_pattern(body)
    return pattern is not None and not pattern.nested


def _opened(graph: LayerGraph, named: frozenset[str]) -> LayerGraph:
    def inside(item: Item) -> Item:
        if isinstance(item, Node | Unit):
            return item
        flat = isinstance(item, Block | Group) and item.type in named
        return replace(item, body=expand(item.body, has_type) if flat else _opened(item.body, named))

    return with_items(graph, inside)
