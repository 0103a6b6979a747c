"""The proof of every figure: a block graph expands back to the layer graph it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir.folding import resolve_exit
from blockviz.ir.graph import Block, LayerGraph, Node, Port

Reads: TypeAlias = dict[str, list[tuple[int, str, int]]]


def verify(graph: LayerGraph, source: LayerGraph, reads_of: Reads | None = None) -> None:
    """Check that the block graph expands to ``source``, node for node and edge for edge.

    The node ids are kept through every pass, so the isomorphism is known and checking it is linear. Every
    graph lists what a node reads before the node, which also proves that no fold has made a cycle.
    ``reads_of`` is `reads` of the source, for who verifies more than once.

    Raises
    ------
    VerifyError : a node, an edge, an operand order, an output or a parameter differs.
    """
    proof = _Proof(source, reads(source) if reads_of is None else reads_of, set())
    _prove(graph, [("", number) for number in range(len(graph.entries))], proof)
    if len(proof.found) != len(proof.wanted):
        raise VerifyError(f"nodes are lost: {sorted(set(proof.wanted) - proof.found)[:5]}")
    exits = tuple(resolve_exit(graph, port, _always) for port in graph.exits)
    if exits != source.exits or graph.inputs != source.inputs:
        raise VerifyError("inputs or outputs differ")


def reads(graph: LayerGraph) -> Reads:
    """Per node the (input index, source, output index) of what it reads."""
    return {name: graph.operand_list(name) for name in graph}


class _Proof(NamedTuple):
    """What is to be found, and the calls found so far."""

    source: LayerGraph
    wanted: Reads
    found: set[str]


def _prove(graph: LayerGraph, feeds: Sequence[Port], proof: _Proof) -> None:
    """Check what every call in a body reads, through all blocks; ``feeds[i]`` is the call's tensor behind entry i."""
    incoming: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming[name].append((index, *feeds[number]))
    behind: dict[Port, Port] = {}  # tensors of blocks → of calls
    seen = set()
    for name, item in zip(graph, graph.items(), strict=True):
        operands = incoming.get(name, [])
        for source, edge in graph.edges_into(name).items():
            if source not in seen:
                raise VerifyError(f"{name!r} stands before {source!r}, which it reads: a cycle, or a wrong order")
            for out, to in edge["operands"]:
                port = (source, out)
                operands.append((to, *behind.get(port, port)))
        if len(operands) > 1:
            operands.sort()
        seen.add(name)
        if not isinstance(item, Block):
            _prove_call(item, operands, proof)
            continue
        if [to for to, _, _ in operands] != list(range(len(item.body.entries))):
            raise VerifyError(f"block {name!r} has inputs that nothing feeds, or none")
        _prove(item.body, [(source, out) for _, source, out in operands], proof)
        for number, port in enumerate(item.body.exits):
            behind[name, number] = resolve_exit(item.body, port, _always)


def _prove_call(node: Node, operands: list[tuple[int, str, int]], proof: _Proof) -> None:
    name = node.id
    if name in proof.found:
        raise VerifyError(f"node {name!r} stands in two places")
    if name not in proof.wanted or proof.source.item(name) is not node:
        raise VerifyError(f"node {name!r} is not the one of the model")
    if operands != proof.wanted[name]:
        raise VerifyError(f"node {name!r} reads other tensors than in the model")
    proof.found.add(name)


def _always(_: Block) -> bool:
    return True
