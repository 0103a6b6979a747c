"""The normalisation and activation of what a block gives, inside the block.

Two streams that each add up what comes from both (an octave convolution) are normalised one by one. In depth-first
order what normalises the one stands behind the next block of the other, and a search of intervals leaves it out.
"""

from __future__ import annotations

from collections import defaultdict

from blockviz.ir import Block, LayerGraph, copies_by_type, copy_of, is_block, refolded
from blockviz.structure.canonical_form import item_form, item_kind

_BELONGS = frozenset({"norm", "act"})
_STREAMS = 2  # what one stream alone passes through behind a sum may begin a pre-activation block


def norms_taken_in(graph: LayerGraph) -> LayerGraph:
    """The graph with such calls inside the copies in the overview, where every tensor of each has an equal one."""
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        found = [_followers(graph, block) for block in blocks]
        forms = {tuple(item_form(graph.item(name)) for name in names) for names in found}
        if len(blocks) > 1 and len(forms) == 1 and forms.pop():
            folds = [copy_of(key, [*block.body, *names]) for block, names in zip(blocks, found, strict=True)]
            graph = refolded(graph, [block.id for block in blocks], folds)
    return graph


def _followers(graph: LayerGraph, block: Block) -> list[str]:
    """What alone reads each of several tensors that a copy gives, and normalises or activates it; else empty.

    That of the highest resolution first, so that the streams of all copies are in one order.
    """
    readers: dict[int, list[str]] = defaultdict(list)
    for reader, edge in graph.edges_from(block.id).items():
        for out, _ in edge["operands"]:
            readers[out].append(reader)
    given = range(len(block.body.exits))
    if len(given) < _STREAMS or block.id in graph.exit_names or any(len(readers[out]) != 1 for out in given):
        return []
    found = [readers[out][0] for out in given]
    alone = all(len(graph.operand_list(name)) == 1 and item_kind(graph.item(name)) in _BELONGS for name in found)
    if not alone or any(is_block(graph.item(name)) for name in found):
        return []
    return sorted(found, key=lambda name: [-(size or 0) for size in graph.item(name).outputs[0][1:-1]])
