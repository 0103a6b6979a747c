"""One try at a page: a detail that fits a size, drawn."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.page.fitting.column_packing import Placed, snug, stretch
from blockviz.page.fitting.fit import Fit
from blockviz.page.fitting.wraparound import Around
from blockviz.page.fitting.zoom_lines import draw_zoom_lines
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.free_place import Place, Taken
from blockviz.page.glyphs.operand_marks import mark_operands, operand_words
from blockviz.page.style.page_size import ABOVE_FOOT, BELOW_HEAD, BESIDE
from blockviz.runtime.records import dataclass
from blockviz.scene import Sheet
from blockviz.text.font_metrics import run_width, shorten

_CUT = "…"
_MUCH = 0.75  # of a sheet: what a drawing takes at most beside which its legend would stick out


@dataclass(slots=True)
class Draft(Fit):
    """A detail in an arrangement; `fits` says whether the page holds it, and then it can be drawn."""

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        size, head, totals = self.size, self.head(), self.totals()
        legend_ = self.legend(self._legend_room()) if self.legend_at == "foot" else None
        told = (legend_, self.rest_of_legend(), self.omitted(), totals)
        feet = [part for part in told if part is not None and part.height]
        page = Canvas(size.width, size.height)
        y = size.margin
        if head:
            page.place(head, size.margin, y)
            y += head.height + self.gap * BELOW_HEAD
        y = self._draw_body(page, y)
        draw_zoom_lines(page, self.theme, {f"/{part.id}": part.letter or "" for part in self.workshop.outline.parts})
        foot_height = sum(canvas.height + self.gap * ABOVE_FOOT for canvas in feet)
        if size.fixed and self._target() >= self._room() - 1:
            y = max(y, size.height - size.margin - foot_height)
        for canvas in feet:
            y += self.gap * ABOVE_FOOT
            page.place(canvas, size.margin, y)
            y += canvas.height
        height = size.height if size.fixed else min(size.height, y + size.margin)
        if not self.detail.omissions and (text := self._omission()):
            self._say_in_a_corner(page, height, text)
        return page.sheet(self.theme.colours.page, height)

    def _legend_room(self) -> float:
        """On a sheet that is cut to its drawing, a legend is no wider than that and the title if it has room below."""
        room, head = self.size.room, self.head()
        if not self.size.shrinks or self.arrangement.kind not in ("alone", "below", "beside"):
            return room
        titles = [words.x + run_width(words.runs, words.size) for words in head.words] if head is not None else []
        wide = max([self._body_width(), *titles])
        higher = self.legend(wide).height - self.legend(room).height
        return wide if wide < room * _MUCH and self.needs() + higher <= self.size.height else room

    def _body_width(self) -> float:
        """How wide overview and panels are together."""
        panels = _right(self.packing.placed) if self.packing is not None else 0.0
        if self.arrangement.kind == "beside":
            return self.overview_width + self.gap * BESIDE + panels
        return max(self.overview_width, panels)

    def cuts_names(self) -> bool:
        """Whether the overview's boxes are so narrow that a name in one of them lost its middle."""
        if not self.is_cramped():
            return False
        names = self._drawn_overview(self.overview_width, self.overview_height, self.arrangement.columns).words
        return any(_CUT in run.text for words in names for run in words.runs if run.bold)

    def _say_in_a_corner(self, page: Canvas, height: float, text: str) -> None:
        """What was left out, on a page without a line for it: behind the overview's heading, or in a free corner."""
        size, margin, right = self.theme.type.small, self.size.margin, self.size.width - self.size.margin
        headings = [one for one in page.words if one.size == self.theme.type.heading and one.runs[0].text == "Overview"]
        places = [Place(one.x + run_width(one.runs, one.size) + self.theme.space.gap, one.y) for one in headings]
        for base in (margin + size, height - margin):
            places += [Place(right, base, "end"), Place(margin, base)]
        text = shorten(text, size, self.size.room)
        place = Taken(page).best(places, text, size)
        page.text(place.x, place.y, text, size, self.theme.colours.muted, place.anchor)

    def _draw_body(self, page: Canvas, y: float) -> float:
        margin, columns = self.size.margin, self.arrangement.columns
        if self.arrangement.kind == "beside":
            return self._draw_beside(page, y)
        if self.around is not None:
            return self._draw_around(page, y, self.around)
        target = self._target() if self.packing is None else self.overview_height + self._spare_below()
        canvas = self._drawn_overview(self.overview_width, target, columns)
        centred = (self.size.room - self.overview_width) / 2 if self.size.fixed and self.packing is None else 0.0
        page.place(canvas, margin + centred, y)
        y += canvas.height
        if self.packing is None:
            return y
        if self.arrangement.kind == "hole":
            hole = self.overview.hole(self.overview_width)
            for placed in self.packing.placed:
                right = hole.x + hole.width - max(one.x + one.width for one in self.packing.placed)
                panel = placed.panel.draw(placed.width, placed.height, self.shown)
                page.place(panel, margin + right + placed.x, y - canvas.height + hole.y + placed.y)
            return y
        y += self.gap
        below = stretch(self.packing, self.packing.height, self.gap)
        if not self.workshop.narrow or self.legend_at == "side":  # in a column all frames are as wide as the text
            below = snug(below, self.gap)
        for placed in below:
            page.place(placed.panel.draw(placed.width, placed.height, self.shown), margin + placed.x, y + placed.y)
        if self.legend_at == "side":
            room = self.size.room - _right(self.packing.placed) - self.gap * BESIDE
            page.place(self.legend(room, True), margin + _right(below) + self.gap * BESIDE, y)
        return y + self.below_height()

    def _drawn_overview(self, room: float, height: float, columns: int) -> Canvas:
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

    def _spare_below(self) -> float:
        """Height that is left on a fixed page below panels under an overview, as far as its arrows take it."""
        if self.arrangement.kind != "below" or self.packing is None or not self.size.fixed:
            return 0.0
        spare = self._room() - self.overview_height - self.gap - self.packing.height
        return max(0.0, min(spare, self.overview_height * 0.5))

    def _draw_around(self, page: Canvas, y: float, around: Around) -> float:
        """The overview with panels under it and others beside both, all stretched to end together."""
        target, margin, columns = self._target(), self.size.margin, self.arrangement.columns
        spare = target - self.overview_height - self.gap - around.under.height
        canvas = self._drawn_overview(self.overview_width, self.overview_height + max(0.0, spare) / 2, columns)
        page.place(canvas, margin, y)
        below = canvas.height + self.gap
        left = margin + self.overview_width + self.gap * BESIDE
        bottom = 0.0
        for packing, x, top in ((around.under, margin, below), (around.beside, left, 0.0)):
            for placed in stretch(packing, target - top, self.gap):
                page.place(placed.panel.draw(placed.width, placed.height, self.shown), x + placed.x, y + top + placed.y)
                bottom = max(bottom, top + placed.y + placed.height)
        return y + bottom

    def _draw_beside(self, page: Canvas, y: float) -> float:
        assert self.packing is not None
        target, (under_overview, under_panels) = self._target(), self._legend_heights()
        canvas = self._drawn_overview(self.overview_width, target - under_overview, self.arrangement.columns)
        page.place(canvas, self.size.margin, y)
        left = self.size.margin + self.overview_width + self.gap * BESIDE
        bottom = 0.0
        for placed in snug(stretch(self.packing, target - under_panels, self.gap), self.gap):
            page.place(placed.panel.draw(placed.width, placed.height, self.shown), left + placed.x, y + placed.y)
            bottom = max(bottom, placed.y + placed.height)
        if under_overview:
            page.place(self.legend(self.overview_width, True), self.size.margin, y + canvas.height + self.gap)
        if under_panels:
            page.place(self.legend(self._region, True), left, y + bottom + self.gap)
        return y + max(canvas.height + under_overview, bottom + under_panels)


def _right(placed: Sequence[Placed]) -> float:
    """Where the panels end."""
    return max(one.x + one.width for one in placed)
