"""Detectors: RetinaNet, SSD, YOLOv3, EfficientDet."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def retinanet(rec: Recorder) -> Any:
    """RetinaNet: feature pyramid on ResNet-18, two heads whose layers are shared by five levels."""
    import keras
    from keras import layers

    def conv_bn(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((256, 256, 3))
    x = layers.ReLU()(conv_bn(inputs, 8, 7, 2))
    x = layers.MaxPooling2D(3, 2, "same")(x)
    taps = []
    for stage, filters in enumerate((8, 16, 32, 64), 2):
        for index in range(2):
            strides = 2 if index == 0 and stage > 2 else 1
            y = layers.ReLU()(conv_bn(x, filters, 3, strides))
            y = conv_bn(y, filters, 3)
            shortcut = conv_bn(x, filters, 1, strides) if strides == 2 else x
            y = layers.ReLU()(layers.Add()([shortcut, y]))
            rec.copy(f"conv{stage}_x", x, y, "basic block", ("", "merging levels only"))
            x = y
        taps.append(x)

    c3, c4, c5 = taps[1:]
    top = layers.Conv2D(16, 1)(c5)
    p5 = layers.Conv2D(16, 3, padding="same")(top)
    rec.copy("pyramid levels", c5, [p5], "lateral, top-down, output convolution")
    pyramid = [p5]
    for tap in (c4, c3):
        merged = layers.Add()([layers.UpSampling2D()(top), layers.Conv2D(16, 1)(tap)])
        level = layers.Conv2D(16, 3, padding="same")(merged)
        both = ("", "merging levels only")
        rec.copy("pyramid levels", [tap, top], level, "lateral, top-down, output convolution", both)
        pyramid.insert(0, level)
        top = merged
    p6 = layers.Conv2D(16, 3, strides=2, padding="same")(c5)
    p7 = layers.Conv2D(16, 3, strides=2, padding="same")(layers.ReLU()(p6))
    pyramid += [p6, p7]

    outputs = []
    for values in (9 * 20, 9 * 4):
        tower = [layers.Conv2D(16, 3, padding="same", activation="relu") for _ in range(4)]
        final = layers.Conv2D(values, 3, padding="same")
        flat = []
        for number, level in enumerate(pyramid):
            y = level
            for layer in tower:
                z = layer(y)
                if number == 0:
                    rec.copy(f"tower with {values} outputs", y, z, "convolution", optional=True)
                y = z
            flat.append(layers.Reshape((-1, values // 9))(final(y)))
        outputs.append(layers.Concatenate(axis=1)(flat))
    return keras.Model(inputs, outputs)


def ssd(rec: Recorder) -> Any:
    """SSD300 on VGG-16: extra feature layers and a predictor on each of six maps."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, **options: Any) -> Any:
        options = {"padding": "same", **options}
        return layers.Conv2D(filters, size, activation="relu", **options)(x)

    x = inputs = Input((300, 300, 3))
    maps = []
    for stage, (count, filters) in enumerate(((2, 8), (2, 16), (3, 32), (3, 64), (3, 64)), 1):
        for _ in range(count):
            y = conv(x, filters, 3)
            rec.copy(f"conv{stage}", x, y, "convolution", optional=True)
            x = y
        if stage == 4:
            maps.append(x)
        x = layers.MaxPooling2D(2, 2, "same")(x) if stage < 5 else layers.MaxPooling2D(3, 1, "same")(x)
    x = conv(conv(x, 128, 3, dilation_rate=6), 128, 1)
    maps.append(x)
    for number, (squeeze, filters) in enumerate(((32, 64), (16, 32), (16, 32), (16, 32)), 8):
        options = {"strides": 2} if number < 10 else {"padding": "valid"}
        y = conv(conv(x, squeeze, 1), filters, 3, **options)
        rec.copy("extra feature layers", x, y, "1x1 and 3x3 convolution")
        stage = "conv8-9" if number < 10 else "conv10-11"
        rec.copy(stage, x, y, "1x1 and 3x3 convolution", reading="by stride")
        x = y
        maps.append(x)
    boxes, classes = [], []
    for index, feature in enumerate(maps):
        anchors = 4 if index in {0, 4, 5} else 6
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(anchors * 4, 3, padding="same")(feature)))
        classes.append(layers.Reshape((-1, 21))(layers.Conv2D(anchors * 21, 3, padding="same")(feature)))
        rec.copy("predictors", feature, [boxes[-1], classes[-1]], "box and class convolution", ("", "by stride"))
    scores = layers.Softmax()(layers.Concatenate(axis=1)(classes))
    return Model(inputs, layers.Concatenate()([layers.Concatenate(axis=1)(boxes), scores]))


