"""Networks for images in and images out that nothing was tuned on: segmentation, super-resolution, translation."""

from __future__ import annotations

from typing import Any

from .heldout import _conv, _conv_relu, _shortcut
from .recorder import Recorder


def _double(x: Any, filters: int) -> Any:
    return _conv_relu(_conv_relu(x, filters, 3), filters, 3)


def attention_unet(rec: Recorder) -> Any:
    """Attention U-Net: an additive gate on every skip connection, asked by the coarser level."""
    from keras import Input, Model, layers

    def gate(skip: Any, signal: Any, filters: int) -> Any:
        asked = layers.Conv2D(filters, 1)(signal)
        scores = layers.ReLU()(layers.add([layers.Conv2D(filters, 1, strides=2)(skip), asked]))
        scores = layers.Conv2D(1, 1, activation="sigmoid")(scores)
        return layers.multiply([skip, layers.UpSampling2D(interpolation="bilinear")(scores)])

    x = inputs = Input((128, 128, 1))
    skips = []
    for level in range(3):
        y = _double(x, 8 * 2**level)
        rec.copy("encoder", x, y, "double convolution")
        rec.copy("encoder", x, y, "double convolution", reading="encoder with the bottom")
        skips.append(y)
        x = layers.MaxPooling2D()(y)
        rec.either(x)
    y = _double(x, 64)
    rec.copy("encoder", x, y, "double convolution", reading="encoder with the bottom")
    x = y
    for level in reversed(range(3)):
        gated = gate(skips[level], x, 8 * 2**level)
        y = _double(layers.concatenate([gated, layers.UpSampling2D()(x)]), 8 * 2**level)
        both = ("", "encoder with the bottom")
        rec.copy("decoder", [x, skips[level]], y, "attention gate, up-sampling, double convolution", both)
        x = y
    return Model(inputs, layers.Conv2D(2, 1, activation="softmax")(x))


def unet_plus_plus(rec: Recorder) -> Any:
    """U-Net++ of depth 4 with deep supervision: ten nodes on nested, dense skip pathways."""
    from keras import Input, Model, layers

    x = inputs = Input((96, 96, 3))
    grid: dict[tuple[int, int], Any] = {}
    for level in range(5):
        if level:
            x = layers.MaxPooling2D()(grid[level - 1, 0])
            rec.either(x)
        grid[level, 0] = _double(x, 8 * 2**level)
        rec.copy("backbone", x, grid[level, 0], "double convolution")
        rec.copy("backbone", x, grid[level, 0], "double convolution", reading="double convolutions")
    for column in range(1, 5):
        for level in range(5 - column):
            before = [grid[level, earlier] for earlier in range(column)]
            below = grid[level + 1, column - 1]
            up = layers.Conv2DTranspose(8 * 2**level, 2, strides=2)(below)
            merged = layers.concatenate([*before, up])
            grid[level, column] = y = _double(merged, 8 * 2**level)
            rec.copy("skip pathways", [*before, below], y, "up-sampling, concatenation, double convolution")
            rec.copy("skip pathways", merged, y, "double convolution", reading="double convolutions")
    heads = [layers.Conv2D(1, 1, activation="sigmoid")(grid[0, column]) for column in range(1, 5)]
    return Model(inputs, heads)


def _basic(x: Any, filters: int, strides: int) -> Any:
    from keras import layers

    y = _conv(_conv_relu(x, filters, 3, strides), filters, 3)
    return layers.ReLU()(layers.add([y, _shortcut(x, filters, strides)]))


