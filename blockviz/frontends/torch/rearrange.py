"""ATen operators that move elements: reshape, transpose, slice, join, split, pad, resize."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blockviz.frontends.torch.state import Constant, Step
from blockviz.ops.drafts import Tensor


def reshape(step: Step) -> Any:
    """The same elements at another shape; flatten where all but the first axis become one."""
    x, out = step.x, step.out
    if out is not None and x.shape == out:
        return x
    if out is not None and x.shape is not None and len(out) == 2 and len(x.shape) > 2 and x.shape[0] == out[0]:
        return step.builder.flatten(step.origin(None), x, out)
    return step.builder.reshape(step.origin(None), x, out)


def permute(step: Step) -> Any:
    """Axes in another order."""
    rank = len(step.x.shape or ())
    return _turned(step, [axis % rank for axis in step.args["dims"]])


def swap(step: Step) -> Any:
    """Two axes change places."""
    rank = len(step.x.shape or ())
    axes = list(range(rank))
    given = [held for key, held in step.args.items() if key not in ("self", "input") and isinstance(held, int)]
    a, b = (axis % rank for axis in (given or [0, 1] if step.op not in ("t", "numpy_T") else [0, 1])[:2])
    axes[a], axes[b] = axes[b], axes[a]
    return _turned(step, axes)


def movedim(step: Step) -> Any:
    """Axes move to other places."""
    rank = len(step.x.shape or ())
    sources, targets = ([held] if isinstance(held, int) else list(held)
                        for held in (step.args["source"], step.args["destination"]))  # fmt: skip
    pairs = {target % rank: source % rank for source, target in zip(sources, targets, strict=True)}
    rest = iter(axis for axis in range(rank) if axis not in pairs.values())
    return _turned(step, [pairs[place] if place in pairs else next(rest) for place in range(rank)])


def _turned(step: Step, axes: list[int]) -> Any:
    if axes == sorted(axes):
        return step.x
    return step.builder.transpose(step.origin(None), step.x, step.out, axes)


def concat(step: Step) -> Any:
    """Tensors, and constants between them (a class token), joined."""
    held = [one for one in step.args["tensors"] if one.shape != (0,)]
    tensors = [one for one in held if isinstance(one, Tensor)]
    if len(held) == 1:
        return tensors[0]
    told = [one if isinstance(one, Tensor) else list(one.shape or ()) for one in held]
    axis = step.args.get("dim") or 0
    return step.builder.concat(step.origin(), tensors, step.out, axis % max(1, len(step.out or ())), told)


def roll(step: Step) -> Any:
    """A cyclic shift."""
    shifts, dims = step.args.get("shifts"), step.args.get("dims")
    shifts = [shifts] if isinstance(shifts, int) else list(shifts or [])
    dims = [dims] if isinstance(dims, int) else list(dims or []) or None
    return step.builder.roll(step.origin(None), step.x, step.out, shifts, dims)


def stack(step: Step) -> Any:
    """Tensors joined along a new axis."""
    return step.builder.operation(step.origin(), "Stack", step.tensors, [step.out], axis=step.args.get("dim") or 0)[0]


def split(step: Step) -> Any:
    """Parts along an axis."""
    unstack = step.op == "unbind"
    shapes = list(step.operation.shapes)
    if len(shapes) == 1 and not unstack:
        return [step.x]
    return step.builder.split(step.origin(None), step.x, shapes, step.axis(), unstack=unstack)


def sliced(step: Step) -> Any:
    """A part along an axis; all of it is nothing."""
    if step.x.shape is not None and step.x.shape == step.out:
        return step.x
    dim, x = step.axis(), next(iter(step.args.values()))
    numbers = [step.args.get(key) for key in ("start", "end", "step", "index", "length")]
    if not isinstance(x, Tensor) or x.shape is None or any(isinstance(held, Tensor | Constant) for held in numbers):
        return step.builder.operation(step.origin(), "Take", step.tensors, [step.out])[0]
    start, end, by, index, length = numbers
    if step.op == "select":
        return step.builder.item(step.origin(None), x, step.out, {dim: int(index or 0)})
    if step.op == "narrow":
        end = (start or 0) + (length or 0)
    stop = end if isinstance(end, int) and end < 2**31 - 1 else None
    return step.builder.item(step.origin(None), x, step.out, {dim: (start or None, stop, by or 1)})


def pad(step: Step) -> Any:
    """Zeros around the grid of a map, or any other padding."""
    amounts = [int(n) if isinstance(n, int) else 0 for n in step.args.get("pad") or step.args.get("padding") or []]
    if not any(amounts):
        return step.x
    rank = len(step.x.shape or ())
    pairs = [(amounts[i], amounts[i + 1]) for i in range(0, len(amounts), 2)][::-1]
    zeros = step.args.get("mode", "constant") == "constant" and not step.args.get("value")
    if zeros and 3 <= rank <= 5 and len(pairs) == rank - 2 and min(amounts) >= 0:
        return step.builder.pad(step.origin(None), step.x, step.out, pairs)
    return step.builder.operation(step.origin(None), "Pad", [step.x], [step.out], pads=amounts)[0]


def resize(step: Step) -> Any:
    """A map at another size."""
    kinds = ("nearest", "bilinear", "bicubic", "trilinear", "linear")
    how = next((kind for kind in kinds if kind in step.op), "nearest")
    return step.builder.resize(step.origin(None), step.x, step.out, how)


def expand(step: Step) -> Any:
    """Repeated along axes; not at all is nothing."""
    if step.x.shape is not None and step.x.shape == step.out:
        return step.x
    op = "Tile" if step.op == "repeat" else "BroadcastTo"
    return step.builder.operation(step.origin(None), op, [step.x], [step.out])[0]


def moving(name: str) -> Callable[[Step], Any]:
    """A reader for an operator that only moves elements: called ``name`` in the vocabulary."""

    def read(step: Step) -> Any:
        dim = step.args.get("dim")
        axis = dim if isinstance(dim, int) and name in _ALONG else None
        more = {"axis": dim} if name == "ExpandDims" and isinstance(dim, int) else {}
        shapes = step.operation.shapes or [None]
        found = step.builder.operation(step.origin(), name, step.tensors, shapes, **({"axis": axis} | more))
        return list(found) if step.operation.several else found[0]

    return read


_ALONG = frozenset(("Squeeze", "Take", "Sort", "Argsort", "Repeat"))
_MOVING = {
    "unsqueeze": "ExpandDims", "squeeze": "Squeeze", "index": "Take", "gather": "Take", "index_select": "Take",
    "take_along_dim": "Take", "one_hot": "OneHot", "topk": "TopK", "sort": "Sort", "argsort": "Argsort",
    "repeat_interleave": "Repeat", "pixel_shuffle": "PixelShuffle", "pixel_unshuffle": "PixelUnshuffle",
    "unfold": "Unfold", "im2col": "Unfold", "col2im": "Fold", "grid_sampler": "GridSample", "scatter": "Scatter",
    "scatter_add": "Scatter", "index_put": "Scatter", "index_add": "Scatter", "slice_scatter": "Scatter",
    "select_scatter": "Scatter", "copy": "Identity", "masked_scatter": "Scatter", "diagonal": "Diagonal",
    "nonzero": "Nonzero",
    "histc": "Bincount", "bincount": "Bincount",
    "channel_shuffle": "ChannelShuffle", "fft_rfft2": "Rfft", "fft_irfft2": "Irfft",
    "fft_fft2": "Fft", "as_strided": "GetItem", "view_as_complex": "Cast", "view_as_real": "Cast",
}  # fmt: skip
READERS: dict[str, Callable[[Step], Any]] = {
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "unsafe_view", "flatten", "unflatten", "view_as",
                     "reshape_as"), reshape),
    "permute": permute, **dict.fromkeys(("transpose", "swapaxes", "swapdims", "t", "numpy_T", "adjoint", "mT"), swap),
    "roll": roll,
    "movedim": movedim, "moveaxis": movedim, "cat": concat, "concat": concat, "concatenate": concat, "stack": stack,
    **dict.fromkeys(("split", "chunk", "unbind", "split_with_sizes", "tensor_split", "unsafe_chunk", "unsafe_split"),
                    split),
    **dict.fromkeys(("slice", "select", "narrow"), sliced), **dict.fromkeys(("pad", "constant_pad_nd"), pad),
    **dict.fromkeys(("reflection_pad2d", "replication_pad2d", "reflection_pad1d", "replication_pad1d"),
                    moving("Pad")),
    **dict.fromkeys(("upsample_nearest2d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_nearest1d",
                     "upsample_linear1d", "upsample_nearest3d", "upsample_trilinear3d", "_upsample_bilinear2d_aa",
                     "_upsample_bicubic2d_aa", "upsample_nearest_exact2d", "_upsample_nearest_exact2d"), resize),
    **dict.fromkeys(("expand", "expand_as", "repeat"), expand),
    **{op: moving(name) for op, name in _MOVING.items()},
}  # fmt: skip
