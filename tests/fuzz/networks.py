"""Random architectures as Keras writes them, with what every call reads: known here, not read back.

Blocks of random wiring are repeated, some copies with a difference; there are skips over blocks, layers called
again, nested models (also within each other, also called again), several inputs and outputs, and layers of
unknown classes with two outputs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from fuzz.writer import WIDTHS, Call, Model, Nested, Network, Steps, Tensor, Value

__all__ = ["Call", "Network", "Tensor", "network"]


def network(seed: int, size: int = 40, name: str = "net", whole: bool = False) -> Network:
    """A network of about ``size`` calls; ``whole``: all of them lead to its outputs, as in any file of Keras."""
    rng = random.Random(seed)
    model = Model(rng, Network({}), "")
    inputs = [model.source(rng.choice(WIDTHS)) for _ in range(1 if rng.random() < 0.8 else 2)]
    values = list(inputs)
    patterns = [_pattern(rng, whole) for _ in range(rng.randint(1, 3))]
    nested = Nested(rng, patterns) if rng.random() < 0.4 else None
    while len(model.net.calls) < size:
        values.append(_more(rng, model, values, patterns, nested))
    if whole:
        return model.finished(name, inputs, [values[-1], *_unread(model.net, values[:-1])])
    ends = list(
        dict.fromkeys([len(values) - 1, *(rng.randrange(len(values)) for _ in range(rng.choice((0, 0, 1, 2))))])
    )
    return model.finished(name, inputs, [values[end] for end in ends])


def _unread(net: Network, values: Sequence[Value]) -> list[Value]:
    """Values that no call reads; in the end they are outputs of the model."""
    read = {source for call in net.calls.values() for source, _ in call.reads}
    return [value for value in values if value.tensor[0] not in read]


def _more(rng: random.Random, model: Model, values: list[Value], patterns: list[Steps], nested: Nested | None) -> Value:
    """The next few calls: a row of blocks mostly."""
    x = values[-1] if rng.random() < 0.85 else rng.choice(values)
    kind = rng.random()
    if kind < 0.6:
        pattern, width = rng.choice(patterns), rng.choice(WIDTHS)
        for _ in range(rng.randint(1, 5)):
            x = model.block(_varied(rng, pattern) if rng.random() < 0.15 else pattern, x, width)
        return x
    if kind < 0.7:
        other = rng.choice(values)
        op = "Add" if other.channels == x.channels else "Concatenate"
        return model.add(op, {"axis": -1} if op == "Concatenate" else {}, [x, other])
    if kind < 0.8 and model.made:
        again = [layer for layer in model.made if model.made[layer][0].channels == x.channels]
        return model.again(rng.choice(again), x) if again else x
    if kind < 0.9 and nested is not None:
        return model.nested(nested, x)
    if kind < 0.93:
        return model.fork(x, rng)
    return model.add("Conv2D", _conv(rng.choice(WIDTHS), rng.choice((1, 3))), [x])


def _conv(filters: int, kernel: int) -> dict[str, Any]:
    return {"filters": filters, "kernel_size": [kernel, kernel], "strides": [1, 1], "padding": "same"}


def _pattern(rng: random.Random, whole: bool) -> Steps:
    """The wiring of a block: each step reads the block's input (-1) or steps before it; the last ends it."""
    steps: Steps = []
    for number in range(rng.randint(1, 7)):
        op = rng.choice(("Conv2D", "Conv2D", "BatchNormalization", "Activation", "DepthwiseConv2D", "Dropout", "Join"))
        reads = [rng.randint(max(-1, number - 3), number - 1)]
        if op == "Join":
            reads.append(rng.randint(-1, number - 1))
        config: dict[str, Any] = {
            "Conv2D": _conv(rng.choice((1, 2)), rng.choice((1, 3, 5))),
            "DepthwiseConv2D": {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "depth_multiplier": 1},
            "BatchNormalization": {"axis": -1},
            "Activation": {"activation": rng.choice(("relu", "tanh", "silu"))},
            "Dropout": {"rate": 0.1},
        }.get(op, {})
        steps.append((op, config, reads))
    read = {operand for _, _, reads in steps for operand in reads}
    for number in [number for number in range(len(steps) - 1) if whole and number not in read]:
        steps.append(("Join", {}, [len(steps) - 1, number]))
    return steps


def _varied(rng: random.Random, pattern: Steps) -> Steps:
    """The block with one difference: another setting, or one step more at its end."""
    steps = [(op, dict(config), list(reads)) for op, config, reads in pattern]
    if rng.random() < 0.5:
        return [*steps, ("Activation", {"activation": "sigmoid"}, [len(steps) - 1])]
    op, config, _ = steps[rng.randrange(len(steps))]
    if op == "Conv2D":
        config["kernel_size"] = [7, 7]
    return steps
