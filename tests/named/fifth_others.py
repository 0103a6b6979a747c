"""Networks of all fields, written down after the first two files of the fifth set were read."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


def conv(x, width, size=3, stride=1, activation="relu"):
    x = L.BatchNormalization()(L.Conv2D(width, size, strides=stride, padding="same", use_bias=False)(x))
    return L.Activation(activation)(x) if activation else x


@named(
    "Attention pooling layer", "MViT block", "Multiscale attention block", "Encoder layer", "Pooling attention block"
)
def pooling_attention():
    x = inputs = keras.Input((16, 16, 48))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        q, k, v = L.Dense(48)(y), L.Dense(48)(y), L.Dense(48)(y)
        k, v = L.MaxPooling2D(2)(k), L.MaxPooling2D(2)(v)
        q, k, v = L.Reshape((256, 48))(q), L.Reshape((64, 48))(k), L.Reshape((64, 48))(v)
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) * 48**-0.5)
        x = x + L.Dense(48)(L.Reshape((16, 16, 48))(ops.matmul(a, v)))
        y = L.LayerNormalization()(x)
        x = x + L.Dense(48)(L.Dense(192, activation="gelu")(y))
    return keras.Model(inputs, x)


@named("Criss-cross attention module", "Recurrent criss-cross attention", "Criss-cross attention", "Non-local block")
def criss_cross():
    x = inputs = keras.Input((16, 16, 32))
    for _ in range(3):
        q, k, v = L.Conv2D(4, 1)(x), L.Conv2D(4, 1)(x), L.Conv2D(32, 1)(x)
        rows = ops.softmax(ops.einsum("bhwc,bhvc->bhwv", q, k))
        columns = ops.softmax(ops.einsum("bhwc,bgwc->bhwg", q, k))
        x = x + ops.einsum("bhwv,bhvc->bhwc", rows, v) + ops.einsum("bhwg,bgwc->bhwc", columns, v)
    return keras.Model(inputs, x)


@named("Feature pyramid attention", "Global attention upsample", "GAU")
def global_attention_upsample():
    inputs = keras.Input((64, 64, 3))
    x, found = inputs, []
    for width in (16, 32, 64, 64):
        x = conv(x, width, stride=2)
        found.append(x)
    for skip in reversed(found[:-1]):
        g = L.Conv2D(32, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
        x = L.Conv2D(32, 1)(L.UpSampling2D(2)(x)) + L.Conv2D(32, 3, padding="same")(skip) * g
    return keras.Model(inputs, x)


@named("UNet++ node", "Nested U-Net node", "Convolution unit", "U-Net up level", "U-Net++ node")
def unet_plus_plus():
    inputs = keras.Input((64, 64, 3))
    grid = {}
    x = inputs
    for n in range(4):
        x = conv(conv(x, 16 * 2**n), 16 * 2**n)
        grid[n, 0] = x
        x = L.MaxPooling2D(2)(x)
    for j in range(1, 4):
        for i in range(4 - j):
            up = L.Conv2DTranspose(16 * 2**i, 2, 2)(grid[i + 1, j - 1])
            y = L.Concatenate()([*[grid[i, k] for k in range(j)], up])
            grid[i, j] = conv(conv(y, 16 * 2**i), 16 * 2**i)
    return keras.Model(inputs, L.Conv2D(1, 1)(grid[0, 3]))


@named("DenseNet block", "Dense block", "Dense layer", "Dense block, drawn whole")
def srdensenet():
    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(3):
        y = x
        for _ in range(4):
            y = L.Concatenate()([y, L.Conv2D(16, 3, padding="same", activation="relu")(y)])
        x = L.Conv2D(32, 1)(y)
    return keras.Model(inputs, x)


@named("Hybrid attention block", "HAB", "Swin block", "Swin block with channel attention", "Encoder layer")
def hybrid_attention():
    x = inputs = keras.Input((16, 16, 32))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        c = L.Conv2D(32, 3, padding="same")(L.Conv2D(8, 3, padding="same", activation="gelu")(y))
        g = L.GlobalAveragePooling2D(keepdims=True)(c)
        c = c * L.Conv2D(32, 1, activation="sigmoid")(L.Conv2D(4, 1, activation="relu")(g))
        w = L.Reshape((256, 32))(y)
        a = L.Reshape((16, 16, 32))(L.MultiHeadAttention(4, 8)(w, w))
        x = x + a + 0.01 * c
        y = L.LayerNormalization()(x)
        x = x + L.Dense(32)(L.Dense(64, activation="gelu")(y))
    return keras.Model(inputs, x)


@named("CBHG", "Convolution bank", "CBHG module", "Highway layer")
def cbhg():
    inputs = keras.Input((80, 64))
    x = inputs
    for _ in range(2):
        bank = L.Concatenate()([L.Conv1D(16, k, padding="same", activation="relu")(x) for k in (1, 2, 3, 4)])
        y = L.MaxPooling1D(2, 1, padding="same")(bank)
        y = L.Conv1D(64, 3, padding="same")(L.Conv1D(64, 3, padding="same", activation="relu")(y))
        x = x + y
    return keras.Model(inputs, L.Bidirectional(L.GRU(32, return_sequences=True))(x))


@named("Gated tanh residual block", "WaveNet block", "Gated residual block", "WaveNet residual block")
def conditioned_wavenet():
    inputs, label = keras.Input((256, 1)), keras.Input((16,))
    x = L.Conv1D(24, 2, padding="causal")(inputs)
    skips = []
    for rate in (1, 2, 4, 8, 16, 32):
        c = L.Dense(48)(label)[:, None]
        y = L.Conv1D(48, 2, padding="causal", dilation_rate=rate)(x) + c
        a, b = ops.split(y, 2, axis=-1)
        y = ops.tanh(a) * ops.sigmoid(b)
        skips.append(L.Conv1D(32, 1)(y))
        x = x + L.Conv1D(24, 1)(y)
    return keras.Model([inputs, label], L.Conv1D(256, 1)(L.ReLU()(L.Add()(skips))))


@named("TDNN-F layer", "Factorised TDNN layer", "Factorized TDNN layer")
def tdnn_f():
    x = inputs = keras.Input((100, 64))
    for _ in range(5):
        y = L.Conv1D(16, 2, padding="same", use_bias=False)(x)
        y = L.Conv1D(64, 2, padding="same")(y)
        y = L.BatchNormalization()(L.ReLU()(y))
        x = y + 0.66 * x
    return keras.Model(inputs, L.Dense(10)(x))


@named("Series decomposition block", "MICN layer", "Multi-scale isometric convolution", "MIC layer")
def micn():
    x = inputs = keras.Input((96, 32))
    for _ in range(3):
        found = []
        for size in (4, 8):
            y = L.Conv1D(32, size, strides=size, padding="valid")(x)
            y = L.Conv1D(32, 3, padding="same", activation="tanh")(y)
            y = L.Conv1DTranspose(32, size, strides=size)(y)
            found.append(L.LayerNormalization()(y + x))
        x = L.Average()(found)
        x = x + L.Conv1D(32, 1)(L.Conv1D(64, 1, activation="relu")(x))
    return keras.Model(inputs, x)


@named(
    "DCRNN cell",
    "Diffusion convolution",
    "Diffusion convolutional layer",
    "Diffusion convolution layer",
    "Graph convolution",
)
def diffusion_convolution():
    inputs, forward, backward = keras.Input((20, 16)), keras.Input((20, 20)), keras.Input((20, 20))
    x = inputs
    for _ in range(4):
        f, b = ops.matmul(forward, x), ops.matmul(backward, x)
        f2, b2 = ops.matmul(forward, f), ops.matmul(backward, b)
        x = L.Dense(16, activation="relu")(L.Concatenate()([x, f, f2, b, b2]))
    return keras.Model([inputs, forward, backward], x)


@named(
    "Bilinear interaction layer",
    "Factorised interaction",
    "Deep & cross layer",
    "Product layer",
    "MLP",
    "Dense layer with dropout",
    "Fully connected layer",
    "Residual MLP block",
)
def wide_and_residual():
    inputs = keras.Input((64,))
    x = inputs
    for _ in range(4):
        y = L.Dropout(0.1)(L.Activation("relu")(L.BatchNormalization()(L.Dense(64)(x))))
        x = L.Concatenate()([x, y])
    return keras.Model(inputs, L.Dense(1)(x))


@named("Oblivious tree layer", "Abstract layer", "DANet block", "Basic block", "Gated feature block", "ABSTLAY")
def danet():
    x = inputs = keras.Input((32,))
    for _ in range(4):
        m = L.Dense(64)(x)
        y = L.Dense(64, activation="sigmoid")(x) * L.BatchNormalization()(m)
        y = L.Dense(32)(L.ReLU()(y))
        x = L.ReLU()(y + L.Dense(32)(L.Dropout(0.1)(inputs)))
    return keras.Model(inputs, L.Dense(1)(x))


@named("Spatio-temporal LSTM cell", "ST-LSTM", "ConvLSTM layer", "Recurrent layer")
def conv_lstm_stack():
    inputs = keras.Input((6, 32, 32, 8))
    x = inputs
    for _ in range(3):
        x = L.LayerNormalization()(L.ConvLSTM2D(16, 3, padding="same", return_sequences=True)(x))
    return keras.Model(inputs, L.Conv3D(1, 3, padding="same")(x))


@named("Motion excitation block", "TEA block", "SlowFast lateral", "Temporal adaptive block", "Bottleneck")
def slow_fast():
    slow, fast = keras.Input((4, 32, 32, 32)), keras.Input((16, 32, 32, 8))
    a, b = slow, fast

    def unit(x, width, time):
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(width // 4, (time, 1, 1), padding="same")(x)))
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(width // 4, (1, 3, 3), padding="same")(y)))
        y = L.BatchNormalization()(L.Conv3D(width, 1)(y))
        return L.ReLU()(y + x)

    for _ in range(3):
        c = L.Conv3D(16, (5, 1, 1), strides=(4, 1, 1), padding="same")(b)
        a = L.Conv3D(32, 1)(L.Concatenate()([a, c]))
        for _ in range(2):
            a, b = unit(a, 32, 1), unit(b, 8, 3)
    return keras.Model([slow, fast], [a, b])


@named("FCOS head", "Decoupled head", "YOLOX head", "Prediction head", "RTMDet head")
def shared_heads():
    inputs = keras.Input((128, 128, 3))
    x, outputs = inputs, []
    for width in (16, 32, 64, 64, 64):
        x = conv(x, width, stride=2)
        a = b = conv(x, 32, 1)
        for _ in range(2):
            a, b = conv(a, 32), conv(b, 32)
        outputs += [L.Conv2D(8, 1)(a), L.Conv2D(4, 1)(b), L.Conv2D(1, 1)(b)]
    return keras.Model(inputs, outputs)


@named(
    "Gated axial-attention block",
    "Relational block",
    "Relation network",
    "Relational transformer block",
    "Encoder layer",
)
def relational_agent():
    x = inputs = keras.Input((49, 32))
    for _ in range(3):
        y = L.MultiHeadAttention(2, 16)(x, x)
        y = L.Dense(32)(L.Dense(32, activation="relu")(y))
        x = L.LayerNormalization()(x + y)
    return keras.Model(inputs, ops.max(x, axis=1))


@named("Transolver layer", "Physics attention block", "Physics-attention layer")
def physics_attention():
    x = inputs = keras.Input((200, 32))
    for _ in range(3):
        y = L.LayerNormalization()(x)
        f = L.Dense(32)(y)
        w = ops.softmax(L.Dense(8)(L.Dense(32)(y)), axis=-1)
        slices = ops.matmul(ops.transpose(w, (0, 2, 1)), f)
        q, k, v = L.Dense(32)(slices), L.Dense(32)(slices), L.Dense(32)(slices)
        a = ops.matmul(ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) * 0.18), v)
        x = x + L.Dense(32)(ops.matmul(w, a))
        y = L.LayerNormalization()(x)
        x = x + L.Dense(32)(L.Dense(64, activation="gelu")(y))
    return keras.Model(inputs, x)
