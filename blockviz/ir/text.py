"""A graph as text that a person can read and write, and `parse` reads back: tests are text in, text out.

    graph net
    x = InputLayer() -> [?, 8]
    a = Dense(x) {"units": 4} -> [?, 4] | params=36
    b = Add(a, x#1) -> [?, 4]
    block:a = Block(x) | type="A"
      c = Conv2D(%0) {"filters": 8} -> [?, 8]
      return c
    return b, block:a

A line is ``id = class(operands) {configuration} -> shapes | other fields``; a composite is followed by its body,
indented. ``x#1`` is the second output of x, ``%0`` the first tensor that enters a body, ``?`` an open size, ``[*]`` a
shape of which not even the rank is known. Fields that have their usual values are left out, ``params`` too where
a class has none; what a node reads is taken from its operands.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from blockviz.errors import ModelError
from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import (
    UNKNOWN,
    Backbone,
    Block,
    BlockType,
    Composite,
    Group,
    Idiom,
    Item,
    Layer,
    Nested,
    Network,
    Node,
    Run,
    Scope,
    Shape,
    Tap,
    Unit,
)
from blockviz.ir.text_line import BARE, Line
from blockviz.runtime.records import fields_of

_KINDS = {kind.__name__: kind for kind in (Unit, Idiom, Block, Run, Group, Backbone, Nested)}


def to_text(graph: LayerGraph) -> str:
    """The graph as text; linear in calls."""
    held = {key: graph.graph[key] for key in ("inputs", "scopes", "composites", "types") if graph.graph.get(key)}
    head = f"graph {_name(str(graph.graph.get('name', 'model')))}{_listed({k: _plain(v) for k, v in held.items()})}"
    return "\n".join([head, *_body(graph, ""), ""])


def _body(graph: LayerGraph, indent: str) -> Iterator[str]:
    entering: dict[str, dict[int, str]] = defaultdict(dict)
    for number, ports in enumerate(graph.entries):
        for reader, index in ports:
            entering[reader][index] = f"%{number}"
    for name, item in zip(graph, graph.items(), strict=True):
        read = {to: _port((source, out)) for to, source, out in graph.operand_list(name)}
        read |= entering.get(name, {})
        operands = ", ".join(read.get(index, "-") for index in range(max(read, default=-1) + 1))
        if isinstance(item, Node):
            derived = tuple(_given(graph, item, index) for index in sorted(read))
            yield f"{indent}{_call(item, operands, item.inputs if item.inputs != derived else None)}"
        else:
            fields = {key: _plain(getattr(item, key)) for key in fields_of(item) if key not in ("id", "body")}
            usual = {"variant": None, "stage": None, "parallel": False, "type": ""}
            fields = {key: value for key, value in fields.items() if key not in usual or value != usual[key]}
            yield f"{indent}{_name(item.id)} = {type(item).__name__}({operands}){_listed(fields)}"
            yield from _body(item.body, indent + "  ")
    if graph.exits:
        yield f"{indent}return {', '.join(map(_port, graph.exits))}"


def _given(graph: LayerGraph, node: Node, index: int) -> Shape:
    for to, source, out in graph.operand_list(node.id):
        if to == index:
            shapes = graph.item(source).outputs
            return shapes[out] if out < len(shapes) else UNKNOWN
    return node.inputs[index] if index < len(node.inputs) else UNKNOWN


def _call(node: Node, operands: str, inputs: tuple[Shape, ...] | None) -> str:
    layer = node.layer
    config = f" {json.dumps(dict(layer.config))}" if layer.config else ""
    shapes = f" -> {', '.join(map(_shape, node.outputs))}" if node.outputs else ""
    follows = layer.name in (node.id, node.id.rpartition("@")[0])
    fields: dict[str, Any] = {} if follows else {"layer": layer.name}
    fields |= _unusual(layer, Layer("", ""), ("name", "op", "config"))
    fields |= _unusual(node, Node("", layer), ("id", "layer", "inputs", "outputs"))
    if inputs is not None:
        fields["inputs"] = [None if shape == UNKNOWN else list(shape) for shape in inputs]
    return f"{_name(node.id)} = {_name(layer.op)}({operands}){config}{shapes}{_listed(fields)}"


def _unusual(record: Layer | Node, usual: Layer | Node, known: tuple[str, ...]) -> dict[str, Any]:
    pairs = ((key, getattr(record, key)) for key in fields_of(record) if key not in known)
    return {key: _plain(value) for key, value in pairs if value != getattr(usual, key)}


def _plain(value: Any) -> Any:
    """Records and tuples as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, BlockType | Scope | Network | Tap):
        return {key: _plain(getattr(value, key)) for key in fields_of(value) if key != "main"}
    return value


