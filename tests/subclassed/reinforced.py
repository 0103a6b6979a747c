"""Several inputs, dicts, tables, graphs, rewards."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from subclassed.shared import Made, TransformerBlock, model


@model
def wide_and_deep() -> Made:
    class WideDeep(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [layers.Dense(30, activation="relu") for _ in range(2)]
            self.main, self.aux = layers.Dense(1), layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            wide, deep = inputs["wide"], inputs["deep"]
            x = deep
            for layer in self.hidden:
                x = layer(x)
            return {"main": self.main(ops.concatenate([wide, x], -1)), "aux": self.aux(x)}

    return WideDeep(), {"wide": (None, 5), "deep": (None, 6)}


@model
def two_tower() -> Made:
    class Tower(keras.Model):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.table, self.pool = layers.Embedding(size, 16), layers.GlobalAveragePooling1D()
            self.dense = [layers.Dense(32, activation="relu"), layers.Dense(16)]

        def call(self, ids: Any) -> Any:
            x = self.pool(self.table(ids))
            for layer in self.dense:
                x = layer(x)
            return ops.normalize(x, axis=-1)

    class Retrieval(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.query, self.candidate = Tower(100), Tower(200)

        def call(self, features: Any) -> Any:
            return ops.sum(self.query(features["user"]) * self.candidate(features["movie"]), -1, keepdims=True)

    return Retrieval(), {"user": (None, 3), "movie": (None, 4)}


@model
def siamese_triplet() -> Made:
    class Triplet(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = keras.Sequential(
                [layers.Conv2D(8, 3, activation="relu"), layers.Conv2D(8, 3, activation="relu"), layers.Flatten(),
                 layers.Dense(16)], name="embedding")  # fmt: skip

        def call(self, anchor: Any, positive: Any, negative: Any) -> Any:
            a, p, n = self.embed(anchor), self.embed(positive), self.embed(negative)
            return ops.sum(ops.square(a - p), -1), ops.sum(ops.square(a - n), -1)

    return Triplet(), dict.fromkeys(("anchor", "positive", "negative"), (None, 12, 12, 1))


@model
def clip_like() -> Made:
    class Clip(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.vision = keras.Sequential([layers.Conv2D(8, 4, 4), layers.GlobalAveragePooling2D()])
            self.text = keras.Sequential([layers.Embedding(50, 16), layers.GlobalAveragePooling1D()])
            self.a, self.b = layers.Dense(16), layers.Dense(16)

        def build(self, shapes: Any) -> None:
            self.temperature = self.add_weight(shape=(), name="temperature")
            self.vision.build(shapes["image"])
            self.text.build(shapes["text"])
            self.a.build((None, 8))
            self.b.build((None, 16))

        def call(self, inputs: Any) -> Any:
            x, y = self.a(self.vision(inputs["image"])), self.b(self.text(inputs["text"]))
            return ops.matmul(x, ops.transpose(y)) * ops.exp(self.temperature)

    return Clip(), {"image": (None, 16, 16, 3), "text": (None, 7)}


@model
def graph_attention() -> Made:
    class GAT(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.project, self.score = layers.Dense(units, use_bias=False), layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            nodes, adjacency = inputs
            x = self.project(nodes)
            scores = self.score(x) + ops.transpose(self.score(x), (0, 2, 1))
            weights = ops.softmax(ops.where(adjacency > 0, ops.leaky_relu(scores), -1e9))
            return ops.relu(ops.matmul(weights, x))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convs, self.out = [GAT(16) for _ in range(3)], layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            x, adjacency = inputs
            for conv in self.convs:
                x = conv((x, adjacency))
            return self.out(x)

    return Net(), [(None, 12, 16), (None, 12, 12)]


@model
def message_passing() -> Made:
    class Message(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.edge, self.update = layers.Dense(units, "relu"), layers.GRUCell(units)

        def call(self, nodes: Any, adjacency: Any) -> Any:
            message = ops.einsum("bij,bjd->bid", adjacency, self.edge(nodes))
            flat, state = ops.reshape(message, (-1, 8)), ops.reshape(nodes, (-1, 8))
            out, _ = self.update(flat, state)
            return ops.reshape(out, ops.shape(nodes))

    class MPNN(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.steps = [Message(8) for _ in range(3)]
            self.readout = layers.Dense(1)

        def call(self, nodes: Any, adjacency: Any) -> Any:
            for step in self.steps:
                nodes = step(nodes, adjacency)
            return self.readout(ops.sum(nodes, 1))

    return MPNN(), {"nodes": (None, 9, 8), "adjacency": (None, 9, 9)}


@model
def dueling_dqn() -> Made:
    class Dueling(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convs = [layers.Conv2D(f, k, s, activation="relu") for f, k, s in ((16, 8, 4), (32, 4, 2), (32, 3, 1))]
            self.flat, self.value, self.advantage = layers.Flatten(), layers.Dense(1), layers.Dense(4)

        def call(self, state: Any) -> Any:
            x = state / 255.0
            for conv in self.convs:
                x = conv(x)
            x = self.flat(x)
            advantage = self.advantage(x)
            return self.value(x) + advantage - ops.mean(advantage, axis=1, keepdims=True)

    return Dueling(), (None, 84, 84, 4)


@model
def actor_critic() -> Made:
    class ActorCritic(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.common, self.actor, self.critic = layers.Dense(128, "relu"), layers.Dense(2), layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            x = self.common(inputs)
            return self.actor(x), self.critic(x)

    return ActorCritic(), (None, 4)


@model
def custom_linear_layers() -> Made:
    class Linear(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.units = units

        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], self.units), initializer="random_normal")
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")

        def call(self, x: Any) -> Any:
            return ops.matmul(x, self.w) + self.b

    class MLPBlock(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = Linear(32), Linear(32)

        def call(self, x: Any) -> Any:
            return x + self.two(ops.relu(self.one(x)))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [MLPBlock() for _ in range(3)]

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    return Net(), (None, 32)


@model
def shared_embedding_autoencoder() -> Made:
    class AutoEncoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = keras.Sequential([layers.Dense(size, activation="relu") for size in (32, 16, 8)])
            self.decoder = keras.Sequential([layers.Dense(16, "relu"), layers.Dense(32, "relu"), layers.Dense(64)])

        def call(self, x: Any) -> Any:
            return self.decoder(self.encoder(x))

    return AutoEncoder(), (None, 64)


@model
def gated_residual_network() -> Made:
    class GRN(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.elu, self.linear = layers.Dense(units, activation="elu"), layers.Dense(units)
            self.gate, self.value = layers.Dense(units, activation="sigmoid"), layers.Dense(units)
            self.norm, self.drop = layers.LayerNormalization(), layers.Dropout(0.1)

        def call(self, x: Any) -> Any:
            y = self.drop(self.linear(self.elu(x)))
            return self.norm(x + self.gate(y) * self.value(y))

    class Selection(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.grns = [GRN(16) for _ in range(4)]
            self.softmax, self.out = layers.Dense(4, activation="softmax"), layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            features = [inputs[f"f{n}"] for n in range(4)]
            weights = ops.expand_dims(self.softmax(ops.concatenate(features, -1)), -1)
            stacked = ops.stack([grn(x) for grn, x in zip(self.grns, features, strict=True)], axis=1)
            return self.out(ops.squeeze(ops.matmul(ops.transpose(weights, (0, 2, 1)), stacked), 1))

    return Selection(), {f"f{n}": (None, 16) for n in range(4)}


@model
def perceiver() -> Made:
    class Perceiver(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.cross, self.norm = layers.MultiHeadAttention(1, 16), layers.LayerNormalization()
            self.latent_blocks = [TransformerBlock(16, 2, 32) for _ in range(3)]
            self.out = layers.Dense(10)

        def build(self, shape: Any) -> None:
            self.latents = self.add_weight(shape=(8, 16), name="latents")
            super().build(shape)

        def call(self, data: Any) -> Any:
            x = ops.repeat(ops.expand_dims(self.latents, 0), ops.shape(data)[0], axis=0)
            x = self.norm(x + self.cross(x, data))
            for block in self.latent_blocks:
                x = block(x)
            return self.out(ops.mean(x, 1))

    return Perceiver(), (None, 50, 16)


@model
def detr_like() -> Made:
    class Decoder(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.own, self.cross = layers.MultiHeadAttention(2, 16), layers.MultiHeadAttention(2, 16)
            self.ffn = keras.Sequential([layers.Dense(32, "relu"), layers.Dense(16)])
            self.norms = [layers.LayerNormalization() for _ in range(3)]

        def call(self, queries: Any, memory: Any) -> Any:
            x = self.norms[0](queries + self.own(queries, queries))
            x = self.norms[1](x + self.cross(x, memory))
            return self.norms[2](x + self.ffn(x))

    class Detr(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = layers.Conv2D(16, 8, strides=8)
            self.encoders = [TransformerBlock(16, 2, 32) for _ in range(3)]
            self.decoders = [Decoder() for _ in range(3)]
            self.queries = layers.Embedding(5, 16)
            self.classes, self.boxes = layers.Dense(4), layers.Dense(4, "sigmoid")

        def call(self, image: Any) -> Any:
            memory = ops.reshape(self.backbone(image), (-1, 16, 16))
            for encoder in self.encoders:
                memory = encoder(memory)
            x = ops.broadcast_to(self.queries(ops.arange(5))[None], (ops.shape(image)[0], 5, 16))
            for decoder in self.decoders:
                x = decoder(x, memory)
            return {"logits": self.classes(x), "boxes": self.boxes(x)}

    return Detr(), (None, 32, 32, 3)
