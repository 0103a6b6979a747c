"""A model's JSON architecture as calls in topological order, nested models included.

This is the half that only reads: names are resolved, both index conventions of the formats are
settled, and every reference is checked, so that laying the calls out (`config.py`) can't go wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.calls import Call, Ref, is_shape, read_call, read_shape
from blockviz.frontends.keras.class_names import class_of
from blockviz.frontends.keras.wiring import Member, Model, count_from_zero, in_order
from blockviz.ir import Shape
from blockviz.quoting import plain_name
from blockviz.runtime.limits import limits


def model_kind(entry: Any) -> str | None:
    """``functional`` or ``sequential`` for a serialised model with a graph, None for anything else."""
    config = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(config, list):
        return "sequential" if entry.get("class_name") == "Sequential" else None
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return None
    if "input_layers" in config and "output_layers" in config:
        return "functional"
    return "sequential" if entry.get("class_name") == "Sequential" or "build_input_shape" in config else None


def read_model_entry(entry: Mapping[str, Any], path: str, trainable: bool, depth: int = 0) -> Model:
    """Read a serialised model and the models nested in it.

    Raises
    ------
    ModelError : a reference that leads nowhere, a cycle, two layers of one name, absurd nesting or size.
    """
    limits().check("nesting", depth, "the architecture has")
    config = entry["config"]
    if isinstance(config, dict):
        trainable = trainable and config.get("trainable", True) is not False
    if model_kind(entry) == "functional":
        model = _functional(entry, path, trainable, depth)
    else:
        model = _sequential(entry, path, trainable, depth)
    _check_size(model)
    count_from_zero(model)
    model.order = in_order(model)
    return model


_FEW_CALLS = 10_000  # this many take no time, however short the file


def _check_size(model: Model) -> None:
    """Count the calls before any is laid out: models called twice in models called twice double fast."""
    members = model.members.values()
    model.recorded = sum(len(member.calls) + (member.model.recorded if member.model else 0) for member in members)
    model.size = sum(len(member.calls) * (member.model.size if member.model else 1) for member in members)
    limits().check("calls", model.size, "the architecture has")
    if model.size > _FEW_CALLS:
        limits().check("repeats", model.size // model.recorded, "the architecture's nested models make")


def _functional(entry: Mapping[str, Any], path: str, trainable: bool, depth: int) -> Model:
    config = entry["config"]
    names = {_layer_name(layer): layer for layer in config["layers"]}
    if len(names) < len(config["layers"]):
        raise ModelError("the architecture is broken: two of its layers have one name")
    members: dict[str, Member] = {}
    for name, data in names.items():
        member = _member(data, name, path, trainable, depth)
        nodes = data.get("inbound_nodes") or ()
        member.calls = [read_call(node, names) for node in nodes] or [Call([])]
        members[member.name] = member
    inputs = list(_leaves(config["input_layers"]))
    ends = list(_leaves(config["output_layers"]))
    outputs = [ref for _, ref in ends]
    _drop_uncalled(members, {ref.layer for ref in (*outputs, *(ref for _, ref in inputs))})
    found = Model(path, str(entry.get("class_name")), members, [r for _, r in inputs], [k for k, _ in inputs], outputs)
    found.names = [key or ref.layer for key, ref in ends]
    return found


def _drop_uncalled(members: dict[str, Member], ends: set[str]) -> None:
    """Leave out layers that the model owns, but never calls (a decoder kept as an attribute): they compute nothing."""
    read = ends.union(ref.layer for member in members.values() for call in member.calls for ref in call.refs)
    for name, member in list(members.items()):
        if name not in read and member.op != "InputLayer" and not any(call.refs for call in member.calls):
            del members[name]


def _sequential(entry: Mapping[str, Any], path: str, trainable: bool, depth: int) -> Model:
    config = entry["config"]
    layers = config if isinstance(config, list) else config["layers"]
    members: dict[str, Member] = {}
    for data in layers:
        member = _member(data, _layer_name(data), path, trainable, depth)
        if member.name in members:
            raise ModelError(f"the architecture is broken: two layers are called {quoted(member.name)}")
        members[member.name] = member
    first = next(iter(members.values()), None)
    if first is None or first.op != "InputLayer":
        shape = _sequential_input(config, layers)
        name = f"{first.name}_input" if first else "input"
        batch_shape = {} if shape is None else {"batch_shape": list(shape)}
        member = Member(name, _join(path, name), "InputLayer", batch_shape, "", trainable, [])
        members = {name: member, **members}
    previous: list[Ref] = []
    for member in members.values():
        member.calls = [Call(previous)]
        previous = [Ref(member.name, 0, 0)]
    start = next(iter(members))
    return Model(path, "Sequential", members, [Ref(start, 0, 0)], [""], previous)


def _sequential_input(config: Any, layers: list[Any]) -> Shape | None:
    """Input shape of a Sequential that has no InputLayer, from wherever a version of Keras put it."""
    first = layers[0] if layers else {}
    inner = first.get("config", {})
    built = first.get("build_config") or {}
    outer = config if isinstance(config, dict) else {}
    for value in (outer.get("build_input_shape"), inner.get("batch_input_shape"), built.get("input_shape")):
        if value and is_shape(value):
            return read_shape(value)
    if is_shape(inner.get("input_shape")):
        return (None, *inner["input_shape"])
    if type(inner.get("input_dim")) is int:
        return (None, inner["input_dim"])
    return None


def _layer_name(data: Any) -> str:
    if not isinstance(data, dict) or not isinstance(data.get("config"), (dict, list)):
        raise ModelError("the architecture is broken: an entry of its layer list is no layer")
    config = data["config"]
    name = data.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return plain_name(str(name or data.get("class_name", "layer")))


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _member(data: Any, name: str, path: str, trainable: bool, depth: int) -> Member:
    (op, module), own = class_of(data), _join(path, name)
    op = plain_name(op)
    config = data["config"] if isinstance(data["config"], dict) else {}
    trainable = trainable and config.get("trainable", True) is not False
    built = data.get("build_config")
    shape = built.get("input_shape") if isinstance(built, dict) else None
    member = Member(name, own, op, config, module, trainable, [], built=shape)
    member.is_built = isinstance(built, dict) or "module" not in data  # Keras 2 doesn't say
    inner, member.timed = _unwrapped(data)
    if inner is not None:
        inner_path = _join(own, _layer_name(inner)) if member.timed else own
        member.model = read_model_entry(inner, inner_path, trainable, depth + 1)
    elif "layer" in config:
        member.trainable = trainable and _inner_trainable(config["layer"])
    elif op in {"TFOpLambda", "SlicingOpLambda"}:
        member.op = _op_name(str(config.get("function", op)))
        member.module = "tensorflow"
    return member


def _unwrapped(entry: Any) -> tuple[Any, int]:
    """(the nested model, the number of ``TimeDistributed`` around it), (None, 0) where there is none."""
    count = 0
    while isinstance(entry, dict) and entry.get("class_name") == "TimeDistributed":
        entry = entry["config"].get("layer")
        count += 1
    return (entry, count) if model_kind(entry) else (None, 0)


def _inner_trainable(layer: Any) -> bool:
    """Whether the layer in a wrapper (TimeDistributed, Bidirectional) is trained."""
    config = layer.get("config") if isinstance(layer, dict) else None
    return not isinstance(config, dict) or config.get("trainable", True) is not False


def _op_name(function: str) -> str:
    """``math.reduce_mean`` → ``ReduceMean``, as Keras 3 names its operations."""
    words = function.rsplit(".", 1)[-1].strip("_").split("_")
    return "".join(word[:1].upper() + word[1:] for word in words if word) or function


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Ref]]:
    """The tensors of ``input_layers`` or ``output_layers``, flattened as Keras does: dicts by sorted key."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _leaves(value[name], name)
    elif isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
        if type(value[1]) is not int or type(value[2]) is not int or value[2] < 0:
            raise ModelError(f"the architecture is broken: {str(value)[:60]} is no tensor")
        yield key, Ref(plain_name(value[0]), value[1], value[2])
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, key)
    else:
        raise ModelError("the architecture is broken: its inputs or outputs are not tensors")
