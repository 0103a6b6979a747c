"""Temporary files and folders that outlive a killed process only until the next run.

Each is locked as long as its process lives, so that what stands unlocked was left by one that was killed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file that a process holds open can't be removed anyway
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"\.blockviz-[0-9a-f]{16}\.tmp")
_OPEN_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@contextmanager
def staged(path: str, data: bytes, replaced: os.stat_result | None) -> Iterator[Callable[[], None]]:
    """A temporary file with the data, beside ``path``; a call of what is given puts it in place.

    replaced : status of the file that stands there, whose owner and permissions are kept.

    Raises
    ------
    OSError : the folder can't be written, or the disk is full.
    """
    folder = os.path.dirname(path)
    sweep(folder)
    handle, name = _claimed(folder, 0o666 if replaced is None else 0o600)
    file = os.fdopen(handle, "wb")

    def put() -> None:
        if fcntl is None:
            file.close()  # Windows renames no open file
        os.replace(name, path)

    try:
        file.write(data)
        file.flush()
        if replaced is not None:
            _take_after(name, replaced)
        yield put
    finally:
        with suppress(OSError):
            os.unlink(name)
        with suppress(OSError):  # what could not be flushed has been reported
            file.close()


def _take_after(name: str, replaced: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(OSError):  # only the superuser gives files away
            os.chown(name, replaced.st_uid, replaced.st_gid)
    os.chmod(name, stat.S_IMODE(replaced.st_mode))


def _claimed(folder: str, mode: int) -> tuple[int, str]:
    """A new file, open and locked. A run that sweeps may come between the two: then there is another."""
    while True:
        name = _new_name(folder)
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        if _lock(handle) and os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)
        with suppress(OSError):
            os.unlink(name)


def _new_name(folder: str) -> str:
    return os.path.join(folder, f".blockviz-{os.urandom(8).hex()}.tmp")


def _lock(handle: int) -> bool:
    """Lock without waiting; False where another process holds it. A file system without locks is taken as it is."""
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def sweep(folder: str) -> None:
    """Remove temporary files and folders that our killed runs have left in a folder; others' stay."""
    with suppress(OSError), os.scandir(folder or os.curdir) as entries:
        for name in [entry.path for entry in entries if _NAME.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove_if_left(name)


def _remove_if_left(name: str) -> None:
    if fcntl is None:
        os.unlink(name)
        return
    handle = os.open(name, os.O_RDONLY | _OPEN_ONLY)  # a link or a FIFO of this name is not ours
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid():
            return
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # OSError: its process lives, or there are no locks
        if stat.S_ISDIR(status.st_mode):
            from shutil import rmtree

            rmtree(name)
        elif stat.S_ISREG(status.st_mode):
            os.unlink(name)
    finally:
        os.close(handle)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder for the time of a ``with``."""
    import shutil
    import tempfile

    base = tempfile.gettempdir()
    sweep(base)
    if fcntl is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
        return
    name, handle = _claimed_folder(base)
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)
        os.close(handle)


def _claimed_folder(base: str) -> tuple[str, int]:
    while True:
        name = _new_name(base)
        os.mkdir(name, 0o700)
        with suppress(FileNotFoundError):  # swept before it was locked
            handle = os.open(name, os.O_RDONLY)
            if _lock(handle) and os.path.isdir(name):
                return name, handle
            os.close(handle)
