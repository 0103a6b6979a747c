"""How many entries of the first axis belong to one example: 1 where it is the batch, more where windows are folded in.

``reshape(x, (-1, 49, 96))`` gives 64 entries an example where x has 56×56 positions; what follows costs 64 times what
its shape says. An operation is asked for its output at a batch of so many examples as occur nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from blockviz.ir import Layer, Shape
from blockviz.ops.registry import FUNCTIONS
from blockviz.shapes import inference as shapes

_EXAMPLES = 1_000_003  # a prime: no product of sizes in a model is a multiple by chance


def rows_given(
    layer: Layer, args: Mapping[str, Any], reads: Sequence[tuple[Shape | None, int | None]], made: Shape | None
) -> int | None:
    """Entries an example in the first output of a call; None where nobody knows.

    ``reads`` has the shape and the entries of each operand, ``made`` the output's shape. A layer is taken to keep
    the batch as Keras' own do; only an operation on tensors can fold into it.
    """
    if not reads:
        return 1
    first = reads[0][1]
    if layer.op not in FUNCTIONS or shapes.keeps_shape(layer.op) or "target_shape" in layer.config:
        return first
    if layer.op == "Reshape":
        return _reshaped(first, reads[0][0], made)
    inputs = [(_EXAMPLES * rows, *shape[1:]) for shape, rows in reads if shape and rows]
    if len(inputs) < len(reads):
        return first if all(rows == first for _, rows in reads) and _keeps_batch(reads, made) else None
    try:
        found = shapes.output_shapes(layer.op, layer.config, tuple(inputs), args)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        found = None
    if not found:
        return first
    size = found[0][0] if found[0] else None
    return size // _EXAMPLES if size and size % _EXAMPLES == 0 else None


def _keeps_batch(reads: Sequence[tuple[Shape | None, int | None]], made: Shape | None) -> bool:
    """Whether an operand is a scalar, or unknown, and the result still begins with the batch."""
    return made is None or any(shape is not None and shape[:1] == made[:1] for shape, _ in reads)


def _reshaped(rows: int | None, before: Shape | None, after: Shape | None) -> int | None:
    if before is None or after is None or rows is None:
        return rows if after is None else None
    if before[1:] == after[1:] and before[:1] == after[:1]:
        return rows
    if None in before[1:] or None in after[1:]:
        return None if before[1:].count(None) != after[1:].count(None) or len(before) != len(after) else rows
    if after[:1] not in ((None,), before[:1]) and before[:1] == (None,):
        return None  # the batch is somewhere else now
    given, held = rows * prod(n or 0 for n in before[1:]), prod(n or 0 for n in after[1:])
    return given // held if held and given % held == 0 else None
