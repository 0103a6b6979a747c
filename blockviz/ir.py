"""The graph that everything works on: layers, nodes (calls), blocks, and how to fold and unfold them.

A `LayerGraph` is a `networkx.DiGraph` whose nodes carry ``item``: a `Node` (one call of a layer)
or, once passes have run, a `Block` (a composite with a body of its own, which is again a
`LayerGraph`). An edge carries ``operands``: a tuple of (output index of the source, input index of
the target), because a plain DiGraph keeps one edge for ``add(x, x)`` and a concatenation's order
matters.

Ports of a body: ``entries[i]`` lists the (inner node, input index) pairs that the block's input i
feeds, and ``exits[o]`` names the (inner node, output index) that is the block's output o.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import networkx as nx

from blockviz.errors import VerifyError

Shape: TypeAlias = tuple[int | None, ...]
Operands: TypeAlias = tuple[tuple[int, int], ...]
Port: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What owns weights; may be called more than once.

    Parameters
    ----------
    name : path of the layer, ``outer/inner`` inside a nested model; unique in a graph.
    op : class name as Keras has it (``Conv2D``); operations such as ``keras.ops.add`` likewise.
    config : the layer's configuration, JSON types only, without name and dtype policy objects.
    params : number of parameters, or None where nobody knows (an unknown custom layer).
    non_trainable : of these, how many training never changes (a batch norm's statistics).
    trainable : False where the layer is frozen; its parameters then all count as frozen.
    module : where the class says it comes from; "" where the file does not say.
    """

    name: str
    op: str
    config: Mapping[str, Any] = field(default_factory=dict)
    params: int | None = 0
    non_trainable: int = 0
    trainable: bool = True
    module: str = ""

    @property
    def trainable_params(self) -> int:
        """Parameters that training changes; none in a frozen layer."""
        return 0 if not self.trainable or self.params is None else self.params - self.non_trainable


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One call of a layer.

    ``id`` is the layer's name for its first call and ``name@2``, ``name@3`` … for later ones.
    ``args`` holds the call's constants that are not tensors (an axis, a scalar operand).
    ``scope`` is the path of nested models around the call, outermost first.
    """

    id: str
    layer: Layer
    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    call: int = 1

    @property
    def op(self) -> str:
        """The class name of the layer called."""
        return self.layer.op

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the layer called."""
        return self.layer.config


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A composite node: what it is (``kind``, ``type``) and what is inside (``body``).

    kind : ``unit`` (convolution with its normalisation and activation), ``block`` (an occurrence of
        a block type), ``run`` (consecutive blocks of one type, ×N), ``group`` (a stem or head that
        occurs once), ``backbone`` or ``nested``.
    type : key into the graph's ``types``; runs carry the type of their blocks.
    variant : what sets this copy apart from its type's main form, or None.
    stage : the stage that the block belongs to, or None.
    """

    id: str
    kind: str
    type: str
    body: LayerGraph
    variant: str | None = None
    stage: str | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """Shapes of the tensors that enter, one per entry of the body."""
        return tuple(self.body.input_shape(ports[0]) for ports in self.body.entries)

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """Shapes of the tensors that leave, one per exit of the body."""
        return tuple(self.body.item(name).outputs[index] for name, index in self.body.exits)


Item: TypeAlias = Node | Block


@dataclass(frozen=True, slots=True)
class BlockType:
    """What the copies of a block share: its key, how deep it was found, its name and why it has it.

    source : ``template`` (a pattern of the literature), ``structure`` (what it does), ``layer names``
        or ``user``. references : BibTeX keys of the papers behind the name.
    """

    key: str
    level: int = 0
    name: str = ""
    source: str = "structure"
    reason: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A nested model or wrapper in the source: its path, class name and how often it is called."""

    path: str
    op: str
    calls: int = 1


