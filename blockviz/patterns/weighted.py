"""Layers with weights, and those of chance."""

from __future__ import annotations

from typing import Any

from blockviz.ir import Node
from blockviz.ops.families import is_depthwise
from blockviz.patterns.axes import Group, resolved
from blockviz.patterns.lowering import Lower, Lowering
from blockviz.patterns.settings import new_axis, numbers_of, option
from blockviz.patterns.values import Tensor


def channel_place(node: Node, rank: int) -> int:
    """Which axis holds the channels."""
    return 1 if node.config.get("data_format") == "channels_first" else rank - 1


def projected(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of dense layers: the last axis is a new one."""
    (tensor,) = inputs
    dims = (*tensor.dims[:-1], new_axis(node.outputs[0][-1]))
    return lowering.layer("linear", node, inputs, dims)


def projected_by_equation(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of dense layers by an equation: a scale where nothing is mixed."""
    (tensor,) = inputs
    left, _, right = str(node.config["equation"]).replace(" ", "").partition("->")
    own, weights = left.split(",")
    own, right = _without_dots(own, right, len(tensor.dims), len(node.outputs[0]))
    dims = tuple([
        tensor.dims[own.index(label)] if label in own else new_axis(size)
        for label, size in zip(right, node.outputs[0], strict=True)
    ])  # fmt: skip
    mixes = not set(weights) <= set(right) or not set(weights) <= set(own)
    return lowering.layer("linear" if mixes else "scale", node, inputs, dims)


def _without_dots(own: str, right: str, rank: int, out: int) -> tuple[str, str]:
    """An equation's terms with letters in place of the dots."""
    if "." not in own:
        return own, right
    letters = "ZYXWVUTSRQ"[: rank - len(own.replace(".", ""))]
    return own.replace("...", letters), right.replace("...", letters)


def convolved(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of convolutions: those with a kernel of one are dense layers over the channels, or scales."""
    tensor = inputs[0]
    rank = len(tensor.dims)
    channel = channel_place(node, rank)
    kernel = numbers_of(node.config.get("kernel_size"))
    strides = numbers_of(node.config.get("strides"))
    plain = max(strides, default=1) == 1
    depthwise = is_depthwise(node) and node.inputs[0][channel : channel + 1] == node.outputs[0][channel : channel + 1]
    dims = list[Group]()
    for place, (before, after) in enumerate(zip(node.inputs[0], node.outputs[0], strict=True)):
        if place == channel:
            dims.append(tensor.dims[place] if depthwise else new_axis(after))
        elif place == 0 or (before == after and plain):
            dims.append(tensor.dims[place])
        else:
            dims.append(new_axis(after, "space"))
    if channel == 1 and rank > 3:
        for place, group in enumerate(tensor.dims[1:], 1):
            for axis in resolved(group):
                axis.kind = "channel" if place == channel else "space"  # a convolution says which is which
    ones = max(kernel, default=0) == 1
    groups = node.config.get("groups") or 1
    op = "conv"
    if "Transpose" in node.op:
        op = "tconv"
    elif is_depthwise(node):
        op = "scale" if ones and plain else "depthwise"
    elif node.op.startswith("Separable"):
        op = "separable"
    elif ones and plain and groups == 1:
        op = "linear"
    elif rank == 3 and _is_causal(node, tensor):
        op = "causal"
    return lowering.layer(op, node, inputs, tuple(dims))


def _is_causal(node: Node, tensor: Tensor) -> bool:
    """Whether no step sees a later one: causal padding, or as many zeros in front as a valid kernel takes away."""
    if node.config.get("padding") == "causal":
        return True
    before = tensor.value
    if node.config.get("padding") != "valid" or before.op != "pad" or before.node is None:
        return False
    found = numbers_of(
        [n for row in _rows(option(before.node, "padding", 1, option(before.node, "pad_width", 1))) for n in row]
    )
    front, back = (found[-4:-2] if len(found) == 6 else found) if len(found) in (2, 6) else (0, 1)
    reach = (numbers_of(node.config.get("kernel_size")) or [1])[0] - 1
    return back == 0 and front == reach * (numbers_of(node.config.get("dilation_rate")) or [1])[0]


def _rows(value: Any) -> list[list[Any]]:
    """Pairs of a padding, however it is written."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple):
        return [list(row) for row in value]
    return [list(value)] if isinstance(value, list | tuple) else [[value, value]]


def normalised(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of normalisation layers."""
    made = lowering.layer("scale" if node.op == "LayerScale" else "norm", node, inputs, inputs[0].dims)
    if node.op == "UnitNormalization":
        made[0].value.aka["l2_norm"] = tuple(inputs)
    return made


def rotated(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of layers that rotate queries and keys by position."""
    made = lowering.layer("rotary", node, inputs[:1], inputs[0].dims)
    made[0].value.aka["rotary"] = tuple(inputs[:1])
    return made


def dropped(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of dropout and noise."""
    (tensor,) = inputs
    if node.op == "GaussianNoise" and tensor.value.op == "const":
        return lowering.value("noise", node, inputs, tensor.dims)
    if tensor.value.op == "const":
        return lowering.value("chance", node, inputs, tensor.dims)
    whole = node.config.get("noise_shape") and all(size == 1 for size in node.config["noise_shape"][1:])
    return lowering.value("droppath" if whole else "drop", node, inputs, tensor.dims, rate=node.config.get("rate"))


def likewise(number: float) -> Lower:
    """The rule of zeros or ones of a tensor's shape."""
    return lambda lowering, node, inputs: lowering.value("const", node, inputs, inputs[0].dims, like=number)
