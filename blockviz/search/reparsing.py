"""A finished drawing read once more: every cut of a type, with the copies that differ, judged by the one objective.

A search cuts a row where most copies are equal, and takes what differs at its ends (a first copy without
normalisation, the last that gives another width) for something else, or into a second type with what stands beside it.
Here a type of the drawing is laid over the calls again, at every place of its period: equal stretches are copies, and
so are the stretches between them that a short edit script makes equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir import Block, LayerGraph, contract, copies_by_type, copy_of, expand, is_block, is_one_of
from blockviz.runtime.records import dataclass
from blockviz.search.conventions import as_papers
from blockviz.search.description_length import description_length, overview_boxes
from blockviz.search.inline_fragments import without_fragments
from blockviz.search.intervals import RESCALES, Span
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.overlay import Overlay
from blockviz.search.prices import Prices
from blockviz.search.scattered_copies import Occurrences
from blockviz.structure.canonical_form import item_kind

_LEAST = 1.4  # what another reading must save
_ROUNDS = 3  # readings taken at most
_TYPES = 12  # types in the overview up to which this is tried
_SHORTEST, _LONGEST = 3, 64  # items of a pattern
_TRIED = 4  # readings of one type that are priced
_ALONE = 10  # calls in no block from which parts of a type are laid over the calls, too
_PART = 0.6  # part of a copy of another type that a reading may take
_OFF = (0.2, 0.35)  # parts of a type's items that a copy may lack, have besides, or have another of

_Copies: TypeAlias = tuple[tuple[str, ...], ...]  # the items of each


@dataclass(frozen=True, slots=True)
class Reparsing:
    """Lays the types of a drawing over its calls once more.

    search : finds the types of what a reading leaves over. kept : ids of calls that stay in no block.
    """

    prices: Prices
    interner: Interner
    search: Callable[[LayerGraph], LayerGraph]
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The drawing in the shortest reading that takes no more boxes in its overview."""
        boxes = overview_boxes(graph, self.interner)
        length = self._length(graph, boxes)
        for _ in range(_ROUNDS):
            readings = [without_fragments(self._as_papers(each, quick=True)) for each in self._readings(graph)]
            counted = [(overview_boxes(other, self.interner), other) for other in readings]
            others = [(self._length(other, count), other) for count, other in counted if count <= boxes]
            least, best = min(others, key=lambda pair: pair[0], default=(length, graph))
            if least > length - _LEAST:
                break
            best = self._as_papers(best)
            fewer = overview_boxes(best, self.interner)
            if (least := self._length(best, fewer)) > length - _LEAST or fewer > boxes:
                break
            length, graph, boxes = least, without_fragments(best), fewer
        return graph

    def _as_papers(self, graph: LayerGraph, *, quick: bool = False) -> LayerGraph:
        return as_papers(graph, self.prices, self.interner, kept=self.kept, quick=quick)

    def _length(self, graph: LayerGraph, boxes: int) -> float:
        """The length of a drawing in which each box of the overview counts more."""
        return description_length(graph, self.prices, self.interner) + self.prices.crowding * boxes

    def _readings(self, graph: LayerGraph) -> Iterator[LayerGraph]:
        copies = copies_by_type(graph)
        if len(copies) > _TYPES:
            return
        parts = sum(not is_block(item) for item in graph.items()) >= _ALONE
        for key, blocks in copies.items():
            inside = {item.type for block in blocks for item in filter(is_block, block.body.items())}
            others = {other: rest for other, rest in copies.items() if other not in inside and other != key}
            opened = frozenset(block.id for rest in (blocks, *others.values()) for block in rest)
            flat = expand(graph, is_one_of(opened))
            yield from self._laid(flat, key, blocks, others, parts)

    def _laid(
        self, flat: LayerGraph, key: str, blocks: Sequence[Block], others: Mapping[str, Sequence[Block]], parts: bool
    ) -> Iterator[LayerGraph]:
        """The graph with copies of one type laid anew, and those of the others that are left whole."""
        sequence = sequence_of(flat, self.interner)
        at = {name: place for place, name in enumerate(sequence.names)}
        held = {other for other, rest in others.items() if self._is_held(blocks, rest)}
        for copies in self._covers(sequence, Occurrences.of(flat), at, blocks, parts)[:_TRIED]:
            taken = {name for members in copies for name in members}
            folds = [copy_of(key, members) for members in copies]
            rest = [(other, list(block.body)) for other, rest in others.items() for block in rest]
            if any(
                len(others[other]) > 1 and other not in held and len(taken & {*names}) > _PART * len(names)
                for other, names in rest
            ):
                continue  # a copy of another type is no copy that differs: `exchange_moves` asks that
            left = [(other, names) for other, names in rest if taken.isdisjoint(names)]
            often = Counter(other for other, _ in left)
            whole = [copy_of(other, names) for other, names in left if other not in held or often[other] > 1]
            with suppress(VerifyError):  # copies that stand apart may each be in the way of the other
                yield contract(flat, [*folds, *whole])
                if len(whole) < len(rest):
                    yield self.search(contract(flat, folds))

    def _is_held(self, blocks: Sequence[Block], rest: Sequence[Block]) -> bool:
        """Whether the usual form of another type is a stretch of this one: where it stands alone, the rest is near."""
        (outer, _), (inner, _) = (
            Counter(sequence_of(block.body, self.interner).form for block in each).most_common(1)[0]
            for each in (blocks, rest)
        )
        return any(outer[a : a + len(inner)] == inner for a in range(len(outer) - len(inner) + 1)) and outer != inner

    def _covers(
        self,
        sequence: LinearGraph,
        occurrences: Occurrences,
        at: Mapping[str, int],
        blocks: Sequence[Block],
        parts: bool,
    ) -> list[_Copies]:
        """Other copies of a type, which hold no fewer calls, by what they save less what they differ in."""
        old = [span for block in blocks if (span := _span(at, block))]
        if not old or max(b - a for a, b in old) > _LONGEST:
            return []
        overlay, held = Overlay(sequence), sum(len(block.body) for block in blocks)
        before = {tuple(sequence.names[slice(*span)]) for span in old}
        ranked: dict[_Copies, float] = {}
        for pattern in _patterns(sequence, old, parts):
            equal = overlay.equal(pattern)
            exact = [tuple(sequence.names[slice(*span)]) for span in equal]
            apart = [tuple(each) for each in occurrences(sequence.names[slice(*pattern)], exact)]
            for most in _OFF:
                spans = overlay.cover(pattern, most, equal)
                near = {tuple(sequence.names[slice(*span)]): span for span in spans}
                elsewhere = {name for members in apart for name in members}
                copies = (*(each for each in near if elsewhere.isdisjoint(each)), *apart)
                size = sum(map(len, copies))
                if len(copies) < len(blocks) or size < held or set(copies) == before:
                    continue
                if not self.kept.isdisjoint(name for members in copies for name in members):
                    continue
                off = sum(overlay.differing(pattern, near[each]) for each in copies if each in near)
                ranked.setdefault(copies, off - size + len(copies) + pattern[1] - pattern[0])
        return sorted(ranked, key=ranked.__getitem__)


