"""Blocks that are one of the literature but for a spelling or an addition, which the name tells."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import pytest

from blockviz.ir import Block, Layer, LayerGraph, Node, expand
from blockviz.passes.type_evidence import Evidence
from blockviz.pipeline import summarize
from blockviz.structure.block_forms import fits_form
from blockviz.structure.relaxed_blocks import (
    one_stream,
    respelled,
    ungrouped,
    without_additions,
    without_side_outputs,
)
from blockviz.structure.series_steps import step_lines
from blockviz.structure.skeleton import skeleton
from graphs import Builder
from structure.test_patterns import concrete


def fits(graph: nx.DiGraph[str], form: str) -> bool:
    return any(fits_form(line, form) for line in step_lines(graph))


@pytest.mark.parametrize(("graph", "form"), [
    ("in > a=sep:3x3 > b=sep:3x3 > s=add; in > s", "res(conv:k conv:k)"),
    ("in > a=conv:1 > b=conv:3 > c=concat; in > c", "concat[=; conv:1? conv:3x3]"),
    ("in > a=conv:3x3x3 > p=pool:max", "conv:3x3 pool"),
    ("in > a=dense > b=conv:3x3 > c=dense > s=add; in > s", "res(conv:1 conv:k conv:1)"),
    ("in > a=conv:1 > b=conv:1 > c=conv:1", "dense{3,3}"),  # nothing convolves over places
])  # fmt: skip
def test_another_spelling_is_the_same_block(graph: str, form: str) -> None:
    plain = concrete(graph)
    assert not fits(plain, form)
    assert fits(respelled(plain), form)


@pytest.mark.parametrize("graph", [
    "in > a=dense > b=dense > s=add; in > s",  # nothing convolves over places
    "in > a=conv:1x7 > b=conv:7x1 > s=add; in > s",
    "in > a=conv:3x3 > b=dw > s=add; in > s",
])  # fmt: skip
def test_what_is_spelled_as_in_the_patterns_stays(graph: str) -> None:
    plain = concrete(graph)
    assert respelled(plain) is plain


@pytest.mark.parametrize(("label", "made"), [
    ("conv:3x3g", "conv:3x3"), ("conv:3x3dg", "conv:3x3d"), ("conv:3x3", "conv:3x3"), ("dw", "dw"), ("gap", "gap"),
])  # fmt: skip
def test_a_convolution_is_one_without_its_groups(label: str, made: str) -> None:
    assert ungrouped(label) == made


def _fire(builder: Builder, x: str, groups: int) -> str:
    x = builder.conv(x, 8, 1)
    wide = builder.add("Conv2D", x, params=9, channels=4, kernel_size=[3, 3], filters=4, groups=groups)
    return builder.add("Concatenate", builder.conv(x, 4, 1), wide, channels=8)


@pytest.mark.parametrize(("groups", "name"), [(1, "Fire module"), (2, "Fire module with grouped convolution")])
def test_a_name_tells_groups(groups: int, name: str) -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for _ in range(4):
        x = _fire(builder, x, groups)
    assert name in [found.name for found in summarize(builder.finish(x)).outline.definitions]


def test_gates_are_additions_once_each() -> None:
    graph = concrete("in > a=dw > g=squeeze > b=dense > h=squeeze > c=dense > s=add; in > s")
    made, added = without_additions(graph)
    assert added == ["squeeze-and-excitation"]
    assert fits(made, "res(dw fc fc)")
    assert len(graph) == 7  # the one that was given is as it was


def test_a_gate_of_two_tensors_is_no_addition() -> None:
    graph = concrete("in > g=squeeze > b=dense; in2 > g")
    assert without_additions(graph) == (graph, [])


def _squeezed(builder: Builder, x: str, word: str) -> str:
    gate = builder.add("GlobalAveragePooling2D", x, keepdims=True)
    gate = builder.add("Conv2D", gate, channels=2, kernel_size=[1, 1], filters=2, activation="relu")
    gate = builder.add("Conv2D", gate, channels=8, kernel_size=[1, 1], filters=8, activation=word)
    return builder.add("Multiply", x, gate)


def _gated_fire(builder: Builder, x: str) -> str:
    x = builder.conv(x, 8, 1)
    x = builder.add("Concatenate", builder.conv(x, 4, 1), builder.conv(x, 4, 3), channels=8)
    return _squeezed(builder, x, "sigmoid")


def _gated_otherwise(builder: Builder, x: str) -> str:
    x = builder.conv(x, 8, 1)
    x = builder.add("Concatenate", builder.conv(x, 4, 1), builder.conv(x, 4, 3), channels=8)
    return _squeezed(builder, x, "relu")


@pytest.mark.parametrize(("block", "told"), [(_gated_fire, True), (_gated_otherwise, False)])
def test_a_name_tells_the_gate_and_nothing_that_is_none(block: Callable[[Builder, str], str], told: bool) -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for _ in range(4):
        x = block(builder, x)
    names = [found.name for found in summarize(builder.finish(x)).outline.definitions]
    assert ("Fire module with squeeze-and-excitation" in names) is told


def _call(op: str, name: str, params: int = 0) -> Node:
    shape = (None, 8, 4)
    return Node(name, Layer(name, op, {}, params), (shape,), (shape,))


def _cut_behind_a_norm(norm: str) -> tuple[LayerGraph, LayerGraph]:
    """A graph with a block whose first operand is normalised, the second not, and that block's body."""
    body = LayerGraph(name="body")
    body.graph["entries"] = ((("attention", 0),), (("sum", 1),))
    body.add_item(_call("MultiHeadAttention", "attention", 4), [])
    body.add_item(_call("Add", "sum"), [(0, "attention", 0)])
    body.graph["exits"] = (("sum", 0),)
    graph = LayerGraph(name="graph")
    graph.add_item(_call("InputLayer", "input"), [])
    graph.add_item(_call(norm, "before"), [(0, "input", 0)])
    graph.add_item(Block("block", body, "T0"), [(0, "before", 0), (1, "input", 0)])
    graph.graph["exits"] = (("block", 0),)
    return graph, body


def test_what_enters_normalised_and_as_it_is_enters_once() -> None:
    graph, body = _cut_behind_a_norm("LayerNormalization")
    streams = Evidence({}, flat=lambda: expand(graph)).streams(body)
    assert streams == {0: 1}
    plain = skeleton(body)
    assert not fits(plain, "res(anyattn)")
    assert fits(one_stream(plain, streams), "res(anyattn)")
    assert len(plain) == 4  # the one that was given is as it was


def test_what_enters_otherwise_changed_is_another_tensor() -> None:
    graph, body = _cut_behind_a_norm("Dense")
    assert Evidence({}, flat=lambda: expand(graph)).streams(body) == {}
    assert one_stream(skeleton(body), {}) is skeleton(body)


def test_an_output_beside_another_is_left_out() -> None:
    graph = concrete("in > a=dconv:w > b=conv:1 > s=add; in > s; a > k=conv:1")
    assert not fits(graph, "add[=; dconv:k|dconv:w conv:1]")
    assert any(fits(main, "add[=; dconv:k|dconv:w conv:1]") for main in without_side_outputs(graph))


def test_outputs_of_two_sums_are_both_needed() -> None:
    graph = concrete("in > a=conv:k > s=add; in > s; in > b=conv:k > t=add; a > t")
    assert list(without_side_outputs(graph)) == []
