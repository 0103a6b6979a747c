"""Networks of speech, series, text, graphs, biology, recommendation and tables: a fifth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln


@named("LSTM block", "mLSTM block", "xLSTM block", "RG-LRU block", "Griffin recurrent block", "Recurrent block")
def griffin():
    x = inputs = keras.Input((64, 48))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        gate = L.Dense(64, activation="gelu")(y)
        y = L.Conv1D(64, 4, padding="causal", groups=64)(L.Dense(64)(y))
        y = L.GRU(64, return_sequences=True)(y)
        x = x + L.Dense(48)(y * gate)
        y = L.LayerNormalization()(x)
        x = x + L.Dense(48)(L.Dense(144, activation="gelu")(y) * L.Dense(144)(y))
    return keras.Model(inputs, x)


@named("Gated linear attention layer", "Linear transformer layer", "Gated linear attention block")
def linear_attention_lm():
    x = inputs = keras.Input((64, 48))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        q, k, v = (L.Reshape((64, 4, 12))(L.Dense(48)(y)) for _ in range(3))
        q, k = ops.elu(q) + 1, ops.elu(k) + 1
        kv = ops.einsum("blhd,blhe->bhde", k, v)
        z = 1 / (ops.einsum("blhd,bhd->blh", q, ops.sum(k, 1)) + 1e-6)
        y = ops.einsum("blhd,bhde,blh->blhe", q, kv, z)
        x = x + L.Dense(48)(L.Reshape((64, 48))(y))
        y = L.LayerNormalization()(x)
        x = x + L.Dense(48)(L.Dense(192, activation="relu")(y))
    return keras.Model(inputs, x)


@named(
    "ByteNet residual block", "ByteNet block", "Bottleneck", "Residual multiplicative block", "Dilated residual block"
)
def bytenet():
    ids = keras.Input((128,), dtype="int32")
    x = L.Embedding(256, 64)(ids)
    for rate in (1, 2, 4, 8, 16) * 2:
        y = L.Conv1D(32, 1)(L.ReLU()(L.LayerNormalization()(x)))
        y = L.Conv1D(32, 5, padding="causal", dilation_rate=rate)(L.ReLU()(L.LayerNormalization()(y)))
        y = L.Conv1D(64, 1)(L.ReLU()(L.LayerNormalization()(y)))
        x = x + y
    return keras.Model(ids, L.Dense(256)(x))


@named("DFSMN layer", "FSMN layer", "DFSMN block", "Memory block", "FSMN block")
def dfsmn():
    x = inputs = keras.Input((100, 40))
    x, memory = L.Dense(64)(x), None
    for _ in range(6):
        p = L.Dense(32, use_bias=False)(L.Dense(128, activation="relu")(x))
        m = p + L.DepthwiseConv1D(11, padding="same")(p)
        memory = m if memory is None else m + memory
        x = memory
    return keras.Model(inputs, L.Dense(10)(x))


@named("BC-ResNet block", "Broadcasted residual block")
def bc_resnet():
    inputs = keras.Input((40, 100, 1))
    x = L.Conv2D(16, 5, strides=(2, 1), padding="same")(inputs)
    for _ in range(4):
        y = L.BatchNormalization()(L.DepthwiseConv2D((3, 1), padding="same")(x))
        z = ops.mean(y, axis=1, keepdims=True)
        z = L.BatchNormalization()(L.DepthwiseConv2D((1, 3), padding="same")(z))
        z = L.Dropout(0.1)(L.Conv2D(16, 1)(L.Activation("swish")(z)))
        x = L.ReLU()(L.Add()([x, y, z]))
    return keras.Model(inputs, L.Dense(12)(L.GlobalAveragePooling2D()(x)))


@named("TFC-TDF block", "Time-frequency block")
def tfc_tdf():
    inputs = keras.Input((64, 64, 2))
    x = L.Conv2D(16, 1)(inputs)
    for _ in range(4):
        for _ in range(2):
            x = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 3, padding="same")(x)))
        y = L.Permute((1, 3, 2))(x)
        y = L.ReLU()(L.BatchNormalization()(L.Dense(16)(y)))
        y = L.ReLU()(L.BatchNormalization()(L.Dense(64)(y)))
        x = x + L.Permute((1, 3, 2))(y)
    return keras.Model(inputs, L.Conv2D(2, 1)(x))


@named("TF-GridNet block", "GridNet block")
def tf_gridnet():
    inputs = keras.Input((32, 32, 2))
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(3):
        y = L.LayerNormalization()(x)
        y = L.TimeDistributed(L.Bidirectional(L.LSTM(16, return_sequences=True)))(y)
        x = x + L.Dense(16)(y)
        y = L.Permute((2, 1, 3))(L.LayerNormalization()(x))
        y = L.TimeDistributed(L.Bidirectional(L.LSTM(16, return_sequences=True)))(y)
        x = x + L.Permute((2, 1, 3))(L.Dense(16)(y))
        y = L.Reshape((32, 512))(L.LayerNormalization()(x))
        y = L.MultiHeadAttention(4, 8)(y, y)
        x = x + L.Reshape((32, 32, 16))(y)
    return keras.Model(inputs, L.Conv2D(2, 3, padding="same")(x))


@named(
    "SoundStream residual unit", "Residual unit", "Encoder block", "SoundStream encoder block", "EnCodec encoder level"
)
def sound_stream():
    inputs = keras.Input((640, 1))
    x, width = L.Conv1D(16, 7, padding="causal")(inputs), 16
    for stride in (2, 4, 5):
        for rate in (1, 3, 9):
            y = L.Conv1D(width, 7, padding="causal", dilation_rate=rate)(L.ELU()(x))
            x = x + L.Conv1D(width, 1)(L.ELU()(y))
        width *= 2
        x = L.Conv1D(width, 2 * stride, strides=stride, padding="causal")(L.ELU()(x))
    return keras.Model(inputs, x)


@named("Deep Voice 3 convolution block", "Gated convolutional layer", "Gated convolution", "Convolution block")
def deep_voice():
    x = inputs = keras.Input((80, 64))
    for _ in range(6):
        y = L.Conv1D(128, 5, padding="same")(L.Dropout(0.1)(x))
        a, b = ops.split(y, 2, axis=-1)
        x = (x + a * ops.sigmoid(b)) * 0.7071
    return keras.Model(inputs, x)


@named("Variance predictor layer", "Convolutional layer", "Variance predictor", "Convolutional block")
def variance_predictor():
    x = inputs = keras.Input((80, 64))
    for _ in range(3):
        x = L.Dropout(0.5)(L.LayerNormalization()(L.Conv1D(64, 3, padding="same", activation="relu")(x)))
    return keras.Model(inputs, L.Dense(1)(x))


@named("TimeMixer block", "Past decomposable mixing block", "Past-decomposable-mixing block")
def time_mixer():
    inputs = keras.Input((64, 8))
    x = L.Dense(16)(inputs)
    for _ in range(3):
        trend = L.AveragePooling1D(9, 1, padding="same")(x)
        season = x - trend
        s = L.Permute((2, 1))(season)
        s = L.Permute((2, 1))(L.Dense(64)(L.Dense(64, activation="gelu")(s)))
        t = L.Permute((2, 1))(trend)
        t = L.Permute((2, 1))(L.Dense(64)(L.Dense(64, activation="gelu")(t)))
        y = season + s + trend + t
        x = x + L.Dense(16)(L.Dense(32, activation="gelu")(y))
    return keras.Model(inputs, x)


@named("FreTS block", "Frequency-domain MLP", "Frequency MLP", "Frequency-domain MLP layer")
def frets():
    inputs = keras.Input((32, 16))
    x = inputs
    for _ in range(3):
        re, im = ops.rfft(ops.transpose(x, (0, 2, 1)))
        a = ops.relu(L.Dense(17)(re) - L.Dense(17)(im))
        b = ops.relu(L.Dense(17)(im) + L.Dense(17)(re))
        y = ops.irfft((a, b))
        x = x + ops.transpose(y, (0, 2, 1))
    return keras.Model(inputs, x)


@named("ModernTCN block")
def modern_tcn():
    inputs = keras.Input((64, 32))
    x = inputs
    for _ in range(4):
        y = L.BatchNormalization()(L.DepthwiseConv1D(51, padding="same")(x))
        y = L.Conv1D(128, 1, groups=4)(y)
        y = L.Conv1D(32, 1, groups=4)(L.Activation("gelu")(y))
        x = x + y
    return keras.Model(inputs, x)


@named("Autoformer decoder layer", "Decoder layer with series decomposition", "Decomposition decoder layer")
def autoformer_decoder():
    inputs, memory = keras.Input((32, 32)), keras.Input((32, 32))

    def decompose(x):
        return x - L.AveragePooling1D(9, 1, padding="same")(x)

    x = inputs
    for _ in range(3):
        x = decompose(x + L.MultiHeadAttention(4, 8)(x, x))
        x = decompose(x + L.MultiHeadAttention(4, 8)(x, memory))
        x = decompose(x + L.Conv1D(32, 1)(L.Conv1D(64, 1, activation="relu")(x)))
    return keras.Model([inputs, memory], x)


@named("HSTU layer", "Hierarchical sequential transduction unit", "Gated attention unit")
def hstu():
    x = inputs = keras.Input((50, 32))
    for _ in range(4):
        y = L.LayerNormalization()(x)
        u, v, q, k = ops.split(L.Dense(128, activation="silu")(y), 4, axis=-1)
        a = ops.silu(ops.matmul(q, ops.transpose(k, (0, 2, 1)))) / 50
        y = L.LayerNormalization()(ops.matmul(a, v)) * u
        x = x + L.Dense(32)(y)
    return keras.Model(inputs, x)


@named("NGCF layer", "Neural graph collaborative filtering layer", "Embedding propagation layer")
def ngcf():
    inputs, adjacency = keras.Input((100, 32)), keras.Input((100, 100))
    x, outputs = inputs, [inputs]
    for _ in range(3):
        side = ops.matmul(adjacency, x)
        x = L.LeakyReLU()(L.Dense(32)(side) + L.Dense(32)(side * x))
        outputs.append(x)
    return keras.Model([inputs, adjacency], L.Concatenate()(outputs))


@named("Deep Crossing residual unit", "Residual unit", "Feed-forward with shortcut", "Residual MLP block")
def deep_crossing():
    inputs = [keras.Input((1,), dtype="int32") for _ in range(4)]
    x = L.Concatenate()([L.Flatten()(L.Embedding(50, 16)(i)) for i in inputs])
    for _ in range(5):
        y = L.Dense(64)(L.Dense(32, activation="relu")(x))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named(
    "CGC layer",
    "Extraction network",
    "Progressive layered extraction layer",
    "Customised gate control",
    "PLE layer",
    "Expert",
    "Task tower",
    "Multi-gate mixture of experts",
)
def ple():
    inputs = keras.Input((32,))
    a = b = s = inputs
    for _ in range(3):
        experts = {
            key: [L.Dense(16, activation="relu")(x) for _ in range(2)] for key, x in (("a", a), ("b", b), ("s", s))
        }

        def gated(x, found):
            weights = L.Dense(len(found), activation="softmax")(x)
            return ops.sum(ops.stack(found, 1) * ops.expand_dims(weights, -1), axis=1)

        a, b, s = (
            gated(a, experts["a"] + experts["s"]),
            gated(b, experts["b"] + experts["s"]),
            gated(s, experts["a"] + experts["b"] + experts["s"]),
        )
    return keras.Model(inputs, [L.Dense(1)(a), L.Dense(1)(b)])


@named("EGNN layer", "Equivariant graph convolutional layer", "E(n)-equivariant layer", "Message passing layer")
def egnn():
    nodes, places = keras.Input((20, 16)), keras.Input((20, 3))
    h, x = nodes, places
    for _ in range(3):
        d = ops.expand_dims(x, 2) - ops.expand_dims(x, 1)
        r = ops.sum(ops.square(d), -1, keepdims=True)
        a = ops.repeat(ops.expand_dims(h, 2), 20, 2)
        b = ops.repeat(ops.expand_dims(h, 1), 20, 1)
        m = L.Dense(32, activation="silu")(L.Concatenate()([a, b, r]))
        m = L.Dense(32, activation="silu")(m)
        w = L.Dense(1)(L.Dense(32, activation="silu")(m))
        x = x + ops.mean(d * w, axis=2)
        h = h + L.Dense(16)(L.Dense(32, activation="silu")(L.Concatenate()([h, ops.sum(m, axis=2)])))
    return keras.Model([nodes, places], [h, x])


@named(
    "Triangle multiplication",
    "Triangle multiplicative update",
    "Triangular multiplicative update",
    "Evoformer block",
    "Pair block",
)
def triangles():
    inputs = keras.Input((24, 24, 32))
    x = inputs
    for _ in range(4):
        y = L.LayerNormalization()(x)
        a = L.Dense(16)(y) * L.Dense(16, activation="sigmoid")(y)
        b = L.Dense(16)(y) * L.Dense(16, activation="sigmoid")(y)
        z = L.LayerNormalization()(ops.einsum("bikc,bjkc->bijc", a, b))
        x = x + L.Dense(32)(z) * L.Dense(32, activation="sigmoid")(y)
        y = L.LayerNormalization()(x)
        x = x + L.Dense(32)(L.Dense(128, activation="relu")(y))
    return keras.Model(inputs, x)


@named("Residual gated graph convolution", "Gated GCN layer", "GatedGCN layer", "Message passing layer")
def gated_gcn():
    nodes, edges = keras.Input((16, 24)), keras.Input((16, 16, 24))
    h, e = nodes, edges
    for _ in range(3):
        a = ops.expand_dims(L.Dense(24)(h), 2)
        b = ops.expand_dims(L.Dense(24)(h), 1)
        t = L.Dense(24)(e) + a + b
        gate = ops.sigmoid(t)
        v = ops.expand_dims(L.Dense(24)(h), 1)
        m = ops.sum(gate * v, axis=2) / (ops.sum(gate, axis=2) + 1e-6)
        h = h + ops.relu(L.BatchNormalization()(L.Dense(24)(h) + m))
        e = e + ops.relu(L.BatchNormalization()(t))
    return keras.Model([nodes, edges], [h, e])


@named("MSA Transformer layer", "Axial attention layer", "MSA layer", "Axial transformer layer")
def msa_transformer():
    inputs = keras.Input((8, 32, 32))
    x = inputs
    for _ in range(3):
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 8, attention_axes=2)(y, y)
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 8, attention_axes=1)(y, y)
        y = L.LayerNormalization()(x)
        x = x + L.Dense(32)(L.Dense(128, activation="gelu")(y))
    return keras.Model(inputs, x)


@named("SpliceAI residual block", "Dilated residual block", "Residual block", "Pre-activation basic block")
def splice_ai():
    inputs = keras.Input((400, 4))
    x = L.Conv1D(32, 1)(inputs)
    for rate in (1, 1, 4, 4, 10, 10):
        y = L.Conv1D(32, 11, dilation_rate=rate, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        y = L.Conv1D(32, 11, dilation_rate=rate, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
        x = x + y
    return keras.Model(inputs, L.Conv1D(3, 1)(x))


@named(
    "Enformer convolution block",
    "Enformer conv tower block",
    "Convolution tower block",
    "Conv tower block",
    "Residual convolution block with attention pooling",
    "Residual block and pooling layer",
)
def enformer_tower():
    inputs = keras.Input((1024, 4))
    x = L.Conv1D(32, 15, padding="same")(inputs)
    for width in (32, 48, 64, 80):
        x = L.Conv1D(width, 5, padding="same")(L.Activation("gelu")(L.BatchNormalization()(x)))
        x = x + L.Conv1D(width, 1)(L.Activation("gelu")(L.BatchNormalization()(x)))
        x = L.MaxPooling1D(2)(x)
    return keras.Model(inputs, x)


@named("Highway layer", "Highway block")
def highway_conv():
    x = inputs = keras.Input((40, 64))
    for _ in range(4):
        t = L.Conv1D(64, 3, padding="same", activation="sigmoid")(x)
        h = L.Conv1D(64, 3, padding="same", activation="relu")(x)
        x = t * h + (1 - t) * x
    return keras.Model(inputs, x)


@named("QRNN layer", "Quasi-recurrent layer")
def bidaf_gates():
    x = inputs = keras.Input((40, 32))
    for _ in range(3):
        z = L.Conv1D(32, 2, padding="causal", activation="tanh")(x)
        f = L.Conv1D(32, 2, padding="causal", activation="sigmoid")(x)
        o = L.Conv1D(32, 2, padding="causal", activation="sigmoid")(x)
        c = ops.cumsum(f * z, axis=1)
        x = o * c
    return keras.Model(inputs, x)


@named("Episodic memory pass", "Episodic memory", "Memory pass", "Memory network hop", "Episodic memory module")
def dynamic_memory():
    facts, question = keras.Input((20, 32)), keras.Input((32,))
    memory = question
    for _ in range(3):
        q, m = ops.expand_dims(question, 1), ops.expand_dims(memory, 1)
        z = L.Concatenate()([facts * q, facts * m, ops.abs(facts - q), ops.abs(facts - m)])
        g = ops.softmax(L.Dense(1)(L.Dense(32, activation="tanh")(z)), axis=1)
        c = ops.sum(g * facts, axis=1)
        memory = L.Dense(32, activation="relu")(L.Concatenate()([memory, c, question]))
    return keras.Model([facts, question], L.Dense(10)(memory))


@named("Multi-head latent attention", "MLA layer", "Decoder-only layer", "DeepSeek layer", "LLaMA layer")
def latent_attention():
    x = inputs = keras.Input((32, 64))
    for _ in range(4):
        y = L.RMSNormalization()(x)
        q = L.Reshape((32, 4, 16))(L.Dense(64)(L.RMSNormalization()(L.Dense(24, use_bias=False)(y))))
        c = L.RMSNormalization()(L.Dense(16, use_bias=False)(y))
        k, v = L.Reshape((32, 4, 16))(L.Dense(64)(c)), L.Reshape((32, 4, 16))(L.Dense(64)(c))
        q, k, v = (ops.transpose(t, (0, 2, 1, 3)) for t in (q, k, v))
        a = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / 4.0
        a = ops.softmax(a + (ops.triu(ops.ones((32, 32)), 1) * -1e9))
        y = ops.reshape(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)), (-1, 32, 64))
        x = x + L.Dense(64, use_bias=False)(y)
        y = L.RMSNormalization()(x)
        x = x + L.Dense(64, use_bias=False)(
            L.Dense(128, activation="silu", use_bias=False)(y) * L.Dense(128, use_bias=False)(y)
        )
    return keras.Model(inputs, x)


@named("Two-layer residual block", "ResNet block", "Feed-forward with shortcut", "Residual MLP block")
def rtdl_resnet():
    x = inputs = keras.Input((30,))
    x = L.Dense(64)(x)
    for _ in range(4):
        y = L.BatchNormalization()(x)
        y = L.Dropout(0.2)(L.Dense(128, activation="relu")(y))
        x = x + L.Dropout(0.1)(L.Dense(64)(y))
    return keras.Model(inputs, L.Dense(1)(L.ReLU()(L.BatchNormalization()(x))))


@named("AFNO block", "Adaptive Fourier neural operator block", "Fourier neural operator block")
def afno():
    inputs = keras.Input((16, 16, 32))
    x = inputs
    for _ in range(3):
        y = ops.transpose(L.LayerNormalization()(x), (0, 3, 1, 2))
        re, im = ops.fft2((y, ops.zeros_like(y)))
        re, im = (ops.transpose(t, (0, 2, 3, 1)) for t in (re, im))
        a = ops.relu(L.Dense(32)(re) - L.Dense(32)(im))
        b = ops.relu(L.Dense(32)(im) + L.Dense(32)(re))
        a, b = (ops.transpose(t, (0, 3, 1, 2)) for t in (L.Dense(32)(a), L.Dense(32)(b)))
        y = ops.transpose(ops.ifft2((a, b))[0], (0, 2, 3, 1))
        x = x + y
        x = x + L.Dense(32)(L.Dense(64, activation="gelu")(ln()(x)))
    return keras.Model(inputs, x)


@named("MEGNet block", "Graph network block", "MEGNet layer", "Message passing layer")
def meg_net():
    nodes, edges, state = keras.Input((12, 16)), keras.Input((12, 12, 16)), keras.Input((16,))
    v, e, u = nodes, edges, state

    def small(x):
        return L.Dense(16, activation="softplus")(L.Dense(32, activation="softplus")(x))

    for _ in range(3):
        s = ops.repeat(ops.repeat(ops.expand_dims(ops.expand_dims(u, 1), 1), 12, 1), 12, 2)
        a, b = ops.repeat(ops.expand_dims(v, 2), 12, 2), ops.repeat(ops.expand_dims(v, 1), 12, 1)
        e2 = small(L.Concatenate()([a, b, e, s]))
        m = ops.mean(e2, axis=2)
        v2 = small(L.Concatenate()([v, m, ops.repeat(ops.expand_dims(u, 1), 12, 1)]))
        u2 = small(L.Concatenate()([u, ops.mean(v2, axis=1), ops.mean(ops.mean(e2, axis=1), axis=1)]))
        v, e, u = v + v2, e + e2, u + u2
    return keras.Model([nodes, edges, state], L.Dense(1)(u))
