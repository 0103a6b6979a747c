"""Shapes of a model's inputs as a user says them, matched with the inputs that the model has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from blockviz.errors import UsageError
from blockviz.frontends.keras.calls import is_shape
from blockviz.ir import UNKNOWN, Shape
from blockviz.runtime.records import dataclass

_TEXT = re.compile(r"(?:(?P<name>[^=]*)=)?(?P<sizes>[\d?x×, ]+)(?::(?P<dtype>\w+))?")


@dataclass(frozen=True, slots=True)
class Spec:
    """One input: its shape with the batch first (None: open), its type ("" where nobody said), its name."""

    shape: Shape
    dtype: str = ""
    name: str = ""


Given: TypeAlias = Any  # shapes, specs or example arrays, in any structure


def parse_input(text: str) -> tuple[str, Spec]:
    """(name, spec) of ``[name=]1x224x224x3[:dtype]``; ``?`` leaves a size open, and the first is the batch.

    Raises
    ------
    UsageError : the text has another form.
    """
    found = _TEXT.fullmatch(text.strip())
    sizes = re.split(r"[x×, ]+", found["sizes"].strip()) if found else []
    if found is None or not all(size == "?" or size.isdecimal() for size in sizes) or "0" in sizes:
        raise UsageError(f"--input wants [name=]shape[:type], such as 1x224x224x3 or text=1x128:int32, not {text!r}")
    shape = tuple(None if size == "?" else int(size) for size in sizes)
    return (found["name"] or "").strip(), Spec(shape, found["dtype"] or "")


def specs_of(given: Given, name: str = "") -> Any:
    """The same structure with a `Spec` for every shape, spec or array."""
    if isinstance(given, Spec):
        return given
    if is_shape(given) and given:
        return Spec(tuple(given), "", name)
    if isinstance(given, Mapping):
        return {str(key): specs_of(value, f"{name}_{key}" if name else str(key)) for key, value in given.items()}
    if hasattr(given, "shape"):
        dtype = getattr(given, "dtype", None)
        return Spec(tuple(given.shape), "" if dtype is None else str(getattr(dtype, "name", dtype)), name)
    if isinstance(given, (list, tuple)) and given:
        return [specs_of(value, name and f"{name}_{place}") for place, value in enumerate(given)]
    raise UsageError(f"{given!r} is no shape, spec or array of an input")


def specs_in(struct: Any) -> Iterator[Spec]:
    """The specs of a structure, in its order; dicts by sorted key, as Keras flattens them."""
    if isinstance(struct, Spec):
        yield struct
    elif isinstance(struct, dict):
        for key in sorted(struct):
            yield from specs_in(struct[key])
    elif isinstance(struct, (list, tuple)):
        for value in struct:
            yield from specs_in(value)


def by_name(names: Sequence[str], given: Given) -> dict[str, Spec]:
    """The specs that a user gives, by the name of the input that each is for.

    Raises
    ------
    UsageError : a name that the model lacks, or another number of inputs than it has.
    """
    specs = specs_of(given)
    listed = ", ".join(map(repr, names))
    if isinstance(specs, dict) and set(specs) != {""}:
        unknown = sorted(set(specs) - set(names))
        if unknown:
            raise UsageError(f"the model has no input {unknown[0]!r}; its inputs are {listed}")
        return dict(specs)
    flat = list(specs_in(specs))
    if len(flat) != len(names):
        raise UsageError(f"the model has {len(names)} inputs, {listed}, not {len(flat)}; --input name=shape gives one")
    return dict(zip(names, flat, strict=True))


def fitting(given: Shape, own: Shape, name: str) -> Shape:
    """A shape that the user gives, checked against the sizes that the model fixes; the batch may be left out.

    Raises
    ------
    UsageError : the model fixes another rank or size.
    """
    if own == UNKNOWN:
        return (None, *given[1:])
    shape = (None, *given) if len(given) == len(own) - 1 else given
    if len(shape) != len(own) or any(b not in (None, a) for a, b in list(zip(shape, own, strict=True))[1:]):
        wanted = "×".join("?" if size is None else str(size) for size in own)
        raise UsageError(f"input {name!r} has the shape {wanted}, which the given one does not fit")
    return (None, *(b if a is None else a for a, b in list(zip(shape, own, strict=True))[1:]))
