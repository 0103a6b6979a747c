"""Copies that share no more than a name with the main form of their type are no variants of it.

A variant is worth its mark while the marks say less than a drawing: a script of edits as long as the drawing itself
tells that another module stands there. So do equal calls of which other ones are joined: that is what tells ELAN from
ELAN-H.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Set

from blockviz.ir import (
    Block,
    BlockType,
    Item,
    LayerGraph,
    Node,
    blocks_in,
    expand_deep,
    is_block,
    is_one_of,
    item_leaves,
)
from blockviz.ops.families import form_label
from blockviz.search.description_length import in_rows, script_length
from blockviz.search.exchange_moves import typed
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.structure.canonical_form import body_form, most_common_form

_STRANGE = 0.9  # length of the script between two forms, as a part of the larger one, from which they are two types
_ALONE, _MANY = 0.5, 5.0  # the same for the one copy of a form that stands in no row; edits that no words can list


def strangers_apart(graph: LayerGraph, prices: Prices, interner: Interner) -> LayerGraph:
    """The graph with such copies as a type of their own, or opened where there is but one."""
    copies: dict[str, list[Block]] = defaultdict(list)
    for block in filter(is_block, blocks_in(graph)):
        copies[block.type].append(block)
    names: dict[str, str] = {}
    opened: set[str] = set()
    types = dict(graph.types)
    for key, blocks in copies.items():
        bodies = in_rows([block.body for block in blocks], interner)  # how long a row is makes no stranger
        alone = {block.id for block in blocks if _is_alone(graph, block)}
        for number, kin in enumerate(_kinds(list(zip(blocks, bodies, strict=True)), alone, prices)[1:], 1):
            if len(kin) == 1:
                opened.add(kin[0].id)
                continue
            new = f"{key}^{number}"
            types[new] = BlockType(new, graph.types[key].level)
            names.update((block.id, new) for block in kin)
    if not names and not opened:
        return graph
    return typed(expand_deep(graph, is_one_of(opened)), names, types)


def _is_alone(graph: LayerGraph, block: Block) -> bool:
    """Whether a block of the overview neither reads another copy of its type nor is read by one."""
    if block.id not in graph:
        return False
    beside = (*graph.pred[block.id], *graph.succ[block.id])
    return not any(is_block(item := graph.item(name)) and item.type == block.type for name in beside)


def _kinds(blocks: list[tuple[Block, LayerGraph]], alone: Set[str], prices: Prices) -> list[list[Block]]:
    """The copies of each kind: of the main form, of the most common one among its strangers, and so on.

    Other forms belong to the nearest of these. blocks : each with its body in rows. alone : ids of those in no row.
    """
    forms: dict[object, list[tuple[Block, LayerGraph]]] = defaultdict(list)
    for block, body in blocks:
        forms[body_form(body)].append((block, body))
    main = most_common_form([body for _, body in blocks])
    strange = [form for form, kin in forms.items() if _are_strangers(main, kin, alone, prices)]
    if not strange:
        return [[block for block, _ in blocks]]
    mains = [main]
    kinds = [[block for block, _ in forms.pop(body_form(main))]]
    others = [one for form in strange for one in forms.pop(form)]
    bodies = {block.id: body for block, body in others}
    for kin in _kinds(others, alone, prices):
        kinds.append(kin)
        mains.append(bodies[kin[0].id])
    for rest in forms.values():
        apart = [script_length(each, rest[0][1], prices) for each in mains]
        kinds[apart.index(min(apart))] += [block for block, _ in rest]
    return kinds


def _are_strangers(main: LayerGraph, kin: list[tuple[Block, LayerGraph]], alone: Set[str], prices: Prices) -> bool:
    block, other = kin[0]
    if other is main:
        return False
    joins = _joins(main), _joins(other)
    if len(kin) > 1 and joins[0] != joins[1] and len(joins[0]) == len(joins[1]) and _chain(main) == _chain(other):
        return True
    apart, size = script_length(main, other, prices), max(len(main), len(other))
    return apart >= _STRANGE * size or (len(kin) == 1 and block.id in alone and apart >= max(_MANY, _ALONE * size))


def _joins(body: LayerGraph) -> list[int]:
    """Of each concatenation, how many tensors made inside it joins."""
    return sorted(body.in_degree(name) for name in body if _concatenates(body.item(name)))


def _chain(body: LayerGraph) -> Counter[str]:
    """The calls that are joined."""
    return Counter(form_label(node) for item in body.items() if not _concatenates(item) for node in item_leaves(item))


def _concatenates(item: Item) -> bool:
    return isinstance(item, Node) and item.op == "Concatenate"
