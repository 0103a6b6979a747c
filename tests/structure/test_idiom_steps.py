"""Idioms as single steps of a skeleton."""

from __future__ import annotations

import networkx as nx
import pytest

from blockviz.ir import Block, Layer, LayerGraph, Node, Occurrence
from blockviz.structure.block_forms import fits_form
from blockviz.structure.graph_notation import parse_pattern
from blockviz.structure.idiom_steps import with_idioms
from blockviz.structure.series_steps import step_lines


def skeleton(text: str) -> tuple[nx.DiGraph[str], LayerGraph]:
    """A skeleton and a body whose calls have its names."""
    body = LayerGraph()
    graph = parse_pattern(text)
    for name in graph:
        body.add_node(name, item=Node(name, Layer(name, "Conv2D")))
    return graph, body


SELECTS = (
    "in > a=conv:3x3 > s=add > g=gap > w=dense; in > b={other} > s; a > m=mul; w > m; b > n=mul; w > n; "
    "m > t=add; n > t"
)


@pytest.mark.parametrize(("other", "label"), [
    ("conv:5x5", "selective"), ("conv:3x3d", "selective"), ("conv:3x3", "split"),
])  # fmt: skip
def test_attention_between_kernels_is_selective(other: str, label: str) -> None:
    graph, body = skeleton(SELECTS.format(other=other))
    made = with_idioms(graph, body, [Occurrence("Split attention", tuple("abgwmnst"))])
    assert made is not None
    assert any(fits_form(line, label) for line in step_lines(made))


@pytest.mark.parametrize(("word", "calls"), [
    ("Split attention", "abgwmnstz"),  # one of its calls stands elsewhere
    ("Gating", "abgwmnst"),  # is no step of a form
    ("Affine coupling", "at"),  # ways lead out of it and back
])  # fmt: skip
def test_what_is_no_single_step(word: str, calls: str) -> None:
    graph, body = skeleton(SELECTS.format(other="conv:5x5"))
    assert with_idioms(graph, body, [Occurrence(word, tuple(calls))]) is None


def test_what_is_shuffled_in_a_block_of_the_body_is_marked() -> None:
    inner = LayerGraph(name="inner")
    inner.graph["entries"] = ((("conv", 0),),)
    inner.add_item(Node("conv", Layer("conv", "Conv2D"), ((None, 4),), ((None, 4),)), [])
    inner.add_item(Node("turned", Layer("turned", "Permute"), ((None, 4),), ((None, 4),)), [(0, "conv", 0)])
    inner.graph["exits"] = (("turned", 0),)
    body = LayerGraph(name="body")
    body.graph["entries"] = ((("block", 0),),)
    body.add_item(Block("block", inner, "T0"), [])
    body.graph["exits"] = (("block", 0),)
    made = with_idioms(parse_pattern("in > conv=conv:3x3"), body, [Occurrence("Channel shuffle", ("turned",))])
    assert made is not None and made.nodes["conv"]["marks"] == {"mixed"}
