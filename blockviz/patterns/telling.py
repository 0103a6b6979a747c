"""Whether a network can hold an idiom at all: most convolutional ones are told by a glance at their calls."""

from __future__ import annotations

from blockviz.ir import LayerGraph, Node

_TELLING = frozenset({
    "Multiply", "Mul", "Divide", "TrueDivide", "Matmul", "Einsum", "Dot", "Softmax", "Permute", "Transpose", "Roll",
    "DotProductAttention",
    "Split", "GetItem", "Swapaxes", "Moveaxis", "Rsqrt", "Sqrt", "FFT2", "FFT", "RFFT", "RFFT2", "TopK", "Maximum",
    "Stack", "Power", "Erf", "Lambda", "Sum", "Max", "Mean", "Subtract", "DepthwiseConv1D",
    "DepthwiseConv2D", "ZeroPadding1D", "Pad",
    "UnitNormalization", "SpaceToDepth", "DepthToSpace", "Exp", "Sin", "Cos", "TakeAlongAxis", "Take", "EinsumDense",
    "Normalize", "Square", "Minimum", "Log", "Tanh",
})  # fmt: skip
_BRANCHED = frozenset({"Concatenate", "Add"})


def may_hold_idioms(graph: LayerGraph) -> bool:
    """Whether any call may be part of an idiom, as plain layers in a row never are."""
    return any(isinstance(item, Node) and _may_tell(graph, item) for item in graph.items())


def _is_part_of_sum(graph: LayerGraph, name: str) -> bool:
    """Whether a call adds what is only added to something else: a sum of three."""
    item = graph.item(name)
    return isinstance(item, Node) and item.op == "Add" and len(item.inputs) > 1 and len(graph.succ[name]) == 1


def _may_tell(graph: LayerGraph, node: Node) -> bool:
    if node.op in _BRANCHED:
        return len(node.inputs) > 2 or any(_is_part_of_sum(graph, name) for name in graph.pred[node.id])
    if node.op in ("Conv1D", "Conv2D") and node.config.get("strides") == node.config.get("kernel_size") != [1, 1]:
        return any(not graph.pred[name] for name in graph.pred[node.id])  # patches of the input
    if node.op == "Dropout":
        return bool(node.config.get("noise_shape"))
    if node.op == "Conv1D":
        return node.config.get("padding") == "causal"
    if node.op == "Rescaling":  # of the model's input it says nothing
        return any(graph.pred[name] for name in graph.pred[node.id])
    if node.op == "Reshape":
        return max(map(len, (*node.inputs, *node.outputs))) > 4
    return node.op in _TELLING
