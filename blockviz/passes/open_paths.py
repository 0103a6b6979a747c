"""Open what hides the layout of the overview: levels of a U in one run, streams in one fork, towers in one box ×2.

The passes before fold what repeats or rejoins, whatever resolution or input it belongs to. Where the layout would be
a U, a pyramid, stacks or streams if such a fold were open, it is opened; a chain stays as it is.
"""

from __future__ import annotations

from blockviz.ir import Block, Composite, Group, LayerGraph, Run, expand
from blockviz.outline.overview_graph import overview_of_graph
from blockviz.outline.overview_layout import OverviewLayout, decide_layout
from blockviz.passes.fold_control import BODY
from blockviz.runtime.records import dataclass

_SEVERAL = ("stacks", "streams")
_FULL = 30  # parts beyond which several streams say less than one box ×N, and a U or pyramid is opened no further


@dataclass(frozen=True, slots=True)
class OpenPaths:
    """Dissolve runs and groups, as few as possible, where that shows a layout of several paths.

    most : parts that the opened overview may have; beyond, no page would show it better.
    """

    name = "open-paths"

    most: int = 40

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with those blocks open, or the graph itself."""
        found = decide_layout(overview_of_graph(graph))
        ways = (_is_run_over_levels, _is_fork, _is_either, self._holds_u)
        most = min(self.most, _FULL) if found.name in ("U", "pyramid") else self.most
        for opens in ways[:1] if found.name in ("U", "pyramid") else () if found.name in _SEVERAL else ways:
            if not any(isinstance(item, Composite) and opens(item) for item in graph.items()):
                continue
            opened = expand(graph, opens)
            better = decide_layout(overview_of_graph(opened)) if len(opened) <= most else found
            if better.name in _SEVERAL and len(opened) > _FULL:
                continue
            if better.name in ("U", "pyramid", *_SEVERAL) and (better.name != found.name or _has_more(better, found)):
                return opened
        return graph

    def _holds_u(self, item: Composite) -> bool:
        """A block, or a run of blocks, that is a U from end to end, and small enough to be opened."""
        if isinstance(item, Run):
            inner = item.body.items()
            return bool(item.type) and all(isinstance(one, Composite) and self._holds_u(one) for one in inner)
        if item.type.startswith(BODY):
            return False  # of a branch or loop
        small = isinstance(item, Block | Group) and len(item.body) <= self.most
        return small and not _has_one_resolution(item.body) and decide_layout(overview_of_graph(item.body)).name == "U"


def _has_more(layout: OverviewLayout, before: OverviewLayout) -> bool:
    return len(layout.skips) > len(before.skips)


def _is_run_over_levels(item: Composite) -> bool:
    """A run of blocks in a row that is read, or reads, at several depths: a level for each copy.

    What several copies read, as a mask or the first features in each layer of a GCNII, is no level.
    """
    own = [ports for ports in item.body.entries if len({name for name, _ in ports}) == 1]
    levels = max(len(own), len(item.body.exits))
    return isinstance(item, Run) and bool(item.type) and not item.parallel and levels > 2


def _is_fork(item: Composite) -> bool:
    """What was put into one box because it rejoins: a fork of single items, or towers side by side."""
    if isinstance(item, Run):
        return item.parallel and bool(item.type)
    if isinstance(item, Group) and item.type.startswith(BODY):
        return False
    return isinstance(item, Group) and any(len(inner.inputs) > 1 for inner in item.body.items())


def _is_either(item: Composite) -> bool:
    return _is_run_over_levels(item) or _is_fork(item)


def _has_one_resolution(body: LayerGraph) -> bool:
    """Whether nothing but the last axis, the channels, changes: no U, and told without looking for one."""
    sizes = {shape[1:-1] for item in body.items() for shape in item.outputs[:1]}
    return len(sizes) == 1 and None not in next(iter(sizes))
