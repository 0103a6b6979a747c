"""Cells as architecture search composes them, whatever was found: five operations or four, of two kinds or ten.

The search spaces of NASNet, AmoebaNet, ENAS, PNASNet and DARTS (Zoph et al. 2018, section 3) have this in common: a
cell reads what the last two cells made; each of its blocks is the sum of two operations; all that they make is
concatenated.
"""

from __future__ import annotations

from blockviz.ir import LayerGraph
from blockviz.structure.skeleton import skeleton

_SUMS = 3  # of two operations, that are concatenated: two are met by chance


def searched_cell(body: LayerGraph) -> str:
    """``Normal cell``, ``Reduction cell`` where its operations stride; "" for what is no such cell."""
    graph = skeleton(body)
    labels = {name: str(data["label"]) for name, data in graph.nodes(data=True)}
    ends = [name for name in graph if not graph.out_degree(name)]
    if list(labels.values()).count("in") != 2 or [labels[name] for name in ends] != ["concat"]:
        return ""
    sums = [name for name in graph.predecessors(ends[0]) if labels[name] == "add" and graph.in_degree(name) == 2]
    chosen = [name for name in graph if labels[name].startswith(("sep", "dw", "pool"))]
    if len(sums) < _SUMS or len(chosen) < _SUMS:
        return ""
    strided = [name for name in chosen if "down" in graph.nodes[name]["marks"]]
    return "Reduction cell" if len(strided) > 1 else "Normal cell"
