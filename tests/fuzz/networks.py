"""Random architectures as Keras writes them, with what every call reads: known here, not read back.

Blocks of random wiring are repeated, some copies with a difference; there are skips over blocks, layers called
again, nested models (also within each other, also called again), several inputs and outputs, and layers of
unknown classes with two outputs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Tensor: TypeAlias = tuple[str, int]  # id of the call, number of its output
Steps: TypeAlias = list[tuple[str, dict[str, Any], list[int]]]  # class, configuration, operands (-1: the block's input)
WIDTHS = (4, 8, 16)
OWN = "Own>Fork"  # a class that nobody knows, with two outputs


@dataclass(slots=True)
class Call:
    """One call as it must come out: class, some of its settings, and what it reads in order."""

    op: str
    config: dict[str, Any]
    reads: tuple[Tensor, ...]


@dataclass(slots=True)
class Network:
    """An architecture and its calls by id; ``params`` is None where a layer is of an unknown class."""

    config: dict[str, Any]
    calls: dict[str, Call] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    params: int | None = 0


@dataclass(slots=True)
class Value:
    """A tensor while a model is written: how the file names it, what it is, and its channels."""

    written: tuple[str, int, int]
    tensor: Tensor
    channels: int


def network(seed: int, size: int = 40, name: str = "net", whole: bool = False) -> Network:
    """A network of about ``size`` calls; ``whole``: all of them lead to its outputs, as in any file of Keras."""
    rng = random.Random(seed)
    model = _Model(rng, Network({}), "")
    inputs = [model.source(rng.choice(WIDTHS)) for _ in range(1 if rng.random() < 0.8 else 2)]
    values = list(inputs)
    patterns = [_pattern(rng, whole) for _ in range(rng.randint(1, 3))]
    nested = _Nested(rng, patterns) if rng.random() < 0.4 else None
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


def _more(
    rng: random.Random, model: _Model, values: list[Value], patterns: list[Steps], nested: _Nested | None
) -> Value:
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


class _Nested:
    """A model within the model: what it is made of, so that it can be written once and called often."""

    def __init__(self, rng: random.Random, patterns: list[Steps], depth: int = 0) -> None:
        self.width = rng.choice(WIDTHS)
        self.steps = [rng.choice(patterns) for _ in range(rng.randint(1, 3))]
        self.outputs = 2 if rng.random() < 0.2 else 1
        self.inner = _Nested(rng, patterns, depth + 1) if depth < 2 and rng.random() < 0.3 else None


class _Model:
    """Writes one model's layers; ``path`` is that of a nested model, "" for the whole."""

    def __init__(self, rng: random.Random, net: Network, path: str, count: int = 0) -> None:
        self.rng, self.net, self.path, self.count = rng, net, path, count
        self.layers: list[dict[str, Any]] = []
        self.made: dict[str, tuple[Value, str, dict[str, Any]]] = {}  # by name: what it first read, class, settings
        self.within: dict[str, tuple[_Model, list[Value], list[Value]]] = {}
        self.times: dict[str, int] = {}

    def written(self, name: str, inputs: Sequence[Value], outputs: Sequence[Value]) -> dict[str, Any]:
        config = {
            "name": name, "trainable": True, "layers": self.layers,
            "input_layers": [list(value.written) for value in inputs],
            "output_layers": [self._as_output(*value.written) for value in outputs],
        }  # fmt: skip
        return {"module": "keras", "class_name": "Functional", "config": config}

    def finished(self, name: str, inputs: Sequence[Value], outputs: Sequence[Value]) -> Network:
        self.net.config.update(self.written(name, inputs, outputs))
        self.net.inputs = tuple(value.tensor[0] for value in inputs)
        self.net.outputs = tuple(value.tensor for value in outputs)
        return self.net

    def _as_output(self, name: str, call: int, index: int) -> list[Any]:
        """Here, and only here, Keras 3 counts the calls of a nested model from 1."""
        return [name, call + (name in self.within), index]

    def source(self, channels: int, tensor: Tensor | None = None) -> Value:
        """An input; inside a nested model it is no call, but the tensor that the model is called with."""
        name = self._name("input")
        self.layers.append(_entry("InputLayer", name, {"batch_shape": [None, 8, 8, channels], "dtype": "float32"}, []))
        if tensor is None:
            self.net.calls[name] = Call("InputLayer", {}, ())
        return Value((name, 0, 0), tensor or (name, 0), channels)

    def add(self, op: str, config: dict[str, Any], reads: Sequence[Value]) -> Value:
        """A new layer and its first call."""
        name = self._name(op.lower().replace(">", "_"))
        entry = _entry(op, name, config, [_call(reads, op in ("Add", "Concatenate"))])
        self.layers.append(entry)
        self.times[name] = 1
        if op not in ("Add", "Concatenate", OWN):
            self.made[name] = (reads[0], op, config)
        self._count(op, config, reads[0].channels)
        channels = {
            "Conv2D": config.get("filters"),
            "Concatenate": sum(value.channels for value in reads),
        }.get(op) or reads[0].channels
        self._called(name, op, config, reads)
        return Value((name, 0, 0), (self._id(name), 0), channels)

    def again(self, name: str, x: Value) -> Value:
        """A further call of a layer."""
        first, op, config = self.made[name]
        entry = next(layer for layer in self.layers if layer["name"] == name)
        entry["inbound_nodes"].append(_call([x], False))
        self.times[name] += 1
        self._called(name, op, config, [x])
        return Value((name, self.times[name] - 1, 0), (self._id(name), 0), config.get("filters", first.channels))

    def block(self, pattern: Steps, x: Value, width: int) -> Value:
        values = [x]
        for op, config, operands in pattern:
            reads = [values[operand + 1] for operand in operands]
            if op == "Join":
                op = "Add" if reads[0].channels == reads[1].channels else "Concatenate"
                config = {"axis": -1} if op == "Concatenate" else {}
            if "filters" in config:
                config = {**config, "filters": config["filters"] * width}
            values.append(self.add(op, config, reads))
        return values[-1]

    def fork(self, x: Value, rng: random.Random) -> Value:
        """A layer of an unknown class, of which the second output is read."""
        one = self.add(OWN, {"units": rng.randint(1, 3)}, [x])
        self.net.params = None
        two = Value((one.written[0], 0, 1), (one.tensor[0], 1), x.channels)
        return self.add("Add", {}, [one, two])

    def nested(self, plan: _Nested, x: Value) -> Value:
        """A call of a nested model, which is written where it is first called."""
        known = next((name for name, (model, ins, _) in self.within.items()
                      if getattr(model, "plan", None) is plan and ins[0].channels == x.channels), None)  # fmt: skip
        if known is not None and self.rng.random() < 0.6:
            return self._call_nested(known, x)
        name = self._name("nested")
        path = f"{self.path}/{name}" if self.path else name
        inner = _Model(self.rng, self.net, path)
        inner.plan = plan  # type: ignore[attr-defined]
        source = inner.source(x.channels, x.tensor)
        y = source
        for steps in plan.steps:
            y = inner.block(steps, y, plan.width)
        if plan.inner is not None:
            y = inner.nested(plan.inner, y)
        outputs = [y] if plan.outputs == 1 else [y, inner.add("Activation", {"activation": "relu"}, [y])]
        entry = inner.written(name, [source], outputs)
        self.layers.append({**entry, "name": name, "inbound_nodes": [_call([x], False)]})
        self.within[name] = (inner, [source], outputs)
        self.times[name] = 1
        return Value((name, 0, len(outputs) - 1), outputs[-1].tensor, outputs[-1].channels)

    def _call_nested(self, name: str, x: Value) -> Value:
        """Every call inside is made once more, on another tensor."""
        model, (source,), outputs = self.within[name]
        entry = next(layer for layer in self.layers if layer["name"] == name)
        entry["inbound_nodes"].append(_call([x], False))
        self.times[name] += 1
        tensors = model.replay({source.written: x.tensor})
        last = outputs[-1]
        return Value((name, self.times[name] - 1, len(outputs) - 1), tensors[last.written], last.channels)

    def replay(self, known: dict[tuple[str, int, int], Tensor]) -> dict[tuple[str, int, int], Tensor]:
        """Call all layers of this model once more, in the order of the file."""
        for layer in self.layers:
            for number, call in enumerate(layer["inbound_nodes"]):
                refs = [tuple(t["config"]["keras_history"]) for t in _tensors(call["args"])]
                if layer["class_name"] == "Functional":
                    inner, (source,), outputs = self.within[layer["name"]]
                    found = inner.replay({source.written: known[refs[0]]})
                    for index, value in enumerate(outputs):
                        known[layer["name"], number, index] = found[value.written]
                    continue
                ident = self._next(layer["name"])
                self.net.calls[ident] = Call(layer["class_name"], layer["config"], tuple(known[ref] for ref in refs))
                known[layer["name"], number, 0] = (ident, 0)
        return known

    def _called(self, name: str, op: str, config: dict[str, Any], reads: Sequence[Value]) -> None:
        self.net.calls[self._next(name)] = Call(op, config, tuple(value.tensor for value in reads))

    def _next(self, name: str) -> str:
        """The id of the next call of a layer, counted over all calls of the model around it."""
        own = f"{self.path}/{name}" if self.path else name
        self.last = getattr(self, "last", {})
        self.last[name] = self.last.get(name, 0) + 1
        return own if self.last[name] == 1 else f"{own}@{self.last[name]}"

    def _id(self, name: str) -> str:
        """The id of the latest call."""
        own = f"{self.path}/{name}" if self.path else name
        return own if self.last[name] == 1 else f"{own}@{self.last[name]}"

    def _name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def _count(self, op: str, config: dict[str, Any], channels: int) -> None:
        if self.net.params is not None:
            area = 1
            for size in config.get("kernel_size", ()):
                area *= size
            self.net.params += {
                "Conv2D": (area * channels + 1) * config.get("filters", 0), "BatchNormalization": 4 * channels,
                "DepthwiseConv2D": (area + 1) * channels,
            }.get(op, 0)  # fmt: skip


def _entry(op: str, name: str, config: dict[str, Any], calls: list[dict[str, Any]]) -> dict[str, Any]:
    own = {"registered_name": op, "module": None} if op == OWN else {"module": "keras.layers", "registered_name": None}
    op = op.partition(">")[2] or op
    return {**own, "class_name": op, "config": {"name": name, **config}, "name": name, "inbound_nodes": calls}


def _call(reads: Sequence[Value], listed: bool) -> dict[str, Any]:
    tensors = [
        {"class_name": "__keras_tensor__",
         "config": {"shape": [None, 8, 8, value.channels], "dtype": "float32", "keras_history": list(value.written)}}
        for value in reads
    ]  # fmt: skip
    return {"args": [tensors] if listed else tensors, "kwargs": {}}


def _tensors(arguments: list[Any]) -> list[dict[str, Any]]:
    return arguments[0] if arguments and isinstance(arguments[0], list) else arguments
