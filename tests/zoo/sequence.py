"""Sequence models and towers: WaveNet, TCN, transformers, LSTM, Mixer, retrieval and siamese networks."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def wavenet(rec: Recorder) -> Any:
    """WaveNet: dilations 1 to 512 in three cycles, gated units, summed skips."""
    from keras import Input, Model, layers

    inputs = Input((None, 1))
    x = layers.Conv1D(16, 2, padding="causal")(inputs)
    skips = []
    cycles = []
    for number in range(30):
        rate = 2 ** (number % 10)
        if number % 10 == 0:
            cycles.append((x, number))
        gate = layers.Conv1D(16, 2, dilation_rate=rate, padding="causal", activation="sigmoid")(x)
        filtered = layers.Conv1D(16, 2, dilation_rate=rate, padding="causal", activation="tanh")(x)
        z = layers.Multiply()([filtered, gate])
        skips.append(layers.Conv1D(24, 1)(z))
        outputs = [skips[-1]]
        if number < 29:
            outputs.append(layers.Add()([x, layers.Conv1D(16, 1)(z)]))
        rec.copy("residual blocks", x, outputs, "gated residual block")
        x = outputs[-1]
        if number % 10 == 9:
            start, first = cycles[-1]
            rec.copy("cycles", start, [*skips[first:], x], "dilations 1 to 512", reading="cycles of dilations")
    x = layers.Activation("relu")(layers.Add()(skips))
    x = layers.Conv1D(24, 1, activation="relu")(x)
    return Model(inputs, layers.Conv1D(256, 1, activation="softmax")(x))


def tcn(rec: Recorder) -> Any:
    """Temporal convolutional network: 8 residual blocks of two dilated causal convolutions."""
    from keras import Input, Model, layers

    x = inputs = Input((400, 2))
    for level in range(8):
        y = x
        for _ in range(2):
            y = layers.Conv1D(24, 7, padding="causal", dilation_rate=2**level)(y)
            y = layers.SpatialDropout1D(0.05)(layers.Activation("relu")(layers.LayerNormalization()(y)))
        shortcut = x if x.shape[-1] == 24 else layers.Conv1D(24, 1)(x)
        y = layers.Activation("relu")(layers.add([y, shortcut]))
        rec.copy("residual blocks", x, y, "temporal block")
        x = y
    x = layers.Lambda(lambda t: t[:, -1, :], output_shape=(24,))(x)
    return Model(inputs, layers.Dense(1)(x))


def vit(rec: Recorder) -> Any:
    """ViT-B/16 (narrow): pre-norm, class token, keras.ops and operators."""
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable("zoo")
    class TokensAndPositions(layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")
            self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="positions")

        def call(self, x: Any) -> Any:
            token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
            return ops.concatenate([token, x], axis=1) + self.positions

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], shape[1] + 1, shape[2])

    inputs = keras.Input((224, 224, 3))
    x = layers.Conv2D(48, 16, strides=16, name="patches")(inputs)
    x = TokensAndPositions()(ops.reshape(x, (-1, 196, 48)))
    for _ in range(12):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dropout(0.1)(layers.MultiHeadAttention(4, 12)(y, y))
        y = ops.add(x, y)
        z = layers.LayerNormalization(epsilon=1e-6)(y)
        z = layers.Dropout(0.1)(ops.gelu(layers.Dense(192)(z)))
        z = y + layers.Dropout(0.1)(layers.Dense(48)(z))
        rec.copy("encoder", x, z, "transformer encoder layer (pre-norm)")
        x = z
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(inputs, layers.Dense(1000)(x[:, 0]))


def bert(rec: Recorder) -> Any:
    """BERT-base's shape (narrow): 12 post-norm layers that all read one padding mask."""
    import keras
    from keras import layers, ops

    length, width = 128, 48
    ids = keras.Input((length,), dtype="int32", name="token_ids")
    segments = keras.Input((length,), dtype="int32", name="segment_ids")
    padding = keras.Input((length,), dtype="bool", name="padding_mask")
    positions = keras.Input((length,), dtype="int32", name="position_ids")
    x = layers.Embedding(3000, width)(ids) + layers.Embedding(2, width)(segments)
    x = x + layers.Embedding(length, width)(positions)
    x = layers.Dropout(0.1)(layers.LayerNormalization()(x))
    mask = ops.expand_dims(padding, 1)
    for _ in range(12):
        attended = layers.MultiHeadAttention(4, width // 4, dropout=0.1)(x, x, attention_mask=mask)
        y = layers.LayerNormalization()(x + layers.Dropout(0.1)(attended))
        z = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(y))
        z = layers.LayerNormalization()(y + layers.Dropout(0.1)(z))
        rec.copy("encoder", [x, mask], z, "transformer encoder layer (post-norm)")
        x = z
    pooled = layers.Dense(width, activation="tanh", name="pooler")(x[:, 0, :])
    return keras.Model([ids, segments, padding, positions], [x, pooled])


