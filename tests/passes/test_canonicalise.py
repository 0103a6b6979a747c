"""Calls that change nothing are looked through: the blocks are the same however often a network says them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockviz import summarize
from blockviz.errors import VerifyError
from blockviz.ir import Layer, LayerGraph, Node, leaves, looked_through, verify
from blockviz.passes.canonicalise import Canonicalise
from blockviz.tables.inspect import tree
from graphs import Builder

NEUTRAL = {
    "identity": ("Identity", {}, {}), "cast": ("Cast", {}, {"dtype": "bfloat16"}),
    "linear": ("Activation", {"activation": "linear"}, {}), "dropout": ("Dropout", {"rate": 0.0}, {}),
    "noise": ("GaussianNoise", {"stddev": 0}, {}), "one": ("Multiply", {}, {"1": 1.0}), "zero": ("Add", {}, {"1": 0.0}),
}  # fmt: skip
TELLING = {
    "int8": ("Cast", {}, {"dtype": "int8"}), "half": ("Dropout", {"rate": 0.5}, {}),
    "two": ("Multiply", {}, {"1": 2.0}),
    "relu": ("Activation", {"activation": "relu"}, {}), "stopped": ("StopGradient", {}, {}),
}  # fmt: skip

Sprinkle = Callable[[Builder, str], str]


def _call(net: Builder, x: str, kind: str) -> str:
    op, config, args = (NEUTRAL | TELLING)[kind]
    name, shape = net._name(kind), net.graph.item(x).outputs
    return net._call(Node(name, Layer(name, op, config), shape, shape, args), (x,))


def _residual(sprinkle: Sprinkle) -> LayerGraph:
    net = Builder()
    x = net.conv(net.input(), 16)
    for _ in range(4):
        y = sprinkle(net, net.conv(sprinkle(net, x), 16, 1))
        y = net.conv(sprinkle(net, net.conv(y, 16, 3)), 16, 1, act=False)
        x = sprinkle(net, net.add("ReLU", sprinkle(net, net.add("Add", y, sprinkle(net, x)))))
    return net.finish(net.add("Dense", net.add("GlobalAveragePooling2D", x), params=170, units=10))


def _layers(sprinkle: Sprinkle) -> LayerGraph:
    net = Builder()
    x = net.add("Embedding", net.input(), params=80)
    for _ in range(4):
        y = sprinkle(net, net.add("LayerNormalization", sprinkle(net, x), params=16))
        y = net.add("MultiHeadAttention", y, y, params=300, num_heads=2, key_dim=4)
        x = sprinkle(net, net.add("Add", x, sprinkle(net, y)))
        y = net.add("Dense", net.add("LayerNormalization", x, params=16), params=72, units=8, activation="gelu")
        x = net.add("Add", sprinkle(net, x), sprinkle(net, net.add("Dense", sprinkle(net, y), params=72, units=8)))
    return net.finish(net.add("Dense", x, params=90, units=10))


def _sprinkled(kinds: list[str], seed: int) -> Sprinkle:
    chance = random.Random(seed)
    return lambda net, x: _call(net, x, chance.choice(kinds)) if chance.random() < 0.4 else x


def _blocks(graph: LayerGraph) -> list[tuple[str | None, str, int, list[str | None]]]:
    return [(b.letter, b.name, b.count, [v.name for v in b.variants]) for b in summarize(graph).blocks]


@pytest.mark.parametrize("net", [_residual, _layers])
@pytest.mark.parametrize("kind", NEUTRAL)
def test_neutral_calls_change_no_block(net: Callable[[Sprinkle], LayerGraph], kind: str) -> None:
    plain = _blocks(net(lambda _, x: x))
    assert [count for _, _, count, _ in plain] == [4]
    for seed in range(2):
        assert _blocks(net(_sprinkled([kind], seed))) == plain


@given(st.lists(st.sampled_from([*NEUTRAL]), min_size=1), st.integers(0, 2**16))
def test_what_is_left_is_the_plain_network(kinds: list[str], seed: int) -> None:
    graph = _residual(_sprinkled(kinds, seed))
    before = {name: graph.operand_list(name) for name in graph}
    left = Canonicalise()(graph)
    verify(left, graph)
    assert {name: graph.operand_list(name) for name in graph} == before
    assert [node.op for node in leaves(left)] == [node.op for node in leaves(_residual(lambda _, x: x))]
    assert sum(node.layer.params or 0 for node in leaves(left)) == sum(n.layer.params or 0 for n in leaves(graph))


@pytest.mark.parametrize("kind", TELLING)
def test_what_changes_something_stays(kind: str) -> None:
    net = Builder()
    x = _call(net, net.conv(net.input(), 8), kind)
    graph = net.finish(net.add("Dense", x, params=90, units=10))
    assert Canonicalise()(graph) is graph


def test_outputs_and_what_the_user_keeps_stay() -> None:
    net = Builder()
    inner = _call(net, net.conv(net.input(), 8), "identity")
    last = _call(net, net.add("Dense", inner, params=90, units=10), "cast")
    graph = net.finish(last)
    assert Canonicalise()(graph).neutral == (inner,)
    assert Canonicalise(frozenset([inner]))(graph) is graph


def test_layers_that_are_looked_through_still_count() -> None:
    """A model has the layers that Keras lists, and a block those that hand on what it makes."""
    net = Builder()
    x = net.conv(net.input(), 8)
    for _ in range(4):
        y = _call(net, net.conv(x, 8), "dropout")
        x = _call(net, net.add("Add", x, net.conv(y, 8)), "identity")
    graph = net.finish(net.add("Dense", x, params=90, units=10))
    summary = summarize(graph)
    found = summary.to_dict()
    every = {node.layer.name: node.op for node in leaves(graph)}
    assert found["model"]["layers"] == len(every)
    held = [[every[name] for name in copy["layers"]] for copy in found["blocks"][0]["instances"]]
    listed = "\n".join(tree(summary.outline, layers=True))
    assert all(name in listed for name in every)
    assert len(held) == 4 and all(ops.count("Dropout") == ops.count("Identity") == 1 for ops in held)


def test_chains_are_looked_through_to_their_beginning() -> None:
    net = Builder()
    x = net.input()
    end = x
    for kind in NEUTRAL:
        end = _call(net, end, kind)
    y = net.add("Dense", end, params=90, units=10)
    left = Canonicalise()(net.finish(y))
    assert list(left) == [x, y] and left.operand_list(y) == [(0, x, 0)]


@pytest.mark.parametrize("wrong", ["params", "output", "two"])
def test_leaving_out_what_is_not_neutral_is_found(wrong: str) -> None:
    net = Builder()
    x = net.input()
    y = net.add("Dense", x, params=90, units=8) if wrong == "params" else _call(net, x, "identity")
    z = net.add("Add", x, y)
    graph = net.finish(y if wrong == "output" else net.add("ReLU", z))
    left = LayerGraph(**{**graph.graph, "neutral": (z if wrong == "two" else y,)})
    with pytest.raises(VerifyError, match="not neutral"):
        verify(left, graph)
    assert looked_through(graph, []).neutral == ()


def _concat(net: Builder, *sources: str, op: str = "Concatenate", axis: int = -1) -> str:
    name = net._name("concat")
    shapes = tuple(net.graph.item(source).outputs[0] for source in sources)
    shape = (*shapes[0][:-1], sum(one[-1] or 0 for one in shapes))
    config, args = ({"axis": axis}, {}) if op == "Concatenate" else ({}, {"axis": axis})
    return net._call(Node(name, Layer(name, op, config), shapes, (shape,), args), sources)


NESTINGS: dict[str, Callable[[Builder, str, str, str], str]] = {
    "first": lambda net, a, b, c: _concat(net, _concat(net, a, b), c),
    "last": lambda net, a, b, c: _concat(net, a, _concat(net, b, c)),
    "by another name": lambda net, a, b, c: _concat(net, _concat(net, a, b, op="ConcatV2"), c, axis=3),
    "behind an identity": lambda net, a, b, c: _concat(net, a, _call(net, _concat(net, b, c), "identity")),
    "deep": lambda net, a, b, c: _concat(net, _concat(net, _concat(net, a, b), c), _concat(net, a, b)),
}


def _inceptions(join: Callable[[Builder, str, str, str], str]) -> LayerGraph:
    net = Builder()
    x = net.input()
    for _ in range(4):
        x = net.conv(join(net, net.conv(x, 8, 1), net.conv(x, 8, 3), net.conv(net.conv(x, 8, 1), 8, 5)), 24, 1)
    return net.finish(net.add("Dense", net.add("GlobalAveragePooling2D", x), params=250, units=10))


@pytest.mark.parametrize("nesting", [name for name in NESTINGS if name != "deep"])
def test_a_concatenation_inside_another_is_no_other_block(nesting: str) -> None:
    flat = _inceptions(_concat)
    graph = _inceptions(NESTINGS[nesting])
    assert _blocks(graph) == _blocks(flat)
    left, plain = Canonicalise()(graph), Canonicalise()(flat)
    verify(left, graph)
    joins = [name for name in left if name.startswith("concat")]
    reads = [[left.item(source).inputs for _, source, _ in left.operand_list(name)] for name in joins]
    assert len(joins) == 4 and all(len(read) == 3 for read in reads)
    assert [len(node.inputs) for node in leaves(left)] == [len(node.inputs) for node in leaves(plain)]
    found = summarize(graph)
    assert found.to_dict()["model"]["layers"] == len(graph)
    assert "is joined in it" in "\n".join(tree(found.outline, layers=True))


def test_operands_keep_their_order_however_deep_they_are_joined() -> None:
    net = Builder()
    a, b, c = net.conv(net.input(), 8), net.conv(net.input(), 16), net.conv(net.input(), 32)
    graph = net.finish(net.add("ReLU", NESTINGS["deep"](net, a, b, c)))
    left = Canonicalise()(graph)
    verify(left, graph)
    (join,) = [name for name in left if name.startswith("concat")]
    assert left.operand_list(join) == [(to, name, 0) for to, name in enumerate((a, b, c, a, b))]
    assert [shape[-1] for shape in left.item(join).inputs] == [8, 16, 32, 8, 16]


@pytest.mark.parametrize("wrong", ["axis", "reader", "output", "twice"])
def test_a_concatenation_that_says_something_of_its_own_stays(wrong: str) -> None:
    net = Builder()
    a, b = net.conv(net.input(), 8), net.conv(net.input(), 8)
    inner = _concat(net, a, b, axis=1 if wrong == "axis" else -1)
    outer = _concat(net, inner, inner if wrong == "twice" else a)
    end = net.add("Add", outer, net.conv(inner, 24)) if wrong == "reader" else net.add("ReLU", outer)
    graph = net.finish(end)
    if wrong == "output":
        graph.graph["exits"] = (*graph.exits, (inner, 0))
    assert Canonicalise()(graph).neutral == ()
    left = LayerGraph(**{**graph.graph, "neutral": (inner,)})
    with pytest.raises(VerifyError, match="not neutral"):
        verify(left, graph)


def test_what_is_spliced_must_read_what_was_joined() -> None:
    net = Builder()
    a, b = net.conv(net.input(), 8), net.conv(net.input(), 8)
    graph = net.finish(net.add("ReLU", _concat(net, _concat(net, a, b), a)))
    left = Canonicalise()(graph)
    (join,) = [name for name in left if name.startswith("concat")]
    swapped = LayerGraph(**left.graph)
    for name in left:
        reads = left.operand_list(name)
        swapped.add_item(left.item(name), [(to, {a: b, b: a}[s], o) for to, s, o in reads] if name == join else reads)
    with pytest.raises(VerifyError, match="other tensors"):
        verify(swapped, graph)
