"""The proof of every figure: a block graph expands back to the layer graph it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

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
    wanted = reads(source) if reads_of is None else reads_of
    found = set()
    for node, operands in _leaf_reads(graph, [("", number) for number in range(len(graph.entries))]):
        name = node.id
        if name in found:
            raise VerifyError(f"node {name!r} stands in two places")
        if name not in wanted or source.item(name) is not node:
            raise VerifyError(f"node {name!r} is not the one of the model")
        if operands != wanted[name]:
            raise VerifyError(f"node {name!r} reads other tensors than in the model")
        found.add(name)
    if len(found) != len(wanted):
        raise VerifyError(f"nodes are lost: {sorted(set(wanted) - found)[:5]}")
    exits = tuple(resolve_exit(graph, port, _always) for port in graph.exits)
    if exits != source.exits or graph.inputs != source.inputs:
        raise VerifyError("inputs or outputs differ")


def reads(graph: LayerGraph) -> Reads:
    """Per node the (input index, source, output index) of what it reads."""
    return {name: graph.operand_list(name) for name in graph}


def _leaf_reads(graph: LayerGraph, feeds: Sequence[Port]) -> Iterator[tuple[Node, list[tuple[int, str, int]]]]:
    """Every call with the (input index, source call, output index) of what it reads, through all blocks."""
    incoming: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming[name].append((index, *feeds[number]))
    behind: dict[Port, Port] = {}  # tensors of blocks → of calls
    seen = set()
    for name, item in zip(graph, graph.items(), strict=True):
        operands = incoming.get(name, [])
        for to, source, out in graph.operand_list(name):
            if source not in seen:
                raise VerifyError(f"{name!r} stands before {source!r}, which it reads: a cycle, or a wrong order")
            operands.append((to, *behind.get((source, out), (source, out))))
        operands.sort()
        seen.add(name)
        if not isinstance(item, Block):
            yield item, operands
            continue
        if [to for to, _, _ in operands] != list(range(len(item.body.entries))):
            raise VerifyError(f"block {name!r} has inputs that nothing feeds, or none")
        yield from _leaf_reads(item.body, [(source, out) for _, source, out in operands])
        for number, port in enumerate(item.body.exits):
            behind[name, number] = resolve_exit(item.body, port, _always)


def _always(_: Block) -> bool:
    return True
