"""Models whose code calls JAX itself, which takes no symbolic tensors."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
from jax import lax
from jax.nn import relu as rectified
from keras import layers


class EinsumAttention(layers.Layer):
    """Attention written with Einstein sums."""

    def __init__(self, heads: int, depth: int, **options: Any) -> None:
        super().__init__(**options)
        self.heads, self.depth = heads, depth
        self.query, self.key, self.value, self.out = (layers.Dense(heads * depth, name=n) for n in "qkvo")

    def call(self, x: Any) -> Any:
        """Softmax of scaled products."""
        split = (*x.shape[:2], self.heads, self.depth)
        q, k, v = (jnp.reshape(one(x), split) for one in (self.query, self.key, self.value))
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(self.depth)
        weights = jax.nn.softmax(scores, axis=-1)
        return self.out(jnp.reshape(jnp.einsum("bhqk,bkhd->bqhd", weights, v), x.shape))


class JaxEncoderLayer(layers.Layer):
    """An encoder layer: attention and a feed-forward network, each behind a norm."""

    def __init__(self, width: int, heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.attention = EinsumAttention(heads, width // heads)
        self.norm_1, self.norm_2 = layers.LayerNormalization(), layers.LayerNormalization()
        self.up, self.down, self.drop = layers.Dense(4 * width), layers.Dense(width), layers.Dropout(0.1)

    def call(self, x: Any, training: bool = False) -> Any:
        """Residual sums."""
        x = x + self.drop(self.attention(self.norm_1(x)), training=training)
        return x + self.down(jax.nn.gelu(self.up(self.norm_2(x)), approximate=False))


class JaxEncoder(keras.Model):
    """A text encoder: tokens and positions, layers, the mean of all places."""

    def __init__(self, depth: int = 4, width: int = 32, heads: int = 4) -> None:
        super().__init__(name="jax_encoder")
        self.tokens, self.places = layers.Embedding(100, width), layers.Embedding(64, width)
        self.stack = [JaxEncoderLayer(width, heads, name=f"layer_{number}") for number in range(depth)]
        self.head = layers.Dense(3)

    def call(self, ids: Any) -> Any:
        """Class scores."""
        x = self.tokens(ids) + self.places(jnp.arange(ids.shape[1]))
        for layer in self.stack:
            x = layer(x)
        return jax.nn.softmax(self.head(jnp.mean(x, axis=1)))


class RootNorm(layers.Layer):
    """RMS normalisation in plain arithmetic."""

    def build(self, shape: Any) -> None:
        """Make the scale."""
        self.scale = self.add_weight(shape=shape[-1:], initializer="ones", name="scale")

    def call(self, x: Any) -> Any:
        """By the root of the mean square."""
        return x * lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + 1e-6) * self.scale


def _turned(x: Any) -> Any:
    """Rotary positions."""
    half = x.shape[-1] // 2
    angles = jnp.arange(x.shape[1])[:, None] / 10000 ** (jnp.arange(half) / half)
    sin, cos = jnp.sin(angles)[None, :, None], jnp.cos(angles)[None, :, None]
    one, other = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([one * cos - other * sin, other * cos + one * sin], axis=-1)


class JaxDecoderLayer(layers.Layer):
    """A decoder layer in the manner of Llama."""

    def __init__(self, width: int, heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.heads, self.width = heads, width
        self.norm_1, self.norm_2 = RootNorm(), RootNorm()
        self.q, self.k, self.v, self.o = (layers.Dense(width, use_bias=False) for _ in range(4))
        self.gate, self.up, self.down = (layers.Dense(n, use_bias=False) for n in (3 * width, 3 * width, width))

    def call(self, x: Any) -> Any:
        """Causal attention, then SwiGLU."""
        y = self.norm_1(x)
        split = (*y.shape[:2], self.heads, self.width // self.heads)
        q, k, v = (jnp.reshape(one(y), split) for one in (self.q, self.k, self.v))
        y = jax.nn.dot_product_attention(_turned(q), _turned(k), v, is_causal=True)
        x = x + self.o(jnp.reshape(y, x.shape))
        y = self.norm_2(x)
        return x + self.down(jax.nn.silu(self.gate(y)) * self.up(y))


class JaxDecoder(keras.Model):
    """A language model; its table is also its head."""

    def __init__(self, depth: int = 3, width: int = 32, heads: int = 4) -> None:
        super().__init__(name="jax_decoder")
        self.stack = [JaxDecoderLayer(width, heads, name=f"layer_{number}") for number in range(depth)]
        self.norm = RootNorm()
        self.table = self.add_weight(shape=(50, width), name="table")

    def call(self, ids: Any) -> Any:
        """Scores of the next token."""
        x = jnp.take(self.table.value, ids, axis=0)
        for layer in self.stack:
            x = layer(x)
        return self.norm(x) @ self.table.value.T


class JaxConv(layers.Layer):
    """A convolution by ``jax.lax``, a norm, an activation."""

    def __init__(self, filters: int, stride: int = 1, is_active: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.filters, self.stride, self.is_active = filters, stride, is_active
        self.norm = layers.BatchNormalization()

    def build(self, shape: Any) -> None:
        """Make the kernel."""
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], self.filters), name="kernel")
        self.norm.build((*shape[:-1], self.filters))

    def call(self, x: Any) -> Any:
        """Channels last."""
        stride = (self.stride, self.stride)
        x = lax.conv_general_dilated(x, self.kernel.value, stride, "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = self.norm(x)
        return rectified(x) if self.is_active else x


class JaxResidual(layers.Layer):
    """A residual block."""

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = JaxConv(filters), JaxConv(filters, is_active=False)

    def call(self, x: Any) -> Any:
        """Its input and two convolutions of it."""
        return rectified(x + self.second(self.first(x)))


class JaxResNet(keras.Model):
    """A residual network; a functional one goes around two such."""

    def __init__(self, count: int = 3) -> None:
        super().__init__(name="jax_resnet")
        self.stem = JaxConv(16, 2)
        self.stack = [JaxResidual(16, name=f"block_{number}") for number in range(count)]
        self.head = layers.Dense(10)

    def call(self, x: Any) -> Any:
        """Class scores."""
        x = self.stem(x)
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        for block in self.stack:
            x = block(x)
        return self.head(jnp.mean(x, axis=(1, 2)))


class JaxRecurrent(keras.Model):
    """A recurrent network written as a scan, over what a Keras layer gives."""

    def __init__(self, units: int = 24) -> None:
        super().__init__(name="jax_recurrent")
        self.embed, self.head, self.units = layers.Embedding(80, 16), layers.Dense(2), units

    def build(self, shape: Any) -> None:
        """Make the weights of a step."""
        self.embed.build(shape)
        self.head.build((None, self.units))
        self.kernel = self.add_weight(shape=(16, self.units), name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")

    def call(self, ids: Any) -> Any:
        """Of the last state."""
        x = jnp.swapaxes(self.embed(ids), 0, 1)
        kernel, recurrent = self.kernel.value, self.recurrent.value

        def step(state: Any, entry: Any) -> Any:
            state = jnp.tanh(entry @ kernel + state @ recurrent)
            return state, state

        state, _ = lax.scan(step, jnp.zeros((ids.shape[0], self.units)), x)
        return self.head(state)
