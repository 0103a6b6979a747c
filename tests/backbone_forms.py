"""Forms in which a known network hides in a model, and near misses of it: as configurations, without Keras.

`FORMS` maps a form's name to a function (network's sketch, helper values) → model's configuration
and what recognition must say of it; `MUTANTS` likewise for changes after which it must say nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from blockviz.backbones.reference_network import ReferenceNetwork, known_network
from blockviz.ir import LayerGraph, Node
from blockviz.ops.families import family

Read = tuple[str, int]


@dataclass
class Call:
    op: str
    config: dict[str, Any]
    reads: list[Read] = field(default_factory=list)
    args: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int | None, ...] | None = None
    trainable: bool = True
    inner: dict[str, Any] | None = None

    def copy(self) -> Call:
        return replace(self, config=dict(self.config), reads=list(self.reads))


class Sketch:
    """A model as calls by name in topological order; writes itself as Keras 3 does."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.outputs: list[Read] = []
        self.again: dict[str, list[list[Read]]] = {}

    def add(self, op: str, *reads: str, **config: Any) -> str:
        name = config.pop("name", None) or f"x_{op.lower()}_{len(self.calls)}"
        self.calls[name] = Call(op, config, [(read, 0) for read in reads])
        return name

    def input(self, shape: tuple[int | None, ...], name: str = "photo") -> str:
        return self.add("InputLayer", name=name, batch_shape=list(shape))

    def nest(self, inner: Sketch, *reads: str, name: str, timed: bool = False, trainable: bool = True) -> str:
        entry = inner.config(name, trainable)
        call = Call("Functional", {}, [(read, 0) for read in reads], inner=entry)
        if timed:
            call.op, call.inner = "TimeDistributed", {
                "class_name": "TimeDistributed", "module": "keras.layers",
                "config": {"name": f"{name}_steps", "trainable": True, "layer": entry},
            }  # fmt: skip
            name = f"{name}_steps"
        self.calls[name] = call
        return name

    def call_again(self, name: str, *reads: str) -> Read:
        self.again.setdefault(name, []).append([(read, 0) for read in reads])
        return (name, len(self.again[name]))

    def config(self, name: str = "model", trainable: bool = True) -> dict[str, Any]:
        layers = []
        for key, call in self.calls.items():
            nodes = [self._inbound(call, call.reads)] if call.reads else []
            nodes += [self._inbound(call, reads) for reads in self.again.get(key, [])]
            entry = dict(call.inner) if call.inner else {
                "class_name": call.op, "module": "keras.layers",
                "config": {**call.config, "name": key, "trainable": call.trainable},
            }  # fmt: skip
            layers.append({**entry, "name": key, "inbound_nodes": nodes})
        inputs = [[key, 0, 0] for key, call in self.calls.items() if call.op == "InputLayer"]
        outputs = [[source, 0, 0] for source, _ in self.outputs]
        return {
            "class_name": "Functional", "module": "keras.src.models.functional",
            "config": {
                "name": name, "trainable": trainable, "layers": layers,
                "input_layers": inputs, "output_layers": outputs,
            },
        }  # fmt: skip

    def _inbound(self, call: Call, reads: list[Read]) -> dict[str, Any]:
        tensors = [self._tensor(read) for read in reads]
        args: list[Any] = tensors if len(tensors) == 1 else [tensors]
        places = sorted(key for key in call.args if key.isdigit())
        if places:
            args = args + [call.args[key] for key in places]
        elif len(tensors) > 1 and call.op in ("CustomScaleLayer",):
            args = [tensors]
        return {"args": args, "kwargs": {k: v for k, v in call.args.items() if not k.isdigit()}}

    def _tensor(self, read: Read) -> dict[str, Any]:
        shape = self.calls[read[0]].shape
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": None if shape is None else list(shape), "dtype": "float32",
                "keras_history": [read[0], read[1], 0],
            },
        }  # fmt: skip

    def all_readers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {key: [] for key in self.calls}
        for key, call in self.calls.items():
            for source, _ in call.reads:
                found[source].append(key)
        return found

    def rewire(self, old: str, new: str, *, besides: tuple[str, ...] = ()) -> None:
        for key, call in self.calls.items():
            if key not in besides:
                call.reads = [(new, 0) if source == old else (source, index) for source, index in call.reads]
        self.outputs = [(new, 0) if source == old else (source, index) for source, index in self.outputs]

    def before(self, *names: str) -> set[str]:
        """Everything that the named calls depend on, themselves included."""
        found = set(names)
        for key in reversed(self.calls):
            if key in found:
                found.update(source for source, _ in self.calls[key].reads)
        return found

    def keep(self, *outputs: str) -> Sketch:
        """The model cut to these outputs."""
        kept = Sketch()
        needed = self.before(*outputs)
        kept.calls = {key: call.copy() for key, call in self.calls.items() if key in needed}
        kept.outputs = [(name, 0) for name in outputs]
        return kept

    def copy(self) -> Sketch:
        return self.keep(*(name for name, _ in self.outputs))

    def sort(self) -> None:
        """Restore topological order after a change of wiring."""
        done: dict[str, Call] = {}
        waiting = dict(self.calls)
        while waiting:
            ready = [k for k, call in waiting.items() if all(source in done for source, _ in call.reads)]
            assert ready, "the change made a cycle"
            for key in ready:
                done[key] = waiting.pop(key)
        self.calls = done


