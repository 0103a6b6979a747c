"""Fold equal branches that stand side by side into one box ×N: embeddings of features, experts, heads of a pyramid.

Branches are parallel where the same calls read all of them. Nothing then leads from one to another, since what
leads on from a branch leads through its readers, which stand behind all branches; so a fold is always convex.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TypeAlias

from blockviz.forms import item_form
from blockviz.ir import Block, BlockType, Fold, Item, LayerGraph, Node, contract, leaves
from blockviz.ops import family
from blockviz.passes.sequence import exact_of
from blockviz.records import dataclass

_Branch: TypeAlias = list[Item]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Fold equal branches of the overview.

    least : branches that make a fold; two say more side by side (towers, siamese networks).
    """

    least: int = 3

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with its equal branches folded: chains become blocks of a type, then blocks and units a run."""
        graph = self._with_types(graph)
        folds = [Fold([item.id for (item,) in same], _maker(same[0][0])) for same in self._alike(graph, _single)]
        return contract(graph, folds) if folds else graph

    def _with_types(self, graph: LayerGraph) -> LayerGraph:
        """The graph with each chain of several items that has its like beside it as a block."""
        folds, types = [], dict(graph.types)
        for same in self._alike(graph, _chain):
            key = f"branch{len(types)}"
            types[key] = BlockType(key)
            folds += [Fold([item.id for item in branch], _block_maker(key, branch[0].id)) for branch in same]
        if not folds:
            return graph
        out = contract(graph, folds)
        out.graph["types"] = types
        return out

    def _alike(
        self, graph: LayerGraph, branch_of: Callable[[LayerGraph, Item], tuple[object, _Branch] | None]
    ) -> Iterator[list[_Branch]]:
        """Branches that the same calls read and that are alike; the outputs of a model are each one of their own."""
        alike: dict[tuple[frozenset[str], object], list[_Branch]] = defaultdict(list)
        ends = graph.exit_names
        for name, item in zip(graph, graph.items(), strict=True):
            readers = frozenset(graph.succ[name])
            if not readers or name in ends or name in graph.kept:
                continue
            if (found := branch_of(graph, item)) is not None:
                alike[readers, found[0]].append(found[1])
        for (readers, _), same in alike.items():
            if len(same) >= self.least and (_is_block(same[0][-1]) or _are_all(graph, readers, same)):
                yield same


def _single(graph: LayerGraph, item: Item) -> tuple[object, _Branch] | None:
    """A block of a type, whatever its widths; or a unit, equal in widths, that is merged and ends no chain."""
    if isinstance(item, Block) and _is_block(item):
        return (item.type, len(item.outputs)), [item]
    if not _is_loose(graph, item) or not _has_weights(item) or not _are_merged(graph, item):
        return None
    return None if _before(graph, item) is not None else (exact_of(item), [item])


def _chain(graph: LayerGraph, item: Item) -> tuple[object, _Branch] | None:
    """Two or more loose items in a row that end in this one, where they are merged; their widths don't count."""
    if not _is_loose(graph, item) or not _are_merged(graph, item):
        return None
    chain = [item]
    while (before := _before(graph, chain[0])) is not None:
        chain.insert(0, before)
    if len(chain) == 1 or not any(_has_weights(each) for each in chain):
        return None
    return tuple(item_form(each) for each in chain), chain


def _before(graph: LayerGraph, item: Item) -> Item | None:
    """The loose item that an item alone reads and that reads nothing else, if that is what stands before it."""
    sources = list(graph.pred[item.id])
    if len(sources) != 1 or len(graph.operand_list(item.id)) != 1 or graph.out_degree(sources[0]) != 1:
        return None
    before = graph.item(sources[0])
    return before if _is_loose(graph, before) and graph.in_degree(before.id) <= 1 else None


def _are_all(graph: LayerGraph, readers: frozenset[str], same: list[_Branch]) -> bool:
    """Whether nothing else is read there: of a fork whose branches differ, all are drawn."""
    ends = {branch[-1].id for branch in same}
    return all(ends.issuperset(graph.pred[reader]) for reader in readers) or len(readers) > 1


def _is_block(item: Item) -> bool:
    return isinstance(item, Block) and item.kind == "block"


def _is_loose(graph: LayerGraph, item: Item) -> bool:
    if item.id in graph.kept or item.id in graph.exit_names:
        return False
    return item.kind in ("unit", "run") and item.type == "unit" if isinstance(item, Block) else not _is_merge(item)


def _has_weights(item: Item) -> bool:
    return any(node.layer.params for node in leaves(item.body)) if isinstance(item, Block) else bool(item.layer.params)


def _are_merged(graph: LayerGraph, item: Item) -> bool:
    """Whether what reads an item joins it with others as their equal; a reader may tell query, key and value apart."""
    readers = [graph.item(name) for name in graph.succ[item.id]]
    return len(readers) > 1 or any(isinstance(reader, Node) and _is_merge(reader) for reader in readers)


def _is_merge(node: Node) -> bool:
    return family(node.op) == "merge"


def _block_maker(key: str, first: str) -> Callable[[LayerGraph], Block]:
    return lambda body: Block(f"{key}:{first}", "block", key, body)


def _maker(first: Item) -> Callable[[LayerGraph], Block]:
    key = first.type if isinstance(first, Block) else "unit"
    name = next(leaves(first.body)).id if isinstance(first, Block) else first.id
    return lambda body: Block(f"run:{name}", "run", key, body, info={"parallel": True})
