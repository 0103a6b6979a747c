"""An order in which modules of several streams stand one after the other, each in the order of the first.

The exchanges of an HRNet and the layers of a BiFPN or NAS-FPN read a tensor of each scale and give one of each. In
depth-first order two of them overlap, and their calls come in whatever order they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import networkx as nx

from blockviz.ir import LayerGraph
from blockviz.search.stream_modules import stream_modules

Copies: TypeAlias = tuple[tuple[int, int], ...]


def frontier_order(graph: LayerGraph) -> tuple[list[str], tuple[Copies, ...]]:
    """The graph's order, but with the copies of each module of several streams in one piece and one inner order.

    And where in it they stand, module by module; the order is as it is where there is none.
    """
    taken, modules = set[str](), list[list[list[str]]]()
    for copies in stream_modules(graph):
        free = [copy for copy in copies if taken.isdisjoint(copy)]
        if len(free) > 1 and nx.is_directed_acyclic_graph(_quotient(graph, [*modules, free])[0]):
            modules.append(free)
            taken.update(name for copy in free for name in copy)
    order = _joined(graph, modules) if modules else list(graph)
    at = {name: place for place, name in enumerate(order)}
    starts = [sorted(min(map(at.__getitem__, copy)) for copy in copies) for copies in modules]
    return order, tuple(tuple((start, start + len(copies[0])) for start in found)
                        for found, copies in zip(starts, modules, strict=True))  # fmt: skip


def evened(types: list[list[tuple[int, int]]], modules: tuple[Copies, ...]) -> list[list[tuple[int, int]]]:
    """The intervals of types, but the same ones in each copy of a module: those of the copy that has most in types.

    What straddles the end of a copy is in none: the copies are equal, and are to be drawn so.
    """
    for copies in modules:
        inside = {copy: [(number, a - copy[0], b - copy[0]) for number, intervals in enumerate(types)
                         for a, b in intervals if copy[0] <= a and b <= copy[1]] for copy in copies}  # fmt: skip
        best = max(inside.values(), key=lambda found: sum(b - a for _, a, b in found))
        types = [[(a, b) for a, b in intervals if all(b <= c or d <= a for c, d in copies)] for intervals in types]
        for number, a, b in best:
            types[number] += [(start + a, start + b) for start, _ in copies]
    return [sorted(intervals) for intervals in types if len(intervals) > 1]


def _quotient(graph: LayerGraph, modules: list[list[list[str]]]) -> tuple[nx.DiGraph[object], dict[object, list[str]]]:
    """The graph with each copy as one node, and what each node stands for."""
    holder: dict[str, object] = {}
    calls: dict[object, list[str]] = {}
    for number, copies in enumerate(modules):
        for copy in copies:
            key = (number, copy[0])
            calls[key] = copy
            holder.update(dict.fromkeys(copy, key))
    out: nx.DiGraph[object] = nx.DiGraph()
    for name in graph:
        node = holder.setdefault(name, name)
        calls.setdefault(node, [name])
        out.add_node(node)
    out.add_edges_from((holder[a], holder[b]) for a, b in graph.edges if holder[a] != holder[b])
    return out, calls


def _joined(graph: LayerGraph, modules: list[list[list[str]]]) -> list[str]:
    """The graph's order with each copy in one piece, the next of its module right behind it where it can be.

    Inside, the first copy keeps the graph's order, and the others have that of the first.
    """
    place = {name: number for number, name in enumerate(graph)}
    quotient, calls = _quotient(graph, [_in_one_order(copies, place) for copies in modules])
    first = {node: min(map(place.__getitem__, names)) for node, names in calls.items()}
    module = {node: node[0] if isinstance(node, tuple) else None for node in quotient}
    waits = dict(quotient.in_degree)
    ready, last, out = [node for node in quotient if not waits[node]], None, list[str]()
    while ready:
        node = min(ready, key=lambda one: (module[one] is None or module[one] != last, first[one]))
        ready.remove(node)
        last = module[node]
        out += calls[node]
        for reader in quotient.succ[node]:
            waits[reader] -= 1
            if not waits[reader]:
                ready.append(reader)
    return out


def _in_one_order(copies: list[list[str]], place: Mapping[str, int]) -> list[list[str]]:
    inner = sorted(range(len(copies[0])), key=lambda number: place[copies[0][number]])
    return [[copy[number] for number in inner] for copy in copies]
