"""What a model calls while it is run on symbolic tensors: a flat list of calls, each with whose code made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from blockviz.ir import Scope
from blockviz.runtime.records import dataclass, field


@dataclass(slots=True)
class Recorded:
    """One call of a leaf: a layer that is a box, or a function on tensors.

    steps : sizes of the time axes around it, which ``TimeDistributed`` took off.
    inside : what the call of a layer of unknown class did in turn, for its costs; None where nobody could see.
    times : how often it is made in one run of what is around it, None where nobody knows (in a branch or loop).
    """

    operation: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: list[Any]
    scope: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    inside: list[Recorded] | None = None
    times: int | None = 1

    @property
    def path(self) -> str:
        """Path of the innermost model or composite around the call; empty at the top."""
        return max((*self.within[-1:], "/".join(self.scope)), key=len)


@dataclass(slots=True)
class Recorder:
    """The state of one run.

    calls : in the order in which they were made. weights : tensors that stand for variables, by the variable's id.
    aliases : id of a tensor → the tensor of the calls around it that it is, one time step of. closed : path of a
    composite that could not be opened → the reason. busy : above 0 while a box works out its output shapes.
    entered : whether the model's own code runs already.
    """

    calls: list[Recorded] = field(default_factory=list)
    weights: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    constants: list[Any] = field(default_factory=list)
    aliases: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    composites: dict[str, Scope] = field(default_factory=dict)
    opened: list[Any] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    busy: int = 0
    entered: bool = False
    scope: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    times: int | None = 1

    @property
    def listens(self) -> bool:
        """Whether calls are the model's own now, not those by which a box works out its shapes."""
        return not self.busy

    @property
    def path(self) -> str:
        """Path of the innermost model or composite that runs."""
        return max((*self.within[-1:], "/".join(self.scope)), key=len)

    def quietly(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The function's result; what it calls is not recorded."""
        self.busy += 1
        try:
            return function(*args, **kwargs)
        finally:
            self.busy -= 1

    def record(self, operation: Any, args: Any, kwargs: Any, outputs: list[Any], inside: Any = None) -> None:
        """Note one call with its output tensors."""
        state = self.scope, self.within, self.steps
        self.calls.append(Recorded(operation, tuple(args), dict(kwargs), outputs, *state, inside, self.times))

    @contextmanager
    def inside(self, layer: Any, is_model: bool) -> Iterator[str]:
        """While the code of a model or composite runs; what it calls is taken back if it fails."""
        kept = len(self.calls), self.scope, self.within, self.steps, dict(self.scopes), dict(self.composites)
        closed, entered = dict(self.closed), self.entered
        path = self._enter(layer, is_model) if entered else ""
        self.entered = True
        try:
            yield path
        except BaseException:
            del self.calls[kept[0] :]
            self.scopes, self.composites, self.closed, self.entered = kept[4], kept[5], closed, entered
            raise
        finally:
            self.scope, self.within, self.steps = kept[1:4]

    def _enter(self, layer: Any, is_model: bool) -> str:
        path = f"{self.path}/{layer.name}" if self.path else layer.name
        known = self.scopes if is_model and not self.within else self.composites
        calls = known[path].calls + 1 if path in known else 1
        known[path] = Scope(path, type(layer).__name__, calls)
        if known is self.scopes:
            self.scope = (*self.scope, layer.name)
        else:
            self.within = (*self.within, path)
        return path

    @contextmanager
    def apart(self) -> Iterator[list[Recorded]]:
        """Record into a list of its own for a while."""
        calls, self.calls = self.calls, []
        state = self.scope, self.within, self.steps, dict(self.scopes), dict(self.composites), dict(self.closed)
        try:
            yield self.calls
        finally:
            self.calls = calls
            self.scope, self.within, self.steps, self.scopes, self.composites, self.closed = state
