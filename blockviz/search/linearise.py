"""Graphs as sequences: the arrays of `LinearGraph`, made once a graph and search, with labels interned in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, zip_longest

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Unit, item_leaves, told_apart
from blockviz.ops.families import WEIGHTY, anchor, exact_label, family, form_label, is_neutral, joins
from blockviz.runtime.records import dataclass
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.row_items import Sum
from blockviz.structure.canonical_form import item_form, sizes_of
from blockviz.structure.isomorphism import Judge

#: Tensors that live longer than this many positions are long skips or broadcasts, not part of a cut.
LONG = 256
_KEPT = 2_000  # nodes of a graph up to which its arrays are kept: more take memory, and are asked for seldom


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a sequence says of an item wherever that stands; the names are those of `LinearGraph`."""

    form: int
    exact: int
    calls: tuple[int, ...]
    shape: tuple[tuple[int | str | None, ...], ...]
    joins: bool
    weighty: bool
    raises: bool
    spatial: bool


class Interner(dict[str, int]):
    """Label → number over all graphs of one search, with what is asked of these graphs again and again.

    sequences : the arrays of a graph. facts : what they say of an item in any graph. rows : whether a body is mostly a
    row of equal stretches. judge : numbers of forms, whatever number of blocks a run holds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sequences: dict[LayerGraph, LinearGraph] = {}
        self.facts: dict[Item, _Facts] = {}
        self.rows: dict[LayerGraph, bool] = {}
        self.judge = Judge(counted=False)

    def number(self, label: str) -> int:
        """The number of a label: the next one, if it is new."""
        return self.setdefault(label, len(self))

    def facts_of(self, item: Item) -> _Facts:
        """What a sequence says of an item."""
        if (known := self.facts.get(item)) is None:
            head = anchor(item)
            known = self.facts[item] = _Facts(
                self.number(item_form(item)),
                self.number(exact_of(item)),
                tuple([self.number(token) for token in tokens_of(item)]),
                tuple(map(told_apart, item.outputs[:1])),
                isinstance(item, Node) and joins(item),
                head is not None and family(head.op) in WEIGHTY,
                head is not None and _raises(head),
                head is not None and _is_spatial(head),
            )
        return known


def sequence_of(graph: LayerGraph, interner: Interner) -> LinearGraph:
    """The sequence view of a graph; labels are interned in ``interner``, shared over graphs."""
    if (known := interner.sequences.get(graph)) is None:
        known = _arrays(graph, interner)
        if len(graph) <= _KEPT:
            interner.sequences[graph] = known
    return known


def _arrays(graph: LayerGraph, interner: Interner) -> LinearGraph:
    names = tuple(graph)
    items = tuple(graph.items())
    facts = [interner.facts_of(item) for item in items]
    at = {name: position for position, name in enumerate(names)}
    reads = []
    uses: dict[tuple[int, int], list[int]] = defaultdict(list)
    entries: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for (reader, to), number in {port: number for number, ports in enumerate(graph.entries) for port in ports}.items():
        entries[reader].append((to, -1, number))
    for position, name in enumerate(names):
        refs = [(to, at[source], out) for to, source, out in graph.operand_list(name)]
        if name in entries:
            refs += entries[name]
            refs.sort()
        order = sorted(refs, key=lambda ref: ref[1]) if isinstance(items[position], Sum) else refs
        reads.append(tuple([(source, out) for _, source, out in order]))
        for source, out in dict.fromkeys(reads[-1]):
            if source >= 0:
                uses[source, out].append(position)
    outputs = frozenset((at[name], out) for name, out in graph.exits)
    for tensor in outputs:
        if tensor not in uses and not _is_read_inside(items[tensor[0]], tensor[1]):
            uses[tensor].append(len(names))  # what is read on is a tap, which makes no block another one
    forms = tuple([fact.form for fact in facts])
    return LinearGraph(
        names,
        items,
        forms,
        tuple([fact.exact for fact in facts]),
        tuple(reads),
        [
            (form, tuple([(position - source, out) for source, out in refs]))
            for position, (form, refs) in enumerate(zip(forms, reads, strict=True))
        ],
        [min(refs)[0] if refs else position for position, refs in enumerate(reads)],
        *_alive(len(names), uses),
        uses,
        tuple([call for fact in facts for call in fact.calls]),
        tuple(accumulate([len(fact.calls) for fact in facts], initial=0)),
        tuple(accumulate([position if fact.weighty else -1 for position, fact in enumerate(facts)], max)),
        tuple([fact.shape for fact in facts]),
        tuple([fact.joins for fact in facts]),
        _steps(forms, reads),
        tuple(accumulate([fact.raises for fact in facts], initial=0)),
        tuple(accumulate([fact.spatial for fact in facts], initial=0)),
        outputs,
    )


def _is_read_inside(item: Item, out: int) -> bool:
    """Whether an output of a block is read by what else is in the block."""
    return isinstance(item, Composite) and bool(item.body.edges_from(item.body.exits[out][0]))


def _raises(node: Node) -> bool:
    return family(node.op) == "resize" or ("Transpose" in node.op and family(node.op) == "conv")


def _is_spatial(node: Node) -> bool:
    return family(node.op) == "conv" and max(sizes_of(node.config.get("kernel_size"))) > 1


def _alive(
    length: int, uses: dict[tuple[int, int], list[int]]
) -> tuple[list[list[tuple[int, int]]], list[list[int]], list[list[int]], list[int]]:
    """Per gap what is alive, where it is read next, that in order, and the first second reading."""
    live: list[list[tuple[int, int]]] = [[] for _ in range(length + 1)]
    ahead: list[list[int]] = [[] for _ in range(length + 1)]
    again = [length + 1] * (length + 1)
    for tensor in sorted(uses):
        readers, first = uses[tensor], tensor[0] + 1
        if readers[-1] - first > LONG:
            continue
        for use, second in zip_longest(readers, readers[1:], fillvalue=length + 1):
            for gap in range(first, use + 1):
                live[gap].append(tensor)
                ahead[gap].append(use)
                again[gap] = min(again[gap], second)
            first = max(first, use + 1)
    return live, ahead, [sorted(nexts) for nexts in ahead], again


def _steps(forms: Sequence[int], reads: Sequence[tuple[tuple[int, int], ...]]) -> list[tuple[tuple[int, int], ...]]:
    """Per position, for each reach back at which it sees another operand, the longest first, a number for what it sees.

    Equal numbers mean the same form and the same operands, of those within reach, at the same places. What is seen at
    a reach is what is seen at the one before and a little more, so that a list of operands is walked once.
    """
    grown: dict[object, int] = {}
    interned: dict[int, int] = {}
    steps = []
    for position, (form, operands) in enumerate(zip(forms, reads, strict=True)):
        by_offset: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, (source, out) in enumerate(operands):
            if source >= 0:
                by_offset[position - source].append((place, out))
        key = grown.setdefault((form, len(operands)), len(grown))
        rows = [(0, key)]
        for reach in sorted(by_offset):
            key = grown.setdefault((key, reach, tuple(by_offset[reach])), len(grown))
            rows.append((reach, key))
        steps.append(tuple([(reach, interned.setdefault(key, len(interned))) for reach, key in reversed(rows)]))
    return steps


def exact_of(item: Item) -> str:
    """Label with widths; two blocks are equal if all that is inside is."""
    if not isinstance(item, Composite):
        return exact_label(item)
    return f"<{item.kind} {item.type} {item.variant}> " + " ".join(exact_label(node) for node in item_leaves(item))


def tokens_of(item: Item) -> Sequence[str]:
    """Labels of the calls in an item for comparing variants.

    A normalisation or activation inside a unit carries the name of its convolution, so that those of
    another convolution don't count as common. Which activation it is makes no difference.
    """
    if not isinstance(item, Composite):
        return (form_label(item, activation=False),)
    if isinstance(item, Idiom):
        return (f"[{item.alike or item.word}]",)
    if not isinstance(item, Unit):
        return (item_form(item),)
    head = anchor(item)
    tag = form_label(head, activation=False) if head is not None else ""
    calls = (node for node in item_leaves(item) if family(node.op) != "input" and not is_neutral(node))
    labels = [(node, form_label(node, activation=False)) for node in calls]
    return tuple(label if node is head else f"{label}|{tag}" for node, label in labels)
