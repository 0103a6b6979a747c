"""Layer graphs of any size, made to be hard in three ways: repeated blocks, noise, deep nesting."""

from __future__ import annotations

import random
from collections.abc import Callable

from blockviz.ir import Layer, LayerGraph, Node


class Builder:
    """Adds nodes one after the other; every node reads ids that are already there."""

    def __init__(self) -> None:
        self.graph = LayerGraph(name="synthetic")
        self.add("InputLayer")
        self.graph.graph["inputs"] = ("n0",)

    def add(self, op: str, *sources: str, **config: object) -> str:
        name = f"n{len(self.graph)}"
        shapes = tuple(self.graph.item(source).outputs[0] for source in sources)
        channels = config.get("filters") or (shapes[0][-1] if shapes else 64)
        assert isinstance(channels, int)
        self.graph.add_item(
            Node(name, Layer(name, op, config), shapes, ((None, 32, 32, channels),)),
            [(index, source, 0) for index, source in enumerate(sources)],
        )
        return name

    def conv(self, x: str, filters: int = 64, kernel: int = 3) -> str:
        x = self.add("Conv2D", x, filters=filters, kernel_size=[kernel, kernel], strides=[1, 1], padding="same")
        x = self.add("BatchNormalization", x, axis=-1)
        return self.add("Activation", x, activation="relu")

    def finish(self, x: str) -> LayerGraph:
        self.graph.graph["exits"] = ((x, 0),)
        return self.graph


def repeated(size: int) -> LayerGraph:
    """Residual blocks in ten stages of different widths, a projection shortcut at the start of each."""
    builder = Builder()
    x = "n0"
    for stage in range(10):
        first = True
        while len(builder.graph) < size * (stage + 1) // 10:
            y = builder.conv(builder.conv(builder.conv(x, 16 << stage, 1), 16 << stage), 64 << stage, 1)
            shortcut = builder.conv(x, 64 << stage, 1) if first else x
            x = builder.add("Activation", builder.add("Add", y, shortcut), activation="relu")
            first = False
    return builder.finish(x)


def noise(size: int) -> LayerGraph:
    """Random operations of random widths with random skips: hardly anything repeats."""
    builder, rng = Builder(), random.Random(size)
    recent = ["n0"]
    ops = ("Conv2D", "DepthwiseConv2D", "Dense", "Activation", "Dropout", "LayerNormalization", "MaxPooling2D")
    while len(builder.graph) < size:
        if len(recent) > 1 and rng.random() < 0.15:
            x = builder.add(rng.choice(("Add", "Multiply", "Concatenate")), recent[-1], rng.choice(recent[:-1]))
        else:
            x = builder.add(rng.choice(ops), recent[-1], units=rng.randrange(1, 500), kernel_size=rng.randrange(1, 9))
        recent = [*recent[-7:], x]
    return builder.finish(recent[-1])


def nested(size: int) -> LayerGraph:
    """Blocks of blocks of blocks: each level repeats the one below three times around a skip."""
    builder = Builder()

    def level(x: str, depth: int) -> str:
        if depth == 0:
            return builder.conv(x)
        y = x
        for _ in range(3):
            y = level(y, depth - 1)
        return builder.add("Add", builder.add("Dropout", y, rate=depth / 100), x)

    x = "n0"
    while (left := size - len(builder.graph)) > 0:
        depth, cost = 0, 3
        while 3 * cost + 2 <= left:
            depth, cost = depth + 1, 3 * cost + 2
        x = level(x, depth)
    return builder.finish(x)


KINDS: dict[str, Callable[[int], LayerGraph]] = {"repeated": repeated, "noise": noise, "nested": nested}
