"""Loops over time that a network spells out: their steps are one box ×N, and the layers around them are found."""

from __future__ import annotations

import re

import pytest

from blockviz import summarize
from blockviz.ir import LayerGraph, Run, leaves
from blockviz.passes.fold_steps import FoldSteps
from blockviz.summary import Summary
from graphs import Builder

STEPS, LAYERS = 6, 3


def _gated_layer(net: Builder, x: str) -> str:
    """A residual layer around ``h = a·h + b``, its values written into a list step by step."""
    y = net.add("LayerNormalization", x, params=16)
    a, b = net.add("Dense", y, params=72, units=8), net.add("Dense", y, params=72, units=8)
    state = written = ""
    for t in range(STEPS):
        kept, new = (net.add("GetItem", source, start=[0, t]) for source in (a, b))
        kept = net.add("Multiply", kept, *([state] if state else []))
        state = net.add("Add", kept, new)
        written = net.add("TensorListSetItem", *([written] if written else []), net.add("Tanh", state))
    y = net.add("Dense", net.add("TensorListStack", written), params=72, units=8)
    return net.add("Add", x, y)


def _cell_layer(net: Builder, x: str) -> str:
    """A cell of two shared layers, whose states are stacked."""
    first = net.add("GetItem", x, start=[0, 0])
    own, last = net.add("Dense", first, params=72, units=8), net.add("Dense", first, params=72, units=8)
    state = net.add("Tanh", net.add("Add", own, last))
    states = [state]
    for t in range(1, STEPS):
        part = net.add("GetItem", x, start=[0, t])
        state = net.add("Tanh", net.add("Add", net.again(own, part), net.again(last, state)))
        states.append(state)
    y = net.add("Stack", *states)
    return net.add("Dense", net.add("LayerNormalization", y, params=16), params=72, units=8)


def _growing_layer(net: Builder, x: str) -> str:
    """A triangular system solved row by row: each step takes a longer part of what the one before gave."""
    y = net.add("Dense", x, params=72, units=8)
    for t in range(1, STEPS + 1):
        done, row = (net.add("GetItem", y, stop=[t, other]) for other in (t, 0))
        y = net.add("Concatenate", done, net.add("Matmul", row, done), axis=1)
    y = net.add("Dense", net.add("LayerNormalization", y, params=16), params=72, units=8)
    return net.add("Add", x, y)


def _stacked(layer: object) -> LayerGraph:
    net = Builder()
    x = net.add("Embedding", net.input(), params=80)
    for _ in range(LAYERS):
        x = layer(net, x)  # type: ignore[operator]
    return net.finish(net.add("Dense", x, params=90, units=10))


def _loops(graph: LayerGraph) -> list[Run]:
    return [item for item in graph.items() if isinstance(item, Run)]


def _copies(summary: Summary, name: str) -> int:
    return next(found.count for found in summary.blocks if re.match(rf"{name}\b", found.name))


@pytest.mark.parametrize("layer", [_gated_layer, _cell_layer, _growing_layer])
def test_each_layer_of_a_stack_is_a_block_and_its_loop_one_box(layer: object) -> None:
    graph = _stacked(layer)
    loops = _loops(FoldSteps()(graph))
    assert len(loops) == LAYERS
    assert {len(loop.body) for loop in loops} <= {STEPS - 1, STEPS}  # the first step may lack a state
    summary = summarize(graph)
    assert _copies(summary, "Recurrent step") == sum(len(loop.body) for loop in loops)
    around = [found for found in summary.blocks if not re.match(r"Recurrent step\b", found.name)]
    assert [found.count for found in around] == [LAYERS]
    assert sorted(node.id for node in leaves(summary.graph)) == sorted(graph)


def test_a_layer_called_again_and_again_is_a_block_and_no_loop() -> None:
    """As in ALBERT; its rotary embedding takes parts of tensors, but of its own."""
    net = Builder()
    x = net.add("Embedding", net.input(), params=80)
    named = list[str]()
    for _ in range(STEPS):
        q, k = (net.again(n, x) for n in named) if named else (net.add("Dense", x, params=72, units=8) for _ in "qk")
        named = named or [q, k]
        halves = [net.add("GetItem", q, start=[0, 0, at]) for at in (0, 4)]
        q = net.add("Concatenate", *halves, axis=-1)
        x = net.add("Add", x, net.add("Matmul", net.add("Softmax", net.add("Matmul", q, k)), k))
    assert not _loops(FoldSteps()(net.finish(x)))


def test_what_hands_nothing_on_is_no_loop() -> None:
    net = Builder()
    x = net.input()
    heads = []
    for t in range(STEPS):
        part = net.add("GetItem", x, start=[0, t])
        heads.append(net.add("Softmax", net.add("Tanh", net.add("Square", part))))
    assert not _loops(FoldSteps()(net.finish(net.add("Stack", *heads))))


def test_steps_of_different_weights_are_no_loop() -> None:
    net = Builder()
    x = net.input()
    state = net.add("Dense", x, params=72, units=8)
    for t in range(STEPS):
        part = net.add("GetItem", x, start=[0, t])
        state = net.add("Tanh", net.add("Add", net.add("Dense", part, params=72, units=8), state))
    assert not _loops(FoldSteps()(net.finish(state)))
