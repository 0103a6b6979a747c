"""``.pt2`` archives, read without PyTorch: small exported ones of `exported`."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from blockviz.costs.cost import cost_of, macs
from blockviz.errors import ModelError
from blockviz.frontends.onnx import read_onnx
from blockviz.frontends.torch import read_pt2
from blockviz.ir import LayerGraph, Node, leaves
from blockviz.pipeline import summarize

EXPORTED = Path(__file__).parent / "exported"


def read(name: str) -> LayerGraph:
    return read_pt2(EXPORTED / f"{name}.pt2")


def blocks(source: object) -> list[tuple[str | None, str, int]]:
    """(letter, name, how often) of the overview's blocks."""
    rows = summarize(source).to_dict()["overview"]
    return [(row["type"], row["name"], row["repeat"]) for row in rows if row["type"]]


# The numbers are those that torch gives: sum(p.numel() for p in module.parameters()).
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("resnet", 3970),
        ("vit", 12474),
        ("swin", 9850),
        ("densenet", 4994),
        ("shuffle", 1168),
        ("queries", 4480),
        ("branches", 208),
    ],
)
def test_parameters_are_those_of_the_module(name: str, params: int) -> None:
    assert cost_of(leaves(read(name))).params == params


@pytest.mark.parametrize("name", ["resnet", "vit", "swin", "densenet", "shuffle"])
def test_archive_and_onnx_file_of_one_module_are_one_page(name: str) -> None:
    own, other = read(name), read_onnx(EXPORTED / f"{name}.dynamo.onnx")
    first, second = ([(letter, count) for letter, _, count in blocks(source)] for source in (own, other))
    assert first == second
    assert cost_of(leaves(own)).macs == cost_of(leaves(other)).macs


def test_attention_of_pytorch_is_one_layer_with_its_heads() -> None:
    (first, *rest) = [node for node in leaves(read("vit")) if node.op == "MultiHeadAttention"]
    assert len(rest) == 3
    assert (first.config["num_heads"], first.config["key_dim"], first.layer.params) == (2, 8, 4 * 16 * 17)
    assert macs(first) == 17 * 4 * 16 * 16 + 2 * 17 * 17 * 16


def test_module_paths_are_told_and_name_the_layers() -> None:
    graph = read("resnet")
    conv = graph.item("layer1/0/conv2")
    assert isinstance(conv, Node)
    assert conv.within == ("layer1", "layer1/0")
    assert graph.composites["layer1/0"].op == "Bottleneck"


def test_tied_weights_count_once() -> None:
    graph = read("queries")
    embedding, head = graph.item("words"), graph.item("head")
    assert isinstance(embedding, Node) and isinstance(head, Node)
    assert (embedding.layer.params, head.layer.params, macs(head)) == (800, 0, 6 * 16 * 50)


def test_learned_queries_are_a_source_of_the_graph() -> None:
    graph = read("queries")
    (queries,) = [node for node in leaves(graph) if node.op == "Parameter"]
    assert (queries.layer.params, queries.outputs) == (96, ((None, 6, 16),))
    assert [graph.item(name).op for name in graph.successors(queries.id)] == ["LayerNormalization"]  # type: ignore[union-attr]


def test_a_bidirectional_lstm_has_its_costs() -> None:
    (cell,) = [node for node in leaves(read("queries")) if node.op == "Bidirectional"]
    assert cell.outputs[0] == (None, 9, 24)
    assert macs(cell) == 2 * 9 * 4 * 12 * (16 + 12)


def test_windows_folded_into_the_batch_are_counted() -> None:
    (first, *_) = [node for node in leaves(read("swin")) if node.config.get("units") == 48]
    assert (first.inputs, macs(first)) == (((4, 16, 16),), 64 * 16 * 48)


def test_a_dense_history_is_a_chain() -> None:
    joins = [node for node in leaves(read("densenet")) if node.op == "Concatenate"]
    assert [len(node.inputs) for node in joins] == [2] * 5


