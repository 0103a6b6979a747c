"""Protocol buffers read as bytes: whatever they are, a value or one kind of error."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockviz.frontends.onnx import wire

READERS: list[Callable[[wire.Value], object]] = [
    wire.text, wire.message, wire.signed, wire.number, wire.integers, wire.floats,
    lambda value: list(wire.fields(wire.message(value))),
]  # fmt: skip


@given(st.binary(max_size=40) | st.integers(0, 2**64 - 1))
def test_any_field_is_a_value_or_an_error_of_the_wire(value: bytes | int) -> None:
    for read in READERS:
        with contextlib.suppress(wire.WireError):
            read(value if isinstance(value, int) else memoryview(value))


@given(st.floats(width=32, allow_nan=False))
def test_floats_of_both_sizes(value: float) -> None:
    assert wire.number(memoryview(struct.pack("<f", value))) == value
    assert wire.number(memoryview(struct.pack("<d", value))) == value


@pytest.mark.parametrize("size", [0, 3, 5, 9])
def test_a_float_of_another_size_is_an_error(size: int) -> None:
    with pytest.raises(wire.WireError):
        wire.number(memoryview(bytes(size)))
