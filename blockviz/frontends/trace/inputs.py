"""What a live model is run on: the shapes that it was built for, or those that the user gives."""

from __future__ import annotations

import inspect
from typing import Any, TypeAlias

from blockviz.errors import ModelError
from blockviz.frontends.given_inputs import Given, Spec, by_name, fitting, specs_of
from blockviz.runtime.records import replace

Arguments: TypeAlias = tuple[list[Any], dict[str, Any]]  # of specs


def arguments_for(model: Any, given: Given = None) -> Arguments:
    """The specs to call a model with, as positional and keyword arguments.

    Raises
    ------
    ModelError : nobody knows the model's inputs. UsageError : what the user gives does not fit the model.
    """
    if hasattr(model, "_inputs_struct"):
        return [_of_graph(model, given)], {}
    if given is not None:
        return _arranged(model, specs_of(given))
    built = getattr(model, "_build_shapes_dict", None)
    if not built:
        raise ModelError(
            f"nobody has called the model of class {type(model).__name__!r} yet, so its input's shape is not known; "
            "say it with --input, such as --input 1x224x224x3 (in Python: inputs=(1, 224, 224, 3))"
        )
    specs = {key.removesuffix("_shape"): specs_of(shape) for key, shape in built.items()}
    return ([next(iter(specs.values()))], {}) if len(specs) == 1 else _arranged(model, specs)


def _arranged(model: Any, specs: Any) -> Arguments:
    """Specs as the arguments of the model's ``call``: by keyword, one by one, or as one structure."""
    taken = [name for name in inspect.signature(model.call).parameters if name not in ("training", "mask")]
    if isinstance(specs, dict):
        if set(specs) == {""}:
            return [specs[""]], {}
        if set(specs) <= set(taken):
            return [], {key: _named(value, key) for key, value in specs.items()}
        return [specs], {}
    if isinstance(specs, (list, tuple)) and len(specs) > 1 and _required(model) == len(specs):
        return [_named(spec, name) for spec, name in zip(specs, taken, strict=False)], {}
    return [specs], {}


def _required(model: Any) -> int:
    parameters = inspect.signature(model.call).parameters.values()
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def _named(value: Any, name: str) -> Any:
    return replace(value, name=value.name or name) if isinstance(value, Spec) else value


def _of_graph(model: Any, given: Given) -> Any:
    """The inputs of a Functional model as it records them; what the user gives replaces shapes by name or place."""
    names = {id(tensor): tensor._keras_history[0].name for tensor in model.inputs}
    told = {} if given is None else by_name(list(names.values()), given)

    def spec(tensor: Any) -> Spec:
        name, shape = names[id(tensor)], tuple(tensor.shape)
        return Spec(fitting(told[name].shape, shape, name) if name in told else shape, str(tensor.dtype), name)

    return _mapped(model._inputs_struct, spec)


def _mapped(struct: Any, function: Any) -> Any:
    if isinstance(struct, dict):
        return {key: _mapped(value, function) for key, value in struct.items()}
    if isinstance(struct, (list, tuple)):
        return [_mapped(value, function) for value in struct]
    return function(struct)