def sketch_of(graph: LayerGraph) -> Sketch:
    """A network of the catalogue as a sketch; nested pieces (ConvNeXt's stem) laid flat."""
    sketch = Sketch()
    alias: dict[str, Read] = {}
    for item in graph.items():
        assert isinstance(item, Node)
        reads = [alias[source] for _, source, _ in graph.operand_list(item.id)]
        if item.op == "InputLayer" and reads:
            alias[item.id] = reads[0]
            continue
        name = item.id.replace("/", "_")
        alias[item.id] = (name, 0)
        sketch.calls[name] = Call(item.op, dict(item.config), reads, dict(item.args), item.outputs[0])
    sketch.outputs = [alias[name] for name, _ in graph.exits]
    return sketch


@dataclass(eq=False)
class Network:
    """A known network: its sketch with top, the name of its body's last call, blocks' ends, and taps by stride."""

    name: str
    sketch: Sketch
    known: ReferenceNetwork
    end: str
    cuts: list[str]
    taps: dict[int, str]

    @property
    def body(self) -> Sketch:
        return self.sketch.keep(self.end)


def network(name: str, graph: LayerGraph) -> Network:
    known = known_network(name, graph)
    names = [key.replace("/", "_") for key in known.view.names]
    body = sorted(known.body)
    taps = {}
    for step in body:
        if step in known.boundaries and known.strides[step] > 1 and known.view.items[step].op != "ZeroPadding2D":
            taps[known.strides[step]] = names[step]
    taps[known.strides[known.end]] = names[known.end]
    return Network(name, sketch_of(graph), known, names[known.end], _cuts(known, names), taps)


def _cuts(known: ReferenceNetwork, names: list[str]) -> list[str]:
    """Ends of blocks deep enough to be told: ten calls and four convolutions or more."""
    found = []
    for step in known.boundaries:
        before = {step}
        for other in range(step, -1, -1):
            if other in before:
                before.update(source for source, _ in known.view.operands[other] if source in known.pattern.hashes)
        weighted = sum(family(known.view.items[i].op) in ("conv", "dense") for i in before)  # type: ignore[union-attr]
        if len(before) >= 10 and weighted >= 4 and step != known.end:
            found.append(names[step])
    return found


@dataclass
class Case:
    """A model and what recognition must find: names of networks, and where the first is cut (None: not at all)."""

    form: str
    config: dict[str, Any]
    names: list[str]
    cut_at: str | None = None
    kind: str | None = None
    taps: int | None = None


def _head(model: Sketch, tensor: str, classes: int = 10) -> None:
    pooled = model.add("GlobalAveragePooling2D", tensor, data_format="channels_last", keepdims=False)
    hidden = model.add("Dense", pooled, units=256, activation="relu", use_bias=True)
    dropped = model.add("Dropout", hidden, rate=0.5)
    model.outputs = [(model.add("Dense", dropped, units=classes, activation="softmax", use_bias=True), 0)]


def _conv(model: Sketch, tensor: str, filters: int, kernel: int, norm: bool = True) -> str:
    config = {
        "filters": filters, "kernel_size": [kernel, kernel], "strides": [1, 1], "padding": "same", "groups": 1,
        "dilation_rate": [1, 1], "activation": "linear", "use_bias": not norm, "data_format": "channels_last",
    }  # fmt: skip
    tensor = model.add("Conv2D", tensor, **config)
    if norm:
        tensor = model.add("BatchNormalization", tensor, axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True)
        tensor = model.add("Activation", tensor, activation="relu")
    return tensor


