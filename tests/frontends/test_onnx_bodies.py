"""Branches, loops and functions of ONNX files: boxes with bodies, whose costs count as often as they are run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from blockviz.costs.cost import cost_of, macs
from blockviz.errors import ModelError
from blockviz.frontends.onnx import read_onnx
from blockviz.ir import LayerGraph, Node, blocks_in, leaves
from blockviz.page.proof import page_faults
from blockviz.pipeline import summarize

helper = onnx.helper
FLOAT, INT64, BOOL = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL
value = helper.make_tensor_value_info


def weight(name: str, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return helper.make_tensor(name, FLOAT, shape, [0.01 * (i % 7 + 1) for i in range(count)])


def node(op: str, inputs: str, outputs: str, name: str = "", **attributes: Any) -> Any:
    called = name or f"{op.lower()}_{outputs.replace(' ', '_')}"
    return helper.make_node(op, inputs.split(), outputs.split(), name=called, **attributes)


def feed_forward(name: str, source: str, target: str, weights: list[Any]) -> list[Any]:
    """Two dense layers, 8 → 16 → 8, with a shortcut: 256 weights, 256 multiply-adds a place."""
    weights += [weight(f"{name}_up", 8, 16), weight(f"{name}_down", 16, 8)]
    return [
        node("MatMul", f"{source} {name}_up", f"{name}_a"), node("Relu", f"{name}_a", f"{name}_b"),
        node("MatMul", f"{name}_b {name}_down", f"{name}_c"), node("Add", f"{name}_c {source}", target),
    ]  # fmt: skip


def row(name: str, source: str, count: int, weights: list[Any]) -> tuple[list[Any], str]:
    nodes = []
    for number in range(count):
        nodes += feed_forward(f"{name}{number}", source, f"{name}{number}_y", weights)
        source = f"{name}{number}_y"
    return nodes, source


def read(path: Path, nodes: list[Any], weights: list[Any], functions: tuple[Any, ...] = ()) -> LayerGraph:
    graph = helper.make_graph(nodes, "test", [value("x", FLOAT, (1, 16, 8))], [value("y", FLOAT, None)], weights)
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    target = path / "model.onnx"
    target.write_bytes(helper.make_model(graph, opset_imports=versions, functions=functions).SerializeToString())
    return read_onnx(target)


def repeated(path: Path, layers: int, *, count: int = 5, condition: list[Any] | None = None) -> LayerGraph:
    """Three feed-forward blocks, then a loop of some more."""
    weights = [helper.make_tensor("count", INT64, [], [count]), helper.make_tensor("yes", BOOL, [], [True]),
               helper.make_tensor("limit", FLOAT, [], [3.0])]  # fmt: skip
    before, last = row("before", "x", 3, weights)
    inner, end = row("inner", "s", layers, weights)
    body = helper.make_graph(
        [*(condition or [node("Identity", "go", "again")]), *inner], "body",
        [value("i", INT64, []), value("go", BOOL, []), value("s", FLOAT, None)],
        [value("again", BOOL, None), value(end, FLOAT, None)],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["count", "yes", last], ["z"], name="refine", body=body)
    return read(path, [*before, loop, node("Relu", "z", "y")], weights)


def overview(summary: Any) -> list[tuple[str, int]]:
    return [(part.name, part.repeat) for part in summary.overview]


def proved(summary: Any) -> Any:
    assert not page_faults(summary.page(), summary.graph, summary.source)
    return summary


def named(graph: LayerGraph, name: str) -> Node:
    item = graph.item(name)
    assert isinstance(item, Node)
    return item


def test_a_loop_is_a_box_whose_body_counts_as_often_as_it_is_run(tmp_path: Path) -> None:
    graph = repeated(tmp_path, layers=1)
    assert cost_of(leaves(graph)).macs == (3 + 5) * 16 * 256
    assert macs(named(graph, "refine")) == 0 and macs(named(graph, "refine/matmul_inner0_a")) == 5 * 16 * 128
    summary = proved(summarize(graph))
    assert overview(summary)[1:3] == [("Feed-forward with shortcut", 3), ("Loop, 5 times", 1)]


def test_what_repeats_in_a_body_is_found_there_and_no_run_goes_across_its_border(tmp_path: Path) -> None:
    summary = proved(summarize(repeated(tmp_path, layers=4)))
    assert overview(summary)[1:3] == [("Feed-forward with shortcut", 3), ("Loop, 5 times", 1)]
    assert sorted(found.count for found in summary.blocks) == [1, 7]


def test_a_loop_that_may_end_before_has_unknown_costs(tmp_path: Path) -> None:
    asked = [node("ReduceMax", "s", "most", keepdims=0), node("Less", "most limit", "again")]
    graph = repeated(tmp_path, layers=1, condition=asked)
    cost = cost_of(leaves(graph))
    assert (cost.macs, cost.params) == (3 * 16 * 256, 4 * 256) and "macs" in cost.bounds
    assert overview(proved(summarize(graph)))[2] == ("Loop", 1)


def test_what_is_joined_in_a_body_counts_as_often_as_its_parts(tmp_path: Path) -> None:
    """A product with its bias is one dense layer, which the loop calls five times."""
    weights = [helper.make_tensor("count", INT64, [], [5]), weight("w", 8, 8), weight("b", 8)]
    inner = [node("Identity", "go", "again"), node("MatMul", "s w", "t"), node("Add", "t b", "u")]
    body = helper.make_graph(
        inner, "body", [value("i", INT64, []), value("go", BOOL, []), value("s", FLOAT, None)],
        [value("again", BOOL, None), value("u", FLOAT, None)],
    )  # fmt: skip
    graph = read(tmp_path, [helper.make_node("Loop", ["count", "", "x"], ["y"], name="again", body=body)], weights)
    assert cost_of(leaves(graph)).macs == 5 * 16 * 64


def test_a_state_that_grows_leaves_sizes_and_costs_open(tmp_path: Path) -> None:
    weights = [helper.make_tensor("count", INT64, [], [3]), weight("w", 8, 8)]
    inner = [node("Identity", "go", "again"), node("Concat", "s s", "t", axis=1), node("MatMul", "t w", "u")]
    body = helper.make_graph(
        inner, "body", [value("i", INT64, []), value("go", BOOL, []), value("s", FLOAT, None)],
        [value("again", BOOL, None), value("u", FLOAT, None)],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["count", "", "x"], ["y"], name="grow", body=body)
    graph = read(tmp_path, [loop], weights)
    assert named(graph, "grow").outputs == ((None, None, 8),) and macs(named(graph, "grow/matmul_u")) is None


def test_a_scan_is_run_for_each_slice_and_stacks_what_it_gives(tmp_path: Path) -> None:
    weights = [weight("wx", 8, 6), weight("wh", 6, 6), helper.make_tensor("h0", FLOAT, [1, 6], [0.0] * 6)]
    cell = [node("MatMul", "xt wx", "a"), node("MatMul", "h wh", "b"), node("Add", "a b", "c"), node("Tanh", "c", "n"),
            node("Identity", "n", "out")]  # fmt: skip
    body = helper.make_graph(
        cell, "cell", [value("h", FLOAT, [1, 6]), value("xt", FLOAT, [1, 8])],
        [value("n", FLOAT, [1, 6]), value("out", FLOAT, [1, 6])],
    )  # fmt: skip
    scan = helper.make_node("Scan", ["h0", "x"], ["last", "y"], name="rnn", body=body, num_scan_inputs=1,
                            scan_input_axes=[1], scan_output_axes=[1])  # fmt: skip
    graph = read(tmp_path, [scan], weights)
    assert named(graph, "rnn").outputs[1] == (None, 16, 6) and named(graph, "rnn/slice").outputs == ((None, 8),)
    assert cost_of(leaves(graph)).macs == 16 * (8 * 6 + 6 * 6)
    assert overview(proved(summarize(graph)))[1] == ("Scan, 16 times", 1)


def test_both_ways_of_a_branch_are_in_its_box_and_nobody_knows_which_is_taken(tmp_path: Path) -> None:
    weights = [helper.make_tensor("zero", FLOAT, [], [0.5])]
    ways = []
    for name, count in (("deep", 4), ("flat", 1)):
        nodes, last = row(name, "h", count, weights)
        ways.append(helper.make_graph(nodes, name, [], [value(last, FLOAT, None)]))
    asked = [node("Tanh", "x", "h"), node("ReduceMean", "h", "m", keepdims=0), node("Greater", "m zero", "c")]
    choice = helper.make_node("If", ["c"], ["z"], name="choice", then_branch=ways[0], else_branch=ways[1])
    graph = read(tmp_path, [*asked, choice, node("Relu", "z", "y")], weights)
    assert named(graph, "choice").outputs == ((None, 16, 8),) and macs(named(graph, "choice/matmul_deep0_a")) is None
    summary = proved(summarize(graph))
    assert ("Conditional", 1) in overview(summary) and 5 in {found.count for found in summary.blocks}


def test_a_branch_inside_a_loop_is_a_box_inside_its_box(tmp_path: Path) -> None:
    weights = [helper.make_tensor("count", INT64, [], [3]), helper.make_tensor("zero", FLOAT, [], [0.5])]
    then, end = row("work", "s", 1, weights)
    ways = [helper.make_graph(then, "then", [], [value(end, FLOAT, None)]),
            helper.make_graph([node("Identity", "s", "kept")], "else", [], [value("kept", FLOAT, None)])]  # fmt: skip
    inner = [node("Identity", "go", "again"), node("ReduceMean", "s", "m", keepdims=0), node("Greater", "m zero", "c"),
             helper.make_node("If", ["c"], ["t"], name="maybe", then_branch=ways[0], else_branch=ways[1])]  # fmt: skip
    body = helper.make_graph(
        inner, "body", [value("i", INT64, []), value("go", BOOL, []), value("s", FLOAT, None)],
        [value("again", BOOL, None), value("t", FLOAT, None)],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["count", "", "x"], ["y"], name="refine", body=body)
    graph = read(tmp_path, [loop], weights)
    assert named(graph, "refine/maybe").within == ("refine", "refine/maybe")
    summary = proved(summarize(graph))
    types = [summary.graph.types[block.type].name for block in blocks_in(summary.graph)]
    assert types == ["Loop, 3 times", "Conditional"]


def test_functions_that_call_functions_are_opened_each_call_under_a_path_of_its_own(tmp_path: Path) -> None:
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    inner = helper.make_function(
        "local", "Mix", ["a", "u"], ["r"], [node("MatMul", "a u", "s", "dense"), node("Sigmoid", "s", "g", "gate"),
                                            node("Mul", "a g", "r", "times")], versions)  # fmt: skip
    outer = helper.make_function(
        "local", "Layer", ["a", "u"], ["r"],
        [node("Mix", "a u", "m", "mix", domain="local"), node("Add", "a m", "r", "add")], versions,
    )  # fmt: skip
    weights = [weight(f"u{number}", 8, 8) for number in range(4)]
    sources = ["x", "f0", "f1", "f2", "f3"]
    nodes = [node("Layer", f"{sources[n]} u{n}", sources[n + 1], f"layer{n}", domain="local") for n in range(4)]
    graph = read(tmp_path, [*nodes, node("Relu", "f3", "y")], weights, (inner, outer))
    assert named(graph, "layer2/mix/dense").within == ("layer2", "layer2/mix")
    assert overview(proved(summarize(graph)))[1][1] == 4


def test_a_body_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no body"):
        read(tmp_path, [helper.make_node("Scan", ["x"], ["y"], num_scan_inputs=1)], [])
    with pytest.raises(ModelError, match="no two branches"):
        read(tmp_path, [helper.make_node("If", ["x"], ["y"])], [])


@pytest.mark.parametrize("count", [-3, 2**62])
def test_a_number_of_runs_that_can_not_be_is_unknown(tmp_path: Path, count: int) -> None:
    graph = repeated(tmp_path, 1, count=count)
    assert macs(named(graph, "refine/matmul_inner0_a")) is None
    proved(summarize(graph))
