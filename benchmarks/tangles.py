#!/usr/bin/env python3
"""Seconds of a summary and of a page for networks whose wiring grows faster than their nodes.

    python benchmarks/tangles.py [--most 10]

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
    return builder.finish(builder.add("Conv2D", builder.add("Concatenate", *ends, axis=-1), filters=2))


def tangle(nodes: int, degree: int = 5) -> LayerGraph:
    """A random graph in which each node reads up to so many of those before it."""
    builder, rng, made = Builder(), random.Random(nodes), ["n0"]
    while len(made) < nodes - 1:
        reads = rng.sample(made, min(len(made), rng.randint(1, degree)))
        made.append(builder.add("Add" if len(reads) > 1 else "Conv2D", *reads))
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


CASES: dict[str, Callable[[], LayerGraph]] = {
    "every layer reads all before it, 170": lambda: dense(170),
    "every layer reads all before it, 250": lambda: dense(250),
    "parallel branches, 900": lambda: parallel(900),
    "parallel branches, 1900": lambda: parallel(1900),
    "random wiring, 501": lambda: tangle(501),
    "random wiring, 1999": lambda: tangle(1999),
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
    parser.add_argument("--most", type=float, default=10.0, help="seconds that each may take (10)")
    most, worst = parser.parse_args().most, 0.0
    for name, make in CASES.items():
        nodes, took = seconds(make)
        worst = max(worst, took)
        print(f"{name:40} {nodes:6} nodes {took:6.1f} s")
    return int(worst > most)


if __name__ == "__main__":
    raise SystemExit(main())
