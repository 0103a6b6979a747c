"""Networks of text, audio and series."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named

ENCODER = ("Encoder layer", "Transformer encoder layer", "Post-norm encoder layer", "Pre-norm encoder layer")


def tokens(length=64, width=48, vocabulary=1000):
    inputs = keras.Input((length,), dtype="int32")
    return inputs, L.Embedding(vocabulary, width)(inputs)


def shifted(x):
    return L.LayerNormalization()(x)


@named(*ENCODER)
def bert_post_norm():
    inputs, x = tokens()
    kinds = keras.Input((64,), dtype="int32")
    x = L.Dropout(0.1)(shifted(x + L.Embedding(2, 48)(kinds)))
    for _ in range(6):
        x = shifted(L.Add()([x, L.Dropout(0.1)(L.MultiHeadAttention(4, 12)(x, x))]))
        y = L.Dense(48)(L.Dense(192, activation="gelu")(x))
        x = shifted(L.Add()([x, L.Dropout(0.1)(y)]))
    return keras.Model([inputs, kinds], L.Dense(2)(x[:, 0]))


@named("Decoder-only layer", "GPT layer")
def gpt_pre_norm():
    inputs, x = tokens()
    x = L.Dropout(0.1)(x + L.Embedding(64, 48)(ops.arange(64)))
    for _ in range(6):
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y, use_causal_mask=True)
        x = x + L.Dropout(0.1)(L.Dense(48)(L.Dense(192, activation="gelu")(L.LayerNormalization()(x))))
    return keras.Model(inputs, L.Dense(1000)(L.LayerNormalization()(x)))


@named("Decoder layer", "Transformer decoder layer", *ENCODER)
def translation():
    source, x = tokens()
    target, y = tokens()
    for _ in range(3):
        x = shifted(x + L.MultiHeadAttention(4, 12)(x, x))
        x = shifted(x + L.Dense(48)(L.Dropout(0.1)(L.Dense(192, activation="relu")(x))))
    for _ in range(3):
        y = shifted(y + L.MultiHeadAttention(4, 12)(y, y, use_causal_mask=True))
        y = shifted(y + L.MultiHeadAttention(4, 12)(y, x))
        y = shifted(y + L.Dense(48)(L.Dropout(0.1)(L.Dense(192, activation="relu")(y))))
    return keras.Model([source, target], L.Dense(1000, activation="softmax")(y))


@named("Decoder-only layer", "LLaMA layer")
def swiglu_causal():
    inputs, x = tokens()
    for _ in range(6):
        y = L.RMSNormalization()(x)
        x = x + L.GroupQueryAttention(12, 4, 2, use_bias=False)(y, y, use_causal_mask=True)
        y = L.RMSNormalization()(x)
        gate = L.Dense(128, activation="silu", use_bias=False)(y)
        x = x + L.Dense(48, use_bias=False)(gate * L.Dense(128, use_bias=False)(y))
    return keras.Model(inputs, L.Dense(1000, use_bias=False)(L.RMSNormalization()(x)))


@named("BiLSTM layer", "Bidirectional LSTM layer", "Recurrent layer", "LSTM layer")
def bilstm_stack():
    inputs, x = tokens()
    for _ in range(4):
        x = L.Bidirectional(L.LSTM(32, return_sequences=True))(x)
        x = L.Dropout(0.3)(L.LayerNormalization()(x))
    return keras.Model(inputs, L.Dense(9, activation="softmax")(x))


@named("Recurrent layer", "GRU layer", "BiGRU layer", "Bidirectional GRU layer")
def deep_speech():
    inputs = keras.Input((128, 80, 1))
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, (11, 41), 2, padding="same")(inputs)))
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, (11, 21), (1, 2), padding="same")(x)))
    x = L.Reshape((64, 320))(x)
    for _ in range(5):
        x = L.Bidirectional(L.GRU(64, return_sequences=True))(L.BatchNormalization()(x))
    return keras.Model(inputs, L.Dense(29, activation="softmax")(L.Dense(64, activation="relu")(x)))


@named("DPCNN block", "DPCNN level", "Deep pyramid block")
def dpcnn():
    inputs, x = tokens(128)
    x = L.Conv1D(48, 3, padding="same")(x)
    for _ in range(5):
        x = p = L.MaxPooling1D(3, 2, padding="same")(x)
        for _ in range(2):
            x = L.Conv1D(48, 3, padding="same")(L.ReLU()(x))
        x = x + p
    return keras.Model(inputs, L.Dense(5)(L.GlobalMaxPooling1D()(x)))


@named("Convolutional sequence block", "Convolutional sequence block with GLU", "Gated convolution block",
       "Gated convolutional layer")  # fmt: skip
def convs2s():
    inputs, x = tokens()
    for _ in range(5):
        y = L.Conv1D(96, 3, padding="causal")(L.Dropout(0.2)(x))
        a, b = ops.split(y, 2, axis=-1)
        x = (x + a * ops.sigmoid(b)) * 0.7071
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Highway layer", "Highway block")
def highway():
    inputs = keras.Input((64,))
    x = L.Dense(48)(inputs)
    for _ in range(6):
        t = L.Dense(48, activation="sigmoid", bias_initializer=keras.initializers.Constant(-2.0))(x)
        h = L.Dense(48, activation="relu")(x)
        x = L.Add()([L.Multiply()([h, t]), L.Multiply()([x, 1 - t])])
    return keras.Model(inputs, L.Dense(10)(x))


@named("Residual LSTM layer")
def stacked_residual_lstm():
    inputs, x = tokens()
    for _ in range(5):
        x = L.Add()([x, L.Dropout(0.2)(L.LSTM(48, return_sequences=True)(x))])
    return keras.Model(inputs, L.Dense(1000)(x))


@named("FFT block")
def fastspeech():
    inputs, x = tokens()
    for _ in range(4):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(2, 24)(x, x))
        y = L.Conv1D(96, 9, padding="same", activation="relu")(x)
        x = L.LayerNormalization()(x + L.Dropout(0.1)(L.Conv1D(48, 1)(y)))
    return keras.Model(inputs, L.Dense(80)(x))


@named("Mixture of experts layer", "Mixture-of-experts layer", "MoE layer", "Switch layer", "Mixture of experts")
def moe_encoder():
    inputs, x = tokens()
    for _ in range(4):
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y)
        y = L.LayerNormalization()(x)
        gate = L.Dense(4, activation="softmax")(y)
        found = [L.Dense(48)(L.Dense(96, activation="gelu")(y)) for _ in range(4)]
        x = x + ops.sum(ops.stack(found, axis=-1) * gate[:, :, None, :], axis=-1)
    return keras.Model(inputs, L.Dense(1000)(x))


@named("Perceiver block", "Cross-attention layer", "Perceiver layer", *ENCODER)
def perceiver():
    inputs, start = keras.Input((256, 32)), keras.Input((16, 48))
    x = start
    for _ in range(3):
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(1, 48)(y, L.LayerNormalization()(inputs))
        x = x + L.Dense(48)(L.Dense(48, activation="gelu")(L.LayerNormalization()(x)))
        for _ in range(2):
            y = L.LayerNormalization()(x)
            x = x + L.MultiHeadAttention(4, 12)(y, y)
            x = x + L.Dense(48)(L.Dense(48, activation="gelu")(L.LayerNormalization()(x)))
    return keras.Model([inputs, start], L.Dense(10)(L.GlobalAveragePooling1D()(x)))


def half_step(x):
    y = L.Dense(192, activation="silu")(L.LayerNormalization()(x))
    return x + 0.5 * L.Dropout(0.1)(L.Dense(48)(L.Dropout(0.1)(y)))


@named("Conformer block")
def conformer_small():
    inputs = keras.Input((100, 80))
    x = L.Dense(48)(inputs)
    for _ in range(4):
        x = half_step(x)
        y = L.LayerNormalization()(x)
        x = x + L.Dropout(0.1)(L.MultiHeadAttention(4, 12)(y, y))
        y = L.Conv1D(96, 1)(L.LayerNormalization()(x))
        y = y[..., :48] * L.Activation("sigmoid")(y[..., 48:])
        y = L.Activation("silu")(L.BatchNormalization()(L.DepthwiseConv1D(31, padding="same")(y)))
        x = x + L.Dropout(0.1)(L.Conv1D(48, 1)(y))
        x = L.LayerNormalization()(half_step(x))
    return keras.Model(inputs, L.Dense(30)(x))


@named("Squeezeformer block")
def squeezeformer():
    inputs = keras.Input((100, 80))
    x = L.Dense(48)(inputs)
    for _ in range(4):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 12)(x, x))
        x = L.LayerNormalization()(x + L.Dense(48)(L.Dense(192, activation="silu")(x)))
        y = L.DepthwiseConv1D(15, padding="same")(L.Conv1D(96, 1, activation="silu")(x))
        y = L.Conv1D(48, 1)(L.Activation("silu")(L.BatchNormalization()(y)))
        x = L.LayerNormalization()(x + y)
        x = L.LayerNormalization()(x + L.Dense(48)(L.Dense(192, activation="silu")(x)))
    return keras.Model(inputs, L.Dense(30)(x))


@named("Gated cross-attention", "Gated cross-attention layer", "Decoder-only layer", "Flamingo layer")
def flamingo():
    inputs, x = tokens()
    media = keras.Input((16, 48))
    zero = keras.initializers.Zeros()
    for _ in range(3):
        a = L.MultiHeadAttention(4, 12)(L.LayerNormalization()(x), media)
        x = x + ops.tanh(L.Dense(48, kernel_initializer=zero)(a)) * a
        f = L.Dense(48)(L.Dense(192, activation="gelu")(L.LayerNormalization()(x)))
        x = x + ops.tanh(L.Dense(48, kernel_initializer=zero)(f)) * f
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y, use_causal_mask=True)
        x = x + L.Dense(48)(L.Dense(192, activation="gelu")(L.LayerNormalization()(x)))
    return keras.Model([inputs, media], L.Dense(1000)(x))


@named("Gated residual block", "WaveNet residual block", "WaveNet block", "Dilated gated residual block")
def wavenet_keras():
    inputs = keras.Input((1024, 1))
    x = L.Conv1D(32, 2, padding="causal")(inputs)
    skips = []
    for place in range(8):
        a = L.Conv1D(32, 2, padding="causal", dilation_rate=2**place, activation="tanh")(x)
        b = L.Conv1D(32, 2, padding="causal", dilation_rate=2**place, activation="sigmoid")(x)
        y = L.Multiply()([a, b])
        skips.append(L.Conv1D(32, 1)(y))
        x = L.Add()([x, L.Conv1D(32, 1)(y)])
    y = L.Conv1D(64, 1, activation="relu")(L.ReLU()(L.Add()(skips)))
    return keras.Model(inputs, L.Conv1D(256, 1, activation="softmax")(y))


@named("Temporal block")
def tcn_dropout():
    inputs = keras.Input((256, 4))
    x = L.Conv1D(32, 1)(inputs)
    for place in range(6):
        y = x
        for _ in range(2):
            y = L.Conv1D(32, 3, padding="causal", dilation_rate=2**place)(y)
            y = L.SpatialDropout1D(0.2)(L.ReLU()(L.LayerNormalization()(y)))
        x = L.ReLU()(L.Add()([x, y]))
    return keras.Model(inputs, L.Dense(1)(x[:, -1]))


@named("Conv-TasNet block", "Conv-TasNet 1-D block", "1-D convolutional block")
def tasnet():
    inputs = keras.Input((512, 32))
    x = L.Conv1D(32, 1)(L.LayerNormalization()(inputs))
    skips = []
    for _ in range(2):
        for place in range(4):
            y = L.GroupNormalization(1)(L.PReLU(shared_axes=[1])(L.Conv1D(64, 1)(x)))
            y = L.DepthwiseConv1D(3, padding="same", dilation_rate=2**place)(y)
            y = L.GroupNormalization(1)(L.PReLU(shared_axes=[1])(y))
            skips.append(L.Conv1D(32, 1)(y))
            x = L.Add()([x, L.Conv1D(32, 1)(y)])
    y = L.Conv1D(64, 1, activation="sigmoid")(L.PReLU(shared_axes=[1])(L.Add()(skips)))
    return keras.Model(inputs, y)


@named("N-BEATS block")
def nbeats_generic():
    inputs = keras.Input((40,))
    rest, total = inputs, None
    for _ in range(6):
        h = rest
        for _ in range(4):
            h = L.Dense(64, activation="relu")(h)
        back, ahead = L.Dense(40)(L.Dense(8)(h)), L.Dense(10)(L.Dense(8)(h))
        rest = L.Subtract()([rest, back])
        total = ahead if total is None else L.Add()([total, ahead])
    return keras.Model(inputs, total)


@named("TSMixer layer", "Mixer layer", "TSMixer block")
def tsmixer():
    inputs = keras.Input((96, 7))
    x = inputs
    for _ in range(4):
        y = L.Permute((2, 1))(L.BatchNormalization()(x))
        y = L.Dropout(0.1)(L.Permute((2, 1))(L.Dense(96, activation="relu")(y)))
        x = x + y
        y = L.Dropout(0.1)(L.Dense(32, activation="relu")(L.BatchNormalization()(x)))
        x = x + L.Dropout(0.1)(L.Dense(7)(y))
    return keras.Model(inputs, L.Permute((2, 1))(L.Dense(24)(L.Permute((2, 1))(x))))


@named("TiDE residual block", "Residual MLP block", "Dense residual block")
def tide():
    inputs = keras.Input((128,))
    x = inputs
    for _ in range(5):
        y = L.Dropout(0.1)(L.Dense(128)(L.Dense(64, activation="relu")(x)))
        x = L.LayerNormalization()(L.Add()([y, L.Dense(128)(x)]))
    return keras.Model(inputs, L.Dense(24)(x))


@named("SE-Res2 block", "SE-Res2Block")
def ecapa():
    inputs = keras.Input((200, 80))
    x = L.BatchNormalization()(L.Conv1D(64, 5, padding="same", activation="relu")(inputs))
    for rate in (2, 3, 4):
        y = L.BatchNormalization()(L.Conv1D(64, 1, activation="relu")(x))
        parts = ops.split(y, 4, axis=-1)
        found = [parts[0]]
        for part in parts[1:]:
            z = part if len(found) == 1 else L.Add()([part, found[-1]])
            z = L.Conv1D(16, 3, padding="same", dilation_rate=rate, activation="relu")(z)
            found.append(L.BatchNormalization()(z))
        y = L.BatchNormalization()(L.Conv1D(64, 1, activation="relu")(L.Concatenate()(found)))
        s = L.Dense(64, activation="sigmoid")(L.Dense(16, activation="relu")(L.GlobalAveragePooling1D()(y)))
        x = L.Add()([x, L.Multiply()([y, L.Reshape((1, 64))(s)])])
    return keras.Model(inputs, L.Dense(32)(L.GlobalAveragePooling1D()(x)))


@named("Gated residual network")
def tft_grn():
    inputs = keras.Input((48,))
    x = inputs
    for _ in range(5):
        h = L.Dropout(0.1)(L.Dense(48)(L.Dense(48, activation="elu")(x)))
        g = L.Dense(48, activation="sigmoid")(h)
        x = L.LayerNormalization()(L.Add()([x, L.Multiply()([L.Dense(48)(h), g])]))
    return keras.Model(inputs, L.Dense(3)(x))


@named("Demucs encoder level", "Demucs decoder level", "Demucs encoder", "Demucs decoder", "U-Net encoder level",
       "U-Net decoder level", "U-Net down level", "U-Net up level")  # fmt: skip
def demucs():
    x = inputs = keras.Input((4096, 2))
    skips = []
    for width in (16, 32, 64):
        x = L.Conv1D(width, 8, 4, padding="same", activation="relu")(x)
        a, b = ops.split(L.Conv1D(2 * width, 1)(x), 2, axis=-1)
        x = a * ops.sigmoid(b)
        skips.append(x)
    x = L.Dense(64)(L.Bidirectional(L.LSTM(64, return_sequences=True))(x))
    for width in (32, 16, 8):
        x = x + skips.pop()
        a, b = ops.split(L.Conv1D(2 * x.shape[-1], 3, padding="same")(x), 2, axis=-1)
        x = L.Conv1DTranspose(width, 8, 4, padding="same", activation="relu")(a * ops.sigmoid(b))
    return keras.Model(inputs, L.Conv1D(2, 1)(x))


@named("InceptionTime module", "InceptionTime residual block")
def inception_time():
    inputs = keras.Input((256, 1))
    x = inputs
    for _ in range(6):
        y = L.Conv1D(16, 1, use_bias=False)(x)
        ways = [L.Conv1D(16, kernel, padding="same", use_bias=False)(y) for kernel in (39, 19, 9)]
        ways.append(L.Conv1D(16, 1, use_bias=False)(L.MaxPooling1D(3, 1, padding="same")(x)))
        x = L.ReLU()(L.BatchNormalization()(L.Concatenate()(ways)))
    return keras.Model(inputs, L.Dense(5)(L.GlobalAveragePooling1D()(x)))


@named("Jasper block", "QuartzNet block")
def quartznet():
    inputs = keras.Input((200, 64))
    x = L.ReLU()(L.BatchNormalization()(L.SeparableConv1D(64, 33, 2, padding="same")(inputs)))
    for _ in range(4):
        y = x
        for place in range(5):
            y = L.BatchNormalization()(L.SeparableConv1D(64, 33, padding="same")(y))
            y = L.ReLU()(y) if place < 4 else y
        x = L.ReLU()(y + L.BatchNormalization()(L.Conv1D(64, 1)(x)))
    return keras.Model(inputs, L.Conv1D(29, 1)(x))


@named("Informer encoder layer", "Encoder layer and distilling", *ENCODER)
def informer():
    inputs = keras.Input((96, 7))
    x = L.Conv1D(48, 3, padding="same")(inputs)
    for _ in range(3):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 12)(x, x))
        y = L.Conv1D(48, 1)(L.Conv1D(96, 1, activation="gelu")(x))
        x = L.LayerNormalization()(x + y)
        y = L.ELU()(L.BatchNormalization()(L.Conv1D(48, 3, padding="same")(x)))
        x = L.MaxPooling1D(3, 2, padding="same")(y)
    return keras.Model(inputs, L.Dense(24)(L.Flatten()(x)))
