"""The calls of one model: members, the tensors between them, and an order in which they can be laid out."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

from blockviz.costs.cost import is_operation
from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.calls import Call, Ref, is_shape, read_shape
from blockviz.ir import Layer, Shape
from blockviz.ops.registry import FUNCTIONS
from blockviz.runtime.records import dataclass, field


@dataclass(slots=True)
class Member:
    """A layer of a model with its calls: ``model`` is set for a nested model, ``timed`` counts the
    ``TimeDistributed`` wrappers around that."""

    name: str
    path: str
    op: str
    config: Mapping[str, Any]
    module: str
    trainable: bool
    calls: list[Call]
    model: Model | None = None
    timed: int = 0
    built: Any = None
    is_built: bool = True
    layer: Layer | None = None
    called: int = 0

    @property
    def build_shape(self) -> Shape | None:
        """What the layer was built for, where that was a single tensor."""
        return read_shape(self.built) if is_shape(self.built) else None

    def fed_with(self, index: int) -> dict[int, Shape]:
        """Shapes of a call's operands by number, from what the layer was built for: that was its first call."""
        first = self.calls[index].first if index == 0 else None
        if isinstance(first, list) and isinstance(self.built, list) and len(first) == len(self.built):
            pairs = list(zip(first, self.built, strict=True))
        else:
            pairs = [(first, self.built)]
        return {
            int(operand[1:]): tuple(shape)
            for operand, shape in pairs
            if isinstance(operand, str) and operand.startswith("$") and is_shape(shape)
        }

    @property
    def is_operation(self) -> bool:
        """Whether this is a function on tensors (keras.ops), which owns nothing.

        HDF5 files leave modules out; what tells an operation is that no layer lacks the flag ``trainable``.
        """
        if self.module:
            return is_operation(self.module)
        return self.op in FUNCTIONS and "trainable" not in self.config


@dataclass(slots=True)
class Model:
    """A Functional or Sequential model: members by name, its input and output tensors, and the order of calls.

    ``names`` are those of the outputs: keys of a dict, or the layers that give them.
    ``recorded`` counts the calls in the file, ``size`` those that they stand for.
    """

    path: str
    op: str
    members: dict[str, Member]
    inputs: list[Ref]
    keys: list[str]
    outputs: list[Ref]
    order: list[tuple[Member, int]] = field(default_factory=list)
    shapes: dict[tuple[str, int], dict[int, Shape]] = field(default_factory=dict)
    hints: dict[tuple[str, int], dict[int, Shape | None]] = field(default_factory=dict)
    size: int = 0
    names: list[str] = field(default_factory=list)
    recorded: int = 0


def count_from_zero(model: Model) -> None:
    """Make every reference count calls from 0, check it, and note the shapes that were recorded.

    A nested model's calls are counted from 1 in some places, for the call that it makes of itself: Keras 2
    does so throughout where the model has its own input layer (every call is read by something, so the
    lowest number in use tells); Keras 3 does in ``output_layers`` only, and for Functional models alone.
    """
    lowest: dict[str, int] = {}
    calls = [(member, call) for member in model.members.values() for call in member.calls]
    for ref in (*(ref for _, call in calls for ref in call.refs), *model.outputs):
        lowest[ref.layer] = min(lowest.get(ref.layer, ref.call), ref.call)
    early = _counted_from_one(model)
    for member, call in calls:
        for place, ref in enumerate(call.refs):
            source = _source(model, ref, member.name)
            index = ref.call
            if call.legacy or index >= len(source.calls) or ref.layer in early:
                shift = lowest[ref.layer] if call.legacy and source.model else int(ref.layer in early)
                index = _call_index(source, index, shift)
                call.refs[place] = ref._replace(call=index)
            if ref.shape is not None:
                model.shapes.setdefault((ref.layer, index), {}).setdefault(ref.tensor, ref.shape)
    _note_hints(model)
    legacy = any(call.legacy for _, call in calls)
    model.outputs = [_output(model, ref, lowest[ref.layer] if legacy else None) for ref in model.outputs]
    for ref in model.outputs:
        model.hints.setdefault((ref.layer, ref.call), {}).setdefault(ref.tensor, None)
    for ref in model.inputs:
        _source(model, ref, "the model")


def _counted_from_one(model: Model) -> set[str]:
    """Nested models whose calls are counted from 1 in a file of Keras 3: one of them would read itself otherwise."""
    return {
        member.name
        for member in model.members.values()
        if member.model is not None
        for number, call in enumerate(member.calls)
        if any(ref.layer == member.name and ref.call >= number and not call.legacy for ref in call.refs)
    }


def _note_hints(model: Model) -> None:
    """Which outputs are read where no shape is recorded with them, and the shapes that their readers were built for.

    All that a file of Keras 2 or a Sequential model tells about the outputs of a layer that nobody knows.
    """
    for member in model.members.values():
        for number, call in enumerate(member.calls):
            if all(ref.shape is not None for ref in call.refs):
                continue
            shapes = member.fed_with(number)
            for place, ref in enumerate(call.refs):
                found = model.hints.setdefault((ref.layer, ref.call), {})
                found[ref.tensor] = found.get(ref.tensor) or shapes.get(place)


def _source(model: Model, ref: Ref, reader: str) -> Member:
    source = model.members.get(ref.layer)
    if source is None:
        raise ModelError(f"the architecture is broken: {quoted(reader)} reads {quoted(ref.layer)}, which is not there")
    return source


def _output(model: Model, ref: Ref, lowest: int | None) -> Ref:
    """An output with its call counted from 0; ``lowest`` is the first number in use, in Keras 2's way."""
    source = _source(model, ref, "the model")
    shift = 0
    if source.model is not None and not source.timed:
        shift = lowest if lowest is not None else int("input_layers" in source.config)
    return ref._replace(call=_call_index(source, ref.call, shift))


def _call_index(source: Member, index: int, shift: int) -> int:
    for candidate in (index - shift, index, index - 1):
        if 0 <= candidate < len(source.calls):
            return candidate
    raise ModelError(f"the architecture is broken: {quoted(source.name)} has no call number {index}")


def in_order(model: Model) -> list[tuple[Member, int]]:
    """Calls in topological order, as the file lists them wherever that is one. O((n + e) log n)."""
    calls = [(member, index) for member in model.members.values() for index in range(len(member.calls))]
    rank = {(member.name, index): place for place, (member, index) in enumerate(calls)}
    reads = [[rank[ref.layer, ref.call] for ref in member.calls[index].refs] for member, index in calls]
    if all(source < place for place, sources in enumerate(reads) for source in sources):
        return calls
    return [calls[place] for place in _sorted_places(reads)]


def _sorted_places(reads: list[list[int]]) -> list[int]:
    """Places such that each comes after those that it reads; of several possible, the lowest first."""
    readers: list[list[int]] = [[] for _ in reads]
    missing = [0] * len(reads)
    for place, sources in enumerate(reads):
        for source in set(sources):
            readers[source].append(place)
            missing[place] += 1
    ready = [place for place, count in enumerate(missing) if not count]
    order = []
    while ready:
        place = heapq.heappop(ready)
        order.append(place)
        for reader in readers[place]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, reader)
    if len(order) < len(reads):
        raise ModelError("the architecture is broken: its layers read each other in a circle")
    return order
