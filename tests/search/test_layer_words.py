"""What the names of a block's layers share."""

from __future__ import annotations

import pytest

from blockviz.ir import Layer, LayerGraph, Node
from blockviz.passes.layer_words import layer_word


@pytest.mark.parametrize(("names", "word"), [
    (["enc_fuse_a", "enc_fuse_conv_3"], "Enc fuse"),
    (["gate_linear_1", "gate_2"], "Gate"),
    (["batch_normalization_3", "batch_normalization_4"], ""),
    (["b1_batchnormalization", "b2_batchnormalization"], ""),
    (["BatchNormalization_3"], ""),
    (["multi_head_attention_1"], ""),
])  # fmt: skip
def test_what_layers_share_is_a_word_unless_it_is_a_class(names: list[str], word: str) -> None:
    body = LayerGraph()
    for name in names:
        body.add_node(name, item=Node(name, Layer(name, "Dense", params=1)))
    assert layer_word([body]) == word


@pytest.mark.parametrize(("copies", "word"), [(1, "Decoder"), (2, "Decoder"), (3, "Decoder block")])
def test_of_many_copies_none_is_the_whole_that_their_layers_are_called_after(copies: int, word: str) -> None:
    bodies = [LayerGraph() for _ in range(copies)]
    for number, body in enumerate(bodies):
        body.add_node("a", item=Node("a", Layer(f"decoder_conv_{number}", "Dense", params=1)))
    assert layer_word(bodies) == word
