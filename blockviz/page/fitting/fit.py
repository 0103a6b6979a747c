"""Whether a detail fits a page in an arrangement: the overview's width, and the places of panels and legend."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.page.fitting.column_packing import Packing, pack
from blockviz.page.fitting.inventory import seen_on, without_panel
from blockviz.page.fitting.layout_cache import Content, Detail, LayoutCache
from blockviz.page.fitting.wraparound import Around, pack_around
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.header_footer import facts_note, title_line, totals_line
from blockviz.page.glyphs.legend import Entry, entries_for, in_fewer_rows, legend, legend_rows
from blockviz.page.glyphs.words import plural
from blockviz.page.overview.column import Overview
from blockviz.page.panel.panel import Panel
from blockviz.page.style.page_size import ABOVE_FOOT, BELOW_HEAD, BESIDE, PageSize
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.text.font_metrics import shorten

_STRETCH = 1.5  # what is spread over a page becomes at most so many times as high
_NEARLY = 0.96  # of what they would like is enough for two columns of boxes, whose words have some room beside them
_FEW = 4  # entries in the last row of a legend that look forgotten there
_HOLE = 0.75  # an overview that is lower than so much of the panels beside it leaves a hole


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where panels stand to the overview (``beside``, ``below``, ``around`` it on two sides, in the ``hole`` under a
    staircase, or ``alone`` without any), and its columns."""

    kind: str
    columns: int = 1


@dataclass(frozen=True, slots=True)
class _Beside:
    """Panels beside an overview of some width: its height, where the legend is, and the panels' places."""

    width: float
    height: float
    legend_at: str
    packing: Packing


