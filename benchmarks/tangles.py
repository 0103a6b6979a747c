#!/usr/bin/env python3
"""Seconds of a summary and of a page for networks whose wiring grows faster than their nodes.

    python benchmarks/tangles.py [--most 10] [WORD ...]

Every network has fewer than 2,000 nodes; the exit status tells whether one took more seconds than allowed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from contextlib import suppress

from blockviz.errors import PageError
from blockviz.ir import LayerGraph
from blockviz.pipeline import summarize
from synthetic import Builder

_POINT = {"filters": 8, "kernel_size": [1, 1]}


def dense(layers: int) -> LayerGraph:
    """Every convolution reads all before it, concatenated."""
    builder, made = Builder(), ["n0"]
    for _ in range(layers):
        x = builder.add("Concatenate", *made, axis=-1) if len(made) > 1 else made[0]
        made.append(builder.add("Conv2D", x, filters=8, kernel_size=[3, 3], strides=[1, 1], padding="same"))
    return builder.finish(made[-1])


def parallel(branches: int) -> LayerGraph:
    """Branches of seven widths side by side into one concatenation."""
    builder = Builder()
    ends = [builder.add("Conv2D", "n0", filters=4 + n % 7, kernel_size=[1, 1]) for n in range(branches)]
    return builder.finish(builder.add("Conv2D", builder.add("Concatenate", *ends, axis=-1), **_POINT))


def tangle(nodes: int, degree: int = 5) -> LayerGraph:
    """A random graph in which each node reads up to so many of those before it."""
    builder, rng, made = Builder(), random.Random(nodes), ["n0"]
    while len(made) < nodes - 1:
        reads = rng.sample(made, min(len(made), rng.randint(1, degree)))
        config = {} if len(reads) > 1 else _POINT
        made.append(builder.add("Add" if len(reads) > 1 else "Conv2D", *reads, **config))
    unread = [name for name in made if not builder.graph.edges_from(name)]
    return builder.finish(builder.add("Add", *unread))


def tapped(blocks: int) -> LayerGraph:
    """Residual blocks of which every node is an output of the model."""
    builder, x = Builder(), "n0"
    for _ in range(blocks):
        x = builder.add("Add", builder.conv(builder.conv(x)), x)
    graph = builder.finish(x)
    graph.graph["exits"] = tuple((name, 0) for name in list(graph)[1:])
    return graph


def added(layers: int) -> LayerGraph:
    """Every convolution reads the sum of all before it."""
    builder, made = Builder(), ["n0"]
    for _ in range(layers):
        x = builder.add("Add", *made) if len(made) > 1 else made[0]
        made.append(builder.add("Conv2D", x, filters=64, kernel_size=[3, 3], strides=[1, 1], padding="same"))
    return builder.finish(made[-1])


def sheets(rows: int, width: int, op: str = "Add") -> LayerGraph:
    """Rows of merges, each of which reads all of the row before."""
    builder = Builder()
    made = [builder.add("Conv2D", "n0", filters=4, kernel_size=[1, 1]) for _ in range(width)]
    for _ in range(rows):
        made = [builder.add(op, *made) for _ in range(width)]
    return builder.finish(builder.add(op, *made))


def lattice(rows: int, columns: int) -> LayerGraph:
    """Each node reads its neighbours above and to the left."""
    builder, above = Builder(), list[str]()
    for _ in range(rows):
        line: list[str] = []
        for column in range(columns):
            reads = [*line[-1:], *above[column : column + 1]] or ["n0"]
            op = "Add" if len(reads) > 1 else "Conv2D"
            line.append(builder.add(op, *reads, **({} if op == "Add" else _POINT)))
        above = line
    return builder.finish(above[-1])


def broadcast(blocks: int) -> LayerGraph:
    """One tensor is read by every block of a row of them."""
    builder = Builder()
    x, shared = builder.conv("n0"), builder.conv("n0")
    for _ in range(blocks):
        x = builder.add("Multiply", builder.add("Conv2D", x, filters=64, kernel_size=[3, 3], padding="same"), shared)
    return builder.finish(x)


def gates(inputs: int, outputs: int) -> LayerGraph:
    """Many inputs into one sum, from which many outputs come, of many widths."""
    builder = Builder()
    for _ in range(inputs - 1):
        builder.add("InputLayer")
    names = list(builder.graph)
    builder.graph.graph["inputs"] = tuple(names)
    x = builder.add("Add", *names) if inputs > 1 else "n0"
    ends = [builder.add("Conv2D", x, filters=4 + n % 90, kernel_size=[3, 3]) for n in range(outputs)]
    graph = builder.finish(x)
    graph.graph["exits"] = tuple((name, 0) for name in ends)
    return graph


def stars(count: int, width: int) -> LayerGraph:
    """Concatenations one after the other, each of which reads branches of its own and every star before it."""
    builder, made = Builder(), ["n0"]
    for star in range(count):
        ways = [
            builder.add("Conv2D", made[-1], filters=4 + (n + star) % 9, kernel_size=[1 + 2 * (n % 3)] * 2)
            for n in range(width)
        ]
        made.append(builder.add("Concatenate", *ways, *made, axis=-1))
    return builder.finish(made[-1])


def skipping(blocks: int, every: int = 7) -> LayerGraph:
    """A chain of convolutions, into which long skips from everywhere lead."""
    builder, rng, made = Builder(), random.Random(blocks), ["n0"]
    for number in range(blocks):
        x = builder.add("Conv2D", made[-1], filters=64, kernel_size=[3, 3], padding="same")
        if number % every == 0:
            x = builder.add("Add", x, *rng.sample(made, min(len(made), 12)))
        made.append(x)
    return builder.finish(made[-1])


CASES: dict[str, Callable[[], LayerGraph]] = {
    "every layer reads all before it, 170": lambda: dense(170),
    "every layer reads all before it, 250": lambda: dense(250),
    "parallel branches, 900": lambda: parallel(900),
    "parallel branches, 1900": lambda: parallel(1900),
    "random wiring, 501": lambda: tangle(501),
    "random wiring, 1999": lambda: tangle(1999),
    "every layer reads all before it, 400": lambda: dense(400),
    "every layer reads the sum of all, 400": lambda: added(400),
    "random wiring of degree 20, 1900": lambda: tangle(1900, 20),
    "rows that read whole rows, 20 × 20": lambda: sheets(20, 20),
    "rows that read whole rows, 60 × 30": lambda: sheets(60, 30),
    "rows concatenated, 5 × 20": lambda: sheets(5, 20, "Maximum"),
    "a lattice, 43 × 43": lambda: lattice(43, 43),
    "one tensor read by 900 blocks": lambda: broadcast(900),
    "500 inputs": lambda: gates(500, 1),
    "500 outputs": lambda: gates(1, 500),
    "500 inputs, 1000 outputs": lambda: gates(500, 1000),
    "stars of stars, 40 of 40": lambda: stars(40, 40),
    "a chain with long skips, 1500": lambda: skipping(1500),
    "residual blocks, 124 outputs": lambda: tapped(18),
}


def seconds(make: Callable[[], LayerGraph]) -> tuple[int, float]:
    """Nodes of a network, and the seconds of processor time until there is a page or it is known that none holds it."""
    graph = make()
    start = time.process_time()
    summary = summarize(graph)
    with suppress(PageError):
        summary.page()
    return len(graph), time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only cases whose names hold one of these words")
    parser.add_argument("--most", type=float, default=10.0, help="seconds that each may take (10)")
    arguments, worst = parser.parse_args(), 0.0
    for name, make in CASES.items():
        if arguments.names and not any(word in name for word in arguments.names):
            continue
        nodes, took = seconds(make)
        worst = max(worst, took)
        print(f"{name:40} {nodes:6} nodes {took:6.1f} s", flush=True)
    return int(worst > arguments.most)


if __name__ == "__main__":
    raise SystemExit(main())
