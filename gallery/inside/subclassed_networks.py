"""Two subclassed models as people write them: loops over lists of layers, nested models, a loss of its own."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


class DoubleConv(layers.Layer):
    """Two convolutions, each with batch normalisation and ReLU."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.convs = [layers.Conv2D(filters, 3, padding="same", use_bias=False) for _ in range(2)]
        self.norms = [layers.BatchNormalization() for _ in range(2)]

    def call(self, x: Any) -> Any:
        """Run it."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = ops.relu(norm(conv(x)))
        return x


class UNet(keras.Model):
    """Four levels down, four up, joined level by level."""

    def __init__(self, classes: int = 2, **options: Any) -> None:
        super().__init__(**options)
        widths = (64, 128, 256, 512)
        self.down, self.pool = [DoubleConv(width) for width in widths], layers.MaxPooling2D()
        self.bottom = DoubleConv(1024)
        self.grow = [layers.Conv2DTranspose(width, 2, strides=2) for width in reversed(widths)]
        self.up = [DoubleConv(width) for width in reversed(widths)]
        self.head = layers.Conv2D(classes, 1, activation="softmax")

    def call(self, image: Any) -> Any:
        """Run it."""
        x, skips = image, []
        for block in self.down:
            skips.append(block(x))
            x = self.pool(skips[-1])
        x = self.bottom(x)
        for grow, block in zip(self.grow, self.up, strict=True):
            x = block(ops.concatenate([skips.pop(), grow(x)], axis=-1))
        return self.head(x)


class Sampling(layers.Layer):
    """Mean and logarithm of the variance to a sample."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(0)

    def call(self, inputs: Any) -> Any:
        """Run it."""
        mean, log_var = inputs
        return mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.seed)


class VAE(keras.Model):
    """Encoder, sampling, decoder; the divergence is a loss of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.encoder = [layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in (32, 64)]
        self.flat, self.hidden = layers.Flatten(), layers.Dense(16, activation="relu")
        self.mean, self.log_var, self.sample = layers.Dense(2), layers.Dense(2), Sampling()
        self.widen, self.fold = layers.Dense(7 * 7 * 64, activation="relu"), layers.Reshape((7, 7, 64))
        self.decoder = [
            layers.Conv2DTranspose(width, 3, strides=2, padding="same", activation="relu") for width in (64, 32)
        ]
        self.out = layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")

    def call(self, image: Any) -> Any:
        """Run it."""
        x = image
        for layer in self.encoder:
            x = layer(x)
        x = self.hidden(self.flat(x))
        mean, log_var = self.mean(x), self.log_var(x)
        self.add_loss(-0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var)))
        x = self.fold(self.widen(self.sample((mean, log_var))))
        for layer in self.decoder:
            x = layer(x)
        return self.out(x)
