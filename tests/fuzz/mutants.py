"""Broken and hostile model files: mutations of good ones, and archives and HDF5 files that no program wrote.

A case is a file's name and bytes. `mutant` gives the case of a seed; most begin with a good file of a random network.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fuzz.names import hostile
from fuzz.networks import network

ZOO = Path(__file__).parents[1] / "zoo_models"
EXPORTED = Path(__file__).parents[1] / "frontends" / "exported"
LEGACY = Path(__file__).parents[1] / "legacy_models"


class Case(NamedTuple):
    """A model file. ``edit`` says what was done to it."""

    name: str
    data: bytes
    edit: str


def mutant(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)
    makers = (_json, _text, _archive, _hdf5, _hdf5_bytes, _crafted, _exported)
    make = rng.choices(makers, (8, 2, 4, 3, 2, 2, 4))[0]
    return make(rng)


# Good files to begin with


@cache
def _zoo() -> list[dict[str, Any]]:
    """The smaller architectures of real networks, and those of old versions of Keras."""
    found = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(ZOO.glob("*.json.gz"))[:60]
             if path.stat().st_size < 6000]  # fmt: skip
    found += [json.loads(path.read_bytes()) for path in sorted(LEGACY.glob("*.json"))]
    return [config.get("config", config) if "class_name" not in config else config for config in found]


def _good(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.3:
        return copy.deepcopy(rng.choice(_zoo()))
    return network(rng.randrange(2000), rng.randint(5, 30)).config


# JSON


JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**30), 0.5, float("nan"), float("inf"), -0.0, "", "x", "0",
    "None", "$ref", "../../etc/passwd", [], {}, [[]], [1], [None], ["a", 0, 0], [-1, -1], [0, 0], [10**9, 10**9],
    [[1, 2], [3, 4]], {"class_name": None}, {"class_name": "Dense"}, {"class_name": "Functional", "config": {}},
    {"class_name": "__lambda__", "config": {"value": "bGFtYmRh"}}, {"class_name": "__tensor__", "config": {}},
    {"module": "os", "class_name": "system", "config": {"command": "touch owned"}},
    {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0], "shape": [None]}},
)  # fmt: skip


def _json(rng: random.Random) -> Case:
    config = _good(rng)
    edits = [_edit(rng, config) for _ in range(rng.choice((1, 1, 1, 2, 3, 8)))]
    return Case("model.json", _dumped(config), "; ".join(edits))


def _dumped(config: dict[str, Any]) -> bytes:
    """JSON text; what is marked as deep is written as many brackets within each other as are asked for."""
    opening, closing = (b"[", b'{"config":', b'[{"":'), (b"]", b"}", b"}]")

    def nested(match: re.Match[bytes]) -> bytes:
        depth, kind = int(match[1]), int(match[2])
        return opening[kind] * depth + b"0" + closing[kind] * depth

    return re.sub(rb'"@deep (\d+) (\d)@"', nested, json.dumps(config).encode())


def _edit(rng: random.Random, config: dict[str, Any]) -> str:
    """One change at a random place."""
    parent, key = _place(rng, config)
    if parent is None:
        return "nothing"
    kind = rng.choice(("junk", "junk", "junk", "remove", "swap", "double", "deep", "many", "name", "number"))
    if kind == "junk":
        parent[key] = copy.deepcopy(rng.choice(JUNK))
    elif kind == "remove":
        del parent[key]
    elif kind == "swap":
        other, place = _place(rng, config)
        if other is not None:
            parent[key] = copy.deepcopy(other[place])
    elif kind == "double" and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif kind == "deep":
        parent[key] = f"@deep {rng.choice((3, 60, 500, 900, 5000, 200_000))} {rng.randrange(3)}@"
    elif kind == "many":
        parent[key] = [parent[key]] * rng.choice((3, 100, 2000))  # one object, but many in the file
    elif kind == "name":
        parent[key] = hostile(rng)
    else:
        parent[key] = rng.choice((rng.randrange(-5, 5), rng.randrange(10**12), rng.random() * 10, str(rng.random())))
    return f"{kind} at {key!r}"


def _place(rng: random.Random, config: Any) -> tuple[Any, Any]:
    """A random container and one of its keys; deep places are as likely as shallow ones."""
    parent, key, value = None, None, config
    while isinstance(value, dict | list) and value and (parent is None or rng.random() < 0.85):
        parent = value
        key = rng.choice(list(parent)) if isinstance(parent, dict) else rng.randrange(len(parent))
        value = parent[key]
    return parent, key


def _text(rng: random.Random) -> Case:
    """JSON broken as text."""
    data = bytearray(_dumped(_good(rng)))
    return Case("model.json", _spoiled(rng, data), "bytes")


def _spoiled(rng: random.Random, data: bytearray) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        at, size = rng.randrange(len(data) + 1), rng.choice((1, 1, 4, 64, 1000))
        kind = rng.randrange(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = rng.randbytes(size)
        elif kind == 3:
            data[at:at] = data[at : at + size]
        elif kind == 4:
            data[at : at + size] = bytes(min(size, len(data) - at))
        elif kind == 5 and rng.random() < 0.3:
            del data[at:]
    return bytes(data)


# Archives


def _keras(rng: random.Random, config: dict[str, Any]) -> dict[str, bytes]:
    return {
        "metadata.json": b'{"keras_version": "3.11.2", "date_saved": "2025-01-01@00:00:00"}',
        "config.json": _dumped(config),
        "model.weights.h5": _weights(rng),
    }


def _weights(rng: random.Random) -> bytes:
    def fill(file: Any) -> None:
        for number in range(rng.randint(0, 4)):
            file.create_group(f"layers/conv2d_{number}/vars").create_dataset("0", data=[[1.0, 2.0]] * rng.randint(1, 9))

    return _h5(fill)


def _archive(rng: random.Random) -> Case:
    """A ``.keras`` file: a good zip with a bad content, or a bad zip."""
    config = _good(rng)
    edit = "; ".join(_edit(rng, config) for _ in range(rng.choice((0, 0, 1, 2))))
    files = _keras(rng, config)
    kind = rng.choice(
        ("bytes", "bytes", "member", "drop", "twice", "path", "bomb", "header", "count", "comment", "name")
    )
    if kind == "member":
        name = rng.choice(list(files))
        files[name] = _spoiled(rng, bytearray(files[name]))
    elif kind == "drop":
        del files[rng.choice(list(files))]
    elif kind == "path":
        files["../" * rng.randint(1, 9) + rng.choice(("owned", "config.json"))] = b"{}"
    elif kind == "name":
        files[hostile(rng).encode("utf-8", "replace").decode()[:60] or "x"] = b"x"
    elif kind == "bomb":
        files["config.json"] = _bomb(rng)
    data = bytearray(_zip(files, rng, twice=kind == "twice"))
    if kind == "bytes":
        return Case("model.keras", _spoiled(rng, data), f"{edit} bytes of the archive")
    if kind in ("header", "count"):
        _forge(rng, data, kind)
    elif kind == "comment":
        data[-2:] = struct.pack("<H", 65535)
    return Case("model.keras", bytes(data), f"{edit} {kind}")


def _bomb(rng: random.Random) -> bytes:
    """JSON that deflates a thousandfold."""
    count = rng.choice((10**5, 10**6, 10**7))
    body = rng.choice((b"[],", b"[[],[]],", b'"",', b"0,", b'{"":0},', b"[" * 3, b" "))
    return b'{"class_name": "Functional", "config": {"layers": [' + body * count + b"0]}}"


def _zip(files: dict[str, bytes], rng: random.Random, twice: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
        if twice:
            info = zipfile.ZipInfo("Config.json")
            archive.writestr(info, b'{"class_name": "Sequential", "config": {"layers": []}}')
            info.external_attr = 0o120777 << 16  # a symbolic link
    data = out.getvalue()
    return data.replace(b"Config.json", b"config.json") if twice else data


def _forge(rng: random.Random, data: bytearray, kind: str) -> None:
    """Lies in the zip's headers: sizes, check sums, flags, offsets."""
    mark, fields = (
        (b"PK\x01\x02", (8, 10, 16, 20, 24, 28, 42)) if kind == "header" else (b"PK\x05\x06", (8, 10, 12, 16))
    )
    at = data.find(mark)
    if at >= 0:
        struct.pack_into("<H", data, at + rng.choice(fields), rng.choice((0, 1, 8, 99, 65535)))


