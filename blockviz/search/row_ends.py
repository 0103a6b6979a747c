"""Rows that may be cut in two ways, of which no count of boxes tells the better: papers have a word for each end.

A layer of a plain chain ends with its pooling, as the layers of a VGG do, and doesn't begin with that of the layer
before. Dropout ends a layer, too; but where it falls on the input of the network already, it begins each (the layers of
GCNII and of other graph networks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from blockviz.ir import (
    Block,
    Item,
    LayerGraph,
    blocks_in,
    contract,
    copies_by_type,
    copy_of,
    expand,
    is_block,
    is_input,
    is_one_of,
)
from blockviz.structure.canonical_form import item_form, item_kind

_FEWEST = 3  # copies of a row


def row_ends_moved(graph: LayerGraph) -> LayerGraph:
    """The graph with such rows in the overview cut as papers do."""
    counts = Counter(block.type for block in blocks_in(graph))
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        if counts[key] != len(blocks) or len(blocks) < _FEWEST:
            continue
        moved = _poolings_behind(graph, blocks) or _dropout_before(graph, blocks)
        if moved:
            flat = expand(graph, is_one_of({block.id for block in blocks}))
            graph = contract(flat, [copy_of(key, [name for name in flat if name in members]) for members in moved])
    return graph


def _poolings_behind(graph: LayerGraph, blocks: Sequence[Block]) -> list[set[str]]:
    """The copies less the pooling that each begins with, and with the one behind; nothing if they are no chains."""
    if not all(_is_chain(block.body) for block in blocks):
        return []
    return _moved(graph, blocks, "pool", lambda body: next(iter(body)), _reader)


def _dropout_before(graph: LayerGraph, blocks: Sequence[Block]) -> list[set[str]]:
    """The copies less the dropout that each ends with, and with the one before, where the input is dropped, too."""
    inputs = {name for name, item in zip(graph, graph.items(), strict=True) if is_input(item)}
    dropped = any(item_kind(graph.item(reader)) == "dropout" for name in inputs for reader in graph.succ[name])
    return _moved(graph, blocks, "dropout", lambda body: list(body)[-1], _read) if dropped else []


def _moved(
    graph: LayerGraph,
    blocks: Sequence[Block],
    kind: str,
    end: Callable[[LayerGraph], str],
    beyond: Callable[[LayerGraph, Block, Mapping[str, Block]], Item | None],
) -> list[set[str]]:
    """Per copy its items less the one at this end, and with the equal one beyond the other end; [] if one has none."""
    by_id = {block.id: block for block in blocks}
    found = []
    for block in blocks:
        gone = block.body.item(end(block.body))
        new = beyond(graph, block, by_id)
        if new is None or item_kind(gone) != kind or item_form(new) != item_form(gone):
            return []
        found.append({*block.body, new.id} - {gone.id})
    return found


def _reader(graph: LayerGraph, block: Block, blocks: Mapping[str, Block]) -> Item | None:
    """The only item that reads a copy, or the first one in the next copy."""
    readers = list(graph.succ[block.id])
    if len(readers) != 1 or len(graph.operand_list(readers[0])) != 1 or (block.id, 0) in graph.exits:
        return None
    return _at(blocks, graph, readers[0], 0)


def _read(graph: LayerGraph, block: Block, blocks: Mapping[str, Block]) -> Item | None:
    """The item that alone makes what a copy's first call reads, or the last one in the copy before."""
    first = [source for source in graph.pred[block.id] if item_kind(_at(blocks, graph, source, -1)) == "dropout"]
    if len(first) != 1 or len(graph.succ[first[0]]) != 1:
        return None
    return _at(blocks, graph, first[0], -1)


def _at(blocks: Mapping[str, Block], graph: LayerGraph, name: str, place: int) -> Item:
    """An item of the graph, or the one at a place in it if it is one of the copies."""
    block = blocks.get(name)
    return graph.item(name) if block is None else block.body.item(list(block.body)[place])


def _is_chain(body: LayerGraph) -> bool:
    """Whether a body is one row of calls."""
    names = list(body)
    row = all(list(body.pred[after]) == [before] for before, after in pairwise(names))
    return row and len(body.exits) == 1 and not any(map(is_block, body.items()))
