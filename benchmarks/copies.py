"""How many copies of an author's repeated composite come out as exactly one found block, or one unit, each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from blockviz.ir import LayerGraph, Node, Run, Unit, blocks_in, leaves
from blockviz.summary import Summary


def exact_copies(summary: Summary) -> tuple[int, int]:
    """(copies found, copies): of the outermost composite class that is called most, by the layers with weights."""
    wanted = repeated_composites(summary.source)
    bodies = [summary.graph, *(block.body for block in blocks_in(summary.graph))]
    found = {_weighty(leaves(body)) for body in bodies[1:]} | {_weighty(leaves(unit.body)) for unit in _units(bodies)}
    return sum(copy in found for copy in wanted), len(wanted)


def repeated_composites(graph: LayerGraph) -> list[frozenset[str]]:
    """The weighted layers of each copy of every class that is repeated and not inside another repeated one."""
    inside: dict[str, list[Node]] = defaultdict(list)
    for node in leaves(graph):
        for path in node.within:
            inside[path].append(node)
    classes = Counter(graph.composites[path].op for path in inside)
    chosen: list[str] = []
    for path in sorted(inside, key=lambda path: path.count("/")):
        scope = graph.composites[path]
        repeated = classes[scope.op] > 1 and _numbered(graph, scope.op)
        if repeated and not any(path.startswith(f"{other}/") for other in chosen):
            chosen.append(path)
    copies = [_weighty(inside[path]) for path in chosen]
    return [copy for copy in copies if len(copy) > 1]


def _numbered(graph: LayerGraph, op: str) -> bool:
    """Whether the class is a layer of a stack: at least three of it are called under one parent."""
    parents = Counter(path.rpartition("/")[0] for path, scope in graph.composites.items() if scope.op == op)
    return max(parents.values()) > 2


def _units(bodies: Iterable[LayerGraph]) -> Iterator[Unit]:
    """The units in them, also in rows: a convolution with its norm and activation is one box."""
    for body in bodies:
        for item in body.items():
            if isinstance(item, Run):
                yield from _units([item.body])
            elif isinstance(item, Unit):
                yield item


def _weighty(nodes: object) -> frozenset[str]:
    return frozenset(node.layer.name for node in nodes if node.layer.params)  # type: ignore[attr-defined]
