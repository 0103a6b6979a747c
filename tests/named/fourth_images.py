"""Networks of images, videos and volumes: a fourth set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named
from .further_vision import ln, mlp
from .vision import cna, finish, image


def squeeze(x, width, act="relu"):
    y = L.GlobalAveragePooling2D(keepdims=True)(x)
    y = L.Conv2D(x.shape[-1], 1, activation="sigmoid")(L.Conv2D(width, 1, activation=act)(y))
    return L.Multiply()([x, y])


@named("Bottleneck with dropout", "ENet bottleneck", "Bottleneck")
def enet():
    inputs = image()
    x = cna(inputs, 32)
    for rate in (1, 2, 4, 8):
        y = L.PReLU(shared_axes=(1, 2))(L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False)(x)))
        y = L.Conv2D(8, 3, padding="same", dilation_rate=rate)(y)
        y = L.PReLU(shared_axes=(1, 2))(L.BatchNormalization()(y))
        y = L.SpatialDropout2D(0.1)(L.BatchNormalization()(L.Conv2D(32, 1, use_bias=False)(y)))
        x = L.PReLU(shared_axes=(1, 2))(L.Add()([x, y]))
    return finish(inputs, x)


@named("Dynamic convolution", "Dynamic convolution layer", "Dynamic convolution block", "Conditional convolution")
def dynamic_convolution():
    inputs = image()
    x = cna(inputs, 16)
    for _ in range(4):
        weights = L.Dense(4, activation="softmax")(L.Dense(4, activation="relu")(L.GlobalAveragePooling2D()(x)))
        kernels = [L.Conv2D(16, 3, padding="same")(x) for _ in range(4)]
        y = sum(kernel * weights[:, None, None, n : n + 1] for n, kernel in enumerate(kernels))
        x = L.ReLU()(L.BatchNormalization()(y))
    return finish(inputs, x)


@named("UniRepLKNet block", "LarK block", "ConvNeXt V2 block", "ConvNeXt block",
       "ConvNeXt block with squeeze-and-excitation")  # fmt: skip
def uni_rep_lk():
    inputs = image()
    x = L.Conv2D(32, 4, 4)(inputs)
    for _ in range(4):
        y = L.BatchNormalization()(L.DepthwiseConv2D(13, padding="same", use_bias=False)(x))
        y = squeeze(y, 8)
        y = L.Dense(128, activation="gelu")(y)
        x = x + L.BatchNormalization()(L.Dense(32, use_bias=False)(y))
    return finish(inputs, x)


@named("EfficientViT block", "Cascaded group attention block", "Cascaded group attention")
def cascaded_groups():
    inputs = image()
    x = L.Conv2D(32, 4, 4)(inputs)
    x = L.Reshape((64, 32))(x)
    for _ in range(3):
        parts, outs, carried = ops.split(x, 4, axis=-1), [], None
        for part in parts:
            part = part if carried is None else part + carried
            q, k, v = L.Dense(8)(part), L.Dense(8)(part), L.Dense(8)(part)
            carried = ops.matmul(ops.softmax(ops.matmul(q, ops.swapaxes(k, 1, 2)) / 8**0.5), v)
            outs.append(carried)
        x = x + L.Dense(32)(L.ReLU()(L.Concatenate()(outs)))
        x = mlp(x, 2, "relu")
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("Trident block", "TridentNet block")
def trident():
    inputs = image()
    x = cna(inputs, 32)
    for _ in range(3):
        reduce, middle, expand = (
            L.Conv2D(8, 1),
            [L.Conv2D(8, 3, padding="same", dilation_rate=d) for d in (1, 2, 3)],
            L.Conv2D(32, 1),
        )
        ways = []
        for convolution in middle:
            y = L.ReLU()(L.BatchNormalization()(reduce(x)))
            y = L.ReLU()(L.BatchNormalization()(convolution(y)))
            ways.append(L.ReLU()(x + L.BatchNormalization()(expand(y))))
        x = L.Average()(ways)
    return finish(inputs, x)


@named("CSPNeXt block", "CSPNeXt layer", "Residual separable block", "Residual block")
def rtmdet_backbone():
    inputs = image(64)
    x = cna(inputs, 16, 3, 2, "silu")
    for width in (16, 32):
        x = cna(x, width, 3, 2, "silu")
        for _ in range(3):
            y = cna(x, width, 3, 1, "silu")
            y = L.Activation("silu")(L.BatchNormalization()(L.DepthwiseConv2D(5, padding="same", use_bias=False)(y)))
            x = L.Add()([x, cna(y, width, 1, 1, "silu")])
    return finish(inputs, x)


@named("MedNeXt block", "ConvNeXt block")
def mednext():
    inputs = keras.Input((16, 16, 16, 1))
    x = L.Conv3D(8, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.GroupNormalization(8)(L.Conv3D(8, 3, padding="same", groups=8)(x))
        x = L.Add()([x, L.Conv3D(8, 1)(L.Activation("gelu")(L.Conv3D(32, 1)(y)))])
    return keras.Model(inputs, L.Conv3D(2, 1)(x))


@named("SegResNet block", "Pre-activation basic block", "Residual block", "Pre-activation residual block")
def seg_res_net_3d():
    inputs = keras.Input((16, 16, 16, 2))
    x = L.Conv3D(8, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.Conv3D(8, 3, padding="same", use_bias=False)(L.ReLU()(L.GroupNormalization(4)(x)))
        y = L.Conv3D(8, 3, padding="same", use_bias=False)(L.ReLU()(L.GroupNormalization(4)(y)))
        x = x + y
    return keras.Model(inputs, L.Conv3D(2, 1)(x))


@named("Channel-separated bottleneck", "CSN bottleneck", "X3D block", "Inverted residual", "ir-CSN bottleneck")
def channel_separated():
    inputs = keras.Input((8, 16, 16, 3))
    x = L.Conv3D(32, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(8, 1)(x)))
        y = L.ReLU()(L.BatchNormalization()(L.Conv3D(8, 3, padding="same", groups=8)(y)))
        y = L.BatchNormalization()(L.Conv3D(32, 1)(y))
        x = L.ReLU()(x + y)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling3D()(x)))


@named("Criss-cross attention", "Criss-cross attention block", "Recurrent criss-cross attention",
       "Axial attention layer")  # fmt: skip
def criss_cross():
    inputs = image()
    x = cna(inputs, 16, 3, 2)
    for _ in range(3):
        q, k, v = L.Conv2D(4, 1)(x), L.Conv2D(4, 1)(x), L.Conv2D(16, 1)(x)
        along = ops.einsum("bhwc,bhuc->bhwu", q, k)
        down = ops.einsum("bhwc,bvwc->bhwv", q, k)
        a = ops.softmax(ops.concatenate([along, down], -1), -1)
        y = ops.einsum("bhwu,bhuc->bhwc", a[..., :16], v) + ops.einsum("bhwv,bvwc->bhwc", a[..., 16:], v)
        x = x + 0.5 * y
    return finish(inputs, x)


@named("Thinned U-shape module", "TUM", "Hourglass module", "U-shape module")
def m2det():
    inputs = image(64)
    x = cna(inputs, 16)
    for _ in range(3):
        y = cna(x, 16, 1)
        a = cna(y, 16, 3, 2)
        b = cna(a, 16, 3, 2)
        u = L.Add()([L.UpSampling2D()(cna(b, 16)), a])
        x = cna(L.Add()([L.UpSampling2D()(cna(u, 16)), y]), 16, 1)
    return finish(inputs, x)


@named("Recursive block", "Recursive residual block", "Residual unit", "Pre-activation basic block")
def drrn():
    inputs = keras.Input((32, 32, 1))
    x = L.Conv2D(16, 3, padding="same")(inputs)
    h = x
    for _ in range(4):
        y = L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        y = L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
        x = h + y
    return keras.Model(inputs, inputs + L.Conv2D(1, 3, padding="same")(x))


@named("Residual block with channel attention", "Residual channel attention block", "SE basic block",
       "Second-order channel attention block", "Second-order attention block")  # fmt: skip
def second_order():
    inputs = image()
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(4):
        y = L.Conv2D(16, 3, padding="same")(L.Conv2D(16, 3, padding="same", activation="relu")(x))
        centred = y - ops.mean(y, axis=(1, 2), keepdims=True)
        flat = L.Reshape((1024, 16))(centred)
        covariance = ops.matmul(ops.swapaxes(flat, 1, 2), flat) / 1024
        w = L.Dense(16, activation="sigmoid")(L.Dense(4, activation="relu")(ops.mean(covariance, axis=1)))
        x = x + y * w[:, None, None, :]
    return keras.Model(inputs, L.Conv2D(3, 3, padding="same")(x))


@named("Residual non-local block", "Non-local block", "Non-local module")
def non_local_bottleneck():
    inputs = image()
    x = cna(inputs, 32, 3, 2)
    for _ in range(3):
        theta, phi, g = (L.Reshape((256, 16))(L.Conv2D(16, 1)(x)) for _ in range(3))
        a = L.Softmax()(L.Dot((2, 2))([theta, phi]))
        y = L.Reshape((16, 16, 16))(L.Dot((2, 1))([a, g]))
        x = L.Add()([x, L.BatchNormalization()(L.Conv2D(32, 1)(y))])
        x = cna(x, 32)
    return finish(inputs, x)


@named("SAGAN block", "Residual block, up", "BigGAN residual block", "Residual up block")
def conditional_gan():
    z, label = keras.Input((64,)), keras.Input((32,))
    x = L.Reshape((4, 4, 32))(L.Dense(512)(z))
    for _ in range(3):
        y = L.BatchNormalization(center=False, scale=False)(x)
        y = y * (1 + L.Dense(32)(label)[:, None, None]) + L.Dense(32)(label)[:, None, None]
        y = L.Conv2D(32, 3, padding="same")(L.UpSampling2D()(L.ReLU()(y)))
        y = L.BatchNormalization(center=False, scale=False)(y)
        y = y * (1 + L.Dense(32)(label)[:, None, None]) + L.Dense(32)(label)[:, None, None]
        y = L.Conv2D(32, 3, padding="same")(L.ReLU()(y))
        x = L.Add()([y, L.Conv2D(32, 1)(L.UpSampling2D()(x))])
    return keras.Model([z, label], L.Conv2D(3, 3, padding="same", activation="tanh")(x))


@named("Upsampling block", "Sub-pixel convolution", "Upsampling level", "Upsampling level, sub-pixel")
def ssim_upsampler():
    inputs = keras.Input((16, 16, 32))
    x = inputs
    for _ in range(3):
        x = L.Conv2D(128, 3, padding="same")(x)
        x = ops.reshape(x, (-1, *x.shape[1:3], 2, 2, 32))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(x, (-1, 2 * x.shape[1], 2 * x.shape[3], 32))
        x = L.PReLU(shared_axes=(1, 2))(x)
    return keras.Model(inputs, L.Conv2D(3, 9, padding="same")(x))


@named("U-Net up level", "Full-scale aggregation", "U-Net up level with dropout", "R2U-Net up level")
def separable_unet():
    inputs = image(64)
    x, skips = inputs, []
    for width in (8, 16, 32):
        for _ in range(2):
            x = L.ReLU()(L.BatchNormalization()(L.SeparableConv2D(width, 3, padding="same")(x)))
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = cna(x, 64)
    for width in (32, 16, 8):
        x = L.Concatenate()([L.UpSampling2D()(x), skips.pop()])
        for _ in range(2):
            x = L.ReLU()(L.BatchNormalization()(L.SeparableConv2D(width, 3, padding="same")(x)))
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@named("Bottleneck", "ResNet-D bottleneck", "SE bottleneck")
def resnet_d_se():
    inputs = image()
    x = cna(inputs, 16)
    for width in (8, 16, 32):
        for place in range(2):
            y = cna(cna(x, width, 1), width, 3, 2 if place == 0 else 1)
            y = squeeze(cna(y, 4 * width, 1, 1, None), width)
            skip = cna(L.AveragePooling2D(2)(x), 4 * width, 1, 1, None) if place == 0 else x
            x = L.ReLU()(y + skip)
    return finish(inputs, x)


@named("Conditional positional encoding block", "Encoder layer", "CPVT layer", "Transformer layer",
       "Encoder layer with positional encoding", "CMT block")  # fmt: skip
def conditional_positions():
    inputs = image()
    x = L.Reshape((64, 32))(L.Conv2D(32, 4, 4)(inputs))
    for _ in range(4):
        grid = L.Reshape((8, 8, 32))(x)
        x = x + L.Reshape((64, 32))(L.DepthwiseConv2D(3, padding="same")(grid))
        x = x + L.MultiHeadAttention(4, 8)(ln()(x), ln()(x))
        x = mlp(x)
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


@named("Encoder layer with adapters", "Adapter layer", "Encoder layer", "Transformer layer with adapters",
       "Transformer layer")  # fmt: skip
def adapters():
    inputs = keras.Input((32, 48))
    x = inputs
    for _ in range(4):
        y = L.MultiHeadAttention(4, 12)(x, x)
        y = y + L.Dense(48)(L.Dense(8, activation="gelu")(y))
        x = ln()(x + y)
        y = L.Dense(48)(L.Dense(192, activation="gelu")(x))
        y = y + L.Dense(48)(L.Dense(8, activation="gelu")(y))
        x = ln()(x + y)
    return keras.Model(inputs, x)
