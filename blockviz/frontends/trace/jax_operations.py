"""Primitives of JAX under the names of ``keras.ops``, with the settings that those have."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, prod
from typing import Any, TypeAlias

from blockviz.frontends.trace.jax_pending import cut_out, kept, product, transposed
from blockviz.frontends.trace.jax_values import Constant, Pending
from blockviz.ops.builder import is_neutral
from blockviz.ops.sizes import padding_word

Reader: TypeAlias = Callable[[Any], Any]  # of a `jax_equations.Step`; None: an operation that Keras has no name for

_ELEMENTWISE = {
    "add": "Add", "sub": "Subtract", "mul": "Multiply", "div": "Divide", "max": "Maximum", "min": "Minimum",
    "pow": "Power", "rem": "Mod", "atan2": "Arctan2", "eq": "Equal", "ne": "NotEqual", "lt": "Less",
    "le": "LessEqual", "gt": "Greater", "ge": "GreaterEqual", "and": "LogicalAnd", "or": "LogicalOr",
    "xor": "LogicalXor", "add_any": "Add",
}  # fmt: skip
_UNARY = {
    "neg": "Negative", "abs": "Absolute", "sign": "Sign", "floor": "Floor", "ceil": "Ceil", "round": "Round",
    "exp": "Exp", "exp2": "Exp2", "log": "Log", "log1p": "Log1p", "expm1": "Expm1", "tanh": "Tanh", "sin": "Sin",
    "cos": "Cos", "tan": "Tan", "sinh": "Sinh", "cosh": "Cosh", "asin": "Arcsin", "acos": "Arccos", "atan": "Arctan",
    "sqrt": "Sqrt", "rsqrt": "Rsqrt", "logistic": "Sigmoid", "erf": "Erf", "erfc": "Erfc", "erf_inv": "Erfinv",
    "square": "Square", "not": "LogicalNot", "is_finite": "Isfinite", "real": "Real", "imag": "Imag", "conj": "Conj",
}  # fmt: skip
_REDUCTIONS = {
    "reduce_sum": "Sum", "reduce_max": "Max", "reduce_min": "Min", "reduce_prod": "Prod", "reduce_and": "All",
    "reduce_or": "Any", "argmax": "Argmax", "argmin": "Argmin",
}  # fmt: skip
# Functions of JAX' own that keep their name in a jaxpr.
_FUNCTIONS = {
    "relu": "Relu", "relu6": "Relu6", "silu": "Silu", "softplus": "Softplus", "elu": "Elu", "selu": "Selu",
    "celu": "Celu", "hard_tanh": "HardTanh", "hard_sigmoid": "HardSigmoid", "hard_silu": "HardSilu",
    "log_sigmoid": "LogSigmoid", "soft_sign": "Softsign", "mish": "Mish", "leaky_relu": "LeakyRelu",
    "squareplus": "Squareplus", "glu": "Glu", "_one_hot": "OneHot", "sparse_plus": "SparsePlus",
}  # fmt: skip


def named(step: Any, body: Any) -> list[Any] | None:
    """A function of JAX' own as one call; None for any other."""
    name, _, file = str(getattr(body.jaxpr.debug_info, "func_src_info", "")).partition(" at ")
    if "/jax/_src/" not in file.replace("\\", "/"):
        return None
    if name == "_roll_static":
        return _rolled(step, body)
    if name == "_resize" and len(step.shape) == 4:
        return list(step.call("Resize", step.values[:1], size=list(step.shape[1:3])))
    tensors = [value for value in step.values if not isinstance(value, Constant)]
    if name not in _FUNCTIONS or len(tensors) != 1:
        return None
    settings: dict[str, Any] = {}
    if name == "leaky_relu":
        slopes = [_number(atom) for one in body.jaxpr.eqns if one.primitive.name == "mul" for atom in one.invars]
        settings = {"negative_slope": next((slope for slope in slopes if slope is not None), None)}
    if name == "_one_hot":
        settings = {"num_classes": step.shape[-1]}
    if name == "glu":
        settings = {"axis": next((one.params["axis"] for one in body.jaxpr.eqns if one.primitive.name == "split"), -1)}
    return list(step.call(_FUNCTIONS[name], tensors, **settings))


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings without the numbers of NumPy that JAX keeps some of its own as."""
    return {key: value.item() if hasattr(value, "dtype") else value for key, value in settings.items()}


def _number(atom: Any) -> float | None:
    return float(atom.val) if hasattr(atom, "val") and not atom.aval.shape else None


def _rolled(step: Any, body: Any) -> list[Any] | None:
    """A cyclic shift along one axis: the end before the beginning."""
    slices = [one for one in body.jaxpr.eqns if one.primitive.name == "slice"]
    joins = [one for one in body.jaxpr.eqns if one.primitive.name == "concatenate"]
    if len(slices) != 2 or len(joins) != 1:
        return None
    axis = joins[0].params["dimension"]
    size, joint = step.shape[axis], slices[0].params["start_indices"][axis]
    shift = size - joint if joint * 2 > size else -joint
    return list(step.call("Roll", step.values[:1], shift=shift, axis=axis))


def elementwise(step: Any) -> Any:
    """Arithmetic, comparisons."""
    name = _ELEMENTWISE[step.name]
    one, other = step.values
    for x, held, reverse in ((one, other, False), (other, one, True)):
        if isinstance(held, Constant) and (number := held.number) is not None:
            if _is_neutral(name, float(number), reverse=reverse) and tuple(x.shape) == step.shape:
                return x
            if name == "Divide" and not reverse and isinstance(x, Pending) and (mean := _mean(x, float(number))):
                return mean
    if name == "Multiply" and one is other:
        return step.call("Square", [one])
    return step.call(name, [_spread(step, one), _spread(step, other)])


def _is_neutral(name: str, number: float, *, reverse: bool) -> bool:
    if name in ("Maximum", "Minimum"):
        return number == (-inf if name == "Maximum" else inf)
    return is_neutral(name, number, reverse=reverse)


def _mean(total: Pending, count: float) -> Pending | None:
    """A sum, divided by how many there are, is a mean; a sum over windows an average pooling."""
    details = total.details
    if total.kind == "window" and details["name"] == "SumPool" and count == prod(details["settings"]["pool_size"]):
        return total.changed(total.shape, name="AveragePool")
    if total.kind != "reduction" or details["name"] != "Sum":
        return None
    shape = total.sources[0].shape
    return total.changed(total.shape, name="Mean") if count == prod(shape[axis] for axis in details["axes"]) else None


def _spread(step: Any, value: Any) -> Any:
    """An operand without what arithmetic does by itself: repeating it to the other's shape."""
    if isinstance(value, Constant):
        number = value.number
        return value.once() if number is None or not value.shape else Constant((), number)
    if not isinstance(value, Pending) or value.kind != "spread":
        return value
    (source,), dimensions = value.sources, value.details["dimensions"]
    rank = len(value.shape)
    if list(dimensions) == list(range(rank - len(dimensions), rank)):
        return source
    sizes = [source.shape[list(dimensions).index(axis)] if axis in dimensions else 1 for axis in range(rank)]
    return source if sizes == list(source.shape) else value.changed(sizes)


