"""Arithmetic on small constants: what a file computes of shapes and other numbers before it runs.

Numbers are float64, with NaN for a size that the file leaves open, so that what depends on it is open, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from blockviz.frontends.onnx.proto import Tensor
from blockviz.ir import Shape

Array: TypeAlias = "NDArray[np.float64]"
FLOATS = frozenset({1, 10, 11, 16})  # numbers of ONNX's floating-point types
MOST = 4096  # elements of a constant worth computing with
_TYPES = {1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8", 12: "<u4",
          13: "<u8"}  # fmt: skip


def array_of(tensor: Tensor) -> Array | None:
    """The numbers of a small tensor; None where it is large, in another file, or of a type without numbers."""
    count = int(np.prod(tensor.shape, dtype=np.float64))
    if count > MOST or tensor.external or tensor.dtype not in _TYPES:
        return None
    try:
        if len(tensor.raw):
            flat = np.frombuffer(tensor.raw, _TYPES[tensor.dtype]).astype(np.float64)
        elif tensor.dtype == 10:  # halves are listed as the bits of whole numbers
            flat = np.array(tensor.listed, np.uint16).view(np.float16).astype(np.float64)
        else:
            flat = np.array(tensor.listed, np.float64)
        return flat.reshape(tensor.shape)
    except (ValueError, OverflowError, TypeError):
        return None


def is_uniform(tensor: Tensor) -> bool:
    """Whether all elements are equal: zeros and ones that nobody has trained."""
    width = {1: 4, 10: 2, 11: 8, 16: 2}.get(tensor.dtype, 0)
    raw = tensor.raw
    if len(raw) and width:
        return bytes(raw) == bytes(raw[:width]) * (len(raw) // width)
    return len(set(tensor.listed)) == 1


def is_mask(tensor: Tensor) -> bool:
    """Whether a tensor of two axes or more holds two different numbers only (0 and -100): no weights are like that."""
    if len(tensor.shape) < 2 or tensor.dtype not in _TYPES or not 2 < len(tensor.raw) <= _MASK_BYTES:
        return False
    flat = np.frombuffer(tensor.raw[: len(tensor.raw) // 8 * 8], _TYPES[tensor.dtype])
    if not len(flat) or len(np.unique(flat[:_GLANCE])) > 2:  # weights show at a glance, their other pages stay unread
        return False
    others = flat[flat != flat[0]]
    return bool(len(others)) and bool(np.all(others == others[0]))


_MASK_BYTES = 16 << 20
_GLANCE = 256


def sizes_of(shape: Shape) -> Array:
    """A shape as numbers."""
    return np.array([np.nan if n is None else n for n in shape], np.float64)


def shape_of(value: Array) -> Shape:
    """Numbers as a shape."""
    return tuple(None if np.isnan(n) else int(n) for n in value.reshape(-1))


def fold(op: str, attributes: Mapping[str, Any], values: Sequence[Array | None]) -> Array | None:
    """The result of an operator on known numbers; None where it is not one of arithmetic on sizes."""
    rule = _RULES.get(op)
    if rule is None or any(value is None for value in values[:1]):
        return None
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(rule(attributes, *values), np.float64)
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError, AttributeError):
        return None
    return found if found.size <= MOST else None


def _axes(attributes: Mapping[str, Any], given: Array | None) -> tuple[int, ...] | None:
    if given is not None:
        return tuple(int(axis) for axis in given.reshape(-1))
    axes = attributes.get("axes")
    return None if axes is None else tuple(axes)


def _slice(a: Mapping[str, Any], x: Array, *given: Array) -> Array:
    starts, ends = (given[0], given[1]) if given else (np.array(a["starts"]), np.array(a["ends"]))
    axes = given[2] if len(given) > 2 and given[2] is not None else np.array(a.get("axes", range(len(starts))))
    steps = given[3] if len(given) > 3 and given[3] is not None else np.ones(len(starts))
    places = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        low = None if step < 0 and start > 2**31 else int(max(min(start, 2**31), -(2**31)))
        high = None if step < 0 and end < -(2**31) else int(max(min(end, 2**31), -(2**31)))
        places[int(axis)] = slice(low, high, int(step))
    return np.asarray(x[tuple(places)])


def _unsqueeze(a: Mapping[str, Any], x: Array, axes: Array | None = None) -> Array:
    return np.expand_dims(x, _axes(a, axes) or (0,))


def _squeeze(a: Mapping[str, Any], x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, _axes(a, axes))


def _reshape(a: Mapping[str, Any], x: Array, shape: Array) -> Array:
    wanted = [int(n) for n in shape]
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(wanted)])


def _reduce(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(a: Mapping[str, Any], x: Array, axes: Array | None = None) -> Array:
        return np.asarray(function(x, axis=_axes(a, axes), keepdims=bool(a.get("keepdims", 1))))

    return rule


def _range(a: Mapping[str, Any], start: Array, stop: Array, step: Array) -> Array:
    if (float(stop) - float(start)) / float(step) > MOST:
        raise ValueError("too long")
    return np.arange(float(start), float(stop), float(step))


def _divide(a: Mapping[str, Any], x: Array, y: Array) -> Array:
    """Sizes are divided as whole numbers; what is none (0.125), or is not ``whole`` by its type, as it is."""
    whole = bool(np.all((x == np.floor(x)) | np.isnan(x))) and bool(np.all((y == np.floor(y)) | np.isnan(y)))
    return np.trunc(x / y) if whole and a.get("whole", True) else x / y


def _filled(a: Mapping[str, Any], shape: Array) -> Array:
    if np.isnan(shape).any() or np.prod(shape) > MOST:
        raise ValueError("too large")
    given = a.get("value")
    value = array_of(given) if isinstance(given, Tensor) else None
    return np.full([int(n) for n in shape], 0.0 if value is None else float(value.reshape(-1)[0]))


def _concat(a: Mapping[str, Any], *parts: Array) -> Array:
    return np.concatenate(parts, axis=a.get("axis", 0))


def _expand(a: Mapping[str, Any], x: Array, shape: Array) -> Array:
    wanted = [int(n) for n in shape]
    if np.prod(wanted, dtype=np.float64) > MOST:
        raise ValueError("too large")
    return x * np.ones(wanted)


_RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("Identity", "Cast", "CastLike"), lambda a, x, *like: x),
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": _divide,
    "Mod": lambda a, x, y: np.mod(x, y),
    "Pow": lambda a, x, y: x**y,
    "Neg": lambda a, x: -x,
    "Abs": lambda a, x: np.abs(x),
    "Floor": lambda a, x: np.floor(x),
    "Ceil": lambda a, x: np.ceil(x),
    "Round": lambda a, x: np.round(x),
    "Sqrt": lambda a, x: np.sqrt(x),
    "Reciprocal": lambda a, x: 1 / x,
    "Min": lambda a, *xs: np.minimum.reduce(np.broadcast_arrays(*xs)),
    "Max": lambda a, *xs: np.maximum.reduce(np.broadcast_arrays(*xs)),
    "Equal": lambda a, x, y: x == y,
    "Greater": lambda a, x, y: x > y,
    "GreaterOrEqual": lambda a, x, y: x >= y,
    "Less": lambda a, x, y: x < y,
    "LessOrEqual": lambda a, x, y: x <= y,
    "And": lambda a, x, y: (x != 0) & (y != 0),
    "Or": lambda a, x, y: (x != 0) | (y != 0),
    "Not": lambda a, x: x == 0,
    "Where": lambda a, c, x, y: np.where(c != 0, x, y),
    "Gather": lambda a, x, i: np.take(x, i.astype(np.int64), axis=a.get("axis", 0)),
    "Slice": _slice,
    "Concat": _concat,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Flatten": lambda a, x: x.reshape(1, -1),
    "Transpose": lambda a, x: np.transpose(x, a.get("perm")),
    "Expand": _expand,
    "Tile": lambda a, x, n: np.tile(x, [int(k) for k in n]),
    "Range": _range,
    "ConstantOfShape": _filled,
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
}
