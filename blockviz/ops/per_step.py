"""What a wrapper calls at each step of its input."""

from __future__ import annotations

from collections.abc import Mapping

from blockviz.ir import Layer, Node


def per_step(node: Node) -> Node | None:
    """The call that ``TimeDistributed`` makes at each step; None for any other call."""
    if node.op != "TimeDistributed":
        return None
    layer = node.config.get("layer")
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        return None
    own = Layer(node.layer.name, str(layer.get("class_name")), layer["config"], node.layer.params)
    reads, gives = (tuple((*shape[:1], *shape[2:]) for shape in each) for each in (node.inputs, node.outputs))
    return Node(node.id, own, reads, gives, node.args, call=node.call)


def called(node: Node) -> Node:
    """The call itself, or the one that a wrapper makes at each step."""
    return per_step(node) or node
