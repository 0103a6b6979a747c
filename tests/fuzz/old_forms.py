"""Architectures in the documents of other programs: TensorFlow.js, the record in a SavedModel, Keras 2's YAML."""

from __future__ import annotations

import json
import random
from typing import Any

from fuzz.edits import Case, dumped, edited, spoiled
from fuzz.names import hostile
from fuzz.networks import network


def tensorflow_js(rng: random.Random) -> Case:
    """A ``model.json`` of TensorFlow.js with changes anywhere in it, its manifest of weights included."""
    config = network(rng.randrange(2000), 6).config
    wrapped = rng.random() < 0.7
    weights = [{"name": f"conv2d_{n}/kernel", "shape": [3, 3, 4, 8], "dtype": "float32"} for n in range(4)]
    document = {
        "format": "layers-model", "weightsManifest": [{"paths": ["a"], "weights": weights}],
        "modelTopology": {"keras_version": "2.9.0", "model_config": config} if wrapped else config,
    }  # fmt: skip
    edits = []
    for _ in range(rng.choice((1, 2, 5))):
        manifest = document.get("weightsManifest")  # an earlier change may have taken it away
        inside = rng.random() < 0.4 and isinstance(manifest, dict | list) and manifest
        edits.append(edited(rng, manifest if inside else document))
    data = dumped(document)
    return Case("model.json", spoiled(rng, bytearray(data)) if rng.random() < 0.1 else data, "; ".join(edits))


def saved_record(rng: random.Random) -> Case:
    """``keras_metadata.pb``: JSON within a protocol buffer, either of them broken."""
    config = network(rng.randrange(2000), 6).config
    edits = [edited(rng, config) for _ in range(rng.choice((0, 1, 1, 3)))]
    inner = rng.choice((b"{}", b"[]", b"7", b'"class_name"', b"", b"[" * 5000, dumped(config)))
    root = dumped(config) if rng.random() < 0.8 else inner
    objects = [("root", root), (f"root.layer-{rng.randint(0, 3)}", inner), (hostile(rng)[:100], inner)]
    rng.shuffle(objects)
    data = bytearray().join(_field(1, b"\x10\x07" + _field(3, _utf8(path)) + _field(5, text)) for path, text in objects)
    kind = rng.choice(("json", "json", "bytes", "bomb", "many"))
    if kind == "bytes":
        data = bytearray(spoiled(rng, data))
    elif kind == "bomb":
        data += _field(1, _field(3, b"root") + _field(5, b"[" + b"[]," * rng.choice((10**5, 6 * 10**6)) + b"0]"))
    elif kind == "many":
        data += _field(1, b"") * rng.choice((10, 10**5))
    return Case("keras_metadata.pb", bytes(data), "; ".join([kind, *edits]))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _field(number: int, value: bytes) -> bytes:
    size, out = len(value), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes([size]) + value


def yaml_text(rng: random.Random) -> Case:
    """What ``to_yaml`` wrote, with values and tags that only YAML has."""
    config = network(rng.randrange(2000), 6).config
    edits = [edited(rng, config) for _ in range(rng.choice((0, 1, 1, 3)))]
    text = _as_yaml(config, rng)
    kind = rng.choice(("json", "value", "value", "value", "bytes", "merge", "alias", "deep", "long"))
    if kind == "value":
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        lines[at] = lines[at].partition(":")[0] + ": " + rng.choice(_ODD)
        text = "\n".join(lines)
    elif kind in ("merge", "alias"):
        each = "{<<: [%s]}" if kind == "merge" else "[%s]"
        rows = [f"a{n}: &a{n} {each % ', '.join([f'*a{n - 1}'] * 9)}" for n in range(1, rng.choice((3, 12, 40)))]
        text += "\na0: &a0 {b: 1}\n" + "\n".join(rows) + "\n"
    elif kind == "deep":
        text += "\nz: " + rng.choice(("[", "{a: ", "- ")) * rng.choice((100, 3000, 10**6))
    elif kind == "long":
        text += "\nz:\n" + "- []\n" * rng.choice((10**4, 3 * 10**6))
    data = _utf8(text)
    return Case("model.yaml", spoiled(rng, bytearray(data)) if kind == "bytes" else data, "; ".join([kind, *edits]))


_ODD = (
    "2001-12-14t21:59:43.10-05:00", "!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!!pairs [a: 1]", ".inf", ".nan",
    "0x" + "f" * 9999, "9" * 9999, "190:20:30", "~", "yes", "{1: 2}", "{[a]: b}", "{? {a: b} : c}", "*nowhere",
    "&x [*x]",
    "!!python/object/apply:os.system ['touch owned']", "!!python/name:os.system", "!!python/tuple 7", "!own 1",
    "!!python/unicode [1]", "!!int x", "!!float ''", "!!timestamp x", "!!bool x", "!!null x", '"\\uD800"',
    '"\\x1b[31m"', "|", "%", "@", "- x", "? y", "<<: 1", "!!int ''",
)  # fmt: skip


def _as_yaml(config: dict[str, Any], rng: random.Random) -> str:
    """JSON is YAML; the outermost mapping stands in lines, as Keras wrote it."""
    value = json.loads(dumped(config)) if b"@deep" not in json.dumps(config).encode() else {"class_name": "x"}
    if not isinstance(value, dict):
        return "class_name: x"
    layers = value.get("config", {}).get("layers") if isinstance(value.get("config"), dict) else None
    if not isinstance(layers, list) or rng.random() < 0.2:
        return "\n".join(
            ["class_name: Functional", *(f"{json.dumps(key)}: {json.dumps(each)}" for key, each in value.items())]
        )
    rest = {key: each for key, each in value["config"].items() if key != "layers"}
    lines = [f"class_name: {json.dumps(value.get('class_name'))}", "config:"]
    lines += [f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in rest.items()]
    lines.append("  layers:")
    for layer in layers:
        rows = layer.items() if isinstance(layer, dict) else [("class_name", layer)]
        lines += [
            f"{'    ' if number else '  - '}{json.dumps(key)}: {json.dumps(each)}"
            for number, (key, each) in enumerate(rows)
        ]
    return "\n".join(lines)
