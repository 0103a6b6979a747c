"""What every placer of a shape starts from."""

from __future__ import annotations

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Spot
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field


@dataclass(slots=True)
class Placer:
    """The measured boxes of an overview, and the gap between them in a style; who inherits puts them into places."""

    pieces: Pieces
    view: OverviewGraph
    layout: OverviewLayout
    style: Style
    spots: dict[str, Spot] = field(init=False)
    gap: float = field(init=False)

    def __post_init__(self) -> None:
        self.spots = self.pieces.spots(self.view, self.style)
        self.gap = self.pieces.unit * self.style.gap
