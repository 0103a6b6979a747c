"""Look through calls that change nothing, so that blocks are the same however often a network says them.

A call is neutral, and left out of all that follows, where

1. it reads one tensor and gives one, of the same shape, and owns no weights;
2. it gives no output of the model, and the user doesn't keep it;
3. it is an identity by its class (``Identity``, ``Copy``), by its setting (a linear activation, a dropout of rate 0, a
   noise of deviation 0, a factor of 1, a summand of 0), in evaluation (a penalty on activations), or in all but the
   precision (a cast that is no quantisation).

A concatenation inside another along the same axis, that nothing else reads, is left out likewise: the outer one reads
what it read. What is left expands to the model with these calls looked through, which `verify` proves; they are told by
``inspect --explain``. A gradient that is stopped is not neutral: training would be another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blockviz.ir import LayerGraph, Node, joins_left, looked_through
from blockviz.ops.families import activation_of
from blockviz.runtime.records import dataclass

_QUANTISED = frozenset({"int8", "uint8", "int4", "uint4", "float8_e4m3fn", "float8_e5m2"})


@dataclass(frozen=True, slots=True)
class Canonicalise:
    """Leave neutral calls out. ``kept`` : ids of calls that stay."""

    name = "canonicalise"
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph without neutral calls; itself, if it has none."""
        neutral = self.neutral(graph)
        return looked_through(graph, neutral) if neutral else graph

    def neutral(self, graph: LayerGraph) -> list[str]:
        """The calls that are left out: those that hand on what they read, then concatenations inside others."""
        given = graph.exit_names | self.kept
        single = [
            name
            for name, item in zip(graph, graph.items(), strict=True)
            if isinstance(item, Node) and item.op in _NEUTRAL and name not in given and _hands_on(graph, item)
        ]
        return [*single, *joins_left(graph, single, self.kept)]


def _hands_on(graph: LayerGraph, node: Node) -> bool:
    one = len(node.inputs) == len(node.outputs) == 1 and len(graph.operand_list(node.id)) == 1
    return one and node.inputs == node.outputs and node.layer.params == 0 and _NEUTRAL[node.op](node)


def _always(_: Node) -> bool:
    return True


def _is_zero(key: str) -> Callable[[Node], bool]:
    return lambda node: node.config.get(key) == 0


def _is_linear(node: Node) -> bool:
    return activation_of(node) == "linear"


def _keeps_values(node: Node) -> bool:
    """Whether a cast is to a type that keeps what matters; one that nobody knows does."""
    return _setting(node, "dtype") not in _QUANTISED


def _setting(node: Node, key: str) -> Any:
    value = node.args.get(key, node.args.get("1", node.config.get(key)))
    return value.get("config", {}).get("name") if isinstance(value, Mapping) else value


def _with(number: float) -> Callable[[Node], bool]:
    """Whether the one constant operand is this number."""

    def holds(node: Node) -> bool:
        constants = [node.args[key] for key in ("0", "1", "x1", "x2") if isinstance(node.args.get(key), int | float)]
        return len(node.args) == len(constants) == 1 and float(constants[0]) == number

    return holds


_NEUTRAL: Mapping[str, Callable[[Node], bool]] = {
    **dict.fromkeys(("Identity", "Copy", "Contiguous", "ActivityRegularization"), _always),
    "Activation": _is_linear,
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "AlphaDropout"),
        _is_zero("rate")),
    "GaussianNoise": _is_zero("stddev"),
    "Cast": _keeps_values,
    **dict.fromkeys(("Multiply", "Mul"), _with(1.0)), **dict.fromkeys(("Add", "AddV2"), _with(0.0)),
}  # fmt: skip
