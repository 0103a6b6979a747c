"""The vocabulary: every class has every column, and every rule that a row names exists."""

from __future__ import annotations

import pytest

from blockviz.costs import macs, params
from blockviz.ir import Layer, Node
from blockviz.ops.families import FAMILY, form_label
from blockviz.ops.registry import FUNCTIONS, LAYERS, OPERATIONS, Operation
from blockviz.shapes import inference
from blockviz.shapes.tensor_ops import TENSOR_OPS

REACH = {"all", "lookup", "places", "pool", "rearranged", "reduction", "resized", "transposed", "unknown",
         "upsampled", "window", "wrapped"}  # fmt: skip
ROWS = [*LAYERS.values(), *FUNCTIONS.values()]


@pytest.mark.parametrize("column", Operation._fields)
def test_no_class_has_some_columns_and_lacks_others(column: str) -> None:
    optional = {"means", "label"}
    assert [row.name for row in ROWS if not getattr(row, column) and column not in optional] == []


def test_every_rule_that_a_row_names_exists() -> None:
    free = {"none", "unknown"}
    assert {row.weights for row in ROWS} - free == set(params._RULES)
    assert {row.macs for row in ROWS} - free == set(macs._RULES) - free
    assert {row.shape for row in ROWS} - {"unknown"} <= set(inference._RULES) | set(TENSOR_OPS)
    assert {row.reach for row in ROWS} == REACH


def test_every_rule_is_named_by_a_row() -> None:
    assert set(inference._RULES) | set(TENSOR_OPS) == {row.shape for row in ROWS} - {"unknown"}


def test_a_class_stands_in_one_row() -> None:
    lines = [(row.kind, row.name) for row in ROWS]
    assert len(lines) == len(set(lines)) and set(OPERATIONS) == set(LAYERS) | set(FUNCTIONS)


def test_a_function_owns_no_weights_and_what_is_known_of_a_layer_is_known_in_whole() -> None:
    assert {row.weights for row in FUNCTIONS.values()} == {"none"}
    half = {row.name for row in LAYERS.values() if (row.weights == "unknown") != (row.macs == "unknown")}
    # what a Lambda or a cell of a stack computes is the user's own
    assert half == {"ClassMethod", "InstanceMethod", "Lambda", "StackedRNNCells", "TFOpLambda", "TensorFlowOpLayer"}


@pytest.mark.parametrize(
    ("op", "family"),
    [("CuDNNLSTM", "recurrent"), ("GroupQueryAttention", "attention"), ("Convolution3D", "conv"), ("Relu6", "act"),
     ("AdaptiveMaxPooling3D", "pool"), ("DropPath", "dropout"), ("Solarization", "augment"), ("Whatever", "other")],
)  # fmt: skip
def test_families(op: str, family: str) -> None:
    assert FAMILY.get(op, "other") == family and callable(form_label)


@pytest.mark.parametrize(("equation", "form"), [
    ("btc,c->btc", "scale"), ("abc,cd->abd", "dense"), ("...x,xy->...y", "dense"), ("abc,cde->abde", "dense"),
])  # fmt: skip
def test_a_factor_for_each_channel_is_no_dense_layer(equation: str, form: str) -> None:
    layer = Layer("e", "EinsumDense", {"equation": equation, "activation": "linear"}, 32)
    assert form_label(Node("e", layer, ((None, 16, 32),), ((None, 16, 32),))) == form
