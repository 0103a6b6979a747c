"""Blocks by the shortest description: levels of minimal grammars, over several orders of the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from blockviz.ir import BlockType, LayerGraph, contract, copy_of
from blockviz.runtime.records import dataclass
from blockviz.search.bypassed_rows import rows_folded, unfolded
from blockviz.search.description_length import description_length
from blockviz.search.few_live_order import tightened
from blockviz.search.grammar import Drawing
from blockviz.search.intervals import Form
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.minimal_grammar import Effort, MinimalGrammar
from blockviz.search.post_order import loose_late, reordered, side_inputs_first
from blockviz.search.prices import Prices
from blockviz.search.side_order import sides_early, sides_late
from blockviz.search.unit_rows import step_forms, unequal_rows, unit_rows_folded

_JOINS = 0.15  # part of the items that join branches, up to which a graph is almost a chain


@dataclass(frozen=True, slots=True)
class GrammarSearch:
    """Contracts the types of the cheapest drawing, level upon level; of what it has then, the shortest is taken.

    depth : levels of blocks within blocks. kept : ids of calls that stay in no block.
    """

    depth: int = 3
    kept: frozenset[str] = frozenset()
    prices: Prices = Prices()
    effort: Effort = Effort()

    def __call__(self, graph: LayerGraph, interner: Interner) -> LayerGraph:
        """The graph with every block type contracted."""
        ways = side_inputs_first, tightened, partial(tightened, eager=True), sides_early, sides_late
        orders = _orders(graph, *ways)
        orders += [rows for order in orders for rows in _in_unit_rows(order, interner)]
        best, least = graph, description_length(graph, self.prices, interner)
        for level in range(self.depth):
            found = self._cheapest(orders, interner)
            if found is None:
                break
            graph = _contracted(*found, level)
            shown = unfolded(graph)
            if (length := description_length(shown, self.prices, interner)) < least:
                best, least = shown, length
            rows = rows_folded(graph, sequence_of(graph, interner), every=True)
            starts = dict.fromkeys((graph, rows))
            orders = [order for start in starts for order in _orders(start, tightened, loose_late)]
        return best

    def _cheapest(
        self, orders: list[LayerGraph], interner: Interner
    ) -> tuple[LayerGraph, MinimalGrammar, Drawing] | None:
        """The order whose cheapest drawing costs least, the first of equals; None if there are no blocks in it."""
        best: tuple[LayerGraph, MinimalGrammar, Drawing] | None = None
        for order in orders:
            search = MinimalGrammar(sequence_of(order, interner), self.kept, self.prices, self.effort)
            drawing = search.drawing()
            if drawing.types and (best is None or drawing.cost < best[2].cost - 1e-9):
                best = order, search, drawing
        return best


def _orders(graph: LayerGraph, *ways: Callable[[LayerGraph], list[str]]) -> list[LayerGraph]:
    """The graph as it is, and in each other order that these ways give."""
    orders = [graph]
    for way in ways:
        names = way(graph)
        if all(list(order) != names for order in orders):
            orders.append(reordered(graph, names))
    return orders


def _in_unit_rows(graph: LayerGraph, interner: Interner) -> Iterator[LayerGraph]:
    """The graph with rows of equal units as one item, if they differ in length; with strided ones told apart, too.

    Only where hardly any branches join: a row in a branch is no level.
    """
    sequence = sequence_of(graph, interner)
    if sum(sequence.joining) > _JOINS * len(sequence):
        return
    rows, steps = unequal_rows(sequence), step_forms(sequence)
    if rows:
        yield unit_rows_folded(graph, sequence, rows)
    if steps:
        yield unit_rows_folded(graph, sequence, rows | steps, steps)


def _contracted(graph: LayerGraph, search: MinimalGrammar, drawing: Drawing, level: int) -> LayerGraph:
    """The graph with the copies of a drawing as blocks, inner ones inside outer ones."""
    known = len(graph.types)
    keys = {found.form: f"T{known + number}" for number, found in enumerate(drawing.types)}
    names = list(graph)
    owner = list(names)
    new: dict[str, BlockType] = {}
    for copies in _by_depth(search, drawing):
        folds = []
        for a, b, form in copies:
            key = keys.setdefault(form, f"T{known + len(keys)}")
            new[key] = BlockType(key, level)
            members = list(dict.fromkeys(owner[a:b]))
            folds.append(copy_of(key, members))
            owner[a:b] = [f"{key}:{members[0]}"] * (b - a)
        types, graph = graph.types, contract(graph, folds)
        graph.graph["types"] = {**types, **new}
    return graph


def _by_depth(search: MinimalGrammar, drawing: Drawing) -> Iterator[list[tuple[int, int, Form]]]:
    """The copies at one depth, the innermost ones first."""
    every = list(search.tree(drawing.row, drawing.types))
    for depth in sorted({depth for depth, *_ in every}, reverse=True):
        yield [(a, b, found.form) for at, a, b, found in every if at == depth]
