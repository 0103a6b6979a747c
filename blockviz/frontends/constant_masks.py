"""Which constants of code are causal masks: by their numbers, or by how they are made where they have none yet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

TRIANGLE, POSITIONS = "triangle", "positions"
_LARGEST = 4096  # positions of a mask worth looking at
_COMPARED = frozenset({"Greater", "GreaterEqual", "Less", "LessEqual"})
_SHIFTED = frozenset({
    "Add", "AddV2", "Subtract", "Sub", "Cast", "ExpandDims", "Reshape", "GetItem", "StridedSlice", "Transpose",
    "Squeeze", "Identity", "BroadcastTo", "Tile",
})  # fmt: skip


def trait_of_array(value: Any) -> str:
    """``triangle`` for squares whose numbers are one up to the diagonal and another behind it; else empty."""
    import numpy as np

    sizes = list(value.shape)
    if len(sizes) < 2 or sizes[-1] is None or sizes[-1] != sizes[-2] or not 1 < sizes[-1] <= _LARGEST:
        return ""
    rows = int(sizes[-1])
    try:
        squares = np.asarray(value).reshape(-1, rows, rows)
    except Exception:  # an array of a graph, which has no numbers yet
        return ""
    low, high = squares[0, 0, 0], squares[0, 0, -1]
    wanted = np.where(np.tri(rows, dtype=bool), low, high)
    return TRIANGLE if low != high and bool((squares == wanted).all()) else ""


def trait_of_call(op: str, operands: Collection[str]) -> str:
    """What a call on constants makes of them: positions, compared with each other, are a triangle."""
    if op in ("Tril", "Triu"):
        return TRIANGLE
    if op in ("Arange", "Range"):
        return POSITIONS
    if TRIANGLE in operands:
        return TRIANGLE
    positions = [trait for trait in operands if trait == POSITIONS]
    if op in _COMPARED:
        return TRIANGLE if len(positions) == 2 else ""
    return POSITIONS if positions and op in _SHIFTED else ""


def with_causal_mask(kwargs: dict[str, Any]) -> dict[str, Any]:
    """An attention's arguments with a mask that hides what comes later said as Keras says it."""
    mask = kwargs.get("attention_mask")
    if not isinstance(mask, dict) or mask.get("config", {}).get("trait") != TRIANGLE:
        return kwargs
    return {**{key: value for key, value in kwargs.items() if key != "attention_mask"}, "use_causal_mask": True}
