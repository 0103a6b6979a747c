"""Networks of graphs, points, recommendation, tables and physics."""
# mypy: ignore-errors

import keras
from keras import layers as L
from keras import ops

from . import named

PAIR = ((32, 16), (32, 32))  # features of the nodes, adjacency


@named("Graph convolution", "GCN layer", "Graph convolution layer", "Graph convolutional layer")
def gcn():
    x, a = nodes, adjacency = keras.Input(PAIR[0]), keras.Input(PAIR[1])
    for _ in range(4):
        x = L.Dropout(0.5)(L.ReLU()(L.Dot(axes=(2, 1))([a, L.Dense(32, use_bias=False)(x)])))
    return keras.Model([nodes, adjacency], L.Dense(7, activation="softmax")(x))


@named("GIN layer", "Graph isomorphism layer", "Message passing layer")
def gin():
    nodes, a = keras.Input((32, 32)), keras.Input(PAIR[1])
    x = nodes
    for _ in range(4):
        y = L.Add()([x, ops.matmul(a, x)])
        y = L.Dense(32, activation="relu")(L.BatchNormalization()(L.Dense(32)(y)))
        x = L.ReLU()(L.BatchNormalization()(y))
    return keras.Model([nodes, a], L.Dense(2)(ops.sum(x, axis=1)))


@named("GraphSAGE layer", "Message passing layer", "SAGE layer")
def graph_sage():
    nodes, a = keras.Input(PAIR[0]), keras.Input(PAIR[1])
    x = nodes
    for _ in range(4):
        y = L.Concatenate()([x, L.Dot(axes=(2, 1))([a, x])])
        x = L.UnitNormalization()(L.Dense(32, activation="relu")(y))
    return keras.Model([nodes, a], L.Dense(7)(x))


@named("Cross layer", "DCN cross layer", "Fully connected layer")
def dcn_v2():
    inputs = keras.Input((64,))
    x = inputs
    for _ in range(5):
        x = inputs * L.Dense(64)(x) + x
    deep = inputs
    for _ in range(3):
        deep = L.Dropout(0.2)(L.Dense(64, activation="relu")(deep))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(L.Concatenate()([x, deep])))


@named("Expert", "Task tower", "Tower", "Gate", "Expert network", "Mixture of experts", "Multi-gate mixture of experts")
def mmoe():
    inputs = keras.Input((64,))
    found = [L.Dense(32, activation="relu")(L.Dense(64, activation="relu")(inputs)) for _ in range(4)]
    stacked = L.Lambda(lambda t: ops.stack(t, axis=1), output_shape=(4, 32))(found)
    outputs = []
    for _ in range(3):
        gate = L.Reshape((4, 1))(L.Dense(4, activation="softmax")(inputs))
        y = ops.sum(stacked * gate, axis=1)
        outputs.append(L.Dense(1, activation="sigmoid")(L.Dense(16, activation="relu")(y)))
    return keras.Model(inputs, outputs)


@named("Interacting layer")
def autoint():
    inputs = keras.Input((20,), dtype="int32")
    x = L.Embedding(1000, 16)(inputs)
    for _ in range(4):
        y = L.MultiHeadAttention(2, 16, output_shape=32)(x, x)
        x = L.ReLU()(L.Add()([y, L.Dense(32, use_bias=False)(x)]))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(L.Flatten()(x)))


@named("Feed-forward with shortcut", "Residual MLP block", "Tabular ResNet block", "Feed-forward residual block")
def tabular_resnet():
    inputs = keras.Input((30,))
    x = L.Dense(64)(inputs)
    for _ in range(6):
        y = L.Dropout(0.2)(L.Dense(128, activation="relu")(L.BatchNormalization()(x)))
        x = x + L.Dropout(0.1)(L.Dense(64)(y))
    return keras.Model(inputs, L.Dense(1)(L.ReLU()(L.BatchNormalization()(x))))


