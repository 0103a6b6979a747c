"""Graphs without calls that add nothing: who reads such a call reads what it was given.

A call that hands on the one tensor that it reads, or a concatenation inside another (`blockviz.ir.joins`). Which calls
those are is decided elsewhere; here is what it means to look through them, and `verify` proves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from blockviz.ir.graph import LayerGraph, Port
from blockviz.ir.items import Layer, Node
from blockviz.ir.joins import JOINS, inner_joins, spliced
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
    """The graph without these calls, which give no output of the model; linear in calls.

    Those that read one tensor hand it on; those that read several are concatenations inside others.
    ``graph["neutral"]`` lists all that were left out, also before; with concatenations among them, ``graph["spelled"]``
    is the graph in which those still stand.
    """
    wanted = set(names)
    several = {name for name in graph if name in wanted and len(graph.operand_list(name)) > 1}
    through = handed_on(graph, wanted - several)
    out = LayerGraph(**{**graph.graph, "neutral": (*graph.neutral, *through)})
    for name in graph:
        if name not in through:
            out.add_item(graph.item(name), reads_through(graph, name, through))
    if not several:
        return out
    left = joined(out, several)
    left.graph["spelled"] = out
    return left


def joined(graph: LayerGraph, inner: Collection[str]) -> LayerGraph:
    """The graph without these concatenations: the one that reads each of them reads what they read."""
    out = LayerGraph(**{**graph.graph, "neutral": (*graph.neutral, *(name for name in graph if name in inner))})
    for name in graph:
        if name not in inner:
            item = graph.item(name)  # a box around calls reads no concatenation that stands inside another
            out.add_item(*(spliced(graph, name, inner) if isinstance(item, Node) else (item, graph.operand_list(name))))
    return out


def joins_left(graph: LayerGraph, names: Collection[str], kept: Collection[str]) -> list[str]:
    """The concatenations inside others that are left once these calls are looked through."""
    if sum(isinstance(item, Node) and item.op in JOINS for item in graph.items()) < 2:
        return []
    through = looked_through(graph, names) if names else graph
    return list(inner_joins(through, kept))


def with_handing(graph: LayerGraph, names: Collection[str]) -> LayerGraph:
    """The graph in which each call bears the layers of those of these calls that hand on what it gives.

    So a layer that is looked through is still one of its model, and of the block that holds what it reads. A
    concatenation inside another is borne by that one.
    """
    several = {name for name in names if len(graph.operand_list(name)) > 1}
    single = [name for name in names if name not in several]
    bearers = {name: giver for name, (giver, _) in handed_on(graph, single).items()}
    bearers |= inner_joins(looked_through(graph, single)) if several else {}
    behind: dict[str, list[Layer]] = defaultdict(list)
    for name in names:
        bearer, item = bearers[name], graph.item(name)
        while bearer in several:
            bearer = bearers[bearer]
        behind[bearer] += [item.layer] if isinstance(item, Node) else []
    out = LayerGraph(**graph.graph)
    for name, item in zip(graph, graph.items(), strict=True):
        bearing = replace(item, handing=tuple(behind[name])) if name in behind else item
        out.add_item(bearing, graph.operand_list(name))
    return out


def reads_through(graph: LayerGraph, name: str, through: Mapping[str, Port]) -> list[tuple[int, str, int]]:
    """(input index, source, output index) of what a call reads, calls that hand on looked through."""
    return [(to, *through.get(source, (source, out))) for to, source, out in graph.operand_list(name)]
