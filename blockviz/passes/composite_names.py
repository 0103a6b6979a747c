"""What the author calls a block: the class of the composite layer, or the nested model, that it coincides with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from blockviz.ir import LayerGraph, Node, leaves
from blockviz.passes.layer_words import name_by_hand

_Layers = frozenset[str]


def composite_names(graph: LayerGraph, bodies: Mapping[str, Sequence[LayerGraph]]) -> dict[str, str]:
    """Block type → class of the composites that most of its copies coincide with, layer by layer with weights.

    Nothing for a type whose copies are parts of composites, or of several classes: a wrong name is worse than none.
    """
    owners = _by_layers((path, node) for node in leaves(graph) for path in node.within)
    classes = {layers: graph.composites[path].op for layers, path in owners.items()}
    found = {key: _most([classes.get(_weighty(leaves(body)), "") for body in copies]) for key, copies in bodies.items()}
    return {key: name for key, name in found.items() if name}


def nested_names(graph: LayerGraph, bodies: Mapping[str, Sequence[LayerGraph]]) -> dict[str, str]:
    """Block type → name of the nested models that its copies are calls of, where their author gave them one."""
    owners = _by_layers((path, node) for node in leaves(graph) for path in node.scope)
    names = {key: {_nested_name(body, owners) for body in copies} for key, copies in bodies.items()}
    return {key: name for key, (name, *others) in names.items() if name and not others}


def _nested_name(body: LayerGraph, owners: Mapping[_Layers, str]) -> str:
    """The name of the nested model that a body is; empty where it holds other calls, or nobody gave it one."""
    path = owners.get(_weighty(leaves(body)), "")
    whole = path and all(path in node.scope for node in leaves(body) if node.op != "InputLayer")
    return name_by_hand(path.rpartition("/")[2]) if whole else ""


def _by_layers(calls: Iterable[tuple[str, Node]]) -> dict[_Layers, str]:
    """The layers with weights inside each path → that path; of several around the same ones the outermost."""
    inside: dict[str, set[str]] = defaultdict(set)
    for path, node in calls:
        if node.layer.params:
            inside[path].add(node.layer.name)
    owners: dict[_Layers, str] = {}
    for path, names in inside.items():
        owners.setdefault(frozenset(names), path)
    return owners


def _weighty(nodes: Iterable[Node]) -> _Layers:
    return frozenset(node.layer.name for node in nodes if node.layer.params)


def _most(names: Sequence[str]) -> str:
    name, count = Counter(names).most_common(1)[0]
    return name if 2 * count > len(names) and not name.startswith("Sequential") else ""
