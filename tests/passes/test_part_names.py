"""A module that nobody has a word for is named by the blocks in it; a type of several kinds by their family."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz import summarize
from blockviz.ir import Block, BlockType, Layer, LayerGraph, Node
from blockviz.outline.model import Definition
from blockviz.passes.part_names import named_by_parts
from blockviz.passes.plain_words import what_it_does
from graphs import Builder

SHAPE = (None, 8, 8, 4)


def call(op: str, name: str, params: int = 0, **config: object) -> Node:
    return Node(name, Layer(name, op, config, params), (SHAPE,), (SHAPE,))


def row(*items: Block | Node, skip: bool = False) -> LayerGraph:
    """Items one after the other; with ``skip`` a sum behind them reads the first's input, too."""
    graph = LayerGraph(name="body")
    graph.graph["entries"] = (((items[0].id, 0), ("sum", 1)) if skip else ((items[0].id, 0),),)
    before = ""
    for item in items:
        graph.add_item(item, [(0, before, 0)] if before else [])
        before = item.id
    if skip:
        graph.add_item(call("Add", "sum"), [(0, before, 0)])
    graph.graph["exits"] = (("sum" if skip else before, 0),)
    return graph


def block(name: str, key: str = "T0") -> Block:
    return Block(name, row(call("Conv2D", f"{name}_conv", 9, kernel_size=[3, 3])), key)


BASIC = BlockType("T0", name="Basic block", source="template", references=("he2016resnet",))
CONV = call("Conv2D", "conv", 9, kernel_size=[1, 1])


@pytest.mark.parametrize(("body", "name"), [
    (row(block("a"), block("b"), CONV), "Basic blocks and convolution"),
    (row(block("a"), CONV), "Basic block and convolution"),
    (row(block("a"), CONV, call("Dense", "dense", 4)), "Basic block, convolution and dense layer"),
    (row(block("a"), CONV, call("Activation", "relu"), skip=True), "Basic block and convolution with shortcut"),
    (row(block("a"), block("b", "T1")), "Basic block and dense layer"),
    (row(block("a"), block("b", "T3")), "Basic block, Fire modules and Ghost module"),
])  # fmt: skip
def test_a_module_is_named_by_its_blocks_and_the_layers_beside_them(body: LayerGraph, name: str) -> None:
    row_of_two = BlockType("T3", name="Fire modules and Ghost module", source="template")
    named = {"T0": BASIC, "T1": BlockType("T1", name="Dense layer 2", source="template"), "T3": row_of_two}
    found = named_by_parts(BlockType("T9", name="Module"), body, named)
    assert (found.name, found.source) == (name, "template")
    assert "he2016resnet" in found.references


@pytest.mark.parametrize("body", [
    row(CONV, call("Dense", "dense", 4)),  # no block in it
    row(block("a"), block("b", "T2")),  # one that is itself but a module
    row(block("a"), block("b", "T3"), CONV),  # one whose name is two
    row(block("a"), CONV, call("Dense", "dense", 4), call("LSTM", "lstm", 4)),  # too many parts
])  # fmt: skip
def test_what_parts_do_not_say_is_named_by_what_it_does(body: LayerGraph) -> None:
    found = BlockType("T9", name="Module")
    others = {"T2": BlockType("T2", name="Module 1"), "T3": BlockType("T3", name="Fire modules and Ghost module")}
    assert named_by_parts(found, body, {"T0": BASIC, **others}) is found


def test_blocks_without_a_word_of_the_literature_make_no_name_of_it() -> None:
    plain = BlockType("T0", name="Residual block, 7 convolutions", source="structure")
    found = named_by_parts(BlockType("T9", name="Module"), row(block("a"), block("b"), CONV), {"T0": plain})
    assert (found.name, found.source) == ("Residual blocks and convolution", "structure")


def p3d(builder: Builder, x: str, kind: str) -> str:
    y = _conv3d(builder, x, 4, [1, 1, 1])
    spatial = _conv3d(builder, y, 4, [1, 3, 3])
    if kind == "A":
        z = _conv3d(builder, spatial, 4, [3, 1, 1])
    else:
        z = builder.add("Add", spatial, _conv3d(builder, y if kind == "B" else spatial, 4, [3, 1, 1]))
    return builder.add("ReLU", builder.add("Add", _conv3d(builder, z, 8, [1, 1, 1]), x))


def _conv3d(builder: Builder, x: str, filters: int, kernel: list[int]) -> str:
    x = builder.add("Conv3D", x, params=9, channels=filters, filters=filters, kernel_size=kernel, strides=[1, 1, 1])
    return builder.add("ReLU", builder.add("BatchNormalization", x, params=4))


def definitions(unit: Callable[[Builder, str, int], str], count: int) -> list[Definition]:
    """The types of a network of some units."""
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for number in range(count):
        x = unit(builder, x, number)
    return list(summarize(builder.finish(builder.conv(x, 3, 1))).outline.definitions)


@pytest.mark.parametrize(("kinds", "name"), [("AAAAAA", "P3D-A block"), ("CCCCCC", "P3D-C block")])
def test_copies_of_one_kind_bear_its_name(kinds: str, name: str) -> None:
    assert name in [found.name for found in definitions(lambda b, x, n: p3d(b, x, kinds[n]), 6)]


@pytest.mark.parametrize("kinds", ["ABCABCABCABC", "ACACACAC"])
def test_copies_of_several_kinds_bear_no_single_one_s_name(kinds: str) -> None:
    found = definitions(lambda builder, x, number: p3d(builder, x, kinds[number]), len(kinds))
    assert any(one.name.startswith("P3D") for one in found)
    assert not [one.name for one in found if one.variants and one.name in ("P3D-A block", "P3D-B block", "P3D-C block")]


def test_what_weighs_nothing_is_told_by_what_it_does() -> None:
    graph = LayerGraph(name="body")
    graph.graph["entries"] = ((("up", 0),), (("add", 1),))
    graph.add_item(call("UpSampling2D", "up", size=[2, 2]), [])
    graph.add_item(call("Add", "add"), [(0, "up", 0)])
    graph.graph["exits"] = (("add", 0),)
    assert what_it_does(graph) == "Upsampling and sum"


@pytest.mark.parametrize(("calls", "name"), [
    ((CONV, CONV), "Convolutional head"), ((CONV, call("Dense", "dense", 4)), "Convolutional head"),
    ((call("Dense", "one", 4), call("Dense", "two", 4)), "Fully connected head"),
    ((call("LSTM", "lstm", 4), call("Dense", "dense", 4)), "Recurrent head"),
])  # fmt: skip
def test_what_nobody_has_a_word_for_is_of_a_kind(calls: tuple[Node, ...], name: str) -> None:
    assert what_it_does(row(*calls), "Head") == name
