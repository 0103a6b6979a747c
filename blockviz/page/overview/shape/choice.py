"""From the layout that the graph or the user asks for to an overview that is placed without a fault, if it can be."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from blockviz.outline.overview_graph import OverviewGraph, overview_of
from blockviz.outline.overview_layout import OverviewLayout, decide_layout, skips
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import replace

if TYPE_CHECKING:
    from blockviz.page.overview.shape.placed import PlacedOverview

_MOST = 40  # parts that one placed overview shows


def placed_overview(
    context: FigureFacts,
    theme: Theme,
    two_lines: bool,
    layout: str = "auto",
    narrow: bool = False,
    room: float = inf,
    instead: str = "",
) -> PlacedOverview | None:
    """The overview in the layout asked for, if it can be placed; a column or a board is left to others.

    ``narrow`` : on a page of one column a chain is a strip; streams, where boxes that no arrow joins would be
    neighbours there and read as steps. ``instead`` : what a chain is drawn as on any page: ``chain`` a strip, which in
    a wide one is of one row, ``streams``. ``room`` : forms that are wider are left out.
    """
    view = overview_of(context.outline)
    found = chosen(view, layout)
    if found.name == "chain" and layout == "auto":
        beside = narrow and not instead and parts_beside(view, found)
        found = replace(found, name="streams" if beside else instead or "chain")
    if found.name == "chain" and not (narrow or instead):
        return None
    if len(view.order) > _MOST:
        return None
    from blockviz.page.overview.shape.levels import levels_of  # most models are one line, in a column
    from blockviz.page.overview.shape.placed import PlacedOverview
    from blockviz.page.overview.shape.placers import PLACERS, STYLES

    placer = PLACERS.get(found.name)
    if placer is None:
        return None
    if found.name in ("U", "pyramid") and not levels_of(view, coarse_first=found.name == "pyramid").areas:
        return None  # rows are resolutions, and none is known
    made = PlacedOverview(context, theme, two_lines)
    made.short = found.name in ("U", "pyramid")
    passed = any(view.index[v] - view.index[u] > 1 for u, v in view.graph.edges)
    styles = tuple(style for style in STYLES[found.name] if passed or not style.over)
    if found.name == "chain" and not narrow:
        styles = tuple(replace(style, costs=True) for style in styles if style.rows == 1)
    made.place(view, found, placer, styles, room)
    return made if made.forms else None


def parts_beside(view: OverviewGraph, found: OverviewLayout) -> bool:
    """Whether a chain has parts that stand beside others: an input of its own, a second head, a branch."""
    return found.name == "chain" and not all(view.graph.has_edge(a, b) for a, b in pairwise(view.order))


def chosen(view: OverviewGraph, layout: str) -> OverviewLayout:
    """What the graph asks for, or what the user does."""
    found = decide_layout(view)
    if layout in ("auto", found.name):
        return found
    asked = replace(found, name=layout, reason="asked for")
    return replace(asked, skips=tuple(skips(view))) if layout == "U" else asked
