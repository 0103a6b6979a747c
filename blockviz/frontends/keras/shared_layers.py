"""Which entries of a file are one layer: used inside a nested model and again outside, it is written twice.

Keras marks an object that it wrote before with ``shared_object_id``; version 2 marks the first entry as well.
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


def _entries(entry: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    config = entry.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    for data in layers if isinstance(layers, list) else ():
        inner = data.get("config") if isinstance(data, dict) else None
        if not isinstance(inner, (dict, list)):
            continue
        op = data.get("class_name")
        named = data.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
        name = plain_name(str(named or data.get("class_name", "layer")))
        own = f"{path}/{name}" if path else name
        yield own, str(op), name, data
        if model_kind(data):
            yield from _entries(data, own)
