"""What a call of a skeleton says beside its label, and what may define a name: its marks."""

from __future__ import annotations

from blockviz.ir import Node, Shape
from blockviz.ops.families import activation_of, family, is_depthwise, merge_name
from blockviz.ops.per_step import called

#: Activations that open and close: what is multiplied by them is gated.
_GATES = frozenset({"sigmoid", "hard_sigmoid"})
_FOLDS = frozenset({"Multiply", "Maximum", "Minimum"})


def marks_of(node: Node, label: str) -> frozenset[str]:
    """``again`` for a further call of a layer, ``outer`` for a product of each with each, ``down`` for a stride,
    ``dilated``, ``causal``, ``widens`` and ``narrows`` for more and fewer channels than are read, ``scalar`` for one,
    ``wider`` for several depthwise kernels a channel, ``square`` for a product with a matrix that has a row a column
    (the edges of a graph), ``far`` for what makes a map more than twice as large, ``lstm`` for a recurrent layer of
    such cells, and what its activation leaves (`activation_marks`).
    """
    node = called(node)
    found = {"again"} if node.call > 1 else set()
    if (label == "mul" and _is_outer(node)) or (label == "dot" and _adds_axes(node)):
        found.add("outer")
    if any(stride > 1 for stride in numbers(node.config.get("strides"))):
        found.add("down")
    if is_dilated(node):
        found.add("dilated")
    if node.config.get("padding") == "causal":
        found.add("causal")
    if (node.config.get("depth_multiplier") or 1) > 1 and is_depthwise(node):
        found.add("wider")
    if label == "dot" and any(len(shape) > 2 and shape[-1] == shape[-2] for shape in _from_left(node)):
        found.add("square")
    if label == "rnn" and "LSTM" in (node.op, str(_inner_class(node))):
        found.add("lstm")
    if label.startswith(("up", "tconv")) and _enlarges(node) > 2:
        found.add("far")
    if family(node.op) in ("conv", "dense"):
        found |= activation_marks(activation_of(node)) | _width_marks(node)
    return frozenset(found)


def _inner_class(node: Node) -> object:
    """The class of the layer that a bidirectional one runs both ways."""
    inner = node.config.get("layer")
    return inner.get("class_name") if isinstance(inner, dict) else None


def _from_left(node: Node) -> tuple[Shape, ...]:
    """What a matrix product may read as edges: from the right a square matrix mixes channels."""
    return node.inputs[:1] if node.op == "Matmul" and len(node.inputs) == 2 else node.inputs


def _enlarges(node: Node) -> int:
    """How often larger a map gets along an axis by a call, where that is known."""
    pairs = zip(node.inputs[0][1:-1], node.outputs[0][1:-1], strict=False) if node.inputs and node.outputs else ()
    return max((after // before for before, after in pairs if before and after), default=1)


def _is_outer(node: Node) -> bool:
    """Whether either of two tensors is repeated along an axis of the other."""
    if len(node.inputs) != 2 or len({len(shape) for shape in node.inputs}) > 1:
        return False
    ones = [(one == 1, other == 1) for one, other in zip(*node.inputs, strict=True) if one != other]
    return {(True, False), (False, True)} <= set(ones)


def _adds_axes(node: Node) -> bool:
    """Whether a product of tensors has more axes than either."""
    return bool(node.outputs) and len(node.inputs) == 2 and len(node.outputs[0]) > max(map(len, node.inputs))


def activation_marks(name: str) -> frozenset[str]:
    """The marks of an activation: its name, ``active``, and ``gate`` for one that gates."""
    if name == "linear":
        return frozenset()
    return frozenset([name, "active", *(["gate"] if name in _GATES else [])])


def _width_marks(node: Node) -> frozenset[str]:
    before, after = widths_of(node)
    if is_depthwise(node) or before is None or after is None or before == after:
        return frozenset()
    return frozenset(["widens" if after > before else "narrows", *(["scalar"] if after == 1 else [])])


def widths_of(node: Node) -> tuple[int | None, int | None]:
    """The channels that a call reads and gives; None for what isn't known."""
    axis = 1 if node.config.get("data_format") == "channels_first" else -1
    found = [shapes[0][axis] if shapes and len(shapes[0]) > 1 else None for shapes in (node.inputs, node.outputs)]
    before, after = (size if isinstance(size, int) else None for size in found)
    return before, after


def is_dilated(node: Node) -> bool:
    """Whether a call's kernel has gaps."""
    return any(rate > 1 for rate in numbers(node.config.get("dilation_rate")))


def numbers(value: object) -> list[int]:
    """The whole numbers of a setting that is one number or several."""
    if isinstance(value, list | tuple):
        return [v for v in value if isinstance(v, int)]
    return [value] if isinstance(value, int) else []


def folds(item: Node, shape: Shape) -> bool:
    """Whether a call multiplies, or compares, the parts of what has a shape."""
    return (
        merge_name(item.op) in _FOLDS and bool(item.outputs) and len(item.outputs[0]) == len(shape)
        and any(size and whole and size < whole for size, whole in zip(item.outputs[0], shape, strict=True))
    )  # fmt: skip


def is_part(item: Node, shape: Shape) -> bool:
    """Whether a call reads some of the channels of what has a shape."""
    read = item.inputs[0] if item.inputs else ()
    return len(read) == len(shape) > 1 and bool(read[-1] and shape[-1]) and (read[-1] or 0) < (shape[-1] or 0)


def only_scales(node: Node) -> bool:
    """Whether a depthwise convolution reads one place only: a factor for each channel."""
    kernel = numbers(node.config.get("kernel_size"))
    return bool(kernel) and set(kernel) == {1} and (node.config.get("depth_multiplier") or 1) == 1
