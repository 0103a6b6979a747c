"""Further ways to search, where the drawing that the rules find is long: one literal list, each with its reason.

Every drawing found so is judged by the one objective. `benchmarks/objective.py --ablation` says what each way carries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

from blockviz.ir import LayerGraph
from blockviz.runtime.records import dataclass
from blockviz.search.free_kernels import alike_in_kernels, as_they_are

Search: TypeAlias = Callable[[LayerGraph], LayerGraph]


@dataclass(frozen=True, slots=True)
class Way:
    """One more drawing of a graph; None where it can be no other.

    find : from the graph, the rules' search and that of a minimal grammar. reason : what it is for. network : that
    shows it; test : that holds it.
    """

    name: str
    find: Callable[[LayerGraph, Search, Search], LayerGraph | None]
    reason: str
    network: str
    test: str


def _with_free_kernels(graph: LayerGraph, search: Search) -> LayerGraph | None:
    alike = alike_in_kernels(graph)
    return None if alike is graph else as_they_are(search(alike), graph)


WAYS: tuple[Way, ...] = (
    Way(
        "grammar",
        lambda graph, rules, grammar: grammar(graph),
        "types that only the whole drawing shows to be short: levels of unequal rows, blocks with several outputs",
        "VGG: levels of two or three convolutions before a pooling",
        "test_copies_of_each_type[vgg_2233_taps_conv]",
    ),
    Way(
        "kernels by rules",
        lambda graph, rules, grammar: _with_free_kernels(graph, rules),
        "papers draw a ladder whose kernels grow as one block with a kernel k",
        "a residual network with kernels 7, 5 and 3 in its stages",
        "test_copies_of_each_type[kernel_stages]",
    ),
    Way(
        "kernels by grammar",
        lambda graph, rules, grammar: _with_free_kernels(graph, grammar),
        "the same, where blocks of one kernel stand in a branch or a level of their own",
        "HiFi-GAN: residual units with kernels 3, 7 and 11 side by side; Jasper: five blocks, each with its kernel",
        "test_copies_of_each_type[kernel_towers]",
    ),
)


def found_in_other_ways(
    graph: LayerGraph, rules: Search, grammar: Search, without: Collection[str] = ()
) -> Iterator[LayerGraph]:
    """The drawings that all ways find but those left out by name."""
    for way in WAYS:
        found = None if way.name in without else way.find(graph, rules, grammar)
        if found is not None:
            yield found
