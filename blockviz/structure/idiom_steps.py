"""A skeleton in which a word of the field is one step: the calls of an idiom that stands in a block whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import networkx as nx

from blockviz.ir import LayerGraph, Occurrence, expand, leaves
from blockviz.structure.labels import fits

#: Idioms that are one step to a form, by the label that they have there.
IDIOM_LABELS: Mapping[str, str] = {
    "Affine coupling": "coupling", "Additive coupling layer": "addcoupling", "Attention gate": "attgate",
    "CBAM": "cbam", "Coordinate attention": "coord", "EdgeConv": "edgeconv", "External attention": "exattn",
    "Efficient channel attention": "eca", "Graph convolution": "graphconv", "GRU cell": "grucell",
    "LSTM cell": "lstmcell", "Maxout": "maxout", "Mixture of experts": "moe", "Sparse mixture of experts": "moe",
    "Mixed depthwise convolution": "mixed", "Non-local block": "nonlocal", "Selective kernel": "selective",
    "Selective scan": "scan", "Split attention": "split", "Squeeze-and-excitation": "squeeze", "scSE": "scse",
    "Vector quantiser": "quantiser", "Weighted feature fusion": "fusion", "Deformable sampling": "deform",
    "Attention pooling": "attnpool", "Frequency-domain MLP": "freqmlp", "Reparameterisation": "sampling",
    "AdaIN": "adain", "SPADE": "spade",
}  # fmt: skip


#: Idioms that rearrange what the call before them gives, by the mark that it bears (see `skeleton`).
SHUFFLES: Mapping[str, str] = {"Channel shuffle": "mixed", "Pixel shuffle": "shuffled"}


def with_idioms(skeleton: nx.DiGraph[str], body: LayerGraph, idioms: Iterable[Occurrence]) -> nx.DiGraph[str] | None:
    """The skeleton of a body with one node for each idiom that is whole in it, larger ones first; None without any.

    An idiom whose node would close a circle stays apart.
    """
    held = {node.id for node in leaves(body)}
    inside = [one for one in idioms if held.issuperset(one.calls)]
    whole = {one.calls: one for one in inside if one.word in IDIOM_LABELS}
    graph = _with_shuffles(skeleton, body, [one for one in inside if one.word in SHUFFLES])
    for one in sorted(whole.values(), key=lambda one: -len(one.calls)):
        members = [name for name in graph if name in one.calls]
        if members and (made := _contracted(graph, set(members), members[-1], _label(graph, members, one))) is not None:
            graph = made
    return None if graph is skeleton else graph


def _with_shuffles(skeleton: nx.DiGraph[str], body: LayerGraph, shuffles: Sequence[Occurrence]) -> nx.DiGraph[str]:
    """The skeleton, with a mark at each call of which what it gives is shuffled."""
    shuffled = dict[str, str]()
    flat = expand(body) if shuffles else body  # a call may stand in a block of the body
    for one in shuffles:
        name = one.calls[0]
        while name in flat and len(flat.pred[name]) == 1 and name not in skeleton:
            (name,) = flat.pred[name]
        if name in skeleton:
            shuffled[name] = SHUFFLES[one.word]
    if not shuffled:
        return skeleton
    made = nx.DiGraph(skeleton)
    for name, mark in shuffled.items():
        made.nodes[name]["marks"] = made.nodes[name].get("marks", frozenset()) | {mark}
    return made


def _label(graph: nx.DiGraph[str], members: Sequence[str], idiom: Occurrence) -> str:
    """An idiom's label; ``selective`` where attention chooses between kernels that differ."""
    kernels = {label for name in members if (label := str(graph.nodes[name]["label"])).startswith("conv")}
    chooses = len({label for label in kernels if not fits(label, "conv:1")}) > 1
    return "selective" if chooses and idiom.word == "Split attention" else IDIOM_LABELS[idiom.word]


def _contracted(graph: nx.DiGraph[str], members: Set[str], name: str, label: str) -> nx.DiGraph[str] | None:
    """The graph with its members as one node; None where a way leads out of them and back."""
    made: nx.DiGraph[str] = nx.DiGraph()
    for node, data in graph.nodes(data=True):
        if node == name or node not in members:
            made.add_node(node, **({"label": label, "marks": data.get("marks", frozenset())} if node == name else data))
    for source, to in graph.edges:
        ends = name if source in members else source, name if to in members else to
        if ends[0] != ends[1]:
            made.add_edge(*ends)
    return made if nx.is_directed_acyclic_graph(made) else None
