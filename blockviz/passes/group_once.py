"""Put what occurs once into groups a reader can name: a stem, a head, a fork with its join.

One occurrence is no repetition, so nothing is hidden: each group gets a panel of its own, and short
rows of units stay as they are. Only runs at the top level are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import networkx as nx

from blockviz.ir import (
    Backbone,
    BlockType,
    Composite,
    Fold,
    Group,
    Item,
    LayerGraph,
    Nested,
    Node,
    Run,
    contract,
    expand,
    has_type,
    is_input,
    leaves,
)
from blockviz.ops.families import family, is_neutral
from blockviz.runtime.records import dataclass
from blockviz.structure.block_patterns import match_pattern
from blockviz.structure.canonical_form import item_form


@dataclass(frozen=True, slots=True)
class GroupOnce:
    """Contract forks that rejoin into blocks of their own, and long rows before and after the blocks.

    least_fork : items in the smallest fork-and-join region worth a panel; least_row : items in the shortest row that
    becomes a stem or head. Views don't count, and an idiom is one: readers spell them with more or fewer calls.
    few : calls of a network that is small.
    """

    name = "group-once"
    least_fork: int = 4
    least_row: int = 4
    few: int = 30
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with forks and rows contracted; in a small one, read at a glance, forks that have a name only."""
        small, known = sum(1 for _ in leaves(graph)) <= self.few, frozenset(graph)
        graph = self._fold(graph, list(self._forks(graph)), "fork")
        if small:
            return expand(graph, lambda item: item.id not in known and match_pattern(item.body) is None)
        if not any(_is_composite(item) for item in graph.items()):
            return graph
        return self._fold(graph, list(self._rows(graph)), "row")

    def _fold(self, graph: LayerGraph, rows: list[list[Item]], kind: str) -> LayerGraph:
        types: dict[tuple[str, ...], str] = {}
        known = dict(graph.types)
        folds = []
        for row in rows:
            key = types.setdefault(tuple(item_form(item) for item in row), f"{kind}{len(known) + len(types)}")
            folds.append(Fold([item.id for item in row], _maker(key, row[0].id)))
        out = contract(graph, folds) if folds else graph
        if folds:
            out.graph["types"] = {**known, **{key: BlockType(key) for key in types.values()}}
        return out

    def _forks(self, graph: LayerGraph) -> Iterator[list[Item]]:
        """Regions between two single-tensor cuts that are more than one item, in rows of loose items."""
        idioms = _late_idioms(graph)
        for row in _loose_rows(graph, self.kept):
            for region in _regions(graph, row):
                size = len({idioms.get(item.id, item.id) for item in region})
                if size < self.least_fork or _is_overview(graph, region):
                    continue
                if _parts_ways(graph, region) and _hangs_together(graph, region):
                    yield region

    def _rows(self, graph: LayerGraph) -> Iterator[list[Item]]:
        """Loose chains that are long enough for a name of their own; where such a one meets a shorter one, both stay
        open, since what runs side by side is drawn alike."""
        idioms = _late_idioms(graph)
        steps = {}
        for row in _loose_rows(graph, self.kept):
            for chain in _chains(graph, row):
                count = len({idioms.get(item.id, item.id) for item in chain if not _is_view(item)})
                steps[chain[-1].id] = chain, count
        for end, (chain, count) in steps.items():
            met = {other for reader in graph.succ[end] for other in graph.pred[reader]} - {end}
            short = any(1 < steps[other][1] < self.least_row for other in met & steps.keys())
            if count >= self.least_row and not short:
                yield chain


def _late_idioms(graph: LayerGraph) -> dict[str, str]:
    """Call → the first call of the idiom that it belongs to, of those that become one box later on."""
    return {name: use.calls[0] for use in graph.idioms if use.box == "late" for name in use.calls}


def _is_overview(graph: LayerGraph, region: list[Item]) -> bool:
    """Whether a region is all that the network draws (a skip around the whole), with blocks or rows in it."""
    drawn = sum(not is_input(item) for item in graph.items())
    return len(region) >= drawn and any(isinstance(item, Run) or _is_composite(item) for item in region)


def _chains(graph: LayerGraph, row: list[Item]) -> Iterator[list[Item]]:
    """The row cut wherever an item reads something else, or is not the only reader."""
    chain: list[Item] = []
    for item in row:
        if chain and not _only_link(graph, chain[-1], item):
            yield chain
            chain = []
        chain.append(item)
    yield chain


def _is_view(item: Item) -> bool:
    """Whether an item only looks at a tensor in another way, or does nothing."""
    return isinstance(item, Node) and (family(item.op) == "reshape" or is_neutral(item))


def _only_link(graph: LayerGraph, before: Item, item: Item) -> bool:
    """Whether an item reads the one before and nothing else, and nothing else reads that one."""
    return graph.has_edge(before.id, item.id) and graph.in_degree(item.id) == 1 == graph.out_degree(before.id)


def _is_composite(item: Item) -> bool:
    return has_type(item) or (isinstance(item, Backbone | Nested))


def _loose_rows(graph: LayerGraph, kept: frozenset[str]) -> Iterator[list[Item]]:
    row: list[Item] = []
    for item in graph.items():
        if _is_composite(item) or item.id in kept or is_input(item):
            if row:
                yield row
            row = []
        else:
            row.append(item)
    if row:
        yield row


def _regions(graph: LayerGraph, row: list[Item]) -> Iterator[list[Item]]:
    """Cut a row where one tensor of it is alive; what lies between two cuts and is no single item.

    A tensor from before the row counts as alive until its last reader in the row, so that the branches of
    a fork stay together.
    """
    at = {item.id: position for position, item in enumerate(row)}
    last_use: dict[tuple[str, int], int] = {}
    made: dict[tuple[str, int], int] = {}
    for position, item in enumerate(row):
        for _, source, out in graph.operand_list(item.id):
            last_use[source, out] = position
            made[source, out] = at.get(source, -1)
    for name, out in graph.exits:  # outputs of the model are alive for good; what is read on is a tap
        if name in at and not graph.edges_from(name):
            last_use[name, out], made[name, out] = len(row), at[name]
    alive = [0] * (len(row) + 1)
    for tensor, last in last_use.items():
        for gap in range(made[tensor] + 1, last + 1):
            alive[gap] += 1
    start = 0
    for gap in range(1, len(row) + 1):
        if alive[gap] <= 1 and _is_cut(graph, row, gap):
            if gap - start > 1:
                yield row[start:gap]
            start = gap


def _parts_ways(graph: LayerGraph, region: list[Item]) -> bool:
    """Whether an item is read twice in a region: a row that ends where another one joins it is no fork."""
    read = [source for item in region for _, source, _ in graph.operand_list(item.id)]
    return len(set(read)) < len(read)


def _hangs_together(graph: LayerGraph, region: list[Item]) -> bool:
    """Whether what an item gives or reads leads to every other one: levels that only stand in a row do not."""
    links: nx.Graph[object] = nx.Graph()
    inside = {item.id for item in region}
    for item in region:
        links.add_node(item.id)
        for _, source, out in graph.operand_list(item.id):
            links.add_edge(item.id, source if source in inside else (source, out))
    return bool(nx.is_connected(links))


def _is_cut(graph: LayerGraph, row: list[Item], gap: int) -> bool:
    """Whether the one tensor alive at the gap is made by the item just before it."""
    if gap == len(row):
        return True
    before = row[gap - 1].id
    return graph.has_edge(before, row[gap].id) or not graph.pred[row[gap].id]


def _maker(key: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Group(f"{key}:{first}", body, key)
