"""Copies that hold the main form of their type whole, and a transition before or behind it: that stands on its own.

Where a stage has two blocks only, a type that takes the step to the next resolution into the first of them leaves
fewer boxes. But what nothing goes around belongs to no residual block: papers draw it between the stages. So does what
one copy alone has at its ends (the pooling behind one of two streams).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from blockviz.ir import Block, Fold, LayerGraph, contract, copy_of, expand, is_block
from blockviz.search.linear_graph import Interner, LinearGraph, sequence_of
from blockviz.structure.canonical_form import most_common_form


def trimmed(graph: LayerGraph, interner: Interner) -> LayerGraph:
    """The graph with such copies in the overview cut down to their main form."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for item in filter(is_block, graph.items()):
        copies[item.type].append(item)
    folds: list[Fold] = []
    opened: set[str] = set()
    for key, blocks in copies.items():
        main = sequence_of(most_common_form([block.body for block in blocks]), interner)
        if not any(main.joining) and not any(map(is_block, main.items)):
            continue
        form = main.canonical(0, len(main))
        longer = [block for block in blocks if len(block.body) > len(main)]
        for block in longer:
            sequence = sequence_of(block.body, interner)
            inside = _main_inside(sequence, form, len(main))
            if not inside and len(longer) == 1:  # what several copies have is told by a mark
                inside = _main_between(sequence, main, form)
            if inside:
                members = [sequence.names[i] for i in inside]
                opened.add(block.id)
                folds.append(copy_of(key, members))
    return contract(expand(graph, lambda item: item.id in opened), folds) if folds else graph


def _main_inside(sequence: LinearGraph, form: tuple[object, ...], size: int) -> Sequence[int]:
    """Where the main form stands in a body, if a chain of calls is all that is before and behind it."""
    for a in range(len(sequence) - size + 1):
        b = a + size
        if sequence.canonical(a, b) != form or not any(sequence.joining[a:b]):
            continue
        before = all(sequence.reads[i] == ((i - 1, 0),) for i in range(1, a))
        behind = all(sequence.reads[i] == ((i - 1, 0),) for i in range(b, len(sequence)))
        sources = {source for reads in sequence.reads[a:b] for source, _ in reads if source < a}
        if before and behind and sources <= {-1, a - 1}:
            return range(a, b)
    return ()


def _main_between(sequence: LinearGraph, main: LinearGraph, form: tuple[object, ...]) -> Sequence[int]:
    """The items that are those of the main form, if all others make what these read, or read what these give."""
    every = range(len(sequence))
    for order in (every, every[::-1]):
        left, inside = Counter(main.form), set[int]()
        for i in order:
            if left[sequence.form[i]]:
                left[sequence.form[i]] -= 1
                inside.add(i)
        members = sorted(inside)
        if sequence.canonical_of(members) == form and _is_convex(sequence, inside):
            return members
    return ()


def _is_convex(sequence: LinearGraph, inside: Collection[int]) -> bool:
    """Whether no item that reads what these give makes what these read."""
    behind = set[int]()
    for i, reads in enumerate(sequence.reads):
        if i in inside:
            if any(source in behind for source, _ in reads):
                return False
        elif any(source in behind or source in inside for source, _ in reads):
            behind.add(i)
    return True
