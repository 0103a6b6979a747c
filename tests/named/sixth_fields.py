"""Networks of audio, series, points, graphs, tables, generation, text and reinforcement: a sixth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


def conv1d(x, width, size=3, stride=1, rate=1, activation="relu", padding="same"):
    x = L.Conv1D(width, size, strides=stride, dilation_rate=rate, padding=padding)(x)
    return L.Activation(activation)(L.BatchNormalization()(x)) if activation else L.BatchNormalization()(x)


def row(block, width=32, copies=4, steps=64, channels=16):
    inputs = keras.Input((steps, channels))
    x = L.Conv1D(width, 1)(inputs)
    for _ in range(copies):
        x = block(x)
    return keras.Model(inputs, L.Dense(5)(L.GlobalAveragePooling1D()(x)))


@named("U-ConvBlock", "SuDoRM-RF block", "U-ConvBlock (SuDoRM-RF)")
def sudormrf():
    def block(x):
        y = L.PReLU(shared_axes=[1])(L.LayerNormalization()(L.Conv1D(64, 1)(x)))
        levels = [L.LayerNormalization()(L.DepthwiseConv1D(5, padding="same")(y))]
        for _ in range(3):
            levels.append(L.LayerNormalization()(L.DepthwiseConv1D(5, strides=2, padding="same")(levels[-1])))
        up = levels[-1]
        for level in reversed(levels[:-1]):
            up = level + L.UpSampling1D(2)(up)
        return x + L.Conv1D(32, 1)(L.PReLU(shared_axes=[1])(L.LayerNormalization()(up)))

    return row(block)


@named("XceptionTime module", "XceptionTime block")
def xception_time():
    def block(x):
        y = L.Conv1D(16, 1, use_bias=False)(x)
        ways = [L.SeparableConv1D(16, k, padding="same", use_bias=False)(y) for k in (39, 19, 9)]
        pool = L.Conv1D(16, 1, use_bias=False)(L.MaxPooling1D(3, 1, "same")(x))
        return L.BatchNormalization()(L.Concatenate()([*ways, pool]))

    def pair(x):
        y = L.ReLU()(block(x))
        return L.ReLU()(L.Add()([block(y), L.BatchNormalization()(L.Conv1D(64, 1)(x))]))

    return row(pair, 64)


@named("Variance predictor")
def variance_predictors():
    tokens = keras.Input((64,))
    x = L.Embedding(100, 32)(tokens)
    outputs = []
    for _ in range(3):
        y = L.Conv1D(32, 3, padding="same", activation="relu")(x)
        y = L.Dropout(0.5)(L.LayerNormalization()(y))
        y = L.Conv1D(32, 3, padding="same", activation="relu")(y)
        y = L.Dropout(0.5)(L.LayerNormalization()(y))
        p = L.Dense(1)(y)
        outputs.append(p)
        x = x + L.Conv1D(32, 9, padding="same")(p)
    return keras.Model(tokens, [L.Dense(80)(x), *outputs])


@named("SoundStream residual unit", "Residual unit", "EnCodec residual unit", "Dilated residual block")
def soundstream():
    def block(x):
        y = L.Conv1D(32, 7, dilation_rate=3, padding="causal", activation="elu")(x)
        return x + L.Conv1D(32, 1, activation="elu")(y)

    return row(block)


@named("Band-split RNN block", "BSRNN block", "Dual-path RNN block")
def band_split():
    inputs = keras.Input((16, 12, 32))
    x = inputs
    for _ in range(3):
        y = ops.reshape(L.LayerNormalization()(x), (-1, 12, 32))
        y = L.Dense(32)(L.Bidirectional(L.LSTM(16, return_sequences=True))(y))
        x = x + ops.reshape(y, (-1, 16, 12, 32))
        y = ops.reshape(ops.transpose(L.LayerNormalization()(x), (0, 2, 1, 3)), (-1, 16, 32))
        y = L.Dense(32)(L.Bidirectional(L.LSTM(16, return_sequences=True))(y))
        x = x + ops.transpose(ops.reshape(y, (-1, 12, 16, 32)), (0, 2, 1, 3))
    return keras.Model(inputs, L.Dense(4)(x))


@named("Series decomposition", "Series decomposition block", "Decomposition linear layer", "DLinear block")
def decompositions():
    inputs = keras.Input((64, 8))
    x = inputs
    for _ in range(3):
        trend = L.AveragePooling1D(25, 1, "same")(x)
        rest = x - trend
        s = L.Permute((2, 1))(L.Dense(64)(L.Permute((2, 1))(rest)))
        t = L.Permute((2, 1))(L.Dense(64)(L.Permute((2, 1))(trend)))
        x = s + t
    return keras.Model(inputs, x)


@named("Two-stage attention layer", "TSA layer", "Two-stage attention")
def crossformer():
    inputs = keras.Input((8, 12, 32))
    x = inputs
    for _ in range(3):
        t = ops.reshape(x, (-1, 12, 32))
        t = L.LayerNormalization()(t + L.MultiHeadAttention(4, 8)(t, t))
        t = L.LayerNormalization()(t + L.Dense(32)(L.Dense(64, activation="gelu")(t)))
        d = ops.reshape(ops.transpose(ops.reshape(t, (-1, 8, 12, 32)), (0, 2, 1, 3)), (-1, 8, 32))
        r = L.Dense(32)(ops.ones((1, 4, 32))) + ops.zeros_like(d[:, :4])
        b = L.MultiHeadAttention(4, 8)(r, d)
        d = L.LayerNormalization()(d + L.MultiHeadAttention(4, 8)(d, b))
        d = L.LayerNormalization()(d + L.Dense(32)(L.Dense(64, activation="gelu")(d)))
        x = ops.transpose(ops.reshape(d, (-1, 12, 8, 32)), (0, 2, 1, 3))
    return keras.Model(inputs, L.Dense(1)(x))


@named("TiDE residual block", "Residual block", "Residual MLP block", "Feed-forward with shortcut")
def tide():
    def block(x):
        y = L.Dropout(0.1)(L.Dense(32)(L.Dense(64, activation="relu")(x)))
        return L.LayerNormalization()(y + L.Dense(32)(x))

    inputs = keras.Input((64,))
    x = L.Dense(32)(inputs)
    for _ in range(4):
        x = block(x)
    return keras.Model(inputs, L.Dense(12)(x))


@named("Skip-RNN layer", "LSTM-FCN block", "Residual LSTM layer", "Residual recurrent layer")
def residual_lstm():
    return row(lambda x: x + L.LSTM(32, return_sequences=True)(L.LayerNormalization()(x)))


@named(
    "xLSTM block", "sLSTM block", "Residual LSTM block", "Recurrent encoder layer", "Recurrent layer with feed-forward"
)
def slstm():
    def block(x):
        y = L.LayerNormalization()(x)
        y = L.Conv1D(32, 4, padding="causal", groups=32, activation="silu")(y)
        x = x + L.GroupNormalization(4)(L.LSTM(32, return_sequences=True)(y))
        y = L.LayerNormalization()(x)
        return x + L.Dense(32)(L.Dense(64, activation="gelu")(y) * L.Dense(64)(y))

    return row(block)


def atoms(block, nodes=12, width=32, copies=3):
    x0 = keras.Input((nodes, 8))
    edges = keras.Input((nodes, nodes, 16))
    adj = keras.Input((nodes, nodes))
    x = L.Dense(width)(x0)
    e = edges
    for _ in range(copies):
        x, e = block(x, e, adj)
    return keras.Model([x0, edges, adj], L.Dense(1)(L.GlobalAveragePooling1D()(x)))


def pairs(x, nodes=12):
    a = ops.repeat(ops.expand_dims(x, 2), nodes, 2)
    b = ops.repeat(ops.expand_dims(x, 1), nodes, 1)
    return a, b


@named("CGCNN convolution", "Crystal graph convolution", "CGCNN layer", "Gated graph convolution")
def cgcnn():
    def block(x, e, adj):
        a, b = pairs(x)
        z = L.Concatenate()([a, b, e])
        m = L.Dense(32, activation="sigmoid")(z) * L.Dense(32, activation="softplus")(z)
        m = ops.sum(m * ops.expand_dims(adj, -1), axis=2)
        return L.Activation("softplus")(x + L.BatchNormalization()(m)), e

    return atoms(block)


@named("GatedGCN layer", "Gated graph convolution", "Residual gated graph convolution")
def gated_gcn():
    def block(x, e, adj):
        to, _ = pairs(L.Dense(32)(x))
        _, source = pairs(L.Dense(32)(x))
        e2 = L.Dense(32)(e) + to + source
        g = ops.sigmoid(e2) * ops.expand_dims(adj, -1)
        g = g / (ops.sum(g, axis=2, keepdims=True) + 1e-6)
        _, value = pairs(L.Dense(32)(x))
        m = ops.sum(g * value, axis=2)
        y = L.ReLU()(L.BatchNormalization()(L.Dense(32)(x) + m))
        return x + y, L.ReLU()(L.BatchNormalization()(e2))

    return atoms(block)


@named("PNA layer", "Principal neighbourhood aggregation", "Principal neighbourhood aggregation layer")
def pna():
    def block(x, e, adj):
        a, b = pairs(x)
        m = L.Dense(32, activation="relu")(L.Concatenate()([a, b]))
        mean, high, low = ops.mean(m, axis=2), ops.max(m, axis=2), ops.min(m, axis=2)
        std = ops.std(m, axis=2)
        y = L.Concatenate()([x, mean, high, low, std])
        return x + L.Dense(32, activation="relu")(y), e

    return atoms(block)


@named("DiffPool", "Differentiable pooling layer", "DiffPool layer", "Differentiable pooling")
def diffpool():
    x0, a0 = keras.Input((32, 8)), keras.Input((32, 32))
    x, a = x0, a0
    for nodes in (16, 8, 4):
        z = L.Dense(32, activation="relu")(ops.matmul(a, x))
        s = ops.softmax(L.Dense(nodes)(ops.matmul(a, x)), axis=-1)
        t = ops.transpose(s, (0, 2, 1))
        x = ops.matmul(t, z)
        a = ops.matmul(ops.matmul(t, a), s)
    return keras.Model([x0, a0], L.Dense(2)(L.GlobalAveragePooling1D()(x)))


@named("HGT layer", "Heterogeneous graph transformer layer", "Graph transformer layer", "Transformer layer")
def graph_transformer():
    def block(x, e, adj):
        q, k, v = L.Dense(32)(x), L.Dense(32)(x), L.Dense(32)(x)
        s = ops.matmul(q, ops.transpose(k, (0, 2, 1))) / 5.6
        s = ops.softmax(ops.where(adj > 0, s, -1e9), axis=-1)
        x = L.BatchNormalization()(x + L.Dense(32)(ops.matmul(s, v)))
        return L.BatchNormalization()(x + L.Dense(32)(L.Dense(64, activation="relu")(x))), e

    return atoms(block)


@named("PaiNN layer", "PaiNN block", "PaiNN message", "PaiNN interaction block", "PaiNN message and update")
def painn():
    s0, v0, d = keras.Input((12, 16)), keras.Input((12, 3, 32)), keras.Input((12, 12, 20))
    rel = keras.Input((12, 12, 3))
    s, v = L.Dense(32)(s0), v0
    for _ in range(3):
        phi = L.Dense(96)(L.Dense(32, activation="silu")(s))
        w = L.Dense(96)(d)
        m = ops.expand_dims(phi, 1) * w
        ds, dv, dr = m[..., :32], m[..., 32:64], m[..., 64:]
        s = s + ops.sum(ds, axis=2)
        v = v + ops.einsum("bijf,bjcf->bicf", dv, v) + ops.einsum("bijf,bijc->bicf", dr, rel)
        u, t = L.Dense(32, use_bias=False)(v), L.Dense(32, use_bias=False)(v)
        n = ops.sqrt(ops.sum(ops.square(t), axis=2) + 1e-8)
        a = L.Dense(96)(L.Dense(32, activation="silu")(L.Concatenate()([s, n])))
        s = s + a[..., :32] + a[..., 32:64] * ops.sum(u * t, axis=2)
        v = v + ops.expand_dims(a[..., 64:], 2) * u
    return keras.Model([s0, v0, d, rel], L.Dense(1)(s))


@named("Residual point block", "PointMLP block", "Residual MLP block", "Residual point MLP block")
def point_mlp():
    def block(x):
        y = L.BatchNormalization()(L.Conv1D(32, 1)(L.ReLU()(L.BatchNormalization()(L.Conv1D(32, 1)(x)))))
        return L.ReLU()(x + y)

    return row(block)


@named("VFE layer", "Voxel feature encoding layer", "Voxel feature encoder")
def voxel_net():
    inputs = keras.Input((100, 35, 7))
    x = inputs
    for width in (16, 32, 64):
        y = L.ReLU()(L.BatchNormalization()(L.Dense(width)(x)))
        m = ops.max(y, axis=2, keepdims=True)
        x = L.Concatenate()([y, ops.repeat(m, 35, axis=2)])
    return keras.Model(inputs, L.Dense(32)(ops.max(x, axis=2)))


@named("Decoder-only layer")
def sasrec():
    inputs = keras.Input((50,))
    x = L.Embedding(1000, 32)(inputs)
    for _ in range(3):
        n = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(2, 16)(n, x, use_causal_mask=True)
        n = L.LayerNormalization()(x)
        x = n + L.Conv1D(32, 1)(L.Conv1D(32, 1, activation="relu")(n))
    return keras.Model(inputs, x)


@named("NextItNet residual block", "NextItNet block", "Dilated residual block", "Temporal block")
def nextitnet():
    inputs = keras.Input((50,))
    x = L.Embedding(1000, 32)(inputs)
    for rate in (1, 2, 4, 8):
        y = L.ReLU()(L.LayerNormalization()(L.Conv1D(32, 3, dilation_rate=rate, padding="causal")(x)))
        y = L.ReLU()(L.LayerNormalization()(L.Conv1D(32, 3, dilation_rate=2 * rate, padding="causal")(y)))
        x = x + y
    return keras.Model(inputs, L.Dense(1000)(x))


@named("ByteNet residual block", "ByteNet block", "Dilated residual block")
def bytenet():
    def block(x):
        y = L.Conv1D(16, 1)(L.ReLU()(L.LayerNormalization()(x)))
        y = L.Conv1D(16, 5, dilation_rate=2, padding="causal")(L.ReLU()(L.LayerNormalization()(y)))
        y = L.Conv1D(32, 1)(L.ReLU()(L.LayerNormalization()(y)))
        return x + y

    return row(block)


@named(
    "Residual unit", "Deep crossing residual unit", "Residual block", "Feed-forward with shortcut", "Residual MLP block"
)
def deep_crossing():
    inputs = keras.Input((64,))
    x = inputs
    for _ in range(4):
        x = L.ReLU()(x + L.Dense(64)(L.Dense(128, activation="relu")(x)))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named("NVAE residual cell", "NVAE cell", "Residual cell")
def nvae():
    inputs = keras.Input((32, 32, 32))
    x = inputs
    for _ in range(4):
        y = L.BatchNormalization()(x)
        y = L.Activation("swish")(L.BatchNormalization()(L.Conv2D(192, 1)(y)))
        y = L.Activation("swish")(L.BatchNormalization()(L.DepthwiseConv2D(5, padding="same")(y)))
        y = L.BatchNormalization()(L.Conv2D(32, 1)(y))
        g = L.Dense(4, activation="relu")(L.GlobalAveragePooling2D()(y))
        g = L.Reshape((1, 1, 32))(L.Dense(32, activation="sigmoid")(g))
        x = x + 0.1 * (y * g)
    return keras.Model(inputs, L.Conv2D(3, 3)(x))


@named("Gated ResNet block", "Gated resnet", "Gated residual block")
def pixelcnn_pp():
    inputs = keras.Input((32, 32, 32))
    x = inputs
    for _ in range(4):
        e = L.Concatenate()([x, ops.negative(x)])
        y = L.Conv2D(32, (2, 3), padding="same")(L.Activation("elu")(e))
        e = L.Activation("elu")(L.Concatenate()([y, ops.negative(y)]))
        z = L.Conv2D(64, (2, 3), padding="same")(L.Dropout(0.5)(e))
        x = x + z[..., :32] * ops.sigmoid(z[..., 32:])
    return keras.Model(inputs, L.Conv2D(3, 1)(x))


@named("Diffusion residual block", "ADM residual block")
def edm():
    inputs, step = keras.Input((32, 32, 3)), keras.Input((64,))
    emb = L.Dense(64, activation="silu")(step)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(4):
        h = L.Conv2D(32, 3, padding="same")(L.Activation("silu")(L.GroupNormalization(8)(x)))
        p = L.Reshape((1, 1, 64))(L.Dense(64)(emb))
        h = L.GroupNormalization(8)(h) * (1 + p[..., :32]) + p[..., 32:]
        h = L.Conv2D(32, 3, padding="same")(L.Dropout(0.1)(L.Activation("silu")(h)))
        x = (x + h) * 0.7071
    return keras.Model([inputs, step], L.Conv2D(3, 3, padding="same")(x))


@named("SimBa block", "Feed-forward with shortcut", "Residual feed-forward block", "Residual MLP block")
def simba():
    inputs = keras.Input((32,))
    x = L.Dense(128)(inputs)
    for _ in range(3):
        x = x + L.Dense(128)(L.Dense(512, activation="relu")(L.LayerNormalization()(x)))
    return keras.Model(inputs, L.Dense(6)(L.LayerNormalization()(x)))


@named("Intersample attention layer", "SAINT layer", "SAINT block", "Intersample attention block")
def saint():
    inputs = keras.Input((10, 32), batch_size=16)
    x = inputs
    for _ in range(3):
        x = x + L.MultiHeadAttention(4, 8)(x, x)
        x = x + L.Dense(32)(L.Dense(128, activation="gelu")(L.LayerNormalization()(x)))
        r = ops.reshape(x, (1, 16, 320))
        r = r + L.MultiHeadAttention(4, 16)(r, r)
        r = r + L.Dense(320)(L.Dense(640, activation="gelu")(L.LayerNormalization()(r)))
        x = ops.reshape(r, (16, 10, 32))
    return keras.Model(inputs, L.Dense(1)(x))


@named("Guided attention layer", "Decoder layer", "Guided attention unit", "SGA unit")
def mcan():
    question, image = keras.Input((14, 32)), keras.Input((36, 32))
    x, y = question, image
    for _ in range(3):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 8)(x, x))
        x = L.LayerNormalization()(x + L.Dense(32)(L.Dense(128, activation="relu")(x)))
    for _ in range(3):
        y = L.LayerNormalization()(y + L.MultiHeadAttention(4, 8)(y, y))
        y = L.LayerNormalization()(y + L.MultiHeadAttention(4, 8)(y, x))
        y = L.LayerNormalization()(y + L.Dense(32)(L.Dense(128, activation="relu")(y)))
    return keras.Model([question, image], L.Dense(10)(L.GlobalAveragePooling1D()(y)))


@named("SpliceAI residual block", "Dilated residual block", "Residual dilated block", "Pre-activation basic block")
def splice_ai():
    def block(x):
        y = L.Conv1D(32, 11, dilation_rate=4, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        return x + L.Conv1D(32, 11, dilation_rate=4, padding="same")(L.ReLU()(L.BatchNormalization()(y)))

    return row(block)


@named("BPNet dilated layer", "Dilated residual layer", "Dilated convolution with shortcut", "Dilated residual block")
def bpnet():
    def block(x):
        return x + L.Conv1D(32, 3, dilation_rate=4, padding="same", activation="relu")(x)

    return row(block)


@named("LeFF", "LeWin Transformer block", "Locally-enhanced window Transformer block")
def uformer():
    inputs = keras.Input((32, 32, 32))
    x = inputs
    for _ in range(3):
        n = L.LayerNormalization()(x)
        t = ops.reshape(ops.transpose(ops.reshape(n, (-1, 4, 8, 4, 8, 32)), (0, 1, 3, 2, 4, 5)), (-1, 64, 32))
        t = L.MultiHeadAttention(4, 8)(t, t)
        t = ops.reshape(ops.transpose(ops.reshape(t, (-1, 4, 4, 8, 8, 32)), (0, 1, 3, 2, 4, 5)), (-1, 32, 32, 32))
        x = x + t
        y = L.Dense(128, activation="gelu")(L.LayerNormalization()(x))
        y = L.DepthwiseConv2D(3, padding="same", activation="gelu")(y)
        x = x + L.Dense(32)(y)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("SENET layer", "Bilinear interaction", "Squeeze-and-excitation")
def fibinet():
    inputs = keras.Input((20, 16))
    x = inputs
    for _ in range(3):
        z = ops.mean(x, axis=-1)
        a = L.Dense(20, activation="relu")(L.Dense(7, activation="relu")(z))
        x = x * ops.expand_dims(a, -1)
    return keras.Model(inputs, L.Dense(1)(L.Flatten()(x)))


@named("Evoformer block", "Axial attention layer", "Outer product mean", "Feed-forward with shortcut")
def evoformer():
    m0, z0 = keras.Input((8, 16, 32)), keras.Input((16, 16, 32))
    m, z = m0, z0
    for _ in range(2):
        n = L.LayerNormalization()(m)
        m = m + L.MultiHeadAttention(4, 8, attention_axes=(2,))(n, n)
        n = L.LayerNormalization()(m)
        m = m + L.MultiHeadAttention(4, 8, attention_axes=(1,))(n, n)
        m = m + L.Dense(32)(L.Dense(128, activation="relu")(L.LayerNormalization()(m)))
        n = L.LayerNormalization()(m)
        o = ops.einsum("bsic,bsjd->bijcd", L.Dense(8)(n), L.Dense(8)(n))
        z = z + L.Dense(32)(ops.reshape(o, (-1, 16, 16, 64)))
        z = z + L.Dense(32)(L.Dense(128, activation="relu")(L.LayerNormalization()(z)))
    return keras.Model([m0, z0], L.Dense(1)(z))


@named("Stacked attention layer", "Attention hop", "Stacked attention", "Memory network hop", "Attention with shortcut")
def stacked_attention():
    image, question = keras.Input((49, 32)), keras.Input((32,))
    u = question
    for _ in range(3):
        h = ops.tanh(L.Dense(64)(image) + ops.expand_dims(L.Dense(64)(u), 1))
        p = ops.softmax(L.Dense(1)(h), axis=1)
        u = ops.sum(p * image, axis=1) + u
    return keras.Model([image, question], L.Dense(10)(u))
