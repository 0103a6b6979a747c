"""What a file may take: past a bound there is one sentence that names it, and nothing is waited for."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from blockviz.errors import ModelError, UsageError
from blockviz.frontends import graph_from_config, read_model
from blockviz.frontends.hdf5 import read_arrays
from blockviz.ir import leaves
from blockviz.pipeline import summarize
from blockviz.runtime.limits import Limits, limited
from configs import layer, model, source, tensor
from tangles import sheets


def doubled(depth: int, first: int = 0) -> dict[str, Any]:
    """A model that calls a model twice, and that one too, so deep; calls counted from ``first``."""
    if depth == 0:
        layers = [source("x", (None, 8)), layer("Dense", "d", [tensor("x")], units=8)]
        return model("c", layers, ["x", 0, 0], ["d", 0, 0])
    inner = doubled(depth - 1, first)
    inner["inbound_nodes"] = [{"args": [tensor("x")], "kwargs": {}}, {"args": [tensor("c", first)], "kwargs": {}}]
    return model("c", [source("x", (None, 8)), inner], ["x", 0, 0], ["c", 2, 0])


@pytest.mark.parametrize("first", [0, 1])
def test_a_model_called_twice_is_laid_out(first: int) -> None:
    graph = graph_from_config(doubled(3, first))
    assert sum(node.op == "Dense" for node in leaves(graph)) == 8


@pytest.mark.parametrize("depth", [12, 17, 60])
@pytest.mark.parametrize("first", [0, 1])
def test_nested_calls_that_explode_name_the_limit(depth: int, first: int) -> None:
    with pytest.raises(ModelError, match="--limit repeats=N"):
        graph_from_config(doubled(depth, first))
    with pytest.raises(ModelError, match="--limit calls=N"), limited({"repeats": 10**9, "calls": 12_000}):
        graph_from_config(doubled(depth, first))


def test_a_limit_is_an_option() -> None:
    assert summarize(doubled(2), limits={"calls": 11}).outline.layers == 2
    with pytest.raises(ModelError, match="more than 10 calls"):
        summarize(doubled(2), limits={"calls": 10})
    assert Limits() == Limits(calls=100_000)
    for wrong in ({"cals": 1}, {"calls": 0}, {"calls": "x"}, {"calls": 1.5}):
        with pytest.raises(UsageError):
            summarize(doubled(1), limits=wrong)  # type: ignore[arg-type]


def test_wires_that_outnumber_all_calls_name_the_limit() -> None:
    graph = sheets(12, 100)  # 110,000 wires of 1,300 calls
    with pytest.raises(ModelError, match=r"more than 25 tensors each on average; .* --limit wires=N"):
        summarize(graph)


def test_a_hundred_thousand_calls_are_few_enough(tmp_path: Path) -> None:
    """A file of a tenth of that takes less than a tenth of what the default allows."""
    names = ["x", *(f"a{n}" for n in range(9_999))]
    layers = [source("x", (None, 8))]
    for own, read in zip(names[1:], names, strict=False):
        layers.append(layer("Activation", own, [tensor(read)], activation="relu"))
    path, usual = tmp_path / "long.json", Limits()
    path.write_text(json.dumps(model("m", layers, ["x", 0, 0], ["a9998", 0, 0])))
    with limited({"objects": usual.objects // 10, "megabytes": usual.megabytes // 10, "calls": usual.calls // 10}):
        assert len(read_model(str(path))) == 10_000


def _archive(content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packing) as archive:
        archive.writestr("config.json", content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (b'{"config": [' + b"[]," * 7_000_000 + b"[]]}", "objects"),
        (b'{"config": [' + b'{"":1},' * 4_000_000 + b"{}]}", "objects"),
        (b'{"config": "' + b"x" * (129 << 20) + b'"}', "megabytes"),
    ],
    ids=("lists", "objects", "text"),
)
def test_what_unpacks_to_too_much_is_refused(content: bytes, limit: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    path.write_bytes(_archive(content))
    with pytest.raises(ModelError, match=f"--limit {limit}=N"):
        read_model(str(path))


def test_an_archive_that_lists_a_million_files_is_not_listed(tmp_path: Path) -> None:
    path, size = tmp_path / "many.keras", 46 * 1_000_000
    path.write_bytes(bytes(size) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, size, 0, 0))
    with path.open("r+b") as stream:
        stream.write(b"PK\x03\x04")
    with pytest.raises(ModelError, match="--limit entries=N"):
        read_model(str(path))


def test_a_packing_that_takes_memory_as_the_file_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "packed.keras"
    path.write_bytes(_archive(b"{}", zipfile.ZIP_LZMA))
    with pytest.raises(ModelError, match="packed in a way"):
        read_model(str(path))


def test_hdf5_walks_are_bounded(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "deep.h5", "w") as file:
        group = file
        for _ in range(1000):
            group = group.create_group("g")
    with pytest.raises(ModelError, match="--limit nesting=N"):
        read_arrays(tmp_path / "deep.h5", "/")
    with h5py.File(tmp_path / "wide.h5", "w") as file:
        for number in range(30):
            file.create_group(f"g{number}")
    with pytest.raises(ModelError, match="--limit groups=N"), limited({"groups": 29}):
        read_arrays(tmp_path / "wide.h5", "/")


def test_hdf5_links_are_not_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret/w"] = np.zeros(7)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["own/w"] = np.zeros((2, 3), "float32")
        file["own/again"] = h5py.SoftLink("/own")
        file["own/there"] = h5py.ExternalLink("other.h5", "/secret")
        file["own/itself"] = file["own"]  # a circle
        file["model_weights"] = h5py.ExternalLink("other.h5", "/secret")
        file["soft"] = h5py.SoftLink("/own")
    found = {name: array and array.elements for name, array in read_arrays(tmp_path / "m.h5", "/").items()}
    assert found == {"own": None, "own/w": 6}
    assert read_arrays(tmp_path / "m.h5", "model_weights") == read_arrays(tmp_path / "m.h5", "soft") == {}


def test_an_attribute_of_many_texts_is_no_architecture(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = ["{}"] * 1000
    with pytest.raises(ModelError, match="is no text"):
        read_model(str(tmp_path / "m.h5"))


@pytest.mark.parametrize("name", ["m.json", "m.keras", "m.h5", "theme.toml"])
def test_a_fifo_is_never_read(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    if name.endswith(".toml"):
        from blockviz.page import load_theme

        with pytest.raises(UsageError, match="it is a FIFO"):
            load_theme(str(tmp_path / name))
    else:
        with pytest.raises(ModelError, match="it is a FIFO"):
            read_model(str(tmp_path / name))


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "~nosuchuser/m.keras", "x" * 300, "./" + "x" * 300 + ".h5"])
def test_odd_paths_are_one_sentence(path: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)
