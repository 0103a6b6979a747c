"""Idioms as items: a small subgraph with a word of its own is one box, before blocks are sought or inside them.

A fold is legal where

1. no path leaves the calls and comes back to them: contracting them then makes no cycle;
2. none of them is a layer that the user keeps on its own.

What may not be folded is still listed. Idioms whose calls are spelled out as views and products (attention,
normalisations, activations) are folded at once, so that blocks are sought among items that mean something; those that
are made of layers (squeeze-and-excitation) only inside the blocks that were found, named and compared without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from blockviz.errors import VerifyError
from blockviz.ir import (
    Block,
    Composite,
    Fold,
    Group,
    Idiom,
    Item,
    LayerGraph,
    Occurrence,
    Unit,
    contract,
    item_leaves,
    with_items,
)
from blockviz.passes.label import shown_bodies
from blockviz.patterns.telling import may_hold_idioms
from blockviz.runtime.records import dataclass, replace

if TYPE_CHECKING:
    from blockviz.patterns.entries import Entry

_LARGE = 8  # items of an idiom that is drawn open in a body that has little besides
_MOST = 0.8  # of a body


@dataclass(frozen=True, slots=True)
class FindIdioms:
    """Find all idioms, note them in the graph (``idioms``), and fold those that blocks are sought among.

    kept : ids of calls that stay on their own. own : idioms of the user.
    """

    name = "find-idioms"
    kept: frozenset[str] = frozenset()
    own: tuple[Entry, ...] = ()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with idioms noted and folded; itself, if it has none."""
        if not self.own and not may_hold_idioms(graph):
            return graph
        from blockviz.patterns.find import find_idioms  # here: most convolutional networks need none of it

        found = find_idioms(graph, self.own)
        if not found:
            return graph
        early = [one for one in found if one.box == "early" and len(one.calls) > 1]
        out = _folded(graph, [(one, one.calls) for one in early], self.kept)
        out = graph.copy() if out is graph else out
        out.graph["idioms"] = tuple(found)
        return out


@dataclass(frozen=True, slots=True)
class BoxIdioms:
    """Fold the other idioms in the bodies of blocks and in the overview; ``kept`` as above."""

    name = "box-idioms"
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with an item for each idiom whose calls stand together in one body."""
        late = {call: one for one in graph.idioms if one.box == "late" for call in one.calls}
        words = {key: found.name for key, found in graph.types.items()}
        out = _boxed(graph, late, self.kept, words) if late else graph
        if out is not graph:  # the panels draw the bodies as they are now
            shown = shown_bodies(out)
            types = {key: replace(found, main=shown.get(key, found.main)) for key, found in out.types.items()}
            out.graph["types"] = types
        return out


def _boxed(
    graph: LayerGraph, late: dict[str, Occurrence], kept: frozenset[str], words: Mapping[str, str], title: str = ""
) -> LayerGraph:
    """``words`` : the names of the types. ``title`` : that of the block whose body this is, which is opened there."""

    def inside(item: Item) -> Item:
        if not isinstance(item, Composite) or isinstance(item, Unit):
            return item
        body = _boxed(item.body, late, kept, words, words[item.type] if isinstance(item, Block | Group) else "")
        return item if body is item.body else replace(item, body=body)

    graph = with_items(graph, inside)
    members: dict[Occurrence, list[str]] = {}
    for name, item in zip(graph, graph.items(), strict=True):
        calls = [node.id for node in item_leaves(item) if node.op != "InputLayer"]
        one = late.get(calls[0]) if calls else None
        if one is not None and one.word != title and all(late.get(call) is one for call in calls):
            members.setdefault(one, []).append(name)
    whole = []
    for one, names in members.items():
        held = {node.id for name in names for node in item_leaves(graph.item(name))}
        if held.issuperset(one.calls) and len(names) > 1 and not _is_subject(names, graph):
            whole.append((one, names))
    return _folded(graph, whole, kept)


def _is_subject(names: Collection[str], graph: LayerGraph) -> bool:
    """Whether an idiom is all of a body, or a large one so much of it that a box for it would hide what there is."""
    return len(names) == len(graph) or (len(names) >= _LARGE and len(names) > _MOST * len(graph))


def _folded(graph: LayerGraph, found: Sequence[tuple[Occurrence, Sequence[str]]], kept: frozenset[str]) -> LayerGraph:
    """The graph with those folded that legally can be."""
    at = {name: place for place, name in enumerate(graph)}
    folds = [
        Fold(sorted(names, key=at.__getitem__), _Maker(one))
        for one, names in found
        if not kept.intersection(names) and _is_convex(graph, names, at)
    ]
    if not folds:
        return graph
    try:
        return contract(graph, folds)
    except VerifyError:  # two that are convex by themselves can still stand across each other
        return _one_by_one(graph, folds)


def _one_by_one(graph: LayerGraph, folds: Iterable[Fold]) -> LayerGraph:
    for fold in folds:
        try:
            graph = contract(graph, [fold])
        except VerifyError:
            continue
    return graph


def _is_convex(graph: LayerGraph, names: Collection[str], at: dict[str, int]) -> bool:
    """Whether no path leaves the items and comes back (rule 1)."""
    members = set(names)
    last = max(at[name] for name in members)
    pending = [reader for name in members for reader in graph.succ[name] if reader not in members]
    seen = set(pending)
    while pending:
        name = pending.pop()
        for reader in graph.succ[name]:
            if reader in members:
                return False
            if reader not in seen and at[reader] < last:
                seen.add(reader)
                pending.append(reader)
    return True


@dataclass(frozen=True, slots=True)
class _Maker:
    found: Occurrence

    def __call__(self, body: LayerGraph) -> Idiom:
        found = self.found
        return Idiom(f"idiom:{found.calls[0]}", body, found.word, found.hue, found.attributes, found.alike)
