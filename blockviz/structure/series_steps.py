"""A skeleton as one line of steps, each a call or a merge of ways that leave one tensor, and so on inside the ways.

What a block computes in a row and what it computes side by side is then seen however often a piece is repeated. What
comes from another tensor than the one that is followed is a remark at the step that reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import networkx as nx

from blockviz.runtime.records import dataclass, field
from blockviz.structure.graph_notation import Rows, rows_of

_MOST_NODES = 150
_WEIGHTY = ("conv", "dw", "sep", "tconv", "dense", "attn", "rnn")


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a block, or a merge with the ways that it joins: an empty way is the tensor as it is.

    label : as in the skeleton; ``net`` for what is no series of ways. marks : see `skeleton`; ``taps`` where a branch
    leaves that ends elsewhere. beside : whether it reads another tensor, too. net : its graph, from ``in`` to ``out``.
    """

    label: str
    marks: frozenset[str] = frozenset()
    beside: bool = False
    ways: tuple[tuple[Step, ...], ...] = ()
    net: Rows = ()
    _hash: int = field(init=False)

    def __post_init__(self) -> None:
        found = hash((self.label, self.marks, self.beside, self.ways, self.net))
        object.__setattr__(self, "_hash", found)  # asked again and again, and ways are deep

    def __hash__(self) -> int:
        return self._hash


def step_lines(skeleton: nx.DiGraph[str]) -> Iterator[tuple[Step, ...]]:
    """The steps from each entry to each end, entries and ends in order; a skeleton without entries begins at its roots.

    A line that leaves weighty calls out, which no step has as a remark, is none.
    """
    if len(skeleton) > _MOST_NODES:
        return
    graph = _without_repetition(skeleton)
    entries = [name for name in graph if graph.nodes[name]["label"] == "in"]
    if not entries:
        roots = [name for name in graph if not graph.pred[name]]
        graph.add_node("in", label="in")
        graph.add_edges_from(("in", name) for name in roots)
        entries = ["in"]
    ends = [name for name in graph if not graph.succ[name] and name not in entries]
    for entry, end in product(entries, reversed(ends)):
        if (line := _line(graph, entry, end)) is not None:
            yield line


def _line(graph: nx.DiGraph[str], entry: str, end: str) -> tuple[Step, ...] | None:
    after, before = nx.descendants(graph, entry), nx.ancestors(graph, end)
    on = (after & before) | {entry, end}
    if end not in after:
        return None
    order = list(nx.lexicographical_topological_sort(graph.subgraph(on), key=str))
    marked = {}
    for name in order:
        marks = frozenset(graph.nodes[name].get("marks", ()))
        if any(reader not in on for reader in graph.succ[name]):
            marks |= {"taps"}
        others = [source for source in graph.pred[name] if source not in on]
        marked[name] = Step(graph.nodes[name]["label"], marks | _made_by(graph, others), bool(others))
    return None if "taps" in marked[entry].marks else _series(graph.subgraph(on), order, marked)


def _made_by(graph: nx.DiGraph[str], others: Sequence[str]) -> frozenset[str]:
    """Marks of a step for what makes the other tensors that it reads: ``by_dense``, ``by_conv``, ``by_softmax``;
    ``by_gate`` where one of them is a gate itself."""
    made = {name for other in others for name in (other, *nx.ancestors(graph, other))}
    kinds = {graph.nodes[name]["label"].partition(":")[0] for name in made}
    kinds |= {"softmax"} if any("softmax" in graph.nodes[name].get("marks", ()) for name in made) else set()
    kinds |= {"gate"} if any("gate" in graph.nodes[name].get("marks", ()) for name in others) else set()
    return frozenset(f"by_{kind}" for kind in ("dense", "conv", "softmax", "gate") if kind in kinds)


def _series(graph: nx.DiGraph[str], order: Sequence[str], steps: dict[str, Step]) -> tuple[Step, ...]:
    """The steps behind the first of some nodes in topological order, through each node that all ways pass."""
    out = []
    for (at, first), (to, last) in pairwise(_cuts(graph, order)):
        inner = order[at + 1 : to]
        out.append(_merged(steps[last], _ways(graph, first, inner, last, steps)) if inner else steps[last])
    return tuple(out)


def _merged(step: Step, ways: tuple[tuple[Step, ...], ...]) -> Step:
    return Step(step.label, step.marks, step.beside, ways)


def _cuts(graph: nx.DiGraph[str], order: Sequence[str]) -> list[tuple[int, str]]:
    """The nodes, with their places, over which no edge passes."""
    place = {name: number for number, name in enumerate(order)}
    furthest, found = 0, []
    for number, name in enumerate(order):
        if furthest <= number:
            found.append((number, name))
        furthest = max([furthest, *[place[to] for to in graph.succ[name] if to in place]])
    return found


def _ways(
    graph: nx.DiGraph[str], first: str, inner: Sequence[str], last: str, steps: dict[str, Step]
) -> tuple[tuple[Step, ...], ...]:
    """What lies between a fork and its merge, a way for each part that hangs together."""
    ways: list[tuple[Step, ...]] = [()] if last in graph.succ[first] else []
    inside = graph.subgraph(inner)
    for part in nx.weakly_connected_components(inside):
        nodes = [name for name in inner if name in part]
        region = nx.DiGraph(graph.subgraph([first, *nodes, last]))
        region.remove_edges_from([(first, last)] if region.has_edge(first, last) else [])
        cuts = _cuts(region, [first, *nodes, last])
        if len(cuts) == 2:  # no node that all its ways pass
            ways.append((_net(region, first, nodes, last),))
            continue
        way = list(_series(region, [first, *nodes, last], steps))
        ways.append(tuple(way if way[-1].ways else way[:-1]))
    return tuple(ways)


def _net(region: nx.DiGraph[str], first: str, nodes: Sequence[str], last: str) -> Step:
    """What lies between two nodes as one step, with its graph."""
    labels = {name: str(region.nodes[name]["label"]) for name in nodes}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(
        (name, {"label": labels.get(name, "in" if name == first else "out"),
                "marks": region.nodes[name].get("marks", ()) if name in labels else ()})
        for name in region
    )  # fmt: skip
    graph.add_edges_from(region.edges)
    return Step("net", net=rows_of(graph))


def _without_repetition(skeleton: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """A concatenation of what another one joins and more reads that one; a sum of a sum is one sum."""
    graph = nx.DiGraph(skeleton)
    joined: list[tuple[str, set[str]]] = []
    for name in list(nx.topological_sort(graph)):
        if graph.nodes[name]["label"] != "concat":
            continue
        sources = set(graph.pred[name])
        part = max((each for each in joined if each[1] < sources), key=lambda each: len(each[1]), default=None)
        if part is not None:
            graph.remove_edges_from([(source, name) for source in part[1]])
            graph.add_edge(part[0], name)
        joined.append((name, sources))
    for name in list(nx.topological_sort(graph)):
        after = list(graph.succ[name])
        if graph.nodes[name]["label"] == "add" and len(after) == 1 and graph.nodes[after[0]]["label"] == "add":
            graph.add_edges_from((source, after[0]) for source in graph.pred[name])
            graph.remove_node(name)
    return graph
