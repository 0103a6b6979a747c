"""The boxes of an overview: one part for each item of a block graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import (
    Backbone,
    Composite,
    Group,
    Item,
    LayerGraph,
    Nested,
    Node,
    Port,
    Run,
    is_input,
    item_leaves,
    layers_of,
    leaves,
    sets_of_weights,
)
from blockviz.outline.ends import leaving
from blockviz.outline.frozen_words import frozen_words, is_uniform
from blockviz.outline.model import Part
from blockviz.structure.canonical_form import short_name
from blockviz.structure.setting_letters import COUNTS, KERNEL


def parts_of(graph: LayerGraph, letters: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> Iterator[Part]:
    """One part for each item, in its order; ``values`` are the parameters of each block by its id."""
    owners = Counter(name for item in graph.items() for name in layers_of(item_leaves(item)))
    seen: set[str] = set()
    several = sum(node.op == "InputLayer" and not node.inputs for node in leaves(graph)) > 1
    outputs, uneven = _outputs_of(graph), not is_uniform(layers_of(leaves(graph)).values())
    for name, item in zip(graph, graph.items(), strict=True):
        items = tuple(item.body.items()) if isinstance(item, Run) else (item,)
        nodes = list(item_leaves(item))
        defined = isinstance(item, Composite) and item.type in letters
        network = item.network if isinstance(item, Backbone | Nested) else None
        owned = {node.layer.name for node in nodes if node.layer.params}
        main, *others = leaving(graph, name)
        title = _title(item, several)
        operands = tuple((source, out) for _, source, out in graph.operand_list(name))
        yield Part(
            id=name,
            kind=_kind(graph, item),
            letter=letters[item.type] if defined and isinstance(item, Composite) else None,
            name=graph.types[item.type].name if defined and isinstance(item, Composite) else title,
            repeat=len(items),
            stage=item.stage if isinstance(item, Composite) else None,
            copies=tuple(tuple(layers_of(item_leaves(copy))) for copy in items),
            variants=tuple(copy.variant if isinstance(copy, Composite) else None for copy in items),
            values=_values(items, values),
            item=item,
            items=items,
            output_shape=main,
            cost=cost_of(nodes),
            inputs=tuple(dict.fromkeys(source for source, _ in operands)),
            sets=sets_of_weights(items),
            shared=_share_weights(items) or any(owners[node.layer.name] > 1 for node in nodes if node.layer.params),
            parallel=isinstance(item, Run) and item.parallel,
            taps=network.taps if network else (),
            other_shapes=tuple(others),
            outputs=outputs.get(name, ()),
            operands=operands,
            entrances=_entrances(item) if several else (),
            again=bool(owned) and owned <= seen,
            frozen=frozen_words(items) if uneven else "",
        )
        seen |= owned


def _share_weights(items: Sequence[Item]) -> bool:
    """Whether several of the items call a layer with weights; what one of them calls twice is its own affair."""
    calls = (node for item in items for node in {n.layer.name: n for n in item_leaves(item)}.values())
    return any(times > 1 for times in Counter(node.layer.name for node in calls if node.layer.params != 0).values())


def _entrances(item: Item) -> tuple[str, ...]:
    """Names of the model's inputs inside an item."""
    return () if is_input(item) else tuple(n.layer.name for n in item_leaves(item) if n.op == "InputLayer")


def _outputs_of(graph: LayerGraph) -> dict[str, tuple[str, ...]]:
    """Names of the model's outputs by the item that gives them; none where its one output is where it ends."""
    names = output_names(graph)
    if len(graph.exits) == 1 and not graph.edges_from(graph.exits[0][0]):
        return {}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for (item, _), name in zip(graph.exits, names, strict=True):
        found[item][name] = None
    return {item: tuple(given) for item, given in found.items()}


def output_names(graph: LayerGraph) -> tuple[str, ...]:
    """The model's outputs by name: as the model names them, or as the layers that give them are called."""
    named: tuple[str, ...] = graph.graph.get("output_names", ())
    if len(named) == len(graph.exits):
        return named
    return tuple(_giver(graph, port).layer.name.rpartition("/")[2] for port in graph.exits)


def _giver(graph: LayerGraph, port: Port) -> Node:
    """The call behind a port, through all blocks."""
    item = graph.item(port[0])
    return _giver(item.body, item.body.exits[port[1]]) if isinstance(item, Composite) else item


def _kind(graph: LayerGraph, item: Item) -> str:
    if is_input(item) and not graph.pred[item.id]:
        return "input"
    if isinstance(item, Node):
        return "layer"
    if isinstance(item, Run):
        return "block" if item.type else "unit"
    return "block" if isinstance(item, Group) else item.kind


def _title(item: Item, several: bool) -> str:
    """What a part is called that has no letter; an input by its name, where there are several."""
    if isinstance(item, Backbone | Nested):
        return item.network.name
    if isinstance(item, Run):
        return short_name(next(iter(item.body.items())))
    if isinstance(item, Node) and item.op == "InputLayer":
        return f"Input {item.layer.name}" if several else "Input"
    return short_name(item)


def _values(items: Iterable[Item], values: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Main width, kernel and number of blocks inside, where they vary: one value, or a range."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for item in items:
        for symbol, value in values.get(item.id, {}).items():
            if symbol in ("f", KERNEL, *COUNTS):
                found[symbol][value] = None
    return {symbol: _span(list(taken)) for symbol, taken in found.items()}


_FEW = 3  # values that a box lists


def _span(values: Sequence[str]) -> str:
    """Up to three values, or two that hold all between them: the smallest and the largest, unless they run steadily."""
    if len(values) <= _FEW:
        return ", ".join(values)
    if all(value.isdecimal() for value in values):
        ranked = sorted(values, key=int)
        if values not in (ranked, ranked[::-1]):
            return f"{ranked[0]}–{ranked[-1]}"
    return f"{values[0]}–{values[-1]}"
