"""Networks that classify images and videos: a third set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp
from .vision import cna, finish, image

ENCODER = ("Encoder layer", "Transformer encoder layer", "Pre-norm encoder layer")


@named("BlazeBlock", "BlazeFace block", "Residual separable block")
def blaze_face():
    inputs = image(64)
    x = cna(inputs, 24, 5, 2)
    for _ in range(5):
        y = L.Conv2D(24, 1)(L.DepthwiseConv2D(5, padding="same")(x))
        x = L.ReLU()(L.Add()([x, L.BatchNormalization()(y)]))
    return finish(inputs, x)


@named("Residual separable block", "Double BlazeBlock", "BlazeBlock")
def blaze_double():
    inputs = image(64)
    x = cna(inputs, 48, 5, 2)
    for _ in range(5):
        y = L.Conv2D(24, 1)(L.DepthwiseConv2D(5, padding="same")(x))
        y = L.Conv2D(48, 1)(L.DepthwiseConv2D(5, padding="same")(L.ReLU()(y)))
        x = L.ReLU()(x + y)
    return finish(inputs, x)


@named("CoAtNet layer", *ENCODER, "MBConv", "Inverted residual")
def coatnet_small():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2, "gelu")
    for _ in range(3):
        y = cna(L.BatchNormalization()(x), 128, 1, act="gelu")
        y = L.Activation("gelu")(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(y)))
        s = L.Dense(128, activation="sigmoid")(L.Dense(8, activation="silu")(L.GlobalAveragePooling2D()(y)))
        x = x + L.Conv2D(32, 1)(y * s[:, None, None])
    x = L.Reshape((256, 48))(cna(x, 48, 3, 2))
    for _ in range(4):
        y = ln()(x)
        x = mlp(x + L.MultiHeadAttention(4, 12)(y, y))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("CaiT layer", "Layer-scale encoder layer", *ENCODER)
def deit_scaled():
    inputs = image(32)
    x = L.Reshape((64, 48))(L.Conv2D(48, 4, 4)(inputs))

    class Scale(L.Layer):
        def build(self, shape):
            self.gamma = self.add_weight(shape=(shape[-1],), initializer="zeros")

        def call(self, x):
            return x * self.gamma

    for _ in range(6):
        y = ln()(x)
        x = x + Scale()(L.MultiHeadAttention(4, 12)(y, y))
        x = x + Scale()(L.Dense(48)(L.Dense(192, activation="gelu")(ln()(x))))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("InceptionNeXt block")
def inception_next():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(5):
        a, b, c, d = ops.split(x, [20, 24, 28], axis=-1)
        b = L.DepthwiseConv2D(3, padding="same")(b)
        c = L.DepthwiseConv2D((1, 11), padding="same")(c)
        d = L.DepthwiseConv2D((11, 1), padding="same")(d)
        y = L.BatchNormalization()(L.Concatenate()([a, b, c, d]))
        x = x + L.Conv2D(32, 1)(L.Activation("gelu")(L.Conv2D(128, 1)(y)))
    return finish(inputs, x)


@named("SCNet bottleneck", "Self-calibrated bottleneck", "Self-calibrated convolution")
def self_calibrated():
    inputs = image(64)
    x = cna(inputs, 64, 3, 2)
    for _ in range(4):
        a, b = cna(x, 16, 1), cna(x, 16, 1)
        plain = cna(a, 16)
        gate = L.UpSampling2D(4)(L.BatchNormalization()(L.Conv2D(16, 3, padding="same")(L.AveragePooling2D(4)(b))))
        gate = ops.sigmoid(b + gate)
        b = cna(L.BatchNormalization()(L.Conv2D(16, 3, padding="same")(b)) * gate, 16)
        y = cna(L.Concatenate()([plain, b]), 64, 1, act=None)
        x = L.ReLU()(x + y)
    return finish(inputs, x)


@named("Pyramidal bottleneck", "PyConv bottleneck", "Pyramidal convolution", "PyConv block")
def pyramidal_convolution():
    inputs = image(64)
    x = cna(inputs, 64, 7, 2)
    for _ in range(4):
        y = cna(x, 32, 1)
        parts = [L.Conv2D(8, k, padding="same", groups=g)(y) for k, g in ((9, 8), (7, 4), (5, 2), (3, 1))]
        y = L.ReLU()(L.BatchNormalization()(L.Concatenate()(parts)))
        x = L.ReLU()(x + cna(y, 64, 1, act=None))
    return finish(inputs, x)


@named("Spatial-shift block", "S2-MLP block", "Mixer layer")
def shift_mlp():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(5):
        y = L.Activation("gelu")(L.Dense(32)(ln()(x)))
        parts = ops.split(y, 4, axis=-1)
        moved = [ops.roll(p, s, axis=a) for p, (s, a) in zip(parts, ((1, 1), (-1, 1), (1, 2), (-1, 2)), strict=True)]
        x = x + L.Dense(32)(L.Concatenate()(moved))
        x = mlp(x)
    return finish(inputs, x)


@named("Parallel layer", "Parallel Transformer layer", "Parallel block")
def vit_parallel():
    inputs = image(32)
    x = L.Reshape((64, 48))(L.Conv2D(48, 4, 4)(inputs))
    for _ in range(5):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y) + L.Dense(48)(L.Dense(192, activation="gelu")(y))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("Depthwise separable", "MobileNet block", "Depthwise separable block")
def mobilenet_prelu():
    inputs = image(64)
    x = cna(inputs, 16, 3, 2)
    for width, stride in ((32, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 1)):
        x = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(L.DepthwiseConv2D(3, stride, padding="same")(x)))
        x = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(L.Conv2D(width, 1)(x)))
    return finish(inputs, x)


@named("Poly-2 module", "Poly module", "PolyInception module", "Poly-Inception module")
def polynet():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)

    def inception(x):
        a, b = cna(x, 16, 1), cna(cna(cna(x, 8, 1), 12, (1, 7)), 16, (7, 1))
        return cna(L.Concatenate()([a, b]), 32, 1, act=None)

    for _ in range(4):
        f = inception(x)
        x = L.ReLU()(L.Add()([x, f, inception(L.ReLU()(f))]))
    return finish(inputs, x)


@named("Multiscale attention block", "MViT block", "Pooling attention block", *ENCODER)
def mvit():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = ln()(x)
        q, k, v = L.Dense(32)(y), L.Dense(32)(y), L.Dense(32)(y)
        k = ln()(L.DepthwiseConv2D(3, 2, padding="same")(k))
        v = ln()(L.DepthwiseConv2D(3, 2, padding="same")(v))
        q = ln()(L.DepthwiseConv2D(3, padding="same")(q))
        q, k, v = L.Reshape((64, 32))(q), L.Reshape((16, 32))(k), L.Reshape((16, 32))(v)
        y = L.Attention(use_scale=True)([q, v, k]) + q
        x = x + L.Dense(32)(L.Reshape((8, 8, 32))(y))
        x = mlp(x)
    return finish(inputs, x)


@named(
    "Cross-attention of class tokens",
    "Encoder layer",
    "CrossViT block",
    "Multi-scale encoder",
    "Cross-attention layer",
    "CrossViT encoder",
)
def crossvit():
    inputs = image(32)
    small = L.Reshape((64, 32))(L.Conv2D(32, 4, 4)(inputs))
    large = L.Reshape((16, 48))(L.Conv2D(48, 8, 8)(inputs))
    for _ in range(3):
        y = ln()(small)
        small = mlp(small + L.MultiHeadAttention(4, 8)(y, y))
        y = ln()(large)
        large = mlp(large + L.MultiHeadAttention(4, 12)(y, y))
        s, t = L.Dense(48)(ln()(small[:, :1])), L.Dense(32)(ln()(large[:, :1]))
        s = s + L.MultiHeadAttention(4, 12)(s, large)
        t = t + L.MultiHeadAttention(4, 8)(t, small)
        small = ops.concatenate([small[:, :1] + L.Dense(32)(s), small[:, 1:]], axis=1)
        large = ops.concatenate([large[:, :1] + L.Dense(48)(t), large[:, 1:]], axis=1)
    return keras.Model(inputs, L.Dense(10)(L.Concatenate()([small[:, 0], large[:, 0]])))


@named("ResNeXt bottleneck", "RegNet X block")
def regnet_x():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for width, count in ((32, 2), (64, 4)):
        for place in range(count):
            stride = 2 if place == 0 else 1
            y = cna(cna(cna(x, width, 1), width, 3, stride, groups=width // 8), width, 1, act=None)
            skip = cna(x, width, 1, stride, act=None) if place == 0 else x
            x = L.ReLU()(L.Add()([y, skip]))
    return finish(inputs, x)


@named("ResNet-D bottleneck", "Bottleneck", "SE bottleneck")
def resnet_d():
    inputs = image(64)
    x = cna(cna(cna(inputs, 16, 3, 2), 16), 32)
    for width, count in ((16, 2), (32, 3), (64, 2)):
        for place in range(count):
            stride = 2 if place == 0 and width > 16 else 1
            y = cna(cna(cna(x, width, 1), width, 3, stride), 4 * width, 1, act=None)
            if place == 0:
                x = L.AveragePooling2D(stride, padding="same")(x) if stride > 1 else x
                x = cna(x, 4 * width, 1, act=None)
            x = L.ReLU()(L.Add()([y, x]))
    return finish(inputs, x)


@named("Outlooker", "Outlook attention block", "Outlooker block")
def volo():
    inputs = image(32)
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = ln()(x)
        v = L.Reshape((64, 9, 32))(ops.image.extract_patches(L.Dense(32)(y), 3, 1, padding="same"))
        a = L.Softmax()(L.Reshape((64, 9, 9))(L.Dense(81)(y)))
        y = L.Reshape((8, 8, 32))(ops.mean(ops.matmul(a, v), axis=2))
        x = mlp(x + L.Dense(32)(y))
    return finish(inputs, x)


@named("Normaliser-free block", "NF block", "NFNet block", "Pre-activation bottleneck", "NF bottleneck",
       "Normaliser-free bottleneck", "SE bottleneck", "ResNeXt bottleneck")  # fmt: skip
def nfnet():
    inputs = image(64)
    x = L.Conv2D(64, 3, 2, padding="same")(inputs)
    for _ in range(5):
        y = L.Activation("gelu")(x) * 1.7
        y = L.Activation("gelu")(L.Conv2D(32, 1)(y)) * 1.7
        y = L.Activation("gelu")(L.Conv2D(32, 3, padding="same", groups=4)(y)) * 1.7
        y = L.Conv2D(64, 1)(y)
        s = L.Conv2D(64, 1, activation="sigmoid")(L.Conv2D(16, 1, activation="relu")(ops.mean(y, (1, 2), True)))
        x = x + 0.2 * (2 * s * y)
    return finish(inputs, x)


@named("TSM bottleneck", "Temporal shift bottleneck", "Temporal shift block", "TSM block", "Bottleneck")
def temporal_shift():
    inputs = keras.Input((8, 32, 32, 3))
    x = L.TimeDistributed(L.Conv2D(64, 7, 4, padding="same"))(inputs)
    for _ in range(4):
        back, forth, still = ops.split(x, [8, 16], axis=-1)
        back = ops.pad(back[:, 1:], ((0, 0), (0, 1), (0, 0), (0, 0), (0, 0)))
        forth = ops.pad(forth[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0), (0, 0)))
        y = L.Concatenate()([back, forth, still])
        for width, kernel in ((16, 1), (16, 3), (64, 1)):
            y = L.BatchNormalization()(L.TimeDistributed(L.Conv2D(width, kernel, padding="same"))(y))
            y = L.ReLU()(y) if width == 16 else y
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("S3D block", "Separable 3-D convolution", "(2+1)D block", "Separable 3D convolution")
def separable_video():
    inputs = keras.Input((16, 32, 32, 3))
    x = inputs
    for width in (16, 32, 48, 64, 64):
        x = L.Conv3D(width, (1, 3, 3), padding="same", use_bias=False)(x)
        x = L.ReLU()(L.BatchNormalization()(x))
        x = L.Conv3D(width, (3, 1, 1), padding="same", use_bias=False)(x)
        x = L.ReLU()(L.BatchNormalization()(x))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("MoViNet block", "X3D block", "Inverted residual", "MBConv")
def movinet():
    inputs = keras.Input((8, 32, 32, 3))
    x = L.Conv3D(16, (1, 3, 3), (1, 2, 2), padding="same")(inputs)
    for _ in range(4):
        y = L.Activation("silu")(L.BatchNormalization()(L.Conv3D(48, 1)(x)))
        y = L.Conv3D(48, (5, 3, 3), padding="same", groups=48)(y)
        y = L.Activation("silu")(L.BatchNormalization()(y))
        s = L.GlobalAveragePooling3D(keepdims=True)(y)
        y = y * L.Conv3D(48, 1, activation="sigmoid")(L.Conv3D(12, 1, activation="silu")(s))
        x = x + L.BatchNormalization()(L.Conv3D(16, 1)(y))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("VGG block", "Convolutional block")
def vgg_gelu():
    inputs = image(64)
    x = inputs
    for width in (16, 32, 64, 64):
        for _ in range(2):
            x = L.Conv2D(width, 3, padding="same", activation="gelu")(x)
        x = L.Dropout(0.25)(L.MaxPooling2D()(x))
    return keras.Model(inputs, L.Dense(10)(L.Dense(64, activation="relu")(L.Flatten()(x))))


@named("Separable attention block", "MobileViT V2 block", "Separable self-attention block", "Linear transformer layer",
       "Separable self-attention layer")  # fmt: skip
def mobilevit_v2():
    inputs = image(32)
    x = L.Reshape((64, 48))(L.Conv2D(48, 4, 4)(inputs))
    for _ in range(4):
        y = ln()(x)
        scores = ops.softmax(L.Dense(1)(y), axis=1)
        context = ops.sum(scores * L.Dense(48)(y), axis=1, keepdims=True)
        x = x + L.Dense(48)(ops.relu(L.Dense(48)(y)) * context)
        x = mlp(x, 2)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("Local perception and encoder layer", "CMT block", "LocalViT layer", "Locally enhanced encoder layer",
       "CeiT layer", "LeFF encoder layer")  # fmt: skip
def ceit():
    inputs = image(32)
    x = L.Reshape((64, 32))(L.Conv2D(32, 4, 4)(inputs))
    for _ in range(5):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 8)(y, y)
        y = L.Activation("gelu")(L.Dense(128)(ln()(x)))
        y = L.Activation("gelu")(L.DepthwiseConv2D(3, padding="same")(L.Reshape((8, 8, 128))(y)))
        x = x + L.Dense(32)(L.Reshape((64, 128))(y))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))
