"""From a run to the layer graph: calls become nodes, what a composite owns itself lies on the call that reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

from blockviz.costs import cost as costs
from blockviz.frontends.constant_masks import trait_of_call, with_causal_mask
from blockviz.frontends.keras.calls import Call, read_call
from blockviz.frontends.keras.canonical_config import canonical_config
from blockviz.frontends.keras.class_names import class_of
from blockviz.frontends.keras.dtypes import ITEM_BYTES
from blockviz.frontends.keras.live_wiring import entry_of
from blockviz.frontends.trace.leaves import is_kerass, is_layer, kerass_base, sublayers
from blockviz.frontends.trace.plain import Operand, Output, PlainCall
from blockviz.frontends.trace.written_layers import written_layer
from blockviz.ir import UNKNOWN, Layer, LayerGraph, Node, Port, Scope, Shape
from blockviz.ops.node_writer import NodeWriter, known_layer, layer_of_class, lone_call
from blockviz.ops.vocabulary import CONTROL
from blockviz.runtime.records import dataclass, field, replace
from blockviz.shapes import inference as shapes

Shapes: TypeAlias = tuple[Shape, ...]

_TENSOR, _VARIABLE, _ARRAY = "__keras_tensor__", "Variable", "Array"


@dataclass(slots=True)
class _Source:
    """What a tensor that depends on no input is made of: the variables behind it, its shape, and its trait."""

    variables: tuple[int, ...]
    tensor: Output
    trait: str = ""


@dataclass(slots=True)
class GraphBuilder:
    """Adds the calls of a run one after the other.

    variables : by identity, those that code reads itself. places : name of a tensor → the node that gives it.
    sources : name of a tensor → what it is made of, where that is no input.
    """

    graph: LayerGraph
    variables: Mapping[int, Any]
    places: dict[str, Port] = field(default_factory=dict)
    rows: dict[str, int | None] = field(default_factory=dict)
    sources: dict[str, _Source] = field(default_factory=dict)
    layers: dict[int, Layer] = field(default_factory=dict)
    calls: Counter[int] = field(default_factory=Counter)
    counted: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def add_input(self, tensor: str, name: str, shape: Shape, dtype: str) -> None:
        """An input of the model."""
        name = self._unused(name)
        layer = known_layer(name, "InputLayer", {"batch_shape": list(shape), "dtype": dtype})
        NodeWriter(self.graph).call(name, layer, (), (), (shape,), item_bytes=ITEM_BYTES.get(dtype, 4))
        self._give(name, [Output(tensor, shape, dtype)])

    def _give(self, node: str, outputs: Iterable[Output]) -> None:
        for place, output in enumerate(outputs):
            self.places[output.name] = (node, place)
            self.rows[output.name] = output.rows

    def add_call(self, call: PlainCall) -> None:
        """One call of a box, with its edges; a function on nothing but constants makes a constant."""
        operands = list(tensors_in([call.args, call.kwargs]))
        if not is_layer(call.operation) and not any(name in self.places for name, _ in operands):
            behind = tuple(dict.fromkeys(key for name, _ in operands for key in self._behind(name)))
            traits = [self.sources[name].trait for name, _ in operands if name in self.sources]
            traits += [array["config"]["trait"] for array in _arrays([call.args, call.kwargs])]
            trait = trait_of_call(type(call.operation).__name__, traits)
            self.sources.update((output.name, _Source(behind, output, trait)) for output in call.outputs)
            return
        read, owned = self._resolved(call, operands)
        inputs = tuple(shape for _, shape in operands)
        read, layer = self._layer(call, read, inputs, owned)
        self.calls[id(call.operation)] += 1
        first = call.outputs[0] if call.outputs else None
        reads = tuple(UNKNOWN if ref.shape is None else ref.shape for ref in read.refs)
        rows = (self.rows[read.refs[0].layer] if read.refs else 1, first.rows if first else 1)
        gives = tuple(output.shape for output in call.outputs)
        asked = replace(lone_call(layer, reads, gives, read.args), rows=rows)
        macs = self._macs(asked, call, inputs)
        if call.times != 1:
            macs = repeated(costs.macs(asked) if macs is None else macs, call.times)
            rows = (repeated(rows[0], call.times), repeated(rows[1], call.times))
        node = NodeWriter(self.graph).call(
            layer.name, layer, [self.places[ref.layer] for ref in read.refs], reads, gives, read.args,
            number=self.calls[id(call.operation)], scope=call.scope, within=call.within, rows=rows,
            macs=macs, item_bytes=ITEM_BYTES.get(first.dtype, 4) if first else 4,
        )  # fmt: skip
        self._give(node.id, call.outputs)

    def add_unread(self, opened: Iterable[tuple[Any, str]]) -> None:
        """Weights that a composite owns and no call reads (a mask token for training): they count for the model, and
        lie on the first call of the innermost composite that has them."""
        unread: dict[str, int] = {}
        for composite, path in sorted(opened, key=lambda item: -len(item[1])):
            names = [n for n in self.graph if not path or path in self._around(n)]
            left = [weight for weight in composite.weights if id(weight) not in self.counted]
            if not left or not names:
                continue
            params, fixed, size = self._count(left)
            unread[path] = params
            old = self._node(names[0] if path else self._first_call()).layer
            size += old.weight_bytes or 0
            fixed += old.non_trainable
            new = replace(old, params=(old.params or 0) + params, non_trainable=fixed, size=size)
            for name in list(self.graph):
                if self._node(name).layer is old:
                    self.graph.nodes[name]["item"] = replace(self._node(name), layer=new)
        self.graph.graph["unread"] = unread

    def _node(self, name: str) -> Node:
        item = self.graph.item(name)
        assert isinstance(item, Node)
        return item

    def _around(self, name: str) -> tuple[str, ...]:
        node = self._node(name)
        return (*node.within, *("/".join(node.scope[:depth]) for depth in range(1, len(node.scope) + 1)))

    def _first_call(self) -> str:
        names: Iterable[str] = self.graph
        return next(name for name in names if self._node(name).op != "InputLayer")

    def exit(self, tensor: str) -> Port | None:
        """Where an output of the model comes from; None for a constant."""
        if tensor not in self.places and self._behind(tensor):
            self._add_variable(tensor, self._shape(tensor), PlainCall(None, [], {}, {}, [], (), (), "", None))
        return self.places.get(tensor)

    def _behind(self, tensor: str) -> tuple[int, ...]:
        """The variables that a tensor is made of, if no call of a layer is."""
        if tensor.startswith("w"):
            return (int(tensor[1:]),)
        return self.sources[tensor].variables if tensor in self.sources else ()

    def _shape(self, tensor: str) -> Shape:
        if tensor.startswith("w"):
            return tuple(self.variables[int(tensor[1:])].shape)
        return self.sources[tensor].tensor.shape

    def _resolved(self, call: PlainCall, operands: Sequence[Operand]) -> tuple[Call, tuple[int, ...]]:
        """The call with its constants written out, and the variables that it brings into the graph.

        A function that reads a variable owns it: the position table of an addition, a class token of a
        concatenation. A layer reads it as a tensor of its own, as it would read an input.
        """
        owned: list[int] = []
        for name, shape in operands:
            if name in self.places:
                continue
            behind = self._behind(name)
            if is_layer(call.operation) and behind:
                self._add_variable(name, shape, call)
            owned += behind
        arguments = self._written([call.args, call.kwargs])
        kwargs = with_causal_mask(arguments[1])
        return read_call({"args": arguments[0], "kwargs": kwargs}, ()), tuple(dict.fromkeys(owned))

    def _written(self, value: Any) -> Any:
        """Arguments in which tensors that depend on no input are constants."""
        if isinstance(value, list):
            return [self._written(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("class_name") != _TENSOR:
            return {key: self._written(item) for key, item in value.items()}
        name = value["config"]["keras_history"][0]
        if name in self.places:
            return value
        kind = _VARIABLE if self._behind(name) else _ARRAY
        trait = self.sources[name].trait if name in self.sources and kind == _ARRAY else ""
        told = {"trait": trait} if trait else {}
        return {"class_name": kind, "config": {"shape": value["config"]["shape"], **told}}

    def _add_variable(self, tensor: str, shape: Shape, reader: PlainCall) -> None:
        """A variable (or what is made of some) as a node of its own, where the call that reads it stands."""
        behind = self._behind(tensor)
        first = self.variables[behind[0]]
        name = self._unused(f"{reader.path}/{first.name}" if reader.path else first.name)
        params, fixed, _ = self._sizes(behind)
        layer = layer_of_class(name, _VARIABLE, {"shape": list(shape)}, module="keras", params=params, fixed=fixed)
        rows = shape[0] if shape and shape[0] is not None else 1
        NodeWriter(self.graph).call(
            name, layer, (), (), (shape,), scope=reader.scope, within=reader.within, macs=0, rows=(rows, rows)
        )
        self._give(name, [Output(tensor, shape, str(first.dtype), rows)])

    def _sizes(self, keys: Iterable[int]) -> tuple[int, int, int]:
        """(elements, never trained, bytes) of variables that nothing before has counted."""
        return self._count(self.variables[key] for key in keys)

    def _count(self, variables: Iterable[Any]) -> tuple[int, int, int]:
        total = fixed = size = 0
        for variable in variables:
            if id(variable) not in self.counted:
                self.counted.add(id(variable))
                elements = prod(variable.shape)
                total += elements
                fixed += 0 if variable.trainable else elements
                size += elements * ITEM_BYTES.get(str(variable.dtype), 4)
        return total, fixed, size

    def _layer(self, call: PlainCall, read: Call, inputs: Shapes, owned: tuple[int, ...]) -> tuple[Call, Layer]:
        """The call as the layer is called, and the layer."""
        operation = call.operation
        if id(operation) in self.layers:
            return read, self.layers[id(operation)]
        kind = type(operation)
        stem = operation.name if is_layer(operation) or operation._inbound_nodes else _snake(kind.__name__)
        name = self._unused(f"{call.path}/{stem}" if call.path else stem)
        if is_layer(operation):
            made = self._own_layer(call, name, read, inputs)
        else:
            read, made = self._function(call, name, read, owned)
        self.layers[id(operation)] = made
        return read, made

    def _function(self, call: PlainCall, name: str, read: Call, owned: tuple[int, ...]) -> tuple[Call, Layer]:
        """A function on tensors, or the layer that it is with the variables that it owns."""
        params, fixed, size = self._sizes(owned)
        op, config, module = type(call.operation).__name__, canonical_config(call.config), "keras.ops"
        shapes_in = [UNKNOWN if ref.shape is None else ref.shape for ref in read.refs]
        if written := written_layer(op, config, read.args, shapes_in, [output.shape for output in call.outputs]):
            (op, config), module, read = written, "keras.layers", replace(read, args={})
        return read, layer_of_class(name, op, config, module=module, params=params, fixed=fixed, size=size)

    def _own_layer(self, call: PlainCall, name: str, read: Call, inputs: Shapes) -> Layer:
        layer = call.operation
        total, fixed, size = self._count(layer.weights)
        plain = is_kerass(layer) or not sublayers(layer) or kerass_base(layer) is not None
        config = canonical_config(entry_of(layer)["config"]) if plain else {}
        op, module = class_of({"class_name": type(layer).__name__, "module": _module(layer)})
        base = kerass_base(layer)
        if base is not None and not is_kerass(layer) and _is_like(base, config, inputs, read, call):
            op, module = base, "keras.layers"
        fixed = fixed if layer.trainable else 0
        return layer_of_class(
            name, op, config, module=module, params=total, fixed=fixed, trainable=layer.trainable, size=size
        )

    def _macs(self, node: Node, call: PlainCall, inputs: Shapes) -> int | None:
        """Multiply-adds where the class' rule can't know them: of a layer of the user's that was looked into, with
        operands that are variables, or of a layer on what does not begin with the batch."""
        if call.inside is not None and costs.macs(node) is None:
            return self._inside(call.inside)
        if node.op in CONTROL and not is_layer(call.operation):
            return 0  # the calls of its bodies have the costs
        first = inputs[0][0] if inputs and inputs[0] else None
        if first is None and len(inputs) == len(node.inputs):
            return None
        once = costs.macs(replace(node, inputs=inputs, rows=(1, 1) if first else node.rows))
        return once * first if once and first and is_layer(call.operation) else once

    def _inside(self, calls: Iterable[PlainCall]) -> int | None:
        """Multiply-adds of all calls that a layer of unknown class makes."""
        total = 0
        for call in calls:
            inputs = tuple(shape for _, shape in tensors_in([call.args, call.kwargs]))
            config = call.config or entry_of(call.operation)["config"]
            module = _module(call.operation) if is_layer(call.operation) else "keras.ops"
            layer = layer_of_class("", type(call.operation).__name__, canonical_config(config), module=module)
            read = read_call({"args": call.args, "kwargs": call.kwargs}, ())
            node = lone_call(layer, inputs, [output.shape for output in call.outputs], read.args)
            count = self._macs(node, call, inputs)
            count = costs.macs(node) if count is None else count
            count = repeated(count, call.times)
            if count is None:
                return None
            total += count
        return total

    def _unused(self, stem: str) -> str:
        name, number = stem, 0
        while name in self.names:
            number += 1
            name = f"{stem}_{number}"
        self.names.add(name)
        return name


def repeated(count: int | None, times: int | None) -> int | None:
    """So many, so often; nothing is nothing, however often."""
    if not count:
        return count
    return None if times is None else count * times


def tensors_in(value: Any) -> Iterable[Operand]:
    """Names and shapes of the tensors in arguments, in order, as Keras flattens them."""
    if isinstance(value, dict):
        if value.get("class_name") == _TENSOR:
            yield value["config"]["keras_history"][0], tuple(value["config"]["shape"])
        else:
            for key in sorted(value):
                yield from tensors_in(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from tensors_in(item)


def _is_like(base: str, config: Mapping[str, Any], inputs: Shapes, read: Call, call: PlainCall) -> bool:
    """Whether a subclass owns the weights of its base in Keras and gives the same, as far as the rules know.

    Of attention some biases may be missing: Whisper's keys have none.
    """
    owned = sum(prod(weight.shape) for weight in call.operation.weights)
    bare = {**config, "use_bias": False} if base in costs.ATTENTION else config
    least, most = (costs.count_params(base, one, inputs, "keras.layers", read.args) for one in (bare, config))
    if least is None or most is None or not least[0] <= owned <= most[0]:
        return False
    try:
        found = shapes.output_shapes(base, config, inputs, read.args)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return False
    return found is None or found[:1] == tuple(output.shape for output in call.outputs[:1])


def _module(operation: Any) -> str:
    module = type(operation).__module__
    return "keras.layers" if module.startswith("keras.src.layers") else module


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def scoped(scopes: Mapping[str, Scope], wanted: Iterable[str]) -> dict[str, Scope]:
    """Those scopes in which calls are left."""
    kept = set(wanted)
    return {path: scope for path, scope in scopes.items() if path in kept}


def _arrays(value: Any) -> Iterator[dict[str, Any]]:
    """The constants among arguments of which more is known than their shapes."""
    if isinstance(value, dict):
        if value.get("class_name") == _ARRAY and "trait" in value["config"]:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _arrays(item)
