"""Residual and densely connected classifiers outside keras.applications."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def wide_resnet(rec: Recorder) -> Any:
    """WRN-28-10 with dropout, pre-activation (narrowed to k = 2)."""
    from keras import Input, Model, layers

    def block(x: Any, filters: int, strides: int) -> Any:
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        shortcut = x
        if x.shape[-1] != filters:
            shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(y)
        y = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(y)
        y = layers.Activation("relu")(layers.BatchNormalization()(y))
        y = layers.Dropout(0.3)(y)
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        return layers.Add()([shortcut, y])

    inputs = Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    for group, filters in enumerate((32, 64, 128), 2):
        for index in range(4):
            y = block(x, filters, 2 if index == 0 and group > 2 else 1)
            rec.copy(f"conv{group}", x, y, "pre-activation basic block with dropout")
            x = y
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def _resnext(rec: Recorder, repeats: tuple[int, ...], transform: Any, stem: Any, width: int) -> Any:
    from keras import Input, Model, layers

    inputs = Input((64, 64, 3))
    x = stem(inputs)
    for stage, count in enumerate(repeats):
        filters = width * 2**stage
        for index in range(count):
            strides = 2 if index == 0 and stage > 0 else 1
            shortcut = x
            if index == 0:
                shortcut = layers.Conv2D(2 * filters, 1, strides=strides, use_bias=False)(x)
                shortcut = layers.BatchNormalization()(shortcut)
            y = transform(x, filters, strides)
            y = layers.Conv2D(2 * filters, 1, use_bias=False)(y)
            y = layers.BatchNormalization()(y)
            y = layers.ReLU()(layers.add([shortcut, y]))
            rec.copy(f"conv{stage + 2}", x, y, "ResNeXt block")
            x = y
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(100, activation="softmax")(x))


def resnext50(rec: Recorder) -> Any:
    """ResNeXt-50 with grouped convolution."""
    from keras import layers

    def stem(x: Any) -> Any:
        x = layers.Conv2D(32, 7, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        return layers.MaxPooling2D(3, strides=2, padding="same")(x)

    def grouped(x: Any, filters: int, strides: int) -> Any:
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", groups=32, use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    return _resnext(rec, (3, 4, 6, 3), grouped, stem, 32)


def resnext_branches(rec: Recorder) -> Any:
    """ResNeXt with its 32 parallel branches written out (Figure 3 b), small."""
    from keras import layers

    def stem(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same", use_bias=False)(x)))

    def branches(x: Any, filters: int, strides: int) -> Any:
        out = []
        for _ in range(32):
            y = layers.Conv2D(filters // 32, 1, use_bias=False)(x)
            y = layers.ReLU()(layers.BatchNormalization()(y))
            y = layers.Conv2D(filters // 32, 3, strides=strides, padding="same", use_bias=False)(y)
            out.append(layers.ReLU()(layers.BatchNormalization()(y)))
        return layers.concatenate(out)

    return _resnext(rec, (3, 3), branches, stem, 32)


def se_resnet50(rec: Recorder) -> Any:
    """SE-ResNet-50."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    def squeeze_excite(x: Any) -> Any:
        channels = x.shape[-1]
        s = layers.GlobalAveragePooling2D()(x)
        s = layers.Dense(channels // 16, activation="relu", use_bias=False)(s)
        s = layers.Dense(channels, activation="sigmoid", use_bias=False)(s)
        return layers.multiply([x, layers.Reshape((1, 1, channels))(s)])

    inputs = Input((64, 64, 3))
    x = layers.Activation("relu")(conv(inputs, 16, 7, 2))
    x = layers.MaxPooling2D(3, 2, "same")(x)
    for stage, count in enumerate((3, 4, 6, 3), 2):
        filters = 2 ** (stage + 2)
        for index in range(count):
            strides = 2 if index == 0 and stage > 2 else 1
            y = layers.Activation("relu")(conv(x, filters, 1))
            y = layers.Activation("relu")(conv(y, filters, 3, strides))
            y = squeeze_excite(conv(y, 4 * filters, 1))
            shortcut = conv(x, 4 * filters, 1, strides) if index == 0 else x
            y = layers.Activation("relu")(layers.add([y, shortcut]))
            rec.copy(f"conv{stage}_x", x, y, "SE bottleneck")
            x = y
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(1000, activation="softmax")(x))


