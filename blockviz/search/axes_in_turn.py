"""Two layers that take turns, one along another axis than the other, are one block of two halves.

Along the chunk and across the chunks (DPRNN), over the windows and over the channels (DaViT), along the height and
along the width (axial attention), over columns and over rows (SAINT), across the places by a convolution and at each
place by a feed-forward network (MetaFormer): only both together mix everything, and papers draw both as one block. A
count of boxes takes them for one type with a mark at every second copy. Windows and shifted windows, which have the
same axes, stay so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blockviz.ir import (
    Block,
    BlockType,
    Fold,
    LayerGraph,
    Node,
    contract,
    copies_by_type,
    copy_of,
    expand_deep,
    is_block,
    leaves,
    told_apart,
)
from blockviz.ops.families import joins
from blockviz.ops.registry import OPERATIONS
from blockviz.structure.canonical_form import sizes_of
from blockviz.structure.isomorphism import Judge

_AXES = frozenset({"Reshape", "Transpose", "Permute"})
_SEES_MORE, _WINDOWS = frozenset({"all", "pool"}), frozenset({"window", "transposed"})  # columns of the vocabulary


def axes_in_turn(graph: LayerGraph, judge: Judge) -> LayerGraph:
    """The graph with such pairs in the overview as copies of a type, the halves inside.

    judge : whatever number of blocks a run holds.
    """
    copies = copies_by_type(graph)
    folds, opened = list[Fold](), set[str]()
    types = dict(graph.types)
    for key, blocks in copies.items():
        if len(blocks) % 2 or len(blocks) < 4:
            continue
        pairs = list(zip(blocks[::2], blocks[1::2], strict=True))
        if all([*graph.edges_from(one.id)] == [other.id] for one, other in pairs) and _turn(blocks, judge):
            new = f"{key}+"
            types[new] = BlockType(new, types[key].level + 1)
            folds += [copy_of(new, [one.id, other.id]) for one, other in pairs]
            if _one_mixes_places(*pairs[0]):  # an operator and its feed-forward network are no copies of each other
                opened.add(key)
    if not folds:
        return graph
    out = contract(graph, folds)
    out.graph["types"] = types
    return expand_deep(out, lambda block: is_block(block) and block.type in opened) if opened else out


def _turn(blocks: Sequence[Block], judge: Judge) -> bool:
    """Whether every second block is of one form, those between of another, and what differs is what is mixed.

    That is, calls that move axes, only, or the one has a call that looks at other places, of which the other has none.
    Or all are of one form, and each turns the axes for the next: those of every second one are the same again.
    """
    numbers = [judge.number(block.body) for block in blocks]
    halves = numbers[::2], numbers[1::2]
    if any(len(set(half)) > 1 for half in halves):
        return False
    if halves[0][0] == halves[1][0]:
        given = [tuple(map(told_apart, block.outputs)) for block in blocks]
        return len(set(given[::2])) == 1 == len(set(given[1::2])) and given[0] != given[1]
    one, other = (Counter(node.op for node in leaves(block.body)) for block in blocks[:2])
    differing = {*(one - other), *(other - one)}
    return _one_mixes_places(*blocks[:2]) or (bool(differing) and differing <= _AXES)


def _one_mixes_places(one: Block, other: Block) -> bool:
    """Whether of two halves, each with its skip, one only looks at other places."""
    halves = [list(leaves(block.body)) for block in (one, other)]
    mixing = {any(map(_mixes_places, half)) for half in halves}
    return len(mixing) == 2 and all(joins(half[-1]) for half in halves)


def _mixes_places(node: Node) -> bool:
    """Whether a place of what the call gives depends on other places of what it reads."""
    reach = OPERATIONS[node.op].reach if node.op in OPERATIONS else ""
    return reach in _SEES_MORE or (reach in _WINDOWS and max(sizes_of(node.config.get("kernel_size"))) > 1)