# HDF5


def _h5(fill: Callable[[Any], None]) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        fill(file)
    return out.getvalue()


def _hdf5(rng: random.Random) -> Case:
    """An ``.h5`` file as Keras 2 wrote them, with something in it that Keras never wrote."""
    import h5py
    import numpy as np

    config = _good(rng)
    edit = "; ".join(_edit(rng, config) for _ in range(rng.choice((0, 1, 2))))
    kind = rng.choice(("type", "links", "groups", "shapes", "names", "references", "chunks", "good"))

    def fill(file: Any) -> None:
        odd = (5, [1, 2], b"\xff\xfe", np.float32(0.5), "{}", "[" * 3000, np.arange(40), h5py.Empty("f"))
        text = _dumped(config).decode()
        if kind == "type":
            file.attrs["model_config"] = rng.choice(odd)
        elif len(text) < 60_000:
            file.attrs["model_config"] = text
        weights = file.create_group("model_weights")
        if kind == "links":
            weights["around"] = h5py.SoftLink("/model_weights")
            weights["nowhere"] = h5py.SoftLink("/x/y")
            weights["outside"] = h5py.ExternalLink("/etc/passwd", "/")
            weights["self"] = h5py.ExternalLink("model.h5", "/model_weights")
        elif kind == "groups":
            group = weights
            for number in range(rng.choice((50, 500))):
                group = group.create_group(f"g{number % 3}")
        elif kind == "shapes":
            for number in range(3):
                shape = rng.choice(((), (0,), (2**20, 2**20, 2**10), (1,) * 30, (0, 2**60)))
                weights.create_group(f"layer_{number}").create_dataset("kernel:0", shape, "f4", chunks=None)
        elif kind == "names":
            weights.attrs["layer_names"] = rng.choice((5, [b"\xff"], ["x"] * 500, np.zeros((3, 3)), h5py.Empty("S1")))
            weights.create_group("conv2d_1").attrs["weight_names"] = rng.choice((1, [b"a/b"], ["../.."], [2.5]))
        elif kind == "references":
            weights.create_dataset("kernel", data=np.array([weights.ref], dtype=h5py.ref_dtype))
            weights.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("i4"))
        elif kind == "chunks":
            weights.create_dataset("big", (2**40,), "f4", chunks=(1024,), compression="gzip")

    return Case("model.h5", _h5(fill), f"{edit} {kind}")


