"""How many parameters a layer of unknown class has, from the headers of the weights file.

Only headers are read: h5py seeks in the file, so a file of any size costs a few kilobytes.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from blockviz.frontends.models import model_kind
from blockviz.frontends.nodes import Counts

_WEIGHTS = "model.weights.h5"


def archive_counts(path: Path, config: Mapping[str, Any]) -> Counts:
    """Counts of a ``.keras`` archive's layers by path; the weights are opened at the first question.

    Keras stores a layer's weights under its class name in snake case, numbered per model
    (``layers/sequential/layers/dense_1``), so the names follow from the configuration.
    """

    @cache
    def read() -> tuple[Mapping[str, str], Mapping[str, int]]:
        totals: dict[str, int] = defaultdict(int)
        for name, size in _stored_weights(path).items():
            for end in (match.start() for match in re.finditer("/", name)):
                totals[name[:end]] += size
        return dict(_groups(config, "", "")), totals

    def count(layer: str) -> tuple[int, int] | None:
        groups, totals = read()
        group = groups.get(layer, "")
        return (totals[group], 0) if group in totals else None

    return count


def _groups(entry: Mapping[str, Any], path: str, group: str) -> Iterator[tuple[str, str]]:
    """(path of a layer, its group in the weights file) for all layers of a model and the models in it."""
    kind, config = model_kind(entry), entry["config"]
    used: dict[str, int] = {}
    for data in config if isinstance(config, list) else config["layers"]:
        op = str(data.get("class_name"))
        if "ops" in str(data.get("module")).split(".") or (kind == "sequential" and op == "InputLayer"):
            continue
        snake = _snake_case(op)
        used[snake] = used.get(snake, -1) + 1
        name = str(data.get("name") or data["config"].get("name"))
        own = f"{path}/{name}" if path else name
        inner = f"{group}layers/{snake}" + (f"_{used[snake]}" if used[snake] else "")
        yield own, inner
        if model_kind(data):
            yield from _groups(data, own, f"{inner}/")
        elif op == "TimeDistributed" and model_kind(data["config"].get("layer")):
            nested = data["config"]["layer"]
            yield from _groups(nested, f"{own}/{nested['config'].get('name')}", f"{inner}/layer/")


def _snake_case(name: str) -> str:
    """``LayerScale`` → ``layer_scale``, as Keras names groups of weights."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _stored_weights(path: Path) -> Mapping[str, int]:
    """Elements of each stored array by its path; empty where the weights are missing, packed or damaged."""
    try:
        with _member(path) as stream:
            return _arrays(stream, "/")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, struct.error):
        return {}


def _arrays(source: Path | BinaryIO, group: str) -> Mapping[str, int]:
    """Elements of each array under a group of an HDF5 file, by its path; empty where the file is damaged."""
    import h5py

    sizes: dict[str, int] = {}

    def visit(name: str, item: Any) -> None:
        shape = getattr(item, "shape", None)
        if shape is not None:
            sizes[name] = prod(shape)

    try:
        with h5py.File(source, "r") as file:
            file[group].visititems(visit)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):
        return {}
    return sizes


def _member(path: Path) -> BinaryIO:
    """The weights inside an archive as a seekable file. Raises KeyError: none; ValueError: compressed."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(_WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError("the weights are compressed: reading headers would unpack them all")
    stream = path.open("rb")
    stream.seek(info.header_offset + 26)
    lengths = struct.unpack("<HH", stream.read(4))
    return io.BufferedReader(_Window(stream, info.header_offset + 30 + sum(lengths), info.file_size))


class _Window(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream, self._start, self._size, self._at = stream, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._size - self._at))
        self._stream.seek(self._start + self._at)
        data = self._stream.read(wanted)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def hdf5_counts(path: Path) -> Counts:
    """Counts of a legacy ``.h5`` file's layers: weights lie under the outermost layer, named by path."""

    @cache
    def read() -> Mapping[tuple[str, str], int]:
        totals: dict[tuple[str, str], int] = defaultdict(int)
        for name, size in _arrays(path, "model_weights").items():
            outer, *inner = name.split("/")
            for part in {"", *inner[:-1]}:
                totals[outer, part] += size
        return totals

    def count(layer: str) -> tuple[int, int] | None:
        outer, _, inner = layer.partition("/")
        place = (outer, inner.rpartition("/")[2])
        return (read()[place], 0) if place in read() else None

    return count
