"""Networks of text, sound and series: a second set."""
# mypy: ignore-errors

import keras
import numpy as np
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp

WIDTH = 48


def words(length=32):
    inputs = keras.Input((length,), dtype="int32")
    return inputs, L.Embedding(1000, WIDTH)(inputs)


def frames(length=96, width=WIDTH):
    inputs = keras.Input((length, 40))
    return inputs, L.Dense(width)(inputs)


@named("Co-attention layer", "Co-attention Transformer layer", "Co-attentional Transformer layer",
       "Co-attention block", "Encoder layer", "Cross-attention layer")  # fmt: skip
def vilbert():
    inputs, text = words()
    pixels = keras.Input((16, WIDTH))
    image = pixels
    for _ in range(3):
        t = L.LayerNormalization()(text + L.MultiHeadAttention(4, 12)(text, image))
        v = L.LayerNormalization()(image + L.MultiHeadAttention(4, 12)(image, text))
        text = L.LayerNormalization()(t + L.Dense(WIDTH)(L.Dense(192, activation="gelu")(t)))
        image = L.LayerNormalization()(v + L.Dense(WIDTH)(L.Dense(192, activation="gelu")(v)))
    both = L.GlobalAveragePooling1D()(text) * L.GlobalAveragePooling1D()(image)
    return keras.Model([inputs, pixels], L.Dense(10)(both))


@named("Q-Former layer", "Q-Former block", "Decoder layer")
def qformer():
    queries, image = keras.Input((8, WIDTH)), keras.Input((49, 64))
    x = queries
    for _ in range(4):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 12)(x, x))
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 12)(x, image))
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(L.Dense(192, activation="gelu")(x)))
    return keras.Model([queries, image], L.Dense(32)(x))


@named("Reversible block", "Reformer layer", "Reversible Transformer layer")
def reformer():
    inputs, x = words()
    a = b = x
    for _ in range(4):
        y = ln()(b)
        a = a + L.MultiHeadAttention(4, 12)(y, y)
        b = b + L.Dense(WIDTH)(L.Dense(192, activation="gelu")(ln()(a)))
    return keras.Model(inputs, L.Dense(1000)(L.Concatenate()([a, b])))


@named("RetNet block", "RetNet layer", "Retention layer")
def retnet():
    inputs, x = words(16)
    steps = np.arange(16)
    decay = np.where(steps[:, None] >= steps, 0.9 ** (steps[:, None] - steps), 0).astype("float32")
    for _ in range(4):
        h = ln()(x)
        q, k, v = (ops.transpose(L.Reshape((16, 4, 12))(L.Dense(48)(h)), (0, 2, 1, 3)) for _ in range(3))
        y = ops.matmul(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * decay, v)
        y = L.GroupNormalization(4)(L.Reshape((16, 48))(ops.transpose(y, (0, 2, 1, 3))))
        y = y * L.Dense(48, activation="silu")(h)
        x = x + L.Dense(48)(y)
        x = mlp(x)
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Hyena block", "Hyena operator", "Hyena layer")
def hyena():
    inputs, x = words(64)
    for _ in range(4):
        z = L.DepthwiseConv1D(3, padding="same")(L.Dense(144)(ln()(x)))
        v, a, b = ops.split(z, 3, axis=-1)
        v = a * L.DepthwiseConv1D(63, padding="same")(v)
        v = b * L.DepthwiseConv1D(63, padding="same")(v)
        x = x + L.Dense(48)(v)
        x = mlp(x)
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Gated attention unit", "GAU", "FLASH block")
def gau():
    inputs, x = words()
    for _ in range(5):
        h = ln()(x)
        u, v = L.Dense(96, activation="silu")(h), L.Dense(96, activation="silu")(h)
        z = L.Dense(24, activation="silu")(h)
        a = ops.square(ops.relu(ops.matmul(z * 1.1, ops.transpose(z * 0.9, (0, 2, 1))) / 32))
        x = x + L.Dense(WIDTH)(u * ops.matmul(a, v))
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Switch layer", "Switch Transformer layer", "Mixture-of-experts layer")
def switch_top_one():
    inputs, x = words()
    for _ in range(3):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y)
        y = ln()(x)
        chances = ops.softmax(L.Dense(4)(y), axis=-1)
        best, place = ops.top_k(chances, 1)
        chosen = ops.one_hot(ops.squeeze(place, -1), 4) * best
        found = [L.Dense(WIDTH)(L.Dense(96, activation="relu")(y)) for _ in range(4)]
        x = x + ops.sum(ops.stack(found, axis=-2) * chosen[..., None], axis=-2)
    return keras.Model(inputs, L.Dense(1000)(x))


