"""The weights that a layer owns, from its configuration and the shapes it is called on.

The rules are those of each class's ``build`` in Keras 3 (``keras/src/layers``), with Keras 2's where
a saved file may still have them. Nothing is imported from Keras: a file is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias

from blockviz.ir import Shape

Config: TypeAlias = Mapping[str, Any]
Shapes: TypeAlias = tuple[Shape, ...]

FRAMEWORKS = frozenset({"", "keras", "tensorflow", "tf_keras", "builtins"})


class Weight(NamedTuple):
    """One variable: its shape (None where a dimension is not known) and whether training changes it."""

    shape: Shape
    trained: bool = True


Rule: TypeAlias = Callable[[Config, Shapes], Iterator[Weight]]


class UnknownLayerError(LookupError):
    """A layer inside a wrapper is of a class that nobody knows."""


def count_params(op: str, config: Config, input_shapes: Shapes, module: str = "") -> tuple[int, int] | None:
    """Parameters of a layer: (all, those that training never changes by their nature).

    A frozen layer's weights are not "by nature": the flag ``trainable`` of the layer itself is left to
    the caller. Batch norm statistics count as in Keras: they are parameters, and never trained.
    None where nobody knows: an unknown class, a shape that is not known, a malformed configuration.
    """
    try:
        found = tuple(weights(op, config, input_shapes, module))
        total = sum(_elements(weight.shape) for weight in found)
        fixed = sum(_elements(weight.shape) for weight in found if not weight.trained)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None
    return total, fixed


def weights(op: str, config: Config, input_shapes: Shapes, module: str = "") -> Iterator[Weight]:
    """The variables of a layer in order of creation.

    Raises
    ------
    UnknownLayerError : the class is not one of Keras' own.
    """
    if is_operation(module) or (op in WEIGHTLESS and from_framework(module)):
        return
    rule = RULES.get(op)
    if rule is None or not from_framework(module):
        raise UnknownLayerError(op)
    yield from rule(config, input_shapes)


def from_framework(module: str) -> bool:
    """Whether a class of this module is Keras' own, so that its name says what it does."""
    return module.partition(".")[0] in FRAMEWORKS


def is_operation(module: str) -> bool:
    """Whether the node is a ``keras.ops`` function, which owns no weights."""
    return module == "keras.ops" or module.startswith(("keras.src.ops", "keras.ops."))


def channels(config: Config, shape: Shape) -> int | None:
    """Size of the channel axis of a tensor of this shape."""
    return shape[1] if config.get("data_format") == "channels_first" else shape[-1]