def unary(step: Any) -> Any:
    """A function of each element."""
    return step.call(_UNARY[step.name], step.values)


def power(step: Any) -> Any:
    """A power with a whole number."""
    if step.params["y"] == 2:
        return step.call("Square", step.values)
    return step.call("Power", step.values, int(step.params["y"]))


def where(step: Any) -> Any:
    """One of two, element by element; a negative index as one from the end is the index."""
    asked, otherwise, then = (*step.values, None, None)[:3]
    if then is None or len(step.values) > 3:
        return None
    if isinstance(asked, Constant) and asked.number is not None:
        return then if asked.number else otherwise
    compared, added = step.equations.origin(asked, "lt"), step.equations.origin(then, "add")
    if compared and added and compared[0] is otherwise and otherwise in added:
        return otherwise
    return step.call("Where", [_spread(step, value) for value in (asked, then, otherwise)])


def clip(step: Any) -> Any:
    """Between two bounds."""
    low, x, high = step.values
    return step.call("Clip", [x, low, high])


def reduction(step: Any) -> Any:
    """A sum, a maximum … along axes."""
    axes = [int(axis) for axis in step.params["axes" if "axes" in step.params else "dimensions"]]
    return step.pending("reduction", step.values, name=_REDUCTIONS[step.name], axes=axes, keepdims=False)


