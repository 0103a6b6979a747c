"""Rows of equal units as one item each, while blocks are looked for: how many convolutions a level has is a parameter.

The levels of a VGG hold 2, 2, 3, 3 and 3 convolutions before their pooling. As positions of a sequence they would be
strangers; as rows they are one form.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator

from blockviz.ir import Composite, Fold, LayerGraph, contract, is_block
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import Boxes
from blockviz.search.row_items import Step, UnitRow
from blockviz.structure.canonical_form import item_form

_STEPS = 2  # of them there are more where they make levels


def unequal_rows(sequence: LinearGraph) -> frozenset[str]:
    """Forms of units of which rows of several lengths are drawn as one box ×N."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for form, a, b in _rows(sequence):
        lengths[form].add(b - a)
    return frozenset(form for form, found in lengths.items() if len(found) > 1)


def step_forms(sequence: LinearGraph) -> frozenset[str]:
    """Forms of units of which three or more, in a chain, give another resolution, as others do not."""
    steps = Counter(form for form, a, b in _rows(sequence) if b - a == 1 and is_step(sequence, a))
    others = {form for form, a, b in _rows(sequence) if b - a > 1 or not is_step(sequence, a)}
    return frozenset(form for form, count in steps.items() if count > _STEPS and form in others)


def row_forms(sequence: LinearGraph) -> frozenset[str]:
    """Forms of units of which a row is drawn as one box ×N."""
    return frozenset(form for form, a, b in _rows(sequence) if b - a > 1)


def unit_rows_folded(
    graph: LayerGraph, sequence: LinearGraph, forms: Collection[str], steps: Collection[str] = ()
) -> LayerGraph:
    """The graph with each row of units of these forms, a single one included, as one item.

    Units of the forms in ``steps`` that give another resolution are items of another form.
    """
    folds = [
        Fold(sequence.names[a:b], _maker(Step if step else UnitRow, form, sequence.names[a]))
        for form, a, b in _rows(sequence)
        if (step := form in steps and b - a == 1 and is_step(sequence, a)) or form in forms
    ]
    return contract(graph, folds) if folds else graph


def is_step(sequence: LinearGraph, at: int) -> bool:
    """Whether a position reads one other and gives another resolution than that."""
    sources = {source for source, _ in sequence.reads[at]}
    if len(sources) != 1 or (source := sources.pop()) < 0:
        return False
    grids = [shape[1:-1] for shape in (*sequence.shapes[source], *sequence.shapes[at]) if shape and len(shape) > 2]
    return len(grids) == 2 and grids[0] != grids[1]


def _rows(sequence: LinearGraph) -> Iterator[tuple[str, int, int]]:
    """Form, begin and end of maximal rows of equal units, single ones included."""
    joins = Boxes.of(sequence).joins
    start = 0
    for gap in range(1, len(joins)):
        if not joins[gap]:
            if not is_block(item := sequence.items[start]):
                yield item_form(item), start, gap
            start = gap


def _maker(kind: type[UnitRow], form: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: kind(f"row:{first}", body, f"{kind.__name__} {form}")
