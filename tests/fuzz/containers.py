"""Archives and HDF5 files that no program wrote: a good container with a bad content, or a bad container."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz.edits import Case, dumped, edited, good, spoiled
from fuzz.names import hostile

EXPORTED = Path(__file__).parents[1] / "frontends" / "exported"


def _keras(rng: random.Random, config: dict[str, Any]) -> dict[str, bytes]:
    return {
        "metadata.json": b'{"keras_version": "3.11.2", "date_saved": "2025-01-01@00:00:00"}',
        "config.json": dumped(config),
        "model.weights.h5": _weights(rng),
    }


def _weights(rng: random.Random) -> bytes:
    def fill(file: Any) -> None:
        for number in range(rng.randint(0, 4)):
            file.create_group(f"layers/conv2d_{number}/vars").create_dataset("0", data=[[1.0, 2.0]] * rng.randint(1, 9))

    return _h5(fill)


def archive(rng: random.Random) -> Case:
    """A ``.keras`` file: a good zip with a bad content, or a bad zip."""
    config = good(rng)
    edit = "; ".join(edited(rng, config) for _ in range(rng.choice((0, 0, 1, 2))))
    files = _keras(rng, config)
    kind = rng.choice(
        ("bytes", "bytes", "member", "drop", "twice", "path", "bomb", "header", "count", "comment", "name")
    )
    if kind == "member":
        name = rng.choice(list(files))
        files[name] = spoiled(rng, bytearray(files[name]))
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
        return Case("model.keras", spoiled(rng, data), f"{edit} bytes of the archive")
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


def _h5(fill: Callable[[Any], None]) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        fill(file)
    return out.getvalue()


def hdf5(rng: random.Random) -> Case:
    """An ``.h5`` file as Keras 2 wrote them, with something in it that Keras never wrote."""
    import h5py
    import numpy as np

    config = good(rng)
    edit = "; ".join(edited(rng, config) for _ in range(rng.choice((0, 1, 2))))
    kind = rng.choice(("type", "links", "groups", "shapes", "names", "references", "chunks", "good"))

    def fill(file: Any) -> None:
        odd = (5, [1, 2], b"\xff\xfe", np.float32(0.5), "{}", "[" * 3000, np.arange(40), h5py.Empty("f"))
        text = dumped(config).decode()
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


def hdf5_bytes(rng: random.Random) -> Case:
    return Case("model.h5", spoiled(rng, bytearray(hdf5(rng).data)), "bytes of HDF5")


def exported(rng: random.Random) -> Case:
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
        edits = [edited(rng, program) for _ in range(rng.choice((1, 1, 2, 5)))]
        files[name] = dumped(program)
        return Case("model.pt2", _zip(files, rng, twice=False), "; ".join(edits))
    return Case(f"model{path.suffix}", spoiled(rng, data), "bytes")
