"""Pair two sequences of items so that like stands by like: the classic alignment of sequences, gaps allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from blockviz.ir import Item, Node, item_leaves
from blockviz.ops.families import exact_label, family, form_label
from blockviz.runtime.records import dataclass, field
from blockviz.search.edit_script import common_ends
from blockviz.structure.canonical_form import is_silent

LEAST = 0.5  # how alike two items must be to be one that changed
_PRICE = 0.3  # taken from each pair, so that one good pair outweighs two poor ones
_LARGE = 400_000  # product of two lengths beyond which only equal stretches are anchors

Pair: TypeAlias = tuple[int | None, int | None]
Tokens: TypeAlias = tuple["Counter[str]", "Counter[str]", "Counter[str]"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two items are, from 0 to 1: shares of their calls that agree in family, form and all settings."""

    known: dict[Item, Tokens] = field(default_factory=dict)

    def between(self, one: Item, other: Item) -> float:
        """1 for equal calls, in whatever wiring; inputs are only like inputs."""
        left, right = self._tokens(one), self._tokens(other)
        shares = [_dice(a, b) for a, b in zip(left, right, strict=True)]
        return 0.5 * shares[0] + 0.3 * shares[1] + 0.2 * shares[2]

    def _tokens(self, item: Item) -> Tokens:
        if (found := self.known.get(item)) is None:
            nodes = [node for node in item_leaves(item) if not is_silent(node)] or list(item_leaves(item))
            found = Counter(map(_kind, nodes)), Counter(map(form_label, nodes)), Counter(map(exact_label, nodes))
            self.known[item] = found
        return found


def _kind(node: Node) -> str:
    kind = family(node.op)
    return node.op if kind == "other" else kind


def _dice(one: Counter[str], other: Counter[str]) -> float:
    whole = one.total() + other.total()
    return 2 * (one & other).total() / whole if whole else 1.0


def align(left: Sequence[Hashable], right: Sequence[Hashable], likeness: Callable[[int, int], float]) -> Iterator[Pair]:
    """Pairs of places in order; None on one side for what only the other has.

    left, right : keys that are equal for items that are the same. likeness : of the items at two places; a pair has
    at least `LEAST`. What is equal at both ends is paired without asking.
    """
    head, tail = common_ends(left, right)
    yield from ((i, i) for i in range(head))
    middle = (len(left) - tail - head, len(right) - tail - head)
    if middle[0] * middle[1] <= _LARGE:
        found = _best(*middle, lambda i, j: likeness(head + i, head + j))
    else:
        found = _anchored(left[head : len(left) - tail], right[head : len(right) - tail])
    yield from ((None if i is None else head + i, None if j is None else head + j) for i, j in found)
    yield from ((len(left) - tail + i, len(right) - tail + i) for i in range(tail))


def _best(n: int, m: int, likeness: Callable[[int, int], float]) -> Iterator[Pair]:
    """The pairs with the largest sum; of equal ones, those that stand first."""
    gain = [[likeness(i, j) for j in range(m)] for i in range(n)]
    gain = [[value - _PRICE if value >= LEAST else -1.0 for value in row] for row in gain]
    table = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        row, below, gains = table[i], table[i + 1], gain[i]
        for j in range(m - 1, -1, -1):
            row[j] = max(below[j], row[j + 1], below[j + 1] + gains[j] if gains[j] > 0 else 0.0)
    i = j = 0
    while i < n and j < m:
        if gain[i][j] > 0 and table[i][j] <= table[i + 1][j + 1] + gain[i][j] + 1e-9:
            yield i, j
            i, j = i + 1, j + 1
        elif table[i][j] <= table[i + 1][j] + 1e-9:
            yield i, None
            i += 1
        else:
            yield None, j
            j += 1
    yield from ((k, None) for k in range(i, n))
    yield from ((None, k) for k in range(j, m))


def _anchored(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[Pair]:
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
        else:
            yield from ((i, None) for i in range(a, b))
            yield from ((None, j) for j in range(c, d))
