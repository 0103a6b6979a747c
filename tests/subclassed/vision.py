"""Vision."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from subclassed.shared import Made, ResidualBlock, TransformerBlock, model


@model
def resnet() -> Made:
    class ResNet(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.stem = layers.Conv2D(16, 7, strides=2, padding="same")
            self.blocks = [ResidualBlock(16), ResidualBlock(16), ResidualBlock(32, 2), ResidualBlock(32)]
            self.pool, self.fc = layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax")

        def call(self, x: Any, training: bool = False) -> Any:
            x = self.stem(x)
            for block in self.blocks:
                x = block(x, training=training)
            return self.fc(self.pool(x))

    return ResNet(), (None, 64, 64, 3)


@model
def mlp() -> Made:
    class MLP(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [layers.Dense(64, activation="relu") for _ in range(3)]
            self.out = layers.Dense(10)

        def call(self, inputs: Any) -> Any:
            x = inputs
            for layer in self.hidden:
                x = layer(x)
            return self.out(x)

    made = MLP()
    made(ops.zeros((2, 32)))
    return made, None


@model
def mnist_tutorial() -> Made:
    class MyModel(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.flatten = layers.Conv2D(32, 3, activation="relu"), layers.Flatten()
            self.d1, self.d2 = layers.Dense(128, activation="relu"), layers.Dense(10)

        def call(self, x: Any) -> Any:
            return self.d2(self.d1(self.flatten(self.conv1(x))))

    return MyModel(), (1, 28, 28, 1)


@model
def unet() -> Made:
    class DoubleConv(layers.Layer):
        def __init__(self, filters: int) -> None:
            super().__init__()
            self.seq = keras.Sequential(
                [layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()] * 1
                + [layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()]
            )

        def call(self, x: Any) -> Any:
            return self.seq(x)

    class UNet(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            sizes = [8, 16, 32, 64]
            self.down = [DoubleConv(size) for size in sizes]
            self.pool = layers.MaxPooling2D()
            self.middle = DoubleConv(128)
            self.up = [layers.Conv2DTranspose(size, 2, strides=2) for size in reversed(sizes)]
            self.merge = [DoubleConv(size) for size in reversed(sizes)]
            self.head = layers.Conv2D(1, 1, activation="sigmoid")

        def call(self, x: Any) -> Any:
            skips = []
            for block in self.down:
                x = block(x)
                skips.append(x)
                x = self.pool(x)
            x = self.middle(x)
            for up, merge, skip in zip(self.up, self.merge, reversed(skips), strict=True):
                x = merge(ops.concatenate([up(x), skip], axis=-1))
            return self.head(x)

    return UNet(), (None, 64, 64, 3)


@model
def vision_transformer() -> Made:
    class PatchEncoder(layers.Layer):
        def __init__(self, count: int, dim: int) -> None:
            super().__init__()
            self.count = count
            self.projection, self.position = layers.Dense(dim), layers.Embedding(count, dim)

        def call(self, patch: Any) -> Any:
            positions = ops.expand_dims(ops.arange(0, self.count, 1), axis=0)
            return self.projection(patch) + self.position(positions)

    class ViT(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encode = PatchEncoder(16, 32)
            self.blocks = [TransformerBlock(32, 2, 64) for _ in range(4)]
            self.norm, self.head = layers.LayerNormalization(), layers.Dense(10)

        def call(self, images: Any) -> Any:
            patches = ops.image.extract_patches(images, 8)
            x = self.encode(ops.reshape(patches, (ops.shape(images)[0], 16, 192)))
            for block in self.blocks:
                x = block(x)
            return self.head(ops.mean(self.norm(x), axis=1))

    return ViT(), (None, 32, 32, 3)


@model
def mlp_mixer() -> Made:
    class Mixer(layers.Layer):
        def __init__(self, patches: int, dim: int) -> None:
            super().__init__()
            self.mlp1 = keras.Sequential([layers.Dense(64, activation="gelu"), layers.Dense(patches)])
            self.mlp2 = keras.Sequential([layers.Dense(64, activation="gelu"), layers.Dense(dim)])
            self.normalize = layers.LayerNormalization()

        def call(self, inputs: Any) -> Any:
            x = ops.transpose(self.normalize(inputs), (0, 2, 1))
            x = ops.transpose(self.mlp1(x), (0, 2, 1)) + inputs
            return x + self.mlp2(self.normalize(x))

    class MLPMixer(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.patch = layers.Conv2D(32, 8, strides=8)
            self.flat = layers.Reshape((16, 32))
            self.blocks = [Mixer(16, 32) for _ in range(4)]
            self.pool, self.out = layers.GlobalAveragePooling1D(), layers.Dense(10)

        def call(self, x: Any) -> Any:
            x = self.flat(self.patch(x))
            for block in self.blocks:
                x = block(x)
            return self.out(self.pool(x))

    return MLPMixer(), (None, 32, 32, 3)


@model
def squeeze_excite_net() -> Made:
    class SE(layers.Layer):
        def __init__(self, filters: int) -> None:
            super().__init__()
            self.pool = layers.GlobalAveragePooling2D(keepdims=True)
            self.down, self.up = layers.Dense(filters // 4, activation="relu"), layers.Dense(filters, "sigmoid")

        def call(self, x: Any) -> Any:
            return x * self.up(self.down(self.pool(x)))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convs = [layers.Conv2D(16, 3, padding="same", activation="relu") for _ in range(4)]
            self.gates = [SE(16) for _ in range(4)]

        def call(self, x: Any) -> Any:
            for conv, gate in zip(self.convs, self.gates, strict=True):
                x = gate(conv(x))
            return ops.mean(x, axis=(1, 2))

    return Net(), (None, 16, 16, 16)


@model
def conv_mixer() -> Made:
    class Block(layers.Layer):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.depth, self.point = layers.DepthwiseConv2D(5, padding="same"), layers.Conv2D(dim, 1)
            self.bn1, self.bn2 = layers.BatchNormalization(), layers.BatchNormalization()

        def call(self, x: Any) -> Any:
            x = x + self.bn1(ops.gelu(self.depth(x)))
            return self.bn2(ops.gelu(self.point(x)))

    class ConvMixer(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.stem = layers.Conv2D(32, 4, strides=4)
            self.body = keras.Sequential([Block(32) for _ in range(5)])
            self.head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(10)])

        def call(self, x: Any) -> Any:
            return self.head(self.body(self.stem(x)))

    return ConvMixer(), (None, 32, 32, 3)


@model
def densenet() -> Made:
    class DenseLayer(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.bn, self.conv = layers.BatchNormalization(), layers.Conv2D(8, 3, padding="same")

        def call(self, x: Any) -> Any:
            return ops.concatenate([x, self.conv(ops.relu(self.bn(x)))], axis=-1)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = [DenseLayer() for _ in range(4)], [DenseLayer() for _ in range(4)]
            self.shrink, self.pool = layers.Conv2D(16, 1), layers.AveragePooling2D(2)

        def call(self, x: Any) -> Any:
            for layer in self.one:
                x = layer(x)
            x = self.pool(self.shrink(x))
            for layer in self.two:
                x = layer(x)
            return ops.mean(x, axis=[1, 2])

    return Net(), (None, 32, 32, 8)


@model
def inception_tutorial() -> Made:
    class Inception(keras.Model):
        def __init__(self, filters: int) -> None:
            super().__init__()
            self.a = layers.Conv2D(filters, 1, activation="relu")
            self.b = [layers.Conv2D(filters, 1, activation="relu"), layers.Conv2D(filters, 3, padding="same")]
            self.c = [layers.MaxPooling2D(3, 1, "same"), layers.Conv2D(filters, 1)]

        def call(self, x: Any) -> Any:
            b, c = x, x
            for layer in self.b:
                b = layer(b)
            for layer in self.c:
                c = layer(c)
            return ops.concatenate((self.a(x), b, c), axis=-1)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Inception(8) for _ in range(3)]

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    return Net(), (None, 16, 16, 4)


@model
def feature_pyramid() -> Made:
    class FPN(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.stages = [ResidualBlock(size, 2) for size in (16, 32, 64)]
            self.lateral = [layers.Conv2D(16, 1) for _ in range(3)]
            self.smooth = [layers.Conv2D(16, 3, padding="same") for _ in range(3)]
            self.upsample = layers.UpSampling2D()

        def call(self, x: Any) -> Any:
            taps = []
            for stage in self.stages:
                x = stage(x)
                taps.append(x)
            maps = [lateral(tap) for lateral, tap in zip(self.lateral, taps, strict=True)]
            for n in (1, 0):
                maps[n] = maps[n] + self.upsample(maps[n + 1])
            return {f"P{n + 3}": smooth(maps[n]) for n, smooth in enumerate(self.smooth)}

    return FPN(), (None, 64, 64, 3)


@model
def swin_like() -> Made:
    class WindowAttention(layers.Layer):
        def __init__(self, dim: int, shift: int) -> None:
            super().__init__()
            self.shift = shift
            self.qkv, self.proj = layers.Dense(3 * dim), layers.Dense(dim)

        def build(self, shape: Any) -> None:
            self.bias = self.add_weight(shape=(1, 16, 16), name="relative_bias")
            super().build(shape)

        def call(self, x: Any) -> Any:
            batch, dim = ops.shape(x)[0], x.shape[-1]
            x = ops.roll(x, (-self.shift, -self.shift), axis=(1, 2)) if self.shift else x
            x = ops.reshape(x, (batch, 2, 4, 2, 4, dim))
            x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (batch * 4, 16, dim))
            q, k, v = ops.split(self.qkv(x), 3, axis=-1)
            scores = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) * dim**-0.5 + self.bias)
            x = ops.reshape(self.proj(ops.matmul(scores, v)), (batch, 2, 2, 4, 4, dim))
            x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, 8, 8, dim))
            return ops.roll(x, (self.shift, self.shift), axis=(1, 2)) if self.shift else x

    class SwinBlock(layers.Layer):
        def __init__(self, dim: int, shift: int) -> None:
            super().__init__()
            self.n1, self.n2, self.attn = layers.LayerNormalization(), layers.LayerNormalization(), None
            self.attn = WindowAttention(dim, shift)
            self.fc1, self.fc2 = layers.Dense(4 * dim, activation="gelu"), layers.Dense(dim)

        def call(self, x: Any) -> Any:
            x = x + self.attn(self.n1(x))
            return x + self.fc2(self.fc1(self.n2(x)))

    class Swin(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [SwinBlock(16, shift) for shift in (0, 2, 0, 2)]

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return ops.mean(x, (1, 2))

    return Swin(), (None, 8, 8, 16)
