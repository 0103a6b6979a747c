"""Graphs without calls that hand on what they read: who reads such a call reads what it was given.

Which calls those are is decided elsewhere; here is what it means to look through them, and `verify` proves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import Layer, Node
from blockviz.runtime.records import replace


def handed_on(graph: LayerGraph, names: Iterable[str]) -> dict[str, Port]:
    """Call → the tensor that it hands on, found through others of them.

    Raises
    ------
    ValueError : one of them doesn't read exactly one tensor.
    """
    found: dict[str, Port] = {}
    wanted = set(names)
    for name in graph:  # topological, so what one reads is settled before it
        if name in wanted:
            ((_, source, out),) = graph.operand_list(name)
            found[name] = found.get(source, (source, out))
    return found


def looked_through(graph: LayerGraph, names: Iterable[str]) -> LayerGraph:
    """The graph without these calls, which read one tensor each and give no output of the model; linear in calls.

    ``graph["neutral"]`` lists all that were left out, also before.
    """
    through = handed_on(graph, names)
    out = LayerGraph(**{**graph.graph, "neutral": (*graph.neutral, *through)})
    for name in graph:
        if name not in through:
            out.add_item(graph.item(name), reads_through(graph, name, through))
    return out


def with_handing(graph: LayerGraph, names: Iterable[str]) -> LayerGraph:
    """The graph in which each call bears the layers of those of these calls that hand on what it gives.

    So a layer that is looked through is still one of its model, and of the block that holds what it reads.
    """
    behind: dict[str, list[Layer]] = defaultdict(list)
    for name, (giver, _) in handed_on(graph, names).items():
        item = graph.item(name)
        behind[giver] += [item.layer] if isinstance(item, Node) else []
    out = LayerGraph(**graph.graph)
    for name, item in zip(graph, graph.items(), strict=True):
        bearing = replace(item, handing=tuple(behind[name])) if name in behind else item
        out.add_item(bearing, graph.operand_list(name))
    return out


def reads_through(graph: LayerGraph, name: str, through: Mapping[str, Port]) -> list[tuple[int, str, int]]:
    """(input index, source, output index) of what a call reads, calls that hand on looked through."""
    return [(to, *through.get(source, (source, out))) for to, source, out in graph.operand_list(name)]
