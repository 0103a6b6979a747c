"""From a draft to a layer graph: channels last, the batch open, one layer for calls with the same weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from blockviz.ir import UNKNOWN, Layer, LayerGraph, Node, Scope, Shape
from blockviz.ops.axis_order import maps_of, shown_axes, shown_axis
from blockviz.ops.drafts import Call, Draft, Order, Tensor
from blockviz.ops.node_writer import NodeWriter, foreign_layer, known_layer
from blockviz.ops.vocabulary import from_framework
from blockviz.runtime.records import dataclass, field


def finish(draft: Draft, batch: int | None = 1) -> LayerGraph:
    """The layer graph of a draft.

    Parameters
    ----------
    draft : is changed: what no output depends on is taken out.
    batch : size of axis 0 where that is the batch; shown as open. Another size there is counted as it is.
    """
    draft.prune()
    maps = maps_of(draft)
    _in_source_order(draft, maps)
    _drop_mere_order(draft, maps)
    _index_as_shown(draft, maps)
    _pool_globally(draft, maps)
    _flatten_pooled(draft)
    return _Writer(draft, maps, batch).written()


def _in_source_order(draft: Draft, maps: set[Tensor]) -> None:
    """A matrix product of a whole map works on the source's axes: say so with a transposition."""
    calls: list[Call] = []
    for call in draft.calls:
        if call.order is Order.SOURCE:
            for place, tensor in enumerate(call.inputs):
                if tensor in maps and not (call.op == "Matmul" and len(tensor.shape or ()) == 3):
                    rank = len(tensor.shape or ())
                    turned = Call(f"{call.name}/order{place}", "Transpose", [tensor], module="keras.ops")
                    turned.args["axes"] = [shown_axes(rank, True).index(axis) for axis in range(rank)]
                    turned.outputs = [Tensor(turned, 0, tensor.shape)]
                    call.inputs[place] = turned.outputs[0]
                    calls.append(turned)
        calls.append(call)
    draft.calls = calls


def _drop_mere_order(draft: Draft, maps: set[Tensor]) -> None:
    """Transpositions between channels first and last change nothing of what is shown.

    Their result stays a tensor with an order of its own, by which its readers count axes; it is given by another call.
    """
    gone = []
    for call in draft.calls:
        perm = call.config.get("source_axes")
        if call.op != "Transpose" or perm is None:
            continue
        before, after = call.inputs[0], call.outputs[0]
        rank = len(perm)
        source, target = shown_axes(rank, before in maps), shown_axes(rank, after in maps)
        axes = [source.index(perm[axis]) for axis in target]
        if axes == list(range(rank)):
            gone.append(call)
            after.call, after.index = before.call, before.index
        call.args["axes"] = axes
        del call.config["source_axes"]
    draft.remove(gone)


def _index_as_shown(draft: Draft, maps: set[Tensor]) -> None:
    """An index says per axis as shown what is taken: a number, or a slice."""
    for call in draft.calls:
        index = call.config.pop("source_index", None)
        if index is not None:
            axes = shown_axes(len(index), call.inputs[0] in maps)
            call.args["1"] = [index[a] if isinstance(index[a], int) else {"slice": list(index[a])} for a in axes]


def _pool_globally(draft: Draft, maps: set[Tensor]) -> None:
    """The mean or maximum over all axes between batch and channels is a global pooling."""
    for call in draft.calls:
        kind = {"Mean": "Average", "Max": "Max"}.get(call.op)
        axes = call.axes.get("axis")
        shape = call.inputs[0].shape if call.inputs else None
        if kind is None or axes is None or shape is None or not 3 <= len(shape) <= 5 or len(call.outputs) > 1:
            continue
        rank = len(shape)
        grid = shown_axes(rank, call.inputs[0] in maps)[1:-1]
        if sorted(axis % rank for axis in axes) == sorted(grid):
            call.op, call.module = f"Global{kind}Pooling{rank - 2}D", "keras.layers"
            call.config = {"keepdims": call.args.pop("keepdims")}
            call.axes = {}


def _flatten_pooled(draft: Draft) -> None:
    """A global pooling that is flattened at once gives vectors itself."""
    readers = draft.readers()
    moved: dict[Tensor, Tensor] = {}
    for call in draft.calls:
        pooled = call.inputs[0].call if call.inputs else None
        if call.op not in ("Flatten", "Squeeze", "Reshape") or pooled is None or not _pools(pooled):
            continue
        shape, out = pooled.outputs[0].shape, call.outputs[0].shape
        alone = len(readers[pooled]) == 1 and pooled.outputs[0] not in draft.outputs
        if alone and shape is not None and out == shape[:2]:
            pooled.outputs[0].shape, pooled.order = out, Order.FREE
            pooled.config["keepdims"] = False
            moved[call.outputs[0]] = pooled.outputs[0]
    draft.redirect(moved)
    draft.remove([tensor.call for tensor in moved])


def _pools(call: Call) -> bool:
    return call.op.startswith("Global") and bool(call.config.get("keepdims"))


