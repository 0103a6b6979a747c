"""Shapes of what only puts the elements of tensors elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, prod

from blockviz.frontends.onnx.known_shapes import Known, MaybeShape, Rule, broadcast
from blockviz.frontends.onnx.values import shape_of
from blockviz.ir import Shape


def _transpose(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [tuple(x[axis] for axis in known.attributes.get("perm", range(len(x))[::-1]))]


def _reshape(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    value = known.values[1] if len(known.values) > 1 else None
    if value is None and "shape" not in known.attributes:
        raise LookupError("shape")
    wanted = list(known.attributes["shape"]) if value is None else list(shape_of(value))
    if not known.attributes.get("allowzero"):
        wanted = [x[i] if n == 0 else n for i, n in enumerate(wanted)]
    if -1 in wanted:
        rest = [n for n in wanted if n != -1]
        hole = wanted.index(-1)
        if None in rest or None in x:
            wanted[hole] = _left_over(x, rest)
        else:
            wanted[hole] = prod(n for n in x if n is not None) // max(1, prod(n for n in rest if n is not None))
    elif wanted.count(None) == 1 and None not in x:
        others = prod(n for n in wanted if n is not None)
        wanted[wanted.index(None)] = prod(n for n in x if n is not None) // others if others else 0
    return [tuple(wanted)]


def _left_over(x: Shape, rest: Sequence[int | None]) -> int | None:
    """The size that makes two shapes equal, where one open size stands on both sides and cancels."""
    if x.count(None) != 1 or rest.count(None) != 1:
        return None
    total, others = (prod(n for n in sizes if n is not None) for sizes in (x, rest))
    return total // others if others and total % others == 0 else None


def _flatten(known: Known) -> list[MaybeShape]:
    x, axis = known.shape(0), known.attributes.get("axis", 1)
    halves = (x[:axis], x[axis:])
    return [tuple(None if None in part else prod(n for n in part if n is not None) for part in halves)]


def _squeeze(known: Known) -> list[MaybeShape]:
    x, axes = known.shape(0), known.numbers("axes", 1)
    gone = {axis % len(x) for axis in axes} if axes is not None else {i for i, n in enumerate(x) if n == 1}
    return [tuple(n for i, n in enumerate(x) if i not in gone)]


def _unsqueeze(known: Known) -> list[MaybeShape]:
    x, axes = known.shape(0), known.numbers("axes", 1) or [0]
    rank = len(x) + len(axes)
    new = {axis % rank for axis in axes}
    rest = iter(x)
    return [tuple(1 if i in new else next(rest) for i in range(rank))]


def _concat(known: Known) -> list[MaybeShape]:
    shapes = [known.shape(place) for place in range(len(known.shapes))]
    axis = known.attributes.get("axis", 0) % len(shapes[0])
    sizes = [shape[axis] for shape in shapes]
    merged = [next((n for n in column if n is not None), None) for column in zip(*shapes, strict=True)]
    merged[axis] = None if None in sizes else sum(n for n in sizes if n is not None)
    return [tuple(merged)]


def _split(known: Known) -> list[MaybeShape]:
    x, axis = known.shape(0), known.attributes.get("axis", 0)
    axis %= len(x)
    parts: Sequence[int | None] | None = known.numbers("split", 1)
    if parts is None:
        size, count = x[axis], known.attributes.get("num_outputs", known.results)
        step = None if size is None else ceil(size / count)
        parts = [None if size is None or step is None else min(step, size - i * step) for i in range(count)]
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts]


def _slice(known: Known) -> list[MaybeShape]:
    x = list(known.shape(0))
    starts, ends = known.numbers("starts", 1), known.numbers("ends", 2)
    if starts is None or ends is None:
        raise LookupError("starts")
    axes = known.numbers("axes", 3) or list(range(len(starts)))
    steps = known.numbers("steps", 4) or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x[axis]
        if size is not None:
            low, high, by = slice(start, end if end > -(2**31) or step > 0 else None, step).indices(size)
            x[axis] = len(range(low, high, by))
        elif not (start == 0 and end > 2**30):
            x[axis] = end - start if 0 <= start < end < 2**30 and step == 1 else None
    return [tuple(x)]


def _gather(known: Known) -> list[MaybeShape]:
    x, indices = known.shape(0), known.shape(1)
    axis = known.attributes.get("axis", 0) % len(x)
    return [(*x[:axis], *indices, *x[axis + 1 :])]


def _pad(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    pads = known.numbers("pads", 1)
    axes = known.numbers("axes", 3) or list(range(len(x)))
    if pads is None:
        raise LookupError("pads")
    sizes = list(x)
    for place, axis in enumerate(axes):
        if (size := sizes[axis]) is not None:
            sizes[axis] = size + pads[place] + pads[place + len(axes)]
    return [tuple(sizes)]


def _resize(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    inputs = {len(known.values) - 1: "sizes"} if len(known.values) > 3 else {}
    for place, value in enumerate(known.values):
        if place and value is not None and value.size == len(x):
            if inputs.get(place) == "sizes":
                return [shape_of(value)]
            return [_scaled(x, [float(s) for s in value.reshape(-1)])]
    return [_scaled(x, known.attributes["scales"])]


def _scaled(x: Shape, scales: Sequence[float]) -> Shape:
    return tuple(None if n is None else floor(n * s + 1e-6) for n, s in zip(x, scales, strict=True))


def _to_shape(place: int) -> Rule:
    def rule(known: Known) -> list[MaybeShape]:
        value = known.values[place]
        if value is None:
            raise LookupError(place)
        return [shape_of(value)]

    return rule


def _expand(known: Known) -> list[MaybeShape]:
    (wanted,) = _to_shape(1)(known)
    return [broadcast([known.shape(0), wanted or ()])]


def _tile(known: Known) -> list[MaybeShape]:
    x, counts = known.shape(0), known.numbers("repeats", 1) or []
    return [tuple(None if n is None else n * k for n, k in zip(x, counts, strict=True))]


def _depth_to_space(known: Known) -> list[MaybeShape]:
    n, c, h, w = known.shape(0)
    block = known.attributes["blocksize"]
    return [(n, c and c // block**2, h and h * block, w and w * block)]


def _space_to_depth(known: Known) -> list[MaybeShape]:
    n, c, h, w = known.shape(0)
    block = known.attributes["blocksize"]
    return [(n, c and c * block**2, h and h // block, w and w // block)]


REARRANGING: dict[str, Rule] = {
    "Transpose": _transpose, "Reshape": _reshape, "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze,
    "Concat": _concat, "Split": _split, "Slice": _slice, "Gather": _gather, "Pad": _pad, "Resize": _resize,
    "Upsample": _resize, "Expand": _expand, "Tile": _tile, "ConstantOfShape": _to_shape(0),
    "DepthToSpace": _depth_to_space, "SpaceToDepth": _space_to_depth,
}  # fmt: skip
