"""Axes with identity: what a reshape or transposition does to a tensor is a matter of bookkeeping, not of values.

Every size of a tensor is a product of axes. A reshape regroups them, and splits one where it must; a transposition
permutes them; a size of 1 has none. So the pixels of a map, the windows they are cut into and the heads that a
projection is split into stay recognisable through any row of views, however it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from blockviz.ir import Shape


class Axis:
    """One factor of a size. ``parts`` are the axes that it was split into, outer first; ``copy`` repeats what it
    holds (tiling); ``origin`` is what it was cut from or stands beside, with the first index taken; ``twins`` are axes
    of other tensors that it was met with.
    """

    __slots__ = ("copy", "kind", "origin", "parts", "size", "start", "twins")

    def __init__(
        self, size: int | None, kind: str = "", origin: Axis | None = None, start: int = 0, copy: bool = False
    ) -> None:
        self.size, self.kind, self.origin, self.start, self.copy = size, kind, origin, start, copy
        self.parts: tuple[Axis, ...] | None = None
        self.twins: set[Axis] = set()

    def split(self, inner: int) -> None:
        """Make this axis the product of an outer one and an inner one of the given size."""
        outer = None if self.size is None else self.size // inner
        self.parts = tuple([Axis(size, self.kind, self.origin, 0, self.copy) for size in (outer, inner)])

    def root(self) -> Axis:
        """The axis that this was cut from, at any remove."""
        found = self
        while found.origin is not None:
            found = found.origin
        return found


Group: TypeAlias = tuple[Axis, ...]
Dims: TypeAlias = tuple[Group, ...]


def resolved(group: Iterable[Axis]) -> Group:
    """The axes of a size with those that were split since replaced by their parts."""
    group = tuple(group)
    if not any(axis.parts for axis in group):
        return group
    out: list[Axis] = []
    for axis in group:
        if axis.parts is None:
            out.append(axis)
        else:
            out += resolved(axis.parts)
    return tuple(out)


def resolved_dims(dims: Dims) -> Dims:
    """The same for every size of a tensor."""
    return tuple([resolved(group) if any(axis.parts for axis in group) else group for group in dims])


def flat(dims: Dims) -> Group:
    """All axes of a tensor in order."""
    return tuple([axis for group in dims for axis in resolved(group)])


def size_of(axes: Iterable[Axis]) -> int | None:
    """The product of the sizes; None where one is open."""
    sizes = [axis.size for axis in axes]
    return None if None in sizes else prod(size for size in sizes if size is not None)


def fresh(shape: Shape, batch: Axis) -> Dims:
    """Axes for a tensor about which nothing is known but its shape; the first is the batch if its size is open."""
    return tuple([
        () if size == 1 else (batch,) if place == 0 and size is None else (Axis(size, "channel" if last else "space"),)
        for place, size in enumerate(shape)
        for last in (place == len(shape) - 1,)
    ])  # fmt: skip


def regrouped(dims: Dims, shape: Shape) -> Dims | None:
    """The axes of a reshaped tensor; None where the sizes fit in no way."""
    left = list(flat(dims))
    out: list[Group] = [()] * len(shape)
    for place in reversed(range(len(shape))):
        size = shape[place]
        if size is None:
            if not (found := _open_end(left, shape[: place + 1])):
                return None
            for number, group in enumerate(found):
                out[number] = group
            return tuple(out)
        taken = _take(left, size)
        if taken is None:
            return None
        out[place] = taken
    if [axis.kind for axis in left] == ["batch"]:  # a program for one example: the first size holds the batch, too
        out[0] = (left.pop(), *out[0])
    return None if any(axis.size != 1 for axis in left) else tuple(out)


def _take(left: list[Axis], size: int) -> Group | None:
    """Axes from the end of a list, of a product; one of them is split where that is needed."""
    taken: list[Axis] = []
    while size > 1:
        if not left:
            return None
        last = left[-1]
        if last.size is not None and size % last.size == 0:
            taken.append(left.pop())
            size //= last.size
        elif (last.size is not None and last.size % size == 0) or (last.size is None and last.kind == "batch"):
            left.pop()
            last.split(size)
            assert last.parts is not None
            left.append(last.parts[0])
            taken.append(last.parts[1])
            size = 1
        else:
            return None
    return tuple(reversed(taken))


def _open_end(left: list[Axis], shape: Shape) -> list[Group] | None:
    """What is left, over sizes of which the last is open."""
    if len(shape) == 1:
        return [tuple(left)]
    groups: list[Group] = []
    for size in shape[:-1]:
        if size is None:
            if not left:
                return None
            groups.append((left.pop(0),))
            continue
        head: list[Axis] = []
        while size > 1:
            if not left or left[0].size is None or size % left[0].size:
                return None
            size //= left[0].size
            head.append(left.pop(0))
        groups.append(tuple(head))
    return [*groups, tuple(left)]


def permuted(dims: Dims, order: Sequence[int]) -> Dims:
    """The sizes in another order. Raises IndexError where there is no such size."""
    return tuple([dims[place] for place in order])