@dataclass(slots=True)
class _Writer:
    """Writes the calls of a draft as nodes."""

    draft: Draft
    maps: set[Tensor]
    batch: int | None
    layers: dict[tuple[Any, ...], Layer] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    called: Counter[str] = field(default_factory=Counter)
    ids: dict[Call, str] = field(default_factory=dict)
    composites: dict[str, Scope] = field(default_factory=dict)

    def written(self) -> LayerGraph:
        graph = LayerGraph(name=self.draft.name)
        names, writer = _unique_names(self.draft), NodeWriter(graph)
        for call in self.draft.calls:
            self.ids[call] = self.node(call, names[call], writer).id
        graph.graph["inputs"] = tuple(self.ids[call] for call in self.draft.calls if call.op == "InputLayer")
        graph.graph["exits"] = tuple(dict.fromkeys((self.ids[t.call], t.index) for t in self.draft.outputs))
        graph.graph["scopes"] = {}
        if self.composites:
            graph.graph["composites"] = self.composites
        return graph

    def node(self, call: Call, name: str, writer: NodeWriter) -> Node:
        config, args = dict(call.config), dict(call.args)
        outputs = tuple(self.shown(tensor) for tensor in call.outputs)
        if call.op == "InputLayer":
            config["batch_shape"] = None if call.outputs[0].shape is None else list(outputs[0])
        settings = args if call.module.endswith("ops") else config
        settings.update({key: self.axis(call, value) for key, value in call.axes.items()})
        if call.op == "Matmul" and len(call.inputs) == 2:
            flags = [tensor in self.maps for tensor in call.inputs]
            args |= {key: True for key, flag in zip(("transpose_a", "transpose_b"), flags, strict=True) if flag}
        layer = self.layer(call, name, config)
        self.called[layer.name] += 1
        number = self.called[layer.name]
        reads = [(self.ids[tensor.call], tensor.index) for tensor in call.inputs]
        inputs = tuple(self.shown(tensor) for tensor in call.inputs)
        often = (call.times, call.times)
        more = {"within": self.within(call), "macs": self.macs(call), "rows": often}
        return writer.call(layer.name, layer, reads, inputs, outputs, args, number=number, **more)

    def within(self, call: Call) -> tuple[str, ...]:
        """The paths of the modules around a call, whose classes the graph remembers."""
        for path, kind in call.within:
            self.composites.setdefault(path, Scope(path, kind))
        return tuple(path for path, _ in call.within)

    def macs(self, call: Call) -> int | None:
        """Multiply-adds for one example, where the reader counted them; of all its calls in a loop."""
        if call.macs is None or (call.times is None and call.macs):
            return None
        return call.macs // (self.batch or 1) * (call.times or 0)

    def layer(self, call: Call, name: str, config: Mapping[str, Any]) -> Layer:
        """The layer that the call calls: one that was called already, if all its weights are that one's."""
        key = (call.op, repr(sorted(config.items())), tuple(self.storage(weight) for weight in call.weights))
        known = self.layers.get(key) if call.weights else None
        if known is None:
            params, fixed = self.counts(call)
            made = known_layer if from_framework(call.module) else foreign_layer
            known = made(name, call.op, dict(config), module=call.module, params=params, fixed=fixed)
            self.layers[key] = known
        return known

    def storage(self, weight: str) -> str:
        return self.draft.weights[weight].storage or weight

    def counts(self, call: Call) -> tuple[int | None, int]:
        """(parameters, those never trained) of a call's weights that were not counted before."""
        total, fixed, unknown = 0, 0, False
        for name in call.weights:
            weight, storage = self.draft.weights[name], self.storage(name)
            if storage in self.counted:
                continue
            self.counted.add(storage)
            unknown = unknown or weight.elements is None
            total += weight.elements or 0
            fixed += 0 if weight.trained else weight.elements or 0
        return (None, 0) if unknown else (total, fixed)

    def axis(self, call: Call, value: Any) -> Any:
        tensor = call.outputs[0] if call.op == "ExpandDims" else call.inputs[0]
        if tensor.shape is None or value is None:
            return value
        if isinstance(value, list | tuple):
            return [shown_axis(axis, len(tensor.shape), tensor in self.maps) for axis in value]
        return shown_axis(value, len(tensor.shape), tensor in self.maps)

    def shown(self, tensor: Tensor) -> Shape:
        shape = tensor.shape
        if not shape:
            return UNKNOWN if shape is None else ()
        shape = tuple(shape[axis] for axis in shown_axes(len(shape), tensor in self.maps))
        return (None, *shape[1:]) if self.batch is not None and shape[0] == self.batch else shape


def _unique_names(draft: Draft) -> dict[Call, str]:
    """A name per call: its own, with a number where another call has it already."""
    taken: set[str] = set()
    names = {}
    for call in draft.calls:
        name = base = call.name.replace("@", "_") or call.op.lower()
        number = 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names[call] = name
    return names