def sizes(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """A kernel size or stride, given once or per axis, per axis."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def rank_of(op: str) -> int:
    """Number of spatial axes in a class name such as ``Conv2DTranspose``."""
    return next(int(digit) for digit in "123" if f"{digit}D" in op)


def inner(wrapped: Mapping[str, Any]) -> tuple[str, Config, str]:
    """(class, configuration, module) of a serialised layer inside a wrapper."""
    return wrapped["class_name"], wrapped["config"], wrapped.get("module") or ""


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


def _elements(shape: Shape) -> int:
    if any(size is None for size in shape):
        raise ValueError(f"a weight of unknown shape {shape}")
    return prod(size for size in shape if size is not None)


def _kernel_bias(config: Config, kernel: Shape, bias: Shape) -> Iterator[Weight]:
    """Kernel, bias and, where low-rank adaptation is on, its two factors (the kernel is then fixed)."""
    rank = config.get("lora_rank")
    yield Weight(kernel, trained=not rank)
    if config.get("use_bias", True):
        yield Weight(bias)
    if rank:
        yield Weight((*kernel[:-1], rank))
        yield Weight((rank, kernel[-1]))


def _dense(config: Config, shapes: Shapes) -> Iterator[Weight]:
    return _kernel_bias(config, (shapes[0][-1], config["units"]), (config["units"],))


def _conv(config: Config, shapes: Shapes) -> Iterator[Weight]:
    depth = channels(config, shapes[0])
    if depth is None:
        raise ValueError("channels not known")
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), depth // config.get("groups", 1), config["filters"])
    return _kernel_bias(config, kernel, (config["filters"],))


def _conv_transpose(config: Config, shapes: Shapes) -> Iterator[Weight]:
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), config["filters"], channels(config, shapes[0]))
    return _kernel_bias(config, kernel, (config["filters"],))


def _depthwise(config: Config, shapes: Shapes) -> Iterator[Weight]:
    depth, multiplier = channels(config, shapes[0]), config.get("depth_multiplier", 1)
    kernel = (*sizes(config["kernel_size"], len(shapes[0]) - 2), depth, multiplier)
    return _kernel_bias(config, kernel, (depth, multiplier))


def _separable(config: Config, shapes: Shapes) -> Iterator[Weight]:
    depth, multiplier = channels(config, shapes[0]), config.get("depth_multiplier", 1)
    yield Weight((*sizes(config["kernel_size"], len(shapes[0]) - 2), depth, multiplier))
    yield Weight((depth, multiplier, config["filters"]))
    if config.get("use_bias", True):
        yield Weight((config["filters"],))


def _einsum_dense(config: Config, shapes: Shapes) -> Iterator[Weight]:
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


def _embedding(config: Config, _: Shapes) -> Iterator[Weight]:
    kernel = (config["input_dim"], config["output_dim"])
    yield from _kernel_bias({**config, "use_bias": False}, kernel, ())
    if not config.get("tie_weights", True):
        yield Weight((config["output_dim"], config["input_dim"]))


def _axes(config: Config, shape: Shape) -> Shape:
    axis = config.get("axis", -1)
    return tuple(shape[index] for index in ([axis] if isinstance(axis, int) else axis))


def _batch_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shape = _axes(config, shapes[0])
    yield from (Weight(shape) for key in ("scale", "center") if config.get(key, True))
    yield from (Weight(shape, trained=False) for _ in range(5 if config.get("renorm") else 2))


def _layer_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shape, rms = _axes(config, shapes[0]), config.get("rms_scaling", False)
    if config.get("scale", True) or rms:
        yield Weight(shape)
    if config.get("center", True) and not rms:
        yield Weight(shape)


def _rms_norm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    yield Weight(_axes(config, shapes[0]))


def _normalization(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """Mean, variance and a count where they are adapted to data; nothing where the configuration gives them."""
    if config.get("mean") is None:
        axis = config.get("axis", -1)
        shape = () if axis is None else _axes(config, shapes[0])
        yield from (Weight(shape, trained=False), Weight(shape, trained=False), Weight((), trained=False))


def _prelu(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shared = config.get("shared_axes") or ()
    yield Weight(tuple(1 if axis in shared else size for axis, size in enumerate(shapes[0]) if axis))


def _layer_scale(config: Config, _: Shapes) -> Iterator[Weight]:
    yield Weight((config["projection_dim"],))


def _attention(config: Config, _: Shapes) -> Iterator[Weight]:
    if config.get("use_scale", False):
        yield Weight(())
    if config.get("score_mode") == "concat":
        yield Weight(())


def _additive_attention(config: Config, shapes: Shapes) -> Iterator[Weight]:
    if config.get("use_scale", True):
        yield Weight((shapes[0][-1],))


def attention_inputs(shapes: Shapes) -> tuple[Shape, Shape, Shape]:
    """(query, value, key) shapes of a call; a mask among the inputs is told from a key by its last axis.

    A key shares the value's sequence axes (Keras demands it); a mask is query length by value length.
    """
    query, value = shapes[0], shapes[1] if len(shapes) > 1 else shapes[0]
    for third in shapes[2:3]:
        is_mask = third[1:] == (query[1], value[1])
        if len(third) == len(value) and third[1:-1] == value[1:-1] and third[-1] is not None and not is_mask:
            return query, value, third
    return query, value, value


def _heads(config: Config, shapes: Shapes, heads: tuple[int, int], dims: tuple[int, int]) -> Iterator[Weight]:
    """Query, key, value (and gate) projections, then the output's; ``heads`` of query and of key/value."""
    query, value, key = attention_inputs(shapes)
    projections = [(query, heads[0], dims[0]), (key, heads[1], dims[0]), (value, heads[1], dims[1])]
    if config.get("use_gate"):
        projections.append((query, heads[0], dims[1]))
    for source, count, dim in projections:
        yield from _kernel_bias(config, (source[-1], count, dim), (count, dim))
    out = config.get("output_shape") or (query[-1],)
    out = (out,) if isinstance(out, int) else tuple(out)
    yield from _kernel_bias(config, (heads[0], dims[1], *out), out)


def _multi_head(config: Config, shapes: Shapes) -> Iterator[Weight]:
    count, dim = config["num_heads"], config["key_dim"]
    return _heads(config, shapes, (count, count), (dim, config.get("value_dim") or dim))


def _grouped_query(config: Config, shapes: Shapes) -> Iterator[Weight]:
    counts, dim = (config["num_query_heads"], config["num_key_value_heads"]), config["head_dim"]
    return _heads({**config, "output_shape": None}, shapes, counts, (dim, dim))


def _recurrent(gates: int, biases: int = 1) -> Rule:
    def rule(config: Config, shapes: Shapes) -> Iterator[Weight]:
        units = config["units"]
        yield Weight((shapes[0][-1], gates * units))
        yield Weight((units, gates * units))
        if config.get("use_bias", True):
            # A GRU that resets after the matrix product has separate input and recurrent biases.
            yield Weight((2 if config.get("reset_after") else biases, gates * units))

    return rule


def _conv_lstm(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shape = without_time(shapes)[0]
    kernel, filters = sizes(config["kernel_size"], len(shape) - 2), config["filters"]
    yield Weight((*kernel, channels(config, shape), 4 * filters))
    yield Weight((*kernel, filters, 4 * filters))
    if config.get("use_bias", True):
        yield Weight((4 * filters,))


def cells(config: Config) -> Iterator[tuple[str, Config, str]]:
    """(class, configuration, module) of each cell of an ``RNN`` layer, first to last."""
    cell = config["cell"]
    if isinstance(cell, Sequence):
        yield from (inner(one) for one in cell)
    elif cell["class_name"] == "StackedRNNCells":
        yield from (inner(one) for one in cell["config"]["cells"])
    else:
        yield inner(cell)


def _rnn(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shape = without_time(shapes[:1])
    for op, cell, module in cells(config):
        yield from weights(op, cell, shape, module)
        shape = ((None, cell.get("units")),)


def _stacked_cells(config: Config, shapes: Shapes) -> Iterator[Weight]:
    return _rnn({"cell": config["cells"]}, tuple((shape[0], None, *shape[1:]) for shape in shapes))


def _wrapped(layer: Mapping[str, Any], shapes: Shapes) -> Iterator[Weight]:
    op, config, module = inner(layer)
    frozen = config.get("trainable") is False
    for weight in weights(op, config, shapes, module):
        yield Weight(weight.shape, weight.trained and not frozen)


def _bidirectional(config: Config, shapes: Shapes) -> Iterator[Weight]:
    yield from _wrapped(config["layer"], shapes[:1])
    yield from _wrapped(config.get("backward_layer") or config["layer"], shapes[:1])


def _time_distributed(config: Config, shapes: Shapes) -> Iterator[Weight]:
    return _wrapped(config["layer"], without_time(shapes[:1]))


def _spectral(config: Config, shapes: Shapes) -> Iterator[Weight]:
    """The wrapped layer's weights and one vector as long as the kernel's last axis (Miyato et al. 2018)."""
    found = tuple(_wrapped(config["layer"], shapes))
    yield from found
    yield Weight((1, found[0].shape[-1]), trained=False)


def _stft(config: Config, _: Shapes) -> Iterator[Weight]:
    length = config["frame_length"]
    bins = (config.get("fft_length") or 2 ** (length - 1).bit_length()) // 2 + 1
    yield from (Weight((length, 1, bins)) for part in ("imag", "real") if config.get("mode") != part)


def _model(config: Config, _: Shapes) -> Iterator[Weight]:
    """A model inside a wrapper: its layers' own build shapes are in the file."""
    for layer in config["layers"]:
        built = (layer.get("build_config") or {}).get("input_shape") or ()
        nested = built and isinstance(built[0], Sequence)
        shapes = tuple(tuple(shape) for shape in built) if nested else (tuple(built),)
        yield from _wrapped(layer, shapes)


RULES: dict[str, Rule] = {
    "Dense": _dense, "EinsumDense": _einsum_dense,
    "Embedding": _embedding, "ReversibleEmbedding": _embedding,
    **{f"Conv{n}D": _conv for n in (1, 2, 3)}, **{f"Convolution{n}D": _conv for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _conv_transpose for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)}, **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    "BatchNormalization": _batch_norm, "BatchNormalizationV1": _batch_norm, "SyncBatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm, "GroupNormalization": _layer_norm, "RMSNormalization": _rms_norm,
    "Normalization": _normalization, "SpectralNormalization": _spectral,
    "PReLU": _prelu, "LayerScale": _layer_scale,
    "Attention": _attention, "AdditiveAttention": _additive_attention,
    "MultiHeadAttention": _multi_head,
    "GroupedQueryAttention": _grouped_query, "GroupQueryAttention": _grouped_query,
    "SimpleRNN": _recurrent(1), "SimpleRNNCell": _recurrent(1), "LSTM": _recurrent(4), "LSTMCell": _recurrent(4),
    "GRU": _recurrent(3), "GRUCell": _recurrent(3),
    "CuDNNLSTM": _recurrent(4, biases=2), "CuDNNGRU": _recurrent(3, biases=2),
    **{f"ConvLSTM{n}D": _conv_lstm for n in (1, 2, 3)},
    "RNN": _rnn, "StackedRNNCells": _stacked_cells,
    "Bidirectional": _bidirectional, "TimeDistributed": _time_distributed,
    "STFTSpectrogram": _stft, "Functional": _model, "Model": _model, "Sequential": _model,
}  # fmt: skip

_POOLING = frozenset(
    f"{scope}{kind}Pooling{n}D"
    for scope in ("", "Global", "Adaptive") for kind in ("Average", "Max") for n in (1, 2, 3)
)  # fmt: skip
_PER_RANK = frozenset(
    f"{name}{n}D" for name in ("UpSampling", "ZeroPadding", "Cropping", "SpatialDropout") for n in (1, 2, 3)
)
_PLAIN = """
InputLayer Input Activation ReLU LeakyReLU ELU Softmax ThresholdedReLU Identity Lambda Masking
Add Subtract Multiply Average Maximum Minimum Concatenate Dot Merge
Flatten Reshape Permute RepeatVector Resizing CenterCrop Rescaling UnitNormalization
Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization StochasticDepth CustomScaleLayer
CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup StringLookup TextVectorization
MelSpectrogram AugMix AutoContrast CLAHE CutMix Equalization MaxNumBoundingBoxes MixUp RandAugment
RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform
RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert
RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
RandomTranslation RandomWidth RandomZoom Solarization
TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty TensorFlowOpLayer
"""
WEIGHTLESS = _POOLING | _PER_RANK | frozenset(_PLAIN.split())
