"""Which rule makes the value of which operation: Keras' layers and functions alike."""

from __future__ import annotations

from blockviz.patterns.arithmetic import (
    FUNCTIONS,
    bounded,
    chosen,
    clipped,
    compared,
    divided,
    function_of,
    kept_by_triangle,
    multiplied,
    power_of,
    powered,
    rescaled,
    softmax_call,
    summed,
)
from blockviz.patterns.lowering import TRANSPARENT, Lower
from blockviz.patterns.parts import cropped, item_of, joined, split_parts
from blockviz.patterns.products import attended, dot_layer, einsum, matmul
from blockviz.patterns.rearranging import (
    code_of,
    expanded,
    handed_on,
    padded,
    permuted_view,
    repeated,
    reshaped,
    resized,
    rolled,
    squeezed,
    triangle,
)
from blockviz.patterns.reductions import cumulated, global_pool, moments, pooled_map, reduction, unit_vectors
from blockviz.patterns.weighted import (
    convolved,
    dropped,
    likewise,
    normalised,
    projected,
    projected_by_equation,
    rotated,
)

RULES: dict[str, Lower] = {
    **dict.fromkeys(["Add", "AddV2", "Average"], summed([1.0])),
    **dict.fromkeys(["Subtract", "Sub"], summed([1.0, -1.0])),
    **dict.fromkeys(["Multiply", "Mul"], multiplied),
    **dict.fromkeys(["Divide", "TrueDivide", "Truediv"], divided),
    "Negative": lambda lowering, node, inputs: [lowering.store.multiply(inputs, -1.0, node.id)],
    "Square": powered(2.0), "Sqrt": powered(0.5), "Rsqrt": powered(-0.5), "Reciprocal": powered(-1.0),
    **dict.fromkeys(["Power", "Pow"], power_of),
    "Rescaling": rescaled,
    **dict.fromkeys([*FUNCTIONS, "Activation"], function_of),
    **dict.fromkeys(["Softmax", "LogSoftmax"], softmax_call),
    "Maximum": bounded("maximum"), "Minimum": bounded("minimum"), "Clip": clipped,
    "Dense": projected, "EinsumDense": projected_by_equation,
    **dict.fromkeys(
        ["Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv1D",
         "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"], convolved),
    **dict.fromkeys(
        ["BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization",
         "InstanceNormalization", "SyncBatchNormalization", "LayerScale"], normalised),
    **dict.fromkeys(
        ["Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "GaussianNoise",
         "AlphaDropout"], dropped),
    "RotaryEmbedding": rotated, "Lambda": code_of,
    "ZerosLike": likewise(0.0), "OnesLike": likewise(1.0),
    **dict.fromkeys(
        ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D"],
        pooled_map),
    **dict.fromkeys(
        ["GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalMaxPooling1D",
         "GlobalMaxPooling2D", "GlobalMaxPooling3D"], global_pool),
    "Mean": reduction("mean"), "ReduceMean": reduction("mean"), "Sum": reduction("sum"),
    "ReduceSum": reduction("sum"), "Max": reduction("max"), "Amax": reduction("max"), "ReduceMax": reduction("max"),
    "Min": reduction("min"), "Var": reduction("var"), "Std": reduction("std"), "Logsumexp": reduction("logsumexp"),
    "Norm": reduction("norm"), "Argmax": reduction("argmax"), "Argmin": reduction("argmin"),
    "Moments": moments, "Normalize": unit_vectors,
    **dict.fromkeys(["Matmul", "MatMul", "BatchMatMul", "BatchMatMulV2"], matmul), "Einsum": einsum, "Dot": dot_layer,
    "DotProductAttention": attended,
    **dict.fromkeys(["Reshape", "Flatten"], reshaped),
    **dict.fromkeys(["Permute", "Transpose", "Swapaxes", "SwapAxes", "Moveaxis"], permuted_view),
    "ExpandDims": expanded, "Squeeze": squeezed,
    **dict.fromkeys(["RepeatVector", "Repeat", "Tile", "BroadcastTo"], repeated),
    **dict.fromkeys(TRANSPARENT, handed_on),
    **dict.fromkeys(["GetItem", "Getitem"], item_of), "Split": split_parts, "Unstack": split_parts,
    **dict.fromkeys(["Cropping1D", "Cropping2D", "Cropping3D"], cropped),
    **dict.fromkeys(["Concatenate", "Stack", "Concat", "ConcatV2"], joined), "Roll": rolled, "Where": chosen,
    **dict.fromkeys(
        ["Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"], compared),
    **dict.fromkeys(["Tril", "Triu"], triangle), "CausalMask": kept_by_triangle, "Cumsum": cumulated,
    **dict.fromkeys(["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Pad"], padded),
    **dict.fromkeys(["UpSampling1D", "UpSampling2D", "UpSampling3D", "Resizing", "Resize"], resized),
}  # fmt: skip
