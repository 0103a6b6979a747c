"""Outlines made by hand and by chance, for the tests of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from blockviz.costs.cost import cost_of
from blockviz.ir import Block, Layer, LayerGraph, Node, layers_of
from blockviz.outline.model import Definition, Outline, Part

HOSTILE = (
    "</td><script>alert(1)</script><!--", "50 % & #1 _x_ $y$ {z} ^~\\ \\input{x}", "=cmd()|x", "a\nb\tc\rd",
    "\x1b[31mred", "\u202eevil", "中文 🎉 layer", "Ünïcödé ąęł ß", "a|b`c*d_e[f](g)!", "\"quoted\" 'single'",
    "<<name>> <% x %> {{ y }} <# z #>", "--- ,, ``'' ?` !`", "#let x = 1; @ref $ * _ // /* ", "\ud800broken",
    "&amp; &lt;b&gt;", "α → β ≥ γ · 3×3", "[x] ] [", "-1+2",
)  # fmt: skip


def part(name: str, nodes: Sequence[Node], **more: Any) -> Part:
    """A part of the given calls in a row, as one block per copy would be."""
    body = LayerGraph(name="")
    before: Node | None = None
    for node in nodes:
        body.add_item(node, [(0, before.id, 0)] if before else [])
        before = node
    body.graph["exits"] = ((nodes[-1].id, 0),)
    item = Block(f"block:{nodes[0].id}", body, name)
    values: dict[str, Any] = {
        "id": item.id, "kind": "block", "letter": "A", "name": name, "repeat": 1, "stage": None,
        "copies": (tuple(layers_of(nodes)),), "variants": (None,), "values": {}, "item": item, "items": (item,),
        "output_shape": nodes[-1].outputs[0], "cost": cost_of(nodes), "inputs": (), "sets": 1,
    }  # fmt: skip
    return Part(**{**values, **more})


def outline(parts: Sequence[Part], name: str = "Net", definitions: Sequence[Definition] = (), **more: Any) -> Outline:
    """An outline of the parts, its totals counted over all their calls."""
    nodes = [node for each in parts for node in each.item.body.items()]  # type: ignore[union-attr]
    layers = layers_of(nodes)  # type: ignore[arg-type]
    values: dict[str, Any] = {
        "name": name, "layers": len(layers), "depth": sum(bool(layer.params) for layer in layers.values()),
        "cost": cost_of(nodes), "input_shapes": ((None, 8, 8, 3),), "output_shapes": ((None, 10),),
        "parts": tuple(parts), "definitions": tuple(definitions),
    }  # fmt: skip
    return Outline(**{**values, **more})


def dense(name: str, units: int = 4, *, trainable: bool = True, call: int = 1, op: str = "Dense") -> Node:
    """A call of a dense layer on four features; an unknown class has unknown parameters."""
    params = 5 * units if op == "Dense" else None
    layer = Layer(name, op, {"units": units}, params, trainable=trainable)
    return Node(name if call == 1 else f"{name}@{call}", layer, ((None, 4),), ((None, units),), call=call)


def hostile_outline(names: Sequence[str] = HOSTILE) -> Outline:
    """One part per name; the model, its stages and widths bear such names too."""
    parts = [
        part(name, [dense(f"layer{number}", number + 1)], stage=names[-number], values={names[number - 3]: name})
        for number, name in enumerate(names)
    ]
    return outline(parts, name=" ".join(names))


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """Outlines with repeats, frozen, unknown and shared layers, names of any characters."""
    pool = draw(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from(("Dense", "Dense", "Mystery"))),
                         min_size=1, max_size=6))  # fmt: skip
    calls: dict[int, int] = {}
    parts = []
    for number, members in enumerate(draw(st.lists(st.lists(st.integers(0, len(pool) - 1), min_size=1, max_size=4),
                                                   min_size=1, max_size=6))):  # fmt: skip
        nodes = []
        for index in members:
            calls[index] = calls.get(index, 0) + 1
            units, trainable, op = pool[index]
            nodes.append(dense(f"layer{index}", units, trainable=trainable, call=calls[index], op=op))
        shared = any(node.call > 1 for node in nodes)
        settings: Mapping[str, Any] = {"letter": draw(st.sampled_from((None, "A", "B"))), "shared": shared}
        parts.append(part(draw(st.text(max_size=20)) or f"part {number}", nodes, **settings))
    return outline(parts, draw(st.text(max_size=20)))
