"""A second sheet, when one is asked for: the panels that the first has no room for."""

from __future__ import annotations

from blockviz.page.fitting.column_packing import Packing, pack
from blockviz.page.fitting.layout_cache import Detail, LayoutCache
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.header_footer import title_line
from blockviz.page.style.page_size import BELOW_HEAD, PageSize
from blockviz.runtime.records import dataclass
from blockviz.scene import Sheet


@dataclass(slots=True)
class PanelSheet:
    """A second sheet: nothing but panels. ``shown`` : letters that have a panel on either sheet."""

    workshop: LayoutCache
    size: PageSize
    letters: tuple[str, ...]
    shown: frozenset[str]
    packing: Packing | None = None

    @property
    def _head(self) -> Canvas:
        return title_line(self.workshop.outline, self.workshop.theme, self.size.room, "definitions, continued")

    def fits(self) -> bool:
        """Whether all panels fit, with their variants drawn or else named; remembers how."""
        gap = self.workshop.theme.space.lead
        height = self.size.height - 2 * self.size.margin - self._head.height - gap * BELOW_HEAD
        for drawn in (True, False):
            detail = Detail(self.letters, variants=drawn, compact=not drawn)
            panels = [self.workshop.panel(letter, detail) for letter in self.letters]
            self.packing = pack(panels, self.size.room, height, gap)
            if self.packing is not None:
                return True
        return False

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        assert self.packing is not None
        size, gap, head = self.size, self.workshop.theme.space.lead, self._head
        page = Canvas(size.width, size.height)
        page.place(head, size.margin, size.margin)
        top = size.margin + head.height + gap * BELOW_HEAD
        for placed in self.packing.placed:
            panel = placed.panel.draw(placed.width, placed.height, self.shown)
            page.place(panel, size.margin + placed.x, top + placed.y)
        height = size.height if size.fixed else top + self.packing.height + size.margin
        return page.sheet(self.workshop.theme.colours.page, height)
