"""Two overviews, part by part: which stand for each other, and in what they differ.

Parts are matched by what they hold, never by a name. The overviews are aligned as sequences; what reads other parts
than before is said, so that nothing that makes the two graphs differ is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from blockviz.comparison.alignment import LEAST, Pair, align
from blockviz.comparison.copies import copy_words
from blockviz.comparison.edits import Edits
from blockviz.comparison.exact_form import same_calls
from blockviz.comparison.groups import opened
from blockviz.ir import Group, Item, LayerGraph, item_leaves, layers_of, leaves
from blockviz.outline.frozen_words import frozen_words
from blockviz.outline.model import Outline, Part
from blockviz.runtime.records import dataclass, replace
from blockviz.text.numbers import shape_text

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"


@dataclass(frozen=True, slots=True)
class Row:
    """A part of each overview that stand for each other, or of one of them alone; ``words`` say what changed."""

    change: str
    before: Part | None
    after: Part | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two outlines row by row, in order; ``notes`` say what differs and belongs to no row."""

    before: Outline
    after: Outline
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs: calls, settings, wiring, sizes of the inputs, and what training changes."""
        return not self.notes and all(row.change == SAME for row in self.rows)


def compare_outlines(before: Outline, after: Outline, sources: tuple[LayerGraph, LayerGraph]) -> Comparison:
    """What differs between two models.

    Parameters
    ----------
    before, after : as `blockviz.outline.build.survey` gives them.
    sources : the layer graphs that they came from; whether the models are equal is told from these.
    """
    edits = Edits({each.layers: found.name for outline in (before, after) for found in outline.definitions
                   for each in found.instances})  # fmt: skip
    whole = _same_models(*sources)
    if whole and len(before.parts) == len(after.parts):
        rows = [Row(SAME, one, other) for one, other in zip(before.parts, after.parts, strict=True)]
        return Comparison(before, after, tuple(rows))
    if whole:  # one graph whose calls stand in another order, so that other blocks were found
        return Comparison(before, before, tuple(Row(SAME, part, part) for part in before.parts))
    rows = list(_rows(before.parts, after.parts, edits))
    before, after = (_opened(outline, rows, side) for outline, side in ((before, "before"), (after, "after")))
    rows = list(_rows(before.parts, after.parts, edits))
    told = any(row.change != SAME for row in rows)
    return Comparison(before, after, tuple(rows), () if told else ("the parts are wired otherwise",))


def _same_models(one: LayerGraph, other: LayerGraph) -> bool:
    """Whether two layer graphs are the same model, weights and names apart; what is trained and input sizes count."""
    sizes = [[node.outputs for node in leaves(graph) if node.op == "InputLayer" and not node.inputs]
             for graph in (one, other)]  # fmt: skip
    if sizes[0] != sizes[1]:
        return False
    states = [_states(list(graph.items())) for graph in (one, other)]
    if sorted(states[0]) != sorted(states[1]):
        return False
    # of graphs that are spelled otherwise nobody knows which layers stand for each other
    return same_calls(one, other) and (states[0] == states[1] or len({*states[0]}) < 2)


def _opened(outline: Outline, rows: Sequence[Row], side: str) -> Outline:
    """The outline with groups laid out that only it has, where the other model has parts of its own instead.

    A head of three layers is a group, one of two is none.
    """
    if not {ADDED, REMOVED} <= {row.change for row in rows}:
        return outline
    alone = [row.after if side == "after" else row.before for row in rows if row.change in (ADDED, REMOVED)]
    groups = {part.id for part in alone if part is not None and isinstance(part.item, Group)}
    parts = opened(outline.parts, groups)
    return replace(outline, parts=parts) if groups else outline


def _rows(before: Sequence[Part], after: Sequence[Part], edits: Edits) -> Iterator[Row]:
    usual = [{part.id: edits.usual(part.items) for part in parts} for parts in (before, after)]
    keys = [[_key(part, edits) for part in parts] for parts in (before, after)]

    def likeness(i: int, j: int) -> float:
        one, other = before[i], after[j]
        if (one.kind == "input") != (other.kind == "input"):
            return 0.0
        found = edits.likeness.between(usual[0][one.id], usual[1][other.id])
        shapes = one.output_shape, other.output_shape
        grid = shapes[0][1:-1] == shapes[1][1:-1]  # a level of a U stands for the one at its resolution
        near = 0.04 * grid + 0.02 * (shapes[0][1:] == shapes[1][1:]) + 0.02 * (one.repeat == other.repeat)
        return found + near if found >= LEAST else found

    pairs = list(align(keys[0], keys[1], likeness))
    wiring = _Wiring(before, after, pairs, edits)
    for i, j in pairs:
        if i is None and j is not None:
            yield Row(ADDED, None, after[j])
        elif j is None and i is not None:
            yield Row(REMOVED, before[i], None)
        elif i is not None and j is not None:
            words = [*_words(before[i], after[j], edits), *wiring.words(before[i], after[j])]
            yield Row(CHANGED if words else SAME, before[i], after[j], tuple(dict.fromkeys(words)))


def _key(part: Part, edits: Edits) -> object:
    """Equal for parts that nobody can tell apart: copies, settings, and how many weights they own."""
    return part.kind == "input", part.times, part.parallel, tuple(edits.forms.number(item) for item in part.items)


def _words(one: Part, other: Part, edits: Edits) -> Iterator[str]:
    """In what two parts differ, the most telling first."""
    if one.kind == "input" and one.output_shape != other.output_shape:
        yield f"{shape_text(one.output_shape)} → {shape_text(other.output_shape)}"
    found = list(copy_words(one, other, edits))
    if one.name != other.name and (one.letter or other.letter) and found:
        yield f"{one.name} → {other.name}"
    if one.times != other.times or one.parallel != other.parallel:
        yield f"{_times(one)}→{_times(other)}"
    yield from found
    yield from _training_words(one.items, other.items)


def _times(part: Part) -> str:
    return f"{part.times or '×1'}{' side by side' if part.parallel else ''}"


def _training_words(one: Sequence[Item], other: Sequence[Item]) -> Iterator[str]:
    """What training leaves as it is, where that changed."""
    before, after = (_states(items) for items in (one, other))
    if set(before) == set(after) and len(set(before)) < 2:
        return
    old, new = frozen_words(one), frozen_words(other)
    if old != new:
        yield new or ("trained" if old == "frozen" else f"no longer {old}")
    elif len(before) == len(after) and before != after:
        yield "other layers frozen"


def _states(items: Sequence[Item]) -> list[bool]:
    nodes = [node for item in items for node in item_leaves(item)]
    return [layer.trainable for layer in layers_of(nodes).values() if layer.params != 0]


class _Wiring:
    """Whether parts that stand for each other read parts that stand for each other."""

    def __init__(self, before: Sequence[Part], after: Sequence[Part], pairs: Sequence[Pair], edits: Edits) -> None:
        self.parts = ({part.id: part for part in before}, {part.id: part for part in after})
        self.twin = {before[i].id: after[j].id for i, j in pairs if i is not None and j is not None}
        self.kept = (set(self.twin), set(self.twin.values()))
        self.edits = edits

    def words(self, one: Part, other: Part) -> Iterator[str]:
        """What a part no longer reads, and what it reads instead; parts that came or went stand for what they read."""
        old = {self.twin[name] for name in self._sources(one, 0)}
        new = self._sources(other, 1)
        gone, come = ([self._name(name) for name in sorted(names)] for names in (old - new, new - old))
        if come and gone:
            yield f"reads {' and '.join(come)} instead of {' and '.join(gone)}"
        elif come:
            yield f"also reads {' and '.join(come)}"
        elif gone:
            yield f"no longer reads {' and '.join(gone)}"
        elif len(one.operands) != len(other.operands) and one.repeat == other.repeat:
            yield f"{len(one.operands)} → {len(other.operands)} operands"

    def _sources(self, part: Part, side: int) -> set[str]:
        found, todo = set[str](), list(part.inputs)
        parts: Mapping[str, Part] = self.parts[side]
        seen = set(todo)
        while todo:
            name = todo.pop()
            if name in self.kept[side]:
                found.add(name)
            elif name in parts:
                todo += [source for source in parts[name].inputs if source not in seen]
                seen.update(parts[name].inputs)
        return found

    def _name(self, name: str) -> str:
        part = self.parts[1][name]
        alike = sum(other.name == part.name for other in self.parts[1].values())
        words = f"{part.letter} ({part.name})" if part.letter else part.name
        return f"{words} of {shape_text(part.output_shape)}" if alike > 1 else words
