"""What a node costs, from its configuration alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from blockviz.ir import Node


@dataclass(frozen=True, slots=True)
class Cost:
    """Costs of a set of calls, for one example (batch 1).

    params : parameters, each layer once; trainable : of these, trained; frozen = params - trainable.
    macs : multiply-adds of convolution and matrix parts.
    activations : elements of all output tensors (times 4 bytes in float32).
    unknown : number of calls whose cost nobody knows; the totals are then lower bounds ("at least").
    """

    params: int = 0
    trainable: int = 0
    macs: int = 0
    activations: int = 0
    unknown: int = 0

    @property
    def frozen(self) -> int:
        return self.params - self.trainable


def cost_of(nodes: Iterable[Node]) -> Cost:
    """Sum of the calls' costs; a layer called several times counts its parameters once."""
    raise NotImplementedError
