"""From a model's JSON architecture (Keras 2 or 3) to the layer graph, without Keras.

Nested models are laid out in place: their nodes carry paths (``outer/inner``) and scopes, their
inputs are the tensors that feed them, and a nested model called twice gives two sets of nodes
that share their layers. Inside ``TimeDistributed`` shapes keep the time axis, so that costs count
every step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.calls import Call, Ref
from blockviz.frontends.keras.canonical_config import quantisation
from blockviz.frontends.keras.keras1 import in_words_of_keras2
from blockviz.frontends.keras.model_json import model_kind, read_model_entry
from blockviz.frontends.keras.node_builder import (
    Counts,
    Layout,
    Place,
    Tensor,
    Told,
    add_call,
    declared_shape,
    entered,
    merged,
    with_steps,
)
from blockviz.frontends.keras.shape_branches import drop_unread
from blockviz.frontends.keras.shared_layers import shared_layers
from blockviz.frontends.keras.wiring import Member, Model
from blockviz.ir import LayerGraph, Scope, Shape
from blockviz.quoting import plain_name
from blockviz.runtime.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Live:
    """What only a model in memory knows: shapes of its outputs, and which paths lead to one and the same layer."""

    outputs: tuple[Shape, ...] = ()
    same: Mapping[str, str] = field(default_factory=dict)


def graph_from_config(
    config: Mapping[str, Any], name: str | None = None, counts: Counts | None = None, live: Live | None = None
) -> LayerGraph:
    """The layer graph of a serialised model: what ``model.to_json()`` writes, parsed.

    Parameters
    ----------
    config : ``{"class_name": …, "config": {…}}`` of a Functional or Sequential model.
    name : the graph's name; the model's own, if None.
    counts : asked for (parameters, non-trainable ones) of a layer by its path, where configuration and
        class don't tell them.
    live : what a model in memory knows besides.

    Raises
    ------
    ModelError : a model without a graph (subclassed), or a broken architecture.
    """
    entry = in_words_of_keras2(config)
    if without_graph(entry):
        raise ModelError(in_its_code(entry))
    entry = {"class_name": "Functional", "config": entry} if "layers" in entry else entry
    try:
        return _laid_out(entry, name, counts, live or Live())
    except RecursionError:
        raise ModelError("the architecture is nested too deeply to be a model") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"the architecture is broken: {type(error).__name__}: {str(error)[:200]}") from error


def without_graph(entry: Mapping[str, Any]) -> bool:
    """Whether a serialised model does not say how its layers are wired."""
    return model_kind({"class_name": "Functional", "config": entry} if "layers" in entry else entry) is None


def in_its_code(entry: Mapping[str, Any], besides: str = "") -> str:
    """The sentence for a model whose wiring only its code knows, with what helps."""
    kind = entry.get("class_name")
    if not isinstance(kind, str):
        return "it has no graph: it is neither a Functional nor a Sequential model"
    helps = "--load lets Keras load it with your code, or give package.module:callable"
    return f"a model of class {quoted(kind)} has no graph: how it is wired stands in its code; {helps}" + (
        f"; {besides}" if besides else ""
    )


def _laid_out(
    entry: Mapping[str, Any], name: str | None, counts: Counts | None, live: Live, folds: bool = True
) -> LayerGraph:
    model = read_model_entry(entry, "", True)
    own = entry["config"].get("name") if isinstance(entry["config"], dict) else None
    same = {**shared_layers(entry), **live.same}
    layout = Layout(LayerGraph(name=name or plain_name(str(own or "model"))), counts, same)
    layout.quantised = _is_quantised(model)
    layout.constants = {} if folds else None
    outputs = _lay_out(model, [None] * len(model.inputs), [], Place(layout), dict(enumerate(live.outputs)))
    if any(tensor.constant for tensor in outputs):  # an output that depends on shapes alone: its calls are shown
        return _laid_out(entry, name, counts, live, False)
    graph = layout.graph
    graph.graph["constants"] = tuple(layout.constants or ())
    drop_unread(graph, {tensor.node for tensor in outputs}, layout.constants or {})
    layers = (model.members[ref.layer].layer for ref in model.inputs)
    graph.graph["inputs"] = tuple(dict.fromkeys(layer.name for layer in layers if layer is not None))
    graph.graph["exits"] = tuple((tensor.node, tensor.index) for tensor in outputs)
    graph.graph["scopes"] = layout.scopes
    graph.graph["output_names"] = _told_apart(model.names or [ref.layer for ref in model.outputs] * len(outputs))
    return graph


def _told_apart(names: list[str]) -> tuple[str, ...]:
    """Names of outputs, those of one layer with the number of each."""
    counts, seen = Counter(names), Counter[str]()
    out = []
    for name in names:
        out.append(f"{name} {seen[name]}" if counts[name] > 1 else name)
        seen[name] += 1
    return tuple(out)


def _is_quantised(model: Model) -> bool:
    """Whether some layer of a model, or of one inside, is quantised."""
    return any(
        quantisation(member.config.get("dtype")) or (member.model is not None and _is_quantised(member.model))
        for member in model.members.values()
    )


def _lay_out(
    model: Model, feeds: list[Tensor | None], extras: list[Tensor], place: Place, ends: Mapping[int, Shape]
) -> list[Tensor]:
    """Add a model's calls to the graph; ``feeds`` are the tensors for its inputs, ``extras`` further ones.

    The inputs of a nested model are what feeds them. Only where an extra tensor comes along (a mask given to a nested
    model) does the first one stay as a call with both as its operands. ``ends`` are shapes of outputs that are known
    from outside.
    """
    for number, ref in enumerate(model.outputs):
        if number in ends:
            model.shapes.setdefault((ref.layer, ref.call), {}).setdefault(ref.tensor, ends[number])
    fed: dict[str, list[Tensor]] = {}
    for ref, feed in zip(model.inputs, feeds, strict=True):
        fed.setdefault(ref.layer, []).extend([] if feed is None else [feed])
    if model.inputs:
        fed[model.inputs[0].layer] += extras
    values: dict[tuple[str, int], list[Tensor]] = {}
    for member, index in model.order:
        call = member.calls[index]
        if member.op == "InputLayer" and member.name in fed:
            operands = fed[member.name]
            if len(operands) == 1:
                values[member.name, index] = [entered(member, operands[0])]
                continue
        else:
            operands = [_operand(values, ref, member) for ref in call.refs]
        if member.model is not None:
            key = member.name, index
            known = model.shapes.get(key, _NOTHING)
            values[key] = _lay_out_nested(member, member.model, call, operands, place, known)
        else:
            key = member.name, index
            told = Told(model.shapes.get(key, _NOTHING), model.hints.get(key, _NOTHING))
            values[key] = add_call(member, call, operands, told, place)
    if model.op == "Sequential" and model.outputs and not model.outputs[0].tensor:
        return values[model.outputs[0].layer, model.outputs[0].call]  # all that its last layer gives
    return [_operand(values, ref, None) for ref in model.outputs]


_NOTHING: Mapping[int, Any] = {}


def _operand(values: Mapping[tuple[str, int], list[Tensor]], ref: Ref, reader: Member | None) -> Tensor:
    tensors = values[ref.layer, ref.call]
    if ref.tensor >= len(tensors):
        who = f"{quoted(reader.name)} reads" if reader else "the model returns"
        raise ModelError(
            f"the architecture is broken: {who} output {ref.tensor} of {quoted(ref.layer)}, which has {len(tensors)}"
        )
    tensor = tensors[ref.tensor]
    if ref.shape is not None and ref.shape != tensor.shape:
        return replace(tensor, shape=merged(ref.shape, tensor.shape))
    return tensor


def _lay_out_nested(
    member: Member, model: Model, call: Call, operands: list[Tensor], place: Place, known: Mapping[int, Shape]
) -> list[Tensor]:
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
        feeds = [feed and replace(feed, shape=_without_steps(feed.shape, len(steps))) for feed in feeds]
    wider = any(
        feed is not None and feed.shape != declared_shape(model.members[ref.layer].config)
        for feed, ref in zip(feeds, model.inputs, strict=True)
    )
    ends = {} if steps else known
    outputs = _lay_out(model, feeds, extras, Place(layout, scope, (*place.steps, *steps), wider), ends)
    return [replace(out, shape=out.shape and with_steps(out.shape, steps)) for out in outputs] if steps else outputs


def _without_steps(shape: Shape | None, count: int) -> Shape | None:
    return None if shape is None else (*shape[:1], *shape[1 + count :])


def _count_scope(layout: Layout, path: str, op: str) -> None:
    known = layout.scopes.get(path)
    layout.scopes[path] = Scope(path, op, known.calls + 1 if known else 1)


def _fed(model: Model, call: Call, operands: list[Tensor]) -> tuple[list[Tensor | None], list[Tensor]]:
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
