"""The second held-out set: segmentation, detection and super-resolution.

Where a published number of parameters is known, the width is the paper's.
"""

from __future__ import annotations

from typing import Any

from .heldout import _conv, _conv_relu, _resnet50_taps
from .recorder import Recorder


def _pixel_shuffle(x: Any) -> Any:
    """Four channels become four pixels."""
    from keras import ops

    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height, width, 2, 2, channels // 4))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels // 4))


def erfnet(rec: Recorder) -> Any:
    """ERFNet (Romera et al. 2018, Table I): non-bottleneck-1D layers: 5 plain, 8 dilated, 2 and 2 decoding."""
    from keras import Input, Model, layers

    def down(x: Any, filters: int, name: str) -> Any:
        conv = layers.Conv2D(filters - x.shape[-1], 3, strides=2, padding="same", name=f"{name}_conv")(x)
        y = layers.concatenate([conv, layers.MaxPooling2D(name=f"{name}_pool")(x)], name=f"{name}_concat")
        return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_bn")(y))

    def up(x: Any, filters: int, name: str) -> Any:
        y = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", name=f"{name}_deconv")(x)
        return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_bn")(y))

    def non_bottleneck_1d(x: Any, rate: int, dropout: float, name: str) -> Any:
        y = x
        for half, dilation in (("a", 1), ("b", rate)):
            for size, title in (((3, 1), "3x1"), ((1, 3), "1x3")):
                options = {"dilation_rate": dilation, "padding": "same", "name": f"{name}{half}_{title}"}
                y = layers.Conv2D(x.shape[-1], size, **options)(y)
                y = layers.BatchNormalization(name=f"{name}{half}_bn")(y) if title == "1x3" else y
                if (half, title) != ("b", "1x3"):
                    y = layers.ReLU(name=f"{name}{half}_{title}_relu")(y)
        y = layers.Dropout(dropout, name=f"{name}_drop")(y) if dropout else y
        return layers.ReLU(name=f"{name}_out")(layers.add([y, x], name=f"{name}_add"))

    inputs = Input((128, 256, 3), name="image")
    x = inputs
    both = ("", "two rounds of dilations")
    for number, filters in ((1, 16), (2, 64)):
        y = down(x, filters, f"layer{number}")
        rec.copy("downsampler blocks", x, y, "downsampler block", both, optional=True)
        x = y
    for number in range(3, 8):
        y = non_bottleneck_1d(x, 1, 0.03, f"layer{number}")
        rec.copy("layers 3-7", x, y, "non-bottleneck-1D", both)
        x = y
    y = down(x, 128, "layer8")
    rec.copy("downsampler blocks", x, y, "downsampler block", both, optional=True)
    x = start = y
    for number in range(9, 17):
        y = non_bottleneck_1d(x, 2 ** ((number - 9) % 4 + 1), 0.3, f"layer{number}")
        rec.copy("layers 9-16", x, y, "non-bottleneck-1D, dilated")
        x = y
        if number in {12, 16}:
            rec.copy("rounds", start, x, "four dilated layers", reading=both[1])
            start = x
    for first, filters in ((17, 64), (20, 16)):
        y = up(x, filters, f"layer{first}")
        rec.copy("upsampling", x, y, "deconvolution", both, optional=True)
        x = y
        for number in (first + 1, first + 2):
            y = non_bottleneck_1d(x, 1, 0.0, f"layer{number}")
            rec.copy(f"layers {first + 1}-{first + 2}", x, y, "non-bottleneck-1D", both)
            x = y
    return Model(inputs, layers.Conv2DTranspose(20, 2, strides=2, name="layer23_deconv")(x), name="erfnet")


