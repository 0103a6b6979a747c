"""`dataclass`, spelled and behaving as in the standard library, but made in a tenth of the time.

The standard one writes and compiles up to six methods of every class when its module is imported; for the
hundred classes of blockviz that took as long as reading a model. Here a class gets its slots at once, shares the
functions that compare, hash, print and copy, and has its ``__init__`` compiled once it has made a few objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, field
from inspect import get_annotations
from operator import attrgetter
from typing import Any, Literal, TypeVar, dataclass_transform

__all__ = ["dataclass", "field", "fields_of", "replace"]

T = TypeVar("T")


@dataclass_transform(field_specifiers=(field,))
def dataclass(*, slots: Literal[True], frozen: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]:
    """Make a class whose annotations are its fields, as `dataclasses.dataclass` does; only with slots."""

    def make(cls: Any) -> Any:
        own = {name: cls.__dict__.get(name, MISSING) for name in get_annotations(cls)}
        fields = {**getattr(cls, "__fields__", {}), **own}
        body = {key: value for key, value in cls.__dict__.items() if key not in own and key not in _OF_NO_SLOTS}
        shared = {**_SHARED, **(_FROZEN if frozen else {}), **(_COMPARED if eq else {})}
        if eq:
            shared["__hash__"] = _hash if frozen else None
        made = type(cls)(cls.__name__, cls.__bases__, {
            **shared, **body, "__qualname__": cls.__qualname__, "__slots__": tuple(own), "__fields__": fields,
            "__match_args__": tuple(fields), "__values__": attrgetter(*fields) if fields else staticmethod(_nothing),
            "__given__": tuple([name for name, spec in fields.items() if _is_given(spec)]),
        })  # fmt: skip

        left = _FEW
        plan: _Plan | None = None

        def init(self: object, *args: Any, **kwargs: Any) -> None:
            nonlocal left, plan
            left -= 1
            plan = plan or _Plan(made, fields)
            if left < 0 or not plan.fill(self, args, kwargs):  # or it says what is wrong with the arguments
                made.__init__ = _initialiser(made, fields, frozen)
                made.__init__(self, *args, **kwargs)

        made.__init__ = init
        return made

    return make


def replace(record: T, /, **changes: Any) -> T:
    """A copy with some fields changed."""
    given = record.__given__  # type: ignore[attr-defined]
    return type(record)(*[changes.pop(name) if name in changes else getattr(record, name) for name in given], **changes)


def fields_of(record: object) -> tuple[str, ...]:
    """Names of the fields that can be given, in order."""
    return tuple(record.__given__)  # type: ignore[attr-defined]


class _Plan:
    """What the fields of a class are filled with, for its first few objects."""

    __slots__ = ("ends", "given", "others", "setters")

    def __init__(self, made: Any, fields: Mapping[str, Any]) -> None:
        makers = {name: _maker(spec) for name, spec in fields.items()}
        self.setters = [getattr(made, name).__set__ for name in made.__given__]
        self.given = [(name, getattr(made, name).__set__, makers[name]) for name in made.__given__]
        hidden = ((name, make) for name, make in makers.items() if name not in made.__given__ and make is not None)
        self.others = [(getattr(made, name).__set__, make) for name, make in hidden]
        self.ends = hasattr(made, "__post_init__")

    def fill(self, record: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """Give an object its fields one by one; False if the arguments don't fit."""
        count = len(args)
        if count > len(self.given):
            return False
        for put, value in zip(self.setters, args, strict=False):
            put(record, value)
        taken = 0
        for name, put, make in self.given[count:]:
            if name in kwargs:
                put(record, kwargs[name])
                taken += 1
            elif make is not None:
                put(record, make())
            else:
                return False
        if taken < len(kwargs):
            return False
        for put, make in self.others:
            put(record, make())
        if self.ends:
            record.__post_init__()
        return True


def _maker(spec: Any) -> Callable[[], Any] | None:
    """What gives a field its value where none is given; None where one must be."""
    default = spec.default if isinstance(spec, Field) else spec
    if default is not MISSING:
        return lambda: default
    return spec.default_factory if isinstance(spec, Field) and spec.default_factory is not MISSING else None


def _initialiser(made: type, fields: Mapping[str, Any], frozen: bool) -> Callable[..., None]:
    """``__init__`` as one would write it by hand; a frozen object is filled through its slots."""
    names: dict[str, Any] = {"_unset": MISSING}
    head, lines = ["self"], []
    for name, spec in fields.items():
        default = spec.default if isinstance(spec, Field) else spec
        factory = spec.default_factory if isinstance(spec, Field) else MISSING
        names |= {f"_default_{name}": default, f"_new_{name}": factory, f"_set_{name}": getattr(made, name).__set__}
        value = name
        if _is_given(spec):
            optional = default is not MISSING or factory is not MISSING
            head.append(f"{name}=_default_{name}" if optional else name)
            if factory is not MISSING:
                value = f"_new_{name}() if {name} is _unset else {name}"
        elif factory is not MISSING:
            value = f"_new_{name}()"
        elif default is not MISSING:
            value = f"_default_{name}"
        else:
            continue
        lines.append(f"_set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(head)}):\n " + "\n ".join(lines or ["pass"]), names)
    written: Callable[..., None] = names["__init__"]
    return written


def _is_given(spec: Any) -> bool:
    """Whether a field's value is an argument of ``__init__``."""
    return not isinstance(spec, Field) or spec.init


class _StandardFields:
    """Lets `dataclasses.fields`, `replace` and `asdict` take these classes, at the price of a standard one then."""

    def __get__(self, _: object, cls: Any) -> Any:
        given = {name: spec for name, spec in cls.__fields__.items() if spec is not MISSING}
        plain = type(cls.__name__, (), {"__annotations__": dict.fromkeys(cls.__fields__, Any), **given})
        cls.__dataclass_fields__ = found = dataclasses.dataclass(plain).__dataclass_fields__  # type: ignore[attr-defined]
        return found


def _nothing(_: object) -> tuple[()]:
    return ()


def _eq(self: Any, other: Any) -> Any:
    if self.__class__ is not other.__class__:
        return NotImplemented
    return self.__values__(self) == self.__values__(other)


def _hash(self: Any) -> int:
    return hash(self.__values__(self))


def _repr(self: Any) -> str:
    said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__fields__)
    return f"{type(self).__qualname__}({said})"


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__fields__]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__fields__, state, strict=True):
        object.__setattr__(self, name, value)


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot change field {name!r}")


_FEW = 20
_OF_NO_SLOTS = ("__dict__", "__weakref__")
_SHARED: Mapping[str, Any] = {
    "__repr__": _repr, "__getstate__": _getstate, "__setstate__": _setstate, "__dataclass_fields__": _StandardFields(),
}  # fmt: skip
_FROZEN: Mapping[str, Any] = {"__setattr__": _refuse, "__delattr__": _refuse}
_COMPARED: Mapping[str, Any] = {"__eq__": _eq}
