"""Sizes that a recorded graph computes are constants, as where its code is run."""

from __future__ import annotations

from typing import Any

import pytest

from blockviz import summarize
from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, Node, leaves


def _t(name: str, shape: list[int | None] | None, call: int = 0) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": "float32", "keras_history": [name, call, 0]},
    }


def _model(calls: list[tuple[str, str, dict[str, Any], list[Any], dict[str, Any]]], *ends: str) -> dict[str, Any]:
    """A functional model of Keras 3: per call its class, name, configuration, arguments and keywords."""
    layers = [
        {
            "class_name": op, "name": name, "config": {"name": name, **config},
            "module": "keras.src.ops.numpy" if op in OPS else "keras.layers",
            "inbound_nodes": [{"args": args, "kwargs": kwargs}] if args else [],
        }
        for op, name, config, args, kwargs in calls
    ]  # fmt: skip
    inputs = [[name, 0, 0] for op, name, *_ in calls if op == "InputLayer"]
    config = {"name": "m", "layers": layers, "input_layers": inputs, "output_layers": [[end, 0, 0] for end in ends]}
    return {"class_name": "Functional", "config": config}


OPS = {
    "Shape", "GetItem", "Arange", "Cumsum", "OnesLike", "ZerosLike", "Add", "Subtract", "Multiply", "GreaterEqual",
    "ExpandDims", "Concatenate", "Reshape", "RandomUniform", "FloorDivide",
}  # fmt: skip
L, W = [None, None], [None, None, 8]
TOKENS = ("InputLayer", "ids", {"batch_shape": L, "dtype": "int32"}, [], {})
WORDS = ("Embedding", "words", {"input_dim": 50, "output_dim": 8}, [_t("ids", L)], {})


def _counted_positions(minus: bool) -> dict[str, Any]:
    """Positions as a running sum of ones, shifted or not."""
    start = [
        TOKENS, WORDS, ("OnesLike", "ones", {}, [_t("ids", L)], {}),
        ("Cumsum", "sums", {"axis": 1}, [_t("ones", L)], {}), ("Subtract", "less", {}, [_t("sums", L), 1], {}),
    ]  # fmt: skip
    at = "less" if minus else "sums"
    return _model([
        *start, ("Embedding", "places", {"input_dim": 20, "output_dim": 8}, [_t(at, L)], {}),
        ("Add", "sum", {}, [_t("words", W), _t("places", W)], {}),
    ], "sum")  # fmt: skip


def _causal(shifted: bool) -> dict[str, Any]:
    """A causal mask made of the length: positions as a column compared with positions as a row."""
    row = [("Add", "row", {}, [_t("range", [None]), 0], {})] if shifted else []
    column = ("ExpandDims", "column", {"axis": 1}, [_t("range" if not shifted else "row", [None])], {})
    calls = [
        TOKENS, WORDS, ("Shape", "shape", {}, [_t("words", W)], {}),
        ("GetItem", "length", {}, [_t("shape", [3]), 1], {}),
        ("Arange", "range", {}, [_t("length", [])], {}), *row, column,
        ("GreaterEqual", "mask", {}, [_t("column", [None, 1]), _t("row" if shifted else "range", [None])], {}),
        ("MultiHeadAttention", "attention", {"num_heads": 2, "key_dim": 4},
         [_t("words", W), _t("words", W)], {"attention_mask": _t("mask", L)}),
        ("Dense", "dense", {"units": 5}, [_t("attention", W)], {}),
    ]  # fmt: skip
    return _model(calls, "dense")


def _node(graph: LayerGraph, name: str) -> Node:
    found = graph.item(name)
    assert isinstance(found, Node)
    return found


@pytest.mark.parametrize("minus", [False, True])
def test_positions_that_a_table_reads_are_shown(minus: bool) -> None:
    """They are a part of what the field calls a position embedding."""
    graph = read_model(_counted_positions(minus))
    assert {"ones", "sums", "places"} <= set(graph) and _node(graph, "places").outputs == ((None, None, 8),)
    assert _node(graph, "places").layer.params == 160
    assert summarize(graph).page()


@pytest.mark.parametrize("shifted", [False, True])
def test_the_length_that_a_mask_is_made_of_is_no_call(shifted: bool) -> None:
    graph = read_model(_causal(shifted))
    assert not {"shape", "length"} & set(graph) and {"range", "mask"} <= set(graph)
    assert {"shape", "length"} <= set(graph.graph["constants"])
    assert _node(graph, "attention").layer.params == 4 * (8 * 8 + 8)
    assert summarize(graph).page()


