"""Concatenations of concatenations: ``concat(concat(a, b), c)`` joins the same tensors as ``concat(a, b, c)``."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import UNKNOWN, Node, Shape
from blockviz.runtime.records import replace

JOINS = frozenset({"Concatenate", "Concat", "ConcatV2"})


def inner_joins(graph: LayerGraph, kept: Collection[str] = ()) -> dict[str, str]:
    """Concatenation → the one call that reads it, where that is a concatenation along the same axis.

    An output of the model is none, neither is one of ``kept``, nor a further link of a chain that grows, where each
    concatenation is read by the next one and by others: the last link is like those before it. Linear in the calls.
    """
    return {
        name: reader
        for name in graph
        if name not in kept and name not in graph.exit_names
        if (reader := _only_reader(graph, name)) and join_axis(graph.item(name)) is not None
        if join_axis(graph.item(name)) == join_axis(graph.item(reader)) and not _grows(graph, name)
    }


def _grows(graph: LayerGraph, name: str) -> bool:
    """Whether a concatenation adds to another one along its axis that others read as well."""
    axis = join_axis(graph.item(name))
    sources = (source for _, source, _ in graph.operand_list(name))
    return any(join_axis(graph.item(source)) == axis and graph.out_degree(source) > 1 for source in sources)


def _only_reader(graph: LayerGraph, name: str) -> str:
    readers = [(reader, use) for reader, edge in graph.edges_from(name).items() for use in edge["operands"]]
    return readers[0][0] if len(readers) == 1 else ""


def join_axis(item: object) -> int | None:
    """The axis along which a call concatenates tensors and nothing else, counted from 0; None for any other call."""
    if not isinstance(item, Node) or item.op not in JOINS or len(item.inputs) < 2 or len(item.outputs) != 1:
        return None
    if item.layer.params != 0 or not item.args.keys() <= {"axis", "1"}:
        return None
    axis = item.args.get("axis", item.args.get("1", item.config.get("axis")))
    shape = item.outputs[0]
    if type(axis) is not int or shape == UNKNOWN:
        return None
    return axis % len(shape) if -len(shape) <= axis < len(shape) else None


def spliced(graph: LayerGraph, name: str, inner: Collection[str]) -> tuple[Node, list[tuple[int, str, int]]]:
    """A call with what the concatenations inside it read in their places: the call, and its operands."""
    node = graph.item(name)
    assert isinstance(node, Node)
    found = list(_spliced(graph, name, inner))
    reads = [(place, *port) for place, (port, _) in enumerate(found)]
    return replace(node, inputs=tuple(shape for _, shape in found)), reads


def _spliced(graph: LayerGraph, name: str, inner: Collection[str]) -> Iterator[tuple[Port, Shape]]:
    stack = [iter(graph.operand_list(name))]
    readers = [name]
    while stack:  # a chain of thousands is no reason to recurse
        read = next(stack[-1], None)
        if read is None:
            stack.pop()
            readers.pop()
        elif read[1] in inner:
            stack.append(iter(graph.operand_list(read[1])))
            readers.append(read[1])
        else:
            yield (read[1], read[2]), graph.input_shape((readers[-1], read[0]))
