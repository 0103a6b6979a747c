"""A graph while a reader builds it: calls that may still be changed, and the tensors between them.

Shapes stand in the source's own order of axes until `blockviz.ops.axis_order` has found out which tensors are
feature maps with the channels in front.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Any

from blockviz.ir import Shape
from blockviz.runtime.records import dataclass, field


class Order(Enum):
    """How a call ties the order of its tensors' axes together."""

    SAME = "same"  # tensors of equal rank lie alike
    MAP = "map"  # likewise, and they are feature maps with the channels on axis 1
    LAST = "last"  # likewise, and their features are on the last axis
    GRID = "grid"  # axes 0 and 1 are kept, what is behind them is regrouped
    FREE = "free"  # nothing is known of the result
    SOURCE = "source"  # operands have to be given in the source's order


@dataclass(slots=True, eq=False)
class Tensor:
    """Output ``index`` of a call. ``shape`` is in the source's order of axes; None where nobody knows the rank."""

    call: Call
    index: int
    shape: Shape | None


@dataclass(slots=True, eq=False)
class Call:
    """One call of an operation; ``axes`` are settings that count axes of the first operand, in the source's order.

    weights : names of the weights that it reads, by which calls of one layer are told.
    within : (path, class name) of the modules around it, outermost first.
    macs : multiply-adds over the whole batch, None where nobody knows or the class' own rule says it.
    times : how often it is called in one run of the model, None where nobody knows (in a branch, in a loop).
    """

    name: str
    op: str
    inputs: list[Tensor]
    outputs: list[Tensor] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, Any] = field(default_factory=dict)
    order: Order = Order.FREE
    module: str = "keras.layers"
    weights: tuple[str, ...] = ()
    within: tuple[tuple[str, str], ...] = ()
    macs: int | None = None
    times: int | None = 1


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight of the source: elements (None where a size is open), whether it is trained, whose storage it is.

    Weights with equal ``storage`` are one and count once.
    """

    elements: int | None
    trained: bool = True
    storage: str = ""


@dataclass(slots=True, eq=False)
class Draft:
    """The calls so far in topological order, and the tensors that the model returns."""

    name: str
    calls: list[Call] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    weights: dict[str, Weight] = field(default_factory=dict)

    def readers(self) -> dict[Call, list[Call]]:
        """Per call the calls that read one of its tensors, once per operand."""
        found: dict[Call, list[Call]] = defaultdict(list)
        for call in self.calls:
            for tensor in call.inputs:
                found[tensor.call].append(call)
        return found

    def redirect(self, moved: dict[Tensor, Tensor]) -> None:
        """Let whoever reads a key read its value instead, through chains of such pairs."""

        def end(tensor: Tensor) -> Tensor:
            while tensor in moved:
                tensor = moved[tensor]
            return tensor

        for call in self.calls:
            call.inputs = [end(tensor) for tensor in call.inputs]
        self.outputs = [end(tensor) for tensor in self.outputs]

    def repeat(self, calls: Iterable[Call], times: int | None) -> None:
        """Note that calls are run so many times for one run of what is around them; None: nobody knows how often."""
        for call in calls:
            call.times = None if call.times is None or times is None else call.times * times

    def remove(self, calls: Iterable[Call]) -> None:
        """Take calls out that nobody reads any more."""
        gone = set(calls)
        self.calls = [call for call in self.calls if call not in gone]

    def prune(self) -> None:
        """Take out what no output depends on; inputs stay."""
        live: set[Call] = set()
        stack = [tensor.call for tensor in self.outputs]
        while stack:
            call = stack.pop()
            if call not in live:
                live.add(call)
                stack += [tensor.call for tensor in call.inputs]
        self.calls = [call for call in self.calls if call in live or call.op == "InputLayer"]
