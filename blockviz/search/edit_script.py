"""What it takes to turn one interval into another: calls inserted, deleted, replaced, and operands from elsewhere.

Intervals with the same calls are compared by networkx first: isomorphic ones need no script.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from difflib import SequenceMatcher

import networkx as nx

from blockviz.runtime.records import dataclass
from blockviz.search.intervals import COMMUTES, RESCALES, Form, Intervals, Span, Tensor
from blockviz.search.prices import Prices

_LARGE = 600  # product of two lengths up to which a longest common subsequence is found exactly


@dataclass(frozen=True, slots=True)
class Script:
    """cost : in boxes. touched : calls that are inserted, deleted or replaced, a lost join counting for its skip.

    apart : whether the drawing will tell the two as two types, without a mark.
    """

    cost: float
    touched: int
    apart: bool = False


class Scripts:
    """Edit scripts between intervals, each found once a pair of forms."""

    def __init__(self, intervals: Intervals, prices: Prices) -> None:
        self.intervals, self.prices = intervals, prices
        self.known: dict[tuple[Form, Form], Script] = {}

    def between(self, main: Span, other: Span) -> Script:
        """The cheaper of the scripts that two ways of pairing the calls give."""
        key = (self.intervals.form(*main), self.intervals.form(*other))
        if (known := self.known.get(key)) is None:
            known = self.known[key] = self._script(main, other)
        return known

    def _script(self, main: Span, other: Span) -> Script:
        (a, b), (c, d), sequence = main, other, self.intervals.sequence
        same = b - a == d - c and Counter(sequence.form[a:b]) == Counter(sequence.form[c:d])
        if same and self._isomorphic(main, other):
            return Script(0.0, 0)
        labels = self.intervals.labels
        ways = [{a + i: c + j for i, j in common_subsequence(labels[a:b], labels[c:d])}]
        if len(ways[0]) < min(b - a, d - c):
            ways.append(self._backwards(main, other))
        return min((self._edits(main, other, pairs) for pairs in ways), key=lambda one: (one.cost, one.touched))

    def _edits(self, main: Span, other: Span, pairs: Mapping[int, int]) -> Script:
        (a, b), (c, d), sequence = main, other, self.intervals.sequence
        back = {new: old for old, new in pairs.items()}
        cost, touched = 0.0, 0
        for i in [i for i in range(a, b) if i not in pairs] + [i for i in range(c, d) if i not in back]:
            cost += 1 + 0.25 * max(0, len(set(sequence.reads[i])) - 1)
            kind = self.intervals.kinds[i]
            cost -= (1 - self.prices.step) * (kind in RESCALES if i == a else i == b - 1 and kind == "dropout")
            touched += self.intervals.weight[i] + sequence.joining[i]
        for old, new in pairs.items():
            if sequence.form[old] != sequence.form[new]:
                cost += 0.5
                touched += 1
            left = [pairs[x] if x >= 0 else -1 for x in self._sources(old, a, pairs)]
            right = self._sources(new, c, back)
            if left != right:
                one, two = Counter(left), Counter(right)
                cost += self.prices.rewire * max((one - two).total(), (two - one).total())
        return Script(cost, touched)

    def _sources(self, i: int, first: int, known: Mapping[int, int]) -> list[int]:
        """What a call reads, through calls that the other interval lacks; -1 for what is outside."""
        found = []
        for source, _ in self.intervals.sequence.reads[i]:
            while source >= first and source not in known:
                reads = self.intervals.sequence.reads[source]
                source = reads[0][0] if reads else -1
            found.append(source if source >= first else -1)
        return found

    def _backwards(self, main: Span, other: Span) -> dict[int, int]:
        """Pairs of calls from the last ones back along the operands, whatever the order of the branches."""
        (a, b), (c, d) = main, other
        reads, labels = self.intervals.sequence.reads, self.intervals.labels
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        todo = [(b - 1, d - 1)]
        while todo:
            old, new = todo.pop()
            if old in pairs or new in taken or labels[old] != labels[new]:
                continue
            pairs[old] = new
            taken.add(new)
            rest = [y for y, _ in reads[new] if y >= c and y not in taken]
            for x in (x for x, _ in dict.fromkeys(reads[old]) if x >= a):
                same = [y for y in rest if labels[y] == labels[x]]
                if same:
                    nearest = min(same, key=lambda y: abs((b - x) - (d - y)))
                    rest.remove(nearest)
                    todo.append((x, nearest))
                else:  # a call that only one of the two has may lie between
                    behind = (z for y in rest for z, _ in reads[y] if z >= c and labels[z] == labels[x])
                    todo += [(x, z) for z in [next(behind, None)] if z is not None]
        return pairs

    def _isomorphic(self, main: Span, other: Span) -> bool:
        return bool(nx.is_isomorphic(self._graph(*main), self._graph(*other), _same, _same))

    def _graph(self, a: int, b: int) -> nx.DiGraph[Hashable]:
        sequence = self.intervals.sequence
        graph: nx.DiGraph[Hashable] = nx.DiGraph()
        edges: dict[tuple[int | Tensor, int], list[int]] = defaultdict(list)
        for i in range(a, b):
            graph.add_node(i, label=sequence.form[i])
            for slot, tensor in enumerate(sequence.reads[i]):
                source = tensor[0] if tensor[0] >= a else tensor
                edges[source, i].append(0 if self.intervals.kinds[i] in COMMUTES else slot)
        for (source, i), slots in edges.items():
            if not isinstance(source, int):
                graph.add_node(source, label="outside")
            graph.add_edge(source, i, label=tuple(slots))
        return graph


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one["label"] == other["label"]


def common_ends(left: Sequence[object], right: Sequence[object]) -> tuple[int, int]:
    """How many items two sequences share at their beginnings, and of the rest at their ends."""
    head, most = 0, min(len(left), len(right))
    while head < most and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < most - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head, tail


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places of a longest common subsequence; what is common at both ends is paired without asking."""
    head, tail = common_ends(left, right)
    pairs = [(i, i) for i in range(head)] + [(len(left) - 1 - i, len(right) - 1 - i) for i in range(tail)]
    middle = _middle(left[head : len(left) - tail], right[head : len(right) - tail])
    return pairs + [(head + i, head + j) for i, j in middle]


def _middle(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    n, m = len(left), len(right)
    if n * m > _LARGE:
        blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        return [(i + k, j + k) for i, j, size in blocks for k in range(size)]
    table = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            table[i][j] = table[i + 1][j + 1] + 1 if left[i] == right[j] else max(table[i + 1][j], table[i][j + 1])
    i = j = 0
    pairs = []
    while i < n and j < m:
        if left[i] == right[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
