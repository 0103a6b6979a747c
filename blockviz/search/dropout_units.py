"""The graph with each dropout behind a convolution or dense layer in its unit.

SegNet with a dropout behind every activation has rows of two and of three convolutions as the network without it. As
items of their own the dropouts would make each row another form.
"""

from __future__ import annotations

from collections.abc import Collection

from blockviz.ir import Fold, Item, LayerGraph, Node, Unit, contract, expand, leaves, with_items
from blockviz.ops.families import anchor, family
from blockviz.runtime.records import replace

_ANCHORS = frozenset({"conv", "dense"})


def dropout_in_units(graph: LayerGraph, kept: Collection[str] = ()) -> LayerGraph:
    """The graph, the blocks of a drawing too, with such dropout in the units; ``kept`` : ids that stay."""
    folds = [
        Fold((before, name), _unit)
        for name in graph
        if (before := _before(graph, name)) and before not in kept and name not in kept
    ]

    def inside(item: Item) -> Item:
        if isinstance(item, Node | Unit):
            return item
        body = dropout_in_units(item.body, kept)
        return item if body is item.body else replace(item, body=body)

    return with_items(contract(graph, folds) if folds else graph, inside)


def _unit(body: LayerGraph) -> Unit:
    return Unit(f"unit:{next(leaves(body)).id}", expand(body, lambda block: isinstance(block, Unit)))


def _before(graph: LayerGraph, name: str) -> str:
    """The unit that nothing but this dropout reads, in the same nested model; "" if there is none."""
    item = graph.item(name)
    if not isinstance(item, Node) or family(item.op) != "dropout" or len(graph.edges_into(name)) != 1:
        return ""
    (source,) = graph.edges_into(name)
    before, readers = graph.item(source), graph.edges_from(source)
    if len(readers) != 1 or source in graph.exit_names or not isinstance(before, Node | Unit):
        return ""
    head, last = anchor(before), before if isinstance(before, Node) else [*leaves(before.body)][-1]
    return source if head is not None and family(head.op) in _ANCHORS and last.scope == item.scope else ""
