"""The model with all windows of one size, in which copies of a block that differ in their kernels are equal.

Papers draw a ladder whose kernels grow (11, 13, 17, …), or three branches with kernels 3, 7 and 11, as one block with a
kernel k. To a search that reads labels these are as many types. Here each side of a kernel that is longer than one is
three long, and pooling takes two places in every direction; what is found so is told of the model as it is, and the one
objective says whether that is worth the marks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from blockviz.ir import Item, Layer, LayerGraph, Node, blocks_in, item_leaves, with_items
from blockviz.ops.families import family, joins, merge_name
from blockviz.runtime.records import replace
from blockviz.structure.canonical_form import body_form
from blockviz.structure.windows import has_window, usual_layer, window_change, window_of

_OFTEN = 2  # calls with one kernel that may be parts of copies; in a chain, where each level has its own, one is enough
_LACKS = 0.15  # part of the calls with weights that a copy with another window may lack
_JOINS = 0.15  # part of the calls that join branches, up to which a graph is almost a chain


def alike_in_kernels(graph: LayerGraph) -> LayerGraph:
    """The graph with windows of one size; itself where no two sizes of one operation occur again and again."""
    nodes = [node for item in graph.items() for node in item_leaves(item)]
    found = Counter((node.op, window_of(node)) for node in nodes if has_window(node))
    least = 1 if sum(map(joins, nodes)) <= _JOINS * len(nodes) else _OFTEN
    often = Counter(op for (op, _), count in found.items() if count >= least)
    if max(often.values(), default=0) < 2:
        return graph
    return usual_windows(graph)


def usual_windows(graph: LayerGraph) -> LayerGraph:
    """The graph with windows of one size."""
    layers: dict[Layer, Layer] = {}

    def changed(node: Node) -> Node:
        if not has_window(node):
            return node
        layer = layers.setdefault(node.layer, usual_layer(node))
        return replace(node, layer=layer)

    return _with_nodes(graph, changed)


def as_they_are(found: LayerGraph, graph: LayerGraph) -> LayerGraph:
    """A drawing of the other graph as one of this graph, of which it has the calls."""
    own = {node.id: node for item in graph.items() for node in _nodes(item)}
    return _with_nodes(found, lambda node: own[node.id])


def only_kernels_differ(found: LayerGraph) -> bool:
    """Whether copies of one type that have other windows have as many calls with weights: else they are two modules.

    InceptionV3's cells of 1×7 and of 1×3 convolutions would be one, "3 layers fewer". Nor may branches with windows
    longer than wide be concatenated in them: by these papers tell such modules apart (Inception-ResNet-B and -C).
    """
    forms: dict[str, dict[frozenset[tuple[int, ...]], set[int]]] = defaultdict(lambda: defaultdict(set))
    branched = set[str]()
    for block in blocks_in(found):
        calls = list(item_leaves(block))
        windows = frozenset(window_of(node) for node in calls if has_window(node))
        forms[block.type][windows].add(sum(bool(node.layer.params) for node in calls))
        if _told_by_windows(calls):
            branched.add(block.type)
    return all(_nearly_as_many(counts.values()) for counts in forms.values()) and not any(
        len(counts) > 1 for key, counts in forms.items() if key in branched
    )


def differ_at_most_in_kernels(usual: LayerGraph, drawn: LayerGraph) -> bool:
    """Whether copies with windows of their own differ in nothing else from the usual form of their type.

    A stem of another kernel is no first level that lacks a step. usual : the same drawing with windows of one size.
    """
    forms, windows = defaultdict[str, list[object]](list), defaultdict[str, list[object]](list)
    for block, alike in zip(blocks_in(drawn), blocks_in(usual), strict=True):
        forms[block.type].append(body_form(alike.body))
        windows[block.type].append(frozenset(window_of(node) for node in item_leaves(block) if has_window(node)))
    for key, found in forms.items():
        form = max(found, key=found.count)
        common = max(windows[key], key=windows[key].count)
        if any(own != common and one != form for own, one in zip(windows[key], found, strict=True)):
            return False
    return True


def windows_apart(one: Item, other: Item) -> bool:
    """Whether two blocks are of the same calls, in order, that differ in nothing but windows, and papers join them."""
    told = any(_told_by_windows([*item_leaves(block)]) for block in (one, other))
    return not told and window_change(one, other) is not None


def _told_by_windows(calls: Sequence[Node]) -> bool:
    """Whether branches are concatenated that have windows longer than wide: Inception-ResNet-B and -C."""
    oblong = any(len({*window_of(node)}) > 1 for node in calls if has_window(node))
    return oblong and any(merge_name(node.op) == "Concatenate" for node in calls if family(node.op) == "merge")


def _nearly_as_many(counts: Iterable[set[int]]) -> bool:
    """Whether each has a number that the others have, or nearly: a first copy may lack a normalisation."""
    return any(
        all(any(abs(one - other) <= _LACKS * one for other in each) for each in counts)
        for one in set[int]().union(*counts)
    )


def _nodes(item: Item) -> Iterator[Node]:
    if isinstance(item, Node):
        yield item
        return
    for inner in item.body.items():
        yield from _nodes(inner)


def _with_nodes(graph: LayerGraph, change: Callable[[Node], Node]) -> LayerGraph:
    def inside(item: Item) -> Item:
        if isinstance(item, Node):
            return change(item)
        body = with_items(item.body, inside)
        return item if body is item.body else replace(item, body=body)

    return with_items(graph, inside)
