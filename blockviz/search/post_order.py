"""Put the nodes in depth-first post-order from the outputs.

The deepest input of a call comes first, so that a long independent part (the encoder that a decoder
attends to) does not come between the calls of one block. A call that collects tensors from all along
the network (the skips of a WaveNet) has them in the order of the call, which is that in which they arise.

In this order the nodes of a block are contiguous in practice, and an interval of it is convex, so
contracting disjoint intervals can never make a cycle.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from blockviz.ir import Item, LayerGraph, Node, is_block
from blockviz.ops.families import family
from blockviz.runtime.records import dataclass

#: A call that reads more tensors than this collects from everywhere (the skips of a WaveNet).
COLLECTS = 4
#: Inputs this much shallower than the call come from far back; one with many such collects along the network.
_FAR = 8


@dataclass(frozen=True, slots=True)
class Order:
    """Reorder only; nodes, edges and ports stay as they are."""

    name = "order"

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph in depth-first post-order."""
        return reordered(graph, post_order(graph))


def reordered(graph: LayerGraph, names: list[str]) -> LayerGraph:
    """The same graph with its nodes in another topological order."""
    out = LayerGraph(**graph.graph)
    for name in names:
        out.add_node(name, item=graph.item(name))
    out.add_edges_from(graph.edges(data=True))
    return out


def post_order(graph: LayerGraph) -> list[str]:
    """Depth-first post-order; what no output needs comes last."""
    return _visited(graph, _sources(graph))


def step_order(graph: LayerGraph, form: Callable[[Item], object]) -> list[str]:
    """Post-order in which the steps of a loop that is spelled out stand one after the other.

    What a call of the same form gave (the list that each step appends to, a sum) comes first, so that its steps are
    done before the next one's value; what is stacked comes in the order of the call.
    """
    forms = {name: form(item) for name, item in zip(graph, graph.items(), strict=True)}
    sources = {
        name: sorted(reads, key=lambda source: forms[source] != forms[name]) if len(reads) < COLLECTS else
        list(dict.fromkeys(source for _, source, _ in graph.operand_list(name)))
        for name, reads in _sources(graph).items()
    }  # fmt: skip
    return _visited(graph, sources)


def _visited(graph: LayerGraph, sources: dict[str, list[str]]) -> list[str]:
    """Depth-first from the outputs, each node's sources in the order given; without recursion: networks are deep."""
    done: set[str] = set()
    order: list[str] = []
    ends = [name for name, _ in graph.exits if not graph.edges_from(name)]  # an inner tensor given out comes by the way
    roots = [*ends, *(name for name in graph if not graph.edges_from(name))]
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


def side_inputs_first(graph: LayerGraph) -> list[str]:
    """The graph's order, but inputs that join what has begun (a mask, a second path) come first of all.

    In post-order such an input, or one that every block reads anew, stands inside the first of these blocks.
    """
    order = list(graph)
    side = {
        name: None
        for name, reader in pairwise(order)
        if not graph.edges_into(name)
        and (len(graph.succ[name]) > 1 or any(source != name for source in graph.edges_into(reader)))
    }
    return [*side, *(name for name in order if name not in side)]


def loose_late(graph: LayerGraph) -> list[str]:
    """The graph's order, but what is in no block stands just before what reads it first.

    In post-order all that is behind the end of one stream (its pooling) comes before the last block of the other.
    """
    place = {name: position for position, name in enumerate(graph)}
    rank: dict[str, int] = {}
    for name in reversed(place):
        readers = [] if is_block(graph.item(name)) else [rank[reader] for reader in graph.succ[name]]
        rank[name] = min(readers, default=place[name])
    return sorted(place, key=lambda name: (rank[name], place[name]))


def _starts_from_state(item: Item) -> bool:
    """A recurrent call that is given its state: the encoder that made the state is to be finished first."""
    return is_recurrent(item) and len(item.inputs) > 1


def is_recurrent(item: Item) -> bool:
    """Whether an item is a recurrent call."""
    return isinstance(item, Node) and family(item.op) == "recurrent"


def _sources(graph: LayerGraph) -> dict[str, list[str]]:
    """What each node reads, sorted by longest path from an input unless collected."""
    depth: dict[str, int] = {}
    sources = {}
    for name in graph:
        edges = graph.edges_into(name)
        if len(edges) == 1:  # most calls read one tensor
            (source,) = edges
            depth[name] = 1 + depth[source]
            sources[name] = [source]
            continue
        reads = list(dict.fromkeys(source for _, source, _ in graph.operand_list(name)))
        depth[name] = 1 + max((depth[source] for source in reads), default=0)
        far = sum(depth[source] < depth[name] - _FAR for source in reads)
        collects = len(reads) > COLLECTS and 2 * far > len(reads)
        if _starts_from_state(graph.item(name)):
            sources[name] = reads[::-1]
        else:
            sources[name] = reads if collects else sorted(reads, key=lambda source: -depth[source])
    return sources
