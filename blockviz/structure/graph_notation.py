"""Graphs in a small notation, chains joined by semicolons: see `block_patterns`."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise
from typing import TypeAlias

import networkx as nx
from networkx.algorithms.isomorphism import DiGraphMatcher

from blockviz.structure.labels import fits

#: A graph as rows of a label and the rows that are read.
Rows: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
#: The marks of `skeleton` that a graph may ask for: ``dense.gate``.
_ASKED = frozenset([
    "active", "vector", "gate", "widens", "narrows", "dilated", "shifted", "across", "down", "glu", "folded",
    "partnorm", "lstm",
])  # fmt: skip


def rows_of(graph: nx.DiGraph[str]) -> Rows:
    """A skeleton as rows, in its order of nodes; behind a label stand the marks that a graph may ask for."""
    at = {name: place for place, name in enumerate(graph)}
    return tuple([
        (".".join([data["label"], *sorted(_ASKED.intersection(data.get("marks", ())))]),
         tuple([at[to] for to in graph.pred[name]]))
        for name, data in graph.nodes(data=True)
    ])  # fmt: skip


def graph_of(rows: Rows) -> nx.DiGraph[int]:
    """The graph of rows."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((place, {"label": label}) for place, (label, _) in enumerate(rows))
    graph.add_edges_from((source, place) for place, (_, sources) in enumerate(rows) for source in sources)
    return graph


@lru_cache(maxsize=4096)
def is_graph(rows: Rows, text: str) -> bool:
    """Whether rows are isomorphic to a graph in the notation. Raises ValueError for a text that is none."""
    wanted = parse_pattern(text)
    if (len(rows), sum([len(sources) for _, sources in rows])) != (len(wanted), wanted.number_of_edges()):
        return False
    return bool(DiGraphMatcher(graph_of(rows), wanted, node_match=fits_node).is_isomorphic())


def repeated(text: str) -> list[str]:
    """A graph whose nodes may repeat, ``a=conv:k{2,4}``, as one graph for each number; a bare name is the last."""
    found = re.search(r"(\w+)=([^\s>;{]+)\{(\d+),(\d+)\}", text)
    if found is None:
        return [text]
    name, label, least, most = found[1], found[2], int(found[3]), int(found[4])
    out = []
    for count in range(least, most + 1):
        row = " > ".join([f"{name}_{number}={label}" for number in range(1, count)] + [f"{name}={label}"])
        out += repeated(text[: found.start()] + row + text[found.end() :])
    return out


def size_of(text: str) -> tuple[int, int]:
    """Numbers of nodes and edges of a graph in the notation."""
    names: set[str] = set()
    edges: set[tuple[str, str]] = set()
    for chain in text.split(";"):
        nodes = [token.partition("=")[0].strip() for token in chain.split(">")]
        names.update(nodes)
        edges.update(pairwise(nodes))
    return len(names), len(edges)


def notation_of(graph: nx.DiGraph[str]) -> str:
    """A skeleton in the notation of this module."""
    entries = [name for name, data in graph.nodes(data=True) if data["label"] == "in"]
    names = {name: "in" if place == 0 else f"in{place + 1}" for place, name in enumerate(entries)}
    chains: list[list[str]] = []
    at = {name: place for place, name in enumerate(graph)}
    for name in nx.lexicographical_topological_sort(graph, key=at.__getitem__):
        if name in names:
            continue
        names[name] = f"n{len(names) - len(entries) + 1}"
        introduced = f"{names[name]}={_wanted(str(graph.nodes[name]['label']))}"
        for number, source in enumerate(graph.pred[name]):
            token = names[name] if number else introduced
            if chains and chains[-1][-1].partition("=")[0] == names[source]:
                chains[-1].append(token)
            else:
                chains.append([names[source], token])
    return "; ".join([" > ".join(chain) for chain in chains])


def _wanted(label: str) -> str:
    """The label in a pattern that a label of a skeleton fits: flags stand in front there."""
    found = re.fullmatch(r"(conv|tconv|sep):([\dxNone]*)([dg]*)", label)
    return f"{found[3]}{found[1]}:{found[2]}" if found else label


@cache
def parse_pattern(text: str) -> nx.DiGraph[str]:
    """A graph from the notation of this module; ``out`` is the merge behind a net of ways (see `block_forms`).

    Raises
    ------
    ValueError : a name is used before it is introduced.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    for chain in text.split(";"):
        before: str | None = None
        for token in chain.split(">"):
            name, _, label = token.strip().partition("=")
            if re.fullmatch(r"in\d*|out", name):
                graph.add_node(name, label=name.rstrip("0123456789"))
            elif label:
                graph.add_node(name, label=label)
            elif name not in graph:
                raise ValueError(f"pattern {text!r} uses {name!r} before it is introduced, as in a=conv:k")
            if before is not None:
                graph.add_edge(before, name)
            before = name
    return graph


def fits_node(actual: dict[str, str], wanted: dict[str, str]) -> bool:
    """Whether a node of a skeleton is one that a pattern asks for."""
    return any(fits(actual["label"], choice) for choice in wanted["label"].split("|"))
