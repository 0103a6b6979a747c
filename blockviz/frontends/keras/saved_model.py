"""Keras' own record in a SavedModel of Keras 2, read without TensorFlow.

``keras_metadata.pb`` is a protocol buffer: a list of objects, each with its path in the model and its configuration as
JSON. Only the wire format is needed to read it (Protocol Buffers, "Encoding").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from blockviz.errors import ModelError, quoted
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.limits import check_objects, limits

RECORD = "keras_metadata.pb"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Saved(NamedTuple):
    """An object of the record: its path (``root.layer-1``), what it is, and its settings."""

    path: str
    kind: str
    settings: Mapping[str, Any]


def read_record(path: Path) -> list[Saved]:
    """The objects of ``keras_metadata.pb``, the model (``root``) first.

    Raises
    ------
    ModelError : the file can't be read, has more than the limits allow, or is damaged.
    """
    most = limits().megabytes << 20
    try:
        with open_regular(path) as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise ModelError(f"{quoted(str(path))} can't be read: {error.strerror or error}") from None
    limits().check("megabytes", -(-len(data) >> 20), f"{quoted(str(path))} has")
    check_objects(data, f"{quoted(str(path))} has")
    try:
        found = [_saved(dict(_fields(value))) for number, value in _fields(data) if number == 1]
    except (ValueError, IndexError, RecursionError, TypeError, AttributeError) as error:
        raise ModelError(f"{quoted(str(path))} is damaged ({str(error)[:200]})") from None
    return sorted(found, key=lambda item: item.path != "root")


def architecture(found: list[Saved]) -> Mapping[str, Any]:
    """The model's serialised form, as ``model.to_json()`` writes it; empty where there is no model."""
    root = found[0].settings if found and found[0].path == "root" else {}
    return {key: root[key] for key in ("class_name", "config") if key in root}


def inner_models(found: list[Saved]) -> dict[str, Mapping[str, Any]]:
    """The models inside by name, for a model that has no graph of its own."""
    return {
        str(item.settings.get("name")): item.settings
        for item in found[1:]
        if isinstance(item.settings.get("config"), dict) and "layers" in item.settings["config"]
    }


def _saved(fields: Mapping[int, Any]) -> Saved:
    settings = json.loads(bytes(fields.get(5, b"{}")) or b"{}")
    settings = _plain(settings)
    settings = settings if isinstance(settings, dict) else {}
    return Saved(bytes(fields.get(3, b"")).decode(), bytes(fields.get(4, b"")).decode(), settings)


def _plain(value: Any) -> Any:
    """Tuples and shapes as the record's JSON marks them, as lists."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
            return [_plain(item) for item in value["items"]]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of a message's fields. Raises ValueError: no protocol buffer."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        size, place = _varint(data, place) if wire == _BYTES else ({_FIXED64: 8, _FIXED32: 4}.get(wire, -1), place)
        if size < 0 or place + size > len(data):
            raise ValueError("a field goes beyond its end")
        yield number, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise ValueError("a number is longer than 64 bits")
