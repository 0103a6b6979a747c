"""ONNX operators that are layers: convolution, matrix products, normalisation, pooling, recurrence, attention."""

from __future__ import annotations

from blockviz.frontends.onnx.state import Constant, Held, MaybeShape, Step
from blockviz.frontends.onnx.window_shapes import kernel_of, windows
from blockviz.ops.drafts import Tensor


def conv(step: Step) -> list[Held]:
    """Also transposed and quantised ones; a kernel that is a tensor makes it an operation on two tensors."""
    weight, bias = step.constant(1), step.constant(2)
    if weight is None or weight.shape is None:
        return list(step.builder.unknown(step.origin(weight, bias), "Conv", step.tensors, step.shapes, "onnx"))
    a = step.attributes
    kernel, groups = kernel_of(a, weight.shape), a.get("group", 1)
    rank = len(kernel)
    transposed = step.node.op == "ConvTranspose"
    ends = weight.shape[0] or 0, weight.shape[1] or 0
    channels, filters = (ends[0], ends[1] * groups) if transposed else (ends[1] * groups, ends[0])
    grid = step.x.shape[2:] if step.x.shape is not None else (None,) * rank
    found = step.builder.conv(
        step.origin(weight, bias), step.x, step.out, kernel=kernel, stride=a.get("strides") or [1] * rank,
        dilation=a.get("dilations") or [1] * rank, groups=groups, padding=windows(a, grid, kernel),
        channels=channels, filters=filters, bias=bias is not None, transposed=transposed,
    )  # fmt: skip
    return _activated(step, found)


def _activated(step: Step, x: Tensor) -> list[Held]:
    """The activation that fused operators of ONNX Runtime carry."""
    kind = _FUSED.get(str(step.attributes.get("activation", "")))
    return [step.builder.activation(step.origin(), x, kind)] if kind else [x]


_FUSED = {
    "Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "HardSigmoid": "hard_sigmoid", "LeakyRelu": "leaky_relu",
}  # fmt: skip


def gemm(step: Step) -> list[Held]:
    """A dense layer where the matrix is a constant."""
    weight, bias = step.constant(1), step.constant(2)
    if weight is None or weight.shape is None or not isinstance(step.inputs[0], Tensor):
        return [step.builder.matmul(step.origin(weight, bias), step.tensors[:2], step.out)]
    units = weight.shape[0 if step.attributes.get("transB") else 1] or 0
    biased = bias is not None and len(step.inputs) > 2
    return [step.builder.dense(step.origin(weight, bias), step.x, step.out, units=units, bias=biased)]


def matmul(step: Step) -> list[Held]:
    """A dense layer where the right side is a constant matrix."""
    left, right = step.constant(0), step.constant(1)
    if right is not None and right.shape is not None and len(right.shape) == 2:
        return [step.builder.dense(step.origin(right), step.x, step.out, units=right.shape[1] or 0, bias=False)]
    held = left or right
    if held is None:
        return [step.builder.matmul(step.origin(), step.tensors[:2], step.out)]
    shape = list(held.shape or ())
    return [step.builder.matmul(step.origin(held), step.tensors[:1], step.out, shape, reverse=held is left)]


def batch_norm(step: Step) -> list[Held]:
    """With its statistics, which no training changes by gradient."""
    scale, offset, mean, variance = (step.constant(place) for place in (1, 2, 3, 4))
    for held in (mean, variance):
        for name in held.weights if held else ():
            known = step.builder.draft.weights[name]
            step.builder.weight(name, type(known)(known.elements, False, known.storage))
    return [step.builder.norm(step.origin(scale, offset, mean, variance), step.x, "batch")]


def instance_norm(step: Step) -> list[Held]:
    """Instance normalisation; also the kernel of a group normalisation that is written out."""
    return [step.builder.norm(step.origin(step.constant(1), step.constant(2)), step.x, "instance")]


def group_norm(step: Step) -> list[Held]:
    """Group normalisation."""
    groups = step.attributes.get("num_groups", step.attributes.get("groups"))
    return [step.builder.norm(step.origin(step.constant(1), step.constant(2)), step.x, "group", groups=groups)]


def layer_norm(step: Step) -> list[Held]:
    """Layer or RMS normalisation over the last axes."""
    kind = "rms" if "RMS" in step.node.op or "Simplified" in step.node.op else "layer"
    axis = step.attributes.get("axis", -1)
    rank = len(step.x.shape or ())
    count = -axis if axis < 0 else max(1, rank - axis)
    scale, offset = step.constant(1), step.constant(2)
    normed = step.builder.norm(step.origin(scale, offset), step.x, kind, axes=count, affine=scale is not None)
    return [normed]


