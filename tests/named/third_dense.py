"""Networks that segment, restore, generate and detect: a third set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln
from .vision import cna, image

U_NET = ("U-Net down level", "U-Net up level", "U-Net encoder level", "U-Net decoder level")


@named("BigGAN residual block", "Residual block, up", "Class-conditional residual block")
def biggan():
    z = keras.Input((64,))
    x = L.Reshape((4, 4, 64))(L.Dense(1024)(z))

    def conditional(x):
        width = x.shape[-1]
        g, b = L.Dense(width, use_bias=False)(z), L.Dense(width, use_bias=False)(z)
        return L.BatchNormalization(center=False, scale=False)(x) * (1 + g[:, None, None]) + b[:, None, None]

    for width in (64, 48, 32, 16):
        y = L.Conv2D(width, 3, padding="same")(L.UpSampling2D()(ops.relu(conditional(x))))
        y = L.Conv2D(width, 3, padding="same")(ops.relu(conditional(y)))
        x = y + L.Conv2D(width, 1)(L.UpSampling2D()(x))
    return keras.Model(z, L.Conv2D(3, 3, padding="same", activation="tanh")(x))


@named("Residual block, down", "GAN discriminator block", "BigGAN discriminator block", "SN-GAN residual block")
def gan_critic():
    inputs = image(64)
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for width in (16, 32, 48, 64):
        y = L.Conv2D(width, 3, padding="same")(L.ReLU()(x))
        y = L.Conv2D(width, 3, padding="same")(L.ReLU()(y))
        x = L.AveragePooling2D(2)(y) + L.AveragePooling2D(2)(L.Conv2D(width, 1)(x))
    return keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling2D()(L.ReLU()(x))))


@named("PatchGAN level", "PatchGAN block", "DCGAN discriminator level", "Strided convolution")
def patch_gan():
    source, target = image(64), image(64)
    x = L.Concatenate()([source, target])
    for width in (32, 64, 128, 256):
        x = L.LeakyReLU(0.2)(L.GroupNormalization(-1)(L.Conv2D(width, 4, 2, padding="same")(x)))
    return keras.Model([source, target], L.Conv2D(1, 4, padding="same")(x))


@named("Gated convolution", "Gated convolutional layer")
def inpainting():
    inputs = keras.Input((64, 64, 4))
    x = inputs
    for width, stride, rate in ((16, 1, 1), (32, 2, 1), (32, 1, 1), (64, 2, 1), (64, 1, 2), (64, 1, 4), (64, 1, 1)):
        f = L.Conv2D(width, 3, stride, padding="same", dilation_rate=rate)(x)
        g = L.Conv2D(width, 3, stride, padding="same", dilation_rate=rate)(x)
        x = L.ELU()(f) * ops.sigmoid(g)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(L.UpSampling2D(4)(x)))


@named("Memory block", "MemNet block")
def memnet():
    inputs = image(32)
    x = L.Conv2D(16, 3, padding="same")(inputs)
    long = [x]
    for _ in range(4):
        short = []
        for _ in range(3):
            y = L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
            x = x + L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
            short.append(x)
        x = L.Conv2D(16, 1)(L.Concatenate()([*short, *long]))
        long.append(x)
    return keras.Model(inputs, inputs + L.Conv2D(3, 3, padding="same")(x))


@named("Residual feature distillation block", "RFDB", "Feature distillation block",
       "Residual feature distillation")  # fmt: skip
def rfdn():
    inputs = image(32)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(4):
        y, kept = x, []
        for _ in range(3):
            kept.append(L.LeakyReLU(0.05)(L.Conv2D(16, 1)(y)))
            y = L.LeakyReLU(0.05)(L.Conv2D(32, 3, padding="same")(y) + y)
        kept.append(L.LeakyReLU(0.05)(L.Conv2D(16, 3, padding="same")(y)))
        y = L.Conv2D(32, 1)(L.Concatenate()(kept))
        s = L.Conv2D(32, 1, activation="sigmoid")(L.Conv2D(8, 1, activation="relu")(ops.mean(y, (1, 2), True)))
        x = x + y * s
    return keras.Model(inputs, ops.nn.depth_to_space(L.Conv2D(12, 3, padding="same")(x), 2)
                       if hasattr(ops.nn, "depth_to_space") else L.Conv2D(3, 3, padding="same")(x))  # fmt: skip


@named("Pixel attention block", "Self-calibrated block with pixel attention", "SC-PA block")
def pixel_attention():
    inputs = image(32)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(5):
        a, b = L.Conv2D(16, 1)(x), L.Conv2D(16, 1)(x)
        b = L.Conv2D(16, 3, padding="same")(b) * L.Conv2D(16, 1, activation="sigmoid")(b)
        b = L.LeakyReLU(0.2)(L.Conv2D(16, 3, padding="same")(b))
        a = L.LeakyReLU(0.2)(L.Conv2D(16, 3, padding="same")(a))
        x = x + L.Conv2D(32, 1)(L.Concatenate()([a, b]))
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Half instance normalisation block", "HIN block")
def hinet():
    inputs = image(32)
    x = L.Conv2D(32, 3, padding="same")(inputs)
    for _ in range(5):
        y = L.Conv2D(32, 3, padding="same")(x)
        a, b = ops.split(y, 2, axis=-1)
        y = L.LeakyReLU(0.2)(L.Concatenate()([L.GroupNormalization(-1)(a), b]))
        y = L.LeakyReLU(0.2)(L.Conv2D(32, 3, padding="same")(y))
        x = y + L.Conv2D(32, 1)(x)
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Residual channel attention block", "Channel attention block", "CAB")
def mprnet():
    inputs = image(32)
    x = L.Conv2D(24, 3, padding="same")(inputs)
    for _ in range(8):
        y = L.Conv2D(24, 3, padding="same", use_bias=False)(L.PReLU(shared_axes=[1, 2])(
            L.Conv2D(24, 3, padding="same", use_bias=False)(x)))  # fmt: skip
        s = L.GlobalAveragePooling2D(keepdims=True)(y)
        s = L.Conv2D(24, 1, use_bias=False)(L.ReLU()(L.Conv2D(6, 1, use_bias=False)(s)))
        x = x + y * ops.sigmoid(s)
    return keras.Model(inputs, inputs + L.Conv2D(3, 3, padding="same")(x))


@named("Convolutional layer", "DnCNN layer", "Convolution block", "Convolution, normalisation, activation")
def dncnn():
    inputs = image(32)
    x = L.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    for _ in range(12):
        x = L.ReLU()(L.BatchNormalization()(L.Conv2D(32, 3, padding="same", use_bias=False)(x)))
    return keras.Model(inputs, inputs - L.Conv2D(3, 3, padding="same")(x))


@named("Residual block", "Pre-activation basic block", "SegResNet block", "ResBlock")
def seg_res_net():
    inputs = keras.Input((32, 32, 32, 2))
    x = L.Conv3D(8, 3, padding="same")(inputs)
    skips = []

    def block(x):
        width = x.shape[-1]
        y = L.Conv3D(width, 3, padding="same")(L.ReLU()(L.GroupNormalization(4)(x)))
        return x + L.Conv3D(width, 3, padding="same")(L.ReLU()(L.GroupNormalization(4)(y)))

    for width in (16, 32, 64):
        x = block(block(x))
        skips.append(x)
        x = L.Conv3D(width, 3, 2, padding="same")(x)
    x = block(block(block(x)))
    for skip in reversed(skips):
        x = L.UpSampling3D()(L.Conv3D(skip.shape[-1], 1)(x)) + skip
        x = block(x)
    return keras.Model(inputs, L.Conv3D(4, 1, activation="softmax")(x))


@named(*U_NET, "nnU-Net level", "Convolutional block", "VGG block")
def nn_unet():
    inputs = keras.Input((32, 32, 32, 1))
    x, skips = inputs, []

    def stage(x, width, stride=1):
        for place in range(2):
            x = L.Conv3D(width, 3, stride if place == 0 else 1, padding="same")(x)
            x = L.LeakyReLU(0.01)(L.GroupNormalization(-1)(x))
        return x

    for place, width in enumerate((8, 16, 32, 48)):
        x = stage(x, width, 1 if place == 0 else 2)
        skips.append(x)
    x = stage(x, 64, 2)
    for skip in reversed(skips):
        x = L.Conv3DTranspose(skip.shape[-1], 2, 2)(x)
        x = stage(L.Concatenate()([x, skip]), skip.shape[-1])
    return keras.Model(inputs, L.Conv3D(3, 1, activation="softmax")(x))


@named(*U_NET, "Attention U-Net up level", "Swin block", "Encoder layer", "Decoder block", "UNETR decoder level",
       "TransUNet decoder level")  # fmt: skip
def trans_unet():
    inputs = image(64)
    a = cna(inputs, 16, 3, 2)
    b = cna(a, 32, 3, 2)
    c = cna(b, 48, 3, 2)
    x = L.Reshape((64, 48))(c)
    for _ in range(4):
        y = ln()(x)
        x = x + L.MultiHeadAttention(4, 12)(y, y)
        x = x + L.Dense(48)(L.Dense(192, activation="gelu")(ln()(x)))
    x = L.Reshape((8, 8, 48))(x)
    for skip in (b, a, inputs):
        x = L.Concatenate()([L.UpSampling2D(interpolation="bilinear")(x), skip])
        x = cna(cna(x, 32), 32)
    return keras.Model(inputs, L.Conv2D(5, 1)(x))


@named("Residual cell", "NVAE cell", "Inverted residual", "Inverted residual with squeeze-and-excitation", "MBConv")
def nvae_decoder():
    z = keras.Input((8, 8, 16))
    x = L.Conv2D(32, 3, padding="same")(z)
    for _ in range(5):
        y = L.Conv2D(192, 1)(L.BatchNormalization()(x))
        y = L.Activation("silu")(L.BatchNormalization()(y))
        y = L.Activation("silu")(L.BatchNormalization()(L.DepthwiseConv2D(5, padding="same")(y)))
        y = L.BatchNormalization()(L.Conv2D(32, 1)(y))
        s = L.Dense(32, activation="sigmoid")(L.Dense(8, activation="relu")(L.GlobalAveragePooling2D()(y)))
        x = x + y * s[:, None, None]
    return keras.Model(z, L.Conv2D(3, 3, padding="same")(x))


@named("Residual block", "VQ-VAE residual block", "Residual stack layer")
def vq_vae_encoder():
    inputs = image(32)
    x = L.Conv2D(32, 4, 2, padding="same", activation="relu")(inputs)
    x = L.Conv2D(64, 4, 2, padding="same", activation="relu")(x)
    for _ in range(4):
        y = L.Conv2D(32, 3, padding="same", use_bias=False)(L.ReLU()(x))
        x = x + L.Conv2D(64, 1, use_bias=False)(L.ReLU()(y))
    return keras.Model(inputs, L.Conv2D(16, 1)(L.ReLU()(x)))


@named("Diffusion residual block", "Spatial transformer", *U_NET)
def latent_diffusion():
    latent, step, text = keras.Input((16, 16, 4)), keras.Input((32,)), keras.Input((8, 48))
    t = L.Dense(64, activation="silu")(L.Dense(64, activation="silu")(step))
    x = L.Conv2D(32, 3, padding="same")(latent)

    def residual(x):
        width = x.shape[-1]
        y = L.Conv2D(width, 3, padding="same")(ops.silu(L.GroupNormalization(8)(x)))
        y = y + L.Dense(width)(ops.silu(t))[:, None, None]
        y = L.Conv2D(width, 3, padding="same")(L.Dropout(0.1)(ops.silu(L.GroupNormalization(8)(y))))
        return x + y

    def transformer(x):
        width, size = x.shape[-1], x.shape[1]
        y = L.Reshape((size * size, width))(L.Conv2D(width, 1)(L.GroupNormalization(8)(x)))
        n = ln()(y)
        y = y + L.MultiHeadAttention(4, 8)(n, n)
        y = y + L.MultiHeadAttention(4, 8)(ln()(y), text)
        g, v = ops.split(L.Dense(8 * width)(ln()(y)), 2, axis=-1)
        y = y + L.Dense(width)(v * ops.gelu(g))
        return x + L.Conv2D(width, 1)(L.Reshape((size, size, width))(y))

    for _ in range(4):
        x = transformer(residual(x))
    return keras.Model([latent, step, text], L.Conv2D(4, 3, padding="same")(ops.silu(L.GroupNormalization(8)(x))))


@named("Flux single-stream block", "Single-stream block", "Parallel layer", "Parallel DiT block",
       "Single-stream DiT block", "DiT block")  # fmt: skip
def flux_single():
    pixels, c = keras.Input((64, 48)), keras.Input((48,))
    x = pixels
    for _ in range(5):
        shift, scale, gate = (each[:, None] for each in ops.split(L.Dense(144)(ops.silu(c)), 3, axis=-1))
        y = L.LayerNormalization(center=False, scale=False)(x) * (1 + scale) + shift
        a = L.MultiHeadAttention(4, 12)(y, y)
        h = L.Dense(192, activation="gelu")(y)
        x = x + gate * L.Dense(48)(L.Concatenate()([a, h]))
    return keras.Model([pixels, c], L.Dense(16)(x))


@named("WaveGlow coupling", "Affine coupling", "Affine coupling layer", "Coupling layer")
def maf_coupling():
    inputs = keras.Input((16,))
    x = inputs
    for place in range(6):
        a, b = ops.split(x, 2, axis=-1)
        a, b = (a, b) if place % 2 else (b, a)
        h = L.Dense(64, activation="relu")(L.Dense(64, activation="relu")(a))
        s, t = L.Dense(8, activation="tanh")(h), L.Dense(8)(h)
        x = ops.concatenate([a, b * ops.exp(s) + t], axis=-1)
    return keras.Model(inputs, x)


@named("C2fCIB", "Compact inverted block", "CIB")
def yolo_cib():
    inputs = image(64)
    x = cna(inputs, 48, 3, 2, "silu")
    for _ in range(4):

        def dw(z, k=3):
            return L.Activation("silu")(L.BatchNormalization()(L.DepthwiseConv2D(k, padding="same")(z)))

        y = dw(cna(dw(cna(dw(x), 96, 1, act="silu"), 7), 48, 1, act="silu"))
        x = x + y
    return keras.Model(inputs, L.Conv2D(24, 1)(x))


@named("C3", "C3 module", "Cross-stage partial block", "CSP layer", "CSP bottleneck", "Bottleneck",
       "Darknet residual block")  # fmt: skip
def yolov5():
    inputs = image(64)
    x = cna(inputs, 16, 6, 2, "silu")
    for width, count in ((32, 1), (48, 2), (64, 3)):
        x = cna(x, width, 3, 2, "silu")
        a, b = cna(x, width // 2, 1, act="silu"), cna(x, width // 2, 1, act="silu")
        for _ in range(count):
            a = a + cna(cna(a, width // 2, 1, act="silu"), width // 2, 3, act="silu")
        x = cna(L.Concatenate()([a, b]), width, 1, act="silu")
    return keras.Model(inputs, L.Conv2D(24, 1)(x))


@named("DETR decoder layer", "Decoder layer", "Transformer decoder layer")
def detr_decoder():
    memory, places = keras.Input((64, 48)), keras.Input((64, 48))
    queries = keras.Input((20, 48))
    x = ops.zeros_like(queries)
    for _ in range(4):
        q = x + queries
        x = L.LayerNormalization()(x + L.Dropout(0.1)(L.MultiHeadAttention(4, 12)(q, x, q)))
        y = L.MultiHeadAttention(4, 12)(x + queries, memory, memory + places)
        x = L.LayerNormalization()(x + L.Dropout(0.1)(y))
        x = L.LayerNormalization()(x + L.Dropout(0.1)(L.Dense(48)(L.Dense(128, activation="relu")(x))))
    return keras.Model([memory, places, queries], L.Dense(10)(x))


@named("ASFF", "Adaptive feature fusion", "Adaptively spatial feature fusion")
def asff():
    maps = [keras.Input((16, 16, 32)) for _ in range(3)]
    x = maps
    for _ in range(3):
        out = []
        for _ in range(2):
            weights = ops.softmax(L.Conv2D(3, 1)(L.Concatenate()([cna(m, 8, 1) for m in x])), axis=-1)
            fused = sum(m * weights[..., n : n + 1] for n, m in enumerate(x))
            out.append(cna(fused, 32, 3))
        x = [*out, x[-1]]
    return keras.Model(maps, L.Conv2D(24, 1)(x[0]))


@named("Depthwise separable", "RetinaNet head", "Prediction head", "Anchor-wise head", "Detection head",
       "FCOS head", "SSD head",
       "Decoupled head")  # fmt: skip
def ssd_lite_heads():
    maps = [keras.Input((s, s, 32)) for s in (32, 16, 8, 4)]
    outs = []
    for m in maps:
        for channels in (24, 16):
            y = L.ReLU()(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(m)))
            outs.append(L.Reshape((-1, 4))(L.Conv2D(channels, 1)(y)))
    return keras.Model(maps, outs)


@named("Attention refinement module", "Bilateral fusion", "Feature fusion module")
def bisenet_arm():
    maps = [keras.Input((32, 32, w)) for w in (16, 32, 48)]
    outs = []
    for m in maps:
        y = cna(m, 32)
        s = ops.mean(y, (1, 2), keepdims=True)
        s = ops.sigmoid(L.BatchNormalization()(L.Conv2D(32, 1, use_bias=False)(s)))
        outs.append(y * s)
    return keras.Model(maps, L.Conv2D(19, 1)(outs[0] + outs[1] + outs[2]))


@named("Progressive GAN level", "Progressive growing level", "ProGAN block", "Upsampling level",
       "Generator level")  # fmt: skip
def progressive_generator():
    z = keras.Input((64,))
    x = L.Reshape((4, 4, 64))(L.Dense(1024)(z))
    for width in (64, 48, 32, 16):
        x = L.UpSampling2D()(x)
        for _ in range(2):
            x = L.LeakyReLU(0.2)(L.Conv2D(width, 3, padding="same")(x))
            x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)
    return keras.Model(z, L.Conv2D(3, 1)(x))


@named("Cascade fusion", "Joint pyramid upsampling", "Multi-scale context aggregation", "Dilated convolution",
       "Dilated residual block", "Context layer")  # fmt: skip
def dilated_context():
    inputs = image(64)
    x = cna(inputs, 32, 3, 2)
    for rate in (1, 2, 4, 8, 16, 1):
        x = L.Conv2D(32, 3, padding="same", dilation_rate=rate, activation="relu")(x)
    return keras.Model(inputs, L.Conv2D(19, 1)(x))
