"""Costs of single calls and small graphs, against figures worked out by hand or printed in papers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from blockviz.costs.cost import Cost, activations, cost_of, count_params, macs, receptive_field
from blockviz.ir import Layer, LayerGraph, Node, Shape

Config = Mapping[str, Any]


def call(
    op: str, config: Config, inputs: list[Shape], output: Shape, module: str = "", args: Config | None = None
) -> Node:
    counted = count_params(op, config, tuple(inputs), module, args or {})
    params, fixed = counted or (None, 0)
    return Node(op, Layer(op, op, config, params, fixed, module=module), tuple(inputs), (output,), args or {})


def conv(kernel: int, filters: int, stride: int = 1, dilation: int = 1, **more: Any) -> Config:
    sizes = {"kernel_size": [kernel] * 2, "strides": [stride] * 2, "dilation_rate": [dilation] * 2}
    return {"filters": filters, **sizes, **more}


IMAGE = (None, 28, 28, 64)

KNOWN = [
    # op, config, inputs, output, parameters, of these never trained, multiply-adds
    ("Conv2D", conv(3, 128), [IMAGE], (None, 26, 26, 128), 3 * 3 * 64 * 128 + 128, 0, 26 * 26 * 9 * 64 * 128),
    ("Conv2D", conv(3, 128, groups=4), [IMAGE], (None, 26, 26, 128), 9 * 16 * 128 + 128, 0, 26 * 26 * 9 * 16 * 128),
    ("Conv2D", conv(1, 8, use_bias=False, data_format="channels_first"), [(None, 64, 28, 28)], (None, 8, 28, 28),
     512, 0, 28 * 28 * 512),
    ("Conv2D", conv(3, 8, use_bias=False, lora_rank=2), [IMAGE], (None, 26, 26, 8),
     9 * 64 * 8 + 9 * 64 * 2 + 16, 9 * 64 * 8, 26 * 26 * 9 * 64 * 8),
    ("Conv2DTranspose", conv(2, 32, 2), [IMAGE], (None, 56, 56, 32), 4 * 32 * 64 + 32, 0, 28 * 28 * 4 * 32 * 64),
    ("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2}, [IMAGE], (None, 28, 28, 128),
     9 * 128 + 128, 0, 28 * 28 * 9 * 128),
    ("SeparableConv2D", conv(3, 32, use_bias=False), [IMAGE], (None, 28, 28, 32),
     9 * 64 + 64 * 32, 0, 28 * 28 * (9 * 64 + 64 * 32)),
    ("Dense", {"units": 10}, [(None, 7, 64)], (None, 7, 10), 650, 0, 7 * 640),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 4, 8], "bias_axes": "de"},
     [(None, 5, 16)], (None, 5, 4, 8), 16 * 32 + 32, 0, 5 * 16 * 32),
    ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 8, "bias_axes": None},
     [(None, 5, 16)], (None, 5, 8), 128, 0, 5 * 128),
    ("BatchNormalization", {"axis": 3}, [IMAGE], IMAGE, 256, 128, 0),
    ("BatchNormalization", {"axis": [3], "scale": False}, [IMAGE], IMAGE, 192, 128, 0),
    ("GroupNormalization", {"axis": -1, "groups": 8}, [IMAGE], IMAGE, 128, 0, 0),
    ("Normalization", {"axis": [-1], "mean": None}, [IMAGE], IMAGE, 129, 129, 0),
    ("Normalization", {"axis": [-1], "mean": [0.0]}, [IMAGE], IMAGE, 0, 0, 0),
    ("PReLU", {"shared_axes": [1, 2]}, [IMAGE], IMAGE, 64, 0, 0),
    ("Embedding", {"input_dim": 100, "output_dim": 8}, [(None, 12)], (None, 12, 8), 800, 0, 0),
    ("LSTM", {"units": 6}, [(None, 12, 8)], (None, 6), 4 * (8 * 6 + 36 + 6), 0, 12 * 4 * (48 + 36)),
    ("GRU", {"units": 6, "reset_after": True}, [(None, 12, 8)], (None, 6), 3 * (48 + 36 + 12), 0, 12 * 3 * (48 + 36)),
    ("Attention", {"use_scale": True}, [(None, 5, 8), (None, 7, 8)], (None, 5, 8), 1, 0, 2 * 35 * 8),
    ("Attention", {"score_mode": "concat"}, [(None, 5, 8), (None, 7, 8)], (None, 5, 8), 1, 0, 35 * 8),
    ("AdditiveAttention", {"use_scale": True}, [(None, 5, 8), (None, 7, 8)], (None, 5, 8), 8, 0, 35 * (8 + 8)),
    ("GroupedQueryAttention", {"num_query_heads": 4, "num_key_value_heads": 2, "head_dim": 6},
     [(None, 5, 16), (None, 7, 16)], (None, 5, 16), 2 * 384 + 2 * 192 + 24 + 12 + 12 + 16, 0,
     5 * 2 * 384 + 7 * 2 * 192 + 5 * 7 * 4 * 12),
    ("ConvLSTM2D", conv(3, 3), [(None, 5, 8, 8, 2)], (None, 6, 6, 3), 216 + 324 + 12, 0, 5 * 36 * (216 + 324)),
    ("RNN", {"cell": [{"class_name": "LSTMCell", "config": {"units": 5}},
                      {"class_name": "SimpleRNNCell", "config": {"units": 3}}]},
     [(None, 10, 6)], (None, 3), 240 + 27, 0, 10 * (220 + 24)),
    ("Conv3DTranspose", {"filters": 5, "kernel_size": [2, 2, 2], "strides": [1, 1, 1]},
     [(None, 6, 6, 6, 4)], (None, 7, 7, 7, 5), 8 * 20 + 5, 0, 216 * 8 * 20),
    ("MelSpectrogram", {"fft_length": 16}, [(None, 40)], (None, 128, 11), 0, 0, 128 * 11 * 9),
    ("ReversibleEmbedding", {"input_dim": 100, "output_dim": 8, "tie_weights": False}, [(None, 12)], (None, 12, 8),
     1600, 0, 0),
    ("Dot", {"axes": [2, 2]}, [(None, 5, 8), (None, 7, 8)], (None, 5, 7), 0, 0, 35 * 8),
    ("MaxPooling2D", {"pool_size": [2, 2]}, [IMAGE], (None, 14, 14, 64), 0, 0, 0),
    ("Add", {}, [IMAGE, IMAGE], IMAGE, 0, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("op", "config", "inputs", "output", "params", "fixed", "count"), KNOWN)
def test_known_layers(
    op: str, config: Config, inputs: list[Shape], output: Shape, params: int, fixed: int, count: int
) -> None:
    assert count_params(op, config, tuple(inputs)) == (params, fixed)
    assert macs(call(op, config, inputs, output)) == count


MULTI_HEAD = {"num_heads": 2, "key_dim": 4, "value_dim": 3, "use_bias": True}


def test_multi_head_attention_is_projections_plus_scores() -> None:
    node = call("MultiHeadAttention", MULTI_HEAD, [(None, 5, 16), (None, 7, 12)], (None, 5, 16))
    query, key, value, out = 16 * 8, 12 * 8, 12 * 6, 6 * 16
    assert node.layer.params == query + key + value + out + 8 + 8 + 6 + 16
    assert macs(node) == 5 * (query + out) + 7 * (key + value) + 2 * 5 * 7 * (4 + 3)


def test_keywords_tell_key_from_query_and_a_mask_is_no_key() -> None:
    plain = [(None, 5, 16), (None, 7, 12), (None, 7, 9)]
    node = call("MultiHeadAttention", MULTI_HEAD, plain, (None, 5, 16))
    named = {"key": "$0", "query": "$1", "value": "$2"}
    by_name = call("MultiHeadAttention", MULTI_HEAD, [plain[2], plain[0], plain[1]], (None, 5, 16), args=named)
    masked = call("MultiHeadAttention", MULTI_HEAD, [*plain[:2], (None, 5, 7)], (None, 5, 16))
    by_value = call("MultiHeadAttention", MULTI_HEAD, plain[:2], (None, 5, 16))
    assert by_name.layer.params == node.layer.params != by_value.layer.params == masked.layer.params
    assert macs(by_name) == macs(node)


def test_wrappers_count_what_they_wrap() -> None:
    dense = {"class_name": "Dense", "config": {"units": 3}}
    steps = call("TimeDistributed", {"layer": dense}, [(None, 9, 5)], (None, 9, 3))
    lstm = {"class_name": "LSTM", "config": {"units": 6}}
    both = call("Bidirectional", {"layer": lstm}, [(None, 12, 8)], (None, 12))
    frozen = {"class_name": "Dense", "config": {"units": 3, "trainable": False}}
    assert (steps.layer.params, macs(steps)) == (18, 9 * 15)
    assert (both.layer.params, macs(both)) == (2 * 4 * (48 + 36 + 6), 2 * 12 * 4 * 84)
    assert count_params("TimeDistributed", {"layer": frozen}, ((None, 9, 5),)) == (18, 18)
    assert count_params("SpectralNormalization", {"layer": dense}, ((None, 5),)) == (21, 3)


def test_a_model_run_once_per_step_costs_its_steps() -> None:
    node = call("Conv2D", conv(3, 8, use_bias=False), [(None, 5, 28, 28, 64)], (None, 5, 26, 26, 8))
    assert macs(node) == 5 * 26 * 26 * 9 * 64 * 8


OPERATIONS = [
    ("Matmul", [(None, 5, 8), (None, 8, 7)], (None, 5, 7), {}, 5 * 7 * 8),
    ("Einsum", [(None, 5, 8), (None, 7, 8)], (None, 5, 7), {"0": "bij,bkj->bik"}, 5 * 7 * 8),
    ("Einsum", [(None, 5, 8)], (None, 8, 5), {"0": "bij->bji"}, 0),
    ("Matmul", [(None, 5, 8)], (None, 5, 7), {}, None),
    ("Softmax", [(None, 5, 8)], (None, 5, 8), {}, 0),
]


@pytest.mark.parametrize(("op", "inputs", "output", "args", "count"), OPERATIONS)
def test_operations(op: str, inputs: list[Shape], output: Shape, args: Config, count: int | None) -> None:
    node = call(op, {}, inputs, output, "keras.src.ops.numpy", args)
    assert node.layer.params == 0
    assert macs(node) == count


@pytest.mark.parametrize(
    ("op", "config", "module"),
    [
        ("MyLayer", {}, ""),
        ("Dense", {"units": 3}, "shop.layers"),
        ("Dense", {}, ""),
        ("Dense", {"units": "3"}, ""),
        ("Bidirectional", {"layer": {"class_name": "MyCell", "config": {}}}, ""),
        ("Conv2D", {"filters": 3, "kernel_size": None}, ""),
    ],
)
def test_unknown_is_said_and_never_raised(op: str, config: Config, module: str) -> None:
    node = call(op, config, [IMAGE], IMAGE, module)
    assert node.layer.params is None
    assert macs(node) is None
    assert cost_of([node]).unknown == 1


def test_open_sizes_make_a_lower_bound() -> None:
    node = call("Conv2D", conv(3, 8), [(None, None, None, 3)], (None, None, None, 8))
    assert node.layer.params == 224
    assert activations(node) == 8
    assert cost_of([node]) == Cost(224, 224, 0, 8, 1, frozenset({"macs", "activations"}), 896, 32)


def test_a_layer_called_twice_owns_its_parameters_once() -> None:
    first = call("Dense", {"units": 4}, [(None, 4)], (None, 4))
    second = Node("Dense@2", first.layer, first.inputs, first.outputs, call=2)
    assert cost_of([first, second]) == Cost(20, 20, 32, 8, weight_bytes=80, activation_bytes=32)


def test_frozen_layers_train_nothing() -> None:
    layer = Layer("bn", "BatchNormalization", {"axis": -1}, params=16, non_trainable=8)
    frozen = Layer("bn", "BatchNormalization", {"axis": -1}, params=16, non_trainable=8, trainable=False)
    for owner, trained in ((layer, 8), (frozen, 0)):
        cost = cost_of([Node("bn", owner, ((None, 4),), ((None, 4),))])
        assert (cost.params, cost.trainable, cost.frozen) == (16, trained, 16 - trained)


def chain(*steps: tuple[str, Config, Shape]) -> LayerGraph:
    graph, before = LayerGraph(), None
    for number, (op, config, shape) in enumerate(steps):
        inputs = (graph.item(before).outputs[0],) if before else ()
        node = Node(f"{op}{number}", Layer(f"{op}{number}", op, config), inputs, (shape,))
        graph.add_item(node, [(0, before, 0)] if before else [])
        before = node.id
    return graph


def test_receptive_field_follows_the_recurrence() -> None:
    graph = chain(
        ("InputLayer", {}, (None, 32, 32, 3)),
        ("Conv2D", conv(7, 8, 2), (None, 16, 16, 8)),
        ("MaxPooling2D", {"pool_size": [3, 3], "strides": [2, 2]}, (None, 8, 8, 8)),
        ("Conv2D", conv(3, 8, dilation=2), (None, 8, 8, 8)),
        ("UpSampling2D", {"size": [8, 8], "interpolation": "nearest"}, (None, 64, 64, 8)),
        ("GlobalAveragePooling2D", {}, (None, 8)),
        ("Dense", {"units": 2}, (None, 2)),
    )
    assert list(receptive_field(graph).values()) == [
        (1, 1),
        (7, 2),
        (11, 4),
        (27, 4),
        (27, Fraction(1, 2)),
        "all",
        "all",
    ]


def test_a_gate_from_the_whole_image_leaves_the_spatial_path() -> None:
    graph = chain(("InputLayer", {}, IMAGE), ("Conv2D", conv(3, 64), IMAGE), ("GlobalAveragePooling2D", {}, (None, 64)))
    gate = Node("gate", Layer("gate", "Reshape"), ((None, 64),), ((None, 1, 1, 64),))
    graph.add_item(gate, [(0, "GlobalAveragePooling2D2", 0)])
    scale = Node("scale", Layer("scale", "Multiply"), (IMAGE, (None, 1, 1, 64)), (IMAGE,))
    graph.add_item(scale, [(0, "Conv2D1", 0), (1, "gate", 0)])
    found = receptive_field(graph)
    assert found["gate"] == "all"
    assert found["scale"] == (3, 1)


def test_reshapes_inside_the_grid_keep_positions_and_unknown_classes_lose_them() -> None:
    shuffled = chain(
        ("InputLayer", {}, IMAGE),
        ("Conv2D", conv(3, 64), IMAGE),
        ("Reshape", {"target_shape": [28, 28, 4, 16]}, (None, 28, 28, 4, 16)),
        ("Permute", {"dims": [1, 2, 4, 3]}, (None, 28, 28, 16, 4)),
        ("Reshape", {"target_shape": [28, 28, 64]}, IMAGE),
        ("Reshape", {"target_shape": [784, 64]}, (None, 784, 64)),
        ("MultiHeadAttention", MULTI_HEAD, (None, 784, 64)),
    )
    assert list(receptive_field(shuffled).values()) == [(1, 1), *[(3, 1)] * 4, None, None]
    odd = chain(("InputLayer", {}, IMAGE), ("Conv2D", conv(3, 64), IMAGE), ("Mystery", {}, IMAGE), ("ReLU", {}, IMAGE))
    assert list(receptive_field(odd).values()) == [(1, 1), (3, 1), None, None]


def test_attention_beside_a_shortcut_sees_all() -> None:
    tokens = (None, 16, 8)
    graph = chain(("InputLayer", {}, tokens), ("MultiHeadAttention", MULTI_HEAD, tokens))
    graph.add_item(
        Node("add", Layer("add", "Add"), (tokens, tokens), (tokens,)),
        [(0, "InputLayer0", 0), (1, "MultiHeadAttention1", 0)],
    )
    assert receptive_field(graph)["add"] == "all"


def test_axes_are_followed_one_by_one() -> None:
    wide, tall = {**conv(1, 8), "kernel_size": [1, 7]}, {**conv(1, 8), "kernel_size": [7, 1]}
    graph = chain(("InputLayer", {}, IMAGE), ("Conv2D", wide, IMAGE), ("Conv2D", tall, IMAGE))
    assert list(receptive_field(graph).values()) == [(1, 1), (7, 1), (7, 1)]
