"""Input files: regular files only, and no more of them than was asked for."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a FIFO; write it to a file first"),
    (stat.S_ISSOCK, "it is a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "it is a device"),
)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading that will end: a FIFO or device is not touched.

    Raises
    ------
    OSError : it can't be opened, or is no regular file; ``strerror`` says it.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise OSError(errno.EINVAL, next((words for is_kind, words in _KINDS if is_kind(mode)), "it is no file"))
    return os.fdopen(handle, "rb")


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The bytes of a regular file, at most so many.

    Raises
    ------
    OSError : as `open_regular`, or the file is larger.
    """
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 10:,} kB")
    return data
