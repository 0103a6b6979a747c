"""Elementwise calls: sums, products, powers, functions of one number, choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from blockviz.ir import Node
from blockviz.ops.families import activation_of, family
from blockviz.patterns.axes import Dims, fresh, resolved_dims
from blockviz.patterns.lowering import Lower, Lowering, softmax_over
from blockviz.patterns.settings import axes_of, operands_of, option
from blockviz.patterns.values import Tensor, Value, align

FUNCTIONS = frozenset(
    [
        "Exp",
        "Log",
        "Log1p",
        "Expm1",
        "Erf",
        "Sin",
        "Cos",
        "Tan",
        "Arctan",
        "Abs",
        "Absolute",
        "Floor",
        "Ceil",
        "Round",
        "Sign",
        "Softplus",
        "Tanh",
        "Sigmoid",
        "Relu",
        "Relu6",
        "Silu",
        "Gelu",
        "HardSigmoid",
        "HardSilu",
        "HardSwish",
        "LeakyRelu",
        "LeakyReLU",
        "Elu",
        "ELU",
        "Selu",
        "Softsign",
        "Mish",
        "Celu",
        "ReLU",
        "PReLU",
        "LogSigmoid",
        "Sinh",
        "Cosh",
    ]
)


def summed(signs: Sequence[float]) -> Lower:
    """The rule of sums with given signs (the last for all further operands), and of averages."""

    def lower(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
        operands = operands_of(lowering, node, inputs)
        factors = [*signs, *[signs[-1]] * (len(operands) - len(signs))]
        if node.op == "Average":
            factors = [1 / len(operands)] * len(operands)
        tensors = [(t, f) for t, f in zip(operands, factors, strict=False) if isinstance(t, Tensor)]
        constant = sum(f * t for t, f in zip(operands, factors, strict=False) if not isinstance(t, Tensor))
        out = lowering.store.add([t for t, _ in tensors], [f for _, f in tensors], constant, node.id)
        centred = signs[-1] < 0 and len(tensors) == 2 and _is_mean_of(tensors[1][0].value, tensors[0][0])
        return [out if centred else lowering.settled(node, out)]

    return lower


def _is_mean_of(value: Value, tensor: Tensor) -> bool:
    return len(value.args) == 1 and value.args[0].value.op == "mean" and value.args[0].value.args[0].key == tensor.key


def multiplied(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of products."""
    operands = operands_of(lowering, node, inputs)
    factor = prod(t for t in operands if not isinstance(t, Tensor))
    return [
        lowering.settled(node, lowering.store.multiply([t for t in operands if isinstance(t, Tensor)], factor, node.id))
    ]


def divided(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of quotients, of a tensor or of a constant."""
    above, below = operands_of(lowering, node, inputs)
    if not isinstance(below, Tensor):
        return [lowering.store.multiply([above] if isinstance(above, Tensor) else [], 1 / below, node.id)]
    if not isinstance(above, Tensor):
        return [lowering.store.multiply([below], above, node.id, [-1.0])]
    return [lowering.store.multiply([above, below], 1.0, node.id, [1.0, -1.0])]


def powered(exponent: float) -> Lower:
    """The rule of a fixed power."""
    return lambda lowering, node, inputs: [lowering.store.multiply(inputs[:1], 1.0, node.id, [exponent])]


def power_of(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a power with a constant exponent."""
    base, exponent = operands_of(lowering, node, inputs)
    if isinstance(base, Tensor) and not isinstance(exponent, Tensor):
        return [lowering.store.multiply([base], 1.0, node.id, [exponent])]
    return []


def rescaled(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a scale and an offset that are settings."""
    scale, offset = node.config.get("scale"), node.config.get("offset", 0.0)
    if isinstance(scale, int | float) and isinstance(offset, int | float):
        return [lowering.store.add(inputs[:1], [float(scale)], float(offset), node.id)]
    return []


def function_of(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of elementwise functions and activation layers."""
    (tensor,) = inputs
    name = activation_of(node) if family(node.op) == "act" else node.op.lower()
    if name == "softmax":
        return softmax_over(lowering, node, tensor, axes_of(option(node, "axis", 1, -1), len(tensor.dims)))
    if node.op == "PReLU":
        return lowering.layer("prelu", node, inputs, tensor.dims)
    slope = option(node, "negative_slope", 1, option(node, "alpha", 1))
    if name == "relu" and slope:
        name = "leaky_relu"
    numbers = [float(slope)] if isinstance(slope, int | float) and name in ("leaky_relu", "elu") else []
    return lowering.function(name, node, tensor, *numbers)


def softmax_call(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a softmax over one or more axes, of what a mask keeps if there is one."""
    tensor = inputs[0]
    if len(inputs) > 1:
        dims, aligned = align(inputs[:2])
        tensor = Tensor(lowering.store.make("where", aligned, dims, [node.id], node), dims)
    return softmax_over(lowering, node, tensor, axes_of(option(node, "axis", 1, -1), len(tensor.dims)))


def bounded(name: str) -> Lower:
    """The rule of the larger or smaller of two; with a tiny constant it only guards a division."""

    def lower(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
        operands = operands_of(lowering, node, inputs)
        tensors = [t for t in operands if isinstance(t, Tensor)]
        numbers = [t for t in operands if not isinstance(t, Tensor)]
        if len(tensors) == 1 and len(numbers) == 1:
            if name == "maximum" and 0 < numbers[0] <= 1e-3:  # guards a division
                return [lowering.store.multiply(tensors, 1.0, node.id)]
            return lowering.function(name, node, tensors[0], *numbers)

        dims, aligned = align(tensors)
        return lowering.value(name, node, aligned, dims)

    return lower


def clipped(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of values kept between two bounds."""
    low, high = option(node, "x_min", 1), option(node, "x_max", 2)
    if 0 < low <= 1e-3 and high > 1e3:
        return [lowering.store.multiply(inputs, 1.0, node.id)]
    return lowering.function("clip", node, inputs[0], float(low), float(high))


def chosen(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a choice by a condition."""
    dims, aligned = _aligned([*inputs[1:], *inputs[:1]])  # the condition's axes say least
    full = resolved_dims(fresh(node.outputs[0], lowering.store.batch)) if len(dims) != len(node.outputs[0]) else dims
    held = [value.get("config", value) for value in node.args.values() if isinstance(value, Mapping)]
    traits = [value["trait"] for value in held if isinstance(value, Mapping) and "trait" in value]
    more = {"trait": traits[0]} if traits else {}
    return lowering.value("where", node, aligned, full, constants=str(dict(node.args)), **more)


def kept_by_triangle(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of an author's own layer that masks what comes later in the scores that it reads."""
    if len(inputs) > 1 or node.inputs[:1] != node.outputs:
        return []
    return lowering.value("where", node, inputs, inputs[0].dims, trait="triangle")


def _aligned(inputs: Sequence[Tensor]) -> tuple[Dims, list[Tensor]]:

    return align(inputs)


def compared(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of comparisons and logic."""
    dims, aligned = _aligned(inputs)
    return lowering.value(node.op.lower(), node, aligned, dims, constants=str(dict(node.args)))
