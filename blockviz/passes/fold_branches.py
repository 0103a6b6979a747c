"""Fold equal branches that stand side by side into one box ×N: embeddings of features, experts, heads of a pyramid.

Branches are parallel where the same calls read all of them. Nothing then leads from one to another, since what
leads on from a branch leads through its readers, which stand behind all branches; so a fold is always convex.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from blockviz.ir import (
    Block,
    BlockType,
    Composite,
    Fold,
    Item,
    LayerGraph,
    Node,
    Run,
    Unit,
    contract,
    is_block,
    is_input,
    item_leaves,
    leaves,
)
from blockviz.ops.families import family
from blockviz.runtime.records import dataclass
from blockviz.search.linearise import exact_of
from blockviz.structure.canonical_form import item_form


@dataclass(frozen=True, slots=True)
class FoldBranches:
    """Fold equal branches of the overview.

    least : branches that make a fold; two say more side by side (towers, siamese networks).
    forks : only branches that read the same; others may lie in several blocks.
    kept : ids of calls that stay on their own.
    """

    name = "fold-branches"
    least: int = 3
    forks: bool = False
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with equal branches folded: chains become blocks of a type, then blocks and units a run."""
        graph = self._with_types(graph)
        alike = list(self._alike(graph))
        while alike:  # what the branches of a fold read, one each, may be branches, too: embeddings of the features
            graph = contract(graph, [Fold([item.id for item in same], _maker(same[0])) for same in alike])
            alike = [same for same in self._alike(graph) if not any(graph.pred[item.id] for item in same)]
        return graph

    def _with_types(self, graph: LayerGraph) -> LayerGraph:
        """The graph with each chain of several items that has its like beside it as a block."""
        folds, types = [], dict(graph.types)
        known: dict[tuple[str, ...], str] = {}
        for form, chains in self._chains(graph):
            key = known.setdefault(form, f"branch{len(types)}")
            types[key] = BlockType(key)
            folds += [Fold([item.id for item in chain], _block_maker(key, chain[0].id)) for chain in chains]
        if not folds:
            return graph
        out = contract(graph, folds)
        out.graph["types"] = types
        return out

    def _beside(self, graph: LayerGraph) -> Iterator[tuple[frozenset[str], list[Item]]]:
        """Calls, and the items that all of them read; each output of a model is one of its own."""
        found: dict[frozenset[str], list[Item]] = defaultdict(list)
        ends = graph.exit_names
        joined = (graph.edges_into(name) for name in graph if len(graph.edges_into(name)) >= self.least)
        for name in dict.fromkeys(source for sources in joined for source in sources):
            if name not in ends and name not in self.kept:
                found[frozenset(graph.edges_from(name))].append(graph.item(name))
        return ((readers, items) for readers, items in found.items() if len(items) >= self.least)

    def _chains(self, graph: LayerGraph) -> Iterator[tuple[tuple[str, ...], list[list[Item]]]]:
        """Rows of two or more loose items before the calls that merge them; their widths don't count.

        Each ends in an item that is merged. What one has in front and the others lack is left alone.
        """
        for readers, ends in self._beside(graph):
            if not all(_is_loose(graph, item, self.kept) and _are_merged(graph, item) for item in ends):
                continue
            chains = [_chain(graph, item, self.kept) for item in ends]
            length = min(map(len, chains))
            chains = [chain[-length:] for chain in chains]
            forms = {tuple(item_form(item) for item in chain) for chain in chains}
            several = length > 1 or _is_run(chains[0][0])
            alike = several and len(forms) == 1 and _are_all(graph, readers, ends)
            alike = alike and self._may_fold(graph, [chain[0] for chain in chains])
            if alike and any(_has_weights(item) for item in chains[0]):
                yield forms.pop(), chains

    def _alike(self, graph: LayerGraph) -> Iterator[list[Item]]:
        """Copies of one type, whatever their widths; or units, equal in widths, that are merged and end no chain."""
        for readers, ends in self._beside(graph):
            same: dict[object, list[Item]] = defaultdict(list)
            for item in ends:
                if is_block(item):
                    same[item.type, len(item.outputs)].append(item)
                elif (
                    _is_loose(graph, item, self.kept)
                    and (_has_weights(item) or (is_input(item) and not self.forks))
                    and not _is_run(item)
                    and not _before(graph, item, self.kept)
                ):
                    same[exact_of(item)].append(item)
            for found in same.values():
                equal = _are_merged(graph, found[0]) and _are_all(graph, readers, found)
                if len(found) >= self.least and (is_block(found[0]) or equal) and self._may_fold(graph, found):
                    yield found

    def _may_fold(self, graph: LayerGraph, starts: list[Item]) -> bool:
        return not self.forks or len({frozenset(graph.pred[item.id]) for item in starts}) == 1


def _chain(graph: LayerGraph, item: Item, kept: frozenset[str]) -> list[Item]:
    """The loose items in a row that end in this one."""
    chain = [item]
    while (before := _before(graph, chain[-1], kept)) is not None:
        chain.append(before)
    return chain[::-1]


def _before(graph: LayerGraph, item: Item, kept: frozenset[str]) -> Item | None:
    """The loose item that an item alone reads and that reads nothing else, if that is what stands before it."""
    sources = list(graph.pred[item.id])
    if len(sources) != 1 or len(graph.operand_list(item.id)) != 1 or graph.out_degree(sources[0]) != 1:
        return None
    before = graph.item(sources[0])
    return before if _is_loose(graph, before, kept) and graph.in_degree(before.id) <= 1 else None


def _are_all(graph: LayerGraph, readers: frozenset[str], same: list[Item]) -> bool:
    """Whether one reader reads nothing else: of a fork whose branches differ, all are drawn."""
    ends = {item.id for item in same}
    return len(readers) > 1 or all(ends.issuperset(graph.pred[reader]) for reader in readers)


def _is_run(item: Item) -> bool:
    return isinstance(item, Run)


def _is_loose(graph: LayerGraph, item: Item, kept: frozenset[str]) -> bool:
    if item.id in kept or item.id in graph.exit_names:
        return False
    if isinstance(item, Node):
        return not _is_merge(item)
    return isinstance(item, Unit) or (isinstance(item, Run) and not item.type)


def _has_weights(item: Item) -> bool:
    return any(node.layer.params for node in item_leaves(item))


def _are_merged(graph: LayerGraph, item: Item) -> bool:
    """Whether what reads an item joins it with others as their equal; a reader may tell query, key and value apart."""
    readers = [graph.item(name) for name in graph.succ[item.id]]
    return len(readers) > 1 or any(isinstance(reader, Node) and _is_merge(reader) for reader in readers)


def _is_merge(node: Node) -> bool:
    return family(node.op) == "merge"


def _block_maker(key: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Block(f"{key}:{first}", body, key)


def _maker(first: Item) -> Callable[[LayerGraph], Composite]:
    key = first.type if isinstance(first, Composite) else ""
    name = next(leaves(first.body)).id if isinstance(first, Composite) else first.id
    return lambda body: Run(f"run:{name}", body, key, parallel=True)
