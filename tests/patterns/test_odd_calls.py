"""Calls that no version of Keras writes, and classes called as an operation that patterns know: drawn as they are."""

from __future__ import annotations

from typing import Any

import pytest

from blockviz.frontends import graph_from_config
from blockviz.ir import Idiom
from blockviz.page.glyphs.idiom_label import idiom_label
from blockviz.patterns.lowering import _TOLD
from blockviz.pipeline import summarize
from blockviz.runtime.records import replace
from configs import layer, model, source, tensor


def _drawn(op: str, count: int, shape: tuple[int | None, ...], **config: Any) -> int | None:
    reads = [source("x", shape), layer(op, "l", [tensor("x")] * count, **config)]
    rest = [
        layer("Activation", "a", [tensor("l")], activation="softmax"),
        layer("Add", "b", [tensor("a"), tensor("l")]),
    ]
    return summarize(graph_from_config(model("m", [*reads, *rest], ["x", 0, 0], ["b", 0, 0]))).outline.layers


@pytest.mark.parametrize("axes", [None, 1, -1, 0, 2, 5, [1, 1], [1], [0, 0], [2, 1]])
@pytest.mark.parametrize("shape", [(None, None), (None, 8, 4), (None,)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_product_over_axes_that_are_none_is_drawn(axes: Any, shape: tuple[int | None, ...], count: int) -> None:
    assert _drawn("Dot", count, shape, axes=axes) == 4


@pytest.mark.parametrize("op", sorted({*_TOLD, "closed", "given", "product", "topk", "linear", "code"}))
def test_a_class_called_as_an_operation_is_drawn(op: str) -> None:
    for name in (op, op.title(), op.upper()):
        assert _drawn(name, 2, (None, 8, 4)) == 4


def _attention(between: str, name: str) -> dict[str, Any]:
    """Attention written out, with a class between its scores and their softmax, or between that and the values."""
    reads = [source("x", (None, 16, 32))]
    made = tensor("x", shape=(None, 16, 32))
    for part in "qkv":
        reads += [
            layer("Dense", part, [made], units=32, activation="linear"),
            layer("Reshape", f"{part}_heads", [tensor(part, shape=(None, 16, 32))], target_shape=[16, 4, 8]),
            layer("Permute", f"{part}_first", [tensor(f"{part}_heads", shape=(None, 16, 4, 8))], dims=[2, 1, 3]),
        ]
    heads, scores = (None, 4, 16, 8), (None, 4, 16, 16)
    queries, keys, values = (tensor(f"{part}_first", shape=heads) for part in "qkv")
    ops = {"module": "keras.src.ops.numpy"}
    reads += [
        layer("Permute", "turned", [keys], dims=[1, 3, 2]),
        layer("Matmul", "scores", [queries, tensor("turned", shape=(None, 4, 8, 16))], **ops),
        layer("Rescaling", "scaled", [tensor("scores", shape=scores)], scale=0.35, offset=0.0),
    ]
    last = "scaled"
    for step in between:
        op = "Softmax" if step == "s" else name
        own = layer(op, f"{last}_{step}", [tensor(last, shape=scores)])
        reads.append(own if step == "s" else {**own, "module": "mine", "registered_name": f"mine>{name}"})
        last = f"{last}_{step}"
    reads += [
        layer("Matmul", "read", [tensor(last, shape=scores), values], **ops),
        layer("Permute", "back", [tensor("read", shape=heads)], dims=[2, 1, 3]),
        layer("Reshape", "flat", [tensor("back", shape=(None, 16, 4, 8))], target_shape=[16, 32]),
        layer("Dense", "out", [tensor("flat", shape=(None, 16, 32))], units=32, activation="linear"),
    ]
    return model("m", reads, ["x", 0, 0], ["out", 0, 0])


@pytest.mark.parametrize("between", ["us", "su", "usu"])
def test_a_class_that_nobody_knows_among_the_scores_is_named_in_the_box_of_the_attention(between: str) -> None:
    """A relative bias and heads that talk are classes of their authors': what they do is theirs, and is said so."""
    graph = summarize(graph_from_config(_attention(between, "TalkingHeads"))).graph
    (idiom,) = [item for item in graph.items() if isinstance(item, Idiom)]
    assert (idiom.word, idiom.attributes["heads"], idiom.attributes["with"]) == (
        "Multi-head attention", 4, ["TalkingHeads"],
    )  # fmt: skip
    assert idiom_label(idiom).tail == "4 heads, with TalkingHeads"
    several = {"window": 7, "shift": 3, "reduction": 2}
    assert idiom_label(replace(idiom, attributes={**several, **idiom.attributes})).tail.endswith("with TalkingHeads")
    page = summarize(graph_from_config(_attention(between, "<script>alert(1)</script>"))).page()
    assert len(page.sheets) == 1


def _grid(windows: bool) -> dict[str, Any]:
    """Attention over 4×4 places, neighbours or evenly spaced, in maps of 16×16."""
    shape = [4, 4, 4, 4, 32]
    order = [1, 3, 2, 4, 5] if windows else [2, 4, 1, 3, 5]
    back = [1, 3, 2, 4, 5] if windows else [3, 1, 4, 2, 5]
    made = (None, 16, 16, 32)
    whole, rows = (None, *shape), (None, 16, 16, 32)
    reads = [
        source("x", made),
        layer("Reshape", "cut", [tensor("x", shape=made)], target_shape=shape),
        layer("Permute", "turned", [tensor("cut", shape=whole)], dims=order),
        layer("Reshape", "places", [tensor("turned", shape=whole)], target_shape=[16, 16, 32]),
    ]
    for part in "qkv":
        reads.append(layer("Dense", part, [tensor("places", shape=rows)], units=32, activation="linear"))
    queries, keys, values = (tensor(part, shape=rows) for part in "qkv")
    ops = {"module": "keras.src.ops.numpy"}
    reads += [
        layer("Permute", "keys", [keys], dims=[1, 3, 2]),
        layer("Matmul", "scores", [queries, tensor("keys", shape=(None, 16, 32, 16))], **ops),
        layer("Softmax", "weights", [tensor("scores", shape=(None, 16, 16, 16))]),
        layer("Matmul", "read", [tensor("weights", shape=(None, 16, 16, 16)), values], **ops),
        layer("Reshape", "apart", [tensor("read", shape=rows)], target_shape=shape),
        layer("Permute", "again", [tensor("apart", shape=whole)], dims=back),
        layer("Reshape", "map", [tensor("again", shape=whole)], target_shape=[16, 16, 32]),
    ]
    return model("m", reads, ["x", 0, 0], ["map", 0, 0])


@pytest.mark.parametrize(("windows", "word"), [(True, "Window attention"), (False, "Grid attention")])
def test_attention_over_places_that_are_evenly_spaced_is_along_no_axis(windows: bool, word: str) -> None:
    graph = summarize(graph_from_config(_grid(windows))).graph
    assert [item.word for item in graph.items() if isinstance(item, Idiom) and "heads" in item.attributes] == [word]
