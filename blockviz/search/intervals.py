"""Intervals of a linear graph as bodies to be: what enters and leaves them, their forms, where they may be cut."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TypeAlias

from blockviz.ir import Block, Composite, Group, Idiom, Item, Node, Run, Unit, is_block, item_leaves, told_apart
from blockviz.ops.families import anchor, family, form_label, merge_name
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.page_cost import Boxes
from blockviz.search.prices import Prices
from blockviz.search.row_items import Step, UnitRow
from blockviz.structure.canonical_form import item_form

Tensor: TypeAlias = tuple[int, int]
Span: TypeAlias = tuple[int, int]
Form: TypeAlias = tuple[int, ...]

MIN_REPEAT = 2  # copies that make a type
RESCALES = frozenset({"pool", "resize"})
SCALES = RESCALES | {"conv"}
COMMUTES = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})


class Intervals:
    """Arrays over the positions of a linear graph, and what is asked of its intervals [a, b) again and again.

    free : whether a position may be in a block. labels : its label for comparing variants, whatever the activation.
    kinds : its family, or which merge it is. weight : the calls in it. grid : places of its output, without channels.
    rescaling : the positions that give another resolution than they read.
    boxes : what it costs drawn by itself; joins : whether it is drawn in one box with the position before.
    """

    def __init__(self, sequence: LinearGraph, kept: frozenset[str], prices: Prices) -> None:
        self.sequence = sequence
        self.joins = Boxes.of(sequence).joins
        self.boxes = [1 + prices.wire * max(0, len(set(reads)) - 1) for reads in sequence.reads]
        self.free = [_may_join(item) and item.id not in kept for item in sequence.items]
        self.labels = [_label(item) for item in sequence.items]
        self.kinds = [_kind(item) for item in sequence.items]
        self.weight = [_weight(sequence, i) for i in range(len(sequence))]
        self.grid = [_grid(item) for item in sequence.items]
        self.made: list[list[Tensor]] = [[] for _ in range(len(sequence))]
        for tensor in sequence.uses:
            if tensor[0] >= 0:
                self.made[tensor[0]].append(tensor)
        self.rescaling = [i for i in range(len(sequence)) if self._rescales(i)]
        self._rescaled: dict[Span, int] = {}
        self._ports: dict[Span, tuple[frozenset[Tensor], frozenset[Tensor]]] = {}
        self._forms: dict[Span, Form] = {}
        self._rows: dict[object, int] = {}
        self._first = [min((source for source, _ in reads), default=i) for i, reads in enumerate(sequence.reads)]
        self._inner = [self._row(i, first, {}) for i, first in enumerate(self._first)]
        self._chains: dict[Span, list[int]] = {}
        self._attending: dict[Span, bool | None] = {}
        self._attentions = [i for i, kind in enumerate(self.kinds) if kind == "attention"]

    def __len__(self) -> int:
        return len(self.sequence)

    def ports(self, a: int, b: int) -> tuple[frozenset[Tensor], frozenset[Tensor]]:
        """The tensors that enter [a, b), and those that leave it."""
        if (known := self._ports.get((a, b))) is None:
            reads, uses = self.sequence.reads, self.sequence.uses
            ins = frozenset(tensor for i in range(a, b) for tensor in reads[i] if tensor[0] < a)
            outs = frozenset(tensor for i in range(a, b) for tensor in self.made[i] if uses[tensor][-1] >= b)
            known = self._ports[a, b] = (ins, outs)
        return known

    def calls(self, a: int, b: int) -> int:
        """How many calls are inside."""
        return max(1, self.sequence.sizes[b] - self.sequence.sizes[a])

    def form(self, a: int, b: int) -> Form:
        """Labels and wiring of [a, b), operands of a commutative call in no order: a number for each call."""
        if (known := self._forms.get((a, b))) is None:
            first, rows, ports = self._first, self._inner[a:b], dict[Tensor, int]()
            for i in [i for i in range(a, b) if first[i] < a]:
                rows[i - a] = self._row(i, a, ports)
            known = self._forms[a, b] = tuple(rows)
        return known

    def _row(self, i: int, a: int, ports: dict[Tensor, int]) -> int:
        """The number of a call with its operands in an interval from ``a`` on; equal ones have one."""
        refs = [
            (i - tensor[0], tensor[1]) if tensor[0] >= a else (~ports.setdefault(tensor, len(ports)), 0)
            for tensor in self.sequence.reads[i]
        ]
        if self.kinds[i] in COMMUTES:
            refs.sort()
        return self._rows.setdefault((self.sequence.form[i], tuple(refs)), len(self._rows))

    def chain(self, a: int, b: int) -> list[int]:
        """The gaps in [a, b) that one tensor crosses, apart from what both sides read from outside alike (a mask)."""
        if (known := self._chains.get((a, b))) is None:
            known = self._chains[a, b] = []
            live: Counter[Tensor] = Counter()
            for m in range(b - 1, a + 1, -1):
                live.update(tensor for tensor in self.sequence.reads[m] if tensor[0] < m)
                for tensor in self.made[m]:
                    live.pop(tensor, None)
                inner = sum(tensor[0] >= a for tensor in live)
                if inner == 1 and all(self._read_alike(t, a, m, b) for t in live if t[0] < a):
                    known.append(m)
        return known

    def _read_alike(self, tensor: Tensor, a: int, m: int, b: int) -> bool:
        uses = self.sequence.uses.get(tensor, ())
        left = Counter(self.labels[use] for use in uses if a <= use < m)
        return left == Counter(self.labels[use] for use in uses if m <= use < b)

    def rescaled(self, a: int, b: int) -> int:
        """How many calls in [a, b), one after the other, give another resolution than all that they read."""
        places = self.rescaling[bisect_left(self.rescaling, a) : bisect_left(self.rescaling, b)]
        if len(places) < 2:
            return len(places)
        if (known := self._rescaled.get((a, b))) is None:
            steps = [0] * (b - a)
            for i in range(places[0], b):
                before = (steps[source - a] for source, _ in self.sequence.reads[i] if source >= a)
                steps[i - a] = max(before, default=0) + (i in places)
            known = self._rescaled[a, b] = max(steps)
        return known

    def steps(self, a: int, b: int) -> tuple[int, ...]:
        """Where in [a, b) a convolution, pooling or upsampling gives another resolution than it reads."""
        places = self.rescaling[bisect_left(self.rescaling, a) : bisect_left(self.rescaling, b)]
        return tuple([place - a for place in places if self.kinds[place] in SCALES])

    def attend_apart(self, one: Span, other: Span) -> bool:
        """Whether one of two intervals attends to another tensor, the other only to itself or not at all."""
        return bool(self._attentions) and self._attends_elsewhere(*one) is not self._attends_elsewhere(*other)

    def _attends_elsewhere(self, a: int, b: int) -> bool | None:
        """Whether an attention in [a, b) has values of what its queries do not come from; None without attention."""
        if (a, b) not in self._attending:
            places = self._attentions[bisect_left(self._attentions, a) : bisect_left(self._attentions, b)]
            behind: dict[int, frozenset[Tensor]] = {}
            for i in range(a, b if places else a):
                behind[i] = frozenset().union(*(behind.get(read[0], {read}) for read in self.sequence.reads[i]))
            found = False if places else None
            for i in places:
                query, *rest = (behind.get(read[0], {read}) for read in self.sequence.reads[i])
                found = found or any(not values <= query for values in rest[:1])
            self._attending[a, b] = found
        return self._attending[a, b]

    def _rescales(self, i: int) -> bool:
        """Whether a call gives a map of other sides than all that it reads; an axis split, joined or moved is none."""
        sides = [self._sides(source) for source, _ in self.sequence.reads[i] if source >= 0]
        own = self._sides(i)
        return bool(sides and own and all(len(other) == len(own) and other != own for other in sides))

    def _sides(self, i: int) -> list[str]:
        return sorted(map(str, self.grid[i] or ()))

    def only_finishes(self, i: int) -> bool:
        """Whether a call only finishes the one before: a normalisation, activation or dropout that alone reads it."""
        reads = self.sequence.reads[i]
        if self.kinds[i] not in ("norm", "act", "dropout") or len(reads) != 1:
            return False
        return len(self.sequence.uses.get(reads[0], ())) == 1


def _may_join(item: Item) -> bool:
    """Collapsed backbones and inputs stand on their own; the body of a loop, a group, is an item among others."""
    return item.op != "InputLayer" if isinstance(item, Node) else isinstance(item, Unit | Block | Run | Group)


def _is_whole(item: Item) -> bool:
    """Whether no single call speaks for an item: a block, a run, an idiom."""
    return isinstance(item, Idiom) or (isinstance(item, Composite) and not isinstance(item, Unit))


def _weight(sequence: LinearGraph, i: int) -> int:
    """The calls of an item; a row of units weighs more than the pooling behind it, however long it is."""
    item = sequence.items[i]
    if isinstance(item, UnitRow) and not isinstance(item, Step):
        return 2
    return max(1, sequence.sizes[i + 1] - sequence.sizes[i])


def _label(item: Item) -> str:
    head = anchor(item)
    if head is None or _is_whole(item):
        return item_form(item)
    return form_label(head, activation=False)


def _kind(item: Item) -> str:
    head = anchor(item)
    if isinstance(item, Step):
        return "resize"
    if head is None or _is_whole(item):
        return "block"
    kind = family(head.op)
    return merge_name(head.op) if kind == "merge" else kind


def _grid(item: Item) -> tuple[int | str | None, ...] | None:
    shape = told_apart(item.outputs[0]) if item.outputs else ()
    return shape[1:-1] if len(shape) > 2 else None


def has_weights(item: Item) -> bool:
    """Whether any call in an item has parameters."""
    return not is_block(item) and any(node.layer.params for node in item_leaves(item))
