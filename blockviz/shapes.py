"""Output shapes of a call from its configuration and input shapes, as Keras computes them.

Shapes are tuples with the batch size first and None for sizes left open. Convolution and pooling
follow Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), with the
``same`` and ``causal`` padding of Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, prod
from typing import Any, TypeAlias

from blockviz.ir import Shape
from blockviz.op_shapes import OPERATIONS, broadcast, normal_axes

Shapes: TypeAlias = tuple[Shape, ...]
Config: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Config, Shapes, Config], Shapes | None]


def output_shapes(op: str, config: Config, input_shapes: Shapes, args: Config | None = None) -> Shapes | None:
    """Shapes of all outputs of one call, or None where nobody knows (an unknown layer).

    Parameters
    ----------
    op : class name of the layer or operation.
    config : its configuration, as in `blockviz.ir.Layer`.
    input_shapes : one shape per operand, in call order.
    args : the call's constants, as in `blockviz.ir.Node`.

    Raises
    ------
    KeyError, TypeError, ValueError, IndexError : the configuration is not one that Keras writes.
    """
    if op in _SAME:
        return input_shapes[:1] or None
    rule = _RULES.get(op)
    if rule is not None:
        return rule(config, input_shapes, args or {})
    operation = OPERATIONS.get(op)
    return operation(config, input_shapes, args or {}) if operation is not None and input_shapes else None


_UNCHANGED = """Activation ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax BatchNormalization SyncBatchNormalization
    LayerNormalization GroupNormalization UnitNormalization RMSNormalization InstanceNormalization Normalization
    Rescaling Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise AlphaDropout
    ActivityRegularization Masking Identity LayerScale StochasticDepth DropPath RandomFlip RandomRotation
    RandomTranslation RandomZoom RandomContrast RandomBrightness RandomColorJitter RandomGrayscale RandomHue
    RandomSaturation RandomSharpness RandomShear RandomPerspective RandomGaussianBlur RandomErasing RandomInvert
    RandomPosterization RandomElasticTransform Solarization AutoContrast Equalization RandomColorDegeneration
    AugMix RandAugment CutMix MixUp RandomApply"""
_SAME = frozenset(_UNCHANGED.split())


def _spatial(config: Config, shape: Shape) -> tuple[list[int | None], int | None]:
    """(spatial sizes, channels) of a feature map in either data format."""
    if config.get("data_format") == "channels_first":
        return list(shape[2:]), shape[1]
    return list(shape[1:-1]), shape[-1]


def _assembled(config: Config, batch: int | None, spatial: Sequence[int | None], channels: int | None) -> Shape:
    if config.get("data_format") == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def _each(value: Any, rank: int) -> list[int]:
    values = [value] * rank if isinstance(value, int) else list(value)
    if len(values) != rank or not all(isinstance(item, int) for item in values):
        raise ValueError(f"{value!r} does not give one number for each of {rank} axes")
    return values


def _window(size: int | None, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Length of a convolution's or pooling's output along one axis."""
    if size is None:
        return None
    if padding in {"same", "causal"}:
        return ceil(size / stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def _windows(config: Config, shape: Shape, kernel: Any, strides: Any) -> list[int | None]:
    spatial, _ = _spatial(config, shape)
    rank = len(spatial)
    sizes = zip(
        spatial, _each(kernel, rank), _each(strides, rank), _each(config.get("dilation_rate", 1), rank), strict=True
    )
    padding = str(config.get("padding", "valid"))
    return [_window(size, k, s, padding, d) for size, k, s, d in sizes]


def _convolution(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial = _windows(config, inputs[0], config["kernel_size"], config.get("strides", 1))
    return (_assembled(config, inputs[0][0], spatial, config["filters"]),)


def _depthwise(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial = _windows(config, inputs[0], config["kernel_size"], config.get("strides", 1))
    _, channels = _spatial(config, inputs[0])
    channels = None if channels is None else channels * config.get("depth_multiplier", 1)
    return (_assembled(config, inputs[0][0], spatial, channels),)


def _transposed(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, _ = _spatial(config, inputs[0])
    rank = len(spatial)
    extra = config.get("output_padding")
    extras: Sequence[int | None] = [None] * rank if extra is None else _each(extra, rank)
    sizes = zip(
        spatial, _each(config["kernel_size"], rank), _each(config.get("strides", 1), rank),
        _each(config.get("dilation_rate", 1), rank), extras, strict=True,
    )  # fmt: skip
    same = config.get("padding", "valid") == "same"
    out = [None if size is None else _grown(size, (k - 1) * d + 1, s, same, e) for size, k, s, d, e in sizes]
    return (_assembled(config, inputs[0][0], out, config["filters"]),)


def _grown(size: int, kernel: int, stride: int, same: bool, extra: int | None) -> int:
    """Length of a transposed convolution's output along one axis (keras.src.backend.common.backend_utils)."""
    if extra is None:
        return size * stride if same else size * stride + max(kernel - stride, 0)
    return (size - 1) * stride + kernel - (2 * (kernel // 2) if same else 0) + extra


def _pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    strides = config.get("strides")
    spatial = _windows(config, inputs[0], config["pool_size"], config["pool_size"] if strides is None else strides)
    return (_assembled(config, inputs[0][0], spatial, _spatial(config, inputs[0])[1]),)


def _convolution_operation(config: Config, inputs: Shapes, args: Config) -> Shapes:
    kernel = inputs[1] if len(inputs) > 1 else args["1"]["shape"]
    return _convolution({**config, "kernel_size": kernel[:-2], "filters": kernel[-1]}, inputs, args)


def _adaptive_pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    return (_assembled(config, inputs[0][0], _each(config["output_size"], len(spatial)), channels),)


def _global_pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    kept = [1] * len(spatial) if config.get("keepdims") else []
    return (_assembled(config, inputs[0][0], kept, channels),)


def _pairs(value: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(value, int):
        return [(value, value)] * rank
    if rank == 1 and len(value) == 2 and isinstance(value[0], int):
        return [(value[0], value[1])]
    return [(item, item) if isinstance(item, int) else (item[0], item[1]) for item in value]


def _resized_by(sign: int, key: str) -> Rule:
    def rule(config: Config, inputs: Shapes, args: Config) -> Shapes:
        spatial, channels = _spatial(config, inputs[0])
        pairs = _pairs(config[key], len(spatial))
        sizes = [None if n is None else n + sign * (a + b) for n, (a, b) in zip(spatial, pairs, strict=True)]
        return (_assembled(config, inputs[0][0], sizes, channels),)

    return rule


def _up_sampling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    factors = _each(config["size"], len(spatial))
    sizes = [None if n is None else n * factor for n, factor in zip(spatial, factors, strict=True)]
    return (_assembled(config, inputs[0][0], sizes, channels),)


def _resizing(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = inputs[0]
    size = (config["height"], config["width"])
    if config.get("data_format") == "channels_first":
        return ((*shape[:-2], *size),)
    return ((*shape[:-3], *size, shape[-1]),)


def _dense(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((*inputs[0][:-1], config["units"]),)


def _einsum_dense(config: Config, inputs: Shapes, args: Config) -> Shapes:
    """The declared sizes after the batch, with the axes that an ellipsis leaves out before or behind them."""
    left, right = config["equation"].replace(" ", "").split("->")
    sources, shape = left.split(",")[0], inputs[0]
    letters = sources.replace("...", "")
    elided = len(shape) - len(letters)
    leading = sources.startswith("...")
    known = dict(zip(letters, shape[elided:] if leading else shape[: len(letters)], strict=True))
    declared = config["output_shape"]
    declared = list(declared) if isinstance(declared, (list, tuple)) else [declared]
    names = right.replace("...", "")[-len(declared) :]
    sizes = [known.get(name) if size is None else size for name, size in zip(names, declared, strict=True)]
    if leading:
        return ((*shape[: max(1, elided)], *sizes),)
    return ((shape[0], *sizes, *shape[len(letters) :]),)


def _flatten(config: Config, inputs: Shapes, args: Config) -> Shapes:
    rest = inputs[0][1:]
    return ((inputs[0][0], None if None in rest else prod(n for n in rest if n is not None)),)


def _reshape(config: Config, inputs: Shapes, args: Config) -> Shapes:
    target = list(config["target_shape"])
    return ((inputs[0][0], *fill_in(target, inputs[0][1:])),)


def fill_in(target: Sequence[int | None], source: Shape) -> list[int | None]:
    """A reshape's target with its -1 computed from the source's size; None where that is open."""
    sizes: list[int | None] = list(target)
    if -1 in sizes:
        place = sizes.index(-1)
        rest = prod(n for n in sizes if n is not None and n != -1)
        total = None if None in source else prod(n for n in source if n is not None)
        sizes[place] = None if total is None or None in sizes or not rest else total // rest
    return sizes


def _permute(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((inputs[0][0], *(inputs[0][axis] for axis in config["dims"])),)


def _repeat_vector(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((inputs[0][0], config["n"], inputs[0][-1]),)


def _embedding(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((*inputs[0], config["output_dim"]),)


def _position_embedding(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return (inputs[0],)


def _input(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = config.get("batch_shape")
    return inputs[:1] or (None if shape is None else (tuple(shape),))


def _states(op: str, config: Config, inputs: Shapes) -> list[Shape]:
    """Shapes of the states of a recurrent layer."""
    batch, shape = inputs[0][0], inputs[0]
    if op.startswith("ConvLSTM"):
        step: Shape = (batch, *shape[2:])
        return [_convolution(config, (step,), {})[0]] * 2
    if op == "RNN":
        cell = config["cell"]
        cells = cell["config"].get("cells", [cell])
        return [
            (batch, inner["config"]["units"])
            for inner in cells
            for _ in range(2 if inner["class_name"] == "LSTMCell" else 1)
        ]
    return [(batch, config["units"])] * (2 if op in {"LSTM", "CuDNNLSTM"} else 1)


def _recurrent(op: str) -> Rule:
    def rule(config: Config, inputs: Shapes, args: Config) -> Shapes:
        states = _states(op, config, inputs)
        last = states[-1] if op == "RNN" else states[0]
        if op == "RNN" and config["cell"]["class_name"] == "LSTMCell":
            last = states[0]
        main = (last[0], inputs[0][1], *last[1:]) if config.get("return_sequences") else last
        return (main, *states) if config.get("return_state") else (main,)

    return rule


def _bidirectional(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    inner = config["layer"]
    found = output_shapes(inner["class_name"], inner["config"], inputs[:1])
    if not found:
        return None
    main, states = found[0], found[1:]
    mode = config.get("merge_mode", "concat")
    if mode == "concat":
        main = (*main[:-1], None if main[-1] is None else main[-1] * 2)
    heads = (main, main) if mode is None else (main,)
    return (*heads, *states, *states)


def _time_distributed(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    inner = config["layer"]
    steps = tuple((*shape[:1], *shape[2:]) for shape in inputs)
    found = output_shapes(inner["class_name"], inner["config"], steps, args)
    return found and tuple((shape[0], inputs[0][1], *shape[1:]) for shape in found)


def _wrapped(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    inner = config["layer"]
    return output_shapes(inner["class_name"], inner["config"], inputs, args)


def operand(args: Config, names: Sequence[str], place: int, default: int) -> int:
    """Which operand a parameter of the call is: by keyword ("$k"), else by position."""
    for name in names:
        value = args.get(name)
        if isinstance(value, str) and value.startswith("$"):
            return int(value[1:])
    return place if place >= 0 else default


def _attention(config: Config, inputs: Shapes, args: Config) -> Shapes:
    query, value = inputs[0], inputs[1] if len(inputs) > 1 else inputs[0]
    out = (*query[:-1], value[-1])
    if args.get("return_attention_scores") is True:
        return (out, (*query[:-1], value[1]))
    return (out,)


def _multi_head_attention(config: Config, inputs: Shapes, args: Config) -> Shapes:
    query = inputs[operand(args, ("query",), 0, 0)]
    value = inputs[operand(args, ("value",), min(1, len(inputs) - 1), 0)]
    width = config.get("output_shape")
    tail = [query[-1]] if width is None else [width] if isinstance(width, int) else list(width)
    out = (*query[:-1], *tail)
    if args.get("return_attention_scores") is True:
        heads = config.get("num_heads", config.get("num_query_heads"))
        return (out, (query[0], heads, *query[1:-1], *value[1:-1]))
    return (out,)


def _average(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    return (broadcast(inputs),) if len(inputs) > 1 else OPERATIONS["Mean"](config, inputs, args)


def _lambda(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    declared = config.get("output_shape")
    known = isinstance(declared, list) and all(n is None or isinstance(n, int) for n in declared)
    return ((inputs[0][0], *declared),) if known and declared is not None else None


def _dot(config: Config, inputs: Shapes, args: Config) -> Shapes:
    if "axes" not in config:
        return ((*inputs[0][:-1], *inputs[1][:-2], *inputs[1][-1:]),)
    left, right = inputs[0], inputs[1]
    axes = config["axes"]
    first, second = (axes, axes) if isinstance(axes, int) else axes
    a, b = normal_axes(first, len(left))[0], normal_axes(second, len(right))[0]
    shape = [n for i, n in enumerate(left) if i != a] + [n for i, n in enumerate(right) if i not in {0, b}]
    return (tuple(shape) if len(shape) > 1 else (*shape, 1),)


def _category_encoding(config: Config, inputs: Shapes, args: Config) -> Shapes:
    width = config["num_tokens"]
    if config.get("output_mode") == "int":
        return inputs[:1]
    if config.get("output_mode") == "one_hot":
        return ((*inputs[0], width) if inputs[0][-1:] != (1,) else (*inputs[0][:-1], width),)
    return ((*inputs[0][:-1], width),)


def _hashing(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    return inputs[:1] if config.get("output_mode", "int") == "int" else None


def _text_vectorization(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    if config.get("output_mode", "int") != "int":
        return None
    return ((inputs[0][0], config.get("output_sequence_length")),)


def _mel_spectrogram(config: Config, inputs: Shapes, args: Config) -> Shapes:
    length = inputs[0][-1]
    frames = None if length is None else length // config["sequence_stride"] + 1
    return ((*inputs[0][:-1], config["num_mel_bins"], frames),)


_RULES: dict[str, Rule] = {
    "InputLayer": _input,
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Flatten": _flatten,
    "Reshape": lambda config, inputs, args: (
        _reshape(config, inputs, args) if "target_shape" in config else OPERATIONS["Reshape"](config, inputs, args)
    ),
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Embedding": _embedding,
    "ReversibleEmbedding": _embedding,
    "PositionEmbedding": _position_embedding,
    "Resizing": _resizing,
    "CenterCrop": _resizing,
    "RandomCrop": _resizing,
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "SpectralNormalization": _wrapped,
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "MultiHeadAttention": _multi_head_attention,
    "GroupQueryAttention": _multi_head_attention,
    "GroupedQueryAttention": _multi_head_attention,
    "Average": _average,
    "MaxPool": _pooling,
    "AveragePool": _pooling,
    "Conv": _convolution_operation,
    "Dot": _dot,
    "Lambda": _lambda,
    "CategoryEncoding": _category_encoding,
    "Hashing": _hashing,
    "Discretization": _hashing,
    "IntegerLookup": _hashing,
    "StringLookup": _hashing,
    "TextVectorization": _text_vectorization,
    "MelSpectrogram": _mel_spectrogram,
    **{op: _recurrent(op) for op in ("LSTM", "GRU", "SimpleRNN", "RNN", "CuDNNLSTM", "CuDNNGRU")},
}
for _rank in ("1D", "2D", "3D"):
    _RULES |= {
        f"Conv{_rank}": _convolution,
        f"SeparableConv{_rank}": _convolution,
        f"Conv{_rank}Transpose": _transposed,
        f"DepthwiseConv{_rank}": _depthwise,
        f"MaxPooling{_rank}": _pooling,
        f"AveragePooling{_rank}": _pooling,
        f"AdaptiveMaxPooling{_rank}": _adaptive_pooling,
        f"AdaptiveAveragePooling{_rank}": _adaptive_pooling,
        f"GlobalMaxPooling{_rank}": _global_pooling,
        f"GlobalAveragePooling{_rank}": _global_pooling,
        f"ZeroPadding{_rank}": _resized_by(1, "padding"),
        f"Cropping{_rank}": _resized_by(-1, "cropping"),
        f"UpSampling{_rank}": _up_sampling,
        f"ConvLSTM{_rank}": _recurrent(f"ConvLSTM{_rank}"),
    }
