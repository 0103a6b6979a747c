"""Output shapes of operations on tensors (keras.ops, and TensorFlow's under the same names)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

from blockviz.ir import Shape

Shapes: TypeAlias = tuple[Shape, ...]
Config: TypeAlias = Mapping[str, Any]
Axis: TypeAlias = int | Sequence[int] | None


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """NumPy's broadcasting; an open size meeting a known one above 1 takes the known one."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(_common(sizes) for sizes in zip(*padded, strict=True))


def _common(sizes: tuple[int | None, ...]) -> int | None:
    known = [n for n in sizes if n is not None and n != 1]
    if known:
        return known[0]
    return None if None in sizes else 1


def normal_axes(axis: Axis, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None. Raises ValueError on one outside the rank."""
    axes = range(rank) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if any(not -rank <= a < rank for a in axes):
        raise ValueError(f"axis {axis} is outside a tensor of rank {rank}")
    return tuple(a % rank for a in axes)


def option(config: Config, args: Config, name: str, place: int = 1, default: Any = None) -> Any:
    """An option of an operation, from wherever it was given: constructor, keyword, or position in the call."""
    if name in config:
        return config[name]
    return args.get(name, args.get(str(place), default))


def _elementwise(config: Config, inputs: Shapes, args: Config) -> Shapes:
    constants = [tuple(value["shape"]) for value in args.values() if isinstance(value, dict) and "shape" in value]
    return (broadcast([*inputs, *constants]),)


def _reduction(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = option(config, args, "axis")
    reduced = normal_axes(axis, len(inputs[0]))
    if option(config, args, "keepdims", 2, False):
        return (tuple(1 if i in reduced else n for i, n in enumerate(inputs[0])),)
    return (tuple(n for i, n in enumerate(inputs[0]) if i not in reduced),)


def _moments(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return _reduction({**config, "axis": option(config, args, "axes")}, inputs, args) * 2


def _concatenate(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = normal_axes(option(config, args, "axis", 1, -1), len(inputs[0]))[0]
    sizes = [shape[axis] for shape in inputs]
    total = None if None in sizes else sum(n for n in sizes if n is not None)
    common = _joined(inputs)
    return ((*common[:axis], total, *common[axis + 1 :]),)


def _joined(shapes: Shapes) -> Shape:
    return tuple(next((n for n in sizes if n is not None), None) for sizes in zip(*shapes, strict=True))


def _stack(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = normal_axes(option(config, args, "axis", 1, 0), len(inputs[0]) + 1)[0]
    common = _joined(inputs)
    return ((*common[:axis], len(inputs), *common[axis:]),)


def _split(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = inputs[0]
    axis = normal_axes(option(config, args, "axis", 2, 0), len(shape))[0]
    parts = option(config, args, "indices_or_sections", 1, option(config, args, "num_or_size_splits"))
    size = shape[axis]
    sizes: list[int | None]
    if isinstance(parts, int):
        if not 0 < parts <= 4096:
            raise ValueError(f"a split into {parts} parts")
        sizes = [None if size is None else size // parts] * parts
    else:
        edges = [0, *parts]
        sizes = [b - a for a, b in pairwise(edges)]
        sizes.append(None if size is None else size - edges[-1])
    return tuple((*shape[:axis], n, *shape[axis + 1 :]) for n in sizes)


def _unstack(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = inputs[0]
    axis = normal_axes(option(config, args, "axis", 2, 0), len(shape))[0]
    count = option(config, args, "num", 1) or shape[axis]
    if not isinstance(count, int) or not 0 < count <= 4096:
        return None
    return ((*shape[:axis], *shape[axis + 1 :]),) * count


def _reshape(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    target = option(config, args, "newshape", 1, args.get("shape"))
    target = [target] if isinstance(target, int) else target
    if not isinstance(target, list) or not all(n is None or isinstance(n, int) for n in target):
        return None
    if -1 not in target:
        return (tuple(target),)
    source = inputs[0]
    place = target.index(-1)
    rest = prod(n for n in target if n not in {None, -1})
    total = None if None in source else prod(n for n in source if n is not None)
    filled = None if total is None or None in target or not rest else total // rest
    return ((*target[:place], filled, *target[place + 1 :]),)


def _transpose(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axes = option(config, args, "axes", 1, args.get("perm"))
    order = range(len(inputs[0]))[::-1] if axes is None else normal_axes(axes, len(inputs[0]))
    return (tuple(inputs[0][axis] for axis in order),)


def _swap_axes(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = list(inputs[0])
    a, b = normal_axes([option(config, args, "axis1", 1), option(config, args, "axis2", 2)], len(shape))
    shape[a], shape[b] = shape[b], shape[a]
    return (tuple(shape),)


def _move_axis(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = inputs[0]
    sources = normal_axes(option(config, args, "source", 1), len(shape))
    targets = normal_axes(option(config, args, "destination", 2), len(shape))
    order = [axis for axis in range(len(shape)) if axis not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return (tuple(shape[axis] for axis in order),)


def _expand_dims(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = option(config, args, "axis")
    axes = sorted(normal_axes(axis, len(inputs[0]) + (1 if isinstance(axis, int) else len(axis))))
    shape = list(inputs[0])
    for place in axes:
        shape.insert(place, 1)
    return (tuple(shape),)


def _squeeze(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = option(config, args, "axis")
    if axis is None:
        return (tuple(n for n in inputs[0] if n != 1),)
    dropped = normal_axes(axis, len(inputs[0]))
    return (tuple(n for i, n in enumerate(inputs[0]) if i not in dropped),)


def _matmul(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    if len(inputs) < 2:
        return None
    left, right = inputs[0], inputs[1]
    if option(config, args, "transpose_a", -1, False):
        left = (*left[:-2], left[-1], left[-2])
    if option(config, args, "transpose_b", -1, False):
        right = (*right[:-2], right[-1], right[-2])
    if len(left) == 1 or len(right) == 1:
        return ((*(left[:-1] if len(left) > 1 else ()), *(right[:-2] + right[-1:] if len(right) > 1 else ())),)
    return ((*broadcast([left[:-2], right[:-2]]), left[-2], right[-1]),)


def _einsum(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    equation = str(option(config, args, "subscripts", 0, args.get("equation"))).replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if not arrow or len(terms) != len(inputs):
        return None
    known: dict[str, int | None] = {}
    dots: list[Shape] = []
    for term, shape in zip(terms, inputs, strict=True):
        before, mark, after = term.partition("...")
        end = len(shape) - len(after) if mark else len(before)
        dots += [shape[len(before) : end]] if mark else []
        for letter, size in zip(before + after, (*shape[: len(before)], *shape[end:]), strict=True):
            known[letter] = size if known.get(letter) is None else known[letter]
    before, mark, after = right.partition("...")
    middle = broadcast(dots) if mark else ()
    return ((*(known[letter] for letter in before), *middle, *(known[letter] for letter in after)),)


def _get_item(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    key = args.get("1", args.get("slice_spec"))
    keys = list(key) if isinstance(key, list) else [key]
    shape = list(inputs[0])
    taken = sum(1 for k in keys if k is not None and not _is_ellipsis(k))
    out: list[int | None] = []
    for k in keys:
        if k is None:
            out.append(1)
        elif _is_ellipsis(k):
            skipped = len(shape) - taken
            out, shape = out + shape[:skipped], shape[skipped:]
        elif isinstance(k, int):
            shape, taken = shape[1:], taken - 1
        elif isinstance(k, dict) and "slice" in k:
            out.append(_sliced(shape[0], k["slice"]))
            shape, taken = shape[1:], taken - 1
        else:
            return None
    return ((*out, *shape),)


def _is_ellipsis(key: Any) -> bool:
    return key == "..." or (isinstance(key, dict) and key.get("class_name") == "__ellipsis__")


def _sliced(size: int | None, bounds: Sequence[int | None]) -> int | None:
    if any(bound is not None and not isinstance(bound, int) for bound in bounds):
        return None
    start, stop, step = bounds
    if size is None:
        return None
    return len(range(*slice(start, stop, step).indices(size)))


def _slice(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    sizes = option(config, args, "shape", 2, args.get("sizes"))
    return (tuple(sizes),) if isinstance(sizes, list) and all(isinstance(n, int) for n in sizes) else None


def _pad(config: Config, inputs: Shapes, args: Config) -> Shapes:
    width = option(config, args, "pad_width", 1, args.get("paddings"))
    pairs = [(width, width)] * len(inputs[0]) if isinstance(width, int) else [tuple(pair) for pair in width]
    if len(pairs) == 1:
        pairs *= len(inputs[0])
    return (tuple(None if n is None else n + a + b for n, (a, b) in zip(inputs[0], pairs, strict=True)),)


def _repeat(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    count, axis = option(config, args, "repeats", 1), option(config, args, "axis", 2)
    if not isinstance(count, int) or axis is None:
        return None
    place = normal_axes(axis, len(inputs[0]))[0]
    return (tuple(None if n is None else n * count if i == place else n for i, n in enumerate(inputs[0])),)


def _tile(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    repeats = option(config, args, "repeats", 1)
    if not isinstance(repeats, list):
        return None
    shape = (1,) * (len(repeats) - len(inputs[0])) + inputs[0]
    repeats = [1] * (len(shape) - len(repeats)) + repeats
    return (tuple(None if n is None else n * count for n, count in zip(shape, repeats, strict=True)),)


def _broadcast_to(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = option(config, args, "shape", 1)
    return (tuple(shape),) if isinstance(shape, list) and all(n is None or isinstance(n, int) for n in shape) else None


def _one_hot(config: Config, inputs: Shapes, args: Config) -> Shapes:
    classes = option(config, args, "num_classes")
    place = option(config, args, "axis", 2, -1) % (len(inputs[0]) + 1)
    return ((*inputs[0][:place], classes, *inputs[0][place:]),)


def _take(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    axis = option(config, args, "axis", 2)
    if axis is None:
        return inputs[1:2] or None
    place = normal_axes(axis, len(inputs[0]))[0]
    indices = inputs[1] if len(inputs) > 1 else ()
    return ((*inputs[0][:place], *indices, *inputs[0][place + 1 :]),)


def _top_k(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = (*inputs[0][:-1], option(config, args, "k"))
    return (shape, shape)


def _shape_of(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((len(inputs[0]),),)


def _resize(config: Config, inputs: Shapes, args: Config) -> Shapes:
    height, width = option(config, args, "size")
    shape = inputs[0]
    if config.get("data_format") == "channels_first":
        return ((*shape[:-2], height, width),)
    return ((*shape[:-3], height, width, shape[-1]),)


_ELEMENTWISE = """Absolute Abs Negative Square Sqrt Rsqrt Exp Expm1 Log Log1p Log2 Log10 Logaddexp Sin Cos Tan Sinh
Cosh Arcsin Arccos Arctan Arctan2 Arcsinh Arccosh Arctanh Reciprocal Sign Signbit Floor Ceil Round Trunc Clip
ClipByValue Cast Identity StopGradient StopGrad Copy Conjugate Real Imag Isnan Isinf Isfinite LogicalNot NanToNum
ZerosLike OnesLike FullLike Flip Roll Cumsum Cumprod Sort Argsort Tril Triu Relu Relu6 Sigmoid HardSigmoid Silu Swish
HardSilu HardSwish Softplus Softsign Tanh Gelu Elu Selu Celu LeakyRelu LogSigmoid Softmax LogSoftmax HardTanh
HardShrink SoftShrink TanhShrink SquarePlus SparsePlus Squareplus Mish Threshold Erf Erfinv Exp2 Cbrt Normalize
L2Normalize BatchNorm LayerNormalization RMSNormalization RmsNorm Dropout RandomDropout Digitize RealDiv AddV2 Add
Subtract Sub Multiply Mul Divide TrueDivide Truediv DivideNoNan DivNoNan FloorDivide Floordiv Mod Power Pow Maximum
Minimum Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor And Or Invert BitwiseAnd
BitwiseOr BitwiseXor BitwiseNot LeftShift RightShift Where Select Hypot Ge Gt Le Lt Eq Ne Neg Radd Rsub Rmul Rtruediv
SquaredDifference BiasAdd"""

_REDUCTIONS = """Sum Mean Max Min Prod Std Var Variance Any All Amax Amin Median Average CountNonzero Norm Logsumexp
LogSumExp Argmax Argmin ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceAny ReduceAll ReduceStd
ReduceVariance"""

OPERATIONS: dict[str, Callable[[Config, Shapes, Config], Shapes | None]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(_REDUCTIONS.split(), _reduction),
    "Moments": _moments,
    **dict.fromkeys(("Concatenate", "Concat"), _concatenate),
    **dict.fromkeys(("Stack",), _stack),
    "Split": _split,
    "Unstack": _unstack,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Swapaxes": _swap_axes,
    "Moveaxis": _move_axis,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
    **dict.fromkeys(("Matmul", "MatMul", "BatchMatMul"), _matmul),
    "Einsum": _einsum,
    **dict.fromkeys(("GetItem", "Getitem"), _get_item),
    "Slice": _slice,
    "Pad": _pad,
    "Repeat": _repeat,
    "Tile": _tile,
    "BroadcastTo": _broadcast_to,
    "OneHot": _one_hot,
    **dict.fromkeys(("Take", "Gather"), _take),
    "TopK": _top_k,
    "Shape": _shape_of,
    "Resize": _resize,
}
