"""Small layer graphs by hand, and random ones with blocks planted in them, for tests of the passes."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

from blockviz.frontends import graph_from_config
from blockviz.ir import Layer, LayerGraph, Node

ZOO = Path(__file__).parent / "zoo_models"


def zoo(name: str) -> LayerGraph:
    """One of the networks outside the truth, from its file."""
    config = json.loads(gzip.decompress((ZOO / f"{name}.json.gz").read_bytes()))
    return graph_from_config(config.get("config", config) if "class_name" not in config else config)


class Builder:
    """Adds calls one after the other; each reads ids that are already there."""

    def __init__(self, name: str = "test") -> None:
        self.graph = LayerGraph(name=name)
        self.count = 0

    def input(self, channels: int = 8, size: int = 32) -> str:
        name = self._name("input")
        shape = (None, size, size, channels)
        self.graph.add_item(Node(name, Layer(name, "InputLayer"), (), (shape,)))
        self.graph.graph["inputs"] = (*self.graph.inputs, name)
        return name

    def add(self, op: str, *sources: str, params: int = 0, channels: int | None = None, **config: object) -> str:
        name = self._name(op.lower())
        return self._call(Node(name, Layer(name, op, config, params), *self._shapes(sources, channels)), sources)

    def sized(self, op: str, source: str, side: int, params: int = 0, **config: object) -> str:
        """A call that gives another resolution: a pooling, an upsampling."""
        name = self._name(op.lower())
        shape = self.graph.item(source).outputs[0]
        node = Node(name, Layer(name, op, config, params), (shape,), ((None, side, side, shape[-1]),))
        return self._call(node, (source,))

    def again(self, name: str, *sources: str) -> str:
        """Call a layer once more."""
        layer = self.graph.item(name).layer  # type: ignore[union-attr]
        calls = 1 + sum(item.layer is layer for item in self.graph.items())  # type: ignore[union-attr]
        channels = layer.config.get("filters")
        node = Node(f"{name}@{calls}", layer, *self._shapes(sources, channels), call=calls)
        return self._call(node, sources)

    def conv(self, x: str, filters: int, kernel: int = 3, strides: int = 1, norm: bool = True, act: bool = True) -> str:
        config = {"filters": filters, "kernel_size": [kernel, kernel], "strides": [strides, strides]}
        x = self.add("Conv2D", x, params=kernel * kernel * filters, channels=filters, **config)
        if norm:
            x = self.add("BatchNormalization", x, params=4 * filters)
        return self.add("Activation", x, activation="relu") if act else x

    def finish(self, *outputs: str) -> LayerGraph:
        self.graph.graph["exits"] = tuple((name, 0) for name in outputs)
        return self.graph

    def _name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def _shapes(self, sources: tuple[str, ...], channels: int | None) -> tuple[tuple[tuple[int | None, ...], ...], ...]:
        shapes = tuple(self.graph.item(source).outputs[0] for source in sources)
        return shapes, ((*shapes[0][:-1], channels or shapes[0][-1]),)

    def _call(self, node: Node, sources: tuple[str, ...]) -> str:
        self.graph.add_item(node, [(index, source, 0) for index, source in enumerate(sources)])
        return node.id


Body = Callable[[Builder, str, int], str]


def random_body(rng: random.Random, sizes: tuple[int, ...]) -> Body:
    """A block with one input and one output: a chain of two to four convolutions, residual, dense or branched.

    Its main branch has kernels of the given sizes, so that blocks of different sizes are different types.
    """
    kernels = [rng.choice(sizes) for _ in range(rng.randint(2, 4))]
    join = rng.choice(("Add", "Concatenate", "branches"))
    last_act = rng.random() < 0.5

    def build(builder: Builder, x: str, width: int) -> str:
        y = x
        for kernel in kernels:
            y = builder.conv(y, width, kernel)
        if join == "Add":
            y = builder.add("Add", y, x)
        elif join == "Concatenate":
            y = builder.add("Concatenate", x, builder.conv(y, width, sizes[0], act=False))
            y = builder.conv(y, width, sizes[0])
        else:
            other = builder.conv(builder.conv(x, width, sizes[0]), width, sizes[1])
            y = builder.add("Concatenate", y, other, channels=2 * width)
            y = builder.add("Add", builder.conv(y, width, sizes[0], norm=False, act=False), x)
        return builder.add("Activation", y, activation="tanh") if last_act else y

    return build


def planted(seed: int) -> tuple[LayerGraph, list[tuple[int, list[list[str]]]]]:
    """A network of one to three stages of a random block each, a strided convolution before every stage.

    Gives the graph and per stage its number of copies and the calls of each.
    """
    rng = random.Random(seed)
    builder = Builder()
    x = builder.conv(builder.input(), 16, 7)
    stages = []
    for width, sizes in [(16, (1, 3)), (32, (5, 7)), (64, (9, 11))][: rng.randint(1, 3)]:
        x = builder.add("MaxPooling2D", builder.conv(x, width, 3, 2), pool_size=[2, 2])
        body, copies = random_body(rng, sizes), []
        for _ in range(rng.randint(3, 6)):
            before = set(builder.graph)
            x = body(builder, x, width)
            copies.append([name for name in builder.graph if name not in before])
        stages.append((len(copies), copies))
    x = builder.add("GlobalAveragePooling2D", x)
    return builder.finish(builder.add("Dense", x, units=10, activation="softmax")), stages
