"""Archives from strangers: bounded in the number of their files before these are listed, in size before it is read."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from blockviz.errors import ModelError, quoted
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.limits import limits

_END, _LOCATOR, _END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_LONGEST_COMMENT = 1 << 16
_SMALLEST_ENTRY = 46
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others take memory as the file says


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive for the time of a ``with``.

    Raises
    ------
    ModelError : damaged, or of more files than the limit ``entries``; also for what goes wrong inside the ``with``.
    """
    try:
        with open_regular(path) as stream:
            limits().check("entries", _listed(stream), f"the archive {quoted(str(path))} has")
            with zipfile.ZipFile(stream) as archive:
                yield archive
    except RecursionError:  # of who reads what is inside
        raise
    except _DAMAGES as error:
        raise ModelError(f"{quoted(str(path))} is a damaged archive ({quoted(error)}); save the model again") from None


_DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, RuntimeError, ValueError,
    NotImplementedError,
)  # fmt: skip


def member_bytes(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    """The bytes of a file in an archive.

    Raises
    ------
    ModelError : larger than the limit ``megabytes``, whatever its header says, or packed as no model is.
    """
    info, most = archive.getinfo(name), limits().megabytes << 20
    if info.compress_type not in _PACKINGS:
        raise ModelError(f"{name} in {quoted(source)} is packed in a way that no model file is; save the model again")
    limits().check("megabytes", -(-info.file_size >> 20), f"{name} in {quoted(source)} has")
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    limits().check("megabytes", -(-len(data) >> 20), f"{name} in {quoted(source)} has")
    return data


def _listed(stream: BinaryIO) -> int:
    """How many files the directory at the end of an archive could list, by its size; 0 where it is not found."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_COMMENT - 22)
    stream.seek(start)
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return 0
    (directory,) = struct.unpack_from("<L", tail, at + 12)
    if at >= 76 and tail.startswith(_LOCATOR, at - 20) and tail.startswith(_END64, at - 76):
        (directory,) = struct.unpack_from("<Q", tail, at - 76 + 40)
    return int(min(directory, size)) // _SMALLEST_ENTRY
