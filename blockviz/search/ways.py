"""Further ways to search, where the drawing that the rules find is long: one literal list, each with its reason.

Every drawing found so is judged by the one objective. `benchmarks/objective.py --ablation` says what each way carries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

from blockviz.ir import LayerGraph
from blockviz.runtime.records import dataclass
from blockviz.search.dropout_units import dropout_in_units
from blockviz.search.free_kernels import alike_in_kernels, as_they_are, only_kernels_differ

_SHORTER = 0.9  # length of what the rules find with windows of one size, as a part of what they find without
_OFTEN = 2  # dropouts that may be parts of copies
_SMALL = 60  # nodes of a graph up to which the grammar is asked at once

Search: TypeAlias = Callable[[LayerGraph], LayerGraph]


@dataclass(frozen=True, slots=True)
class Searches:
    """What a way may use: the rules' search, that of a minimal grammar, and the length of a drawing.

    kept : ids of calls that stay on their own.
    """

    rules: Search
    grammar: Search
    length: Callable[[LayerGraph], float]
    kept: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One more drawing of a graph; None where it can be no other.

    reason : what it is for. network : that shows it; test : that holds it.
    """

    name: str
    find: Callable[[LayerGraph, Searches], LayerGraph | None]
    reason: str
    network: str
    test: str


def _kernels_by_rules(graph: LayerGraph, by: Searches) -> LayerGraph | None:
    alike = alike_in_kernels(graph)
    return None if alike is graph else _told(by.rules(alike), graph)


def _kernels_by_grammar(graph: LayerGraph, by: Searches) -> LayerGraph | None:
    """In a larger graph only where windows of one size already help the rules, which take a twentieth of the time."""
    alike = alike_in_kernels(graph)
    if alike is graph:
        return None
    if len(graph) > _SMALL:
        found = _told(by.rules(alike), graph)
        if found is None or by.length(found) > _SHORTER * by.length(by.rules(graph)):
            return None
    return _told(by.grammar(alike), graph)


def _told(found: LayerGraph, graph: LayerGraph) -> LayerGraph | None:
    """What was found with windows of one size as a drawing of the graph itself; None where it joins two modules."""
    drawn = as_they_are(found, graph)
    return drawn if only_kernels_differ(drawn) else None


def _dropout_in_units(graph: LayerGraph, by: Searches) -> LayerGraph | None:
    """Where that makes more than the units shorter, which it does in every drawing."""
    fused = dropout_in_units(graph, by.kept)
    if len(graph) - len(fused) < _OFTEN:
        return None
    found = min((search(fused) for search in (by.rules, by.grammar)), key=by.length)
    usual = min((search(graph) for search in (by.rules, by.grammar)), key=by.length)
    return found if by.length(found) < _SHORTER * by.length(dropout_in_units(usual, by.kept)) else None


WAYS: tuple[Way, ...] = (
    Way(
        "grammar",
        lambda graph, by: by.grammar(graph),
        "types that only the whole drawing shows to be short: levels of unequal rows, blocks with several outputs",
        "VGG: levels of two or three convolutions before a pooling",
        "test_copies_of_each_type[vgg_2233_taps_conv]",
    ),
    Way(
        "kernels by rules",
        _kernels_by_rules,
        "papers draw a ladder whose kernels grow as one block with a kernel k",
        "a residual network with kernels 7, 5 and 3 in its stages",
        "test_copies_of_each_type[kernel_stages]",
    ),
    Way(
        "kernels by grammar",
        _kernels_by_grammar,
        "the same, where blocks of one kernel stand in a branch or a level of their own",
        "HiFi-GAN: residual units with kernels 3, 7 and 11 side by side; Jasper: five blocks, each with its kernel",
        "test_copies_of_each_type[kernel_towers]",
    ),
    Way(
        "dropout in units",
        _dropout_in_units,
        "a convolution and its dropout are one unit of a row, whatever the length of the row",
        "SegNet with dropout behind each activation: its levels of two and three convolutions",
        "test_copies_of_each_type[dropout_levels]",
    ),
)


def found_in_other_ways(graph: LayerGraph, by: Searches, without: Collection[str] = ()) -> Iterator[LayerGraph]:
    """The drawings that all ways find but those left out by name."""
    for way in WAYS:
        found = None if way.name in without else way.find(graph, by)
        if found is not None:
            yield found