def _photo(net: Network) -> tuple[int | None, ...]:
    return next(call.shape for call in net.sketch.calls.values() if call.op == "InputLayer") or ()


def whole(net: Network) -> Case:
    return Case("whole", net.sketch.config(), [net.name])


def include_top_false(net: Network) -> Case:
    return Case("include_top_false", net.body.config(), [net.name])


def pooled(net: Network, op: str) -> Case:
    model = net.body
    model.outputs = [(model.add(op, net.end, data_format="channels_last", keepdims=False), 0)]
    return Case(f"pooling {op}", model.config(), [net.name])


def nested(net: Network, part: Sketch | None = None, form: str = "nested") -> Case:
    model = Sketch()
    base = model.nest(part or net.body, model.input(_photo(net)), name="base")
    _head(model, base)
    return Case(form, model.config(), [net.name], kind="nested")


def nested_pooled(net: Network) -> Case:
    base = net.body
    base.outputs = [(base.add("GlobalMaxPooling2D", net.end, data_format="channels_last", keepdims=False), 0)]
    model = Sketch()
    features = model.nest(base, model.input(_photo(net)), name="base")
    model.outputs = [(model.add("Dense", features, units=5, activation="softmax", use_bias=True), 0)]
    return Case("nested pooled", model.config(), [net.name], kind="nested")


def nested_whole(net: Network) -> Case:
    model = Sketch()
    base = model.nest(net.sketch.copy(), model.input(_photo(net)), name="base")
    model.outputs = [(model.add("Dense", base, units=3, activation="softmax", use_bias=True), 0)]
    return Case("nested whole", model.config(), [net.name], kind="nested")


def flattened(net: Network) -> Case:
    model = net.body
    _head(model, net.end)
    return Case("flattened", model.config(), [net.name], kind="flattened")


def classes(net: Network) -> Case:
    model = net.sketch.copy()
    last = [call for call in model.calls.values() if family(call.op) in ("conv", "dense")][-1]
    last.config["units" if "units" in last.config else "filters"] = 7
    for call in model.calls.values():
        call.shape = None if call.shape and call.shape[-1] == 1000 else call.shape
    return Case("classes=7", model.config(), [net.name])


def renamed(net: Network) -> Case:
    model = net.body
    names = list(model.calls)
    random.Random(net.name).shuffle(names)
    new = {name: f"layer_{number}" for number, name in enumerate(names)}
    model.calls = {new[key]: call for key, call in model.calls.items()}
    for call in model.calls.values():
        call.reads = [(new[source], index) for source, index in call.reads]
    model.outputs = [(new[source], index) for source, index in model.outputs]
    _head(model, new[net.end])
    return Case("renamed", model.config(), [net.name])


def siamese(net: Network) -> Case:
    model = Sketch()
    left, right = model.input(_photo(net), "left"), model.input(_photo(net), "right")
    base = model.nest(net.body, left, name="base")
    again = model.call_again(base, right)
    model.calls["merge"] = Call("Subtract", {}, [(base, 0), again])
    _head(model, "merge", 1)
    return Case("siamese", model.config(), [net.name, net.name], kind="nested")


def timed(net: Network) -> Case:
    model = Sketch()
    clip = model.input((None, 4, *_photo(net)[1:]), "clip")
    base = model.nest(net.body, clip, name="base", timed=True)
    state = model.add("TimeDistributed", base, layer={
        "class_name": "GlobalAveragePooling2D", "module": "keras.layers",
        "config": {"name": "pool", "trainable": True, "data_format": "channels_last", "keepdims": False},
    })  # fmt: skip
    model.outputs = [(model.add("LSTM", state, units=16, return_sequences=False), 0)]
    return Case("time distributed", model.config(), [net.name])


