"""Networks for tokens, sound, series and tables that nothing was tuned on, and Swin and PANet besides."""

from __future__ import annotations

from typing import Any

from .heldout import _resnet50_taps
from .recorder import Recorder


def swin(rec: Recorder) -> Any:
    """Swin-T: windows by reshaping, shifted ones by rolling with a constant mask (relative positions left out)."""
    import numpy as np
    from keras import Input, Model, layers, ops

    window = 4

    def partition(x: Any) -> Any:
        size, width = x.shape[1], x.shape[-1]
        x = ops.reshape(x, (-1, size // window, window, size // window, window, width))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, window * window, width))

    def reverse(x: Any, size: int, width: int) -> Any:
        x = ops.reshape(x, (-1, size // window, size // window, window, window, width))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, size, size, width))

    def mask(size: int) -> Any:
        """Minus infinity, nearly, between places that only rolling has made neighbours."""
        regions = np.zeros((size, size))
        edges = (slice(0, -window), slice(-window, -window // 2), slice(-window // 2, None))
        for number, (rows, columns) in enumerate((a, b) for a in edges for b in edges):
            regions[rows, columns] = number
        cut = regions.reshape(size // window, window, size // window, window).transpose(0, 2, 1, 3)
        cut = cut.reshape(-1, window * window)
        apart = np.where(cut[:, None] == cut[:, :, None], 0.0, -100.0)
        return apart[None, :, None].astype("float32")

    def attention(x: Any, heads: int, size: int, shifted: bool) -> Any:
        width = x.shape[-1]
        x = layers.Dense(3 * width)(x)
        x = ops.transpose(ops.reshape(x, (-1, window * window, 3, heads, width // heads)), (2, 0, 3, 1, 4))
        scores = ops.matmul(x[0] * (width // heads) ** -0.5, ops.transpose(x[1], (0, 1, 3, 2)))
        if shifted:
            shape = (heads, window * window, window * window)
            scores = ops.reshape(scores, (-1, (size // window) ** 2, *shape)) + mask(size)
            scores = ops.reshape(scores, (-1, *shape))
        y = ops.transpose(ops.matmul(ops.softmax(scores, axis=-1), x[2]), (0, 2, 1, 3))
        return layers.Dense(width)(ops.reshape(y, (-1, window * window, width)))

    def block(x: Any, heads: int, shifted: bool) -> Any:
        size, width = x.shape[1], x.shape[-1]
        y = layers.LayerNormalization()(x)
        y = ops.roll(y, (-window // 2, -window // 2), axis=(1, 2)) if shifted else y
        y = reverse(attention(partition(y), heads, size, shifted), size, width)
        y = ops.roll(y, (window // 2, window // 2), axis=(1, 2)) if shifted else y
        x = layers.add([x, y])
        y = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization()(x))
        return layers.add([x, layers.Dense(width)(y)])

    inputs = Input((256, 256, 3))
    x = layers.LayerNormalization()(layers.Conv2D(24, 4, strides=4)(inputs))
    for stage, count in enumerate((2, 2, 6, 2), 1):
        if stage > 1:
            size, width = x.shape[1] // 2, x.shape[-1]
            x = ops.transpose(ops.reshape(x, (-1, size, 2, size, 2, width)), (0, 1, 3, 2, 4, 5))
            x = layers.LayerNormalization()(ops.reshape(x, (-1, size, size, 4 * width)))
            x = layers.Dense(2 * width, use_bias=False)(x)
        start = x
        for index in range(count):
            y = block(x, 3, index % 2 == 1)
            rec.copy(f"stage {stage}", x, y, "Swin transformer block")
            x = y
            if index % 2:
                rec.copy("pairs", start, x, "two successive blocks", reading="pairs of successive blocks")
                start = x
    x = layers.GlobalAveragePooling2D()(layers.LayerNormalization()(x))
    return Model(inputs, layers.Dense(100)(x))


def gpt(rec: Recorder) -> Any:
    """GPT-2's shape (narrow): attention written out, a causal mask as an input, logits by the embedding's table."""
    from keras import Input, Model, layers, ops

    length, width, heads = 64, 48, 4

    def attention(x: Any, mask: Any) -> Any:
        query, key, value = ops.split(layers.Dense(3 * width)(x), 3, axis=-1)
        query, key, value = (ops.reshape(t, (-1, length, heads, width // heads)) for t in (query, key, value))
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key) / (width // heads) ** 0.5
        scores = ops.where(mask, scores, -1e9)
        y = ops.einsum("bhqk,bkhd->bqhd", layers.Dropout(0.1)(layers.Softmax()(scores)), value)
        return layers.Dropout(0.1)(layers.Dense(width)(ops.reshape(y, (-1, length, width))))

    tokens = Input((length,), dtype="int32", name="tokens")
    positions = Input((length,), dtype="int32", name="positions")
    causal = Input((1, length, length), dtype="bool", name="causal_mask")
    x = layers.Dropout(0.1)(layers.Embedding(2000, width)(tokens) + layers.Embedding(length, width)(positions))
    for _ in range(12):
        y = x + attention(layers.LayerNormalization(epsilon=1e-5)(x), causal)
        z = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization(epsilon=1e-5)(y))
        z = y + layers.Dropout(0.1)(layers.Dense(width)(z))
        rec.copy("decoder", [x, causal], z, "pre-norm decoder layer")
        x = z
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return Model([tokens, positions, causal], layers.Dense(2000, use_bias=False)(x))


def conformer(rec: Recorder) -> Any:
    """Conformer (S): half a feed-forward step, attention, convolution, half a step; 16 blocks."""
    from keras import Input, Model, layers

    width = 36

    def half_step(x: Any) -> Any:
        y = layers.Dense(4 * width, activation="swish")(layers.LayerNormalization()(x))
        y = layers.Dropout(0.1)(layers.Dense(width)(layers.Dropout(0.1)(y)))
        return layers.add([x, layers.Rescaling(0.5)(y)])

    def attend(x: Any) -> Any:
        y = layers.LayerNormalization()(x)
        return layers.add([x, layers.Dropout(0.1)(layers.MultiHeadAttention(4, width // 4)(y, y))])

    def convolve(x: Any) -> Any:
        y = layers.LayerNormalization()(x)
        gate = layers.Conv1D(width, 1, activation="sigmoid")(y)
        y = layers.multiply([layers.Conv1D(width, 1)(y), gate])
        y = layers.BatchNormalization()(layers.DepthwiseConv1D(32, padding="same")(y))
        y = layers.Dropout(0.1)(layers.Conv1D(width, 1)(layers.Activation("swish")(y)))
        return layers.add([x, y])

    inputs = Input((400, 80))
    x = layers.Reshape((400, 80, 1))(inputs)
    for _ in range(2):
        x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dropout(0.1)(layers.Dense(width)(layers.Reshape((100, 160))(x)))
    for _ in range(16):
        y = layers.LayerNormalization()(half_step(convolve(attend(half_step(x)))))
        rec.copy("Conformer blocks", x, y, "Conformer block")
        x = y
    x = layers.LSTM(32, return_sequences=True)(x)
    return Model(inputs, layers.Dense(1000, activation="softmax")(x))


def highway(rec: Recorder) -> Any:
    """A highway network of 20 layers: a gate decides how much is transformed and how much carried."""
    from keras import Input, Model, initializers, layers

    inputs = Input((784,))
    x = layers.Dense(50, activation="relu")(inputs)
    for _ in range(20):
        bias = initializers.Constant(-2.0)
        gate = layers.Dense(50, activation="sigmoid", bias_initializer=bias)(x)
        y = layers.Dense(50, activation="relu")(x) * gate + x * (1.0 - gate)
        rec.copy("highway layers", x, y, "highway layer")
        x = y
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def nbeats(rec: Recorder) -> Any:
    """N-BEATS (generic): three stacks of three blocks; backcasts are subtracted, forecasts summed."""
    from keras import Input, Model, layers

    back, ahead = 60, 12

    def block(x: Any) -> list[Any]:
        y = x
        for _ in range(4):
            y = layers.Dense(64, activation="relu")(y)
        theta_back, theta_ahead = layers.Dense(16, use_bias=False)(y), layers.Dense(16, use_bias=False)(y)
        return [layers.subtract([x, layers.Dense(back)(theta_back)]), layers.Dense(ahead)(theta_ahead)]

    x = inputs = Input((back,))
    totals: list[Any] = []
    for stack in range(3):
        start, before = x, totals[-1:]
        for index in range(3):
            rest, forecast = block(x)
            total = layers.add([totals[-1], forecast]) if totals else forecast
            outputs = [total] if stack == index == 2 else [rest, total]  # nobody reads the last backcast
            rec.copy(f"blocks of stack {stack + 1}", [x, *totals[-1:]], outputs, "N-BEATS block")
            # Running sums leave no trace of where one stack ends and the next begins.
            rec.copy("blocks", [x, *totals[-1:]], outputs, "N-BEATS block", reading="blocks of all stacks")
            totals.append(total)
            x = rest
        rec.copy("stacks", [start, *before], outputs, "stack", reading="whole stacks")
    return Model(inputs, totals[-1])


def gnmt(rec: Recorder) -> Any:
    """GNMT: a bidirectional layer and seven more below, eight above; residuals from the third layer on."""
    from keras import Input, Model, layers

    width = 32

    def lstm(x: Any, context: Any = None, residual: bool = True) -> Any:
        fed = x if context is None else layers.concatenate([x, context])
        y = layers.Dropout(0.2)(layers.LSTM(width, return_sequences=True)(fed))
        return layers.add([x, y]) if residual else y

    source, target = Input((None,), name="source"), Input((None,), name="target")
    x = layers.Bidirectional(layers.LSTM(width, return_sequences=True))(layers.Embedding(1000, width)(source))
    x = lstm(x, residual=False)
    for _ in range(6):
        y = lstm(x)
        rec.copy("encoder", x, y, "LSTM layer with residual")
        x = y
    memory = x
    x = layers.LSTM(width, return_sequences=True)(layers.Embedding(1000, width)(target))
    context = layers.AdditiveAttention()([x, memory])
    x = lstm(x, context, residual=False)
    for _ in range(6):
        y = lstm(x, context)
        rec.copy("decoder", [x, context], y, "LSTM layer with attention context and residual")
        x = y
    return Model([source, target], layers.Dense(1000, activation="softmax")(x))


def vdcnn(rec: Recorder) -> Any:
    """VDCNN with 29 layers: 5, 5, 2 and 2 convolutional blocks on characters, pooling between."""
    from keras import Input, Model, layers

    inputs = Input((1024,), dtype="int32")
    x = layers.Conv1D(16, 3, padding="same")(layers.Embedding(69, 16)(inputs))
    for stage, (count, filters) in enumerate(((5, 16), (5, 32), (2, 64), (2, 128))):
        if stage:
            x = layers.MaxPooling1D(3, 2, "same")(x)
        for _ in range(count):
            y = x
            for _ in range(2):
                before = y
                y = layers.Conv1D(filters, 3, padding="same", use_bias=False)(y)
                y = layers.ReLU()(layers.BatchNormalization()(y))
                rec.copy(f"{2**stage} × 64 features", before, y, "convolutional layer", reading="layers of Table 2")
            rec.copy(f"{2**stage} × 64 features", x, y, "convolutional block")
            x = y
    x = layers.Flatten()(layers.MaxPooling1D(16, 16)(x))
    x = layers.Dense(64, activation="relu")(layers.Dense(64, activation="relu")(x))
    return Model(inputs, layers.Dense(4, activation="softmax")(x))


def mmoe(rec: Recorder) -> Any:
    """Multi-gate mixture of experts: eight experts side by side, a gate and a tower for each of three tasks."""
    from keras import Input, Model, layers, ops

    features = Input((64,))
    experts = []
    for _ in range(8):
        y = layers.Dense(16, activation="relu")(layers.Dense(32, activation="relu")(features))
        rec.copy("experts", features, y, "expert", reading=("", "towers without their gates"))
        experts.append(y)
    stacked = ops.stack(experts, axis=1)
    outputs = []
    for _ in range(3):
        gate = layers.Reshape((8, 1))(layers.Dense(8, activation="softmax")(features))
        mixed = ops.sum(stacked * gate, axis=1)
        y = layers.Dense(1, activation="sigmoid")(layers.Dense(8, activation="relu")(mixed))
        rec.copy("tasks", [features, stacked], y, "gate and tower")
        rec.copy("towers", mixed, y, "tower", reading="towers without their gates")
        outputs.append(y)
    return Model(features, outputs)


def dcn(rec: Recorder) -> Any:
    """DCN-V2 in parallel: four cross layers beside three deep ones, over 26 embedded categories."""
    from keras import Input, Model, layers

    inputs = [Input((13,), name="numbers")]
    vectors = [inputs[0]]
    for field in range(26):
        inputs.append(Input((1,), dtype="int32", name=f"category_{field}"))
        vectors.append(layers.Flatten()(layers.Embedding(50 + field, 8)(inputs[-1])))
        rec.copy("embedded fields", inputs[-1], vectors[-1], "embedding", optional=True)
    x = first = layers.concatenate(vectors)
    for _ in range(4):
        y = layers.add([layers.multiply([first, layers.Dense(first.shape[-1])(x)]), x])
        rec.copy("cross layers", [first, x], y, "cross layer")
        x = y
    deep = first
    for _ in range(3):
        deep = layers.Dropout(0.1)(layers.BatchNormalization()(layers.Dense(64, activation="relu")(deep)))
    return Model(inputs, layers.Dense(1, activation="sigmoid")(layers.concatenate([x, deep])))


def panet(rec: Recorder) -> Any:
    """PANet's neck on a small ResNet: a feature pyramid from the top, a second path from the bottom."""
    from keras import Input, Model, layers

    inputs = Input((256, 256, 3))
    taps = _resnet50_taps(rec, inputs, 8)
    top = layers.Conv2D(32, 1)(taps.pop())
    maps = [top]
    for tap in reversed(taps):
        merged = layers.add([layers.Conv2D(32, 1)(tap), layers.UpSampling2D()(maps[-1])])
        rec.copy("top-down path", [tap, maps[-1]], merged, "lateral convolution, up-sampling, addition")
        maps.append(merged)
    smooth = [layers.Conv2D(32, 3, padding="same")(level) for level in reversed(maps)]
    x = smooth[0]
    outputs = [x]
    rec.either(*smooth)  # the pyramid's last convolutions, drawn by neither path
    for level in smooth[1:]:
        down = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
        y = layers.Conv2D(32, 3, padding="same", activation="relu")(layers.add([down, level]))
        rec.copy("bottom-up path", [x, level], y, "strided convolution, addition, convolution")
        x = y
        outputs.append(x)
    return Model(inputs, outputs)
