"""How a call gets into the draft of a model: what a reader says of it, checked against the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blockviz.ir import LayerGraph
from blockviz.ops.drafts import Call, Draft, Order, Tensor, Weight
from blockviz.ops.finish import finish
from blockviz.ops.sizes import MaybeShape
from blockviz.ops.vocabulary import VocabularyError, knows
from blockviz.quoting import plain_name
from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from: its name in the source, the weights it reads, the (path, class) of modules around it."""

    name: str
    weights: tuple[str, ...] = ()
    within: tuple[tuple[str, str], ...] = ()


class Calls:
    """Collects the calls of one model. Shapes are in the source's order of axes, None where nobody knows the rank.

    Every method raises VocabularyError for what the vocabulary doesn't know.
    """

    def __init__(self, name: str) -> None:
        self.draft = Draft(plain_name(name))

    def weight(self, name: str, weight: Weight) -> None:
        """Make a weight known, to be named in the origin of the calls that read it."""
        self.draft.weights[name] = weight

    def finish(self, batch: int | None = 1) -> LayerGraph:
        """The layer graph; ``batch`` is the size of axis 0 where that is the batch, None if it never is."""
        return finish(self.draft, batch)

    def _one(
        self, op: str, origin: Origin, inputs: Sequence[Tensor], out: MaybeShape, order: Order = Order.FREE,
        config: dict[str, Any] | None = None, **more: Any,
    ) -> Tensor:  # fmt: skip
        return self._call(op, origin, inputs, [out], order, config, **more)[0]

    def _call(
        self, op: str, origin: Origin, inputs: Sequence[Tensor], outs: Sequence[MaybeShape],
        order: Order = Order.FREE, config: dict[str, Any] | None = None, **more: Any,
    ) -> list[Tensor]:  # fmt: skip
        if not knows(op):
            raise VocabularyError(f"{origin.name}: the vocabulary has no {op!r}")
        return self._append(Call(origin.name, op, list(inputs), config=config or {}, order=order, **more), origin, outs)

    def _append(self, call: Call, origin: Origin, outs: Sequence[MaybeShape]) -> list[Tensor]:
        call.name, call.op, call.weights = plain_name(call.name), plain_name(call.op), origin.weights
        call.within = tuple([(plain_name(path), plain_name(kind)) for path, kind in origin.within])
        if missing := [name for name in call.weights if name not in self.draft.weights]:
            raise VocabularyError(f"{origin.name}: nothing is known of the weight {missing[0]!r}")
        call.outputs = [Tensor(call, index, shape) for index, shape in enumerate(outs)]
        self.draft.calls.append(call)
        return call.outputs
