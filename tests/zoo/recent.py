"""Networks that are not held out: what was wrong with some of them when they were first drawn has been mended."""

from __future__ import annotations

from typing import Any

from .heldout import _conv, _conv_relu
from .recorder import Recorder


def _depthwise(x: Any, strides: int = 1, multiplier: int = 1) -> Any:
    from keras import layers

    x = layers.DepthwiseConv2D(3, strides, padding="same", depth_multiplier=multiplier, use_bias=False)(x)
    return layers.BatchNormalization()(x)


def enet(rec: Recorder) -> Any:
    """ENet: bottlenecks that are plain, dilated, factorised, and those that change the resolution."""
    from keras import Input, Model, layers

    def act(x: Any) -> Any:
        return layers.PReLU(shared_axes=[1, 2])(layers.BatchNormalization()(x))

    def bottleneck(x: Any, width: int, kind: str = "plain", rate: int = 1) -> Any:
        inner, size = width // 4, 2 if kind == "down" else 1
        y = act(layers.Conv2D(inner, size, size, padding="same", use_bias=False)(x))
        if kind == "factorised":
            y = layers.Conv2D(inner, (5, 1), padding="same", use_bias=False)(y)
            y = layers.Conv2D(inner, (1, 5), padding="same")(y)
        elif kind == "up":
            y = layers.Conv2DTranspose(inner, 3, 2, padding="same")(y)
        else:
            y = layers.Conv2D(inner, 3, padding="same", dilation_rate=rate)(y)
        y = layers.BatchNormalization()(layers.Conv2D(width, 1, use_bias=False)(act(y)))
        if kind == "up":
            x = layers.BatchNormalization()(layers.Conv2D(width, 1, use_bias=False)(x))
            x = layers.UpSampling2D()(x)
        else:
            y = layers.SpatialDropout2D(0.1)(y)
        if kind == "down":
            x = layers.Conv2D(width, 1)(layers.MaxPooling2D()(x))
        return layers.PReLU(shared_axes=[1, 2])(layers.Add()([x, y]))

    inputs = Input((128, 128, 3))
    x = layers.Concatenate()([layers.Conv2D(13, 3, 2, padding="same")(inputs), layers.MaxPooling2D()(inputs)])
    x = bottleneck(act(x), 32, "down")
    for _ in range(4):
        before, x = x, bottleneck(x, 32)
        rec.copy("stage 1", before, x, "bottleneck")
    x = bottleneck(x, 64, "down")
    turn = [(kind, rate) for rates in ((1, 2, 1, 4), (1, 8, 1, 16)) for kind, rate in
            zip(("plain", "plain", "factorised", "plain"), rates, strict=True)]  # fmt: skip
    for start in range(0, 16, 4):
        first = x
        for number in range(start, start + 4):
            before, x = x, bottleneck(x, 64, *turn[number % 8])
            rec.copy("stages 2 and 3", before, x, "bottleneck")
        rec.copy("stages 2 and 3", first, x, "plain, dilated, factorised, dilated", reading="rows of four")
    x = bottleneck(x, 32, "up")
    for _ in range(2):
        before, x = x, bottleneck(x, 32)
        rec.copy("stage 4", before, x, "bottleneck", optional=True)
    x = bottleneck(bottleneck(x, 16, "up"), 16)
    return Model(inputs, layers.Conv2DTranspose(19, 2, 2)(x))


