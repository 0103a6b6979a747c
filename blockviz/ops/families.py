"""What an operation is: its family, its activation, and labels that say when two calls are alike.

Families are by what an operation does to a tensor, over Keras' layer classes and `keras.ops`
alike. Names of layers are never looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from blockviz.ir import Item, Node
from blockviz.quoting import abridged

_FAMILIES = {
    "input": "InputLayer",
    "conv": "Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D "
    "DepthwiseConv2D SeparableConv1D SeparableConv2D Conv Convolution2D",
    "dense": "Dense EinsumDense",
    "norm": "BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization "
    "InstanceNormalization SyncBatchNormalization LayerScale",
    "act": "Activation ReLU LeakyReLU PReLU ELU Softmax ThresholdedReLU Relu Relu6 Silu Swish Gelu Sigmoid Tanh "
    "HardSigmoid HardSilu HardSwish LeakyRelu Elu Selu Softplus Softsign LogSoftmax Mish Celu Glu",
    "pool": "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
    "AdaptiveAveragePooling2D AdaptiveMaxPooling2D MaxPool AveragePool",
    "global": "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
    "GlobalMaxPooling2D GlobalMaxPooling3D",
    "merge": "Add Concatenate Multiply Average Maximum Minimum Subtract Dot Divide Stack TrueDivide "
    "AddV2 Mul Sub Matmul Einsum Concat ConcatV2 Truediv MatMul BatchMatMul BatchMatMulV2",
    "pad": "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D Pad",
    "resize": "UpSampling1D UpSampling2D UpSampling3D Resizing Resize",
    "dropout": "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise "
    "AlphaDropout StochasticDepth ActivityRegularization",
    "reshape": "Reshape Flatten Permute RepeatVector Transpose Squeeze ExpandDims Identity Split Cast "
    "Masking BroadcastTo Tile GetItem Getitem StridedSlice Slice Swapaxes Moveaxis Repeat Unstack Roll",
    "attention": "MultiHeadAttention Attention AdditiveAttention GroupedQueryAttention DotProductAttention",
    "recurrent": "LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D Bidirectional",
    "embed": "Embedding",
    "scale": "Rescaling Normalization",
    "augment": "RandomApply RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop "
    "RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue "
    "RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear "
    "RandomTranslation RandomWidth RandomZoom AugMix CutMix MixUp RandAugment",
}
FAMILY: dict[str, str] = {op: family for family, ops in _FAMILIES.items() for op in ops.split()}

_ACTIVATION_OPS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax",
    "Relu": "relu", "Relu6": "relu6", "Silu": "silu", "Swish": "silu", "Gelu": "gelu", "Sigmoid": "sigmoid",
    "Tanh": "tanh", "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "HardSwish": "hard_silu",
    "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Softplus": "softplus", "Mish": "mish",
}  # fmt: skip
_SAME_ACTIVATION = {"swish": "silu", "hard_swish": "hard_silu", "": "linear", "None": "linear"}
_MERGES = {
    "AddV2": "Add", "Mul": "Multiply", "Sub": "Subtract", "TrueDivide": "Divide", "Truediv": "Divide", "Matmul": "Dot",
    "MatMul": "Dot", "BatchMatMul": "Dot", "BatchMatMulV2": "Dot", "Einsum": "Dot", "Concat": "Concatenate",
    "ConcatV2": "Concatenate",
}  # fmt: skip
_REMEMBERED = 1 << 17  # answers about the last calls: every pass asks for them again
DEPTHWISE = frozenset({"DepthwiseConv1D", "DepthwiseConv2D"})
SEPARABLE = frozenset({"SeparableConv1D", "SeparableConv2D"})
#: Families of calls that convolve, multiply by a matrix, attend or recur.
WEIGHTY = frozenset({"conv", "dense", "attention", "recurrent"})


def family(op: str) -> str:
    """The family of an operation by class name; ``other`` for what is not known."""
    return FAMILY.get(op, "other")


def merge_name(op: str) -> str:
    """One name for a merge however it was written (layer, ``keras.ops``)."""
    return _MERGES.get(op, op)


def activation_name(value: Any) -> str:
    """The name of an activation from its configuration (a name, a serialised object or None)."""
    if isinstance(value, Mapping):
        inner = value.get("config")
        value = inner if isinstance(inner, str) else value.get("class_name", "custom")
    name = abridged(str(value)) if value is not None else "linear"
    return _SAME_ACTIVATION.get(name, name)


def activation_of(node: Node) -> str:
    """The activation that a call applies: ``relu6`` for a ReLU capped at 6, ``linear`` for none."""
    if node.op in _ACTIVATION_OPS:
        name = _ACTIVATION_OPS[node.op]
        capped = node.config.get("max_value")
        return f"relu{capped:g}" if name == "relu" and isinstance(capped, int | float) and capped else name
    return activation_name(node.config.get("activation"))


def is_neutral(node: Node) -> bool:
    """Whether a call changes nothing of what the network computes: an identity, a linear activation."""
    return node.op == "Identity" or (node.op == "Activation" and activation_of(node) == "linear")


_REDUCTIONS = frozenset({"Mean", "ReduceMean", "Max", "ReduceMax", "Amax"})


def pools_globally(node: Node) -> bool:
    """Whether a call leaves one value per channel: a global pooling, or a reduction written out."""
    if family(node.op) == "global":
        return True
    if node.op not in _REDUCTIONS or not node.inputs or not node.outputs:
        return False
    before, after = node.inputs[0], node.outputs[0]
    return len(before) > 2 and before[-1:] == after[-1:] and all(size == 1 for size in after[1:-1])


@lru_cache(maxsize=_REMEMBERED)
def is_depthwise(node: Node) -> bool:
    """A depthwise convolution, also one written as a grouped convolution with one channel a group."""
    if node.op in DEPTHWISE:
        return True
    groups = node.config.get("groups") or 1
    return family(node.op) == "conv" and groups > 1 and groups == node.config.get("filters")


_IGNORED = frozenset({
    "name", "trainable", "dtype", "seed", "build_config", "data_format", "batch_shape", "batch_input_shape",
    "sparse", "ragged", "optional", "autocast", "quantization_config",
})  # fmt: skip


_IN_ORDER = json.JSONEncoder(sort_keys=True, default=str)


@lru_cache(maxsize=_REMEMBERED)
def exact_label(node: Node) -> str:
    """Equal for two calls of the same architecture, widths included; names, weights and seeds apart."""
    config = {key: value for key, value in node.config.items() if key not in _IGNORED}
    arguments = json.dumps(dict(node.args), default=str) if node.args else "{}"
    return f"{node.op}|{_IN_ORDER.encode(config)}|{arguments}"


@lru_cache(maxsize=_REMEMBERED)
def form_label(node: Node, *, activation: bool = True) -> str:
    """Equal for two calls that do the same at perhaps another width, stride, dilation or rate.

    ``activation``: whether the kind of activation counts.

    The kernel counts, but not that of a depthwise convolution, which papers give as a parameter
    of the block (3×3 or 5×5 MBConv).
    """
    kind = family(node.op)
    if kind == "conv":
        depthwise = is_depthwise(node)
        kernel = "" if depthwise else _sizes(node.config.get("kernel_size"))
        grouped = "g" if (node.config.get("groups") or 1) > 1 and not depthwise else ""
        name = "dw" if depthwise else node.op
        return f"{name}{kernel}{grouped}{_suffix(activation_of(node)) if activation else ''}"
    if kind == "dense":
        return f"dense{_suffix(activation_of(node)) if activation else ''}"
    if kind == "act":
        return f"act:{activation_of(node)}" if activation else "act"
    if kind == "pool":
        return f"{node.op}{_sizes(node.config.get('pool_size'))}"
    if kind == "merge":
        return merge_name(node.op)
    if kind in ("dropout", "pad"):
        return kind
    return node.op


def _suffix(activation: str) -> str:
    return "" if activation == "linear" else f"+{activation}"


def _sizes(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def joins(node: Node) -> bool:
    """Whether a call joins branches: a merge, or a call nobody knows that reads several tensors."""
    return len(node.inputs) > 1 and family(node.op) in ("merge", "other")


ANCHORS = ("conv", "dense", "norm", "pool", "attention", "recurrent", "embed")


def anchor(item: Item) -> Node | None:
    """The call that gives a unit its character: its convolution or dense layer, else its first telling call."""
    if isinstance(item, Node):
        return item
    nodes = [inner for inner in item.body.items() if isinstance(inner, Node)]
    for kind in ANCHORS:
        for node in nodes:
            if family(node.op) == kind:
                return node
    return nodes[0] if nodes else None