def _hdf5_bytes(rng: random.Random) -> Case:
    return Case("model.h5", _spoiled(rng, bytearray(_hdf5(rng).data)), "bytes of HDF5")


# ONNX and exported PyTorch programs


def _exported(rng: random.Random) -> Case:
    """An ONNX file with spoiled bytes or a name of the same length, or a program of PyTorch with another content."""
    path = rng.choice(sorted([*EXPORTED.glob("*.onnx"), *EXPORTED.glob("*.pt2")]))
    data = bytearray(path.read_bytes())
    if path.suffix == ".onnx" and rng.random() < 0.3:
        found = rng.choice(re.findall(rb"[A-Za-z_/.0-9]{6,}", data))
        text = hostile(rng).encode("utf-8", "replace")[: len(found)].ljust(len(found), b"\\")
        return Case("model.onnx", bytes(data).replace(found, text), "name")
    if path.suffix == ".pt2" and rng.random() < 0.8:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        name = max(files, key=lambda name: (name.endswith(".json"), len(files[name])))
        program = json.loads(files[name])
        edits = [_edit(rng, program) for _ in range(rng.choice((1, 1, 2, 5)))]
        files[name] = _dumped(program)
        return Case("model.pt2", _zip(files, rng, twice=False), "; ".join(edits))
    return Case(f"model{path.suffix}", _spoiled(rng, data), "bytes")


