"""Networks that classify images."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


def image(size=32):
    return keras.Input((size, size, 3))


def finish(inputs, x):
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


def cna(x, width, kernel=3, stride=1, act="relu", norm=L.BatchNormalization, groups=1):
    x = L.Conv2D(width, kernel, stride, padding="same", use_bias=False, groups=groups)(x)
    x = norm()(x)
    return L.Activation(act)(x) if act else x


@named("Bottleneck")
def bottleneck_elu():
    inputs = image()
    x = cna(inputs, 16, 3, act="elu")
    for width, count in ((8, 3), (16, 4)):
        for place in range(count):
            skip = x
            stride = 2 if width == 16 and place == 0 else 1
            if place == 0:
                skip = L.GroupNormalization(4)(L.Conv2D(4 * width, 1, stride)(x))
            y = cna(x, width, 1, stride, "elu", lambda: L.GroupNormalization(4))
            y = cna(y, width, 3, 1, "elu", lambda: L.GroupNormalization(4))
            y = cna(y, 4 * width, 1, 1, None, lambda: L.GroupNormalization(4))
            x = L.Activation("elu")(L.Add()([y, skip]))
    return finish(inputs, x)


@named("Pre-activation basic block")
def wide_dropout():
    inputs = image()
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        for place in range(3):
            y = L.ReLU()(L.BatchNormalization()(x))
            skip = L.Conv2D(width, 1, stride if place == 0 else 1)(y) if place == 0 else x
            y = L.Conv2D(width, 3, stride if place == 0 else 1, padding="same")(y)
            y = L.Dropout(0.3)(L.ReLU()(L.BatchNormalization()(y)))
            y = L.Conv2D(width, 3, padding="same")(y)
            x = L.add([skip, y])
    return finish(inputs, x)


@named("Inverted residual")
def inverted_hswish():
    inputs = image()
    x = cna(inputs, 16, 3, 2, "hard_silu")
    for width, stride, count in ((16, 1, 3), (24, 2, 4), (40, 2, 4)):
        for place in range(count):
            y = cna(x, x.shape[-1] * 4, 1, act="hard_silu")
            y = L.DepthwiseConv2D(5, stride if place == 0 else 1, padding="same")(y)
            y = L.Activation("hard_silu")(L.BatchNormalization()(y))
            y = cna(y, width, 1, act=None)
            x = y + x if place else y
    return finish(inputs, x)


@named("MBConv")
def mbconv_se_conv():
    inputs = image()
    x = cna(inputs, 16, 3, 2, "silu")
    for width, stride, count in ((16, 1, 3), (24, 2, 4), (40, 2, 4)):
        for place in range(count):
            y = cna(x, x.shape[-1] * 6, 1, act="silu")
            y = L.DepthwiseConv2D(3, stride if place == 0 else 1, padding="same")(y)
            y = L.Activation("silu")(L.BatchNormalization()(y))
            s = L.GlobalAveragePooling2D(keepdims=True)(y)
            s = L.Conv2D(8, 1, activation="silu")(s)
            s = L.Conv2D(y.shape[-1], 1, activation="sigmoid")(s)
            y = cna(y * s, width, 1, act=None)
            x = L.Add()([x, L.Dropout(0.2, noise_shape=(None, 1, 1, 1))(y)]) if place else y
    return finish(inputs, x)


@named("Fused-MBConv")
def fused_mbconv():
    inputs = image()
    x = cna(inputs, 16, 3, 2, "silu")
    for _ in range(5):
        y = cna(x, 64, 3, act="silu")
        x = L.Add()([x, cna(y, 16, 1, act=None)])
    return finish(inputs, x)


@named("Dense layer", "Transition", "Dense block")
def densenet_dropout():
    inputs = image()
    x = L.Conv2D(24, 3, padding="same")(inputs)
    for stage in range(3):
        for _ in range(4):
            y = L.Conv2D(48, 1, use_bias=False)(L.ReLU()(L.BatchNormalization()(x)))
            y = L.Conv2D(12, 3, padding="same", use_bias=False)(L.ReLU()(L.BatchNormalization()(y)))
            x = L.Concatenate()([x, L.Dropout(0.2)(y)])
        if stage < 2:
            x = L.Conv2D(x.shape[-1] // 2, 1)(L.ReLU()(L.BatchNormalization()(x)))
            x = L.AveragePooling2D(2)(x)
    return finish(inputs, x)


@named("VGG block")
def vgg_bn_dropout():
    x = inputs = image(64)
    for width in (16, 32, 64, 64):
        for _ in range(2):
            x = L.BatchNormalization()(L.Conv2D(width, 3, padding="same", activation="relu")(x))
        x = L.Dropout(0.25)(L.MaxPooling2D()(x))
    x = L.Dense(64, activation="relu")(L.Flatten()(x))
    return keras.Model(inputs, L.Dense(10, activation="softmax")(L.Dropout(0.5)(x)))


@named("ConvNeXt block")
def convnext_conv():
    inputs = image(64)
    x = L.LayerNormalization()(L.Conv2D(16, 4, 4)(inputs))
    for width in (16, 32):
        if width == 32:
            x = L.Conv2D(width, 2, 2)(L.LayerNormalization()(x))
        for _ in range(4):
            y = L.LayerNormalization()(L.DepthwiseConv2D(7, padding="same")(x))
            y = L.Conv2D(width, 1)(L.Activation("gelu")(L.Conv2D(4 * width, 1)(y)))
            x = x + L.Dropout(0.1)(y)
    return finish(inputs, x)


@named("Fire module")
def fire_bn():
    inputs = image(64)
    x = L.MaxPooling2D()(cna(inputs, 16, 3))
    for width in (8, 8, 16, 16, 24, 24):
        s = cna(x, width, 1)
        x = L.concatenate([cna(s, 4 * width, 1), cna(s, 4 * width, 3)])
        if width == 16:
            x = L.MaxPooling2D(3, 2, padding="same")(x)
    return finish(inputs, x)


@named("Inception module")
def inception_bn():
    inputs = image(64)
    x = L.MaxPooling2D()(cna(inputs, 32, 7, 2))
    for width in (8, 8, 16, 16, 16):
        a = cna(x, width, 1)
        b = cna(cna(x, width, 1), 2 * width, 3)
        c = cna(cna(x, width, 1), width, 5)
        d = cna(L.MaxPooling2D(3, 1, padding="same")(x), width, 1)
        x = L.Concatenate()([a, b, c, d])
    return finish(inputs, x)


@named("ShuffleNet V2 unit", "ShuffleNetV2 unit", "ShuffleNet unit")
def shuffle_v2():
    inputs = image(64)
    x = cna(inputs, 24, 3, 2)
    for width in (48, 96):
        a = L.BatchNormalization()(L.DepthwiseConv2D(3, 2, padding="same")(x))
        a = cna(a, width // 2, 1)
        b = L.BatchNormalization()(L.DepthwiseConv2D(3, 2, padding="same")(cna(x, width // 2, 1)))
        x = L.Concatenate()([a, cna(b, width // 2, 1)])
        size = x.shape[1]
        for _ in range(3):
            x = L.Reshape((size, size, width))(L.Permute((1, 2, 4, 3))(L.Reshape((size, size, 2, width // 2))(x)))
            left, right = ops.split(x, 2, axis=-1)
            right = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(cna(right, width // 2, 1)))
            x = L.Concatenate()([left, cna(right, width // 2, 1)])
    return finish(inputs, x)


@named("PoolFormer block", "MetaFormer block")
def poolformer_scale():
    inputs = image(64)
    x = L.Conv2D(32, 7, 4, padding="same")(inputs)
    for _ in range(5):
        y = L.GroupNormalization(1)(x)
        x = x + (L.AveragePooling2D(3, 1, padding="same")(y) - y)
        y = L.Conv2D(128, 1, activation="gelu")(L.GroupNormalization(1)(x))
        x = x + L.Conv2D(32, 1)(y)
    return finish(inputs, x)


@named("Mixer layer")
def mixer_permute():
    inputs = image(64)
    x = L.Reshape((64, 48))(L.Conv2D(48, 8, 8)(inputs))
    for _ in range(5):
        y = L.Permute((2, 1))(L.LayerNormalization()(x))
        y = L.Dense(64)(L.Activation("gelu")(L.Dense(128)(y)))
        x = L.Add()([x, L.Permute((2, 1))(y)])
        y = L.Dense(192, activation="gelu")(L.LayerNormalization()(x))
        x = L.Add()([x, L.Dropout(0.1)(L.Dense(48)(y))])
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("gMLP block")
def gmlp_split():
    inputs = image(64)
    x = L.Reshape((64, 48))(L.Conv2D(48, 8, 8)(inputs))
    for _ in range(4):
        y = L.Dense(192, activation="gelu")(L.LayerNormalization()(x))
        u, v = ops.split(y, 2, axis=-1)
        v = ops.transpose(L.LayerNormalization()(v), (0, 2, 1))
        v = ops.transpose(L.Dense(64)(v), (0, 2, 1))
        x = x + L.Dense(48)(u * v)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("ConvMixer layer")
def convmixer():
    inputs = image(64)
    x = L.BatchNormalization()(L.Activation("gelu")(L.Conv2D(64, 4, 4)(inputs)))
    for _ in range(6):
        y = L.BatchNormalization()(L.Activation("gelu")(L.DepthwiseConv2D(9, padding="same")(x)))
        x = L.BatchNormalization()(L.Activation("gelu")(L.Conv2D(64, 1)(L.Add()([x, y]))))
    return finish(inputs, x)


@named("Encoder layer", "Pre-norm encoder layer", "Transformer encoder layer")
def vit_small():
    inputs = image(64)
    x = L.Reshape((64, 48))(L.Conv2D(48, 8, 8)(inputs))
    x = x + L.Embedding(64, 48)(ops.arange(64))
    for _ in range(6):
        y = L.LayerNormalization()(x)
        x = L.Add()([L.MultiHeadAttention(4, 12, dropout=0.1)(y, y), x])
        y = L.Dense(96, activation="gelu")(L.LayerNormalization()(x))
        y = L.Dropout(0.1)(L.Dense(48)(L.Dropout(0.1)(y)))
        x = L.Add()([y, x])
    return keras.Model(inputs, L.Dense(10)(L.Flatten()(L.LayerNormalization()(x))))


@named("RepVGG block")
def repvgg_train():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for _ in range(5):
        ways = [cna(x, 32, 3, act=None), cna(x, 32, 1, act=None), L.BatchNormalization()(x)]
        x = L.ReLU()(L.Add()(ways))
    return finish(inputs, x)


@named("SE bottleneck", "SE-ResNeXt bottleneck")
def se_resnext():
    inputs = image(64)
    x = cna(inputs, 64, 7, 2)
    for _ in range(4):
        y = cna(cna(x, 32, 1), 32, 3, groups=8)
        y = cna(y, 64, 1, act=None)
        s = L.Dense(4, activation="relu")(L.GlobalAveragePooling2D()(y))
        s = L.Reshape((1, 1, 64))(L.Dense(64, activation="sigmoid")(s))
        x = L.ReLU()(L.Add()([L.Multiply()([y, s]), x]))
    return finish(inputs, x)


@named("SK unit", "Selective kernel unit")
def selective_kernel():
    inputs = image(64)
    x = cna(inputs, 64, 7, 2)
    for _ in range(4):
        y = cna(x, 32, 1)
        a, b = cna(y, 32, 3, groups=8), cna(y, 32, 5, groups=8)
        s = L.GlobalAveragePooling2D(keepdims=True)(L.Add()([a, b]))
        s = L.Dense(16, activation="relu")(s)
        w = L.Softmax(axis=1)(L.Concatenate(axis=1)([L.Dense(32)(s), L.Dense(32)(s)]))
        y = L.Add()([L.Multiply()([a, w[:, :1]]), L.Multiply()([b, w[:, 1:]])])
        x = L.ReLU()(L.Add()([cna(y, 64, 1, act=None), x]))
    return finish(inputs, x)


@named("VAN block", "Large kernel attention", "Visual attention network block")
def large_kernel_attention():
    inputs = image(64)
    x = L.Conv2D(32, 7, 4, padding="same")(inputs)
    for _ in range(4):
        y = L.Activation("gelu")(L.Conv2D(32, 1)(L.BatchNormalization()(x)))
        a = L.DepthwiseConv2D(5, padding="same")(y)
        a = L.DepthwiseConv2D(7, padding="same", dilation_rate=3)(a)
        y = L.Conv2D(32, 1)(y * L.Conv2D(32, 1)(a))
        x = x + y
        y = L.Conv2D(128, 1)(L.BatchNormalization()(x))
        y = L.Activation("gelu")(L.DepthwiseConv2D(3, padding="same")(y))
        x = x + L.Conv2D(32, 1)(y)
    return finish(inputs, x)


@named("Mlpconv block", "Mlpconv layer", "NiN block")
def network_in_network():
    x = inputs = image()
    for width, kernel in ((48, 5), (64, 5), (64, 3)):
        x = L.Conv2D(width, kernel, padding="same", activation="relu")(x)
        x = L.Conv2D(width, 1, activation="relu")(x)
        x = L.Conv2D(width, 1, activation="relu")(x)
        x = L.Dropout(0.5)(L.MaxPooling2D(3, 2)(x))
    return finish(inputs, x)


@named("Depthwise separable", "Depthwise separable convolution")
def mobilenet_plain():
    inputs = image(64)
    x = cna(inputs, 16, 3, 2)
    for width, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1)):
        x = L.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
        x = L.LeakyReLU()(L.BatchNormalization()(x))
        x = cna(x, width, 1, act="leaky_relu")
    return finish(inputs, x)


@named("Xception module", "Xception down module")
def xception_small():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for width in (64, 64, 64, 64):
        y = x
        for _ in range(3):
            y = L.BatchNormalization()(L.SeparableConv2D(width, 3, padding="same")(L.ReLU()(y)))
        x = L.add([y, x if x.shape[-1] == width else L.Conv2D(width, 1)(x)])
    return finish(inputs, x)


@named("Ghost bottleneck", "Ghost module")
def ghost():
    inputs = image(64)
    x = cna(inputs, 16, 3, 2)

    def module(x, width, act):
        a = cna(x, width // 2, 1, act=act)
        b = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(a))
        return L.Concatenate()([a, L.Activation(act)(b) if act else b])

    for _ in range(4):
        x = L.Add()([x, module(module(x, 48, "relu"), 16, None)])
    return finish(inputs, x)


@named("Cross-stage partial block", "C3", "C3 module", "CSP layer")
def csp_c3():
    inputs = image(128)
    x = cna(inputs, 16, 6, 2, "silu")
    for width, count in ((32, 2), (64, 3), (64, 2)):
        x = cna(x, width, 3, 2, "silu")
        y, z = cna(x, width // 2, 1, act="silu"), cna(x, width // 2, 1, act="silu")
        for _ in range(count):
            y = L.Add()([y, cna(cna(y, width // 2, 1, act="silu"), width // 2, 3, act="silu")])
        x = cna(L.Concatenate()([y, z]), width, 1, act="silu")
    return finish(inputs, x)


@named("Global context block", "GC bottleneck", "Bottleneck", "GCNet bottleneck")
def global_context():
    inputs = image(64)
    x = cna(inputs, 64, 7, 4)
    for _ in range(4):
        y = cna(cna(cna(x, 16, 1), 16, 3), 64, 1, act=None)
        size = y.shape[1] * y.shape[2]
        w = L.Softmax(axis=1)(L.Reshape((size, 1))(L.Conv2D(1, 1)(y)))
        c = L.Dot(axes=1)([w, L.Reshape((size, 64))(y)])
        c = L.Reshape((1, 1, 64))(c)
        c = L.Conv2D(64, 1)(L.ReLU()(L.LayerNormalization()(L.Conv2D(8, 1)(c))))
        x = L.ReLU()(L.Add()([L.Add()([y, c]), x]))
    return finish(inputs, x)


@named("Basic block")
def alphazero():
    inputs = keras.Input((9, 9, 17))
    x = cna(inputs, 32, 3)
    for _ in range(6):
        x = L.ReLU()(L.Add()([x, cna(cna(x, 32, 3), 32, 3, act=None)]))
    policy = L.Dense(82, activation="softmax")(L.Flatten()(cna(x, 2, 1)))
    value = L.Dense(32, activation="relu")(L.Flatten()(cna(x, 1, 1)))
    return keras.Model(inputs, [policy, L.Dense(1, activation="tanh")(value)])


@named("IMPALA residual section", "Pre-activation basic block", "Basic block", "IMPALA section")
def impala_five():
    x = inputs = keras.Input((64, 64, 4))
    for width in (16, 32, 32):
        x = L.MaxPooling2D(3, 2, padding="same")(L.Conv2D(width, 3, padding="same")(x))
        for _ in range(2):
            y = L.Conv2D(width, 3, padding="same")(L.ReLU()(x))
            x = x + L.Conv2D(width, 3, padding="same")(L.ReLU()(y))
    x = L.Dense(64, activation="relu")(L.Flatten()(L.ReLU()(x)))
    return keras.Model(inputs, [L.Dense(15)(x), L.Dense(1)(x)])


@named("CBAM basic block", "CBAM", "CBAM bottleneck")
def cbam_basic():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for _ in range(4):
        y = cna(cna(x, 32, 3), 32, 3, act=None)
        first, second = L.Dense(4, activation="relu"), L.Dense(32)
        a = second(first(L.GlobalAveragePooling2D()(y))) + second(first(L.GlobalMaxPooling2D()(y)))
        y = y * L.Reshape((1, 1, 32))(L.Activation("sigmoid")(a))
        m = L.Concatenate()([ops.mean(y, axis=-1, keepdims=True), ops.max(y, axis=-1, keepdims=True)])
        y = y * L.Conv2D(1, 7, padding="same", activation="sigmoid")(m)
        x = L.ReLU()(x + y)
    return finish(inputs, x)
