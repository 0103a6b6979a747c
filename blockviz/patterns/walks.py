"""Walks through the analysis graph: where a tensor comes from, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from blockviz.patterns.axes import Axis, flat, resolved, size_of
from blockviz.patterns.matching import plain
from blockviz.patterns.notation import ACTIVATIONS
from blockviz.patterns.values import Key, Tensor, Value

_UNARY = frozenset({"norm", "scale", "part", "drop", "droppath", "where", "pool"})
_FEATURES = ACTIVATIONS | {"exp", "abs", "clip", "maximum", "minimum"}


def data_atoms(tensor: Tensor) -> list[Tensor]:
    """The tensors of a polynomial that depend on an input; the tensor itself if it is none."""
    tensor = plain(tensor)
    if tensor.value.op != "poly":
        return [tensor]
    return [atom for atom in tensor.value.args if not atom.value.given]


def projection(tensor: Tensor) -> tuple[Tensor, Tensor, frozenset[str]]:
    """The source of a query, key or value, the tensor that its projection gives, and what stands between.

    Scales, norms, activations, rotations and cuts are walked through; without a projection, source and tensor are one.
    """
    passed: set[str] = set()
    seen = plain(tensor)
    first = seen
    for _ in range(24):
        value = seen.value
        if "rotary" in value.aka:
            passed.add("rotary")
            seen = plain(value.aka["rotary"][0])
            continue
        if value.op in ("linear", "depthwise", "conv", "separable"):
            source = value.args[0]
            if value.op == "depthwise":  # a projection by a separable convolution
                passed.add("depthwise")
            return source, Tensor(value, value.dims), frozenset(passed)
        if value.aka and value.args and any(name.endswith("_norm") for name in value.aka):
            passed.add("norm")
            seen = plain(next(iter(value.aka.values()))[0])
            continue
        atoms = data_atoms(seen)
        if value.op == "poly" and len(atoms) == 1:
            seen = plain(atoms[0])
        elif value.op == "fn" and value.attrs["name"] in _FEATURES:
            passed.add(str(value.attrs["name"]))
            seen = plain(value.args[0])
        elif value.op in ("softmax", *_UNARY):
            if value.op == "pool" and not _is_projected(value):
                break
            passed.add(value.op)
            if value.op == "part":
                first = seen
            seen = plain(value.args[-1] if value.op == "where" else value.args[0])
        else:
            break
    return first, first, frozenset(passed)


def _is_projected(value: Value) -> bool:
    """Whether a pooling follows a projection, and isn't what the projection reads."""
    inner = plain(value.args[0]).value
    return inner.op == "linear"


def channel_size(tensor: Tensor) -> int | None:
    """The size along the channels."""
    axes = [axis for axis in flat(tensor.dims) if axis.kind == "channel" and not axis.copy]
    return size_of(axes) if axes else 1


def depends(value: Value, wanted: Callable[[Value], bool], stops: Collection[Key] = (), limit: int = 400) -> bool:
    """Whether a value is made from one that is wanted, tensors in ``stops`` apart."""
    return next((True for found in ancestors(value, stops, limit) if wanted(found)), False)


def ancestors(value: Value, stops: Collection[Key] = (), limit: int = 400) -> Iterator[Value]:
    """A value and what it is made from, nearest first."""
    seen = {value.number}
    pending = [value]
    while pending and limit:
        limit -= 1
        found = pending.pop(0)
        yield found
        for arg in found.args:
            if arg.value.number not in seen and arg.key not in stops:
                seen.add(arg.value.number)
                pending.append(arg.value)


def same_axes(one: object, two: object) -> bool:
    """Whether two sets of axes are equal or meet each other, splits since made included."""
    if not isinstance(one, frozenset) or not isinstance(two, frozenset):
        return False
    left, right = frozenset(resolved(one)), frozenset(resolved(two))
    return left == right or (len(left) == len(right) and all(axis in right or axis.twins & right for axis in left))


def has_axis(tensor: Tensor, axes: Collection[Axis]) -> bool:
    """Whether a tensor varies along any of some axes, or of those that they meet."""
    wanted = set(resolved(axes))
    return any(axis in wanted or axis.twins & wanted for axis in flat(tensor.dims))
