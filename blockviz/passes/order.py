"""Put the nodes in depth-first post-order from the outputs, the deepest input of each call first.

In this order the nodes of a block are contiguous in practice, and an interval of it is convex, so
contracting disjoint intervals can never make a cycle. Deepest first, so that a long independent part
(the encoder that a decoder attends to) does not come between the calls of one block.
"""

from __future__ import annotations

from dataclasses import dataclass

from blockviz.ir import LayerGraph


@dataclass(frozen=True, slots=True)
class Order:
    """Reorder only; nodes, edges and ports stay as they are."""

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        out = LayerGraph(**graph.graph)
        for name in post_order(graph):
            out.add_node(name, item=graph.item(name))
        out.add_edges_from(graph.edges(data=True))
        return out


def post_order(graph: LayerGraph) -> list[str]:
    """Depth-first post-order; without recursion, since networks are deep. What no output needs comes last."""
    sources = _sources(graph)
    done: set[str] = set()
    order: list[str] = []
    roots = [name for name, _ in graph.exits] + [name for name in graph if not graph.succ[name]]
    for root in roots:
        stack = [(root, 0)]
        while stack:
            name, position = stack.pop()
            if name in done:
                continue
            reads = sources[name]
            while position < len(reads) and reads[position] in done:
                position += 1
            if position < len(reads):
                stack += [(name, position + 1), (reads[position], 0)]
            else:
                done.add(name)
                order.append(name)
    return order


def _sources(graph: LayerGraph) -> dict[str, list[str]]:
    """What each node reads, by falling longest path from an input; call order where that is equal."""
    depth: dict[str, int] = {}
    sources = {}
    for name in graph:
        reads = list(dict.fromkeys(source for _, source, _ in graph.operand_list(name)))
        depth[name] = 1 + max((depth[source] for source in reads), default=0)
        sources[name] = sorted(reads, key=lambda source: -depth[source])
    return sources
