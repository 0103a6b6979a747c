"""Find the block types, level upon level: blocks, then modules of blocks, each level on the contracted graph.

What a level's types are is chosen by rules in `select_types`. Several ways are tried where the first leaves
something to wish for: other orders of the calls, and blocks that straddle no two branches of a module. Where the
drawing that the rules find is long, further ways (`ways`) are tried as well, and one objective, the length of the
description, decides between the drawings. At last the types are laid over the calls once more (`reparsing`), and what
is left of a small network is looked through (`small_blocks`). `ir.verify` proves the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import networkx as nx

from blockviz.ir import BlockType, Composite, LayerGraph, contract, copy_of, is_block
from blockviz.runtime.records import dataclass, replace
from blockviz.search.author_modules import AuthorModules, are_guessed
from blockviz.search.bypassed_rows import rows_folded, unfolded
from blockviz.search.candidates import are_loose, main_form, segments_of
from blockviz.search.conventions import as_papers, takes_in
from blockviz.search.description_length import description_length, overview_boxes
from blockviz.search.few_live_order import tightened
from blockviz.search.frontier_order import Copies, evened, frontier_order
from blockviz.search.inline_fragments import without_fragments
from blockviz.search.intervals import MIN_REPEAT
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.moved_seams import seams_moved
from blockviz.search.page_cost import Boxes, variant_boxes
from blockviz.search.plain_rows import plain_rows_cut
from blockviz.search.post_order import reordered, side_inputs_first
from blockviz.search.prices import Prices
from blockviz.search.reparsing import Reparsing
from blockviz.search.select_types import Choice
from blockviz.search.small_blocks import small_blocks, with_kernels_free
from blockviz.search.small_insides import small_insides
from blockviz.search.template import model_of

_SEARCHED = 2_000  # nodes up to which other ways are tried
_SCATTERED = 0.2  # boxes that are in no block, as a part of all, from which another order of the calls is tried
_ALONE = 10  # calls in no block from which modules of several streams are looked for
_WORTH = 0.9  # boxes that another order of the calls may take, as a part of those in the usual order
_CROWDED = 64  # boxes in an overview that hardly fits a page
_COMPARED = 400  # nodes up to which the grammar is searched, too
_DOUBTFUL = 0.27  # length of a drawing, as a part of that of the model laid out, from which another one may be better
_CLEARLY = 1.5  # boxes by which it must be shorter
_NOTABLY = 0.07  # the same as a part of the length, where that is less or the drawing is long
_MUCH = 0.25  # the same where the drawing says the model in few boxes already
_CLEAR = 0.2  # the same of a drawing that is long, whatever the model
_LONG = 45  # boxes in a description that is long
_TRUSTED, _MORE = 1.25, 2.0  # times the length, and boxes, up to which a drawing with the author's modules is taken
_STRICT = 0.96  # boxes that a stricter way may take, as a part of those in the usual way


@dataclass(frozen=True, slots=True)
class FindBlocks:
    """Contract every block type worth its panel.

    min_repeat : copies that make a block. depth : levels of blocks within blocks.
    kept : ids of calls that stay in no block. prices : of the objective that decides between drawings.
    without : names of `conventions` and of `ways` that are left out; ``reparse`` and ``small`` leave
    out the last two steps, ``seams`` the cuts moved between them.
    """

    name = "find-blocks"
    min_repeat: int = 2
    depth: int = 3
    kept: frozenset[str] = frozenset()
    prices: Prices = Prices()
    without: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with every block type contracted, level after level: the drawing with the shorter description."""
        interner = Interner()
        found = self._found_in(graph, interner)
        if self.min_repeat <= MIN_REPEAT and "small" not in self.without:
            found = with_kernels_free(found, graph, lambda each: self._found_in(each, interner), self.prices, interner)
            found = small_insides(found, self.prices, interner, self.kept)
        modules = AuthorModules(self.min_repeat, self.depth, self.kept, self.prices)(graph, interner)
        if modules is None:
            return found
        ours, theirs = (description_length(each, self.prices, interner) for each in (found, modules))
        if are_guessed(modules):
            return modules if theirs < ours - 1e-9 else found
        return modules if theirs <= _TRUSTED * ours + _MORE else found

    def _found_in(self, graph: LayerGraph, interner: Interner) -> LayerGraph:
        """What the graph alone tells, its types laid over the calls once more, and what is left if it is small."""
        found = self.by_graph(graph, interner)
        if self.min_repeat <= MIN_REPEAT and len(graph) <= _COMPARED and "reparse" not in self.without:
            by_rules = partial(self.by_rules, interner=interner)
            found = Reparsing(self.prices, interner, by_rules, self.kept)(found)
            if "seams" not in self.without:
                found = seams_moved(found, by_rules, self.prices, interner, self.kept)
        if self.min_repeat <= MIN_REPEAT and "small" not in self.without:
            found = small_blocks(found, len(found), self.prices, interner, self.kept)
            cut = plain_rows_cut(found)
            found = found if takes_in(cut, self.kept) else cut
        return found

    def by_graph(self, graph: LayerGraph, interner: Interner) -> LayerGraph:
        """What the graph alone tells: the rules' drawing, or that of another way to search."""
        start = _plain(graph, interner)
        found = by_rules = self._by_rules(start, interner)
        if self.min_repeat > MIN_REPEAT:
            return found
        if len(graph) > _COMPARED:
            return as_papers(found, self.prices, interner, self.without, self.kept, quick=True)
        found, length = self._improved(found, interner)
        most = description_length(graph, self.prices, interner, start.sequence)
        if length <= (_CLEAR if length >= _LONG else _DOUBTFUL) * most:
            return found
        from blockviz.search.grammar_search import GrammarSearch  # most drawings are short already
        from blockviz.search.minimal_grammar import Effort
        from blockviz.search.ways import Searches, found_in_other_ways

        search = GrammarSearch(self.depth, self.kept, self.prices, Effort.for_size(len(graph)))
        by = Searches(
            cache(lambda each: by_rules if each is graph else self.by_rules(each, interner)),
            cache(lambda each: without_fragments(search(each, interner))),
            lambda each: description_length(each, self.prices, interner),
            self.kept,
        )
        best, most_gain, boxes = found, _least_gain(length, most), overview_boxes(found, interner)
        for other in found_in_other_ways(graph, by, self.without):
            drawing, less = self._improved(other, interner)
            gain = length - less + self.prices.crowding * (boxes - overview_boxes(drawing, interner))
            if gain > most_gain:
                best, most_gain = drawing, gain
        return best

    def _improved(self, found: LayerGraph, interner: Interner) -> tuple[LayerGraph, float]:
        """A drawing after the moves that shorten it, as papers draw it, and the length of its description."""
        found = as_papers(found, self.prices, interner, self.without, self.kept)
        return found, description_length(found, self.prices, interner)

    def by_rules(self, graph: LayerGraph, interner: Interner) -> LayerGraph:
        """What the rules find, in the order and the way that takes the fewest boxes."""
        return self._by_rules(_plain(graph, interner), interner)

    def _by_rules(self, start: _Found, interner: Interner) -> LayerGraph:
        graph = start.graph
        found = self._found(start, interner)
        found = self._better(found, 1.0, _orders(graph, side_inputs_first, interner), interner)
        if sum(not is_block(item) for item in found.graph.items()) >= _ALONE:
            found = self._better(found, _WORTH, _of_streams(graph, interner), interner)
        if found.boxes - found.panels > _SCATTERED * start.boxes:
            found = self._better(found, _WORTH, _orders(graph, partial(tightened, eager=True), interner), interner)
        return without_fragments(found.graph)

    def _better(self, found: _Found, worth: float, others: Iterator[_Found], interner: Interner) -> _Found:
        """What is found in one of the other orders, if that takes less than this part of the boxes.

        Blocks that straddle no branches are worth it where they take no more.
        """
        for start in others:
            other = self._found(start, interner)
            least = 1.0 if found.loose and not other.loose else worth
            found = other if other.boxes < least * found.boxes else found
        return found

    def _found(self, start: _Found, interner: Interner) -> _Found:
        """What is found in one order; in a stricter way where that takes clearly fewer boxes."""
        found = self._levels(start, interner, Choice(self.min_repeat))
        if len(start.graph) > _SEARCHED:
            return found
        if len(segments_of(start.sequence)) > 1:
            apart = self._levels(start, interner, Choice(self.min_repeat, apart=True))
            found = min(found, apart, key=lambda one: one.boxes)
        if found.loose:
            closed = Choice(self.min_repeat, closed=True)
            found = min(found, self._levels(start, interner, closed), key=_worth(found))
            if found.boxes - found.panels > _CROWDED:  # a stage inside a module is better than no page at all
                found = min(found, self._levels(start, interner, closed, crowded=True), key=lambda one: one.boxes)
        return found

    def _levels(self, start: _Found, interner: Interner, choice: Choice, crowded: bool = False) -> _Found:
        """Level upon level, for as long as there are blocks."""
        panels, loose, best = 0.0, False, start
        for level in range(self.depth):
            others = [*_orders(best.graph, tightened, interner)] if level else []
            levels = (_level(order, choice, interner, level, self.kept) for order in (best, *others))
            found = [one for one in levels if one is not None]
            if not found:
                break
            best = min(found, key=lambda one: one.boxes)  # the first of equals: the order as it is
            panels += best.panels
            if not level and (modules := _behind(start, best)):
                best = _folded(best, modules, 1, interner)
                panels += best.panels
            loose = loose or best.loose
            if (graph := rows_folded(best.graph, best.sequence, crowded)) is not best.graph:
                best = _Found(graph, sequence_of(graph, interner), best.boxes, best.panels)
        return _Found(unfolded(best.graph), best.sequence, best.boxes - best.panels + panels, panels, loose)


