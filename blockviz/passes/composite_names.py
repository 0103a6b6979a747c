"""What the author's code calls a block: the class of the composite layer that the block coincides with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from blockviz.ir import LayerGraph, Node, leaves

_Layers = frozenset[str]


def composite_names(graph: LayerGraph, bodies: Mapping[str, Sequence[LayerGraph]]) -> dict[str, str]:
    """Block type → class of the composites that most of its copies coincide with, layer by layer with weights.

    Nothing for a type whose copies are parts of composites, or of several classes: a wrong name is worse than none.
    """
    inside: dict[str, set[str]] = defaultdict(set)
    for node in leaves(graph):
        for path in node.within if node.layer.params else ():
            inside[path].add(node.layer.name)
    owners: dict[_Layers, str] = {}
    for path, names in inside.items():  # the outermost of several around the same layers comes first
        owners.setdefault(frozenset(names), graph.composites[path].op)
    found = {key: _most([owners.get(_weighty(leaves(body)), "") for body in copies]) for key, copies in bodies.items()}
    return {key: name for key, name in found.items() if name}


def _weighty(nodes: Iterable[Node]) -> _Layers:
    return frozenset(node.layer.name for node in nodes if node.layer.params)


def _most(names: Sequence[str]) -> str:
    name, count = Counter(names).most_common(1)[0]
    return name if 2 * count > len(names) and not name.startswith("Sequential") else ""
