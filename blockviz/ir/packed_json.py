"""Layer graphs as compact JSON: what recurs (layers, calls, scopes) is written once and numbered.

::

    {"name": …, "layers": [[op, module, config, params, non-trainable, trainable], …],
     "calls": [[layer, input shapes, output shapes, args], …],   one per distinct kind of call; null: no shape known
     "nodes": [name, …], "kinds": [call, …], "reads": [distance or operands, …],
     "again": {node: first node of its layer}, "scoped": {node: scope}, "scopes": …, "inputs": …, "exits": …,
     "within": {node: composites}, "composites": …, "macs": {node: count}}   only where layers were opened

``reads`` holds, per node, 1 for "output 0 of the node before", n for the node n places before, and a
list of n or [n, output] where there are several operands. Names of nodes are their layers' names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from blockviz.ir import UNKNOWN, Layer, LayerGraph, Node, Scope, Shape


def pack(graph: LayerGraph) -> dict[str, Any]:
    """A layer graph (nodes only, no blocks) as JSON types; `unpack` gives an equal graph."""
    layers, calls, scopes = _Table(), _Table(), _Table()
    places: dict[str, int] = {}
    firsts: dict[str, int] = {}
    out: dict[str, Any] = {"name": graph.graph.get("name", "model")}
    names, kinds, reads, again, scoped = [], [], [], {}, {}
    opened, within, counted = _Table(), dict[str, int](), dict[str, int]()
    for place, node in enumerate(graph.items()):
        if not isinstance(node, Node):
            raise TypeError(f"{node.id!r} is a block: only layer graphs are packed")
        layer = node.layer
        row = [layer.op, layer.module, layer.config, layer.params, layer.non_trainable, layer.trainable]
        kind = layers.number(row if layer.size in (None, 4 * (layer.params or 0)) else [*row, layer.size])
        call = [kind, _rows(node.inputs), _rows(node.outputs), node.args]
        unusual = (node.rows, node.item_bytes) != ((1, 1), 4)
        kinds.append(calls.number([*call, node.rows, node.item_bytes] if unusual else call))
        reads.append(_packed_reads(graph, node.id, place, places))
        names.append(node.id)
        first = firsts.setdefault(layer.name, place)
        if first != place:
            again[str(place)] = first
        if node.scope:
            scoped[str(place)] = scopes.number(list(node.scope))
        if node.within:
            within[str(place)] = opened.number(list(node.within))
        if node.macs is not None:
            counted[str(place)] = node.macs
        places[node.id] = place
    if within:
        out |= {"within": within, "opened": opened.rows, "composites": _scope_rows(graph.composites)}
    if counted:
        out["macs"] = counted
    return out | {
        "layers": layers.rows, "calls": calls.rows, "nodes": names, "kinds": kinds, "reads": reads,
        "again": again, "scoped": scoped, "paths": scopes.rows,
        "scopes": _scope_rows(graph.scopes),
        "inputs": [places[name] for name in graph.inputs],
        "exits": [[places[name], index] for name, index in graph.exits],
    }  # fmt: skip


def _scope_rows(scopes: Mapping[str, Scope]) -> list[list[Any]]:
    return [[scope.path, scope.op, scope.calls] for scope in scopes.values()]


class _Table:
    """Rows in order of first use, equal rows once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, row: Any) -> int:
        key = json.dumps(row, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            self.rows.append(row)
        return self._numbers[key]


def _packed_reads(graph: LayerGraph, name: str, place: int, places: Mapping[str, int]) -> Any:
    found: list[Any] = []
    for to, source, out in graph.operand_list(name):
        if to != len(found):
            raise ValueError(f"{name!r} has no operand {len(found)}")
        distance = place - places[source]
        found.append([distance, out] if out else distance)
    return found[0] if len(found) == 1 and isinstance(found[0], int) else found


def unpack(data: Mapping[str, Any]) -> LayerGraph:
    """The layer graph that `pack` wrote.

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError : the data is not `pack`'s.
    """
    graph = LayerGraph(name=data["name"])
    calls = [
        (kind, _shapes(inputs), _shapes(outputs), args, *(more or [(1, 1), 4]))
        for kind, inputs, outputs, args, *more in data["calls"]
    ]
    paths = [tuple(path) for path in data["paths"]]
    names, rows, again, scoped = data["nodes"], data["layers"], data["again"], data["scoped"]
    within, counted = data.get("within", {}), data.get("macs", {})
    opened = [tuple(path) for path in data.get("opened", ())]
    layers: list[Layer] = []
    times: dict[int, int] = {}
    for place, (name, kind, reads) in enumerate(zip(names, data["kinds"], data["reads"], strict=True)):
        number, inputs, outputs, args, entries, item_bytes = calls[kind]
        first = again.get(str(place), place)
        times[first] = call = times.get(first, 0) + 1
        op, module, config, params, fixed, trainable, *size = rows[number]
        layer = layers[first] if call > 1 else Layer(name, op, config, params, fixed, trainable, module, *size)
        layers.append(layer)
        scope = paths[scoped[str(place)]] if str(place) in scoped else ()
        inside = opened[within[str(place)]] if str(place) in within else ()
        node = Node(
            name, layer, inputs, outputs, args, scope, call, inside, counted.get(str(place)),
            (entries[0], entries[1]), item_bytes,
        )  # fmt: skip
        graph.add_item(node, _reads(reads, names, place))
    graph.graph["inputs"] = tuple(names[place] for place in data["inputs"])
    graph.graph["exits"] = tuple((names[place], index) for place, index in data["exits"])
    graph.graph["scopes"] = {path: Scope(path, op, calls) for path, op, calls in data["scopes"]}
    if opened:
        graph.graph["composites"] = {path: Scope(path, op, calls) for path, op, calls in data["composites"]}
    return graph


def _shapes(rows: list[list[int | None] | None]) -> tuple[Shape, ...]:
    return tuple(UNKNOWN if row is None else tuple(row) for row in rows)


def _rows(shapes: tuple[Shape, ...]) -> list[Shape | None]:
    return [None if shape == UNKNOWN else shape for shape in shapes]


def _reads(reads: Any, names: list[str], place: int) -> list[tuple[int, str, int]]:
    operands = [reads] if isinstance(reads, int) else reads
    return [
        (to, names[place - read], 0) if isinstance(read, int) else (to, names[place - read[0]], read[1])
        for to, read in enumerate(operands)
    ]
