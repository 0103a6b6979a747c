"""Model files: ``.keras`` archives, HDF5 files and JSON architectures, told apart by their first bytes.

A file is untrusted: only its architecture is read, in bounded size, and nothing in it is run. The
weights are not touched, unless a layer's class is unknown and its size must come from their headers.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.archives import member_bytes, open_archive
from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.frontends.keras.node_builder import Counts
from blockviz.ir import LayerGraph
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.limits import limits

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SAVE_WHOLE = "save the whole model with model.save('model.keras')"


def read_file(path: Path) -> LayerGraph:
    """The layer graph of a model file.

    Raises
    ------
    ModelError : missing, unreadable, of no known kind, weights only, or with a broken architecture.
    """
    if path.is_dir():
        return _read_directory(path)
    try:
        with open_regular(path) as stream:
            start = stream.read(64)
    except FileNotFoundError:
        raise ModelError(f"there is no file {quoted(str(path))}{_neighbour(path)}") from None
    except OSError as error:
        raise ModelError(f"{quoted(str(path))} can't be read: {error.strerror or error}") from None
    if start.startswith(b"PK"):
        return _read_archive(path)
    if start.startswith(_HDF5):
        return _read_hdf5(path)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _read_json(path)
    raise ModelError(f"{quoted(str(path))} is {_described(path, start)}; {_SAVE_WHOLE}")


def _neighbour(path: Path) -> str:
    """The file that the user may have meant, as the end of a sentence."""
    try:
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        names = []
    close = difflib.get_close_matches(path.name, names, 1)
    return f"; did you mean {quoted(str(path.with_name(close[0])))}?" if close else "; check the path"


def _described(path: Path, start: bytes) -> str:
    if not start:
        return "an empty file"
    if path.suffix == ".keras":
        return "no .keras archive: it is damaged or was not written by Keras"
    return "no model file: neither a .keras archive, HDF5, a JSON architecture, ONNX nor a .pt2 program"


def _read_directory(path: Path) -> LayerGraph:
    if (path / "saved_model.pb").exists():
        raise ModelError(
            f"{quoted(str(path))} is a TensorFlow SavedModel, which does not record the layers' graph; "
            f"load the model in Keras and {_SAVE_WHOLE}"
        )
    config = path / "config.json"
    if not config.is_file():
        raise ModelError(f"{quoted(str(path))} is a directory without config.json, not a saved model; {_SAVE_WHOLE}")
    return _read_json(config)


def _read_json(path: Path) -> LayerGraph:
    most = limits().megabytes << 20
    try:
        with open_regular(path) as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise ModelError(f"{quoted(str(path))} can't be read: {error.strerror or error}") from None
    return graph_from_bytes(data, str(path))


def graph_from_bytes(data: bytes, source: str, counts: Counts | None = None) -> LayerGraph:
    """The layer graph of a JSON architecture; ``source`` names it in errors."""
    return _graph(parse_config(data, source), source, counts)


def parse_config(data: bytes, source: str) -> Mapping[str, Any]:
    """A JSON architecture as a dict. Raises ModelError: too large, no JSON, nested absurdly, no object."""
    what = f"the architecture in {quoted(source)} has"
    limits().check("megabytes", -(-len(data) >> 20), what)
    # Objects weigh most in memory; commas in texts count too, which are few.
    limits().check("objects", data.count(b"[") + data.count(b",") + 3 * data.count(b"{"), what)
    try:
        config = json.loads(data)
        if _SURROGATE.search(data):
            config = _mended(config)
    except RecursionError:
        raise ModelError(f"the architecture in {quoted(source)} is nested too deeply to be a model") from None
    except ValueError as error:
        raise ModelError(
            f"the architecture in {quoted(source)} is not valid JSON ({str(error)[:200]}); {_SAVE_WHOLE} again"
        ) from None
    if not isinstance(config, dict):
        raise ModelError(f"the JSON in {quoted(source)} is no model architecture; write it with model.to_json()")
    return config


def _mended(value: Any) -> Any:
    """A JSON value in which half of a surrogate pair, which is no text, is a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def _graph(config: Mapping[str, Any], source: str, counts: Counts | None) -> LayerGraph:
    try:
        return graph_from_config(config, counts=counts)
    except ModelError as error:
        raise ModelError(f"{quoted(source)}: {error}") from error


def _read_archive(path: Path) -> LayerGraph:
    from blockviz.frontends.keras.stored_weights import archive_counts

    with open_archive(path) as archive:
        names = set(archive.namelist())
        if "config.json" not in names:
            raise ModelError(f"{quoted(str(path))} {_without_config(names)}; {_SAVE_WHOLE}")
        data = member_bytes(archive, "config.json", str(path))
    config = parse_config(data, str(path))
    return _graph(config, str(path), archive_counts(path, config))


def _without_config(names: set[str]) -> str:
    if any(name.endswith(".weights.h5") for name in names):
        return "holds weights but no config.json, so no architecture"
    return "is an archive without config.json, so no saved Keras model"


def _read_hdf5(path: Path) -> LayerGraph:

    from blockviz.frontends import hdf5
    from blockviz.frontends.keras.stored_weights import hdf5_counts

    try:
        text = hdf5.read_text(path, "model_config")
    except hdf5.DAMAGES as error:
        raise ModelError(
            f"{quoted(str(path))} is a damaged HDF5 file ({str(error)[:200]}); {_SAVE_WHOLE} again"
        ) from None
    if text is None:
        raise ModelError(f"{quoted(str(path))} holds weights only, without the architecture; {_SAVE_WHOLE}")
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return graph_from_bytes(data, str(path), hdf5_counts(path))
