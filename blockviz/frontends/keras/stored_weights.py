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
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from blockviz.frontends.archives import open_archive
from blockviz.frontends.hdf5 import read_arrays
from blockviz.frontends.keras.model_json import model_kind
from blockviz.frontends.keras.node_builder import Counts
from blockviz.runtime.input_files import open_regular
from blockviz.text.snake_case import snake_case

_WEIGHTS = "model.weights.h5"


def archive_counts(path: Path, config: Mapping[str, Any]) -> Counts:
    """Counts of a ``.keras`` archive's layers by path; the weights are opened at the first question.

    Keras stores a layer's weights under its class name in snake case, numbered per model
    (``layers/sequential/layers/dense_1``), so the names follow from the configuration.
    """

    @cache
    def read() -> tuple[Mapping[str, str], Mapping[str, Stored]]:
        totals: dict[str, Stored] = defaultdict(Stored)
        arrays = _stored_weights(path)
        for name, stored in _with_scales(arrays).items():
            for end in (match.start() for match in re.finditer("/", name)):
                totals[name[:end]] += stored
        return dict(_groups(config, "", "")), totals

    def count(layer: str) -> tuple[int, int, int] | None:
        groups, totals = read()
        stored = totals.get(groups.get(layer, ""))
        return None if stored is None else (stored.elements, stored.fixed, stored.size)

    return count


def _groups(entry: Mapping[str, Any], path: str, group: str) -> Iterator[tuple[str, str]]:
    """(path of a layer, its group in the weights file) for all layers of a model and the models in it."""
    kind, config = model_kind(entry), entry["config"]
    used: dict[str, int] = {}
    for data in config if isinstance(config, list) else config["layers"]:
        op = str(data.get("class_name"))
        if "ops" in str(data.get("module")).split(".") or (kind == "sequential" and op == "InputLayer"):
            continue
        snake = snake_case(op)
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


class Stored(NamedTuple):
    """Elements of stored arrays, their bytes, and how many of the elements training never changes for certain."""

    elements: int = 0
    size: int = 0
    fixed: int = 0

    def __add__(self, other: Any) -> Stored:
        return Stored(*map(sum, zip(self, other, strict=True)))


def _with_scales(arrays: Mapping[str, Stored]) -> Mapping[str, Stored]:
    """The arrays, the scales of quantised kernels fixed as these are: the last array beside a kernel of integers."""
    last: dict[str, str] = {}
    narrow: set[str] = set()
    for name, stored in arrays.items():
        group, _, _ = name.rpartition("/")
        last[group] = name
        if stored.fixed:
            narrow.add(group)
    scales = {last[group] for group in narrow}
    return {
        name: stored._replace(fixed=stored.elements) if name in scales else stored for name, stored in arrays.items()
    }


def _stored_weights(path: Path) -> Mapping[str, Stored]:
    """Each stored array by its path, groups as nothing; empty where the weights are missing, packed or damaged."""
    try:
        with _member(path) as stream:
            return _arrays(stream, "/")
    except (OSError, KeyError, ValueError, struct.error):
        return {}


def _arrays(source: Path | BinaryIO, group: str) -> Mapping[str, Stored]:
    """Each array under a group of an HDF5 file by its path, groups as nothing; empty where the file is damaged.

    A layer without weights has a group of its own as well, so that nothing stored is known to be nothing. Integers
    are not trained.
    """
    return {
        name: Stored(array.elements, array.elements * array.itemsize, array.elements if array.kind in "iu" else 0)
        if array
        else Stored()
        for name, array in read_arrays(source, group).items()
    }


def _member(path: Path) -> BinaryIO:
    """The weights inside an archive as a seekable file. Raises KeyError: none; ValueError: compressed."""
    with open_archive(path) as archive:
        info = archive.getinfo(_WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError("the weights are compressed: reading headers would unpack them all")
    stream = open_regular(path)
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
    def read() -> Mapping[tuple[str, str], Stored]:
        totals: dict[tuple[str, str], Stored] = defaultdict(Stored)
        for name, stored in _arrays(path, "model_weights").items():
            outer, *inner = name.split("/")
            for part in {"", *inner[:-1]}:
                totals[outer, part] += stored
        return totals

    def count(layer: str) -> tuple[int, int, int] | None:
        outer, _, inner = layer.partition("/")
        place = (outer, inner.rpartition("/")[2])
        if place not in read():
            return None
        stored = read()[place]
        return stored.elements, stored.fixed, stored.size

    return count
