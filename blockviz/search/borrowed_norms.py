"""The normalisation that a first block begins with, fused with the convolution before it: the block gets it back.

A convolution, a normalisation and an activation in a row are one unit, whoever they belong to. In a network of
pre-activation blocks the first block then lacks what all others begin with, and the stem has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blockviz.ir import (
    Block,
    Fold,
    Item,
    LayerGraph,
    Unit,
    contract,
    copies_by_type,
    copy_of,
    expand,
    is_block,
    is_one_of,
    item_leaves,
)
from blockviz.ops.families import form_label
from blockviz.structure.canonical_form import difference, is_silent, item_kind, most_common_form
from blockviz.structure.isomorphism import Judge

_ANCHORS = frozenset({"conv", "dense"})


def norms_given_back(graph: LayerGraph) -> LayerGraph:
    """The graph with such units cut in two, where that makes the copy equal to another."""
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        bodies = [block.body for block in blocks]
        main = most_common_form(bodies)
        first = main.item(next(iter(main)))
        if item_kind(first) != "norm" or len(blocks) < 2:
            continue
        judge = Judge()
        known = {judge.number(body) for body in bodies}
        for block in blocks:
            if first.id in difference(main, block.body).removed:
                other = _given_back(graph, key, block, _labels(first))
                if other is not graph and judge.number(_last_made(other, graph).body) in known:
                    graph = other
    return graph


def _last_made(graph: LayerGraph, before: LayerGraph) -> Block:
    return next(item for item in graph.items() if is_block(item) and item.id not in before)


def _labels(item: Item) -> list[str]:
    return [form_label(node) for node in item_leaves(item) if not is_silent(node)]


def _given_back(graph: LayerGraph, key: str, block: Block, wanted: Sequence[str]) -> LayerGraph:
    """The graph with the end of the unit that one copy alone reads as the beginning of that copy."""
    for name in graph.pred[block.id]:
        unit = graph.item(name)
        if not isinstance(unit, Unit) or item_kind(unit) not in _ANCHORS or list(graph.succ[name]) != [block.id]:
            continue
        calls = list(item_leaves(unit))
        head, tail = calls[: -len(wanted)], calls[-len(wanted) :]
        if [form_label(node) for node in tail] != list(wanted) or name in graph.exit_names or not head:
            continue
        flat = expand(graph, is_one_of((block.id, name)))
        halves = [[node.id for node in part] for part in (head, tail)]
        flat = contract(flat, [Fold(part, _unit(part[0])) for part in halves if len(part) > 1])
        begin = halves[1][0] if len(tail) == 1 else f"unit:{tail[0].id}"
        return contract(flat, [copy_of(key, [begin, *block.body])])
    return graph


def _unit(name: str) -> Callable[[LayerGraph], Unit]:
    return lambda body: Unit(f"unit:{name}", body)
