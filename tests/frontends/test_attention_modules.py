"""An attention module becomes one layer only where it is one: nothing reads it before it is complete."""

from __future__ import annotations

import pytest

from blockviz.frontends.attention_modules import join_attention
from blockviz.ir import leaves
from blockviz.ops.builder import Builder, Origin


@pytest.mark.parametrize("spied", [False, True])
def test_a_module_that_is_read_half_way_stays_open(spied: bool) -> None:
    builder = Builder("m")
    within = (("attn", "MultiheadAttention"),)
    x = builder.input("x", (1, 2, 3, 4))
    q = builder.dense(Origin("q", within=within), x, (1, 2, 3, 4), units=4, bias=True)
    outputs = builder.unknown(Origin("spy"), "Spy", [q], [(1, 2, 3, 4)], "own") if spied else []
    scores = builder.attention(Origin("scores", within=within), [q, x, x], (1, 2, 3, 4))
    y = builder.dense(Origin("out", within=within), scores, (1, 2, 3, 4), units=4, bias=True)
    builder.draft.outputs = [y, *outputs]
    join_attention(builder.draft)
    ops = [node.op for node in leaves(builder.finish())]
    assert ("MultiHeadAttention" in ops) is not spied
    assert ops == (["InputLayer", "Dense", "Spy", "DotProductAttention", "Dense"] if spied else ops)
