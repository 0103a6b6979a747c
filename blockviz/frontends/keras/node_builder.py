"""One call as one node: its layer with its parameters, its output shapes, and the edges from its operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from blockviz.costs.cost import WITH_WEIGHTS, macs
from blockviz.costs.params import ATTENTION, stored_params
from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.batch_rows import rows_given
from blockviz.frontends.keras.calls import Call, is_shape
from blockviz.frontends.keras.canonical_config import canonical_config
from blockviz.frontends.keras.dtypes import ITEM_BYTES, dtype_policy
from blockviz.frontends.keras.shape_branches import Constant, is_of_shapes, made, with_constants
from blockviz.frontends.keras.shared_layers import inside_wrapper, name_of
from blockviz.frontends.keras.wiring import Member
from blockviz.ir import UNKNOWN, Layer, LayerGraph, Scope, Shape
from blockviz.ops.node_writer import NodeWriter, layer_of_class, lone_call
from blockviz.runtime.records import dataclass, field, replace
from blockviz.shapes import inference

_MAX_OUTPUTS = 65_536

#: Asked for a layer by its path: its parameters, those that are never trained, and the bytes of them all.
Counts: TypeAlias = Callable[[str], "tuple[int, int, int] | None"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output of a node, with its shape in the model at hand (without the time steps around it).

    ``rows``: how many entries of its first axis belong to one example. ``item_bytes``: of one element.
    ``constant``: what is known of it, if it depends on shapes alone; it has no node then.
    """

    node: str
    index: int
    shape: Shape | None
    rows: int | None = 1
    item_bytes: int = 4
    constant: Constant | None = None

    @property
    def shaped(self) -> Shape:
        """The shape as a graph has it."""
        return UNKNOWN if self.shape is None else self.shape


@dataclass(slots=True)
class Layout:
    """What is laid out so far; ``counts`` answers for layers of unknown class.

    ``same`` has the path of a layer's first entry for each further one, ``owners`` who stands for each path,
    ``weights`` the layer that was first to call the weights of a path, itself or in a wrapper;
    ``quantised``: whether some layer is. ``constants``: layers whose calls depend on shapes alone and have no
    node, with the nodes that these read; None where they stay.
    """

    graph: LayerGraph
    counts: Counts | None
    same: Mapping[str, str] = field(default_factory=dict)
    weights: dict[str, Layer] = field(default_factory=dict)
    owners: dict[str, Member] = field(default_factory=dict)
    quantised: bool = False
    scopes: dict[str, Scope] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    constants: dict[str, list[str]] | None = field(default_factory=dict)


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


def entered(member: Member, feed: Tensor) -> Tensor:
    """What an input of a nested model stands for: the tensor that feeds it, its open sizes as declared.

    It is no layer: nothing happens there.
    """
    return replace(feed, shape=merged(declared_shape(member.config), feed.shape))


def add_call(member: Member, call: Call, operands: list[Tensor], told: Told, place: Place) -> list[Tensor]:
    """Add one call to the graph and return its outputs."""
    layout, steps = place.layout, place.steps
    inputs = tuple([operand.shaped for operand in operands])
    owner = layout.owners.setdefault(layout.same.get(member.path, member.path), member)
    layer = owner.layer
    if layer is None:
        layer = owner.layer = _of_known_weights(_layer(owner, call, inputs, layout), owner, layout)
    member.layer = layer
    found = _output_shapes(layer, call, inputs, told, place.wider)
    constants = [operand.constant for operand in operands]
    if layout.constants is not None and member.is_operation and is_of_shapes(layer.op, constants):
        layout.constants[layer.name] = [operand.node for operand in operands]
        known = made(layer.op, call, constants, operands[0].shape)
        return [Tensor("", index, shape, 1, constant=known) for index, shape in enumerate(found)]
    whole = inputs, call.args
    if any(constants):
        call = with_constants(call, constants, inputs)
        operands = [operand for operand in operands if operand.constant is None]
        inputs = tuple([operand.shaped for operand in operands])
        found = found if found and None not in found else _output_shapes(layer, call, inputs, told, place.wider)
    owner.called += 1
    shown = tuple([UNKNOWN if shape is None else shape for shape in found])
    if steps:
        shown = tuple(with_steps(shape, steps) for shape in found)
        if member.op != "InputLayer":
            inputs = tuple(with_steps(operand.shape, steps) for operand in operands)
        else:
            inputs = shown[:1] * min(1, len(inputs)) + inputs[1:]
    reads = [(operand.shape, operand.rows) for operand in operands]
    rows = rows_given(layer, call.args, reads, found[0] if found else None)
    size = _item_bytes(member, call, operands)
    before = operands[0].rows if operands else 1
    asked = None
    if any(constants) and not steps:
        asked = replace(lone_call(layer, whole[0], shown, whole[1]), rows=(before, rows))
    node = NodeWriter(layout.graph).call(
        owner.path, layer, [(operand.node, operand.index) for operand in operands], inputs, shown, call.args,
        number=owner.called, scope=place.scope, rows=(before, rows), item_bytes=size, steps=tuple(steps),
        macs=asked and macs(asked),
    )  # fmt: skip
    return [Tensor(node.id, index, shape, rows, size) for index, shape in enumerate(found)]


