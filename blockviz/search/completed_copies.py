"""What a copy lacks, and alone reads from outside, given back to it.

The step of a diffusion model is embedded once; each block projects it for itself. In depth-first order the projection
of the first block stands with the embedding, before the block, which then lacks what all others hold. What only one
copy reads, and all others have, belongs to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blockviz.ir import Block, LayerGraph, copies_by_type, copy_of, expand, is_block, is_one_of, refolded
from blockviz.structure.canonical_form import difference, item_form, most_common_form
from blockviz.structure.isomorphism import Judge


def copies_completed(graph: LayerGraph, judge: Judge) -> LayerGraph:
    """The graph with such calls in the overview inside their copies, where that makes a copy equal to another.

    judge : whatever number of blocks a run holds.
    """
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        main = most_common_form([block.body for block in blocks])
        for block in blocks:
            lacking = Counter(item_form(main.item(name)) for name in difference(main, block.body).removed)
            taken = _alone_read(graph, block.id, lacking) if lacking else []
            other = _with(graph, key, block, taken) if taken else graph
            if other is not graph:
                known = {judge.number(each.body) for each in blocks if each is not block}
                whole = next(item for item in other.items() if is_block(item) and taken[0] in item.body)
                graph = other if judge.number(whole.body) in known else graph
    return graph


def _alone_read(graph: LayerGraph, copy: str, lacking: Counter[str]) -> list[str]:
    """The items outside of a copy that lead to nothing else, of these forms."""
    members, taken = {copy}, list[str]()
    pending = [copy]
    for name in pending:
        for source in graph.pred[name]:
            item = graph.item(source)
            free = source not in members and not is_block(item) and source not in graph.exit_names
            if (
                free
                and lacking[form := item_form(item)]
                and members.issuperset(graph.succ[source])
                and graph.pred[source]
            ):
                lacking[form] -= 1
                members.add(source)
                taken.append(source)
                pending.append(source)
    return taken


def _with(graph: LayerGraph, key: str, block: Block, taken: Sequence[str]) -> LayerGraph:
    members = {*taken, *block.body}
    in_order = [name for name in expand(graph, is_one_of({block.id})) if name in members]
    return refolded(graph, [block.id], [copy_of(key, in_order)])