# Made by hand


def _crafted(rng: random.Random) -> Case:
    """What a mutation hardly finds: models that call themselves, calls by the thousand, other formats' first bytes."""
    kind = rng.choice(("double", "circle", "self", "wide", "foreign", "text", "empty", "gzip", "long"))
    if kind == "double":
        return Case("model.json", json.dumps(_doubling(rng.randint(3, 22))).encode(), kind)
    if kind in ("circle", "self"):
        return Case("model.json", json.dumps(_circle(2 if kind == "circle" else 1)).encode(), kind)
    if kind == "wide":
        config = network(1, 5).config
        config["config"]["layers"] *= rng.choice((2, 50, 1000))
        return Case("model.json", json.dumps(config).encode(), kind)
    if kind == "long":
        config = network(1, 5).config
        config["config"]["name"] = config["config"]["layers"][0]["name"] = hostile(rng) * 10_000
        return Case("model.json", json.dumps(config).encode(), kind)
    heads = (b"", b"PK", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x89PNG\r\n", b"%PDF-", b"\x80\x04\x95", b"\x08\x07",
             b"{", b"[", b"null", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x1f\x8b", b"#!/bin/sh\n")  # fmt: skip
    data = rng.choice(heads) + (b"" if kind == "empty" else rng.randbytes(rng.choice((0, 10, 5000))))
    data = zlib.compress(data) if kind == "gzip" else data
    suffix = rng.choice(("keras", "h5", "json", "hdf5", "pb", "onnx", "pt2", "txt"))
    return Case(f"model.{suffix}", data, f"{kind} {suffix}")


def _doubling(depth: int) -> dict[str, Any]:
    """A model that is called twice by a model that is called twice …"""
    inner: dict[str, Any] | None = None
    for level in range(depth + 1):
        layers = [_layer("InputLayer", "i", {"batch_shape": [None, 4]}, [])]
        if inner is None:
            layers.append(_layer("Dense", "d", {"units": 4}, [("i", 0)]))
            last = ["d", 0, 0]
        else:
            layers.append({**inner, "name": "m", "inbound_nodes": [_read("i", 0), _read("m", 0)]})
            last = ["m", 2, 0]
        config = {"name": f"m{level}", "layers": layers, "input_layers": [["i", 0, 0]], "output_layers": [last]}
        inner = {"module": "keras", "class_name": "Functional", "config": config}
    assert inner is not None
    return inner


def _circle(size: int) -> dict[str, Any]:
    layers = [_layer("InputLayer", "i", {"batch_shape": [None, 4]}, [])]
    layers += [_layer("Dense", f"d{n}", {"units": 4}, [(f"d{(n + 1) % size}", 0)]) for n in range(size)]
    config = {"name": "m", "layers": layers, "input_layers": [["i", 0, 0]], "output_layers": [["d0", 0, 0]]}
    return {"module": "keras", "class_name": "Functional", "config": config}


def _layer(op: str, name: str, config: dict[str, Any], reads: list[tuple[str, int]]) -> dict[str, Any]:
    calls = [_read(*read) for read in reads]
    return {"module": "keras.layers", "class_name": op, "config": {"name": name, **config}, "name": name,
            "inbound_nodes": calls}  # fmt: skip


def _read(name: str, call: int) -> dict[str, Any]:
    tensor = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}
