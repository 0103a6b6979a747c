"""Views: what only arranges a tensor's elements anew, repeats or pads them."""

from __future__ import annotations

from blockviz.ir import Node
from blockviz.patterns.axes import Axis, Dims, permuted, regrouped, resolved
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.settings import axes_of, new_axis, option
from blockviz.patterns.values import Tensor


def reshaped(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of reshapes."""
    tensor = inputs[0]
    dims = regrouped(_without_single_batch(tensor.dims, node, lowering.store.batch), node.outputs[0])
    return [] if dims is None else lowering.viewed(node, tensor, dims)


def _without_single_batch(dims: Dims, node: Node, batch: Axis) -> Dims:
    """The axes without a batch that the call sees as a 1: a program exported for one example moves it to any place."""
    sizes = node.inputs[0] if node.inputs else ()
    if len(sizes) != len(dims):
        return dims
    inner = [
        () if size == 1 and resolved(group) == (batch,) else group for size, group in zip(sizes, dims, strict=True)
    ]
    return (*dims[:1], *inner[1:])


def permuted_view(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of transpositions in all their spellings."""
    (tensor,) = inputs
    rank = len(tensor.dims)
    if node.op == "Permute":
        order = [0, *node.config["dims"]]
    elif node.op in ("Swapaxes", "SwapAxes"):
        order = list(range(rank))
        one, two = option(node, "axis1", 1) % rank, option(node, "axis2", 2) % rank
        order[one], order[two] = order[two], order[one]
    elif node.op == "Moveaxis":
        source, target = axes_of(option(node, "source", 1), rank), axes_of(option(node, "destination", 2), rank)
        order = [axis for axis in range(rank) if axis not in source]
        for to, axis in sorted(zip(target, source, strict=True)):
            order.insert(to, axis)
    else:
        axes = option(node, "axes", 1, option(node, "perm", 1))
        order = axes_of(axes, rank) if axes is not None else list(reversed(range(rank)))
    return lowering.viewed(node, tensor, permuted(tensor.dims, order))


def expanded(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of added sizes of one."""
    (tensor,) = inputs
    rank = len(node.outputs[0])
    added = axes_of(option(node, "axis", 1), rank)
    left = list(tensor.dims)
    return lowering.viewed(node, tensor, tuple([() if place in added else left.pop(0) for place in range(rank)]))


def squeezed(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of removed sizes of one."""
    (tensor,) = inputs
    axis = option(node, "axis", 1)
    gone = [p for p, group in enumerate(tensor.dims) if not group] if axis is None else axes_of(axis, len(tensor.dims))
    return lowering.viewed(node, tensor, tuple([g for p, g in enumerate(tensor.dims) if p not in gone]))


def repeated(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of tiling and repetition: axes of copies."""
    (tensor,) = inputs
    if node.op == "RepeatVector":
        dims: Dims = (tensor.dims[0], (Axis(node.config["n"], copy=True),), tensor.dims[1])
    elif node.op == "Repeat":
        place = option(node, "axis", 2) % len(tensor.dims)
        copies = Axis(option(node, "repeats", 1), copy=True)
        dims = tuple([(*g, copies) if p == place else g for p, g in enumerate(tensor.dims)])
    elif node.op == "Tile":
        dims = tuple([
            (Axis(n, copy=True), *g) if n != 1 else g
            for n, g in zip(option(node, "repeats", 1), tensor.dims, strict=True)
        ])  # fmt: skip
    else:
        shape = node.outputs[0]
        own = ((),) * (len(shape) - len(tensor.dims)) + tensor.dims
        dims = tuple([
            (Axis(size, copy=True),) if not group and size != 1 else group
            for group, size in zip(own, shape, strict=True)
        ])  # fmt: skip
    return lowering.viewed(node, tensor, dims)


def handed_on(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of what gives its input as it is."""
    if not inputs:
        return []
    if node.op == "StopGradient":
        lowering.stopped.add(inputs[0].value.number)
    return [Tensor(inputs[0].value, inputs[0].dims, (*inputs[0].views, node.id), inputs[0].primes)] * len(node.outputs)


def rolled(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a cyclic shift."""
    (tensor,) = inputs
    shift, axis = option(node, "shift", 1), option(node, "axis", 2)
    shifts = shift if isinstance(shift, list | tuple) else [shift]
    places = axes_of(axis, len(tensor.dims))
    for step, place in zip(shifts, places, strict=True):
        group = resolved(tensor.dims[place])
        value = lowering.store.make("roll", [tensor], tensor.dims, [node.id], node, {"group": group, "shift": -step})
        tensor = Tensor(value, tensor.dims)
    return [tensor]


def triangle(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of a triangle of ones, which hides what comes later."""
    return lowering.value("const", node, inputs, inputs[0].dims, trait="triangle")


def padded(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of padding."""
    (tensor,) = inputs
    dims = tuple([
        group if before == after else new_axis(after, "space")
        for group, before, after in zip(tensor.dims, node.inputs[0], node.outputs[0], strict=True)
    ])  # fmt: skip
    width = option(node, "padding", 1, option(node, "pad_width", 1))
    return lowering.value("pad", node, inputs, dims, width=str(width))


def resized(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of resizing: places are new ones."""
    tensor = inputs[0]
    dims = tuple([
        group if before == after else new_axis(after, "space")
        for group, before, after in zip(tensor.dims, node.inputs[0], node.outputs[0], strict=True)
    ])  # fmt: skip
    return lowering.value("resize", node, inputs, dims)


def code_of(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """Code that is never read: where a size is gone and one only can be, something was taken along it."""
    if len(inputs) != 1:
        return []
    before, after = node.inputs[0], node.outputs[0]
    if len(before) == len(after):  # a part of it, where one size is smaller
        smaller = [p for p, (one, two) in enumerate(zip(before, after, strict=True)) if one != two]
        old, new = (before[smaller[0]], after[smaller[0]]) if len(smaller) == 1 else (None, None)
        if old is None or new is None or new >= old:
            return []
        dims = tuple(
            [new_axis(after[p], g[0].kind) if p == smaller[0] and g else g for p, g in enumerate(inputs[0].dims)]
        )
        return lowering.value("part", node, inputs, dims, cuts=str(node.config.get("function")), groups=())
    if len(after) != len(before) - 1:
        return []
    places = [place for place in range(1, len(before)) if before[:place] + before[place + 1 :] == after]
    if len(places) != 1:
        return []
    over = resolved(inputs[0].dims[places[0]])
    dims = tuple([group for place, group in enumerate(inputs[0].dims) if place != places[0]])
    return lowering.value("taken", node, inputs, dims, over=frozenset(over))
