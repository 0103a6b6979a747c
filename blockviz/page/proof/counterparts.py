"""Which item of one copy of a block stands for which of another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import networkx as nx

from blockviz.ir import Block, Composite, Group, Item, LayerGraph, Node, item_leaves


def items_in(body: LayerGraph) -> Iterator[Item]:
    """Items of a body at all depths."""
    for item in body.items():
        yield item
        if isinstance(item, Composite):
            yield from items_in(item.body)


@lru_cache(maxsize=1 << 11)
def counterparts(shown: Block | Group, other: Block | Group) -> dict[str, Item]:
    """Item of the body that is drawn → the one that stands for it in another copy.

    Bodies of other kinds are paired by kind and by what lies before and behind, each item once, the likest first.
    """
    left, right = list(items_in(shown.body)), list(items_in(other.body))
    kinds = [[kind_of(item) for item in items] for items in (left, right)]
    if kinds[0] == kinds[1] or _without_kernels(kinds[0]) == _without_kernels(kinds[1]):
        return {one.id: two for one, two in zip(left, right, strict=True)}
    ours, theirs = _all_surroundings(shown.body), _all_surroundings(other.body)
    pairs = [
        (_unlike(ours[one.id], theirs[two.id]), i, k)
        for i, one in enumerate(left) for k, two in enumerate(right) if kinds[0][i] == kinds[1][k]
    ]  # fmt: skip
    found, taken = dict[str, Item](), set[int]()
    for _, i, k in sorted(pairs):
        if left[i].id not in found and k not in taken:
            found[left[i].id] = right[k]
            taken.add(k)
    return found


def _without_kernels(kinds: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Kinds in which kernels are not told apart, but for those of one place."""
    return [tuple(re.sub(r"[(\[](?!1[,)\]])\d[^)\]]*[)\]]", "k", part) for part in kind) for kind in kinds]


_Around = tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]


@lru_cache(maxsize=1 << 8)
def _all_surroundings(body: LayerGraph) -> Mapping[str, _Around]:
    return dict(_surroundings(body))


def _surroundings(body: LayerGraph, outer: _Around | None = None) -> Iterator[tuple[str, _Around]]:
    """Item → kinds of the items before it and behind it, those around its block included."""
    before, after = outer or (Counter(), Counter())
    kinds = {item.id: kind_of(item) for item in body.items()}
    for item in body.items():
        earlier = Counter(kinds[name] for name in nx.ancestors(body, item.id)) + before
        later = Counter(kinds[name] for name in nx.descendants(body, item.id)) + after
        yield item.id, (earlier, later)
        if isinstance(item, Composite):
            yield from _surroundings(item.body, (earlier, later))


def _unlike(one: _Around, other: _Around) -> int:
    """How many items lie around one of two only."""
    return sum(abs(a[kind] - b[kind]) for a, b in zip(one, other, strict=True) for kind in a.keys() | b.keys())


@lru_cache(maxsize=1 << 14)
def kind_of(item: Item) -> tuple[str, ...]:
    """The weighted calls of an item with their kernels, so that a projection is not taken for another convolution."""
    nodes = [node for node in item_leaves(item) if node.layer.params or isinstance(item, Node)]
    return (type(item).__name__, *(f"{node.op} {node.config.get('kernel_size', '')}" for node in nodes))
