"""What is computed alike in one spelling: a skeleton whose pieces are written otherwise than patterns write them.

A product with the softmax of a product is attention, of channels where its weights have a row a channel. A convolution
whose channels become places is a transposed one. The mean of ways within a sum is a part of the sum.
"""

from __future__ import annotations

import networkx as nx

from blockviz.structure.labels import fits, kind_of


def rewritten(graph: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """A skeleton in the one spelling; the same one where it is so already."""
    made = nx.DiGraph(graph)
    changed = [rule(made) for rule in (_attention, _shuffles, _means)]
    return made if any(changed) else graph


def _attention(graph: nx.DiGraph[str]) -> bool:
    """Make a product with the softmax of a product attention."""
    found = False
    for name in [name for name in _labelled(graph, "dot") if _weighs(graph, name)]:
        weights = next(source for source in graph.pred[name] if _is_softmax_of_product(graph, source))
        sources = dict.fromkeys([*graph.pred[weights], *[one for one in graph.pred[name] if one != weights]])
        known = "mattn" if "unsure" in graph.nodes[weights]["marks"] else "attn"
        label = "chattn" if _is_of_channels(graph, weights, name) else known
        graph.add_node(name, label=label, marks=graph.nodes[name].get("marks", frozenset()) - {"square", "across"})
        graph.remove_node(weights)
        graph.add_edges_from((source, name) for source in sources)
        _take_projections(graph, name)
        found = True
    return found


def _take_projections(graph: nx.DiGraph[str], name: str) -> None:
    """What makes queries, keys and values, and what is made of the result, are of the attention."""
    for made in [source for source in graph.pred[name] if _projects(graph, source)]:
        graph.add_edges_from((source, name) for source in list(graph.pred[made]))
        graph.remove_node(made)
    if len(graph.pred[name]) > 1:
        graph.nodes[name]["marks"] |= {"cross"}
    for after in list(graph.succ[name]):
        if len(graph.succ[name]) == 1 and _projects(graph, after):
            graph.add_edges_from((name, reader) for reader in list(graph.succ[after]))
            graph.remove_node(after)


def _projects(graph: nx.DiGraph[str], name: str) -> bool:
    label, marks = graph.nodes[name]["label"], graph.nodes[name].get("marks", ())
    plain = (label == "dense" or fits(label, "conv:1")) and "active" not in marks and "down" not in marks
    return plain and len(graph.pred[name]) == len(graph.succ[name]) == 1


def _weighs(graph: nx.DiGraph[str], name: str) -> bool:
    return any(_is_softmax_of_product(graph, source) for source in graph.pred[name])


def _is_softmax_of_product(graph: nx.DiGraph[str], name: str) -> bool:
    data = graph.nodes[name]
    weighs = "softmax" in data.get("marks", ()) and "sideways" not in data["marks"]
    return data["label"] == "dot" and weighs and len(graph.succ[name]) == 1


def _is_of_channels(graph: nx.DiGraph[str], weights: str, name: str) -> bool:
    """Whether the weights have a row and a column for each channel of what they weigh, and the places are others."""
    rows, shape = graph.nodes[weights].get("shape", ())[-2:], graph.nodes[name].get("shape", ())[-2:]
    return len(shape) == len(rows) == 2 and rows[0] == rows[1] != shape[0] and rows[0] == shape[1] and None not in rows


def _shuffles(graph: nx.DiGraph[str]) -> bool:
    """Make a convolution behind which channels become places a transposed one."""
    shuffled = [name for name, marks in graph.nodes("marks", frozenset()) if "shuffled" in marks]
    shuffled = [name for name in shuffled if kind_of(graph.nodes[name]["label"]) == "conv"]
    for name in shuffled:
        marks = graph.nodes[name]["marks"] - {"shuffled", "widens"}
        graph.add_node(name, label=f"t{graph.nodes[name]['label'].rstrip('dg')}", marks=marks)
    return bool(shuffled)


def _means(graph: nx.DiGraph[str]) -> bool:
    """Make the mean of ways that only a sum reads a sum."""
    means = _labelled(graph, "mean")
    inside = [name for name in means if [graph.nodes[to]["label"] for to in graph.succ[name]] == ["add"]]
    for name in inside:
        graph.add_node(name, label="add")
    return bool(inside)


def _labelled(graph: nx.DiGraph[str], label: str) -> list[str]:
    return [name for name, data in graph.nodes(data=True) if data["label"] == label]
