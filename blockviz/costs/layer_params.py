"""The weights of single layers, class by class: the rules of ``build`` in Keras 3 (``keras/src/layers``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias

from blockviz.ir import Shape

Config: TypeAlias = Mapping[str, Any]
Shapes: TypeAlias = tuple[Shape, ...]


class Weight(NamedTuple):
    """One variable: its shape (None where a dimension is not known) and whether training changes it.

    ``item_bytes`` is the size of an element, 0 where the layer's policy decides.
    """

    shape: Shape
    trained: bool = True
    item_bytes: int = 0


Rule: TypeAlias = Callable[[Config, Shapes], Iterator[Weight]]

_ROLES = ("query", "value", "key")
_TENSOR = re.compile(r"\$\d+")


def known(*sizes: int | None) -> int:
    """Product of sizes.

    Raises
    ------
    ValueError : one of them is not known, or is no size (a file may hold anything).
    """
    found = [size for size in sizes if isinstance(size, int) and size >= 0]
    if len(found) < len(sizes):
        raise ValueError(f"not all of these sizes are known: {sizes}")
    return prod(found)


def channel_axis(config: Config, shape: Shape) -> int:
    """Where the channels are; axes may stand before the grid (the steps of a TimeDistributed model)."""
    if config.get("data_format") != "channels_first":
        return len(shape) - 1
    kernel = config.get("kernel_size") or config.get("pool_size") or config.get("size")
    return len(shape) - 1 - len(kernel) if isinstance(kernel, Sequence) else 1


def channels(config: Config, shape: Shape) -> int | None:
    """Size of the channel axis of a tensor of this shape."""
    return shape[channel_axis(config, shape)]


def grid(config: Config, shape: Shape) -> Shape:
    """The axes that are neither batch nor channels."""
    axis = channel_axis(config, shape)
    return shape[1:axis] + shape[axis + 1 :]


def sizes(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """A kernel size or stride, given once or per axis, per axis."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def without_time(shapes: Shapes) -> Shapes:
    """Shapes of one step: axis 1 taken out."""
    return tuple((shape[0], *shape[2:]) for shape in shapes)


def einsum_sizes(equation: str, shapes: Shapes) -> tuple[list[str], str, dict[str, int | None]]:
    """(labels of each operand, labels of the result, label → size) of an einsum; ``...`` becomes capitals.

    Raises
    ------
    ValueError : the equation doesn't fit the shapes.
    """
    left, _, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    broad = max((len(s) - len(t) + 3 for t, s in zip(terms, shapes, strict=False) if "..." in t), default=0)
    filler = "ZYXWVUTSRQ"[:broad]
    terms = [term.replace("...", filler) for term in terms]
    table: dict[str, int | None] = {}
    for term, shape in zip(terms, shapes, strict=False):
        if len(term) != len(shape):
            raise ValueError(f"einsum {equation!r} does not fit shape {shape}")
        for label, size in zip(term, shape, strict=True):
            if table.get(label) is None:
                table[label] = size
    return terms, right.replace("...", filler), table


def _kernel_bias(config: Config, kernel: Shape, bias: Shape) -> Iterator[Weight]:
    """Kernel, bias and, where low-rank adaptation is on, its two factors (the kernel is then fixed)."""
    rank = config.get("lora_rank")
    yield Weight(kernel, trained=not rank)
    if config.get("use_bias", True):
        yield Weight(bias)
    if rank:
        yield Weight((*kernel[:-1], rank))
        yield Weight((rank, kernel[-1]))


def dense(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Kernel (features, units)."""
    return _kernel_bias(config, (shapes[0][-1], config["units"]), (config["units"],))


def conv(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Kernel (…, channels per group, filters)."""
    depth = channels(config, shapes[0])
    if depth is None:
        raise ValueError("channels not known")
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), depth // config.get("groups", 1), config["filters"])
    return _kernel_bias(config, kernel, (config["filters"],))


def conv_transpose(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Kernel (…, filters, channels)."""
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), config["filters"], channels(config, shapes[0]))
    return _kernel_bias(config, kernel, (config["filters"],))


def depthwise(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Kernel (…, channels, multiplier); one bias per output channel."""
    depth, multiplier = channels(config, shapes[0]), config.get("depth_multiplier", 1)
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), depth, multiplier)
    return _kernel_bias(config, kernel, (depth, multiplier))


