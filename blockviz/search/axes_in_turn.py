"""Two layers that take turns, one along another axis than the other, are one block of two halves.

Along the chunk and across the chunks (DPRNN), over the windows and over the channels (DaViT), along the height and
along the width (axial attention), over columns and over rows (SAINT): only both together mix everything, and papers
draw both as one block. A count of boxes takes them for one type with a mark at every second copy. Windows and shifted
windows, which have the same axes, stay so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from blockviz.ir import Block, BlockType, Fold, LayerGraph, contract, copy_of, is_block, leaves, told_apart
from blockviz.structure.isomorphism import Judge

_AXES = frozenset({"Reshape", "Transpose", "Permute"})


def axes_in_turn(graph: LayerGraph, judge: Judge) -> LayerGraph:
    """The graph with such pairs in the overview as copies of a type, the halves inside.

    judge : whatever number of blocks a run holds.
    """
    copies: dict[str, list[Block]] = defaultdict(list)
    for item in filter(is_block, graph.items()):
        copies[item.type].append(item)
    folds: list[Fold] = []
    types = dict(graph.types)
    for key, blocks in copies.items():
        if len(blocks) % 2 or len(blocks) < 4:
            continue
        pairs = list(zip(blocks[::2], blocks[1::2], strict=True))
        if all([*graph.edges_from(one.id)] == [other.id] for one, other in pairs) and _turn(blocks, judge):
            new = f"{key}+"
            types[new] = BlockType(new, types[key].level + 1)
            folds += [copy_of(new, [one.id, other.id]) for one, other in pairs]
    if not folds:
        return graph
    out = contract(graph, folds)
    out.graph["types"] = types
    return out


def _turn(blocks: Sequence[Block], judge: Judge) -> bool:
    """Whether every second block is of one form, those between of another, and calls that move axes, only, differ.

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
    return bool(differing) and differing <= _AXES
