"""Shapes of the results of ONNX operators (https://onnx.ai/onnx/operators), from shapes and known numbers."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.frontends.onnx.known_shapes import Known, MaybeShape, Rule, broadcast
from blockviz.frontends.onnx.rearranged_shapes import REARRANGING
from blockviz.frontends.onnx.window_shapes import WINDOWS


def result_shapes(op: str, known: Known) -> Sequence[MaybeShape]:
    """Shapes of the results; None for those that nobody knows."""
    rule = _RULES.get(op)
    try:
        found = list(rule(known)) if rule else []
    except (LookupError, ValueError, TypeError, ArithmeticError):
        found = []
    return [*found, *[None] * known.results][: known.results]


def _same(known: Known) -> list[MaybeShape]:
    return [known.shape(0)] * known.results


def _elementwise(known: Known) -> list[MaybeShape]:
    return [broadcast([known.shape(place) for place in range(len(known.shapes))])]


def _gemm(known: Known) -> list[MaybeShape]:
    a, x, w = known.attributes, known.shape(0), known.shape(1)
    return [(x[1] if a.get("transA") else x[0], w[0] if a.get("transB") else w[1])]


def _matmul(known: Known) -> list[MaybeShape]:
    x, y = known.shape(0), known.shape(1)
    if len(x) == 1 or len(y) == 1:
        return [(*(x[:-1] if len(x) > 1 else ()), *((*y[:-2], y[-1]) if len(y) > 1 else ()))]
    return [(*broadcast([x[:-2], y[:-2]]), x[-2], y[-1])]


def _reduce(known: Known) -> list[MaybeShape]:
    x, axes = known.shape(0), known.numbers("axes", 1)
    kept = known.attributes.get("keepdims", 1)
    if axes is None and known.attributes.get("noop_with_empty_axes"):
        return [x]
    gone = set(range(len(x))) if axes is None else {axis % len(x) for axis in axes}
    return [tuple(1 if i in gone else n for i, n in enumerate(x) if kept or i not in gone)]


def _arg(known: Known) -> list[MaybeShape]:
    x, axis = known.shape(0), known.attributes.get("axis", 0)
    axis %= len(x)
    return [tuple(1 if i == axis else n for i, n in enumerate(x) if known.attributes.get("keepdims", 1) or i != axis)]


def _recurrent(known: Known) -> list[MaybeShape]:
    x, hidden = known.shape(0), known.attributes.get("hidden_size")
    ways = 2 if known.attributes.get("direction") == "bidirectional" else 1
    batch_first = known.attributes.get("layout") == 1
    length, batch = (x[1], x[0]) if batch_first else (x[0], x[1])
    state = (batch, ways, hidden) if batch_first else (ways, batch, hidden)
    return [(batch, length, ways, hidden) if batch_first else (length, ways, batch, hidden), state, state]


def _einsum(known: Known) -> list[MaybeShape]:
    left, arrow, right = str(known.attributes["equation"]).replace(" ", "").partition("->")
    if not arrow or "." in left:
        raise LookupError("equation")
    sizes: dict[str, int | None] = {}
    for place, term in enumerate(left.split(",")):
        for letter, size in zip(term, known.shape(place), strict=True):
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    return [tuple(sizes[letter] for letter in right)]


def _top_k(known: Known) -> list[MaybeShape]:
    x = list(known.shape(0))
    value = known.values[1] if len(known.values) > 1 else None
    given = None if value is None else int(value.reshape(-1)[0])
    x[known.attributes.get("axis", -1)] = known.attributes.get("k", given)
    return [tuple(x)] * 2


def _one_hot(known: Known) -> list[MaybeShape]:
    x, value = known.shape(0), known.values[1]
    axis = known.attributes.get("axis", -1) % (len(x) + 1)
    return [(*x[:axis], None if value is None else int(value.reshape(-1)[0]), *x[axis:])]


def _attention(known: Known) -> list[MaybeShape]:
    q, v = known.shape(0), known.shape(2)
    return [(*q[:-1], v[-1]) if len(q) == 4 else q]


_SAME = """Identity Cast CastLike Dropout Relu LeakyRelu PRelu Elu Selu Sigmoid Tanh HardSigmoid HardSwish Gelu Softmax
LogSoftmax Softplus Mish Swish QuickGelu FastGelu BiasGelu ThresholdedRelu Celu Softsign Sqrt Exp Log Neg Abs Erf Erfc
Reciprocal Sin Cos Tan Sinh Cosh Asin Acos Atan Asinh Acosh Atanh Floor Ceil Round Not Sign IsNaN IsInf Clip
BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LpNormalization LRN
MeanVarianceNormalization QuantizeLinear DequantizeLinear Trilu CumSum Shrink Hardmax ReverseSequence ScatterND
ScatterElements ScatterND RotaryEmbedding SimplifiedLayerNormalization SkipLayerNormalization
SkipSimplifiedLayerNormalization FakeQuantize EyeLike Bernoulli RandomNormalLike RandomUniformLike"""
_BROADCAST = """Add Sub Mul Div Mod Pow Max Min Mean Sum Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Where
BitShift BitwiseAnd BitwiseOr BitwiseXor"""
_REDUCTIONS = """ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
ReduceSumSquare"""
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_SAME.split(), _same),
    **dict.fromkeys(_BROADCAST.split(), _elementwise),
    **dict.fromkeys(_REDUCTIONS.split(), _reduce),
    **WINDOWS, **REARRANGING,
    "Gemm": _gemm, "MatMul": _matmul, "MatMulInteger": _matmul, "FusedMatMul": _matmul,
    "GatherElements": lambda known: [known.shape(1)], "ArgMax": _arg, "ArgMin": _arg,
    "Shape": lambda known: [(len(known.shape(0)),)], "Size": lambda known: [()],
    "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent, "Einsum": _einsum, "TopK": _top_k, "OneHot": _one_hot,
    "Attention": _attention,
}  # fmt: skip
