"""``package.module:callable``: the one form of MODEL that runs code, the user's own."""

from __future__ import annotations

import difflib
import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

from blockviz.errors import ModelError, quoted

_FORM = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_callable_name(source: str) -> bool:
    """Whether the text has the form ``package.module:callable``."""
    return _FORM.fullmatch(source) is not None


def call(source: str, making: Callable[[Callable[[], Any]], Any] = lambda make: make()) -> Any:
    """Import the module (the working directory comes first, as for ``python -m``) and call the callable.

    An attribute that is a model already is taken as it is. ``making`` calls the callable.

    Raises
    ------
    ModelError : no such module or attribute, or the user's code failed.
    """
    module_name, _, path = source.partition(":")
    found = _resolve(_imported(module_name), module_name, path)
    if hasattr(found, "get_config") and hasattr(found, "layers") and not isinstance(found, type):
        return found
    if hasattr(found, "forward") and hasattr(found, "named_modules") and not isinstance(found, type):
        return found
    if not callable(found):
        raise ModelError(f"{quoted(source)} is a {type(found).__name__}, neither a model nor something that makes one")
    try:
        return making(found)
    except Exception as error:  # whatever the user's code raises is the user's to mend
        raise ModelError(f"{quoted(source)} failed: {type(error).__name__}: {str(error)[:200]}") from error


def _imported(name: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ModelError(f"there is no module {quoted(name)}; run from the directory that holds it") from None
        raise ModelError(f"module {quoted(name)} needs {quoted(error.name)}, which is not installed") from error
    except Exception as error:
        what = f"{type(error).__name__}: {str(error)[:200]}"
        raise ModelError(f"module {quoted(name)} failed to import: {what}") from error


def _resolve(module: Any, name: str, path: str) -> Any:
    found = module
    for part in path.split("."):
        if not hasattr(found, part):
            close = difflib.get_close_matches(part, dir(found), 1)
            hint = f"; did you mean {quoted(close[0])}?" if close else ""
            raise ModelError(f"module {quoted(name)} has no {quoted(path)}{hint}")
        found = getattr(found, part)
    return found