class LayerGraph(nx.DiGraph):  # type: ignore[type-arg]
    """Nodes with ``item`` (Node or Block), edges with ``operands``; insertion order is topological.

    ``graph`` attributes: ``name``, ``inputs`` (ids of the input nodes, in the model's order),
    ``entries`` and ``exits`` (see the module's docstring; the whole model has no entries and its
    exits are the model's outputs), ``scopes`` (path → Scope), ``types`` (key → block type).
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
    def kept(self) -> frozenset[str]:
        """Names of the layers that the user wants to see on their own, outside any block."""
        names: frozenset[str] = self.graph.get("kept", frozenset())
        return names

    @property
    def scopes(self) -> Mapping[str, Scope]:
        """Nested models by path."""
        scopes: Mapping[str, Scope] = self.graph.get("scopes", {})
        return scopes

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
        """Shape of the tensor at a (node, input index); empty where nobody knows."""
        name, index = port
        shapes = self.item(name).inputs
        return shapes[index] if index < len(shapes) else ()

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
    for item in graph.items():
        if isinstance(item, Block):
            yield from leaves(item.body)
        else:
            yield item


def item_leaves(item: Item) -> Iterator[Node]:
    """The calls inside an item (itself, if it is one)."""
    return leaves(item.body) if isinstance(item, Block) else iter((item,))


def blocks_in(graph: LayerGraph) -> Iterator[Block]:
    """Every block and group at every level, outer levels first, in topological order."""
    level = [graph]
    while level:
        found = [block for body in level for block in _composites(body)]
        yield from found
        level = [block.body for block in found]


def _composites(graph: LayerGraph) -> Iterator[Block]:
    for item in graph.items():
        if isinstance(item, Block) and item.kind == "run":
            yield from _composites(item.body)
        elif isinstance(item, Block) and item.kind in ("block", "group"):
            yield item


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
    """The layers behind the calls, each once, in order of first call."""
    return {node.layer.name: node.layer for node in nodes}


def is_shared(nodes: Iterable[Node]) -> bool:
    """Whether any of the calls is a further call of a layer already called."""
    return any(node.call > 1 for node in nodes)


@dataclass(frozen=True, slots=True)
class Fold:
    """Members of one composite to be: their ids in topological order, and who makes the block of a body."""

    members: Sequence[str]
    make: Callable[[LayerGraph], Block]


def contract(graph: LayerGraph, folds: Sequence[Fold]) -> LayerGraph:
    """Replace each fold's members by one block; linear in nodes and edges.

    The folds must be disjoint and each convex (no path leaves and re-enters); `check` finds out.
    The input graph is untouched.
    """
    owner = {name: index for index, fold in enumerate(folds) for name in fold.members}
    bodies, wiring = _bodies(graph, folds, owner)
    blocks = [fold.make(body) for fold, body in zip(folds, bodies, strict=True)]
    out = LayerGraph(**{**graph.graph, "exits": ()})
    edges: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
    seen: set[int] = set()
    for name in graph:
        index = owner.get(name)
        if index is None:
            out.add_node(name, item=graph.item(name))
        elif index not in seen:
            seen.add(index)
            out.add_node(blocks[index].id, item=blocks[index])
    for source, target, data in graph.edges(data=True):
        a, b = owner.get(source), owner.get(target)
        if a is not None and a == b:
            continue
        for o, i in data["operands"]:
            left = (source, o) if a is None else (blocks[a].id, wiring.exit_of[a][source, o])
            right = (target, i) if b is None else (blocks[b].id, wiring.entry_of[b][source, o])
            edges[left[0], right[0]].add((left[1], right[1]))
    # An entry whose tensor comes from above this body has no edge here: it stays an entry of the body.
    for (source, target), pairs in edges.items():
        out.add_edge(source, target, operands=tuple(sorted(pairs, key=lambda pair: (pair[1], pair[0]))))
    out.graph["entries"] = tuple(
        tuple(
            dict.fromkeys(
                (name, i) if (at := owner.get(name)) is None else (blocks[at].id, wiring.entry_of[at]["", number])
                for name, i in ports
            )
        )
        for number, ports in enumerate(graph.entries)
    )
    out.graph["exits"] = tuple(
        (name, o) if (at := owner.get(name)) is None else (blocks[at].id, wiring.exit_of[at][name, o])
        for name, o in graph.exits
    )
    order = {name: position for position, name in enumerate(_topological(out))}
    return _reordered(out, order)


@dataclass(slots=True)
class _Wiring:
    """Per fold: outer tensor → entry number (an outer entry is ("", number)), inner tensor → exit number."""

    entry_of: list[dict[Port, int]]
    exit_of: list[dict[Port, int]]


def _bodies(graph: LayerGraph, folds: Sequence[Fold], owner: Mapping[str, int]) -> tuple[list[LayerGraph], _Wiring]:
    outer_entry: dict[Port, int] = {port: number for number, ports in enumerate(graph.entries) for port in ports}
    outer_exit = set(graph.exits)
    wiring = _Wiring([], [])
    bodies = []
    for index, fold in enumerate(folds):
        body = LayerGraph(name="")
        for name in fold.members:
            body.add_node(name, item=graph.item(name))
        entries: dict[Port, list[Port]] = {}
        for name in fold.members:
            for i, tensor in _reads(graph, name, outer_entry):
                if not tensor[0] or owner.get(tensor[0]) != index:
                    entries.setdefault(tensor, []).append((name, i))
        exits = _exits(graph, body, fold, outer_exit)
        body.graph["entries"] = tuple(tuple(ports) for ports in entries.values())
        body.graph["exits"] = tuple(exits)
        wiring.entry_of.append({tensor: number for number, tensor in enumerate(entries)})
        wiring.exit_of.append(exits)
        bodies.append(body)
    return bodies, wiring


def _reads(graph: LayerGraph, name: str, outer_entry: Mapping[Port, int]) -> list[tuple[int, Port]]:
    """(input index, tensor) of a node, in input order; an outer entry is the tensor ("", number)."""
    reads: list[tuple[int, Port]] = [(i, (source, o)) for i, source, o in graph.operand_list(name)]
    if outer_entry:
        here = {i for i, _ in reads}
        inputs = range(len(graph.item(name).inputs))
        reads += [(i, ("", outer_entry[name, i])) for i in inputs if i not in here and (name, i) in outer_entry]
        reads.sort()
    return reads


def _exits(graph: LayerGraph, body: LayerGraph, fold: Fold, outer_exit: set[Port]) -> dict[Port, int]:
    """Number of each tensor that leaves; adds the inner edges to the body on the way."""
    exits: dict[Port, int] = {}
    members = set(body)
    for name in fold.members:
        for target, data in graph.succ[name].items():
            if target in members:
                body.add_edge(name, target, operands=data["operands"])
            else:
                for o, _ in data["operands"]:
                    exits.setdefault((name, o), len(exits))
        for o in range(len(graph.item(name).outputs)):
            if (name, o) in outer_exit:
                exits.setdefault((name, o), len(exits))
    return exits


def _topological(graph: LayerGraph) -> list[str]:
    """Topological order that keeps to the present insertion order where it can."""
    rank = {name: position for position, name in enumerate(graph)}
    try:
        return list(nx.lexicographical_topological_sort(graph, key=rank.__getitem__))
    except nx.NetworkXUnfeasible:
        raise VerifyError("a fold is not convex: contracting it would make a cycle") from None


def _reordered(graph: LayerGraph, order: Mapping[str, int]) -> LayerGraph:
    out = LayerGraph(**graph.graph)
    for name in sorted(graph, key=order.__getitem__):
        out.add_node(name, item=graph.item(name))
    out.add_edges_from(graph.edges(data=True))
    return out


def expand(graph: LayerGraph, opens: Callable[[Block], bool] = lambda _: True) -> LayerGraph:
    """Undo contractions: of every block, which gives the layer graph, or of those that ``opens`` accepts."""
    out = LayerGraph(**graph.graph)
    edges: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    _inline(graph, [("", number) for number in range(len(graph.entries))], out, edges, opens)
    entries: dict[int, list[Port]] = defaultdict(list)
    for (source, target), pairs in edges.items():
        if source:
            out.add_edge(source, target, operands=tuple(sorted(pairs, key=lambda pair: (pair[1], pair[0]))))
        else:
            for number, index in pairs:
                entries[number].append((target, index))
    out.graph["entries"] = tuple(tuple(entries[number]) for number in range(len(graph.entries)))
    out.graph["exits"] = tuple(_resolve_exit(graph, port, opens) for port in graph.exits)
    return out


def _resolve_exit(graph: LayerGraph, port: Port, opens: Callable[[Block], bool]) -> Port:
    item = graph.item(port[0])
    while isinstance(item, Block) and opens(item):
        port = item.body.exits[port[1]]
        item = item.body.item(port[0])
    return port


def _inline(
    graph: LayerGraph,
    feeds: Sequence[Port],
    out: LayerGraph,
    edges: dict[tuple[str, str], list[tuple[int, int]]],
    opens: Callable[[Block], bool],
) -> None:
    """Add what is in a body to ``out``; ``feeds[i]`` is the tensor behind entry i, ("", i) for an outermost one."""
    incoming: dict[str, dict[int, Port]] = defaultdict(dict)
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming[name][index] = feeds[number]
    for name in graph:
        item = graph.item(name)
        reads = dict(incoming.get(name, {}))
        for i, source, o in graph.operand_list(name):
            reads[i] = _resolve_exit(graph, (source, o), opens)
        if isinstance(item, Block) and opens(item):
            _inline(item.body, [reads[i] for i in range(len(item.body.entries))], out, edges, opens)
            continue
        out.add_node(name, item=item)
        for i, tensor in sorted(reads.items()):
            edges[tensor[0], name].append((tensor[1], i))


def verify(graph: LayerGraph, source: LayerGraph) -> None:
    """Check that the block graph expands to ``source``, node for node and edge for edge.

    The node ids are kept through every pass, so the isomorphism is known and checking it is linear.

    Raises
    ------
    VerifyError : a node, an edge, an operand order, an output or a parameter differs.
    """
    found: dict[str, list[tuple[int, str, int]]] = {}
    for node, reads in _leaf_reads(graph, [("", number) for number in range(len(graph.entries))]):
        if node.id in found:
            raise VerifyError(f"node {node.id!r} stands in two places")
        if node.id not in source or source.item(node.id) is not node:
            raise VerifyError(f"node {node.id!r} is not the one of the model")
        found[node.id] = reads
    if len(found) != len(source):
        raise VerifyError(f"nodes differ: {sorted(set(found) ^ set(source))[:5]}")
    for name, reads in found.items():
        if reads != source.operand_list(name):
            raise VerifyError(f"node {name!r} reads other tensors than in the model")
    exits = tuple(_resolve_exit(graph, port, _always) for port in graph.exits)
    if exits != source.exits or graph.inputs != source.inputs:
        raise VerifyError("inputs or outputs differ")
    _check_acyclic(graph)


def _leaf_reads(graph: LayerGraph, feeds: Sequence[Port]) -> Iterator[tuple[Node, list[tuple[int, str, int]]]]:
    """Every call with the (input index, source call, output index) of what it reads, through all blocks."""
    incoming: dict[str, list[tuple[int, Port]]] = defaultdict(list)
    for number, ports in enumerate(graph.entries):
        for name, index in ports:
            incoming[name].append((index, feeds[number]))
    for name, item in zip(graph, graph.items(), strict=True):
        reads = incoming.get(name, [])
        for to, source, out in graph.operand_list(name):
            reads.append((to, _resolve_exit(graph, (source, out), _always)))
        reads.sort()
        if isinstance(item, Block):
            if [to for to, _ in reads] != list(range(len(item.body.entries))):
                raise VerifyError(f"block {name!r} has inputs that nothing feeds, or none")
            yield from _leaf_reads(item.body, [tensor for _, tensor in reads])
        else:
            yield item, [(to, tensor[0], tensor[1]) for to, tensor in reads]


def _always(_: Block) -> bool:
    return True


def _check_acyclic(graph: LayerGraph) -> None:
    if not nx.is_directed_acyclic_graph(graph):
        raise VerifyError("a block is not convex: the block graph has a cycle")
    for item in graph.items():
        if isinstance(item, Block) and item.kind != "unit":
            _check_acyclic(item.body)