@dataclass(frozen=True, slots=True)
class _Found:
    """A graph with types contracted, the boxes that it takes with all panels, and those of the panels alone.

    loose : whether closed blocks might do better. alike : intervals that are equal, and to be cut equally.
    """

    graph: LayerGraph
    sequence: LinearGraph
    boxes: float
    panels: float
    loose: bool = False
    alike: tuple[Copies, ...] = ()


def _worth(usual: _Found) -> Callable[[_Found], float]:
    """Boxes, those of what is found in the usual way counting less."""
    return lambda one: one.boxes * (_STRICT if one is usual else 1.0)


def _least_gain(length: float, most: float) -> float:
    """By how much another drawing must be shorter than one of this length."""
    if length <= _DOUBTFUL * most:
        return _MUCH * length
    return _NOTABLY * length if length >= _LONG else min(_CLEARLY, _NOTABLY * length)


def _plain(graph: LayerGraph, interner: Interner) -> _Found:
    """A graph as it is, before anything is looked for."""
    sequence = sequence_of(graph, interner)
    return _Found(graph, sequence, Boxes.of(sequence).before[-1], 0.0)


def _level(start: _Found, choice: Choice, interner: Interner, level: int, kept: frozenset[str]) -> _Found | None:
    """The blocks of one level in one order of the nodes; None if there are none."""
    sequence = start.sequence
    types = choice.types(sequence, level, kept)
    if start.alike:  # streams that go on side by side are next to each other in this order, and are no block
        types = [intervals for intervals in evened(types, start.alike) if _hangs_together(start, *intervals[0])]
    if not types:
        return None
    loose = not level and len(sequence) <= _SEARCHED and are_loose(sequence, types)
    return replace(_folded(start, types, level, interner), loose=loose)


