"""What the reader of a PyTorch program knows of each name: a tensor of the picture, a constant, or a list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from blockviz.frontends.torch.program import MaybeShape, Operation
from blockviz.ops.builder import Builder, Origin
from blockviz.ops.drafts import Tensor
from blockviz.runtime.records import dataclass

Within: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """What doesn't depend on the inputs; ``weights`` are the names of those that it is made of."""

    shape: MaybeShape
    weights: tuple[str, ...] = ()


def flat(value: Any) -> Iterator[Any]:
    """The values in lists within lists."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from flat(one)
    else:
        yield value


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One call that is part of the picture; ``args`` are its arguments by name, resolved."""

    operation: Operation
    args: Mapping[str, Any]
    name: str
    within: Within
    builder: Builder

    @property
    def op(self) -> str:
        """The operator's name."""
        return self.operation.op

    @property
    def out(self) -> MaybeShape:
        """Shape of the first result."""
        return self.operation.shapes[0] if self.operation.shapes else None

    @property
    def tensors(self) -> list[Tensor]:
        """The arguments that are tensors of the picture, in order, lists opened."""
        return [held for held in flat(list(self.args.values())) if isinstance(held, Tensor)]

    @property
    def constants(self) -> list[Constant]:
        """The arguments that are constants, lists opened."""
        return [held for held in flat(list(self.args.values())) if isinstance(held, Constant)]

    @property
    def x(self) -> Tensor:
        """The first argument that is a tensor of the picture."""
        return self.tensors[0]

    def constant(self, key: str) -> Constant | None:
        """An argument that is a constant."""
        held = self.args.get(key)
        return held if isinstance(held, Constant) else None

    def sizes(self, key: str, rank: int, default: int = 1) -> list[int]:
        """A setting with one number for all axes, or one per axis."""
        held = self.args.get(key)
        listed = [default] if held is None or held == [] else list(held) if isinstance(held, list | tuple) else [held]
        return [int(n) for n in (listed * rank if len(listed) == 1 else listed)]

    def origin(self, *constants: Constant | None) -> Origin:
        """Where the call comes from, with the weights of these constants (of all, if none is named)."""
        held = constants or tuple(self.constants)
        weights = dict.fromkeys(name for one in held if one is not None for name in one.weights)
        return Origin(self.name, tuple(weights), self.within)

    def axis(self, key: str = "dim", default: int = 0) -> int:
        """An axis, counted from 0."""
        held = self.args.get(key)
        rank = len(self.x.shape or ()) or 1
        return (held if isinstance(held, int) else default) % rank