def fc_densenet(rec: Recorder) -> Any:
    """FC-DenseNet103 (Jégou et al. 2017, Table 2): dense blocks of 4, 5, 7, 10, 12, 15, 12, 10, 7, 5, 4 layers."""
    from keras import Input, Model, layers

    growth, whole = 16, "dense blocks with their transitions"

    def layer(x: Any, filters: int, size: int = 3) -> Any:
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        y = layers.Conv2D(filters, size, padding="same", kernel_initializer="he_uniform")(y)
        return layers.Dropout(0.2)(y)

    def dense_block(x: Any, count: int, number: int, keep_input: bool) -> tuple[Any, list[Any]]:
        """All features so far and the block's own; only the latter are up-sampled, so the last joint may go."""
        new = []
        for index in range(count):
            new.append(layer(x, growth))
            y = layers.concatenate([x, new[-1]]) if keep_input or index < count - 1 else new[-1]
            rec.copy(f"dense block {number}", x, y, "dense layer")
            x = y
        return x, new

    inputs = Input((224, 224, 3))
    x = layers.Conv2D(48, 3, padding="same", kernel_initializer="he_uniform")(inputs)
    skips = []
    for number, count in enumerate((4, 5, 7, 10, 12), 1):
        start = x
        x, _ = dense_block(x, count, number, True)
        skips.append(x)
        y = layers.MaxPooling2D()(layer(x, x.shape[-1], 1))
        rec.copy("transitions down", x, y, "transition down", optional=True)
        rec.copy("down path", start, y, "dense block, transition down", reading=whole)
        x = y
    _, new = dense_block(x, 15, 6, False)
    for number, count in enumerate((12, 10, 7, 5, 4), 7):
        skip = skips.pop()
        joined = layers.concatenate(new)
        up = layers.Conv2DTranspose(joined.shape[-1], 3, strides=2, padding="same")(joined)
        y = layers.concatenate([up, skip])
        rec.copy("transitions up", [*new, skip], y, "transition up", optional=True)
        x, made = dense_block(y, count, number, not skips)
        outputs = made if skips else x
        rec.copy("up path", [*new, skip], outputs, "transition up, dense block", reading=whole)
        new = made
    return Model(inputs, layers.Conv2D(11, 1, activation="softmax")(x))


def vnet(rec: Recorder, width: int = 4) -> Any:
    """V-Net (Milletari et al. 2016, Figure 2): residual stages of one to three convolutions (16 channels there)."""
    from keras import Input, Model, layers

    no_bottom, convolutions = "left stages without the bottom", "convolutions of each stage"

    def act(x: Any) -> Any:
        return layers.PReLU(shared_axes=[1, 2, 3])(x)

    def stage(x: Any, count: int, filters: int, title: str) -> Any:
        y = x
        for index in range(count):
            before = y
            y = layers.Conv3D(filters, 5, padding="same")(y)
            y = act(layers.add([x, y]) if index == count - 1 else y)
            rec.copy(title, [before, x], y, "5×5×5 convolution", reading=convolutions)
        return y

    x = inputs = Input((64, 64, 32, 1))
    skips = []
    for level, count in enumerate((1, 2, 3, 3, 3)):
        if level:
            down = layers.Conv3D(width * 2**level, 2, strides=2)(x)
            x = act(down)
            rec.either(down, x)
        y = stage(x, count, width * 2**level, f"left stage {level + 1}")
        rec.copy("left stages", x, y, "residual stage", ("", no_bottom) if level < 4 else "")
        skips.append(y)
        x = y
    skips.pop()
    for level, count in ((3, 3), (2, 3), (1, 2), (0, 1)):
        up = act(layers.Conv3DTranspose(width * 2**level, 2, strides=2)(x))
        merged = layers.concatenate([up, skips[level]])
        y = stage(merged, count, merged.shape[-1], f"right stage {level + 1}")
        rec.copy("right stages", [x, skips[level]], y, "de-convolution, residual stage", ("", no_bottom))
        x = y
    return Model(inputs, layers.Softmax()(layers.Conv3D(2, 1)(x)))


def rcan(rec: Recorder) -> Any:
    """RCAN (Zhang et al. 2018, Figures 2 and 4): ten residual groups of twenty residual channel attention blocks."""
    from keras import Input, Model, layers

    groups = "residual groups"

    def conv(x: Any, filters: int = 64) -> Any:
        return layers.Conv2D(filters, 3, padding="same")(x)

    def rcab(x: Any) -> Any:
        y = conv(layers.ReLU()(conv(x)))
        s = layers.GlobalAveragePooling2D(keepdims=True)(y)
        s = layers.Conv2D(64, 1, activation="sigmoid")(layers.Conv2D(4, 1, activation="relu")(s))
        return layers.add([x, layers.multiply([y, s])])

    inputs = Input((48, 48, 3))
    x = first = conv(inputs)
    for group in range(10):
        start = x
        for _ in range(20):
            y = rcab(x)
            rec.copy(f"residual group {group + 1}", x, y, "RCAB")
            x = y
        x = layers.add([start, conv(x)])
        rec.copy(groups, start, x, "residual group", reading=groups)
    x = layers.add([first, conv(x)])
    for _ in range(2):
        y = _pixel_shuffle(conv(x, 256))
        rec.copy("upscale module", x, y, "convolution, pixel shuffle", reading=("", groups), optional=True)
        x = y
    return Model(inputs, conv(x, 3))


