"""What a reader's sizes say: numbers of multiply-adds, and the word for a padding."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod
from typing import TypeAlias

from blockviz.ir import Shape

Padding: TypeAlias = Sequence[tuple[int, int]]
MaybeShape: TypeAlias = Shape | None


def product(*sizes: Sequence[int | None] | None) -> int | None:
    """Product of all sizes of some shapes; None where one is not known."""
    found = [n for shape in sizes for n in (shape if shape is not None else [None])]
    return None if None in found else prod(n for n in found if n is not None)


def einsum_macs(equation: str, shapes: Sequence[MaybeShape]) -> int | None:
    """Multiply-adds of an einsum of two operands: the product of all its letters' sizes; 0 for one operand."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) == 1:
        return 0
    if len(terms) != len(shapes) or len(terms) > 2 or "." in equation:
        return None
    sizes: dict[str, int | None] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape or (), strict=False):
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    return product(list(sizes.values())) if set("".join(terms)) <= sizes.keys() else None


def grid_of(shape: MaybeShape) -> Shape:
    """The axes of a map without batch and channels."""
    return () if shape is None else shape[2:]


def padding_word(
    padding: Padding, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
    before: Shape, after: Shape, transposed: bool = False,
) -> str | list[list[int]]:  # fmt: skip
    """``valid`` for none, ``same`` where the grid keeps its size (divided by the stride), else the amounts."""
    if not any(amount for pair in padding for amount in pair):
        return "valid"
    if None not in (*before, *after) and len(before) == len(after) == len(kernel):
        pairs = zip(after, before, strict=True) if transposed else zip(before, after, strict=True)
        same = all(ceil(large / s) == small for (large, small), s in zip(pairs, stride, strict=True) if large and small)
    else:
        wanted = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        rows = zip(padding, wanted, stride, strict=True)
        same = all(sum(pair) in (total, total - (s - 1)) for pair, total, s in rows)
    return "same" if same else [list(pair) for pair in padding]
