"""The parts that a split makes of a tensor: ``4 + 12``, ``4 × 16``."""

from __future__ import annotations

from collections.abc import Sequence

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
