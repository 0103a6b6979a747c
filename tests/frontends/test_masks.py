"""Causal masks that code makes of positions are told from other constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from blockviz import summarize
from blockviz.frontends.constant_masks import trait_of_array, trait_of_call, with_causal_mask

LOWER = np.tri(5)


@pytest.mark.parametrize(
    "array", [LOWER, LOWER.astype(bool), (1 - LOWER) * -1e9, LOWER[None, None], np.stack([LOWER] * 3), LOWER == 0]
)
def test_a_triangle_is_one_in_every_spelling(array: Any) -> None:
    assert trait_of_array(array) == "triangle"


@pytest.mark.parametrize(
    "array",
    [np.ones((5, 5)), np.eye(5), LOWER.T, np.tri(5, 6), np.tri(5, k=-1), LOWER * np.arange(5), np.ones(5), np.ones(()),
     np.stack([LOWER, LOWER.T])],
)  # fmt: skip
def test_what_is_no_triangle_is_none(array: Any) -> None:
    assert trait_of_array(array) == ""


def test_positions_compared_with_positions_are_a_triangle() -> None:
    rows = trait_of_call("ExpandDims", [trait_of_call("Arange", [])])
    mask = trait_of_call("GreaterEqual", [rows, trait_of_call("Subtract", [trait_of_call("Arange", [])])])
    assert trait_of_call("Tile", [mask]) == "triangle"
    assert trait_of_call("LogicalAnd", [mask, ""]) == "triangle"  # a window behind the diagonal
    assert trait_of_call("Less", [rows]) == trait_of_call("Less", [rows, ""]) == ""  # lengths
    assert trait_of_call("Sin", [rows]) == ""


def test_only_a_triangle_makes_an_attention_causal() -> None:
    mask = {"class_name": "Array", "config": {"shape": [None, 5, 5]}}
    assert with_causal_mask({"attention_mask": mask}) == {"attention_mask": mask}
    causal = {"class_name": "Array", "config": {"shape": [None, 5, 5], "trait": "triangle"}}
    assert with_causal_mask({"attention_mask": causal, "training": False}) == {
        "training": False, "use_causal_mask": True
    }  # fmt: skip


def _generator(causal: bool) -> Any:
    """A generator of text in the manner of keras.io: the mask is made of the shape, for every example."""
    import keras
    from keras import layers, ops

    class Layer(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.attention = layers.MultiHeadAttention(2, 8)
            self.wide, self.narrow = layers.Dense(32, activation="relu"), layers.Dense(16)
            self.first, self.second = layers.LayerNormalization(), layers.LayerNormalization()

        def call(self, x: Any) -> Any:
            batch, length = ops.shape(x)[:2]
            rows, columns = ops.arange(length)[:, None], ops.arange(length)
            mask = rows >= columns if causal else abs(rows - columns) < 3
            mask = ops.tile(ops.reshape(mask, [1, length, length]), [batch, 1, 1])
            x = self.first(x + self.attention(x, x, attention_mask=mask))
            return self.second(x + self.narrow(self.wide(x)))

    class Generator(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.stack = layers.Embedding(50, 16), [Layer() for _ in range(3)]
            self.head = layers.Dense(50)

        def call(self, x: Any) -> Any:
            x = self.embed(x)
            for layer in self.stack:
                x = layer(x)
            return self.head(x)

    return Generator()


@pytest.mark.tensorflow
@pytest.mark.parametrize(("causal", "name"), [(True, "Decoder-only layer"), (False, "Encoder layer")])
@pytest.mark.parametrize("batch", [None, 2])
def test_a_mask_of_an_open_batch_is_causal(causal: bool, name: str, batch: int | None) -> None:
    summary = summarize(_generator(causal), inputs=(batch, 12))
    assert [(found.name, found.count) for found in summary.blocks] == [(name, 3)]
