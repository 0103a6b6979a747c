"""What stands above and below the drawing on a page: title, totals, legend, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.page.fitting.column_packing import Packer
from blockviz.page.fitting.inventory import seen_on, without_panel
from blockviz.page.fitting.layout_cache import Content, Detail, LayoutCache
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.header_footer import least_title_width, totals_line
from blockviz.page.glyphs.legend import entries_for, in_fewer_rows, in_words, legend
from blockviz.page.glyphs.legend_marks import Entry
from blockviz.page.glyphs.words import plural
from blockviz.page.overview.column import Overview
from blockviz.page.panel.panel import Panel
from blockviz.page.style.page_size import ABOVE_FOOT, BELOW_HEAD, PageSize
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.text.font_metrics import shorten


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where panels stand to the overview (``beside``, ``below``, ``around`` it on two sides, in the ``hole`` under a
    staircase, or ``alone`` without any), and its columns."""

    kind: str
    columns: int = 1


@dataclass(slots=True)
class HeadAndFoot:
    """What stands above and below a detail in an arrangement; the page's size is in units of the theme's type.

    ``squeeze`` : whether overview boxes may be narrower than they would like.
    """

    workshop: LayoutCache
    size: PageSize
    detail: Detail
    arrangement: Arrangement
    squeeze: bool = False
    overview: Overview = field(init=False)
    packer: Packer = field(init=False)
    _totals: Canvas | None = None

    def __post_init__(self) -> None:
        self.overview = self.workshop.overview(self.detail.two_lines, self.detail.info, self.detail.flat)
        self.packer = self.workshop.packer(self.detail)

    @property
    def theme(self) -> Theme:
        """The look, at scale 1."""
        return self.workshop.theme

    @property
    def gap(self) -> float:
        """Room between overview, panels and other parts."""
        return self.workshop.gap

    @property
    def panels(self) -> Sequence[Panel]:
        """The panels of the detail."""
        return self.packer.panels

    def head(self, room: float = 0.0) -> Canvas | None:
        """The title line, if it is wanted; of the page's width if no ``room`` is given."""
        if not (self.workshop.options.title and self.detail.title):
            return None
        return self.workshop.title(room or self.size.room, self._note)

    @property
    def _note(self) -> str:
        """The totals, where the title says them."""
        in_title = self.workshop.options.totals and self.detail.totals and not self.size.fixed
        return self.workshop.note(self.size.room) if in_title else ""

    def least_title(self) -> float:
        """The least width of the title."""
        return least_title_width(self.workshop.outline, self.theme, self._note) if self.head() else 0.0

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
        known, key = self.workshop.omissions, (self.detail.letters, self.detail.elsewhere, self.detail.of_panels)
        if key not in known:
            letters = without_panel(self.workshop, self.panels, self.shown)
            known[key] = f"{plural(len(letters), 'panel')} left out: {', '.join(letters)}." if letters else ""
        return known[key]

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
        legends, key = self.workshop.legends, (self._content, round(room, 2), listed)
        if key not in legends:
            told = self.told() if listed else in_fewer_rows(self.told(), self.theme, room)
            legends[key] = legend(told, self.theme, room, listed)
        return legends[key]

    def legend_in_foot(self, room: float, whole: bool) -> Canvas | None:
        """What the foot explains, in rows of a width: the ``whole`` legend and what idioms compute, or that alone."""
        if not self.detail.formulas:
            if not whole:
                return None
            if room == self.size.room:
                return self.legend(room)
        entries = in_fewer_rows(self.told(), self.theme, self.size.room) if whole else []
        return legend(entries + self.formulas(), self.theme, room)

    def formulas(self) -> list[Entry]:
        """What the idioms in boxes compute, each in a line."""
        if not self.detail.formulas:
            return []
        context = self.workshop.context
        seen = seen_on(self.workshop, self.overview, self.panels, self.shown, self.arrangement.columns)
        heads = {label.head for label in seen.labels}
        return [in_words(f"{word}: {text}") for word, text in context.formulas.items() if word in heads]

    def told(self) -> list[Entry]:
        """What the legend says, if one is wanted."""
        return self.explained() if self.workshop.options.legend and self.detail.legend else []

    @property
    def _content(self) -> Content:
        """What the legend explains, which many drafts have in common."""
        return self.detail, self.arrangement.columns

    def explained(self) -> list[Entry]:
        """What the legend says on a page that has room for it."""
        known, key = self.workshop.entries, self._content
        if key not in known:
            seen = seen_on(self.workshop, self.overview, self.panels, self.shown, self.arrangement.columns)
            terse = self.workshop.narrow or not self.detail.legend
            known[key] = entries_for(seen, self.workshop.context, self.theme, terse)
        return known[key]

    def body_room(self, with_legend: bool) -> float:
        """Height between head and foot, with the legend in the foot or elsewhere."""
        parts = [self.omitted(), self.totals(), self.legend_in_foot(self.size.room, with_legend)]
        used = sum(part.height + self.gap * ABOVE_FOOT for part in parts if part is not None and part.height)
        head = self.head()
        return self.size.height - 2 * self.size.margin - used - (head.height + self.gap * BELOW_HEAD if head else 0.0)
