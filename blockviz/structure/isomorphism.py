"""The judge of what is one form: whether two bodies are the same graph of calls, in whatever order these stand.

A call counts by what it does (its form, widths apart), an operand by where it comes from and, unless the call
commutes, by its place. Every tensor from outside is a node of its own, so that a body that reads one tensor twice is no
copy of one that reads two. Padding and identities count: what a reader can't see must not be told apart by nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import TypeAlias

import networkx as nx

from blockviz.ir import Block, Composite, Item, LayerGraph, Node, expand, holds_blocks
from blockviz.ops.families import family, form_label, merge_name
from blockviz.runtime.records import dataclass, field

_ORDERED = frozenset({"Subtract", "Dot", "Matmul"})  # merges whose operands can't be exchanged
_ROUNDS = 3  # by how many calls around it a call is told from others before networkx is asked

CallGraph: TypeAlias = "nx.DiGraph[object]"


@dataclass(frozen=True, slots=True)
class Judge:
    """Numbers bodies so that two have one number if and only if they are isomorphic.

    Equal spellings are equal graphs; only of what is spelled otherwise networkx is asked, once a spelling.

    counted : whether it matters how many blocks a run holds, or only which forms follow each other in it.
    """

    counted: bool = True
    bodies: dict[LayerGraph, int] = field(default_factory=dict)
    spelled: dict[object, int] = field(default_factory=dict)
    known: dict[object, list[tuple[CallGraph, int]]] = field(default_factory=dict)
    alone: list[tuple[LayerGraph, int]] = field(default_factory=list)  # the first body, until there is another

    def number(self, body: LayerGraph) -> int:
        """The number of a body's form."""
        if (found := self.bodies.get(body)) is None:
            spelling = self._spelling(body)
            if (found := self.spelled.get(spelling)) is None:
                found = self.spelled[spelling] = self._asked(body)
            self.bodies[body] = found
        return found

    def _asked(self, body: LayerGraph) -> int:
        number = len(self.spelled)
        if not number:
            self.alone.append((body, number))
            return number
        while self.alone:
            first, own = self.alone.pop()
            self._match_or_keep(first, own)
        return self._match_or_keep(body, number)

    def _match_or_keep(self, body: LayerGraph, number: int) -> int:
        """The number of a known form, or this one, under which the body is known from now on."""
        graph = call_graph(body, self._label, lambda block: self.counted or not holds_blocks(block))
        same = self.known.setdefault(signature(graph), [])
        for other, own in same:
            if _match(graph, other):
                return own
        same.append((graph, number))
        return number

    def _spelling(self, body: LayerGraph) -> object:
        """Labels and wiring in the order of the body; what it holds by its own number."""
        at = {name: position for position, name in enumerate(body)}
        entry = {port: number for number, ports in enumerate(body.entries) for port in ports}
        reads: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for (name, to), number in entry.items():
            reads[name].append((to, -1 - number, 0))
        rows = []
        for position, (name, item) in enumerate(zip(body, body.items(), strict=True)):
            found = [*reads.get(name, ()), *((to, position - at[src], out) for to, src, out in body.operand_list(name))]
            found.sort()
            rows.append((self._label(item), tuple((offset, out) for _, offset, out in found)))
        return tuple(rows)

    def _label(self, item: Item) -> object:
        if isinstance(item, Node):
            return form_label(item)
        if self.counted or not holds_blocks(item):
            return self.number(item.body)
        blocks = [item] if isinstance(item, Block) else [each for each in item.body.items() if isinstance(each, Block)]
        return tuple(number for number, _ in groupby(self.number(block.body) for block in blocks))


def are_isomorphic(one: LayerGraph, other: LayerGraph) -> bool:
    """Whether two bodies are the same graph of calls."""
    judge = Judge()
    return judge.number(one) == judge.number(other)


def call_graph(body: LayerGraph, label: Callable[[Item], object], opens: Callable[[Composite], bool]) -> CallGraph:
    """The calls of a body, and a node for each tensor that enters; edges bear how often and at which places."""
    flat = expand(body, opens)
    graph: CallGraph = nx.DiGraph()
    behind: dict[object, tuple[object, int]] = {}  # the inner input of a nested model → what is fed to it
    operands: list[tuple[tuple[object, int], str, int]] = []
    for number, ports in enumerate(flat.entries):
        graph.add_node(number, label="outside")
        operands += [((number, 0), name, to) for name, to in ports]
    operands += [((source, out), name, to) for name in flat for to, source, out in flat.operand_list(name)]
    for tensor, name, _ in operands:
        if isinstance(item := flat.item(name), Node) and family(item.op) == "input":
            behind[name] = tensor
    for name in flat:
        if name not in behind:
            graph.add_node(name, label=label(flat.item(name)))
    places: dict[tuple[object, str], list[tuple[int, int]]] = defaultdict(list)
    for (source, out), name, to in operands:
        while source in behind:
            source, out = behind[source]
        if name not in behind:
            places[source, name].append((out, 0 if commutes(flat.item(name)) else to))
    for (source, name), found in places.items():
        graph.add_edge(source, name, label=tuple(sorted(found)))
    return graph


def commutes(item: Item) -> bool:
    """Whether the operands of an item may change places, for a reader: channels concatenated in another order, too."""
    return isinstance(item, Node) and family(item.op) == "merge" and merge_name(item.op) not in _ORDERED


def signature(graph: CallGraph) -> object:
    """Equal for isomorphic graphs: each call with what stands around it, counted; marks the nodes with it."""
    colours: dict[object, object] = {name: data["label"] for name, data in graph.nodes(data=True)}
    for _ in range(_ROUNDS):
        colours = {
            name: hash((colours[name], _around(graph.pred[name], colours), _around(graph.succ[name], colours)))
            for name in graph
        }
    nx.set_node_attributes(graph, colours, "colour")
    return frozenset(Counter(colours.values()).items())


def _around(beside: Mapping[object, Mapping[str, object]], colours: Mapping[object, object]) -> object:
    return frozenset(Counter((data["label"], colours[name]) for name, data in beside.items()).items())


def _match(one: CallGraph, other: CallGraph) -> bool:
    return bool(
        nx.is_isomorphic(
            one,
            other,
            node_match=lambda a, b: a["label"] == b["label"] and a["colour"] == b["colour"],
            edge_match=lambda a, b: a["label"] == b["label"],
        )
    )
