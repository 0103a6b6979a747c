"""Calls that are read from a graph that a framework made of a composite's code, under the names of ``keras.ops``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from blockviz.frontends.trace.leaves import is_kerass, is_layer
from blockviz.frontends.trace.recorder import Recorder
from blockviz.runtime.records import dataclass

State: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], int | None]


class Around(NamedTuple):
    """Whose code runs: ``state`` with the loops and branches around it, ``traced`` as it was when it was traced."""

    state: State
    traced: State

    def inside(self, traced: State) -> Around:
        """The same for code that is called there."""
        scope, within, steps, _ = traced
        inner = within[len(self.traced[1]) :]
        return Around((scope, (*self.state[1], *inner), steps, self.state[3]), traced)


@dataclass(slots=True)
class GraphRun:
    """One composite's ``call`` that runs in a framework's own graph.

    call : Keras' own ``Layer.__call__``. weight : the tensor that stands for a variable. look : what a layer of the
    user's calls, and what it gives. depth : how many layers' code runs inside each other.
    """

    recorder: Recorder
    call: Callable[..., Any]
    weight: Callable[[Any], Any]
    look: Callable[..., Any]
    depth: int = 0


class GraphOperation:
    """An operation of a framework's graph in the place of one of Keras; its class has Keras' name for it."""

    _inbound_nodes: tuple[Any, ...] = ()

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    @property
    def name(self) -> str:
        """As an operation of Keras is called that has no name."""
        return type(self).__name__.lower()

    def get_config(self) -> dict[str, Any]:
        """What its constant operands say."""
        return self.settings


@cache
def _kind(name: str) -> type[GraphOperation]:
    return type(name, (GraphOperation,), {})


def operation_of(name: str, settings: dict[str, Any]) -> GraphOperation:
    """An operation with one of Keras' names."""
    return _kind(name)(settings)


def inside_of(look: Callable[..., Any], layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a layer of the user's that is a box calls, for its costs; None for any other, and where nobody can see."""
    if not is_layer(layer) or is_kerass(layer):
        return None
    seen = look(layer, args, kwargs)
    return None if seen is None else seen[0]


def state_of(recorder: Recorder) -> State:
    """Whose code runs now, and how often."""
    return recorder.scope, recorder.within, recorder.steps, recorder.times


def note(
    recorder: Recorder, state: State, operation: Any, args: Any, kwargs: Any, outputs: list[Any], inside: Any = None
) -> None:
    """Record a call that was made while the code of ``state`` ran."""
    before = state_of(recorder)
    recorder.scope, recorder.within, recorder.steps, recorder.times = state
    recorder.record(operation, args, kwargs, outputs, inside)
    recorder.scope, recorder.within, recorder.steps, recorder.times = before
