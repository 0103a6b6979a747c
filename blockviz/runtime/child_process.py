"""A text that a library reads from a damaged file, in a child process: a library that hangs can't be told to stop."""

from __future__ import annotations

import os
import selectors
import signal
import time
import warnings
from collections.abc import Callable

SECONDS = 15.0  # an attribute of a file takes milliseconds
_TEXT, _BYTES, _NOTHING, _ERROR = b"T", b"B", b"N", b"E"


def text_in_a_child(read: Callable[[], str | bytes | None], seconds: float | None = None) -> str | bytes | None:
    """What ``read`` gives; it is called in a copy of this process, which is ended when its time is up.

    Where a system can't copy a process (Windows) it is called here. What comes back is text, never an object.

    Raises
    ------
    TimeoutError : its time is up. RuntimeError : it raised something, whose message this bears, or ended its process.
    """
    if not hasattr(os, "fork"):
        return read()
    source, sink = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child only reads a file, and ends
        child = os.fork()
    if child == 0:
        _answer(read, source, sink)
    os.close(sink)
    try:
        return _understood(_received(source, time.monotonic() + (SECONDS if seconds is None else seconds)))
    finally:
        os.close(source)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(read: Callable[[], str | bytes | None], source: int, sink: int) -> None:
    """The child's whole life."""
    try:
        os.close(source)
        try:
            found = read()
            kind = _NOTHING if found is None else _TEXT if isinstance(found, str) else _BYTES
            body = found.encode("utf-8", "surrogatepass") if isinstance(found, str) else found or b""
        except Exception as error:
            kind, body = _ERROR, str(error).encode("utf-8", "replace")
        with os.fdopen(sink, "wb") as out:
            out.write(kind + body)
    finally:
        os._exit(0)  # nothing that this process had begun is ended twice


def _received(source: int, until: float) -> bytes:
    parts: list[bytes] = []
    with selectors.DefaultSelector() as waiting:
        waiting.register(source, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not waiting.select(left):
                raise TimeoutError("reading it doesn't end")
            part = os.read(source, 1 << 20)
            if not part:
                return b"".join(parts)
            parts.append(part)


def _understood(answer: bytes) -> str | bytes | None:
    kind, body = answer[:1], answer[1:]
    if kind == _TEXT:
        return body.decode("utf-8", "surrogatepass")
    if kind in (_BYTES, _NOTHING):
        return body if kind == _BYTES else None
    raise RuntimeError(body.decode("utf-8", "replace") or "the library that reads it broke down")
