"""Moves that make a finished drawing shorter: two types told as one, a variant as a type of its own, a block whole.

A search adds one type after the other and sees what each saves at that moment. Of the whole drawing the one objective
then says whether some of its copies had better bear another letter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import permutations

from blockviz.ir import (
    Block,
    BlockType,
    Item,
    LayerGraph,
    Node,
    Unit,
    blocks_in,
    is_block,
    leaves,
    with_items,
)
from blockviz.ops.families import WEIGHTY, family, form_label, joins, merge_name
from blockviz.runtime.records import replace
from blockviz.search.description_length import description_length
from blockviz.search.free_kernels import windows_apart
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.search.skip_moves import made_whole
from blockviz.structure.canonical_form import difference, most_common_form
from blockviz.structure.isomorphism import Judge

_MOVES = 6  # moves made at most
_ALIKE = 0.8  # part of the weighty calls that two types must have in common to be told as one
_LEAST = 0.4  # what a move must save
_TYPES = 24  # types in a drawing up to which moves are tried


def exchanged(graph: LayerGraph, prices: Prices, interner: Interner) -> LayerGraph:
    """The drawing after the moves that make its description shorter, the best one first."""
    length = description_length(graph, prices, interner)
    for _ in range(_MOVES):
        moved = [(description_length(other, prices, interner), other) for other in _moves(graph, interner.judge)]
        least, best = min(moved, key=lambda pair: pair[0], default=(length, graph))
        if least > length - _LEAST:
            break
        length, graph = least, best
    return graph


def _moves(graph: LayerGraph, judge: Judge) -> Iterator[LayerGraph]:
    copies: dict[str, list[Block]] = defaultdict(list)
    for block in blocks_in(graph):
        if is_block(block):
            copies[block.type].append(block)
    if len(copies) > _TYPES:
        return
    calls = {key: weighty_calls(blocks[0]) for key, blocks in copies.items()}
    inside = {key: {inner.type for inner in blocks_in(blocks[0].body)} for key, blocks in copies.items()}
    for (one, fewer), (other, more) in permutations(copies.items(), 2):
        apart = other not in inside[one] and one not in inside[other]
        if (
            len(fewer) <= len(more)
            and apart
            and any(_are_one_but_for_the_sum(*pair) for pair in ((fewer, more), (more, fewer)))
        ):
            yield typed(graph, {block.id: other for block in fewer}, {})
        elif len(fewer) <= len(more) and apart and _ports(fewer) == _ports(more):
            common = (calls[one] & calls[other]).total()
            alike = 2 * common >= _ALIKE * (calls[one].total() + calls[other].total())
            if alike or windows_apart(fewer[0], more[0]):
                yield typed(graph, {block.id: other for block in fewer}, {})
    for key, blocks in copies.items():
        yield from _split(graph, key, blocks, judge)
    yield from made_whole(graph, copies)


def _split(graph: LayerGraph, key: str, blocks: list[Block], judge: Judge) -> Iterator[LayerGraph]:
    """A form of a type that several copies have as a type of its own."""
    numbers = [judge.number(block.body) for block in blocks]
    for number, count in Counter(numbers).most_common()[1:]:
        if count > 1:
            new = f"{key}'{number}"
            names = {block.id: new for block, found in zip(blocks, numbers, strict=True) if found == number}
            yield typed(graph, names, {new: BlockType(new, graph.types[key].level)})


def _ports(blocks: list[Block]) -> tuple[int, int, bool]:
    """How many tensors most copies of a type read and give, and whether branches join in them.

    A plain chain resembles every branch of a residual block.
    """
    ports = Counter((len(block.body.entries), len(block.body.exits), _joins(block)) for block in blocks)
    return ports.most_common(1)[0][0]


def _are_one_but_for_the_sum(plain: list[Block], summed: list[Block]) -> bool:
    """Whether all copies of a type are those of another one without the sum that closes these: no identity fits them.

    A block that gives another width or resolution than it reads has no shortcut (an inverted residual).
    """
    if any(_joins(block) or block.inputs[:1] == block.outputs[:1] for block in plain):
        return False
    if not all(_joins(block) for block in summed):
        return False
    base, other = (most_common_form([block.body for block in blocks]) for blocks in (plain, summed))
    found = difference(other, base)
    if len(found.removed) != 1 or found.added or found.changed or len(other.entries) != 1:
        return False
    last = other.item(found.removed[0])
    entered = {name for name, _ in other.entries[0]}
    return (
        isinstance(last, Node)
        and merge_name(last.op) == "Add"
        and {last.id} == set(other.exit_names)
        and last.id in entered
        and len(base) > 1
    )


def _joins(block: Block) -> bool:
    return any(joins(node) for node in leaves(block.body))


def weighty_calls(block: Block) -> Counter[str]:
    """What convolves, multiplies by a matrix, attends or recurs: two types told as one must share nearly all of it."""
    return Counter(form_label(node, activation=False) for node in leaves(block.body) if family(node.op) in WEIGHTY)


def typed(graph: LayerGraph, names: Mapping[str, str], new: Mapping[str, BlockType]) -> LayerGraph:
    """The graph with these blocks as copies of other types."""

    def change(item: Item) -> Item:
        if isinstance(item, Node | Unit):
            return item
        body = with_items(item.body, change)
        if is_block(item) and item.id in names:
            return replace(item, body=body, type=names[item.id])
        return item if body is item.body else replace(item, body=body)

    out: LayerGraph = with_items(graph, change)
    out = out.copy() if out is graph else out
    out.graph["types"] = {**graph.types, **new}
    return out
