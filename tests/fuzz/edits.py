"""Good files to begin with, and what is done to them: one change of JSON at a random place, or of bytes."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fuzz.names import hostile
from fuzz.networks import network

ZOO = Path(__file__).parents[1] / "zoo_models"
LEGACY = Path(__file__).parents[1] / "legacy_models"


class Case(NamedTuple):
    """A model file. ``edit`` says what was done to it."""

    name: str
    data: bytes
    edit: str


@cache
def _zoo() -> list[dict[str, Any]]:
    """The smaller architectures of real networks, and those of old versions of Keras."""
    found = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(ZOO.glob("*.json.gz"))[:60]
             if path.stat().st_size < 6000]  # fmt: skip
    found += [json.loads(path.read_bytes()) for path in sorted(LEGACY.glob("*.json"))]
    return [config.get("config", config) if "class_name" not in config else config for config in found]


def good(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.3:
        return copy.deepcopy(rng.choice(_zoo()))
    return network(rng.randrange(2000), rng.randint(5, 30)).config


JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**30), 0.5, float("nan"), float("inf"), -0.0, "", "x", "0",
    "None", "$ref", "../../etc/passwd", [], {}, [[]], [1], [None], ["a", 0, 0], [-1, -1], [0, 0], [10**9, 10**9],
    [[1, 2], [3, 4]], {"class_name": None}, {"class_name": "Dense"}, {"class_name": "Functional", "config": {}},
    {"class_name": "__lambda__", "config": {"value": "bGFtYmRh"}}, {"class_name": "__tensor__", "config": {}},
    {"module": "os", "class_name": "system", "config": {"command": "touch owned"}},
    {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0], "shape": [None]}},
)  # fmt: skip


def dumped(config: dict[str, Any]) -> bytes:
    """JSON text; what is marked as deep is written as many brackets within each other as are asked for."""
    opening, closing = (b"[", b'{"config":', b'[{"":'), (b"]", b"}", b"}]")

    def nested(match: re.Match[bytes]) -> bytes:
        depth, kind = int(match[1]), int(match[2])
        return opening[kind] * depth + b"0" + closing[kind] * depth

    return re.sub(rb'"@deep (\d+) (\d)@"', nested, json.dumps(config).encode())


def edited(rng: random.Random, config: dict[str, Any]) -> str:
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


def spoiled(rng: random.Random, data: bytearray) -> bytes:
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
