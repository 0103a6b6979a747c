"""Sizes that a user gives for what a model's inputs leave open."""

from __future__ import annotations

from typing import Any

import pytest

from blockviz.costs.cost import macs
from blockviz.errors import UsageError
from blockviz.frontends import read_model
from blockviz.frontends.given_inputs import Spec, parse_input
from blockviz.ir import LayerGraph, Node, leaves


def _convolutional() -> dict[str, Any]:
    def layer(op: str, name: str, *sources: str, **config: Any) -> dict[str, Any]:
        return {"class_name": op, "name": name, "config": {"name": name, **config},
                "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else []}  # fmt: skip

    layers = [
        layer("InputLayer", "image", batch_shape=[None, None, None, 3]),
        layer("Conv2D", "conv", "image", filters=8, kernel_size=[3, 3], strides=[2, 2], padding="same", use_bias=True),
        layer("UpSampling2D", "up", "conv", size=[2, 2]),
        layer("Concatenate", "join", "up", "image", axis=-1),
    ]
    config = {"name": "fcn", "layers": layers, "input_layers": [["image", 0, 0]], "output_layers": [["join", 0, 0]]}
    return {"class_name": "Functional", "config": config}


def _node(graph: LayerGraph, name: str) -> Node:
    found = graph.item(name)
    assert isinstance(found, Node)
    return found


@pytest.mark.parametrize("given", [(1, 64, 32, 3), {"image": (None, 64, 32, 3)}, {"": Spec((64, 32, 3))}])
def test_what_follows_from_an_open_size_is_known_once_it_is_given(given: Any) -> None:
    graph = read_model(_convolutional())
    assert macs(_node(graph, "conv")) is None
    graph = read_model(_convolutional(), given)
    assert _node(graph, "join").outputs == ((None, 64, 32, 11),)
    assert macs(_node(graph, "conv")) == 32 * 16 * 27 * 8
    assert not any(None in shape[1:] for node in leaves(graph) for shape in node.outputs)


@pytest.mark.parametrize("given", [(1, 64, 64, 4), (1, 64), {"picture": (1, 8, 8, 3)}, [(1, 8, 8, 3), (1, 2)]])
def test_a_shape_that_the_model_does_not_take_is_refused(given: Any) -> None:
    with pytest.raises(UsageError):
        read_model(_convolutional(), given)


def test_a_shape_is_written_with_or_without_name_and_type() -> None:
    assert parse_input("1x224x224x3") == ("", Spec((1, 224, 224, 3)))
    assert parse_input("text=1x128:int32") == ("text", Spec((1, 128), "int32"))
    assert parse_input("image = ?x?x3") == ("image", Spec((None, None, 3)))
    for text in ("", "224", "axb", "1x0x3", "x=1x2:", "1x2:int32:3")[2:]:
        with pytest.raises(UsageError, match="--input wants"):
            parse_input(text)
