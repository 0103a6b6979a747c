"""Branches that bring tensors of several resolutions to one, and are then joined: copies of one type, each resized.

A decoder of UNet 3+ reads five tensors, a fusion of HRNet up to four: the larger ones through a pooling, the smaller
ones through an upsampling, each with a convolution of its own. A search that finds the branches with an upsampling, and
those that need none, must not draw the pooled ones, of the same convolution, apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from blockviz.ir import Block, Item, LayerGraph, Unit, copies_by_type, copy_of, expand, is_block, is_one_of, refolded
from blockviz.search.intervals import RESCALES
from blockviz.structure.canonical_form import item_form, item_kind

_FEWEST = 3  # branches of a join
_ALIKE = 2  # of them outside of a copy that holds the join


def branches_completed(graph: LayerGraph) -> LayerGraph:
    """The graph with every unit of such a type in a copy, and what resizes a branch inside the branch."""
    copies = copies_by_type(graph)
    for key, blocks in copies.items():
        forms = {_unit_form(block.body) for block in blocks}
        if len(forms) == 1 and "" not in forms and len({len(block.body) for block in blocks}) > 1:
            form = forms.pop()
            graph = _completed(_joins_opened(graph, copies, key, form), key, form)
    return graph


def _unit_form(body: LayerGraph) -> str:
    """The form of the one unit in a body that at most resizes before or behind it; "" where there is more."""
    rest = [item for item in body.items() if item_kind(item) not in RESCALES]
    return item_form(rest[0]) if len(rest) == 1 and isinstance(rest[0], Unit) and len(body) < _FEWEST else ""


def _joins_opened(graph: LayerGraph, copies: Mapping[str, Sequence[Block]], key: str, form: str) -> LayerGraph:
    """The graph without the types whose copies hold a join, and one of its branches while the others stand outside."""
    torn = {
        block.id
        for other, blocks in copies.items()
        if other != key and all(_tears(graph, block, key, form) for block in blocks)
        for block in blocks
    }
    return expand(graph, is_one_of(torn)) if torn else graph


def _tears(graph: LayerGraph, block: Block, key: str, form: str) -> bool:
    """Whether a join in a copy reads a unit of this form inside, and what copies of the type outside give."""
    fed = {number: source for number, source, _ in graph.operand_list(block.id)}
    outside: dict[str, set[str]] = defaultdict(set)
    for number, ports in enumerate(block.body.entries):
        for name, _ in ports:
            outside[name].add(fed.get(number, ""))
    for name in block.body:
        alike = {source for source in outside[name] if source and _is_copy(graph.item(source), key, form)}
        inside = (block.body.item(source) for source in block.body.pred[name])
        if len(alike) >= _ALIKE and any(_is_copy(item, key, form) for item in inside):
            return True
    return False


def _completed(graph: LayerGraph, key: str, form: str) -> LayerGraph:
    """The graph with all units of this form in copies of the type, those of a join with what resizes them."""
    made = dict.fromkeys(name for name in graph if _is_copy(graph.item(name), key, form))
    members = {name: [name] for name in made if not is_block(graph.item(name))}
    for join in graph:
        branches = [source for _, source, _ in graph.operand_list(join)]
        if len(branches) >= _FEWEST and made.keys() >= {*branches} and item_kind(graph.item(join)) == "merge":
            for branch in branches:
                if resize := _resize_of(graph, branch):
                    members[branch] = [resize, branch]
    if not members:
        return graph
    inside = {name: list(item.body) for name in members if is_block(item := graph.item(name))}
    folds = [[inner for each in group for inner in inside.get(each, [each])] for group in members.values()]
    return refolded(graph, inside, [copy_of(key, group) for group in folds])


def _is_copy(item: Item, key: str, form: str) -> bool:
    return item.type == key if is_block(item) else isinstance(item, Unit) and item_form(item) == form


def _resize_of(graph: LayerGraph, branch: str) -> str:
    """The pooling or upsampling that this branch alone reads, and nothing else does; "" if there is none."""
    item = graph.item(branch)
    sources = list(graph.pred[branch])
    if (is_block(item) and len(item.body) > 1) or len(sources) != 1:
        return ""
    (source,) = sources
    alone = [*graph.succ[source]] == [branch] and source not in graph.exit_names and graph.pred[source]
    return source if alone and item_kind(graph.item(source)) in RESCALES and not is_block(graph.item(source)) else ""
