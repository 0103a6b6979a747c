"""Generation."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from subclassed.shared import Made, model


class Sampling(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(1)

    def call(self, inputs: Any) -> Any:
        mean, log_var = inputs
        noise = keras.random.normal(shape=ops.shape(mean), seed=self.seed)
        return mean + ops.exp(0.5 * log_var) * noise


@model
def vae() -> Made:
    class VAE(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            image = keras.Input((28, 28, 1))
            x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(image)
            x = layers.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
            x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
            mean, log_var = layers.Dense(2, name="z_mean")(x), layers.Dense(2, name="z_log_var")(x)
            self.encoder = keras.Model(image, [mean, log_var, Sampling()([mean, log_var])], name="encoder")
            z = keras.Input((2,))
            x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(z))
            x = layers.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
            x = layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
            x = layers.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(x)
            self.decoder = keras.Model(z, x, name="decoder")
            self.loss_tracker = keras.metrics.Mean(name="loss")

        @property
        def metrics(self) -> Any:
            return [self.loss_tracker]

        def train_step(self, data: Any) -> Any:
            raise NotImplementedError

        def call(self, inputs: Any) -> Any:
            mean, log_var, z = self.encoder(inputs)
            self.add_loss(-0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var)))
            return self.decoder(z)

    return VAE(), (None, 28, 28, 1)


@model
def gan() -> Made:
    class GAN(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.generator = keras.Sequential([
                layers.Dense(4 * 4 * 32), layers.Reshape((4, 4, 32)),
                layers.Conv2DTranspose(32, 4, strides=2, padding="same"), layers.LeakyReLU(),
                layers.Conv2DTranspose(16, 4, strides=2, padding="same"), layers.LeakyReLU(),
                layers.Conv2D(3, 3, padding="same", activation="tanh"),
            ], name="generator")  # fmt: skip
            self.discriminator = keras.Sequential([
                layers.Conv2D(16, 4, strides=2, padding="same"), layers.LeakyReLU(),
                layers.Conv2D(32, 4, strides=2, padding="same"), layers.LeakyReLU(), layers.Flatten(), layers.Dense(1),
            ], name="discriminator")  # fmt: skip

        def compile(self, **options: Any) -> None:
            super().compile(**options)
            self.d_loss = keras.metrics.Mean()

        def call(self, noise: Any) -> Any:
            image = self.generator(noise)
            return self.discriminator(image), image

    return GAN(), (None, 64)


@model
def vq_vae() -> Made:
    class Quantizer(layers.Layer):
        def __init__(self, count: int, dim: int) -> None:
            super().__init__()
            self.count, self.dim = count, dim

        def build(self, shape: Any) -> None:
            self.embeddings = self.add_weight(shape=(self.dim, self.count), name="codebook")

        def call(self, x: Any) -> Any:
            flat = ops.reshape(x, (-1, self.dim))
            near = ops.sum(flat**2, axis=1, keepdims=True) + ops.sum(self.embeddings**2, axis=0)
            codes = ops.one_hot(ops.argmin(near - 2 * ops.matmul(flat, self.embeddings), axis=1), self.count)
            quantized = ops.reshape(ops.matmul(codes, ops.transpose(self.embeddings)), ops.shape(x))
            return x + ops.stop_gradient(quantized - x)

    class VQ(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.enc = [layers.Conv2D(16, 3, strides=2, padding="same", activation="relu") for _ in range(2)]
            self.quantize = Quantizer(32, 16)
            self.dec = [layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu") for _ in range(2)]
            self.out = layers.Conv2DTranspose(1, 3, padding="same")

        def call(self, x: Any) -> Any:
            for layer in self.enc:
                x = layer(x)
            x = self.quantize(x)
            for layer in self.dec:
                x = layer(x)
            return self.out(x)

    return VQ(), (None, 28, 28, 1)


@model
def diffusion_unet() -> Made:
    class Block(layers.Layer):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.c1, self.c2 = layers.Conv2D(width, 3, padding="same"), layers.Conv2D(width, 3, padding="same")
            self.time, self.norm = layers.Dense(width), layers.GroupNormalization(4)
            self.short = layers.Conv2D(width, 1)

        def call(self, x: Any, t: Any) -> Any:
            y = ops.silu(self.c1(x)) + self.time(t)[:, None, None, :]
            return self.short(x) + self.c2(ops.silu(self.norm(y)))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.embed = layers.Conv2D(16, 3, padding="same"), layers.Dense(16, activation="silu")
            self.down, self.up = [Block(16), Block(32)], [Block(32), Block(16)]
            self.middle = Block(32)
            self.pool, self.grow, self.out = layers.AveragePooling2D(2), layers.UpSampling2D(), layers.Conv2D(3, 1)

        def call(self, image: Any, time: Any) -> Any:
            frequencies = ops.exp(ops.linspace(0.0, 3.0, 8))
            angles = time * frequencies
            t = self.embed(ops.concatenate([ops.sin(angles), ops.cos(angles)], -1))
            x, skips = self.first(image), []
            for block in self.down:
                x = block(x, t)
                skips.append(x)
                x = self.pool(x)
            x = self.middle(x, t)
            for block in self.up:
                x = block(ops.concatenate([self.grow(x), skips.pop()], -1), t)
            return self.out(x)

    return Net(), {"image": (None, 16, 16, 3), "time": (None, 1)}


@model
def normalizing_flow() -> Made:
    class Coupling(layers.Layer):
        def __init__(self, flip: bool) -> None:
            super().__init__()
            self.flip = flip
            self.s = keras.Sequential([layers.Dense(32, "relu"), layers.Dense(2, "tanh")])
            self.t = keras.Sequential([layers.Dense(32, "relu"), layers.Dense(2)])

        def call(self, x: Any) -> Any:
            a, b = ops.split(x, 2, axis=-1)
            a, b = (b, a) if self.flip else (a, b)
            y = b * ops.exp(self.s(a)) + self.t(a)
            return ops.concatenate([a, y] if not self.flip else [y, a], -1), ops.sum(self.s(a), -1)

    class RealNVP(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.steps = [Coupling(bool(n % 2)) for n in range(4)]

        def call(self, x: Any) -> Any:
            total = 0.0
            for step in self.steps:
                x, log = step(x)
                total = total + log
            return {"z": x, "log_det": total}

    return RealNVP(), (None, 4)
