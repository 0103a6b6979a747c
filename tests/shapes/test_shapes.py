"""Inferred shapes are those that Keras computes: on all known networks, and layer by layer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockviz.backbones import catalogue
from blockviz.frontends import graph_from_config, read_model
from blockviz.ir import LayerGraph, leaves
from blockviz.shapes.inference import output_shapes

ZOO = sorted((Path(__file__).parents[1] / "zoo_models").glob("*.json.gz"))


def _differing(graph: LayerGraph) -> list[tuple[Any, ...]]:
    found = []
    for node in leaves(graph):
        inferred = output_shapes(node.op, node.config, node.inputs, node.args)
        same = inferred is None or (len(inferred) == len(node.outputs) and all(map(_agree, inferred, node.outputs)))
        if not same:
            found.append((node.id, node.op, inferred, node.outputs))
    return found


@pytest.mark.parametrize("name", catalogue.backbone_names())
def test_known_networks(name: str) -> None:
    assert _differing(catalogue.backbone_graph(name)) == []


def differing_in(path: Path) -> list[str]:
    """The calls of a stored network whose inferred shapes are not those that Keras computed."""
    graph = graph_from_config(json.loads(gzip.decompress(path.read_bytes()))["config"])
    return [" ".join(map(str, found)) for found in _differing(graph)]


@pytest.mark.parametrize("path", ZOO[::6], ids=lambda path: path.name.split(".")[0])
def test_networks_outside_the_catalogue(path: Path) -> None:
    assert differing_in(path) == []


def test_unknown_layers_have_unknown_shapes() -> None:
    assert output_shapes("NobodyKnows", {}, ((None, 3),)) is None
    assert output_shapes("Lambda", {}, ((None, 3),)) is None


def _agree(found: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    """Equal, or known where Keras leaves a size open that follows from the other operands."""
    return len(found) == len(expected) and all(b is None or a == b for a, b in zip(found, expected, strict=True))


Build = Callable[[Any, Any, Any], Any]  # (keras.layers, keras.ops, a function that makes an input) → outputs

CASES: dict[str, Build] = {
    "conv1d causal": lambda L, ops, x: L.Conv1D(4, 3, padding="causal", dilation_rate=2)(x(10, 3)),
    "conv1d strided": lambda L, ops, x: L.Conv1D(4, 3, strides=2)(x(11, 3)),
    "conv2d open": lambda L, ops, x: L.Conv2D(4, 3, strides=2, padding="same")(x(None, 9, 3)),
    "conv2d dilated": lambda L, ops, x: L.Conv2D(4, 3, dilation_rate=(2, 1))(x(9, 9, 3)),
    "conv3d": lambda L, ops, x: L.Conv3D(4, (1, 2, 3), strides=(1, 2, 2))(x(5, 9, 9, 3)),
    "depthwise": lambda L, ops, x: L.DepthwiseConv2D(3, depth_multiplier=2)(x(9, 9, 3)),
    "depthwise 1d": lambda L, ops, x: L.DepthwiseConv1D(3, padding="same")(x(9, 3)),
    "separable": lambda L, ops, x: L.SeparableConv2D(5, 3, padding="same")(x(9, 9, 3)),
    "separable 1d": lambda L, ops, x: L.SeparableConv1D(5, 3)(x(9, 3)),
    "transposed same": lambda L, ops, x: L.Conv2DTranspose(5, 3, strides=2, padding="same")(x(9, 9, 3)),
    "transposed valid": lambda L, ops, x: L.Conv2DTranspose(5, 3, strides=2)(x(9, 9, 3)),
    "transposed narrow": lambda L, ops, x: L.Conv2DTranspose(5, 2, strides=3)(x(9, 9, 3)),
    "transposed padded": lambda L, ops, x: L.Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1)(
        x(9, 9, 3)
    ),
    "transposed 1d": lambda L, ops, x: L.Conv1DTranspose(5, 4, strides=2)(x(9, 3)),
    "transposed 3d": lambda L, ops, x: L.Conv3DTranspose(5, 3, strides=2, padding="same")(x(4, 5, 6, 3)),
    "max pool": lambda L, ops, x: L.MaxPooling2D(3, strides=2)(x(9, 10, 3)),
    "max pool same": lambda L, ops, x: L.MaxPooling2D((2, 3), padding="same")(x(9, 10, 3)),
    "average pool": lambda L, ops, x: L.AveragePooling1D(2)(x(9, 3)),
    "pool 3d": lambda L, ops, x: L.AveragePooling3D(2)(x(4, 6, 8, 3)),
    "global average": lambda L, ops, x: L.GlobalAveragePooling2D()(x(9, 9, 3)),
    "global max kept": lambda L, ops, x: L.GlobalMaxPooling2D(keepdims=True)(x(9, 9, 3)),
    "global 1d": lambda L, ops, x: L.GlobalMaxPooling1D()(x(9, 3)),
    "padding": lambda L, ops, x: L.ZeroPadding2D(((1, 2), (3, 4)))(x(9, None, 3)),
    "padding 1d": lambda L, ops, x: L.ZeroPadding1D((1, 2))(x(9, 3)),
    "padding 3d": lambda L, ops, x: L.ZeroPadding3D(2)(x(4, 5, 6, 3)),
    "cropping": lambda L, ops, x: L.Cropping2D(((1, 2), (0, 4)))(x(9, 9, 3)),
    "cropping 1d": lambda L, ops, x: L.Cropping1D(2)(x(9, 3)),
    "up sampling": lambda L, ops, x: L.UpSampling2D((2, 3))(x(9, None, 3)),
    "up sampling 1d": lambda L, ops, x: L.UpSampling1D(3)(x(9, 3)),
    "resizing": lambda L, ops, x: L.Resizing(4, 5)(x(9, 9, 3)),
    "center crop": lambda L, ops, x: L.CenterCrop(4, 5)(x(9, 9, 3)),
    "dense": lambda L, ops, x: L.Dense(7)(x(4, 5, 3)),
    "einsum dense": lambda L, ops, x: L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="e")(x(4, 8)),
    "einsum dots": lambda L, ops, x: L.EinsumDense("...x,xy->...y", output_shape=(6,))(x(4, 8)),
    "einsum leading": lambda L, ops, x: L.EinsumDense("ab...,bc->ac...", output_shape=6)(x(4, 8)),
    "flatten": lambda L, ops, x: L.Flatten()(x(4, 5, 3)),
    "flatten open": lambda L, ops, x: L.Flatten()(x(None, 3)),
    "reshape": lambda L, ops, x: L.Reshape((-1, 6))(x(4, 3)),
    "reshape open": lambda L, ops, x: L.Reshape((-1, 6))(x(None, 3)),
    "permute": lambda L, ops, x: L.Permute((2, 1))(x(4, 3)),
    "repeat vector": lambda L, ops, x: L.RepeatVector(5)(x(3)),
    "embedding": lambda L, ops, x: L.Embedding(9, 5)(x(4)),
    "lstm": lambda L, ops, x: L.LSTM(5)(x(4, 3)),
    "lstm states": lambda L, ops, x: L.LSTM(5, return_sequences=True, return_state=True)(x(4, 3)),
    "gru states": lambda L, ops, x: L.GRU(5, return_state=True)(x(4, 3)),
    "cells": lambda L, ops, x: L.RNN([L.LSTMCell(4), L.GRUCell(6)], return_sequences=True, return_state=True)(x(4, 3)),
    "cell": lambda L, ops, x: L.RNN(L.LSTMCell(4), return_state=True)(x(4, 3)),
    "conv lstm": lambda L, ops, x: L.ConvLSTM2D(5, 3, return_sequences=True, return_state=True)(x(4, 9, 9, 3)),
    "conv lstm 1d": lambda L, ops, x: L.ConvLSTM1D(5, 3, padding="same")(x(4, 9, 3)),
    "bidirectional": lambda L, ops, x: L.Bidirectional(L.GRU(5, return_sequences=True))(x(4, 3)),
    "bidirectional sum": lambda L, ops, x: L.Bidirectional(L.LSTM(5, return_state=True), merge_mode="sum")(x(4, 3)),
    "bidirectional two": lambda L, ops, x: L.Bidirectional(L.LSTM(5), merge_mode=None)(x(4, 3)),
    "time distributed": lambda L, ops, x: L.TimeDistributed(L.Conv2D(4, 3))(x(5, 9, 9, 3)),
    "spectral": lambda L, ops, x: L.SpectralNormalization(L.Conv2D(4, 3))(x(9, 9, 3)),
    "attention": lambda L, ops, x: L.Attention()([x(4, 8), x(6, 8)]),
    "attention scores": lambda L, ops, x: L.Attention()([x(4, 8), x(6, 8)], return_attention_scores=True),
    "additive attention": lambda L, ops, x: L.AdditiveAttention()([x(4, 8), x(6, 8)]),
    "heads": lambda L, ops, x: L.MultiHeadAttention(2, 4, value_dim=3, output_shape=5)(x(4, 8), x(6, 8)),
    "heads scores": lambda L, ops, x: L.MultiHeadAttention(2, 4)(x(4, 8), x(4, 8), return_attention_scores=True),
    "heads by keyword": lambda L, ops, x: L.MultiHeadAttention(2, 4)(value=x(6, 8), query=x(4, 8)),
    "grouped heads": lambda L, ops, x: L.GroupQueryAttention(4, 4, 2)(x(4, 8), x(6, 8)),
    "add broadcast": lambda L, ops, x: L.Add()([x(4, 1, 3), x(1, 5, 3)]),
    "average": lambda L, ops, x: L.Average()([x(4, 3), x(4, 3)]),
    "maximum": lambda L, ops, x: L.Maximum()([x(4, 3), x(4, 3)]),
    "concatenate": lambda L, ops, x: L.Concatenate(axis=1)([x(4, 3), x(5, 3)]),
    "concatenate open": lambda L, ops, x: L.Concatenate()([x(None, 3), x(5, 3)]),
    "dot": lambda L, ops, x: L.Dot(axes=(2, 1))([x(4, 8), x(8, 5)]),
    "dot to scalar": lambda L, ops, x: L.Dot(axes=1)([x(8), x(8)]),
    "batch norm": lambda L, ops, x: L.BatchNormalization()(x(4, 3)),
    "group norm": lambda L, ops, x: L.GroupNormalization(1)(x(4, 3)),
    "category": lambda L, ops, x: L.CategoryEncoding(7, output_mode="multi_hot")(x(4)),
    "ops.mean": lambda L, ops, x: ops.mean(x(4, 5, 3), axis=(1, -1)),
    "ops.mean kept": lambda L, ops, x: ops.mean(x(4, 5, 3), axis=-1, keepdims=True),
    "ops.max": lambda L, ops, x: ops.max(x(4, 5, 3), axis=1),
    "ops.argmax": lambda L, ops, x: ops.argmax(x(4, 5), axis=-1),
    "ops.logsumexp": lambda L, ops, x: ops.logsumexp(x(4, 5), axis=-1),
    "ops.stack": lambda L, ops, x: ops.stack([x(4, 5), x(4, 5)], axis=1),
    "ops.split": lambda L, ops, x: ops.split(x(4, 6), 3, axis=-1),
    "ops.split at": lambda L, ops, x: ops.split(x(4, 6), [1, 4], axis=2),
    "ops.unstack": lambda L, ops, x: ops.unstack(x(4, 6), axis=1),
    "ops.reshape": lambda L, ops, x: ops.reshape(x(4, 6), (-1, 3, 8)),
    "ops.transpose": lambda L, ops, x: ops.transpose(x(4, 6), (0, 2, 1)),
    "ops.swapaxes": lambda L, ops, x: ops.swapaxes(x(4, 6), 1, -1),
    "ops.moveaxis": lambda L, ops, x: ops.moveaxis(x(4, 5, 6), 1, -1),
    "ops.expand_dims": lambda L, ops, x: ops.expand_dims(x(4, 6), -1),
    "ops.squeeze": lambda L, ops, x: ops.squeeze(x(4, 1), axis=-1),
    "ops.matmul": lambda L, ops, x: ops.matmul(x(2, 4, 6), x(1, 6, 5)),
    "ops.einsum": lambda L, ops, x: ops.einsum("bhqd,bhkd->bhqk", x(2, 4, 8), x(2, 5, 8)),
    "ops.einsum dots": lambda L, ops, x: ops.einsum("...qd,...kd->...qk", x(2, 4, 8), x(2, 5, 8)),
    "ops.getitem": lambda L, ops, x: x(9, 8, 7)[:, 1:-1:2, 0, ...],
    "ops.newaxis": lambda L, ops, x: x(9, 8)[..., None],
    "ops.getitem one": lambda L, ops, x: x(9, 8)[:, -1],
    "ops.pad": lambda L, ops, x: ops.pad(x(4, 6), ((0, 0), (1, 2), (0, 0))),
    "ops.repeat": lambda L, ops, x: ops.repeat(x(4, 6), 3, axis=1),
    "ops.tile": lambda L, ops, x: ops.tile(x(4, 6), (1, 2, 1)),
    "ops.one_hot": lambda L, ops, x: ops.one_hot(x(4), 7),
    "ops.take": lambda L, ops, x: ops.take(x(4, 6), x(3), axis=1),
    "ops.top_k": lambda L, ops, x: ops.top_k(x(9), 3),
    "ops.where": lambda L, ops, x: ops.where(x(4, 1) > 0, x(1, 5), 0.0),
    "ops.softmax": lambda L, ops, x: ops.softmax(x(4, 5), axis=1),
    "ops.gelu": lambda L, ops, x: ops.gelu(x(4, 5)),
    "ops.maths": lambda L, ops, x: ops.sqrt(ops.abs(x(4, 5) ** 2 / 3 - 1) + ops.sin(x(5)[:, None])),
    "ops.cast": lambda L, ops, x: ops.cast(x(4), "int32"),
    "ops.norm": lambda L, ops, x: ops.norm(x(4, 5), axis=-1, keepdims=True),
    "ops.normalize": lambda L, ops, x: ops.normalize(x(4, 5), axis=-1),
    "ops.resize": lambda L, ops, x: ops.image.resize(x(9, 9, 3), (4, 5)),
    "ops.moments": lambda L, ops, x: ops.moments(x(4, 5), axes=[-1], keepdims=True),
    "ops.max_pool": lambda L, ops, x: ops.max_pool(x(9, 9, 3), 3, strides=2, padding="same"),
    "ops.conv": lambda L, ops, x: ops.conv(x(9, 9, 3), ops.ones((3, 3, 3, 4)), strides=2),
    "ops.broadcast_to": lambda L, ops, x: ops.broadcast_to(x(1, 5), (3, 4, 5)),
    "ops.cumsum": lambda L, ops, x: ops.cumsum(x(4, 5), axis=1),
    "ops.flip": lambda L, ops, x: ops.flip(x(4, 5), axis=1),
    "ops.clip": lambda L, ops, x: ops.clip(x(4, 5), 0, 1),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", CASES)
def test_single_calls(name: str) -> None:
    keras = pytest.importorskip("keras")
    inputs: list[Any] = []

    def make(*sizes: int | None) -> Any:
        inputs.append(keras.Input(sizes))
        return inputs[-1]

    outputs = CASES[name](keras.layers, keras.ops, make)
    graph = read_model(keras.Model(inputs, outputs))
    expected = [tuple(tensor.shape) for tensor in keras.tree.flatten(outputs)]
    found = [graph.item(node).outputs[index] for node, index in graph.exits]
    assert all(map(_agree, found, expected)), (found, expected)
    assert _differing(graph) == []
