"""From a model's JSON architecture (Keras 2 or 3) to the layer graph, without Keras.

Nested models are laid out in place: their nodes carry paths (``outer/inner``) and scopes, their
input layers stay as pass-through nodes, and a nested model called twice gives two sets of nodes
that share their layers. Inside ``TimeDistributed`` shapes keep the time axis, so that costs count
every step.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from blockviz import costs, shapes
from blockviz.errors import ModelError
from blockviz.frontends.calls import Call, Ref, is_shape, printable
from blockviz.frontends.canonical import canonical_config
from blockviz.frontends.models import Member, Model, model_kind, read_model_entry
from blockviz.ir import Layer, LayerGraph, Node, Scope, Shape

_MAX_OUTPUTS = 65_536

Counts: TypeAlias = Callable[[str], "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """An output of a node, with its shape in the model at hand (without the time steps around it)."""

    node: str
    index: int
    shape: Shape | None


@dataclass(slots=True)
class _Layout:
    """What is laid out so far; ``counts`` answers for layers of unknown class."""

    graph: LayerGraph
    counts: Counts | None
    scopes: dict[str, Scope] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where calls are laid out: scope, the time steps around it, and whether recorded shapes may be too wide."""

    layout: _Layout
    scope: tuple[str, ...] = ()
    steps: Shape = ()
    wider: bool = False


def graph_from_config(
    config: Mapping[str, Any], name: str | None = None, counts: Counts | None = None
) -> LayerGraph:
    """The layer graph of a serialised model: what ``model.to_json()`` writes, parsed.

    Parameters
    ----------
    config : ``{"class_name": …, "config": {…}}`` of a Functional or Sequential model.
    name : the graph's name; the model's own, if None.
    counts : asked for (parameters, non-trainable ones) of a layer by its path, where configuration and
        class don't tell them.

    Raises
    ------
    ModelError : a model without a graph (subclassed), or a broken architecture.
    """
    entry = {"class_name": "Functional", "config": config} if "layers" in config else config
    if model_kind(entry) is None:
        kind = entry.get("class_name")
        raise ModelError(
            f"{f'a model of class {kind!r}' if isinstance(kind, str) else 'this architecture'} has no graph: only "
            "Functional and Sequential models record how their layers are wired; rebuild it with "
            "keras.Model(inputs, outputs)"
        )
    try:
        with _collection_paused():
            return _laid_out(entry, name, counts)
    except RecursionError:
        raise ModelError("the architecture is nested too deeply to be a model") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"the architecture is broken: {type(error).__name__}: {error}") from error


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Building a graph makes no garbage, and the collector would walk it again and again: half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _laid_out(entry: Mapping[str, Any], name: str | None, counts: Counts | None) -> LayerGraph:
    model = read_model_entry(entry, "", True)
    own = entry["config"].get("name") if isinstance(entry["config"], dict) else None
    layout = _Layout(LayerGraph(name=name or printable(str(own or "model"))), counts)
    outputs = _lay_out(model, [None] * len(model.inputs), [], _Place(layout))
    graph = layout.graph
    layers = (model.members[ref.layer].layer for ref in model.inputs)
    graph.graph["inputs"] = tuple(dict.fromkeys(layer.name for layer in layers if layer is not None))
    graph.graph["exits"] = tuple((tensor.node, tensor.index) for tensor in outputs)
    graph.graph["scopes"] = layout.scopes
    return graph


def _lay_out(model: Model, feeds: list[_Tensor | None], extras: list[_Tensor], place: _Place) -> list[_Tensor]:
    """Add a model's calls to the graph; ``feeds`` are the tensors for its inputs, ``extras`` further ones.

    An extra tensor (a mask given to a nested model) becomes a second operand of the first input layer.
    """
    fed: dict[str, list[_Tensor]] = {}
    for ref, feed in zip(model.inputs, feeds, strict=True):
        fed.setdefault(ref.layer, []).extend([] if feed is None else [feed])
    if model.inputs:
        fed[model.inputs[0].layer] += extras
    values: dict[tuple[str, int], list[_Tensor]] = {}
    for member, index in model.order:
        call = member.calls[index]
        if member.op == "InputLayer" and member.name in fed:
            operands = fed[member.name]
        else:
            operands = [_operand(values, ref, member) for ref in call.refs]
        if member.model is not None:
            values[member.name, index] = _lay_out_nested(member, member.model, call, operands, place)
        else:
            recorded = model.shapes.get((member.name, index), _NOTHING)
            values[member.name, index] = _add_call(member, call, operands, recorded, place)
    return [_operand(values, ref, None) for ref in model.outputs]


