"""The typed builder: what it refuses, how it tells channels first from last, what it counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockviz.costs.cost import macs
from blockviz.ir import Layer, LayerGraph, Node
from blockviz.ops.builder import Builder, Origin, VocabularyError
from blockviz.ops.drafts import Tensor, Weight


def convolved(builder: Builder, x: Tensor, name: str = "conv", **changes: object) -> Tensor:
    """A 3×3 convolution of a map that keeps its size."""
    shape = x.shape or ()
    settings = {
        "kernel": [3, 3], "stride": [1, 1], "dilation": [1, 1], "groups": 1, "padding": [(1, 1), (1, 1)],
        "channels": shape[1], "filters": 8, "bias": False, **changes,
    }  # fmt: skip
    return builder.conv(Origin(name), x, (shape[0], 8, *shape[2:]), **settings)  # type: ignore[arg-type]


def finished(builder: Builder, *outputs: Tensor) -> LayerGraph:
    builder.draft.outputs = list(outputs)
    return builder.finish()


def call(graph: LayerGraph, name: str) -> Node:
    item = graph.item(name)
    assert isinstance(item, Node)
    return item


@pytest.mark.parametrize(
    "changes", [{"kernel": [3]}, {"stride": [0, 1]}, {"groups": 0}, {"dilation": [1, "2"]}, {"kernel": [3] * 4}]
)
def test_settings_of_no_convolution_are_refused(changes: dict[str, object]) -> None:
    builder = Builder("test")
    with pytest.raises(VocabularyError):
        convolved(builder, builder.input("x", (1, 3, 8, 8)), **changes)


def test_what_the_vocabulary_does_not_know_is_refused() -> None:
    builder = Builder("test")
    x = builder.input("x", (1, 4))
    for wrong in (
        lambda: builder.operation(Origin("a"), "Frobnicate", [x], [(1, 4)]),
        lambda: builder.activation(Origin("a"), x, "relu7"),
        lambda: builder.norm(Origin("a"), x, "spectral"),
        lambda: builder.merge(Origin("a"), [x, x], (1, 4), "Join"),
        lambda: builder.reduce(Origin("a"), x, (1,), "Median of medians", [1]),
        lambda: builder.recurrent(Origin("a"), x, [(1, 4)], "MGU", units=4, bidirectional=False),
        lambda: builder.einsum(Origin("a"), [x], (1, 4), "ij"),
        lambda: builder.dense(Origin("a", ("nobody's",)), x, (1, 2), units=2, bias=False),
    ):
        with pytest.raises(VocabularyError):
            wrong()


def test_what_nobody_knows_has_unknown_costs() -> None:
    builder = Builder("test")
    (y,) = builder.unknown(Origin("a"), "Frobnicate", [builder.input("x", (1, 4))], [(1, 4)], "onnx")
    assert macs(call(finished(builder, y), "a")) is None


def test_maps_are_shown_channels_last_back_to_the_input() -> None:
    """What stands before the first convolution lies as its operand does."""
    builder = Builder("test")
    x = builder.input("x", (1, 3, 8, 6))
    scaled = builder.arithmetic(Origin("scale"), x, x.shape, "Divide", 255.0)
    graph = finished(builder, convolved(builder, scaled))
    assert call(graph, "x").outputs == ((None, 8, 6, 3),)
    assert call(graph, "conv").outputs == ((None, 8, 6, 8),)


def test_transpositions_between_the_orders_of_axes_vanish() -> None:
    builder = Builder("test")
    x = builder.input("x", (1, 8, 6, 3))  # channels last, as TensorFlow has them
    turned = builder.transpose(Origin("turn"), x, (1, 3, 8, 6), [0, 3, 1, 2])
    y = convolved(builder, turned)
    back = builder.transpose(Origin("back"), y, (1, 8, 6, 8), [0, 2, 3, 1])
    graph = finished(builder, builder.dense(Origin("dense"), back, (1, 8, 6, 5), units=5, bias=True))
    assert list(graph) == ["x", "conv", "dense"]
    assert call(graph, "dense").inputs == ((None, 8, 6, 8),)


def test_another_transposition_of_a_map_is_told_in_shown_axes() -> None:
    builder = Builder("test")
    y = convolved(builder, builder.input("x", (1, 3, 8, 6)))
    graph = finished(builder, builder.transpose(Origin("turn"), y, (1, 8, 6, 8), [0, 1, 3, 2]))
    assert call(graph, "turn").args["axes"] == [0, 3, 2, 1]


def test_tokens_of_a_grid_are_a_map_of_one_axis() -> None:
    """(N, C, H, W) → (N, C, H·W) → (N, H·W, C): the reshape is shown, the transposition is none."""
    builder = Builder("test")
    y = convolved(builder, builder.input("x", (1, 3, 4, 4)))
    flat = builder.reshape(Origin("flat"), y, (1, 8, 16))
    graph = finished(builder, builder.transpose(Origin("turn"), flat, (1, 16, 8), [0, 2, 1]))
    assert list(graph) == ["x", "conv", "flat"]
    assert call(graph, "flat").outputs == ((None, 16, 8),)


def test_axes_are_those_shown() -> None:
    builder = Builder("test")
    y = convolved(builder, builder.input("x", (1, 3, 8, 6)))
    joined = builder.concat(Origin("channels"), [y, y], (1, 16, 8, 6), 1)
    stacked = builder.concat(Origin("rows"), [joined, joined], (1, 16, 16, 6), 2)
    graph = finished(builder, stacked)
    assert (call(graph, "channels").config["axis"], call(graph, "rows").config["axis"]) == (-1, 1)
    assert call(graph, "rows").outputs == ((None, 16, 6, 16),)


def test_the_mean_over_the_grid_is_a_global_pooling_in_either_order() -> None:
    builder = Builder("test")
    y = convolved(builder, builder.input("x", (1, 3, 8, 6)))
    first = builder.reduce(Origin("first"), y, (1, 8), "Mean", [2, 3])
    tokens = builder.input("tokens", (1, 16, 5))
    last = builder.reduce(Origin("last"), tokens, (1, 5), "Mean", [1])
    other = builder.reduce(Origin("other"), tokens, (1, 16), "Mean", [2])
    graph = finished(builder, first, last, other)
    ops = [call(graph, name).op for name in ("first", "last", "other")]
    assert ops == ["GlobalAveragePooling2D", "GlobalAveragePooling1D", "Mean"]


def test_calls_with_the_same_weights_are_calls_of_one_layer() -> None:
    builder = Builder("test")
    builder.weight("w", Weight(16))
    builder.weight("tied", Weight(16, storage="w"))
    x = builder.input("x", (1, 4))
    first = builder.dense(Origin("first", ("w",)), x, (1, 4), units=4, bias=False)
    second = builder.dense(Origin("second", ("tied",)), first, (1, 4), units=4, bias=False)
    graph = finished(builder, second)
    assert list(graph) == ["x", "first", "first@2"]
    assert call(graph, "first@2").layer is call(graph, "first").layer


def test_weights_tied_across_operations_count_once() -> None:
    builder = Builder("test")
    builder.weight("w", Weight(40))
    x = builder.input("x", (1, 3), "int64")
    y = builder.embedding(Origin("words", ("w",)), x, (1, 3, 4), entries=10, width=4)
    graph = finished(builder, builder.dense(Origin("head", ("w",)), y, (1, 3, 10), units=10, bias=False))
    assert [call(graph, name).layer.params for name in ("words", "head")] == [40, 0]


def test_the_first_axis_is_counted_where_it_is_not_the_batch() -> None:
    builder = Builder("test")
    x = builder.input("x", (1, 64, 6))
    windows = builder.reshape(Origin("windows"), x, (16, 4, 6))
    y = builder.dense(Origin("dense"), windows, (16, 4, 5), units=5, bias=False)
    graph = finished(builder, builder.matmul(Origin("product"), [y, builder.transpose(
        Origin("turn"), y, (16, 5, 4), [0, 2, 1])], (16, 4, 4)))  # fmt: skip
    assert macs(call(graph, "dense")) == 64 * 30
    assert macs(call(graph, "product")) == 16 * 4 * 4 * 5


@given(
    st.integers(1, 3), st.integers(1, 20), st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 4),
    st.sampled_from([(1, 1), (4, 2), (4, 4)]),
)  # fmt: skip
def test_a_convolution_counts_what_its_class_counts(
    rank: int, size: int, kernel: int, stride: int, dilation: int, pad: int, widths: tuple[int, int]
) -> None:
    """The builder's count and that of the class' own rule are made apart, and agree."""
    channels, groups = widths
    out = (size + 2 * pad - (kernel - 1) * dilation - 1) // stride + 1
    if out < 1:
        return
    builder = Builder("test")
    x = builder.input("x", (1, channels, *[size] * rank))
    y = builder.conv(
        Origin("conv"), x, (1, 8, *[out] * rank), kernel=[kernel] * rank, stride=[stride] * rank,
        dilation=[dilation] * rank, groups=groups, padding=[(pad, pad)] * rank, channels=channels, filters=8, bias=True,
    )  # fmt: skip
    made = call(finished(builder, y), "conv")
    counted = Layer(made.layer.name, made.op, made.config, 0, 0, True, made.layer.module)
    assert macs(made) == macs(Node(made.id, counted, made.inputs, made.outputs))


def test_a_part_of_a_tensor_is_told_per_axis_as_shown() -> None:
    builder = Builder("test")
    y = convolved(builder, builder.input("x", (1, 3, 8, 6)))
    rows = builder.item(Origin("rows"), y, (1, 8, 4, 6), {2: (0, 4, 1)})
    graph = finished(builder, builder.item(Origin("first"), rows, (1, 4, 6), {1: 0}))
    every = {"slice": [None, None, None]}
    assert call(graph, "rows").args["1"] == [every, {"slice": [0, 4, 1]}, every, every]
    assert call(graph, "rows").outputs == ((None, 4, 6, 8),)
    assert call(graph, "first").args["1"] == [every, every, every, 0]


def test_readers_behind_a_transposition_that_is_left_out_count_axes_of_what_it_gave() -> None:
    """Patches become tokens by a reshape and a transposition; a class token joins them along the tokens."""
    builder = Builder("test")
    maps = convolved(builder, builder.input("x", (1, 3, 8, 8)))
    rows = builder.reshape(Origin("rows"), maps, (1, 8, 64))
    tokens = builder.transpose(Origin("tokens"), rows, (1, 64, 8), [0, 2, 1])
    joined = builder.concat(Origin("joined"), [tokens], (1, 65, 8), 1, [[1, 1, 8], tokens])
    scores = builder.softmax(Origin("scores"), tokens, 1)
    graph = finished(builder, joined, scores)
    assert "tokens" not in graph
    assert (call(graph, "joined").config["axis"], call(graph, "joined").outputs) == (1, ((None, 65, 8),))
    assert call(graph, "scores").config["axis"] == 1
