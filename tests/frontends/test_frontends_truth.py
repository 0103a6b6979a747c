"""Models in memory whose numbers Keras itself can tell: counts, trained parts, bytes and shapes are its own."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest

from blockviz.costs.cost import cost_of
from blockviz.frontends import read_model
from blockviz.ir import layers_of, leaves

pytestmark = pytest.mark.tensorflow


def shared_inside_and_outside(keras: Any) -> Any:
    layers = keras.layers
    tied, x = layers.Dense(8, name="tied"), keras.Input((8,))
    inner = keras.Model(x, tied(x), name="inner")
    y = keras.Input((8,))
    return keras.Model(y, tied(inner(y)))


def encoder_in_two_models(keras: Any) -> Any:
    layers = keras.layers
    encoder = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.Dense(4)], name="encoder")
    x = keras.Input((8,))
    head = keras.Model(x, layers.Dense(2)(encoder(x)), name="head")
    y = keras.Input((8,))
    return keras.Model(y, [head(y), encoder(y)])


def quantised(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((32,))
    model = keras.Model(x, layers.Dense(8)(layers.Dense(64, activation="relu")(x)))
    model.quantize("int8")
    return model


def quantised_attention(keras: Any) -> Any:
    layers = keras.layers
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(50, 16)(tokens)
    x = x + layers.MultiHeadAttention(2, 8)(x, x)
    model = keras.Model(tokens, layers.EinsumDense("abc,cd->abd", (6, 5), bias_axes="d")(x))
    model.quantize("int8")
    return model


def half_precision(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((8,))
    y = layers.BatchNormalization(dtype="mixed_float16")(layers.Dense(4, dtype="float16")(x))
    return keras.Model(x, y)


def states(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((5, 10)), layers.Bidirectional(layers.GRU(7, return_state=True))])


def with_a_layer_without_weights(keras: Any) -> Any:
    class Twice(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            return keras.ops.concatenate([x, x], axis=-1)

    x = keras.Input((3,))
    return keras.Model(x, Twice()(keras.layers.Dense(2)(x)))


MODELS = [
    shared_inside_and_outside, encoder_in_two_models, quantised, quantised_attention, half_precision, states,
    with_a_layer_without_weights,
]  # fmt: skip


@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__)
@pytest.mark.parametrize("saved", [False, True])
def test_numbers_are_those_of_keras(build: Any, saved: bool, tmp_path: Path) -> None:
    import keras

    model = build(keras)
    if saved:
        model.save(tmp_path / "m.keras")
    graph = read_model(str(tmp_path / "m.keras") if saved else model)
    nodes = list(leaves(graph))
    cost, layers = cost_of(nodes), layers_of(nodes)
    assert cost.params == sum(prod(weight.shape) for weight in model.weights)
    assert cost.trainable == sum(prod(weight.shape) for weight in model.trainable_weights)
    assert sum(layer.weight_bytes or 0 for layer in layers.values()) == sum(
        weight.numpy().nbytes for weight in model.weights
    )
    assert all(layer.params is not None for layer in layers.values())
    if not saved:  # a file doesn't say the shapes of outputs that nothing reads
        shapes = [graph.item(name).outputs[index] for name, index in graph.exits]
        assert shapes == [tuple(output.shape) for output in model.outputs]
