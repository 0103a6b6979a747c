"""Open sizes: a run needs numbers, and two runs with different ones tell which sizes depend on them.

The batch and every size that an input leaves open get stand-ins. What is equal in both runs is a size of the
model; what grows with the batch alone is one (axis 0), or counted per example; anything else stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from blockviz.frontends.open_letters import multiple_text
from blockviz.ir import UNKNOWN, LetteredShape, Shape
from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class StandIns:
    """Numbers for the open sizes of two runs: of the batch, of a text's or series' length, of an image's sides.

    letter : what is written for a length, where lengths are all that the model leaves open; else "".
    """

    batch: tuple[int, int] = (3, 5)
    length: tuple[int, int] = (32, 40)
    side: tuple[int, int] = (64, 96)
    letter: str = ""

    def filled(self, shape: Shape, run: int) -> tuple[int, ...]:
        """An input's shape with numbers in it; axis 0 is the batch."""
        size = (self.side if len(shape) > 3 else self.length)[run]
        return (self.batch[run], *(size if found is None else found for found in shape[1:]))[: len(shape)]

    def merged_shape(self, one: Sequence[int | None], other: Sequence[int | None]) -> Shape:
        """A shape of both runs, for one example; axis 0 is None where it grows with the batch."""
        if len(one) != len(other):
            return UNKNOWN
        sizes = [self.merged_size(a, b) for a, b in zip(one, other, strict=True)]
        merged = tuple(size if place or one[0] == other[0] else None for place, size in enumerate(sizes))
        if not self.letter or None not in merged[1:]:
            return merged
        runs = zip(merged, one, other, strict=True)
        words = [self._word(a, b) if size is None else str(size) for size, a, b in runs]
        return LetteredShape(merged, tuple(words[1:]))

    def _word(self, one: int | None, other: int | None) -> str:
        """A size that is in both runs the same multiple of the length, in its letter."""
        first, second = self.length
        if not one or not other or one * second != other * first:
            return "?"
        return multiple_text(self.letter, Fraction(one, first))

    def rows(self, one: Sequence[int | None], other: Sequence[int | None]) -> int | None:
        """Entries of the first axis that belong to one example: 1 where that is the batch, all of what does not grow
        with it; None where nobody knows."""
        return self.merged_size(one[0], other[0]) if one and other else 1

    def merged_size(self, one: int | None, other: int | None) -> int | None:
        """A size for one example; None where it depends on an open size."""
        if one == other or one is None or other is None:
            return one if one == other else None
        first, second = self.batch
        return one // first if one % first == 0 and one * second == other * first else None

    def merged(self, one: Any, other: Any) -> Any:
        """A value in JSON types of both runs; sizes as in `merged_size`, the batch itself as None."""
        if isinstance(one, dict) and isinstance(other, dict):
            if one.get("class_name") == other.get("class_name") == "__keras_tensor__":
                shape = self.merged_shape(one["config"]["shape"], other["config"]["shape"])
                return {**one, "config": {**one["config"], "shape": list(shape)}}
            return {key: self.merged(value, other.get(key)) for key, value in one.items()}
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            return [self.merged(a, b) for a, b in zip(one, other, strict=True)]
        if type(one) is int and type(other) is int and one != other:
            size = self.merged_size(one, other)
            return None if size == 1 else size
        return None if type(one) is float and one != other else one
