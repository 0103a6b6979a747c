"""From the messages of an ONNX file to a draft: each node in turn, constants computed, the others by their operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import prod
from typing import TypeAlias

import numpy as np

from blockviz.errors import ModelError, UsageError
from blockviz.frontends.onnx import elementwise, layers, rearrange, values
from blockviz.frontends.onnx.known_shapes import ABSENT, Known
from blockviz.frontends.onnx.names import module_path, plain_name
from blockviz.frontends.onnx.proto import Graph, Model, Node, Tensor, Value
from blockviz.frontends.onnx.shapes import result_shapes
from blockviz.frontends.onnx.state import Constant, Held, MaybeShape, Step
from blockviz.ir import Shape
from blockviz.ops.builder import Builder
from blockviz.ops.drafts import Tensor as Drawn
from blockviz.ops.drafts import Weight
from blockviz.ops.vocabulary import VocabularyError
from blockviz.runtime.records import replace

Operator: TypeAlias = Callable[[Step], "list[Held]"]
Within: TypeAlias = "tuple[tuple[str, str], ...]"
Sizes: TypeAlias = Callable[[Sequence[str]], Mapping[str, Shape]]
_MOST_NODES = 1_000_000


Fold: TypeAlias = Callable[[Mapping[str, int]], Mapping[str, values.Array]]


class Reader:
    """Reads one model.

    sizes : what gives the shapes of inputs that the user has said, for the inputs' names. fold : what gives numbers
    that another has computed, by the tensors' names, for sizes that have a name in the file.
    """

    def __init__(self, model: Model, builder: Builder, sizes: Sizes, fold: Fold | None = None) -> None:
        self.model, self.builder, self.fold = model, builder, fold
        self.folded: Mapping[str, values.Array] = {}
        self.asked = [value for value in model.graph.inputs if value.name not in model.graph.initializers]
        self.sizes = sizes([value.name for value in self.asked])
        self.symbols: dict[str, int] = {}
        self.uses: Counter[str] = Counter()
        self.aliases: Counter[str] = Counter()
        self.left = _MOST_NODES
        self.paths: Counter[str] = Counter()

    def read(self) -> None:
        """Read the graph into the builder.

        Raises
        ------
        ModelError : it is no graph: a name is used before it is given.
        """
        graph = self.model.graph
        self._count_uses(graph.nodes)
        scope = Scope(self, dict(graph.values))
        for value in self.asked:
            scope.held[value.name] = self._input(value)
        if self.fold is not None:
            self.folded = self.fold(self.symbols)
        scope.initialise(graph)
        scope.run(graph.nodes)
        for value in graph.outputs:
            held = scope.held.get(value.name)
            if isinstance(held, Drawn):
                self.builder.draft.outputs.append(held)
        if not self.builder.draft.outputs:
            raise ModelError("its outputs don't depend on its inputs")

    def _input(self, value: Value) -> Held:
        if not value.is_tensor:
            raise ModelError(f"its input {value.name!r} is a sequence or a map: only tensors can be drawn")
        shape = None if value.shape is None else self._sized(value)
        return self.builder.input(plain_name(value.name), shape, value.dtype)

    def _sized(self, value: Value) -> Shape:
        """The input's shape: sizes given by the user, one example where the batch is open."""
        declared = value.shape or ()
        given = self.sizes.get(value.name)
        if given is not None:
            fixed = [size if isinstance(size, int) else None for size in declared]
            apart = any(b is not None and a not in (b, None) for a, b in zip(given, fixed, strict=False))
            if len(given) != len(declared) or apart:
                told = "×".join("?" if size is None else str(size) for size in fixed)
                raise UsageError(f"input {value.name!r} has the shape {told}, which the given one does not fit")
        sizes: list[int | None] = []
        for axis, size in enumerate(declared):
            wanted = given[axis] if given is not None else None
            if isinstance(size, int):
                sizes.append(size)
                continue
            found = 1 if axis == 0 else wanted if wanted is not None else self.symbols.get(size or "")
            if isinstance(size, str) and found is not None:
                self.symbols.setdefault(size, found)
            sizes.append(found)
        return tuple(sizes)

    def shape(self, value: Value | None) -> MaybeShape:
        """A recorded shape, its named sizes filled in."""
        if value is None or value.shape is None:
            return None
        return tuple(self.symbols.get(size) if isinstance(size, str) else size for size in value.shape)

    def unused(self, path: str) -> str:
        """The path of a body or function that no other one has."""
        self.paths[path] += 1
        return path if self.paths[path] == 1 else f"{path}_{self.paths[path]}"

    def _count_uses(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.uses.update(node.inputs)
            for held in node.attributes.values():
                if isinstance(held, Graph):
                    self._count_uses(held.nodes)

    def weight(self, tensor: Tensor) -> Constant:
        """A stored tensor: a weight if it may be trained, else a constant."""
        value = values.array_of(tensor)
        if not tensor.is_weight or (value is not None and value.size == 1) or values.is_mask(tensor):
            return Constant(tensor.shape, value, real=tensor.dtype in values.FLOATS)
        name = tensor.name
        self.builder.weight(name, Weight(prod(tensor.shape), storage=name))
        return Constant(tensor.shape, value, (name,), self.uses[name] > 1 and values.is_uniform(tensor))

    def own(self, held: Constant) -> Constant:
        """The weight itself; where equal untrained weights were merged in the file, one for each use."""
        if not held.merged:
            return held
        aliases = []
        for name in held.weights:
            self.aliases[name] += 1
            aliases.append(f"{name}#{self.aliases[name]}")
            self.builder.weight(aliases[-1], Weight(self.builder.draft.weights[name].elements, storage=aliases[-1]))
        return Constant(held.shape, held.value, tuple(aliases))


_REAL = frozenset({"Sqrt", "Reciprocal"})  # give a floating-point number whatever they are given


class Scope:
    """The names of one graph or body; ``prefix`` is what the names of its calls begin with in the picture."""

    def __init__(
        self, reader: Reader, recorded: Mapping[str, Value], within: Within = (), outer: Scope | None = None,
        prefix: str = "",
    ) -> None:  # fmt: skip
        self.reader, self.recorded, self.within, self.outer, self.prefix = reader, recorded, within, outer, prefix
        self.held: dict[str, Held] = {}

    def initialise(self, graph: Graph) -> None:
        """Take the graph's stored tensors in."""
        for name, tensor in graph.initializers.items():
            self.held[name] = self.reader.weight(tensor)

    def look_up(self, name: str) -> Held | None:
        """What a name stands for; None for an input left out."""
        if not name:
            return None
        scope: Scope | None = self
        while scope is not None:
            if name in scope.held:
                return scope.held[name]
            scope = scope.outer
        raise ModelError(f"its graph reads {name!r}, which nothing gives")

    def run(self, nodes: Sequence[Node]) -> None:
        """Read nodes in turn."""
        for node in nodes:
            self.reader.left -= 1
            if self.reader.left < 0:
                raise ModelError(f"its functions unfold to more than {_MOST_NODES:,} nodes")
            try:
                found = self._node(node)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
                if isinstance(error, ModelError):
                    raise
                told = f"{type(error).__name__}: {error}"
                raise ModelError(f"its node {node.name or node.op!r} ({node.op}) can't be read ({told})") from None
            self.held.update({name: held for name, held in zip(node.outputs, found, strict=False) if name})

    def _node(self, node: Node) -> Sequence[Held]:
        if self.reader.folded and all(name in self.reader.folded for name in node.outputs if name):
            numbers = [self.reader.folded.get(name) for name in node.outputs]
            return [Constant(None if one is None else one.shape, one) for one in numbers]
        function = self.reader.model.functions.get((node.domain, node.op))
        if function is not None:
            from blockviz.frontends.onnx.bodies import call_function

            return call_function(self, node, function)
        if node.op in ("If", "Loop", "Scan"):
            from blockviz.frontends.onnx.bodies import control_flow

            return control_flow(self, node)
        if node.op == "Constant":
            return [self._constant(node)]
        inputs = [self.look_up(name) for name in node.inputs]
        shapes = self.shapes(node, inputs)
        if node.op in ("Shape", "Size"):
            return [_measured(node, inputs[0], shapes[0])]
        if not any(isinstance(held, Drawn) for held in inputs) and (node.op not in _HEAVY or not _weights(inputs[:1])):
            return self._constants(node, inputs, shapes)
        return self._step(node, inputs, shapes)

    def shapes(self, node: Node, inputs: Sequence[Held | None]) -> list[MaybeShape]:
        """Shapes of the node's results, inferred and recorded."""
        known = Known(
            node.attributes,
            [ABSENT if held is None else held.shape for held in inputs],
            [held.value if isinstance(held, Constant) else None for held in inputs],
            max(1, len(node.outputs)),
        )
        inferred = result_shapes(node.op if node.op not in _KERNELS else "Conv", known)
        recorded = [self.reader.shape(self.recorded.get(name)) for name in node.outputs]
        return [_merged(a, b) for a, b in zip(inferred, [*recorded, None], strict=False)]

    def _constant(self, node: Node) -> Constant:
        (key, held), *_ = node.attributes.items() or [("", None)]
        if isinstance(held, Tensor):
            return self.reader.weight(replace(held, name=node.outputs[0]))
        if key in ("value_int", "value_float", "value_ints", "value_floats") and held is not None:
            value = np.array(held, np.float64)
            return Constant(value.shape, value, real="float" in key)
        return Constant(None)

    def _constants(self, node: Node, inputs: Sequence[Held | None], shapes: Sequence[MaybeShape]) -> list[Constant]:
        """What a node makes of constants: numbers, as far as they are few, and the weights that it comes from."""
        held = [one if isinstance(one, Constant) else None for one in inputs]
        given = [None if one is None else one.value for one in held]
        kind = node.attributes.get("to") if node.op == "Cast" else None
        real = kind in values.FLOATS if kind else node.op in _REAL or any(one.real for one in held if one)
        attributes = {**node.attributes, "whole": False} if real else node.attributes
        folded = values.fold(node.op, attributes, given)
        weights = tuple(dict.fromkeys(_weights(inputs)))
        merged = any(one.merged for one in held if one)
        if folded is not None:
            return [Constant(folded.shape, folded, weights, merged, real)]
        return [Constant(shape, None, weights, merged, real) for shape in shapes]

    def _step(self, node: Node, inputs: Sequence[Held | None], shapes: Sequence[MaybeShape]) -> Sequence[Held]:
        if node.op in _PASSED and isinstance(inputs[0], Drawn):
            return [inputs[0], *[Constant(None)] * (len(node.outputs) - 1)]
        name, within = module_path(node)
        name = f"{self.prefix}{name}"
        owned = [self.reader.own(held) if isinstance(held, Constant) else held for held in inputs]
        place = _QUANTISED.get(node.op)
        if place is not None:
            owned = [owned[i] if i < len(owned) else None for i in place]
        if node.op in _HEAVY and isinstance(first := owned[0], Constant):
            owned[0] = self._learned(first, name)
        step = Step(node, owned, shapes, name, (*self.within, *within), self.reader.model.opset, self.reader.builder)
        operator = OPERATORS.get(node.op) if node.domain in _DOMAINS else None
        with suppress(VocabularyError):  # what it is given is of no rank that the operation has, or of an unknown one
            if operator is not None:
                return operator(step)
        weights = [held for held in owned if isinstance(held, Constant)]
        return self.reader.builder.unknown(step.origin(*weights), node.op, step.tensors, shapes, "onnx")

    def _learned(self, held: Constant, name: str) -> Drawn:
        """Weights that a layer reads as its data (the queries that DETR learns)."""
        origin = Step(Node("", (), ()), (), (), f"{name}/weights", self.within, 0, self.reader.builder).origin(held)
        return self.reader.builder.parameter(origin, held.shape)


def _weights(inputs: Sequence[Held | None]) -> list[str]:
    return [name for held in inputs if isinstance(held, Constant) for name in held.weights]


def _measured(node: Node, held: Held | None, shape: MaybeShape) -> Constant:
    """The shape of a tensor as numbers, with NaN for what is open."""
    if held is None or held.shape is None:
        return Constant(shape)
    sizes = values.sizes_of(held.shape)
    if node.op == "Size":
        return Constant((), np.array(np.prod(sizes)))
    found = sizes[node.attributes.get("start", 0) : node.attributes.get("end")]
    return Constant(found.shape, found)


def _merged(inferred: MaybeShape, recorded: MaybeShape) -> MaybeShape:
    if inferred is None or recorded is None or len(inferred) != len(recorded):
        return recorded if inferred is None else inferred
    return tuple(b if a is None else a for a, b in zip(inferred, recorded, strict=True))


_DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})
_PASSED_WORDS = """Identity Cast CastLike Dropout QuantizeLinear DequantizeLinear StopGradient DynamicQuantizeLinear
    FakeQuantize"""
