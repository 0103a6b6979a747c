"""What a node of a skeleton remembers of what is bridged, and what an author's own class is by its name."""

import pytest

from blockviz.ir import blocks_in
from blockviz.ir.text import parse
from blockviz.structure.skeleton import skeleton

HALVES = """graph net
x = InputLayer() -> [?, 8, 8, 4]
a = Conv2D(x) {"filters": 8, "kernel_size": [3, 3], "padding": "same"} -> [?, 8, 8, 8] | params=296
s = Split(a) -> [?, 8, 8, 4], [?, 8, 8, 4]
"""
PROJECTED = """graph net
x = InputLayer() -> [?, 9, 8]
b = Block(x) | type="A"
  q = Dense(%0) {"units": 8} -> [?, 9, 8] | params=72
  k = Dense(%0) {"units": 8} -> [?, 9, 8] | params=72
  a = Attention(q, k) -> [?, 9, 8]
  o = Dense(a) {"units": 8} -> [?, 9, 8] | params=72
  r = Add(%0, o) -> [?, 9, 8]
  return r
return b
"""


def marks(text: str, name: str) -> frozenset[str]:
    found: frozenset[str] = skeleton(parse(text)).nodes[name]["marks"]
    return found


def test_halves_that_are_multiplied_fold_what_gave_them_and_what_is_multiplied_with_itself_does_not() -> None:
    assert "folded" in marks(HALVES + "m = Multiply(s, s#1) -> [?, 8, 8, 4]\nreturn m\n", "a")
    assert "folded" not in marks(HALVES + "m = Multiply(a, a) -> [?, 8, 8, 8]\nreturn m\n", "a")


def test_a_call_that_reads_some_of_the_channels_says_so() -> None:
    conv = 'c = Conv2D(s) {"filters": 4, "kernel_size": [3, 3]} -> [?, 6, 6, 4] | params=148\nreturn c\n'
    assert "part" in marks(HALVES + conv, "c")
    assert "part" not in marks(HALVES + conv.replace("(s)", "(a)"), "c")
    assert "partnorm" in marks(HALVES + "n = LayerNormalization(s) -> [?, 8, 8, 4] | params=8\nreturn n\n", "a")


def test_the_projections_of_attention_are_of_it() -> None:
    (block,) = blocks_in(parse(PROJECTED))
    graph = skeleton(block.body)
    assert [label for _, label in graph.nodes("label")] == ["in", "attn", "add"]
    assert "cross" not in graph.nodes["a"]["marks"]


@pytest.mark.parametrize(
    ("op", "label"),
    [("SelectiveScan", "scan"), ("KNNGraph", "knn"), ("CausalSelfAttention", "cattn"),
     ("ShiftedWindowAttention", "wattn"), ("SEBlock", "squeeze"), ("ChannelAttention", "chgate"),
     ("GraphConv", "graphconv"), ("Sequencer", None), ("Gate", None), ("Invertible1x1Conv", "conv:1x1"),
     ("ModulatedConv2D", "modconv"), ("WeightedAdd", "fusion"), ("Inversion", None), ("WeightedLoss", None)],
)  # fmt: skip
def test_a_class_is_what_its_name_says(op: str, label: str | None) -> None:
    graph = skeleton(
        parse(f"graph net\nx = InputLayer() -> [?, 9, 8]\na = {op}(x) -> [?, 9, 8] | params=9\nreturn a\n")
    )
    assert dict(graph.nodes("label")).get("a") == label


@pytest.mark.parametrize(("factor", "far"), [(2, False), (4, True)])
def test_an_upsampling_by_more_than_two_is_far(factor: int, far: bool) -> None:
    size = 8 * factor
    text = f"graph net\nx = InputLayer() -> [?, 8, 8, 4]\nu = UpSampling2D(x) -> [?, {size}, {size}, 4]\nreturn u\n"
    assert ("far" in marks(text, "u")) is far