_NOTHING: Mapping[int, Shape] = {}


def _operand(values: Mapping[tuple[str, int], list[_Tensor]], ref: Ref, reader: Member | None) -> _Tensor:
    tensors = values[ref.layer, ref.call]
    if ref.tensor >= len(tensors):
        who = f"{reader.name!r} reads" if reader else "the model returns"
        raise ModelError(
            f"the architecture is broken: {who} output {ref.tensor} of {ref.layer!r}, which has {len(tensors)}"
        )
    tensor = tensors[ref.tensor]
    if ref.shape is not None and ref.shape != tensor.shape:
        return _Tensor(tensor.node, tensor.index, _merged(ref.shape, tensor.shape))
    return tensor


def _merged(recorded: Shape | None, inferred: Shape | None) -> Shape | None:
    """The recorded shape, its open sizes filled in where inference knows them."""
    if recorded is None or inferred is None:
        return inferred if recorded is None else recorded
    if len(recorded) != len(inferred):
        return recorded
    return tuple(b if a is None else a for a, b in zip(recorded, inferred, strict=True))


def _lay_out_nested(
    member: Member, model: Model, call: Call, operands: list[_Tensor], place: _Place
) -> list[_Tensor]:
    layout = place.layout
    scope = (*place.scope, member.name)
    _count_scope(layout, member.path, member.op)
    if member.timed:
        _count_scope(layout, model.path, model.op)
        scope = (*scope, model.path.rsplit("/", 1)[-1])
    first = operands[0].shape if operands else None
    steps = (None,) * member.timed if first is None else first[1 : 1 + member.timed]
    feeds, extras = _fed(model, call, operands)
    if steps:
        feeds = [feed and _Tensor(feed.node, feed.index, _without_steps(feed.shape, len(steps))) for feed in feeds]
    wider = any(
        feed is not None and feed.shape != _declared(model.members[ref.layer].config)
        for feed, ref in zip(feeds, model.inputs, strict=True)
    )
    outputs = _lay_out(model, feeds, extras, _Place(layout, scope, (*place.steps, *steps), wider))
    return [_Tensor(out.node, out.index, _with_steps(out.shape, steps)) for out in outputs] if steps else outputs


def _without_steps(shape: Shape | None, count: int) -> Shape | None:
    return None if shape is None else (*shape[:1], *shape[1 + count :])


def _with_steps(shape: Shape | None, steps: Shape) -> Shape | None:
    return None if shape is None else (*shape[:1], *steps, *shape[1:])


def _count_scope(layout: _Layout, path: str, op: str) -> None:
    known = layout.scopes.get(path)
    layout.scopes[path] = Scope(path, op, known.calls + 1 if known else 1)


def _declared(config: Mapping[str, Any]) -> Shape | None:
    """The shape that an input layer was made with, in the words of any version of Keras."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if shape is None and is_shape(config.get("shape")):
        return (None, *config["shape"])
    return tuple(shape) if is_shape(shape) else None


def _fed(model: Model, call: Call, operands: list[_Tensor]) -> tuple[list[_Tensor | None], list[_Tensor]]:
    """Which tensors of a call feed a nested model's inputs, and which come besides (a mask)."""
    flat = _flat(call.first)
    by_key = dict(flat)
    names = [ref.layer for ref in model.inputs]
    keys = next((keys for keys in (model.keys, names) if len(by_key) >= len(keys) and set(keys) <= set(by_key)), None)
    if keys is not None and len(set(keys)) == len(keys):
        places = [by_key[key] for key in keys]
    else:
        places = [place for _, place in flat][: len(names)]
    places += [None] * (len(names) - len(places))
    used = set(places)
    extras = [operand for index, operand in enumerate(operands) if index not in used]
    return [None if place is None else operands[place] for place in places], extras


