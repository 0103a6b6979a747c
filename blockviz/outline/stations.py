"""From the items of a block graph to what the choice of a layout knows of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from blockviz.costs.receptive_field import receptive_field
from blockviz.ir import Composite, Item, LayerGraph, Node, Run, Shape, expand, is_input, item_leaves, layers_of
from blockviz.ops.attention_roles import operand_roles
from blockviz.ops.families import family
from blockviz.outline.model import Station


def stations_of(graph: LayerGraph) -> tuple[Station, ...]:
    """One station for each item of a block graph, in its order."""
    strides = _open_strides(graph)
    return tuple(_station(graph, name, strides) for name in graph)


def _station(graph: LayerGraph, name: str, strides: Mapping[str, int | Fraction]) -> Station:
    item = graph.item(name)
    given = is_input(item) and not graph.pred[name]
    copies = list(item.body.items()) if isinstance(item, Run) else [item]
    output = _flow(graph, name)
    return Station(
        id=name,
        is_input=given,
        repeat=len(copies),
        parallel=isinstance(item, Run) and item.parallel,
        shape=item.outputs[output][1:] if output < len(item.outputs) else (),
        layers=0 if given else sum(len(layers_of(item_leaves(copy))) for copy in copies),
        inputs=tuple(dict.fromkeys(source for _, source, _ in graph.operand_list(name))),
        has_weights=any(node.layer.params != 0 for node in item_leaves(item)),
        memories=frozenset(_memories(graph, name)),
        type=item.type if isinstance(item, Composite) and item.type in graph.types else None,
        reads=tuple(_read(graph, name).values()),
        stride=strides.get(_node_behind(item, output)),
    )


def _read(graph: LayerGraph, name: str) -> dict[str, Shape]:
    """Source → shape (without the batch) of the first of its tensors that an item reads, in input order."""
    found: dict[str, Shape] = {}
    for _, source, out in graph.operand_list(name):
        shapes = graph.item(source).outputs
        found.setdefault(source, shapes[out][1:] if out < len(shapes) else ())
    return found


def _flow(graph: LayerGraph, name: str) -> int:
    """The output of an item that most others read, not a side output of the model; the first where none is read."""
    read = Counter(out for edge in graph.edges_from(name).values() for out, _ in edge["operands"])
    return max(read, key=lambda out: (read[out], -out), default=0)


def _node_behind(item: Item, output: int) -> str:
    while isinstance(item, Composite):
        if output >= len(item.body.exits):
            return ""
        name, output = item.body.exits[output]
        item = item.body.item(name)
    return item.id


def _open_strides(graph: LayerGraph) -> Mapping[str, int | Fraction]:
    """Node id → stride of its positions in those of the input; only where sizes are open, for else they say more."""
    if all(None not in shape[1:] for item in graph.items() for shape in item.outputs):
        return {}
    found = receptive_field(expand(graph))
    return {name: field[1] for name, field in found.items() if isinstance(field, tuple)}


def _memories(graph: LayerGraph, name: str) -> Iterator[str]:
    """What an item reads as the key and value of attention, or as the first state of recurrence."""
    item = graph.item(name)
    operands = graph.operand_list(name)
    for number, source, out in operands:
        if isinstance(item, Node):
            read = {to: (name, index) == (source, out) for to, name, index in operands}
            if _keeps(item) and _remembers(item, read):
                yield source
        elif _is_memory_of(item.body, number):
            yield source


def _keeps(node: Node) -> bool:
    return family(node.op) in ("attention", "recurrent")


def _remembers(node: Node, own: Mapping[int, bool]) -> bool:
    """Whether what an attention takes as key or value, or a recurrence as its state, is ``own``, and what asks is not.

    own : number of an operand → whether it is made of one tensor alone.
    """
    if family(node.op) == "recurrent":
        return not own.get(0, True) and any(own.values())
    roles = operand_roles(node, max(own, default=-1) + 1)
    asks, kept = (
        [own[number] for number, role in enumerate(roles) if number in own and role in wanted]
        for wanted in ("q", ("k", "v"))
    )
    return any(kept) and bool(asks) and not any(asks)


def _is_memory_of(body: LayerGraph, number: int) -> bool:
    """Whether an entry, or what is made of it alone, is read by attention or recurrence beside other things."""
    if number >= len(body.entries) or not any(_keeps(node) for item in body.items() for node in item_leaves(item)):
        return False
    flat = expand(body)
    entered = {port: index for index, ports in enumerate(flat.entries) for port in ports}
    alone: set[str] = set()
    for name in flat:
        node = flat.item(name)
        inner = {to: source in alone for to, source, _ in flat.operand_list(name)}
        inner |= {to: index == number for (reader, to), index in entered.items() if reader == name}
        if isinstance(node, Node) and _keeps(node) and _remembers(node, inner):
            return True
        if inner and all(inner.values()):
            alone.add(name)
    return False
