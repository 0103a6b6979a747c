"""How much a file may take: bounds that every real model passes, and that an option raises.

A file of a few kilobytes can stand for more calls, objects or groups than memory holds. Readers ask `limits` for
the bounds of the run at hand, which `limited` sets; they decide whether a model is read, never what a figure shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from blockviz.errors import ModelError, UsageError, quoted
from blockviz.runtime.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is read from one model.

    calls : calls of layers, those of nested models counted at each of their calls.
    repeats : calls for each call that the file records, from 10,000 calls on (nested models that call each other).
    wires : tensors that a call reads, on average, from 100,000 wires on (every layer reads all before it).
    nesting : models within models, or groups within groups.
    objects : values of a JSON architecture, of which an object counts for three. megabytes : its size.
    groups : groups and arrays of an HDF5 file.
    entries : files in an archive.
    """

    calls: int = 100_000
    repeats: int = 100
    wires: int = 25
    nesting: int = 64
    objects: int = 12_000_000
    megabytes: int = 128
    groups: int = 100_000
    entries: int = 100_000

    def check(self, name: str, count: int, what: str) -> None:
        """Raise ModelError, in a sentence that names the limit, where ``count`` is beyond the limit of that name."""
        most = getattr(self, name)
        if count > most:
            raise ModelError(f"{what} more than {most:,} {_WORDS[name]}; if it is meant so, --limit {name}=N allows N")


_WORDS: Mapping[str, str] = {
    "calls": "calls of layers",
    "repeats": "calls of layers for each that it records",
    "wires": "tensors each on average",
    "nesting": "levels of nesting",
    "objects": "values",
    "megabytes": "megabytes",
    "groups": "groups and arrays",
    "entries": "files",
}
_FEW_WIRES = 100_000  # this many take seconds
_DEFAULT = Limits()
_current: ContextVar[Limits] = ContextVar("limits", default=_DEFAULT)


def limits() -> Limits:
    """The bounds of the run at hand."""
    return _current.get()


def check_wires(wires: int, calls: int) -> None:
    """Raise ModelError where calls read so much that the time goes into wires, of which no figure could tell."""
    if wires > _FEW_WIRES:
        limits().check("wires", -(-wires // calls), "the network's layers read")


@contextmanager
def limited(changed: Mapping[str, int] | None) -> Iterator[None]:
    """Other bounds for the time of a ``with``, by name.

    Raises
    ------
    UsageError : no such limit, or not a whole number from 1.
    """
    for name, value in (changed or {}).items():
        if name not in _WORDS:
            raise UsageError(f"there is no limit {quoted(name)}; there are {', '.join(_WORDS)}")
        if type(value) is not int or value < 1:
            raise UsageError(f"the limit {name} wants a whole number from 1, not {quoted(value)}")
    token = _current.set(replace(limits(), **(changed or {})))
    try:
        yield
    finally:
        _current.reset(token)


def check_objects(data: bytes, what: str) -> None:
    """Raise ModelError where JSON text would become more values than the limit ``objects`` allows.

    Objects weigh most in memory; commas in texts count too, which are few.
    """
    limits().check("objects", data.count(b"[") + data.count(b",") + 3 * data.count(b"{"), what)
