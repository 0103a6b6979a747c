"""Functions of one number: what a row of elementwise calls computes is told by its values, not by its spelling."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

from blockviz.patterns.values import Key, Tensor

Samples: TypeAlias = tuple[float, ...]
POINTS: Samples = (-7.1, -4.3, -3.2, -2.4, -1.3, -0.6, -0.15, 0.2, 0.7, 1.4, 2.6, 3.3, 4.7, 7.4)
_DEEPEST = 12


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _gelu_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _softplus(x: float) -> float:
    return math.log1p(math.exp(-abs(x))) + max(x, 0.0)


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp, "exponential": math.exp, "log": math.log, "log1p": math.log1p, "expm1": math.expm1,
    "erf": math.erf,
    "tanh": math.tanh, "sigmoid": _sigmoid, "softplus": _softplus, "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0), "silu": lambda x: x * _sigmoid(x), "abs": abs, "absolute": abs,
    "gelu": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))), "floor": math.floor, "ceil": math.ceil,
    "leaky_relu": lambda x, slope=0.2: x if x > 0 else slope * x, "sin": math.sin, "cos": math.cos,
    "elu": lambda x, alpha=1.0: x if x > 0 else alpha * math.expm1(x), "softsign": lambda x: x / (1 + abs(x)),
    "hard_sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0), "mish": lambda x: x * math.tanh(_softplus(x)),
    "hard_silu": lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0), "maximum": max, "minimum": min,
    "clip": lambda x, low, high: min(max(x, low), high), "gelu_tanh": _gelu_tanh,
    "log_sigmoid": lambda x: -_softplus(-x),
}  # fmt: skip


def samples_of(tensor: Tensor, depth: int = 0) -> dict[Key, Samples]:
    """Values at `POINTS` of what a tensor is a function of, by that; at least itself."""
    value = tensor.value
    own = {tensor.key: POINTS}
    if value.samples is None:
        value.samples = {}
        if value.op == "fn" and depth < _DEEPEST:
            function = _FUNCTIONS.get(str(value.attrs["name"]))
            numbers = value.attrs["numbers"]
            if function is not None and isinstance(numbers, tuple):
                below = samples_of(value.args[0], depth + 1)
                value.samples = {key: _mapped(function, found, numbers) for key, found in below.items()}
        elif value.op == "poly" and value.args and depth < _DEEPEST:
            value.samples = _of_polynomial(tensor, depth)
        elif value.op in ("drop", "droppath"):
            value.samples = samples_of(value.args[0], depth + 1)
    return own | value.samples


def _mapped(function: Callable[..., float], samples: Samples, numbers: Sequence[float]) -> Samples:
    return tuple([_try(function, x, *numbers) for x in samples])


def _try(function: Callable[..., float], *numbers: float) -> float:
    try:
        return float(function(*numbers))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return math.nan


def _of_polynomial(tensor: Tensor, depth: int) -> dict[Key, Samples]:
    value = tensor.value
    below = {atom.key: samples_of(atom, depth + 1) for atom in value.args}
    shared = set.intersection(*[set(found) for found in below.values()])
    out = {}
    for base in shared:
        totals = [0.0] * len(POINTS)
        for monomial, factor in value.terms.items():
            for place in range(len(POINTS)):
                term = factor
                for key, power in monomial:
                    term *= _try(lambda x, p: x**p, below[key][base][place], power)
                totals[place] += term
        out[base] = tuple(totals)
    return out


def agree(one: Samples, two: Samples, *, scaled: bool = False) -> bool:
    """Whether two rows of values are equal; ``scaled``: up to a factor and an offset."""
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if not math.isnan(a) and not math.isnan(b)]
    if len(pairs) < len(POINTS) // 2:
        return False
    if scaled:
        (a0, b0), (a1, b1) = pairs[0], max(pairs, key=lambda pair: abs(pair[1] - pairs[0][1]))
        if b0 == b1 or a0 == a1:
            return False
        factor = (a1 - a0) / (b1 - b0)
        pairs = [(a, a0 + factor * (b - b0)) for a, b in pairs]
    return all(abs(a - b) <= 2e-4 * (1 + abs(b)) for a, b in pairs)


@cache
def function_samples(text: str) -> Samples:
    """Values of a formula of x at `POINTS`. Raises ValueError for what is none."""
    body = ast.parse(text, mode="eval").body
    return tuple([_try(lambda x: _evaluated(body, x), point) for point in POINTS])


def _evaluated(node: ast.expr, x: float) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id == "x":
        return x
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluated(node.operand, x)
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left, x), _evaluated(node.right, x)
        return float(_OPERATORS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*[_evaluated(arg, x) for arg in node.args])
    raise ValueError(f"{ast.unparse(node)!r} is no formula of x")


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b,
}  # fmt: skip