def srgan(rec: Recorder) -> Any:
    """SRGAN's generator (Ledig et al. 2017, Figure 4): 16 residual blocks and two sub-pixel convolutions."""
    from keras import Input, Model, layers

    def prelu(x: Any) -> Any:
        return layers.PReLU(shared_axes=[1, 2])(x)

    def residual_block(x: Any) -> Any:
        y = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(64, 3, padding="same")(x))
        y = layers.Conv2D(64, 3, padding="same")(prelu(y))
        return layers.Add()([layers.BatchNormalization(momentum=0.8)(y), x])

    inputs = Input((24, 24, 3), name="low_resolution")
    x = first = prelu(layers.Conv2D(64, 9, padding="same")(inputs))
    for _ in range(16):
        y = residual_block(x)
        rec.copy("residual blocks", x, y, "residual block")
        x = y
    x = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(64, 3, padding="same")(x))
    x = layers.Add()([x, first])
    for _ in range(2):
        y = prelu(_pixel_shuffle(layers.Conv2D(256, 3, padding="same")(x)))
        rec.copy("upsampling", x, y, "convolution, pixel shuffle, PReLU")
        x = y
    outputs = layers.Conv2D(3, 9, padding="same", activation="tanh", name="super_resolution")(x)
    return Model(inputs, outputs, name="generator")


def fcos(rec: Recorder) -> Any:
    """FCOS (Tian et al. 2019, Figure 2) on ResNet-50: P3 to P7, one head Model called on every level.

    The scalar that multiplies each level's distances is left out.
    """
    from keras import Input, Model, layers

    merging = "merging levels only"
    both = ("", merging)
    features = Input((None, None, 256))
    ends = []
    for title in ("classification", "regression"):
        x = features
        for index in range(4):
            y = layers.Conv2D(256, 3, padding="same", name=f"{title}_conv{index}")(x)
            y = layers.ReLU(name=f"{title}_relu{index}")(layers.GroupNormalization(32, name=f"{title}_gn{index}")(y))
            rec.copy(f"{title} tower", x, y, "convolution, group normalisation", both)
            x = y
        ends.append(x)
    classes = layers.Conv2D(80, 3, padding="same", activation="sigmoid", name="classes")(ends[0])
    centre = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="centerness")(ends[0])
    distances = layers.Conv2D(4, 3, padding="same", activation="exponential", name="distances")(ends[1])
    head = Model(features, [classes, centre, distances], name="head")
    for stages in (rec.primary, *rec.readings.values()):
        for stage in stages.values():
            stage.copies = [[f"head/{name}" for name in names] for names in stage.copies]

    inputs = Input((256, 256, 3))
    taps = _resnet50_taps(rec, inputs, 64, both)
    top = layers.Conv2D(256, 1)(taps[3])
    pyramid = [layers.Conv2D(256, 3, padding="same")(top)]
    rec.copy("pyramid levels", taps[3], pyramid[0], "lateral, top-down, output convolution")
    for tap in (taps[2], taps[1]):
        merged = layers.add([layers.UpSampling2D()(top), layers.Conv2D(256, 1)(tap)])
        level = layers.Conv2D(256, 3, padding="same")(merged)
        rec.copy("pyramid levels", [tap, top], level, "lateral, top-down, output convolution", both)
        pyramid.insert(0, level)
        top = merged
    pyramid.append(layers.Conv2D(256, 3, strides=2, padding="same")(pyramid[2]))
    pyramid.append(layers.Conv2D(256, 3, strides=2, padding="same")(layers.ReLU()(pyramid[3])))
    return Model(inputs, [output for level in pyramid for output in head(level)])


