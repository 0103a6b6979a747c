"""The tensors that leave an item, the one that it ends with first."""

from __future__ import annotations

from blockviz.ir import UNKNOWN, Composite, LayerGraph, Port, Shape


def leaving(graph: LayerGraph, name: str) -> list[Shape]:
    """Shapes of the tensors that leave an item: first the one that it ends with, then the others in order."""
    item = graph.item(name)
    if not isinstance(item, Composite):
        used = {out for data in graph.edges_from(name).values() for out, _ in data["operands"]}
        used |= {index for source, index in graph.exits if source == name}
        numbers = sorted(used or {0})
        return [item.outputs[number] for number in numbers if number < len(item.outputs)] or [UNKNOWN]
    ends = [number for number, _ in sorted(enumerate(item.body.exits), key=lambda end: _depth(item.body, end[1]))]
    return [item.outputs[number] for number in ends] or [UNKNOWN]


def _depth(body: LayerGraph, port: Port) -> tuple[object, ...]:
    """How far from the end of a body a tensor is given: what comes last is what goes on."""
    place = {name: number for number, name in enumerate(body)}
    item = body.item(port[0])
    inner = _depth(item.body, item.body.exits[port[1]]) if isinstance(item, Composite) else (port[1],)
    return (-place[port[0]], *inner)


def end_shape(block: Composite) -> Shape:
    """The shape of the tensor that a copy ends with."""
    ends = sorted(block.body.exits, key=lambda port: _depth(block.body, port))
    return block.outputs[block.body.exits.index(ends[0])] if ends else UNKNOWN
