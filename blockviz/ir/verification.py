"""The proof of every figure: a block graph expands back to the layer graph it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir.contraction import resolve_exit
from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import Composite, Item, Node
from blockviz.ir.joins import inner_joins
from blockviz.ir.looking_through import joined, looked_through
from blockviz.runtime.records import fields_of

Reads: TypeAlias = dict[str, list[tuple[int, str, int]]]


class Expected:
    """What a block graph must expand to, for verifying more than once.

    wanted : per node of ``source`` the (input index, source, output index) of what it reads.
    neutral : calls of ``source`` that are looked through. items : the calls that are left.
    proved : per body and the tensors that feed it, the calls inside; bodies that a pass leaves alone are not
        proved again until this is cleared.
    """

    __slots__ = ("items", "neutral", "proved", "source", "wanted")

    def __init__(self, source: LayerGraph) -> None:
        self.source = source
        self.wanted: Reads = {name: source.operand_list(name) for name in source}
        self.neutral: frozenset[str] = frozenset()
        self.items: dict[str, Item] = dict(zip(source, source.items(), strict=True))
        self.proved: dict[tuple[LayerGraph, tuple[Port, ...]], list[str]] = {}

    def look_through(self, names: frozenset[str]) -> None:
        """Want the source with these calls looked through: each hands on the one tensor that it reads, or concatenates.

        Raises
        ------
        VerifyError : one of them gives several tensors, owns weights, gives an output of the model, or reads several
            tensors and does not stand inside a concatenation along the same axis.
        """
        if names == self.neutral:
            return
        source = self.source
        several = {name for name in names if len(source.operand_list(name)) > 1}
        for name in names:
            node = source.item(name)
            alone = len(source.operand_list(name)) >= 1 == len(node.outputs) and name not in source.exit_names
            if not (isinstance(node, Node) and alone and node.layer.params == 0):
                raise VerifyError(f"node {name!r} was left out, and is not neutral")
        plain = looked_through(source, names - several)
        if wrong := several - inner_joins(plain).keys():
            raise VerifyError(f"node {min(wrong)!r} was left out, and is not neutral")
        expected = joined(plain, several) if several else plain
        self.neutral = names
        self.wanted = {name: expected.operand_list(name) for name in expected}
        self.items = dict(zip(expected, expected.items(), strict=True))
        self.proved.clear()


def verify(graph: LayerGraph, source: LayerGraph, expected: Expected | None = None) -> None:
    """Check that the block graph expands to ``source``, node for node and edge for edge, neutral calls looked through.

    The node ids are kept through every pass, so the isomorphism is known and checking it is linear. Every
    graph lists what a node reads before the node, which also proves that no fold has made a cycle.
    ``expected`` is that of the source, for who verifies more than once.

    Raises
    ------
    VerifyError : a node, an edge, an operand order, an output or a parameter differs.
    """
    expected = expected or Expected(source)
    expected.look_through(frozenset(name for name in graph.neutral if name in source))
    found: list[str] = []
    _prove(graph, [("", number) for number in range(len(graph.entries))], expected, found)
    if len(set(found)) < len(found):
        raise VerifyError(f"nodes stand in two places: {sorted(set(_repeated(found)))[:5]}")
    if len(found) != len(expected.wanted):
        raise VerifyError(f"nodes are lost: {sorted(expected.wanted.keys() - set(found))[:5]}")
    exits = tuple(resolve_exit(graph, port, _always) for port in graph.exits)
    if exits != source.exits or graph.inputs != source.inputs:
        raise VerifyError("inputs or outputs differ")


def _repeated(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def _prove(graph: LayerGraph, feeds: Sequence[Port], expected: Expected, found: list[str]) -> None:
    """Check what every call in a body reads, through all blocks; ``feeds[i]`` is the call's tensor behind entry i."""
    incoming: dict[str, list[tuple[int, str, int]]] = {}
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming.setdefault(name, []).append((index, *feeds[number]))
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
        if not isinstance(item, Composite):
            _prove_call(item, operands, expected)
            found.append(item.id)
            continue
        if [to for to, _, _ in operands] != list(range(len(item.body.entries))):
            raise VerifyError(f"block {name!r} has inputs that nothing feeds, or none")
        key = item.body, tuple([(source, out) for _, source, out in operands])
        if (inside := expected.proved.get(key)) is not None:
            found += inside
        else:
            first = len(found)
            _prove(item.body, key[1], expected, found)
            expected.proved[key] = found[first:]
        for number, port in enumerate(item.body.exits):
            behind[name, number] = resolve_exit(item.body, port, _always)


def _prove_call(node: Node, operands: list[tuple[int, str, int]], expected: Expected) -> None:
    name = node.id
    if name not in expected.wanted or not _is_same(expected.items[name], node):
        raise VerifyError(f"node {name!r} is not the one of the model")
    if operands != expected.wanted[name]:
        raise VerifyError(f"node {name!r} reads other tensors than in the model")


def _is_same(wanted: Item, node: Node) -> bool:
    """Whether a call is the one of the model; one that reads what was joined inside it is made anew, of the same."""
    return wanted is node or all(getattr(wanted, key, None) == getattr(node, key) for key in fields_of(node))


def _always(_: Composite) -> bool:
    return True
