"""From a model's JSON architecture (Keras 2 or 3) to the layer graph, without Keras.

Nested models are laid out in place: their nodes carry paths (``outer/inner``) and scopes, their
input layers stay as pass-through nodes, and a nested model called twice gives two sets of nodes
that share their layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from blockviz import costs, shapes
from blockviz.errors import ModelError
from blockviz.frontends.calls import Call, Ref, is_shape
from blockviz.frontends.canonical import canonical_config
from blockviz.frontends.models import Member, Model, model_kind, read_model_entry
from blockviz.ir import Layer, LayerGraph, Node, Scope, Shape

MAX_NODES = 2_000_000
_MAX_OUTPUTS = 65_536

Counts: TypeAlias = Callable[[str], "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """An output of a node, with its shape in the model at hand."""

    node: str
    index: int
    shape: Shape | None


@dataclass(slots=True)
class _Place:
    """Where calls are laid out: scope, the time steps around it, and whether recorded shapes may be too wide."""

    scope: tuple[str, ...] = ()
    steps: Shape = ()
    refine: bool = False


@dataclass(slots=True)
class _Layout:
    graph: LayerGraph
    counts: Counts | None = None
    scopes: dict[str, Scope] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


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
    kind = model_kind(entry)
    if kind is None:
        raise ModelError(
            f"{_described(entry)} has no graph: only Functional and Sequential models record how their layers "
            "are wired; rebuild it with keras.Model(inputs, outputs)"
        )
    try:
        return _laid_out(entry, name, counts)
    except RecursionError:
        raise ModelError("the architecture is nested too deeply to be a model") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"the architecture is broken: {type(error).__name__}: {error}") from error


def _described(entry: Mapping[str, Any]) -> str:
    kind = entry.get("class_name")
    return f"a model of class {kind!r}" if isinstance(kind, str) else "this architecture"


def _laid_out(entry: Mapping[str, Any], name: str | None, counts: Counts | None) -> LayerGraph:
    model = read_model_entry(entry, "", True)
    own = entry["config"].get("name") if isinstance(entry["config"], dict) else None
    layout = _Layout(LayerGraph(name=name or str(own or "model")), counts)
    outputs = _lay_out(model, [None] * len(model.inputs), [], _Place(), layout)
    graph = layout.graph
    graph.graph["inputs"] = tuple(dict.fromkeys(model.members[ref.layer].path for ref in model.inputs))
    graph.graph["exits"] = tuple((tensor.node, tensor.index) for tensor in outputs)
    graph.graph["scopes"] = layout.scopes
    return graph


def _lay_out(
    model: Model, feeds: list[_Tensor | None], extras: list[_Tensor], place: _Place, layout: _Layout
) -> list[_Tensor]:
    """Add a model's calls to the graph; ``feeds`` are the tensors for its inputs, ``extras`` further ones."""
    fed = {ref.layer: [feed, *extras] if not index else [feed] for index, (ref, feed) in enumerate(zip(model.inputs, feeds))}
    values: dict[tuple[str, int], list[_Tensor]] = {}
    for member, index in model.order:
        call = member.calls[index]
        operands = [_operand(values, ref, member) for ref in call.refs]
        recorded = model.shapes.get((member.name, index), {})
        if member.model is not None:
            values[member.name, index] = _lay_out_nested(member, call, operands, place, layout)
            continue
        if member.op == "InputLayer" and member.name in fed:
            operands = [feed for feed in fed[member.name] if feed is not None]
            place.refine = place.refine or _is_wider(member, operands)
        values[member.name, index] = _add_call(member, call, operands, recorded, place, layout)
    return [_operand(values, ref, None) for ref in model.outputs]


def _operand(values: dict[tuple[str, int], list[_Tensor]], ref: Ref, reader: Member | None) -> _Tensor:
    tensors = values[ref.layer, ref.call]
    if ref.tensor >= len(tensors):
        who = f"{reader.name!r} reads" if reader else "the model returns"
        raise ModelError(f"the architecture is broken: {who} output {ref.tensor} of {ref.layer!r}, which has {len(tensors)}")
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


def _is_wider(member: Member, operands: list[_Tensor]) -> bool:
    """Whether an input layer was declared with sizes left open that this call knows."""
    return bool(operands) and operands[0].shape != _declared(member.config)


def _declared(config: Mapping[str, Any]) -> Shape | None:
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if shape is None and is_shape(config.get("shape")):
        return (None, *config["shape"])
    return tuple(shape) if is_shape(shape) else None


def _lay_out_nested(
    member: Member, call: Call, operands: list[_Tensor], place: _Place, layout: _Layout
) -> list[_Tensor]:
    model = member.model
    assert model is not None
    inner = _Place((*place.scope, member.name), place.steps)
    _count_scope(layout, member.path, member.op)
    steps: Shape = ()
    if member.timed:
        _count_scope(layout, model.path, model.op)
        inner.scope += (model.path.rsplit("/", 1)[-1],)
        steps = (operands[0].shape or (None, None))[1:2] if operands else ()
        inner.steps += steps
    feeds, extras = _fed(model, call, operands)
    if steps:
        feeds = [feed and _Tensor(feed.node, feed.index, _without_steps(feed.shape)) for feed in feeds]
    outputs = _lay_out(model, feeds, extras, inner, layout)
    if steps:
        outputs = [_Tensor(out.node, out.index, _with_steps(out.shape, steps)) for out in outputs]
    return outputs


