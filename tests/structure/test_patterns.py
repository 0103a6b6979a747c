"""The notation of the block patterns, and every pattern: its graphs bear its name, its near miss doesn't."""

import re

import networkx as nx
import pytest

from blockviz.ir import Layer, Node
from blockviz.structure.block_patterns import block_patterns, name_of_graph
from blockviz.structure.call_labels import label_of
from blockviz.structure.graph_notation import parse_pattern, repeated

GRAPHS = [(pattern.key, text, size) for pattern in block_patterns() for text, size in pattern.graphs]
_KERNELS = {"k": "3x3", "1": "1x1", "w": "3", "o": "1", "l": "5x1", None: "3x3"}


def concrete(text: str) -> "nx.DiGraph[str]":
    """A skeleton as a network's body has it: the first choice of each label, kernels with sizes."""
    wanted = parse_pattern(text)
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in nx.topological_sort(wanted):
        label, *marks = wanted.nodes[name]["label"].split("|")[0].split(".")
        graph.add_node(name, label=label_of_wanted(label), marks=frozenset(m for m in marks if m[0] != "!"))
    graph.add_edges_from(wanted.edges)
    return graph


def label_of_wanted(wanted: str) -> str:
    """A label of a skeleton that fits a word of a pattern."""
    wanted = wanted.split("|", maxsplit=1)[0].replace("anyattn", "attn")
    found = re.fullmatch(r"([dg]*)(conv|tconv|sep|pool)(?::(.+))?", wanted)
    if found is None:
        return wanted
    if found[2] == "pool":
        return f"pool:{found[3] or 'max'}"
    return f"{found[2]}:{_KERNELS.get(found[3], found[3])}{found[1]}"


def test_sizes_are_those_of_the_graphs() -> None:
    for key, text, size in GRAPHS:
        graph = parse_pattern(text)
        assert (len(graph), graph.number_of_edges()) == size, (key, text)
        assert all(label for _, label in graph.nodes(data="label")), (key, text)


def test_what_defines_a_name_beside_its_graph() -> None:
    fused, level = "in > a=conv:k > b=conv:1 > s=add; in > s", "in > a=conv:k > b=conv:k > p=pool:max"
    for text, fact in ((fused, "expands"), (level, "skips")):
        given = {"preactivated": False, "expands": True, "skips": True}
        named, unnamed = (name_of_graph(concrete(text), **{**given, fact: value}) for value in (True, False))
        assert named is not None and (unnamed is None or unnamed.name != named.name)


def test_a_node_may_repeat() -> None:
    assert repeated("in > a=dense{1,2} > s=add; in > s; a > t=dense") == [
        "in > a=dense > s=add; in > s; a > t=dense",
        "in > a_1=dense > a=dense > s=add; in > s; a > t=dense",
    ]


def test_there_are_names_for_what_is_drawn_most() -> None:
    assert len({pattern.name for pattern in block_patterns()}) >= 120


@pytest.mark.parametrize(("op", "config", "shape", "label"), [
    ("MultiHeadAttention", {"attention_axes": [2]}, (None, 8, 16, 4), "axattn"),
    ("MultiHeadAttention", {"attention_axes": [1, 2]}, (None, 8, 16, 4), "attn"),
    ("MultiHeadAttention", {"attention_axes": [1]}, (None, 8, 4), "attn"),
    ("MultiHeadAttention", {"attention_axes": None}, (None, 8, 16, 4), "attn"),
    ("TimeDistributed", {"layer": {"class_name": "LSTM", "config": {"units": 4}}}, (None, 8, 16, 4), "rnn"),
    ("TimeDistributed", {"layer": {"class_name": "Dense", "config": {"units": 4}}}, (None, 8, 16, 4), "dense"),
    ("TimeDistributed", {"layer": {"class_name": "Flatten", "config": {}}}, (None, 8, 16, 4), None),
    ("TimeDistributed", {"layer": "no layer"}, (None, 8, 16, 4), None),
])  # fmt: skip
def test_attention_along_one_axis_and_layers_at_each_step_are_what_they_are(
    op: str, config: dict[str, object], shape: tuple[int | None, ...], label: str | None
) -> None:
    assert label_of(Node("a", Layer("a", op, config, 9), (shape,), (shape,))) == label
