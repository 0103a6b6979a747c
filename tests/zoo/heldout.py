"""Classifiers that nothing was tuned on: their truth was recorded before blockviz saw them."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def _conv(x: Any, filters: int, size: Any, strides: int = 1, padding: str = "same", groups: int = 1) -> Any:
    from keras import layers

    options: dict[str, Any] = {"strides": strides, "padding": padding, "groups": groups, "use_bias": False}
    return layers.BatchNormalization()(layers.Conv2D(filters, size, **options)(x))


def _conv_relu(x: Any, filters: int, size: Any, strides: int = 1, padding: str = "same", groups: int = 1) -> Any:
    from keras import layers

    return layers.ReLU()(_conv(x, filters, size, strides, padding, groups))


def _classifier(inputs: Any, x: Any) -> Any:
    from keras import Model, layers

    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(100, activation="softmax")(x))


def inception_v4(rec: Recorder) -> Any:
    """Inception-v4 (an eighth of the width): modules A, B, C between two reductions."""
    from keras import Input, layers

    c = _conv_relu
    join = layers.concatenate

    def pool(x: Any, filters: int) -> Any:
        return c(layers.AveragePooling2D(3, 1, "same")(x), filters, 1)

    def module_a(x: Any) -> Any:
        return join([pool(x, 12), c(x, 12, 1), c(c(x, 8, 1), 12, 3), c(c(c(x, 8, 1), 12, 3), 12, 3)])

    def module_b(x: Any) -> Any:
        middle = c(c(c(x, 24, 1), 28, (1, 7)), 32, (7, 1))
        right = c(c(c(c(c(x, 24, 1), 24, (1, 7)), 28, (7, 1)), 28, (1, 7)), 32, (7, 1))
        return join([pool(x, 16), c(x, 48, 1), middle, right])

    def module_c(x: Any) -> Any:
        left = c(x, 48, 1)
        right = c(c(c(x, 48, 1), 56, (1, 3)), 64, (3, 1))
        forks = [c(y, 32, size) for y in (left, right) for size in ((1, 3), (3, 1))]
        return join([pool(x, 32), c(x, 32, 1), *forks])

    inputs = Input((299, 299, 3))
    x = c(c(c(inputs, 4, 3, 2, "valid"), 4, 3, 1, "valid"), 8, 3)
    x = join([layers.MaxPooling2D(3, 2)(x), c(x, 12, 3, 2, "valid")])
    long = c(c(c(x, 8, 1), 8, (7, 1)), 8, (1, 7))
    x = join([c(c(x, 8, 1), 12, 3, 1, "valid"), c(long, 12, 3, 1, "valid")])
    x = join([c(x, 24, 3, 2, "valid"), layers.MaxPooling2D(3, 2)(x)])
    for name, module, count in (("A", module_a, 4), ("B", module_b, 7), ("C", module_c, 3)):
        for _ in range(count):
            y = module(x)
            rec.copy(f"Inception-{name}", x, y, f"Inception-{name}")
            x = y
        if name == "A":
            deep = c(c(c(x, 24, 1), 28, 3), 32, 3, 2, "valid")
            x = join([layers.MaxPooling2D(3, 2)(x), c(x, 48, 3, 2, "valid"), deep])
        if name == "B":
            deep = c(c(c(c(x, 32, 1), 32, (1, 7)), 40, (7, 1)), 40, 3, 2, "valid")
            x = join([layers.MaxPooling2D(3, 2)(x), c(c(x, 24, 1), 24, 3, 2, "valid"), deep])
    return _classifier(inputs, layers.Dropout(0.2)(x))


def _stages(rec: Recorder, x: Any, counts: tuple[int, ...], block: Any, title: str, width: int, first: int = 2) -> Any:
    """Stages of a residual network: each doubles the width and, but for the first, halves the map."""
    for stage, count in enumerate(counts):
        for index in range(count):
            y = block(x, width * 2**stage, 2 if stage and not index else 1)
            rec.copy(f"conv{stage + first}", x, y, title)
            x = y
    return x


def _shortcut(x: Any, filters: int, strides: int) -> Any:
    return x if x.shape[-1] == filters and strides == 1 else _conv(x, filters, 1, strides)


def _resnet50_taps(rec: Recorder, inputs: Any, width: int, reading: str | tuple[str, ...] = "") -> list[Any]:
    """What the four stages of a ResNet-50 give; its blocks count in the readings named."""
    from keras import layers

    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, width, 7, 2))
    taps = []
    for stage, count in enumerate((3, 4, 6, 3)):
        filters = width * 2**stage
        for index in range(count):
            strides = 2 if stage and not index else 1
            y = _conv(_conv_relu(_conv_relu(x, filters, 1, strides), filters, 3), 4 * filters, 1)
            y = layers.ReLU()(layers.add([y, _shortcut(x, 4 * filters, strides)]))
            rec.copy(f"conv{stage + 2}_x", x, y, "bottleneck", reading)
            x = y
        taps.append(x)
    return taps


def sknet(rec: Recorder) -> Any:
    """SKNet-50: the middle convolution is a choice between two kernels, made by a softmax over both."""
    from keras import Input, layers, ops

    def selective(x: Any, filters: int, strides: int) -> Any:
        small = _conv_relu(x, filters, 3, strides, groups=4)
        large = layers.Conv2D(
            filters, 3, strides=strides, padding="same", groups=4, use_bias=False, dilation_rate=1 if strides > 1 else 2
        )
        wide = layers.ReLU()(layers.BatchNormalization()(large(x)))
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(layers.add([small, wide]))
        z = _conv_relu(squeezed, max(filters // 2, 8), 1)
        scores = ops.stack([layers.Conv2D(filters, 1)(z), layers.Conv2D(filters, 1)(z)], axis=1)
        weights = ops.softmax(scores, axis=1)
        return small * weights[:, 0] + wide * weights[:, 1]

    def unit(x: Any, filters: int, strides: int) -> Any:
        y = selective(_conv_relu(x, filters, 1), filters, strides)
        y = _conv(y, 2 * filters, 1)
        return layers.ReLU()(layers.add([y, _shortcut(x, 2 * filters, strides)]))

    inputs = Input((64, 64, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, 16, 7, 2))
    return _classifier(inputs, _stages(rec, x, (3, 4, 6, 3), unit, "SK unit", 16))


def res2net(rec: Recorder) -> Any:
    """Res2Net-50: four groups of channels, each convolved after the one before is added."""
    from keras import Input, layers, ops

    def block(x: Any, filters: int, strides: int) -> Any:
        parts = ops.split(_conv_relu(x, filters, 1), 4, axis=-1)
        out: list[Any] = []
        for number, part in enumerate(parts[:3]):
            if number and strides == 1:
                part = layers.add([part, out[-1]])
            out.append(_conv_relu(part, filters // 4, 3, strides))
        last = parts[3]
        out.append(layers.AveragePooling2D(3, 2, "same")(last) if strides > 1 else last)
        y = _conv(layers.concatenate(out), 2 * filters, 1)
        return layers.ReLU()(layers.add([y, _shortcut(x, 2 * filters, strides)]))

    inputs = Input((64, 64, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, 16, 7, 2))
    return _classifier(inputs, _stages(rec, x, (3, 4, 6, 3), block, "Res2Net module", 16))


def cbam_resnet(rec: Recorder) -> Any:
    """ResNet-50 with CBAM: one perceptron called on both pooled vectors, then a spatial map."""
    from keras import Input, layers, ops

    def channel_gate(x: Any) -> Any:
        channels = x.shape[-1]
        squeeze, excite = layers.Dense(channels // 8, activation="relu"), layers.Dense(channels)
        pooled = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
        gate = ops.sigmoid(layers.add([excite(squeeze(vector)) for vector in pooled]))
        return layers.multiply([x, layers.Reshape((1, 1, channels))(gate)])

    def spatial_gate(x: Any) -> Any:
        pooled = ops.concatenate([ops.mean(x, -1, keepdims=True), ops.max(x, -1, keepdims=True)], axis=-1)
        return layers.multiply([x, layers.Conv2D(1, 7, padding="same", activation="sigmoid")(pooled)])

    def block(x: Any, filters: int, strides: int) -> Any:
        y = _conv_relu(_conv_relu(x, filters, 1), filters, 3, strides)
        y = spatial_gate(channel_gate(_conv(y, 4 * filters, 1)))
        return layers.ReLU()(layers.add([y, _shortcut(x, 4 * filters, strides)]))

    inputs = Input((64, 64, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, 16, 7, 2))
    return _classifier(inputs, _stages(rec, x, (3, 4, 6, 3), block, "bottleneck with CBAM", 8))


def repvgg(rec: Recorder) -> Any:
    """RepVGG-A0 in training: a 3×3, a 1×1 and, where nothing changes, an identity branch."""
    from keras import Input, layers

    def block(x: Any, filters: int, strides: int) -> Any:
        branches = [_conv(x, filters, 3, strides), _conv(x, filters, 1, strides)]
        if strides == 1 and x.shape[-1] == filters:
            branches.append(layers.BatchNormalization()(x))
        return layers.ReLU()(layers.add(branches))

    inputs = Input((224, 224, 3))
    x = inputs
    for stage, (count, filters) in enumerate(((1, 8), (2, 8), (4, 16), (14, 32), (1, 64)), 1):
        for index in range(count):
            y = block(x, filters, 1 if index else 2)
            rec.copy(f"stage {stage}", x, y, "RepVGG block")
            x = y
    return _classifier(inputs, x)


def regnet_y(rec: Recorder) -> Any:
    """RegNetY-400MF: bottlenecks of grouped convolution and squeeze-and-excitation, depths 1, 3, 6, 6."""
    from keras import Input, layers

    def block(x: Any, filters: int, strides: int) -> Any:
        y = _conv_relu(_conv_relu(x, filters, 1), filters, 3, strides, groups=filters // 8)
        s = layers.GlobalAveragePooling2D(keepdims=True)(y)
        s = layers.Conv2D(max(x.shape[-1] // 4, 4), 1, activation="relu")(s)
        y = layers.multiply([y, layers.Conv2D(filters, 1, activation="sigmoid")(s)])
        return layers.ReLU()(layers.add([_conv(y, filters, 1), _shortcut(x, filters, strides)]))

    inputs = Input((224, 224, 3))
    x = _conv_relu(inputs, 32, 3, 2)
    for stage, (count, filters) in enumerate(((1, 48), (3, 104), (6, 208), (6, 440)), 1):
        for index in range(count):
            y = block(x, filters, 1 if index else 2)
            rec.copy(f"stage {stage}", x, y, "Y block")
            x = y
    return _classifier(inputs, x)


def dpn(rec: Recorder) -> Any:
    """DPN-92: one path is added to, the other grows; both are cut out of one grouped bottleneck."""
    from keras import Input, layers

    def activated(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization()(x))

    def conv(x: Any, filters: int, size: int, strides: int = 1, groups: int = 1) -> Any:
        x = activated(x)
        return layers.Conv2D(filters, size, strides=strides, padding="same", groups=groups, use_bias=False)(x)

    def block(added: Any, dense: Any, width: int, growth: int, strides: int, first: bool) -> list[Any]:
        x = added if dense is None else layers.concatenate([added, dense])
        if first:
            projected = conv(x, width + 2 * growth, 1, strides)
            added, dense = projected[..., :width], projected[..., width:]
        y = conv(conv(conv(x, width // 2, 1), width // 2, 3, strides, 8), width + growth, 1)
        return [layers.add([added, y[..., :width]]), layers.concatenate([dense, y[..., width:]])]

    inputs = Input((64, 64, 3))
    x = layers.MaxPooling2D(3, 2, "same")(activated(layers.Conv2D(16, 7, 2, "same", use_bias=False)(inputs)))
    added, dense = x, None
    for stage, (count, width, growth) in enumerate(((3, 32, 4), (4, 64, 8), (20, 128, 6), (3, 256, 16)), 2):
        for index in range(count):
            strides = 2 if stage > 2 and not index else 1
            outputs = block(added, dense, width, growth, strides, not index)
            rec.copy(f"conv{stage}", [t for t in (added, dense) if t is not None], outputs, "dual path block")
            added, dense = outputs
    return _classifier(inputs, activated(layers.concatenate([added, dense])))


def mobilevit(rec: Recorder) -> Any:
    """MobileViT-S: inverted residuals, and blocks that unfold patches for 2, 4 and 3 transformer layers."""
    from keras import Input, layers, ops

    def swish_conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        return layers.Activation("swish")(_conv(x, filters, size, strides))

    def inverted(x: Any, filters: int, strides: int = 1) -> Any:
        y = swish_conv(x, 4 * x.shape[-1], 1)
        y = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(y)
        y = _conv(layers.Activation("swish")(layers.BatchNormalization()(y)), filters, 1)
        return layers.add([x, y]) if strides == 1 and x.shape[-1] == filters else y

    def transformer(x: Any) -> Any:
        width = x.shape[-1]
        y = layers.LayerNormalization()(x)
        x = layers.add([x, layers.MultiHeadAttention(4, width // 4)(y, y)])
        y = layers.Dense(2 * width, activation="swish")(layers.LayerNormalization()(x))
        return layers.add([x, layers.Dense(width)(y)])

    def mobilevit_block(x: Any, width: int, depth: int, stage: str) -> Any:
        _, height, _, channels = x.shape
        y = layers.Conv2D(width, 1, use_bias=False)(swish_conv(x, channels, 3))
        y = ops.reshape(y, (-1, height // 2, 2, height // 2, 2, width))
        y = ops.reshape(ops.transpose(y, (0, 2, 4, 1, 3, 5)), (-1, (height // 2) ** 2, width))
        for _ in range(depth):
            z = transformer(y)
            rec.copy(f"transformer layers of {stage}", y, z, "transformer layer")
            y = z
        y = ops.reshape(layers.LayerNormalization()(y), (-1, 2, 2, height // 2, height // 2, width))
        y = ops.reshape(ops.transpose(y, (0, 3, 1, 4, 2, 5)), (-1, height, height, width))
        y = swish_conv(y, channels, 1)
        return swish_conv(layers.concatenate([x, y]), channels, 3)

    inputs = Input((256, 256, 3))
    x = inverted(swish_conv(inputs, 8, 3, 2), 16)
    for index in range(3):
        y = inverted(x, 24, 1 if index else 2)
        rec.copy("MV2 of layer 2", x, y, "inverted residual")
        x = y
    for number, (filters, width, depth) in enumerate(((32, 48, 2), (40, 64, 4), (48, 80, 3)), 3):
        down = inverted(x, filters, 2)
        y = mobilevit_block(down, width, depth, f"layer {number}")
        rec.copy("MobileViT blocks", down, y, "MobileViT block", optional=True)
        x = y
    return _classifier(inputs, swish_conv(x, 160, 1))