@named("LightConv block", "Lightweight convolution block", "Lightweight convolution layer")
def lightconv():
    inputs, x = words()
    for _ in range(5):
        y = L.Dense(96)(ln()(x))
        a, b = ops.split(y, 2, axis=-1)
        y = L.DepthwiseConv1D(7, padding="same")(a * ops.sigmoid(b))
        x = x + L.Dense(WIDTH)(y)
        x = mlp(x, act="relu")
    return keras.Model(inputs, L.Dense(1000)(x))


@named("RWKV block", "RWKV layer")
def rwkv_like():
    inputs, x = words()

    def shifted(x):
        return L.ZeroPadding1D((1, 0))(x)[:, :-1]

    for _ in range(4):
        h = ln()(x)
        h = 0.5 * h + 0.5 * shifted(h)
        k, v, r = L.Dense(WIDTH)(h), L.Dense(WIDTH)(h), L.Dense(WIDTH, activation="sigmoid")(h)
        e = ops.exp(k)
        mixed = ops.cumsum(e * v, axis=1) / ops.cumsum(e, axis=1)
        x = x + L.Dense(WIDTH)(r * mixed)
        h = ln()(x)
        h = 0.5 * h + 0.5 * shifted(h)
        k = L.Dense(192)(h)
        k = ops.square(ops.relu(k))
        x = x + L.Dense(WIDTH, activation="sigmoid")(h) * L.Dense(WIDTH)(k)
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Memory hop", "Memory network hop", "Hop", "Memory layer")
def memory_network():
    story, question = keras.Input((20, WIDTH)), keras.Input((WIDTH,))
    u = question
    for _ in range(4):
        m, c = L.Dense(WIDTH, use_bias=False)(story), L.Dense(WIDTH, use_bias=False)(story)
        p = ops.softmax(ops.squeeze(ops.matmul(m, u[:, :, None]), -1), axis=-1)
        o = ops.squeeze(ops.matmul(p[:, None, :], c), 1)
        u = L.Add()([L.Dense(WIDTH)(u), o])
    return keras.Model([story, question], L.Dense(100)(u))


@named("Encoder layer")
def encoder_dropout():
    inputs, x = words()
    for _ in range(4):
        y = L.MultiHeadAttention(4, 12, dropout=0.1)(x, x)
        x = L.LayerNormalization()(L.Add()([L.Dropout(0.1)(y), x]))
        y = L.Dense(WIDTH)(L.Activation("gelu")(L.Dense(192)(x)))
        x = L.LayerNormalization()(L.Add()([L.Dropout(0.1)(y), x]))
    return keras.Model(inputs, L.Dense(1000)(x))


def half(x):
    return x + 0.5 * L.Dropout(0.1)(L.Dense(WIDTH)(L.Dense(4 * WIDTH, activation="swish")(ln()(x))))


@named("Feed-forward with shortcut", "E-Branchformer block")
def e_branchformer():
    inputs, x = frames()
    for _ in range(3):
        x = half(x)
        y = ln()(x)
        a = L.MultiHeadAttention(4, 12)(y, y)
        g = L.Dense(192, activation="gelu")(ln()(x))
        u, v = ops.split(g, 2, axis=-1)
        g = u * L.DepthwiseConv1D(31, padding="same")(ln()(v))
        g = L.Dense(WIDTH)(g)
        both = L.Concatenate()([a, g])
        both = both + L.DepthwiseConv1D(31, padding="same")(both)
        x = x + L.Dropout(0.1)(L.Dense(WIDTH)(both))
        x = ln()(half(x))
    return keras.Model(inputs, L.Dense(30)(x))


