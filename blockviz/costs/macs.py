"""Multiply-adds of a call: convolutions and matrix products, for one example.

One multiply-add is one MAC (Sze et al., "Efficient Processing of Deep Neural Networks", Proc. IEEE 2017,
section III); element-wise work, normalisation, pooling and resizing are not counted, as in the papers'
own figures. A convolution costs, per output position, kernel area × input channels per group × filters
(Howard et al., "MobileNets", 2017, section 3.1, which also has the depthwise and separable forms).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import TypeAlias

from blockviz.costs.layer_params import Shapes, attention_inputs, channels, einsum_sizes, grid, known, without_time
from blockviz.costs.params import cells, has_known_weights, is_operation, unwrapped, weights
from blockviz.ir import UNKNOWN, Layer, Node
from blockviz.ops.registry import FUNCTIONS, LAYERS

Rule: TypeAlias = Callable[[Node], int]


@lru_cache(maxsize=1 << 17)
def macs(node: Node) -> int | None:
    """Multiply-adds of one call, for one example; None where nobody knows.

    Nobody knows for an unknown class, a ``Lambda``, or a size that the file leaves open. Where several entries of the
    first axis belong to one example (windows folded into it), all of them count.
    """
    if node.macs is not None:
        return node.macs
    layer = node.layer
    try:
        if is_operation(layer.module):
            rule = _RULES.get(FUNCTIONS[layer.op].macs) if layer.op in FUNCTIONS else None
        elif not has_known_weights(layer.op, layer.module):
            return None
        else:
            rule = _RULES.get(LAYERS[layer.op].macs)
        if rule and UNKNOWN in node.inputs:
            return None
        count = rule(node) if rule else 0
        return count and known(node.rows[0]) * count
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, StopIteration):
        return None


def _kernels(node: Node) -> list[int]:
    """Sizes of the kernels of a convolution, biases left out."""
    found = weights(node.op, {**node.config, "use_bias": False, "lora_rank": None}, node.inputs, node.layer.module)
    return [known(*weight.shape) for weight in found]


def _dense(node: Node) -> int:
    return known(*node.inputs[0][1:], node.config["units"])


def _conv(node: Node) -> int:
    return known(*grid(node.config, node.outputs[0]), *_kernels(node))


def _conv_transpose(node: Node) -> int:
    """Every input position is spread over one kernel (Dumoulin and Visin, 2016, section 4)."""
    return known(*grid(node.config, node.inputs[0]), *_kernels(node))


def _separable(node: Node) -> int:
    return known(*grid(node.config, node.outputs[0])) * sum(_kernels(node))


def _contraction(equation: str, shapes: Shapes) -> int:
    """An einsum of two operands: the product of all its labels' sizes, the batch counted once."""
    terms, _, table = einsum_sizes(equation, shapes)
    if len(terms) != len(shapes):
        raise ValueError("an operand is a constant of unknown shape")
    return known(*(1 if label == terms[0][0] and size is None else size for label, size in table.items()))


def _einsum_dense(node: Node) -> int:
    kernel = next(weights(node.op, {**node.config, "lora_rank": None}, node.inputs, node.layer.module)).shape
    return _contraction(node.config["equation"], ((1, *node.inputs[0][1:]), kernel))


def _reversible(node: Node) -> int:
    """A lookup costs nothing; used backwards, the table is a dense layer."""
    backwards = node.args.get("reverse", node.args.get("1"))
    return known(*node.inputs[0][1:], node.config["input_dim"]) if backwards else 0


def _attention(node: Node) -> int:
    """Scores query·key, then scores·value; concatenated scores are sums without a product."""
    query, value, key = attention_inputs(node.inputs, node.args)
    pairs = known(*query[1:-1], value[-2])
    scored = 0 if node.config.get("score_mode") == "concat" else known(key[-1])
    return pairs * (scored + known(value[-1]))


def _additive_attention(node: Node) -> int:
    """Scores v·tanh(query + key) (Bahdanau et al. 2015, appendix A.1.2), then scores·value."""
    query, value, key = attention_inputs(node.inputs, node.args)
    scored = known(key[-1]) if node.config.get("use_scale", True) else 0
    return known(*query[1:-1], value[-2]) * (scored + known(value[-1]))


def _heads(node: Node) -> int:
    """Projections of query, key, value and output, and per head scores and their product with the values.

    Vaswani et al., "Attention Is All You Need", 2017, section 3.2. With ``attention_axes``, attention
    runs along these axes and the others act as batch.
    """
    query, value, _ = attention_inputs(node.inputs, node.args)
    config = node.config
    heads: int = config.get("num_heads") or config["num_query_heads"]
    depth: int = config.get("key_dim") or config["head_dim"]
    width: int = config.get("value_dim") or depth
    found = weights(node.op, {**config, "use_bias": False}, node.inputs, node.layer.module, node.args)
    q, k, v, *rest = [known(*weight.shape) for weight in found]
    targets, sources = known(*query[1:-1]), known(*value[1:-1])
    projections = targets * (q + sum(rest)) + sources * (k + v)
    axes = config.get("attention_axes") or range(1, len(query) - 1)
    pairs = targets * known(*(value[axis] for axis in axes))
    return projections + pairs * heads * (depth + width)