def dot(step: Any) -> Any:
    """A product of two tensors."""
    terms, result = product(step.equation)
    return step.pending("product", step.values, terms=terms, result=result)


def conv(step: Any) -> Any:
    """A convolution with a kernel that is an operand."""
    params = step.params
    numbers = params["dimension_numbers"]
    groups, channels = params["feature_group_count"], step.shape_of(0)[numbers.lhs_spec[1]]
    name = "ConvTranspose" if max(params["lhs_dilation"]) > 1 else "DepthwiseConv" if groups == channels > 1 else "Conv"
    strides = params["lhs_dilation"] if name == "ConvTranspose" else params["window_strides"]
    dilation, kernel = list(params["rhs_dilation"]), [step.shape_of(1)[axis] for axis in numbers.rhs_spec[2:]]
    before, after = [tuple(shape[axis] for axis in spec[2:]) for shape, spec in (
        (step.shape_of(0), numbers.lhs_spec), (step.shape, numbers.out_spec))]  # fmt: skip
    word = padding_word(params["padding"], kernel, strides, dilation, before, after, name == "ConvTranspose")
    first = {"data_format": "channels_first"} if numbers.lhs_spec[1] == 1 else {}
    return step.call(name, step.values, strides=list(strides), dilation_rate=dilation, padding=word, **first)


def pool(step: Any) -> Any:
    """A maximum or sum over windows."""
    window, strides = list(step.params["window_dimensions"]), list(step.params["window_strides"])
    name = {"reduce_window_max": "MaxPool", "reduce_window_sum": "SumPool"}.get(step.name)
    if name is None or window[0] != 1 or window[-1] != 1:
        return None
    padding = "same" if any(map(any, step.params["padding"])) else "valid"
    settings = {"pool_size": window[1:-1], "strides": strides[1:-1], "padding": padding}
    return step.pending("window", step.values, name=name, settings=settings)


def reshape(step: Any) -> Any:
    """The same elements at another shape."""
    if step.shape_of(0) == step.shape:
        return step.values[0]
    return step.call("Reshape", step.values[:1], newshape=list(step.shape))


def transpose(step: Any) -> Any:
    """Axes in another order."""
    (x,), order = step.values, [int(axis) for axis in step.params["permutation"]]
    if order == sorted(order):
        return x
    if isinstance(x, Pending) and x.kind == "product":
        return transposed(x, order)
    return step.call("Transpose", [x], axes=order)


def broadcast(step: Any) -> Any:
    """New axes, and repeating along axes: what a reduction keeps, or what arithmetic does by itself."""
    x, dimensions = step.values[0], [int(axis) for axis in step.params["broadcast_dimensions"]]
    if len(step.values) > 1:
        return None
    if tuple(x.shape) == step.shape:
        return x
    if isinstance(x, Pending) and (found := kept(x, step.shape, dimensions)) is not None:
        return found
    dtype = str(step.equation.outvars[0].aval.dtype)
    return Pending("spread", (x,), step.shape, dtype, step.state, {"dimensions": dimensions})


def squeeze(step: Any) -> Any:
    """Axes of one place taken out."""
    (x,), axes = step.values, [int(axis) for axis in step.params["dimensions"]]
    if isinstance(x, Pending) and x.kind == "cut" and (found := cut_out(x, axes)) is not None:
        return found
    return step.call("Squeeze", [x], axis=axes if len(axes) > 1 else axes[0])


def cut(step: Any) -> Any:
    """A part along axes."""
    params, sizes = step.params, step.shape_of(0)
    steps = params["strides"] or [1] * len(sizes)
    rows = zip(params["start_indices"], params["limit_indices"], steps, sizes, strict=True)
    return step.pending("cut", step.values[:1], cuts=[tuple(map(int, row)) for row in rows], gone=())


