"""Calls of one nested model are one block each, and nothing else belongs to them.

A model that is called on several inputs with the same weights (the tower of a siamese network, the encoder of
questions and of answers) is a block by its author's own word. What its calls are followed by differs: a search that
gives what only one call reads to what reads it would draw "tower, subtract, square" beside a tower without them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from blockviz.errors import VerifyError
from blockviz.ir import (
    Block,
    BlockType,
    Composite,
    Item,
    LayerGraph,
    blocks_in,
    contract,
    copy_of,
    expand,
    is_block,
    is_one_of,
    item_leaves,
)
from blockviz.ops.families import form_label
from blockviz.search.author_modules import calls_of

_LONG = 4  # boxes from which a call is better one block, if all calls are alike


def shared_calls_apart(graph: LayerGraph) -> LayerGraph:
    """The graph with each call of such a model as a block of one type, where the drawing treats them differently.

    Where all calls stand in the same surroundings (a denoiser in each step of a sampler), it stays as it is.
    """
    for path, scope in graph.scopes.items():
        if scope.calls > 1:
            graph = _apart(graph, path, scope.calls)
    return graph


def _apart(graph: LayerGraph, path: str, number: int) -> LayerGraph:
    calls = _numbered(graph, path)
    if len(set(calls.values())) != number or (_all_alike(graph, calls) and _short(graph, calls, number)):
        return graph
    while mixed := _mixed(graph, calls):
        if not all(is_block(graph.item(name)) for name in mixed):
            return graph  # a layer inside is fused with one outside
        graph = expand(graph, is_one_of(mixed))
    members: dict[int, list[Item]] = defaultdict(list)
    for item in graph.items():
        for call in _touched(item, calls) - {0}:
            members[call].append(item)
    whole = [items[0] for items in members.values() if len(items) == 1]
    key = next((item.type for item in whole if is_block(item)), f"{path}~")
    if len(whole) == number or not all(is_block(item) and item.type == key for item in whole):
        return graph
    parts = [[item.id for item in items] for items in members.values() if len(items) > 1]
    try:
        out = contract(graph, [copy_of(key, names) for names in parts])
    except VerifyError:  # calls of others run through one of them
        return graph
    inner = [out.types[block.type].level + 1 for items in members.values() for item in items for block in _in(item)]
    out.graph["types"] = {key: BlockType(key, max(inner, default=0)), **graph.types}
    return out


def _numbered(graph: LayerGraph, path: str) -> Mapping[str, int]:
    """The call, from 1, of every node inside a nested model; empty where its layers don't tell it."""
    flat = expand(graph)
    inside = [item.id for item in flat.items() if any(path in node.scope for node in item_leaves(item))]
    groups = calls_of(flat, inside)
    return {name: number for number, names in enumerate(groups, 1) for name in names}


def _touched(item: Item, calls: Mapping[str, int]) -> set[int]:
    """The calls that an item holds nodes of, with 0 for nodes outside."""
    return {calls.get(node.id, 0) for node in item_leaves(item)}


def _mixed(graph: LayerGraph, calls: Mapping[str, int]) -> set[str]:
    """Items that hold nodes of a call and others."""
    return {item.id for item in graph.items() if len(_touched(item, calls)) > 1}


def _short(graph: LayerGraph, calls: Mapping[str, int], number: int) -> bool:
    """Whether calls stand in blocks with others, or take few boxes as they are."""
    inside = [item for item in graph.items() if _touched(item, calls) != {0}]
    return bool(_mixed(graph, calls)) or len(inside) < _LONG * number


def _all_alike(graph: LayerGraph, calls: Mapping[str, int]) -> bool:
    """Whether the items that hold nodes of a call, with all else that they hold, are alike for each call."""
    drawn: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for item in graph.items():
        for call in _touched(item, calls) - {0}:
            drawn[call].append(tuple(form_label(node) for node in item_leaves(item)))
    first, *others = (Counter(items) for items in drawn.values())
    return all(other == first for other in others)


def _in(item: Item) -> list[Block]:
    """The blocks at and in an item."""
    found = [block for block in blocks_in(item.body) if isinstance(block, Block)] if isinstance(item, Composite) else []
    return [item, *found] if is_block(item) else found
