"""Model files: ``.keras`` archives, HDF5 files and JSON architectures, told apart by their first bytes.

A file is untrusted: only its architecture is read, in bounded size, and nothing in it is run. The
weights are not touched, unless a layer's class is unknown and its size must come from their headers.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from blockviz.errors import ModelError, quoted
from blockviz.frontends.archives import member_bytes, open_archive
from blockviz.frontends.keras.keras1 import in_words_of_keras2
from blockviz.frontends.keras.lay_out import graph_from_config, in_its_code, without_graph
from blockviz.frontends.keras.node_builder import Counts
from blockviz.frontends.keras.other_files import described, exported
from blockviz.frontends.keras.saved_model import RECORD, architecture, inner_models, read_record
from blockviz.frontends.keras.wrapped_forms import parts, unwrapped
from blockviz.ir import LayerGraph
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.limits import check_objects, limits

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SAVE_WHOLE = "save the whole model with model.save('model.keras')"
_NAMED = 3  # models inside that a sentence names


Document: TypeAlias = tuple[Mapping[str, Any], "Counts | None"]  # an architecture, and who counts its weights


def read_file(path: Path, part: str = "") -> LayerGraph:
    """The layer graph of a model file.

    part : of a model without a graph, the name of the model inside that is wanted.

    Raises
    ------
    ModelError : missing, unreadable, of no known kind, weights only, or with a broken architecture.
    """
    config, counts = _document(path)
    try:
        config, told = unwrapped(config)
        config = in_words_of_keras2(config)
        if part or without_graph(config):
            return graph_from_config(_part(config, part, path))
        return graph_from_config(config, counts=counts or told)
    except ModelError as error:
        raise ModelError(f"{quoted(str(path))}: {error}") from error


def architecture_of(path: Path) -> Mapping[str, Any]:
    """What a file says of its model, as it says it. Raises ModelError."""
    return _document(path)[0]


def _part(config: Mapping[str, Any], part: str, path: Path) -> Mapping[str, Any]:
    """A model inside a model. Raises ModelError: there is none of that name, or none was named."""
    inside = dict(parts(config.get("config", config)))
    if part in inside:
        return inside[part]
    listed = " or ".join(quoted(f"{path.name}#{name}") for name in islice(inside, _NAMED))
    listed += f" or one of {len(inside) - _NAMED} more" if len(inside) > _NAMED else ""
    if part:
        there = f"there is {listed}" if inside else "there is none"
        raise ModelError(f"there is no model {quoted(part)} inside; {there}")
    raise ModelError(in_its_code(config, f"a model inside can be drawn by itself: {listed}" if inside else ""))


def _document(path: Path) -> Document:
    """What a file or directory holds. Raises ModelError."""
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
        return parse_config(_bytes(path), str(path)), None
    if path.name == RECORD:
        return _recorded(path)
    if path.suffix in (".yaml", ".yml") and (found := _in_yaml(path)) is not None:
        return found, None
    raise ModelError(f"{quoted(str(path))} is {described(path, start)}")


def _in_yaml(path: Path) -> Mapping[str, Any] | None:
    from blockviz.frontends.keras.wrapped_forms import from_yaml

    try:
        found = from_yaml(_bytes(path))
    except ModelError as error:
        raise ModelError(f"{quoted(str(path))}: {error}") from None
    return None if found is None else _mended(found)


def _recorded(path: Path) -> Document:
    """What Keras noted of a model in a SavedModel, with the models inside where it has no graph itself."""
    found = read_record(path)
    config = architecture(found)
    return _mended(config if not without_graph(config) else {**config, "config": inner_models(found)}), None


def _neighbour(path: Path) -> str:
    """The file that the user may have meant, as the end of a sentence."""
    try:
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        names = []
    close = difflib.get_close_matches(path.name, names, 1)
    return f"; did you mean {quoted(str(path.with_name(close[0])))}?" if close else "; check the path"


def _read_directory(path: Path) -> Document:
    if (path / RECORD).is_file():
        return _recorded(path / RECORD)
    if (path / "saved_model.pb").exists():
        raise ModelError(exported(path))
    config = path / "config.json"
    if not config.is_file():
        raise ModelError(f"{quoted(str(path))} is a directory without config.json, not a saved model; {_SAVE_WHOLE}")
    return parse_config(_bytes(config), str(config)), None


def _bytes(path: Path) -> bytes:
    most = limits().megabytes << 20
    try:
        with open_regular(path) as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise ModelError(f"{quoted(str(path))} can't be read: {error.strerror or error}") from None


def parse_config(data: bytes, source: str) -> Mapping[str, Any]:
    """A JSON architecture as a dict. Raises ModelError: too large, no JSON, nested absurdly, no object."""
    what = f"the architecture in {quoted(source)} has"
    limits().check("megabytes", -(-len(data) >> 20), what)
    check_objects(data, what)
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


def _read_archive(path: Path) -> Document:
    from blockviz.frontends.keras.stored_weights import archive_counts

    with open_archive(path) as archive:
        names = set(archive.namelist())
        if "config.json" not in names:
            raise ModelError(f"{quoted(str(path))} {_without_config(names)}; {_SAVE_WHOLE}")
        data = member_bytes(archive, "config.json", str(path))
    config = parse_config(data, str(path))
    return config, archive_counts(path, config)


def _without_config(names: set[str]) -> str:
    if any(name.endswith(".weights.h5") for name in names):
        return "holds weights but no config.json, so no architecture"
    return "is an archive without config.json, so no saved Keras model"


def _read_hdf5(path: Path) -> Document:

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
    return parse_config(data, str(path)), hdf5_counts(path)
