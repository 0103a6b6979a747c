"""What is known of an operator while the shapes of its results are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from blockviz.frontends.onnx.values import Array
from blockviz.ir import Shape
from blockviz.runtime.records import dataclass

MaybeShape: TypeAlias = Shape | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an operator's call: attributes, shapes and numbers of its inputs, how many results it has."""

    attributes: Mapping[str, Any]
    shapes: Sequence[MaybeShape]
    values: Sequence[Array | None]
    results: int = 1

    def shape(self, place: int) -> Shape:
        """Shape of an input. Raises LookupError: nobody knows."""
        shape = self.shapes[place] if place < len(self.shapes) else None
        if shape is None:
            raise LookupError(place)
        return shape

    def numbers(self, key: str, place: int) -> list[int] | None:
        """Whole numbers, an attribute in older versions and an input in newer ones; None if absent."""
        if key in self.attributes:
            return [int(n) for n in self.attributes[key]]
        if place >= len(self.shapes) or self.shapes[place] == ABSENT:
            return None
        value = self.values[place]
        if value is None:
            raise LookupError(place)
        return [int(max(min(n, 2**62), -(2**62))) for n in value.reshape(-1)]


ABSENT: Shape = (-1,)
Rule: TypeAlias = Callable[[Known], "Sequence[MaybeShape]"]


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """NumPy's broadcasting; an open size that meets a known one above 1 takes the known one."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    sizes = []
    for column in zip(*padded, strict=True):
        known = [n for n in column if n is not None and n != 1]
        sizes.append(known[0] if known else None if None in column else 1)
    return tuple(sizes)