def linknet(rec: Recorder) -> Any:
    """LinkNet on ResNet-18: decoder blocks whose outputs are added to what the encoder blocks read."""
    from keras import Input, Model, layers

    def decoder(x: Any, filters: int, strides: int) -> Any:
        y = _conv_relu(x, x.shape[-1] // 4, 1)
        y = layers.Conv2DTranspose(y.shape[-1], 3, strides=strides, padding="same", use_bias=False)(y)
        return _conv_relu(layers.ReLU()(layers.BatchNormalization()(y)), filters, 1)

    inputs = Input((128, 128, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, 16, 7, 2))
    links = []
    for stage in range(4):
        links.append(x)
        for index in range(2):
            y = _basic(x, 16 * 2**stage, 2 if stage and not index else 1)
            rec.copy(f"encoder block {stage + 1}", x, y, "residual basic block")
            x = y
    for stage in reversed(range(4)):
        y = decoder(x, links[stage].shape[-1], 2 if stage else 1)
        rec.copy("decoder blocks", x, y, "decoder block")
        x = y
        if stage:
            x = layers.add([y, links[stage]])
            rec.either(x)
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    return Model(inputs, layers.Conv2DTranspose(12, 2, strides=2)(x))


def pspnet(rec: Recorder) -> Any:
    """PSPNet on a dilated ResNet-50: four pooled grids, each reduced and scaled back."""
    from keras import Input, Model, layers

    def bottleneck(x: Any, filters: int, strides: int, rate: int) -> Any:
        y = _conv_relu(x, filters, 1, strides)
        y = layers.Conv2D(filters, 3, dilation_rate=rate, padding="same", use_bias=False)(y)
        y = _conv(layers.ReLU()(layers.BatchNormalization()(y)), 4 * filters, 1)
        return layers.ReLU()(layers.add([y, _shortcut(x, 4 * filters, strides)]))

    inputs = Input((192, 192, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(_conv_relu(_conv_relu(inputs, 4, 3, 2), 4, 3), 8, 3))
    for stage, (count, strides, rate) in enumerate(((3, 1, 1), (4, 2, 1), (6, 1, 2), (3, 1, 4)), 2):
        for index in range(count):
            y = bottleneck(x, 4 * 2 ** (stage - 2), 1 if index else strides, rate)
            rec.copy(f"conv{stage}_x", x, y, "dilated bottleneck" if rate > 1 else "bottleneck")
            x = y
    levels = []
    for bins in (1, 2, 3, 6):
        y = _conv_relu(layers.AveragePooling2D(24 // bins)(x), 32, 1)
        levels.append(layers.UpSampling2D(24 // bins, interpolation="bilinear")(y))
        rec.copy("pyramid levels", x, levels[-1], "pooling, 1×1 convolution, up-sampling")
    x = layers.Dropout(0.1)(_conv_relu(layers.concatenate([x, *levels]), 32, 3))
    return Model(inputs, layers.UpSampling2D(8, interpolation="bilinear")(layers.Conv2D(21, 1)(x)))


def unet_3d(rec: Recorder) -> Any:
    """3D U-Net: three levels of volumes, channels doubled before each pooling."""
    from keras import Input, Model, layers

    def convs(x: Any, filters: tuple[int, int]) -> Any:
        for count in filters:
            x = layers.Conv3D(count, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    x = inputs = Input((32, 64, 64, 3))
    skips = []
    for level in range(3):
        y = convs(x, (4 * 2**level, 8 * 2**level))
        rec.copy("analysis path", x, y, "two 3×3×3 convolutions")
        rec.copy("analysis path", x, y, "two 3×3×3 convolutions", reading="analysis path with the bottom")
        skips.append(y)
        x = layers.MaxPooling3D()(y)
        rec.either(x)
    y = convs(x, (32, 64))
    rec.copy("analysis path", x, y, "two 3×3×3 convolutions", reading="analysis path with the bottom")
    x = y
    for level in reversed(range(3)):
        up = layers.Conv3DTranspose(x.shape[-1], 2, strides=2)(x)
        y = convs(layers.concatenate([skips[level], up]), (8 * 2**level, 8 * 2**level))
        both = ("", "analysis path with the bottom")
        rec.copy("synthesis path", [x, skips[level]], y, "up-convolution, concatenation, two convolutions", both)
        x = y
    return Model(inputs, layers.Conv3D(3, 1)(x))


def esrgan(rec: Recorder) -> Any:
    """ESRGAN's generator: 23 residual-in-residual dense blocks, each of three dense blocks of five convolutions."""
    from keras import Input, Model, layers

    def dense(x: Any) -> Any:
        features = [x]
        for _ in range(4):
            y = layers.Conv2D(8, 3, padding="same")(layers.concatenate(features) if len(features) > 1 else x)
            features.append(layers.LeakyReLU(0.2)(y))
        return x + layers.Conv2D(16, 3, padding="same")(layers.concatenate(features)) * 0.2

    def rrdb(x: Any) -> Any:
        y = x
        for _ in range(3):
            z = dense(y)
            rec.copy("residual dense blocks", y, z, "residual dense block", reading="residual dense blocks")
            y = z
        return x + y * 0.2

    inputs = Input((None, None, 3))
    x = first = layers.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(23):
        y = rrdb(x)
        rec.copy("basic blocks", x, y, "RRDB")
        x = y
    x = layers.add([first, layers.Conv2D(16, 3, padding="same")(x)])
    for _ in range(2):
        y = layers.Conv2D(16, 3, padding="same")(layers.UpSampling2D()(x))
        y = layers.LeakyReLU(0.2)(y)
        rec.copy("upsampling", x, y, "up-sampling, convolution", optional=True)
        x = y
    x = layers.LeakyReLU(0.2)(layers.Conv2D(16, 3, padding="same")(x))
    return Model(inputs, layers.Conv2D(3, 3, padding="same")(x))


def edsr(rec: Recorder) -> Any:
    """EDSR: 32 residual blocks without normalisation, scaled by 0.1, and two pixel shuffles."""
    from keras import Input, Model, layers, ops

    def shuffle(x: Any, filters: int) -> Any:
        _, height, width, _ = x.shape
        y = layers.Conv2D(4 * filters, 3, padding="same")(x)
        y = ops.transpose(ops.reshape(y, (-1, height, width, 2, 2, filters)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(y, (-1, 2 * height, 2 * width, filters))

    inputs = Input((48, 48, 3))
    x = first = layers.Conv2D(16, 3, padding="same")(layers.Rescaling(1.0, -127.0)(inputs))
    for _ in range(32):
        y = layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 3, padding="same", activation="relu")(x))
        y = layers.add([x, layers.Rescaling(0.1)(y)])
        rec.copy("residual blocks", x, y, "residual block without normalisation")
        x = y
    x = layers.add([first, layers.Conv2D(16, 3, padding="same")(x)])
    for _ in range(2):
        y = shuffle(x, 16)
        rec.copy("upsample", x, y, "convolution, pixel shuffle")
        x = y
    return Model(inputs, layers.Rescaling(1.0, 127.0)(layers.Conv2D(3, 3, padding="same")(x)))


def cyclegan(rec: Recorder) -> Any:
    """CycleGAN's generator for 256 pixels: nine residual blocks with reflection padding and instance normalisation."""
    from keras import Input, Model, layers, ops

    def padded(x: Any, size: int) -> Any:
        return ops.pad(x, [[0, 0], [size, size], [size, size], [0, 0]], mode="reflect")

    def norm(x: Any) -> Any:
        return layers.GroupNormalization(-1)(x)

    inputs = Input((256, 256, 3))
    x = layers.ReLU()(norm(layers.Conv2D(8, 7)(padded(inputs, 3))))
    for filters in (16, 32):
        y = layers.ReLU()(norm(layers.Conv2D(filters, 3, strides=2, padding="same")(x)))
        rec.copy("downsampling", x, y, "convolution with stride 2", optional=True)
        x = y
    for _ in range(9):
        y = layers.ReLU()(norm(layers.Conv2D(32, 3)(padded(x, 1))))
        y = layers.add([x, norm(layers.Conv2D(32, 3)(padded(y, 1)))])
        rec.copy("residual blocks", x, y, "residual block")
        x = y
    for filters in (16, 8):
        y = layers.ReLU()(norm(layers.Conv2DTranspose(filters, 3, strides=2, padding="same")(x)))
        rec.copy("upsampling", x, y, "transposed convolution", optional=True)
        x = y
    return Model(inputs, layers.Conv2D(3, 7, activation="tanh")(padded(x, 3)))
