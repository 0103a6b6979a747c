"""Graphs without calls that hand on what they read: who reads such a call reads what it was given.

Which calls those are is decided elsewhere; here is what it means to look through them, and `verify` proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blockviz.ir.graph import LayerGraph, Port


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


def reads_through(graph: LayerGraph, name: str, through: Mapping[str, Port]) -> list[tuple[int, str, int]]:
    """(input index, source, output index) of what a call reads, calls that hand on looked through."""
    return [(to, *through.get(source, (source, out))) for to, source, out in graph.operand_list(name)]
