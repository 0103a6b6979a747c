"""The proof of every figure: a block graph expands back to the layer graph it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import networkx as nx

from blockviz.errors import VerifyError
from blockviz.ir.folding import resolve_exit
from blockviz.ir.graph import Block, LayerGraph, Node, Port


def verify(graph: LayerGraph, source: LayerGraph) -> None:
    """Check that the block graph expands to ``source``, node for node and edge for edge.

    The node ids are kept through every pass, so the isomorphism is known and checking it is linear.

    Raises
    ------
    VerifyError : a node, an edge, an operand order, an output or a parameter differs.
    """
    found: dict[str, list[tuple[int, str, int]]] = {}
    for node, reads in _leaf_reads(graph, [("", number) for number in range(len(graph.entries))]):
        if node.id in found:
            raise VerifyError(f"node {node.id!r} stands in two places")
        if node.id not in source or source.item(node.id) is not node:
            raise VerifyError(f"node {node.id!r} is not the one of the model")
        found[node.id] = reads
    if len(found) != len(source):
        raise VerifyError(f"nodes differ: {sorted(set(found) ^ set(source))[:5]}")
    for name, reads in found.items():
        if reads != source.operand_list(name):
            raise VerifyError(f"node {name!r} reads other tensors than in the model")
    exits = tuple(resolve_exit(graph, port, _always) for port in graph.exits)
    if exits != source.exits or graph.inputs != source.inputs:
        raise VerifyError("inputs or outputs differ")
    _check_acyclic(graph)


def _leaf_reads(graph: LayerGraph, feeds: Sequence[Port]) -> Iterator[tuple[Node, list[tuple[int, str, int]]]]:
    """Every call with the (input index, source call, output index) of what it reads, through all blocks."""
    incoming: dict[str, list[tuple[int, Port]]] = defaultdict(list)
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming[name].append((index, feeds[number]))
    for name, item in zip(graph, graph.items(), strict=True):
        reads = incoming.get(name, [])
        for to, source, out in graph.operand_list(name):
            reads.append((to, resolve_exit(graph, (source, out), _always)))
        reads.sort()
        if isinstance(item, Block):
            if [to for to, _ in reads] != list(range(len(item.body.entries))):
                raise VerifyError(f"block {name!r} has inputs that nothing feeds, or none")
            yield from _leaf_reads(item.body, [tensor for _, tensor in reads])
        else:
            yield item, [(to, tensor[0], tensor[1]) for to, tensor in reads]


def _always(_: Block) -> bool:
    return True


def _check_acyclic(graph: LayerGraph) -> None:
    if not nx.is_directed_acyclic_graph(graph):
        raise VerifyError("a block is not convex: the block graph has a cycle")
    for item in graph.items():
        if isinstance(item, Block) and item.kind != "unit":
            _check_acyclic(item.body)