def pyramidnet(rec: Recorder) -> Any:
    """PyramidNet-38: every block is wider than the last; zero-padded shortcuts with keras.ops."""
    import keras
    from keras import layers

    count, alpha = 6, 36
    inputs = keras.Input((32, 32, 3))
    x = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs))
    width = 16.0
    for group in range(3):
        for index in range(count):
            width += alpha / (3 * count)
            strides = 2 if group and index == 0 else 1
            y = layers.BatchNormalization()(x)
            y = layers.Conv2D(int(width), 3, strides=strides, padding="same", use_bias=False)(y)
            y = layers.ReLU()(layers.BatchNormalization()(y))
            y = layers.Conv2D(int(width), 3, padding="same", use_bias=False)(y)
            y = layers.BatchNormalization()(y)
            shortcut = layers.AveragePooling2D(2)(x) if strides == 2 else x
            shortcut = keras.ops.pad(shortcut, [[0, 0], [0, 0], [0, 0], [0, int(width) - x.shape[-1]]])
            y = y + shortcut
            rec.copy(f"group{group + 1}", x, y, "pyramidal basic block")
            x = y
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def densenet40(rec: Recorder) -> Any:
    """DenseNet-40, k = 12, without bottlenecks or compression."""
    from keras import Input, Model, layers

    def layer(x: Any, filters: int, size: int) -> Any:
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        return layers.Dropout(0.2)(layers.Conv2D(filters, size, padding="same", use_bias=False)(y))

    inputs = Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    for block in range(3):
        for _ in range(12):
            y = layers.Concatenate()([x, layer(x, 12, 3)])
            rec.copy(f"dense block {block + 1}", x, y, "dense layer")
            x = y
        if block < 2:
            y = layers.AveragePooling2D(2)(layer(x, x.shape[-1], 1))
            rec.copy("transition", x, y, "transition", optional=True)
            x = y
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def fractalnet(rec: Recorder) -> Any:
    """FractalNet with 5 blocks of 4 columns, mean joins."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int) -> Any:
        x = layers.Conv2D(filters, 3, padding="same")(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    def fractal(x: Any, columns: int, filters: int) -> list[Any]:
        if columns == 1:
            return [conv(x, filters)]
        first = fractal(x, columns - 1, filters)
        joined = layers.Average()(first) if len(first) > 1 else first[0]
        return [*fractal(joined, columns - 1, filters), conv(x, filters)]

    x = inputs = Input((32, 32, 3))
    for index in range(5):
        y = layers.Average()(fractal(x, 4, 8 * 2 ** min(index, 3)))
        rec.copy("fractal block", x, y, "fractal block with 4 columns")
        x = layers.Dropout(0.1 * index)(layers.MaxPooling2D()(y))
    x = layers.Flatten()(x)
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def inception_resnet_v1(rec: Recorder) -> Any:
    """Inception-ResNet-v1 (5/10/5), residuals scaled and added with operators."""
    import keras
    from keras import layers

    def conv(x: Any, filters: int, size: Any, strides: int = 1, padding: str = "same") -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
        return layers.Activation("relu")(layers.BatchNormalization(scale=False)(x))

    def residual(x: Any, branches: list[Any], scale: float) -> Any:
        mixed = layers.Concatenate()(branches)
        return layers.ReLU()(x + layers.Conv2D(x.shape[-1], 1)(mixed) * scale)

    def block_a(x: Any) -> Any:
        return residual(x, [conv(x, 8, 1), conv(conv(x, 8, 1), 8, 3), conv(conv(conv(x, 8, 1), 8, 3), 8, 3)], 0.17)

    def block_b(x: Any) -> Any:
        return residual(x, [conv(x, 16, 1), conv(conv(conv(x, 16, 1), 16, (1, 7)), 16, (7, 1))], 0.1)

    def block_c(x: Any) -> Any:
        return residual(x, [conv(x, 24, 1), conv(conv(conv(x, 24, 1), 24, (1, 3)), 24, (3, 1))], 0.2)

    inputs = keras.Input((299, 299, 3))
    x = conv(inputs, 8, 3, 2, "valid")
    x = conv(conv(x, 8, 3, padding="valid"), 16, 3)
    x = layers.MaxPooling2D(3, 2)(x)
    x = conv(conv(x, 16, 1), 24, 3, padding="valid")
    x = conv(x, 32, 3, 2, "valid")
    for name, block, count in (("A", block_a, 5), ("B", block_b, 10), ("C", block_c, 5)):
        for _ in range(count):
            y = block(x)
            rec.copy(f"Inception-ResNet-{name}", x, y, f"Inception-ResNet-{name}")
            x = y
        if name == "A":
            branches = [conv(x, 48, 3, 2, "valid"), conv(conv(conv(x, 24, 1), 24, 3), 32, 3, 2, "valid")]
            x = layers.Concatenate()([*branches, layers.MaxPooling2D(3, 2)(x)])
        if name == "B":
            branches = [conv(conv(x, 32, 1), filters, 3, 2, "valid") for filters in (48, 32)]
            branches.append(conv(conv(conv(x, 32, 1), 32, 3), 32, 3, 2, "valid"))
            x = layers.Concatenate()([*branches, layers.MaxPooling2D(3, 2)(x)])
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(1000, activation="softmax")(x))
