"""What sets a copy apart, in words that a reader understands without the drawing."""

from __future__ import annotations

from blockviz.structure.difference_words import added_word
from outlines import add, graph, node, sh, unit

X = sh(8, 8, 16)


def test_an_addition_that_only_some_copies_have_is_a_shortcut_where_it_joins_two_ways_from_one_tensor() -> None:
    sums, one = add(X), unit(3, 16, X)
    assert added_word(graph({"a": (one, ["in"]), "s": (sums, ["a", "in"])}, [X]), sums.id) == "with shortcut"
    assert added_word(graph({"a": (one, ["in"]), "s": (sums, ["a", "in1"])}, [X, X]), sums.id) == "with addition"


def test_pooling_is_told_with_its_window() -> None:
    pool = node("MaxPooling2D", X, [X], pool_size=[4, 4])
    assert added_word(graph({"p": (pool, ["in"]), "a": (unit(3, 16, X), ["p"])}, [X]), pool.id) == "with 4×4 pooling"
