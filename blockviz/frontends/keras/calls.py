"""Calls as a Keras file records them: which tensors a layer was called on, and with which constants.

Two forms exist. Keras 3 writes ``{"args": [...], "kwargs": {...}}`` with tensors as
``__keras_tensor__`` records that carry their shape. Keras 2 writes nested lists of
``[layer, call, output, kwargs]``, shapes unrecorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.canonical_config import canonical_value
from blockviz.ir import Shape
from blockviz.ops.settings import MOST
from blockviz.quoting import plain_name
from blockviz.runtime.records import dataclass, field


class Ref(NamedTuple):
    """A tensor inside one model: output ``tensor`` of call ``call`` of ``layer``; its shape, if recorded."""

    layer: str
    call: int
    tensor: int
    shape: Shape | None = None


@dataclass(slots=True)
class Call:
    """One call: the tensors in order, the constants, and the first argument's structure ("$k" is tensor k).

    ``positional`` and ``named`` are all arguments in that form.
    """

    refs: list[Ref]
    args: Mapping[str, Any] = field(default_factory=dict)
    first: Any = "$0"
    legacy: bool = False
    positional: list[Any] = field(default_factory=lambda: ["$0"])
    named: Mapping[str, Any] = field(default_factory=dict)


_NO_ARGS: Mapping[str, Any] = {}


def read_call(node: Any, names: Collection[str]) -> Call:
    """One entry of ``inbound_nodes``, in either form."""
    if isinstance(node, dict) and isinstance(node.get("args"), list) and isinstance(node.get("kwargs", {}), dict):
        return _keras3(node["args"], node.get("kwargs", {}))
    return _keras2(node, names)


def _keras3(args: list[Any], kwargs: dict[str, Any]) -> Call:
    plain = len(args) == 1 and not any(value is not None for value in kwargs.values())
    if plain and isinstance(args[0], dict) and args[0].get("class_name") == "__keras_tensor__":
        return Call([_tensor(args[0])], _NO_ARGS)
    refs: list[Ref] = []
    positional = [_walk(value, refs) for value in args]
    named = {key: _walk(kwargs[key], refs) for key in sorted(kwargs) if kwargs[key] is not None}
    first = positional[0] if positional else named.get("inputs", named.get("input"))
    return Call(refs, constants_of(positional, named), first, False, positional, named)


def _tensor(value: Mapping[str, Any]) -> Ref:
    config = value["config"]
    layer, call, tensor = config["keras_history"]
    return Ref(plain_name(layer), _index(call), _index(tensor), read_shape(config.get("shape")))


def _index(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 20:
        raise ModelError(f"the architecture is broken: {quoted(value)} is no index of a call or tensor")
    return value


def read_shape(value: Any) -> Shape | None:
    """A recorded shape as a tuple; None where there is none. Raises ModelError on nonsense."""
    if isinstance(value, dict) and isinstance(value.get("config"), (list, dict)):
        inner = value["config"]
        value = inner.get("value") if isinstance(inner, dict) else inner
    if value is None:
        return None
    if not is_shape(value):
        raise ModelError(f"the architecture is broken: {quoted(value)} is no shape")
    return tuple(value)


def is_shape(value: Any) -> bool:
    """Whether the value is a list of sizes (None for an open one) that a tensor could have."""
    if not isinstance(value, (list, tuple)) or len(value) > MOST_AXES or not _SIZES.issuperset(map(type, value)):
        return False
    return all(size is None or 0 <= size <= MOST for size in value)


MOST_AXES = 32
_SIZES = frozenset({int, type(None)})


def _walk(value: Any, refs: list[Ref]) -> Any:
    """The value in canonical form, its tensors appended to ``refs`` and replaced by "$k"."""
    if isinstance(value, dict):
        kind = value.get("class_name")
        if kind == "__keras_tensor__":
            refs.append(_tensor(value))
            return f"${len(refs) - 1}"
        if kind == "__tuple__":
            inner = value.get("config")
            return _walk(inner.get("value") if isinstance(inner, dict) else inner, refs)
        if isinstance(kind, str):
            return canonical_value(value)
        return {key: _walk(value[key], refs) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_walk(item, refs) for item in value]
    return value


def constants_of(positional: list[Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is left of a call without its plain tensors: positions as keys, then keywords.

    ``training`` is no architecture, except where it is forced on (dropout that stays active).
    """
    out = {str(place): value for place, value in enumerate(positional) if not _only_tensors(value)}
    for key, value in named.items():
        if value is not None and (key != "training" or value is True):
            out[key] = value
    return out or _NO_ARGS


def _only_tensors(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith("$")
    if isinstance(value, dict):
        return bool(value) and all(map(_only_tensors, value.values()))
    return isinstance(value, list) and bool(value) and all(map(_only_tensors, value))


def _keras2(node: Any, names: Collection[str]) -> Call:
    refs: list[Ref] = []
    kwargs: dict[str, Any] = {}
    first = _walk_legacy(node, refs, kwargs)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    named = {key: _walk_legacy_kwarg(kwargs[key], refs, names) for key in sorted(kwargs) if key != "name"}
    positional = [] if first is None else [first]
    return Call(refs, constants_of(positional, named), first, True, positional, named)


def _walk_legacy(value: Any, refs: list[Ref], kwargs: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _walk_legacy(value[key], refs, kwargs) for key in sorted(value)}
    if not isinstance(value, (list, tuple)):
        raise ModelError("the architecture is broken: a call's inputs are neither Keras 2 nor Keras 3 form")
    if len(value) in {3, 4} and isinstance(value[0], str):
        if len(value) == 4 and isinstance(value[3], dict):
            kwargs.update(value[3])
        if value[0] == "_CONSTANT_VALUE":
            return canonical_value(value[2])
        refs.append(Ref(plain_name(value[0]), _index(value[1]), _index(value[2])))
        return f"${len(refs) - 1}"
    return [_walk_legacy(item, refs, kwargs) for item in value]


def _walk_legacy_kwarg(value: Any, refs: list[Ref], names: Collection[str]) -> Any:
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str) and plain_name(value[0]) in names and type(value[1]) is int:
            refs.append(Ref(plain_name(value[0]), _index(value[1]), _index(value[2])))
            return f"${len(refs) - 1}"
        return [_walk_legacy_kwarg(item, refs, names) for item in value]
    if isinstance(value, dict) and not isinstance(value.get("class_name"), str):
        if set(value) == {"start", "stop", "step"}:
            return {"slice": [value["start"], value["stop"], value["step"]]}
        return {key: _walk_legacy_kwarg(value[key], refs, names) for key in sorted(value)}
    return canonical_value(value)