def _listed(fields: Mapping[str, Any]) -> str:
    return " | " + " ".join(f"{key}={json.dumps(value)}" for key, value in fields.items()) if fields else ""


def _name(text: str) -> str:
    return text if BARE.fullmatch(text) and text not in ("graph", "return") else json.dumps(text)


def _port(port: Port) -> str:
    return _name(port[0]) + (f"#{port[1]}" if port[1] else "")


def _shape(shape: Shape) -> str:
    return "[*]" if shape == UNKNOWN else f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def parse(text: str) -> LayerGraph:
    """The graph of a text.

    Raises
    ------
    ModelError : a line that can't be read; the sentence names it.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    first = Line(*lines[0]) if lines else None
    if first is None or not first.begins_with("graph"):
        raise ModelError("the text of a graph begins with a line 'graph NAME'")
    name, fields = first.name(), first.fields()
    graph, rest = _parsed(lines[1:], 0, {}, {})
    if rest:
        raise ModelError(f"line {rest[0][0]} is indented further than what it belongs to")
    graph.graph.update(name=name, inputs=tuple(fields.get("inputs", ())))
    for key, kind in (("scopes", Scope), ("composites", Scope), ("types", BlockType)):
        if key in fields:
            graph.graph[key] = {path: _record(kind, values) for path, values in fields[key].items()}
    return graph


_Lines = list[tuple[int, str]]


def _parsed(
    lines: _Lines, depth: int, given: Mapping[int, Shape], layers: dict[str, Layer]
) -> tuple[LayerGraph, _Lines]:
    """A body from its lines; ``given`` are the shapes of the tensors that enter it, ``layers`` those met so far."""
    graph = LayerGraph()
    entries: dict[int, list[Port]] = defaultdict(list)
    while lines and len(lines[0][1]) - len(lines[0][1].lstrip()) == depth:
        line, lines = Line(*lines[0]), lines[1:]
        if line.begins_with("return"):
            graph.graph["exits"] = tuple(line.ports("\n"))
            break
        name = line.name()
        line.expects("=")
        kind = line.name()
        line.expects("(")
        read = list(line.ports(")"))
        shapes = [_entering(graph, port, given, line) for port in read]
        if kind in _KINDS:
            fields = line.fields()
            body, lines = _parsed(lines, depth + 2, dict(enumerate(shapes)), layers)
            item: Item = _composite(name, kind, body, fields)
        else:
            item = line.call(name, kind, shapes, layers)
        for index, (source, number) in enumerate(read):
            if source == "%":
                entries[number].append((name, index))
        outer = [(index, source, out) for index, (source, out) in enumerate(read) if source not in ("%", "-")]
        graph.add_item(item, outer)
    graph.graph["entries"] = tuple(tuple(entries[number]) for number in range(max(entries, default=-1) + 1))
    return graph, lines


def _entering(graph: LayerGraph, port: Port, given: Mapping[int, Shape], line: Line) -> Shape:
    name, out = port
    if name in ("%", "-"):
        return given.get(out, UNKNOWN)
    if name not in graph:
        raise line.error(f"reads {name!r}, which stands nowhere before it")
    shapes = graph.item(name).outputs
    return shapes[out] if out < len(shapes) else UNKNOWN


def _composite(name: str, kind: str, body: LayerGraph, fields: dict[str, Any]) -> Composite:
    if "network" in fields:
        taps = tuple(_record(Tap, {**tap, "shape": tuple(tap["shape"])}) for tap in fields["network"].pop("taps", ()))
        fields["network"] = _record(Network, {**fields["network"], "taps": taps})
    made: Composite = _KINDS[kind](name, body, **fields)
    return made


def _record(kind: type, values: Mapping[str, Any]) -> Any:
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
