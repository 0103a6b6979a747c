"""Why what the search left over is in no block: repeats that pay for no type, and parts that are almost a block."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import Block, LayerGraph, blocks_in, expand
from blockviz.runtime.records import dataclass
from blockviz.search.approximate_match import size_and_common
from blockviz.search.candidates import main_form, regions
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.no_match import NoMatch
from blockviz.search.select_types import Choice
from blockviz.search.template import Template, model_of, near_copy

_RESEMBLES = 0.5  # calls in common, as a part of all, from which a part is almost a block
_ALONE = "it lacks what no copy beside it lacks"
_LARGEST = 2_000  # nodes of a graph of which this is told


def refusals(found: LayerGraph) -> list[NoMatch]:
    """The failures of the search whose result ``found`` is, each about items that stand in no block there."""
    outside = {item.id for item in found.items() if not isinstance(item, Block)}
    graph = expand(found, lambda item: isinstance(item, Block))
    if len(graph) > _LARGEST:
        return []
    sequence = sequence_of(graph, Interner())
    free = [name in outside for name in sequence.names]
    choice = Choice()
    repeats = [one for one in choice.refused(sequence, 0, free) if outside.issuperset(one.nodes)]
    near = [one for a, b in regions(free) for one in _nearest(sequence, a, b, _types(found, sequence), choice.akin)]
    return _without_parts(repeats) + near


def _types(found: LayerGraph, sequence: LinearGraph) -> list[tuple[int, int]]:
    """The main form of each innermost type, as an interval."""
    at = {name: place for place, name in enumerate(sequence.names)}
    places: dict[str, list[tuple[int, int]]] = {}
    for block in blocks_in(found):
        inside = [at[name] for name in block.body if name in at]
        if isinstance(block, Block) and inside and len(inside) == len(block.body) == inside[-1] - inside[0] + 1:
            places.setdefault(block.type, []).append((inside[0], inside[-1] + 1))
    return [main_form(sequence, sorted(copies)) for copies in places.values()]


@dataclass(frozen=True, slots=True)
class _Near:
    """How alike [start, end) is to a type, and why it is no copy of it."""

    alike: float
    start: int
    end: int
    reason: str


def _nearest(sequence: LinearGraph, a: int, b: int, types: list[tuple[int, int]], least: float) -> Iterator[NoMatch]:
    """The part of a region that is most like a type, if any is nearly one."""
    models = [model_of(sequence, *interval, generous=True) for interval in types]
    near = [one for model in models for one in _alike(sequence, a, b, model, least)]
    best = max(near, key=lambda one: (one.alike, one.start - one.end), default=None)
    if best is not None and best.alike >= _RESEMBLES:
        yield NoMatch(best.reason, sequence.names[best.start : best.end])


def _alike(sequence: LinearGraph, a: int, b: int, model: Template, least: float) -> Iterator[_Near]:
    """Intervals of about the length of a type, each with the reason why it is none."""
    total = len(model.tokens)
    for start in range(a, b):
        for end in range(max(start + 2, start + model.length - 1), min(b, start + model.length + 1) + 1):
            size, common = size_and_common(sequence, model, start, end)
            alike = 2 * common / (total + size)
            reason: object = f"{common} of its {size} calls are among the {total} of the type"
            if alike >= least:
                reason = near_copy(sequence, start, end, model, common, size)
            yield _Near(alike, start, end, reason if isinstance(reason, str) else _ALONE)


def _without_parts(repeats: list[NoMatch]) -> list[NoMatch]:
    """The repeats that lie in no longer one; of those that overlap the first."""
    kept: list[NoMatch] = []
    for one in sorted(repeats, key=lambda one: -len(one.nodes)):
        if not any(set(one.nodes) & set(other.nodes) for other in kept):
            kept.append(one)
    return kept
