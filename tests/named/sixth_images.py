"""Networks of vision, segmentation and restoration: a sixth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


def conv(x, width, size=3, stride=1, rate=1, activation="relu", norm=True, groups=1):
    x = L.Conv2D(width, size, strides=stride, dilation_rate=rate, padding="same", use_bias=not norm, groups=groups)(x)
    x = L.BatchNormalization()(x) if norm else x
    return L.Activation(activation)(x) if activation else x


def depthwise(x, size=3, activation="relu", rate=1):
    x = L.DepthwiseConv2D(size, padding="same", use_bias=False, dilation_rate=rate)(x)
    x = L.BatchNormalization()(x)
    return L.Activation(activation)(x) if activation else x


def trunk(block, width=32, copies=4, size=32, classes=10):
    inputs = keras.Input((size, size, 3))
    x = conv(inputs, width, 7, 2)
    for _ in range(copies):
        x = block(x)
    return keras.Model(inputs, L.Dense(classes)(L.GlobalAveragePooling2D()(x)))


def restored(block, width=32, copies=4, size=32):
    inputs = keras.Input((size, size, 3))
    x = first = L.Conv2D(width, 3, padding="same")(inputs)
    for _ in range(copies):
        x = block(x)
    x = L.Conv2D(width, 3, padding="same")(x) + first
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x) + inputs)


def z_pool(x, axis):
    return L.Concatenate(axis=axis)([ops.max(x, axis=axis, keepdims=True), ops.mean(x, axis=axis, keepdims=True)])


@named("Triplet attention", "Basic block with triplet attention", "Triplet attention block")
def triplet_attention():
    def gate(x):
        g = L.Conv2D(1, 7, padding="same", use_bias=False)(z_pool(x, -1))
        return L.Multiply()([x, L.Activation("sigmoid")(L.BatchNormalization()(g))])

    def block(x):
        y = conv(conv(x, 32), 32, activation=None)
        a = L.Permute((1, 3, 2))(gate(L.Permute((1, 3, 2))(y)))
        b = L.Permute((3, 2, 1))(gate(L.Permute((3, 2, 1))(y)))
        return L.ReLU()(L.Add()([x, L.Average()([a, b, gate(y)])]))

    return trunk(block)


@named("Strip pooling module", "Strip pooling", "Strip pooling block")
def strip_pooling():
    def block(x):
        h = conv(ops.mean(x, axis=2, keepdims=True), 32, (3, 1), activation=None)
        w = conv(ops.mean(x, axis=1, keepdims=True), 32, (1, 3), activation=None)
        y = L.Conv2D(32, 1, activation="sigmoid")(L.ReLU()(h + w))
        return L.Multiply()([x, y])

    return trunk(lambda x: block(conv(x, 32)))


@named("SimAM", "Basic block with SimAM", "SimAM block")
def simam():
    def block(x):
        y = conv(conv(x, 32), 32, activation=None)
        d = ops.square(y - ops.mean(y, axis=[1, 2], keepdims=True))
        v = ops.sum(d, axis=[1, 2], keepdims=True) / 255.0
        e = d / (4 * (v + 1e-4)) + 0.5
        return L.ReLU()(y * ops.sigmoid(e) + x)

    return trunk(block)


@named("Diverse branch block")
def diverse_branch():
    def block(x):
        a = conv(x, 32, activation=None)
        b = conv(x, 32, 1, activation=None)
        c = conv(conv(x, 32, 1, activation=None), 32, activation=None)
        d = L.BatchNormalization()(L.AveragePooling2D(3, 1, "same")(conv(x, 32, 1, activation=None)))
        return L.ReLU()(L.Add()([a, b, c, d]))

    return trunk(block)


@named("Dynamic convolution", "Dynamic convolution block", "CondConv", "Conditionally parameterised convolution")
def dynamic_convolution():
    def block(x):
        g = L.Dense(8, activation="relu")(L.GlobalAveragePooling2D()(x))
        g = L.Reshape((1, 1, 4))(L.Dense(4, activation="softmax")(g))
        ways = [L.Conv2D(32, 3, padding="same")(x) * g[..., k : k + 1] for k in range(4)]
        return L.ReLU()(L.BatchNormalization()(L.Add()(ways)))

    return trunk(block)


@named("ParNet block")
def parnet():
    def block(x):
        s = L.BatchNormalization()(x)
        g = L.Conv2D(32, 1, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(s))
        return L.Activation("silu")(
            L.Add()([conv(x, 32, 1, activation=None), conv(x, 32, activation=None), L.Multiply()([s, g])])
        )

    return trunk(block)


@named("Conv2Former block", "Convolutional modulation block", "Convolutional modulation")
def conv2former():
    def block(x):
        y = L.LayerNormalization()(x)
        a = L.DepthwiseConv2D(11, padding="same")(L.Activation("gelu")(L.Conv2D(32, 1)(y)))
        x = x + L.Conv2D(32, 1)(L.Multiply()([a, L.Conv2D(32, 1)(y)]))
        y = L.Conv2D(128, 1, activation="gelu")(L.LayerNormalization()(x))
        y = y + L.DepthwiseConv2D(3, padding="same", activation="gelu")(y)
        return x + L.Conv2D(32, 1)(y)

    return trunk(block)


@named("LSK block", "LSKNet block", "Large selective kernel block", "Selective kernel block")
def lsknet():
    def lsk(x):
        a = L.DepthwiseConv2D(5, padding="same")(x)
        b = L.DepthwiseConv2D(7, padding="same", dilation_rate=3)(a)
        a, b = L.Conv2D(16, 1)(a), L.Conv2D(16, 1)(b)
        both = L.Concatenate()([a, b])
        g = L.Conv2D(2, 7, padding="same", activation="sigmoid")(z_pool(both, -1))
        y = L.Conv2D(32, 1)(a * g[..., :1] + b * g[..., 1:])
        return L.Multiply()([x, y])

    def block(x):
        y = L.Conv2D(32, 1)(L.BatchNormalization()(x))
        y = L.Conv2D(32, 1)(lsk(L.Activation("gelu")(y)))
        x = x + y
        y = L.Conv2D(64, 1)(L.BatchNormalization()(x))
        y = L.Conv2D(32, 1)(L.Activation("gelu")(L.DepthwiseConv2D(3, padding="same")(y)))
        return x + y

    return trunk(block)


@named("Double attention block", "A2 block", "Double attention", "Attention with shortcut")
def a2_net():
    def block(x):
        a = ops.reshape(L.Conv2D(16, 1)(x), (-1, 256, 16))
        b = ops.softmax(ops.reshape(L.Conv2D(16, 1)(x), (-1, 256, 16)), axis=1)
        v = ops.softmax(ops.reshape(L.Conv2D(16, 1)(x), (-1, 256, 16)), axis=-1)
        g = ops.matmul(ops.transpose(a, (0, 2, 1)), b)
        z = ops.reshape(ops.matmul(v, ops.transpose(g, (0, 2, 1))), (-1, 16, 16, 16))
        return x + L.Conv2D(32, 1)(z)

    return trunk(block)


@named("Next convolution block", "NCB", "Next-ViT convolution block")
def next_vit():
    def block(x):
        y = L.Conv2D(32, 3, padding="same", groups=4, use_bias=False)(x)
        x = x + L.Conv2D(32, 1, use_bias=False)(L.ReLU()(L.BatchNormalization()(y)))
        y = L.Conv2D(96, 1)(L.BatchNormalization()(x))
        return x + L.Conv2D(32, 1)(L.ReLU()(y))

    return trunk(block)


@named("MogaNet block", "Moga block")
def moganet():
    def block(x):
        y = L.BatchNormalization()(x)
        y = L.Conv2D(32, 1)(y)
        y = L.Activation("gelu")(y + (y - L.GlobalAveragePooling2D(keepdims=True)(y)))
        g = L.Activation("silu")(L.Conv2D(32, 1)(y))
        v = L.DepthwiseConv2D(5, padding="same")(y)
        a, b, c = v[..., :8], v[..., 8:20], v[..., 20:]
        b = L.DepthwiseConv2D(5, padding="same", dilation_rate=2)(b)
        c = L.DepthwiseConv2D(7, padding="same", dilation_rate=3)(c)
        v = L.Activation("silu")(L.Conv2D(32, 1)(L.Concatenate()([a, b, c])))
        x = x + L.Conv2D(32, 1)(g * v)
        y = L.Conv2D(64, 1)(L.BatchNormalization()(x))
        y = L.Activation("gelu")(L.DepthwiseConv2D(3, padding="same")(y))
        return x + L.Conv2D(32, 1)(y)

    return trunk(block)


@named("Sequencer block", "Sequencer2D block", "BiLSTM2D layer")
def sequencer():
    def block(x):
        y = L.LayerNormalization()(x)
        v = ops.reshape(ops.transpose(y, (0, 2, 1, 3)), (-1, 16, 32))
        v = L.Bidirectional(L.LSTM(8, return_sequences=True))(v)
        v = ops.transpose(ops.reshape(v, (-1, 16, 16, 16)), (0, 2, 1, 3))
        h = L.Bidirectional(L.LSTM(8, return_sequences=True))(ops.reshape(y, (-1, 16, 32)))
        h = ops.reshape(h, (-1, 16, 16, 16))
        x = x + L.Dense(32)(L.Concatenate()([v, h]))
        return x + L.Dense(32)(L.Dense(96, activation="gelu")(L.LayerNormalization()(x)))

    return trunk(block)


@named("Channel-separated bottleneck", "CSN bottleneck", "Interaction-reduced channel-separated block")
def csn():
    inputs = keras.Input((8, 32, 32, 3))
    x = L.Conv3D(64, (3, 7, 7), strides=(1, 2, 2), padding="same", activation="relu")(inputs)
    for _ in range(4):
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(16, 1, use_bias=False)(x)))
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(16, 3, padding="same", groups=16, use_bias=False)(y)))
        y = L.BatchNormalization()(L.Conv3D(64, 1, use_bias=False)(y))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("ENet bottleneck", "Bottleneck")
def enet():
    def block(x):
        y = L.PReLU(shared_axes=[1, 2])(conv(x, 8, 1, activation=None))
        y = L.Conv2D(8, (5, 1), padding="same", use_bias=False)(y)
        y = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(L.Conv2D(8, (1, 5), padding="same")(y)))
        y = L.SpatialDropout2D(0.1)(conv(y, 32, 1, activation=None))
        return L.PReLU(shared_axes=[1, 2])(L.Add()([x, y]))

    return trunk(block)


@named("Feature pyramid attention")
def feature_pyramid_attention():
    def block(x):
        g = L.UpSampling2D(16)(conv(L.GlobalAveragePooling2D(keepdims=True)(x), 32, 1))
        a = conv(L.MaxPooling2D(2)(x), 1, 7)
        b = conv(L.MaxPooling2D(2)(a), 1, 5)
        c = conv(conv(L.MaxPooling2D(2)(b), 1, 3), 1, 3)
        y = L.UpSampling2D(2)(c) + conv(b, 1, 5)
        y = L.UpSampling2D(2)(y) + conv(a, 1, 7)
        return conv(x, 32, 1) * L.UpSampling2D(2)(y) + g

    return trunk(block)


@named("Tokenised MLP block", "Tokenized MLP block")
def unext():
    def block(x):
        y = L.LayerNormalization()(x)
        y = ops.roll(y, 1, axis=1)
        y = L.Dense(32)(y)
        y = L.Activation("gelu")(L.DepthwiseConv2D(3, padding="same")(y))
        y = ops.roll(y, 1, axis=2)
        return x + L.Dense(32)(y)

    return trunk(block)


@named("V-Net stage", "Residual block", "Residual convolutional block")
def vnet():
    inputs = keras.Input((32, 32, 16, 1))
    x = L.Conv3D(8, 5, padding="same")(inputs)
    for width in (16, 32, 64):
        x = first = L.PReLU(shared_axes=[1, 2, 3])(L.Conv3D(width, 2, strides=2)(x))
        for _ in range(3):
            x = L.PReLU(shared_axes=[1, 2, 3])(L.Conv3D(width, 5, padding="same")(x))
        x = x + first
    return keras.Model(inputs, L.Conv3D(2, 1)(x))


@named("MedNeXt block", "ConvNeXt block")
def mednext():
    inputs = keras.Input((16, 16, 16, 1))
    x = L.Conv3D(16, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.Conv3D(16, 5, padding="same", groups=16)(x)
        y = L.Conv3D(64, 1, activation="gelu")(L.GroupNormalization(16)(y))
        x = x + L.Conv3D(16, 1)(y)
    return keras.Model(inputs, L.Conv3D(3, 1)(x))


@named("Residual multi-kernel pooling", "RMP block", "Pyramid pooling module", "Pooling, convolution and upsampling")
def ce_net_pool():
    def block(x):
        ways = [
            L.UpSampling2D(n, interpolation="bilinear")(L.Conv2D(1, 1)(L.MaxPooling2D(n)(x))) for n in (2, 4, 8, 16)
        ]
        return conv(L.Concatenate()([x, *ways]), 32)

    return trunk(block)


@named("Reverse attention", "Reverse attention module", "Reverse attention block")
def pranet():
    inputs = keras.Input((64, 64, 3))
    x, found = inputs, []
    for width in (16, 32, 64, 64):
        x = conv(x, width, stride=2)
        found.append(x)
    y = L.Conv2D(1, 3, padding="same")(x)
    for skip in reversed(found[:-1]):
        y = L.UpSampling2D(2, interpolation="bilinear")(y)
        z = skip * (1.0 - ops.sigmoid(y))
        z = conv(conv(conv(z, 32, 1), 32), 32)
        y = L.Conv2D(1, 3, padding="same")(z) + y
    return keras.Model(inputs, y)


@named("D-LinkNet centre block", "Dilated block", "D-block", "Dblock")
def dlinknet():
    def block(x):
        a = conv(x, 32, rate=1, norm=False)
        b = conv(a, 32, rate=2, norm=False)
        c = conv(b, 32, rate=4, norm=False)
        d = conv(c, 32, rate=8, norm=False)
        return L.Add()([x, a, b, c, d])

    return trunk(block)


@named("Selective kernel feature fusion", "SKFF")
def skff():
    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(3):
        a, b, c = (conv(x, 32, rate=rate, norm=False) for rate in (1, 2, 3))
        s = L.GlobalAveragePooling2D(keepdims=True)(L.Add()([a, b, c]))
        z = L.PReLU(shared_axes=[1, 2])(L.Conv2D(4, 1)(s))
        g = L.Softmax(axis=1)(L.Concatenate(axis=1)([L.Conv2D(32, 1)(z) for _ in range(3)]))
        x = x + a * g[:, :1] + b * g[:, 1:2] + c * g[:, 2:]
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Supervised attention module")
def mprnet_sam():
    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    outputs = []
    for _ in range(3):
        x = conv(conv(x, 32, 5), 32, 5)
        y = L.Conv2D(32, 3, padding="same", use_bias=False)(x)
        image = L.Conv2D(3, 3, padding="same", use_bias=False)(x) + inputs
        g = L.Conv2D(32, 3, padding="same", use_bias=False, activation="sigmoid")(image)
        x = y * g + x
        outputs.append(image)
    return keras.Model(inputs, outputs)


@named("Original resolution block", "ORB", "Residual group", "Residual channel attention block")
def mprnet_orb():
    def cab(x):
        y = L.Conv2D(32, 3, padding="same", use_bias=False)(x)
        y = L.Conv2D(32, 3, padding="same", use_bias=False)(L.PReLU(shared_axes=[1, 2])(y))
        g = L.Conv2D(8, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(y))
        return x + y * L.Conv2D(32, 1, activation="sigmoid")(g)

    def block(x):
        y = cab(cab(cab(x)))
        return x + L.Conv2D(32, 3, padding="same")(y)

    return restored(block, copies=3)


@named("Enhancement attention module", "EAM")
def ridnet():
    def block(x):
        a = conv(conv(x, 32, norm=False), 32, rate=2, norm=False)
        b = conv(conv(x, 32, rate=3, norm=False), 32, rate=4, norm=False)
        x = conv(L.Concatenate()([a, b]), 32, norm=False) + x
        y = L.Conv2D(32, 3, padding="same")(conv(x, 32, norm=False))
        x = L.ReLU()(x + y)
        y = L.Conv2D(32, 1)(conv(conv(x, 32, norm=False), 32, norm=False))
        x = L.ReLU()(x + y)
        g = L.Conv2D(2, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
        return x * L.Conv2D(32, 1, activation="sigmoid")(g)

    return restored(block)


@named("Swin-Conv block", "SC block", "SCUNet block")
def scunet():
    def block(x):
        y = L.Conv2D(32, 1)(x)
        a, b = y[..., :16], y[..., 16:]
        a = a + L.Conv2D(16, 3, padding="same")(L.Conv2D(16, 3, padding="same", activation="relu")(a))
        t = ops.reshape(b, (-1, 4, 8, 4, 8, 16))
        t = ops.reshape(ops.transpose(t, (0, 1, 3, 2, 4, 5)), (-1, 64, 16))
        n = L.LayerNormalization()(t)
        t = t + L.MultiHeadAttention(2, 8)(n, n)
        t = t + L.Dense(16)(L.Dense(64, activation="gelu")(L.LayerNormalization()(t)))
        t = ops.transpose(ops.reshape(t, (-1, 4, 4, 8, 8, 16)), (0, 1, 3, 2, 4, 5))
        b = ops.reshape(t, (-1, 32, 32, 16))
        return x + L.Conv2D(32, 1)(L.Concatenate()([a, b]))

    return restored(block, copies=3)


@named("Edge-oriented convolution block", "ECB", "Multi-branch block")
def ecbsr():
    def block(x):
        a = L.Conv2D(32, 3, padding="same")(x)
        b = L.Conv2D(32, 3, padding="same")(L.Conv2D(64, 1)(x))
        ways = [L.DepthwiseConv2D(3, padding="same")(L.Conv2D(32, 1)(x)) for _ in range(3)]
        return L.PReLU(shared_axes=[1, 2])(L.Add()([a, b, *ways]))

    return restored(block)


@named(
    "Blueprint separable residual block",
    "Efficient separable distillation block",
    "ESDB",
    "Blueprint separable convolution with shortcut",
)
def bsrn():
    def bsconv(x, width):
        return L.DepthwiseConv2D(3, padding="same")(L.Conv2D(width, 1, use_bias=False)(x))

    def block(x):
        d1, r1 = L.Conv2D(16, 1, activation="gelu")(x), L.Activation("gelu")(bsconv(x, 32) + x)
        d2, r2 = L.Conv2D(16, 1, activation="gelu")(r1), L.Activation("gelu")(bsconv(r1, 32) + r1)
        d3, r3 = L.Conv2D(16, 1, activation="gelu")(r2), L.Activation("gelu")(bsconv(r2, 32) + r2)
        y = L.Conv2D(32, 1)(L.Concatenate()([d1, d2, d3, L.Activation("gelu")(bsconv(r3, 16))]))
        return y + x

    return restored(block)


@named("Feature mixing module", "SAFMN block", "Feature mixing block")
def safmn():
    def block(x):
        y = L.LayerNormalization()(x)
        parts = [y[..., k * 8 : k * 8 + 8] for k in range(4)]
        ways = [L.DepthwiseConv2D(3, padding="same")(parts[0])]
        for k in (1, 2, 3):
            s = L.MaxPooling2D(2**k)(parts[k])
            s = L.UpSampling2D(2**k)(L.DepthwiseConv2D(3, padding="same")(s))
            ways.append(s)
        g = L.Activation("gelu")(L.Conv2D(32, 1)(L.Concatenate()(ways)))
        x = x + g * y
        z = L.Conv2D(64, 3, padding="same", activation="gelu")(L.LayerNormalization()(x))
        return x + L.Conv2D(32, 1)(z)

    return restored(block)


@named("Feature attention module", "FAM", "Strided convolution and feature attention module")
def mimo_fam():
    inputs = keras.Input((64, 64, 3))
    x, image = conv(inputs, 16, norm=False), inputs
    for width in (32, 64, 128):
        image = L.AveragePooling2D(2)(image)
        z = conv(conv(conv(image, width // 4, norm=False), width // 2, 1, norm=False), width, 1, norm=False)
        x = conv(x, width, stride=2, norm=False)
        x = x + L.Conv2D(width, 3, padding="same")(x * z)
    return keras.Model(inputs, x)


@named("GhostNetV2 bottleneck", "Ghost bottleneck", "Ghost bottleneck with DFC attention", "Ghost V2 bottleneck")
def ghost_v2():
    def ghost(x, width, activation="relu"):
        y = conv(x, width // 2, 1, activation=activation)
        return L.Concatenate()([y, depthwise(y, 3, activation)])

    def block(x):
        y = ghost(x, 64)
        g = L.AveragePooling2D(2)(x)
        g = conv(g, 64, 1, activation=None)
        g = depthwise(g, (1, 5), None)
        g = depthwise(g, (5, 1), None)
        y = y * L.UpSampling2D(2)(L.Activation("sigmoid")(g))
        return x + ghost(y, 32, None)

    return trunk(block)
