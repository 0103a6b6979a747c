"""Values of a jaxpr while it is read: tensors, variables, constants, and calls that what follows may be a part of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import prod
from typing import Any

from blockviz.frontends.trace.graph_calls import State
from blockviz.runtime.records import dataclass, replace

BOX = "blockviz_call"
_SCOPES = count()


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A call that is one equation: (args, kwargs) as it was made, where its arrays stand in them when flattened, and
    (shape, dtype) of each array that it gives."""

    operation: Any
    arguments: Any
    places: tuple[int, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A variable of Keras."""

    variable: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes."""
        return tuple(self.variable.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """What depends on no input and no variable; ``data`` is None where nobody computed it."""

    shape: tuple[int, ...]
    data: Any

    @property
    def number(self) -> float | int | bool | None:
        """The number that all of its elements are; None if they differ or nobody knows."""
        import numpy as np

        try:
            found = np.asarray(self.data)
        except Exception:  # keys of random numbers are no numbers
            return None
        if self.data is None or not found.size or found.dtype == object:
            return None
        first = found.reshape(-1)[0]
        return first.item() if (found == first).all() else None

    def once(self) -> Constant:
        """Without leading axes along which it is repeated."""
        import numpy as np

        if self.data is None or len(self.shape) < 2:
            return self
        data = np.asarray(self.data)
        while data.ndim > 1 and len(data) > 1 and (data == data[:1]).all():
            data = data[0]
        return self if data.ndim == len(self.shape) else Constant(data.shape, data)


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A call that is not noted yet: of a reduction, a product, a cut or a view.

    kind : what it is, see `jax_pending`. sources : what it reads. details : what the kind needs to know.
    """

    kind: str
    sources: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: str
    state: State
    details: dict[str, Any]

    def changed(self, shape: Sequence[int], **details: Any) -> Pending:
        """The same with other details, which gives another shape."""
        return replace(self, shape=tuple(shape), details={**self.details, **details})


def is_array(value: Any) -> bool:
    """Whether a value is an array or a tracer, not a variable."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and not hasattr(value, "assign")


def scope_name(state: State) -> str:
    """A name for a scope of JAX that stands for whose code runs; no other scope of the process has it."""
    return f"{BOX}.{next(_SCOPES)}.{len(state[1])}"


def elements(shape: Sequence[int]) -> int:
    """How many elements a shape has."""
    return prod(shape)