def _flat(first: Any, key: str = "") -> list[tuple[str, int | None]]:
    """The first argument's tensors in Keras' order, as (key of the dict around it, number of the operand)."""
    if isinstance(first, str) and first.startswith("$"):
        return [(key, int(first[1:]))]
    if isinstance(first, dict):
        return [item for name in sorted(first) for item in _flat(first[name], name)]
    if isinstance(first, list):
        return [item for value in first for item in _flat(value, key)]
    return [(key, None)]


def _add_call(
    member: Member, call: Call, operands: list[_Tensor], recorded: Mapping[int, Shape], place: _Place
) -> list[_Tensor]:
    """Add one call to the graph and return its outputs."""
    graph = place.layout.graph
    inputs = tuple([operand.shape or () for operand in operands])
    layer = member.layer
    if layer is None:
        layer = member.layer = _layer(member, call, inputs, place.layout)
    found = _output_shapes(layer, call, inputs, recorded, place.wider)
    member.called += 1
    node_id = layer.name if member.called == 1 else f"{layer.name}@{member.called}"
    while node_id in graph:
        node_id += "'"
    shown = tuple([shape or () for shape in found])
    if steps := place.steps:
        shown = tuple(_with_steps(shape, steps) or () for shape in found)
        if member.op != "InputLayer":
            inputs = tuple(_with_steps(operand.shape, steps) or () for operand in operands)
        else:
            inputs = shown[:1] * min(1, len(inputs)) + inputs[1:]
    node = Node(node_id, layer, inputs, shown, call.args, place.scope, member.called)
    graph.add_item(node, [(to, operand.node, operand.index) for to, operand in enumerate(operands)])
    return [_Tensor(node_id, index, shape) for index, shape in enumerate(found)]


def _layer(member: Member, call: Call, inputs: tuple[Shape, ...], layout: _Layout) -> Layer:
    name = member.path
    while name in layout.names:  # "a/b" is either a layer or a path, never both
        name += "'"
    layout.names.add(name)
    if member.op == "InputLayer":
        return Layer(name, member.op, _input_config(member.config), 0, 0, member.trainable, member.module)
    config = canonical_config(member.config)
    if member.is_operation:
        return Layer(name, member.op, config, 0, 0, member.trainable, member.module)
    known = inputs or (() if member.build_shape is None else (member.build_shape,))
    counted = costs.count_params(member.op, config, known, member.module, call.args)
    if counted is None and layout.counts is not None:
        counted = layout.counts(member.path)
    params, fixed = counted or (None, 0)
    return Layer(name, member.op, config, params, fixed, member.trainable, member.module)


def _input_config(config: Mapping[str, Any]) -> dict[str, Any]:
    shape, dtype = _declared(config), config.get("dtype")
    reduced: dict[str, Any] = {"batch_shape": None if shape is None else list(shape)}
    return reduced | ({"dtype": dtype} if isinstance(dtype, str) else {})


def _output_shapes(
    layer: Layer, call: Call, inputs: tuple[Shape, ...], recorded: Mapping[int, Shape], wider: bool
) -> list[Shape | None]:
    """Recorded shapes first; inference for what is not recorded, left open, or not read by anyone."""
    if layer.op == "InputLayer":
        shape = layer.config["batch_shape"]
        return [_merged(None if shape is None else tuple(shape), inputs[0] if inputs else None)]
    if not wider and len(recorded) == 1 and 0 in recorded and "return_state" not in layer.config:
        return [recorded[0]]
    try:
        inferred = shapes.output_shapes(layer.op, layer.config, inputs, call.args) or ()
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        inferred = ()  # a malformed configuration: what is recorded is all that is known
    count = max(len(inferred), max(recorded, default=0) + 1)
    if count > _MAX_OUTPUTS:
        raise ModelError(f"the architecture is broken: {layer.name!r} has {count:,} outputs")
    return [_merged(recorded.get(i), inferred[i] if i < len(inferred) else None) for i in range(count)]
