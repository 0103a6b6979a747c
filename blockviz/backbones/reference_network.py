"""A known network made ready for recognition: its body, its top, and a few hashes to find it by.

The body is what ``include_top=False`` keeps: everything before the global pooling or flattening on
the trunk. Rescaling and normalisation of the input come before the root, so that a network is the
same with and without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blockviz.backbones.operand_arrays import View, view_of
from blockviz.backbones.rooted_hash import Rooted, rooted
from blockviz.backbones.width_multiplier import Rule
from blockviz.ir import Item, LayerGraph, Node
from blockviz.ops.families import WEIGHTY, family, is_depthwise

PREPROCESSING = frozenset({"Rescaling", "Normalization"})
PROBES = 12
STEM = 4
_POOLING = frozenset({"GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"})


@dataclass(frozen=True, eq=False)
class ReferenceNetwork:
    """A network of the catalogue: pattern, last step of the body; with a width multiplier, a rule per width.

    ``apart`` are pairs of widths that differ in this form of the network.
    """

    name: str
    pattern: Rooted
    end: int
    preprocessing: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()

    @cached_property
    def wide(self) -> Mapping[int, int]:
        """The number of each step that decides on a width."""
        steps = (step for step in sorted(self.pattern.hashes) if self.view.widths[step] is not None)
        return {step: number for number, step in enumerate(steps)}

    @property
    def view(self) -> View:
        """The network's graph as arrays; its positions are the steps."""
        return self.pattern.view

    @cached_property
    def body(self) -> frozenset[int]:
        """Steps of the body: what the end depends on."""
        found = {self.end}
        for step in range(self.end, -1, -1):
            if step in found:
                found.update(source for source, _ in self.view.operands[step] if source in self.pattern.hashes)
        return frozenset(found)

    @cached_property
    def top(self) -> frozenset[int]:
        """Steps behind the body: pooling and classifier."""
        return frozenset(self.pattern.hashes) - self.body

    @cached_property
    def strides(self) -> Mapping[int, int]:
        """Input pixels per output pixel, by step, from the strides on the way."""
        strides: dict[int, int] = {}
        for step in sorted(self.pattern.hashes):
            before = max((strides.get(source, 1) for source, _ in self.view.operands[step]), default=1)
            strides[step] = before * stride_of(self.view.items[step])
        return strides

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Per label, the steps that the body's steps of this label read first."""
        places: dict[str, dict[int, None]] = defaultdict(dict)
        for step in self.body:
            places[self.view.labels[step]][self.view.operands[step][0][0]] = None
        return {label: tuple(steps) for label, steps in places.items()}

    @cached_property
    def boundaries(self) -> tuple[int, ...]:
        """Steps where a block may end: tensors that fork, and ends of units on the trunk."""
        trunk = set(separators(self.view, self.pattern.root[0]))
        return tuple(
            step
            for step in sorted(self.body)
            if len(self.view.readers[step]) > 1
            or (step in trunk and not any(completes(self.view.items[r]) for r in self.view.readers[step]))
        )


def stride_of(item: Item) -> int:
    """Stride of a convolution or pooling along its first axis; 1 for anything else."""
    strides = item.config.get("strides") if isinstance(item, Node) else None
    first = strides[0] if isinstance(strides, (list, tuple)) and strides else strides
    return first if isinstance(first, int) else 1


def op_family(item: Item) -> str:
    """The family of a call's operation; empty for a block."""
    return family(item.op) if isinstance(item, Node) else ""


def completes(item: Item) -> bool:
    """Whether the call belongs to the unit before it: normalisation, activation."""
    return op_family(item) in ("norm", "act", "dropout")


def is_weighted(item: Item) -> bool:
    """Whether the call is a convolution, a matrix product or a recurrence."""
    return op_family(item) in WEIGHTY


def is_telling(item: Item) -> bool:
    """Whether the call says more of an architecture than one more convolution: merge, pooling, stride, depthwise."""
    if not isinstance(item, Node):
        return False
    kind = family(item.op)
    if kind == "merge":
        return len(item.inputs) > 1
    return kind == "pool" or (kind == "conv" and (is_depthwise(item) or "Separable" in item.op or stride_of(item) > 1))


def separators(view: View, start: int) -> list[int]:
    """Positions from ``start`` on that every path from there to the outputs goes through."""
    found, reach = [], start
    for position in range(start, len(view)):
        if reach <= position:
            found.append(position)
        reach = max(reach, max(view.readers[position], default=position))
    return found


def known_network(
    name: str, graph: LayerGraph, rules: Sequence[Rule] = (), apart: Sequence[tuple[int, int]] = ()
) -> ReferenceNetwork:
    """Prepare a network, given with or without its top, for recognition. Linear in its nodes."""
    view = view_of(graph)
    position = next((i for i, item in enumerate(view.items) if not view.operands[i] and view.readers[i]), 0)
    preprocessing = []
    while len(view.readers[position]) == 1 and _op(view.items[view.readers[position][0]]) in PREPROCESSING:
        position = view.readers[position][0]
        preprocessing.append(_op(view.items[position]))
    trunk = separators(view, position)
    pooled = next((step for step in trunk if _op(view.items[step]) in _POOLING), None)
    end = view.operands[pooled][0][0] if pooled is not None else max(source for source, _ in view.outputs)
    return ReferenceNetwork(name, rooted(view, (position, 0)), end, tuple(preprocessing), tuple(rules), tuple(apart))


def _op(item: Item) -> str:
    return item.op if isinstance(item, Node) else ""


def probes(known: ReferenceNetwork) -> Sequence[int]:
    """Rooted hashes to find the network by: in its stem, then evenly over its body, the last at its end."""
    body = sorted(known.body)
    stem = body[min(STEM, len(body) - 1)]
    spread = [body[(len(body) - 1) * part // PROBES] for part in range(1, PROBES)]
    return [known.pattern.hashes[step] for step in (stem, *spread, known.end)]
