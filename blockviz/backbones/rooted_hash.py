"""Is this graph inside that one? Structure only: labels of operations and ordered operands, never names.

A pattern is anchored at one tensor, its root. The rooted hash of a node is made of its label and
its operands' rooted hashes, so that all nodes equal to something in the pattern are found in one
linear pass; a hash is a filter, and `embed` then confirms the mapping node by node and operand by
operand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import TypeAlias

from blockviz.backbones.operand_arrays import Tensor, View

COMMUTATIVE = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
_MASK = (1 << 64) - 1


def _mix(code: int, parts: Iterable[int]) -> int:
    for part in parts:
        code = ((code ^ part) * 0x9E3779B97F4A7C15) & _MASK
        code ^= code >> 29
    return code


def rooted_hashes(view: View, root: Tensor, depth: int | None = None, *, exact: bool = False) -> dict[int, int]:
    """Hash per node that depends on the root tensor alone; stable across processes and machines.

    ``depth`` stops so many calls behind the root; ``exact`` lets widths count. Cost: n log n in the
    nodes that depend on the root.
    """
    hashes: dict[int, int] = {}
    queue = list(view.readers[root[0]])
    depths = dict.fromkeys(queue, 1)
    while queue:
        position = heappop(queue)
        parts = []
        for tensor in view.operands[position]:
            if tensor == root:
                parts.append(1)
            elif tensor[0] in hashes:
                parts.append(hashes[tensor[0]] + tensor[1])
            else:
                break
        else:
            if view.labels[position] in COMMUTATIVE:
                parts.sort()
            if exact:
                parts.append(view.widths[position] or 0)
            hashes[position] = _mix(view.codes[position], parts)
            below = depths[position] + 1
            if depth is not None and below > depth:
                continue
            for reader in view.readers[position]:
                if reader not in depths:
                    depths[reader] = below
                    heappush(queue, reader)
    return hashes


@dataclass(frozen=True, eq=False)
class Rooted:
    """A view seen from one of its tensors: the rooted hash of each node that depends on that tensor alone."""

    view: View
    root: Tensor
    hashes: Mapping[int, int]

    @cached_property
    def exact(self) -> Rooted:
        """The same with hashes in which widths count."""
        return Rooted(self.view, self.root, rooted_hashes(self.view, self.root, exact=True))

    @cached_property
    def steps(self) -> Mapping[int, Sequence[int]]:
        """The nodes of each hash: more than one where siblings are equal."""
        steps: dict[int, list[int]] = defaultdict(list)
        for position, code in self.hashes.items():
            steps[code].append(position)
        return steps

    def code(self, tensor: Tensor) -> int:
        """The hash of a tensor that depends on the root alone."""
        return 1 if tensor == self.root else self.hashes[tensor[0]] + tensor[1]


def rooted(view: View, root: Tensor) -> Rooted:
    """Everything in the view that depends on the root alone."""
    return Rooted(view, root, rooted_hashes(view, root))


Embedding: TypeAlias = dict[int, int]
"""position in the pattern → position in the view"""


def embed(
    pattern: Rooted, site: Rooted, used: Collection[int] = (), *, any_width: bool = False, last: bool = False
) -> Embedding:
    """The part of the pattern that is at the site: closed towards the root, as large as hashes allow.

    Every pair in the result is confirmed: equal labels, the operands paired in order (in any order
    where the operation commutes), no node used twice on either side. Deep nodes come first, since
    they say which of several equal siblings is which; where nothing says it, the first is taken, or
    the ``last``. ``any_width``: widths need not be equal.
    """
    if not any_width:
        pattern, site = pattern.exact, site.exact
    found: Embedding = {}
    taken: set[int] = set(used)
    for position in sorted(site.hashes, reverse=True):
        if position in taken:
            continue
        steps = pattern.steps.get(site.hashes[position], ())
        for step in reversed(steps) if last else steps:
            pairs = None if step in found else _confirm(pattern, site, (step, position), found, taken)
            if pairs is not None:
                found.update(pairs)
                taken.update(pairs.values())
                break
    return found


def _confirm(
    pattern: Rooted, site: Rooted, pair: tuple[int, int], found: Embedding, taken: Collection[int]
) -> Embedding | None:
    """The pairs that a pair demands beyond those found; None if one is impossible."""
    pairs: Embedding = {}
    images: set[int] = set()
    stack = [pair]
    while stack:
        a, b = stack.pop()
        known = found.get(a, pairs.get(a))
        if known is not None:
            if known != b:
                return None
            continue
        if b in taken or b in images or pattern.view.labels[a] != site.view.labels[b]:
            return None
        pairs[a] = b
        images.add(b)
        operands = _paired(pattern, site, a, b)
        if operands is None:
            return None
        for left, right in operands:
            if left == pattern.root or right == site.root:
                if left != pattern.root or right != site.root:
                    return None
            elif left[1] != right[1]:
                return None
            else:
                stack.append((left[0], right[0]))
    return pairs


def _paired(pattern: Rooted, site: Rooted, a: int, b: int) -> Iterable[tuple[Tensor, Tensor]] | None:
    """Operands side by side; None where their numbers differ."""
    left, right = pattern.view.operands[a], site.view.operands[b]
    if len(left) != len(right):
        return None
    if len(left) > 1 and site.view.labels[b] in COMMUTATIVE:
        ours, theirs = list(map(pattern.code, left)), list(map(site.code, right))
        if ours != theirs:
            left = tuple(left[i] for i in sorted(range(len(left)), key=ours.__getitem__))
            right = tuple(right[i] for i in sorted(range(len(right)), key=theirs.__getitem__))
    return zip(left, right, strict=True)
