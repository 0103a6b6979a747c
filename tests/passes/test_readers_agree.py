"""What one reader spells as a view more is no stem, head or name more."""

from __future__ import annotations

import pytest

from blockviz import summarize
from blockviz.ir import Layer, LayerGraph, Node
from graphs import Builder


class _Tokens(Builder):
    """Calls on sequences, whose shapes are told."""

    def call(self, op: str, shape: tuple[int | None, ...], *sources: str, params: int = 0, **config: object) -> str:
        name = self._name(op.lower())
        inputs = tuple(self.graph.item(source).outputs[0] for source in sources)
        return self._call(Node(name, Layer(name, op, config, params), inputs, (shape,)), sources)

    def layer(self, x: str) -> str:
        shape = (None, 17, 32)
        y = self.call("LayerNormalization", shape, x, params=64)
        attended = self.call("MultiHeadAttention", shape, y, y, params=4224, num_heads=4, key_dim=8)
        x = self.call("Add", shape, x, attended)
        y = self.call("LayerNormalization", shape, x, params=64)
        y = self.call("Dense", (None, 17, 64), y, params=2112, units=64, activation="gelu")
        return self.call("Add", shape, x, self.call("Dense", shape, y, params=2080, units=32))


def _vit(table: bool, views: int, dropout: bool) -> LayerGraph:
    """A ViT whose table of positions is a layer or hangs on the sum, with more or fewer views."""
    net, shape = _Tokens(), (None, 17, 32)
    sizes = {"filters": 32, "kernel_size": [8, 8], "strides": [8, 8]}
    x = net.call("Conv2D", (None, 4, 4, 32), net.input(3), params=6176, **sizes)
    x = net.call("Reshape", (None, 16, 32), x, target_shape=[16, 32])
    for _ in range(views):
        x = net.call("Reshape", (None, 16, 32), x, target_shape=[16, 32])
    x = net.call("Concatenate", shape, x, params=32, axis=1)
    places = [net.call("Embedding", (1, 17, 32), params=544)] if table else []
    x = net.call("Add", shape, x, *places, params=0 if table else 544)
    for _ in range(3):
        x = net.layer(x)
    x = net.call("LayerNormalization", shape, x, params=64)
    x = net.call("GetItem", (None, 32), x)
    x = net.call("Dropout", (None, 32), x, rate=0.1) if dropout else x
    return net.finish(net.call("Dense", (None, 10), x, params=330, units=10))


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("views", [0, 1, 2])
@pytest.mark.parametrize("dropout", [True, False])
def test_a_vit_has_one_block_however_it_is_spelled(table: bool, views: int, dropout: bool) -> None:
    assert [(found.letter, found.name, found.count) for found in summarize(_vit(table, views, dropout)).blocks] == [
        ("A", "Encoder layer", 3)
    ]


@pytest.mark.parametrize("views", [0, 1, 3])
def test_a_head_of_pooling_norm_and_dense_is_none_with_views_between(views: int) -> None:
    net = _Tokens()
    x = net.call("Embedding", (None, 17, 32), net.input(1), params=320)
    for _ in range(3):
        x = net.layer(x)
    x = net.call("GlobalAveragePooling1D", (None, 32), x)
    x = net.call("LayerNormalization", (None, 32), x, params=64)
    for _ in range(views):
        x = net.call("Reshape", (None, 32), x, target_shape=[32])
    graph = net.finish(net.call("Dense", (None, 10), x, params=330, units=10))
    assert [found.name for found in summarize(graph).blocks] == ["Encoder layer"]


def _attention(causal: bool, groups: int) -> LayerGraph:
    """Attention around one call of scaled dot products, heads first; keys in groups repeated."""
    net, width, heads, depth = _Tokens(), (None, 17, 32), 4, 8
    x = net.call("Embedding", width, net.input(1), params=320)

    def projected(count: int) -> str:
        y = net.call("Dense", (None, 17, count * depth), x, params=33 * count * depth, units=count * depth)
        y = net.call("Reshape", (None, 17, count, depth), y, target_shape=[17, count, depth])
        y = net.call("Transpose", (None, count, 17, depth), y, axes=[0, 2, 1, 3])
        if count < heads:
            y = net.call("ExpandDims", (None, count, 1, 17, depth), y, axis=2)
            y = net.call("BroadcastTo", (None, count, heads // count, 17, depth), y)
            y = net.call("Reshape", (None, heads, 17, depth), y, target_shape=[heads, 17, depth])
        return y

    q, k, v = projected(heads), projected(groups), projected(groups)
    shape = (None, heads, 17, depth)
    y = net.call("DotProductAttention", shape, q, k, v, num_heads=heads, is_causal=causal)
    y = net.call("Transpose", (None, 17, heads, depth), y, axes=[0, 2, 1, 3])
    y = net.call("Reshape", width, y, target_shape=[17, 32])
    return net.finish(net.call("Dense", width, y, params=1056, units=32))


@pytest.mark.parametrize(
    ("causal", "groups", "word"),
    [(False, 4, "Multi-head attention"), (True, 4, "Causal attention"), (False, 2, "Grouped-query attention")],
)
def test_scaled_dot_products_as_one_call_are_attention(causal: bool, groups: int, word: str) -> None:
    (found,) = summarize(_attention(causal, groups)).graph.idioms
    assert (found.word, found.attributes["heads"]) == (word, 4)
