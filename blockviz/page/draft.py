"""One try at a page: a detail within a size, measured, then drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from blockviz.drawing import Sheet
from blockviz.page.canvas import Canvas
from blockviz.page.legend import legend
from blockviz.page.overview import Overview
from blockviz.page.pack import Packing, pack, stretch
from blockviz.page.panel import Panel
from blockviz.page.seen import seen_on
from blockviz.page.sizes import PageSize
from blockviz.page.summary import title_line, totals_line
from blockviz.page.theme import Theme
from blockviz.page.workshop import Detail, Workshop

_STRETCH = 1.5  # what is spread over a page becomes at most so many times as high


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where panels stand to the overview (``beside``, ``below``, in the ``hole`` under a staircase, or
    ``alone`` without any), and its columns."""

    kind: str
    columns: int = 1


@dataclass(slots=True)
class Draft:
    """One detail in one arrangement on a page whose size is given in units of the theme's type.

    ``squeeze`` : whether overview boxes may be narrower than they would like.
    """

    workshop: Workshop
    size: PageSize
    detail: Detail
    arrangement: Arrangement
    squeeze: bool = False
    overview: Overview = field(init=False)
    panels: list[Panel] = field(init=False)
    packing: Packing | None = None
    overview_width: float = 0.0
    overview_height: float = 0.0
    legend_at: str = "foot"
    _head: Canvas | None = None
    _totals: Canvas | None = None
    _legends: dict[tuple[float, bool], Canvas] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.overview = self.workshop.overview(self.detail.two_lines, self.detail.info, self.detail.flat)
        self.panels = [self.workshop.panel(letter, self.detail) for letter in self.detail.letters]

    @property
    def theme(self) -> Theme:
        """The look, at scale 1."""
        return self.workshop.theme

    @property
    def gap(self) -> float:
        """Room between overview, panels and other parts."""
        return self.theme.type.label * 1.7

    def head(self) -> Canvas | None:
        """The title line, if it is wanted."""
        if self.workshop.options.title and self.detail.title and self._head is None:
            self._head = title_line(self.workshop.outline, self.theme, self.size.room)
        return self._head

    def totals(self) -> Canvas | None:
        """The line of totals, if it is wanted."""
        if self.workshop.options.totals and self.detail.totals and self._totals is None:
            self._totals = totals_line(self.workshop.outline, self.workshop.facts, self.theme, self.size.room)
        return self._totals

    def legend(self, room: float, listed: bool = False) -> Canvas:
        """The legend in a width; empty where none is wanted."""
        if not (self.workshop.options.legend and self.detail.legend):
            return Canvas()
        key = (round(room, 2), listed)
        if key not in self._legends:
            self.workshop.context.defined.clear()
            self.workshop.context.defined.update(self.detail.letters + self.detail.elsewhere)
            self._legends[key] = legend(
                seen_on(self.workshop, self.overview, self.panels), self.workshop.context, self.theme, room, listed
            )
        return self._legends[key]

    def body_room(self, with_legend: bool) -> float:
        """Height between head and foot, with the legend in the foot or elsewhere."""
        parts = [self.totals(), self.legend(self.size.room) if with_legend else None]
        used = sum(part.height + self.gap * 0.8 for part in parts if part is not None and part.height)
        head = self.head()
        return self.size.height - 2 * self.size.margin - used - (head.height + self.gap * 0.6 if head else 0.0)

    # Fitting

    def fits(self) -> bool:
        """Whether everything fits; remembers how."""
        least = self.overview.least_width(self.arrangement.columns)
        if self.arrangement.kind == "beside":
            return self._fits_beside(least)
        width = self.size.room if self.overview.rightward else min(self.size.room, least * 1.2)
        tall = self.overview.measure(width, self.arrangement.columns)
        height = self.body_room(True)
        alone = self.arrangement.kind == "alone" and not self.detail.info
        squeezed = self.squeeze and (self.arrangement.columns == 1 or alone)
        if tall is None or tall > height or (width < least - 0.01 and not squeezed):
            return False
        self.overview_width, self.overview_height = width, tall
        if self.arrangement.kind == "hole":
            hole = self.overview.hole(width)
            self.packing = pack(self.panels, hole.width, hole.height, self.gap)
        if self.arrangement.kind == "below":
            self._fit_below(height - tall - self.gap, self.body_room(False) - tall - self.gap)
        return self.arrangement.kind == "alone" or self.packing is not None

    def _fit_below(self, foot: float, inside: float) -> None:
        """Panels under the overview no wider than they like, and the legend at their side where it has room."""
        wish = sum(panel.comfortable_width() * 1.1 + self.gap for panel in self.panels) - self.gap
        region = min(self.size.room, wish)
        side = self.size.room - region - self.gap * 1.3
        legend_ = self.legend(side, True) if side > self.theme.type.label * 16 else None
        packing = pack(self.panels, region, inside, self.gap) if legend_ is not None else None
        if legend_ is not None and packing is not None and legend_.height <= packing.height:
            self.packing, self.legend_at = packing, "side"
        else:
            self.packing, self.legend_at = pack(self.panels, self.size.room, foot, self.gap), "foot"

    def _fits_beside(self, least: float) -> bool:
        squeezed: tuple[float, ...] = ()
        if self.squeeze and self.arrangement.columns == 1:  # what is left beside the widest panel, if need be
            widest = max((panel.least_width() for panel in self.panels), default=0.0)
            squeezed = (0.9, 0.8, (self.size.room - self.gap * 1.3 - widest - 0.01) / least)
            squeezed = tuple(share for share in squeezed if 0.7 < share < 1.0)
        found: list[tuple[float, float, float, str, Packing]] = []
        for share in (1.12, 1.0, *squeezed):
            self.overview_width = least * share
            tall = self.overview.measure(self.overview_width, self.arrangement.columns)
            if tall is None or self._region < self.theme.type.label * 10 or (share < 1 and found):
                continue
            self.overview_height = tall
            if self._place_legend() and self.packing is not None:
                found.append((self.packing.unrest, self.overview_width, tall, self.legend_at, self.packing))
        if not found:
            return False
        _, self.overview_width, self.overview_height, self.legend_at, self.packing = min(found, key=lambda one: one[0])
        return True

    def is_cramped(self) -> bool:
        """Whether the overview's boxes are narrower than they would like, so that names are cut."""
        return self.overview_width < self.overview.least_width(self.arrangement.columns) - 0.01

    def strain(self) -> int:
        """How many panels stand over several columns, or had to break their labels."""
        return self.packing.strain if self.packing else 0

    @property
    def _region(self) -> float:
        """Width of the region of panels beside the overview."""
        return self.size.room - self.overview_width - self.gap * 1.3

    def _place_legend(self) -> bool:
        """Put the legend where a hole is, else into the foot; False where nothing fits."""
        foot, inside = self.body_room(True), self.body_room(False)
        tries = []
        for place, width in (("left", self.overview_width), ("right", self._region)):
            room = self.legend(width, True).height + self.gap
            left, right = (room, 0.0) if place == "left" else (0.0, room)
            packing = pack(self.panels, self._region, inside - right, self.gap, self._overview_reach(left))
            if packing is not None and self.overview_height + left <= inside:
                reach = min(inside, self.overview_height * _STRETCH) if self.size.fixed else self.overview_height
                hole = packing.height - self.overview_height if place == "left" else reach - packing.height
                tries.append((place, packing, hole >= room))
        beside = self._overview_reach(0.0)
        packing = pack(self.panels, self._region, foot, self.gap, beside) if self.overview_height <= foot else None
        chosen = next((t for t in tries if t[2]), None)
        if chosen is None and packing is not None:
            chosen = ("foot", packing, True)
        if chosen is None and self.squeeze and tries:
            chosen = tries[0]
        if chosen is None:
            return False
        self.legend_at, self.packing = chosen[0], chosen[1]
        return True

    def _overview_reach(self, legend_: float) -> tuple[float, float]:
        """Width of the overview, and the height down to which it and a legend under it leave no hole."""
        return self.overview_width, self.overview_height * (_STRETCH if self.size.fixed else 1.0) + legend_

    def needs(self) -> float:
        """Height of the whole figure where nothing is stretched."""
        legend_ = self.legend(self.size.room) if self.legend_at == "foot" else None
        feet = sum(
            part.height + self.gap * 0.8 for part in (legend_, self.totals()) if part is not None and part.height
        )
        head = self.head()
        body = self._natural()
        if self.arrangement.kind == "below" and self.packing is not None:
            body = self.overview_height + self.gap + self.packing.height
        return 2 * self.size.margin + (head.height + self.gap * 0.6 if head else 0.0) + body + feet

    # Drawing

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        size, head, totals = self.size, self.head(), self.totals()
        legend_ = self.legend(size.room) if self.legend_at == "foot" else None
        feet = [part for part in (legend_, totals) if part is not None and part.height]
        page = Canvas(size.width, size.height)
        y = size.margin
        if head:
            page.place(head, size.margin, y)
            y += head.height + self.gap * 0.6
        y = self._draw_body(page, y)
        foot_height = sum(canvas.height + self.gap * 0.8 for canvas in feet)
        if size.fixed and self._target() >= self._room() - 1:
            y = max(y, size.height - size.margin - foot_height)
        for canvas in feet:
            y += self.gap * 0.8
            page.place(canvas, size.margin, y)
            y += canvas.height
        height = size.height if size.fixed else min(size.height, y + size.margin)
        return page.sheet(self.theme.colours.page, height)

    def _room(self) -> float:
        return self.body_room(self.legend_at == "foot")

    def fill(self) -> float:
        """The share of the height that the drawing needs without stretching."""
        return self._natural() / self._room()

    def _target(self) -> float:
        """The height that overview and panels are stretched to."""
        return min(self._room(), self._natural() * _STRETCH) if self.size.fixed else self._natural()

    def _natural(self) -> float:
        left, right = self._legend_heights()
        panels = self.packing.height + right if self.packing and self.arrangement.kind == "beside" else 0.0
        return max(self.overview_height + left, panels)

    def _legend_heights(self) -> tuple[float, float]:
        """Room for the legend under the overview and under the panels."""
        if self.legend_at == "left":
            return self.legend(self.overview_width, True).height + self.gap, 0.0
        if self.legend_at == "right":
            return 0.0, self.legend(self._region, True).height + self.gap
        return 0.0, 0.0

    def _draw_body(self, page: Canvas, y: float) -> float:
        margin, columns = self.size.margin, self.arrangement.columns
        if self.arrangement.kind == "beside":
            return self._draw_beside(page, y)
        target = self._target() if self.packing is None else self.overview_height
        canvas = self.overview.draw(self.overview_width, target, columns)
        centred = (self.size.room - self.overview_width) / 2 if self.size.fixed and self.packing is None else 0.0
        page.place(canvas, margin + centred, y)
        y += canvas.height
        if self.packing is None:
            return y
        if self.arrangement.kind == "hole":
            hole = self.overview.hole(self.overview_width)
            for placed in self.packing.placed:
                right = hole.x + hole.width - max(one.x + one.width for one in self.packing.placed)
                panel = placed.panel.draw(placed.width, placed.height)
                page.place(panel, margin + right + placed.x, y - canvas.height + hole.y + placed.y)
            return y
        y += self.gap
        for placed in stretch(self.packing, self.packing.height, self.gap):
            page.place(placed.panel.draw(placed.width, placed.height), margin + placed.x, y + placed.y)
        if self.legend_at == "side":
            left = max(placed.x + placed.width for placed in self.packing.placed) + self.gap * 1.3
            page.place(self.legend(self.size.room - left, True), margin + left, y)
        return y + self.packing.height

    def _draw_beside(self, page: Canvas, y: float) -> float:
        assert self.packing is not None
        target, (under_overview, under_panels) = self._target(), self._legend_heights()
        canvas = self.overview.draw(self.overview_width, target - under_overview, self.arrangement.columns)
        page.place(canvas, self.size.margin, y)
        left = self.size.margin + self.overview_width + self.gap * 1.3
        bottom = 0.0
        for placed in stretch(self.packing, target - under_panels, self.gap):
            page.place(placed.panel.draw(placed.width, placed.height), left + placed.x, y + placed.y)
            bottom = max(bottom, placed.y + placed.height)
        if under_overview:
            page.place(self.legend(self.overview_width, True), self.size.margin, y + canvas.height + self.gap)
        if under_panels:
            page.place(self.legend(self._region, True), left, y + bottom + self.gap)
        return y + max(canvas.height + under_overview, bottom + under_panels)
