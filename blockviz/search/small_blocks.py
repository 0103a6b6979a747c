"""Blocks of small networks: what repeats outside all blocks, and adds to the description a panel's frame at most.

The search asks that a type saves some boxes, or large graphs would be full of chance repeats. In a network of a dozen
layers nothing saves as much; its author thinks of it in blocks all the same, and the panel, for which a small page has
room, says a word: two convolutions, each with its pooling, are two layers. So are three branches of a convolution and a
pooling side by side. That kernels differ is no difference there: they are drawn as a parameter of each copy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from blockviz.errors import VerifyError
from blockviz.ir import BlockType, LayerGraph, Node, Unit, contract, copy_of, fresh_type, item_leaves
from blockviz.search.bypassed_rows import unfolded
from blockviz.search.candidates import confirmed
from blockviz.search.description_length import description_length
from blockviz.search.free_kernels import (
    as_they_are,
    differ_at_most_in_kernels,
    only_kernels_differ,
    usual_windows,
)
from blockviz.search.intervals import Span
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.page_cost import Boxes, is_closed
from blockviz.search.prices import Prices
from blockviz.search.projected_sums import sums_folded
from blockviz.search.repeat_classes import repeats
from blockviz.search.row_items import UnitRow
from blockviz.structure.windows import has_window, window_of

_SMALL = 45  # items of a network that is small
_LONGEST = 24  # items of a block
_TRIED, _ROUNDS = 8, 3  # types priced a round, and found


def small_blocks(
    graph: LayerGraph, items: int, prices: Prices, interner: Interner, kept: Collection[str] = ()
) -> LayerGraph:
    """The drawing of a network of so many items with such blocks, the ones that save most first, if it is small.

    kept : ids of calls that stay in no block.
    """
    for _ in range(_ROUNDS if items <= _SMALL else 0):
        more = _more(graph, prices, interner, kept)
        if more is graph:
            more = _with_any_kernels(graph, prices, interner, kept)
        if more is graph:
            more = _with_any_skips(graph, prices, interner, kept)
        if more is graph:
            break
        graph = more
    return graph


def with_kernels_free(
    found: LayerGraph, graph: LayerGraph, search: Callable[[LayerGraph], LayerGraph], prices: Prices, interner: Interner
) -> LayerGraph:
    """The drawing of a small network, or what is found where kernels are parameters, if that is then shorter."""
    usual = usual_windows(graph) if len(graph) <= _SMALL else graph
    if usual is graph:
        return found
    other = search(usual)
    lengths = [description_length(each, prices, interner) for each in (usual_windows(found), other)]
    drawn = as_they_are(other, graph)
    return drawn if lengths[1] < lengths[0] - 1e-9 and differ_at_most_in_kernels(other, drawn) else found


def _more(graph: LayerGraph, prices: Prices, interner: Interner, kept: Collection[str]) -> LayerGraph:
    """The graph with the type more that makes it shortest, if that is worth a panel; else the graph itself."""
    return _shortest(graph, _with_one_more(graph, interner, kept), prices, interner)


def _with_any_kernels(graph: LayerGraph, prices: Prices, interner: Interner, kept: Collection[str]) -> LayerGraph:
    """The same with kernels as parameters: 9, 5 and 3 in three layers, each with its pooling."""
    free = [item for item in graph.items() if isinstance(item, Node | Unit | UnitRow)]  # what may be in a block
    if len({window_of(node) for item in free for node in item_leaves(item) if has_window(node)}) < 2:
        return graph
    usual = usual_windows(graph)
    found = _more(usual, prices, interner, kept)
    if found is usual or not only_kernels_differ(more := as_they_are(found, graph)):
        return graph
    return more


def _with_any_skips(graph: LayerGraph, prices: Prices, interner: Interner, kept: Collection[str]) -> LayerGraph:
    """The same whatever stands in a skip: a projection in the first of two residual blocks, nothing in the other."""
    if (sums := sums_folded(graph)) is graph:
        return graph
    return _shortest(graph, map(unfolded, _with_one_more(sums, interner, kept)), prices, interner)


def _shortest(graph: LayerGraph, drawings: Iterable[LayerGraph], prices: Prices, interner: Interner) -> LayerGraph:
    lengths = [(description_length(other, prices, interner), other) for other in drawings]
    if not lengths:
        return graph
    least, best = min(lengths, key=lambda pair: pair[0])
    return best if least <= description_length(graph, prices, interner) + prices.panel + 1e-9 else graph


def _with_one_more(graph: LayerGraph, interner: Interner, kept: Collection[str]) -> Iterator[LayerGraph]:
    """The graph with one type more, those that save most by a quick count."""
    sequence = sequence_of(graph, interner)
    boxes, ranked = Boxes.of(sequence), list[tuple[float, bool, int, list[Span]]]()
    free = [isinstance(item, Node | Unit | UnitRow) and item.id not in kept for item in sequence.items]
    for repeat in repeats(sequence, free, _LONGEST):
        copies = confirmed(sequence, repeat)
        if len(copies) > 1 and _may_be_block(sequence, copies):
            saved = boxes.saved(sequence, copies) - boxes.folded(*copies[0])
            ranked.append((-saved, sequence.ends_larger(*copies[0]), repeat.length, copies))
    key = fresh_type(graph.types)
    for *_, copies in sorted(ranked)[:_TRIED]:
        with suppress(VerifyError):
            out = contract(graph, [copy_of(key, sequence.names[slice(*copy)]) for copy in copies])
            out.graph["types"] = {**graph.types, key: BlockType(key, 0)}
            yield out


def _may_be_block(sequence: LinearGraph, copies: Sequence[Span]) -> bool:
    """Whether copies stand together, hold a layer with weights, several kinds of calls and no input, and are closed."""
    a, b = copies[0]
    if not all(_follows(sequence, one, other) for one, other in pairwise(copies)) and not _are_beside(sequence, copies):
        return False
    kinds = set(sequence.form[a:b])
    weighty = sequence.weighty[b - 1] >= a and all(sequence.reads[a:b])
    levels = all(sequence.entering(*copy) == 2 and sequence.leaving(*copy) == 1 for copy in copies)  # each reads a skip
    return weighty and len(kinds) > 1 and sequence.connected(a, b) and (levels or is_closed(sequence, list(copies)))


def _follows(sequence: LinearGraph, one: Span, other: Span) -> bool:
    """Whether a copy stands right behind another and reads what that gives."""
    return one[1] == other[0] and any(
        source >= one[0] for at in range(*other) for source, _ in sequence.reads[at] if source < one[1]
    )


def _are_beside(sequence: LinearGraph, copies: Sequence[Span]) -> bool:
    """Whether no copy leads to another, and what several of them read is read by nothing else.

    Of a fork whose branches differ (an Inception module) none is a block.
    """
    owner = {place: number for number, copy in enumerate(copies) for place in range(*copy)}
    behind: list[set[int]] = []  # per position, the copies that lead to it
    for place, reads in enumerate(sequence.reads):
        before = {copy for source, _ in reads if source >= 0 for copy in behind[source]}
        if place in owner and before - {owner[place]}:
            return False
        behind.append(before | ({owner[place]} if place in owner else set()))
    for places in sequence.uses.values():
        readers = {owner.get(place) for place in places}
        if len(readers) > 2 and None in readers:
            return False
    return True