def test_what_is_joined_with_zeros_keeps_its_shape_and_takes_no_false_one() -> None:
    config = _model([
        ("InputLayer", "x", {"batch_shape": W}, [], {}), ("ZerosLike", "zeros", {}, [_t("x", W)], {}),
        ("Concatenate", "wide", {"axis": -1}, [[_t("x", W), _t("zeros", W)]], {}),
        ("Concatenate", "long", {"axis": 1}, [[_t("x", W), _t("zeros", W)]], {}),
        ("Dense", "a", {"units": 2}, [_t("wide", [None, None, 16])], {}),
        ("Dense", "b", {"units": 2}, [_t("long", W)], {}),
    ], "a", "b")  # fmt: skip
    graph = read_model(config)
    assert _node(graph, "wide").outputs == ((None, None, 16),) and len(graph.operand_list("wide")) == 2
    sized = read_model(config, (1, 10, 8))
    assert _node(sized, "wide").outputs == ((None, None, 16),) or _node(sized, "wide").outputs == ((None, 10, 16),)
    assert _node(sized, "long").outputs[0][1] in (None, 20)


@pytest.mark.parametrize("end", ["zeros", "more"])
def test_an_output_that_depends_on_shapes_alone_is_shown(end: str) -> None:
    graph = read_model(_model([
        ("InputLayer", "x", {"batch_shape": W}, [], {}), ("ZerosLike", "zeros", {}, [_t("x", W)], {}),
        ("Add", "more", {}, [_t("zeros", W), 1], {}), ("Dense", "a", {"units": 2}, [_t("x", W)], {}),
    ], "a", end))  # fmt: skip
    assert end in graph and graph.exits == (("a", 0), (end, 0))


def test_numbers_drawn_by_chance_are_no_constants() -> None:
    graph = read_model(_model([
        ("InputLayer", "x", {"batch_shape": W}, [], {}), ("Shape", "shape", {}, [_t("x", W)], {}),
        ("RandomUniform", "noise", {}, [_t("shape", [3])], {}), ("Add", "sum", {}, [_t("x", W), _t("noise", W)], {}),
    ], "sum"))  # fmt: skip
    assert list(graph) == ["x", "noise", "sum"] and len(graph.operand_list("sum")) == 2
    assert graph.operand_list("noise") == []


def _of_keras2() -> dict[str, Any]:
    """TensorFlow's functions in a file of Keras 2: a grid laid out by sizes that the code computes of the shape."""

    def layer(op: str, name: str, inbound: list[Any], **config: Any) -> dict[str, Any]:
        return {"class_name": op, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound}

    shape = {"function": "compat.v1.shape", "trainable": True}
    times = {"function": "math.multiply", "trainable": True}

    def size(place: int) -> dict[str, Any]:
        inbound = [["shape", 0, 0, {"slice_spec": place}]]
        return layer("SlicingOpLambda", f"size{place}", inbound, function="__operators__.getitem", trainable=True)

    layers = [
        layer("InputLayer", "image", [], batch_input_shape=[None, 4, 6, 8], dtype="float32"),
        layer("TFOpLambda", "shape", [["image", 0, 0, {}]], **shape), size(0), size(1), size(2),
        layer("TFOpLambda", "area", [["size1", 0, 0, {"y": ["size2", 0, 0]}]], **times),
        layer("TFOpLambda", "rows", [["image", 0, 0, {"shape": [["size0", 0, 0], ["area", 0, 0], 8]}]],
              function="reshape", trainable=True),
        layer("Dense", "dense", [[["rows", 0, 0, {}]]], units=3, use_bias=True),
    ]  # fmt: skip
    config = {"name": "m", "layers": layers, "input_layers": [["image", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return {"class_name": "Functional", "config": config}


def test_sizes_that_code_computes_of_a_known_shape_are_numbers() -> None:
    graph = read_model(_of_keras2())
    assert list(graph) == ["image", "rows", "dense"]
    assert _node(graph, "rows").outputs == ((None, 24, 8),) and _node(graph, "dense").outputs == ((None, 24, 3),)
    assert not any("Shape" in node.op or "item" in node.op for node in leaves(graph))


@pytest.mark.parametrize("key", [9, -9, {"slice": [0, 1, 0]}, {"slice": ["a", 1, 1]}, {}, "a", None, [1, 2, 3]])
def test_a_malformed_index_makes_a_constant_that_nobody_knows(key: Any) -> None:
    graph = read_model(_model([
        ("InputLayer", "x", {"batch_shape": W}, [], {}), ("Shape", "shape", {}, [_t("x", W)], {}),
        ("GetItem", "size", {}, [_t("shape", [3]), key], {}),
        ("Multiply", "twice", {}, [_t("size", []), 2], {}), ("Multiply", "end", {}, [_t("x", W), _t("twice", [])], {}),
    ], "end"))  # fmt: skip
    assert list(graph) == ["x", "end"] and graph.operand_list("end") == [(0, "x", 0)]
