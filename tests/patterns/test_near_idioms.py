"""What computes almost what an idiom does bears another word, or none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.frontends import graph_from_config
from blockviz.pipeline import summarize
from configs import Json, layer, model, source, tensor


class Net:
    """A network of layers, each of which reads those that it names; shapes are said without the batch."""

    def __init__(self, *shape: int) -> None:
        self.layers: list[Json] = []
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.input("x", *shape)

    def input(self, name: str, *shape: int) -> str:
        self.layers.append(source(name, (None, *shape)))
        self.shapes[name] = shape
        return name

    def __call__(self, op: str, shape: tuple[int, ...], *reads: str, **config: object) -> str:
        name = f"{op.lower()}_{len(self.layers)}"
        read = [tensor(one, shape=(None, *self.shapes[one])) for one in reads]
        self.layers.append(layer(op, name, [read] if len(read) > 1 else read, **config))
        self.shapes[name] = shape
        return name

    def words(self, last: str) -> set[str]:
        inputs = [[one["name"], 0, 0] for one in self.layers if one["class_name"] == "InputLayer"]
        graph = graph_from_config(model("m", self.layers, inputs, [last, 0, 0]))
        return {found.name for found in summarize(graph).outline.idioms}


def graph_convolution(nodes: int) -> set[str]:
    """Rows of features are summed with weights that other rows say; among as many nodes those are edges."""
    net = Net(8, 5)
    edges = net.input("edges", nodes, 8)
    summed = net("Dot", (nodes, 6), edges, net("Dense", (8, 6), "x", units=6), axes=[2, 1])
    return net.words(net("ReLU", (nodes, 6), summed))


def weighed(kernel: int, dilation: int, axis: int = 1) -> set[str]:
    """Two branches, each times its share for each channel."""
    net, shape = Net(8, 8, 8), (8, 8, 8)
    branches = [
        net("Conv2D", shape, "x", filters=8, kernel_size=[k, k], padding="same", dilation_rate=[d, d],
            activation="relu") for k, d in ((3, 1), (kernel, dilation))
    ]  # fmt: skip
    pooled = net("GlobalAveragePooling2D", (8,), net("Add", shape, *branches))
    scores = net("Dense", (16,), net("Dense", (4,), pooled, units=4, activation="relu"), units=16)
    shares = net("Softmax", (2, 8), net("Reshape", (2, 8), scores, target_shape=[2, 8]), axis=axis)
    rows = [net("Cropping1D", (1, 8), shares, cropping=[at, 1 - at]) for at in (0, 1)]
    rows = [net("Reshape", (1, 1, 8), row, target_shape=[1, 1, 8]) for row in rows]
    return net.words(net("Add", shape, *[net("Multiply", shape, *pair) for pair in zip(branches, rows, strict=True)]))


def separable(between: bool) -> set[str]:
    """A pointwise convolution, a depthwise one, and the next pointwise one."""
    net, shape = Net(8, 8, 8), (8, 8, 8)
    x = net("Conv2D", shape, "x", filters=8, kernel_size=[1, 1])
    x = net("ReLU", shape, x) if between else x
    x = net("DepthwiseConv2D", shape, x, kernel_size=[3, 3], padding="same", depth_multiplier=1)
    return net.words(net("ReLU", shape, net("Conv2D", shape, net("ReLU", shape, x), filters=8, kernel_size=[1, 1])))


@pytest.mark.parametrize(("found", "word", "others"), [
    (lambda: graph_convolution(8), "Graph convolution", ()),
    (lambda: graph_convolution(5), "", ("Graph convolution",)),
    (lambda: weighed(5, 1), "Selective kernel", ("Split attention",)),
    (lambda: weighed(3, 2), "Selective kernel", ("Split attention",)),
    (lambda: weighed(3, 1), "Split attention", ("Selective kernel",)),
    (lambda: weighed(5, 1, axis=2), "", ("Selective kernel", "Split attention")),
    (lambda: separable(True), "Depthwise separable convolution", ()),
    (lambda: separable(False), "", ("Depthwise separable convolution",)),
])  # fmt: skip
def test_words_are_of_what_is_computed(found: Callable[[], set[str]], word: str, others: tuple[str, ...]) -> None:
    words = found()
    assert word in words or not word
    assert not words.intersection(others)
