"""Models in memory whose layers can't describe themselves: the wiring is read from the tensors.

A custom layer without ``get_config`` can't be saved, but its model can still be drawn. What comes out
has the form that Keras 3 writes, so that everything else reads it as it reads a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Calls: TypeAlias = dict[int, dict[int, int]]  # id of an operation → number of a call → its place among those in use
_SCALARS = (str, int, float, bool, type(None))


def describe(model: Any) -> Json | None:
    """The architecture of a Functional or Sequential model of Keras 3; None for anything else."""
    if hasattr(model, "_inputs_struct") and hasattr(model, "_outputs_struct"):
        return _functional(model)
    if type(model).__name__ == "Sequential" and getattr(model, "inputs", None):
        layers = [entry_of(layer) for layer in getattr(model, "_layers", model.layers)]  # with its InputLayer
        config = {"name": model.name, "trainable": model.trainable, "layers": layers}
        config["build_input_shape"] = list(model.inputs[0].shape)
        return {"class_name": "Sequential", "module": "keras", "config": config}
    return None


def _functional(model: Any) -> Json:
    operations, calls = _calls(model)
    sources = {id(operation) for operation in _sources(model)}
    layers = []
    for operation in operations:
        indices = () if id(operation) in sources else calls[id(operation)]
        arguments = [operation._inbound_nodes[index].arguments for index in indices]
        inbound = [plain({"args": both.args, "kwargs": both.kwargs}, calls) for both in arguments]
        layers.append({**entry_of(operation), "name": operation.name, "inbound_nodes": inbound})
    config = {
        "name": model.name, "trainable": model.trainable, "layers": layers,
        "input_layers": _places(model._inputs_struct, calls), "output_layers": _places(model._outputs_struct, calls),
    }  # fmt: skip
    return {"class_name": "Functional", "module": "keras", "config": config}


def _sources(model: Any) -> list[Any]:
    return [tensor._keras_history[0] for tensor in model.inputs]


def _calls(model: Any) -> tuple[list[Any], Calls]:
    """The operations between inputs and outputs, in the model's order, and which of their calls are in use."""
    inputs = {id(tensor) for tensor in model.inputs}
    used: dict[int, set[int]] = {}
    operations: dict[int, Any] = {id(operation): operation for operation in _sources(model)}
    waiting = [*model.outputs, *model.inputs]
    while waiting:
        tensor = waiting.pop()
        operation, index, _ = tensor._keras_history
        if index in used.setdefault(id(operation), set()):
            continue
        used[id(operation)].add(index)
        operations.setdefault(id(operation), operation)
        if id(tensor) not in inputs:
            waiting.extend(operation._inbound_nodes[index].input_tensors)
    known = [operation for operation in model.operations if id(operation) in operations]
    return known, {key: {index: place for place, index in enumerate(sorted(used[key]))} for key in used}


def _place(tensor: Any, calls: Calls) -> tuple[str, int, int]:
    operation, index, output = tensor._keras_history
    return operation.name, calls[id(operation)][index], output


def _places(struct: Any, calls: Calls) -> Any:
    if isinstance(struct, dict):
        return {key: _places(value, calls) for key, value in struct.items()}
    if isinstance(struct, (list, tuple)):
        return [_places(value, calls) for value in struct]
    name, index, output = _place(struct, calls)
    nested = hasattr(struct._keras_history[0], "_inputs_struct")
    return [name, index + 1 if nested else index, output]  # as Keras counts the calls of Functional models here


def plain(value: Any, calls: Calls | None = None) -> Any:
    """A value in JSON types; tensors of the model as Keras writes them, unknown objects as their class."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item, calls) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, calls) for item in value]
    if isinstance(value, slice):
        bounds = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": bounds}
    if calls is not None and hasattr(value, "_keras_history") and id(value._keras_history[0]) in calls:
        config = {"shape": list(value.shape), "keras_history": list(_place(value, calls))}
        return {"class_name": "__keras_tensor__", "config": config}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__"}
    return _array(value)


def _array(value: Any) -> Json:
    shape: Iterable[Any] = getattr(value, "shape", None) or ()
    return {"class_name": type(value).__name__, "config": {"shape": [int(size) for size in shape if size is not None]}}


def _attributes(operation: Any) -> Json:
    """What a function on tensors was made with, where it can't say so itself."""
    return {key: value for key, value in vars(operation).items() if not key.startswith("_") and key != "name"}


def entry_of(operation: Any) -> Json:
    """An operation's class and configuration; a layer that has none keeps its name and whether it is trained."""
    nested = describe(operation) if hasattr(operation, "layers") else None
    if nested is not None:
        return nested
    try:
        config = operation.get_config()
    except Exception:  # custom code, or Keras' refusal to guess constructor arguments
        layer = hasattr(operation, "trainable")
        config = {"trainable": operation.trainable} if layer else _attributes(operation)
    inner = getattr(operation, "layer", None)
    described = entry_of(inner) if "layer" in config and hasattr(inner, "get_config") else None
    config = {**plain(config), "name": operation.name} | ({"layer": described} if described else {})
    module = type(operation).__module__
    return {
        "class_name": type(operation).__name__,
        "module": "keras.layers" if module.startswith("keras.src.layers") else module,
        "config": config,
    }