def shufflenet_v2(rec: Recorder) -> Any:
    """ShuffleNet V2: half of the channels go through, a unit that strides takes all of them in both branches."""
    from keras import Input, Model, layers, ops

    def shuffle(x: Any) -> Any:
        height, width, channels = x.shape[1:]
        x = layers.Permute((1, 2, 4, 3))(layers.Reshape((height, width, 2, channels // 2))(x))
        return layers.Reshape((height, width, channels))(x)

    inputs = Input((224, 224, 3))
    x = layers.MaxPooling2D(3, 2, padding="same")(_conv_relu(inputs, 24, 3, 2))
    for stage, (width, count) in enumerate(((24, 4), (48, 8), (96, 4)), 2):
        for number in range(count):
            before = x
            left, right = (x, x) if not number else ops.split(x, 2, axis=-1)
            strides = 1 if number else 2
            if not number:
                left = _conv_relu(_depthwise(left, 2), width // 2, 1)
            right = _conv_relu(_depthwise(_conv_relu(right, width // 2, 1), strides), width // 2, 1)
            x = shuffle(layers.Concatenate()([left, right]))
            rec.copy(f"stage{stage}", before, x, "ShuffleNet V2 unit")
    x = layers.GlobalAveragePooling2D()(_conv_relu(x, 128, 1))
    return Model(inputs, layers.Dense(100)(x))


def revnet(rec: Recorder) -> Any:
    """A reversible network: two paths, each adds a function of the other."""
    from keras import Input, Model, layers

    def function(x: Any) -> Any:
        x = layers.ReLU()(layers.BatchNormalization()(x))
        return layers.Conv2D(16, 3, padding="same")(x)

    inputs = Input((32, 32, 3))
    first, second = layers.Conv2D(16, 1)(inputs), layers.Conv2D(16, 1)(inputs)
    for _ in range(9):
        before = (first, second)
        first = layers.Add()([first, function(second)])
        second = layers.Add()([second, function(first)])
        rec.copy("blocks", before, (first, second), "reversible block")
    x = layers.GlobalAveragePooling2D()(layers.Concatenate()([first, second]))
    return Model(inputs, layers.Dense(10)(x))


def segformer(rec: Recorder) -> Any:
    """SegFormer-B0: attention to reduced tokens, and a head of dense layers that collects four scales."""
    from keras import Input, Model, layers

    def block(x: Any, size: int, width: int, reduction: int, heads: int) -> Any:
        y = keys = layers.LayerNormalization()(x)
        if reduction > 1:
            keys = layers.Conv2D(width, reduction, reduction)(layers.Reshape((size, size, width))(y))
            keys = layers.LayerNormalization()(layers.Reshape(((size // reduction) ** 2, width))(keys))
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(y, keys)])
        y = layers.Dense(4 * width)(layers.LayerNormalization()(x))
        y = layers.DepthwiseConv2D(3, padding="same")(layers.Reshape((size, size, 4 * width))(y))
        y = layers.Reshape((size * size, 4 * width))(layers.Activation("gelu")(y))
        return layers.Add()([x, layers.Dense(width)(y)])

    x = inputs = Input((128, 128, 3))
    size, scales = 128, []
    for stage, (width, reduction, heads) in enumerate(((16, 8, 1), (32, 4, 2), (80, 2, 5), (128, 1, 8)), 1):
        strides = 4 if stage == 1 else 2
        size //= strides
        x = layers.Conv2D(width, 7 if stage == 1 else 3, strides, padding="same")(x)
        x = layers.LayerNormalization()(layers.Reshape((size * size, width))(x))
        for _ in range(2):
            before, x = x, block(x, size, width, reduction, heads)
            rec.copy(f"stage {stage}", before, x, "transformer block")
        x = layers.Reshape((size, size, width))(layers.LayerNormalization()(x))
        scales.append(x)
    branches = []
    for scale in scales:
        branches.append(layers.Resizing(32, 32)(layers.Dense(64)(scale)))
        rec.copy("head", scale, branches[-1], "dense layer and upsampling", optional=True)
    x = layers.BatchNormalization()(layers.Conv2D(64, 1)(layers.Concatenate()(branches)))
    return Model(inputs, layers.Conv2D(19, 1)(layers.Activation("relu")(x)))


def centernet(rec: Recorder) -> Any:
    """CenterNet on ResNet-18: three upsampling layers, three heads that are outputs of their own."""
    from keras import Input, Model, layers

    inputs = Input((128, 128, 3))
    x = layers.MaxPooling2D(3, 2, padding="same")(_conv_relu(inputs, 16, 7, 2))
    for stage, width in enumerate((16, 32, 64, 128), 2):
        for number in range(2):
            before, strides = x, 2 if stage > 2 and not number else 1
            y = _conv(_conv_relu(x, width, 3, strides), width, 3)
            x = _conv(x, width, 1, strides) if strides > 1 else x
            x = layers.ReLU()(layers.Add()([x, y]))
            rec.copy(f"conv{stage}_x", before, x, "basic block")
    for width in (64, 32, 16):
        before, x = x, layers.Conv2DTranspose(width, 4, 2, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        rec.copy("upsampling", before, x, "transposed convolution", optional=True)
    heads = []
    for name, channels in (("heatmap", 80), ("size", 2), ("offset", 2)):
        y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        heads.append(layers.Conv2D(channels, 1, name=name)(y))
        rec.copy("heads", x, heads[-1], "head", optional=True)
    return Model(inputs, heads)


def bisenet_v2(rec: Recorder) -> Any:
    """BiSeNet V2: a shallow branch for detail, a deep one of gather-and-expansion layers, and their aggregation."""
    from keras import Input, Model, layers

    def gather(x: Any, width: int, strides: int) -> Any:
        y = _depthwise(_conv_relu(x, x.shape[-1], 3), strides, 6)
        if strides == 1:
            return layers.ReLU()(layers.Add()([x, _conv(y, width, 1)]))
        y = _conv(_depthwise(y), width, 1)
        x = _conv(_depthwise(x, 2), width, 1)
        return layers.ReLU()(layers.Add()([x, y]))

    inputs = Input((128, 256, 3))
    detail = inputs
    for width, count in ((16, 2), (16, 3), (32, 3)):
        for number in range(count):
            detail = _conv_relu(detail, width, 3, 1 if number else 2)
    x = _conv_relu(inputs, 8, 3, 2)
    y = _conv_relu(_conv_relu(x, 4, 1), 8, 3, 2)
    x = _conv_relu(layers.Concatenate()([y, layers.MaxPooling2D(3, 2, padding="same")(x)]), 8, 3)
    for stage, (width, count) in enumerate(((16, 2), (32, 2), (64, 4)), 3):
        for number in range(count):
            before, x = x, gather(x, width, 1 if number else 2)
            rec.copy(f"S{stage}", before, x, "gather-and-expansion layer")
    y = layers.BatchNormalization()(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = _conv_relu(layers.Add()([x, _conv_relu(y, 64, 1)]), 64, 3)
    fine = layers.Conv2D(64, 1)(_depthwise(detail))
    coarse = layers.AveragePooling2D(3, 2, padding="same")(_conv(detail, 64, 3, 2))
    gate = layers.Activation("sigmoid")(layers.UpSampling2D(4)(_conv(x, 64, 3)))
    other = layers.Activation("sigmoid")(layers.Conv2D(64, 1)(_depthwise(x)))
    low = layers.UpSampling2D(4)(layers.Multiply()([coarse, other]))
    x = _conv_relu(layers.Add()([layers.Multiply()([fine, gate]), low]), 64, 3)
    return Model(inputs, layers.UpSampling2D(8)(layers.Conv2D(19, 1)(_conv_relu(x, 64, 3))))


def rdn(rec: Recorder) -> Any:
    """A residual dense network: sixteen blocks of eight dense convolutions, all collected at the end."""
    from keras import Input, Model, layers

    inputs = Input((48, 48, 3))
    shallow = layers.Conv2D(16, 3, padding="same")(inputs)
    x = layers.Conv2D(16, 3, padding="same")(shallow)
    outputs = []
    for _ in range(16):
        before, features = x, [x]
        for _ in range(8):
            y = layers.Concatenate()(features) if len(features) > 1 else x
            features.append(layers.Conv2D(8, 3, padding="same", activation="relu")(y))
        x = layers.Add()([before, layers.Conv2D(16, 1)(layers.Concatenate()(features))])
        rec.copy("residual dense blocks", before, x, "residual dense block")
        outputs.append(x)
    x = layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 1)(layers.Concatenate()(outputs)))
    x = layers.Conv2D(64, 3, padding="same")(layers.Add()([x, shallow]))
    return Model(inputs, layers.Conv2D(3, 3, padding="same")(layers.UpSampling2D()(x)))


def cait(rec: Recorder) -> Any:
    """CaiT-XXS24: self-attention with scaled branches, then two layers in which the class attends."""
    from keras import Input, Model, layers

    inputs = Input((196, 48))
    x = inputs

    def scaled(x: Any, y: Any) -> Any:
        return layers.Add()([x, layers.Rescaling(1e-5)(y)])

    def perceptron(x: Any) -> Any:
        return layers.Dense(48)(layers.Dense(192, activation="gelu")(layers.LayerNormalization()(x)))

    for _ in range(24):
        before, y = x, layers.LayerNormalization()(x)
        x = scaled(x, layers.MultiHeadAttention(4, 12)(y, y))
        x = scaled(x, perceptron(x))
        rec.copy("self-attention", before, x, "layer")
    token = layers.GlobalAveragePooling1D(keepdims=True)(x)
    for _ in range(2):
        before = (token, x)
        y = layers.LayerNormalization()(layers.Concatenate(axis=1)([token, x]))
        token = scaled(token, layers.MultiHeadAttention(4, 12)(y[:, :1], y))
        token = scaled(token, perceptron(token))
        rec.copy("class attention", before, token, "layer", optional=True)
    return Model(inputs, layers.Dense(100)(layers.Flatten()(token)))
