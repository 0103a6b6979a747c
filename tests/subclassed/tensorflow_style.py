"""TensorFlow's own functions, as in its tutorials."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from subclassed.shared import Made, model


@model
def tensorflow_style() -> Made:
    import tensorflow as tf

    class Block(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.one, self.two = layers.Dense(units), layers.Dense(units)

        def call(self, x: Any) -> Any:
            return x + self.two(tf.nn.relu(self.one(x)))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Block(16) for _ in range(3)]
            self.out = layers.Dense(2)

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return tf.nn.softmax(self.out(tf.reduce_mean(x, axis=1)))

    return Net(), (None, 6, 16)


@model
def tensorflow_attention() -> Made:
    import tensorflow as tf

    def attend(q: Any, k: Any, v: Any) -> Any:
        scores = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(k)[-1], tf.float32))
        return tf.matmul(tf.nn.softmax(scores, axis=-1), v)

    class MultiHead(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.wq, self.wk, self.wv, self.out = (layers.Dense(16) for _ in range(4))

        def split(self, x: Any, batch: Any) -> Any:
            return tf.transpose(tf.reshape(x, (batch, -1, 2, 8)), perm=[0, 2, 1, 3])

        def call(self, x: Any) -> Any:
            batch = tf.shape(x)[0]
            heads = [self.split(w(x), batch) for w in (self.wq, self.wk, self.wv)]
            joined = tf.reshape(tf.transpose(attend(*heads), perm=[0, 2, 1, 3]), (batch, -1, 16))
            return self.out(joined)

    class Layer(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.mha, self.ffn = MultiHead(), keras.Sequential([layers.Dense(32, "relu"), layers.Dense(16)])
            self.n1, self.n2 = layers.LayerNormalization(), layers.LayerNormalization()

        def call(self, x: Any) -> Any:
            x = self.n1(x + self.mha(x))
            return self.n2(x + self.ffn(x))

    class Encoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.stack = layers.Embedding(40, 16), [Layer() for _ in range(3)]

        def call(self, tokens: Any) -> Any:
            x = self.embed(tokens) * tf.math.sqrt(16.0)
            for layer in self.stack:
                x = layer(x)
            return x

    return Encoder(), (None, 10)
