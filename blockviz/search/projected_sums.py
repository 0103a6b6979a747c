"""A shortcut with a convolution of its own and the sum that it ends in, as one item like any other such sum.

Of two residual blocks the first has a projection, the second none. As positions of a sequence they are strangers, and
two blocks are too few for a search that starts from equal copies and admits others. While small networks are looked
through, a sum is a sum, whatever stands in its skip; `bypassed_rows.unfolded` opens it again, and the copy is marked.
"""

from __future__ import annotations

from collections.abc import Callable

from blockviz.ir import Composite, Fold, LayerGraph, Node, Unit, contract
from blockviz.ops.families import family, merge_name
from blockviz.search.row_items import Sum

_LONGEST = 3  # items of such a shortcut: a pooling, a convolution, a normalisation
_IN_SKIPS = frozenset({"conv", "dense", "norm", "pool", "dropout"})


def sums_folded(graph: LayerGraph) -> LayerGraph:
    """The graph with each sum of two tensors in the overview and its projection as one item; itself if none has any."""
    folds, projected = list[Fold](), False
    for name in graph:
        item = graph.item(name)
        if isinstance(item, Node) and merge_name(item.op) == "Add" and len(sources := set(graph.pred[name])) == 2:
            shortcut = _shortcut(graph, *sorted(sources)) or _shortcut(graph, *sorted(sources, reverse=True))
            projected = projected or bool(shortcut)
            folds.append(Fold([*shortcut, name], _maker(name)))
    return contract(graph, folds) if projected else graph


def _shortcut(graph: LayerGraph, end: str, other: str) -> list[str]:
    """The items up to ``end``, which nothing else reads, from a tensor that ``other`` is made of, too."""
    path: list[str] = []
    while len(path) < _LONGEST and _may_be_skipped(graph, end):
        path.insert(0, end)
        (end,) = graph.pred[end]
        if len(graph.succ[end]) > 1:
            return path if _is_behind(graph, end, other) else []
    return []


def _may_be_skipped(graph: LayerGraph, name: str) -> bool:
    item = graph.item(name)
    nodes = list(item.body.items()) if isinstance(item, Unit) else [item]
    plain = all(isinstance(node, Node) and family(node.op) in _IN_SKIPS for node in nodes)
    return plain and len(graph.pred[name]) == len(graph.succ[name]) == 1 and name not in graph.exit_names


def _is_behind(graph: LayerGraph, begin: str, end: str) -> bool:
    """Whether a chain of items leads from the one to the other."""
    for _ in range(len(graph)):
        if end == begin:
            return True
        if len(graph.pred[end]) != 1:
            return False
        (end,) = graph.pred[end]
    return False


def _maker(name: str) -> Callable[[LayerGraph], Composite]:
    return lambda body: Sum(f"sum:{name}", body, "sum")
