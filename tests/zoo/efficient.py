"""Small and efficient classifiers: GoogLeNet, SqueezeNet, ShuffleNet, GhostNet, CSPNet."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def googlenet(rec: Recorder) -> Any:
    """GoogLeNet with its two auxiliary classifiers (local response normalisation left out)."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        return layers.Conv2D(filters, size, strides=strides, padding="same", activation="relu")(x)

    def inception(x: Any, f1: int, r3: int, f3: int, r5: int, f5: int, fp: int) -> Any:
        b1 = conv(x, f1, 1)
        b3 = conv(conv(x, r3, 1), f3, 3)
        b5 = conv(conv(x, r5, 1), f5, 5)
        bp = conv(layers.MaxPooling2D(3, strides=1, padding="same")(x), fp, 1)
        return layers.concatenate([b1, b3, b5, bp], axis=-1)

    def auxiliary(x: Any) -> Any:
        y = conv(layers.AveragePooling2D(5, strides=3)(x), 16, 1)
        y = layers.Dense(64, activation="relu")(layers.Flatten()(y))
        y = layers.Dense(100, activation="softmax")(layers.Dropout(0.7)(y))
        rec.copy("auxiliary classifier", x, y, "auxiliary classifier", optional=True)
        return y

    inputs = Input((224, 224, 3))
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(inputs, 16, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(conv(x, 16, 1), 48, 3))
    table = {
        "inception (3)": [(16, 24, 32, 4, 8, 8), (32, 32, 48, 8, 24, 16)],
        "inception (4)": [
            (48, 24, 52, 4, 12, 16), (40, 28, 56, 6, 16, 16), (32, 32, 64, 6, 16, 16),
            (28, 36, 72, 8, 16, 16), (64, 40, 80, 8, 32, 32),
        ],
        "inception (5)": [(64, 40, 80, 8, 32, 32), (96, 48, 96, 12, 32, 32)],
    }  # fmt: skip
    outputs = []
    for stage, rows in table.items():
        for index, row in enumerate(rows):
            y = inception(x, *row)
            rec.copy(stage, x, y, "inception module")
            x = y
            if stage == "inception (4)" and index in {0, 3}:
                outputs.append(auxiliary(x))
        if stage != "inception (5)":
            x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return Model(inputs, [layers.Dense(100, activation="softmax")(x), *outputs])


