"""Networks of segmentation, restoration, generation, detection, flow and video: a fifth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


def conv(x, width, size=3, stride=1, rate=1, activation="relu", norm=True):
    x = L.Conv2D(width, size, strides=stride, dilation_rate=rate, padding="same", use_bias=not norm)(x)
    x = L.BatchNormalization()(x) if norm else x
    return L.Activation(activation)(x) if activation else x


@named("Full-resolution residual unit", "FRRU")
def frrn():
    inputs = keras.Input((64, 64, 3))
    x = conv(inputs, 32)
    z, y = L.Conv2D(16, 1)(x), L.MaxPooling2D(2)(x)
    for _ in range(4):
        joined = L.Concatenate()([y, L.MaxPooling2D(2)(z)])
        y = conv(conv(joined, 32), 32)
        z = z + L.UpSampling2D(2)(L.Conv2D(16, 1)(y))
    return keras.Model(inputs, L.Conv2D(5, 1)(L.Concatenate()([z, L.UpSampling2D(2)(y)])))


@named("Global convolutional network block", "Global convolution block", "GCN block", "Global convolutional network")
def global_convolution():
    inputs = keras.Input((64, 64, 3))
    x, found = inputs, []
    for width in (16, 32, 64, 64):
        x = conv(x, width, stride=2)
        a = L.Conv2D(8, (1, 7), padding="same")(L.Conv2D(8, (7, 1), padding="same")(x))
        b = L.Conv2D(8, (7, 1), padding="same")(L.Conv2D(8, (1, 7), padding="same")(x))
        y = a + b
        y = y + L.Conv2D(8, 3, padding="same")(L.Conv2D(8, 3, padding="same", activation="relu")(y))
        found.append(y)
    return keras.Model(inputs, found)


@named(
    "Residual convolution unit", "Pre-activation basic block", "RefineNet block", "Residual conv unit", "Residual block"
)
def refine_net():
    inputs = keras.Input((64, 64, 3))
    x, found = inputs, []
    for width in (16, 32, 64):
        x = conv(x, width, stride=2)
        found.append(L.Conv2D(32, 1)(x))
    y = None
    for skip in reversed(found):
        z = skip
        for _ in range(2):
            z = z + L.Conv2D(32, 3, padding="same")(L.ReLU()(L.Conv2D(32, 3, padding="same")(L.ReLU()(z))))
        if y is not None:
            z = L.Conv2D(32, 3, padding="same")(z) + L.UpSampling2D(2)(L.Conv2D(32, 3, padding="same")(y))
        y = z
    return keras.Model(inputs, y)


@named("Object-contextual representation", "OCR module", "Object context block", "Object-contextual block")
def ocr_twice():
    inputs = keras.Input((32, 32, 16))
    x = inputs
    for _ in range(3):
        soft = ops.softmax(ops.reshape(L.Conv2D(6, 1)(x), (-1, 1024, 6)), axis=1)
        f = conv(x, 32)
        regions = ops.matmul(ops.transpose(soft, (0, 2, 1)), ops.reshape(f, (-1, 1024, 32)))
        q = L.Dense(16)(ops.reshape(f, (-1, 1024, 32)))
        k, v = L.Dense(16)(regions), L.Dense(32)(regions)
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) * 0.25)
        c = ops.reshape(ops.matmul(a, v), (-1, 32, 32, 32))
        x = conv(L.Concatenate()([c, f]), 16, 1)
    return keras.Model(inputs, x)


@named("FFA block", "Feature attention block", "FFA-Net block", "Feature attention block with shortcut", "Basic block")
def ffa_net():
    inputs = keras.Input((64, 64, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(5):
        y = L.Conv2D(32, 3, padding="same", activation="relu")(x) + x
        y = L.Conv2D(32, 3, padding="same")(y)
        g = L.GlobalAveragePooling2D(keepdims=True)(y)
        y = y * L.Conv2D(32, 1, activation="sigmoid")(L.Conv2D(8, 1, activation="relu")(g))
        y = y * L.Conv2D(1, 1, activation="sigmoid")(L.Conv2D(8, 1, activation="relu")(y))
        x = x + y
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Residual local feature block", "RLFB")
def rlfn():
    inputs = keras.Input((48, 48, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(5):
        y = x
        for _ in range(3):
            y = L.LeakyReLU(0.05)(L.Conv2D(32, 3, padding="same")(y))
        y = L.Conv2D(32, 1)(y + x)
        g = L.Conv2D(8, 1)(y)
        c = L.MaxPooling2D(7, 3)(L.Conv2D(8, 3, strides=2)(g))
        c = L.Conv2D(8, 3, padding="same")(c)
        c = ops.image.resize(c, (48, 48), interpolation="bilinear")
        x = y * ops.sigmoid(L.Conv2D(32, 1)(c + L.Conv2D(8, 1)(g)))
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Zero-DCE curve iteration", "Light-enhancement curve", "Curve iteration", "Curve estimation")
def zero_dce():
    inputs = keras.Input((64, 64, 3))
    a = L.Conv2D(24, 3, padding="same", activation="tanh")(L.Conv2D(32, 3, padding="same", activation="relu")(inputs))
    x = inputs
    for n in range(8):
        x = x + a[..., 3 * n : 3 * n + 3] * (x * x - x)
    return keras.Model(inputs, x)


@named(
    "PixelCNN gated layer",
    "Gated PixelCNN layer",
    "Gated masked convolution",
    "Gated residual block",
    "WaveNet gate",
    "Gated convolutional layer",
)
def gated_pixelcnn():
    inputs = keras.Input((28, 28, 1))
    v = h = L.Conv2D(32, 7, padding="same")(inputs)
    for _ in range(5):
        vertical = L.Conv2D(64, (2, 3), padding="same")(v)
        a, b = ops.split(vertical, 2, axis=-1)
        v = ops.tanh(a) * ops.sigmoid(b)
        horizontal = L.Conv2D(64, (1, 2), padding="same")(h) + L.Conv2D(64, 1)(vertical)
        a, b = ops.split(horizontal, 2, axis=-1)
        h = h + L.Conv2D(32, 1)(ops.tanh(a) * ops.sigmoid(b))
    return keras.Model(inputs, L.Conv2D(256, 1)(h))


@named(
    "NVAE cell",
    "NVAE residual cell",
    "NVAE encoder cell",
    "Inverted residual with squeeze-and-excitation",
    "MBConv",
    "Residual cell",
    "Residual cell with squeeze-and-excitation",
    "MBConv with squeeze-and-excitation",
    "Pre-activation basic block with squeeze-and-excitation",
    "SE basic block",
)
def nvae_encoder():
    inputs = keras.Input((32, 32, 32))
    x = inputs
    for _ in range(4):
        y = L.Conv2D(32, 3, padding="same")(L.Activation("swish")(L.BatchNormalization()(x)))
        y = L.Conv2D(32, 3, padding="same")(L.Activation("swish")(L.BatchNormalization()(y)))
        g = L.GlobalAveragePooling2D(keepdims=True)(y)
        y = y * L.Dense(32, activation="sigmoid")(L.Dense(8, activation="relu")(g))
        x = x + 0.1 * y
    return keras.Model(inputs, x)


@named("VSS block", "Visual state-space block")
def v_mamba():
    inputs = keras.Input((16, 16, 32))
    x = inputs
    for _ in range(4):
        y = L.LayerNormalization()(x)
        gate = L.Dense(64, activation="silu")(y)
        y = L.Activation("silu")(L.DepthwiseConv2D(3, padding="same")(L.Dense(64)(y)))
        y = L.Reshape((256, 64))(y)
        y = L.GRU(64, return_sequences=True)(y) + L.GRU(64, return_sequences=True, go_backwards=True)(y)
        y = L.LayerNormalization()(L.Reshape((16, 16, 64))(y))
        x = x + L.Dense(32)(y * gate)
    return keras.Model(inputs, x)


@named("Temporal shift block", "TSM block", "Bottleneck", "Temporal shift bottleneck", "Bottleneck with temporal shift")
def tsm_bottleneck():
    inputs = keras.Input((8, 32, 32, 32))
    x = inputs

    def shift(x):
        a, b, c = x[..., :4], x[..., 4:8], x[..., 8:]
        a = ops.pad(a[:, 1:], [[0, 0], [0, 1], [0, 0], [0, 0], [0, 0]])
        b = ops.pad(b[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]])
        return ops.concatenate([a, b, c], -1)

    for _ in range(4):
        y = L.Conv3D(16, 1)(shift(x))
        y = L.ReLU()(L.BatchNormalization()(y))
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(16, (1, 3, 3), padding="same")(y)))
        y = L.BatchNormalization()(L.Conv3D(32, 1)(y))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, x)


@named(
    "Separable Inception module",
    "Inception module",
    "S3D Inception module",
    "3-D Inception module",
    "Temporal separable Inception module",
)
def s3d():
    inputs = keras.Input((8, 32, 32, 16))
    x = inputs

    def sep(x, width):
        x = L.ReLU()(L.BatchNormalization()(L.Conv3D(width, (1, 3, 3), padding="same")(x)))
        return L.ReLU()(L.BatchNormalization()(L.Conv3D(width, (3, 1, 1), padding="same")(x)))

    def one(x, width):
        return L.ReLU()(L.BatchNormalization()(L.Conv3D(width, 1)(x)))

    for _ in range(4):
        a = one(x, 8)
        b = sep(one(x, 8), 16)
        c = sep(one(x, 4), 8)
        d = one(L.MaxPooling3D(3, 1, padding="same")(x), 8)
        x = L.Concatenate()([a, b, c, d])
    return keras.Model(inputs, x)


@named("Channel-separated bottleneck", "CSN bottleneck", "Bottleneck", "ir-CSN bottleneck", "X3D block")
def csn():
    inputs = keras.Input((8, 32, 32, 32))
    x = inputs
    for _ in range(4):
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(16, 1)(x)))
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(16, 3, padding="same", groups=16)(y)))
        y = L.BatchNormalization()(L.Conv3D(32, 1)(y))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, x)


@named("SimVP block", "Inception block", "Inception module", "gSTA block", "SimVP Inception block")
def sim_vp():
    inputs = keras.Input((32, 32, 64))
    x = inputs
    for _ in range(4):
        y = L.Conv2D(32, 1)(x)
        x = L.Add()([L.Conv2D(64, k, padding="same", groups=4, activation="relu")(y) for k in (3, 5, 7, 11)])
    return keras.Model(inputs, x)


@named("Transfer connection block", "TCB")
def refine_det():
    inputs = keras.Input((64, 64, 3))
    x, found = inputs, []
    for width in (16, 32, 64, 64):
        x = conv(x, width, stride=2)
        found.append(x)
    top, outputs = None, []
    for skip in reversed(found):
        y = L.Conv2D(32, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(skip))
        if top is not None:
            y = y + L.Conv2DTranspose(32, 2, 2)(top)
        top = L.Conv2D(32, 3, padding="same", activation="relu")(L.ReLU()(y))
        outputs.append(top)
    return keras.Model(inputs, outputs)


@named("Dilated encoder block", "Dilated residual block", "Bottleneck", "YOLOF residual block", "Dilated bottleneck")
def yolof():
    inputs = keras.Input((16, 16, 64))
    x = inputs
    for rate in (2, 4, 6, 8):
        y = conv(conv(conv(x, 16, 1), 16, 3, rate=rate), 64, 1)
        x = x + y
    return keras.Model(inputs, x)


@named("C3k2 module", "C3k2 block", "C2f module", "C3 module")
def yolo11():
    inputs = keras.Input((64, 64, 3))
    x = conv(inputs, 16, stride=2, activation="silu")
    for width in (32, 64, 64):
        x = conv(x, width, stride=2, activation="silu")
        y = conv(x, width, 1, activation="silu")
        a, b = ops.split(y, 2, axis=-1)
        c = conv(b, width // 4, 1, activation="silu")
        for _ in range(2):
            c = c + conv(conv(c, width // 4, activation="silu"), width // 4, activation="silu")
        d = conv(b, width // 4, 1, activation="silu")
        c = conv(L.Concatenate()([c, d]), width // 2, 1, activation="silu")
        x = conv(L.Concatenate()([a, b, c]), width, 1, activation="silu")
    return keras.Model(inputs, x)


@named("RAFT update block", "Update block", "Recurrent update block", "Update operator")
def raft_updates():
    inputs, context = keras.Input((32, 32, 16)), keras.Input((32, 32, 32))
    flow, h = ops.zeros_like(inputs)[..., :2], ops.tanh(context)
    for _ in range(4):
        c = L.Conv2D(16, 1, activation="relu")(inputs)
        f = L.Conv2D(16, 7, padding="same", activation="relu")(flow)
        m = L.Conv2D(30, 3, padding="same", activation="relu")(L.Concatenate()([c, f]))
        x = L.Concatenate()([m, flow, context])
        hx = L.Concatenate()([h, x])
        z = L.Conv2D(32, 3, padding="same", activation="sigmoid")(hx)
        r = L.Conv2D(32, 3, padding="same", activation="sigmoid")(hx)
        q = L.Conv2D(32, 3, padding="same", activation="tanh")(L.Concatenate()([r * h, x]))
        h = (1 - z) * h + z * q
        flow = flow + L.Conv2D(2, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(h))
    return keras.Model([inputs, context], flow)


@named("Dense flow estimator", "Optical flow estimator", "Dense block", "DenseNet block", "PWC-Net estimator")
def pwc_net():
    inputs = keras.Input((32, 32, 32))
    x, outputs = inputs, []
    for _ in range(3):
        for width in (32, 24, 16, 8):
            x = L.Concatenate()([L.LeakyReLU(0.1)(L.Conv2D(width, 3, padding="same")(x)), x])
        flow = L.Conv2D(2, 3, padding="same")(x)
        x = L.Concatenate()([inputs, L.Conv2DTranspose(2, 3, 1, padding="same")(flow)])
        outputs.append(flow)
    return keras.Model(inputs, outputs)


@named("Gather-excite bottleneck", "GE bottleneck", "Bottleneck with gather-excite", "Bottleneck")
def gather_excite():
    inputs = keras.Input((32, 32, 64))
    x = inputs
    for _ in range(4):
        y = conv(conv(conv(x, 16, 1), 16, 3), 64, 1, activation=None)
        g = L.GlobalAveragePooling2D(keepdims=True)(y)
        y = y * L.Activation("sigmoid")(g)
        x = L.ReLU()(x + y)
    return keras.Model(inputs, x)


@named("Lambda bottleneck", "Lambda layer", "LambdaNetwork bottleneck", "Bottleneck with lambda layer")
def lambda_networks():
    inputs = keras.Input((16, 16, 64))
    x = inputs
    for _ in range(3):
        y = conv(x, 32, 1)
        q = L.BatchNormalization()(L.Conv2D(32, 1, use_bias=False)(y))
        k = L.Conv2D(8, 1, use_bias=False)(y)
        v = L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False)(y))
        k = ops.softmax(ops.reshape(k, (-1, 256, 8)), axis=1)
        v = ops.reshape(v, (-1, 256, 8))
        content = ops.matmul(ops.transpose(k, (0, 2, 1)), v)
        q = ops.reshape(q, (-1, 1024, 8))
        y = ops.reshape(ops.matmul(q, content), (-1, 16, 16, 32))
        y = L.BatchNormalization()(L.Conv2D(64, 1)(y))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, x)


@named("CycleMLP block", "MLP block", "Vision MLP block", "MetaFormer block", "S2-MLP block")
def cycle_mlp():
    inputs = keras.Input((16, 16, 32))
    x = inputs
    for _ in range(4):
        y = L.LayerNormalization()(x)
        h = L.Dense(32)(y)
        a = L.Conv2D(32, (3, 1), padding="same")(y)
        b = L.Conv2D(32, (1, 3), padding="same")(y)
        y = L.Dense(32)(h + a + b)
        x = x + y
        y = L.LayerNormalization()(x)
        x = x + L.Dense(32)(L.Dense(96, activation="gelu")(y))
    return keras.Model(inputs, x)


@named(
    "Enhanced spatial attention block",
    "Residual feature aggregation block",
    "RFA block",
    "Residual feature aggregation",
)
def rfanet():
    inputs = keras.Input((48, 48, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(4):
        y, kept = x, []
        for _ in range(3):
            r = L.Conv2D(32, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(y))
            kept.append(r)
            y = y + r
        r = L.Conv2D(32, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(y))
        x = x + L.Conv2D(32, 1)(L.Concatenate()([*kept, r]))
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named(
    "V-Net level", "V-Net encoder level", "V-Net down level", "Residual down level", "Residual block", "Residual level"
)
def v_net():
    inputs = keras.Input((32, 32, 32, 1))
    x, skips, width = L.Conv3D(8, 5, padding="same")(inputs), [], 8
    for n in (2, 3, 3):
        y = x
        for _ in range(n):
            y = L.PReLU(shared_axes=(1, 2, 3))(L.Conv3D(width, 5, padding="same")(y))
        x = x + y
        skips.append(x)
        width *= 2
        x = L.PReLU(shared_axes=(1, 2, 3))(L.Conv3D(width, 2, strides=2)(x))
    for skip in reversed(skips):
        width //= 2
        x = L.PReLU(shared_axes=(1, 2, 3))(L.Conv3DTranspose(width, 2, strides=2)(x))
        y = L.Concatenate()([x, skip])
        for _ in range(2):
            y = L.PReLU(shared_axes=(1, 2, 3))(L.Conv3D(width, 5, padding="same")(y))
        x = x + y
    return keras.Model(inputs, L.Conv3D(2, 1)(x))


@named("VFE layer", "Voxel feature encoding layer")
def voxel_features():
    inputs = keras.Input((100, 20, 7))
    x = inputs
    for width in (16, 32, 64):
        y = L.ReLU()(L.BatchNormalization()(L.Dense(width)(x)))
        m = ops.max(y, axis=2, keepdims=True)
        x = L.Concatenate()([y, ops.repeat(m, 20, axis=2)])
    return keras.Model(inputs, ops.max(x, axis=2))


@named("Dynamic routing iteration", "Routing iteration", "Dynamic routing", "Capsule routing")
def capsules():
    inputs = keras.Input((64, 10, 16))
    b = ops.zeros_like(inputs)[..., :1]
    v = None
    for n in range(3):
        c = ops.softmax(b, axis=2)
        s = ops.sum(c * inputs, axis=1, keepdims=True)
        q = ops.sum(ops.square(s), -1, keepdims=True)
        v = s * q / (1 + q) / ops.sqrt(q + 1e-7)
        if n < 2:
            b = b + ops.sum(inputs * v, axis=-1, keepdims=True)
    return keras.Model(inputs, v)