def transformer(rec: Recorder) -> Any:
    """Transformer base's shape (narrow): 6 encoder and 6 decoder layers, padding and causal masks."""
    import keras
    from keras import layers, ops

    width = 32

    def feed_forward(x: Any) -> Any:
        y = layers.Dense(width)(layers.Dense(4 * width, activation="relu")(x))
        return layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(y)]))

    def attend(x: Any, memory: Any, mask: Any, causal: bool = False) -> Any:
        y = layers.MultiHeadAttention(4, width // 4)(x, memory, attention_mask=mask, use_causal_mask=causal)
        return layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(y)]))

    def embed(ids: Any) -> Any:
        return layers.Dropout(0.1)(layers.Embedding(2000, width)(ids) * width**0.5)

    source = keras.Input((None,), dtype="int32")
    target = keras.Input((None,), dtype="int32")
    source_mask = ops.expand_dims(ops.not_equal(source, 0), 1)
    target_mask = ops.expand_dims(ops.not_equal(target, 0), 1)
    x = embed(source)
    for _ in range(6):
        y = feed_forward(attend(x, x, source_mask))
        rec.copy("encoder", [x, source_mask], y, "transformer encoder layer")
        x = y
    memory, x = x, embed(target)
    for _ in range(6):
        y = attend(x, x, target_mask, causal=True)
        y = feed_forward(attend(y, memory, source_mask))
        rec.copy("decoder", [x, memory, source_mask, target_mask], y, "transformer decoder layer")
        x = y
    return keras.Model([source, target], layers.Dense(2000, activation="softmax")(x))


def seq2seq(rec: Recorder) -> Any:
    """Sequence to sequence: 4 LSTM layers each side, states handed over layer by layer."""
    from keras import Input, Model, layers

    source, target = Input((None,), name="source"), Input((None,), name="target")
    x = layers.Embedding(1000, 32)(source)
    states = []
    for _ in range(4):
        y, h, c = layers.LSTM(32, return_sequences=True, return_state=True)(x)
        z = layers.Dropout(0.2)(y)
        if len(states) < 3:
            rec.copy("encoder", x, [z, h, c], "LSTM and dropout")
        else:
            rec.copy("encoder", x, [h, c], "LSTM and dropout")
        states.append([h, c])
        x = z
    x = layers.Embedding(1000, 32)(target)
    for state in states:
        y = layers.LSTM(32, return_sequences=True)(x, initial_state=state)
        z = layers.Dropout(0.2)(y)
        rec.copy("decoder", [x, *state], z, "LSTM and dropout")
        x = z
    return Model([source, target], layers.Dense(1000, activation="softmax")(x))


def mixer(rec: Recorder) -> Any:
    """MLP-Mixer S/16's shape (narrow): 8 layers, token mixing by ops.transpose."""
    import keras
    from keras import layers, ops

    def mlp(x: Any, hidden: int) -> Any:
        return layers.Dense(x.shape[-1])(keras.activations.gelu(layers.Dense(hidden)(x)))

    inputs = keras.Input((224, 224, 3))
    x = layers.Conv2D(32, 16, strides=16)(inputs)
    x = layers.Reshape((196, 32))(x)
    for _ in range(8):
        y = ops.transpose(layers.LayerNormalization()(x), (0, 2, 1))
        y = ops.transpose(mlp(y, 16), (0, 2, 1))
        y = ops.add(x, y)
        z = y + mlp(layers.LayerNormalization()(y), 128)
        rec.copy("mixer layers", x, z, "mixer layer")
        x = z
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(1000)(x))


def two_tower(rec: Recorder) -> Any:
    """Two towers with their own weights, scored by a dot product."""
    from keras import Input, Model, layers

    def tower(ids: Any, dense: Any, vocabulary: int) -> Any:
        x = layers.Concatenate()([layers.Flatten()(layers.Embedding(vocabulary, 16)(ids)), dense])
        for units in (64, 32, 16):
            x = layers.Dense(units)(x)
            x = layers.Dropout(0.1)(layers.ReLU()(layers.BatchNormalization()(x)))
        return layers.UnitNormalization()(x)

    inputs, outputs = [], []
    for name, vocabulary in (("user", 500), ("item", 900)):
        ids, dense = Input((1,), name=f"{name}_id"), Input((8,), name=f"{name}_features")
        inputs += [ids, dense]
        outputs.append(tower(ids, dense, vocabulary))
        rec.copy("towers", [ids, dense], outputs[-1], "tower")
    return Model(inputs, layers.Dot(axes=1)(outputs))


def siamese(rec: Recorder) -> Any:
    """Siamese network: one four-block convolutional encoder called on both images."""
    import keras
    from keras import layers, ops

    x = image = keras.Input((105, 105, 1))
    for _ in range(4):
        y = layers.Conv2D(16, 3, padding="same")(x)
        y = layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(y)))
        rec.copy("convolution blocks", x, y, "convolution, pooling")
        x = y
    encoder = keras.Model(image, layers.Dense(64)(layers.Flatten()(x)), name="encoder")
    for stage in rec.primary.values():
        stage.copies = [[f"encoder/{name}" for name in names] for names in stage.copies]
    left, right = keras.Input((105, 105, 1)), keras.Input((105, 105, 1))
    distance = ops.abs(encoder(left) - encoder(right))
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(distance))
