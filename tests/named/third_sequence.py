"""Networks of text, sound, series and several modes: a third set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_sequence import WIDTH, frames, words
from .further_vision import ln, mlp

ENCODER = ("Encoder layer", "Transformer encoder layer", "Post-norm encoder layer", "Pre-norm encoder layer")
DECODER = ("Decoder-only layer", "GPT layer", "Causal layer")


@named("DeBERTa layer", "Disentangled attention layer", "Disentangled-attention encoder layer", *ENCODER)
def deberta():
    inputs, x = words()
    places = L.Embedding(64, WIDTH)(ops.arange(64))
    index = ops.arange(32)[:, None] - ops.arange(32)[None] + 32
    for _ in range(4):
        q, k, v = (ops.transpose(L.Reshape((32, 4, 12))(L.Dense(WIDTH)(x)), (0, 2, 1, 3)) for _ in range(3))
        pk = ops.transpose(ops.reshape(L.Dense(WIDTH)(places), (64, 4, 12)), (1, 2, 0))
        pq = ops.transpose(ops.reshape(L.Dense(WIDTH)(places), (64, 4, 12)), (1, 2, 0))
        c2p = ops.take_along_axis(ops.matmul(q, pk), index[None, None], axis=-1)
        p2c = ops.take_along_axis(ops.matmul(k, pq), index[None, None], axis=-1)
        scores = (ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) + c2p + ops.transpose(p2c, (0, 1, 3, 2))) / 6.0
        o = L.Reshape((32, WIDTH))(ops.transpose(ops.matmul(ops.softmax(scores), v), (0, 2, 1, 3)))
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(o))
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(L.Dense(192, activation="gelu")(x)))
    return keras.Model(inputs, L.Dense(2)(x[:, 0]))


@named("Parallel layer", "GPT-NeoX layer", "GPT-J layer", "Parallel Transformer layer", "Parallel decoder-only layer")
def neox():
    inputs, x = words()
    for _ in range(5):
        a = L.MultiHeadAttention(4, 12)(*2 * [ln()(x)], use_causal_mask=True)
        m = L.Dense(WIDTH)(L.Dense(192, activation="gelu")(ln()(x)))
        x = x + a + m
    return keras.Model(inputs, L.Dense(1000)(ln()(x)))


@named(*DECODER, "Gemma layer", "LLaMA layer")
def gemma_like():
    inputs, x = words()

    def rms(x):
        return L.RMSNormalization()(x) if hasattr(L, "RMSNormalization") else ln()(x)

    for _ in range(5):
        a = L.GroupQueryAttention(12, 4, 2)(*2 * [rms(x)], use_causal_mask=True)
        x = x + rms(a)
        y = rms(x)
        y = L.Dense(WIDTH, use_bias=False)(
            L.Dense(96, activation="gelu", use_bias=False)(y) * L.Dense(96, use_bias=False)(y))  # fmt: skip
        x = x + rms(y)
    return keras.Model(inputs, L.Dense(1000)(rms(x)))


@named("Funnel layer", *ENCODER)
def encoder_conv_ffn():
    inputs, x = words()
    for _ in range(5):
        y = ln()(x)
        x = x + L.Dropout(0.1)(L.MultiHeadAttention(4, 12, dropout=0.1)(y, y))
        y = L.Conv1D(WIDTH, 1)(L.Dropout(0.1)(L.Conv1D(96, 1, activation="relu")(ln()(x))))
        x = L.add([x, L.Dropout(0.1)(y)])
    return keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling1D()(x)))


@named("Linformer layer", "Linear transformer layer", "Linformer block", *ENCODER)
def linformer():
    inputs, x = words()
    for _ in range(4):
        q, k, v = L.Dense(WIDTH)(x), L.Dense(WIDTH)(x), L.Dense(WIDTH)(x)
        k = ops.transpose(L.Dense(8)(ops.transpose(k, (0, 2, 1))), (0, 2, 1))
        v = ops.transpose(L.Dense(8)(ops.transpose(v, (0, 2, 1))), (0, 2, 1))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) / WIDTH**0.5, axis=-1)
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(ops.matmul(a, v)))
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(L.Dense(192, activation="relu")(x)))
    return keras.Model(inputs, L.Dense(2)(x[:, 0]))


@named("Synthesizer layer", "Random synthesizer layer", "Dense synthesizer layer", *ENCODER)
def synthesizer():
    inputs, x = words()
    for _ in range(4):
        a = ops.softmax(L.Dense(32)(L.Dense(WIDTH, activation="relu")(x)), axis=-1)
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(ops.matmul(a, L.Dense(WIDTH)(x))))
        x = L.LayerNormalization()(x + L.Dense(WIDTH)(L.Dense(192, activation="relu")(x)))
    return keras.Model(inputs, L.Dense(2)(x[:, 0]))


@named("AFT layer", "Attention-free transformer layer", "Attention-free layer")
def attention_free():
    inputs, x = words()
    for _ in range(4):
        y = ln()(x)
        q, k, v = L.Dense(WIDTH)(y), L.Dense(WIDTH)(y), L.Dense(WIDTH)(y)
        e = ops.exp(k)
        y = ops.sigmoid(q) * ops.sum(e * v, axis=1, keepdims=True) / ops.sum(e, axis=1, keepdims=True)
        x = mlp(x + L.Dense(WIDTH)(y))
    return keras.Model(inputs, L.Dense(2)(x[:, 0]))


@named("H3 layer", "H3 block")
def h3_like():
    inputs, x = words(64)
    for _ in range(4):
        y = ln()(x)
        q, k, v = L.Dense(WIDTH)(y), L.Dense(WIDTH)(y), L.Dense(WIDTH)(y)
        k = L.DepthwiseConv1D(4, padding="same")(k)
        y = q * L.DepthwiseConv1D(64, padding="same")(k * v)
        x = x + L.Dense(WIDTH)(y)
        x = mlp(x)
    return keras.Model(inputs, L.Dense(1000)(ln()(x)))


@named(
    "Expert",
    "Mixtral layer",
    "Mixture-of-experts layer",
    "Mixture-of-experts decoder layer",
    "Sparse mixture-of-experts layer",
)
def mixtral():
    inputs, x = words()
    for _ in range(3):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12, use_bias=False)(y, y, use_causal_mask=True)
        y = ln()(x)
        gate = ops.softmax(L.Dense(4, use_bias=False)(y), axis=-1)
        total = 0
        for n in range(4):
            up = ops.silu(L.Dense(96, use_bias=False)(y)) * L.Dense(96, use_bias=False)(y)
            total = total + gate[..., n : n + 1] * L.Dense(WIDTH, use_bias=False)(up)
        x = x + total
    return keras.Model(inputs, L.Dense(1000)(ln()(x)))


@named("Character convolution", "Convolution and pooling layer", "Convolution-pooling block", "VGG block",
       "Convolutional layer")  # fmt: skip
def char_cnn():
    inputs = keras.Input((256, 70))
    x = inputs
    for kernel in (7, 7, 3, 3):
        x = L.MaxPooling1D(2)(L.ReLU()(L.Conv1D(64, kernel, padding="same")(x)))
    return keras.Model(inputs, L.Dense(4)(L.Dropout(0.5)(L.Dense(128, activation="relu")(L.Flatten()(x)))))


@named("Bidirectional LSTM layer", "Recurrent layer", "BiLSTM layer", "Residual LSTM layer")
def elmo_like():
    inputs, x = words()
    for _ in range(4):
        x = L.Dropout(0.2)(L.Bidirectional(L.LSTM(24, return_sequences=True))(x))
    return keras.Model(inputs, L.Dense(9, activation="softmax")(x))


@named("TDNN layer", "Time-delay layer", "Dilated convolution", "TDNN block", "Convolutional layer")
def x_vector():
    inputs = keras.Input((200, 24))
    x = inputs
    for kernel, rate in ((5, 1), (3, 2), (3, 3), (1, 1), (1, 1)):
        x = L.BatchNormalization()(L.ReLU()(L.Conv1D(64, kernel, dilation_rate=rate, padding="same")(x)))
    stats = ops.concatenate([ops.mean(x, axis=1), ops.std(x, axis=1)], axis=-1)
    return keras.Model(inputs, L.Dense(100)(L.Dense(64, activation="relu")(stats)))


@named("ContextNet block", "Citrinet block", "Jasper block", "QuartzNet block")
def contextnet():
    inputs = keras.Input((128, 80))
    x = L.Conv1D(64, 5, padding="same")(inputs)
    for _ in range(4):
        y = x
        for _ in range(3):
            y = L.Activation("silu")(L.BatchNormalization()(L.SeparableConv1D(64, 5, padding="same")(y)))
        s = L.Dense(64, activation="sigmoid")(L.Dense(8, activation="silu")(L.GlobalAveragePooling1D()(y)))
        y = y * s[:, None]
        x = L.Activation("silu")(y + L.BatchNormalization()(L.Conv1D(64, 1)(x)))
    return keras.Model(inputs, L.Dense(30)(x))


@named("wav2vec feature layer", "wav2vec feature encoder layer", "Feature encoder layer", "Convolutional layer",
       "Strided convolution")  # fmt: skip
def wav2vec_features():
    inputs = keras.Input((3200, 1))
    x = inputs
    for kernel, stride in ((10, 5), (3, 2), (3, 2), (3, 2), (2, 2)):
        x = ops.gelu(L.LayerNormalization()(L.Conv1D(32, kernel, stride, use_bias=False)(x)))
    return keras.Model(inputs, L.Dense(16)(x))


@named("PANNs block", "CNN14 block", "Convolutional block", "VGG block", "Convolution block")
def panns():
    inputs = keras.Input((128, 64, 1))
    x = L.BatchNormalization()(inputs)
    for width in (8, 16, 32, 64):
        for _ in range(2):
            x = ops.relu(L.BatchNormalization()(L.Conv2D(width, 3, padding="same", use_bias=False)(x)))
        x = L.Dropout(0.2)(L.AveragePooling2D(2)(x))
    return keras.Model(inputs, L.Dense(20, activation="sigmoid")(L.GlobalMaxPooling2D()(x)))


@named("HiFi-GAN residual block", "AMP block", "BigVGAN block", "Snake residual block", "Dilated residual block",
       "Anti-aliased multi-periodicity block")  # fmt: skip
def big_vgan():
    inputs = keras.Input((64, 32))

    class Snake(L.Layer):
        def build(self, shape):
            self.alpha = self.add_weight(shape=(shape[-1],), initializer="ones")

        def call(self, x):
            return x + ops.sin(self.alpha * x) ** 2 / self.alpha

    x = inputs
    for rate in (1, 3, 5, 1, 3, 5):
        y = L.Conv1D(32, 3, padding="same", dilation_rate=rate)(Snake()(x))
        x = x + L.Conv1D(32, 3, padding="same")(Snake()(y))
    return keras.Model(inputs, L.Conv1D(1, 7, padding="same", activation="tanh")(x))


@named("Parallel WaveGAN residual block", "WaveNet residual block", "Gated residual block", "DiffWave residual layer",
       "WaveNet layer")  # fmt: skip
def parallel_wavegan():
    noise, mel = keras.Input((128, 1)), keras.Input((128, 20))
    x, total = L.Conv1D(32, 1)(noise), 0
    for place in range(6):
        y = L.Conv1D(64, 3, padding="same", dilation_rate=2 ** (place % 3))(x) + L.Conv1D(64, 1)(mel)
        a, b = ops.split(y, 2, axis=-1)
        y = ops.tanh(a) * ops.sigmoid(b)
        total = total + L.Conv1D(32, 1)(y)
        x = (x + L.Conv1D(32, 1)(y)) * 0.5**0.5
    return keras.Model([noise, mel], L.Conv1D(1, 1)(ops.relu(L.Conv1D(32, 1)(ops.relu(total)))))


@named("CRN encoder level", "U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level",
       "Convolutional recurrent level")  # fmt: skip
def crn_enhancer():
    inputs = keras.Input((32, 64, 1))
    x, skips = inputs, []
    for width in (8, 16, 32, 32):
        x = L.ELU()(L.BatchNormalization()(L.Conv2D(width, (2, 3), (1, 2), padding="same")(x)))
        skips.append(x)
    y = L.LSTM(128, return_sequences=True)(L.Reshape((32, 128))(x))
    x = L.Reshape((32, 4, 32))(y)
    for width, skip in zip((32, 16, 8, 1), reversed(skips), strict=True):
        x = L.Conv2DTranspose(width, (2, 3), (1, 2), padding="same")(L.Concatenate()([x, skip]))
        x = L.ELU()(L.BatchNormalization()(x))
    return keras.Model(inputs, x)


@named("Zipformer layer", "Zipformer block")
def zipformer():
    inputs, x = frames()
    for _ in range(3):
        first = x

        def ff(x, width):
            return x + L.Dense(WIDTH)(ops.silu(L.Dense(width)(x)))

        def conv(x):
            a, b = ops.split(L.Dense(2 * WIDTH)(x), 2, axis=-1)
            y = L.DepthwiseConv1D(15, padding="same")(a * ops.sigmoid(b))
            return x + L.Dense(WIDTH)(ops.silu(y))

        x = ff(x, 96)
        x = x + L.MultiHeadAttention(4, 12)(x, x)
        x = conv(x)
        x = ff(x, 128)
        x = x + L.MultiHeadAttention(4, 12)(x, x)
        x = conv(x)
        x = ff(x, 160)
        x = L.LayerNormalization()(first + 0.5 * (x - first))
    return keras.Model(inputs, L.Dense(30)(x))


@named("PatchTST layer", *ENCODER)
def patch_tst():
    inputs = keras.Input((96, 1))
    x = L.Dense(32)(L.Reshape((12, 8))(inputs))
    for _ in range(4):
        x = L.BatchNormalization()(x + L.Dropout(0.2)(L.MultiHeadAttention(4, 8)(x, x)))
        x = L.BatchNormalization()(x + L.Dropout(0.2)(L.Dense(32)(L.Dropout(0.2)(L.Dense(64, activation="gelu")(x)))))
    return keras.Model(inputs, L.Dense(24)(L.Flatten()(x)))


@named("TimesNet block", "TimesBlock")
def times_net():
    inputs, x = frames(96, 32)
    for _ in range(3):
        total = 0
        for period in (24, 12):
            y = L.Reshape((96 // period, period, 32))(x)
            y = ops.gelu(sum(L.Conv2D(32, k, padding="same")(y) for k in (1, 3, 5)) / 3)
            y = sum(L.Conv2D(32, k, padding="same")(y) for k in (1, 3, 5)) / 3
            total = total + L.Reshape((96, 32))(y) * 0.5
        x = L.LayerNormalization()(x + total)
    return keras.Model(inputs, L.Dense(7)(x))


@named("FCN block", "Convolutional block", "Convolutional layer", "Convolution, normalisation, activation")
def lstm_fcn():
    inputs = keras.Input((128, 3))
    y = inputs
    for width, kernel in ((32, 8), (64, 5), (64, 5), (32, 3)):
        y = L.Activation("relu")(L.BatchNormalization()(L.Conv1D(width, kernel, padding="same")(y)))
    z = L.Dropout(0.8)(L.LSTM(8)(L.Permute((2, 1))(inputs)))
    return keras.Model(inputs, L.Dense(5, activation="softmax")(L.Concatenate()([L.GlobalAveragePooling1D()(y), z])))


@named("Temporal block", "Dilated residual block", "MS-TCN layer", "Dilated residual layer")
def tcn_group_norm():
    inputs = keras.Input((128, 24))
    x = L.Conv1D(32, 1)(inputs)
    for rate in (1, 2, 4, 8, 16):
        y = x
        for _ in range(2):
            y = L.Conv1D(32, 5, padding="causal", dilation_rate=rate)(y)
            y = L.SpatialDropout1D(0.1)(L.ReLU()(L.GroupNormalization(4)(y)))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(5)(x[:, -1]))


@named("Encoder layer", "Crossformer layer", "Two-stage attention layer", "Axial attention layer")
def crossformer():
    inputs = keras.Input((7, 12, 32))
    x = inputs
    for _ in range(4):

        def attend(x):
            x = ln()(x + L.MultiHeadAttention(4, 8, attention_axes=2)(x, x))
            return ln()(x + L.Dense(32)(L.Dense(64, activation="gelu")(x)))

        x = attend(x)
        x = L.Permute((2, 1, 3))(attend(L.Permute((2, 1, 3))(x)))
    return keras.Model(inputs, L.Dense(8)(x))


@named("Co-attention layer", "MCAN layer", "Guided attention layer", "Modular co-attention layer", "Decoder layer",
       "Encoder layer", "Self- and guided-attention layer")  # fmt: skip
def mcan():
    inputs, text = words()
    image = keras.Input((25, WIDTH))
    v = image
    for _ in range(3):
        text = ln()(text + L.MultiHeadAttention(4, 12)(text, text))
        text = ln()(text + L.Dense(WIDTH)(L.Dense(96, activation="relu")(text)))
    for _ in range(3):
        v = ln()(v + L.MultiHeadAttention(4, 12)(v, v))
        v = ln()(v + L.MultiHeadAttention(4, 12)(v, text))
        v = ln()(v + L.Dense(WIDTH)(L.Dense(96, activation="relu")(v)))
    both = L.GlobalAveragePooling1D()(v) + L.GlobalAveragePooling1D()(text)
    return keras.Model([inputs, image], L.Dense(20)(both))


@named("CoCa decoder layer", "Decoder layer", "Encoder layer", "Cross-attention layer", "Multimodal decoder layer")
def captioner():
    pixels = keras.Input((32, 32, 3))
    v = L.Reshape((64, WIDTH))(L.Conv2D(WIDTH, 4, 4)(pixels))
    for _ in range(3):
        y = ln()(v)
        v = mlp(v + L.MultiHeadAttention(4, 12)(y, y))
    inputs, x = words()
    for _ in range(3):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y, use_causal_mask=True)
        x = x + L.MultiHeadAttention(4, 12)(ln()(x), v)
        x = mlp(x)
    return keras.Model([pixels, inputs], L.Dense(1000)(x))


@named("Perceiver layer", "Cross-attention layer", "Perceiver block", "Perceiver resampler layer",
       "Encoder layer")  # fmt: skip
def perceiver_cross_self():
    data, latent = keras.Input((128, WIDTH)), keras.Input((16, WIDTH))
    z = latent
    for _ in range(3):
        z = mlp(z + L.MultiHeadAttention(4, 12)(ln()(z), ln()(data)))
        for _ in range(2):
            y = ln()(z)
            z = mlp(z + L.MultiHeadAttention(4, 12)(y, y))
    return keras.Model([data, latent], L.Dense(10)(z))
