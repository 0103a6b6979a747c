"""Whether two items, or two whole models, are the same graph of calls with the same settings.

Names and weights don't count, nor does what training changes; nor in which order calls stand, or the operands of a
call that commutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import networkx as nx

from blockviz.ir import Composite, Item, LayerGraph, Node, expand, leaves
from blockviz.ops.families import exact_label
from blockviz.runtime.records import dataclass, field
from blockviz.structure.isomorphism import CallGraph, call_graph

_LARGEST = 20_000  # calls up to which graphs that are spelled otherwise are compared
_ROUNDS = 12  # by how many calls around it a call is told from others before networkx is asked

Spelling: TypeAlias = tuple[tuple[str, tuple[tuple[int, int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class ExactForms:
    """Numbers items: equal ones are isomorphic with equal settings; each is asked about once."""

    spelled: dict[Spelling, int] = field(default_factory=dict)
    known: dict[Item, int] = field(default_factory=dict)
    bodies: dict[object, list[tuple[LayerGraph, int]]] = field(default_factory=dict)

    def number(self, item: Item) -> int:
        """The number of an item's form."""
        if (found := self.known.get(item)) is None:
            found = self.known[item] = self._asked(item)
        return found

    def _asked(self, item: Item) -> int:
        body = expand(item.body) if isinstance(item, Composite) else None
        spelling = _spelling(body) if body is not None else ((exact_label(item), ()),) if isinstance(item, Node) else ()
        if spelling in self.spelled:
            return self.spelled[spelling]
        number = len(self.spelled)
        if body is not None:
            same = self.bodies.setdefault(_labels(body), [])
            number = next((known for other, known in same if same_calls(other, body)), number)
            same.append((body, number))
        self.spelled[spelling] = number
        return number


def _spelling(body: LayerGraph) -> Spelling:
    """Labels and operands, each operand by how far back it is made; what enters by its number, below zero."""
    at = {name: position for position, name in enumerate(body)}
    entry = {port: number for number, ports in enumerate(body.entries) for port in ports}
    reads: dict[str, list[tuple[int, int, int]]] = {name: [] for name in body}
    for (name, to), number in entry.items():
        reads[name].append((to, -1 - number, 0))
    for position, name in enumerate(body):
        reads[name] += [(to, position - at[source], out) for to, source, out in body.operand_list(name)]
    items = zip(body, body.items(), strict=True)
    return tuple((exact_label(item), tuple(sorted(reads[name]))) for name, item in items if isinstance(item, Node))


def _labels(body: LayerGraph) -> object:
    return frozenset(Counter(exact_label(node) for node in leaves(body)).items())


def same_calls(one: LayerGraph, other: LayerGraph) -> bool:
    """Whether two layer graphs are isomorphic, settings included; beyond 20,000 calls only if spelled the same."""
    if _spelling(one) == _spelling(other):
        return _exits(one) == _exits(other)
    if len(one) != len(other) or len(one) > _LARGEST or _labels(one) != _labels(other):
        return False
    left, right = _graph(one), _graph(other)
    if _refine([left, right]):
        return bool(nx.is_isomorphic(left, right, node_match=_same_colour, edge_match=_same_label))
    return False


def _exits(body: LayerGraph) -> list[tuple[int, int]]:
    at = {name: position for position, name in enumerate(body)}
    return [(at[name], out) for name, out in body.exits]


def _graph(body: LayerGraph) -> CallGraph:
    """The calls, what enters, and what leaves as a node of its own, so that outputs keep their order."""
    graph = call_graph(body, lambda item: exact_label(item) if isinstance(item, Node) else "", lambda _: True)
    for number, (name, out) in enumerate(body.exits):
        if name in graph:
            graph.add_node(("exit", number), label=("exit", number))
            graph.add_edge(name, ("exit", number), label=out)
    return graph


def _refine(graphs: Sequence[CallGraph]) -> bool:
    """Colour the calls by what stands around them, as far as it goes; whether both graphs get the same colours."""
    colours = [{name: hash(data["label"]) for name, data in graph.nodes(data=True)} for graph in graphs]
    count = 0
    for _ in range(_ROUNDS):
        if Counter(colours[0].values()) != Counter(colours[1].values()):
            return False
        if (kinds := len(set(colours[0].values()))) == count:
            break
        count = kinds
        colours = [_round(graph, found) for graph, found in zip(graphs, colours, strict=True)]
    for graph, found in zip(graphs, colours, strict=True):
        nx.set_node_attributes(graph, found, "colour")
    return Counter(colours[0].values()) == Counter(colours[1].values())


def _round(graph: CallGraph, colours: dict[object, int]) -> dict[object, int]:
    def around(beside: dict[object, dict[str, object]]) -> object:
        return frozenset(Counter((data["label"], colours[name]) for name, data in beside.items()).items())

    return {name: hash((colours[name], around(graph.pred[name]), around(graph.succ[name]))) for name in graph}


def _same_colour(one: dict[str, object], other: dict[str, object]) -> bool:
    return one["colour"] == other["colour"]


def _same_label(one: dict[str, object], other: dict[str, object]) -> bool:
    return one["label"] == other["label"]