def two_networks(net: Network, other: Network) -> Case:
    model = net.body
    photo = next(iter(model.calls))
    for key, call in other.body.calls.items():
        if call.op != "InputLayer":
            reads = [(photo if not other.sketch.calls[s].reads else f"second_{s}", i) for s, i in call.reads]
            model.calls[f"second_{key}"] = Call(call.op, dict(call.config), reads, dict(call.args), call.shape)
    ends = [net.end, f"second_{other.end}"]
    flat = [model.add("GlobalAveragePooling2D", end, data_format="channels_last", keepdims=False) for end in ends]
    both = model.add("Concatenate", *flat, axis=-1)
    model.outputs = [(model.add("Dense", both, units=10, activation="softmax", use_bias=True), 0)]
    return Case("two networks", model.config(), sorted([net.name, other.name]))


def cut(net: Network, name: str) -> Case:
    model = net.sketch.keep(name)
    _head(model, name)
    return Case("cut", model.config(), [net.name], cut_at=name)


def cut_nested(net: Network, name: str) -> Case:
    case = nested(net, net.sketch.keep(name), "cut, nested")
    case.cut_at, case.kind = f"base/{name}", None
    return case


def cut_with_convolutions(net: Network, name: str) -> Case:
    model = net.sketch.keep(name)
    tensor = _conv(model, _conv(model, name, 128, 3), 128, 3)
    _head(model, tensor)
    return Case("cut, then convolutions", model.config(), [net.name], cut_at=name)


def unet(net: Network) -> Case:
    model = net.body
    strides = sorted(net.taps)
    tensor = net.end
    for stride in reversed(strides[:-1]):
        tensor = model.add("UpSampling2D", tensor, size=[2, 2], data_format="channels_last", interpolation="nearest")
        tensor = model.add("Concatenate", tensor, net.taps[stride], axis=-1)
        tensor = _conv(model, _conv(model, tensor, 64, 3), 64, 3)
    model.outputs = [(_conv(model, tensor, 1, 1, norm=False), 0)]
    return Case("U-Net", model.config(), [net.name], taps=len(strides))


def fpn(net: Network) -> Case:
    model = net.body
    strides = [stride for stride in sorted(net.taps) if stride >= 8]
    outputs, tensor = [], ""
    for stride in reversed(strides):
        lateral = _conv(model, net.taps[stride], 256, 1, norm=False)
        if tensor:
            up = model.add("UpSampling2D", tensor, size=[2, 2], data_format="channels_last", interpolation="nearest")
            tensor = model.add("Add", lateral, up)
        else:
            tensor = lateral
        outputs.append((_conv(model, tensor, 256, 3, norm=False), 0))
    model.outputs = outputs
    return Case("FPN", model.config(), [net.name], taps=len(strides))


