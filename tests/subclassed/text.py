"""Texts and series."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from subclassed.shared import Made, TokenAndPosition, TransformerBlock, model


@model
def text_transformer() -> Made:
    class Classifier(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = TokenAndPosition(64, 500, 32)
            self.blocks = [TransformerBlock(32, 2, 32) for _ in range(3)]
            self.pool, self.out = layers.GlobalAveragePooling1D(), layers.Dense(2, activation="softmax")

        def call(self, tokens: Any) -> Any:
            x = self.embed(tokens)
            for block in self.blocks:
                x = block(x)
            return self.out(self.pool(x))

    return Classifier(), keras.KerasTensor((None, 64), "int32")


@model
def mini_gpt() -> Made:
    def causal_mask(batch: Any, n: Any) -> Any:
        i, j = ops.arange(n)[:, None], ops.arange(n)
        mask = ops.reshape(ops.cast(i >= j, "bool"), (1, n, n))
        return ops.tile(mask, ops.concatenate([ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])]))

    class Block(layers.Layer):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.att, self.ffn = layers.MultiHeadAttention(2, dim), None
            self.ffn = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(dim)])
            self.n1, self.n2 = layers.LayerNormalization(), layers.LayerNormalization()

        def call(self, x: Any) -> Any:
            mask = causal_mask(ops.shape(x)[0], ops.shape(x)[1])
            x = self.n1(x + self.att(x, x, attention_mask=mask))
            return self.n2(x + self.ffn(x))

    class GPT(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = TokenAndPosition(40, 200, 32)
            self.blocks = [Block(32) for _ in range(4)]
            self.out = layers.Dense(200)

        def call(self, x: Any) -> Any:
            x = self.embed(x)
            for block in self.blocks:
                x = block(x)
            return [self.out(x), x]

    return GPT(), (None, 40)


@model
def neural_machine_translation() -> Made:
    class Decoder(layers.Layer):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.a1, self.a2 = layers.MultiHeadAttention(2, dim), layers.MultiHeadAttention(2, dim)
            self.dense = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(dim)])
            self.norms = [layers.LayerNormalization() for _ in range(3)]

        def call(self, x: Any, memory: Any) -> Any:
            x = self.norms[0](x + self.a1(query=x, value=x, key=x, use_causal_mask=True))
            x = self.norms[1](x + self.a2(query=x, value=memory, key=memory))
            return self.norms[2](x + self.dense(x))

    class Translator(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.source, self.target = TokenAndPosition(20, 100, 32), TokenAndPosition(20, 100, 32)
            self.encoders = [TransformerBlock(32, 2, 64) for _ in range(3)]
            self.decoders = [Decoder(32) for _ in range(3)]
            self.out = layers.Dense(100)

        def call(self, inputs: Any) -> Any:
            context, x = inputs
            memory = self.source(context)
            for layer in self.encoders:
                memory = layer(memory)
            x = self.target(x)
            for layer in self.decoders:
                x = layer(x, memory)
            return self.out(x)

    return Translator(), [(None, 20), (None, 16)]


@model
def seq2seq_attention_loop() -> Made:
    class Attention(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.w1, self.w2, self.v = layers.Dense(units), layers.Dense(units), layers.Dense(1)

        def call(self, query: Any, values: Any) -> Any:
            score = self.v(ops.tanh(self.w1(ops.expand_dims(query, 1)) + self.w2(values)))
            return ops.sum(ops.softmax(score, axis=1) * values, axis=1)

    class Seq2Seq(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.encoder = layers.Embedding(50, 16), layers.GRU(16, return_sequences=True)
            self.attention, self.cell, self.out = Attention(16), layers.GRUCell(16), layers.Dense(50)

        def call(self, source: Any, target: Any) -> Any:
            memory = self.encoder(self.embed(source))
            state, steps = memory[:, -1], []
            given = self.embed(target)
            for step in range(4):
                context = self.attention(state, memory)
                y, state = self.cell(ops.concatenate([given[:, step], context], -1), state)
                state = state[0] if isinstance(state, (list, tuple)) else state
                steps.append(self.out(y))
            return ops.stack(steps, 1)

    return Seq2Seq(), {"source": (None, 12), "target": (None, 4)}


@model
def bilstm_tagger() -> Made:
    class Tagger(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = layers.Embedding(100, 16, mask_zero=True)
            self.rnns = [layers.Bidirectional(layers.LSTM(8, return_sequences=True)) for _ in range(2)]
            self.out = layers.TimeDistributed(layers.Dense(5))

        def call(self, tokens: Any, training: Any = None) -> Any:
            x = self.embed(tokens)
            for rnn in self.rnns:
                x = rnn(x, training=training)
            return self.out(x)

    return Tagger(), (None, 30)


@model
def switch_transformer() -> Made:
    class Router(layers.Layer):
        def __init__(self, experts: int, capacity: int) -> None:
            super().__init__()
            self.route, self.experts, self.capacity = layers.Dense(experts), experts, capacity

        def call(self, x: Any) -> Any:
            probabilities = ops.softmax(self.route(x), axis=-1)
            gate, index = ops.top_k(probabilities, k=1)
            self.add_loss(ops.mean(probabilities))
            return ops.one_hot(index[..., 0], self.experts) * gate

    class Switch(layers.Layer):
        def __init__(self, experts: int, dim: int) -> None:
            super().__init__()
            self.router = Router(experts, 4)
            self.experts = [keras.Sequential([layers.Dense(32, "relu"), layers.Dense(dim)]) for _ in range(experts)]

        def call(self, x: Any) -> Any:
            weights = self.router(x)
            outputs = ops.stack([expert(x) for expert in self.experts], axis=-1)
            return ops.sum(outputs * ops.expand_dims(weights, -2), -1)

    class Block(layers.Layer):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.att, self.switch = layers.MultiHeadAttention(2, dim), Switch(4, dim)
            self.n1, self.n2 = layers.LayerNormalization(), layers.LayerNormalization()

        def call(self, x: Any) -> Any:
            x = self.n1(x + self.att(x, x))
            return self.n2(x + self.switch(x))

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.blocks = TokenAndPosition(32, 100, 16), [Block(16) for _ in range(3)]
            self.out = layers.Dense(2)

        def call(self, x: Any) -> Any:
            x = self.embed(x)
            for block in self.blocks:
                x = block(x)
            return self.out(ops.max(x, axis=1))

    return Net(), (None, 32)


@model
def temporal_convolution() -> Made:
    class Temporal(layers.Layer):
        def __init__(self, filters: int, rate: int) -> None:
            super().__init__()
            self.conv1 = layers.Conv1D(filters, 3, dilation_rate=rate, padding="causal", activation="relu")
            self.conv2 = layers.Conv1D(filters, 3, dilation_rate=rate, padding="causal", activation="relu")

        def call(self, x: Any) -> Any:
            return ops.relu(x + self.conv2(self.conv1(x)))

    class TCN(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Temporal(16, 2**n) for n in range(4)]
            self.out = layers.Dense(1)

        def call(self, series: Any) -> Any:
            for block in self.blocks:
                series = block(series)
            return self.out(series[:, -1])

    return TCN(), (None, 64, 16)


@model
def wavenet() -> Made:
    class Gated(layers.Layer):
        def __init__(self, rate: int) -> None:
            super().__init__()
            self.filter = layers.Conv1D(16, 2, dilation_rate=rate, padding="causal", activation="tanh")
            self.gate = layers.Conv1D(16, 2, dilation_rate=rate, padding="causal", activation="sigmoid")
            self.skip, self.res = layers.Conv1D(16, 1), layers.Conv1D(16, 1)

        def call(self, x: Any) -> Any:
            y = self.filter(x) * self.gate(x)
            return x + self.res(y), self.skip(y)

    class WaveNet(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Gated(2**n) for n in range(5)]
            self.out = layers.Conv1D(4, 1)

        def call(self, x: Any) -> Any:
            skips = 0.0
            for block in self.blocks:
                x, skip = block(x)
                skips = skips + skip
            return self.out(ops.relu(skips))

    return WaveNet(), (None, 128, 16)
