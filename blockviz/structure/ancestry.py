"""Which nodes of a skeleton lead where, and which merges close a skip, however dense the wiring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import networkx as nx

_STEPS = 300_000  # edges walked in search of one block's skips; past them it is told by what else it does
_WEIGHTY = frozenset({"conv", "dw", "sep", "tconv", "dense", "attn", "rnn", "blocks"})
_TOO_MANY = 2  # weighty operations: what passes by has one at most


class Ancestry:
    """The ancestors of every node as the bits of one number, itself included."""

    def __init__(self, graph: nx.DiGraph[str]) -> None:
        self.order = list(nx.topological_sort(graph))
        self.place = {name: number for number, name in enumerate(self.order)}
        self.bits: dict[str, int] = {}
        for number, name in enumerate(self.order):
            bits = 1 << number
            for before in graph.predecessors(name):
                bits |= self.bits[before]
            self.bits[name] = bits

    def mask(self, names: Iterable[str]) -> int:
        """The bits of some nodes."""
        bits = 0
        for name in names:
            bits |= 1 << self.place[name]
        return bits

    def of(self, name: str) -> list[str]:
        """The ancestors of a node, itself included, in topological order."""
        bits = self.bits[name]
        return [one for number, one in enumerate(self.order[: self.place[name] + 1]) if bits >> number & 1]

    def unrelated(self, names: Sequence[str]) -> bool:
        """Whether none of some nodes leads to another."""
        mask = self.mask(names)
        return all(self.bits[name] & mask == 1 << self.place[name] for name in names)


class _Ways(NamedTuple):
    """Ways from behind a node to a merge, by the input through which they come: two of the fewest weighty operations
    and two of the most, each pair through different inputs."""

    least: tuple[tuple[int, str], ...]
    most: tuple[tuple[int, str], ...]


def closes_a_skip(graph: nx.DiGraph[str], kin: Ancestry) -> bool:
    """Whether a merge closes a skip: one branch of a fork passes by, as it is or projected, what another computes."""
    steps = _STEPS
    for name in kin.order:
        if graph.nodes[name]["label"] not in ("add", "join") or graph.in_degree(name) < 2:
            continue
        found, walked = _closes(graph, kin, name, steps)
        steps -= walked
        if found or steps <= 0:
            return found
    return False


def _closes(graph: nx.DiGraph[str], kin: Ancestry, end: str, steps: int) -> tuple[bool, int]:
    """Whether a skip ends at a merge, and the edges that were walked to know."""
    ways = {before: _Ways(((0, before),), ((0, before),)) for before in graph.predecessors(end)}
    passes = 1 if len(ways) == 2 else 0  # of several ways a projection is one like the others
    walked = 0
    for at in reversed(kin.of(end)[:-1]):
        least, most = ways[at]
        if any(low <= passes and low < high and one != other for low, one in least for high, other in most):
            return True, walked
        if (walked := walked + graph.in_degree(at)) > steps:
            break
        if graph.nodes[at]["label"].partition(":")[0] in _WEIGHTY:
            least, most = (tuple((count + 1, way) for count, way in pairs) for pairs in (least, most))
        elif graph.nodes[at]["label"] == "gap" or (graph.nodes[at]["label"] == "mul" and graph.in_degree(at) > 1):
            # one number a channel, or gated: nothing passes by
            least = tuple((count + _TOO_MANY, way) for count, way in least)
        for before in graph.predecessors(at):
            known = ways.get(before)
            if known is None:
                ways[before] = _Ways(least, most)
            else:
                merged = sorted((*known.most, *most), reverse=True)
                ways[before] = _Ways(_two(sorted((*known.least, *least))), _two(merged))
    return False, walked


def _two(pairs: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """The first two that come through different inputs."""
    first = pairs[0]
    return (first, *next(((pair,) for pair in pairs if pair[1] != first[1]), ()))
