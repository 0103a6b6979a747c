"""Shapes of the results of ONNX operators (https://onnx.ai/onnx/operators), from shapes and known numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, prod
from typing import Any, TypeAlias

from blockviz.frontends.onnx.values import Array, shape_of
from blockviz.ir import Shape
from blockviz.runtime.records import dataclass

MaybeShape: TypeAlias = Shape | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an operator's call: attributes, shapes and numbers of its inputs, how many results it has."""

    attributes: Mapping[str, Any]
    shapes: Sequence[MaybeShape]
    values: Sequence[Array | None]
    results: int = 1

    def shape(self, place: int) -> Shape:
        """Shape of an input. Raises LookupError: nobody knows."""
        shape = self.shapes[place] if place < len(self.shapes) else None
        if shape is None:
            raise LookupError(place)
        return shape

    def numbers(self, key: str, place: int) -> list[int] | None:
        """Whole numbers, an attribute in older versions and an input in newer ones; None if absent."""
        if key in self.attributes:
            return [int(n) for n in self.attributes[key]]
        if place >= len(self.shapes) or self.shapes[place] == ABSENT:
            return None
        value = self.values[place]
        if value is None:
            raise LookupError(place)
        return [int(max(min(n, 2**62), -(2**62))) for n in value.reshape(-1)]


ABSENT: Shape = (-1,)
Rule: TypeAlias = Callable[[Known], "Sequence[MaybeShape]"]


def result_shapes(op: str, known: Known) -> Sequence[MaybeShape]:
    """Shapes of the results; None for those that nobody knows."""
    rule = _RULES.get(op)
    try:
        found = list(rule(known)) if rule else []
    except (LookupError, ValueError, TypeError, ArithmeticError):
        found = []
    return [*found, *[None] * known.results][: known.results]


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """NumPy's broadcasting; an open size that meets a known one above 1 takes the known one."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    sizes = []
    for column in zip(*padded, strict=True):
        known = [n for n in column if n is not None and n != 1]
        sizes.append(known[0] if known else None if None in column else 1)
    return tuple(sizes)


def _same(known: Known) -> list[MaybeShape]:
    return [known.shape(0)] * known.results


def _elementwise(known: Known) -> list[MaybeShape]:
    return [broadcast([known.shape(place) for place in range(len(known.shapes))])]


def windows(a: Mapping[str, Any], grid: Shape, kernel: Sequence[int]) -> list[tuple[int, int]]:
    """Padding before and after of each axis of the grid."""
    rank = len(kernel)
    mode = a.get("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        strides, dilations = a.get("strides", [1] * rank), a.get("dilations", [1] * rank)
        pairs = []
        for n, k, s, d in zip(grid, kernel, strides, dilations, strict=True):
            total = (k - 1) * d if n is None else max(0, (ceil(n / s) - 1) * s + (k - 1) * d + 1 - n)
            pairs.append((total // 2, total - total // 2) if mode == "SAME_UPPER" else (total - total // 2, total // 2))
        return pairs
    pads = a.get("pads") or [0] * 2 * rank
    return [(pads[i], pads[i + rank]) for i in range(rank)]


def _slid(a: Mapping[str, Any], grid: Shape, kernel: Sequence[int]) -> Shape:
    rank = len(kernel)
    strides, dilations = a.get("strides") or [1] * rank, a.get("dilations") or [1] * rank
    rounded = ceil if a.get("ceil_mode") else floor
    out: list[int | None] = []
    for n, k, s, d, pair in zip(grid, kernel, strides, dilations, windows(a, grid, kernel), strict=True):
        if n is None:
            out.append(None)
            continue
        size = rounded((n + sum(pair) - (k - 1) * d - 1) / s) + 1
        if a.get("ceil_mode") and (size - 1) * s >= n + pair[0]:
            size -= 1
        out.append(size)
    return tuple(out)


def _conv(known: Known) -> list[MaybeShape]:
    x, w = known.shape(0), known.shape(1)
    return [(x[0], w[0], *_slid(known.attributes, x[2:], kernel_of(known.attributes, w)))]


def kernel_of(a: Mapping[str, Any], weight: Shape) -> list[int]:
    """Sizes of a convolution's kernel."""
    sizes = list(a.get("kernel_shape") or weight[2:])
    if not all(isinstance(n, int) for n in sizes):
        raise LookupError("kernel")
    return [int(n) for n in sizes]


