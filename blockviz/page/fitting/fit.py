"""Whether a detail fits a page in an arrangement: the overview's width, and the places of panels and legend."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from blockviz.page.fitting.column_packing import Packing, Placed, by_column, raised, shortest, snug
from blockviz.page.fitting.crop import right_end
from blockviz.page.fitting.head_and_foot import HeadAndFoot
from blockviz.page.fitting.wraparound import Around, pack_around
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.legend import has_room, most_lines
from blockviz.page.style.page_size import ABOVE_FOOT, BESIDE
from blockviz.runtime.records import dataclass, replace

STRETCH = 1.5  # what is spread over a page becomes at most so many times as high
_LINES = 2  # of an entry of the legend beside a strip
_NEARLY = 0.96  # of what they would like is enough for two columns of boxes, whose words have some room beside them


@dataclass(frozen=True, slots=True)
class _Beside:
    """Panels beside an overview of some width: its height, where the legend is, and the panels' places."""

    width: float
    height: float
    legend_at: str
    packing: Packing


@dataclass(frozen=True, slots=True)
class Corner:
    """Panels in columns with a legend below one of these, and where it begins."""

    placed: tuple[Placed, ...]
    legend: Canvas
    left: float

    def draw_legend(self, page: Canvas, left: float, top: float, gap: float) -> None:
        """Put it there; ``left`` and ``top`` are those of all panels."""
        ends = (one.y + one.height for one in self.placed if one.x == self.left)
        page.place(self.legend, left + self.left, top + max(ends) + gap)


