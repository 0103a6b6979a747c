"""A run as plain data: calls with numbered tensors, in JSON types, so that two runs can be merged.

A tensor is numbered in order of creation; its name says what it is: ``t`` what depends on an input of the model
or is made on the way, ``w`` a variable that code reads itself, ``c`` a constant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from blockviz.frontends.constant_masks import trait_of_array
from blockviz.frontends.keras.live_wiring import entry_of, plain
from blockviz.frontends.trace.leaves import is_layer
from blockviz.frontends.trace.recorder import Recorded, Recorder
from blockviz.frontends.trace.sizes import StandIns
from blockviz.ir import Shape
from blockviz.runtime.records import dataclass, replace

Operand = tuple[str, Shape]


class Output(NamedTuple):
    """A tensor that a call gives; ``rows``: how many entries of its first axis belong to one example."""

    name: str
    shape: Shape
    dtype: str
    rows: int | None = 1


@dataclass(frozen=True, slots=True)
class PlainCall:
    """One call: ``args`` and ``kwargs`` in the form of a ``.keras`` file, and what it gives.

    config : of a function on tensors, which may hold sizes; a layer's own is the same in all runs.
    """

    operation: Any
    args: list[Any]
    kwargs: dict[str, Any]
    config: dict[str, Any]
    outputs: list[Output]
    scope: tuple[str, ...]
    within: tuple[str, ...]
    path: str
    inside: list[PlainCall] | None
    times: int | None = 1


@dataclass(slots=True)
class _Numbers:
    """Names of tensors by their identity."""

    recorder: Recorder
    names: dict[int, str]

    def name(self, tensor: Any) -> str:
        while id(tensor) in self.recorder.aliases:
            tensor = self.recorder.aliases[id(tensor)][0]
        return self.names.setdefault(id(tensor), f"t{len(self.names)}")


def plain_run(recorder: Recorder, inputs: Iterable[Any], outputs: Iterable[Any]) -> tuple[list[PlainCall], list[str]]:
    """All calls of a run, and the names of its output tensors; those of the inputs are t0, t1 …"""
    numbers = _Numbers(recorder, {})
    for tensor in inputs:
        numbers.name(tensor)
    for key, (tensor, _) in recorder.weights.items():
        numbers.names[id(tensor)] = f"w{key}"
    for place, tensor in enumerate(recorder.constants):
        numbers.names[id(tensor)] = f"c{place}"
    return [_plain_call(call, numbers) for call in recorder.calls], [numbers.name(tensor) for tensor in outputs]


def _plain_call(call: Recorded, numbers: _Numbers) -> PlainCall:
    return PlainCall(
        call.operation,
        [_value(value, numbers, call.steps) for value in call.args],
        {key: _value(value, numbers, call.steps) for key, value in call.kwargs.items()},
        {} if is_layer(call.operation) else entry_of(call.operation)["config"],
        [
            Output(numbers.name(tensor), _with_steps(tensor.shape, call.steps), str(tensor.dtype))
            for tensor in call.outputs
        ],
        call.scope, call.within, call.path,
        None if call.inside is None else [_plain_call(inner, numbers) for inner in call.inside],
        call.times,
    )  # fmt: skip


def _with_steps(shape: Any, steps: tuple[int, ...]) -> Shape:
    return (*shape[:1], *steps, *shape[1:])


def _value(value: Any, numbers: _Numbers, steps: tuple[int, ...]) -> Any:
    if isinstance(value, dict):
        return {str(key): _value(item, numbers, steps) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(item, numbers, steps) for item in value]
    if isinstance(value, slice):
        bounds = {key: _value(getattr(value, key), numbers, steps) for key in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": bounds}
    if hasattr(value, "record_history"):
        config = {"shape": list(_with_steps(value.shape, steps)), "keras_history": [numbers.name(value), 0, 0]}
        return {"class_name": "__keras_tensor__", "config": config}
    value = _number(value)
    if hasattr(value, "shape") and hasattr(value, "dtype"):  # an array, of whichever library
        shape = [int(size) for size in value.shape if size is not None]
        trait = trait_of_array(value)
        return {"class_name": "Array", "config": {"shape": shape, **({"trait": trait} if trait else {})}}
    return plain(value)


def _number(value: Any) -> Any:
    """An array of one element as its number: what a model computes from sizes is a constant."""
    if not hasattr(value, "shape") or not hasattr(value, "dtype") or tuple(value.shape) or hasattr(value, "assign"):
        return value
    try:
        return value.item() if hasattr(value, "item") else value.numpy().item()
    except Exception:  # an array of a graph, which has no value yet
        return value


def merged_run(one: list[PlainCall], other: list[PlainCall], sizes: StandIns) -> list[PlainCall] | None:
    """Both runs as one; None where they did not make the same calls (a loop over an open size)."""
    if [_kind(call) for call in one] != [_kind(call) for call in other]:
        return None
    return [_merged(a, b, sizes) for a, b in zip(one, other, strict=True)]


def _kind(call: PlainCall) -> tuple[Any, ...]:
    return type(call.operation), call.path, [output.name for output in call.outputs]


def _merged(one: PlainCall, other: PlainCall, sizes: StandIns) -> PlainCall:
    inside = None
    if one.inside is not None and other.inside is not None:
        inside = merged_run(one.inside, other.inside, sizes)
    return replace(
        one,
        args=sizes.merged(one.args, other.args),
        kwargs=sizes.merged(one.kwargs, other.kwargs),
        config=sizes.merged(one.config, other.config),
        outputs=[
            a._replace(shape=sizes.merged_shape(a.shape, b.shape), rows=sizes.rows(a.shape, b.shape))
            for a, b in zip(one.outputs, other.outputs, strict=True)
        ],
        inside=inside,
        times=sizes.merged_size(one.times, other.times),
    )
