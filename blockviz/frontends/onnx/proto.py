"""The messages of an ONNX file that a picture needs (https://github.com/onnx/onnx, onnx/onnx.proto), as records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from blockviz.frontends.onnx import wire
from blockviz.frontends.onnx.wire import WireError
from blockviz.runtime.records import dataclass, field

Shape: TypeAlias = "tuple[int | str | None, ...]"
_DEEPEST = 64  # bodies within bodies
FLOATING = frozenset({1, 10, 11, 16, 17, 18, 19, 20, 23})
_NARROW = frozenset({2, 3, 4, 5, 21, 22})  # whole numbers of up to 16 bits: quantised weights
_DTYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
           10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that the file holds: its shape, and where its bytes are (empty if they lie in another file)."""

    name: str
    shape: tuple[int, ...]
    dtype: int
    raw: memoryview = memoryview(b"")
    listed: tuple[float, ...] = ()
    external: bool = False

    @property
    def is_weight(self) -> bool:
        """Whether it is of a type that networks learn or quantise to: not int32, int64, bool, text."""
        return self.dtype in FLOATING or self.dtype in _NARROW


@dataclass(frozen=True, slots=True)
class Value:
    """An input, output or inner tensor: a text stands for a size that has a name."""

    name: str
    shape: Shape | None
    dtype: str | None
    is_tensor: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A call of an operator."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str = ""
    domain: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in order of execution, with what they read and give."""

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    initializers: Mapping[str, Tensor]
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Function:
    """An operator that the file itself defines."""

    name: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """A file: its graph, the version of the operators, functions by (domain, name)."""

    graph: Graph
    opset: int
    producer: str
    functions: Mapping[tuple[str, str], Function]


def model(data: memoryview) -> Model:
    """The model in the bytes of a file.

    Raises
    ------
    WireError : they are no ONNX model.
    """
    graph, opset, producer, functions = None, 0, "", {}
    for number, value in wire.fields(data):
        if number == 7:
            graph = _graph(wire.message(value), 0)
        elif number == 2:
            producer = wire.text(value)
        elif number == 8:
            domain, version = _opset(wire.message(value))
            opset = version if domain in ("", "ai.onnx") else opset
        elif number == 25:
            function = _function(wire.message(value))
            functions[function.domain, function.name] = function
    if graph is None:
        raise WireError("it holds no graph")
    return Model(graph, opset, producer, functions)


def _opset(data: memoryview) -> tuple[str, int]:
    domain, version = "", 0
    for number, value in wire.fields(data):
        if number == 1:
            domain = wire.text(value)
        elif number == 2:
            version = wire.signed(value)
    return domain, version


def _graph(data: memoryview, depth: int) -> Graph:
    if depth > _DEEPEST:
        raise WireError("its bodies are nested too deeply")
    name, nodes, inputs, outputs, values = "", [], [], [], {}
    initializers = {}
    for number, value in wire.fields(data):
        if number == 1:
            nodes.append(_node(wire.message(value), depth))
        elif number == 2:
            name = wire.text(value)
        elif number == 5:
            tensor = _tensor(wire.message(value))
            initializers[tensor.name] = tensor
        elif number == 11:
            inputs.append(_value(wire.message(value)))
        elif number == 12:
            outputs.append(_value(wire.message(value)))
        elif number == 13:
            known = _value(wire.message(value))
            values[known.name] = known
        elif number == 15:
            sparse = _sparse(wire.message(value))
            initializers[sparse.name] = sparse
    return Graph(name, tuple(nodes), tuple(inputs), tuple(outputs), initializers, values)


def _node(data: memoryview, depth: int) -> Node:
    inputs, outputs, name, op, domain = [], [], "", "", ""
    attributes, metadata = {}, {}
    for number, value in wire.fields(data):
        if number == 1:
            inputs.append(wire.text(value))
        elif number == 2:
            outputs.append(wire.text(value))
        elif number == 3:
            name = wire.text(value)
        elif number == 4:
            op = wire.text(value)
        elif number == 5:
            key, held = _attribute(wire.message(value), depth)
            attributes[key] = held
        elif number == 7:
            domain = wire.text(value)
        elif number == 9:
            pair = {n: wire.text(v) for n, v in wire.fields(wire.message(value))}
            metadata[pair.get(1, "")] = pair.get(2, "")
    return Node(op, tuple(inputs), tuple(outputs), name, domain, attributes, metadata)


class Reference(str):
    """The name of a function's attribute whose value an attribute inside takes."""

    __slots__ = ()


