"""Rows of copies in a plain chain: where each begins, and the last one, which may lack what the others end with.

A layer ends with its pooling and its dropout, and so begins with a call with weights, or with the normalisation or
activation before that. Authors leave the last dropout out, or the last pooling where a global one follows: the layer is
a copy all the same. Where dropout falls on the input of the network already, it begins each layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from blockviz.ir import Block, LayerGraph, blocks_in, contract, copy_of, expand, is_block, is_input, is_one_of
from blockviz.structure.canonical_form import item_kind
from blockviz.structure.windows import usual_form

_ENDS = frozenset({"pool", "dropout"})  # what ends a layer, and the last one may lack
_BARE = 2  # items of a copy that may lack a pooling; a single convolution is no block


def plain_rows_cut(graph: LayerGraph) -> LayerGraph:
    """The graph with such rows in the overview cut as papers do."""
    counts = Counter(block.type for block in blocks_in(graph))
    for key in graph.types:
        copies = [item for item in graph.items() if is_block(item) and item.type == key]
        plain = not any(is_block(item) for block in copies for item in block.body.items())
        if 1 < len(copies) == counts[key] and plain:
            graph = _cut(graph, key, copies)
    return graph


def _cut(graph: LayerGraph, key: str, copies: Sequence[Block]) -> LayerGraph:
    """The graph with the copies of one type cut anew; itself where they are no row, or are cut so already."""
    flat = expand(graph, is_one_of({block.id for block in copies}))
    held = {name for block in copies for name in block.body}
    chain = next((chain for chain in _chains(flat) if held.issubset(chain)), [])
    if not chain or _falls_on_input(flat, chain):
        return graph
    calls = {name: (usual_form(flat.item(name)), item_kind(flat.item(name)) in _ENDS) for name in chain}
    period = _from_its_start([calls[name] for name in max((block.body for block in copies), key=len)])
    row = _longest_row(chain, [calls[name] for name in chain], period)
    whole = sum(len(names) == len(period) for names in row)
    fewer = whole < sum(len(block.body) == len(period) for block in copies)
    lost = [name for name in held.difference(*row) if not calls[name][1]]
    if len(row) < len(copies) or fewer or lost or row == [[*block.body] for block in copies]:
        return graph
    return contract(flat, [copy_of(key, names) for names in row])


def _from_its_start(period: Sequence[tuple[str, bool]]) -> Sequence[tuple[str, bool]]:
    """A period turned so that it ends with what ends a layer; empty where that is nowhere, or in several places."""
    starts = [place for place in range(len(period)) if period[place - 1][1] and not period[place][1]]
    return [*period[starts[0] :], *period[: starts[0]]] if len(starts) == 1 else []


def _longest_row(
    chain: Sequence[str], calls: Sequence[tuple[str, bool]], period: Sequence[tuple[str, bool]]
) -> list[list[str]]:
    """The longest row of copies in a chain, each a period, the last one perhaps without its end."""
    rows = []
    for start in range(len(chain) if period else 0):
        row, at = list[list[str]](), start
        while (length := _copy(calls[at : at + len(period)], period)) > 0:
            row.append([*chain[at : at + length]])
            at += length
            if length < len(period):
                break
        rows.append(row)
    return max(rows, key=len, default=[])


def _copy(calls: Sequence[tuple[str, bool]], period: Sequence[tuple[str, bool]]) -> int:
    """How many calls are a copy of a period, its end perhaps lacking; 0 if they are none."""
    pairs = zip(calls, period, strict=False)
    same = next((place for place, pair in enumerate(pairs) if pair[0] != pair[1]), len(calls))
    lacks = period[same:]
    may_lack = all(ends for _, ends in lacks) and (same >= _BARE or all(form == "dropout" for form, _ in lacks))
    return same if same and may_lack else 0


def _chains(graph: LayerGraph) -> Iterator[list[str]]:
    """Rows of items, as long as can be, in which each reads nothing but what the one before gives to it alone."""
    chain: list[str] = []
    for name in graph:
        if chain and not (list(graph.pred[name]) == [chain[-1]] == [s for _, s, _ in graph.operand_list(name)]
                          and len(graph.succ[chain[-1]]) == 1 and chain[-1] not in graph.exit_names):  # fmt: skip
            yield chain
            chain = []
        chain.append(name)
    yield chain


def _falls_on_input(graph: LayerGraph, chain: Sequence[str]) -> bool:
    """Whether the chain begins with the network's input and its dropout."""
    return is_input(graph.item(chain[0])) and [item_kind(graph.item(name)) for name in chain[1:2]] == ["dropout"]
