"""The skeleton of a block: what convolves, multiplies, attends, pools or joins, and nothing else.

Normalisation, activation, dropout, padding and reshapes are left out and bridged, so one pattern of
the literature fits all the ways a block is written. Of what is bridged, a node remembers in ``marks`` what may define
a name: the activation behind it, a stride, an axis that it mixes which is not that of the channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import networkx as nx

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, holds_blocks, item_leaves
from blockviz.ops.families import FAMILY, activation_of, family, joins
from blockviz.structure.call_labels import label_of
from blockviz.structure.marks import activation_marks, folds, is_part, marks_of, numbers

_SKELETONS: WeakKeyDictionary[LayerGraph, nx.DiGraph[str]] = WeakKeyDictionary()  # bodies never change once made


def skeleton(body: LayerGraph) -> nx.DiGraph[str]:
    """The skeleton of a body; entries are nodes labelled ``in``. A nested block counts by its calls."""
    if (known := _SKELETONS.get(body)) is not None:
        return known
    return _SKELETONS.setdefault(body, _made(body, opened=True))


def module_skeleton(body: LayerGraph) -> nx.DiGraph[str]:
    """The same, but a nested block, or a run of them, is one node labelled ``blocks``."""
    return _made(body, opened=False)


def _made(body: LayerGraph, opened: bool) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    carried = _entries(body, graph)
    _walk(body, carried, graph, opened, (set(), set()))
    _bridge_projections(graph)
    _drop_unused(graph)
    return graph


def _entries(body: LayerGraph, graph: nx.DiGraph[str]) -> list[str]:
    names = [f"in{number}" for number in range(len(body.entries))]
    for name in names:
        graph.add_node(name, label="in")
    return names


def _walk(
    body: LayerGraph, feeds: list[str], graph: nx.DiGraph[str], opened: bool, views: tuple[set[str], set[str]],
    worded: bool = False,
) -> dict[tuple[str, int], str]:  # fmt: skip
    """Add the calls of a body; gives the skeleton node behind each tensor of it.

    ``views``: the nodes behind which axes were exchanged last, and those whose map is cut into windows. ``worded``:
    whether the body is that of an idiom, whose word says what its calls do.
    """
    entry = {port: number for number, ports in enumerate(body.entries) for port in ports}
    behind: dict[tuple[str, int], str] = {}
    for name, item in zip(body, body.items(), strict=True):
        reads = [(to, behind[source, out]) for to, source, out in body.operand_list(name) if (source, out) in behind]
        reads += [(to, feeds[number]) for (reader, to), number in entry.items() if reader == name and feeds[number]]
        reads.sort()
        if (whole := _whole(item, opened)) is not None:
            word, marks = whole
            if word:
                graph.add_node(name, label=word, marks=marks)
                graph.add_edges_from((source, name) for source in dict.fromkeys(source for _, source in reads))
            if not word and reads and item.__class__ is Idiom:
                _mark(graph, reads[0][1], *_said_by(item))
            if word or reads:
                behind.update({(name, out): name if word else reads[0][1] for out in range(_gives(item))})
            continue
        if isinstance(item, Composite):
            inner = [source for _, source in reads]
            inner += [""] * (len(item.body.entries) - len(inner))
            tensors = _walk(item.body, inner, graph, opened, views, worded or isinstance(item, Idiom))
            for number, port in enumerate(item.body.exits):
                if port in tensors:
                    behind[name, number] = tensors[port]
                    if isinstance(item, Idiom):
                        _mark(graph, tensors[port], *_said_by(item))
            if isinstance(item, Idiom) and item.word == "Window partition":
                views[1].update(tensors.values())
            continue
        if (node := _called(graph, name, item, reads, views)) is not None:
            behind.update({(name, out): node for out in range(_gives(item))})
            if node != name and len(reads) > 1 and not worded and folds(item, graph.nodes[node].get("shape", ())):
                _mark(graph, node, "folded")
    return behind


def _called(
    graph: nx.DiGraph[str], name: str, item: Node, reads: list[tuple[int, str]], views: tuple[set[str], set[str]]
) -> str | None:
    """Add a call that has a label; gives the node behind what it gives, None where it reads nothing that is known."""
    several = len({source for _, source in reads}) > 1
    label = label_of(item) or ("join" if joins(item) else None)
    turned, windows = views
    label = "wattn" if label == "attn" and any(source in windows for _, source in reads) else label
    merges = not (label or "").endswith("attn") and (family(item.op) == "merge" or joins(item))
    product = label in ("dot", "fft") and len(reads) > 1  # of two parts of one tensor, too: attention written out
    if label is not None and (several or product or not merges):  # with a constant or itself nothing is joined
        graph.add_node(name, label=label, marks=marks_of(item, label), shape=item.outputs[0] if item.outputs else ())
        graph.add_edges_from((source, name) for _, source in reads)
        if any(source in turned for _, source in reads):
            _mark(graph, name, "across")
        if reads and is_part(item, graph.nodes[reads[0][1]].get("shape", ())):
            _mark(graph, name, "part")
        if family(item.op) == "attention" and _crosses(graph, item, reads):
            _mark(graph, name, "cross")
        return name
    if not reads:
        return _entry_inside(graph, name) if item.op == "InputLayer" and "in0" in graph else None
    if family(item.op) == "norm" and is_part(item, graph.nodes[reads[0][1]].get("shape", ())):
        _mark(graph, reads[0][1], "partnorm")
    _mark(graph, reads[0][1], *_beside_itself(label, item, graph.nodes[reads[0][1]].get("marks", frozenset())))
    if item.op in _TURNS:
        turned ^= {reads[0][1]}
    elif family(item.op) == "act":
        clipped = activation_of(item) == "relu6" and "offset" in graph.nodes[reads[0][1]].get("marks", ())
        _mark(graph, reads[0][1], *activation_marks("hard_sigmoid" if clipped else activation_of(item)))
        along = set(numbers(item.config.get("axis"))) - {-1, len(item.outputs[0]) - 1}
        _mark(graph, reads[0][1], *["sideways" for _ in along if activation_of(item) == "softmax"])
    elif label == "add":
        _mark(graph, reads[0][1], "offset")  # by a constant
    elif item.op in ("Sin", "Roll"):
        _mark(graph, reads[0][1], "sine" if item.op == "Sin" else "rolled")
    elif item.op in _REDUCES:
        _mark(graph, reads[0][1], "reduced")
    elif item.op not in FAMILY and graph.nodes[reads[0][1]]["label"] == "dot":
        _mark(graph, reads[0][1], "unsure")  # what nobody knows may mask it
    return reads[0][1]


def _beside_itself(label: str | None, item: Node, marks: frozenset[str]) -> Iterator[str]:
    """Marks for a tensor joined with what is made of it alone: ``centred`` without its mean, ``rejoined`` with its
    largest, ``complement`` for a constant less it."""
    if label in _BESIDE_ITS_MEAN and "reduced" in marks:
        yield _BESIDE_ITS_MEAN[label]
    if label == "sub" and "0" in item.args:
        yield "complement"


def _entry_inside(graph: nx.DiGraph[str], name: str) -> str:
    """An input of the model beside what enters a body: one more tensor that its calls read."""
    graph.add_node(name, label="in")
    return name


def _gives(item: Item) -> int:
    return len(item.body.exits) if isinstance(item, Composite) else max(1, len(item.outputs))


def _whole(item: Item, opened: bool) -> tuple[str, frozenset[str]] | None:
    """Label and marks of a composite that is one node, no label where it is bridged; None for one to be opened."""
    if not isinstance(item, Composite):
        return None
    if not opened and holds_blocks(item):
        return "blocks", frozenset()
    if not isinstance(item, Idiom):
        return None
    if item.hue in ("norm", "act") and len(item.body.entries) == 1:
        return "", frozenset()
    word = _attention_label(item) or _LABELS.get(item.word, "")
    if not word:
        return None
    found = frozenset(_ATTENDS.get(item.word, ()))
    if item.word not in ("Cross-attention", "Multiplicative attention"):
        return word, found
    gives = [leaf.outputs for name, _ in item.body.exits[:1] for leaf in item_leaves(item.body.item(name))]
    return word, found | {"vector"} if gives and len(gives[-1][0]) == 2 else found  # one query, no row of them


def _said_by(idiom: Idiom) -> frozenset[str]:
    """The marks that an idiom, which is bridged, leaves at the call before it."""
    if idiom.hue == "act":
        return activation_marks(idiom.word.lower().replace(" ", "_").replace("-", "_"))
    return frozenset([_MARKING[idiom.word]] if idiom.word in _MARKING else [])


_REDUCES = frozenset({"Sum", "Mean", "Max", "Amax", "ReduceSum", "ReduceMean", "ReduceMax"})
_BESIDE_ITS_MEAN = {"sub": "centred", "concat": "rejoined"}
_TURNS = frozenset({"Permute", "Transpose", "Swapaxes", "Moveaxis"})
#: Idioms that say something of the call before them.
_MARKING = {
    "Pixel shuffle": "shuffled", "Channel shuffle": "mixed", "Global response normalisation": "response",
    "Gated linear unit": "glu", "WaveNet gate": "glu",
}  # fmt: skip
#: What attention of a kind is marked as.
_ATTENDS = {"Cross-attention": ("cross",), "Shifted window attention": ("shifted",)}
#: Idioms that are one step to a form.
_LABELS = {"Mixture of experts": "moe", "Sparse mixture of experts": "moe", "Spectral convolution": "fourier",
    "Frequency-domain MLP": "freqmlp", "kNN": "knn",
}  # fmt: skip


def _mark(graph: nx.DiGraph[str], name: str, *marks: str) -> None:
    graph.nodes[name]["marks"] = graph.nodes[name].get("marks", frozenset()).union(marks)


def _crosses(graph: nx.DiGraph[str], node: Node, reads: list[tuple[int, str]]) -> bool:
    """Whether the values of attention are another tensor than its queries, positions added to either apart.

    A call says by ``$1`` which operand an argument is, where its masks stand before it.
    """
    at = [node.args.get(name, f"${number}") for number, name in enumerate(("query", "value"))]
    queries, values = (next((source for to, source in reads if f"${to}" == place), None) for place in at)
    if queries is None or values is None or queries == values:
        return False
    return queries not in graph.pred[values] and values not in graph.pred[queries]


def _attention_label(idiom: Idiom) -> str:
    """What attention written out is to patterns: the same as the layer, another label for another kind.

    ``cattn``: no step sees a later one; ``rattn``: rotated queries and keys; ``battn``: a bias by relative position,
    ``cbattn`` both; ``mattn``: a mask over pairs of steps that nobody knows.
    """
    if idiom.hue != "sequence" or "ttention" not in idiom.word or "ooling" in idiom.word:
        return ""
    if (kind := _KINDS.get(idiom.word)) is not None:
        return kind
    if idiom.attributes.get("rotary"):
        return "rattn"
    if idiom.attributes.get("causal") or "Causal" in idiom.word:
        return "cbattn" if idiom.attributes.get("relative_bias") else "cattn"
    if idiom.attributes.get("masked"):
        return "mattn"
    return "battn" if idiom.attributes.get("relative_bias") else "attn"


_KINDS = {
    "Window attention": "wattn", "Shifted window attention": "wattn", "Spatial-reduction attention": "srattn",
    "Cross-covariance attention": "chattn", "Axial attention": "axattn", "Linear attention": "linattn",
    "External attention": "exattn", "Joint attention": "jattn", "Graph attention": "gattn",
    "Linformer attention": "lrattn", "Disentangled attention": "dattn",
}  # fmt: skip


def _bridge_projections(graph: nx.DiGraph[str]) -> None:
    """Queries, keys and values that dense layers make for attention, and what is made of it again, are of it."""
    for name in [name for name, label in graph.nodes("label") if str(label).endswith("attn")]:
        made = list(graph.pred[name])
        if len(made) < 2 or not all(_projects(graph, one) for one in made):
            continue
        sources = [source for one in made for source in graph.pred[one]]
        graph.remove_nodes_from(made)
        graph.add_edges_from((source, name) for source in sources)
        if len(set(sources)) == 1:
            graph.nodes[name]["marks"] -= {"cross"}
        for after in list(graph.succ[name]) if len(graph.succ[name]) == 1 else ():
            if _projects(graph, after):
                graph.add_edges_from((name, reader) for reader in list(graph.succ[after]))
                graph.remove_node(after)


def _projects(graph: nx.DiGraph[str], name: str) -> bool:
    """Whether a call is a dense layer without an activation that one other reads."""
    data = graph.nodes[name]
    plain = data["label"] == "dense" and "active" not in data.get("marks", ())
    return plain and len(graph.pred[name]) == len(graph.succ[name]) == 1


def _drop_unused(graph: nx.DiGraph[str]) -> None:
    for name in [n for n, data in graph.nodes(data=True) if data["label"] == "in" and not graph.succ[n]]:
        graph.remove_node(name)


def starts_with_norm(body: LayerGraph) -> bool:
    """Whether a tensor that enters is normalised or activated before anything else happens: pre-activation."""
    for ports in body.entries:
        for name, _ in ports:
            first = next(item_leaves(body.item(name)), None)
            if first is not None and family(first.op) in ("norm", "act"):
                return True
    return False
