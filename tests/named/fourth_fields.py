"""Networks of text, sound, series, graphs, tables, games and physics: a fourth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp


@named(
    "Post-net layer",
    "Convolutional layer",
    "Convolutional block",
    "Tacotron post-net",
    "Convolutional layer with dropout",
)
def tacotron_postnet():
    inputs = keras.Input((80, 20))
    x = inputs
    for _ in range(4):
        x = L.Dropout(0.5)(L.Activation("tanh")(L.BatchNormalization()(L.Conv1D(32, 5, padding="same")(x))))
    return keras.Model(inputs, inputs + L.Conv1D(20, 5, padding="same")(x))


@named("Flow step", "WaveGlow step", "Affine coupling", "Affine coupling layer", "Flow step with WaveNet")
def waveglow():
    inputs, mel = keras.Input((64, 8)), keras.Input((64, 20))
    x = inputs
    for _ in range(3):
        x = L.Conv1D(8, 1, use_bias=False)(x)
        a, b = ops.split(x, 2, axis=-1)
        h = L.Conv1D(16, 1)(a)
        for rate in (1, 2):
            y = L.Conv1D(32, 3, padding="same", dilation_rate=rate)(h) + L.Conv1D(32, 1)(mel)
            y = ops.tanh(y[..., :16]) * ops.sigmoid(y[..., 16:])
            h = h + L.Conv1D(16, 1)(y)
        shift, scale = ops.split(L.Conv1D(8, 1)(h), 2, axis=-1)
        x = ops.concatenate([a, b * ops.exp(scale) + shift], -1)
    return keras.Model([inputs, mel], x)


@named("Whisper encoder layer", "Encoder layer", "Encoder layer with dropout")
def whisper_encoder():
    inputs = keras.Input((100, 40))
    x = L.Conv1D(48, 3, 2, padding="same", activation="gelu")(
        L.Conv1D(48, 3, padding="same", activation="gelu")(inputs)
    )
    for _ in range(4):
        y = ln()(x)
        q, k, v = L.Dense(48)(y), L.Dense(48, use_bias=False)(y), L.Dense(48)(y)
        q, k, v = (ops.transpose(ops.reshape(t, (-1, 50, 4, 12)), (0, 2, 1, 3)) for t in (q, k, v))
        a = ops.softmax(ops.matmul(q * 12**-0.25, ops.transpose(k * 12**-0.25, (0, 1, 3, 2))))
        y = ops.reshape(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)), (-1, 50, 48))
        x = x + L.Dense(48)(y)
        x = mlp(x)
    return keras.Model(inputs, ln()(x))


@named(
    "Pyramidal BiLSTM",
    "Pyramidal BiLSTM layer",
    "Bidirectional LSTM layer",
    "Recurrent layer",
    "Pyramidal recurrent layer",
)
def listener():
    inputs = keras.Input((64, 20))
    x = L.Bidirectional(L.LSTM(16, return_sequences=True))(inputs)
    for length in (32, 16, 8):
        x = L.Reshape((length, 64))(x)
        x = L.Bidirectional(L.LSTM(16, return_sequences=True))(x)
    return keras.Model(inputs, L.Dense(10)(x))


@named(
    "WaveGrad up block",
    "UBlock",
    "Upsampling block",
    "WaveGrad block",
    "FiLM residual block",
    "Modulated residual block",
)
def wavegrad():
    inputs, noise = keras.Input((16, 32)), keras.Input((8,))
    x = inputs
    for _ in range(3):
        scale, shift = L.Dense(32)(noise)[:, None], L.Dense(32)(noise)[:, None]
        up = L.UpSampling1D(2)
        y = L.Conv1D(32, 3, padding="same")(up(L.LeakyReLU(0.2)(x)))
        y = L.Conv1D(32, 3, padding="same", dilation_rate=2)(L.LeakyReLU(0.2)(y * scale + shift))
        x = y + L.Conv1D(32, 1)(L.UpSampling1D(2)(x))
        y = L.Conv1D(32, 3, padding="same", dilation_rate=4)(L.LeakyReLU(0.2)(x * scale + shift))
        x = x + L.Conv1D(32, 3, padding="same", dilation_rate=8)(L.LeakyReLU(0.2)(y * scale + shift))
    return keras.Model([inputs, noise], L.Conv1D(1, 3, padding="same")(x))


@named("iTransformer layer", "Encoder layer", "Transformer layer")
def i_transformer():
    inputs = keras.Input((96, 7))
    x = L.Dense(32)(L.Permute((2, 1))(inputs))
    for _ in range(3):
        x = ln()(x + L.Dropout(0.1)(L.MultiHeadAttention(4, 8)(x, x)))
        y = L.Conv1D(32, 1)(L.Dropout(0.1)(L.Conv1D(64, 1, activation="relu")(x)))
        x = ln()(x + L.Dropout(0.1)(y))
    return keras.Model(inputs, L.Permute((2, 1))(L.Dense(24)(x)))


@named("MTGNN layer", "Graph WaveNet layer", "Temporal and graph convolution block", "ST-Conv block",
       "Spatio-temporal graph convolution block")  # fmt: skip
def mtgnn():
    inputs, edges = keras.Input((24, 10, 8)), keras.Input((10, 10))
    x = inputs
    for rate in (1, 2, 4):

        def bank(z, rate=rate):
            return L.Concatenate()([L.Conv2D(4, (k, 1), padding="same", dilation_rate=(rate, 1))(z) for k in (2, 6)])

        y = L.Multiply()([L.Activation("tanh")(bank(x)), L.Activation("sigmoid")(bank(x))])
        one = ops.einsum("bnm,btmc->btnc", edges, y)
        two = ops.einsum("bnm,btmc->btnc", edges, one)
        x = ln()(x + L.Conv2D(8, 1)(L.Concatenate()([y, one, two])))
    return keras.Model([inputs, edges], L.Dense(1)(x))


@named("Series decomposition block", "Decomposition", "Series decomposition", "TimeMixer block", "Decomposition layer")
def decomposition_mixer():
    inputs = keras.Input((96, 8))
    x = inputs
    for _ in range(3):
        trend = L.AveragePooling1D(25, 1, padding="same")(x)
        season = L.Subtract()([x, trend])

        def over_time(z):
            return L.Permute((2, 1))(L.Dense(96)(L.Dense(96, activation="gelu")(L.Permute((2, 1))(z))))

        x = x + over_time(season) + over_time(trend)
    return keras.Model(inputs, L.Dense(1)(L.Flatten()(x)))


@named("xLSTM block", "mLSTM block", "LSTM layer", "Residual LSTM layer", "Residual recurrent block", "Recurrent layer")
def x_lstm_block():
    inputs = keras.Input((32, 24))
    x = inputs
    for _ in range(3):
        y = L.LSTM(24, return_sequences=True)(ln()(x))
        x = x + L.GroupNormalization(4)(y)
        y = ln()(x)
        x = x + L.Dense(24)(L.Dense(32, activation="gelu")(y) * L.Dense(32)(y))
    return keras.Model(inputs, L.Dense(10)(x))


@named("CGCNN layer", "Crystal graph convolution", "Gated graph convolution", "Message passing layer")
def crystal_graph():
    atoms, index, bonds = keras.Input((20, 16)), keras.Input((20, 6), dtype="int32"), keras.Input((20, 6, 8))
    x = L.Dense(16)(atoms)
    for _ in range(3):
        near = ops.take_along_axis(x[:, None], index[..., None], axis=2)
        own = ops.broadcast_to(x[:, :, None], ops.shape(near))
        z = ops.concatenate([own, near, bonds], -1)
        gated = L.Dense(16, activation="sigmoid")(z) * L.Dense(16, activation="softplus")(z)
        x = ops.softplus(x + L.BatchNormalization()(ops.sum(gated, axis=2)))
    return keras.Model([atoms, index, bonds], L.Dense(1)(L.GlobalAveragePooling1D()(x)))


@named("GATv2 layer", "Graph attention layer", "Graph attention")
def gat_v2():
    nodes, mask = keras.Input((20, 16)), keras.Input((20, 20))
    x = nodes
    for _ in range(3):
        left, right = L.Dense(16)(x), L.Dense(16)(x)
        e = L.Dense(1, use_bias=False)(ops.leaky_relu(left[:, :, None] + right[:, None], 0.2))[..., 0]
        a = ops.softmax(e + (1 - mask) * -1e9, axis=-1)
        x = ops.elu(ops.matmul(a, right))
    return keras.Model([nodes, mask], L.Dense(7)(x))


@named(
    "Simplified graph convolution", "Topology-adaptive graph convolution", "MixHop layer", "TAG convolution", "TAGConv"
)
def tag_conv():
    nodes, edges = keras.Input((20, 16)), keras.Input((20, 20))
    x = nodes
    for _ in range(3):
        one = ops.matmul(edges, x)
        two = ops.matmul(edges, one)
        three = ops.matmul(edges, two)
        x = L.Dense(16, activation="relu")(ops.concatenate([x, one, two, three], axis=-1))
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named(
    "Interaction network block",
    "Graph network block",
    "Processor block",
    "Message passing layer",
    "GraphCast processor layer",
)
def graph_network():
    nodes, edges = keras.Input((20, 16)), keras.Input((20, 6, 16))
    index = keras.Input((20, 6), dtype="int32")
    x, e = nodes, edges
    for _ in range(3):
        near = ops.take_along_axis(x[:, None], index[..., None], axis=2)
        own = ops.broadcast_to(x[:, :, None], ops.shape(near))
        m = ln()(L.Dense(16)(L.Dense(16, activation="silu")(ops.concatenate([e, own, near], -1))))
        e = e + m
        y = ops.concatenate([x, ops.sum(e, axis=2)], -1)
        x = x + ln()(L.Dense(16)(L.Dense(16, activation="silu")(y)))
    return keras.Model([nodes, edges, index], L.Dense(3)(x))


@named("Behaviour sequence Transformer layer", "Encoder layer", "Transformer layer", "Encoder layer with dropout")
def behaviour_sequence():
    items = keras.Input((20,), dtype="int32")
    x = L.Embedding(1000, 32)(items)
    for _ in range(3):
        a = L.Dropout(0.2)(L.MultiHeadAttention(4, 8)(x, x, x))
        x = L.LayerNormalization()(L.Add()([x, a]))
        f = L.LeakyReLU()(L.Dense(64)(x))
        x = L.LayerNormalization()(L.Add()([x, L.Dropout(0.2)(L.Dense(32)(f))]))
    return keras.Model(items, L.Dense(1, activation="sigmoid")(L.Dense(64, activation="leaky_relu")(L.Flatten()(x))))


@named(
    "Gate",
    "PPNet block",
    "Gate NU",
    "Gated dense layer",
    "Dense layer with gate",
    "Gated MLP layer",
    "Parameter personalised layer",
)
def pp_net():
    features, prior = keras.Input((64,)), keras.Input((16,))
    x = features
    for width in (64, 48, 32):
        gate = L.Dense(width, activation="sigmoid")(L.Dense(24, activation="relu")(L.Concatenate()([prior, features])))
        x = L.Dense(width, activation="relu")(x) * gate * 2
    return keras.Model([features, prior], L.Dense(1, activation="sigmoid")(x))


@named("Dense layer", "Fully connected layer", "MLP", "Dense layer with dropout", "Fully connected layer with dropout")
def neural_collaborative():
    user, item = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    u, i = L.Flatten()(L.Embedding(500, 32)(user)), L.Flatten()(L.Embedding(800, 32)(item))
    x = L.Concatenate()([u, i])
    for width in (64, 32, 16, 8):
        x = L.Dropout(0.2)(L.BatchNormalization()(L.Dense(width, activation="relu")(x)))
    return keras.Model([user, item], L.Dense(1, activation="sigmoid")(x))


@named(
    "Transformer-XL layer", "Decoder-only layer", "Transformer layer", "Encoder layer", "Decoder-only layer with memory"
)
def transformer_xl():
    tokens = keras.Input((32,), dtype="int32")
    memory = [keras.Input((32, 48)) for _ in range(3)]
    x = L.Embedding(500, 48)(tokens)
    for stored in memory:
        both = ops.concatenate([stored, x], axis=1)
        x = ln()(x + L.MultiHeadAttention(4, 12)(x, both))
        x = ln()(x + L.Dense(48)(L.Dense(96, activation="relu")(x)))
    return keras.Model([tokens, *memory], L.Dense(500)(x))


@named("Universal Transformer layer", "Encoder layer", "ALBERT layer")
def albert():
    tokens = keras.Input((32,), dtype="int32")
    x = L.Dense(48)(L.Embedding(500, 16)(tokens))
    attend, first, second, norm1, norm2 = (
        L.MultiHeadAttention(4, 12),
        L.Dense(96, activation="gelu"),
        L.Dense(48),
        ln(),
        ln(),
    )
    for _ in range(4):
        x = norm1(x + attend(x, x))
        x = norm2(x + second(first(x)))
    return keras.Model(tokens, L.Dense(2)(x[:, 0]))


@named("Decoder layer", "Decoder layer with dropout")
def seq2seq_post_norm():
    source, target = keras.Input((20, 48)), keras.Input((16, 48))
    x = target
    for _ in range(3):
        x = ln()(x + L.Dropout(0.1)(L.MultiHeadAttention(4, 12)(x, x, use_causal_mask=True)))
        x = ln()(x + L.Dropout(0.1)(L.MultiHeadAttention(4, 12)(x, source)))
        x = ln()(x + L.Dropout(0.1)(L.Dense(48)(L.Dropout(0.1)(L.Dense(96, activation="relu")(x)))))
    return keras.Model([source, target], L.Dense(100)(x))


@named("OPT layer", "Decoder-only layer", "Decoder-only layer with squared ReLU")
def squared_relu_lm():
    tokens = keras.Input((32,), dtype="int32")
    x = L.Embedding(500, 48)(tokens)
    for _ in range(4):
        y = L.RMSNormalization()(x)
        x = x + L.MultiHeadAttention(4, 12, use_bias=False)(y, y, use_causal_mask=True)
        y = L.Dense(192, use_bias=False)(L.RMSNormalization()(x))
        x = x + L.Dense(48, use_bias=False)(ops.square(ops.relu(y)))
    return keras.Model(tokens, L.Dense(500)(L.RMSNormalization()(x)))


@named("Recurrent world model step", "Dense layer", "MLP layer", "Fully connected layer", "MLP", "Dense block")
def dreamer_head():
    inputs = keras.Input((64,))
    x = inputs
    for _ in range(4):
        x = L.Activation("silu")(L.LayerNormalization()(L.Dense(64, use_bias=False)(x)))
    return keras.Model(inputs, L.Dense(255)(x))


@named("Convolutional block", "Convolutional layer", "Strided convolution", "Nature CNN layer")
def nature_dqn():
    inputs = keras.Input((84, 84, 4))
    x = inputs
    for width, kernel, stride in ((16, 8, 4), (32, 4, 2), (32, 3, 1)):
        x = L.ReLU()(L.Conv2D(width, kernel, stride, padding="same")(x))
    return keras.Model(inputs, L.Dense(6)(L.Dense(64, activation="relu")(L.Flatten()(x))))


@named("BRO block", "Residual MLP block", "Residual feed-forward block", "BroNet block", "Feed-forward with shortcut")
def bro_net():
    inputs = keras.Input((64,))
    x = L.ReLU()(L.LayerNormalization()(L.Dense(64)(inputs)))
    for _ in range(3):
        y = L.ReLU()(L.LayerNormalization()(L.Dense(64)(x)))
        x = x + L.LayerNormalization()(L.Dense(64)(y))
    return keras.Model(inputs, L.Dense(1)(x))


@named("KAN layer", "Kolmogorov-Arnold layer")
def kan():
    inputs = keras.Input((16,))
    x = inputs
    for _ in range(3):
        bases = ops.stack([ops.exp(-ops.square(2 * x - centre)) for centre in (-1.0, -0.5, 0.0, 0.5, 1.0)], -1)
        x = L.Dense(16)(L.Flatten()(bases)) + L.Dense(16, use_bias=False)(ops.silu(x))
    return keras.Model(inputs, L.Dense(1)(x))


@named("CNO block", "Convolutional neural operator block", "Residual block", "Basic block")
def neural_operator_residual():
    inputs = keras.Input((32, 32, 1))
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(3):
        y = L.BatchNormalization()(L.Conv2D(16, 5, padding="same")(x))
        y = L.AveragePooling2D(2)(L.LeakyReLU(0.1)(L.UpSampling2D()(y)))
        x = x + L.BatchNormalization()(L.Conv2D(16, 5, padding="same")(y))
    return keras.Model(inputs, L.Conv2D(1, 1)(x))


@named("Hadamard attention block", "gMLP block", "Gated MLP block", "aMLP block")
def attentive_gmlp():
    inputs = keras.Input((32, 48))
    x = inputs
    for _ in range(3):
        y = L.Dense(192, activation="gelu")(ln()(x))
        u, v = ops.split(y, 2, axis=-1)
        v = ops.transpose(L.Dense(32)(ops.transpose(ln()(v), (0, 2, 1))), (0, 2, 1))
        v = v + L.MultiHeadAttention(1, 64, output_shape=96)(ln()(x), ln()(x))
        x = x + L.Dense(48)(u * v)
    return keras.Model(inputs, x)


@named(
    "Deep interest layer",
    "Bilinear interaction layer",
    "SENet layer",
    "Squeeze-and-excitation",
    "SENet and bilinear interaction",
)
def fibinet():
    fields = keras.Input((10, 16))
    x = fields
    for _ in range(3):
        z = L.GlobalAveragePooling1D(data_format="channels_first")(x)
        a = L.Dense(10, activation="relu")(L.Dense(4, activation="relu")(z))
        x = x * a[:, :, None]
    return keras.Model(fields, L.Dense(1)(L.Flatten()(x)))


@named(
    "Temporal convolutional block",
    "Temporal block",
    "Inception module",
    "Dilated inception layer",
    "LITE block",
    "Inception block",
)
def lite_time():
    inputs = keras.Input((96, 3))
    x = L.Conv1D(24, 3, padding="same")(inputs)
    for _ in range(3):
        ways = [L.Conv1D(8, k, padding="same", use_bias=False)(x) for k in (9, 19, 39)]
        x = L.ReLU()(L.BatchNormalization()(L.Concatenate()(ways)))
    return keras.Model(inputs, L.Dense(5)(L.GlobalAveragePooling1D()(x)))
