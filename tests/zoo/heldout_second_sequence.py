"""The second held-out set: sound, speech, series and clicks.

Where a published number of parameters is known, the width is the paper's.
"""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def deep_speech(rec: Recorder) -> Any:
    """Deep Speech 2 (Amodei et al. 2016, Figure 1): three 2D convolutions, seven bidirectional GRU layers (narrow)."""
    from keras import Input, Model, layers

    inputs = Input((200, 161), name="spectrogram")
    x = layers.Reshape((200, 161, 1), name="expand")(inputs)
    rows = ((32, (11, 41), (2, 2)), (32, (11, 21), (1, 2)), (96, (11, 21), (1, 2)))
    for number, (filters, size, strides) in enumerate(rows, 1):
        options = {"strides": strides, "padding": "same", "use_bias": False, "name": f"conv_{number}"}
        y = layers.BatchNormalization(name=f"conv_{number}_bn")(layers.Conv2D(filters, size, **options)(x))
        y = layers.ReLU(max_value=20, name=f"conv_{number}_relu")(y)
        rec.copy("convolutions", x, y, "2D convolution with batch normalisation")
        x = y
    x = layers.Reshape((-1, x.shape[-2] * x.shape[-1]), name="flatten_frequencies")(x)
    for number in range(1, 8):
        gru = layers.GRU(128, return_sequences=True, name=f"gru_{number}")
        y = layers.Bidirectional(gru, merge_mode="sum", name=f"bidirectional_{number}")(x)
        y = layers.BatchNormalization(name=f"rnn_{number}_bn")(y)
        rec.copy("recurrent layers", x, y, "bidirectional GRU with batch normalisation")
        x = y
    return Model(inputs, layers.Dense(29, activation="softmax", name="characters")(x), name="deep_speech_2")


def quartznet(rec: Recorder) -> Any:
    """QuartzNet-15x5 (Kriman et al. 2020, Table 1): five groups of three blocks, each of five separable modules."""
    from keras import Input, Model, layers

    def separable(x: Any, filters: int, size: int, strides: int = 1, dilation: int = 1) -> Any:
        options: dict[str, Any] = {"strides": strides, "dilation_rate": dilation, "padding": "same", "use_bias": False}
        return layers.BatchNormalization()(layers.SeparableConv1D(filters, size, **options)(x))

    def block(x: Any, filters: int, size: int, title: str) -> Any:
        residual = layers.BatchNormalization()(layers.Conv1D(filters, 1, use_bias=False)(x))
        y = x
        for index in range(5):
            before = y
            y = separable(y, filters, size)
            y = layers.ReLU()(layers.add([y, residual]) if index == 4 else y)
            rec.copy(f"modules of {title}", [before, residual], y, "separable convolution module", reading="modules")
        return y

    inputs = Input((None, 64), name="mel_features")
    x = layers.ReLU()(separable(inputs, 256, 33, strides=2))
    for number, (filters, size) in enumerate(((256, 33), (256, 39), (512, 51), (512, 63), (512, 75)), 1):
        for _ in range(3):
            y = block(x, filters, size, f"B{number}")
            rec.copy(f"B{number}", x, y, "QuartzNet block")
            x = y
    x = layers.ReLU()(separable(x, 512, 87, dilation=2))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv1D(1024, 1, use_bias=False)(x)))
    return Model(inputs, layers.Conv1D(29, 1, activation="softmax")(x))


def tacotron(rec: Recorder) -> Any:
    """Tacotron 2 (Shen et al. 2018, Figure 1), fed with the true frames; attention is additive, without location.

    The encoder's convolutions are small Sequential models, the post-net is a Model of its own.
    """
    from keras import Input, Model, Sequential, layers

    tanh_only = "post-net's layers with tanh"
    both = ("", tanh_only)

    x = frames = Input((None, 80))
    for index in range(5):
        y = layers.BatchNormalization()(layers.Conv1D(80 if index == 4 else 512, 5, padding="same")(x))
        y = layers.Dropout(0.5)(y if index == 4 else layers.Activation("tanh")(y))
        rec.copy("post-net", x, y, "convolution layer", "" if index == 4 else both)
        x = y
    post_net = Model(frames, x, name="postnet")
    for stages in (rec.primary, rec.readings[tanh_only]):
        copies = stages["post-net"].copies
        copies[:] = [[f"postnet/{name}" for name in names] for names in copies]

    text, mel = Input((None,), dtype="int32", name="text"), Input((None, 80), name="previous_frames")
    x = layers.Embedding(148, 512, name="characters")(text)
    for index in range(3):
        parts = [layers.Conv1D(512, 5, padding="same"), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.5)]
        y = Sequential(parts, name=f"encoder_conv_{index}")(x)
        rec.copy("encoder convolutions", x, y, "convolution layer", both)
        x = y
    memory = layers.Bidirectional(layers.LSTM(256, return_sequences=True), name="encoder_lstm")(x)
    x = mel
    for index in range(2):
        y = layers.Dropout(0.5)(layers.Dense(256, activation="relu", name=f"prenet_{index}")(x))
        rec.copy("pre-net", x, y, "fully connected layer", both)
        x = y
    query = layers.Dense(512, use_bias=False, name="query")(x)
    context = layers.AdditiveAttention(name="attention")([query, memory])
    x = layers.concatenate([x, context])
    for index in range(2):
        y = layers.LSTM(1024, return_sequences=True, name=f"decoder_lstm_{index}")(x)
        rec.copy("decoder LSTM", x, y, "LSTM layer", both, optional=True)
        x = y
    x = layers.concatenate([x, context])
    coarse = layers.Dense(80, name="frame_projection")(x)
    stop = layers.Dense(1, activation="sigmoid", name="stop_token")(x)
    return Model([text, mel], [coarse, layers.add([coarse, post_net(coarse)]), stop], name="tacotron2")


