"""Rows of blocks beside a branch that goes around them, each taken for one block while modules are looked for.

The stages of a cross-stage partial network hold 1, 2, 8, 8 and 4 residual units between a split and a merge: one
module whose number of units is a parameter. As positions of a sequence they would be strangers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from blockviz.ir import Composite, Fold, LayerGraph, contract, expand_deep, is_block
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import Boxes
from blockviz.search.row_items import Row

_NEAR = 16  # positions before a short row within which the fork is looked for


def rows_folded(graph: LayerGraph, sequence: LinearGraph, every: bool = False) -> LayerGraph:
    """The graph with each row of blocks that a branch goes around as one block of their type.

    Rows of a type that are all equally long are as good as they are. ``every`` : all rows that read one tensor and
    give one, whatever goes around them.
    """
    rows: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, a, b in _rows(sequence):
        rows[key].append((a, b))
    folds = [
        Fold(sequence.names[a:b], _maker(key, sequence.names[a]))
        for key, found in rows.items()
        if every or len({b - a for a, b in found}) > 1
        for a, b in found
        if b - a > 1 and (_is_chain(sequence, a, b) if every else _is_bypassed(sequence, a, b))
    ]
    return contract(graph, folds) if folds else graph


def _rows(sequence: LinearGraph) -> Iterator[tuple[str, int, int]]:
    """Type, begin and end of maximal rows of blocks that are drawn as one box ×N, single blocks included."""
    joins = Boxes.of(sequence).joins
    start = 0
    for gap in range(1, len(joins)):
        if not joins[gap]:
            if is_block(item := sequence.items[start]):
                yield item.type, start, gap
            start = gap


def _is_chain(sequence: LinearGraph, a: int, b: int) -> bool:
    return sequence.entering(a, b) == sequence.leaving(a, b) == 1


def _is_bypassed(sequence: LinearGraph, a: int, b: int) -> bool:
    """Whether [a, b) is one branch of a fork whose other branch is short, or nothing but a skip."""
    if not _is_chain(sequence, a, b) or not sequence.crossing(a, b):
        return False
    before = {source for source, _ in sequence.reads[a]}
    for position in range(a - 1, max(0, a - max(_NEAR, b - a)) - 1, -1):
        if position in before:
            before.update(source for source, _ in sequence.reads[position])
    around = [source for source, _ in sequence.live[b] if source < a]
    return any(source in before or any(fork in before for fork, _ in sequence.reads[source]) for source in around)


def _maker(key: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Row(f"row:{first}", body, key)


def unfolded(graph: LayerGraph) -> LayerGraph:
    """The graph with such rows replaced by the blocks that they hold, at every level."""
    return expand_deep(graph, lambda block: isinstance(block, Row))
