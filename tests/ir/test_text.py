"""A graph as text: it prints, and parses to what was printed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz.errors import ModelError
from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, Node, expand, verify
from blockviz.ir.text import parse, to_text
from graphs import Builder, planted
from summaries import zoo_summary

NET = """\
graph net | inputs=["x"]
x = InputLayer() -> [?, 8]
d = Dense(x) {"units": 8} -> [?, 8] | params=72
d@2 = Dense(d) {"units": 8} -> [?, 8] | params=72 call=2
s = Add(d@2, d@2) -> [?, 8]
t = Split(s) -> [?, 4], [*]
"odd name, with (signs)" = Mystery(t#1) -> [*] | params=null module="own"
return s, "odd name, with (signs)"
"""


def test_what_is_parsed_prints_the_same() -> None:
    graph = parse(NET)
    assert to_text(graph) == NET
    assert graph.operand_list("s") == [(0, "d@2", 0), (1, "d@2", 0)]
    first, again = graph.item("d"), graph.item("d@2")
    assert isinstance(first, Node) and isinstance(again, Node) and first.layer is again.layer and again.call == 2
    assert graph.exits == (("s", 0), ("odd name, with (signs)", 0))


@pytest.mark.parametrize("name", ["ResNet50", "NASNetMobile", "MobileNetV2"])
def test_known_networks_come_back(name: str) -> None:
    graph = read_model(name)
    text = to_text(graph)
    assert to_text(parse(text)) == text


@pytest.mark.parametrize("name", ["UNet", "Transformer", "SSD300"])
def test_block_graphs_come_back_with_their_bodies(name: str) -> None:
    source, graph = zoo_summary(name).source, zoo_summary(name).graph
    text = to_text(graph)
    assert "= Run(" in text and "  return " in text
    again = parse(text)
    assert to_text(again) == text
    whole = expand(again)
    verify(again, whole)
    assert sorted(to_text(whole).splitlines()[1:]) == sorted(to_text(source).splitlines()[1:])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_random_graphs_come_back(seed: int) -> None:
    graph, _ = planted(seed)
    assert to_text(parse(to_text(graph))) == to_text(graph)


@given(name=st.text(min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_name_comes_back(name: str) -> None:
    builder = Builder(name)
    graph: LayerGraph = builder.finish(builder.conv(builder.input(), 4))
    assert parse(to_text(graph)).graph["name"] == name


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "begins with"), ("graph a\nx Dense()", "line 2 lacks '='"), ("graph a\nx = Dense(y)", "reads 'y'"),
     ("graph a\n  x = Dense()", "line 2 is indented"), ("graph a\nx = D() {,}", "no JSON"),
     ("graph a\nx = D() nonsense", "belongs nowhere")],
)  # fmt: skip
def test_what_can_not_be_read_is_named_by_its_line(text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said.replace("(", r"\(")):
        parse(text)