@named("Gated temporal convolution layer", "Gated TCN layer", "Spatio-temporal block", "Graph WaveNet layer",
       "Gated residual block")  # fmt: skip
def graph_wavenet():
    inputs = keras.Input((12, 20, 2))
    adjacency = keras.Input((20, 20))
    x = L.Conv2D(32, 1)(inputs)
    for rate in (1, 2, 1, 2):
        a = L.Conv2D(32, (2, 1), dilation_rate=(rate, 1), padding="same", activation="tanh")(x)
        b = L.Conv2D(32, (2, 1), dilation_rate=(rate, 1), padding="same", activation="sigmoid")(x)
        y = a * b
        y = ops.einsum("bnm,btmc->btnc", adjacency, y)
        y = L.Dropout(0.3)(L.Conv2D(32, 1)(y))
        x = L.BatchNormalization()(x + y)
    return keras.Model([inputs, adjacency], L.Dense(12)(x[:, -1]))


@named("Dual-path Transformer block", "SepFormer block")
def sepformer():
    inputs = keras.Input((8, 16, WIDTH))
    x = inputs

    def encoder(x):
        y = ln()(x)
        return mlp(x + L.MultiHeadAttention(4, 12)(y, y))

    for _ in range(3):
        t = ops.reshape(x, (-1, 16, WIDTH))
        x = x + L.LayerNormalization()(ops.reshape(encoder(t), (-1, 8, 16, WIDTH)))
        t = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, 8, WIDTH))
        t = ops.transpose(ops.reshape(encoder(t), (-1, 16, 8, WIDTH)), (0, 2, 1, 3))
        x = x + L.LayerNormalization()(t)
    return keras.Model(inputs, L.Dense(96)(x))


@named("SEANet residual unit", "EnCodec residual unit", "SEANet encoder level", "SoundStream residual unit",
       "SEANet residual block", "EnCodec encoder level", "SEANet encoder block")  # fmt: skip
def seanet():
    inputs = keras.Input((2048, 1))
    x = L.Conv1D(16, 7, padding="same")(inputs)
    for width, stride in ((32, 2), (64, 4), (128, 4)):
        for rate in (1, 3, 9):
            y = L.Conv1D(x.shape[-1], 7, padding="same", dilation_rate=rate)(L.ELU()(x))
            x = x + L.Conv1D(x.shape[-1], 1)(L.ELU()(y))
        x = L.Conv1D(width, 2 * stride, stride, padding="same")(L.ELU()(x))
    return keras.Model(inputs, L.Conv1D(32, 3, padding="same")(x))


@named("MelGAN residual stack", "Residual stack", "MelGAN upsampling block", "MelGAN residual block",
       "Dilated residual block")  # fmt: skip
def melgan():
    inputs = keras.Input((64, 80))
    x = L.Conv1D(128, 7, padding="same")(inputs)
    for width, rate in ((64, 8), (32, 8), (16, 4)):
        x = L.Conv1DTranspose(width, 2 * rate, rate, padding="same")(L.LeakyReLU(0.2)(x))
        for dilation in (1, 3, 9):
            y = L.Conv1D(width, 3, padding="same", dilation_rate=dilation)(L.LeakyReLU(0.2)(x))
            y = L.Conv1D(width, 1)(L.LeakyReLU(0.2)(y))
            x = L.Add()([L.Conv1D(width, 1)(x), y])
    return keras.Model(inputs, L.Conv1D(1, 7, padding="same", activation="tanh")(x))


@named("Citrinet block")
def citrinet():
    inputs, x = frames(96, 64)
    for _ in range(3):
        y = x
        for place in range(5):
            y = L.BatchNormalization()(L.SeparableConv1D(64, 11, padding="same", use_bias=False)(y))
            y = L.ReLU()(y) if place < 4 else y
        s = L.GlobalAveragePooling1D(keepdims=True)(y)
        y = y * L.Dense(64, activation="sigmoid")(L.Dense(8, activation="relu")(s))
        x = L.ReLU()(y + L.BatchNormalization()(L.Conv1D(64, 1)(x)))
    return keras.Model(inputs, L.Dense(30)(x))


@named("Wave-U-Net down level", "Wave-U-Net up level", "U-Net down level", "U-Net up level", "U-Net encoder level",
       "U-Net decoder level")  # fmt: skip