def sasrec(rec: Recorder) -> Any:
    """SASRec (Kang and McAuley 2018, Section III): two self-attention blocks, causal, and padding masked out."""
    from keras import Input, Model, layers, ops

    length, width = 50, 50
    history = Input((length,), dtype="int32", name="history")
    candidates = Input((length,), dtype="int32", name="candidates")
    items, positions = layers.Embedding(3417, width, name="items"), layers.Embedding(length, width, name="positions")
    seen = ops.not_equal(history, 0)
    keep = ops.expand_dims(ops.cast(seen, "float32"), -1)
    keys = ops.expand_dims(seen, 1)
    places = ops.cumsum(ops.ones_like(history), axis=1) - 1
    x = layers.Dropout(0.2)(items(history) * width**0.5 + positions(places)) * keep
    for _ in range(2):
        y = layers.LayerNormalization()(x)
        y = layers.MultiHeadAttention(1, width, dropout=0.2)(y, y, attention_mask=keys, use_causal_mask=True)
        y = x + layers.Dropout(0.2)(y)
        z = layers.Conv1D(width, 1, activation="relu")(layers.LayerNormalization()(y))
        z = layers.Dropout(0.2)(layers.Conv1D(width, 1)(layers.Dropout(0.2)(z)))
        z = (y + z) * keep
        rec.copy("self-attention blocks", [x, keep, keys], z, "self-attention, point-wise feed-forward")
        x = z
    x = layers.LayerNormalization()(x)
    return Model([history, candidates], ops.sigmoid(ops.sum(x * items(candidates), axis=-1)))


def inception_time(rec: Recorder) -> Any:
    """InceptionTime's network (Ismail Fawaz et al. 2020, Figures 1 and 2): six modules, a shortcut over every three."""
    from keras import Input, Model, layers

    def module(x: Any) -> Any:
        y = layers.Conv1D(32, 1, padding="same", use_bias=False)(x) if x.shape[-1] > 1 else x
        branches = [layers.Conv1D(32, size, padding="same", use_bias=False)(y) for size in (40, 20, 10)]
        pooled = layers.MaxPooling1D(3, strides=1, padding="same")(x)
        branches.append(layers.Conv1D(32, 1, padding="same", use_bias=False)(pooled))
        y = layers.BatchNormalization()(layers.Concatenate(axis=2)(branches))
        return layers.Activation("relu")(y)

    def shortcut(x: Any, y: Any) -> Any:
        z = layers.BatchNormalization()(layers.Conv1D(y.shape[-1], 1, padding="same", use_bias=False)(x))
        return layers.Activation("relu")(layers.Add()([z, y]))

    inputs = Input((152, 1))
    x = start = inputs
    for index in range(6):
        y = module(x)
        rec.copy(f"modules of residual block {index // 3 + 1}", x, y, "Inception module")
        rec.copy("modules", x, y, "Inception module", reading="six modules")
        x = y
        if index % 3 == 2:
            x = shortcut(start, x)
            rec.copy("residual blocks", start, x, "three modules with a shortcut", reading="residual blocks")
            start = x
    x = layers.GlobalAveragePooling1D()(x)
    return Model(inputs, layers.Dense(5, activation="softmax")(x))


def ms_tcn(rec: Recorder) -> Any:
    """MS-TCN (Abu Farha and Gall 2019, Figures 2 and 3): four stages of ten dilated residual layers."""
    from keras import Input, Model, layers

    frames = Input((None, 2048), name="frame_features")
    x, outputs = frames, []
    for stage in range(4):
        start = x
        x = layers.Conv1D(64, 1)(x)
        for index in range(10):
            y = layers.Conv1D(64, 3, padding="same", dilation_rate=2**index, activation="relu")(x)
            y = layers.add([x, layers.Dropout(0.5)(layers.Conv1D(64, 1)(y))])
            rec.copy(f"layers of stage {stage + 1}", x, y, "dilated residual layer")
            x = y
        outputs.append(layers.Conv1D(48, 1)(x))
        rec.copy("stages", start, outputs[-1], "single-stage TCN", reading="whole stages")
        if stage < 3:
            x = layers.Softmax()(outputs[-1])
            rec.either(x)
    return Model(frames, outputs)
