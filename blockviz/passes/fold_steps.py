"""Fold loops over time that a network spells out: the steps of a recurrence, one after the other, become one box ×N.

A step is no block of the literature's: it owns no weights, or calls the same layers as every other step, and hands a
state to the next one. Left alone, 32 steps of 20 calls inside a layer hide the layer, since no interval so long is
compared with others.

A row of equal intervals is a loop if

1. there are at least four, equal in what they call, layers with weights being the very same;
2. each but the first two is wired as the one before is, within itself, to its predecessors and to the tensors outside;
3. each reads something of the one before: else they are branches, which `fold_branches` folds;
4. where layers with weights are called, they are few (the gates of a cell), and each step takes another part of a
   tensor that stands outside it: else it is a block called again and again, as in ALBERT, and has a panel's worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from blockviz.ir import Block, BlockType, Composite, Fold, Item, LayerGraph, Node, Run, contract, item_leaves
from blockviz.ops.families import exact_label, family
from blockviz.runtime.records import dataclass
from blockviz.search.post_order import step_order
from blockviz.structure.canonical_form import item_form

_SHORTEST, _LONGEST = 3, 256  # calls in a step
_GATES = 8  # layers with weights in a step: an LSTM has four gates, of two matrices each
_TAKES_A_PART = frozenset({"GetItem", "Slice", "Gather", "Take", "Split", "Unstack"})
#: What the keys of these types begin with.
STEP = "step"


@dataclass(frozen=True, slots=True)
class FoldSteps:
    """Fold the steps of loops that are spelled out.

    least : steps that make a loop. kept : ids of calls that stay on their own.
    """

    name = "fold-steps"
    least: int = 4
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with each loop as one run of a block type; linear in calls, where few periods compete."""
        if sum(_parts(item) for item in graph.items()) < self.least:
            return graph
        row = _Row.of(graph, self.kept)
        loops = list(_loops(row, self.least))
        if not loops:
            return graph
        types, steps, runs = dict(graph.types), list[Fold](), list[Fold]()
        known: dict[object, str] = {}
        for loop in loops:
            copies = [row.names[start : start + loop.period] for start in loop.starts]
            key = known.setdefault(row.forms(loop), f"{STEP}{len(types)}")
            types[key] = BlockType(key)
            steps += [Fold(copy, _step_maker(key, copy[0])) for copy in copies]
            runs.append(Fold([f"{key}:{copy[0]}" for copy in copies], _run_maker(key, copies[0][0])))
        out = contract(contract(graph, steps), runs)
        out.graph["types"] = types
        return out


@dataclass(frozen=True, slots=True)
class _Loop:
    """Steps of ``period`` calls from ``start`` on, ``count`` of them."""

    start: int
    period: int
    count: int

    @property
    def starts(self) -> range:
        return range(self.start, self.end, self.period)

    @property
    def end(self) -> int:
        return self.start + self.period * self.count


@dataclass(frozen=True, slots=True)
class _Row:
    """The graph with steps one after the other.

    labels : equal where two calls may stand for each other. reads : per call, its operands as (position, output).
    """

    names: tuple[str, ...]
    items: tuple[Item, ...]
    labels: tuple[int, ...]
    reads: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, graph: LayerGraph, kept: frozenset[str]) -> _Row:
        names = tuple(step_order(graph, item_form))
        at = {name: position for position, name in enumerate(names)}
        interned: dict[object, int] = {}
        items = tuple(graph.item(name) for name in names)
        labels = [interned.setdefault(_label(item, kept), len(interned)) for item in items]
        reads = [tuple((at[source], out) for _, source, out in graph.operand_list(name)) for name in names]
        return cls(names, items, tuple(labels), tuple(reads))

    def forms(self, loop: _Loop) -> tuple[object, ...]:
        """Equal for loops whose steps are alike, as those of two layers are."""
        start = loop.start + loop.period  # the first step may lack a state
        inside = range(start, start + loop.period)
        refs = [tuple((p - s if s >= loop.start else -1) for s, _ in self.reads[p]) for p in inside]
        return tuple((item_form(self.items[p]), ref) for p, ref in zip(inside, refs, strict=True))


def _parts(item: Item) -> int:
    """Parts of a tensor that a call takes."""
    return len(item.outputs) if isinstance(item, Node) and item.op in _TAKES_A_PART else 0


def _label(item: Item, kept: frozenset[str]) -> object:
    """Width-free, for a loop may take longer and longer parts; with the weights, which no two layers share."""
    if item.id in kept or (isinstance(item, Node) and family(item.op) == "input"):
        return item.id
    return item_form(item), *(node.layer.name for node in item_leaves(item) if node.layer.params != 0)


