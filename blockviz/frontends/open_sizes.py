"""Sizes for what a model's inputs leave open: with them every shape that follows is known, and so is what it costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from blockviz.frontends.given_inputs import Given, by_name, fitting
from blockviz.frontends.keras.node_builder import merged
from blockviz.frontends.keras.shape_branches import keeps_sizes, reads_arrays
from blockviz.ir import UNKNOWN, LayerGraph, Node, Port, Shape
from blockviz.runtime.records import replace
from blockviz.shapes import inference as shapes


def with_input_sizes(graph: LayerGraph, given: Given, unsure: Collection[str] = ()) -> LayerGraph:
    """The same calls with the shapes that follow from the inputs' given shapes. Linear in the calls.

    ``unsure`` : classes of calls whose settings may leave out what depends on an open size; what they give stays open.

    Raises
    ------
    UsageError : the model has other inputs, or fixes another size.
    """
    told = by_name(graph.inputs, given)
    out = LayerGraph(**graph.graph)
    made: dict[Port, Shape] = {}
    for name in graph:
        node = graph.item(name)
        assert isinstance(node, Node)
        operands = graph.operand_list(name)
        if name in told:
            node = replace(node, outputs=(fitting(told[name].shape, node.outputs[0], name), *node.outputs[1:]))
        elif operands:
            node = _resized(node, operands, made, node.op in unsure)
        made.update({(name, place): shape for place, shape in enumerate(node.outputs)})
        out.add_item(node, operands)
    return out


def _resized(node: Node, operands: list[tuple[int, str, int]], made: Mapping[Port, Shape], is_unsure: bool) -> Node:
    inputs = tuple(made[source, index] for _, source, index in operands)
    if inputs == node.inputs:
        return node
    if is_unsure or (reads_arrays(node) and not keeps_sizes(node.op)):
        return replace(node, inputs=inputs)  # a constant of open sizes is among what it joins
    try:
        found = shapes.output_shapes(node.op, node.config, inputs, node.args) or ()
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        found = ()  # a layer inside TimeDistributed, or a malformed configuration: sizes stay open
    outputs = [_filled(shape, found[place] if place < len(found) else None) for place, shape in enumerate(node.outputs)]
    return replace(node, inputs=inputs, outputs=tuple(outputs))


def _filled(old: Shape, found: Shape | None) -> Shape:
    return merged(None if old == UNKNOWN else old, found) or old