def test_a_channel_shuffle_keeps_the_maps() -> None:
    """What is reshaped, transposed and reshaped again is read by a convolution: channels first."""
    convolutions = [node for node in leaves(read("shuffle")) if "Conv" in node.op]
    assert {node.inputs[0][-1] for node in convolutions[1:]} == {16}


def test_reading_needs_no_framework() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom blockviz.frontends.torch import read_pt2\n"
        f"read_pt2(Path({str(EXPORTED / 'vit.pt2')!r}))\n"
        "print([name for name in ('onnx', 'torch', 'tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def archive(path: Path, change: Any) -> Path:
    """A copy of an archive with its program changed."""
    with zipfile.ZipFile(EXPORTED / "shuffle.pt2") as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = json.loads(source.read(name))
            if "graph_module" in data:
                data = change(data)
            target.writestr(name, json.dumps(data))
    return path


def without_graph(data: dict[str, Any]) -> dict[str, Any]:
    return {"graph_module": {}}


def unknown_tensor(data: dict[str, Any]) -> dict[str, Any]:
    data["graph_module"]["graph"]["nodes"][0]["inputs"][0]["arg"] = {"as_tensor": {"name": "nobody"}}
    return data


def no_outputs(data: dict[str, Any]) -> dict[str, Any]:
    data["graph_module"]["graph"]["outputs"] = []
    return data


def deep(data: dict[str, Any]) -> dict[str, Any]:
    data["graph_module"]["graph"]["nodes"] = 3
    return data


def test_a_constant_among_the_arguments_is_no_input(tmp_path: Path) -> None:
    """``use_cache=False`` was given to the export."""

    def flagged(data: dict[str, Any]) -> dict[str, Any]:
        flag = {"constant_input": {"name": "use_cache", "value": {"as_bool": False}}}
        data["graph_module"]["signature"]["input_specs"].append(flag)
        return data

    assert len(read_pt2(archive(tmp_path / "flag.pt2", flagged))) == len(read_pt2(EXPORTED / "shuffle.pt2"))


@pytest.mark.parametrize("change", [without_graph, unknown_tensor, no_outputs, deep])
def test_broken_programs_get_a_sentence(tmp_path: Path, change: Any) -> None:
    with pytest.raises(ModelError) as caught:
        read_pt2(archive(tmp_path / "broken.pt2", change))
    assert "\n" not in str(caught.value)


def test_a_broken_list_of_weights_gets_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(EXPORTED / "shuffle.pt2") as source, zipfile.ZipFile(tmp_path / "a.pt2", "w") as target:
        for name in source.namelist():
            data = json.loads(source.read(name))
            if name.endswith("_weights_config.json"):
                data["config"] = {key: row | {"tensor_meta": 7} for key, row in data["config"].items()}
            target.writestr(name, json.dumps(data))
    with pytest.raises(ModelError, match="no program that can be read"):
        read_pt2(tmp_path / "a.pt2")


@pytest.mark.parametrize("suffix", ["pt2", "dynamo.onnx"])
def test_both_ways_of_a_branch_are_in_its_box(suffix: str) -> None:
    """`torch.cond`, in the program and as PyTorch's exporter writes it: nobody knows which way is taken."""
    path = EXPORTED / f"branches.{suffix}"
    graph = read_pt2(path) if suffix == "pt2" else read_onnx(path)
    inside = [item for item in graph.items() if isinstance(item, Node) and item.within and item.op != "InputLayer"]
    ops = [item.op for item in inside if graph.composites[item.within[-1]].op == "If" or item.op == "If"]
    assert ops == ["Dense", "ReLU", "Dense", "Activation", "If"] and cost_of(leaves(graph)).params == 208
    assert [macs(item) for item in inside if item.op == "Dense"] == [None, None]
    assert "Conditional" in [part.name for part in summarize(graph).overview]
