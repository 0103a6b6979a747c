"""The weights that a layer owns, from its configuration and the shapes it is called on.

The rules are those of each class's ``build`` in Keras 3 (``keras/src/layers``), with Keras 2's where
a saved file may still have them. Nothing is imported from Keras: a file is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blockviz.costs import layer_params as rule
from blockviz.costs.layer_params import Config, Rule, Shapes, Weight, attention_inputs, known, without_time
from blockviz.costs.quantised import quantised
from blockviz.ops.registry import LAYERS
from blockviz.ops.vocabulary import FRAMEWORKS, from_framework

#: Layers whose tensors are told apart by role: query, key, value.
ATTENTION = frozenset(name for name, row in LAYERS.items() if row.family == "attention")
_NO_ARGS: Config = {}


class UnknownLayerError(LookupError):
    """A layer inside a wrapper is of a class that nobody knows."""


def count_params(
    op: str, config: Config, input_shapes: Shapes, module: str = "", args: Config = _NO_ARGS
) -> tuple[int, int] | None:
    """Parameters of a layer: (all, those that training never changes by their nature).

    A frozen layer's weights are not "by nature": the flag ``trainable`` of the layer itself is left to
    the caller. Batch norm statistics count as in Keras: they are parameters, and never trained.
    None where nobody knows: an unknown class, a shape that is not known, a malformed configuration.
    """
    found = stored_params(op, config, input_shapes, module, args)
    return None if found is None else found[:2]


def stored_params(
    op: str, config: Config, input_shapes: Shapes, module: str = "", args: Config = _NO_ARGS, item_bytes: int = 4
) -> tuple[int, int, int] | None:
    """As `count_params`, and the bytes that they take; ``item_bytes`` of each that isn't quantised."""
    try:
        found = tuple(quantised(op, config, weights(op, config, input_shapes, module, args)))
        sizes = [known(*weight.shape) for weight in found]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None
    fixed = sum(size for size, weight in zip(sizes, found, strict=True) if not weight.trained)
    taken = sum(size * (weight.item_bytes or item_bytes) for size, weight in zip(sizes, found, strict=True))
    return sum(sizes), fixed, taken


def weights(
    op: str, config: Config, input_shapes: Shapes, module: str = "", args: Config = _NO_ARGS
) -> Iterator[Weight]:
    """The variables of a layer in order of creation; ``args`` tells attention's tensors apart, see Node.

    Those of quantised layers are given as before they were quantised, see `blockviz.costs.quantised`.

    Raises
    ------
    UnknownLayerError : the class is not one of Keras' own.
    """
    if is_operation(module):
        return
    if not has_known_weights(op, module):
        raise UnknownLayerError(op)
    if LAYERS[op].weights == "none":
        return
    found = _RULES[LAYERS[op].weights]
    yield from found(config, attention_inputs(input_shapes, args) if op in ATTENTION else input_shapes)


def has_known_weights(op: str, module: str = "") -> bool:
    """Whether the weights of a layer follow from its configuration: Keras' own classes."""
    return op in LAYERS and LAYERS[op].weights != "unknown" and from_framework(module)


def is_operation(module: str) -> bool:
    """Whether the node is a function of ``keras.ops`` or of TensorFlow, which owns no weights."""
    parts = module.split(".")
    return module == "tensorflow" or ("ops" in parts and parts[0] in FRAMEWORKS)


def unwrapped(wrapped: Mapping[str, Any]) -> tuple[str, Config, str]:
    """(class, configuration, module) of a serialised layer inside a wrapper."""
    return wrapped["class_name"], wrapped["config"], wrapped.get("module") or ""


def cells(config: Config) -> Iterator[tuple[str, Config, str]]:
    """(class, configuration, module) of each cell of an ``RNN`` layer, first to last."""
    cell = config["cell"]
    if isinstance(cell, Sequence):
        yield from (unwrapped(one) for one in cell)
    elif cell["class_name"] == "StackedRNNCells":
        yield from (unwrapped(one) for one in cell["config"]["cells"])
    else:
        yield unwrapped(cell)


def _rnn(config: Config, shapes: Shapes) -> Iterator[Weight]:
    shape = without_time(shapes[:1])
    for op, cell, module in cells(config):
        yield from weights(op, cell, shape, module)
        shape = ((None, cell.get("units")),)


def _stacked_cells(config: Config, shapes: Shapes) -> Iterator[Weight]:
    return _rnn({"cell": config["cells"]}, tuple((shape[0], None, *shape[1:]) for shape in shapes))


def _wrapped(layer: Mapping[str, Any], shapes: Shapes) -> Iterator[Weight]:
    op, config, module = unwrapped(layer)
    frozen = config.get("trainable") is False
    for weight in quantised(op, config, weights(op, config, shapes, module)):
        yield weight._replace(trained=weight.trained and not frozen)


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


_RULES: Mapping[str, Rule] = {
    "dense": rule.dense, "einsum_dense": rule.einsum_dense, "embedding": rule.embedding,
    "conv": rule.conv, "conv_transpose": rule.conv_transpose, "depthwise": rule.depthwise, "separable": rule.separable,
    "batch_norm": rule.batch_norm, "layer_norm": rule.layer_norm, "rms_norm": rule.rms_norm,
    "normalization": rule.normalization, "spectral": _spectral, "prelu": rule.prelu, "layer_scale": rule.layer_scale,
    "parameter": rule.parameter,
    "attention": rule.attention, "additive_attention": rule.additive_attention, "multi_head": rule.multi_head,
    "grouped_query": rule.grouped_query,
    "simple_rnn": rule.recurrent(1), "lstm": rule.recurrent(4), "gru": rule.recurrent(3),
    "cudnn_lstm": rule.recurrent(4, biases=2), "cudnn_gru": rule.recurrent(3, biases=2), "conv_lstm": rule.conv_lstm,
    "rnn": _rnn, "stacked_cells": _stacked_cells, "bidirectional": _bidirectional,
    "time_distributed": _time_distributed, "stft": rule.stft,
}  # fmt: skip
