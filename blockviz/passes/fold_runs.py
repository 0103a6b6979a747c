"""Fold consecutive blocks of one type and one stage into a run ×N, and equal units in a chain likewise.

A stage ends where the resolution changes, except for a last copy that halves it on leaving (the
strides of ResNet v2). Blocks with a shortcut also end a stage where the channels change, since an
identity can't be added there; blocks that end in a concatenation may change them at will.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import groupby, pairwise
from typing import TypeAlias

from blockviz.ir import (
    Block,
    Composite,
    Fold,
    Item,
    LayerGraph,
    Node,
    Run,
    Unit,
    blocks_in,
    contract,
    is_block,
    item_leaves,
    leaves,
    told_apart,
    with_items,
)
from blockviz.ops.families import family, merge_name
from blockviz.runtime.records import dataclass, replace
from blockviz.search.linearise import exact_of
from blockviz.search.page_cost import numbers_of
from blockviz.structure.canonical_form import item_form


@dataclass(frozen=True, slots=True)
class FoldRuns:
    """Fold runs at every level, innermost first."""

    name = "fold-runs"

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with runs folded, innermost first."""
        return _folded(graph, _equal_in_all(graph))


_Places: TypeAlias = Set[tuple[int, int]]  # of two items that follow one another, among those of a body
_Form: TypeAlias = tuple[str, ...]


def _folded(graph: LayerGraph, equal: Mapping[_Form, _Places], places: _Places | None = None) -> LayerGraph:
    """The graph with runs folded; those of units at these places only, if it is the body of a block."""

    def inside(item: Item) -> Item:
        return replace(item, body=_folded(item.body, equal, equal[_form(item)])) if is_block(item) else item

    graph = with_items(graph, inside)
    folds = [Fold([item.id for item in run], _maker(run)) for run in _runs(graph, places)]
    return contract(graph, folds) if folds else graph


def _equal_in_all(graph: LayerGraph) -> dict[_Form, _Places]:
    """Per form of a block where two equal units follow one another in all its copies: one drawing stands for them."""
    equal: dict[_Form, _Places] = {}
    for block in blocks_in(graph):
        if is_block(block):
            at = {name: place for place, name in enumerate(block.body)}
            runs = (run for run in _runs(block.body) if not is_block(run[0]))
            places = {(at[one.id], at[other.id]) for run in runs for one, other in pairwise(run)}
            form = _form(block)
            equal[form] = equal[form] & places if form in equal else places
    return equal


def _form(block: Block) -> _Form:
    return (block.type, *map(item_form, block.body.items()))


def _runs(graph: LayerGraph, places: _Places | None = None) -> Iterator[list[Item]]:
    at = {name: place for place, name in enumerate(graph)}
    for chain in _chains(graph):
        if is_block(chain[0]):
            for stage in _stages([item for item in chain if isinstance(item, Composite)]):
                if len(stage) > 1:
                    yield list(stage)
            continue
        run = [chain[0]]
        for before, item in pairwise(chain):
            allowed = places is None or (at[before.id], at[item.id]) in places
            if not (allowed and exact_of(before) == exact_of(item)):
                if len(run) > 1:
                    yield run
                run = []
            run.append(item)
        if len(run) > 1:
            yield run


def _chains(graph: LayerGraph) -> Iterator[list[Item]]:
    """Maximal rows of items of one kind and type in which each reads what the one before gives."""
    chain: list[Item] = []
    for item in graph.items():
        if chain and _continues(graph, chain[-1], item):
            chain.append(item)
            continue
        if len(chain) > 1:
            yield chain
        chain = [item]
    if len(chain) > 1:
        yield chain


def _continues(graph: LayerGraph, before: Item, item: Item) -> bool:
    if not graph.has_edge(before.id, item.id):
        return False
    if is_block(before) and is_block(item):
        return before.type == item.type
    if is_block(before) or is_block(item):
        return False
    if not (_is_unit(item) and _is_unit(before)) or graph.out_degree(before.id) != 1:
        return False
    shared = set(graph.pred[item.id]) - {before.id}  # a mask, say, that every one of them reads
    return shared <= set(graph.pred[before.id])


def _is_unit(item: Item) -> bool:
    """What may be drawn once with ×N: a unit, or a call with weights of its own."""
    return isinstance(item, Unit) or (isinstance(item, Node) and item.layer.params != 0)


def _stages(chain: list[Composite]) -> Iterator[list[Composite]]:
    """Cut a chain of one type into stages."""
    groups = _by_width(chain)
    if len(groups) == len(chain) > 2:  # a width of its own for each copy (PyramidNet) says nothing of stages
        groups = [chain]
    for group in groups:
        for stage in _by_resolution(group):
            yield from _by_stride(stage)


def _by_width(chain: list[Composite]) -> list[list[Composite]]:
    groups = [[chain[0]]]
    for before, block in pairwise(chain):
        same = _agree(before, block, slice(-1, None)) or exact_of(before) == exact_of(block)
        ends = block is chain[-1] and block.outputs[:1] == before.outputs[1:2] != ()  # the last may lack an output
        same = same or ends
        if same or (_collects(before) and _collects(block) and _output(before)[:-1] == _output(block)[:-1]):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _collects(block: Composite) -> bool:
    """Whether the block ends in a concatenation."""
    if not block.body.exits:
        return False
    last = block.body.item(block.body.exits[-1][0])
    return isinstance(last, Node) and merge_name(last.op) == "Concatenate"


def _by_resolution(group: list[Composite]) -> Iterator[list[Composite]]:
    stages = [[group[0]]]
    for before, block in pairwise(group):
        if _agree(before, block, slice(-1)):
            stages[-1].append(block)
        else:
            stages.append([block])
    if len(stages) > 1 and len(stages[-1]) == 1 and len(stages[-2]) > 1:
        last = stages.pop()
        stages[-1] += last
    yield from stages


def _agree(before: Composite, block: Composite, axes: slice) -> bool:
    """Whether the deepest outputs are equal in these axes, and the others as far as both blocks have them."""
    left, right = ({told_apart(shape)[axes] for shape in each.outputs} for each in (before, block))
    return _output(before)[axes] == _output(block)[axes] and (left <= right or right <= left)


def _by_stride(stage: list[Composite]) -> Iterator[list[Composite]]:
    """In a chain without merges nothing but numbers tells copies apart, so a run holds equal ones only."""
    if any(family(node.op) == "merge" for block in stage for node in item_leaves(block)):
        yield stage
    else:
        for _, same in groupby(stage, key=numbers_of):
            yield list(same)


def _output(block: Composite) -> Sequence[int | str | None]:
    return told_apart(block.outputs[0]) if block.outputs else ()


def _maker(run: list[Item]) -> Callable[[LayerGraph], Composite]:
    first = run[0]
    key = first.type if isinstance(first, Composite) else ""
    name = next(leaves(first.body)).id if isinstance(first, Composite) else first.id
    return lambda body: Run(f"run:{name}", body, key)
