"""Copies that lack an output which nobody would read, and all that only makes it: the last one of a row.

The last layer of a Conv-TasNet gives its skip and no residual, the last stack of an hourglass maps nothing back. What
is left is no near copy by a count of calls, since a whole sum may be gone; but it is the main form, one output less,
and that is an isomorphism.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from networkx import ancestors

from blockviz.ir import Fold, LayerGraph, contract, copy_of, is_block, leaves
from blockviz.search.free_kernels import usual_windows
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.structure.canonical_form import most_common_form
from blockviz.structure.windows import has_window, window_of

_LEAST = 0.5  # part of the main form that must be left
_FEWEST = 3  # items that must be left


def ended_copies_joined(graph: LayerGraph, interner: Interner) -> LayerGraph:
    """The graph with such rows of loose items in the overview as copies of their type."""
    copies: dict[str, list[LayerGraph]] = defaultdict(list)
    for item in filter(is_block, graph.items()):
        copies[item.type].append(item.body)
    sequences: dict[bool, LinearGraph] = {}
    folds: list[Fold] = []
    taken: set[int] = set()
    for key, bodies in copies.items():
        main = most_common_form(bodies)
        if len(bodies) < 2 or len(main.exits) < 2:
            continue
        free = len({*map(_windows, bodies)}) > 1  # where each copy has windows of its own, so may the last
        if free not in sequences:
            sequences[free] = sequence_of(usual_windows(graph) if free else graph, interner)
        sequence = sequences[free]
        for form in _forms(usual_windows(main) if free else main, interner):
            for a in _places(sequence, form, key):
                here = range(a, a + len(form))
                if taken.isdisjoint(here):
                    taken.update(here)
                    names = sequence.names[a : a + len(form)]
                    folds.append(copy_of(key, names))
    return contract(graph, folds) if folds else graph


def _windows(body: LayerGraph) -> tuple[tuple[int, ...], ...]:
    return tuple([window_of(node) for node in leaves(body) if has_window(node)])


def _forms(main: LayerGraph, interner: Interner) -> Iterator[tuple[object, ...]]:
    """What is left of a body without each of its outputs, in the canonical form of a sequence."""
    sequence = sequence_of(main, interner)
    at = {name: position for position, name in enumerate(sequence.names)}
    for port in main.exits:
        others = {name for name, _ in main.exits if name != port[0]}
        left = others.union(*(ancestors(main, name) for name in others)) if others else set()
        joins = any(sequence.joining[at[name]] for name in main if name not in left)  # a mere chain is a transition
        if joins and max(_FEWEST, _LEAST * len(main)) <= len(left):
            yield sequence.canonical_of(sorted(at[name] for name in left))


def _places(sequence: LinearGraph, form: Sequence[object], key: str) -> Iterator[int]:
    """Where a form stands in a sequence, in no copy of its type."""
    size = len(form)
    for a in range(len(sequence) - size + 1):
        if sequence.form[a] != form[0][0]:  # type: ignore[index]
            continue
        inside = sequence.items[a : a + size]
        if not any(is_block(item) and item.type == key for item in inside) and sequence.canonical(a, a + size) == form:
            yield a
