"""Poolings and reductions: means, sums, extremes and moments over axes."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.ir import Node
from blockviz.patterns.axes import Dims, Group, resolved
from blockviz.patterns.lowering import Lower, Lowering
from blockviz.patterns.settings import axes_of, new_axis, numbers_of, option
from blockviz.patterns.values import Tensor
from blockviz.patterns.weighted import channel_place


def pooled_map(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of poolings: over a whole axis they are means or maxima."""
    (tensor,) = inputs
    window = numbers_of(node.config.get("pool_size"))
    channel = channel_place(node, len(tensor.dims))
    spatial = [place for place in range(1, len(tensor.dims)) if place != channel]
    window = window * len(spatial) if len(window) == 1 else window
    gone = [p for p, w in zip(spatial, window, strict=True) if w == node.inputs[0][p] and node.outputs[0][p] == 1]
    kept = [p for p, w in zip(spatial, window, strict=True) if w == 1]
    if gone and len(gone) + len(kept) == len(spatial):
        return _reduced(lowering, node, tensor, gone, "Max" in node.op, keep=True)
    dims = tuple([
        group if before == after else new_axis(after, "space")
        for group, before, after in zip(tensor.dims, node.inputs[0], node.outputs[0], strict=True)
    ])  # fmt: skip
    return lowering.value("pool", node, inputs, dims, kind="max" if "Max" in node.op else "avg",
                          window=tuple(window), call=node.id)  # fmt: skip


def global_pool(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of poolings over all places."""
    (tensor,) = inputs
    channel = channel_place(node, len(tensor.dims))
    gone = [place for place in range(1, len(tensor.dims)) if place != channel]
    return _reduced(lowering, node, tensor, gone, "Max" in node.op, keep=len(node.outputs[0]) == len(tensor.dims))


def _reduced(
    lowering: Lowering, node: Node, tensor: Tensor, gone: Sequence[int], largest: bool, *, keep: bool, mean: bool = True
) -> list[Tensor]:
    over = tuple([axis for place in gone for axis in resolved(tensor.dims[place])])
    dims = tuple([() if p in gone else g for p, g in enumerate(tensor.dims) if keep or p not in gone])
    if largest:
        return lowering.value("max", node, [tensor], dims, over=frozenset(over))
    return [lowering.store.reduce(tensor, over, dims, node.id, mean=mean)]


def reduction(kind: str) -> Lower:
    """The rule of one kind of reduction."""

    def lower(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
        (tensor,) = inputs
        gone = axes_of(option(node, "axis", 1), len(tensor.dims))
        keep = bool(option(node, "keepdims", 2, False))
        if kind in ("max", "min", "logsumexp", "argmax", "argmin", "norm"):
            over = tuple([axis for place in gone for axis in resolved(tensor.dims[place])])
            dims = tuple([() if p in gone else g for p, g in enumerate(tensor.dims) if keep or p not in gone])
            if kind == "norm":
                return [length_of(lowering, node, tensor, over, dims)]
            return lowering.value(kind, node, [tensor], dims, over=frozenset(over))
        if kind in ("var", "std"):
            _, var = _moments_of(lowering, node, tensor, gone, keep=keep)
            return [var if kind == "var" else lowering.store.multiply([var], 1.0, node.id, [0.5])]
        return _reduced(lowering, node, tensor, gone, False, keep=keep, mean=kind == "mean")

    return lower


def length_of(lowering: Lowering, node: Node, tensor: Tensor, over: Group, dims: Dims) -> Tensor:
    """The length of vectors along axes."""
    square = lowering.store.multiply([tensor], 1.0, node.id, [2.0])
    total = lowering.store.reduce(square, over, dims, node.id, mean=False)
    return lowering.store.multiply([total], 1.0, node.id, [0.5])


def _moments_of(
    lowering: Lowering, node: Node, tensor: Tensor, gone: Sequence[int], *, keep: bool
) -> tuple[Tensor, Tensor]:
    store = lowering.store
    (mean,) = _reduced(lowering, node, tensor, gone, False, keep=keep)
    square = store.multiply([tensor], 1.0, node.id, [2.0])
    (second,) = _reduced(lowering, node, square, gone, False, keep=keep)
    return mean, store.add([second, store.multiply([mean], 1.0, node.id, [2.0])], [1.0, -1.0], 0.0, node.id)


def moments(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of mean and variance at once."""
    gone = axes_of(option(node, "axes", 1), len(inputs[0].dims))
    return list(_moments_of(lowering, node, inputs[0], gone, keep=bool(option(node, "keepdims", 2, False))))


def unit_vectors(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of vectors divided by their lengths."""
    (tensor,) = inputs
    if option(node, "order", 2, 2) != 2:
        return []
    gone = axes_of(option(node, "axis", 1, -1), len(tensor.dims))
    over = tuple([axis for place in gone for axis in resolved(tensor.dims[place])])
    dims = tuple([() if place in gone else group for place, group in enumerate(tensor.dims)])
    length = length_of(lowering, node, tensor, over, dims)
    return [lowering.store.multiply([tensor, length], 1.0, node.id, [1.0, -1.0])]


def cumulated(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of cumulative sums."""
    (tensor,) = inputs
    place = option(node, "axis", 1, -1) % len(tensor.dims)
    return lowering.value("cumsum", node, inputs, tensor.dims, over=frozenset(resolved(tensor.dims[place])))
