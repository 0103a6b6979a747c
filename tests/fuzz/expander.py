"""A second way from a block graph back to the calls: from each call backwards, through the walls of its blocks.

blockviz' own proof goes forward, in order, and keeps what it knows. This one asks of a single input at a time where
its tensor comes from, climbing out of blocks by their entries and into others by their exits, and trusts no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, TypeAlias

from blockviz.ir import Composite, LayerGraph, Node
from fuzz.networks import Call, Network, Tensor

Walls: TypeAlias = tuple[tuple[LayerGraph, str], ...]  # the blocks around a place: graph and name of the block in it


def expanded(graph: LayerGraph) -> tuple[dict[str, tuple[Node, tuple[Tensor, ...]]], tuple[Tensor, ...]]:
    """Every call with what it reads, and the tensors that the model gives.

    Raises
    ------
    AssertionError : a call stands in two places, or an input has no source or two.
    """
    calls: dict[str, tuple[Node, tuple[Tensor, ...]]] = {}
    for node, inside, walls in _calls(graph, ()):
        assert node.id not in calls, f"{node.id} stands in two places"
        calls[node.id] = (node, tuple(_source(inside, walls, node.id, to) for to in range(len(node.inputs))))
    return calls, tuple(_made_by(graph, (), name, out) for name, out in graph.graph["exits"])


def differences(graph: LayerGraph, network: Network) -> list[str]:
    """In what the expansion of a block graph is not the network; empty if it is exact.

    Calls of one layer are numbered in the order in which they are made, of which there may be several; so a call is
    known by its layer and by what it reads, back to the inputs.
    """
    calls, exits = expanded(graph)
    terms: dict[tuple[str, tuple[tuple[int, int], ...]], int] = {}
    got = _terms(_spliced({name: (_axis(node), reads) for name, (node, reads) in calls.items()}, exits), terms)
    asked = {name: (_axis(call), call.reads) for name, call in network.calls.items()}
    wanted = _terms(_spliced(asked, network.outputs), terms)
    names = {number: layer for (layer, _), number in terms.items()}
    more, less = Counter(got.values()), Counter(wanted.values())
    found = [f"lost, or reads other tensors than it should: {names[term]}" for term in less - more]
    found += [f"invented, or reads other tensors than it should: {names[term]}" for term in more - less]
    nodes = {_layer(name): node for name, (node, _) in calls.items()}
    for layer, call in {_layer(name): call for name, call in network.calls.items()}.items():
        if layer in nodes:
            found += [f"{layer} is not {word}" for word in _unlike(nodes[layer], call)]
    if [(got[name], out) for name, out in exits] != [(wanted[name], out) for name, out in network.outputs]:
        found.append(f"outputs {exits}, not {network.outputs}")
    if graph.inputs != network.inputs:
        found.append(f"inputs {graph.inputs}, not {network.inputs}")
    return found


def _axis(call: Node | Call) -> int | None:
    """The axis of a concatenation of several tensors; None for every other call."""
    return call.config.get("axis", -1) if call.op == "Concatenate" else None


def _spliced(
    calls: Mapping[str, tuple[int | None, tuple[Tensor, ...]]], exits: Sequence[Tensor]
) -> dict[str, tuple[Tensor, ...]]:
    """What each call reads, with concatenations inside others as part of these: they join the same tensors."""
    uses = Counter(source for _, reads in calls.values() for source, _ in reads)
    given = {name for name, _ in exits}
    inner = {
        source
        for axis, reads in calls.values()
        for source, _ in reads
        if axis is not None and calls[source][0] == axis and uses[source] == 1 and source not in given
    }

    def opened(name: str) -> Iterator[Tensor]:
        for source, out in calls[name][1]:
            if source in inner:
                yield from opened(source)
            else:
                yield source, out

    return {name: tuple(opened(name)) for name in calls if name not in inner}


def _layer(name: str) -> str:
    return name.partition("@")[0]


def _terms(
    reads: Mapping[str, tuple[Tensor, ...]], terms: dict[tuple[str, tuple[tuple[int, int], ...]], int]
) -> dict[str, int]:
    """A number for each call, equal for equal layers that read equal tensors."""
    sorter = TopologicalSorter({name: [source for source, _ in sources] for name, sources in reads.items()})
    found: dict[str, int] = {}
    for name in sorter.static_order():
        key = (_layer(name), tuple((found[source], out) for source, out in reads[name]))
        found[name] = terms.setdefault(key, len(terms))
    return found


def _unlike(node: Node, call: Call) -> Iterator[str]:
    if node.op not in (call.op, call.op.partition(">")[2]):
        yield f"a {call.op}"
    for key, value in call.config.items():
        own = node.config.get(key, value)  # a setting may be left out where it is the default
        if key != "name" and list(_flat(own)) != list(_flat(value)):
            yield f"{key} = {value!r}"


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner)
    else:
        yield value


def _calls(graph: LayerGraph, walls: Walls) -> Iterator[tuple[Node, LayerGraph, Walls]]:
    for name in graph.nodes:
        item = graph.nodes[name]["item"]
        if isinstance(item, Composite):
            yield from _calls(item.body, (*walls, (graph, name)))
        else:
            yield item, graph, walls


def _source(graph: LayerGraph, walls: Walls, name: str, to: int) -> Tensor:
    """Where the tensor at an input comes from."""
    while True:
        found = [(other, out) for other, _, data in graph.in_edges(name, data=True)
                 for out, index in data["operands"] if index == to]  # fmt: skip
        gates = [number for number, ports in enumerate(graph.graph.get("entries", ())) if (name, to) in ports]
        assert len(found) + len(gates) == 1, f"input {to} of {name} has {len(found) + len(gates)} sources"
        if found:
            return _made_by(graph, walls, *found[0])
        (graph, name), walls, to = walls[-1], walls[:-1], gates[0]


def _made_by(graph: LayerGraph, walls: Walls, name: str, out: int) -> Tensor:
    """The call that makes an output of an item."""
    item = graph.nodes[name]["item"]
    while isinstance(item, Composite):
        name, out = item.body.graph["exits"][out]
        item = item.body.nodes[name]["item"]
    return name, out
