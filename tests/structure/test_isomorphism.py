"""Copies that stand under one picture without a mark are isomorphic to it, by a check that shares no code with ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from blockviz.ir import Fold, Idiom, contract
from blockviz.passes.label import Forms
from blockviz.pipeline import summarize
from blockviz.summary import Summary
from graphs import Builder
from summaries import pair_summary, zoo_summary

HERE = Path(__file__).parent.parent
ZOO, PAIRS = (sorted((HERE / folder).glob("*.json.gz")) for folder in ("zoo_models", "block_pairs"))
_SOFT = ("Dropout", "Noise", "Activation", "ReLU", "ELU", "Softmax")


def tensors_in(value: Any) -> Iterator[tuple[str, int, int]]:
    """The (layer, call, output) of every tensor in a call's arguments."""
    if isinstance(value, dict) and "keras_history" in (value.get("config") or {}):
        yield tuple(value["config"]["keras_history"])
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(inner)


def calls_of(config: Mapping[str, Any]) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """Layer → class and operands; layers of the outer model that are called once."""
    found = {}
    for layer in config["config"]["layers"]:
        nodes = layer.get("inbound_nodes") or []
        if len(nodes) < 2:
            operands = [t for node in nodes for part in ("args", "kwargs") for t in tensors_in(node.get(part))]
            found[layer["name"]] = (layer["class_name"], [(name, output) for name, _, output in operands])
    return found


def graph_of(calls: Mapping[str, tuple[str, list[tuple[str, int]]]], layers: Sequence[str]) -> nx.DiGraph:
    graph, inside = nx.DiGraph(), set(layers)
    for name in layers:
        graph.add_node(name, label="act" if any(word in calls[name][0] for word in _SOFT) else calls[name][0])
    for name in layers:
        for source, output in calls[name][1]:
            tail: Any = source if source in inside else (source, output)
            if tail not in graph:
                graph.add_node(tail, label="outside")
            graph.add_edge(tail, name, times=graph.get_edge_data(tail, name, {"times": 0})["times"] + 1)
    return graph


def unmarked_strangers(config: Mapping[str, Any], summary: Summary) -> list[tuple[str, str]]:
    """Block type and first layer of each copy that bears no mark and is not the graph that the first such copy is."""
    calls = calls_of(config)
    found = []
    for block in summary.to_dict()["blocks"]:
        copies = [copy["layers"] for copy in block["instances"] if not copy["variant"]]
        graphs = [graph_of(calls, copy) for copy in copies if all(name in calls for name in copy)]
        for copy, graph in zip(copies[1:], graphs[1:], strict=False):
            same = nx.is_isomorphic(graphs[0], graph, lambda a, b: a["label"] == b["label"], lambda a, b: a == b)
            found += [] if same else [(block["name"], copy[0])]
    return found


def stored(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def strangers_in(path: Path) -> list[str]:
    """What `unmarked_strangers` finds in a stored network, in words."""
    summary = (zoo_summary if path in ZOO else pair_summary)(path.name.split(".json")[0])
    return [f"{block}, the copy at {layer}" for block, layer in unmarked_strangers(stored(path), summary)]


@pytest.mark.parametrize("path", [*ZOO[::12], *PAIRS], ids=lambda path: path.name.split(".")[0])
def test_unmarked_copies_are_isomorphic(path: Path) -> None:
    if path.stem.startswith("custom_two_outputs"):
        pytest.skip("a layer of two outputs that the file does not tell of")
    assert strangers_in(path) == []


def variants(name: str) -> list[list[str | None]]:
    """Per type with a letter, the marks of its copies."""
    report = pair_summary(name).to_dict()
    found = [block["instances"] for block in report["blocks"] if len(block["type"]) == 1]
    return [[copy["variant"] for copy in instances] for instances in found]


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("inner_residual", [[None] * 3 + ["add reads an inner tensor"] + [None] * 2]),
        ("alternating_sums", [[None, "add reads the block's input"] * 3]),
    ],
)
def test_copies_that_are_wired_differently_say_so(name: str, marks: list[list[str | None]]) -> None:
    assert variants(name) == marks


def test_series_and_parallel_are_two_forms() -> None:
    (marks,) = variants("series_or_parallel")
    assert [bool(mark) for mark in marks] == [False, False, False, True, False, False]
    assert marks[3].startswith("3×3 conv reads the block's input")  # and lacks nothing


def test_one_tensor_read_twice_is_not_two_tensors() -> None:
    """The first cross layer of a deep cross network multiplies its input with itself."""
    b = Builder()
    first = x = b.conv(b.input(), 8)
    for _ in range(4):
        x = b.add("Add", b.add("Multiply", first, b.conv(x, 8, 1, norm=False, act=False)), x)
    (found,) = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline.definitions
    assert [(variant.name, variant.count) for variant in found.variants] == [("2 inputs in one", 1)]


def test_equal_calls_are_one_form_whichever_of_them_are_read_as_an_idiom() -> None:
    b = Builder()
    x = b.input()
    plain = b.finish(b.add("Add", b.conv(x, 8, 3, norm=False), b.conv(x, 8, 1, 2, norm=False)))
    gate = list(plain)[1:3]
    read = contract(plain, [Fold(gate, lambda body: Idiom("idiom:gate", body, "Gate"))])
    forms = Forms()
    assert len(read) < len(plain)
    assert forms.number(read) == forms.number(plain)
    assert forms.strides(read) == forms.strides(plain) != ()
