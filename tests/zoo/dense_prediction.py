"""Networks for segmentation, pose and images: U-Nets, hourglass, DeepLab, HRNet, RefineNet, diffusion."""

from __future__ import annotations

from typing import Any

from .recorder import Recorder


def unet(rec: Recorder) -> Any:
    """U-Net with batch normalisation, 4 levels, transposed convolutions."""
    from keras import Input, Model, layers

    def double(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same")(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
        return x

    x = inputs = Input((128, 128, 1))
    skips = []
    for level in range(4):
        y = double(x, 8 * 2**level)
        rec.copy("contracting path", x, y, "double convolution")
        rec.copy("contracting path", x, y, "double convolution", reading="contracting path with the bottom")
        rec.copy("double convolution", x, y, "double convolution", reading="double convolutions")
        skips.append(y)
        x = layers.MaxPooling2D()(y)
        rec.either(x)
    y = double(x, 128)
    rec.copy("contracting path", x, y, "double convolution", reading="contracting path with the bottom")
    rec.copy("double convolution", x, y, "double convolution", reading="double convolutions")
    x = y
    for level in reversed(range(4)):
        up = layers.Conv2DTranspose(8 * 2**level, 2, strides=2, padding="same")(x)
        merged = layers.Concatenate()([skips[level], up])
        y = double(merged, 8 * 2**level)
        both = ("", "contracting path with the bottom")
        rec.copy("expansive path", [x, skips[level]], y, "up-convolution, concatenation, double convolution", both)
        rec.copy("double convolution", merged, y, "double convolution", reading="double convolutions")
        x = y
    return Model(inputs, layers.Conv2D(2, 1, activation="softmax")(x))


def resunet(rec: Recorder) -> Any:
    """Deep residual U-Net for road extraction."""
    from keras import Input, Model, layers

    def bn_relu(x: Any) -> Any:
        return layers.Activation("relu")(layers.BatchNormalization()(x))

    def residual(x: Any, filters: int, strides: int = 1, first: bool = False) -> Any:
        y = x if first else bn_relu(x)
        y = layers.Conv2D(filters, 3, strides=strides, padding="same")(y)
        y = layers.Conv2D(filters, 3, padding="same")(bn_relu(y))
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(x)
        return layers.Add()([y, layers.BatchNormalization()(shortcut)])

    x = inputs = Input((224, 224, 3))
    encoded = []
    for level in range(4):
        y = residual(x, 8 * 2**level, 2 if level else 1, first=level == 0)
        if level < 3:
            rec.copy("encoding", x, y, "residual unit")
        rec.copy("encoding", x, y, "residual unit", reading="encoding with the bridge")
        encoded.append(y)
        x = y
    for level in reversed(range(3)):
        up = layers.UpSampling2D()(x)
        y = residual(layers.concatenate([up, encoded[level]]), 8 * 2**level)
        both = ("", "encoding with the bridge")
        rec.copy("decoding", [x, encoded[level]], y, "up-sampling, concatenation, residual unit", both)
        x = y
    return Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def hourglass(rec: Recorder) -> Any:
    """Stacked hourglass: 2 stacks of order 4, pre-activation bottlenecks."""
    from keras import Input, Model, layers

    units = "residual modules"

    def residual(x: Any, filters: int, stage: str = "") -> Any:
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        y = layers.Conv2D(filters // 2, 1)(y)
        y = layers.Activation("relu")(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters // 2, 3, padding="same")(y)
        y = layers.Activation("relu")(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 1)(y)
        y = layers.Add()([y, x if x.shape[-1] == filters else layers.Conv2D(filters, 1)(x)])
        if stage:
            rec.copy(stage, x, y, "residual module", reading=units)
        return y

    def module(x: Any, order: int, stage: str) -> Any:
        upper = residual(x, 16, stage)
        lower = residual(layers.MaxPooling2D()(x), 16, stage)
        lower = module(lower, order - 1, stage) if order > 1 else residual(lower, 16, stage)
        lower = residual(lower, 16, stage)
        return layers.Add()([upper, layers.UpSampling2D()(lower)])

    inputs = Input((256, 256, 3))
    x = layers.Conv2D(8, 7, strides=2, padding="same")(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = residual(layers.MaxPooling2D()(residual(x, 8)), 8)
    x = residual(x, 16)
    heatmaps = []
    for stack in range(2):
        y = module(x, 4, f"hourglass {stack + 1}")
        rec.copy("hourglass", x, y, "hourglass module of order 4")
        features = layers.Conv2D(16, 1)(residual(y, 16))
        features = layers.Activation("relu")(layers.BatchNormalization()(features))
        heatmaps.append(layers.Conv2D(16, 1)(features))
        whole = heatmaps[-1]
        if stack == 0:
            back = [layers.Conv2D(16, 1)(features), layers.Conv2D(16, 1)(heatmaps[-1])]
            whole = layers.Add()([x, *back])
        rec.copy("stack", x, [whole, heatmaps[-1]], "hourglass, residual, heat maps", reading="whole stacks")
        x = whole
    return Model(inputs, heatmaps)


def deeplab(rec: Recorder) -> Any:
    """DeepLabV3+ on aligned Xception (16 middle units), output stride 16, ASPP and decoder."""
    from keras import Input, Model, layers

    def separable(x: Any, filters: int, strides: int = 1, rate: int = 1, relu_after: bool = False) -> Any:
        x = x if relu_after else layers.Activation("relu")(x)
        x = layers.DepthwiseConv2D(3, strides=strides, dilation_rate=rate, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x) if relu_after else x
        x = layers.BatchNormalization()(layers.Conv2D(filters, 1, padding="same", use_bias=False)(x))
        return layers.Activation("relu")(x) if relu_after else x

    def conv(x: Any, filters: int, size: int, **options: Any) -> Any:
        x = layers.Conv2D(filters, size, padding="same", use_bias=False, **options)(x)
        return layers.Activation("relu")(layers.BatchNormalization()(x))

    inputs = Input((256, 256, 3))
    x = conv(conv(inputs, 8, 3, strides=2), 16, 3)
    low = x
    for index, filters in enumerate((16, 32, 64)):
        y = separable(separable(x, filters), filters)
        low = y if index == 1 else low
        y = separable(y, filters, 2)
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
        y = layers.add([y, layers.BatchNormalization()(shortcut)])
        rec.copy("entry flow", x, y, "Xception block with stride")
        x = y
    for _ in range(16):
        y = layers.add([separable(separable(separable(x, 64), 64), 64), x])
        rec.copy("middle flow", x, y, "Xception block")
        x = y
    y = separable(separable(separable(x, 64), 96), 96)
    shortcut = layers.BatchNormalization()(layers.Conv2D(96, 1, padding="same", use_bias=False)(x))
    x = layers.add([y, shortcut])
    for filters in (96, 96, 128):
        x = separable(x, filters, rate=2, relu_after=True)
    branches = [conv(x, 16, 1)]
    for rate in (6, 12, 18):
        y = separable(x, 16, rate=rate, relu_after=True)
        rec.copy("ASPP atrous branches", x, y, "atrous separable convolution", optional=True)
        branches.append(y)
    pooled = conv(layers.GlobalAveragePooling2D(keepdims=True)(x), 16, 1)
    pooled = layers.UpSampling2D(x.shape[1:3], interpolation="bilinear")(pooled)
    x = layers.Dropout(0.1)(conv(layers.Concatenate()([pooled, *branches]), 16, 1))
    x = layers.UpSampling2D(low.shape[1] // x.shape[1], interpolation="bilinear")(x)
    x = layers.Concatenate()([x, conv(low, 12, 1)])
    for _ in range(2):
        y = separable(x, 16, relu_after=True)
        rec.copy("decoder", x, y, "separable convolution", optional=True)
        x = y
    x = layers.Conv2D(21, 1)(x)
    return Model(inputs, layers.UpSampling2D(4, interpolation="bilinear")(x))


def hrnet(rec: Recorder) -> Any:
    """HRNet with the repeats of HRNet-W32 (modules 1/4/3, 4 blocks a branch), narrow."""
    from keras import Input, Model, layers

    units = "residual blocks"

    def conv_bn(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    def relu(x: Any) -> Any:
        return layers.ReLU()(x)

    def basic(x: Any) -> Any:
        y = conv_bn(relu(conv_bn(x, x.shape[-1], 3)), x.shape[-1], 3)
        return relu(layers.Add()([y, x]))

    def bottleneck(x: Any, filters: int) -> Any:
        y = conv_bn(relu(conv_bn(relu(conv_bn(x, filters, 1)), filters, 3)), 4 * filters, 1)
        shortcut = x if x.shape[-1] == 4 * filters else conv_bn(x, 4 * filters, 1)
        return relu(layers.Add()([y, shortcut]))

    def exchange(maps: list[Any], widths: list[int]) -> list[Any]:
        fused = []
        for to, width in enumerate(widths):
            terms = []
            for source, x in enumerate(maps):
                y = x
                if source > to:
                    y = layers.UpSampling2D(2 ** (source - to))(conv_bn(y, width, 1))
                for step in range(to - source):
                    last = step == to - source - 1
                    y = conv_bn(y, width if last else x.shape[-1], 3, 2)
                    y = y if last else relu(y)
                terms.append(y)
            fused.append(relu(layers.Add()(terms)))
        return fused

    inputs = Input((128, 128, 3))
    x = relu(conv_bn(relu(conv_bn(inputs, 8, 3, 2)), 8, 3, 2))
    for _ in range(4):
        y = bottleneck(x, 8)
        rec.copy("stage 1", x, y, "bottleneck", ("", units))
        x = y
    maps = [x]
    widths = [4, 8, 16, 32]
    for stage, modules in enumerate((1, 4, 3), 2):
        old = maps
        if stage == 2:
            maps = [relu(conv_bn(x, 4, 3)), relu(conv_bn(x, 8, 3, 2))]
        else:
            maps = [*old, relu(conv_bn(old[-1], widths[stage - 1], 3, 2))]
        for module in range(modules):
            before, branches = maps, []
            for number, tensor in enumerate(maps):
                y = tensor
                for _ in range(4):
                    z = basic(y)
                    rec.copy(f"stage {stage} module {module + 1} branch {number + 1}", y, z, "basic block", units)
                    y = z
                branches.append(y)
            maps = exchange(branches, widths[:stage])
            rec.copy(f"stage {stage}", before, maps, f"exchange module with {stage} branches")
    heads = [maps[0], *(layers.UpSampling2D(2**i)(y) for i, y in enumerate(maps[1:], 1))]
    x = relu(conv_bn(layers.Concatenate()(heads), 60, 1))
    return Model(inputs, layers.Conv2D(17, 1)(x))


def refinenet(rec: Recorder) -> Any:
    """4-cascaded RefineNet on a small residual encoder."""
    from keras import Input, Model, layers

    def unit(x: Any) -> Any:
        y = x
        for _ in range(2):
            y = layers.Conv2D(x.shape[-1], 3, padding="same")(layers.ReLU()(y))
        return layers.Add()([x, y])

    def fuse(maps: list[Any], filters: int) -> Any:
        maps = [layers.Conv2D(filters, 3, padding="same")(x) for x in maps]
        if len(maps) == 1:
            return maps[0]
        return layers.Add()([maps[0], layers.UpSampling2D(2, interpolation="bilinear")(maps[1])])

    def chained_pooling(x: Any) -> Any:
        x = path = layers.ReLU()(x)
        for _ in range(2):
            path = layers.MaxPooling2D(5, 1, padding="same")(path)
            path = layers.Conv2D(x.shape[-1], 3, padding="same")(path)
            x = layers.Add()([x, path])
        return x

    inputs = Input((128, 128, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 7, 2, padding="same")(inputs)))
    taps = []
    for stage in range(4):
        for index in range(2):
            strides = 2 if index == 0 else 1
            y = layers.Conv2D(8 * 2**stage, 3, strides, padding="same")(x)
            y = layers.ReLU()(layers.BatchNormalization()(y))
            y = layers.BatchNormalization()(layers.Conv2D(8 * 2**stage, 3, padding="same")(y))
            shortcut = x if index else layers.BatchNormalization()(layers.Conv2D(8 * 2**stage, 1, strides)(x))
            y = layers.ReLU()(layers.Add()([y, shortcut]))
            rec.copy(f"encoder stage {stage + 1}", x, y, "basic block")
            x = y
        taps.append(x)
    lower = None
    for tap in reversed(taps):
        reduced = layers.Conv2D(16, 3, padding="same")(tap)
        maps = [unit(unit(reduced))] + ([] if lower is None else [unit(unit(lower))])
        y = unit(chained_pooling(fuse(maps, 16)))
        rec.copy("RefineNet", [tap] if lower is None else [tap, lower], y, "RefineNet block")
        if lower is not None:
            rec.copy("RefineNet", [tap, lower], y, "RefineNet block", reading="two-input blocks only")
        lower = y
    return Model(inputs, layers.Conv2D(21, 3, padding="same")(unit(lower)))


def diffusion_unet(rec: Recorder) -> Any:
    """Denoising diffusion U-Net: group normalisation, time embedding into every block, attention at one size."""
    import keras
    from keras import layers, ops

    def resblock(x: Any, time: Any, filters: int) -> Any:
        y = layers.Conv2D(filters, 3, padding="same")(keras.activations.swish(layers.GroupNormalization(4)(x)))
        y = y + layers.Dense(filters)(ops.silu(time))[:, None, None, :]
        y = layers.Dropout(0.1)(ops.silu(layers.GroupNormalization(4)(y)))
        y = layers.Conv2D(filters, 3, padding="same")(y)
        return y + (x if x.shape[-1] == filters else layers.Conv2D(filters, 1)(x))

    def attention(x: Any) -> Any:
        _, height, width, channels = x.shape
        y = ops.reshape(layers.GroupNormalization(4)(x), (-1, height * width, channels))
        y = layers.MultiHeadAttention(1, channels)(y, y)
        return x + ops.reshape(y, (-1, height, width, channels))

    image = keras.Input((32, 32, 3))
    steps = keras.Input(())
    frequencies = ops.exp(ops.arange(8, dtype="float32") * -1.3)
    angles = steps[:, None] * frequencies
    time = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
    time = layers.Dense(32)(layers.Dense(32, activation="silu")(time))

    x = layers.Conv2D(8, 3, padding="same")(image)
    skips = [x]
    widths = (8, 16, 16, 16)
    for level, filters in enumerate(widths):
        for _ in range(2):
            y = resblock(x, time, filters)
            y = attention(y) if level == 1 else y
            rec.copy(f"down level {level + 1}", [x, time], y, "residual block")
            x = y
            skips.append(x)
        if level < 3:
            x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
            skips.append(x)
    x = resblock(attention(resblock(x, time, 16)), time, 16)
    for level, filters in reversed(list(enumerate(widths))):
        for _ in range(3):
            skip = skips.pop()
            y = resblock(layers.Concatenate()([x, skip]), time, filters)
            y = attention(y) if level == 1 else y
            rec.copy(f"up level {level + 1}", [x, skip, time], y, "residual block on the concatenated skip")
            x = y
        if level:
            x = layers.Conv2D(filters, 3, padding="same")(layers.UpSampling2D()(x))
    x = layers.Conv2D(3, 3, padding="same")(ops.silu(layers.GroupNormalization(4)(x)))
    return keras.Model([image, steps], x)
