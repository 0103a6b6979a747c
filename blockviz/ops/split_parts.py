"""The parts that a split makes of a tensor, ``4 + 12``, ``4 × 16``, and the one that a slice takes, ``first 4``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.ir import Node

_FEW = 3  # parts that are listed one by one


def split_sizes(node: Node) -> list[int]:
    """How large each part is along the axis that is split; empty for another operation, and where a size is open."""
    if node.op != "Split" or not node.inputs:
        return []
    whole = node.inputs[0]
    axes = [axis for axis in range(len(whole)) if any(part[axis : axis + 1] != (whole[axis],) for part in node.outputs)]
    parts = [part[axes[0]] for part in node.outputs if len(axes) == 1 and len(part) == len(whole)]
    sizes = [size for size in parts if size is not None]
    return sizes if len(node.outputs) == len(sizes) > 1 else []


def shares(sizes: Sequence[str]) -> str:
    """Parts in a row, ``f + f``; counted where more than a few are equal, ``4 × f``."""
    return f"{len(sizes)} × {sizes[0]}" if len({*sizes}) == 1 and len(sizes) > _FEW else " + ".join(sizes)


def channel_slice(node: Node) -> tuple[str, int] | None:
    """``first`` or ``last`` and how many channels a slice takes, where it cuts along no other axis."""
    index = node.args.get("1")
    rows = index if isinstance(index, list) else [index]
    if node.op not in ("GetItem", "Getitem") or not (node.inputs and node.outputs and rows):
        return None
    whole, part = node.inputs[0], node.outputs[0]
    if len(whole) != len(part) or len(whole) < 2 or whole[:-1] != part[:-1]:
        return None
    told = [one.get("slice") if isinstance(one, Mapping) else None for one in rows]
    spread = any(isinstance(one, Mapping) and one.get("class_name") == "__ellipsis__" for one in rows[:-1])
    size, bounds = part[-1], told[-1]
    if not (spread or len(rows) == len(whole)) or not isinstance(bounds, list) or len(bounds) != 3 or not size:
        return None
    start, stop, step = bounds
    if step not in (None, 1) or size == whole[-1]:
        return None
    if start in (None, 0):
        return "first", size
    return ("last", size) if stop is None or stop == whole[-1] else None