@dataclass(slots=True)
class Fit:
    """One detail in one arrangement on a page whose size is given in units of the theme's type.

    ``squeeze`` : whether overview boxes may be narrower than they would like.
    """

    workshop: LayoutCache
    size: PageSize
    detail: Detail
    arrangement: Arrangement
    squeeze: bool = False
    overview: Overview = field(init=False)
    panels: list[Panel] = field(init=False)
    packing: Packing | None = None
    around: Around | None = None
    overview_width: float = 0.0
    overview_height: float = 0.0
    legend_at: str = "foot"
    _head: Canvas | None = None
    _totals: Canvas | None = None

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
        return self.theme.space.gap if self.workshop.narrow else self.theme.space.lead

    def head(self) -> Canvas | None:
        """The title line, if it is wanted."""
        if self.workshop.options.title and self.detail.title and self._head is None:
            outline, facts = self.workshop.outline, self.workshop.facts
            in_title = self.workshop.options.totals and self.detail.totals and not self.size.fixed
            note = facts_note(outline, facts, self.theme, self.size.room) if in_title else ""
            self._head = title_line(outline, self.theme, self.size.room, note)
        return self._head

    def totals(self) -> Canvas | None:
        """The line of totals, if it is wanted; a figure that is as large as it needs has them in its title."""
        if self.size.fixed and self.workshop.options.totals and self.detail.totals and self._totals is None:
            self._totals = totals_line(
                self.workshop.outline, self.workshop.facts, self.theme, self.size.room, self._omission()
            )
        return self._totals

    def _omission(self) -> str:
        """Which letters have no panel, where no legend says what their badges mean; "" where all have one."""
        if self.panels and self.workshop.options.legend and self.detail.legend:
            return ""
        letters = without_panel(self.workshop, self.panels, self.shown)
        return f"{plural(len(letters), 'panel')} left out: {', '.join(letters)}." if letters else ""

    def omitted(self) -> Canvas | None:
        """A line of its own for what was left out, on a page without a line of totals that could say it."""
        text, size = self._omission(), self.theme.type.small
        if not text or self.totals() is not None or not self.detail.omissions:
            return None
        canvas = Canvas(self.size.room, size * 1.2)
        canvas.text(0, size, shorten(text, size, self.size.room), size, self.theme.colours.muted)
        return canvas

    @property
    def shown(self) -> frozenset[str]:
        """Letters that have a panel, here or on another sheet."""
        return frozenset(self.detail.letters + self.detail.elsewhere)

    def legend(self, room: float, listed: bool = False) -> Canvas:
        """The legend in a width; empty where none is wanted."""
        if not (self.workshop.options.legend and self.detail.legend):
            return Canvas()
        legends, key = self.workshop.legends, (self._content, round(room, 2), listed)
        if key not in legends:
            entries = self._explained(self.workshop.narrow)
            if not (listed or self.workshop.narrow) and _is_ragged(legend_rows(entries, self.theme, room)):
                brief = self._explained(True)
                if len(legend_rows(brief, self.theme, room)) < len(legend_rows(entries, self.theme, room)):
                    entries = brief
            entries = entries if listed else in_fewer_rows(entries, self.theme, room)
            legends[key] = legend(entries, self.theme, room, listed)
        return legends[key]

    def rest_of_legend(self) -> Canvas:
        """On a page without room for the legend, as many of its rows as do have room: their signs are not in words."""
        if self.detail.legend or not self.workshop.options.legend:
            return Canvas()
        spare, room = self.size.height - self.needs() - self.gap * ABOVE_FOOT, self.size.room
        entries = in_fewer_rows(self._explained(brief=True), self.theme, room)
        for rows in range(len(kept := legend_rows(entries, self.theme, room)), 0, -1):
            drawn = legend([entry for row in kept[:rows] for entry in row], self.theme, room)
            if drawn.height <= spare:
                return drawn
        return Canvas()

    @property
    def _content(self) -> Content:
        """What the legend explains, which many drafts have in common."""
        return self.detail, self.arrangement.columns

    def _explained(self, brief: bool) -> list[Entry]:
        """What the legend says; ``brief`` : without what boxes say themselves."""
        known, key = self.workshop.entries, (self._content, brief)
        if key not in known:
            seen = seen_on(self.workshop, self.overview, self.panels, self.shown, self.arrangement.columns)
            terse = self.workshop.narrow or not self.detail.legend
            known[key] = entries_for(seen, self.workshop.context, self.theme, brief, terse)
        return known[key]

    def body_room(self, with_legend: bool) -> float:
        """Height between head and foot, with the legend in the foot or elsewhere."""
        parts = [self.omitted(), self.totals(), self.legend(self.size.room) if with_legend else None]
        used = sum(part.height + self.gap * ABOVE_FOOT for part in parts if part is not None and part.height)
        head = self.head()
        return self.size.height - 2 * self.size.margin - used - (head.height + self.gap * BELOW_HEAD if head else 0.0)

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
            self.packing = pack(self.panels, hole.width, hole.height, self.gap)
        if self.arrangement.kind == "below":
            self._fit_below(height - tall - self.gap, self.body_room(False) - tall - self.gap)
        return self.arrangement.kind == "alone" or self.packing is not None

    @property
    def _may_squeeze(self) -> bool:
        """Whether boxes may be narrower than they would like: in one column, with all said in them, or quite bare."""
        bare = self.arrangement.kind == "alone" and not self.detail.info
        return self.squeeze and (self.arrangement.columns == 1 or self.overview.inside or bare)

    def _fit_below(self, foot: float, inside: float) -> None:
        """Panels under the overview no wider than they like, and the legend at their side where it has room."""
        wishes = [panel.comfortable_width() + self.gap for panel in self.panels]
        even = len(wishes) * max(wishes, default=0.0)  # side by side, columns are equally wide
        wish = even if even <= self.size.room else sum(wishes)
        region = min(self.size.room, wish)
        side = self.size.room - region - self.gap * BESIDE
        legend_ = self.legend(side, True) if side > self.theme.type.label * 10 else None
        packing = pack(self.panels, region, inside, self.gap) if legend_ is not None else None
        lower = self.legend(self.size.room).height + self.gap * ABOVE_FOOT
        if (
            legend_ is not None
            and packing is not None
            and legend_.height <= min(inside, packing.height + lower * (0.0 if self.size.fixed else 0.9))
        ):
            self.packing, self.legend_at = packing, "side"
        else:
            self.packing, self.legend_at = pack(self.panels, self.size.room, foot, self.gap), "foot"

    def _fits_beside(self, least: float) -> bool:
        """Try widths: with brackets of stages unless panels would stand less well, then without, then squeezed."""
        stages = self.overview.stage_width(self.arrangement.columns)
        plain = self._calmest([least * 1.12, least])
        marked = self._calmest([least * 1.12 + stages, least + stages]) if stages else None
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
        for self.overview_width in (least * 1.12 + stages, least + stages, least):
            tall = self.overview.measure(self.overview_width, self.arrangement.columns)
            if tall is None or self._region < self.theme.type.label * 10:
                continue
            self.overview_height = tall
            self.around = pack_around(self.panels, self.overview_width, self._region, tall + self.gap, self.gap)
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

    def is_small(self) -> bool:
        """Whether the overview's boxes are small ones, without numbers."""
        return self.overview.is_small(self.arrangement.columns)

    def is_cramped(self) -> bool:
        """Whether the overview's boxes are narrower than they would like, so that names are cut."""
        return self.overview_width < self.overview.least_width(self.arrangement.columns) * _NEARLY - 0.01

    # How full the page is

    def needs(self) -> float:
        """Height of the whole figure where nothing is stretched."""
        legend_ = self.legend(self.size.room) if self.legend_at == "foot" else None
        feet = [part.height for part in (legend_, self.omitted(), self.totals()) if part is not None and part.height]
        head = self.head()
        body = self._natural()
        if self.arrangement.kind == "below" and self.packing is not None:
            body = self.overview_height + self.gap + self.below_height()
        top = head.height + self.gap * BELOW_HEAD if head else 0.0
        return 2 * self.size.margin + top + body + sum(height + self.gap * ABOVE_FOOT for height in feet)

    def below_height(self) -> float:
        """Height of the panels under the overview and of a legend at their side."""
        assert self.packing is not None
        if self.legend_at != "side":
            return self.packing.height
        left = max(placed.x + placed.width for placed in self.packing.placed) + self.gap * BESIDE
        return max(self.packing.height, self.legend(self.size.room - left, True).height)

    def _room(self) -> float:
        return self.body_room(self.legend_at == "foot")

    def fill(self) -> float:
        """The share of the height that the drawing needs without stretching."""
        return self._natural() / self._room()

    def has_hole(self) -> bool:
        """Whether the column under the overview is much emptier than the panels beside it are high."""
        if self.arrangement.kind != "beside" or self.packing is None:
            return False
        return self.overview_height + self._legend_heights()[0] < self.packing.height * _HOLE

    def _target(self) -> float:
        """The height that overview and panels are stretched to."""
        return min(self._room(), self._natural() * _STRETCH) if self.size.fixed else self._natural()

    def _natural(self) -> float:
        left, right = self._legend_heights()
        if self.around is not None:
            return self.around.height
        panels = self.packing.height + right if self.packing and self.arrangement.kind == "beside" else 0.0
        return max(self.overview_height + left, panels)

    def _legend_heights(self) -> tuple[float, float]:
        """Room for the legend under the overview and under the panels."""
        if self.legend_at == "left":
            return self.legend(self.overview_width, True).height + self.gap, 0.0
        if self.legend_at == "right":
            return 0.0, self.legend(self._region, True).height + self.gap
        return 0.0, 0.0


def _is_ragged(rows: Sequence[Sequence[Entry]]) -> bool:
    """Whether a legend has more than two rows, or a last one of a few words."""
    return len(rows) > 2 or (len(rows) > 1 and len(rows[-1]) < _FEW)
