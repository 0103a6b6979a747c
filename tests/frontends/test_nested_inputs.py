"""Inputs in structures of their own, and functions of shapes, as Keras itself writes and calls them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, Node
from blockviz.text.numbers import shape_text

pytestmark = pytest.mark.tensorflow
keras: Any = None


@pytest.fixture(autouse=True, scope="module")
def _keras() -> None:
    """Not when tests are collected: those that need no TensorFlow are not to wait for it."""
    globals()["keras"] = pytest.importorskip("keras")


SIZES = {"a": 3, "b": 5, "c": 7}


def _inputs() -> dict[str, Any]:
    return {name: keras.Input((size,), name=name) for name, size in SIZES.items()}


def _inner(arrange: Any) -> Any:
    """A model whose inputs are arranged in a structure; each goes through a layer of its own."""
    own = {name: keras.Input((size,), name=f"in_{name}") for name, size in SIZES.items()}
    read = [keras.layers.Dense(4, name=f"of_{name}")(tensor) for name, tensor in own.items()]
    return keras.Model(arrange(own), keras.layers.Add(name="sum")(read), name="inner")


STRUCTURES: dict[str, Any] = {
    "dict of dicts": lambda t: {"z": {"x": t["a"], "y": t["b"]}, "k": {"x": t["c"]}},
    "list of dicts": lambda t: [{"q": t["b"], "p": t["a"]}, t["c"]],
    "dict of lists": lambda t: {"two": [t["c"], t["a"]], "one": t["b"]},
    "nested tuples": lambda t: ((t["b"], (t["c"],)), t["a"]),
}


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("live", [False, True])
def test_inner_inputs_are_fed_as_their_structure_says(name: str, live: bool) -> None:
    outer, arrange = _inputs(), STRUCTURES[name]
    inner = _inner(arrange)
    tensors = {key: keras.layers.Dense(SIZES[key], name=f"to_{key}")(tensor) for key, tensor in outer.items()}
    model = keras.Model(outer, keras.layers.Dense(2, name="end")(inner(arrange(tensors))))
    graph = read_model(model if live else json.loads(model.to_json()))
    for key in SIZES:
        assert graph.operand_list(f"inner/of_{key}") == [(0, f"to_{key}", 0)]
    assert {name for name in graph if "in_" in name} == set()
    assert sum(item.layer.params or 0 for item in _nodes(graph)) == model.count_params()


def _nodes(graph: LayerGraph) -> list[Node]:
    return [item for item in graph.items() if isinstance(item, Node)]


def test_sizes_are_no_calls_in_a_file_and_tensors_made_of_them_are() -> None:
    ops = keras.ops
    ids = keras.Input((None,), dtype="int32", name="ids")
    places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
    x = keras.layers.Embedding(50, 8)(ids) + keras.layers.Embedding(20, 8)(places)
    state = ops.zeros_like(x[:, 0])
    model = keras.Model(ids, keras.layers.Dense(3)(keras.layers.GRU(8)(x, initial_state=state)))
    graph = read_model(json.loads(model.to_json()))
    found = [node.op for node in _nodes(graph)]
    assert {"OnesLike", "Cumsum", "ZerosLike"} <= set(found) and found.count("Embedding") == 2
    assert "Shape" not in found and found[-1] == "Dense"
    assert sum(node.layer.params or 0 for node in _nodes(graph)) == model.count_params()


def _block(masked: bool = False) -> Any:
    """A layer of a transformer, with or without a mask; its class is made where Keras is there."""

    class _Block(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.attention, self.norm = keras.layers.MultiHeadAttention(2, 4), keras.layers.LayerNormalization()
            self.wide, self.narrow = keras.layers.Dense(32), keras.layers.Dense(8)

        def call(self, x: Any) -> Any:
            x = x + self.attention(x, x)
            return self.norm(x + self.narrow(keras.ops.gelu(self.wide(x))))

    class _Masked(_Block):
        def call(self, x: Any, mask: Any) -> Any:
            x = x + self.attention(query=x, value=x, attention_mask=keras.ops.expand_dims(mask, 1))
            return self.norm(x + self.narrow(keras.ops.gelu(self.wide(x))))

    return _Masked() if masked else _Block()


def test_a_traced_text_has_a_letter_for_its_length() -> None:
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(50, 8)(ids)
    for _ in range(2):
        x = _block()(x)
    twice = keras.ops.concatenate([x, x], axis=1)
    graph = read_model(keras.Model(ids, [keras.layers.GlobalAveragePooling1D()(x), twice, twice[:, 1:]]))
    texts = [[shape_text(shape) for shape in node.outputs] for node in _nodes(graph)]
    assert texts[0] == ["L"] and ["L×32"] in texts and ["2L×8"] in texts and texts[-1] in (["?×8"], ["8"])
    assert {shape_text(node.inputs[0]) for node in _nodes(graph) if node.op == "Dense"} == {"L×8", "L×32"}


def _texts(proof: str) -> dict[str, str]:
    ids, kinds, mask = (keras.Input((None,), dtype="int32", name=name) for name in ("ids", "kinds", "padding"))
    x, y = keras.layers.Embedding(50, 8, name="of_ids")(ids), keras.layers.Embedding(2, 8, name="of_kinds")(kinds)
    whole = x + y if proof == "sum" else x[:, : keras.ops.shape(y)[1]] if proof == "cut" else x
    whole = _block(masked=True)(whole, mask) if proof == "mask" else _block()(whole)
    model = keras.Model([ids, kinds, mask], [whole, keras.ops.mean(y, 1), keras.ops.sum(mask, 1)])
    graph = read_model(model)
    found = {node.id: shape_text(node.outputs[0]) for node in _nodes(graph)}
    return {"end": shape_text(graph.item(graph.exits[0][0]).outputs[0]), **found}


@pytest.mark.parametrize(
    "proof, expected",
    [
        ("sum", ("L×8", "L×8", "T", "L×8")), ("mask", ("L×8", "T×8", "L", "L×8")),
        ("none", ("L×8", "T×8", "S", "L×8")), ("cut", ("L×8", "T×8", "S", "?×8")),
    ],
)  # fmt: skip
def test_traced_inputs_have_letters_of_their_own_unless_a_layer_proves_them_equal(proof: str, expected: Any) -> None:
    found = _texts(proof)
    assert tuple(found[name] for name in ("of_ids", "of_kinds", "padding", "end")) == expected


def test_a_decoder_has_a_letter_of_its_own_behind_cross_attention_with_masks() -> None:
    source, target, mask = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target", "mask"))
    memory, x = keras.layers.Embedding(50, 8)(source), keras.layers.Embedding(50, 8)(target)
    memory = _block(masked=True)(memory, mask)
    cross = keras.layers.MultiHeadAttention(2, 4, name="cross")
    x = _block()(x + cross(query=x, value=memory, attention_mask=keras.ops.expand_dims(mask, 1)))
    graph = read_model(keras.Model([source, target, mask], x))
    assert [shape_text(graph.item(name).outputs[0]) for name in ("source", "target", "mask")] == ["L", "T", "L"]
    assert shape_text(graph.item(graph.exits[0][0]).outputs[0]) == "T×8"
