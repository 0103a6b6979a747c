"""The one objective: how long the description of a drawing is, whatever search has found it.

Boxes of the overview, a panel for each type, an edit script for each form of it that is not the main one, a mark on
each such copy that is drawn, and tensors: those beyond the first that a box reads, that a panel gives, or that cross a
run unseen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from blockviz.ir import Block, Composite, Item, LayerGraph, is_block, told_apart
from blockviz.runtime.records import dataclass
from blockviz.search.bypassed_rows import rows_folded
from blockviz.search.intervals import RESCALES
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.linearise import Interner, sequence_of
from blockviz.search.page_cost import Boxes
from blockviz.search.prices import Prices
from blockviz.search.repeat_classes import equal_intervals
from blockviz.search.unit_rows import row_forms, unit_rows_folded
from blockviz.structure.canonical_form import difference, item_kind
from blockviz.structure.rewiring import rewired
from blockviz.structure.windows import window_change

_ROW = 2  # calls of a stretch that repeats inside a block
_BESIDE = 3  # blocks that are drawn in one box side by side


def description_length(
    graph: LayerGraph, prices: Prices, interner: Interner, sequence: LinearGraph | None = None
) -> float:
    """The length in boxes of a graph with its block types contracted; ``sequence`` if it is known already."""
    copies: dict[str, list[Block]] = defaultdict(list)
    _collect(graph, copies)
    panels = {key: _panel_of(blocks, interner) for key, blocks in copies.items()}
    shown = {block.id for body in (graph, *(panel.body for panel in panels.values())) for block in _shown_in(body)}
    total = _drawn(sequence or sequence_of(graph, interner), prices, interner)
    for key, panel in panels.items():
        total += _panel_length(panel, prices, interner) + prices.mark * len(panel.marked & shown)
        total -= prices.level * _are_levels(graph, copies[key])
    return total


def _collect(graph: LayerGraph, copies: dict[str, list[Block]]) -> None:
    for item in graph.items():
        if is_block(item):
            copies[item.type].append(item)
        if isinstance(item, Composite):
            _collect(item.body, copies)


def _shown_in(body: LayerGraph) -> Iterator[Block]:
    """The blocks that a drawing of a body shows, and not what is inside them."""
    for item in body.items():
        if is_block(item):
            yield item
        elif isinstance(item, Composite):
            yield from _shown_in(item.body)


def _drawn(sequence: LinearGraph, prices: Prices, interner: Interner) -> float:
    """What the items of a body cost, a run of blocks or a chain of equal units being one box."""
    joins = Boxes.of(sequence).joins
    begins = [i for i in range(len(sequence)) if not joins[i]]
    levels = {item.type for item in sequence.items if is_block(item) and len(item.body.entries) > 1}
    total = 0.0
    for start, end in pairwise([*begins, len(sequence)]):
        total += 1 + prices.wire * max(0, len(set(sequence.reads[start])) - 1)
        total += prices.hidden * (end - start == 1 and _hides_copies(sequence.items[start], levels, interner))
        for gap in range(start + 1, end):
            live = zip(sequence.live[gap], sequence.ahead[gap], strict=True)
            passed = sum(start <= source and use < end for (source, _), use in live)
            total += prices.passed * max(0, passed - 1)
    total += prices.torn * sum(_is_torn(sequence, position) for position in range(len(sequence)))
    return total - _parallel(sequence, joins)


def _parallel(sequence: LinearGraph, joins: Sequence[bool]) -> int:
    """Boxes saved where three or more blocks of one type, which the same calls read, are one box side by side."""
    beside: Counter[tuple[str, tuple[int, ...]]] = Counter()
    for position, item in enumerate(sequence.items):
        readers = sequence.uses.get((position, 0))
        if readers and is_block(item) and not joins[position] and not joins[position + 1]:
            beside[item.type, tuple(readers)] += 1
    return sum(count - 1 for count in beside.values() if count >= _BESIDE)


def overview_boxes(graph: LayerGraph, interner: Interner) -> int:
    """How many boxes the overview takes."""
    sequence = sequence_of(graph, interner)
    boxes = Boxes.of(sequence)
    return boxes.before[-1] - _parallel(sequence, boxes.joins)


def _is_torn(sequence: LinearGraph, position: int) -> bool:
    """Whether an addition closes the skip around a block and stands outside it."""
    sources = set(sequence.reads[position])
    if not sequence.joining[position] or len(sources) != 2:
        return False
    first, last = sorted(sources)
    return last[0] >= 0 and is_block(sequence.items[last[0]]) and first in sequence.reads[last[0]]


def _hides_copies(item: Item, levels: Set[str], interner: Interner) -> bool:
    """Whether a block holds blocks, or is no level (which reads a skip, too) and mostly a row of what could be some."""
    if not is_block(item):
        return False
    if any(is_block(inner) for inner in item.body.items()):
        return not skips_over_row(sequence_of(item.body, interner))
    if item.type in levels:
        return False
    if (known := interner.rows.get(item.body)) is None:
        known = interner.rows[item.body] = has_row(sequence_of(item.body, interner))
    return known


def skips_over_row(body: LinearGraph) -> bool:
    """Whether a body is a row of blocks and joins what comes before them behind it: a residual group is no stage."""
    types = {position: item.type for position, item in enumerate(body.items) if is_block(item)}
    if len(types) < _ROW or len({*types.values()}) > 1:
        return False
    first, last = min(types), max(types)
    behind = [position for position in range(last + 1, len(body)) if body.joining[position]]
    if body.joining[-1] and any(source < first for source, _ in body.reads[-1]):
        return True
    sources = ([source for source, _ in body.reads[position]] for position in behind)
    return any(
        any(each < first for each in read) and not any(first <= each < last for each in read) for read in sources
    )


def has_row(sequence: LinearGraph) -> bool:
    """Whether two equal stretches of several calls in a row make up half of a body: each reads and gives one tensor."""
    for length, starts in equal_intervals(sequence, [True] * len(sequence), len(sequence) // 2):
        if length < _ROW or 4 * length < len(sequence):
            continue
        known = set(starts)
        for start, end in ((start, start + length) for start in starts):
            if (
                end in known
                and len(set(sequence.form[start:end])) > 1
                and sequence.entering(start, end) <= 1 == sequence.entering(end, end + length)
                and sequence.leaving(start, end) == 1
                and sequence.connected(start, end)
            ):
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Panel:
    """What a type's panel shows: the body of its usual form. others : each other form; marked : ids of their copies."""

    body: LayerGraph
    main: LayerGraph
    others: Sequence[LayerGraph]
    marked: Set[str]


