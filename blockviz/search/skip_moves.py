"""A move that makes a block whole: what a skip of it goes around belongs to it.

A search that counts copies may leave the attention out of a layer, since the rest of it occurs in other layers, too;
or the addition that closes the skip around a block, since one copy has none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from blockviz.ir import (
    Block,
    Item,
    LayerGraph,
    Node,
    Unit,
    blocks_in,
    contract,
    copy_of,
    expand,
    expand_deep,
    is_block,
    is_one_of,
    with_items,
)
from blockviz.ops.families import joins
from blockviz.runtime.records import replace

_FEWEST = 2  # copies that a type is made whole for; what one lacks is told by its mark
_FARTHEST = 4  # items in a row that a skip goes around, outside the block


def made_whole(graph: LayerGraph, keys: Collection[str]) -> Iterator[LayerGraph]:
    """The graph with the copies of one type, each type in turn, holding what their skips go around."""
    for key in keys:
        whole = _whole(graph, key)
        if (_sizes(whole, key) - _sizes(graph, key)).total() >= _FEWEST:
            yield whole


def torn_opened(graph: LayerGraph) -> LayerGraph:
    """The graph with each type opened that stands in other blocks only and mostly leaves out what its skip goes around.

    A feed-forward part and the addition behind an attention are alike, but neither is a block.
    """
    shown = {item.type for item in graph.items() if is_block(item)}
    kinds: dict[str, list[bool]] = defaultdict(list)
    for outer in filter(is_block, blocks_in(graph)):
        for block in filter(is_block, outer.body.items()):
            kinds[block.type].append(_adds(block) and bool(_gone_around(outer.body, block)))
    torn = {key for key, found in kinds.items() if 2 * sum(found) > len(found)} - shown
    return expand_deep(graph, lambda item: is_block(item) and item.type in torn) if torn else graph


def _adds(block: Block) -> bool:
    """Whether a tensor that the block reads goes straight to a join."""
    entered = (block.body.item(reader) for ports in block.body.entries for reader, _ in ports)
    return any(isinstance(item, Node) and joins(item) for item in entered)


def _sizes(graph: LayerGraph, key: str) -> Counter[int]:
    return Counter(len(block.body) for block in blocks_in(graph) if is_block(block) and block.type == key)


def _whole(graph: LayerGraph, key: str) -> LayerGraph:
    """The same graph if no copy, in it or inside its blocks, has such a skip."""

    def inside(item: Item) -> Item:
        if isinstance(item, Node | Unit):
            return item
        body = _whole(item.body, key)
        return item if body is item.body else replace(item, body=body)

    graph = with_items(graph, inside)
    members: dict[str, list[str]] = {}
    taken: set[str] = set()
    for block in filter(is_block, graph.items()):
        around = [name for name in _gone_around(graph, block) if name not in taken] if block.type == key else []
        if around:
            members[block.id] = [*block.body, *around]
            taken.update(around)
    if not members:
        return graph
    opened = expand(graph, is_one_of(members))
    opened.graph["types"] = graph.types
    at = {name: position for position, name in enumerate(opened)}
    out = contract(opened, [copy_of(key, sorted(names, key=at.__getitem__)) for names in members.values()])
    out.graph["types"] = graph.types
    return out


def _gone_around(graph: LayerGraph, block: Block) -> list[str]:
    """The items between a tensor that the block reads and the block, and the join behind it that reads such a one."""
    read = _sources(graph, block.id)
    found: list[str] = []
    for name in graph.pred[block.id]:
        found += _way_back(graph, name, block.id, read)
    for name in graph.succ[block.id]:
        item, before = graph.item(name), _sources(graph, name)
        if isinstance(item, Node) and joins(item) and before != {block.id} and before <= read | {block.id}:
            found.append(name)
    return found


def _way_back(graph: LayerGraph, name: str, reader: str, read: Collection[str | int]) -> list[str]:
    """The row of items, each read by the next alone, from a tensor in ``read`` to a reader; empty if there is none."""
    way: list[str] = []
    while len(way) < _FARTHEST and set(graph.succ[name]) == {reader} and not is_block(graph.item(name)):
        way.append(name)
        before = _sources(graph, name)
        if not before.isdisjoint(set(read) - set(way)):
            return way
        if len(before) != 1 or not graph.pred[name]:
            break
        name, reader = next(iter(graph.pred[name])), name
    return []


def _sources(graph: LayerGraph, name: str) -> set[str | int]:
    """What an item reads: other items, and numbers of what enters the graph."""
    entered = {n for n, ports in enumerate(graph.entries) if any(reader == name for reader, _ in ports)}
    return {*graph.pred[name], *entered}
