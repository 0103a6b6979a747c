"""ATen operators that work element by element: activations, arithmetic, reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blockviz.frontends.torch.state import Constant, Step
from blockviz.ops.builder import is_neutral
from blockviz.ops.drafts import Tensor

ACTIVATIONS = {
    "relu": "relu", "gelu": "gelu", "silu": "silu", "hardswish": "hard_silu", "hardsigmoid": "hard_sigmoid",
    "sigmoid": "sigmoid", "tanh": "tanh", "leaky_relu": "leaky_relu", "elu": "elu", "celu": "celu", "selu": "selu",
    "mish": "mish", "softplus": "softplus", "log_softmax": "log_softmax", "log_sigmoid": "log_sigmoid",
    "softsign": "softsign", "threshold": "threshold", "hardshrink": "hard_shrink", "softshrink": "soft_shrink",
    "rrelu": "leaky_relu",
}  # fmt: skip
BINARY = {
    "add": "Add", "iadd": "Add", "mul": "Multiply", "imul": "Multiply", "sub": "Subtract", "isub": "Subtract",
    "rsub": "Subtract", "div": "Divide", "true_divide": "Divide", "maximum": "Maximum", "minimum": "Minimum",
    "pow": "Power", "floor_divide": "FloorDivide", "remainder": "Mod", "fmod": "Mod", "eq": "Equal", "ne": "NotEqual",
    "gt": "Greater", "ge": "GreaterEqual", "lt": "Less", "le": "LessEqual", "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr", "logical_xor": "LogicalXor", "bitwise_and": "LogicalAnd", "bitwise_or": "LogicalOr",
    "and": "LogicalAnd", "or": "LogicalOr", "atan2": "Arctan2",
}  # fmt: skip
UNARY = {
    "sqrt": "Sqrt", "rsqrt": "Rsqrt", "exp": "Exp", "log": "Log", "neg": "Negative", "abs": "Absolute", "erf": "Erf",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "reciprocal": "Reciprocal", "floor": "Floor", "ceil": "Ceil",
    "round": "Round", "sign": "Sign", "square": "Square", "logical_not": "LogicalNot", "bitwise_not": "LogicalNot",
    "isnan": "Isnan", "isinf": "Isinf", "log1p": "Log1p", "expm1": "Expm1", "cumsum": "Cumsum", "flip": "Flip",
    "tril": "Tril", "triu": "Triu", "atan": "Arctan", "log2": "Log2",
}  # fmt: skip
REDUCTIONS = {
    "mean": "Mean", "sum": "Sum", "amax": "Max", "max": "Max", "amin": "Min", "min": "Min", "var": "Var", "std": "Std",
    "prod": "Prod", "linalg_vector_norm": "Norm", "norm": "Norm", "logsumexp": "Logsumexp", "argmax": "Argmax",
    "argmin": "Argmin", "any": "Any", "all": "All",
}  # fmt: skip


def activation(step: Step) -> Any:
    """An activation without weights."""
    return step.builder.activation(step.origin(None), step.x, ACTIVATIONS[step.op])


def hardtanh(step: Step) -> Any:
    """A ReLU capped at 6 is written so."""
    low, high = step.args.get("min_val", -1), step.args.get("max_val", 1)
    if low == 0:
        return step.builder.activation(step.origin(None), step.x, "relu", limit=float(high))
    return step.builder.activation(step.origin(None), step.x, "hard_tanh")


def clamp(step: Step) -> Any:
    """A ReLU where the least is 0."""
    low, high = step.args.get("min"), step.args.get("max")
    if low == 0 and not isinstance(high, Tensor):
        return step.builder.activation(step.origin(None), step.x, "relu", limit=None if high is None else float(high))
    return step.builder.operation(step.origin(), "Clip", step.tensors, [step.out])[0]


def softmax(step: Step) -> Any:
    """Softmax along an axis."""
    return step.builder.softmax(step.origin(None), step.x, step.axis(default=-1))


def glu(step: Step) -> Any:
    """One half times the sigmoid of the other."""
    half = step.out
    first, second = step.builder.split(step.origin(None), step.x, [half, half], step.axis(default=-1))
    gate = step.builder.activation(step.origin(None), second, "sigmoid")
    return step.builder.merge(step.origin(None), [first, gate], half, "Multiply")


def binary(step: Step) -> Any:
    """Arithmetic of two tensors, or of one with a number or a constant."""
    kind = BINARY[step.op]
    operands = list(step.args.values())[:2]
    if step.op == "rsub":
        operands.reverse()
    tensors = [held for held in operands if isinstance(held, Tensor)]
    if len(tensors) > 1:
        return step.builder.merge(step.origin(None), tensors, step.out, kind)
    other = next((held for held in operands if not isinstance(held, Tensor)), None)
    reverse = operands[0] is not tensors[0]
    if isinstance(other, Constant):
        learned, origin = bool(other.weights), step.origin(other)
        return step.builder.with_constant(
            origin, tensors[0], step.out, kind, other.shape, learned=learned, reverse=reverse
        )
    number = float(other) if isinstance(other, int | float) else 0.0
    if is_neutral(kind, number, reverse=reverse) and tensors[0].shape == step.out:
        return tensors[0]
    return step.builder.arithmetic(step.origin(None), tensors[0], step.out, kind, number, reverse=reverse)


def ternary(step: Step) -> Any:
    """Three operands in one: x + factor · a · b, and a blend of two."""
    kind = {"addcmul": "Add", "addcdiv": "Add", "lerp": "Add"}[step.op]
    return step.builder.merge(step.origin(), step.tensors, step.out, kind)


def where(step: Step) -> Any:
    """One of two, element by element."""
    return step.builder.operation(step.origin(), "Where", step.tensors, [step.out])[0]


def unary(step: Step) -> Any:
    """A function of each element."""
    return step.builder.operation(step.origin(None), UNARY[step.op], [step.x], [step.out])[0]


def reduce(step: Step) -> Any:
    """A mean, sum, maximum … along axes; of two tensors the larger or smaller."""
    if len(step.tensors) > 1:
        return step.builder.merge(step.origin(None), step.tensors[:2], step.out, f"{REDUCTIONS[step.op]}imum")
    dims = step.args.get("dim")
    rank = len(step.x.shape or ())
    listed = [dims] if isinstance(dims, int) else list(dims) if dims else None
    axes = None if listed is None or not rank else [axis % rank for axis in listed]
    found = step.builder.reduce(step.origin(None), step.x, step.out, REDUCTIONS[step.op], axes)
    return [found, *[Constant(None)] * (len(step.operation.shapes) - 1)] if step.operation.several else found


READERS: dict[str, Callable[[Step], Any]] = {
    **dict.fromkeys(ACTIVATIONS, activation), "relu6": hardtanh, "hardtanh": hardtanh, "clamp": clamp,
    "clamp_min": clamp, "clamp_max": clamp, "softmax": softmax, "_softmax": softmax, "safe_softmax": softmax,
    "glu": glu, **dict.fromkeys(BINARY, binary), **dict.fromkeys(("addcmul", "addcdiv", "lerp"), ternary),
    "where": where, "masked_fill": where, **dict.fromkeys(UNARY, unary), **dict.fromkeys(REDUCTIONS, reduce),
}  # fmt: skip
