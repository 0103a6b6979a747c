"""One call as one node: its layer with its parameters, its output shapes, and the edges from its operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from blockviz import costs, shapes
from blockviz.errors import ModelError
from blockviz.frontends.calls import Call, is_shape
from blockviz.frontends.canonical import canonical_config
from blockviz.frontends.wiring import Member
from blockviz.ir import Layer, LayerGraph, Node, Scope, Shape
from blockviz.records import dataclass, field

_MAX_OUTPUTS = 65_536

Counts: TypeAlias = Callable[[str], "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output of a node, with its shape in the model at hand (without the time steps around it)."""

    node: str
    index: int
    shape: Shape | None


@dataclass(slots=True)
class Layout:
    """What is laid out so far; ``counts`` answers for layers of unknown class."""

    graph: LayerGraph
    counts: Counts | None
    scopes: dict[str, Scope] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells about a call's outputs, by number: shapes recorded with the tensors, and hints.

    A hint is what a reader of the output was built for, or None where only that it is read is known. It
    counts where inference fails; the reader may have been built elsewhere, for another size.
    """

    recorded: Mapping[int, Shape]
    hints: Mapping[int, Shape | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls are laid out: scope, the time steps around it, and whether recorded shapes may be too wide."""

    layout: Layout
    scope: tuple[str, ...] = ()
    steps: Shape = ()
    wider: bool = False


def add_call(member: Member, call: Call, operands: list[Tensor], told: Told, place: Place) -> list[Tensor]:
    """Add one call to the graph and return its outputs."""
    graph = place.layout.graph
    inputs = tuple([operand.shape or () for operand in operands])
    layer = member.layer
    if layer is None:
        layer = member.layer = _layer(member, call, inputs, place.layout)
    found = _output_shapes(layer, call, inputs, told, place.wider)
    member.called += 1
    node_id = layer.name if member.called == 1 else f"{layer.name}@{member.called}"
    while node_id in graph:
        node_id += "'"
    shown = tuple([shape or () for shape in found])
    if steps := place.steps:
        shown = tuple(with_steps(shape, steps) or () for shape in found)
        if member.op != "InputLayer":
            inputs = tuple(with_steps(operand.shape, steps) or () for operand in operands)
        else:
            inputs = shown[:1] * min(1, len(inputs)) + inputs[1:]
    node = Node(node_id, layer, inputs, shown, call.args, place.scope, member.called)
    graph.add_item(node, [(to, operand.node, operand.index) for to, operand in enumerate(operands)])
    return [Tensor(node_id, index, shape) for index, shape in enumerate(found)]


def _layer(member: Member, call: Call, inputs: tuple[Shape, ...], layout: Layout) -> Layer:
    name = member.path
    while name in layout.names:  # "a/b" is either a layer or a path, never both
        name += "'"
    layout.names.add(name)
    if member.op == "InputLayer":
        return Layer(name, member.op, _input_config(member.config), 0, 0, member.trainable, member.module)
    config = canonical_config(member.config)
    if member.is_operation:
        return Layer(name, member.op, config, 0, 0, member.trainable, member.module)
    known = inputs if inputs and () not in inputs else (() if member.build_shape is None else (member.build_shape,))
    counted = costs.count_params(member.op, config, known, member.module, call.args)
    if counted is None and layout.counts is not None:
        counted = layout.counts(member.path)
    params, fixed = counted or (None, 0)
    return Layer(name, member.op, config, params, fixed, member.trainable, member.module)


def _input_config(config: Mapping[str, Any]) -> dict[str, Any]:
    shape, dtype = declared_shape(config), config.get("dtype")
    reduced: dict[str, Any] = {"batch_shape": None if shape is None else list(shape)}
    return reduced | ({"dtype": dtype} if isinstance(dtype, str) else {})


def _output_shapes(
    layer: Layer, call: Call, inputs: tuple[Shape, ...], told: Told, wider: bool
) -> list[Shape | None]:
    """Recorded shapes first; inference for what is not recorded, left open, or not read by anyone."""
    recorded = told.recorded
    if layer.op == "InputLayer":
        shape = layer.config["batch_shape"]
        return [merged(None if shape is None else tuple(shape), inputs[0] if inputs else None)]
    if not wider and len(recorded) == 1 and 0 in recorded and "return_state" not in layer.config:
        return [recorded[0]]
    try:
        inferred = shapes.output_shapes(layer.op, layer.config, inputs, call.args) or ()
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        inferred = ()  # a malformed configuration: what is recorded is all that is known
    hints = {} if inferred else told.hints
    count = max(len(inferred), max(recorded, default=0) + 1, max(hints, default=0) + 1)
    if count > _MAX_OUTPUTS:
        raise ModelError(f"the architecture is broken: {layer.name!r} has {count:,} outputs")
    return [merged(recorded.get(i, hints.get(i)), inferred[i] if i < len(inferred) else None) for i in range(count)]


def merged(recorded: Shape | None, inferred: Shape | None) -> Shape | None:
    """The recorded shape, its open sizes filled in where inference knows them."""
    if recorded is None or inferred is None:
        return inferred if recorded is None else recorded
    if len(recorded) != len(inferred):
        return recorded
    return tuple(b if a is None else a for a, b in zip(recorded, inferred, strict=True))


def declared_shape(config: Mapping[str, Any]) -> Shape | None:
    """The shape that an input layer was made with, in the words of any version of Keras."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if shape is None and is_shape(config.get("shape")):
        return (None, *config["shape"])
    return tuple(shape) if is_shape(shape) else None


def with_steps(shape: Shape | None, steps: Shape) -> Shape | None:
    """A shape with the time steps around it put behind the batch size."""
    return None if shape is None else (*shape[:1], *steps, *shape[1:])
