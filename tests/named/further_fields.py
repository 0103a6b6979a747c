"""Networks of graphs, points, tables and physics: a second set."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named


@named("Graph attention layer", "GAT layer")
def gat_dense():
    nodes, edges = keras.Input((20, 16)), keras.Input((20, 20))
    x = nodes
    for _ in range(4):
        h = L.Dense(32)(x)
        s, d = L.Dense(1)(h), L.Dense(1)(h)
        e = L.LeakyReLU(0.2)(s + ops.transpose(d, (0, 2, 1)))
        a = ops.softmax(e + (1.0 - edges) * -1e9, axis=-1)
        x = L.ELU()(ops.matmul(L.Dropout(0.5)(a), h))
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named("GCNII layer", "Residual graph convolution", "GCNII block")
def gcnii():
    nodes, edges = keras.Input((20, 16)), keras.Input((20, 20))
    x = first = L.Dense(32, activation="relu")(nodes)
    for _ in range(5):
        y = 0.9 * ops.matmul(edges, x) + 0.1 * first
        x = L.ReLU()(0.5 * y + 0.5 * L.Dense(32, use_bias=False)(y))
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named("Message passing layer", "Message-passing layer", "MPNN layer", "Interaction block")
def mpnn_gru():
    nodes, edges = keras.Input((20, 32)), keras.Input((20, 20))
    x = nodes
    for _ in range(4):
        m = L.Dense(32, activation="relu")(ops.matmul(edges, L.Dense(32)(x)))
        both = L.Concatenate()([m, x])
        z, r = L.Dense(32, activation="sigmoid")(both), L.Dense(32, activation="sigmoid")(both)
        h = L.Dense(32, activation="tanh")(L.Concatenate()([m, r * x]))
        x = (1 - z) * x + z * h
    return keras.Model([nodes, edges], L.Dense(7)(x))


@named("EdgeConv", "EdgeConv layer")
def dgcnn():
    points = keras.Input((64, 3))
    x = points
    for width in (16, 16, 32, 64):
        count = x.shape[1]
        inner = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
        square = ops.sum(x * x, axis=-1, keepdims=True)
        near = -(square - 2 * inner + ops.transpose(square, (0, 2, 1)))
        _, index = ops.top_k(near, 8)
        neighbours = ops.take_along_axis(x[:, None], index[..., None], axis=2)
        centre = ops.broadcast_to(x[:, :, None], (ops.shape(x)[0], count, 8, x.shape[-1]))
        e = L.Concatenate()([centre, neighbours - centre])
        e = L.LeakyReLU(0.2)(L.BatchNormalization()(L.Conv2D(width, 1, use_bias=False)(e)))
        x = ops.max(e, axis=2)
    return keras.Model(points, L.Dense(40)(L.GlobalMaxPooling1D()(x)))


@named("Residual point block", "PointMLP residual block", "Residual MLP block", "Basic block")
def pointmlp():
    points = keras.Input((128, 3))
    x = L.Conv1D(32, 1)(points)
    for _ in range(5):
        y = L.ReLU()(L.BatchNormalization()(L.Conv1D(16, 1)(x)))
        y = L.BatchNormalization()(L.Conv1D(32, 1)(y))
        x = L.ReLU()(x + y)
    return keras.Model(points, L.Dense(40)(L.GlobalMaxPooling1D()(x)))


@named("Point transformer layer", "Vector attention", "Point Transformer block", "Vector attention block")
def point_transformer():
    points, near, places = keras.Input((64, 32)), keras.Input((64, 8, 32)), keras.Input((64, 8, 3))
    x = points
    for _ in range(3):
        y = L.Dense(32)(x)
        q, k, v = L.Dense(32)(y)[:, :, None], L.Dense(32)(near), L.Dense(32)(near)
        p = L.Dense(32)(L.Dense(3, activation="relu")(places))
        w = L.Dense(32)(L.Dense(32, activation="relu")(q - k + p))
        w = ops.softmax(w, axis=2)
        y = ops.sum(w * (v + p), axis=2)
        x = x + L.Dense(32)(y)
    return keras.Model([points, near, places], L.Dense(13)(x))


@named("CGC layer", "Customized gate control", "Progressive layered extraction", "PLE layer",
       "Customised gate control")  # fmt: skip
def ple():
    inputs = keras.Input((32,))
    a = b = s = inputs

    def expert(x):
        return L.Dense(16, activation="relu")(L.Dense(32, activation="relu")(x))

    for _ in range(3):
        ea, eb, es = [expert(a) for _ in range(2)], [expert(b) for _ in range(2)], [expert(s) for _ in range(2)]

        def gated(x, experts):
            g = L.Dense(len(experts), activation="softmax")(x)
            return ops.sum(ops.stack(experts, axis=1) * g[:, :, None], axis=1)

        a, b, s = gated(a, ea + es), gated(b, eb + es), gated(s, ea + eb + es)
    return keras.Model(inputs, [L.Dense(1, activation="sigmoid")(z) for z in (a, b)])


@named("CIN layer", "Compressed interaction network", "Compressed interaction layer", "CIN")
def xdeepfm():
    fields = keras.Input((10, 8))
    x, pooled = fields, []
    for _ in range(4):
        z = ops.einsum("bhd,bmd->bdhm", x, fields)
        z = L.Reshape((8, x.shape[1] * 10))(z)
        x = L.Permute((2, 1))(L.Conv1D(12, 1, activation="relu")(z))
        pooled.append(ops.sum(x, axis=-1))
    return keras.Model(fields, L.Dense(1, activation="sigmoid")(L.Concatenate()(pooled)))


@named("Cross layer", "DCN cross layer")
def dcn_first():
    inputs = keras.Input((24,))
    x = inputs
    for _ in range(4):
        x = inputs * L.Dense(1)(x) + x
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named("Local activation unit", "Activation unit", "DIN attention", "Target attention")
def din():
    target = keras.Input((16,))
    histories = [keras.Input((10, 16)) for _ in range(3)]
    found = []
    for history in histories:
        t = ops.broadcast_to(target[:, None], ops.shape(history))
        both = L.Concatenate()([t, history, t - history, t * history])
        w = L.Dense(1)(L.Dense(16, activation="sigmoid")(L.Dense(32, activation="sigmoid")(both)))
        found.append(ops.sum(w * history, axis=1))
    y = L.Concatenate()([target, *found])
    return keras.Model([target, *histories], L.Dense(1, activation="sigmoid")(L.Dense(32, activation="relu")(y)))


@named("Wide and deep tower", "Tower", "MLP tower", "MLP")
def two_towers():
    inputs = [keras.Input((40,)), keras.Input((40,))]
    outs = []
    for x in inputs:
        for width in (64, 32, 16):
            x = L.Dropout(0.2)(L.BatchNormalization()(L.Dense(width, activation="relu")(x)))
        outs.append(x)
    return keras.Model(inputs, L.Dot(1, normalize=True)(outs))


@named("GFLU", "Gated feature learning unit", "GRU cell")
def gandalf():
    inputs = keras.Input((32,))
    h = x = L.BatchNormalization()(inputs)
    for _ in range(5):
        masked = L.Dense(32, activation="sigmoid", use_bias=False)(x) * x
        both = L.Concatenate()([masked, h])
        z, r = L.Dense(32, activation="sigmoid")(both), L.Dense(32, activation="sigmoid")(both)
        new = L.Dense(32, activation="tanh")(L.Concatenate()([r * h, masked]))
        h = (1 - z) * h + z * new
    return keras.Model(inputs, L.Dense(2)(h))


@named("SIREN layer", "Sine layer")
def siren():
    inputs = keras.Input((2,))
    x = inputs
    for _ in range(5):
        x = ops.sin(30.0 * L.Dense(64)(x))
    return keras.Model(inputs, L.Dense(3)(x))


@named("U-FNO layer", "U-Fourier layer")
def u_fno():
    inputs = keras.Input((32, 32, 16))
    x = inputs
    for _ in range(3):
        re, im = _fft(x)
        f = L.Dense(16)(ops.concatenate([re, im], axis=-1))
        u = L.Conv2D(16, 3, 2, padding="same", activation="relu")(x)
        u = L.Conv2D(16, 3, padding="same")(L.UpSampling2D()(u))
        x = L.Activation("gelu")(f + L.Conv2D(16, 1)(x) + u)
    return keras.Model(inputs, L.Dense(1)(x))


def _fft(x):
    x = ops.transpose(x, (0, 3, 1, 2))
    re, im = ops.fft2((x, ops.zeros_like(x)))
    return ops.transpose(re, (0, 2, 3, 1)), ops.transpose(im, (0, 2, 3, 1))


@named("Dueling stream", "Dueling streams", "NoisyNet layer", "MLP", "Stream")
def rainbow():
    inputs = keras.Input((84, 84, 4))
    x = L.Conv2D(32, 8, 4, activation="relu")(inputs)
    x = L.Conv2D(64, 4, 2, activation="relu")(x)
    x = L.Flatten()(L.Conv2D(64, 3, activation="relu")(x))
    v = L.Dense(1)(L.Dense(128, activation="relu")(x))
    a = L.Dense(6)(L.Dense(128, activation="relu")(x))
    return keras.Model(inputs, v + a - ops.mean(a, axis=-1, keepdims=True))


@named("SchNet interaction block", "Interaction block", "Interaction layer", "Continuous-filter convolution block",
       "Continuous-filter convolution")  # fmt: skip
def schnet():
    atoms, distances = keras.Input((12, 32)), keras.Input((12, 12, 20))
    x = atoms
    for _ in range(3):
        w = L.Dense(32, activation="softplus")(L.Dense(32, activation="softplus")(distances))
        y = L.Dense(32, use_bias=False)(x)
        y = ops.sum(w * y[:, None], axis=2)
        x = x + L.Dense(32)(L.Dense(32, activation="softplus")(y))
    return keras.Model([atoms, distances], L.Dense(1)(x))
