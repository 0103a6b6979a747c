"""Draw a block that the literature names as the literature draws it: without boxes inside the box.

A decoder layer holds what is also an encoder layer's second half; as a box in a box that would say less
than its own attention, addition and dense layers do.
"""

from __future__ import annotations

from collections import defaultdict

from blockviz.forms import most_common_form
from blockviz.ir import Block, LayerGraph, blocks_in, expand
from blockviz.patterns import match_pattern
from blockviz.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Flatten:
    """Open the blocks inside every block type whose whole body is a named pattern."""

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with those blocks open."""
        bodies: dict[str, list[LayerGraph]] = defaultdict(list)
        for block in blocks_in(graph):
            if any(_is_inner(item) for item in block.body.items()):
                bodies[block.type].append(block.body)
        named = frozenset(key for key, found in bodies.items() if _is_flat(most_common_form(found)))
        return _opened(graph, named) if named else graph


def _is_flat(body: LayerGraph) -> bool:
    pattern = match_pattern(body)
    return pattern is not None and not pattern.nested


def _is_inner(item: object) -> bool:
    return isinstance(item, Block) and item.kind in ("block", "group", "run") and item.type != "unit"


def _opened(graph: LayerGraph, named: frozenset[str]) -> LayerGraph:
    out = LayerGraph(**graph.graph)
    for item in graph.items():
        if isinstance(item, Block) and item.kind != "unit":
            flat = item.kind in ("block", "group") and item.type in named
            item = replace(item, body=expand(item.body, _is_inner) if flat else _opened(item.body, named))
        out.add_node(item.id, item=item)
    out.add_edges_from(graph.edges(data=True))
    return out
