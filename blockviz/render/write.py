"""Output files appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from blockviz.errors import DrawError


def write(target: str | os.PathLike[str], data: bytes) -> None:
    """Write to a file through a temporary one in the same folder, or to standard output for ``-``.

    Raises
    ------
    DrawError : the folder is missing or can't be written; an existing file stays as it was.
    """
    if str(target) == "-":
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # the reader has what it wants
            raise
        except OSError as error:
            raise DrawError(f"can't write to standard output: {error.strerror or error}") from error
        return
    path = Path(target)
    if path.is_dir():
        raise DrawError(f"{path} is a folder; give a file name")
    if not path.parent.is_dir():
        raise DrawError(f"can't write {path}: there is no folder {path.parent}")
    try:
        _replace(path, data)
    except OSError as error:
        raise DrawError(f"can't write {path}: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value
