"""Blocks of which no part has a name: how they join tensors, or their layers in a row, and what looks like it only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.ir import Layer, Node
from blockviz.passes.row_words import row_words
from blockviz.pipeline import summarize
from blockviz.structure.call_labels import label_of
from graphs import Builder


def _type_names(block: Callable[[Builder, str, str], str]) -> set[str]:
    """Names of what repeats in four copies of a block that reads the one before it and a tensor beside it."""
    builder = Builder()
    x, beside = builder.conv(builder.input(), 8, 7), builder.conv(builder.input(), 8, 5)
    for _ in range(4):
        x = block(builder, x, beside)
    return {found.name for found in summarize(builder.finish(x)).outline.definitions if found.count > 1}


def _fused(b: Builder, x: str, beside: str) -> str:
    both = b.add("Concatenate", b.conv(x, 8, 3), b.conv(beside, 8, 1), channels=16)
    return b.add("MaxPooling2D", b.add("PReLU", b.conv(both, 8, 7)), pool_size=[2, 2])


def _forked(b: Builder, x: str, beside: str) -> str:
    del beside
    ways = b.conv(b.conv(x, 8, 7), 8, 3), b.add("LeakyReLU", b.conv(x, 8, 3))
    return b.add("MaxPooling2D", b.add("Concatenate", *ways, channels=16), pool_size=[2, 2])


def _passed_by(b: Builder, x: str, beside: str) -> str:
    del beside
    new = b.add("Multiply", b.conv(x, 8, 5), b.conv(x, 8, 3))
    return b.add("Add", x, b.conv(b.add("Concatenate", new, b.conv(new, 8, 7), channels=16), 8, 5))


def _summed(b: Builder, x: str, beside: str) -> str:
    """Two ways neither of which is the tensor as it is, or projected."""
    del beside
    ways = b.conv(b.conv(x, 8, 5), 8, 3), b.conv(b.conv(x, 8, 7), 8, 3)
    return b.add("MaxPooling2D", b.add("Add", *ways), pool_size=[2, 2])


@pytest.mark.parametrize(("block", "name"), [
    (_summed, "Multi-branch block"), (_forked, "Multi-branch block"), (_fused, "Fusion block"),
    (_passed_by, "Residual block"),
])  # fmt: skip
def test_a_block_is_named_by_how_it_joins_tensors(block: Callable[[Builder, str, str], str], name: str) -> None:
    assert _type_names(block) == {name}


def _encoded(b: Builder, x: str, beside: str) -> str:
    """The positional encoding of a vision transformer: a depthwise convolution, and what it reads."""
    del beside
    return b.add("Add", x, b.add("DepthwiseConv2D", x, params=72, kernel_size=[3, 3], padding="same"))


def _masked(b: Builder, x: str, beside: str) -> str:
    """What is masked is decoded: a separator's end."""
    mask = b.add("Conv2D", x, params=72, kernel_size=[1, 1], filters=8, activation="sigmoid")
    return b.add("Conv2DTranspose", b.add("Multiply", mask, beside), params=99, kernel_size=[4, 4], strides=[2, 2])


def _forecast(b: Builder, x: str, beside: str) -> str:
    """Dense layers and a pooling whose result is taken off: no row of dense layers."""
    del beside
    y = b.add("Dense", b.add("AveragePooling2D", x, pool_size=[2, 2]), params=9, units=8)
    y = b.add("Multiply", y, b.add("Dense", y, params=9, units=8))
    y = b.add("Dense", b.add("Activation", y, activation="elu"), params=9, units=8)
    return b.add("Subtract", x, b.add("Activation", y, activation="relu"))


def _weighed(b: Builder, x: str, beside: str) -> str:
    del beside
    y = b.add("Dense", b.add("Dense", x, params=9, units=4, activation="relu"), params=9, units=8, activation="relu")
    return b.add("Activation", b.add("Multiply", x, y), activation="elu")


@pytest.mark.parametrize(("block", "name"), [
    (_encoded, "Depthwise convolution with shortcut"), (_masked, "Mask and decoder"),
    (_weighed, "Fully connected layers and product"), (_forecast, "Block, 3 dense layers"),
])  # fmt: skip
def test_no_block_bears_the_word_of_what_it_only_has(block: Callable[[Builder, str, str], str], name: str) -> None:
    assert _type_names(block) == {name}


def _row(*calls: tuple[str, dict[str, object]]) -> str:
    builder = Builder()
    x = builder.input()
    for op, config in calls:
        x = builder.add(op, x, params=9, **config)
    return row_words(builder.finish(x), ())


LSTM = ("Bidirectional", {"layer": {"class_name": "LSTM", "config": {"units": 8}}})
POOL, ATTENTION = ("MaxPooling2D", {"pool_size": [2, 2]}), ("Attention", {})
CONV, DENSE = ("Conv2D", {"kernel_size": [3, 3], "filters": 8}), ("Dense", {"units": 8})


@pytest.mark.parametrize(("calls", "words"), [
    ((POOL, LSTM, ATTENTION), "Pooling, bidirectional LSTM and attention"),
    ((CONV, CONV, ("GRU", {"units": 8})), "Convolution and GRU"),
    ((LSTM, ("LSTM", {"units": 8}), DENSE), "Recurrent layer and dense layer"),  # two kinds, and no single word
    ((CONV, CONV), ""),  # of one kind: no row of several
    ((POOL, ("UpSampling2D", {"size": [2, 2]})), ""),  # nothing weighs
    ((CONV, POOL, DENSE, LSTM, ATTENTION), ""),  # too many for a name
])  # fmt: skip
def test_a_row_of_layers_is_told_by_their_words(calls: tuple[tuple[str, dict[str, object]], ...], words: str) -> None:
    assert _row(*calls) == words


def test_layers_that_fork_are_no_row() -> None:
    builder = Builder()
    x = builder.input()
    both = builder.add("Concatenate", builder.conv(x, 8, 3), builder.conv(x, 8, 5), channels=16)
    assert row_words(builder.finish(builder.add("LSTM", both, params=9)), ()) == ""


@pytest.mark.parametrize(("op", "label"), [
    ("PixelConvLayer", "conv:NonexNone"), ("PartialConv2D", "conv:NonexNone"), ("FourierMixing", "fft"),
    ("GraphConvLayer", "graphconv"), ("ConvBlock", None), ("FourierFeatures", None), ("RandomFourierFeatures", None),
])  # fmt: skip
def test_a_class_of_one_s_own_is_what_it_is_named_after(op: str, label: str | None) -> None:
    shape = (None, 16, 16, 8)
    assert label_of(Node("a", Layer("a", op, {}, 9), (shape,), (shape,))) == label
