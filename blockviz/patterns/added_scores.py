"""What is added to scores before their softmax: tables and products by distance, triangles that mask."""

from __future__ import annotations

from blockviz.patterns.values import Tensor, Value
from blockviz.patterns.walks import depends


def is_bias(extra: Tensor, made: set[int]) -> bool:
    """Whether what is added to scores is a table, a parameter, or what queries or keys give.

    made : the numbers of these.
    """
    is_given = extra.value.op == "param" or is_table(extra)
    return is_given or depends(extra.value, lambda value: value.number in made, limit=24)


def is_table(tensor: Tensor) -> bool:
    """Whether a tensor is parameters, or looked up in a table, whatever the input."""
    return tensor.value.given and depends(tensor.value, lambda value: value.op in ("param", "embedding"))


def is_by_table(value: Value) -> bool:
    """A product of queries or keys with a table of positions."""
    return value.op == "dot" and len(value.args) == 2 and value.args[0].value.given != value.args[1].value.given


def is_triangle(tensor: Tensor) -> bool:
    """Whether a tensor is made from a triangle of ones."""
    return depends(tensor.value, lambda value: value.attrs.get("trait") == "triangle", limit=40)


def is_chosen(scores: Tensor | None) -> bool:
    """Whether the scores are kept by a triangle, and another number elsewhere."""
    return scores is not None and depends(
        scores.value, lambda value: value.op == "where" and "trait" in value.attrs, limit=6
    )
