"""Layers without what mixes the others' places are of another kind, whatever class of an author's both have."""

from __future__ import annotations

import pytest

from blockviz.ir import Layer, LayerGraph, Node
from blockviz.structure.mixing import mix_otherwise
from outlines import chain_body

SHAPE = (None, 16, 8)


def body(*ops: str) -> LayerGraph:
    names = [f"{op}_{number}" for number, op in enumerate(ops)]
    return chain_body([Node(n, Layer(n, op, {}, 8), (SHAPE,), (SHAPE,)) for n, op in zip(names, ops, strict=True)])


@pytest.mark.parametrize(
    ("one", "other", "otherwise"),
    [
        (("MultiHeadAttention", "Dense"), ("Dense",), True),
        (("MultiHeadAttention", "MyScale"), ("Dense", "MyScale"), True),  # it stands in no place of the attention
        (("MultiHeadAttention", "MyScale"), ("Dense", "MyMixer"), False),  # which may mix
        (("MultiHeadAttention", "Dense"), ("MyMixer", "Dense"), False),
        (("MyScale", "Dense"), ("MyScale", "Dense"), False),
    ],
)
def test_a_class_that_both_have_mixes_nothing_in_place_of_an_attention(
    one: tuple[str, ...], other: tuple[str, ...], otherwise: bool
) -> None:
    assert mix_otherwise(body(*one), body(*other)) is otherwise
    assert mix_otherwise(body(*other), body(*one)) is otherwise