def _of_known_weights(layer: Layer, member: Member, layout: Layout) -> Layer:
    """A layer that is called in ``TimeDistributed`` and without: under one name, so that its weights count once."""
    wrapped = inside_wrapper(member.op, member.config)
    inner = f"{member.path}/{name_of(wrapped)}" if wrapped is not None else member.path
    key = layout.same.get(inner, inner)
    first = layout.weights.setdefault(key, layer)
    return layer if first.name == layer.name else replace(layer, name=first.name)


def _item_bytes(member: Member, call: Call, operands: list[Tensor]) -> int:
    """The size of one element of what a call gives: of the policy's type, or of a function's, that of its operand."""
    if member.is_operation:
        kinds = [value for value in call.args.values() if isinstance(value, str) and value in ITEM_BYTES]
        return ITEM_BYTES[kinds[0]] if kinds else operands[0].item_bytes if operands else 4
    return dtype_policy(member.config.get("dtype")).computed


def _layer(member: Member, call: Call, inputs: tuple[Shape, ...], layout: Layout) -> Layer:
    name = member.path
    while name in layout.names:  # "a/b" is either a layer or a path, never both
        name += "'"
    layout.names.add(name)
    config = _input_config(member.config) if member.op == "InputLayer" else canonical_config(member.config)
    layer = layer_of_class(name, member.op, config, module=member.module, params=0, trainable=member.trainable)
    if member.op == "InputLayer" or member.is_operation:
        return layer
    known = inputs if inputs and UNKNOWN not in inputs else ()
    if not known and member.build_shape is not None:
        known = (member.build_shape,)
    stored = dtype_policy(member.config.get("dtype")).stored
    counted = stored_params(member.op, layer.config, known, member.module, call.args, stored)
    hidden = layout.quantised and member.op in ATTENTION  # whose projections don't say that they are quantised
    if (counted is None or hidden) and layout.counts is not None:
        counted = layout.counts(member.path) or counted
        if counted and not counted[0] and (member.op in WITH_WEIGHTS or not member.is_built):
            counted = None  # saved before it had any
    params, fixed, size = counted or (None, 0, None)
    return replace(layer, params=params, non_trainable=fixed, size=size)


def _gives_states(config: Mapping[str, Any]) -> bool:
    """Whether a recurrent layer, or the one inside a wrapper, gives its states besides its output."""
    inner = config.get("layer")
    inner = inner.get("config") if isinstance(inner, Mapping) else None
    return "return_state" in config or (isinstance(inner, Mapping) and "return_state" in inner)


def _input_config(config: Mapping[str, Any]) -> dict[str, Any]:
    shape, dtype = declared_shape(config), config.get("dtype")
    reduced: dict[str, Any] = {"batch_shape": None if shape is None else list(shape)}
    return reduced | ({"dtype": dtype} if isinstance(dtype, str) else {})


def _output_shapes(layer: Layer, call: Call, inputs: tuple[Shape, ...], told: Told, wider: bool) -> list[Shape | None]:
    """Recorded shapes first; inference for what is not recorded, left open, or not read by anyone."""
    recorded = told.recorded
    if layer.op == "InputLayer":
        shape = layer.config["batch_shape"]
        fed = inputs[0] if inputs and inputs[0] != UNKNOWN else None
        return [merged(None if shape is None else tuple(shape), fed)]
    single = len(recorded) == 1 and 0 in recorded and max(told.hints, default=0) == 0
    if not wider and single and not _gives_states(layer.config):
        return [recorded[0]]
    inferred: tuple[Shape | None, ...]
    try:
        inferred = inference.output_shapes(layer.op, layer.config, inputs, call.args) or ()
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        inferred = ()  # a malformed configuration: what is recorded is all that is known
    if UNKNOWN in inputs:
        inferred = (None,) * len(inferred)  # how many there are is known, no more
    hints = {} if inferred else told.hints
    count = max(len(inferred), max(recorded, default=0) + 1, max(hints, default=0) + 1)
    if count > _MAX_OUTPUTS:
        raise ModelError(f"the architecture is broken: {quoted(layer.name)} has {count:,} outputs")
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


def with_steps(shape: Shape | None, steps: Shape) -> Shape:
    """A shape with the time steps around it put behind the batch size."""
    return UNKNOWN if shape is None else (*shape[:1], *steps, *shape[1:])
