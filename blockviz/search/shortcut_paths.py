"""A path from what a copy reads to that copy alone is its shortcut, however long it is.

Where a shortcut is a path of its own (two poolings of shifted pixels, a convolution with its own attention) that
occurs in the first copy of each stage, it repeats and looks like a block in the main line. But it reads what the copy
behind it reads, nobody else reads it, and no fewer of the type's copies read one tensor: it is this copy's identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

from blockviz.ir import Block, Item, LayerGraph, copies_by_type, copy_of, is_block, item_leaves, refolded

_LONGEST = 12  # calls of a path that is drawn in its block
_Tensor = tuple[str, int]


def shortcuts_joined(graph: LayerGraph) -> LayerGraph:
    """The graph with such paths in the overview inside the copies that read them."""
    reads = {name: {(source, out) for _, source, out in graph.operand_list(name)} for name in graph}
    copies = copies_by_type(graph)
    joined: list[tuple[Block, list[str]]] = []
    taken: set[str] = set()
    for blocks in copies.values():
        one = sum(len(reads[block.id]) == 1 for block in blocks)
        for block in blocks if 2 * one >= len(blocks) else ():
            path = _path(graph, block.id, reads) if len(reads[block.id]) == 2 else []
            if path and taken.isdisjoint([*path, block.id]):
                joined.append((block, path))
                taken.update([*path, block.id])
    if not joined:
        return graph
    folds = []
    for block, path in joined:
        members = [inner for name in (*path, block.id) for inner in _inside(graph.item(name))]
        folds.append(copy_of(block.type, members))
    return refolded(graph, [name for name in taken if is_block(graph.item(name))], folds)


def _path(graph: LayerGraph, name: str, reads: Mapping[str, set[_Tensor]]) -> list[str]:
    """The items between the two tensors that a copy reads, from one to the other; none if they do more than that."""
    for begin, end in permutations(sorted(reads[name])):
        path = [end[0]]
        for step in path:
            if len(path) > _LONGEST:
                break
            path += [source for source, out in reads[step] if (source, out) != begin and source not in path]
        readers = {reader for step in path for reader in graph.succ[step]}
        closed = begin[0] not in path and readers <= {*path, name} and all(reads[step] for step in path)
        small = sum(1 for step in path for _ in item_leaves(graph.item(step))) <= _LONGEST
        if closed and small and not any(step == given for given, _ in graph.exits for step in path):
            return [step for step in graph if step in path]
    return []


def _inside(item: Item) -> list[str]:
    return list(item.body) if is_block(item) else [item.id]
