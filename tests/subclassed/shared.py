"""The register of models, and layers that several of them use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

Made = tuple[Any, Any]
MODELS: dict[str, Callable[[], Made]] = {}


def model(function: Callable[[], Made]) -> Callable[[], Made]:
    MODELS[function.__name__] = function
    return function


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim: int, num_heads: int, ff_dim: int, rate: float = 0.1) -> None:
        super().__init__()
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1, self.dropout2 = layers.Dropout(rate), layers.Dropout(rate)

    def call(self, inputs: Any, training: Any = None) -> Any:
        attention = self.dropout1(self.att(inputs, inputs), training=training)
        out = self.layernorm1(inputs + attention)
        return self.layernorm2(out + self.dropout2(self.ffn(out), training=training))


class TokenAndPosition(layers.Layer):
    def __init__(self, maxlen: int, vocab: int, dim: int) -> None:
        super().__init__()
        self.token_emb, self.pos_emb = layers.Embedding(vocab, dim), layers.Embedding(maxlen, dim)

    def call(self, x: Any) -> Any:
        return self.token_emb(x) + self.pos_emb(ops.arange(0, ops.shape(x)[-1], 1))


class ResidualBlock(keras.Model):
    def __init__(self, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)
        self.bn1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization()
        self.short = layers.Conv2D(filters, 1, strides=stride) if stride > 1 else None

    def call(self, x: Any, training: bool = False) -> Any:
        y = ops.relu(self.bn1(self.conv1(x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        return ops.relu(y + (x if self.short is None else self.short(x)))
