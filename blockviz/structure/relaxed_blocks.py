"""A block that is one of the literature but for a spelling or an addition, where nothing fits it as it stands.

Kernels along one or three axes stand for those along two, dense layers for convolutions with kernels of ones. Separable
convolutions stand for plain ones, which the name tells, as it tells a gate over channels or places, and groups:
``ConvNeXt block with squeeze-and-excitation``, ``HarD block with grouped convolutions``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import networkx as nx

from blockviz.ir import LayerGraph, Occurrence
from blockviz.structure.block_patterns import BlockPattern, facts_of, name_of_line, name_of_rows, suits
from blockviz.structure.graph_notation import rows_of
from blockviz.structure.idiom_steps import with_idioms
from blockviz.structure.rewritten import rewritten
from blockviz.structure.skeleton import skeleton

#: What may be added to any block, by the label that it has as one step, and how it is said.
ADDITIONS = {
    "squeeze": "squeeze-and-excitation", "cbam": "CBAM", "eca": "efficient channel attention",
    "coord": "coordinate attention", "scse": "scSE", "chgate": "channel attention", "spgate": "spatial attention",
}  # fmt: skip


NO_STREAMS: Mapping[int, int] = {}


def match_relaxed(
    body: LayerGraph, *, skips: bool = False, wide: int = 0, idioms: tuple[Occurrence, ...] = (),
    streams: Mapping[int, int] = NO_STREAMS, around: frozenset[str] = frozenset(),
) -> tuple[BlockPattern, str] | None:  # fmt: skip
    """The pattern of what a body is but for spellings and additions, and the additions in words; None for no such.

    ``skips``, ``wide``, ``idioms``, ``around`` : as for `match_form`. ``streams`` : see `one_stream`.
    """
    plain, facts = skeleton(body), facts_of(body, skips)
    for graph, words in _readings(one_stream(plain, streams), body, idioms):
        exact = None if wide or graph is plain else name_of_rows(rows_of(graph), facts)
        exact = exact if exact is not None and suits(exact, body, around) else None
        found = None if graph is plain else exact or name_of_line(graph, body, facts, wide=wide, around=around)
        if found is not None:
            return found, words
    return None


def _readings(
    plain: nx.DiGraph[str], body: LayerGraph, idioms: tuple[Occurrence, ...]
) -> Iterator[tuple[nx.DiGraph[str], str]]:
    """The skeletons that are compared, nearest first, and what each leaves out, in words."""
    separable = ["separable convolutions"] if _is_separable(plain) else []
    yield respelled(plain), " and ".join(separable)
    graph, added = without_additions(with_idioms(plain, body, idioms) or plain)
    graph, added = respelled(graph), [*added, *separable]
    yield graph, " and ".join(added)
    if (made := with_labels(graph, ungrouped)) is not graph:
        count = sum(label != graph.nodes[name]["label"] for name, label in made.nodes("label"))
        yield made, " and ".join([*added, f"grouped convolution{'s' if count > 1 else ''}"])
    if (otherwise := rewritten(plain)) is not plain:
        yield otherwise, ""
        yield respelled(otherwise), " and ".join(separable)
    for main in without_side_outputs(respelled(plain)):
        yield main, " and ".join(separable)


def one_stream(graph: nx.DiGraph[str], streams: Mapping[int, int]) -> nx.DiGraph[str]:
    """A skeleton in which entries that give one tensor, once as it is and once normalised, are one entry.

    ``streams`` : the number of the entry that is normalised → that of the other.
    """
    pairs = [(f"in{one}", f"in{other}") for one, other in streams.items()]
    pairs = [(one, other) for one, other in pairs if one in graph and other in graph]
    if not pairs:
        return graph
    made = nx.DiGraph(graph)
    for one, other in pairs:
        made.add_edges_from((other, reader) for reader in list(made.succ[one]))
        made.remove_node(one)
    return made


def without_additions(graph: nx.DiGraph[str]) -> tuple[nx.DiGraph[str], list[str]]:
    """A skeleton without the gates that read one tensor and give one, and their words, each once."""
    known = ((name, data["label"]) for name, data in graph.nodes(data=True))
    gates = [name for name, label in known if label in ADDITIONS and len(graph.pred[name]) == 1]
    if not gates:
        return graph, []
    made = nx.DiGraph(graph)
    for name in gates:
        (source,) = made.pred[name]
        made.add_edges_from((source, reader) for reader in list(made.succ[name]))
        made.remove_node(name)
    return made, list(dict.fromkeys(ADDITIONS[str(graph.nodes[name]["label"])] for name in gates))


def without_side_outputs(graph: nx.DiGraph[str]) -> Iterator[nx.DiGraph[str]]:
    """A skeleton without a call that gives an output of its own beside another: with each such call left out."""
    ends = [name for name in graph if not graph.succ[name]]
    for end in ends if len(ends) == 2 else ():
        if len(graph.pred[end]) == 1 and graph.nodes[end]["label"] != "in":
            yield nx.DiGraph(graph.subgraph(name for name in graph if name != end))


def respelled(graph: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """A skeleton in the spelling of most patterns; the same one where it is so already."""
    spatial = any(_is_windowed(str(label)) for _, label in graph.nodes("label"))
    return with_labels(graph, lambda label: _respelled(label, spatial))


def ungrouped(label: str) -> str:
    """The label of a convolution without its groups."""
    kind, _, kernel = label.partition(":")
    return f"{kind}:{kernel.replace('g', '')}" if kind in ("conv", "sep") and not kernel.startswith("g") else label


def with_labels(graph: nx.DiGraph[str], change: Callable[[str], str]) -> nx.DiGraph[str]:
    """A skeleton with each label as ``change`` gives it; the same one where that is what it has."""
    labels = {name: str(data["label"]) for name, data in graph.nodes(data=True)}
    others = {name: other for name, label in labels.items() if (other := change(label)) != label}
    if not others:
        return graph
    made: nx.DiGraph[str] = nx.DiGraph()
    for name, data in graph.nodes(data=True):
        made.add_node(name, **{**data, "label": others.get(name, labels[name])})
    made.add_edges_from(graph.edges)
    return made


def _is_separable(graph: nx.DiGraph[str]) -> bool:
    return any(str(label).startswith("sep") for _, label in graph.nodes("label"))


def _is_windowed(label: str) -> bool:
    kind, _, kernel = label.partition(":")
    return kind == "dw" or (kind in ("conv", "sep") and bool(re.search(r"[2-9]", kernel)))


def _respelled(label: str, spatial: bool) -> str:
    """One label: ``sep:3`` as ``conv:3x3``, ``dense`` as ``conv:1x1`` where something convolves over places, and that
    as a dense layer where nothing does."""
    if label == "dense" and spatial:
        return "conv:1x1"
    if not spatial and re.fullmatch(r"conv:1(x1)*", label):
        return "dense"
    found = re.fullmatch(r"(?:conv|sep):(\d+)(?:x\1)*([dg]*)", label)
    return f"conv:{found[1]}x{found[1]}{found[2]}" if found else label