def _panel_of(blocks: list[Block], interner: Interner) -> _Panel:
    bodies = in_rows([block.body for block in blocks], interner)
    numbers = [interner.judge.number(body) for body in bodies]
    size = {number: len(body) for number, body in zip(numbers, bodies, strict=True)}
    usual = max(dict.fromkeys(numbers), key=lambda number: (numbers.count(number), size[number]))
    at = numbers.index(usual)
    others = [bodies[numbers.index(number)] for number in dict.fromkeys(numbers) if number != usual]
    marked = {block.id for block, number in zip(blocks, numbers, strict=True) if number != usual}
    return _Panel(blocks[at].body, bodies[at], others, marked)


def _panel_length(panel: _Panel, prices: Prices, interner: Interner) -> float:
    """Main form, with its frame, and scripts of the others."""
    main = panel.main
    drawn = _drawn(sequence_of(main, interner), prices, interner)
    total = prices.panel + drawn + prices.wire * max(0, len(main.exits) - 1)
    for other in panel.others:
        total += script_length(main, other, prices)
    return total


def in_rows(bodies: list[LayerGraph], interner: Interner) -> list[LayerGraph]:
    """The bodies with each row of blocks or units as one: how many it holds is a parameter and no other form."""
    if any(is_block(item) for body in bodies for item in body.items()):
        return [rows_folded(body, sequence_of(body, interner), every=True) for body in bodies]
    if len({len(body) for body in bodies}) == 1:
        return bodies
    sequences = [sequence_of(body, interner) for body in bodies]
    forms = frozenset[str]().union(*map(row_forms, sequences))
    return [unit_rows_folded(body, sequence, forms) for body, sequence in zip(bodies, sequences, strict=True)]


def script_length(main: LayerGraph, other: LayerGraph, prices: Prices) -> float:
    """What it costs to tell another form: calls more or fewer, calls replaced, operands from elsewhere."""
    found = difference(main, other)
    alone = [*((other, name) for name in found.added), *((main, name) for name in found.removed)]
    total = sum(1 + 0.25 * max(0, len(body.pred[name]) - 1) for body, name in alone)
    names = list(main)
    first, last = main.item(names[0]), main.item(names[-1])
    lacks_step = first.id in found.removed and item_kind(first) in RESCALES
    lacks_dropout = last.id in found.removed and item_kind(last) == "dropout"
    total -= (1 - prices.step) * (lacks_step or lacks_dropout)
    total += 0.5 * _told(main, other, found.changed) + prices.rewire * len(rewired(main, other, found.pairs))
    return max(0.5, total) if total > 0 else total


def _told(main: LayerGraph, other: LayerGraph, changed: Sequence[tuple[str, str]]) -> int:
    """How many changes are to be told; windows that are another one wherever they occur are one change."""
    windows = {pair: window_change(main.item(pair[0]), other.item(pair[1])) for pair in changed}
    return len({windows[pair] or pair for pair in changed})


def _are_levels(graph: LayerGraph, blocks: list[Block]) -> bool:
    """Whether three or more copies in the overview, each at its resolution, are a chain or have skips.

    A skip goes over the next copy, or each copy reads the one before and what comes from before them all.
    """
    at = {name: position for position, name in enumerate(graph)}
    places = sorted(at[block.id] for block in blocks if block.id in at)
    names = list(at)
    given = [shape for place in places for shape in graph.item(names[place]).outputs[:1]]
    grids = {told_apart(shape)[1:-1] for shape in given if shape}
    if len(places) < 3 or len(grids) < len(places):
        return False
    steps = all(set(graph.pred[names[after]]) == {names[before]} for before, after in pairwise(places))
    skips = [{name for name in graph.pred[names[place]] if at[name] < min(place - 1, places[0])} for place in places]
    passed = all(names[before] in graph.pred[names[after]] for before, after in pairwise(places))
    risen = passed and all(skips) and len(set[str]().union(*skips)) == sum(map(len, skips))
    return (
        steps
        or risen
        or all(any(at[reader] > after for reader in graph.succ[names[before]]) for before, after in pairwise(places))
    )
