"""Networks that segment, restore, generate and detect: a second set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp
from .vision import cna, image


@named("Recurrent residual block", "Recurrent residual convolutional unit", "RRCNN block", "U-Net down level",
       "U-Net up level", "U-Net encoder level", "U-Net decoder level", "R2U-Net down level",
       "R2U-Net up level")  # fmt: skip
def r2unet():
    x = inputs = image(64)

    def recurrent(x, width):
        conv = L.Conv2D(width, 3, padding="same")
        y = L.ReLU()(conv(x))
        for _ in range(2):
            y = L.ReLU()(conv(L.Add()([x, y])))
        return y

    def unit(x, width):
        x = L.Conv2D(width, 1)(x)
        return x + recurrent(recurrent(x, width), width)

    skips = []
    for width in (8, 16, 32):
        x = unit(x, width)
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = unit(x, 64)
    for width in (32, 16, 8):
        x = L.Concatenate()([cna(L.UpSampling2D()(x), width), skips.pop()])
        x = unit(x, width)
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@named("DAB module", "Depthwise asymmetric bottleneck")
def dabnet():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for rate in (2, 4, 8, 16):
        y = L.Conv2D(16, 3, padding="same")(L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(x)))
        y = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(y))
        a = L.DepthwiseConv2D((1, 3), padding="same")(L.DepthwiseConv2D((3, 1), padding="same")(y))
        b = L.DepthwiseConv2D((3, 1), padding="same", dilation_rate=(rate, 1))(y)
        b = L.DepthwiseConv2D((1, 3), padding="same", dilation_rate=(1, rate))(b)
        y = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(a + b))
        x = x + L.Conv2D(32, 1)(y)
    return keras.Model(inputs, L.UpSampling2D(2)(L.Conv2D(19, 1)(x)))


@named("Split-shuffle non-bottleneck", "SS-nbt unit", "Split-shuffle-non-bottleneck")
def lednet():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)

    def shuffle(x):
        y = ops.transpose(L.Reshape((32, 32, 2, 16))(x), (0, 1, 2, 4, 3))
        return L.Reshape((32, 32, 32))(y)

    for rate in (1, 2, 5, 9):
        a, b = ops.split(x, 2, axis=-1)
        a = L.ReLU()(L.Conv2D(16, (3, 1), padding="same")(a))
        a = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, (1, 3), padding="same")(a)))
        a = L.ReLU()(L.Conv2D(16, (3, 1), padding="same", dilation_rate=(rate, 1))(a))
        a = L.BatchNormalization()(L.Conv2D(16, (1, 3), padding="same", dilation_rate=(1, rate))(a))
        b = L.ReLU()(L.Conv2D(16, (1, 3), padding="same")(b))
        b = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, (3, 1), padding="same")(b)))
        b = L.ReLU()(L.Conv2D(16, (1, 3), padding="same", dilation_rate=(1, rate))(b))
        b = L.BatchNormalization()(L.Conv2D(16, (3, 1), padding="same", dilation_rate=(rate, 1))(b))
        x = shuffle(L.ReLU()(x + L.Concatenate()([a, b])))
    return keras.Model(inputs, L.UpSampling2D(2)(L.Conv2D(19, 1)(x)))


@named("U-ViT block", "U-ViT layer", "U-ViT out block", "Encoder layer")
def uvit():
    inputs = keras.Input((65, 48))
    x, skips = inputs, []

    def block(x):
        y = ln()(x)
        return mlp(x + L.MultiHeadAttention(4, 12)(y, y))

    for _ in range(3):
        x = block(x)
        skips.append(x)
    x = block(x)
    for _ in range(3):
        x = block(L.Dense(48)(L.Concatenate()([x, skips.pop()])))
    return keras.Model(inputs, L.Dense(48)(ln()(x)))


@named("Restormer block", "MDTA and GDFN block")
def restormer_conv():
    inputs = image(32)
    x = L.Conv2D(24, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.DepthwiseConv2D(3, padding="same", use_bias=False)(L.Conv2D(72, 1, use_bias=False)(ln()(x)))
        q, k, v = (ops.transpose(L.Reshape((1024, 4, 6))(z), (0, 2, 3, 1)) for z in ops.split(y, 3, axis=-1))
        q, k = (z / ops.sqrt(ops.sum(ops.square(z), axis=-1, keepdims=True) + 1e-6) for z in (q, k))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))), axis=-1)
        y = L.Reshape((32, 32, 24))(ops.transpose(ops.matmul(a, v), (0, 3, 1, 2)))
        x = x + L.Conv2D(24, 1, use_bias=False)(y)
        y = L.DepthwiseConv2D(3, padding="same", use_bias=False)(L.Conv2D(128, 1, use_bias=False)(ln()(x)))
        g, u = ops.split(y, 2, axis=-1)
        x = x + L.Conv2D(24, 1, use_bias=False)(ops.gelu(g) * u)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Wide-activation residual block", "WDSR block")
def wdsr():
    inputs = image(32)
    x = first = L.Conv2D(24, 3, padding="same")(inputs)
    for _ in range(6):
        y = L.Conv2D(144, 1, activation="relu")(x)
        y = L.Conv2D(20, 1)(y)
        x = x + L.Conv2D(24, 3, padding="same")(y)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x + first))


@named("Gated PixelCNN block", "Gated residual block", "Gated PixelCNN layer", "PixelCNN++ residual block")
def pixelcnn_gated():
    inputs = image(32)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(5):
        y = L.Conv2D(32, 3, padding="same")(L.Activation("elu")(x))
        y = L.Dropout(0.5)(L.Activation("elu")(y))
        a, b = ops.split(L.Conv2D(64, 3, padding="same")(y), 2, axis=-1)
        x = x + a * ops.sigmoid(b)
    return keras.Model(inputs, L.Conv2D(100, 1)(L.Activation("elu")(x)))


@named("Glow step", "Flow step", "Step of flow")
def glow():
    x = inputs = keras.Input((16, 16, 12))
    for _ in range(5):
        x = L.Conv2D(12, 1, use_bias=False)(L.BatchNormalization()(x))
        a, b = ops.split(x, 2, axis=-1)
        h = L.Conv2D(32, 3, padding="same", activation="relu")(a)
        h = L.Conv2D(32, 1, activation="relu")(h)
        s, t = ops.split(L.Conv2D(12, 3, padding="same")(h), 2, axis=-1)
        b = b * ops.sigmoid(s + 2.0) + t
        x = L.Concatenate()([a, b])
    return keras.Model(inputs, x)


@named("AdaIN residual block", "Residual AdaIN block", "FiLM residual block")
def munit_decoder():
    inputs, style = keras.Input((32, 32, 32)), keras.Input((8,))
    code = L.Dense(64, activation="relu")(style)
    x = inputs

    def adain(y):
        mean, var = ops.mean(y, axis=(1, 2), keepdims=True), ops.var(y, axis=(1, 2), keepdims=True)
        g, b = L.Reshape((1, 1, 32))(L.Dense(32)(code)), L.Reshape((1, 1, 32))(L.Dense(32)(code))
        return (y - mean) / ops.sqrt(var + 1e-5) * g + b

    for _ in range(4):
        y = L.ReLU()(adain(L.Conv2D(32, 3, padding="same")(x)))
        x = x + adain(L.Conv2D(32, 3, padding="same")(y))
    return keras.Model([inputs, style], L.Conv2D(3, 7, padding="same", activation="tanh")(x))


@named("MMDiT block")
def mmdit_concat():
    pixels, words, c = keras.Input((64, 48)), keras.Input((16, 48)), keras.Input((48,))
    x, y = pixels, words
    for _ in range(3):

        def modulated(z):
            m = L.Dense(288)(L.Activation("silu")(c))
            return [each[:, None] for each in ops.split(m, 6, axis=-1)]

        mx, my = modulated(x), modulated(y)
        hx = L.LayerNormalization(center=False, scale=False)(x) * (1 + mx[0]) + mx[1]
        hy = L.LayerNormalization(center=False, scale=False)(y) * (1 + my[0]) + my[1]
        qkv = L.Concatenate(axis=1)([L.Dense(144)(hx), L.Dense(144)(hy)])
        q, k, v = (ops.transpose(L.Reshape((80, 4, 12))(z), (0, 2, 1, 3)) for z in ops.split(qkv, 3, axis=-1))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / 12**0.5, axis=-1)
        o = L.Reshape((80, 48))(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)))
        x = x + mx[2] * L.Dense(48)(o[:, :64])
        y = y + my[2] * L.Dense(48)(o[:, 64:])
        hx = L.LayerNormalization(center=False, scale=False)(x) * (1 + mx[3]) + mx[4]
        hy = L.LayerNormalization(center=False, scale=False)(y) * (1 + my[3]) + my[4]
        x = x + mx[5] * L.Dense(48)(L.Dense(192, activation="gelu")(hx))
        y = y + my[5] * L.Dense(48)(L.Dense(192, activation="gelu")(hy))
    return keras.Model([pixels, words, c], L.Dense(16)(x))


@named("U-Net++ node", "Nested U-Net node", "VGG block", "Convolution block", "U-Net up level", "U-Net down level",
       "U-Net encoder level", "U-Net decoder level", "Nested decoder node")  # fmt: skip
def unet_plus():
    inputs = image(64)

    def node(x, width):
        return cna(cna(x, width), width)

    widths, grid = (8, 16, 32, 48), {}
    x = inputs
    for depth, width in enumerate(widths):
        x = grid[depth, 0] = node(x if depth == 0 else L.MaxPooling2D()(x), width)
        for place in range(1, depth + 1):
            row = depth - place
            up = L.UpSampling2D()(grid[row + 1, place - 1])
            grid[row, place] = node(L.Concatenate()([*(grid[row, n] for n in range(place)), up]), widths[row])
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(grid[0, 3]))


@named("Receptive field block", "RFB")
def rfb():
    inputs = image(64)
    x = cna(inputs, 64, 3, 2)
    for _ in range(3):
        a = L.Conv2D(16, 3, padding="same")(cna(cna(x, 16, 1), 16, 1))
        b = L.Conv2D(16, 3, padding="same", dilation_rate=3)(cna(cna(x, 16, 1), 16, 3))
        c = L.Conv2D(16, 3, padding="same", dilation_rate=5)(cna(cna(x, 16, 1), 16, 5))
        y = L.Conv2D(64, 1)(L.Concatenate()([a, b, c]))
        x = L.ReLU()(y + L.Conv2D(64, 1)(x))
    return keras.Model(inputs, L.Conv2D(24, 1)(x))


@named("GSConv bottleneck", "VoV-GSCSP", "GSConv", "GSConv module")
def slim_neck():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)

    def gsconv(x, width):
        a = cna(x, width // 2, 1, act="silu")
        b = L.Activation("silu")(L.BatchNormalization()(L.DepthwiseConv2D(5, padding="same")(a)))
        y = L.Concatenate()([a, b])
        h = y.shape[1]
        y = ops.transpose(L.Reshape((h, h, 2, width // 2))(y), (0, 1, 2, 4, 3))
        return L.Reshape((h, h, width))(y)

    for _ in range(4):
        x = gsconv(gsconv(x, 16), 32)
    return keras.Model(inputs, L.Conv2D(24, 1)(x))


@named("Exchange unit", "HRNet module", "Basic block", "Multi-resolution fusion", "High-resolution module",
       "HRNet exchange unit")  # fmt: skip
def hrnet():
    inputs = image(64)
    high = cna(inputs, 16, 3, 2)
    low = cna(high, 32, 3, 2)

    def basic(x):
        y = cna(cna(x, x.shape[-1]), x.shape[-1], act=None)
        return L.ReLU()(L.Add()([x, y]))

    for _ in range(4):
        for _ in range(2):
            high, low = basic(high), basic(low)
        up = L.UpSampling2D()(cna(low, 16, 1, act=None))
        down = cna(high, 32, 3, 2, act=None)
        high, low = L.ReLU()(high + up), L.ReLU()(low + down)
    return keras.Model(inputs, L.Conv2D(17, 1)(L.Concatenate()([high, L.UpSampling2D()(low)])))


@named("V-Net level", "Residual down level", "Residual up level", "V-Net down level", "V-Net up level",
       "V-Net encoder level", "V-Net decoder level", "Residual U-Net encoder level",
       "Residual U-Net decoder level")  # fmt: skip
def vnet():
    x = inputs = keras.Input((32, 32, 32, 1))

    def act(x):
        return L.PReLU(shared_axes=[1, 2, 3])(x)

    def level(x, width, count, other=None):
        y = x if other is None else L.Concatenate()([x, other])
        for _ in range(count):
            y = act(L.Conv3D(width, 5, padding="same")(y))
        return L.Add()([x, y])

    x = L.Conv3D(8, 5, padding="same")(x)
    skips = []
    for width, count in ((8, 1), (16, 2), (32, 3)):
        x = level(x, width, count)
        skips.append(x)
        x = act(L.Conv3D(2 * width, 2, 2)(x))
    x = level(x, 64, 3)
    for width, count in ((32, 3), (16, 2), (8, 1)):
        x = act(L.Conv3DTranspose(width, 2, 2)(x))
        x = level(x, width, count, skips.pop())
    return keras.Model(inputs, L.Conv3D(2, 1, activation="softmax")(x))


@named("Hybrid dilated convolution block", "DenseASPP layer", "Dense dilated layer", "Dense layer", "DenseASPP")
def dense_aspp():
    inputs = image(64)
    x = cna(inputs, 48, 3, 2)
    for rate in (3, 6, 12, 18, 24):
        y = cna(x, 32, 1)
        y = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 3, padding="same", dilation_rate=rate)(y)))
        x = L.Concatenate()([y, x])
    return keras.Model(inputs, L.UpSampling2D(2)(L.Conv2D(19, 1)(x)))


@named("Multi-scale feature aggregation", "Selective kernel feature fusion", "Multi-scale residual block", "SKFF",
       "Dual attention unit")  # fmt: skip
def dual_attention_unit():
    inputs = image(32)
    x = L.Conv2D(24, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.Conv2D(24, 3, padding="same")(L.PReLU(shared_axes=[1, 2])(L.Conv2D(24, 3, padding="same")(x)))
        flat = ops.concatenate([ops.max(y, axis=-1, keepdims=True), ops.mean(y, axis=-1, keepdims=True)], axis=-1)
        spatial = y * L.Conv2D(1, 5, padding="same", activation="sigmoid")(flat)
        c = L.GlobalAveragePooling2D(keepdims=True)(y)
        channel = y * L.Conv2D(24, 1, activation="sigmoid")(L.Conv2D(4, 1, activation="relu")(c))
        x = x + L.Conv2D(24, 1)(L.Concatenate()([spatial, channel]))
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))