@named("Decoder-only layer", "SASRec block", "Transformer layer")
def sasrec():
    inputs = keras.Input((50,), dtype="int32")
    x = L.Dropout(0.2)(L.Embedding(1000, 32)(inputs))
    for _ in range(3):
        q = L.LayerNormalization()(x)
        x = q + L.MultiHeadAttention(1, 32)(q, x, use_causal_mask=True)
        y = L.LayerNormalization()(x)
        f = L.Conv1D(32, 1)(L.Dropout(0.2)(L.Conv1D(32, 1, activation="relu")(y)))
        x = y + L.Dropout(0.2)(f)
    return keras.Model(inputs, L.Dense(1000)(L.LayerNormalization()(x)))


@named("MaskBlock", "Mask block")
def masknet():
    inputs = keras.Input((64,))
    x = inputs
    for _ in range(4):
        m = L.Dense(64)(L.Dense(128, activation="relu")(inputs))
        x = L.ReLU()(L.LayerNormalization()(L.Dense(64)(L.Multiply()([m, x]))))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@named("Shared MLP", "T-Net", "PointNet layer", "Point-wise MLP")
def pointnet():
    inputs = keras.Input((256, 3))

    def transform(x, width):
        y = x
        for size in (16, 32, 64):
            y = L.ReLU()(L.BatchNormalization()(L.Conv1D(size, 1)(y)))
        y = L.GlobalMaxPooling1D()(y)
        for size in (32, 16):
            y = L.ReLU()(L.BatchNormalization()(L.Dense(size)(y)))
        y = L.Reshape((width, width))(L.Dense(width * width)(y))
        return L.Dot(axes=(2, 1))([x, y])

    x = transform(inputs, 3)
    for size in (16, 16):
        x = L.ReLU()(L.BatchNormalization()(L.Conv1D(size, 1)(x)))
    x = transform(x, 16)
    for size in (16, 32, 64):
        x = L.ReLU()(L.BatchNormalization()(L.Conv1D(size, 1)(x)))
    return keras.Model(inputs, L.Dense(10)(L.GlobalMaxPooling1D()(x)))


@named("NeRF trunk", "NeRF block")
def nerf_skip():
    inputs = keras.Input((1024, 63))
    x = inputs
    for _ in range(3):
        for _ in range(4):
            x = L.Dense(64, activation="relu")(x)
        x = L.Concatenate()([x, inputs])
    return keras.Model(inputs, L.Dense(4)(x))


@named("Modified MLP layer", "Gated MLP layer")
def modified_mlp():
    inputs = keras.Input((2,))
    u, v = L.Dense(32, activation="tanh")(inputs), L.Dense(32, activation="tanh")(inputs)
    x = L.Dense(32, activation="tanh")(inputs)
    for _ in range(5):
        z = L.Dense(32, activation="tanh")(x)
        x = L.Add()([L.Multiply()([1 - z, u]), L.Multiply()([z, v])])
    return keras.Model(inputs, L.Dense(1)(x))


@named("Equivariant layer", "DeepSets layer", "Permutation-equivariant layer")
def deep_sets():
    inputs = keras.Input((64, 3))
    x = inputs
    for _ in range(4):
        pooled = ops.max(x, axis=1, keepdims=True)
        x = L.ReLU()(L.Dense(32)(x) - L.Dense(32, use_bias=False)(pooled))
    return keras.Model(inputs, L.Dense(10)(L.GlobalMaxPooling1D()(x)))


@named("Fourier layer", "FNO layer")
def fourier_operator():
    inputs = keras.Input((64, 2))
    x = L.Dense(16)(inputs)
    for _ in range(4):
        y = ops.transpose(x, (0, 2, 1))
        real, imaginary = ops.rfft(y)
        real, imaginary = real[..., :9], imaginary[..., :9]
        r, i = L.Dense(9)(real) - L.Dense(9)(imaginary), L.Dense(9)(real) + L.Dense(9)(imaginary)
        pad = ((0, 0), (0, 0), (0, 24))
        y = ops.transpose(ops.irfft((ops.pad(r, pad), ops.pad(i, pad))), (0, 2, 1))
        x = L.Activation("gelu")(y + L.Conv1D(16, 1)(x))
    return keras.Model(inputs, L.Dense(1)(x))