def _hangs_together(start: _Found, a: int, b: int) -> bool:
    return nx.is_weakly_connected(start.graph.subgraph(start.sequence.names[a:b]))


def _folded(start: _Found, types: list[list[tuple[int, int]]], level: int, interner: Interner) -> _Found:
    """A graph with these types contracted."""
    folded = _plain(_contract(start.graph, start.sequence, types, level), interner)
    panels = _panel_boxes(start.sequence, types)
    return _Found(folded.graph, folded.sequence, folded.boxes + panels, panels)


def _behind(start: _Found, folded: _Found) -> list[list[tuple[int, int]]]:
    """The intervals of what is alike in a graph, in that graph with blocks contracted; what is one block is left out.

    No block straddles an end of one.
    """
    known, ends, places = frozenset(start.sequence.names), [0], dict[int, int]()
    for place, (name, item) in enumerate(zip(folded.sequence.names, folded.sequence.items, strict=True)):
        places[ends[-1]] = place
        ends.append(ends[-1] + (1 if name in known or not isinstance(item, Composite) else len(item.body)))
    places[ends[-1]] = len(folded.sequence)
    found = [[(places[a], places[b]) for a, b in copies] for copies in start.alike]
    return [copies for copies in found if copies[0][1] - copies[0][0] > 1]


def _orders(graph: LayerGraph, way: Callable[[LayerGraph], list[str]], interner: Interner) -> Iterator[_Found]:
    """The graph in the order that this way gives, if that is another."""
    if len(graph) <= _SEARCHED and (order := way(graph)) != list(graph):
        yield _plain(reordered(graph, order), interner)


def _of_streams(graph: LayerGraph, interner: Interner) -> Iterator[_Found]:
    """The graph in an order in which modules of several streams are in one piece, if it has any."""
    if len(graph) <= _SEARCHED:
        order, modules = frontier_order(graph)
        if modules:
            yield replace(_plain(reordered(graph, order), interner), alike=modules)


def _panel_boxes(sequence: LinearGraph, types: list[list[tuple[int, int]]]) -> float:
    """Boxes of the panels: of each type its main form, and what each other form adds."""
    boxes = Boxes.of(sequence)
    total = 0.0
    for intervals in types:
        a, b = main_form(sequence, intervals)
        others = [(c, d) for c, d in intervals if sequence.form[c:d] != sequence.form[a:b]]
        total += boxes.folded(a, b) + variant_boxes(sequence, model_of(sequence, a, b), others)
    return total


def _contract(graph: LayerGraph, sequence: LinearGraph, types: list[list[tuple[int, int]]], level: int) -> LayerGraph:
    folds = []
    known = len(graph.types)
    for number, intervals in enumerate(types):
        key = f"T{known + number}"
        for a, b in intervals:
            names = sequence.names[a:b]
            folds.append(copy_of(key, names))
    out = contract(graph, folds)
    new = [BlockType(f"T{known + number}", level) for number in range(len(types))]
    out.graph["types"] = {**graph.types, **{found.key: found for found in new}}
    return out
