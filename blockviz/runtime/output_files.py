"""Output files: a regular file is replaced as a whole or not at all, a device or FIFO is written to, a model is kept.

All outputs of a command are prepared before the first is put in place.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, TypeAlias

from blockviz.errors import DrawError, UsageError
from blockviz.runtime.model_bytes import model_kind
from blockviz.runtime.records import dataclass
from blockviz.runtime.temporary import staged


@dataclass(frozen=True, slots=True)
class Output:
    """What a file shall hold. target : its path, or ``-`` for standard output."""

    target: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where bytes go. path : of the file itself, links followed; status : of what stands there, None for nothing."""

    target: str
    path: str
    status: os.stat_result | None
    stream: bool


class Writable(Protocol):
    """An open file, of text or bytes."""

    def write(self, data: Any, /) -> object:
        """Take the data."""


Target: TypeAlias = "str | os.PathLike[str] | Writable"


def target_name(target: Target | None) -> str:
    """The path that a target is, or ``-`` for an open file and for none."""
    return os.fspath(target) if isinstance(target, str | os.PathLike) else "-"


def deliver(outputs: Sequence[Output], target: Target, *, force: bool = False) -> None:
    """Write outputs to where they name; or the only one of them into an open file, as text if that takes text.

    Raises
    ------
    UsageError : several outputs for one open file. DrawError : as of `write_all`.
    """
    if isinstance(target, str | os.PathLike):
        write_all(outputs, force=force)
        return
    if len(outputs) != 1:
        raise UsageError("this is several files, and an open file takes one; give a path")
    data = outputs[0].data
    is_text = isinstance(target, io.TextIOBase) or hasattr(target, "encoding")
    target.write(data.decode("utf-8") if is_text else data)


def write(target: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Write one file, or standard output for ``-``; see `write_all`."""
    write_all([Output(os.fspath(target), data)], force=force)


def write_all(outputs: Sequence[Output], *, force: bool = False, inputs: Iterable[str] = ()) -> None:
    """Write files so that none changes unless all could be prepared; see `check` for what is refused.

    A link is followed. A new version of a file has its permissions; it is made beside it and renamed.

    Raises
    ------
    DrawError : a file is refused or can't be written; existing files stay as they were.
    UsageError : two outputs are one file.
    """
    places = check((output.target for output in outputs), force=force, inputs=inputs)
    with ExitStack() as stack:
        puts = []
        for place, output in zip(places, outputs, strict=True):
            if not place.stream:
                with _said(place.target):
                    puts.append((place, stack.enter_context(staged(place.path, output.data, place.status))))
        for place, output in zip(places, outputs, strict=True):
            if place.stream:
                _send(place, output.data)
        for place, put in puts:
            with _said(place.target):
                put()


def check(targets: Iterable[str], *, force: bool = False, inputs: Iterable[str] = ()) -> list[_Place]:
    """Whether the targets can be written, as far as that can be told without writing: call it before long work.

    inputs : files that the command reads, which must not be lost. force : replace models and inputs nevertheless.

    Raises
    ------
    DrawError : a folder, no folder for it, a read-only file, a disk, one of the inputs, or a file whose first
        bytes are a model's. UsageError : two targets are one file.
    """
    kept = [status for status in map(_status_or_none, inputs) if status is not None]
    places = [_place(target) for target in targets]
    for place in places:
        if not place.stream or place.status is not None:
            _allow(place, [] if force else kept, force)
    files = [os.path.normcase(place.path) for place in places if not place.stream]
    twice = next((path for path in files if files.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"two outputs would be one file, {_shown(twice)}; give the figure another name")
    return places


def is_stream(target: str) -> bool:
    """Whether a target is standard output, a device or a FIFO, so that it takes one output and no name beside it."""
    return _place(target).stream


def _place(target: str) -> _Place:
    if target == "-":
        return _Place(target, target, None, True)
    with _said(target):
        status = _status_of(target)
        special = status is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))
        return _Place(target, os.path.realpath(target), status, special or _is_open_stream(target))


def _status_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _status_or_none(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _is_open_stream(target: str) -> bool:
    """Whether a path, such as ``/dev/stdout``, leads to a file that a process has open: no file to be replaced."""
    for _ in range(40):
        if os.path.realpath(os.path.dirname(target)).startswith("/proc/"):
            return True
        if not os.path.islink(target):
            return False
        target = os.path.join(os.path.dirname(target), os.readlink(target))
    return False


def _allow(place: _Place, kept: Sequence[os.stat_result], force: bool) -> None:
    name, status = _shown(place.target), place.status
    if status is None:
        folder = os.path.dirname(place.path)
        if place.target.endswith(os.sep) or not os.path.isdir(folder):
            raise DrawError(f"can't write {name}: there is no folder {_shown(folder)}")
        return
    if stat.S_ISDIR(status.st_mode):
        raise DrawError(f"{name} is a folder; give a file name")
    if stat.S_ISBLK(status.st_mode) and not force:
        raise DrawError(f"{name} is a disk and stays as it is")
    if place.stream:
        return
    # The superuser may write anything; a file made read-only is meant to stay nevertheless.
    if not status.st_mode & 0o222 or not os.access(place.path, os.W_OK):
        raise DrawError(f"{name} is read-only and stays as it is")
    if any(os.path.samestat(status, other) for other in kept):
        raise DrawError(f"{name} is what the command reads; give another name, or --force to replace it")
    kind = None if force else model_kind(place.path)
    if kind:
        raise DrawError(f"{name} is {kind}; give another name, or --force to replace it")


def _send(place: _Place, data: bytes) -> None:
    name = "standard output" if place.target == "-" else place.target
    try:
        if place.target != "-":
            with open(os.open(place.target, os.O_WRONLY | os.O_APPEND), "wb") as file:
                file.write(data)
        elif sys.stdout is None:
            raise DrawError("can't write to standard output: it is closed")
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has what it wants
        raise
    except OSError as error:
        raise DrawError(f"can't write to {_shown(name)}: {error.strerror or error}") from error


@contextmanager
def _said(target: str) -> Iterator[None]:
    """Errors of the file system as one sentence about a target."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = error.strerror if isinstance(error, OSError) else None
        raise DrawError(f"can't write {_shown(target)}: {reason or error}") from error


def _shown(path: str) -> str:
    """A path in a sentence: printable, and no longer than 200 characters."""
    text = path if path and path.isprintable() else repr(path)
    return text if len(text) <= 200 else f"{text[:99]}…{text[-99:]}"
