"""Nested models: which calls belong to one call of a nested model, and each as one block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from blockviz.backbones.trainable_state import trainable_info
from blockviz.ir import Composite, Fold, LayerGraph, Nested, Network, Node, contract
from blockviz.runtime.records import dataclass

ScopePath: TypeAlias = tuple[str, ...]


def scope_calls(graph: LayerGraph) -> dict[ScopePath, list[list[str]]]:
    """Per nested model, the nodes of each of its calls, in topological order. Linear in nodes.

    A layer called k times in a model called c times has k / c calls in each.
    """
    nodes = [item for item in graph.items() if isinstance(item, Node) and item.scope]
    inside: dict[tuple[ScopePath, str], list[int]] = defaultdict(list)  # a layer may be called outside, too
    for node in nodes:
        for depth in range(1, len(node.scope) + 1):
            inside[node.scope[:depth], node.layer.name].append(node.call)
    ranks = {key: {call: rank for rank, call in enumerate(sorted(calls))} for key, calls in inside.items()}
    found: dict[ScopePath, list[list[str]]] = {}
    for node in nodes:
        for depth in range(1, len(node.scope) + 1):
            path = node.scope[:depth]
            scope = graph.scopes.get("/".join(path))
            calls = found.setdefault(path, [[] for _ in range(scope.calls if scope else 1)])
            among = ranks[path, node.layer.name]
            index = among[node.call] * len(calls) // len(among)
            calls[min(index, len(calls) - 1)].append(node.id)
    return found


@dataclass(frozen=True, slots=True)
class CollapseNested:
    """Each outermost nested model becomes one `Nested`, under its own name.

    only : names of nested models to collapse; all, if None.
    """

    name = "collapse-nested"
    only: frozenset[str] | None = None

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with nested models contracted; what other passes have contracted stays."""
        folds = []
        names: Counter[str] = Counter()
        for path, calls in _outermost(graph, self.only).items():
            name = path[-1]
            for members in calls:
                if members:
                    names[name] += 1
                    folds.append(_fold(graph, name, names[name], members, len(calls) > 1))
        return contract(graph, folds) if folds else graph


def _outermost(graph: LayerGraph, only: frozenset[str] | None) -> Mapping[ScopePath, list[list[str]]]:
    chosen: dict[ScopePath, list[list[str]]] = {}
    for path, calls in sorted(scope_calls(graph).items(), key=lambda item: len(item[0])):
        inside = any(path[:depth] in chosen for depth in range(1, len(path)))
        if not inside and (only is None or path[-1] in only):
            chosen[path] = calls
    return chosen


def _fold(graph: LayerGraph, name: str, number: int, members: Sequence[str], shared: bool) -> Fold:
    key = name if number == 1 else f"{name}@{number}"
    while key in graph:
        key += "'"

    def make(body: LayerGraph) -> Composite:
        nodes = [item for item in body.items() if isinstance(item, Node)]
        network = Network(name, name, layers=layer_names(nodes), shared=shared, **trainable_info(nodes))
        return Nested(key, body, network)

    return Fold(members, make)


def layer_names(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Names of the layers behind the calls, each once; input layers are none."""
    return tuple(dict.fromkeys(node.layer.name for node in nodes if node.op != "InputLayer"))
