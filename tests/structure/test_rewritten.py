"""What is computed alike in one spelling."""

from __future__ import annotations

import networkx as nx
import pytest

from blockviz.structure.block_forms import fits_form
from blockviz.structure.rewritten import rewritten
from blockviz.structure.series_steps import step_lines
from blockviz.structure.skeleton import skeleton
from graphs import Builder
from structure.test_patterns import concrete


def fits(graph: nx.DiGraph[str], form: str) -> bool:
    return any(fits_form(line, form) for line in step_lines(graph))


@pytest.mark.parametrize(("graph", "form"), [
    ("in > q=conv:1 > w=dot.softmax; in > k=conv:1 > w > a=dot > o=conv:1 > s=add; in > v=conv:1 > a; in > s",
     "res(attn)"),
    ("in > q=dense > w=dot.softmax.unsure; in > k=dense > w > a=dot > s=add; in > v=dense > a; in > s", "res(mattn)"),
    ("in > p=dense > w=dot.softmax > a=dot > s=add; p > a; in > s", "res(attn)"),
    ("in > q=dense > w=dot.softmax; in2 > k=dense > w > a=dot > s=add; in2 > v=dense > a; in > s", "res(attn.cross~)"),
    ("in > a=conv:k.shuffled > c=concat > b=conv:k; in2 > c", "tconv concat~ conv:k"),
    ("in > a=conv:k > m=mean > s=add; in > b=conv:k > m; in > s", "add[=; conv:k; conv:k]"),
])  # fmt: skip
def test_another_way_to_compute_it_is_the_same_block(graph: str, form: str) -> None:
    plain = concrete(graph)
    assert not fits(plain, form)
    assert fits(rewritten(plain), form)


@pytest.mark.parametrize("graph", [
    "in > q=dense > w=dot.sigmoid; in > k=dense > w > a=dot; in > v=dense > a",
    "in > a=dense.softmax > d=dot; in > d",  # weights of one place each, no product
    "in > q=dense > w=dot.softmax.sideways; in > k=dense > w > a=dot; in > v=dense > a",
    "in > a=conv:k > m=mean; in > m",  # half of a residual block's sum
    "in > a=conv:k > m=mean > b=conv:k > s=add; in > m; in > s",
])  # fmt: skip
def test_what_computes_something_else_stays(graph: str) -> None:
    plain = concrete(graph)
    assert rewritten(plain) is plain


@pytest.mark.parametrize(("channels", "label"), [(24, "chattn"), (16, "attn")])
def test_weights_with_a_row_a_channel_are_of_channels(channels: int, label: str) -> None:
    graph = concrete("in > w=dot.softmax > a=dot; in > a")
    graph.nodes["w"]["shape"], graph.nodes["a"]["shape"] = (None, 24, 24), (None, 64, channels)
    assert rewritten(graph).nodes["a"]["label"] == label


@pytest.mark.parametrize(("axis", "attends"), [(-1, True), (3, True), (1, False)])
def test_weights_that_do_not_sum_to_one_over_what_they_weigh_are_no_attention(axis: int, attends: bool) -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8)
    weights = builder.add("Softmax", builder.add("Dot", builder.conv(x, 8, 1), x), axis=axis)
    graph = builder.finish(builder.add("Dot", weights, x))
    assert ("attn" in dict(rewritten(skeleton(graph)).nodes("label")).values()) is attends
