"""Copies of a pattern wherever they stand: matched call by call along operands, whatever order the calls are in.

In a linear order what serves a copy (the embedding of a question, a second stream) may stand between its calls, and
then the copy is no interval. Here the pattern is a graph: from its rarest call on, each further one is sought among
what reads, or is read by, those that have been matched (as VF2 does, which knows of no place to begin).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from blockviz.ir import LayerGraph
from blockviz.runtime.records import dataclass
from blockviz.structure.canonical_form import item_form
from blockviz.structure.isomorphism import commutes

_STEPS = 40  # candidates looked at for each call of a pattern, from one place on

Wire: TypeAlias = tuple[str, str, int, int]  # (source, reader, output, operand: 0 where the reader's may change places)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where patterns, sets of a graph's own items, occur in it.

    forms : item → label without widths. reads, feeds : item → the wires that end, or begin, at it.
    """

    graph: LayerGraph
    forms: Mapping[str, str]
    reads: Mapping[str, Sequence[Wire]]
    feeds: Mapping[str, Sequence[Wire]]

    @classmethod
    def of(cls, graph: LayerGraph) -> Occurrences:
        """Looked up once for a graph."""
        reads: dict[str, list[Wire]] = {name: [] for name in graph}
        feeds: dict[str, list[Wire]] = {name: [] for name in graph}
        for name, item in zip(graph, graph.items(), strict=True):
            free = commutes(item)
            for to, source, out in graph.operand_list(name):
                wire = source, name, out, 0 if free else to
                reads[name].append(wire)
                feeds[source].append(wire)
        return cls(graph, dict(zip(graph, map(item_form, graph.items()), strict=True)), reads, feeds)

    def __call__(self, pattern: Sequence[str], copies: Collection[Sequence[str]] = ()) -> list[list[str]]:
        """Disjoint sets of items, each induced, convex and the same graph as the pattern, in the graph's order.

        copies : those that are known. Nothing where the pattern falls into pieces, or every call of one form is in
        a known copy.
        """
        taken = {name for copy in copies for name in copy}
        left = Counter(form for name, form in self.forms.items() if name not in taken)
        rarest = min(pattern, key=lambda name: left[self.forms[name]])
        plan = self._plan(pattern, rarest)
        found = []
        for start in self.graph if left[self.forms[rarest]] and len(plan) == len(pattern) - 1 else ():
            if self.forms[start] == self.forms[rarest] and start not in taken:
                members = self._grown(pattern, plan, {rarest: start}, taken)
                if members and self._is_convex(members):
                    taken |= members
                    found.append([name for name in self.graph if name in members])
        return found

    def _plan(self, pattern: Sequence[str], first: str) -> list[Wire]:
        """Wires along which a pattern is walked through from one item on, each to an item that is new."""
        inside, known, plan = set(pattern), {first}, list[Wire]()
        todo = [first]
        for name in todo:
            for wire in [*self.reads[name], *self.feeds[name]]:
                other = wire[0] if wire[1] == name else wire[1]
                if other in inside and other not in known:
                    known.add(other)
                    plan.append(wire)
                    todo.append(other)
        return plan

    def _grown(
        self, pattern: Sequence[str], plan: Sequence[Wire], start: dict[str, str], taken: set[str]
    ) -> frozenset[str]:
        """The items of a match that begins so; nothing if there is none."""
        budget = _STEPS * len(pattern)
        stack = [(dict(start), self._next(plan, start))]
        while stack and budget:
            budget -= 1
            match, choices = stack[-1]
            if len(match) == len(pattern):
                return frozenset(match.values())
            new, place = next(choices, ("", ""))
            if not new:
                stack.pop()
            elif place not in taken and place not in match.values() and self._agrees(pattern, match, new, place):
                longer = {**match, new: place}
                stack.append((longer, self._next(plan, longer)))
        return frozenset()

    def _next(self, plan: Sequence[Wire], match: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The next item of a pattern, with each place where it may be."""
        if len(match) > len(plan):
            return
        source, reader, out, to = plan[len(match) - 1]
        if source in match:
            yield from ((reader, wire[1]) for wire in self.feeds[match[source]] if wire[2:] == (out, to))
        else:
            yield from ((source, wire[0]) for wire in self.reads[match[reader]] if wire[2:] == (out, to))

    def _agrees(self, pattern: Sequence[str], match: Mapping[str, str], new: str, place: str) -> bool:
        """Whether an item may stand for another: of one form, with the same wires to all that are matched."""
        if self.forms[new] != self.forms[place] or len(self.reads[new]) != len(self.reads[place]):
            return False
        back = {there: here for here, there in match.items()}
        ours, theirs = (
            Counter(
                (known[other], wire[1] == name, *wire[2:])
                for wire in [*self.reads[name], *self.feeds[name]]
                if (other := wire[0] if wire[1] == name else wire[1]) in known
            )
            for name, known in ((new, {here: here for here in match}), (place, back))
        )
        return ours == theirs

    def _is_convex(self, members: frozenset[str]) -> bool:
        """Whether no path leaves the items and comes back."""
        behind = {wire[1] for name in members for wire in self.feeds[name]} - members
        seen = set(behind)
        while behind:
            behind = {reader for name in behind for reader in self.graph.succ[name]} - seen
            if not behind.isdisjoint(members):
                return False
            seen |= behind
        return True