def _attribute(data: memoryview, depth: int) -> tuple[str, Any]:
    name = ""
    held: Any = None
    listed: list[Any] | None = None
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 21:
            held = Reference(wire.text(value))
        elif number in _SINGLE:
            held = _SINGLE[number](value)
        elif number == 5:
            held = _tensor(wire.message(value))
        elif number == 6:
            held = _graph(wire.message(value), depth + 1)
        elif number in _LISTS:
            listed = [*(listed or ()), *_LISTS[number](value)]
        elif number == 20 and held is None and listed is None:
            held = {1: 0.0, 2: 0, 3: ""}.get(wire.signed(value))  # zeros are not written
            listed = [] if value in (6, 7, 8) else None
    return name, held if listed is None else listed


_SINGLE: Mapping[int, Callable[[wire.Value], Any]] = {2: wire.number, 3: wire.signed, 4: wire.text}
_LISTS: Mapping[int, Callable[[wire.Value], list[Any]]] = {
    7: wire.floats, 8: wire.integers, 9: lambda value: [wire.text(value)],
}  # fmt: skip


def _tensor(data: memoryview) -> Tensor:
    shape: list[int] = []
    dtype, name, external = 0, "", False
    raw = memoryview(b"")
    listed: list[float] = []
    for number, value in wire.fields(data):
        if number == 1:
            shape += wire.integers(value)
        elif number == 2:
            dtype = wire.signed(value)
        elif number == 8:
            name = wire.text(value)
        elif number == 9:
            raw = wire.message(value)
        elif number == 14:
            external = value == 1
        elif number in (5, 7, 11) and (isinstance(value, int) or len(value) < _SMALL):
            listed += wire.integers(value)
        elif number == 4 and not isinstance(value, int) and len(value) < _SMALL:
            listed += wire.floats(value)
    if any(size < 0 for size in shape):
        raise WireError(f"the tensor {name!r} has a negative size")
    return Tensor(name, tuple(shape), dtype, raw, tuple(listed), external)


_SMALL = 1 << 16  # bytes of a list of numbers that is worth reading


def _sparse(data: memoryview) -> Tensor:
    values, shape = None, []
    for number, value in wire.fields(data):
        if number == 1:
            values = _tensor(wire.message(value))
        elif number == 3:
            shape += wire.integers(value)
    if values is None:
        raise WireError("a sparse tensor has no values")
    return Tensor(values.name, tuple(shape), values.dtype, external=True)


def _value(data: memoryview) -> Value:
    name, shape, dtype, is_tensor = "", None, None, True
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 2:
            kinds = dict(wire.fields(wire.message(value)))
            is_tensor = 1 in kinds or not kinds
            if 1 in kinds:
                shape, dtype = _tensor_type(wire.message(kinds[1]))
    return Value(name, shape, dtype, is_tensor)


def _tensor_type(data: memoryview) -> tuple[Shape | None, str | None]:
    shape: Shape | None = None
    dtype = None
    for number, value in wire.fields(data):
        if number == 1:
            dtype = _DTYPES.get(wire.signed(value))
        elif number == 2:
            shape = tuple(_dimension(wire.message(dim)) for key, dim in wire.fields(wire.message(value)) if key == 1)
    return shape, dtype


def _dimension(data: memoryview) -> int | str | None:
    for number, value in wire.fields(data):
        if number == 1:
            size = wire.signed(value)
            return size if size >= 0 else None
        if number == 2:
            return wire.text(value) or None
    return None


def _function(data: memoryview) -> Function:
    name, domain, inputs, outputs, nodes = "", "", [], [], []
    attributes: dict[str, Any] = {}
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 4:
            inputs.append(wire.text(value))
        elif number == 5:
            outputs.append(wire.text(value))
        elif number == 7:
            nodes.append(_node(wire.message(value), 0))
        elif number == 10:
            domain = wire.text(value)
        elif number == 11:
            key, held = _attribute(wire.message(value), 0)
            attributes[key] = held
    return Function(name, domain, tuple(inputs), tuple(outputs), tuple(nodes), attributes)