def separable(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """A depthwise kernel, a pointwise kernel, one bias."""
    depth, multiplier = channels(config, shapes[0]), config.get("depth_multiplier", 1)
    yield Weight((*sizes(config["kernel_size"], len(shapes[0]) - 2), depth, multiplier))
    yield Weight((depth, multiplier, config["filters"]))
    if config.get("use_bias", True):
        yield Weight((config["filters"],))


def einsum_dense(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """``output_shape`` of the configuration is aligned with the last axes of the result."""
    terms, result, table = einsum_sizes(config["equation"], shapes[:1])
    given = config["output_shape"]
    given = (given,) if isinstance(given, int) else tuple(given)
    for label, size in zip(reversed(result), reversed(given), strict=False):
        if size is not None and table.get(label) is None:
            table[label] = size
    bias = config.get("bias_axes") or ""
    yield from _kernel_bias(
        {**config, "use_bias": bool(bias)},
        tuple(table[label] for label in terms[1]),
        tuple(table[label] for label in bias.replace(".", "")),
    )


def embedding(config: Config, _: Shapes) -> Iterator[Weight]:
    """The table, and a second one where the reverse direction is not tied to it."""
    kernel = (config["input_dim"], config["output_dim"])
    yield from _kernel_bias({**config, "use_bias": False}, kernel, ())
    if not config.get("tie_weights", True):
        yield Weight((config["output_dim"], config["input_dim"]))


def _axes(config: Config, shape: Shape) -> Shape:
    axis = config.get("axis", -1)
    return tuple(shape[index] for index in ([axis] if isinstance(axis, int) else axis))


def batch_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Gamma, beta, moving mean and variance (three more with renormalisation)."""
    shape = _axes(config, shapes[0])
    yield from (Weight(shape) for key in ("scale", "center") if config.get(key, True))
    yield from (Weight(shape, trained=False) for _ in range(5 if config.get("renorm") else 2))


def layer_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Gamma and beta over the axes; also for group normalisation."""
    shape, rms = _axes(config, shapes[0]), config.get("rms_scaling", False)
    if config.get("scale", True) or rms:
        yield Weight(shape)
    if config.get("center", True) and not rms:
        yield Weight(shape)


def rms_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """One scale over the axes."""
    yield Weight(_axes(config, shapes[0]))


def normalization(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Mean, variance and a count where they are adapted to data; nothing where the configuration gives them."""
    if config.get("mean") is None:
        axis = config.get("axis", -1)
        shape = () if axis is None else _axes(config, shapes[0])
        yield from (Weight(shape, trained=False), Weight(shape, trained=False), Weight((), trained=False))


def prelu(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """One slope per element, shared along the shared axes."""
    shared = config.get("shared_axes") or ()
    yield Weight(tuple(1 if axis in shared else size for axis, size in enumerate(shapes[0]) if axis))


def parameter(config: Config, _: Shapes) -> Iterator[Weight]:
    """Weights that are themselves the operand of a layer."""
    yield Weight(tuple(config["shape"]))


def layer_scale(config: Config, _: Shapes) -> Iterator[Weight]:
    """One factor per channel (the LayerScale of ConvNeXt)."""
    yield Weight((config["projection_dim"],))


def attention(config: Config, _: Shapes) -> Iterator[Weight]:
    """A scalar scale and a scalar for the concatenated score, where asked for."""
    if config.get("use_scale", False):
        yield Weight(())
    if config.get("score_mode") == "concat":
        yield Weight(())


def additive_attention(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """One factor per feature."""
    if config.get("use_scale", True):
        yield Weight((shapes[0][-1],))


def attention_inputs(shapes: Shapes, args: Config) -> tuple[Shape, Shape, Shape]:
    """(query, value, key) shapes of a call of an attention layer.

    Tensors given by keyword are named in ``args`` as "$k" (tensor k); the others come in call order. A third
    one is a key only if its shape allows it: masks are query length by value length.
    """
    rest = [shape for index, shape in enumerate(shapes) if f"${index}" not in _TENSOR.findall(str(args))]
    named = {name: shapes[int(args[name][1:])] for name in _ROLES if _TENSOR.fullmatch(str(args.get(name)))}
    given = {**dict(zip((name for name in _ROLES if name not in named), rest, strict=False)), **named}
    query = given["query"]
    value = given.get("value", query)
    key = given.get("key", value)
    if "key" not in named and (key[1:-1] != value[1:-1] or key[-1] is None or key[1:] == (query[1], value[1])):
        key = value
    return query, value, key


def _heads(config: Config, shapes: Shapes, heads: tuple[int, int], dims: tuple[int, int]) -> Iterator[Weight]:
    """Query, key, value (and gate) projections, then the output's; ``heads`` of query and of key/value."""
    query, value, key = shapes
    projections = [(query, heads[0], dims[0]), (key, heads[1], dims[0]), (value, heads[1], dims[1])]
    if config.get("use_gate"):
        projections.append((query, heads[0], dims[1]))
    for source, count, dim in projections:
        yield from _kernel_bias(config, (source[-1], count, dim), (count, dim))
    out = config.get("output_shape") or (query[-1],)
    out = (out,) if isinstance(out, int) else tuple(out)
    yield from _kernel_bias(config, (heads[0], dims[1], *out), out)


def multi_head(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Projections of ``MultiHeadAttention``."""
    count, dim = config["num_heads"], config["key_dim"]
    return _heads(config, shapes, (count, count), (dim, config.get("value_dim") or dim))


def grouped_query(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Projections of ``GroupedQueryAttention``."""
    counts, dim = (config["num_query_heads"], config["num_key_value_heads"]), config["head_dim"]
    return _heads({**config, "output_shape": None}, shapes, counts, (dim, dim))


def recurrent(gates: int, biases: int = 1) -> Rule:
    """Kernel, recurrent kernel and bias of a cell with so many gates."""

    def rule(config: Config, shapes: Shapes) -> Iterator[Weight]:
        units = config["units"]
        yield Weight((shapes[0][-1], gates * units))
        yield Weight((units, gates * units))
        if config.get("use_bias", True):
            # A GRU that resets after the matrix product has separate input and recurrent biases.
            yield Weight((2 if config.get("reset_after") else biases, gates * units))

    return rule


def conv_lstm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Kernels of input and state, four gates each."""
    shape = without_time(shapes)[0]
    kernel, filters = sizes(config["kernel_size"], len(shape) - 2), config["filters"]
    yield Weight((*kernel, channels(config, shape), 4 * filters))
    yield Weight((*kernel, filters, 4 * filters))
    if config.get("use_bias", True):
        yield Weight((4 * filters,))


def stft(config: Config, _: Shapes) -> Iterator[Weight]:
    """The real and imaginary Fourier kernels."""
    length = config["frame_length"]
    bins = (config.get("fft_length") or 2 ** (length - 1).bit_length()) // 2 + 1
    yield from (Weight((length, 1, bins)) for part in ("imag", "real") if config.get("mode") != part)
