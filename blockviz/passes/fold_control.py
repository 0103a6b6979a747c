"""Branches and loops are boxes with bodies: what stands in the body of one is one block, with a panel of its own.

A reader puts the calls of a body under the path of the branch or loop, and at its end the call that joins them: the
choice between two branches, the step back to the beginning of a loop. Nothing of the outside is in the block, so that
no run or type goes across its border, and what repeats in the body is found there as it is in a model.

A body is folded where

1. its calls stand in items of their own: none of an item's calls is outside;
2. none of them is kept on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from blockviz.ir import BlockType, Composite, Fold, Group, Item, LayerGraph, Node, contract, item_leaves, with_items
from blockviz.ops.vocabulary import CONTROL
from blockviz.runtime.records import dataclass, field, replace
from blockviz.structure.canonical_form import body_form

#: What the keys of these types begin with.
BODY = "control"
_Inside = Callable[[LayerGraph], LayerGraph]


@dataclass(frozen=True, slots=True)
class FoldControl:
    """Fold bodies, outermost first.

    inside : passes that each body goes through as a graph of its own. kept : ids of calls that stay on their own.
    """

    name = "fold-control"
    inside: tuple[_Inside, ...] = ()
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with each branch or loop as a block; itself, if it has none."""
        if not any(scope.op in CONTROL for scope in graph.composites.values()):
            return graph
        folding = _Folding(graph, self.inside, self.kept)
        out = folding.folded(graph, frozenset())
        if folding.types:
            out.graph["types"] = {**graph.types, **folding.types}
        return out


@dataclass(slots=True)
class _Folding:
    """Folds the bodies of one model; ``types`` are those that it has made, ``known`` their keys by form."""

    source: LayerGraph
    inside: tuple[_Inside, ...]
    kept: frozenset[str]
    types: dict[str, BlockType] = field(default_factory=dict)
    known: dict[object, str] = field(default_factory=dict)
    bodies: int = 0

    def folded(self, graph: LayerGraph, around: frozenset[str]) -> LayerGraph:
        """The graph with the outermost bodies in it folded, and those in them; ``around`` are paths that it lies in."""
        folds = []
        for path, join in _joins(graph, around).items():
            members = _members(graph, path)
            if members and not self.kept.intersection(members):
                folds.append(Fold(members, partial(self.block, join, around | {path})))
        return contract(graph, folds) if folds else graph

    def block(self, join: Node, paths: frozenset[str], body: LayerGraph) -> Group:
        """The block of a body; bodies of one form that are run equally often are of one type."""
        drawn = self.drawn(body, paths)
        form = join.op, repr(sorted(join.args.items())), body_form(drawn)
        key = self.known.setdefault(form, f"{BODY}{len(self.known)}")
        self.types.setdefault(key, _type_of(key, join))
        return Group(f"{key}:{join.id}", drawn, key)

    def drawn(self, body: LayerGraph, paths: frozenset[str]) -> LayerGraph:
        """A body after the passes that find what repeats in it; its types get keys that no other body has."""
        inner = body.copy()
        inner.graph |= {"composites": self.source.composites, "idioms": self.source.idioms}
        inner = self.folded(inner, paths)
        inner.graph["types"] = {}
        for step in self.inside:
            inner = step(inner)
        self.bodies += 1
        keys = {key: f"body{self.bodies}{key}" for key in inner.types}
        self.types |= {keys[key]: replace(found, key=keys[key]) for key, found in inner.types.items()}
        inner = _renamed(inner, keys)
        for name in ("composites", "idioms", "types"):
            inner.graph.pop(name, None)
        return inner


def _joins(graph: LayerGraph, around: frozenset[str]) -> dict[str, Node]:
    """Path of each branch or loop that lies in no other → the call that joins it."""
    found: dict[str, Node] = {}
    for item in graph.items():
        if isinstance(item, Node) and item.op in CONTROL and item.within and item.within[-1] not in around:
            scope = graph.composites.get(item.within[-1])
            if scope is not None and scope.op == item.op:
                found[item.within[-1]] = item
    return {path: join for path, join in found.items() if not set(join.within[:-1]) & found.keys()}


def _members(graph: LayerGraph, path: str) -> list[str]:
    """Items that are the body of a path, in order; none, if a call of theirs stands outside."""
    members = []
    for item in graph.items():
        inside = [path in node.within for node in item_leaves(item)]
        if all(inside):
            members.append(item.id)
        elif any(inside):
            return []
    return members


def _type_of(key: str, join: Node) -> BlockType:
    times = join.args.get("times")
    often = f", {times} times" if isinstance(times, int) and times > 1 else ""
    name = _WORDS[join.op] + often
    return BlockType(key, name=name, source="layer names", reason=f"the body of {join.op} {join.id!r} of the file")


_WORDS = {"If": "Conditional", "Loop": "Loop", "Scan": "Scan"}


def _renamed(graph: LayerGraph, keys: dict[str, str]) -> LayerGraph:
    def renamed(item: Item) -> Item:
        if not isinstance(item, Composite):
            return item
        made = replace(item, body=_renamed(item.body, keys))
        return replace(made, type=keys[item.type]) if item.type in keys else made

    return with_items(graph, renamed) if keys else graph