def wave_unet():
    x = inputs = keras.Input((1024, 1))
    skips = []
    for width in (8, 16, 24, 32):
        x = L.LeakyReLU(0.2)(L.BatchNormalization()(L.Conv1D(width, 15, padding="same")(x)))
        skips.append(x)
        x = x[:, ::2]
    x = L.LeakyReLU(0.2)(L.Conv1D(40, 15, padding="same")(x))
    for width in (32, 24, 16, 8):
        x = L.Concatenate()([L.UpSampling1D(2)(x), skips.pop()])
        x = L.LeakyReLU(0.2)(L.BatchNormalization()(L.Conv1D(width, 5, padding="same")(x)))
    return keras.Model(inputs, L.Conv1D(2, 1, activation="tanh")(x))


@named("Autoformer encoder layer", "Series decomposition encoder layer")
def autoformer():
    inputs, x = frames()

    def decomposed(x):
        trend = L.AveragePooling1D(25, 1, padding="same")(x)
        return x - trend

    for _ in range(3):
        x = decomposed(x + L.MultiHeadAttention(4, 12)(x, x))
        y = L.Conv1D(WIDTH, 1)(L.Conv1D(192, 1, activation="gelu")(x))
        x = decomposed(x + y)
    return keras.Model(inputs, L.Dense(7)(x))


@named("SCI-Block", "SCINet block")
def scinet():
    x = inputs = keras.Input((64, 7))

    def module(x):
        y = L.LeakyReLU(0.01)(L.Conv1D(14, 5, padding="same")(x))
        return L.Conv1D(7, 3, padding="same", activation="tanh")(L.Dropout(0.3)(y))

    for _ in range(4):
        even, odd = x[:, ::2], x[:, 1::2]
        d = odd * ops.exp(module(even))
        c = even * ops.exp(module(odd))
        e = c + module(d)
        o = d - module(c)
        x = L.Reshape((64, 7))(ops.stack([e, o], axis=2))
    return keras.Model(inputs, L.Dense(7)(x))


@named("Variable selection network", "Variable selection", "Gated residual network")
def variable_selection():
    inputs = [keras.Input((8,)) for _ in range(4)]

    def grn(x, width):
        h = L.Dense(width)(L.Dense(width, activation="elu")(x))
        g = L.Dense(width)(h) * L.Dense(width, activation="sigmoid")(h)
        skip = x if x.shape[-1] == width else L.Dense(width)(x)
        return L.LayerNormalization()(skip + g)

    def select(parts):
        weights = L.Softmax()(grn(L.Concatenate()(parts), len(parts)))
        each = ops.stack([grn(part, 16) for part in parts], axis=1)
        return ops.sum(each * weights[:, :, None], axis=1)

    found = [select([L.Dense(16)(part) for part in inputs]) for _ in range(3)]
    return keras.Model(inputs, L.Dense(3)(L.Concatenate()(found)))


@named("LSTM layer", "Recurrent layer")
def deepar():
    inputs = keras.Input((48, 9))
    x = inputs
    for _ in range(4):
        x = L.Dropout(0.1)(L.LSTM(40, return_sequences=True)(x))
    return keras.Model(inputs, [L.Dense(1)(x), L.Dense(1, activation="softplus")(x)])


@named("GTrXL layer", "Gated Transformer-XL layer")
def gtrxl():
    inputs, x = frames(32)

    def gate(x, y):
        r = L.Activation("sigmoid")(L.Dense(WIDTH)(y) + L.Dense(WIDTH)(x))
        z = L.Activation("sigmoid")(L.Dense(WIDTH)(y) + L.Dense(WIDTH)(x))
        h = L.Activation("tanh")(L.Dense(WIDTH)(y) + L.Dense(WIDTH)(r * x))
        return (1 - z) * x + z * h

    for _ in range(3):
        y = ln()(x)
        x = gate(x, L.ReLU()(L.MultiHeadAttention(4, 12)(y, y)))
        x = gate(x, L.Dense(WIDTH, activation="relu")(L.Dense(96, activation="relu")(ln()(x))))
    return keras.Model(inputs, L.Dense(6)(x))
