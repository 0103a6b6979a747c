"""How large a figure becomes in an arrangement, and how full."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from blockviz.page.fitting.column_packing import Placed, stretch
from blockviz.page.fitting.crop import right_end
from blockviz.page.fitting.fit import STRETCH, Fit
from blockviz.page.fitting.nestle import Area, areas_of, free_shift
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.free_place import Taken
from blockviz.page.glyphs.legend import in_fewer_rows, legend, legend_rows
from blockviz.page.glyphs.operand_marks import mark_operands, operand_words
from blockviz.page.style.page_size import ABOVE_FOOT, BELOW_HEAD, BESIDE
from blockviz.runtime.records import dataclass, field

_HOLE = 0.75  # an overview that is lower than so much of the panels beside it leaves a hole
_STEPS = 8  # widths between that of the drawing and that of the page
_MOVED = 0.92  # so much smaller a sheet must be to be worth a legend in the foot
_SAVED = 0.01  # of a sheet that is worth another break in its title or legend


@dataclass(slots=True)
class Beside:
    """An overview with panels right of it, from ``left`` on; these end at ``bottom``, and with a legend at ``foot``."""

    overview: Canvas
    placed: tuple[Placed, ...]
    left: float
    bottom: float
    foot: float
    legend: Canvas | None = None

    @property
    def right(self) -> float:
        """Where all of it ends."""
        told = right_end(self.legend) if self.legend is not None else 0.0
        return max(right_end(self.overview), self.left + max(right_of(self.placed), told))


@dataclass(slots=True)
class Extent(Fit):
    """A fit with its sizes; `fits` comes first."""

    _beside: Beside | None = None
    _costs: dict[str, float] = field(default_factory=dict)

    def feet(self, room: float) -> list[Canvas]:
        """What stands below overview and panels, in a width."""
        legend_ = self.legend_in_foot(room, self.legend_at == "foot")
        told = (legend_, self.rest_of_legend(), self.omitted(), self.totals())
        return [part for part in told if part is not None and part.height]

    def rest_of_legend(self) -> Canvas:
        """On a page without room for the legend, as many of its rows as do have room: their signs are not in words."""
        if self.detail.legend or not self.workshop.options.legend:
            return Canvas()
        spare, room = self.size.height - self.needs() - self.gap * ABOVE_FOOT, self.size.room
        entries = in_fewer_rows(self.explained(), self.theme, room)
        for rows in range(len(kept := legend_rows(entries, self.theme, room)), 0, -1):
            drawn = legend([entry for row in kept[:rows] for entry in row], self.theme, room)
            if drawn.height <= spare:
                return drawn
        return Canvas()

    def size_cost(self) -> float:
        """Its area where the sheet is cut to the drawing, else its height: the less the better."""
        if self.legend_at not in self._costs:
            shrunk = self.size.shrinks
            cost = self.best_room(self._body_width(), self._body_height())[1] if shrunk else self.needs()
            self._costs[self.legend_at] = cost
        return self._costs[self.legend_at]

    def settle(self) -> None:
        """Put a legend that stands under panels or overview into the foot, if the sheet is much smaller then; and one
        from there into a hole under these that holds it."""
        if not self.size.shrinks or self.arrangement.kind != "beside" or not self.legend(self.size.room).height:
            return
        if self.legend_at in ("left", "right", "corner"):
            self._move("foot", _MOVED)
        if self.packing is not None and abs(self.overview_height - self.packing.height) > self.gap * 2:
            self._move("right" if self.overview_height > self.packing.height else "left", 1 - _SAVED)

    def _move(self, place: str, less: float) -> None:
        """Put the legend elsewhere, if there is room for it and the sheet is so much smaller then."""
        usual, cost = (self.legend_at, self._beside), self.size_cost()
        self.legend_at, self._beside = place, None
        if not self._holds_legend() or self.size_cost() > cost * less:
            self.legend_at, self._beside = usual

    def _holds_legend(self) -> bool:
        """Whether the legend has room where it stands without making the drawing higher."""
        assert self.packing is not None
        return self._natural() <= max(self.overview_height, self.packing.height) + 0.01

    def best_room(self, drawn: float, deep: float) -> tuple[float, float]:
        """The width, from that of the drawing on, in which title and legend make the smallest sheet; and its area."""
        room, margin = self.size.room, self.size.margin
        drawn = min(room, max(drawn, self.least_title()))
        best, least = room, inf
        lowest = (deep + 2 * margin + self._height_around(self.head(room), self.feet(room))) * drawn
        for wide in (drawn + (room - drawn) * step / _STEPS for step in range(_STEPS + 1)):
            head, feet = self.head(wide), self.feet(wide)
            tall = deep + 2 * margin + self._height_around(head, feet)
            area = tall * max([drawn, *(right_end(part) for part in (head, *feet) if part)])
            if tall <= self.size.height + 0.01 and area < least * (1 - _SAVED):
                best, least = wide, area
            if lowest >= least * (1 - _SAVED):
                break  # no sheet is smaller
        return best, least

    def _height_around(self, head: Canvas | None, feet: Sequence[Canvas]) -> float:
        """What title and foot take."""
        return (head.height + self.gap * BELOW_HEAD if head else 0.0) + sum(
            part.height + self.gap * ABOVE_FOOT for part in feet
        )

    def _body_width(self) -> float:
        """How wide overview and panels are together, and a legend beside these."""
        if self.around is not None:
            return self.overview_width + self.gap * BESIDE + right_of(self.around.beside.placed)
        panels = right_of(self.snug(self.packing.placed)) if self.packing is not None else 0.0
        if self.arrangement.kind == "beside":
            return self.beside().right
        if self.legend_at == "side":
            panels += self.gap * BESIDE + right_end(self.legend(self.size.room - panels - self.gap * BESIDE, True))
        return max(self.overview_width, panels)

    def beside(self) -> Beside:
        """Panels beside the overview, stretched to end with it; they move into a corner that it leaves empty."""
        assert self.packing is not None
        if self._beside is None:
            target, (under_overview, under_panels) = self._target(), self._legend_heights()
            canvas = self.drawn_overview(self.overview_width, target - under_overview, self.arrangement.columns)
            legend_ = self.under_panels() if under_panels else None
            moving = self.size.shrinks and self.overview.inside and self.legend_at != "corner"
            stretched = self.spread(target - under_panels)
            ways = [self._moved(canvas, one, legend_, moving) for one in (stretched, self.snug(self.packing.placed))]
            self._beside = ways[1] if ways[1].left < ways[0].left - self.gap else ways[0]
        return self._beside

    def _moved(self, overview: Canvas, placed: tuple[Placed, ...], legend_: Canvas | None, moving: bool) -> Beside:
        """Panels and what stands below them, as far to the left as the overview lets them."""
        left, bottom = self.overview_width + self.gap * BESIDE, max(one.y + one.height for one in placed)
        areas, foot = areas_of(placed, left), bottom
        if legend_ is not None:
            foot = bottom + self.gap + legend_.height
            areas.append(Area(left, bottom + self.gap, left + right_end(legend_), foot))
        shift = free_shift(overview, areas, self.gap * BESIDE) if moving else 0.0
        return Beside(overview, placed, left - shift, bottom, foot, legend_)

    def spread(self, height: float) -> tuple[Placed, ...]:
        """The panels stretched towards a height, and no wider than they need."""
        assert self.packing is not None
        if self.legend_at == "corner" and (corner := self.in_corner(self.packing)):
            return corner.placed
        return self.snug(stretch(self.packing, height, self.gap))

    def under_panels(self) -> Canvas:
        """The legend under the panels: in all the width there, or in theirs where that makes the sheet smaller."""
        assert self.packing is not None
        wide, left = self.legend(self._region, True), self.overview_width + self.gap * BESIDE
        if not self.size.shrinks:
            return wide
        slim, top = wide, self.packing.height + self.gap
        for _ in range(2):  # a lower legend leaves panels the height in which they can be narrower
            spare = max(self.packing.height, self.overview_height - self.gap - slim.height)
            panels = right_of(self.snug(stretch(self.packing, spare, self.gap)))
            slim = self.legend(panels, True)
        (wide_area, _), (slim_area, fits) = (
            ((left + max(panels, right_end(one))) * max(self.overview_height, top + one.height),
             top + one.height <= self.body_room(False)) for one in (wide, slim)
        )  # fmt: skip
        return slim if fits and slim_area < wide_area else wide

    def _body_height(self) -> float:
        if self.arrangement.kind == "below" and self.packing is not None:
            return self.overview_height + self.gap + self.below_height()
        return self._natural()

    def needs(self) -> float:
        """Height of the whole figure where nothing is stretched."""
        legend_ = self.legend_in_foot(self.size.room, self.legend_at == "foot")
        feet = [part.height for part in (legend_, self.omitted(), self.totals()) if part is not None and part.height]
        head = self.head()
        top = head.height + self.gap * BELOW_HEAD if head else 0.0
        return 2 * self.size.margin + top + self._body_height() + sum(height + self.gap * ABOVE_FOOT for height in feet)

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

    def drawn_overview(self, room: float, height: float, columns: int) -> Canvas:
        """The overview, with what is said of the operands of its parts."""
        canvas = self.overview.draw(room, height, columns, self.shown)
        Taken(canvas).clear_signs()
        if self.overview.says_operands:
            return canvas
        words = {
            (f"/{source}", f"/{part.id}"): text
            for part in self.workshop.outline.parts
            for source, text in operand_words(part.item, part.operands).items()
        }
        mark_operands(canvas, 0, words, self.theme)
        return canvas

    def _target(self) -> float:
        """The height that overview and panels are stretched to."""
        return min(self._room(), self._natural() * STRETCH) if self.size.fixed else self._natural()

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
            return 0.0, self.under_panels().height + self.gap
        return 0.0, 0.0


def right_of(placed: Sequence[Placed]) -> float:
    """Where the panels end."""
    return max(one.x + one.width for one in placed)
