"""Blocks of the sixth set in other spellings."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .sixth_images import conv, depthwise, trunk, z_pool


@named("Basic block with SimAM")
def simam_squared():
    def block(x):
        y = conv(conv(x, 32), 32, activation=None)
        m = L.GlobalAveragePooling2D(keepdims=True)(y)
        d = (y - m) ** 2
        v = ops.mean(d, axis=(1, 2), keepdims=True)
        y = y * ops.sigmoid(d / (4 * (v + 1e-4)) + 0.5)
        return L.ReLU()(L.Add()([x, y]))

    return trunk(block)


@named("Strip pooling module")
def strip_pooling_layers():
    def block(x):
        h = L.Conv2D(32, (3, 1), padding="same")(L.AveragePooling2D((1, 16))(x))
        w = L.Conv2D(32, (1, 3), padding="same")(L.AveragePooling2D((16, 1))(x))
        y = L.UpSampling2D((1, 16))(L.BatchNormalization()(h)) + L.UpSampling2D((16, 1))(L.BatchNormalization()(w))
        return x * L.Conv2D(32, 1, activation="sigmoid")(L.ReLU()(y))

    return trunk(lambda x: block(conv(x, 32)))


@named("Triplet attention", "Bottleneck with triplet attention")
def triplet_summed():
    def gate(x):
        g = L.BatchNormalization()(L.Conv2D(1, 7, padding="same")(z_pool(x, -1)))
        return x * ops.sigmoid(g)

    def block(x):
        y = conv(conv(conv(x, 8, 1), 8), 32, 1, activation=None)
        c = gate(y)
        a = ops.transpose(gate(ops.transpose(y, (0, 3, 2, 1))), (0, 3, 2, 1))
        b = ops.transpose(gate(ops.transpose(y, (0, 1, 3, 2))), (0, 1, 3, 2))
        return L.ReLU()(x + (a + b + c) / 3.0)

    return trunk(block)


@named("DLinear block")
def dlinear_padded():
    inputs = keras.Input((64, 8))
    x = inputs
    for _ in range(3):
        p = L.Concatenate(axis=1)([x[:, :1], x, x[:, -1:]])
        trend = L.AveragePooling1D(3, 1)(p)
        rest = L.Subtract()([x, trend])
        a = L.Dense(64)(L.Permute((2, 1))(rest))
        b = L.Dense(64)(L.Permute((2, 1))(trend))
        x = L.Permute((2, 1))(L.Add()([a, b]))
    return keras.Model(inputs, x)


@named("U-ConvBlock")
def sudormrf_grouped():
    inputs = keras.Input((64, 16))
    x = L.Conv1D(32, 1)(inputs)
    for _ in range(4):
        y = L.PReLU(shared_axes=[1])(L.GroupNormalization(1)(L.Conv1D(64, 1)(x)))
        outs = [L.GroupNormalization(1)(L.Conv1D(64, 5, padding="same", groups=64)(y))]
        for _ in range(4):
            outs.append(L.GroupNormalization(1)(L.Conv1D(64, 5, strides=2, padding="same", groups=64)(outs[-1])))
        z = outs.pop()
        while outs:
            z = L.Add()([outs.pop(), L.UpSampling1D(2)(z)])
        z = L.PReLU(shared_axes=[1])(L.GroupNormalization(1)(z))
        x = L.Add()([x, L.Conv1D(32, 1)(z)])
    return keras.Model(inputs, L.Dense(3)(x))


@named("GhostNetV2 bottleneck")
def ghost_v2_layers():
    def ghost(x, width, act=True):
        y = conv(x, width // 2, 1, activation="relu" if act else None)
        z = depthwise(y, 3, "relu" if act else None)
        return L.Concatenate()([y, z])

    def block(x):
        g = L.AveragePooling2D(2, 2)(x)
        g = L.BatchNormalization()(L.Conv2D(64, 1, use_bias=False)(g))
        g = L.BatchNormalization()(L.DepthwiseConv2D((1, 5), padding="same")(g))
        g = L.BatchNormalization()(L.DepthwiseConv2D((5, 1), padding="same")(g))
        g = L.UpSampling2D(2, interpolation="nearest")(g)
        y = L.Multiply()([ghost(x, 64), L.Activation("sigmoid")(g)])
        return L.Add()([ghost(y, 32, False), x])

    return trunk(block)


@named("NVAE residual cell")
def nvae_grouped():
    def block(x):
        y = L.Conv2D(192, 1, use_bias=False)(L.BatchNormalization()(x))
        y = ops.silu(L.BatchNormalization()(y))
        y = ops.silu(L.BatchNormalization()(L.Conv2D(192, 5, padding="same", groups=192, use_bias=False)(y)))
        y = L.BatchNormalization()(L.Conv2D(32, 1, use_bias=False)(y))
        s = ops.mean(y, axis=(1, 2))
        s = L.Dense(32, activation="sigmoid")(L.Dense(4, activation="relu")(s))
        return x + y * ops.reshape(s, (-1, 1, 1, 32))

    return trunk(block)


@named("Diverse branch block")
def diverse_branch_sums():
    def block(x):
        a = conv(x, 32, activation=None)
        b = conv(x, 32, 1, activation=None)
        c = conv(conv(x, 32, 1, activation=None), 32, activation=None)
        d = conv(x, 32, 1, activation=None)
        d = L.BatchNormalization()(L.AveragePooling2D(3, 1, padding="same")(d))
        return ops.relu(a + b + c + d)

    return trunk(block)


@named("Crystal graph convolution")
def cgcnn_indexed():
    x0, e, idx = keras.Input((12, 8)), keras.Input((12, 6, 16)), keras.Input((12, 6), dtype="int32")
    x = L.Dense(32)(x0)
    for _ in range(3):
        nb = ops.take_along_axis(ops.expand_dims(x, 1), ops.expand_dims(idx, -1), axis=2)
        me = ops.repeat(ops.expand_dims(x, 2), 6, axis=2)
        z = ops.concatenate([me, nb, e], axis=-1)
        z = L.BatchNormalization()(L.Dense(64)(z))
        f, c = ops.split(z, 2, axis=-1)
        m = L.BatchNormalization()(ops.sum(ops.sigmoid(f) * ops.softplus(c), axis=2))
        x = ops.softplus(x + m)
    return keras.Model([x0, e, idx], L.Dense(1)(L.GlobalAveragePooling1D()(x)))


@named("Variance predictor")
def variance_predictors_convolutional():
    tokens = keras.Input((64, 32))
    outs = []
    for _ in range(3):
        y = L.LayerNormalization()(L.ReLU()(L.Conv1D(64, 3, padding="same")(tokens)))
        y = L.LayerNormalization()(L.ReLU()(L.Conv1D(64, 3, padding="same")(L.Dropout(0.1)(y))))
        outs.append(L.Conv1D(1, 1)(L.Dropout(0.1)(y)))
    return keras.Model(tokens, outs)