def squeezenet(rec: Recorder) -> Any:
    """SqueezeNet 1.0 with simple bypass."""
    from keras import Input, Model, layers

    def fire(x: Any, squeeze: int, expand: int, bypass: bool) -> Any:
        s = layers.Activation("relu")(layers.Conv2D(squeeze, 1)(x))
        left = layers.Activation("relu")(layers.Conv2D(expand, 1)(s))
        right = layers.Activation("relu")(layers.Conv2D(expand, 3, padding="same")(s))
        y = layers.concatenate([left, right])
        return layers.add([x, y]) if bypass else y

    inputs = Input((224, 224, 3))
    x = layers.Activation("relu")(layers.Conv2D(24, 7, strides=2)(inputs))
    x = layers.MaxPooling2D(3, 2)(x)
    widths = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
    for number, width in widths.items():
        y = fire(x, width // 4, width, number % 2 == 1)
        stage = "fire2-4" if number < 5 else "fire5-8" if number < 9 else "fire9"
        rec.copy(stage, x, y, "fire module")
        rec.copy("fire2-9", x, y, "fire module", reading="eight fire modules")
        x = layers.MaxPooling2D(3, 2)(y) if number in {4, 8} else y
    x = layers.Conv2D(100, 1, activation="relu")(layers.Dropout(0.5)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Activation("softmax")(x))


def shufflenet(rec: Recorder) -> Any:
    """ShuffleNet v1, 3 groups; the shuffle is Reshape, Permute, Reshape."""
    from keras import Input, Model, layers

    groups = 3

    def shuffle(x: Any) -> Any:
        _, height, width, channels = x.shape
        x = layers.Reshape((height, width, groups, channels // groups))(x)
        x = layers.Permute((1, 2, 4, 3))(x)
        return layers.Reshape((height, width, channels))(x)

    def unit(x: Any, filters: int, strides: int, stage: int) -> Any:
        out = filters - x.shape[-1] if strides == 2 else filters
        y = layers.Conv2D(filters // 4, 1, groups=1 if stage == 2 and strides == 2 else groups, use_bias=False)(x)
        y = shuffle(layers.ReLU()(layers.BatchNormalization()(y)))
        y = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        y = layers.BatchNormalization()(layers.Conv2D(out, 1, groups=groups, use_bias=False)(y))
        if strides == 2:
            y = layers.Concatenate()([layers.AveragePooling2D(3, 2, "same")(x), y])
        else:
            y = layers.Add()([x, y])
        return layers.ReLU()(y)

    inputs = Input((224, 224, 3))
    x = layers.Conv2D(24, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.MaxPooling2D(3, 2, "same")(layers.ReLU()(layers.BatchNormalization()(x)))
    for stage, (count, filters) in enumerate(((4, 60), (8, 120), (4, 240)), 2):
        for index in range(count):
            y = unit(x, filters, 2 if index == 0 else 1, stage)
            rec.copy(f"stage{stage}", x, y, "ShuffleNet unit")
            if index:
                rec.copy(f"stage{stage}", x, y, "ShuffleNet unit", reading="stride 2 apart")
            x = y
    return Model(inputs, layers.Dense(100, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def ghostnet(rec: Recorder) -> Any:
    """GhostNet 1.0 (Table 1), quarter width."""
    from keras import Input, Model, layers

    def ghost(x: Any, filters: int, relu: bool) -> Any:
        y = layers.BatchNormalization()(layers.Conv2D(filters // 2, 1, use_bias=False)(x))
        y = layers.ReLU()(y) if relu else y
        z = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
        z = layers.BatchNormalization()(z)
        z = layers.ReLU()(z) if relu else z
        return layers.Concatenate()([y, z])

    def squeeze_excite(x: Any) -> Any:
        s = layers.GlobalAveragePooling2D(keepdims=True)(x)
        s = layers.Conv2D(max(1, x.shape[-1] // 4), 1, activation="relu")(s)
        return layers.Multiply()([x, layers.Conv2D(x.shape[-1], 1, activation="hard_sigmoid")(s)])

    def bottleneck(x: Any, size: int, expand: int, filters: int, se: bool, strides: int) -> Any:
        y = ghost(x, expand, True)
        if strides == 2:
            y = layers.DepthwiseConv2D(size, strides=2, padding="same", use_bias=False)(y)
            y = layers.BatchNormalization()(y)
        y = ghost(squeeze_excite(y) if se else y, filters, False)
        if strides == 1 and x.shape[-1] == filters:
            return layers.Add()([x, y])
        shortcut = layers.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False)(x)
        shortcut = layers.Conv2D(filters, 1, use_bias=False)(layers.BatchNormalization()(shortcut))
        return layers.Add()([layers.BatchNormalization()(shortcut), y])

    rows = [
        (3, 16, 16, False, 1), (3, 48, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2),
        (5, 120, 40, True, 1), (3, 240, 80, False, 2), (3, 200, 80, False, 1), (3, 184, 80, False, 1),
        (3, 184, 80, False, 1), (3, 480, 112, True, 1), (3, 672, 112, True, 1), (5, 672, 160, True, 2),
        (5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1), (5, 960, 160, True, 1),
    ]  # fmt: skip
    inputs = Input((224, 224, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for size, expand, filters, se, strides in rows:
        y = bottleneck(x, size, expand // 4, filters // 4 // 2 * 2, se, strides)
        rec.copy(f"{filters} channels", x, y, "ghost bottleneck")
        x = y
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(240, 1, use_bias=False)(x)))
    x = layers.Conv2D(320, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return Model(inputs, layers.Dense(100, activation="softmax")(layers.Flatten()(x)))


def cspnet(rec: Recorder) -> Any:
    """CSPDarknet-53: residual units on one half of the channels, cross-stage concatenation."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.Activation("mish")(layers.BatchNormalization()(x))

    x = inputs = Input((256, 256, 3))
    x = conv(x, 4, 3)
    for stage, count in enumerate((1, 2, 8, 8, 4), 1):
        filters = 4 * 2**stage
        x = conv(x, filters, 3, 2)
        cross = conv(x, filters // 2, 1)
        y = conv(x, filters // 2, 1)
        for _ in range(count):
            z = layers.Add()([y, conv(conv(y, filters // 2, 1), filters // 2, 3)])
            rec.copy(f"residual units of stage {stage}", y, z, "residual unit")
            y = z
        x = conv(layers.Concatenate()([conv(y, filters // 2, 1), cross]), filters, 1)
    return Model(inputs, layers.Dense(100, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
