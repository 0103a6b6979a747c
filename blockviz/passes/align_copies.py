"""Put the calls of every copy of a type in one order, so that each call stands where its counterpart stands.

Calls of parallel branches have no order of their own: a narrow and a wide convolution side by side stand in one copy
this way and in the next that way, if what is written before them differs. Compared place by place, both would seem to
differ from copy to copy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import islice

import networkx as nx
from networkx.algorithms.isomorphism import DiGraphMatcher

from blockviz.ir import Block, Group, Item, LayerGraph, Run, blocks_in, with_items
from blockviz.ops.families import anchor
from blockviz.runtime.records import dataclass, replace
from blockviz.search.linearise import exact_of
from blockviz.search.post_order import reordered
from blockviz.structure.canonical_form import body_form, item_form, most_common_form
from blockviz.structure.isomorphism import call_graph, signature

_SETTINGS = ("kernel_size", "pool_size", "dilation_rate", "rate", "strides")  # what tells equal calls of one copy apart
_WAYS = 16  # isomorphisms of two bodies that are compared
_LARGEST = 400  # items of a body up to which counterparts are looked for


@dataclass(frozen=True, slots=True)
class AlignCopies:
    """Orders the body of each copy as that of the usual one, where the two are isomorphic."""

    name = "align-copies"

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with the bodies of all copies in the order of their type."""
        bodies: dict[str, list[LayerGraph]] = defaultdict(list)
        for copy in blocks_in(graph):
            bodies[copy.type].append(copy.body)
        mains = {key: most_common_form(found) for key, found in bodies.items() if len(found) > 1}
        return with_items(graph, lambda item: _ordered(item, mains))


def _ordered(item: Item, mains: Mapping[str, LayerGraph]) -> Item:
    if not isinstance(item, Block | Group | Run):
        return item
    body = with_items(item.body, lambda inner: _ordered(inner, mains))
    main = None if isinstance(item, Run) else mains.get(item.type)
    if main is not None and (names := _order(main, body)):
        body = reordered(body, names)
    return item if body is item.body else replace(item, body=body)


def _order(main: LayerGraph, body: LayerGraph) -> list[str]:
    """The names of a body in the order of their counterparts; empty where they stand so, or have none."""
    if len(main) != len(body) or len(body) > _LARGEST:
        return []
    same = body_form(main) == body_form(body)
    for label in (exact_of, _settings, item_form):
        ours, theirs = ([label(item) for item in each.items()] for each in (main, body))
        if same and ours == theirs:
            return []
        if Counter(ours) == Counter(theirs) and (found := _counterparts(main, body, label)):
            names = [found[name] for name in main]
            return [] if names == list(body) else names
    return []


def _settings(item: Item) -> str:
    head = anchor(item)
    config = {} if head is None else head.config
    return f"{item_form(item)} {[config.get(key) for key in _SETTINGS]}"


def _counterparts(main: LayerGraph, body: LayerGraph, label: Callable[[Item], str]) -> dict[str, str]:
    """Names of one body → names of the other, if the two are isomorphic; else none."""
    one, other = (call_graph(each, label, lambda _: False) for each in (main, body))
    if signature(one) != signature(other):
        return {}
    ours, theirs = (nx.convert_node_labels_to_integers(each, label_attribute="name") for each in (one, other))
    matcher = DiGraphMatcher(  # of numbers, whose sets have one order in each run
        ours, theirs,
        node_match=lambda a, b: a["colour"] == b["colour"], edge_match=lambda a, b: a["label"] == b["label"],
    )  # fmt: skip
    ways = (_named(found, ours, theirs) for found in islice(matcher.isomorphisms_iter(), _WAYS))
    return max(ways, key=lambda found: _alike(found, main, body), default={})


def _named(found: Mapping[int, int], one: nx.Graph[int], other: nx.Graph[int]) -> dict[str, str]:
    names = ((one.nodes[a]["name"], other.nodes[b]["name"]) for a, b in found.items())
    return {a: b for a, b in names if isinstance(a, str)}


def _alike(found: Mapping[str, str], main: LayerGraph, body: LayerGraph) -> int:
    """How many pairs give tensors of equal shapes: two streams of one form may change places, and then sizes tell."""
    return sum(main.item(a).outputs == body.item(b).outputs for a, b in found.items())
