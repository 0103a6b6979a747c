"""Output shapes of a call from its configuration and input shapes, as Keras computes them.

Shapes are tuples with the batch size first and None for sizes left open. The rules for feature maps are
in `windows`, those for operations on tensors (keras.ops) in `tensor_ops`; which class has which rule, in `ops`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from blockviz.ir import Shape
from blockviz.ops.registry import OPERATIONS
from blockviz.shapes.rearranging import normal_axes, option, reshape
from blockviz.shapes.tensor_ops import TENSOR_OPS, broadcast, reduction
from blockviz.shapes.windows import WINDOWS, Config, Rule, Shapes, convolution


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
    known_as = OPERATIONS[op].shape if op in OPERATIONS else "unknown"
    rule = _RULES.get(known_as)
    if rule is not None:
        return rule(config, input_shapes, args or {})
    operation = TENSOR_OPS.get(known_as)
    return operation(config, input_shapes, args or {}) if operation is not None and input_shapes else None


def keeps_shape(op: str) -> bool:
    """Whether a layer gives the shape that it reads, whatever that is."""
    return op in OPERATIONS and OPERATIONS[op].shape == "same"


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
    return ((inputs[0][0], *_filled_in(target, inputs[0][1:])),)


def _either_reshape(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    """The layer has its target in its configuration, the function among its arguments."""
    return _reshape(config, inputs, args) if "target_shape" in config else reshape(config, inputs, args)


def _filled_in(target: Sequence[int | None], source: Shape) -> list[int | None]:
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


def _reversible_embedding(config: Config, inputs: Shapes, args: Config) -> Shapes:
    """A lookup, or backwards the scores of all entries of the table."""
    backwards = option({}, args, "reverse", 1, False)
    return ((*inputs[0][:-1], config["input_dim"]),) if backwards else _embedding(config, inputs, args)


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
        return [convolution(config, (step,), {})[0]] * 2
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


def _operand(args: Config, names: Sequence[str], place: int, default: int) -> int:
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
    query = inputs[_operand(args, ("query",), 0, 0)]
    value = inputs[_operand(args, ("value",), min(1, len(inputs) - 1), 0)]
    width = config.get("output_shape")
    tail = [query[-1]] if width is None else [width] if isinstance(width, int) else list(width)
    out = (*query[:-1], *tail)
    if args.get("return_attention_scores") is True:
        heads = config.get("num_heads", config.get("num_query_heads"))
        return (out, (query[0], heads, *query[1:-1], *value[1:-1]))
    return (out,)


def _average(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    return (broadcast(inputs),) if len(inputs) > 1 else reduction(config, inputs, args)


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


def _stft(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    """Frames by frequencies, the channels beside one another or, expanded, on an axis of their own."""
    first = config.get("data_format") == "channels_first"
    batch, length, channels = (inputs[0][0], inputs[0][2], inputs[0][1]) if first else inputs[0]
    size = config["frame_length"]
    step = config.get("frame_step") or size // 2
    bins = (config.get("fft_length") or 2 ** (size - 1).bit_length()) // 2 + 1
    bins *= 2 if config["mode"] == "stft" else 1
    if channels is None:
        return None
    frames = None if length is None else (length - (1 if config.get("padding") == "same" else size)) // step + 1
    if config.get("expand_dims"):
        return ((batch, channels, frames, bins) if first else (batch, frames, bins, channels),)
    return ((batch, bins * channels, frames) if first else (batch, frames, bins * channels),)


def _mel_spectrogram(config: Config, inputs: Shapes, args: Config) -> Shapes:
    length = inputs[0][-1]
    frames = None if length is None else length // config["sequence_stride"] + 1
    return ((*inputs[0][:-1], config["num_mel_bins"], frames),)


_RULES: Mapping[str, Rule] = {
    "same": lambda _config, inputs, _args: inputs[:1] or None,
    "input": _input, "dense": _dense, "einsum_dense": _einsum_dense, "flatten": _flatten, "reshape": _either_reshape,
    "permute": _permute, "repeat_vector": _repeat_vector, "embedding": _embedding,
    "reversible_embedding": _reversible_embedding, "position_embedding": _position_embedding,
    "bidirectional": _bidirectional, "time_distributed": _time_distributed, "wrapped": _wrapped,
    "attention": _attention, "multi_head_attention": _multi_head_attention, "average": _average, "dot_layer": _dot,
    "lambda": _lambda, "category_encoding": _category_encoding, "hashing": _hashing,
    "text_vectorization": _text_vectorization, "mel_spectrogram": _mel_spectrogram, "stft": _stft,
    "lstm": _recurrent("LSTM"), "gru": _recurrent("GRU"), "rnn": _recurrent("RNN"), "conv_lstm": _recurrent("ConvLSTM"),
    **WINDOWS,
}  # fmt: skip
#: Classes of layers whose output shapes are known.
SHAPED = frozenset(name for name, row in OPERATIONS.items() if row.shape in _RULES)