@dataclass(slots=True)
class Fit(HeadAndFoot):
    """One detail in one arrangement: whether a page holds it, and where its parts stand."""

    packing: Packing | None = None
    around: Around | None = None
    overview_width: float = 0.0
    overview_height: float = 0.0
    legend_at: str = "foot"

    # Fitting

    def fits(self) -> bool:
        """Whether everything fits; remembers how."""
        least = self.overview.least_width(self.arrangement.columns)
        if self.arrangement.kind == "beside":
            return self._fits_beside(least)
        if self.arrangement.kind == "around":
            return self._fits_around(least)
        wish = least * 1.2 + self.overview.stage_width(self.arrangement.columns)
        width = self.size.room if self.overview.rightward else min(self.size.room, wish)
        tall = self.overview.measure(width, self.arrangement.columns)
        height = self.body_room(True)
        squeezed = self._may_squeeze
        if tall is None or tall > height or (width < least - 0.01 and not squeezed):
            return False
        self.overview_width, self.overview_height = width, tall
        if self.arrangement.kind == "hole":
            hole = self.overview.hole(width)
            self.packing = self.packer.pack(hole.width, hole.height)
        if self.arrangement.kind == "below":
            self._fit_below(height - tall - self.gap, self.body_room(False) - tall - self.gap)
        elif self.arrangement.kind == "alone" and self.beside_overview():
            self.legend_at = "top"
        return self.arrangement.kind == "alone" or self.packing is not None

    @property
    def _ease(self) -> float:
        """Times the width that an overview's boxes need: what they get where the sheet is as wide with it."""
        return 1.0 if self.size.shrinks else 1.12

    @property
    def _may_squeeze(self) -> bool:
        """Whether boxes may be narrower than they would like: in one column, with all said in them, or quite bare."""
        bare = self.arrangement.kind == "alone" and not self.detail.info
        return self.squeeze and (self.arrangement.columns == 1 or self.overview.inside or bare)

    def beside_overview(self) -> Canvas | None:
        """In a column, the legend right of an overview that leaves half of it empty."""
        room = self.size.room - self.overview_width - self.gap * BESIDE
        if not self.workshop.narrow or self.size.fixed or room < self.theme.type.label * 10:
            return None
        if not has_room(self.told(), self.theme, room) or most_lines(self.told(), self.theme, room) > _LINES:
            return None
        told = self.legend(room, True)
        return told if 0 < told.height <= self.overview_height and right_end(told) <= told.width else None

    def _fit_below(self, foot: float, inside: float) -> None:
        """Panels under the overview no wider than they like, and the legend at their side where it has room."""
        wishes = [panel.comfortable_width() + self.gap for panel in self.panels]
        even = len(wishes) * max(wishes, default=0.0)  # side by side, columns are equally wide
        wish = even if even <= self.size.room else sum(wishes)
        region = min(self.size.room, wish)
        side = self.size.room - region - self.gap * BESIDE
        roomy = side > self.theme.type.label * 10 and has_room(self.told(), self.theme, side)
        legend_ = self.legend(side, True) if roomy else None
        packing = self.packer.pack(region, inside) if legend_ is not None else None
        lower = self.legend(self.size.room).height + self.gap * ABOVE_FOOT
        if (
            legend_ is not None
            and packing is not None
            and legend_.height <= min(inside, packing.height + lower * (0.0 if self.size.fixed else 0.9))
        ):
            self.packing, self.legend_at = packing, "side"
        elif (whole := self._cornered(self.packer.pack(self.size.room, inside), inside, lower)) is not None:
            self.packing, self.legend_at = whole, "corner"
        else:
            self.packing, self.legend_at = self.packer.pack(self.size.room, foot), "foot"
        top = self.packer.pack(self.size.room, inside) if self.beside_overview() else None
        least = self.packing.height + (lower if self.legend_at == "foot" else 0.0) if self.packing else inf
        if top is not None and top.height < least:
            self.packing, self.legend_at = top, "top"

    def _fits_beside(self, least: float) -> bool:
        """Try widths: with brackets of stages unless panels would stand less well, then without, then squeezed."""
        stages = self.overview.stage_width(self.arrangement.columns)
        plain = self._calmest([least * self._ease, least])
        marked = self._calmest([least * self._ease + stages, least + stages]) if stages else None
        widest = max((panel.least_width() for panel in self.panels), default=0.0)
        left = self.size.room - self.gap * BESIDE - widest - 0.01  # what the widest panel leaves
        nearly = self.squeeze and self.arrangement.columns == 2 and least * _NEARLY <= left < least
        if plain is None and marked is None and nearly:
            plain = self._calmest([left])
        if plain is None and marked is None and self._may_squeeze:
            widths = (least * 0.9, least * 0.8, least * 0.7, left)
            plain = self._calmest([width for width in widths if 0.65 < width / least < 1.0], first=True)
        if marked is not None and (plain is None or marked.packing.strain <= plain.packing.strain):
            plain = marked
        if plain is None:
            return False
        self.overview_width, self.overview_height = plain.width, plain.height
        self.legend_at, self.packing = plain.legend_at, plain.packing
        return True

    def _calmest(self, widths: Sequence[float], first: bool = False) -> _Beside | None:
        """The arrangement with the calmest packing (or the first that fits) over widths of the overview."""
        best: _Beside | None = None
        for self.overview_width in widths:
            tall = self.overview.measure(self.overview_width, self.arrangement.columns)
            if tall is None or self._region < self.theme.type.label * 10 or (first and best is not None):
                continue
            self.overview_height = tall
            if not self._place_legend() or self.packing is None:
                continue
            if best is None or self.packing.unrest < best.packing.unrest:
                best = _Beside(self.overview_width, tall, self.legend_at, self.packing)
        return best

    def _fits_around(self, least: float) -> bool:
        """Whether panels have room under the overview and beside both; the legend stands in the foot."""
        stages = self.overview.stage_width(self.arrangement.columns)
        widths = (least * self._ease + stages, least + stages, least)
        for self.overview_width in widths:
            tall = self.overview.measure(self.overview_width, self.arrangement.columns)
            if tall is None or self._region < self.theme.type.label * 10:
                continue
            self.overview_height = tall
            self.around = pack_around(self.packer, self.overview_width, self._region, tall + self.gap)
            if self.around is not None and self.around.height <= self.body_room(True):
                self.packing = self.around.beside
                return True
        return False

    def strain(self) -> int:
        """How many panels stand over several columns, or had to break their labels."""
        return self.packing.strain if self.packing else 0

    @property
    def _region(self) -> float:
        """Width of the region of panels beside the overview."""
        return self.size.room - self.overview_width - self.gap * BESIDE

    def _place_legend(self) -> bool:
        """Put the legend where a hole is, else into the foot; False where nothing fits."""
        foot, inside = self.body_room(True), self.body_room(False)
        tries = []
        for place, width in (("left", self.overview_width), ("right", self._region)):
            room = self.legend(width, True).height + self.gap
            left, right = (room, 0.0) if place == "left" else (0.0, room)
            beside = self._overview_reach(left - right)
            packing = self.packer.pack(self._region, inside - right, beside, self.size.shrinks)
            if packing is not None and self.overview_height + left <= inside:
                reach = min(inside, self.overview_height * STRETCH) if self.size.fixed else self.overview_height
                hole = packing.height - self.overview_height if place == "left" else reach - packing.height
                tries.append((place, packing, hole >= room))
        packing = self._packed(inside)
        if packing is not None and self.in_corner(packing):
            tries.append(("corner", packing, True))
        packing = self._packed(foot)
        chosen = next((t for t in tries if t[2]), None)
        if chosen is None and packing is not None:
            chosen = ("foot", packing, True)
        if chosen is None and self.squeeze and tries:
            chosen = tries[0]
        if chosen is None:
            return False
        self.legend_at, self.packing = chosen[0], chosen[1]
        return True

    def _packed(self, height: float) -> Packing | None:
        """The panels beside an overview that has room in a height."""
        beside = self._overview_reach(0.0)
        fits = self.overview_height <= height
        return self.packer.pack(self._region, height, beside, self.size.shrinks) if fits else None

    def snug(self, placed: Sequence[Placed]) -> tuple[Placed, ...]:
        """Panels no wider than they look well in; on a sheet that is cut to its drawing, all that are wider at all."""
        return snug(placed, self.gap, 1.0) if self.size.shrinks else snug(placed, self.gap)

    def in_corner(self, packing: Packing) -> Corner | None:
        """The panels with the legend below the column that ends first, where it has room there."""
        placed = packing.placed if self.workshop.narrow else self.snug(packing.placed)
        column = shortest(placed)
        told = self.legend(column[0].width, True) if column else Canvas()
        room = packing.height - told.height - self.gap
        if not told.height or column[-1].y + column[-1].height > room or right_end(told) > told.width:
            return None
        return Corner(raised(placed, column, room, self.gap), told, column[0].x)

    def _cornered(self, packing: Packing | None, most: float, saved: float) -> Packing | None:
        """A packing with room for the legend below one column, the others stretched for it by less than is saved."""
        if packing is None or self.in_corner(packing):
            return packing
        column = shortest(packing.placed)
        tall = (
            column[-1].y + column[-1].height + self.gap + self.legend(column[0].width, True).height if column else inf
        )
        if tall > min(most, packing.height + saved * _NEARLY):
            return None
        others = (found for found in by_column(packing.placed).values() if found[0] not in column)
        placed = packing.placed
        for other in others:
            placed = raised(placed, other, tall, self.gap)
        made = replace(packing, placed=placed, height=tall + 0.01)
        return made if self.in_corner(made) else None

    def _overview_reach(self, legend_: float) -> tuple[float, float]:
        """Width of the overview, and the height down to which it and a legend under it leave no hole."""
        return self.overview_width, self.overview_height * (STRETCH if self.size.fixed else 1.0) + legend_

    def bareness(self) -> int:
        """How many numbers the overview's boxes leave out."""
        return self.overview.bareness(self.arrangement.columns)

    def is_cramped(self) -> bool:
        """Whether the overview's boxes are narrower than they would like, so that names are cut."""
        return self.overview_width < self.overview.least_width(self.arrangement.columns) * _NEARLY - 0.01
