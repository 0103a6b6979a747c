"""Networks of graphs, points, tables, games and physics: a third set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp
from .vision import cna

MLP = ("MLP", "MLP tower", "Tower", "Fully connected layer", "Dense layer")


@named("KPConv", "Kernel point convolution", "KPConv residual block", "KPConv block", "Kernel point convolution block")
def kp_conv():
    features, influence = keras.Input((64, 8, 32)), keras.Input((64, 8, 15))
    index = keras.Input((64, 8), dtype="int32")
    x = ops.mean(features, axis=2)
    for _ in range(4):
        y = L.LeakyReLU(0.1)(L.BatchNormalization()(L.Dense(16)(x)))
        near = ops.take_along_axis(y[:, None], index[..., None], axis=2)
        weighted = ops.matmul(ops.transpose(influence, (0, 1, 3, 2)), near)
        y = L.EinsumDense("bnkc,kcd->bnd", (None, 16))(weighted)
        y = L.LeakyReLU(0.1)(L.BatchNormalization()(y))
        x = L.LeakyReLU(0.1)(x + L.BatchNormalization()(L.Dense(32)(y)))
    return keras.Model([features, influence, index], L.Dense(10)(x))


@named("Offset attention", "Offset-attention layer", "PCT layer", "Offset attention layer")
def point_cloud_transformer():
    points = keras.Input((64, 3))
    x = L.Dense(32, activation="relu")(L.Dense(32, activation="relu")(points))
    outs = []
    for _ in range(4):
        q, k, v = L.Dense(8)(x), L.Dense(8)(x), L.Dense(32)(x)
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))), axis=-1)
        y = x - ops.matmul(a, v)
        x = x + L.ReLU()(L.BatchNormalization()(L.Dense(32)(y)))
        outs.append(x)
    return keras.Model(points, L.Dense(10)(L.GlobalMaxPooling1D()(L.Concatenate()(outs))))


@named("InvResMLP", "InvResMLP block", "PointNeXt block", "Inverted residual MLP")
def pointnext():
    points = keras.Input((64, 32))
    index = keras.Input((64, 8), dtype="int32")
    x = points
    for _ in range(4):
        near = ops.take_along_axis(x[:, None], index[..., None], axis=2)
        y = ops.max(L.ReLU()(L.BatchNormalization()(L.Dense(32)(near))), axis=2)
        y = L.BatchNormalization()(L.Dense(32)(L.ReLU()(L.BatchNormalization()(L.Dense(128)(y)))))
        x = L.ReLU()(x + y)
    return keras.Model([points, index], L.Dense(10)(L.GlobalMaxPooling1D()(x)))


@named("Attentive pooling", "Local feature aggregation", "RandLA-Net block", "Dilated residual block",
       "Local feature aggregation block",
       "Attentive pooling block")  # fmt: skip
def randla():
    points, index = keras.Input((64, 32)), keras.Input((64, 8), dtype="int32")
    position = keras.Input((64, 8, 10))
    x = points
    for _ in range(3):
        y = L.LeakyReLU(0.2)(L.Dense(16)(x))
        for width in (16, 32):
            near = ops.take_along_axis(y[:, None], index[..., None], axis=2)
            both = L.Concatenate()([near, L.Dense(16, activation="relu")(position)])
            scores = ops.softmax(L.Dense(both.shape[-1], use_bias=False)(both), axis=2)
            y = L.Dense(width, activation="relu")(ops.sum(scores * both, axis=2))
        x = L.LeakyReLU(0.2)(L.Dense(32)(y) + L.Dense(32)(x))
    return keras.Model([points, index, position], L.Dense(10)(x))


@named("VoxNet block", "Convolutional block", "Convolutional layer", "VGG block", "Convolution and pooling layer")
def voxnet():
    inputs = keras.Input((32, 32, 32, 1))
    x = inputs
    for width in (8, 16, 32, 32):
        x = L.MaxPooling3D()(L.LeakyReLU(0.1)(L.Conv3D(width, 3, padding="same")(x)))
    return keras.Model(inputs, L.Dense(10)(L.Dense(64, activation="relu")(L.Flatten()(x))))


@named("Graphormer layer", "Encoder layer", "Graph transformer layer", "Encoder layer with relative bias")
def graphormer():
    nodes, bias = keras.Input((20, 48)), keras.Input((20, 20))
    x = nodes
    for _ in range(4):
        y = ln()(x)
        q, k, v = (ops.transpose(L.Reshape((20, 4, 12))(L.Dense(48)(y)), (0, 2, 1, 3)) for _ in range(3))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / 12**0.5 + bias[:, None], axis=-1)
        y = L.Reshape((20, 48))(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)))
        x = mlp(x + L.Dense(48)(y))
    return keras.Model([nodes, bias], L.Dense(1)(x))


@named("ChebNet layer", "Chebyshev graph convolution", "Chebyshev convolution", "ChebConv")
def cheb_net():
    nodes, laplacian = keras.Input((20, 16)), keras.Input((20, 20))
    x = nodes
    for _ in range(4):
        first = ops.matmul(laplacian, x)
        second = 2 * ops.matmul(laplacian, first) - x
        x = L.ReLU()(L.Dense(16)(x) + L.Dense(16)(first) + L.Dense(16)(second))
    return keras.Model([nodes, laplacian], L.Dense(7)(x))


@named("Gated graph layer", "GGNN layer", "Gated graph convolution", "Message passing layer")
def ggnn():
    nodes, edges = keras.Input((20, 32)), keras.Input((20, 20))
    x = nodes
    for _ in range(4):
        m = ops.matmul(edges, L.Dense(32, use_bias=False)(x))
        z = ops.sigmoid(L.Dense(32)(m) + L.Dense(32, use_bias=False)(x))
        r = ops.sigmoid(L.Dense(32)(m) + L.Dense(32, use_bias=False)(x))
        h = ops.tanh(L.Dense(32)(m) + L.Dense(32, use_bias=False)(r * x))
        x = (1 - z) * x + z * h
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named("EGNN layer", "Equivariant graph layer", "E(n)-equivariant layer", "Equivariant graph convolution",
       "Message passing layer")  # fmt: skip
def egnn():
    nodes, places = keras.Input((12, 32)), keras.Input((12, 3))
    h, p = nodes, places
    for _ in range(4):
        d = p[:, :, None] - p[:, None]
        square = ops.sum(d * d, axis=-1, keepdims=True)
        i = ops.broadcast_to(h[:, :, None], (ops.shape(h)[0], 12, 12, 32))
        j = ops.broadcast_to(h[:, None], (ops.shape(h)[0], 12, 12, 32))
        m = L.Dense(32, activation="silu")(L.Dense(32, activation="silu")(L.Concatenate()([i, j, square])))
        p = p + ops.mean(d * L.Dense(1)(L.Dense(32, activation="silu")(m)), axis=2)
        y = L.Concatenate()([h, ops.sum(m, axis=2)])
        h = h + L.Dense(32)(L.Dense(32, activation="silu")(y))
    return keras.Model([nodes, places], L.Dense(1)(L.GlobalAveragePooling1D()(h)))


@named("Principal neighbourhood aggregation", "PNA layer", "Principal neighbourhood aggregation layer")
def pna():
    nodes, edges = keras.Input((20, 16)), keras.Input((20, 20, 1))
    x = nodes
    for _ in range(4):
        m = L.Dense(16)(x)[:, None] * edges
        parts = [ops.mean(m, axis=2), ops.max(m, axis=2), ops.min(m, axis=2), ops.std(m, axis=2)]
        x = L.ReLU()(L.BatchNormalization()(L.Dense(16)(L.Concatenate()([x, *parts]))))
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named("MLP", "Self-normalising layer", "Self-normalizing layer", *MLP)
def self_normalising():
    inputs = keras.Input((40,))
    x = inputs
    for _ in range(6):
        x = L.AlphaDropout(0.05)(L.Dense(64, activation="selu", kernel_initializer="lecun_normal")(x))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named(
    "Encoder layer",
    "FT-Transformer layer",
    "Pre-norm encoder layer",
    "Transformer encoder layer",
    "FT-Transformer block",
)
def ft_transformer():
    inputs = keras.Input((12,))
    x = L.EinsumDense("bf,fd->bfd", (12, 32), bias_axes="fd")(inputs)
    for _ in range(4):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 8)(y, y)
        a, b = ops.split(L.Dense(84)(ln()(x)), 2, axis=-1)
        x = x + L.Dense(32)(L.Dropout(0.1)(a * ops.relu(b)))
    return keras.Model(inputs, L.Dense(1)(ops.relu(ln()(x[:, 0]))))


@named("SAINT layer", "SAINT block", "Intersample attention layer", "Encoder layer", "Axial attention layer")
def saint():
    inputs = keras.Input((16, 12, 32))
    x = inputs
    for _ in range(3):
        x = ln()(x + L.MultiHeadAttention(4, 8, attention_axes=2)(x, x))
        x = ln()(x + L.Dense(32)(L.Dense(64, activation="gelu")(x)))
        x = ln()(x + L.MultiHeadAttention(4, 8, attention_axes=1)(x, x))
        x = ln()(x + L.Dense(32)(L.Dense(64, activation="gelu")(x)))
    return keras.Model(inputs, L.Dense(1)(x[:, :, 0]))


@named(
    "Feed-forward with shortcut",
    "Embedding",
    "Residual MLP block",
    "Tabular ResNet block",
    "Dense residual block",
    "Residual block",
)
def deep_crossing():
    fields = [keras.Input((1,), dtype="int32") for _ in range(4)]
    x = L.Concatenate()([L.Flatten()(L.Embedding(50, 8)(f)) for f in fields])
    for width in (64, 64, 48, 32):
        y = L.Dense(32)(L.Dense(width, activation="relu")(x))
        x = L.ReLU()(x + y)
    return keras.Model(fields, L.Dense(1, activation="sigmoid")(x))


@named("Dilated residual block", "NextItNet block", "NextItNet residual block", "Temporal block")
def next_it_net():
    inputs = keras.Input((32,), dtype="int32")
    x = L.Embedding(500, 32)(inputs)
    for rate in (1, 2, 4, 1, 2, 4):
        y = ops.relu(ln()(L.Conv1D(32, 3, padding="causal", dilation_rate=rate)(x)))
        y = ops.relu(ln()(L.Conv1D(32, 3, padding="causal", dilation_rate=2 * rate)(y)))
        x = x + y
    return keras.Model(inputs, L.Dense(500)(x))


@named("Gated cross layer", "Gated deep cross layer", "GDCN layer", "Cross layer")
def gdcn():
    inputs = keras.Input((40,))
    x = inputs
    for _ in range(4):
        x = inputs * L.Dense(40)(x) * L.Dense(40, use_bias=False, activation="sigmoid")(x) + x
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named("SimBa block", "Residual MLP block", "Residual feed-forward block", "Feed-forward with shortcut",
       "Residual block", "BRO block")  # fmt: skip
def simba():
    inputs = keras.Input((20,))
    x = L.Dense(64)(inputs)
    for _ in range(4):
        x = x + L.Dense(64)(L.Dense(256, activation="relu")(L.LayerNormalization()(x)))
    return keras.Model(inputs, [L.Dense(6)(L.LayerNormalization()(x)), L.Dense(6)(x)])


@named("D2RL layer", "Dense layer", "MLP", "Fully connected layer")
def d2rl():
    inputs = keras.Input((24,))
    x = L.Dense(64, activation="relu")(inputs)
    for _ in range(5):
        x = L.Dense(64, activation="relu")(L.Concatenate()([x, inputs]))
    return keras.Model(inputs, L.Dense(4)(x))


@named("Decoder-only layer", "Decision Transformer layer", "GPT layer")
def decision_transformer():
    returns, states, actions = keras.Input((10, 1)), keras.Input((10, 8)), keras.Input((10, 4))
    parts = [L.Dense(48)(p)[:, :, None] for p in (returns, states, actions)]
    x = L.Reshape((30, 48))(L.Concatenate(axis=2)(parts))
    for _ in range(4):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12, dropout=0.1)(y, y, use_causal_mask=True)
        x = mlp(x)
    return keras.Model([returns, states, actions], L.Dense(4)(x[:, 1::3]))


@named("Basic block", "Residual block", "MuZero residual block")
def muzero_dynamics():
    state, action = keras.Input((8, 8, 32)), keras.Input((8, 8, 4))
    x = cna(L.Concatenate()([state, action]), 32)
    for _ in range(6):
        y = cna(cna(x, 32), 32, act=None)
        x = L.ReLU()(L.Add()([y, x]))
    return keras.Model([state, action], [x, L.Dense(1)(L.Flatten()(cna(x, 1, 1)))])


@named("Branch and trunk net", "MLP", "Fully connected layer", "DeepONet layer", "Branch net", "Trunk net")
def deep_o_net():
    sensors, place = keras.Input((50,)), keras.Input((2,))
    b, t = sensors, place
    for _ in range(4):
        b = L.Dense(64, activation="tanh")(b)
        t = L.Dense(64, activation="tanh")(t)
    return keras.Model([sensors, place], ops.sum(b * t, axis=-1, keepdims=True))


@named("Fourier layer", "FNO layer", "Fourier neural operator layer", "Factorised Fourier layer")
def fno_one():
    inputs = keras.Input((64, 1))

    class Spectral(L.Layer):
        def build(self, shape):
            self.r = self.add_weight(shape=(12, shape[-1], 32))
            self.i = self.add_weight(shape=(12, shape[-1], 32))

        def call(self, x):
            re, im = ops.rfft(ops.transpose(x, (0, 2, 1)))
            re, im = re[..., :12], im[..., :12]
            a = ops.einsum("bcm,mcd->bdm", re, self.r) - ops.einsum("bcm,mcd->bdm", im, self.i)
            b = ops.einsum("bcm,mcd->bdm", re, self.i) + ops.einsum("bcm,mcd->bdm", im, self.r)
            a, b = ops.pad(a, ((0, 0), (0, 0), (0, 21))), ops.pad(b, ((0, 0), (0, 0), (0, 21)))
            return ops.transpose(ops.irfft((a, b)), (0, 2, 1))

    x = L.Dense(32)(inputs)
    for _ in range(4):
        x = ops.gelu(Spectral()(x) + L.Conv1D(32, 1)(x))
    return keras.Model(inputs, L.Dense(1)(x))


@named("ResNet-PINN block", "Residual MLP block", "Dense residual block", "Residual block")
def residual_pinn():
    inputs = keras.Input((3,))
    x = L.Dense(32, activation="tanh")(inputs)
    for _ in range(5):
        y = L.Dense(32)(L.Dense(32, activation="tanh")(x))
        x = L.Activation("tanh")(x + y)
    return keras.Model(inputs, L.Dense(1)(x))