def _without_steps(shape: Shape | None) -> Shape | None:
    return None if shape is None else (*shape[:1], *shape[2:])


def _with_steps(shape: Shape | None, steps: Shape) -> Shape | None:
    return None if shape is None else (*shape[:1], *steps, *shape[1:])


def _count_scope(layout: _Layout, path: str, op: str) -> None:
    known = layout.scopes.get(path)
    layout.scopes[path] = Scope(path, op, known.calls + 1 if known else 1)


def _fed(model: Model, call: Call, operands: list[_Tensor]) -> tuple[list[_Tensor | None], list[_Tensor]]:
    """Which tensors of a call feed a nested model's inputs, and which come besides (a mask)."""
    flat = dict(_flat(call.first))
    keys = model.keys if all(key in flat for key in model.keys) else [ref.layer for ref in model.inputs]
    if len(set(keys)) == len(keys) and all(key in flat for key in keys):
        places = [flat[key] for key in keys]
    else:
        places = [place for _, place in _flat(call.first)][: len(model.inputs)]
    places += [None] * (len(model.inputs) - len(places))
    used = {place for place in places if place is not None}
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
    member: Member, call: Call, operands: list[_Tensor], recorded: Mapping[int, Shape], place: _Place, layout: _Layout
) -> list[_Tensor]:
    inputs = tuple(() if operand.shape is None else operand.shape for operand in operands)
    if member.layer is None:
        member.layer = _layer(member, call, inputs, layout)
    layer = member.layer
    found = _output_shapes(member, layer, call, inputs, recorded, place)
    member.called += 1
    node_id = layer.name if member.called == 1 else f"{layer.name}@{member.called}"
    while node_id in layout.graph:
        node_id += "'"
    if len(layout.graph) >= MAX_NODES:
        raise ModelError(f"the architecture has more than {MAX_NODES:,} calls")
    if steps := place.steps:
        inputs = tuple(shape if member.op == "InputLayer" else (*shape[:1], *steps, *shape[1:]) for shape in inputs)
        shown = tuple(_with_steps(shape, steps) or () for shape in found)
    else:
        shown = tuple(shape or () for shape in found)
    node = Node(node_id, layer, inputs, shown, call.args, place.scope, member.called)
    layout.graph.add_item(node, [(to, operand.node, operand.index) for to, operand in enumerate(operands)])
    return [_Tensor(node_id, index, shape) for index, shape in enumerate(found)]


def _layer(member: Member, call: Call, inputs: tuple[Shape, ...], layout: _Layout) -> Layer:
    name = member.path
    while layout.names.setdefault(name, member.path) != member.path or name in layout.graph:
        name += "'"
    config = canonical_config(member.config)
    if member.op == "InputLayer":
        shape = _declared(member.config)
        config = {"batch_shape": None if shape is None else list(shape)}
        if isinstance(dtype := member.config.get("dtype"), str):
            config["dtype"] = dtype
    params, fixed = _params(member, config, inputs or ((member.build_shape,) if member.build_shape else ()), call.args)
    if params is None and layout.counts is not None:
        params, fixed = layout.counts(member.path) or (None, 0)
    return Layer(name, member.op, config, params, fixed, member.trainable, member.module)


def _params(
    member: Member, config: Mapping[str, Any], inputs: tuple[Shape, ...], args: Mapping[str, Any]
) -> tuple[int | None, int]:
    if member.op == "InputLayer" or ".ops." in member.module or member.module == "tensorflow":
        return 0, 0
    return costs.count_params(member.op, config, inputs, member.module, args) or (None, 0)


def _output_shapes(
    member: Member,
    layer: Layer,
    call: Call,
    inputs: tuple[Shape, ...],
    recorded: Mapping[int, Shape],
    place: _Place,
) -> list[Shape | None]:
    """Recorded shapes first; inference for what is not recorded, left open, or not read by anyone."""
    if member.op == "InputLayer":
        declared = _declared(member.config)
        return [_merged(declared, inputs[0] if inputs else None)]
    if not place.refine and len(recorded) == 1 and 0 in recorded and "return_state" not in layer.config:
        return [recorded[0]]
    try:
        inferred = shapes.output_shapes(layer.op, layer.config, inputs, call.args) or ()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError):
        inferred = ()
    count = max(len(inferred), max(recorded, default=0) + 1)
    if count > _MAX_OUTPUTS:
        raise ModelError(f"the architecture is broken: {layer.name!r} has {count:,} outputs")
    return [_merged(recorded.get(i), inferred[i] if i < len(inferred) else None) for i in range(count)]
