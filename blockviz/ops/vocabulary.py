"""What the builder accepts: names of operations, activations, merges and reductions."""

from __future__ import annotations

from blockviz.ops.families import FAMILY

_MERGES_WORDS = """Add Multiply Subtract Maximum Minimum Average Divide Power FloorDivide Mod Equal NotEqual Greater
    GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Arctan2"""
MERGES = frozenset(_MERGES_WORDS.split())
_REDUCTIONS_WORDS = """Sum Mean Max Min Prod Std Var Any All Norm Logsumexp Argmax Argmin"""
REDUCTIONS = frozenset(_REDUCTIONS_WORDS.split())
_ACTIVATIONS_WORDS = """relu relu6 leaky_relu prelu elu selu celu gelu silu hard_silu hard_sigmoid sigmoid tanh softplus
    softsign mish log_softmax log_sigmoid quick_gelu hard_tanh squareplus threshold linear
    exponential hard_shrink soft_shrink tanh_shrink glu"""
ACTIVATIONS = frozenset(_ACTIVATIONS_WORDS.split())
RECURRENT = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
"""Recurrent layers, and how many gates their cells have."""
_ELEMENTWISE_WORDS = """Absolute Negative Square Sqrt Rsqrt Exp Expm1 Log Log1p Log2 Sin Cos Tan Sinh Cosh Arcsin Arccos
    Arctan Reciprocal Sign Floor Ceil Round Clip Erf LogicalNot Isnan Isinf Where Flip Roll Cumsum
    Tril Triu Cast Identity Sort Normalize Pad"""
ELEMENTWISE = frozenset(_ELEMENTWISE_WORDS.split())
_OTHERS_WORDS = """Take OneHot TopK Pad GetItem Squeeze ExpandDims BroadcastTo Tile Repeat Stack Einsum Matmul
    Transpose Reshape Scatter Unfold Fold PixelShuffle PixelUnshuffle GridSample Nonzero Argsort
    Diagonal Fft Rfft Irfft Shape Resizing Parameter RepeatVector Lookup"""
_OTHERS = frozenset(_OTHERS_WORDS.split())
_KNOWN = FAMILY.keys() | MERGES | REDUCTIONS | ELEMENTWISE | _OTHERS


def knows(op: str) -> bool:
    """Whether the vocabulary has an operation of this name."""
    return op in _KNOWN
