"""Networks that segment, restore, generate and detect."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .vision import cna, image


@named("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level")
def unet_transposed():
    x = inputs = image(64)
    skips = []
    for width in (8, 16, 32, 64):
        x = cna(cna(x, width), width)
        skips.append(x)
        x = L.Dropout(0.1)(L.MaxPooling2D()(x))
    x = cna(cna(x, 128), 128)
    for width in (64, 32, 16, 8):
        x = L.Conv2DTranspose(width, 2, 2, padding="same")(x)
        x = L.concatenate([x, skips.pop()])
        x = cna(cna(L.Dropout(0.1)(x), width), width)
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@named("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level")
def unet_three_convolutions():
    x = inputs = keras.Input((32, 32, 32, 1))
    skips = []

    def convolve(x, width):
        for _ in range(3):
            x = L.LeakyReLU()(L.GroupNormalization(4)(L.Conv3D(width, 3, padding="same")(x)))
        return x

    for width in (8, 16, 32):
        x = convolve(x, width)
        skips.append(x)
        x = L.MaxPooling3D()(x)
    x = convolve(x, 64)
    for width in (32, 16, 8):
        x = L.Concatenate()([L.UpSampling3D()(x), skips.pop()])
        x = convolve(x, width)
    return keras.Model(inputs, L.Conv3D(3, 1, activation="softmax")(x))


@named("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level", "Residual up level",
       "Residual down level", "Residual U-Net encoder level", "Residual U-Net decoder level",
       "Pre-activation basic block", "Basic block")  # fmt: skip
def unet_residual():
    x = inputs = image(64)
    skips = []

    def residual(x, width):
        y = cna(cna(x, width), width, act=None)
        return L.ReLU()(L.Add()([y, cna(x, width, 1, act=None)]))

    for width in (8, 16, 32):
        x = residual(x, width)
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = residual(x, 64)
    for width in (32, 16, 8):
        x = L.Concatenate()([L.Conv2DTranspose(width, 2, 2)(x), skips.pop()])
        x = residual(x, width)
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@named("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level", "Attention gate",
       "Attention U-Net up level")  # fmt: skip
def unet_gated():
    x = inputs = image(64)
    skips = []
    for width in (8, 16, 32):
        x = cna(cna(x, width), width)
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = cna(cna(x, 64), 64)
    for width in (32, 16, 8):
        x = L.Conv2DTranspose(width, 3, 2, padding="same", activation="relu")(x)
        skip = skips.pop()
        g = L.ReLU()(cna(x, width // 2, 1, act=None) + cna(skip, width // 2, 1, act=None))
        skip = skip * cna(g, 1, 1, act="sigmoid")
        x = cna(cna(L.Concatenate()([skip, x]), width), width)
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@named("VGG block", "SegNet encoder level", "SegNet decoder level", "Upsampling level")
def segnet():
    x = inputs = image(64)
    for width in (16, 32, 64):
        x = L.MaxPooling2D()(cna(cna(x, width), width))
    for width in (64, 32, 16):
        x = cna(cna(L.UpSampling2D()(x), width), width)
    return keras.Model(inputs, L.Conv2D(5, 1, activation="softmax")(x))


@named("LinkNet decoder block", "Basic block", "LinkNet encoder block")
def linknet():
    inputs = image(64)
    x = cna(inputs, 16, 7, 2)
    skips = []
    for width in (16, 32, 64):
        y = cna(cna(x, width, 3, 2), width, 3, act=None)
        x = L.ReLU()(L.Add()([y, L.Conv2D(width, 1, 2)(x)]))
        x = L.ReLU()(L.Add()([x, cna(cna(x, width), width, act=None)]))
        skips.append(x)
    x = skips.pop()
    for width in (32, 16):
        y = cna(x, x.shape[-1] // 4, 1)
        y = L.ReLU()(L.BatchNormalization()(L.Conv2DTranspose(y.shape[-1], 3, 2, padding="same")(y)))
        x = L.Add()([cna(y, width, 1), skips.pop()])
    return keras.Model(inputs, L.Conv2D(1, 1)(x))


@named("EDSR residual block", "EDSR block", "Basic block", "Residual block without normalisation")
def edsr():
    inputs = image(48)
    x = first = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(8):
        y = L.Conv2D(32, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(x))
        x = x + 0.1 * y
    x = first + L.Conv2D(32, 3, padding="same")(x)
    x = ops.reshape(L.Conv2D(12, 3, padding="same")(x), (-1, 48, 48, 12))
    return keras.Model(inputs, L.Conv2DTranspose(3, 4, 2, padding="same")(x))


@named("Residual channel attention block", "RCAB", "SE basic block")
def rcan():
    inputs = image(48)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(3):
        group = x
        for _ in range(4):
            y = L.Conv2D(32, 3, padding="same")(L.Conv2D(32, 3, padding="same", activation="relu")(x))
            s = L.GlobalAveragePooling2D(keepdims=True)(y)
            s = L.Conv2D(32, 1, activation="sigmoid")(L.Conv2D(4, 1, activation="relu")(s))
            x = L.Add()([x, L.Multiply()([y, s])])
        x = L.Add()([group, L.Conv2D(32, 3, padding="same")(x)])
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Residual-in-residual dense block", "RRDB", "Residual dense block", "Dense layer")
def rrdb():
    inputs = image(48)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(4):
        outer = x
        for _ in range(3):
            inner, found = x, [x]
            for _ in range(4):
                y = L.Concatenate()(found) if len(found) > 1 else x
                found.append(L.LeakyReLU(0.2)(L.Conv2D(16, 3, padding="same")(y)))
            x = inner + 0.2 * L.Conv2D(32, 3, padding="same")(L.Concatenate()(found))
        x = outer + 0.2 * x
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Basic block", "CycleGAN residual block")
def cyclegan_generator():
    inputs = image(64)
    x = L.ReLU()(L.GroupNormalization(-1)(L.Conv2D(16, 7, padding="same")(inputs)))
    for width in (32, 64):
        x = L.ReLU()(L.GroupNormalization(-1)(L.Conv2D(width, 3, 2, padding="same")(x)))
    for _ in range(9):
        y = L.Conv2D(64, 3)(L.ZeroPadding2D(1)(x))
        y = L.Conv2D(64, 3)(L.ZeroPadding2D(1)(L.ReLU()(L.GroupNormalization(-1)(y))))
        x = L.Add()([x, L.GroupNormalization(-1)(y)])
    for width in (32, 16):
        x = L.ReLU()(L.GroupNormalization(-1)(L.Conv2DTranspose(width, 3, 2, padding="same")(x)))
    return keras.Model(inputs, L.Conv2D(3, 7, padding="same", activation="tanh")(x))


@named("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level", "Transition up",
       "pix2pix down level", "pix2pix up level")  # fmt: skip
def pix2pix_generator():
    x = inputs = image(128)
    skips = []
    for width in (16, 32, 64, 64, 64):
        x = L.Conv2D(width, 4, 2, padding="same", use_bias=False)(x)
        x = L.LeakyReLU(0.2)(L.BatchNormalization()(x))
        skips.append(x)
    skips.pop()
    for width in (64, 64, 32, 16):
        x = L.BatchNormalization()(L.Conv2DTranspose(width, 4, 2, padding="same", use_bias=False)(x))
        x = L.Concatenate()([L.ReLU()(L.Dropout(0.5)(x)), skips.pop()])
    return keras.Model(inputs, L.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x))


@named("Style block", "Styled convolution", "StyleGAN block", "Modulated convolution", "AdaIN", "Synthesis block")
def style_generator():
    w = z = keras.Input((64,))
    for _ in range(4):
        w = L.Dense(64, activation="leaky_relu")(w)
    x = L.Reshape((4, 4, 32))(L.Dense(512)(w))

    def styled(x, width):
        x = L.LeakyReLU(0.2)(L.Conv2D(width, 3, padding="same")(x))
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        x = (x - mean) / (ops.std(x, axis=(1, 2), keepdims=True) + 1e-5)
        scale, shift = L.Reshape((1, 1, width))(L.Dense(width)(w)), L.Reshape((1, 1, width))(L.Dense(width)(w))
        return x * (1 + scale) + shift

    for _ in range(4):
        x = styled(styled(L.UpSampling2D()(x), 32), 32)
    return keras.Model(z, L.Conv2D(3, 1)(x))


@named("Diffusion residual block")
def diffusion_small():
    inputs, time = keras.Input((32, 32, 3)), keras.Input((64,))
    t = L.Dense(64)(L.Dense(64, activation="silu")(time))

    def residual(x, width):
        y = L.Conv2D(width, 3, padding="same")(L.Activation("silu")(L.GroupNormalization(8)(x)))
        y = y + L.Dense(width)(L.Activation("silu")(t))[:, None, None, :]
        y = L.Conv2D(width, 3, padding="same")(L.Dropout(0.1)(L.Activation("silu")(L.GroupNormalization(8)(y))))
        return y + (x if x.shape[-1] == width else L.Conv2D(width, 1)(x))

    x = L.Conv2D(32, 3, padding="same")(inputs)
    skips = []
    for width in (32, 64):
        for _ in range(2):
            x = residual(x, width)
            skips.append(x)
        x = L.Conv2D(width, 3, 2, padding="same")(x)
    x = residual(residual(x, 64), 64)
    for width in (64, 32):
        x = L.Conv2D(width, 3, padding="same")(L.UpSampling2D()(x))
        for _ in range(2):
            x = residual(L.Concatenate()([x, skips.pop()]), width)
    return keras.Model([inputs, time], L.Conv2D(3, 3, padding="same")(x))


@named("DiT block")
def dit_split():
    inputs, c = keras.Input((64, 48)), keras.Input((48,))
    x = L.Dense(48)(inputs)
    for _ in range(4):
        m = L.Reshape((1, 288))(L.Dense(288)(L.Activation("silu")(c)))
        s1, b1, g1, s2, b2, g2 = ops.split(m, 6, axis=-1)
        y = L.LayerNormalization(center=False, scale=False)(x) * (1 + s1) + b1
        x = x + g1 * L.MultiHeadAttention(4, 12)(y, y)
        y = L.LayerNormalization(center=False, scale=False)(x) * (1 + s2) + b2
        x = x + g2 * L.Dense(48)(L.Dense(192, activation="gelu")(y))
    return keras.Model([inputs, c], L.Dense(48)(x))


@named("Affine coupling", "Affine coupling layer", "Coupling layer", "Flow step")
def realnvp():
    x = inputs = keras.Input((16,))
    for place in range(6):
        a, b = (x[:, :8], x[:, 8:]) if place % 2 == 0 else (x[:, 8:], x[:, :8])
        h = L.Dense(64, activation="relu")(L.Dense(64, activation="relu")(a))
        s, t = L.Dense(8, activation="tanh")(h), L.Dense(8)(h)
        x = L.Concatenate()([a, b * ops.exp(s) + t])
    return keras.Model(inputs, x)


@named("Hourglass", "Hourglass module", "Bottleneck", "Pre-activation bottleneck")
def hourglass():
    inputs = image(64)
    x = cna(inputs, 32, 7, 2)

    def residual(x):
        y = L.Conv2D(16, 1)(L.ReLU()(L.BatchNormalization()(x)))
        y = L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
        return x + L.Conv2D(32, 1)(L.ReLU()(L.BatchNormalization()(y)))

    def level(x, depth):
        skip, y = residual(x), residual(L.MaxPooling2D()(x))
        y = level(y, depth - 1) if depth else residual(y)
        return skip + L.UpSampling2D()(residual(y))

    outputs = []
    for _ in range(2):
        y = cna(residual(level(x, 2)), 32, 1)
        outputs.append(L.Conv2D(16, 1)(y))
        x = x + L.Conv2D(32, 1)(y) + L.Conv2D(32, 1)(outputs[-1])
    return keras.Model(inputs, outputs)


@named("NAFNet block")
def nafnet_split():
    inputs = image(48)
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(5):
        y = L.DepthwiseConv2D(3, padding="same")(L.Conv2D(32, 1)(L.LayerNormalization()(x)))
        a, b = ops.split(y, 2, axis=-1)
        y = a * b
        y = y * L.Conv2D(16, 1)(L.GlobalAveragePooling2D(keepdims=True)(y))
        x = x + L.Conv2D(16, 1)(y)
        a, b = ops.split(L.Conv2D(32, 1)(L.LayerNormalization()(x)), 2, axis=-1)
        x = x + L.Conv2D(16, 1)(a * b)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Darknet residual block", "FPN level", "YOLO head", "Detection head")
def yolo_darknet():
    inputs = image(128)
    x = cna(inputs, 16, act="leaky_relu")
    maps = []
    for width, count in ((32, 1), (64, 2), (64, 4), (64, 2)):
        x = cna(x, width, 3, 2, act="leaky_relu")
        for _ in range(count):
            x = x + cna(cna(x, width // 2, 1, act="leaky_relu"), width, 3, act="leaky_relu")
        maps.append(x)
    return keras.Model(inputs, [L.Conv2D(24, 1)(found) for found in maps[1:]])


@named("FPN level", "Retina head", "RetinaNet head", "Detection head", "Bottleneck", "Classification subnet",
       "Box subnet", "Prediction subnet", "Subnet")  # fmt: skip
def fpn_retina():
    inputs = image(128)
    x = cna(inputs, 32, 7, 4)
    maps = []
    for width in (32, 64, 64, 64):
        x = cna(x, width, 3, 2)
        x = L.ReLU()(x + cna(cna(cna(x, 16, 1), 16, 3), width, 1, act=None))
        maps.append(x)
    top = L.Conv2D(32, 1)(maps.pop())
    pyramid = [top]
    while maps:
        top = L.UpSampling2D()(top) + L.Conv2D(32, 1)(maps.pop())
        pyramid.append(L.Conv2D(32, 3, padding="same")(top))
    outputs = []
    for found in pyramid:
        y = found
        for _ in range(3):
            y = L.Conv2D(32, 3, padding="same", activation="relu")(y)
        outputs.append(L.Conv2D(9, 3, padding="same")(y))
    return keras.Model(inputs, outputs)


@named("PAN level", "Cross-stage partial block", "FPN level", "C3", "Path aggregation level", "Top-down level",
       "Bottom-up level", "PANet level")  # fmt: skip
def pan_neck():
    inputs = [keras.Input((size, size, 32)) for size in (32, 16, 8, 4)]
    x = inputs[-1]
    down = [x]
    for found in inputs[-2::-1]:
        x = L.Concatenate()([L.UpSampling2D()(cna(x, 32, 1)), cna(found, 32, 1)])
        x = cna(cna(x, 32, 1), 32, 3)
        down.append(x)
    outputs = [x]
    for found in down[-2::-1]:
        x = L.Concatenate()([cna(x, 32, 3, 2), found])
        x = cna(cna(x, 32, 1), 32, 3)
        outputs.append(x)
    return keras.Model(inputs, outputs)


@named("Selective feature block", "ESP module")
def espnet():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for _ in range(4):
        y = L.Conv2D(8, 1)(x)
        ways = [L.Conv2D(8, 3, padding="same", dilation_rate=rate)(y) for rate in (1, 2, 4, 8)]
        sums = [ways[0]]
        for way in ways[1:]:
            sums.append(L.Add()([sums[-1], way]))
        x = L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(L.Add()([L.Concatenate()(sums), x])))
    return keras.Model(inputs, L.Conv2D(5, 1)(x))


@named("DCGAN generator level", "DCGAN level", "Transposed convolution block", "Deconvolution block",
       "Fractionally-strided convolution")  # fmt: skip
def dcgan_generator():
    z = keras.Input((64,))
    x = L.Reshape((4, 4, 64))(L.Dense(1024)(z))
    for width in (64, 32, 16, 8):
        y = L.BatchNormalization()(L.Conv2DTranspose(width, 5, 2, padding="same", use_bias=False)(x))
        x = L.LeakyReLU()(y)
    return keras.Model(z, L.Conv2DTranspose(3, 5, 1, padding="same", activation="tanh")(x))


@named("SPADE residual block", "SPADE")
def spade():
    z, m = keras.Input((8, 8, 32)), keras.Input((8, 8, 5))

    def norm(x):
        h = L.Conv2D(16, 3, padding="same", activation="relu")(m)
        scale, shift = L.Conv2D(32, 3, padding="same")(h), L.Conv2D(32, 3, padding="same")(h)
        return L.BatchNormalization(center=False, scale=False)(x) * (1 + scale) + shift

    x = z
    for _ in range(4):
        y = L.Conv2D(32, 3, padding="same")(L.LeakyReLU(0.2)(norm(x)))
        y = L.Conv2D(32, 3, padding="same")(L.LeakyReLU(0.2)(norm(y)))
        x = x + y
    return keras.Model([z, m], L.Conv2D(3, 3, padding="same", activation="tanh")(x))
