"""What only a copy reads, and that reads what the copy reads besides, is the beginning of a branch within the copy.

Of two residual blocks the first has a projection and the second none: as positions of a sequence they are equal only
behind their first convolution, and a search that needs equal copies cuts there. Each copy then reads two tensors, the
one made of the other for nobody else. That is a fork, which a block holds whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.ir import Block, LayerGraph, copies_by_type, copy_of, is_block, refolded
from blockviz.structure.canonical_form import item_form

_LONGEST = 4  # items that are taken in, one after the other


def forks_closed(graph: LayerGraph) -> LayerGraph:
    """The graph with such calls in the overview inside the copies that read them, where each has an equal one."""
    for _ in range(_LONGEST):
        copies = copies_by_type(graph)
        before = graph
        for key, blocks in copies.items():
            if len(blocks) > 1 and (found := _beginnings(graph, blocks)):
                graph = _taken_in(graph, key, blocks, found)
        if graph is before:
            break
    return graph


def _beginnings(graph: LayerGraph, blocks: Sequence[Block]) -> dict[str, str]:
    """Id of each copy → the item that begins its branch, of one form in all of them; empty if there is none."""
    found = [_candidates(graph, block.id) for block in blocks]
    for form in found[0]:
        if all(form in one for one in found) and any(one[form][1] for one in found):
            return {block.id: one[form][0] for block, one in zip(blocks, found, strict=True)}
    return {}


def _candidates(graph: LayerGraph, copy: str) -> dict[str, tuple[str, bool]]:
    """Form → the item that only the copy reads, and whether the copy reads fewer tensors with it; never more."""
    own = _reads(graph, copy)
    found: dict[str, tuple[str, bool]] = {}
    for name in sorted({source for source, _ in own}):
        item, reads = graph.item(name), _reads(graph, name)
        if is_block(item) or name in graph.exit_names or not reads:
            continue
        after = {tensor for tensor in own if tensor[0] != name} | reads
        if [*graph.edges_from(name)] == [copy] and len(after) <= len(own):
            found.setdefault(item_form(item), (name, len(after) < len(own)))
    return found


def _reads(graph: LayerGraph, name: str) -> set[tuple[str, int]]:
    return {(source, out) for _, source, out in graph.operand_list(name)}


def _taken_in(graph: LayerGraph, key: str, blocks: Sequence[Block], found: Mapping[str, str]) -> LayerGraph:
    folds = [copy_of(key, [found[block.id], *block.body]) for block in blocks]
    return refolded(graph, found, folds)