def frozen(net: Network) -> Case:
    model = net.body
    names = list(model.calls)
    for name in names[: len(names) // 2]:
        model.calls[name].trainable = False
    _head(model, net.end)
    return Case("half frozen", model.config(), [net.name])


def without_preprocessing(net: Network) -> Case:
    model = net.body
    for name, call in list(model.calls.items()):
        if call.op in ("Rescaling", "Normalization"):
            model.rewire(name, call.reads[0][0])
            del model.calls[name]
    _head(model, net.end)
    return Case("without preprocessing", model.config(), [net.name])


FORMS: dict[str, Callable[[Network], Case]] = {
    "whole": whole,
    "include_top_false": include_top_false,
    "avg": lambda net: pooled(net, "GlobalAveragePooling2D"),
    "max": lambda net: pooled(net, "GlobalMaxPooling2D"),
    "nested": nested,
    "nested_pooled": nested_pooled,
    "nested_whole": nested_whole,
    "flattened": flattened,
    "classes": classes,
    "renamed": renamed,
    "siamese": siamese,
    "timed": timed,
    "unet": unet,
    "fpn": fpn,
    "frozen": frozen,
    "without_preprocessing": without_preprocessing,
}


def cut_cases(net: Network) -> Iterator[Case]:
    """Each cut, under each head."""
    for name in net.cuts:
        yield cut(net, name)
        yield cut_nested(net, name)
        yield cut_with_convolutions(net, name)


# --- near misses -------------------------------------------------------------------------------------------


def _body_calls(net: Network, model: Sketch, kinds: tuple[str, ...]) -> list[str]:
    inside = model.before(net.end)
    return [key for key, call in model.calls.items() if key in inside and family(call.op) in kinds]


def _spread(names: list[str], count: int) -> list[str]:
    if len(names) <= count:
        return names
    return [names[round(i * (len(names) - 1) / (count - 1))] for i in range(count)]


def kernels(net: Network, count: int) -> Iterator[Sketch]:
    convs = [n for n in _body_calls(net, net.sketch, ("conv",)) if "kernel_size" in net.sketch.calls[n].config]
    for name in _spread(convs, count):
        model = net.sketch.copy()
        config = model.calls[name].config
        config["kernel_size"] = [size + 2 for size in config["kernel_size"]]
        config["padding"] = "same"
        yield model


def activations(net: Network, count: int) -> Iterator[Sketch]:
    names = [
        n for n in _body_calls(net, net.sketch, ("act", "conv", "dense"))
        if family(net.sketch.calls[n].op) == "act" or net.sketch.calls[n].config.get("activation", "linear") != "linear"
    ]  # fmt: skip
    names = [n for n in names if net.sketch.calls[n].config.get("activation") != "linear"]
    for name in _spread(names, count):
        model = net.sketch.copy()
        call = model.calls[name]
        if family(call.op) == "act":
            call.op, call.config = "Activation", {"activation": "elu"}
        else:
            call.config["activation"] = "elu"
        yield model


def widths(net: Network, count: int) -> Iterator[Sketch]:
    names = _body_calls(net, net.sketch, ("conv", "dense"))
    names = [name for name in names if {"filters", "units"} & net.sketch.calls[name].config.keys()]
    for name in _spread(names, count):
        model = net.sketch.copy()
        config = model.calls[name].config
        key = "filters" if "filters" in config else "units"
        config[key] = config[key] + 8
        yield model


@cache
def _blocks(net: Network) -> list[tuple[str, str, list[str]]]:
    """(input, output, calls) of blocks that keep the shape: taking one out or in leaves a sound network."""
    model = net.sketch
    readers = model.all_readers()
    ends = [net.known.view.names[step].replace("/", "_") for step in net.known.boundaries]
    before = {end: model.before(end) for end in ends}
    found = []
    for index, end in enumerate(ends):
        for start in reversed(ends[max(0, index - 8) : index]):
            same = model.calls[start].shape == model.calls[end].shape or "oncat" in model.calls[end].op
            if not same or start not in before[end]:
                continue
            inside = before[end] - before[start]
            closed = all(reader in inside for name in inside - {end} for reader in readers[name])
            if closed and any(family(model.calls[name].op) in ("conv", "dense") for name in inside):
                found.append((start, end, [name for name in model.calls if name in inside]))
                break
    return found


def block_removed(net: Network, count: int) -> Iterator[Sketch]:
    blocks = [block for block in _blocks(net) if not _is_cut(net, block[1])]
    for start, end, block in _pick(blocks, count):
        model = net.sketch.copy()
        model.rewire(end, start)
        for name in block:
            del model.calls[name]
        yield model


def _is_cut(net: Network, end: str) -> bool:
    """Whether leaving out the block that ends here leaves exactly the network cut at the block's input."""
    return end == net.end


def block_added(net: Network, count: int) -> Iterator[Sketch]:
    for start, end, block in _pick(_blocks(net), count):
        model = net.sketch.copy()
        new = {name: f"{name}_more" for name in block}
        model.rewire(end, new[end])
        for name in block:
            call = net.sketch.calls[name].copy()
            call.reads = [(end if s == start else new.get(s, s), i) for s, i in call.reads]
            model.calls[new[name]] = call
        model.sort()
        yield model


def _pick(blocks: list[tuple[str, str, list[str]]], count: int) -> list[tuple[str, str, list[str]]]:
    chosen = _spread([str(i) for i in range(len(blocks))], count)
    return [blocks[int(i)] for i in chosen]


def shortcuts(net: Network, count: int) -> Iterator[Sketch]:
    merges = [n for n in _body_calls(net, net.sketch, ("merge", "other")) if len(net.sketch.calls[n].reads) > 1]
    for name in _spread(merges, count):
        model = net.sketch.copy()
        reads = model.calls[name].reads
        deepest = max(reads, key=lambda read: len(model.before(read[0])))
        if len(reads) == 2:
            model.rewire(name, deepest[0])
        else:
            model.calls[name].reads = reads[1:]
        yield model.copy()


MUTANTS: dict[str, Callable[[Network, int], Iterator[Sketch]]] = {
    "kernel changed": kernels,
    "activation replaced": activations,
    "width changed": widths,
    "block removed": block_removed,
    "block added": block_added,
    "shortcut removed": shortcuts,
}
