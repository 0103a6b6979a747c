"""ONNX operators that move elements: reshape, transpose, slice, join, split, pad, resize."""

from __future__ import annotations

from collections.abc import Callable

from blockviz.frontends.onnx.state import Constant, Held, Step
from blockviz.ops.drafts import Tensor


def reshape(step: Step) -> list[Held]:
    """The same elements at another shape; flatten where all but the first axis become one."""
    x, out = step.x, step.out
    if out is not None and x.shape == out and None not in out:
        return [x]
    if out is not None and x.shape is not None and len(out) == 2 and len(x.shape) > 2 and x.shape[0] == out[0]:
        return [step.builder.flatten(step.origin(), x, out)]
    return [step.builder.reshape(step.origin(), x, out)]


def flatten(step: Step) -> list[Held]:
    """All axes but the first as one."""
    if step.x.shape is not None and step.x.shape == step.out:
        return [step.x]
    return [step.builder.flatten(step.origin(), step.x, step.out)]


def transpose(step: Step) -> list[Held]:
    """Axes in another order."""
    axes = step.attributes.get("perm") or list(range(len(step.x.shape or ())))[::-1]
    return [step.builder.transpose(step.origin(), step.x, step.out, axes)]


def concat(step: Step) -> list[Held]:
    """Tensors, and constants between them (a class token), joined; one alone is itself."""
    if len(step.node.inputs) == 1:
        return [step.x]
    operands = [held if isinstance(held, Tensor) else list(held.shape or ()) for held in step.inputs if held]
    weights = [held for held in step.inputs if isinstance(held, Constant)]
    axis = step.attributes.get("axis", 0)
    return [step.builder.concat(step.origin(*weights), step.tensors, step.out, axis, operands)]


def split(step: Step) -> list[Held]:
    """Parts along an axis."""
    return list(step.builder.split(step.origin(), step.x, step.shapes, step.attributes.get("axis", 0)))


def sliced(step: Step) -> list[Held]:
    """A part along axes, with where it begins and ends; all of it is nothing."""
    if step.x.shape is not None and step.x.shape == step.out:
        return [step.x]
    keys = ("starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (step.numbers(key, place) for place, key in enumerate(keys, 1))
    if starts is None or ends is None or step.x.shape is None or not isinstance(step.inputs[0], Tensor):
        return list(step.builder.operation(step.origin(), "Take", step.tensors, step.shapes))
    rows = zip(starts, ends, axes or range(len(starts)), steps or [1] * len(starts), strict=True)
    entries = {int(axis): (_bound(low), _bound(high), int(by)) for low, high, axis, by in rows}
    return [step.builder.item(step.origin(None), step.x, step.out, entries)]


def _bound(number: float) -> int | None:
    """An end of a slice; None where it is farther than any tensor reaches."""
    return int(number) if abs(number) < 2**31 - 1 else None


def pad(step: Step) -> list[Held]:
    """Zeros around the grid of a map, or any other padding."""
    numbers = step.numbers("pads", 1)
    pads = None if numbers is None else [int(n) for n in numbers]
    if pads is not None and not any(pads):
        return [step.x]
    rank = len(step.x.shape or ())
    zeros = step.attributes.get("mode", "constant") == "constant" and len(step.inputs) < 4
    of_map = pads is not None and 3 <= rank <= 5 and len(pads) == 2 * rank
    if zeros and of_map and pads is not None and not any(pads[:2] + pads[rank : rank + 2]):
        pairs = [(pads[axis], pads[axis + rank]) for axis in range(2, rank)]
        if min(min(pair) for pair in pairs) >= 0:
            return [step.builder.pad(step.origin(), step.x, step.out, pairs)]
    return list(step.builder.operation(step.origin(), "Pad", [step.x], step.shapes, pads=pads))


def resize(step: Step) -> list[Held]:
    """A map at another size."""
    mode = str(step.attributes.get("mode", "nearest"))
    how = {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode)
    return [step.builder.resize(step.origin(), step.x, step.out, how)]


MOVING = {
    "Squeeze": "Squeeze", "Unsqueeze": "ExpandDims", "Expand": "BroadcastTo", "Tile": "Tile",
    "GatherElements": "Take", "GatherND": "Take", "ScatterND": "Scatter", "ScatterElements": "Scatter",
    "DepthToSpace": "PixelShuffle", "SpaceToDepth": "PixelUnshuffle", "TopK": "TopK", "OneHot": "OneHot",
    "Trilu": "Tril", "GridSample": "GridSample", "NonZero": "Nonzero",
}  # fmt: skip


def moving(name: str) -> Callable[[Step], list[Held]]:
    """A reader for an operator that only moves elements: called ``name`` in the vocabulary."""

    def read(step: Step) -> list[Held]:
        if step.x.shape is not None and step.shapes[:1] == [step.x.shape] and name in ("BroadcastTo", "Tile"):
            return [step.x]  # repeated once
        weights = [held for held in step.inputs if isinstance(held, Constant)]
        numbers = step.numbers("axes", 1) if name in ("Squeeze", "ExpandDims") else None
        axes = None if numbers is None else [int(axis) for axis in numbers]
        return list(step.builder.operation(step.origin(*weights), name, step.tensors, step.shapes, axes))

    return read
