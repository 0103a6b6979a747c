"""A graph as a sequence: labels, where each position reads from, and what is alive between positions.

Everything about blocks is asked of intervals [a, b) of this sequence: is it the same as another
interval (`repeats`), how many tensors enter and leave it (`ports`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence, Set
from typing import TypeVar

from blockviz.ir import Item, is_block
from blockviz.runtime.records import dataclass
from blockviz.search.post_order import COLLECTS

_Call = TypeVar("_Call", bound=Hashable)


@dataclass(frozen=True, slots=True)
class LinearGraph:
    """Arrays over the positions of a graph, in its (topological) order.

    names, items : what stands at each position.
    form : label without widths; exact : label with them (both interned to integers).
    reads : per position, the (position, output index) of each operand in input order; -1 for a tensor
        from outside the graph.
    rows : per position, its form and, per operand, how far back it is read; earliest : the first position read, its own
        where it reads none.
    live : per gap g (before position g), the tensors alive there as (producer position, output index).
    ahead : per gap, where each of these tensors is read next.
    soonest : the same in ascending order; again : where the first of them is read for the second time.
    uses : tensor → sorted positions that read it; a position past the end stands for an output that nothing reads.
    calls : the form labels of all calls inside the positions, for comparing variants; sizes : per gap, how many of
        them come before it.
    weighty : per position, the last one up to it that convolves, multiplies by a matrix, attends or recurs, or -1.
    shapes : per position, the shape of its first output, letters for open sizes, in a tuple; empty where there is none.
    joining : per position, whether branches join there.
    steps : per position, (reach, label) pairs by which `repeats` grows: the label, with the operands that lie inside,
        that holds while an interval reaches back that far; the farthest reach first.
    raising : per gap, how many positions before it raise the resolution.
    spatial : per gap, how many positions before it convolve with a kernel of more than one place.
    outputs : the tensors that the graph gives.
    """

    names: tuple[str, ...]
    items: tuple[Item, ...]
    form: tuple[int, ...]
    exact: tuple[int, ...]
    reads: tuple[tuple[tuple[int, int], ...], ...]
    rows: Sequence[tuple[int, tuple[tuple[int, int], ...]]]
    earliest: Sequence[int]
    live: Sequence[Sequence[tuple[int, int]]]
    ahead: Sequence[Sequence[int]]
    soonest: Sequence[Sequence[int]]
    again: Sequence[int]
    uses: dict[tuple[int, int], list[int]]
    calls: tuple[int, ...]
    sizes: tuple[int, ...]
    weighty: tuple[int, ...]
    shapes: tuple[tuple[tuple[int | str | None, ...], ...], ...]
    joining: tuple[bool, ...]
    steps: Sequence[tuple[tuple[int, int], ...]]
    raising: tuple[int, ...]
    spatial: tuple[int, ...]
    outputs: frozenset[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.names)

    def entering(self, a: int, b: int) -> int:
        """How many distinct tensors from before ``a`` are read in [a, b)."""
        return bisect_left(self.soonest[a], b)

    def leaving(self, a: int, b: int) -> int:
        """How many distinct tensors made in [a, b) are read from ``b`` on."""
        live = self.live[b]
        return len(live) - bisect_left(live, (a, -1))

    def reads_outputs(self, a: int, b: int) -> bool:
        """Whether an output of the model is made in [a, b) and read there only: a block should end with it."""
        for tensor in self.outputs:  # few, and asked of every interval
            if a <= tensor[0] < b and all(use < b or use == len(self) for use in self.uses.get(tensor, ())):
                return True
        return False

    def given(self, a: int, b: int) -> set[tuple[tuple[int | str | None, ...], ...]]:
        """The shapes of the first outputs in [a, b) that are read from ``b`` on, as in ``shapes``."""
        live = self.live[b]
        return {self.shapes[source] for source, out in live[bisect_left(live, (a, -1)) :] if not out}

    def gives(self, a: int, b: int, most: int) -> bool:
        """Whether at most so many tensors leave [a, b), one long skip apart: an encoder tapped inside a block."""
        first = bisect_left(self.live[b], (a, -1))
        extra = len(self.live[b]) - first - most
        if extra != 1:
            return extra < 1
        last = b + max(4, b - a)
        return any(use >= last for use in self.ahead[b][first:])

    def crossing(self, a: int, b: int) -> int:
        """How many tensors made shortly before [a, b) are read shortly after it.

        A cut inside a block shows itself by these; a long skip or a broadcast does not count.
        """
        live = self.live[b]
        if not live or live[0][0] >= a:
            return 0
        near = max(4, b - a)
        first, last = a - near, min(b + near, len(self))
        count = 0
        for (source, _), use in zip(live, self.ahead[b], strict=True):
            if source >= a:  # this one and those that follow are made inside
                break
            if source >= first and use < last:
                count += len(self.reads[use]) <= COLLECTS
        return count

    def forks_at(self, a: int, b: int) -> bool:
        """Whether a tensor that enters [a, b) is read there more than once."""
        return self.again[a] < b

    def forks_before(self, a: int, b: int) -> bool:
        """Whether it is the tensor made just before [a, b) that is read there more than once."""
        return bisect_left(self.uses.get((a - 1, 0), ()), b) > 1

    def forks_late(self, a: int, b: int) -> bool:
        """Whether the fork of [a, b) comes after a first normalisation or activation: that ends the block before."""
        if self.weighty[a] == a or self.joining[a] or self.forks_at(a, b):
            return False
        return bisect_left(self.uses.get((a, 0), ()), b) > 1

    def ends_larger(self, a: int, b: int) -> bool:
        """Whether the resolution rises late in [a, b): a block that upsamples begins with that, not with a block."""
        if self.raising[b] == self.raising[a]:
            return False
        early = a if is_block(self.items[a]) else min(a + 2, b)
        return self.raising[b] > self.raising[early] == self.raising[a]

    def principal(self, a: int, b: int) -> int:
        """Form of the last convolution, matrix or recurrent call in [a, b); -1 if there is none."""
        last = self.weighty[b - 1]
        return self.form[last] if last >= a else -1

    def tapped(self, a: int, b: int) -> bool:
        """Whether what [a, b) gives is read more than once later, not all of it at once."""
        return any(len([use for use in self.uses[tensor] if use >= b]) > 1 for tensor in self.live[b] if tensor[0] >= a)

    def passes_over(self, a: int, b: int, end: int) -> bool:
        """Whether a tensor made in [a, b) is read at ``end`` or later."""
        return any(self.uses[tensor][-1] >= end for tensor in self.live[b] if tensor[0] >= a)

    def connected(self, a: int, b: int) -> bool:
        """Whether [a, b) hangs together by what is passed on inside it: pieces of two branches do not.

        Two streams that read the same two tensors (each the other's, too) are one layer over both.
        """
        parts = pieces((i, {source for source, _ in self.reads[i] if source >= a}) for i in range(a, b))
        return len(parts) == 1 or (len(parts) == 2 and self._exchange(parts, a))

    def _exchange(self, parts: Sequence[set[int]], a: int) -> bool:
        """Whether two parts read the same tensors from before ``a``, two or more, each being one's own stream."""
        reads = [{tensor for i in part for tensor in self.reads[i] if tensor[0] < a} for part in parts]
        return reads[0] == reads[1] and len(reads[0]) > 1

    def canonical(self, a: int, b: int) -> tuple[object, ...]:
        """Form of [a, b): equal for two intervals if and only if they are isomorphic with equal wiring."""
        ports: dict[tuple[int, int], int] = {}
        rows = list(self.rows[a:b])
        for position, earliest in enumerate(self.earliest[a:b], a):
            if earliest < a:
                refs = tuple(
                    [
                        (position - source, out)
                        if source >= a
                        else (-1 - ports.setdefault((source, out), len(ports)), 0)
                        for source, out in self.reads[position]
                    ]
                )
                rows[position - a] = self.form[position], refs
        return tuple(rows)

    def canonical_of(self, positions: Sequence[int]) -> tuple[object, ...]:
        """The same form of some positions, in order, as if nothing stood between them."""
        place = {position: number for number, position in enumerate(positions)}
        ports: dict[tuple[int, int], int] = {}
        rows = []
        for number, position in enumerate(positions):
            refs = tuple(
                (number - place[source], out)
                if source in place
                else (-1 - ports.setdefault((source, out), len(ports)), 0)
                for source, out in self.reads[position]
            )
            rows.append((self.form[position], refs))
        return tuple(rows)


def pieces(calls: Iterable[tuple[_Call, Set[_Call]]]) -> list[set[_Call]]:
    """The parts into which calls fall, each given with those whose tensors it reads; these stand before it."""
    parts: list[set[_Call]] = []
    for call, sources in calls:
        joined = [part for part in parts if not part.isdisjoint(sources)]
        parts = [part for part in parts if part not in joined]
        parts.append({call}.union(*joined))
    return parts
