"""Calls that an opened composite made: what the graph says of them, and that packing keeps it."""

from __future__ import annotations

from blockviz.costs.cost import macs
from blockviz.ir import Layer, LayerGraph, Node, Scope
from blockviz.ir.packed_json import pack, unpack


def _opened() -> LayerGraph:
    graph = LayerGraph(name="opened")
    graph.add_item(Node("x", Layer("x", "InputLayer"), (), ((None, 8),)))
    layer = Layer("block/mix", "Mix", params=64, module="mine")
    node = Node("block/mix", layer, ((None, 8),), ((None, 8),), within=("block",), macs=64)
    graph.add_item(node, [(0, "x", 0)])
    graph.graph |= {"inputs": ("x",), "exits": (("block/mix", 0),), "composites": {"block": Scope("block", "Block")}}
    return graph


def test_macs_that_were_counted_come_before_the_rule_of_the_class() -> None:
    graph = _opened()
    assert macs(graph.item("block/mix")) == 64  # type: ignore[arg-type]
    assert macs(Node("m", Layer("m", "Mix", module="mine"), ((None, 8),), ((None, 8),))) is None


def test_packing_keeps_who_made_a_call_and_what_it_costs() -> None:
    found = unpack(pack(_opened()))
    node = found.item("block/mix")
    assert isinstance(node, Node)
    assert (node.within, node.macs) == (("block",), 64)
    assert found.composites == {"block": Scope("block", "Block")}


def test_packing_writes_nothing_new_where_nothing_was_opened() -> None:
    graph = LayerGraph(name="plain")
    graph.add_item(Node("x", Layer("x", "InputLayer"), (), ((None, 8),)))
    graph.graph |= {"inputs": ("x",), "exits": (("x", 0),)}
    assert pack(graph).keys().isdisjoint({"within", "opened", "composites", "macs"})
