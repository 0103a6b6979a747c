"""Protocol buffers as bytes: the fields of a message one after the other, without copying what is not asked for.

The weights of an ONNX file are single fields of millions of bytes. A parser that knows the schema copies them;
here a field is a view of the mapped file, so that skipping one costs nothing. The format:
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = "int | memoryview"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOATS = {4: "<f", 8: "<d"}
_LONGEST = 10  # bytes of a varint


class WireError(ValueError):
    """The bytes are no message."""


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number at a place, and where it ends."""
    result = shift = 0
    for place in range(at, min(at + _LONGEST, len(data))):
        byte = data[place]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, place + 1
        shift += 7
    raise WireError("a number has no end")


def fields(data: memoryview) -> Iterator[tuple[int, Value]]:
    """(number, value) of each field: whole numbers, or the bytes of a text, a message or a packed list.

    Raises
    ------
    WireError : a field is cut short or of a kind that doesn't exist.
    """
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key >= 0x80:
            key, at = varint(data, at - 1)
        kind = key & 7
        if kind == _BYTES:
            size = data[at] if at < end else 0x80
            if size < 0x80:
                at += 1
            else:
                size, at = varint(data, at)
            if at + size > end:
                raise WireError("a field is longer than its message")
            yield key >> 3, data[at : at + size]
            at += size
        elif kind == _VARINT:
            value, at = varint(data, at)
            yield key >> 3, value
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
            if at + size > end:
                raise WireError("a field is longer than its message")
            yield key >> 3, data[at : at + size]
            at += size
        else:
            raise WireError(f"there is no kind of field {kind}")


def text(value: Value) -> str:
    """A text; what is no UTF-8 is replaced."""
    return bytes(_bytes(value)).decode("utf-8", "replace")


def message(value: Value) -> memoryview:
    """The bytes of an inner message."""
    return _bytes(value)


def signed(value: Value) -> int:
    """An int64."""
    if not isinstance(value, int):
        raise WireError("a number was expected")
    return value - (1 << 64) if value >= 1 << 63 else value


def number(value: Value) -> float:
    """A float of 32 or 64 bits."""
    data = _bytes(value)
    if (form := _FLOATS.get(len(data))) is None:
        raise WireError("a float was expected")
    return float(struct.unpack(form, data)[0])


def integers(value: Value) -> list[int]:
    """Int64s, packed or one."""
    if isinstance(value, int):
        return [signed(value)]
    found, at = [], 0
    while at < len(value):
        one, at = varint(value, at)
        found.append(signed(one))
    return found


def floats(value: Value) -> list[float]:
    """Floats of 32 bits, packed or one."""
    data = _bytes(value)
    return [float(one) for (one,) in struct.iter_unpack("<f", data[: len(data) // 4 * 4])]


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise WireError("bytes were expected")
    return value
