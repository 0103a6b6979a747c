"""One try at a page: a detail that fits a size, drawn."""

from __future__ import annotations

from blockviz.page.fitting.column_packing import stretch
from blockviz.page.fitting.crop import right_end
from blockviz.page.fitting.extent import Extent, right_of
from blockviz.page.fitting.wraparound import Around
from blockviz.page.fitting.zoom_lines import draw_zoom_lines
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.free_place import Place, Taken
from blockviz.page.style.page_size import ABOVE_FOOT, BELOW_HEAD, BESIDE
from blockviz.runtime.records import dataclass
from blockviz.scene import Sheet
from blockviz.text.font_metrics import run_width, shorten

_CUT = "…"


@dataclass(slots=True)
class Draft(Extent):
    """A detail in an arrangement; `fits` says whether the page holds it, and then it can be drawn."""

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        size, body = self.size, Canvas(self.size.width, self.size.height)
        deep = self._draw_body(body, 0.0)
        room = self.best_room(right_end(body) - size.margin, deep)[0] if size.shrinks else size.room
        head, feet = self.head(room), self.feet(room)
        page = Canvas(size.width, size.height)
        y = size.margin
        if head:
            page.place(head, size.margin, y)
            y += head.height + self.gap * BELOW_HEAD
        page.place(body, 0.0, y)
        y += deep
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

    def cuts_names(self) -> bool:
        """Whether the overview's boxes are so narrow that a name in one of them lost its middle."""
        if not self.is_cramped():
            return False
        names = self.drawn_overview(self.overview_width, self.overview_height, self.arrangement.columns).words
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
        canvas = self.drawn_overview(self.overview_width, target, columns)
        alone = self.packing is None if self.size.fixed else self.workshop.narrow and self.overview.inside
        centred = (self.size.room - self.overview_width) / 2 if alone and self.legend_at != "top" else 0.0
        page.place(canvas, margin + centred, y)
        if self.legend_at == "top" and (told := self.beside_overview()):
            page.place(told, margin + self.overview_width + self.gap * BESIDE, y + (canvas.height - told.height) / 2)
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
        in_column = self.workshop.narrow and self.legend_at != "side"  # all frames are as wide as the text there
        below = self.spread(self.packing.height)
        if in_column and self.legend_at != "corner":
            below = stretch(self.packing, self.packing.height, self.gap)
        for placed in below:
            page.place(placed.panel.draw(placed.width, placed.height, self.shown), margin + placed.x, y + placed.y)
        self._draw_in_corner(page, margin, y)
        if self.legend_at == "side":
            room = self.size.room - right_of(self.packing.placed) - self.gap * BESIDE
            page.place(self.legend(room, True), margin + right_of(below) + self.gap * BESIDE, y)
        return y + self.below_height()

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
        canvas = self.drawn_overview(self.overview_width, self.overview_height + max(0.0, spare) / 2, columns)
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
        """The overview with the panels right of it."""
        found, margin, under_overview = self.beside(), self.size.margin, self._legend_heights()[0]
        page.place(found.overview, margin, y)
        for placed in found.placed:
            x = margin + found.left + placed.x
            page.place(placed.panel.draw(placed.width, placed.height, self.shown), x, y + placed.y)
        self._draw_in_corner(page, margin + found.left, y)
        if under_overview:
            page.place(self.legend(self.overview_width, True), margin, y + found.overview.height + self.gap)
        if found.legend is not None:
            page.place(found.legend, margin + found.left, y + found.bottom + self.gap)
        return y + max(found.overview.height + under_overview, found.foot)

    def _draw_in_corner(self, page: Canvas, left: float, top: float) -> None:
        """The legend below the column of panels that ends first."""
        if self.legend_at == "corner" and self.packing is not None and (corner := self.in_corner(self.packing)):
            corner.draw_legend(page, left, top, self.gap)
