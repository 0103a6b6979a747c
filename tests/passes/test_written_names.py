"""The names of layers that say a block of the literature."""

from __future__ import annotations

import pytest

from blockviz.ir import Layer, LayerGraph, Node
from blockviz.passes.written_names import written_pattern

PLAIN = {"kernel_size": [3, 3]}
POINT = {"kernel_size": [1, 1]}


def _body(names: list[str], *classes: str) -> LayerGraph:
    body = LayerGraph()
    for number, (name, op) in enumerate(zip(names, classes, strict=True)):
        config = POINT if number % 2 else PLAIN
        body.add_node(name, item=Node(name, Layer(name, op, config, params=9)))
    return body


@pytest.mark.parametrize(("names", "key"), [
    (["mbconv_3_dw", "mbconv_3_project"], "mbconv"),
    (["stage2_MBConv1_dw", "stage2_MBConv1_project"], "mbconv"),
    (["inverted_residual_1_dw", "inverted_residual_1_project"], "inverted-residual"),
    (["uib2_dw", "uib2_project"], "uib"),  # its initials
    (["x3d_1_dw", "x3d_1_project"], "x3d"),
])  # fmt: skip
def test_layers_that_are_named_after_a_block(names: list[str], key: str) -> None:
    found = written_pattern([_body(names, "DepthwiseConv2D", "Conv2D")], LayerGraph)
    assert found is not None and found.key == key


@pytest.mark.parametrize(("names", "classes"), [
    (["mbconv_1", "mbconv_2"], ("LSTM", "LSTM")),  # nothing that the block of that name is made of
    (["mbconv_dw", "project"], ("DepthwiseConv2D", "Conv2D")),
    (["stem_dw", "stem_project"], ("DepthwiseConv2D", "Conv2D")),  # a word of any network
    (["depthwise_conv2d_1", "conv2d_1"], ("DepthwiseConv2D", "Conv2D")),
])  # fmt: skip
def test_layers_that_are_not(names: list[str], classes: tuple[str, str]) -> None:
    assert written_pattern([_body(names, *classes)], LayerGraph) is None


def test_a_word_of_all_layers_is_the_networks() -> None:
    body = _body(["mbconv_net_a", "mbconv_net_b"], "DepthwiseConv2D", "Conv2D")
    network = _body([f"mbconv_net_{letter}" for letter in "abcd"], "DepthwiseConv2D", "Conv2D", "Dense", "Dense")
    assert written_pattern([body], lambda: network) is None
