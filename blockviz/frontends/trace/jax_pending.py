"""Reductions, products, cuts and views of a jaxpr, which are several equations where Keras has one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from blockviz.frontends.trace.jax_values import Constant, Held, Pending

# Operation, settings, sources (None: what the call before gives), a last argument that is no tensor, and the shape.
Call: TypeAlias = tuple[str, dict[str, Any], list[Any], Any, tuple[int, ...]]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def product(equation: Any) -> tuple[list[str], str]:
    """The letters of both operands of a ``dot_general``, and of what it gives."""
    (contracted, batched) = equation.params["dimension_numbers"]
    ranks = [len(operand.aval.shape) for operand in equation.invars]
    left = list(_LETTERS[: ranks[0]])
    free = iter(_LETTERS[ranks[0] :])
    right = [""] * ranks[1]
    for ours, theirs in ((*contracted,), (*batched,)):
        for mine, other in zip(ours, theirs, strict=True):
            right[other] = left[mine]
    right = [letter or next(free) for letter in right]
    gone = {left[place] for place in contracted[0]}
    shared = [left[place] for place in batched[0]]
    rest = [letter for letter in (*left, *right) if letter not in gone and letter not in shared]
    return ["".join(left), "".join(right)], "".join([*shared, *rest])


def calls_of(pending: Pending) -> Iterator[Call]:
    """A pending call in Keras' words; a view may be two."""
    details, sources = pending.details, list(pending.sources)
    if pending.kind == "reduction":
        settings = {"axis": details["axes"], "keepdims": details["keepdims"]}
        yield details["name"], settings, sources, None, pending.shape
    elif pending.kind == "product":
        name, settings, sources = _product_call(details["terms"], details["result"], sources)
        yield name, settings, sources, None, pending.shape
    elif pending.kind == "window":
        yield details["name"], details["settings"], sources, None, pending.shape
    elif pending.kind == "cut":
        rows = enumerate(details["cuts"])
        key = tuple(row[0] if place in details["gone"] else _slice(*row) for place, row in rows)
        yield "GetItem", {}, sources, key, pending.shape
    else:
        yield from _views(pending.sources[0], pending.shape, details["dimensions"])


def _slice(start: int, stop: int, by: int, size: int) -> slice:
    return slice(start or None, None if stop == size else stop, None if by == 1 else by)


def _views(source: Any, shape: tuple[int, ...], dimensions: Sequence[int]) -> Iterator[Call]:
    """New axes, then repeating along axes of one place."""
    added = [axis for axis in range(len(shape)) if axis not in dimensions]
    sizes = [1] * len(shape)
    for axis, size in zip(dimensions, source.shape, strict=True):
        sizes[axis] = size
    if len(added) == 1:
        yield "ExpandDims", {"axis": added[0]}, [source], None, tuple(sizes)
    elif added:
        yield "Reshape", {"newshape": sizes}, [source], None, tuple(sizes)
    if tuple(sizes) != shape:
        yield "BroadcastTo", {"shape": list(shape)}, [None if added else source], None, shape


def _product_call(terms: Sequence[str], result: str, sources: list[Any]) -> tuple[str, dict[str, Any], list[Any]]:
    """A product of matrices, or a sum of products; its second operand is a variable, or what the result's last axes are
    of: which operand comes first is JAX' choice."""
    one, other = terms
    told = [isinstance(source, Held | Constant) for source in sources]
    first = next((letter for letter in result if (letter in one) != (letter in other)), "")
    if told[0] > told[1] or (told[0] == told[1] and first in other):
        (one, other), sources = (other, one), sources[::-1]
    batch = other[:-2]
    is_plain = min(len(one), len(other)) > 1 and one[-1] == other[-2] and batch in ("", one[:-2])
    if is_plain and one[-1] not in result and result == one[:-1] + other[-1]:
        return "Matmul", {}, sources
    return "Einsum", {"subscripts": f"{one},{other}->{result}"}, sources


def transposed(pending: Pending, order: Sequence[int]) -> Pending:
    """A product whose result's axes are in another order."""
    result = pending.details["result"]
    return pending.changed([pending.shape[place] for place in order], result="".join(result[place] for place in order))


def kept(pending: Pending, shape: Sequence[int], dimensions: Sequence[int]) -> Pending | None:
    """A reduction whose axes stay as ones, if that is what a broadcast makes of it."""
    details = pending.details
    if pending.kind != "reduction" or details["keepdims"]:
        return None
    rank = len(pending.shape) + len(details["axes"])
    left = [axis for axis in range(rank) if axis not in details["axes"]]
    if len(shape) != rank or list(dimensions) != left:
        return None
    wanted = [1 if axis in details["axes"] else pending.shape[left.index(axis)] for axis in range(rank)]
    return pending.changed(shape, keepdims=True) if list(shape) == wanted else None


def cut_out(pending: Pending, axes: Sequence[int]) -> Pending | None:
    """A cut of which axes of one place are taken out; None if one of them is no place of its own."""
    cuts = pending.details["cuts"]
    rows = [cuts[axis] for axis in axes]
    if pending.details["gone"] or any(stop - start != 1 or size == 1 for start, stop, _, size in rows):
        return None
    return pending.changed([size for axis, size in enumerate(pending.shape) if axis not in axes], gone=tuple(axes))