def _recurrent(node: Node) -> int:
    kernel, recurrent = islice(weights(node.op, node.config, node.inputs, node.layer.module), 2)
    return known(*node.inputs[0][1:-1]) * (known(*kernel.shape) + known(*recurrent.shape))


def _cell(node: Node) -> int:
    return sum(known(*weight.shape) for weight in islice(weights(node.op, node.config, node.inputs), 2))


def _rnn(node: Node) -> int:
    """One step of each cell, times the steps; only cells of Keras' own are known."""
    total, shape = 0, without_time(node.inputs[:1])[0]
    for op, config, module in cells(node.config):
        cost = macs(Node(node.id, Layer(op, op, config, module=module), (shape,), ()))
        shape = (None, config["units"])
        total += known(cost)
    return known(node.inputs[0][1]) * total


def _conv_lstm(node: Node) -> int:
    """Four gates, each a convolution of the input and one of the state (Shi et al. 2015, equation 3)."""
    kernel, recurrent = islice(weights(node.op, node.config, node.inputs, node.layer.module), 2)
    rank = len(kernel.shape) - 2
    steps = node.inputs[0][1 : -rank - 1]
    return known(*steps, *grid(node.config, node.outputs[0])[-rank:]) * (known(*kernel.shape) + known(*recurrent.shape))


def _wrapped(node: Node, key: str, inputs: Shapes, outputs: Shapes) -> int:
    op, config, module = unwrapped(node.config.get(key) or node.config["layer"])
    return known(macs(Node(node.id, Layer(op, op, config, module=module), inputs, outputs, node.args)))


def _time_distributed(node: Node) -> int:
    cost = _wrapped(node, "layer", without_time(node.inputs[:1]), without_time(node.outputs))
    return known(node.inputs[0][1]) * cost if cost else 0


def _bidirectional(node: Node) -> int:
    return sum(_wrapped(node, key, node.inputs[:1], node.outputs) for key in ("layer", "backward_layer"))


def _spectral(node: Node) -> int:
    return _wrapped(node, "layer", node.inputs, node.outputs)


def _dot(node: Node) -> int:
    """The ``Dot`` layer contracts one axis of each input; every output element sums over it."""
    axes = node.config["axes"]
    axis = axes if isinstance(axes, int) else axes[0]
    return known(*node.outputs[0][1:], node.inputs[0][axis])


def _stft(node: Node) -> int:
    """Keras computes the transform as a convolution with a real and an imaginary kernel."""
    kernels = [weight.shape for weight in weights(node.op, node.config, node.inputs)]
    samples, depth = node.inputs[0][1], channels(node.config, node.inputs[0])
    length: int = node.config["frame_length"]
    step: int = node.config.get("frame_step") or length // 2
    covered = known(samples) - (1 if node.config.get("padding") == "same" else length)
    frames = covered // step + 1
    return known(depth) * frames * sum(known(*shape) for shape in kernels)


def _mel(node: Node) -> int:
    """Every mel band of a frame sums over the frequencies of its transform."""
    return known(*node.outputs[0][1:], node.config.get("fft_length", 2048) // 2 + 1)


def _unknown(node: Node) -> int:
    raise ValueError(f"nobody knows what {node.op} computes")


def _op_matmul(node: Node) -> int:
    """Every element of the product sums over the last axis of the first operand."""
    left, _ = node.inputs
    inner = left[-2] if node.args.get("transpose_a") else left[-1]
    out = node.outputs[0]
    return known(*(out[1:] if out[:1] == (None,) else out), inner)


def _op_einsum(node: Node) -> int:
    said = (*node.config.values(), *node.args.values())  # keras.ops keeps it as configuration, TensorFlow as argument
    equation = next(value for value in said if isinstance(value, str) and "->" in value)
    return _contraction(equation, node.inputs) if "," in equation else 0


def _op_conv(node: Node) -> int:
    """``keras.ops`` convolutions read their kernel as second input."""
    data, kernel = node.inputs[:2]
    out = node.outputs[0]
    first = "channels_first" in node.args.values()
    grid = out[-len(data) + 2 :] if first else out[1:-1]
    return known(*grid, *kernel)


def _op_conv_transpose(node: Node) -> int:
    data, kernel = node.inputs[:2]
    return known(*(data[2:] if "channels_first" in node.args.values() else data[1:-1]), *kernel)


def _op_attention(node: Node) -> int:
    """``keras.ops.dot_product_attention``: tensors are (batch, length, heads, depth)."""
    query, key, value = node.inputs[:3]
    return known(query[1], key[1], query[2]) * known(query[-1]) + known(query[1], key[1], query[2], value[-1])


_RULES: Mapping[str, Rule] = {
    "dense": _dense, "einsum_dense": _einsum_dense, "reversible": _reversible,
    "conv": _conv, "conv_transpose": _conv_transpose, "separable": _separable,
    "attention": _attention, "additive_attention": _additive_attention, "heads": _heads,
    "recurrent": _recurrent, "cell": _cell, "rnn": _rnn, "conv_lstm": _conv_lstm,
    "bidirectional": _bidirectional, "time_distributed": _time_distributed, "spectral": _spectral,
    "dot": _dot, "stft": _stft, "mel": _mel,
    "matmul": _op_matmul, "einsum": _op_einsum, "conv_function": _op_conv,
    "conv_transpose_function": _op_conv_transpose, "attention_function": _op_attention,
    "unknown": _unknown,
}  # fmt: skip