def _span(at: Mapping[str, int], block: Block) -> Span | None:
    """Where the items of a block stand, if nothing else stands between them."""
    places = sorted(at[name] for name in block.body)
    return (places[0], places[-1] + 1) if places[-1] - places[0] + 1 == len(places) else None


def _patterns(sequence: LinearGraph, spans: Sequence[Span], parts: bool) -> Iterator[Span]:
    """The usual form of a type at every place of its period, and parts of it."""
    forms = {span: sequence.canonical(*span) for span in spans}
    usual = Counter(forms.values()).most_common(1)[0][0]
    equal = [span for span in spans if forms[span] == usual]
    a, b = equal[len(equal) // 2]
    for shift in sorted(range(a - b + 1, b - a), key=abs):
        start, end = a + shift, b + shift
        if start >= 0 and end <= len(sequence) and (not shift or _is_cut_as_well(sequence, (a, b), (start, end))):
            yield start, end
    if parts:
        yield from _parts(sequence, (a, b))


def _parts(sequence: LinearGraph, span: Span) -> Iterator[Span]:
    """The parts of a stretch that read one tensor and give one."""
    for start in range(*span):
        for end in range(start + _SHORTEST, span[1] + 1):
            if (start, end) != span and sequence.entering(start, end) == sequence.leaving(start, end) == 1:
                yield start, end


def _is_cut_as_well(sequence: LinearGraph, old: Span, new: Span) -> bool:
    """Whether another place of the period is no worse a cut.

    It has as few tensors, and begins with a fork, or with a step to another resolution, if the old one does.
    """
    if item_kind(sequence.items[old[0]]) in RESCALES and item_kind(sequence.items[new[0]]) not in RESCALES:
        return False
    before, after = ((sequence.entering(*span), sequence.leaving(*span)) for span in (old, new))
    if after[0] > before[0] or after[1] > before[1] or sequence.forks_late(*new):
        return False
    return sequence.forks_at(*new) or not sequence.forks_at(*old)