def _loops(row: _Row, least: int) -> Iterator[_Loop]:
    """Loops that don't overlap, of the shortest period each."""
    taken = bytearray(len(row.names))
    for period, first in _periods(row.labels, least):
        if taken[first]:
            continue
        low, high = _stretch(row.labels, period, first)
        loop = _best_loop(row, period, low, high + period)
        if loop.count >= least and not any(taken[loop.start : loop.end]) and _is_loop(row, loop):
            taken[loop.start : loop.end] = b"\1" * (loop.end - loop.start)
            yield loop


def _periods(labels: Sequence[int], least: int) -> list[tuple[int, int]]:
    """(period, a position) wherever a label comes back at equal distances; the shortest first, each stretch once."""
    places: dict[int, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        places[label].append(position)
    found = set()
    for positions in places.values():
        since, before = 0, 0
        for k in range(1, len(positions)):
            distance = positions[k] - positions[k - 1]
            since = since if distance == before else k - 1
            before = distance
            if k - since == least - 1 and _SHORTEST <= distance <= _LONGEST:
                found.add((distance, positions[since]))
    ends: dict[int, int] = {}
    distinct = []
    for period, first in sorted(found):
        if first >= ends.get(period, 0):
            ends[period] = _stretch(labels, period, first)[1]
            distinct.append((period, first))
    return distinct


def _stretch(labels: Sequence[int], period: int, first: int) -> tuple[int, int]:
    """The widest [low, high) around a position in which every label comes back a period later."""
    low, high = first, first
    while low and labels[low - 1] == labels[low - 1 + period]:
        low -= 1
    while high + period < len(labels) and labels[high] == labels[high + period]:
        high += 1
    return low, high


def _best_loop(row: _Row, period: int, low: int, high: int) -> _Loop:
    """The loop of [low, high) that is cut where the fewest tensors pass, so that its last step is whole."""
    count = (high - low) // period
    starts = range(low, high - count * period + 1)
    start = min(reversed(starts), key=lambda start: len(_passing(row, start + 2 * period, period)))
    loop = _Loop(start, period, count)
    return _Loop(start, period, next((k for k in range(2, count) if not _alike(row, loop, k)), count))


def _passing(row: _Row, cut: int, period: int) -> set[tuple[int, int]]:
    """The tensors of the step before a cut that the step behind it reads."""
    return {
        tensor
        for position in range(cut, min(cut + period, len(row.reads)))
        for tensor in row.reads[position]
        if cut - period <= tensor[0] < cut
    }


def _alike(row: _Row, loop: _Loop, k: int) -> bool:
    """Whether step k is wired as the one before it is; of what is outside it may read another output, or another step.

    (A loop that runs backwards gave what the loop forwards reads step by step.)
    """
    for position in range(loop.start + k * loop.period, loop.start + (k + 1) * loop.period):
        here, before = row.reads[position], row.reads[position - loop.period]
        if len(here) != len(before):
            return False
        for (source, out), (last, last_out) in zip(here, before, strict=True):
            inside = source >= loop.start and (source - loop.period, out) == (last, last_out)
            if not inside and (row.labels[source] != row.labels[last] or max(source, last) >= loop.start):
                return False
    return True


def _is_loop(row: _Row, loop: _Loop) -> bool:
    if not _passing(row, loop.start + 2 * loop.period, loop.period):
        return False
    step = range(loop.start + 2 * loop.period, loop.start + 3 * loop.period)
    gates = sum(node.layer.params != 0 for p in step for node in item_leaves(row.items[p]))
    return not gates or (gates <= _GATES and any(_takes_another_part(row, loop, p) for p in step))


def _takes_another_part(row: _Row, loop: _Loop, position: int) -> bool:
    """Whether a call reads, from outside its step, another part than the same call of the step before."""
    here, before = row.reads[position], row.reads[position - loop.period]
    if any(source == last and out != old for (source, out), (last, old) in zip(here, before, strict=True)):
        return True
    item, other = row.items[position], row.items[position - loop.period]
    if not (isinstance(item, Node) and isinstance(other, Node) and item.op in _TAKES_A_PART):
        return False
    step = loop.start + (position - loop.start) // loop.period * loop.period
    another = exact_label(item) != exact_label(other) or item.outputs != other.outputs
    return another and any(source < step for source, _ in here)


def _step_maker(key: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Block(f"{key}:{first}", body, key)


def _run_maker(key: str, first: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Run(f"run:{first}", body, key)