def cut_at(step: Any) -> Any:
    """A part along axes that begins where numbers say."""
    x, *starts = step.values
    found = [start.number if isinstance(start, Constant) else None for start in starts]
    numbers = [int(number) for number in found if number is not None]
    if len(numbers) < len(starts):
        return step.call("DynamicSlice", step.values)
    sizes = step.shape_of(0)
    cuts = []
    for start, length, size in zip(numbers, step.params["slice_sizes"], sizes, strict=True):
        first = max(0, min(start + (size if start < 0 else 0), size - length))
        cuts.append((first, first + int(length), 1, size))
    return step.pending("cut", [x], cuts=cuts, gone=())


def take(step: Any) -> Any:
    """Entries along an axis, as indices say."""
    x, indices = step.values
    numbers, sizes = step.params["dimension_numbers"], list(step.params["slice_sizes"])
    if isinstance(indices, Pending) and indices.kind == "spread":
        (source,) = indices.sources
        indices = source if indices.shape[:-1] == tuple(source.shape) else indices
    elif isinstance(indices, Constant) and indices.data is not None and indices.shape[-1:] == (1,):
        import numpy as np

        indices = Constant(indices.shape[:-1], np.asarray(indices.data)[..., 0])
    if len(numbers.start_index_map) != 1 or numbers.operand_batching_dims:
        return step.call("TakeAlongAxis" if numbers.operand_batching_dims else "Take", [x, indices])
    axis = int(numbers.start_index_map[0])
    whole = [size for place, size in enumerate(sizes) if place != axis]
    if sizes[axis] != 1 or whole != [size for place, size in enumerate(step.shape_of(0)) if place != axis]:
        return step.call("Take", [x, indices])
    return step.call("Take", [x, indices], axis=axis)


def concat(step: Any) -> Any:
    """Tensors joined along an axis."""
    if len(step.values) == 1:
        return step.values[0]
    return step.call("Concatenate", [list(step.values)], axis=int(step.params["dimension"]))


def split(step: Any) -> Any:
    """Parts along an axis."""
    sizes = [int(size) for size in step.params["sizes"]]
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes) - 1)]
    parts: int | list[int] = len(sizes) if len(set(sizes)) == 1 else ends
    return step.call("Split", step.values, indices_or_sections=parts, axis=int(step.params["axis"]))


def pad(step: Any) -> Any:
    """Something around a tensor; nothing is nothing."""
    amounts = [tuple(map(int, row)) for row in step.params["padding_config"]]
    if not any(map(any, amounts)):
        return step.values[0]
    if any(between for _, _, between in amounts) or min(min(row) for row in amounts) < 0:
        return None
    return step.call("Pad", step.values[:1], pad_width=[list(row[:2]) for row in amounts])


def along(name: str, *keys: tuple[str, str]) -> Reader:
    """A reader for what Keras has a name for; per setting, the name that JAX has for it."""

    def read(step: Any) -> Any:
        return step.call(name, step.values, **{ours: step.params[theirs] for ours, theirs in keys})

    return read


def ordered(step: Any) -> Any:
    """A sort, or with places beside what is sorted their order."""
    name = "Sort" if len(step.values) == 1 else "Argsort"
    return step.call(name, step.values[:1], axis=int(step.params["dimension"]))


def flip(step: Any) -> Any:
    """Axes the other way round."""
    return step.call("Flip", step.values, axis=[int(axis) for axis in step.params["dimensions"]])


READERS: dict[str, Reader] = {
    **dict.fromkeys(_ELEMENTWISE, elementwise), **dict.fromkeys(_UNARY, unary), "integer_pow": power,
    "select_n": where, "clamp": clip, **dict.fromkeys(_REDUCTIONS, reduction), "dot_general": dot,
    "conv_general_dilated": conv, **dict.fromkeys(("reduce_window_max", "reduce_window_sum"), pool),
    "reshape": reshape, "transpose": transpose, "broadcast_in_dim": broadcast, "squeeze": squeeze, "slice": cut,
    "dynamic_slice": cut_at, "gather": take, "concatenate": concat, "split": split, "pad": pad, "rev": flip,
    "sort": ordered, "top_k": along("TopK", ("k", "k")), "cumsum": along("Cumsum", ("axis", "axis")),
    "cumprod": along("Cumprod", ("axis", "axis")),
    "scatter_add": along("Scatter"), "scatter": along("Scatter"),
    "dynamic_update_slice": along("SliceUpdate"), "fft": along("Fft"),
}  # fmt: skip
