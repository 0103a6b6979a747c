"""What sets a copy apart, in words that a reader understands without the drawing."""

from __future__ import annotations

from blockviz.structure.difference_words import added_word, describe_difference
from outlines import add, graph, node, sh, unit

X = sh(8, 8, 16)


def test_an_addition_that_only_some_copies_have_is_a_shortcut_where_it_joins_two_ways_from_one_tensor() -> None:
    sums, one = add(X), unit(3, 16, X)
    assert added_word(graph({"a": (one, ["in"]), "s": (sums, ["a", "in"])}, [X]), sums.id) == "with shortcut"
    assert added_word(graph({"a": (one, ["in"]), "s": (sums, ["a", "in1"])}, [X, X]), sums.id) == "with addition"


def test_pooling_is_told_with_its_window() -> None:
    pool = node("MaxPooling2D", X, [X], pool_size=[4, 4])
    assert added_word(graph({"p": (pool, ["in"]), "a": (unit(3, 16, X), ["p"])}, [X]), pool.id) == "with 4×4 pooling"


def test_a_join_that_a_copy_lacks_is_told_where_nothing_else_tells_it() -> None:
    whole = {"a": (unit(3, 16, X), ["in"]), "s": (node("Subtract", X, [X, X]), ["a", "in"])}
    lacking = {"a": (unit(3, 16, X), ["in"])}
    assert describe_difference(graph(whole, [X]), graph(lacking, [X])) == "no subtraction"
    assert describe_difference(graph(lacking, [X]), graph(whole, [X])) == "with subtraction"