def yolov3(rec: Recorder) -> Any:
    """YOLOv3 on Darknet-53 (1, 2, 8, 8, 4)."""
    from keras import Input, Model, layers

    def dbl(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        if strides == 2:
            x = layers.ZeroPadding2D(((1, 0), (1, 0)))(x)
        padding = "valid" if strides == 2 else "same"
        x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
        return layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization()(x))

    inputs = Input((416, 416, 3))
    x = dbl(inputs, 4, 3)
    taps = []
    for stage, count in enumerate((1, 2, 8, 8, 4), 1):
        filters = 4 * 2**stage
        x = dbl(x, filters, 3, 2)
        for _ in range(count):
            y = layers.Add()([x, dbl(dbl(x, filters // 2, 1), filters, 3)])
            rec.copy(f"residual blocks at 1/{2**stage}", x, y, "Darknet residual block")
            x = y
        taps.append(x)
    outputs = []
    x = taps[4]
    for index, filters in enumerate((64, 32, 16)):
        if index:
            x = layers.UpSampling2D(2)(dbl(x, filters, 1))
            x = layers.Concatenate()([x, taps[4 - index]])
        start = x
        for step in range(5):
            x = dbl(x, filters * (1 + step % 2), 1 + 2 * (step % 2))
        outputs.append(layers.Conv2D(255, 1)(dbl(x, 2 * filters, 3)))
        rec.copy("detection heads", start, outputs[-1], "five convolutions and the output")
        rec.either(outputs[-1])
    return Model(inputs, outputs)


def efficientdet(rec: Recorder) -> Any:
    """EfficientDet: BiFPN x3 with fast normalised fusion, shared heads with batch norms of their own per level."""
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable("zoo")
    class WeightedFusion(layers.Layer):  # type: ignore[misc]
        def build(self, shapes: Any) -> None:
            self.fusion = self.add_weight(shape=(len(shapes),), initializer="ones", name="fusion")

        def call(self, maps: Any) -> Any:
            weights = ops.relu(self.fusion)
            weights = weights / (ops.sum(weights) + 1e-4)
            return sum(weights[i] * maps[i] for i in range(len(maps)))

        def compute_output_shape(self, shapes: Any) -> Any:
            return shapes[0]

    def resample(x: Any, filters: int) -> Any:
        return layers.BatchNormalization()(layers.Conv2D(filters, 1, padding="same")(x))

    def node(maps: list[Any]) -> Any:
        x = layers.Activation("swish")(WeightedFusion()(maps))
        return layers.BatchNormalization()(layers.SeparableConv2D(16, 3, padding="same")(x))

    def bifpn(p: list[Any], first: bool) -> list[Any]:
        up, down = layers.UpSampling2D, layers.MaxPooling2D
        lateral = [resample(x, 16) if first and i < 3 else x for i, x in enumerate(p)]
        second = [resample(x, 16) if first and 0 < i < 3 else lateral[i] for i, x in enumerate(p)]
        mid = lateral[4]
        middles = [mid]
        for i in (3, 2, 1):
            mid = node([lateral[i], up()(mid)])
            middles.insert(0, mid)
        out = [node([lateral[0], up()(middles[0])])]
        for i in (1, 2, 3):
            out.append(node([second[i], middles[i - 1], down(3, 2, "same")(out[-1])]))
        return [*out, node([lateral[4], down(3, 2, "same")(out[-1])])]

    def mbconv(x: Any, filters: int, strides: int) -> Any:
        y = layers.Conv2D(4 * x.shape[-1], 1, use_bias=False)(x)
        y = layers.Activation("swish")(layers.BatchNormalization()(y))
        y = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(y)
        y = layers.Activation("swish")(layers.BatchNormalization()(y))
        y = layers.BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(y))
        return layers.Add()([x, y]) if strides == 1 else y

    inputs = keras.Input((256, 256, 3))
    x = layers.Activation("swish")(layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2, padding="same")(inputs)))
    pyramid = []
    for stage, filters in enumerate((12, 16, 24, 32), 1):
        for index in range(3):
            y = mbconv(x, filters, 1 if index else 2)
            rec.copy(f"backbone stage {stage}", x, y, "MBConv")
            x = y
        pyramid.append(x)
    pyramid = pyramid[1:]
    pyramid.append(layers.MaxPooling2D(3, 2, "same")(resample(pyramid[-1], 16)))
    pyramid.append(layers.MaxPooling2D(3, 2, "same")(pyramid[-1]))
    for index in range(3):
        out = bifpn(pyramid, index == 0)
        rec.copy("BiFPN", pyramid, out, "BiFPN layer")
        pyramid = out
    outputs = []
    for values in (90 * 9, 36):
        convs = [layers.SeparableConv2D(16, 3, padding="same") for _ in range(3)]
        final = layers.SeparableConv2D(values, 3, padding="same")
        flat = []
        for level in pyramid:
            y = level
            for conv in convs:
                y = layers.Activation("swish")(layers.BatchNormalization()(conv(y)))
            flat.append(layers.Reshape((-1, values // 9))(final(y)))
        outputs.append(layers.Concatenate(axis=1)(flat))
    return keras.Model(inputs, outputs)
