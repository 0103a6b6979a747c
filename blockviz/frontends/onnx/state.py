"""What a reader of an ONNX graph knows of each name at a point: a tensor of the picture, or a constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any, TypeAlias

from blockviz.frontends.onnx.proto import Node
from blockviz.frontends.onnx.values import Array
from blockviz.ir import Shape
from blockviz.ops.builder import Builder, Origin
from blockviz.ops.drafts import Tensor
from blockviz.runtime.records import dataclass

MaybeShape: TypeAlias = Shape | None


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """What doesn't depend on the inputs: a number, a weight, or something made of them.

    value : its numbers, if they are few. weights : names of the weights that it is made of.
    merged : whether the file has one tensor for several equal weights that nobody has trained. real : whether its
    numbers are of a floating-point type, which 1 / 8 does not leave a whole one.
    """

    shape: MaybeShape
    value: Array | None = None
    weights: tuple[str, ...] = ()
    merged: bool = False
    real: bool = False

    @property
    def number(self) -> float | None:
        """Its one number; None if it has more, or nobody knows it."""
        if self.value is None or self.value.size != 1:
            return None
        found = float(self.value.reshape(-1)[0])
        short = float(f"{found:.7g}")  # 0.17 is stored as a float of 32 bits, 0.17000000178813934
        return short if isclose(found, short, rel_tol=1e-7) else found


Held: TypeAlias = "Tensor | Constant"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One call of an operator that is part of the picture.

    inputs : what each input is, None for one left out. shapes : shapes of its results.
    """

    node: Node
    inputs: Sequence[Tensor | Constant | None]
    shapes: Sequence[MaybeShape]
    name: str
    within: tuple[tuple[str, str], ...]
    opset: int
    builder: Builder

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The node's attributes."""
        return self.node.attributes

    @property
    def out(self) -> MaybeShape:
        """Shape of the first result."""
        return self.shapes[0]

    @property
    def x(self) -> Tensor:
        """The first input that is a tensor of the picture."""
        return self.tensors[0]

    @property
    def tensors(self) -> list[Tensor]:
        """The inputs that are tensors of the picture, in order."""
        return [held for held in self.inputs if isinstance(held, Tensor)]

    def constant(self, place: int) -> Constant | None:
        """An input that is a constant; None if it is left out or a tensor."""
        held = self.inputs[place] if place < len(self.inputs) else None
        return held if isinstance(held, Constant) else None

    def numbers(self, key: str, place: int) -> list[float] | None:
        """Numbers that are an attribute in older versions and an input in newer ones."""
        if key in self.attributes:
            found = self.attributes[key]
            return list(found) if isinstance(found, list | tuple) else [found]
        held = self.constant(place)
        return None if held is None or held.value is None else [float(n) for n in held.value.reshape(-1)]

    def origin(self, *constants: Constant | None) -> Origin:
        """Where the call comes from, with the weights of these constants."""
        weights = dict.fromkeys(name for held in constants if held for name in held.weights)
        return Origin(self.name, tuple(weights), self.within)
