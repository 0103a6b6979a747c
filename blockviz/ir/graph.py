"""The graph that everything works on: layers, nodes (calls), blocks, and how to fold and unfold them.

A `LayerGraph` is a `networkx.DiGraph` whose nodes carry ``item``: a `Node` (one call of a layer)
or, once passes have run, a `Composite` (a unit, block, run … with a body of its own, which is again a
`LayerGraph`). An edge carries ``operands``: a tuple of (output index of the source, input index of
the target), because a plain DiGraph keeps one edge for ``add(x, x)`` and a concatenation's order
matters.

Ports of a body: ``entries[i]`` lists the (inner node, input index) pairs that the block's input i
feeds, and ``exits[o]`` names the (inner node, output index) that is the block's output o.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import TypeAlias, TypeGuard

import networkx as nx

from blockviz.ir.items import (
    UNKNOWN,
    Block,
    BlockType,
    Composite,
    Group,
    Item,
    Layer,
    Node,
    Occurrence,
    Run,
    Scope,
    Shape,
)

Operands: TypeAlias = tuple[tuple[int, int], ...]
Port: TypeAlias = tuple[str, int]


class LayerGraph(nx.DiGraph):  # type: ignore[type-arg]
    """Nodes with ``item`` (Node or Composite), edges with ``operands``; insertion order is topological.

    ``graph`` attributes: ``name``, ``inputs`` (ids of the input nodes, in the model's order),
    ``entries`` and ``exits`` (see the module's docstring; the whole model has no entries and its
    exits are the model's outputs), ``scopes`` (path → Scope), ``composites`` (path → Scope of a composite that
    was opened), ``types`` (key → block type),
    ``idioms`` (uses of idioms), ``neutral`` (calls that were left out, since nothing changes without them).
    """

    @property
    def entries(self) -> tuple[tuple[Port, ...], ...]:
        """Per input of a body, the (node, input index) pairs that it feeds."""
        ports: tuple[tuple[Port, ...], ...] = self.graph.get("entries", ())
        return ports

    @property
    def exits(self) -> tuple[Port, ...]:
        """Per output, the (node, output index) that gives it."""
        ports: tuple[Port, ...] = self.graph.get("exits", ())
        return ports

    @property
    def exit_names(self) -> frozenset[str]:
        """Ids of the nodes whose tensors leave the graph."""
        return frozenset(name for name, _ in self.exits)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Ids of the model's input nodes, in its order."""
        names: tuple[str, ...] = self.graph.get("inputs", ())
        return names

    @property
    def scopes(self) -> Mapping[str, Scope]:
        """Nested models by path."""
        scopes: Mapping[str, Scope] = self.graph.get("scopes", {})
        return scopes

    @property
    def composites(self) -> Mapping[str, Scope]:
        """Composite layers and modules that were opened, by path."""
        composites: Mapping[str, Scope] = self.graph.get("composites", {})
        return composites

    @property
    def idioms(self) -> tuple[Occurrence, ...]:
        """Idioms that were found, in the order of their last calls."""
        found: tuple[Occurrence, ...] = self.graph.get("idioms", ())
        return found

    @property
    def neutral(self) -> tuple[str, ...]:
        """Calls of the model that were left out: they hand on what they read, or only join it for another."""
        names: tuple[str, ...] = self.graph.get("neutral", ())
        return names

    @property
    def spelled(self) -> LayerGraph:
        """The graph with concatenations inside others as the model spells them, which known networks are told by."""
        graph: LayerGraph = self.graph.get("spelled", self)
        return graph

    @property
    def types(self) -> Mapping[str, BlockType]:
        """Block types by key."""
        types: Mapping[str, BlockType] = self.graph.get("types", {})
        return types

    def item(self, name: str) -> Item:
        """What stands at a node."""
        item: Item = self.__dict__["_node"][name]["item"]  # the views of networkx cost more than the look-up
        return item

    def items(self) -> Iterator[Item]:
        """What stands at the nodes, in order."""
        return (data["item"] for data in self.__dict__["_node"].values())

    def input_shape(self, port: Port) -> Shape:
        """Shape of the tensor at a (node, input index)."""
        name, index = port
        shapes = self.item(name).inputs
        return shapes[index] if index < len(shapes) else UNKNOWN

    def edges_into(self, name: str) -> Mapping[str, Mapping[str, Operands]]:
        """Source → attributes of the edges that end at a node."""
        edges: Mapping[str, Mapping[str, Operands]] = self.__dict__["_pred"][name]
        return edges

    def edges_from(self, name: str) -> Mapping[str, Mapping[str, Operands]]:
        """Target → attributes of the edges that begin at a node."""
        edges: Mapping[str, Mapping[str, Operands]] = self.__dict__["_adj"][name]
        return edges

    def operand_list(self, name: str) -> list[tuple[int, str, int]]:
        """(input index, source, output index) of every tensor that the node reads here, in input order."""
        read = self.__dict__["_pred"][name]
        found = [(to, source, out) for source, data in read.items() for out, to in data["operands"]]
        if len(found) > 1:
            found.sort()
        return found

    def add_item(self, item: Item, operands: Iterable[tuple[int, str, int]] = ()) -> None:
        """Add a node with its (input index, source, output index) operands."""
        self.add_node(item.id, item=item)
        by_source: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for to, source, out in operands:
            by_source[source].append((out, to))
        for source, pairs in by_source.items():
            self.add_edge(source, item.id, operands=tuple(sorted(pairs, key=lambda pair: pair[1])))


BlockGraph: TypeAlias = LayerGraph


def leaves(graph: LayerGraph) -> Iterator[Node]:
    """Every call in the graph, through all blocks, in topological order."""
    found: list[Node] = []
    _collect(graph, found)
    return iter(found)


def _collect(graph: LayerGraph, found: list[Node]) -> None:  # a third of the time of generators within generators
    for data in graph.__dict__["_node"].values():
        item = data["item"]
        if isinstance(item, Composite):
            _collect(item.body, found)
        else:
            found.append(item)


def is_block(item: object) -> TypeGuard[Block]:
    """Whether an item is a copy of a block type, not a unit, a run or a backbone."""
    return isinstance(item, Block)


def is_input(item: Item) -> bool:
    """Whether an item is an input of a model, or several that stand side by side."""
    if isinstance(item, Run):
        return all(map(is_input, item.body.items()))
    return isinstance(item, Node) and item.op == "InputLayer"


def holds_blocks(item: Item) -> TypeGuard[Block | Run]:
    """Whether an item is a copy of a block type, or a run of them."""
    return isinstance(item, Block) or (isinstance(item, Run) and bool(item.type))


def has_type(item: Item) -> TypeGuard[Block | Run | Group]:
    """Whether an item is drawn in the panel of a block type: copies of one, or a group."""
    return holds_blocks(item) or isinstance(item, Group)


def copies_in(block: Composite) -> int:
    """How many blocks a run holds; 1 for a single block."""
    return len(block.body) if isinstance(block, Run) else 1


def item_leaves(item: Item) -> Iterator[Node]:
    """The calls inside an item (itself, if it is one)."""
    return leaves(item.body) if isinstance(item, Composite) else iter((item,))


def blocks_in(graph: LayerGraph) -> Iterator[Block | Group]:
    """Every block and group at every level, outer levels first, in topological order."""
    level = [graph]
    while level:
        found = [block for body in level for block in _composites(body)]
        yield from found
        level = [block.body for block in found]


def _composites(graph: LayerGraph) -> list[Block | Group]:
    found: list[Block | Group] = []
    for item in graph.items():
        if isinstance(item, Block | Group):
            found.append(item)
        elif isinstance(item, Run):
            found += _composites(item.body)
    return found


def copies_by_type(graph: LayerGraph) -> dict[str, list[Block]]:
    """Block type → its copies at this level, in topological order."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for item in filter(is_block, graph.items()):
        copies[item.type].append(item)
    return dict(copies)


def fresh_type(types: Container[str]) -> str:
    """A key that no block type has."""
    return next(key for number in count() if (key := f"T{number}") not in types)


def letters_of(graph: LayerGraph) -> dict[str, str]:
    """Block type → its letter, A, B … Z, AA …, in order of first appearance."""
    return {key: _letter(number) for number, key in enumerate(dict.fromkeys(b.type for b in blocks_in(graph)))}


def _letter(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(65 + digit) + text
    return text


def layers_of(nodes: Iterable[Node]) -> dict[str, Layer]:
    """The layers behind the calls, each once, in order of first call, those that hand on what it gives behind it."""
    return {layer.name: layer for node in nodes for layer in (node.layer, *node.handing)}


def is_shared(nodes: Iterable[Node]) -> bool:
    """Whether any of the calls is a further call of a layer already called, if that has weights to share."""
    return any(node.call > 1 and node.layer.params != 0 for node in nodes)


def sets_of_weights(items: Sequence[Item]) -> int:
    """How many different sets of layers with weights the items call: fewer than items where some are called again."""
    if not is_shared(node for item in items for node in item_leaves(item)):
        return len(items)
    owned = {frozenset(node.layer.name for node in item_leaves(item) if node.layer.params) for item in items}
    return len(owned - {frozenset()}) or len(items)