_PASSED = frozenset(_PASSED_WORDS.split())
# Operators that work on data: where that is a weight, it is a tensor of the picture.
_HEAVY_WORDS = """Conv ConvTranspose Gemm MatMul BatchNormalization LayerNormalization LSTM GRU RNN Attention"""
_HEAVY = frozenset(_HEAVY_WORDS.split())
_KERNELS = frozenset({"QLinearConv"})
# Quantised operators carry scales and zero points between their operands: which inputs are the operands.
_QUANTISED = {"QLinearConv": (0, 3, 8), "QLinearMatMul": (0, 3), "ConvInteger": (0, 1), "MatMulInteger": (0, 1),
              "QLinearAdd": (0, 3), "QLinearGlobalAveragePool": (0,)}  # fmt: skip

OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(("Conv", "ConvTranspose", "FusedConv", "QLinearConv", "ConvInteger"), layers.conv),
    "Gemm": layers.gemm,
    **dict.fromkeys(("MatMul", "FusedMatMul", "QLinearMatMul", "MatMulInteger"), layers.matmul),
    "BatchNormalization": layers.batch_norm,
    "InstanceNormalization": layers.instance_norm,
    "GroupNormalization": layers.group_norm,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"), layers.layer_norm),
    **dict.fromkeys(("SkipLayerNormalization", "SkipSimplifiedLayerNormalization"), layers.skip_layer_norm),
    **dict.fromkeys(("MaxPool", "AveragePool"), layers.pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "QLinearGlobalAveragePool"), layers.global_pool),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), layers.recurrent),
    "Gather": layers.gather,
    "Attention": layers.attention,
    "Einsum": layers.einsum,
    **dict.fromkeys(elementwise.ACTIVATIONS, elementwise.activation),
    "Softmax": elementwise.softmax,
    "Clip": elementwise.clip,
    **dict.fromkeys((*elementwise.BINARY, "QLinearAdd"), elementwise.binary),
    **dict.fromkeys(elementwise.UNARY, elementwise.unary),
    "Where": elementwise.where,
    **dict.fromkeys(elementwise.REDUCTIONS, elementwise.reduce),
    **dict.fromkeys(("ArgMax", "ArgMin"), elementwise.arg),
    "Reshape": rearrange.reshape,
    "Flatten": rearrange.flatten,
    "Transpose": rearrange.transpose,
    "Concat": rearrange.concat,
    "Split": rearrange.split,
    "Slice": rearrange.sliced,
    "Pad": rearrange.pad,
    **dict.fromkeys(("Resize", "Upsample"), rearrange.resize),
    **{op: rearrange.moving(name) for op, name in rearrange.MOVING.items()},
}