def skip_layer_norm(step: Step) -> list[Held]:
    """ONNX Runtime's sum of a shortcut with its normalisation."""
    places = {"scale": 2, "offset": 3, "bias": 4 if "Simplified" not in step.node.op else 3}
    added = step.builder.merge(step.origin(step.constant(places["bias"])), step.tensors[:2], step.out, "Add")
    kind = "rms" if "Simplified" in step.node.op else "layer"
    offset = step.constant(places["offset"]) if kind == "layer" else None
    normed: Held = step.builder.norm(step.origin(step.constant(2), offset), added, kind)
    missing: list[Held] = [Constant(None)] * 2
    return [normed, *missing, added]


def pool(step: Step) -> list[Held]:
    """Maximum or average of windows; over the whole grid it is a global pooling."""
    kind = "max" if step.node.op == "MaxPool" else "average"
    a = step.attributes
    size = list(a["kernel_shape"])
    grid = step.x.shape[2:] if step.x.shape is not None else (None,) * len(size)
    if tuple(size) == grid and not any(a.get("pads") or ()):
        return [step.builder.global_pool(step.origin(), step.x, step.out, kind)]
    stride, padding = a.get("strides") or [1] * len(size), windows(a, grid, size)
    return [step.builder.pool(step.origin(), step.x, step.out, kind, size=size, stride=stride, padding=padding)]


def global_pool(step: Step) -> list[Held]:
    """One value per channel.

    Of three axes it is a mean over the last one, as tf2onnx writes that of a layer norm: which axis the channels are,
    convolutions say.
    """
    if step.x.shape is not None and len(step.x.shape) == 3:
        name = "Max" if "Max" in step.node.op else "Mean"
        return [step.builder.reduce(step.origin(), step.x, step.out, name, [2])]
    kind = "max" if "Max" in step.node.op else "average"
    return [step.builder.global_pool(step.origin(), step.x, step.out, kind)]


def recurrent(step: Step) -> list[Held]:
    """LSTM, GRU, simple recurrence; the file's separate axis of directions is left to the readers' reshape."""
    kind = {"RNN": "SimpleRNN"}.get(step.node.op, step.node.op)
    both = step.attributes.get("direction") == "bidirectional"
    weights = [held for held in step.inputs[1:] if isinstance(held, Constant)]
    hidden = step.attributes.get("hidden_size") or 0
    outs = list(step.builder.recurrent(
        step.origin(*weights), step.x, step.shapes, kind, units=hidden, bidirectional=both,
        bias=step.constant(3) is not None,
    ))  # fmt: skip
    return list(outs)


def gather(step: Step) -> list[Held]:
    """A table that is looked up is an embedding; else elements are taken."""
    table, index = step.constant(0), step.constant(1)
    axis = step.attributes.get("axis", 0)
    if table is not None and table.weights and axis == 0 and table.shape is not None and len(table.shape) == 2:
        entries, width = table.shape
        return [step.builder.embedding(step.origin(table), step.x, step.out, entries=entries or 0, width=width or 0)]
    one = index is not None and index.number is not None and index.shape == ()
    if one and index is not None and isinstance(step.inputs[0], Tensor) and step.x.shape is not None:
        return [step.builder.item(step.origin(None), step.x, step.out, {axis: int(index.number or 0)})]
    if table is None and axis == 0 and index is not None and _takes_all(index, step.x.shape):
        return [step.builder.reshape(step.origin(), step.x, step.out)]
    return list(step.builder.operation(step.origin(table), "Take", step.tensors, step.shapes))


def _takes_all(index: Constant, shape: MaybeShape) -> bool:
    """Whether the elements of a row are taken one after the other: a view that an exporter spells by its strides."""
    if index.value is None or shape is None or len(shape) != 1:
        return False
    return [*index.value.reshape(-1)] == [*range(shape[0] or 0)]


def attention(step: Step) -> list[Held]:
    """The operator of opset 23: query, key, value and a mask."""
    causal = bool(step.attributes.get("is_causal"))
    attended: Held = step.builder.attention(step.origin(), step.tensors[:4], step.out, causal=causal)
    return [attended]


def einsum(step: Step) -> list[Held]:
    """A sum of products."""
    weights = [held for held in step.inputs if isinstance(held, Constant)]
    equation = str(step.attributes["equation"])
    operands = [held if isinstance(held, Tensor) else list(held.shape or ()) for held in step.inputs if held]
    return [step.builder.einsum(step.origin(*weights), step.tensors, step.out, equation, operands)]
