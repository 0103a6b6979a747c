"""Sizes of numbers: what a dtype policy stores and what it computes with."""

from __future__ import annotations

from typing import Any, NamedTuple

ITEM_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1, "int16": 2, "uint16": 2, "float16": 2,
    "bfloat16": 2, "int32": 4, "uint32": 4, "float32": 4, "int64": 8, "uint64": 8, "float64": 8, "complex64": 8,
}  # fmt: skip


class Policy(NamedTuple):
    """Bytes of one element: of a weight as it is stored, and of what a layer gives."""

    stored: int = 4
    computed: int = 4


def dtype_policy(value: Any) -> Policy:
    """The policy of a layer from its configuration; float32 for what says nothing.

    ``mixed_float16`` computes with half of what it stores; a quantised layer says which policy it was made from.
    """
    name = value
    if isinstance(value, dict):
        config = value.get("config")
        name = config.get("name", config.get("source_name")) if isinstance(config, dict) else config
    if not isinstance(name, str):
        return Policy()
    if name.startswith("mixed_"):
        return Policy(4, ITEM_BYTES.get(name.removeprefix("mixed_"), 2))
    size = ITEM_BYTES.get(name, 4)
    return Policy(size, size)
