"""Types cut at another seam: what copies end with stands at their beginning, or the other way round.

A concatenation with a skip begins a level of a decoder; where the search has it end the level below, every level lacks
its first call and hands over the width of the next. A count of boxes can't tell the two cuts apart, and where the
skip is computed between the two calls no interval holds the other cut. So the calls at a seam are moved along the
operands, and the type is sought once more wherever it then stands. The same with a call that some copies of a type
begin with, where it follows each copy of another type: it closes that one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from math import inf
from operator import itemgetter
from typing import TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir import (
    Block,
    Item,
    LayerGraph,
    Node,
    blocks_in,
    contract,
    copies_by_type,
    copy_of,
    expand,
    is_block,
    is_one_of,
)
from blockviz.ops.families import joins
from blockviz.runtime.records import dataclass
from blockviz.search.conventions import takes_in
from blockviz.search.description_length import description_length, overview_boxes
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.prices import Prices
from blockviz.search.scattered_copies import Occurrences
from blockviz.structure.canonical_form import item_form, item_kind

_LONGEST = 3  # items on one side of a seam that is moved
_FEWEST = 2  # copies
_LEAST = 0.5  # what another cut must save
_MOVES = 3  # cuts moved at most

_Search: TypeAlias = Callable[[LayerGraph], LayerGraph]


def _ends_late(block: Block) -> bool:
    """Whether a copy ends in a join with a tensor from outside that nothing else in it reads: the skip of a level."""
    body = block.body
    last = {name for name, _ in body.exits}
    item = body.item(next(iter(last))) if len(last) == 1 else None
    if not isinstance(item, Node) or not joins(item) or len(body) < _FEWEST:
        return False
    return any({name for name, _ in ports} == last for ports in body.entries)


def seams_moved(
    graph: LayerGraph, search: _Search, prices: Prices, interner: Interner, kept: Collection[str] = ()
) -> LayerGraph:
    """The drawing with its types cut where that makes its description shorter, the best of such cuts first.

    search : finds the types around those that are cut anew. kept : ids of calls that stay in no block.
    """
    length = inf
    for _ in range(_MOVES):
        others = [other for other in _cut_anew(graph, search, interner) if not takes_in(other, kept)]
        if not others:
            break
        length = min(length, _length(graph, prices, interner))
        least, best = min(((_length(other, prices, interner), other) for other in others), key=itemgetter(0))
        if least > length - _LEAST + 1e-9:
            break
        length, graph = least, best
    return graph


def _length(graph: LayerGraph, prices: Prices, interner: Interner) -> float:
    late: dict[str, list[bool]] = defaultdict(list)
    for block in filter(is_block, blocks_in(graph)):
        late[block.type].append(_ends_late(block))
    boxes = overview_boxes(graph, interner)
    ends = sum(2 * sum(found) > len(found) for found in late.values())
    return description_length(graph, prices, interner) + prices.crowding * boxes + prices.late * ends


def _cut_anew(graph: LayerGraph, search: _Search, interner: Interner) -> Iterator[LayerGraph]:
    """Drawings in which one type is cut at another seam, each with the types that ``search`` then finds around it."""
    for key in dict.fromkeys(block.type for block in blocks_in(graph) if is_block(block)):
        yield from _turned(graph, key, search, interner)
    yield from _heads_given_back(graph)


def _turned(graph: LayerGraph, key: str, search: _Search, interner: Interner) -> Iterator[LayerGraph]:
    """The type with its last items before the first, or the first behind the last."""
    outer = _outside(graph, key)
    copies = copies_by_type(outer).get(key, [])
    sequences = [sequence_of(block.body, interner) for block in copies]
    forms = [sequence.canonical(0, len(sequence)) for sequence in sequences]
    if len(copies) < _FEWEST:
        return
    usual = Counter(forms).most_common(1)[0][0]
    same = [block for block, form in zip(copies, forms, strict=True) if form == usual]
    body = same[0].body
    names = [list(block.body) for block in same]
    late = sum(map(_ends_late, copies)) * 2 > len(copies)
    beside = _Loose.of(outer, copies)
    seams = [at for at in range(1, len(body)) if late or beside.has(body, at)]
    if not seams:
        return
    flat = expand(outer, lambda item: is_block(item) and item.type == key)
    occurrences = Occurrences.of(flat)
    for at in seams:
        if min(at, len(body) - at) > _LONGEST or not _is_seam(body, at):
            continue
        ends = (list(body)[:at], list(body)[at:])
        if any(all(item_kind(body.item(name)) == "dropout" for name in end) for end in ends):
            continue  # `row_ends` knows where it belongs
        first = {members[k]: n for n, members in enumerate(names) for k in range(at)}
        for members in names:
            behind = [reader for reader in flat.succ[members[-1]] if reader in first]
            if not behind:
                continue
            pattern = [*members[at:], *names[first[behind[0]]][:at]]
            found = occurrences(pattern)
            if len(found) >= max(len(copies) - 1, _FEWEST):  # a row cut elsewhere may have one copy less
                with suppress(VerifyError):
                    cut = contract(flat, [copy_of(key, each) for each in found])
                    if _in_step(copies_by_type(cut)[key]) >= _in_step(copies):
                        yield search(cut)
            break


@dataclass(frozen=True, slots=True)
class _Loose:
    """Forms of what stands outside of all blocks: how often, and what copies of a type read, and are read by."""

    often: Counter[str]
    before: frozenset[str]
    behind: frozenset[str]

    @classmethod
    def of(cls, outer: LayerGraph, copies: Sequence[Block]) -> _Loose:
        forms = {name: item_form(item) for name, item in zip(outer, outer.items(), strict=True) if not is_block(item)}
        before, behind = (
            frozenset(forms[name] for block in copies for name in beside[block.id] if name in forms)
            for beside in (outer.pred, outer.succ)
        )
        return cls(Counter(forms.values()), before, behind)

    def has(self, body: LayerGraph, at: int) -> bool:
        """Whether what is behind a seam stands before a copy, too, or what is before it behind one.

        Else another cut has no copy more.
        """
        forms = [item_form(item) for item in body.items()]
        turned = forms[-1] in self.before and Counter(forms[at:]) <= self.often
        first = {*list(body)[:at]}
        serial = all(reader in first for ports in body.entries for reader, _ in ports)  # no skip goes around it
        return turned or (serial and forms[0] in self.behind and Counter(forms[:at]) <= self.often)


def _in_step(blocks: Sequence[Block]) -> float:
    """The part of copies that change the resolution as most do: a row that takes in the step before it is no better."""
    steps = Counter(_step(block) for block in blocks)
    return max(steps.values()) / len(blocks)


def _step(block: Block) -> tuple[float, ...] | None:
    """By what each side of a map gets longer, from the first tensor that is read to the first that is given."""
    read, given = block.inputs[0][1:-1], block.outputs[0][1:-1]
    if len(read) != len(given):
        return None
    pairs = [(before, after) for before, after in zip(read, given, strict=True) if before and after]
    return tuple(round(after / before, 2) for before, after in pairs) if len(pairs) == len(read) else None


def _outside(graph: LayerGraph, key: str) -> LayerGraph:
    """The graph with all blocks opened that hold copies of a type."""

    def holds(item: Item) -> bool:
        return is_block(item) and any(is_block(inner) and inner.type == key for inner in blocks_in(item.body))

    while any(map(holds, graph.items())):
        graph = expand(graph, holds)
    return graph


def _is_seam(body: LayerGraph, at: int) -> bool:
    """Whether one tensor alone goes from the items before a place to those behind, which give all that leaves."""
    names = list(body)
    before, behind = set(names[:at]), set(names[at:])
    passed = {(source, out) for name in behind for _, source, out in body.operand_list(name) if source in before}
    return len(passed) == 1 and before.isdisjoint(name for name, _ in body.exits)


def _heads_given_back(graph: LayerGraph) -> Iterator[LayerGraph]:
    """Types without the call that only some copies begin with, which then follows each copy of another type."""
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        heads = {block.id: head for block in blocks if (head := _head(block))}
        for form in {item_form(block.body.item(heads[block.id])) for block in blocks if block.id in heads}:
            longer = [b for b in blocks if b.id in heads and item_form(b.body.item(heads[b.id])) == form]
            if len(longer) == len(blocks):
                continue
            ids = {block.id for block in longer}
            flat = expand(graph, is_one_of(ids))
            folds = [copy_of(key, [name for name in block.body if name != heads[block.id]]) for block in longer]
            yield contract(flat, folds)
            for other, before in copies.items():
                if other == key or len(before) < _FEWEST:
                    continue
                ends = {block.id: _follower(flat, block.id, form) for block in before}
                if all(ends.values()):
                    opened = expand(flat, is_one_of(ends))
                    more = [copy_of(other, [*block.body, ends[block.id]]) for block in before]
                    with suppress(VerifyError):
                        yield contract(opened, [*folds, *more])


def _head(block: Block) -> str:
    """The call that alone reads the only tensor a copy reads, and is read inside; "" if there is none."""
    body = block.body
    names = {name for ports in body.entries for name, _ in ports}
    if len(body.entries) != 1 or len(names) != 1 or len(body) < 2 * _FEWEST:
        return ""
    (head,) = names
    return "" if head in body.exit_names or is_block(body.item(head)) else head


def _follower(graph: LayerGraph, name: str, form: str) -> str:
    """The only reader of an item, if it is of this form and reads nothing else; "" if not."""
    readers = list(graph.succ[name])
    if len(readers) != 1 or name in graph.exit_names or list(graph.pred[readers[0]]) != [name]:
        return ""
    return readers[0] if item_form(graph.item(readers[0])) == form else ""
