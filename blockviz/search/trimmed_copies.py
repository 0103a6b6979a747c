"""Copies that hold the main form of their type whole, and a transition before or behind it: that stands on its own.

Where a stage has two blocks only, a type that takes the step to the next resolution into the first of them leaves
fewer boxes. But what nothing goes around belongs to no residual block: papers draw it between the stages. So does what
one copy alone has at its ends (the pooling behind one of two streams).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import networkx as nx

from blockviz.ir import Block, Fold, LayerGraph, contract, copies_by_type, copy_of, expand, is_block, is_one_of
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.structure.canonical_form import body_form, difference, most_common_form
from blockviz.structure.isomorphism import are_isomorphic

_EVERY_SECOND = 2


def trimmed(graph: LayerGraph, interner: Interner) -> LayerGraph:
    """The graph with such copies in the overview cut down to their main form."""
    copies = copies_by_type(graph)
    folds: list[Fold] = []
    opened: set[str] = set()
    for key, blocks in copies.items():
        usual = _usual(blocks)
        main = sequence_of(usual, interner)
        if not any(main.joining) and not any(map(is_block, main.items)):
            continue
        form = main.canonical(0, len(main))
        sequences = {block.id: sequence_of(block.body, interner) for block in blocks}
        forms = {name: each.canonical(0, len(each)) for name, each in sequences.items()}
        others = Counter(forms[block.id] for block in blocks if forms[block.id] != form and not _rescales(block))
        times = Counter(body_form(block.body) for block in blocks)
        for block in blocks:
            sequence, own = sequences[block.id], forms[block.id]
            if len(sequence) <= len(main):  # another form behind a step to the next resolution is that form
                if own != form and _rescales(block):
                    members = next(filter(None, (_names_of(sequence, other) for other in others if other != own)), [])
                    if members and _step_is_before(block, members):
                        opened.add(block.id)
                        folds.append(copy_of(key, members))
                continue
            members = _names_of(sequence, form)
            if not members and times[body_form(block.body)] == 1:  # what several copies have is told by a mark
                members = [*_main_among(block.body, usual)]
            if members:
                opened.add(block.id)
                folds.append(copy_of(key, members))
    return contract(expand(graph, is_one_of(opened)), folds) if folds else graph


def _step_is_before(block: Block, members: Sequence[str]) -> bool:
    """Whether what these items read is of the resolution that the copy gives already."""
    read = {source for name in members for source in block.body.pred[name]} - {*members}
    grids = {shape[1:-1] for source in read for shape in block.body.item(source).outputs[:1]}
    return grids == {shape[1:-1] for shape in block.outputs[:1]}


def _names_of(sequence: LinearGraph, form: tuple[object, ...]) -> list[str]:
    return [sequence.names[i] for i in _main_inside(sequence, form, len(form))]


def _usual(blocks: Sequence[Block]) -> LayerGraph:
    """The most frequent form; where every second copy takes the step to the next resolution in, the one without."""
    bodies = [block.body for block in blocks]
    forms = Counter(map(body_form, bodies))
    short, long = min(blocks, key=lambda block: len(block.body)), max(blocks, key=lambda block: len(block.body))
    even = len(forms) == _EVERY_SECOND and len({*forms.values()}) == 1 < len(blocks) // _EVERY_SECOND
    return short.body if even and _rescales(long) and not _rescales(short) else most_common_form(bodies)


def _rescales(block: Block) -> bool:
    """Whether what a copy gives is of another resolution than what it reads."""
    return [shape[1:-1] for shape in block.inputs[:1]] != [shape[1:-1] for shape in block.outputs[:1]]


def _main_inside(sequence: LinearGraph, form: tuple[object, ...], size: int) -> Sequence[int]:
    """Where the main form stands in a body, if a chain of calls is all that is before and behind it."""
    for a in range(len(sequence) - size + 1):
        b = a + size
        if sequence.canonical(a, b) != form or not any(sequence.joining[a:b]):
            continue
        before = all(sequence.reads[i] == ((i - 1, 0),) for i in range(1, a))
        behind = all(sequence.reads[i] == ((i - 1, 0),) for i in range(b, len(sequence)))
        sources = {source for reads in sequence.reads[a:b] for source, _ in reads if source < a}
        if before and behind and sources <= {-1, a - 1}:
            return range(a, b)
    return ()


def _main_among(body: LayerGraph, main: LayerGraph) -> Sequence[str]:
    """The items that stand for the main form, if nothing but what makes what these read, or reads what they give, is
    there besides: a patch embedding in the first of the layers, a pooling in the last, in whatever order they stand.
    """
    inside = frozenset(difference(main, body).pairs.values())
    alone = {name for name in body if name not in inside}
    before = {name for name in alone if not inside.isdisjoint(nx.descendants(body, name))}
    behind = {name for name in alone if not inside.isdisjoint(nx.ancestors(body, name))}
    if len(inside) < len(main) or not before.isdisjoint(behind):
        return ()
    members = [name for name in body if name in inside]
    copy = next(item for item in contract(body, [copy_of("", members)]).items() if is_block(item) and not item.type)
    return members if are_isomorphic(main, copy.body) else ()
