"""Documents around an architecture, broken: each is read, or refused with a sentence that quotes little of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockviz.errors import ModelError
from blockviz.frontends import read_model
from fuzz.edits import Case
from fuzz.old_forms import _ODD, _field, saved_record, tensorflow_js, yaml_text

HEAD = "class_name: Sequential\n"


def _read(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    try:
        read_model(str(path))
    except ModelError as error:
        assert len(str(error)) < 1000 + 2 * len(str(path))
        return str(error)
    return ""


@pytest.mark.parametrize("make", [tensorflow_js, saved_record, yaml_text])
@pytest.mark.parametrize("seed", range(6))
def test_a_broken_document_gets_a_sentence(make: Callable[[random.Random], Case], seed: int, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    case = make(random.Random(seed))
    _read(tmp_path / case.name, case.data)


@pytest.mark.parametrize("value", _ODD)
@pytest.mark.parametrize(
    "place", ["config: {name: s, layers: [{class_name: Dense, config: {units: %s}}]}", "config: %s"]
)
def test_what_only_yaml_has_is_no_setting(value: str, place: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    said = _read(tmp_path / "m.yaml", (HEAD + place % value).encode())
    assert said or value in ("190:20:30", "~", "!!null x")  # a whole number, and twice nothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a0: &a0 {b: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)), "merge"),
        ("z:\n" + "- []\n" * 600_000, "--limit objects=N"),
        ("a: 2001-12-14\n", "date"),
        ("a: !!set {b}\n", "set"),
        ("1: 2\n", "keys that are no text"),
        ("a: 0x" + "f" * 20_000 + "\n", "int"),
    ],
    ids=("merges", "long", "date", "set", "key", "number"),
)
def test_yaml_neither_doubles_nor_brings_types_of_its_own(text: str, words: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    assert words in _read(tmp_path / "m.yaml", (HEAD + text).encode())


@pytest.mark.parametrize(
    "weights", [[7], [None], "x", [{"name": 1}], [{"name": "a/b", "shape": [-1, 10**30]}], {"a": 1}]
)
def test_a_manifest_of_anything_counts_what_it_can(weights: Any, tmp_path: Path) -> None:
    config = {"name": "s", "layers": [{"class_name": "Mine", "config": {"name": "a", "batch_input_shape": [None, 4]}}]}
    topology = {"class_name": "Sequential", "config": config}
    document = {"modelTopology": topology, "weightsManifest": [{"weights": weights}, 5]}
    assert _read(tmp_path / "model.json", json.dumps(document).encode()) == ""


@pytest.mark.parametrize("settings", [b"[]", b"7", b'"class_name config"', b"null", b"[" * 100_000, b"{", b"\xff"])
def test_a_record_of_anything_is_refused(settings: bytes, tmp_path: Path) -> None:
    for others in (b"", _field(1, _field(3, b"root.a") + _field(5, settings))):
        data = _field(1, _field(3, b"root") + _field(5, settings)) + others
        assert _read(tmp_path / "keras_metadata.pb", data)


def test_a_record_that_unfolds_is_bounded(tmp_path: Path) -> None:
    bomb = _field(1, _field(3, b"root") + _field(5, b"[" + b"[]," * 6_100_000 + b"0]"))
    assert "--limit objects=N" in _read(tmp_path / "keras_metadata.pb", bomb)
