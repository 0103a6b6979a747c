"""Networks that classify images and videos: a second set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .vision import cna, finish, image


def ln():
    return L.LayerNormalization(epsilon=1e-6)


def mlp(x, ratio=4, act="gelu"):
    width = x.shape[-1]
    return x + L.Dropout(0.1)(L.Dense(width)(L.Dense(ratio * width, activation=act)(ln()(x))))


@named("Focal modulation block", "FocalNet block")
def focalnet():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = L.Dense(32 * 2 + 4)(ln()(x))
        q, ctx, gates = ops.split(y, [32, 64], axis=-1)
        total = None
        for level in range(3):
            ctx = L.Activation("gelu")(L.DepthwiseConv2D(3 + 2 * level, padding="same", use_bias=False)(ctx))
            part = ctx * gates[..., level : level + 1]
            total = part if total is None else total + part
        whole = L.Activation("gelu")(L.GlobalAveragePooling2D(keepdims=True)(ctx))
        total = total + whole * gates[..., 3:]
        x = x + L.Dropout(0.1)(L.Dense(32)(q * L.Conv2D(32, 1)(total)))
        x = mlp(x)
    return finish(inputs, x)


@named("HorNet block", "gnConv block")
def hornet():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = L.Conv2D(64, 1)(ln()(x))
        first, rest = ops.split(y, [8], axis=-1)
        rest = L.DepthwiseConv2D(7, padding="same")(rest)
        a, b, c = ops.split(rest, [8, 24], axis=-1)
        y = first * a
        y = L.Conv2D(16, 1)(y) * b
        y = L.Conv2D(32, 1)(y) * c
        x = x + L.Conv2D(32, 1)(y)
        x = mlp(x)
    return finish(inputs, x)


@named("SDTA encoder", "SDTA block")
def edgenext():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(3):
        parts = ops.split(x, 4, axis=-1)
        found, last = [], None
        for part in parts[:-1]:
            last = L.DepthwiseConv2D(3, padding="same")(part if last is None else part + last)
            found.append(last)
        y = L.Concatenate()([*found, parts[-1]])
        t = L.Reshape((64, 32))(y)
        h = ln()(t)
        q, k, v = (L.Permute((2, 1))(L.Dense(32)(h)) for _ in range(3))
        q, k = (z / (ops.norm(z, axis=-1, keepdims=True) + 1e-6) for z in (q, k))
        a = ops.softmax(ops.matmul(q, L.Permute((2, 1))(k)), axis=-1)
        t = t + L.Dense(32)(L.Permute((2, 1))(ops.matmul(a, v)))
        t = mlp(t)
        x = x + L.Reshape((8, 8, 32))(t)
    return finish(inputs, x)


@named("DLA tree", "DLA root", "Basic block", "Deep layer aggregation tree", "Deep layer aggregation")
def dla():
    inputs = image(64)
    x = cna(inputs, 16, 7)

    def basic(x, width, stride=1):
        y = cna(cna(x, width, 3, stride), width, act=None)
        skip = L.MaxPooling2D(stride)(x) if stride > 1 else x
        skip = cna(skip, width, 1, act=None) if skip.shape[-1] != width else skip
        return L.ReLU()(y + skip)

    for width in (16, 32, 64, 64):
        a = basic(x, width, 2)
        b = basic(a, width)
        root = cna(L.Concatenate()([b, a]), width, 1, act=None)
        x = L.ReLU()(root + b)
    return finish(inputs, x)


@named("SK bottleneck", "Selective kernel unit", "SK unit")
def sknet():
    inputs = image(32)
    x = cna(inputs, 64, 7, 2)
    for _ in range(4):
        y = cna(x, 32, 1)
        u, v = cna(y, 32, 3, groups=8), L.ReLU()(L.BatchNormalization()(
            L.Conv2D(32, 3, padding="same", dilation_rate=2, groups=8)(y)))  # fmt: skip
        s = L.Dense(16, activation="relu")(L.GlobalAveragePooling2D()(u + v))
        w = ops.softmax(ops.stack([L.Dense(32)(s), L.Dense(32)(s)], axis=1), axis=1)
        y = u * w[:, 0][:, None, None, :] + v * w[:, 1][:, None, None, :]
        x = L.ReLU()(x + cna(y, 64, 1, act=None))
    return finish(inputs, x)


@named("ResNeSt bottleneck", "Split-attention bottleneck", "Split attention bottleneck")
def resnest():
    inputs = image(32)
    x = cna(inputs, 64, 7, 2)
    for _ in range(4):
        y = cna(cna(x, 32, 1), 64, 3, groups=2)
        a, b = ops.split(y, 2, axis=-1)
        s = L.GlobalAveragePooling2D(keepdims=True)(L.Add()([a, b]))
        s = L.Conv2D(64, 1)(L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 1)(s))))
        s = L.Softmax(axis=1)(L.Reshape((2, 32))(s))
        y = a * L.Reshape((1, 1, 32))(s[:, 0]) + b * L.Reshape((1, 1, 32))(s[:, 1])
        x = L.ReLU()(x + cna(y, 64, 1, act=None))
    return finish(inputs, x)


@named("Octave convolution", "Octave bottleneck", "OctConv block")
def octave():
    inputs = image(32)
    high, low = cna(inputs, 16), L.AveragePooling2D(2)(cna(inputs, 16))
    for _ in range(5):
        hh, hl = L.Conv2D(16, 3, padding="same")(high), L.Conv2D(16, 3, padding="same")(L.AveragePooling2D(2)(high))
        ll, lh = L.Conv2D(16, 3, padding="same")(low), L.UpSampling2D()(L.Conv2D(16, 3, padding="same")(low))
        high = L.ReLU()(L.BatchNormalization()(L.Add()([hh, lh])))
        low = L.ReLU()(L.BatchNormalization()(L.Add()([ll, hl])))
    return finish(inputs, L.Concatenate()([high, L.UpSampling2D()(low)]))


@named("RepLKNet block", "RepLK block", "ConvFFN", "Large-kernel block")
def replknet():
    inputs = image(32)
    x = cna(inputs, 32, 3, 2)
    for _ in range(4):
        y = cna(L.BatchNormalization()(x), 32, 1)
        big = L.BatchNormalization()(L.DepthwiseConv2D(31, padding="same")(y))
        small = L.BatchNormalization()(L.DepthwiseConv2D(5, padding="same")(y))
        y = cna(L.ReLU()(big + small), 32, 1, act=None)
        x = x + L.Dropout(0.1)(y)
        y = cna(L.BatchNormalization()(x), 128, 1, act="gelu")
        x = x + L.Dropout(0.1)(cna(y, 32, 1, act=None))
    return finish(inputs, x)


@named("Two-way dense layer")
def peleenet():
    inputs = image(32)
    x = cna(inputs, 32, 3, 2)
    for _ in range(6):
        a = cna(cna(x, 16, 1), 16, 3)
        b = cna(cna(cna(x, 16, 1), 16, 3), 16, 3)
        x = L.Concatenate()([x, a, b])
    return finish(inputs, cna(x, 64, 1))


@named("One-shot aggregation", "OSA module")
def vovnet_ese():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for width in (32, 48, 64):
        x = L.MaxPooling2D(3, 2, padding="same")(x)
        for _ in range(2):
            y, found = x, [x]
            for _ in range(4):
                y = cna(y, width)
                found.append(y)
            y = cna(L.Concatenate()(found), 2 * width, 1)
            s = L.Conv2D(2 * width, 1, activation="hard_sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(y))
            y = y * s
            x = x + y if x.shape[-1] == y.shape[-1] else y
    return finish(inputs, x)


@named("HarD block", "Harmonic dense block")
def hardnet():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for width in (12, 16, 20):
        maps = [x]
        for place in range(1, 9):
            links = [maps[place - 2**power] for power in range(4) if place % 2**power == 0 and place >= 2**power]
            y = L.Concatenate()(links) if len(links) > 1 else links[0]
            maps.append(cna(y, width))
        x = L.Concatenate()([found for place, found in enumerate(maps) if place % 2 == 1 or place == 8])
        x = L.MaxPooling2D()(cna(x, 3 * width, 1))
    return finish(inputs, x)


@named("Dual attention block", "Dual attention module", "DANet block")
def dual_attention():
    inputs = image(32)
    x = cna(inputs, 32, 3, 2)
    for _ in range(3):
        y = cna(x, 32)
        flat = L.Reshape((256, 32))(y)
        q, k = L.Reshape((256, 4))(L.Conv2D(4, 1)(y)), L.Reshape((256, 4))(L.Conv2D(4, 1)(y))
        v = L.Reshape((256, 32))(L.Conv2D(32, 1)(y))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))), axis=-1)
        place = y + L.Reshape((16, 16, 32))(ops.matmul(a, v))
        c = ops.softmax(ops.matmul(ops.transpose(flat, (0, 2, 1)), flat), axis=-1)
        channel = y + L.Reshape((16, 16, 32))(ops.matmul(flat, c))
        x = L.Add()([cna(place, 32), cna(channel, 32)])
    return finish(inputs, x)


@named("LeViT block", "LeViT layer", "Encoder layer")
def levit():
    inputs = image(64)
    x = inputs
    for width in (16, 32, 64):
        x = cna(x, width, 3, 2, act="hard_swish")
    x = L.Reshape((64, 64))(x)
    for _ in range(4):
        q, k = (L.BatchNormalization()(L.Dense(64, use_bias=False)(x)) for _ in range(2))
        v = L.BatchNormalization()(L.Dense(128, use_bias=False)(x))
        q, k = (ops.transpose(L.Reshape((64, 4, 16))(z), (0, 2, 1, 3)) for z in (q, k))
        v = ops.transpose(L.Reshape((64, 4, 32))(v), (0, 2, 1, 3))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * 0.25, axis=-1)
        y = L.Reshape((64, 128))(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)))
        x = x + L.BatchNormalization()(L.Dense(64)(L.Activation("hard_swish")(y)))
        y = L.Activation("hard_swish")(L.BatchNormalization()(L.Dense(128)(x)))
        x = x + L.BatchNormalization()(L.Dense(64)(y))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("RepMixer block", "FastViT block")
def fastvit():
    inputs = image(32)
    x = cna(inputs, 32, 3, 2, act="gelu")
    for _ in range(4):
        x = x + L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(x))
        y = L.BatchNormalization()(L.DepthwiseConv2D(7, padding="same")(x))
        x = x + L.Conv2D(32, 1)(L.Conv2D(96, 1, activation="gelu")(y))
    return finish(inputs, x)


@named("LGL bottleneck", "EdgeViT block", "Local-global-local bottleneck")
def edgevit():
    inputs = image(64)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = L.Conv2D(32, 1)(L.DepthwiseConv2D(3, padding="same")(L.Conv2D(32, 1)(L.BatchNormalization()(x))))
        x = x + y
        x = x + L.Conv2D(32, 1)(L.Conv2D(128, 1, activation="gelu")(ln()(x)))
        y = ln()(x)
        few = L.Reshape((16, 32))(L.AveragePooling2D(1, 4)(y))
        few = L.Reshape((4, 4, 32))(L.MultiHeadAttention(2, 16)(few, few))
        y = L.Conv2D(32, 1)(ln()(L.Conv2DTranspose(32, 4, 4)(few)))
        x = x + y
        x = x + L.Conv2D(32, 1)(L.Conv2D(128, 1, activation="gelu")(ln()(x)))
    return finish(inputs, x)


@named("Class attention layer", "CaiT class attention layer", "Encoder layer", "Layer-scale encoder layer",
       "CaiT layer")  # fmt: skip
def cait():
    inputs = image(32)
    x = L.Reshape((64, 48))(L.Conv2D(48, 4, 4)(inputs))
    cls = start = keras.Input((1, 48))
    for _ in range(4):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y)
        x = mlp(x)
    for _ in range(2):
        both = ln()(L.Concatenate(axis=1)([cls, x]))
        cls = cls + L.MultiHeadAttention(4, 12)(both[:, :1], both)
        cls = mlp(cls)
    return keras.Model([inputs, start], L.Dense(10)(cls[:, 0]))


@named("Sandglass block")
def mobilenext():
    inputs = image(32)
    x = cna(inputs, 48, 3, 2)
    for _ in range(5):
        y = L.ReLU(6)(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x)))
        y = cna(y, 12, 1, act=None)
        y = cna(y, 48, 1, act="relu6")
        y = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(y))
        x = x + y
    return finish(inputs, x)


@named("TimeSformer block", "Divided space-time attention block")
def timesformer():
    inputs = keras.Input((4, 16, 48))
    x = inputs
    for _ in range(4):
        t = ops.reshape(ops.transpose(ln()(x), (0, 2, 1, 3)), (-1, 4, 48))
        t = L.Dense(48)(L.MultiHeadAttention(4, 12)(t, t))
        x = x + ops.transpose(ops.reshape(t, (-1, 16, 4, 48)), (0, 2, 1, 3))
        s = ops.reshape(ln()(x), (-1, 16, 48))
        x = x + ops.reshape(L.MultiHeadAttention(4, 12)(s, s), (-1, 4, 16, 48))
        x = mlp(x)
    return keras.Model(inputs, L.Dense(10)(ops.mean(x, axis=(1, 2))))


@named("(2+1)D block", "R(2+1)D block")
def r2plus1d():
    inputs = keras.Input((8, 32, 32, 3))
    x = L.ReLU()(L.BatchNormalization()(L.Conv3D(32, (3, 7, 7), (1, 2, 2), padding="same")(inputs)))
    for _ in range(4):
        y = x
        for place in range(2):
            y = L.ReLU()(L.BatchNormalization()(L.Conv3D(57, (1, 3, 3), padding="same", use_bias=False)(y)))
            y = L.BatchNormalization()(L.Conv3D(32, (3, 1, 1), padding="same", use_bias=False)(y))
            y = L.ReLU()(y) if place == 0 else y
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("ConvLSTM layer", "Convolutional LSTM layer")
def convlstm_stack():
    inputs = keras.Input((6, 16, 16, 1))
    x = inputs
    for _ in range(4):
        x = L.BatchNormalization()(L.ConvLSTM2D(16, 3, padding="same", return_sequences=True)(x))
    return keras.Model(inputs, L.Conv3D(1, 3, padding="same", activation="sigmoid")(x))


@named("BAM", "Bottleneck attention module", "BAM block")
def bam():
    inputs = image(32)
    x = cna(inputs, 32, 3, 2)
    for _ in range(3):
        c = L.Dense(32)(L.Dense(4, activation="relu")(L.GlobalAveragePooling2D()(x)))
        c = L.Reshape((1, 1, 32))(c)
        s = cna(x, 8, 1)
        for _ in range(2):
            s = L.ReLU()(L.BatchNormalization()(L.Conv2D(8, 3, padding="same", dilation_rate=4)(s)))
        g = L.Activation("sigmoid")(c + L.Conv2D(1, 1)(s))
        x = x + x * g
    return finish(inputs, x)
