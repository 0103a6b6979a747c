"""Which entries of a file are one layer: used inside a nested model and again outside, it is written twice.

Keras marks an object that it wrote before with ``shared_object_id``; version 2 marks the first entry as well. A layer
inside ``TimeDistributed`` has the wrapper's path and its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blockviz.frontends.keras.model_json import model_kind
from blockviz.quoting import plain_name


def shared_layers(entry: Mapping[str, Any]) -> dict[str, str]:
    """Path of a further entry of a layer → path of its first one."""
    known: dict[tuple[str, str], str] = {}
    numbers: dict[int, str] = {}
    same: dict[str, str] = {}
    for path, op, name, data in _entries(entry, ""):
        number = data.get("shared_object_id")
        if type(number) is not int:
            known.setdefault((op, name), path)
            continue
        before = known.get((op, name)) if "module" in data else None
        first = numbers.setdefault(number, before or path)
        if first != path:
            same[path] = first
        else:
            known.setdefault((op, name), path)
    return same


def inside_wrapper(op: str, config: Any) -> Mapping[str, Any] | None:
    """The entry of what ``TimeDistributed`` calls at each step; None for any other layer."""
    inner = config.get("layer") if op == "TimeDistributed" and isinstance(config, Mapping) else None
    return inner if isinstance(inner, Mapping) and isinstance(inner.get("config"), (dict, list)) else None


def name_of(entry: Mapping[str, Any]) -> str:
    """The name of an entry, as its path has it."""
    inner = entry.get("config")
    named = entry.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
    return plain_name(str(named or entry.get("class_name", "layer")))


def _entries(entry: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    config = entry.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    for data in layers if isinstance(layers, list) else ():
        inner = data.get("config") if isinstance(data, dict) else None
        if isinstance(inner, (dict, list)):
            yield from _entry(data, path)


def _entry(data: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    op, name = str(data.get("class_name")), name_of(data)
    own = f"{path}/{name}" if path else name
    yield own, op, name, data
    if model_kind(data):
        yield from _entries(data, own)
    elif (wrapped := inside_wrapper(op, data["config"])) is not None:
        yield from _entry(wrapped, own)
