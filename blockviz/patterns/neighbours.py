"""Nearest neighbours written out: distances of all pairs of points, the k smallest, and what stands there."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import Port
from blockviz.patterns.axes import flat, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.values import Tensor, Value

_GATHERS = frozenset({"takealongaxis", "take", "gathernd", "gather"})
_LONGEST = 6  # calls between the choice and what it is used for: casts, a cut, one row of ones an index


def neighbours(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """The points at the smallest distances (Cover and Hart, "Nearest neighbor pattern classification", 1967).

    Where several tensors are gathered at the same places, the choice of the places alone.
    """
    value = plain(tensor).value
    if tensor.views:
        return
    for source, index in _gathered(value):
        ways = _choice(index)
        if ways and (points := _points(ways[-1])) is not None and not any(_is_shared(lowering, way) for way in ways):
            leaves = {one.key: plain(one) for one in (points, source)}
            yield Found(tuple(leaves.values()), {}, {"k": _count(ways)}, rearranges=True)
    ways = _choice(tensor) if value.op in ("topk", "part") and _is_shared(lowering, value) else []
    if ways and (points := _points(ways[-1])) is not None:
        yield Found((plain(points),), {}, {"k": _count(ways)})


def _gathered(value: Value) -> Iterator[tuple[Tensor, Tensor]]:
    """What is read, and by which indices: also as a product with ones at their places."""
    if value.op in _GATHERS and len(value.args) > 1:
        yield value.args[0], value.args[-1]
    if value.op == "dot" and len(value.args) == 2:
        for source, ones in (value.args, value.args[::-1]):
            if plain(ones).value.op == "onehot":
                yield source, plain(plain(ones).value.args[0])


def _choice(index: Tensor) -> list[Value]:
    """From indices back to the call that puts distances in order, through what only cuts or casts; else nothing."""
    ways = [plain(index).value]
    while ways[-1].op not in ("topk", "argsort"):
        if len(ways) > _LONGEST or len(ways[-1].args) != 1:
            return []
        ways.append(plain(ways[-1].args[0]).value)
    return ways if ways[-1].op == "argsort" or ways[-1].attrs.get("out") == 1 else []


def _count(ways: list[Value]) -> int | None:
    """How many neighbours: as many as are kept in the end."""
    kept = next((way for way in ways if way.op == "part"), ways[-1])
    return size_of(flat(kept.dims[-1:]))


def _points(chosen: Value) -> Tensor | None:
    """The points whose distances of each to each are put in order, nearest first; None for anything else."""
    nearest = 1.0 if chosen.op == "topk" else -1.0  # the largest are taken, or the first
    scores = plain(chosen.args[0])
    while scores.value.op == "poly" and len(scores.value.terms) == 1 and len(scores.value.args) == 1:
        ((row, factor),) = scores.value.terms.items()
        nearest *= factor if row[0][1] > 0 else -factor  # a root keeps the order
        scores = scores.value.args[0]
    dots = [arg for arg in scores.value.args if arg.value.op == "dot" and _is_with_itself(arg.value)]
    if scores.value.op != "poly" or len(dots) != 1:
        return None
    points = dots[0].value.args[0]
    signs = {key: factor * nearest for row, factor in scores.value.terms.items() if len(row) == 1 for key, _ in row}
    squares = [arg for arg in scores.value.args if _is_square(plain(arg).value, points)]
    if len(squares) + 1 != len(scores.value.args) or not squares or signs.get(dots[0].key, 0.0) <= 0:
        return None
    return points if all(signs.get(square.key, 0.0) < 0 for square in squares) else None


def _is_with_itself(product: Value) -> bool:
    """Whether a product is of each point with each."""
    one, *others = product.args
    return len(others) == 1 and one.value is others[0].value and one.key != others[0].key


def _is_square(value: Value, points: Tensor) -> bool:
    """Whether a value is the square of a point's length, or some times that."""
    if value.op == "poly" and len(value.args) == 1 and list(value.terms) == [((value.args[0].key, 1.0),)]:
        value = value.args[0].value if value.terms[((value.args[0].key, 1.0),)] > 0 else value
    alone = value.op == "mean" and len(value.args) == 1 and value.attrs.get("powers") == (2.0,)
    return alone and plain(value.args[0]).value is points.value


def _is_shared(lowering: Lowering, way: Value) -> bool:
    """Whether indices are read more than once."""
    out = int(str(way.attrs.get("out", 0)))
    return any(lowering.readers.get((call, out), 0) > 1 for call in way.calls)
