"""``--load``: Keras itself loads a file, in its safe mode, with the packages that the file names.

The one way in which something that a file names is run, and only where the user asks for it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.files import architecture_of

_KERAS = frozenset({"keras", "builtins", "tensorflow", "tf_keras", ""})


def load(path: Path) -> Any:
    """The live model of a ``.keras`` or ``.h5`` file, loaded by Keras in safe mode, without compiling it.

    Raises
    ------
    ModelError : a package that the file names is missing, or Keras can't load it.
    """
    config = architecture_of(path)
    if "" not in sys.path:
        sys.path.insert(0, "")
    for name in sorted(set(_modules(config))):
        _import(name, path)
    try:
        from keras.saving import load_model

        return load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # the user's classes are made here
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        told = f": {lines[0][:200]}" if lines else ""
        raise ModelError(f"{quoted(str(path))} can't be loaded by Keras ({type(error).__name__}{told})") from error


def _import(name: str, path: Path) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or name).partition(".")[0]
        raise ModelError(
            f"{quoted(str(path))} names the package {quoted(package)}, which is not installed here; "
            "install it, or run from the directory that holds it"
        ) from None
    except Exception as error:  # whatever the package does when it is imported
        raise ModelError(f"{quoted(name)} failed to import: {type(error).__name__}: {error}") from error


def _modules(value: Any) -> Iterator[str]:
    """Modules of classes that are not Keras' own, as a file names them."""
    if isinstance(value, Mapping):
        module = value.get("module")
        if isinstance(module, str) and "class_name" in value and module.partition(".")[0] not in _KERAS:
            yield module
        for item in value.values():
            yield from _modules(item)
    elif isinstance(value, list):
        for item in value:
            yield from _modules(item)
