"""Networks for image restoration, and PeleeNet; what was wrong when they were first drawn has been mended."""

from __future__ import annotations

from typing import Any

from .heldout import _conv_relu
from .recorder import Recorder


def _rearranged(x: Any, scale: float, channels: int) -> Any:
    from keras import layers

    return layers.Reshape((int(x.shape[1] * scale), int(x.shape[2] * scale), channels))(x)


def nafnet(rec: Recorder) -> Any:
    """NAFNet with 2, 2, 4, 8 blocks down, 12 in the middle and 2 a level up, 16 channels wide."""
    from keras import Input, Model, layers, ops

    def gated(x: Any) -> Any:
        left, right = ops.split(x, 2, axis=-1)
        return layers.Multiply()([left, right])

    def block(x: Any, width: int) -> Any:
        y = layers.Conv2D(2 * width, 1)(layers.LayerNormalization()(x))
        y = gated(layers.DepthwiseConv2D(3, padding="same")(y))
        y = layers.Multiply()([y, layers.Conv2D(width, 1)(layers.GlobalAveragePooling2D(keepdims=True)(y))])
        x = layers.Add()([x, layers.Conv2D(width, 1)(y)])
        y = gated(layers.Conv2D(2 * width, 1)(layers.LayerNormalization()(x)))
        return layers.Add()([x, layers.Conv2D(width, 1)(y)])

    def stage(x: Any, width: int, count: int, name: str) -> Any:
        for _ in range(count):
            before, x = x, block(x, width)
            rec.copy(name, before, x, "NAFNet's block")
        return x

    width = 16
    inputs = Input((128, 128, 3))
    x = layers.Conv2D(width, 3, padding="same")(inputs)
    skips = []
    for level, count in enumerate((2, 2, 4, 8), 1):
        x = stage(x, width, count, f"encoder level {level}")
        skips.append(x)
        width *= 2
        x = layers.Conv2D(width, 2, strides=2)(x)
    x = stage(x, width, 12, "middle")
    for level in (4, 3, 2, 1):
        width //= 2
        x = _rearranged(layers.Conv2D(4 * width, 1, use_bias=False)(x), 2, width)
        x = stage(layers.Add()([x, skips.pop()]), width, 2, f"decoder level {level}")
    return Model(inputs, layers.Add()([layers.Conv2D(3, 3, padding="same")(x), inputs]))


def restormer(rec: Recorder) -> Any:
    """Restormer with 4, 6, 6 and 8 blocks and 4 for refinement, 24 channels wide and with one head."""
    from keras import Input, Model, layers, ops

    def block(x: Any, width: int) -> Any:
        y = layers.DepthwiseConv2D(3, padding="same")(layers.Conv2D(3 * width, 1)(layers.LayerNormalization()(x)))
        flat = [layers.Reshape((x.shape[1] * x.shape[2], width))(part) for part in ops.split(y, 3, axis=-1)]
        scores = layers.Softmax()(layers.Dot(axes=(1, 1))(flat[:2]))
        y = layers.Reshape((x.shape[1], x.shape[2], width))(layers.Dot(axes=(2, 1))([flat[2], scores]))
        x = layers.Add()([x, layers.Conv2D(width, 1)(y)])
        y = layers.DepthwiseConv2D(3, padding="same")(layers.Conv2D(4 * width, 1)(layers.LayerNormalization()(x)))
        gate, value = ops.split(y, 2, axis=-1)
        y = layers.Multiply()([layers.Activation("gelu")(gate), value])
        return layers.Add()([x, layers.Conv2D(width, 1)(y)])

    def stage(x: Any, width: int, count: int, name: str, last: str = "") -> Any:
        for number in range(count):
            before, x = x, block(x, width)
            rec.copy(last if last and number >= count // 2 else name, before, x, "transformer block")
            rec.copy(name, before, x, "transformer block", reading="refinement with the last decoder level")
        return x

    width = 24
    inputs = Input((64, 64, 3))
    x = layers.Conv2D(width, 3, padding="same")(inputs)
    skips = []
    for level, count in enumerate((4, 6, 6), 1):
        x = stage(x, width, count, f"encoder level {level}")
        skips.append(x)
        width *= 2
        x = _rearranged(layers.Conv2D(width // 4, 3, padding="same")(x), 0.5, width)
    x = stage(x, width, 8, "latent")
    for level, count in ((3, 6), (2, 6), (1, 8)):
        x = layers.Conv2D(2 * width, 3, padding="same")(x)
        width //= 2
        x = layers.Conv2D(width, 1)(layers.Concatenate()([_rearranged(x, 2, width), skips.pop()]))
        x = stage(x, width, count, f"decoder level {level}", "refinement" if level == 1 else "")
    return Model(inputs, layers.Add()([layers.Conv2D(3, 3, padding="same")(x), inputs]))


def swinir(rec: Recorder) -> Any:
    """SwinIR: six residual Swin transformer blocks of six layers each (attention here without windows)."""
    from keras import Input, Model, layers

    def layer(x: Any) -> Any:
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, 8)(y, y)])
        y = layers.Dense(64, activation="gelu")(layers.LayerNormalization()(x))
        return layers.Add()([x, layers.Dense(32)(y)])

    inputs = Input((32, 32, 3))
    shallow = layers.Conv2D(32, 3, padding="same")(inputs)
    x = layers.Reshape((1024, 32))(shallow)
    for group in range(1, 7):
        y = x
        for _ in range(6):
            before, y = y, layer(y)
            rec.copy(f"layers of group {group}", before, y, "Swin transformer layer", reading="layers")
        y = layers.Conv2D(32, 3, padding="same")(layers.Reshape((32, 32, 32))(y))
        before, x = x, layers.Add()([x, layers.Reshape((1024, 32))(y)])
        rec.copy("groups", before, x, "residual Swin transformer block")
    x = layers.Reshape((32, 32, 32))(layers.LayerNormalization()(x))
    x = layers.Add()([layers.Conv2D(32, 3, padding="same")(x), shallow])
    for _ in range(2):
        x = layers.UpSampling2D()(layers.Conv2D(16, 3, padding="same", activation="leaky_relu")(x))
    return Model(inputs, layers.Conv2D(3, 3, padding="same")(x))


def peleenet(rec: Recorder) -> Any:
    """PeleeNet: a stem with two branches and 3, 4, 8 and 6 two-way dense layers."""
    from keras import Input, Model, layers

    def dense(x: Any) -> Any:
        left = _conv_relu(_conv_relu(x, 32, 1), 16, 3)
        right = _conv_relu(_conv_relu(_conv_relu(x, 32, 1), 16, 3), 16, 3)
        return layers.Concatenate()([x, left, right])

    inputs = Input((224, 224, 3))
    x = _conv_relu(inputs, 32, 3, 2)
    branch = _conv_relu(_conv_relu(x, 16, 1), 32, 3, 2)
    x = _conv_relu(layers.Concatenate()([branch, layers.MaxPooling2D()(x)]), 32, 1)
    for stage, count in enumerate((3, 4, 8, 6), 1):
        for _ in range(count):
            before, x = x, dense(x)
            rec.copy(f"stage {stage}", before, x, "two-way dense layer")
        x = _conv_relu(x, x.shape[-1], 1)
        x = layers.AveragePooling2D(2)(x) if stage < 4 else x
    return Model(inputs, layers.Dense(100, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
