"""The layouts in which an overview can be placed: who places its boxes, and the styles to try, the best first."""

from __future__ import annotations

from collections.abc import Mapping

from blockviz.page.overview.chain.place import place_strip
from blockviz.page.overview.pyramid.place import place_pyramid
from blockviz.page.overview.shape.placed import Placer
from blockviz.page.overview.shape.style import Style
from blockviz.page.overview.stacks.place import place_stacks
from blockviz.page.overview.streams.place import place_streams
from blockviz.page.overview.u.place import place_u

STYLES: Mapping[str, tuple[Style, ...]] = {
    "U": (
        Style(slabs=True, stair=True),
        Style(slabs=True, stair=True, tall=6.5, gap=1.5),
        Style(slabs=True, stair=True, tall=5.0, gap=1.2, room=5.0),
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
            (1, 0.95, 4.4, False, 0),
            (1, 0.8, 4.4, False, 0),
            (1, 1.2, 6.0, True, 0),
            (1, 0.8, 4.2, True, 0),
            (2, 1.5, 5.0, False, 0),
            (2, 1.1, 4.2, True, 0),
            (2, 0.8, 3.4, True, 0),
            (3, 1.2, 4.5, False, 0),
            (3, 1.0, 3.4, True, 0),
            (4, 1.2, 4.0, False, 0),
            (2, 1.1, 4.2, True, 1),
            (2, 0.95, 3.4, True, 1),
            (3, 1.0, 3.4, True, 1),
        )
    ),
    "streams": (
        Style(room=13.0),
        Style(room=9.0),
        Style(room=6.0, gap=1.5),
        Style(room=10.0, gap=1.4, small=True),
        Style(room=7.0, gap=1.2, small=True),
        Style(room=4.5, gap=1.0, small=True),
    ),
}
PLACERS: Mapping[str, Placer] = {
    "U": place_u,
    "pyramid": place_pyramid,
    "stacks": place_stacks,
    "streams": place_streams,
    "chain": place_strip,
}
