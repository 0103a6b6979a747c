"""A model as Keras 3 writes it, layer by layer, and beside it what every call reads."""

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


class Nested:
    """A model within the model: what it is made of, so that it can be written once and called often."""

    def __init__(self, rng: random.Random, patterns: list[Steps], depth: int = 0) -> None:
        self.width = rng.choice(WIDTHS)
        self.steps = [rng.choice(patterns) for _ in range(rng.randint(1, 3))]
        self.outputs = 2 if rng.random() < 0.2 else 1
        self.inner = Nested(rng, patterns, depth + 1) if depth < 2 and rng.random() < 0.3 else None


class Model:
    """Writes one model's layers; ``path`` is that of a nested model, "" for the whole."""

    def __init__(self, rng: random.Random, net: Network, path: str) -> None:
        self.rng, self.net, self.path, self.count = rng, net, path, 0
        self.layers: list[dict[str, Any]] = []
        self.made: dict[str, tuple[Value, str, dict[str, Any]]] = {}  # by name: what it first read, class, settings
        self.within: dict[str, tuple[Model, list[Value], list[Value]]] = {}
        self.times: dict[str, int] = {}  # calls of a layer as the file counts them
        self.last: dict[str, int] = {}  # … and over all calls of the model around it
        self.plan: Nested | None = None

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

    def nested(self, plan: Nested, x: Value) -> Value:
        """A call of a nested model, which is written where it is first called."""
        known = next((name for name, (model, ins, _) in self.within.items()
                      if model.plan is plan and ins[0].channels == x.channels), None)  # fmt: skip
        if known is not None and self.rng.random() < 0.6:
            return self._call_nested(known, x)
        name = self._name("nested")
        path = f"{self.path}/{name}" if self.path else name
        inner = Model(self.rng, self.net, path)
        inner.plan = plan
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
