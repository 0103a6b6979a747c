"""Readers, one per kind of source; `read_model` chooses among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends import callables, trace
from blockviz.frontends.foreign import read_foreign
from blockviz.frontends.keras import application_names, files, live
from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.frontends.open_letters import lettered
from blockviz.frontends.open_sizes import with_input_sizes
from blockviz.frontends.torch import modules
from blockviz.ir import LayerGraph

__all__ = ["graph_from_config", "read_model"]

_OF_KERAS = frozenset({".keras", ".h5", ".hdf5", ".json", ".zip", ".pb", ".weights", ".tf"})
_SUFFIXES = _OF_KERAS | {".pt", ".pth", ".pt2", ".onnx"}


def read_model(source: Any, inputs: Any = None, load: bool = False) -> LayerGraph:
    """The layer graph of a model.

    Parameters
    ----------
    source : a path (``.keras``, ``.h5``, ``.json``, ``.onnx``, ``.pt2``), a name in keras.applications,
        ``package.module:callable``, a Keras model in memory, its configuration as a dict, or a layer
        graph, which is returned as it is.
    inputs : shapes (batch first), specs or example arrays of the inputs: sizes for what a model leaves open, and
        what a subclassed model that nobody has called is run on.
    load : let Keras load a file, in its safe mode, with the packages that the file names; they are run. An ONNX file
        is loaded by onnxruntime, which runs what depends on no input.

    Raises
    ------
    ModelError : one sentence with the remedy; nothing is guessed. UsageError : the inputs do not fit the model.
    """
    source = os.fspath(source) if isinstance(source, os.PathLike) else source
    if isinstance(source, str) and callables.is_callable_name(source) and not application_names.is_name(source):
        source = _called(source)
    if modules.is_module(source):
        return modules.read_module(source, inputs)
    if load and _is_path(source):
        foreign = read_foreign(Path(source).expanduser(), inputs, load=True)
        if foreign is not None:
            return foreign
        from blockviz.frontends.keras.load import load as loaded

        source = loaded(Path(source).expanduser())
    if trace.opens(source) or (inputs is not None and trace.is_traceable(source)):
        return trace.read_opened(source, inputs)
    if inputs is not None and _is_path(source):
        sized = read_foreign(Path(source).expanduser(), inputs)
        if sized is not None:
            return sized
    for accepts, read in _READERS:
        if accepts(source):
            graph = read(source)
            graph = graph if inputs is None else with_input_sizes(graph, inputs)
            return lettered(graph) if _is_of_keras(source) else graph
    if isinstance(source, str):
        raise ModelError(application_names.unknown(source))
    raise ModelError(f"a {type(source).__name__} is no model: give a Keras model, a file or a name")


def _is_of_keras(source: Any) -> bool:
    """Whether the shapes of what was read follow from Keras' own rules, and it is no layer graph already."""
    foreign = isinstance(source, str) and Path(source).suffix.lower() in (".onnx", ".pt2")
    return not foreign and not isinstance(source, LayerGraph)


def _is_path(source: Any) -> bool:
    if not isinstance(source, str) or not source:
        return False
    path = Path(source)
    try:
        return path.suffix.lower() in _SUFFIXES or len(path.parts) > 1 or path.exists()
    except (OSError, ValueError):
        return False


def _read_path(source: str) -> LayerGraph:
    try:
        path, part = Path(source).expanduser(), ""
        if "#" in source and not path.exists():
            whole, _, part = source.rpartition("#")
            path = Path(whole).expanduser()
        return read_foreign(path) or files.read_file(path, part)
    except (ValueError, OSError, RuntimeError) as error:  # a null character, a name too long, no such user
        raise ModelError(f"{quoted(source)} is no path: {getattr(error, 'strerror', None) or error}") from None


def _called(source: str) -> Any:
    made = callables.call(source, modules.made_on_meta)
    if isinstance(made, str):
        raise ModelError(f"{quoted(source)} returned a text, not a model")
    return made


# First match reads. A name comes before a directory of that name; "./VGG16" means the directory.
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], LayerGraph]], ...] = (
    (lambda source: isinstance(source, LayerGraph), lambda source: source),
    (lambda source: isinstance(source, dict), graph_from_config),
    (lambda source: isinstance(source, str) and application_names.is_name(source), application_names.read_name),
    (_is_path, _read_path),
    (live.is_live, live.read_live),
)
