"""From the layout that the graph or the user asks for to an overview that is placed without a fault, if it can be."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from blockviz.outline.overview_graph import OverviewGraph, overview_of
from blockviz.outline.overview_layout import OverviewLayout, decide_layout, skips
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.overview.chain.place import place_strip
from blockviz.page.overview.pyramid.place import place_pyramid
from blockviz.page.overview.shape.levels import levels_of
from blockviz.page.overview.shape.placed import PlacedOverview, Placer
from blockviz.page.overview.shape.style import Style
from blockviz.page.overview.stacks.place import place_stacks
from blockviz.page.overview.streams.place import place_streams
from blockviz.page.overview.u.place import place_u
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import replace

_MOST = 40  # parts that one placed overview shows

_STYLES: Mapping[str, tuple[Style, ...]] = {
    "U": (
        Style(slabs=True, stair=True),
        Style(slabs=True, stair=True, tall=6.5, gap=1.5),
        Style(slabs=True, tall=6.0),
        Style(slabs=True, tall=5.0, gap=1.2, room=5.0),
        Style(room=9.0, gap=1.6),
        Style(room=12.0, gap=1.1),
        Style(room=6.0, gap=1.5),
        Style(slabs=True, tall=4.4, gap=1.0, room=3.6),
    ),
    "pyramid": (
        Style(room=11.0, gap=2.0),
        Style(room=8.0, gap=1.7),
        Style(room=5.5, gap=1.5),
        Style(room=5.5, gap=1.5, slabs=True, tall=4.2),
        Style(room=4.0, gap=1.25, slabs=True, tall=3.4),
        Style(room=4.0, gap=1.0, slabs=True, tall=3.4),
        Style(room=5.0, gap=1.5, slabs=True, tall=3.4, small=True),
        Style(room=4.0, gap=1.2, slabs=True, tall=3.4, small=True),
        Style(room=3.0, gap=0.9, slabs=True, tall=2.6, small=True),
    ),
    "stacks": (
        Style(room=14.0),
        Style(room=9.0),
        Style(room=6.0, gap=1.5),
        Style(room=10.0, gap=1.5, inline=True),
        Style(room=6.0, gap=1.4, inline=True),
        Style(room=11.0, gap=1.3, inline=True, small=True),
        Style(room=6.0, gap=1.2, inline=True, small=True),
    ),
    "chain": tuple(
        Style(slabs=True, strip=True, rows=rows, gap=gap, tall=tall, keyed=keyed, over=over)
        for rows, gap, tall, keyed, over in (
            (1, 1.5, 7.0, False, 0),
            (1, 0.95, 6.5, False, 0),
            (1, 1.2, 6.0, True, 0),
            (1, 0.95, 4.2, True, 0),
            (2, 1.5, 6.0, False, 0),
            (2, 1.1, 4.2, True, 0),
            (2, 0.95, 3.4, True, 0),
            (3, 1.2, 4.5, False, 0),
            (3, 1.0, 3.4, True, 0),
            (4, 1.2, 4.0, False, 0),
            (2, 1.1, 4.2, True, 1),
            (2, 0.95, 3.4, True, 1),
            (3, 1.0, 3.4, True, 1),
        )
    ),
    "streams": (Style(room=13.0), Style(room=9.0), Style(room=6.0, gap=1.5)),
}
_PLACERS: Mapping[str, Placer] = {
    "U": place_u,
    "pyramid": place_pyramid,
    "stacks": place_stacks,
    "streams": place_streams,
    "chain": place_strip,
}


def placed_overview(
    context: FigureFacts,
    theme: Theme,
    two_lines: bool,
    layout: str = "auto",
    narrow: bool = False,
    room: float = inf,
) -> PlacedOverview | None:
    """The overview in the layout asked for, if it can be placed; a column or a board is left to others.

    ``narrow`` : on a page of one column a chain is a strip. ``room`` : forms that are wider are left out.
    """
    view = overview_of(context.outline)
    found = chosen(view, layout)
    if found.name == "chain" and not narrow:
        return None
    placer = _PLACERS.get(found.name)
    if placer is None or len(view.order) > _MOST:
        return None
    if found.name in ("U", "pyramid") and not levels_of(view, coarse_first=found.name == "pyramid").areas:
        return None  # rows are resolutions, and none is known
    made = PlacedOverview(context, theme, two_lines)
    made.short = found.name in ("U", "pyramid")
    passed = any(view.index[v] - view.index[u] > 1 for u, v in view.graph.edges)
    styles = tuple(style for style in _STYLES[found.name] if passed or not style.over)
    made.place(view, found, placer, styles, room)
    return made if made.forms else None


def chosen(view: OverviewGraph, layout: str) -> OverviewLayout:
    """What the graph asks for, or what the user does."""
    found = decide_layout(view)
    if layout in ("auto", found.name):
        return found
    asked = replace(found, name=layout, reason="asked for")
    return replace(asked, skips=tuple(skips(view))) if layout == "U" else asked
