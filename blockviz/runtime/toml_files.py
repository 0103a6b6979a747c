"""Settings in TOML, from a regular file of a size that settings have."""

from __future__ import annotations

import os
import tomllib
from typing import Any

from blockviz.errors import UsageError, quoted
from blockviz.runtime.input_files import read_regular

_MOST = 1 << 20


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    UsageError : it can't be read, is no TOML, or is larger than a megabyte.
    """
    try:
        return tomllib.loads(read_regular(path, _MOST).decode("utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
    except RecursionError:
        reason = "its values are nested too deeply"
    except ValueError as error:  # no TOML, no UTF-8, a null character in the path
        reason = str(error)[:200]
    raise UsageError(f"{quoted(os.fspath(path))} can't be read as TOML: {reason}")
