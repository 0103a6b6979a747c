"""ONNX operators that work element by element: activations, arithmetic, reductions."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.frontends.onnx.state import Constant, Held, Step
from blockviz.ops.builder import is_neutral
from blockviz.ops.drafts import Tensor

ACTIVATIONS = {
    "Relu": "relu", "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Sigmoid": "sigmoid", "Tanh": "tanh",
    "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_silu", "Gelu": "gelu", "FastGelu": "gelu", "BiasGelu": "gelu",
    "LogSoftmax": "log_softmax", "Softplus": "softplus", "Mish": "mish", "Swish": "silu", "QuickGelu": "quick_gelu",
    "ThresholdedRelu": "threshold", "Celu": "celu", "Softsign": "softsign", "PRelu": "prelu", "Shrink": "soft_shrink",
}  # fmt: skip
BINARY = {
    "Add": "Add", "Mul": "Multiply", "Sub": "Subtract", "Div": "Divide", "Pow": "Power", "Mod": "Mod",
    "Max": "Maximum", "Min": "Minimum", "Mean": "Average", "Sum": "Add", "Equal": "Equal", "Greater": "Greater",
    "GreaterOrEqual": "GreaterEqual", "Less": "Less", "LessOrEqual": "LessEqual", "And": "LogicalAnd",
    "Or": "LogicalOr", "Xor": "LogicalXor",
}  # fmt: skip
UNARY = {
    "Sqrt": "Sqrt", "Exp": "Exp", "Log": "Log", "Neg": "Negative", "Abs": "Absolute", "Erf": "Erf", "Sin": "Sin",
    "Erfc": "Erfc", "Reciprocal": "Reciprocal", "Cos": "Cos", "Floor": "Floor", "Ceil": "Ceil", "Round": "Round",
    "Not": "LogicalNot",
    "Sign": "Sign", "Tan": "Tan", "Atan": "Arctan", "IsNaN": "Isnan", "IsInf": "Isinf", "CumSum": "Cumsum",
    "LpNormalization": "Normalize",
}  # fmt: skip
REDUCTIONS = {
    "ReduceMean": "Mean", "ReduceSum": "Sum", "ReduceMax": "Max", "ReduceMin": "Min", "ReduceProd": "Prod",
    "ReduceL1": "Norm", "ReduceL2": "Norm", "ReduceLogSumExp": "Logsumexp",
}  # fmt: skip


def activation(step: Step) -> list[Held]:
    """An activation; PReLU has weights, and ONNX Runtime's biased GELU a bias."""
    origin = step.origin(*(held for held in step.inputs[1:] if isinstance(held, Constant)))
    return [step.builder.activation(origin, step.x, ACTIVATIONS[step.node.op])]


def softmax(step: Step) -> list[Held]:
    """Softmax along an axis (before opset 13 along all that follow it)."""
    axis = step.attributes.get("axis", 1 if step.opset < 13 else -1)
    return [step.builder.softmax(step.origin(), step.x, axis)]


def clip(step: Step) -> list[Held]:
    """A ReLU where the least is 0, capped where there is a most."""
    low, high = step.numbers("min", 1), step.numbers("max", 2)
    if low and low[0] == 0:
        limit = high[0] if high and high[0] < 1e30 else None
        return [step.builder.activation(step.origin(), step.x, "relu", limit=limit)]
    return list(step.builder.operation(step.origin(), "Clip", [step.x], step.shapes))


def binary(step: Step) -> list[Held]:
    """Arithmetic of tensors, or of a tensor with a constant."""
    kind = BINARY[step.node.op]
    tensors = step.tensors
    constants = [held for held in step.inputs if isinstance(held, Constant)]
    if not constants:
        return [_merged(step, tensors, kind)]
    if len(tensors) > 1:
        tensors = [_merged(step, tensors, kind)]
    return [_with_constant(step, tensors[0], kind, constants[0])]


def _merged(step: Step, tensors: Sequence[Tensor], kind: str) -> Tensor:
    if len(tensors) == 1:  # a sum of one
        return tensors[0]
    return step.builder.merge(step.origin(), tensors, step.out, kind)


def _with_constant(step: Step, x: Tensor, kind: str, held: Constant) -> Tensor:
    reverse = isinstance(step.inputs[0], Constant)
    if held.number is not None:
        if is_neutral(kind, held.number, reverse=reverse):
            return x
        return step.builder.arithmetic(step.origin(held), x, step.out, kind, held.number, reverse=reverse)
    learned = bool(held.weights)
    return step.builder.with_constant(
        step.origin(held), x, step.out, kind, held.shape, learned=learned, reverse=reverse
    )


def unary(step: Step) -> list[Held]:
    """A function of each element."""
    return list(step.builder.operation(step.origin(), UNARY[step.node.op], [step.x], step.shapes))


def where(step: Step) -> list[Held]:
    """One of two tensors, element by element."""
    weights = [held for held in step.inputs if isinstance(held, Constant)]
    return list(step.builder.operation(step.origin(*weights), "Where", step.tensors, step.shapes))


def reduce(step: Step) -> list[Held]:
    """A mean, sum, maximum … along axes; over the grid of a map it is a global pooling."""
    numbers = step.numbers("axes", 1)
    rank = len(step.x.shape or ())
    axes = None if numbers is None or not rank else [int(axis) % rank for axis in numbers]
    return [step.builder.reduce(step.origin(), step.x, step.out, REDUCTIONS[step.node.op], axes)]


def arg(step: Step) -> list[Held]:
    """The place of the largest or smallest."""
    kind = {"ArgMax": "Argmax", "ArgMin": "Argmin"}[step.node.op]
    return [step.builder.reduce(step.origin(), step.x, step.out, kind, [step.attributes.get("axis", 0)])]
