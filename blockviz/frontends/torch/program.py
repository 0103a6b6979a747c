"""An exported PyTorch program as plain records, wherever it comes from: memory or a ``.pt2`` archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from blockviz.ir import Shape
from blockviz.runtime.records import dataclass

MaybeShape: TypeAlias = Shape | None
Modules: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass(frozen=True, slots=True)
class Ref:
    """An argument that is the result of an earlier call, an input or a weight."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A call of an operator: its arguments by name, the shapes of its results, (path, class) of the modules around.

    several : whether it gives a list, even of one. parts : names of the list's elements, where the source names them.
    bodies : what a branch or loop runs, in the order of its arguments.
    """

    name: str
    op: str
    args: Mapping[str, Any]
    shapes: tuple[MaybeShape, ...]
    several: bool = False
    modules: Modules = ()
    parts: tuple[str, ...] = ()
    bodies: tuple[Body, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What a branch or loop runs: names of what it is given, its operations, and what it gives."""

    inputs: tuple[str, ...]
    operations: tuple[Operation, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A parameter, buffer or constant: whether it is a parameter and trained, whose storage it is, its path."""

    shape: tuple[int, ...]
    is_parameter: bool = False
    trained: bool = True
    storage: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An input of the program."""

    name: str
    shape: MaybeShape
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """Operations in order, what they read, and the names of the results."""

    name: str
    inputs: tuple[Given, ...]
    stored: Mapping[str, Stored]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]
    batch: int = 1
