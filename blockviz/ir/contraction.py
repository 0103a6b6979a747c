"""Folding and unfolding: `contract` puts nodes into blocks, `expand` takes them out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import networkx as nx

from blockviz.errors import VerifyError
from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import Block, Composite, Item, Node, Unit
from blockviz.runtime.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Fold:
    """Members of one composite to be: their ids in topological order, and who makes the block of a body."""

    members: Sequence[str]
    make: Callable[[LayerGraph], Composite]


def copy_of(key: str, members: Sequence[str]) -> Fold:
    """The fold of some nodes into a copy of a block type, named after the first of them."""
    return Fold(tuple(members), lambda body: Block(f"{key}:{members[0]}", body, key))


def contract(graph: LayerGraph, folds: Sequence[Fold]) -> LayerGraph:
    """Replace each fold's members by one block; linear in nodes and edges.

    The folds must be disjoint and each convex (no path leaves and re-enters); `check` finds out.
    The input graph is untouched.
    """
    owner = {name: index for index, fold in enumerate(folds) for name in fold.members}
    bodies, wiring = _bodies(graph, folds, owner)
    blocks = [fold.make(body) for fold, body in zip(folds, bodies, strict=True)]
    out = LayerGraph(**{**graph.graph, "exits": ()})
    edges: dict[str, dict[str, set[tuple[int, int]]]] = defaultdict(lambda: defaultdict(set))
    seen: set[int] = set()
    for name in graph:
        index = owner.get(name)
        if index is None:
            out.add_node(name, item=graph.item(name))
        elif index not in seen:
            seen.add(index)
            out.add_node(blocks[index].id, item=blocks[index])
    for source in graph:
        a = owner.get(source)
        for target, data in graph.edges_from(source).items():
            b = owner.get(target)
            if a is not None and a == b:
                continue
            for o, i in data["operands"]:
                left = (source, o) if a is None else (blocks[a].id, wiring.exit_of[a][source, o])
                right = (target, i) if b is None else (blocks[b].id, wiring.entry_of[b][source, o])
                edges[left[0]][right[0]].add((left[1], right[1]))
    # An entry whose tensor comes from above this body has no edge here: it stays an entry of the body.
    for source in out:
        for target, pairs in edges[source].items() if source in edges else ():
            out.add_edge(source, target, operands=tuple(sorted(pairs, key=_by_input)))
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
    return _in_order(out)


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
    """Number of each tensor that leaves, the deepest in the block first; adds the inner edges to the body on the way.

    So a block's first output is what it ends in, and not a tap or a mask made on the way.
    """
    members = set(body)
    given = {name for name, _ in outer_exit} if outer_exit else ()
    leaving: dict[Port, None] = {}
    for name in fold.members:
        for target, data in graph.edges_from(name).items():
            if target in members:
                body.add_edge(name, target, operands=data["operands"])
            else:
                leaving.update(dict.fromkeys((name, o) for o, _ in data["operands"]))
        if name in given:
            outputs = range(len(graph.item(name).outputs))
            leaving.update(dict.fromkeys((name, o) for o in outputs if (name, o) in outer_exit))
    ports = list(leaving)
    if len(ports) > 1:
        depth: dict[str, int] = {}
        for name in fold.members:
            depth[name] = 1 + max((depth[source] for source in body.pred[name]), default=0)
        ports.sort(key=lambda port: -depth[port[0]])
    return {port: number for number, port in enumerate(ports)}


def _by_input(pair: tuple[int, int]) -> tuple[int, int]:
    return pair[1], pair[0]


def _in_order(graph: LayerGraph) -> LayerGraph:
    """The graph in a topological order that keeps to the present one where it can; as it is, if that is one."""
    rank = {name: position for position, name in enumerate(graph)}
    if all(rank[source] < position for name, position in rank.items() for source in graph.edges_into(name)):
        return graph
    out = LayerGraph(**graph.graph)
    try:
        for name in nx.lexicographical_topological_sort(graph, key=rank.__getitem__):
            out.add_node(name, item=graph.item(name))
    except nx.NetworkXUnfeasible:
        raise VerifyError("a fold is not convex: contracting it would make a cycle") from None
    out.add_edges_from(graph.edges(data=True))
    return out


def expand(graph: LayerGraph, opens: Callable[[Composite], bool] = lambda _: True) -> LayerGraph:
    """Undo contractions: of every block, which gives the layer graph, or of those that ``opens`` accepts."""
    out = LayerGraph(**graph.graph)
    edges: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    _inline(graph, [("", number) for number in range(len(graph.entries))], out, edges, opens)
    entries: dict[int, list[Port]] = defaultdict(list)
    for (source, target), pairs in edges.items():
        if source:
            out.add_edge(source, target, operands=tuple(sorted(pairs, key=_by_input)))
        else:
            for number, index in pairs:
                entries[number].append((target, index))
    out.graph["entries"] = tuple(tuple(entries[number]) for number in range(len(graph.entries)))
    out.graph["exits"] = tuple(resolve_exit(graph, port, opens) for port in graph.exits)
    return out


def is_one_of(names: Collection[str]) -> Callable[[Composite], bool]:
    """Which blocks to open, by their ids."""
    return lambda item: item.id in names


def refolded(graph: LayerGraph, opened: Collection[str], folds: Sequence[Fold]) -> LayerGraph:
    """The graph with other folds in place of some blocks; itself where calls of others run through one of the folds."""
    try:
        return contract(expand(graph, is_one_of(opened)), folds)
    except VerifyError:
        return graph


def expand_deep(graph: LayerGraph, opens: Callable[[Composite], bool]) -> LayerGraph:
    """The same inside the blocks that stay closed, too, at every level; the graph itself if nothing opens."""
    if any(isinstance(item, Composite) and opens(item) for item in graph.items()):
        graph = expand(graph, opens)

    def inside(item: Item) -> Item:
        if isinstance(item, Node | Unit):
            return item
        body = expand_deep(item.body, opens)
        return item if body is item.body else replace(item, body=body)

    return with_items(graph, inside)


def with_items(graph: LayerGraph, change: Callable[[Item], Item]) -> LayerGraph:
    """The same wiring with each item as ``change`` gives it, under its own id; the graph itself if nothing changes."""
    items = [change(item) for item in graph.items()]
    if all(new is old for new, old in zip(items, graph.items(), strict=True)):
        return graph
    out = LayerGraph(**graph.graph)
    for item in items:
        out.add_node(item.id, item=item)
    out.add_edges_from(graph.edges(data=True))
    return out


def resolve_exit(graph: LayerGraph, port: Port, opens: Callable[[Composite], bool]) -> Port:
    """The tensor behind a tensor, through the blocks that ``opens`` accepts."""
    item = graph.item(port[0])
    while isinstance(item, Composite) and opens(item):
        port = item.body.exits[port[1]]
        item = item.body.item(port[0])
    return port


def _inline(
    graph: LayerGraph,
    feeds: Sequence[Port],
    out: LayerGraph,
    edges: dict[tuple[str, str], list[tuple[int, int]]],
    opens: Callable[[Composite], bool],
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
            reads[i] = resolve_exit(graph, (source, o), opens)
        if isinstance(item, Composite) and opens(item):
            _inline(item.body, [reads[i] for i in range(len(item.body.entries))], out, edges, opens)
            continue
        out.add_node(name, item=item)
        for i, tensor in sorted(reads.items()):
            edges[tensor[0], name].append((tensor[1], i))
