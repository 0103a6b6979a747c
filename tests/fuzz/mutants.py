"""Broken and hostile model files: a case is a file's name and bytes, and `mutant` gives that of a seed."""

from __future__ import annotations

import json
import random
import zlib
from typing import Any

from fuzz.containers import archive, exported, hdf5, hdf5_bytes
from fuzz.edits import Case, dumped, edited, good, spoiled
from fuzz.names import hostile
from fuzz.networks import network
from fuzz.old_forms import saved_record, tensorflow_js, yaml_text


def mutant(seed: int) -> Case:
    """The case of a seed; most begin with a good file."""
    rng = random.Random(seed)
    makers = (_json, _text, archive, hdf5, hdf5_bytes, _crafted, exported, tensorflow_js, saved_record, yaml_text)
    make = rng.choices(makers, (8, 2, 4, 3, 2, 2, 4, 2, 2, 2))[0]
    return make(rng)


def _json(rng: random.Random) -> Case:
    config = good(rng)
    edits = [edited(rng, config) for _ in range(rng.choice((1, 1, 1, 2, 3, 8)))]
    return Case("model.json", dumped(config), "; ".join(edits))


def _text(rng: random.Random) -> Case:
    """JSON broken as text."""
    data = bytearray(dumped(good(rng)))
    return Case("model.json", spoiled(rng, data), "bytes")


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