def yolov4(rec: Recorder, width: int = 8) -> Any:
    """YOLOv4 (Bochkovskiy et al. 2020): CSPDarknet53, SPP, PANet with concatenation, YOLOv3 heads (32 wide there)."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, strides: int = 1, act: str = "leaky") -> Any:
        y = _conv(x, filters, size, strides)
        return layers.Activation("mish")(y) if act == "mish" else layers.LeakyReLU(negative_slope=0.1)(y)

    def mish(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        return conv(x, filters, size, strides, "mish")

    fives = "sets of five convolutions"

    def five(x: Any, filters: int) -> Any:
        y = x
        for step in range(5):
            y = conv(y, filters * (1 + step % 2), 1 + 2 * (step % 2))
        rec.copy(fives, x, y, "five convolutions", reading=fives)
        return y

    inputs = Input((416, 416, 3))
    x = mish(inputs, width, 3)
    taps = []
    for stage, count in enumerate((1, 2, 8, 8, 4), 1):
        filters = width * 2**stage
        half = filters // 2 if stage > 1 else filters
        x = mish(x, filters, 3, 2)
        cross, y = mish(x, half, 1), mish(x, half, 1)
        for _ in range(count):
            z = layers.add([y, mish(mish(y, filters // 2, 1), half, 3)])
            rec.copy(f"residual units of stage {stage}", y, z, "residual unit", ("", fives))
            y = z
        x = mish(layers.concatenate([mish(y, half, 1), cross]), filters, 1)
        taps.append(x)
    x = conv(conv(conv(x, 16 * width, 1), 32 * width, 3), 16 * width, 1)
    x = layers.concatenate([*(layers.MaxPooling2D(size, 1, "same")(x) for size in (13, 9, 5)), x])
    x = conv(conv(conv(x, 16 * width, 1), 32 * width, 3), 16 * width, 1)
    levels = [x]
    for filters, tap in ((8 * width, taps[3]), (4 * width, taps[2])):
        up = layers.UpSampling2D()(conv(x, filters, 1))
        y = five(layers.concatenate([conv(tap, filters, 1), up]), filters)
        rec.copy("top-down path", [x, tap], y, "up-sampling, lateral convolution, five convolutions")
        levels.append(y)
        x = y
    x = levels.pop()
    bottom_up = [x]
    for filters in (8 * width, 16 * width):
        level = levels.pop()
        y = five(layers.concatenate([conv(x, filters, 3, 2), level]), filters)
        rec.copy("bottom-up path", [x, level], y, "strided convolution, five convolutions")
        bottom_up.append(y)
        x = y
    outputs = []
    for level in bottom_up:
        outputs.append(layers.Conv2D(255, 1)(conv(level, 2 * level.shape[-1], 3)))
        rec.copy("detection heads", level, outputs[-1], "convolution and the output", ("", fives))
    return Model(inputs, outputs)


def dense_aspp(rec: Recorder) -> Any:
    """DenseASPP (Yang et al. 2018, Figure 3) on a dilated DenseNet-121: rates 3, 6, 12, 18, 24, all joined."""
    from keras import Input, Model, layers

    def conv(x: Any, filters: int, size: int, rate: int = 1) -> Any:
        y = layers.ReLU()(layers.BatchNormalization()(x))
        return layers.Conv2D(filters, size, dilation_rate=rate, padding="same", use_bias=False)(y)

    inputs = Input((256, 256, 3))
    x = layers.MaxPooling2D(3, 2, "same")(_conv_relu(inputs, 64, 7, 2))
    for number, (count, rate) in enumerate(((6, 1), (12, 1), (24, 2), (16, 4)), 1):
        for _ in range(count):
            y = layers.concatenate([x, conv(conv(x, 128, 1), 32, 3, rate)])
            rec.copy(f"dense block {number}", x, y, "dense layer")
            x = y
        y = conv(x, x.shape[-1] // 2, 1)
        y = layers.AveragePooling2D(2)(y) if number < 3 else y
        rec.copy("transitions", x, y, "transition", optional=True)
        x = y
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for rate in (3, 6, 12, 18, 24):
        y = layers.Dropout(0.1)(conv(conv(x, 128, 1), 64, 3, rate))
        y = layers.concatenate([y, x])
        rec.copy("DenseASPP", x, y, "densely connected atrous layer")
        x = y
    x = layers.Conv2D(19, 1)(layers.Dropout(0.1)(x))
    return Model(inputs, layers.UpSampling2D(8, interpolation="bilinear")(x))