def _conv_transpose(known: Known) -> list[MaybeShape]:
    a, x, w = known.attributes, known.shape(0), known.shape(1)
    kernel = kernel_of(a, w)
    rank = len(kernel)
    filters = None if w[1] is None else w[1] * a.get("group", 1)
    if "output_shape" in a:
        return [(x[0], filters, *a["output_shape"][-rank:])]
    strides, dilations = a.get("strides") or [1] * rank, a.get("dilations") or [1] * rank
    extra = a.get("output_padding") or [0] * rank
    grid: list[int | None] = []
    for n, k, s, d, e, pair in zip(x[2:], kernel, strides, dilations, extra, windows(a, x[2:], kernel), strict=True):
        same = str(a.get("auto_pad", "")).startswith("SAME")
        grid.append(None if n is None else n * s if same else s * (n - 1) + e + (k - 1) * d + 1 - sum(pair))
    return [(x[0], filters, *grid)]


def _pool(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [(*x[:2], *_slid(known.attributes, x[2:], known.attributes["kernel_shape"]))] * known.results


def _global(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [(*x[:2], *[1] * (len(x) - 2))]


def _gemm(known: Known) -> list[MaybeShape]:
    a, x, w = known.attributes, known.shape(0), known.shape(1)
    return [(x[1] if a.get("transA") else x[0], w[0] if a.get("transB") else w[1])]


def _matmul(known: Known) -> list[MaybeShape]:
    x, y = known.shape(0), known.shape(1)
    if len(x) == 1 or len(y) == 1:
        return [(*(x[:-1] if len(x) > 1 else ()), *((*y[:-2], y[-1]) if len(y) > 1 else ()))]
    return [(*broadcast([x[:-2], y[:-2]]), x[-2], y[-1])]


def _transpose(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [tuple(x[axis] for axis in known.attributes.get("perm", range(len(x))[::-1]))]


def _reshape(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    value = known.values[1] if len(known.values) > 1 else None
    if value is None and "shape" not in known.attributes:
        raise LookupError("shape")
    wanted = list(known.attributes["shape"]) if value is None else list(shape_of(value))
    if not known.attributes.get("allowzero"):
        wanted = [x[i] if n == 0 else n for i, n in enumerate(wanted)]
    if -1 in wanted:
        rest = [n for n in wanted if n != -1]
        hole = wanted.index(-1)
        if None in rest or None in x:
            wanted[hole] = _left_over(x, rest)
        else:
            wanted[hole] = prod(n for n in x if n is not None) // max(1, prod(n for n in rest if n is not None))
    elif wanted.count(None) == 1 and None not in x:
        others = prod(n for n in wanted if n is not None)
        wanted[wanted.index(None)] = prod(n for n in x if n is not None) // others if others else 0
    return [tuple(wanted)]


def _left_over(x: Shape, rest: Sequence[int | None]) -> int | None:
    """The size that makes two shapes equal, where one open size stands on both sides and cancels."""
    if x.count(None) != 1 or rest.count(None) != 1:
        return None
    total, others = (prod(n for n in sizes if n is not None) for sizes in (x, rest))
    return total // others if others and total % others == 0 else None


def _flatten(known: Known) -> list[MaybeShape]:
    x, axis = known.shape(0), known.attributes.get("axis", 1)
    halves = (x[:axis], x[axis:])
    return [tuple(None if None in part else prod(n for n in part if n is not None) for part in halves)]


def _squeeze(known: Known) -> list[MaybeShape]:
    x, axes = known.shape(0), known.numbers("axes", 1)
    gone = {axis % len(x) for axis in axes} if axes is not None else {i for i, n in enumerate(x) if n == 1}
    return [tuple(n for i, n in enumerate(x) if i not in gone)]


def _unsqueeze(known: Known) -> list[MaybeShape]:
    x, axes = known.shape(0), known.numbers("axes", 1) or [0]
    rank = len(x) + len(axes)
    new = {axis % rank for axis in axes}
    rest = iter(x)
    return [tuple(1 if i in new else next(rest) for i in range(rank))]


def _concat(known: Known) -> list[MaybeShape]:
    shapes = [known.shape(place) for place in range(len(known.shapes))]
    axis = known.attributes.get("axis", 0) % len(shapes[0])
    sizes = [shape[axis] for shape in shapes]
    merged = [next((n for n in column if n is not None), None) for column in zip(*shapes, strict=True)]
    merged[axis] = None if None in sizes else sum(n for n in sizes if n is not None)
    return [tuple(merged)]


def _split(known: Known) -> list[MaybeShape]:
    x, axis = known.shape(0), known.attributes.get("axis", 0)
    axis %= len(x)
    parts: Sequence[int | None] | None = known.numbers("split", 1)
    if parts is None:
        size, count = x[axis], known.attributes.get("num_outputs", known.results)
        step = None if size is None else ceil(size / count)
        parts = [None if size is None or step is None else min(step, size - i * step) for i in range(count)]
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts]


def _slice(known: Known) -> list[MaybeShape]:
    x = list(known.shape(0))
    starts, ends = known.numbers("starts", 1), known.numbers("ends", 2)
    if starts is None or ends is None:
        raise LookupError("starts")
    axes = known.numbers("axes", 3) or list(range(len(starts)))
    steps = known.numbers("steps", 4) or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x[axis]
        if size is not None:
            low, high, by = slice(start, end if end > -(2**31) or step > 0 else None, step).indices(size)
            x[axis] = len(range(low, high, by))
        elif not (start == 0 and end > 2**30):
            x[axis] = end - start if 0 <= start < end < 2**30 and step == 1 else None
    return [tuple(x)]


def _gather(known: Known) -> list[MaybeShape]:
    x, indices = known.shape(0), known.shape(1)
    axis = known.attributes.get("axis", 0) % len(x)
    return [(*x[:axis], *indices, *x[axis + 1 :])]


def _pad(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    pads = known.numbers("pads", 1)
    axes = known.numbers("axes", 3) or list(range(len(x)))
    if pads is None:
        raise LookupError("pads")
    sizes = list(x)
    for place, axis in enumerate(axes):
        if (size := sizes[axis]) is not None:
            sizes[axis] = size + pads[place] + pads[place + len(axes)]
    return [tuple(sizes)]


def _resize(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    inputs = {len(known.values) - 1: "sizes"} if len(known.values) > 3 else {}
    for place, value in enumerate(known.values):
        if place and value is not None and value.size == len(x):
            if inputs.get(place) == "sizes":
                return [shape_of(value)]
            return [_scaled(x, [float(s) for s in value.reshape(-1)])]
    return [_scaled(x, known.attributes["scales"])]


def _scaled(x: Shape, scales: Sequence[float]) -> Shape:
    return tuple(None if n is None else floor(n * s + 1e-6) for n, s in zip(x, scales, strict=True))


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


def _to_shape(place: int) -> Rule:
    def rule(known: Known) -> list[MaybeShape]:
        value = known.values[place]
        if value is None:
            raise LookupError(place)
        return [shape_of(value)]

    return rule


def _expand(known: Known) -> list[MaybeShape]:
    (wanted,) = _to_shape(1)(known)
    return [broadcast([known.shape(0), wanted or ()])]


def _tile(known: Known) -> list[MaybeShape]:
    x, counts = known.shape(0), known.numbers("repeats", 1) or []
    return [tuple(None if n is None else n * k for n, k in zip(x, counts, strict=True))]


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


def _depth_to_space(known: Known) -> list[MaybeShape]:
    n, c, h, w = known.shape(0)
    block = known.attributes["blocksize"]
    return [(n, c and c // block**2, h and h * block, w and w * block)]


def _space_to_depth(known: Known) -> list[MaybeShape]:
    n, c, h, w = known.shape(0)
    block = known.attributes["blocksize"]
    return [(n, c and c * block**2, h and h // block, w and w // block)]


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
LogSoftmax Softplus Mish Swish QuickGelu FastGelu BiasGelu ThresholdedRelu Celu Softsign Sqrt Exp Log Neg Abs Erf
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
    "Conv": _conv, "ConvInteger": _conv, "FusedConv": _conv, "ConvTranspose": _conv_transpose,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), _pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), _global),
    "Gemm": _gemm, "MatMul": _matmul, "MatMulInteger": _matmul, "FusedMatMul": _matmul,
    "Transpose": _transpose, "Reshape": _reshape, "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze,
    "Concat": _concat, "Split": _split, "Slice": _slice, "Gather": _gather, "Pad": _pad, "Resize": _resize,
    "Upsample": _resize, "Expand": _expand, "Tile": _tile, "ConstantOfShape": _to_shape(0),
    "GatherElements": lambda known: [known.shape(1)], "ArgMax": _arg, "ArgMin": _arg,
    "Shape": lambda known: [(len(known.shape(0)),)], "Size": lambda known: [()],
    "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent, "Einsum": _einsum,
    "DepthToSpace": _depth_to_space, "SpaceToDepth": _space_to_depth, "TopK": _top_k, "OneHot": _one_hot,
    "Attention": _attention,
}  # fmt: skip
