"""Copies that hold the main form of their type whole, and a transition before or behind it: that stands on its own.

Where a stage has two blocks only, a type that takes the step to the next resolution into the first of them leaves
fewer boxes. But what nothing goes around belongs to no residual block: papers draw it between the stages.
"""

from __future__ import annotations

from collections import defaultdict

from blockviz.ir import Block, Fold, LayerGraph, contract, copy_of, expand, is_block
from blockviz.search.linear_graph import LinearGraph, sequence_of
from blockviz.structure.canonical_form import most_common_form


def trimmed(graph: LayerGraph, interner: dict[str, int]) -> LayerGraph:
    """The graph with such copies in the overview cut down to their main form."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for item in filter(is_block, graph.items()):
        copies[item.type].append(item)
    folds: list[Fold] = []
    opened: set[str] = set()
    for key, blocks in copies.items():
        main = sequence_of(most_common_form([block.body for block in blocks]), interner)
        if not any(main.joining):
            continue
        form = main.canonical(0, len(main))
        for block in (block for block in blocks if len(block.body) > len(main)):
            sequence = sequence_of(block.body, interner)
            if (inside := _main_inside(sequence, form, len(main))) is not None:
                members = sequence.names[slice(*inside)]
                opened.add(block.id)
                folds.append(copy_of(key, members))
    return contract(expand(graph, lambda item: item.id in opened), folds) if folds else graph


def _main_inside(sequence: LinearGraph, form: tuple[object, ...], size: int) -> tuple[int, int] | None:
    """Where the main form stands in a body, if a chain of calls is all that is before and behind it."""
    for a in range(len(sequence) - size + 1):
        b = a + size
        if sequence.canonical(a, b) != form or not any(sequence.joining[a:b]):
            continue
        before = all(sequence.reads[i] == ((i - 1, 0),) for i in range(1, a))
        behind = all(sequence.reads[i] == ((i - 1, 0),) for i in range(b, len(sequence)))
        sources = {source for reads in sequence.reads[a:b] for source, _ in reads if source < a}
        if before and behind and sources <= {-1, a - 1}:
            return a, b
    return None
