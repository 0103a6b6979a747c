"""What all tries at one figure share: its options, its panels and its overviews, each laid out once."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite
from typing import TYPE_CHECKING, TypeAlias

from blockviz.outline.model import Outline
from blockviz.page.fitting.column_packing import Packer
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import FigureFacts, figure_facts
from blockviz.page.glyphs.header_footer import facts_note, facts_of, title_line
from blockviz.page.glyphs.legend_marks import Entry
from blockviz.page.overview.column import Overview
from blockviz.page.overview.part_wiring import runs_side_by_side
from blockviz.page.overview.shape.choice import placed_overview
from blockviz.page.panel.panel import Panel
from blockviz.page.style.screen_colours import screen_theme
from blockviz.page.style.theme import Theme, load_theme
from blockviz.runtime.records import dataclass, field, replace

if TYPE_CHECKING:
    from blockviz.page.fitting.first_fit import Choice
    from blockviz.page.overview.shape.placed import PlacedOverview
    from blockviz.page.style.page_size import PageSize

_MUCH_LOWER = 0.85  # so that panels of one figure mostly run one way
_TANGLED = 2000  # wires in a body, past which no panel tells anything: it is left out without a layout
_LONG = 32  # parts that a column on a page of a usual size holds


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may ask of a page.

    theme : name or file. min_font : smallest printed type in points. pages : at most this many (1 or 2).
    direction : ``down``, ``right``, or ``auto``: right where a network is one box. layout : of the overview; ``auto``
    is what the graph asks for. title, legend, totals : whether these parts are drawn.
    panels : whether definition panels are drawn at all. screen : colours are numbers (`screen_colours`).
    """

    theme: str = "paper"
    min_font: float = 6.0
    pages: int = 1
    direction: str = "auto"
    title: bool = True
    legend: bool = True
    totals: bool = True
    panels: bool = True
    layout: str = "auto"
    screen: bool = False

    def look(self) -> Theme:
        """The theme to draw with. Raises UsageError: there is no such theme."""
        return screen_theme(self.theme)[0] if self.screen else load_theme(self.theme)


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown: letters with a panel, variants as drawings or words, two-line overview boxes.

    compact : activations that precede one convolution are drawn as part of its box, rearrangements in a row as one.
    dense : short arrows in panels. wrapped : long bodies in two columns. across : short bodies lie where that is lower.
    info : shapes and parameters beside the overview's boxes. title, totals : the lines at the head and the foot.
    tables : values of several letters as a table, also where arrows are short.
    omissions : a line that says which letters have no panel. elsewhere : letters with a panel on another sheet.
    formulas : what idioms compute, in the legend.
    """

    letters: tuple[str, ...]
    variants: bool = True
    compact: bool = False
    dense: bool = False
    wrapped: bool = False
    across: bool = False
    tables: bool = True
    two_lines: bool = True
    legend: bool = True
    info: bool = True
    flat: bool = False
    title: bool = True
    totals: bool = True
    omissions: bool = True
    elsewhere: tuple[str, ...] = ()
    formulas: bool = False

    @property
    def of_panels(self) -> tuple[bool, bool, bool, bool, bool, bool]:
        """What of it panels depend on."""
        return self.variants, self.compact, self.dense, self.wrapped, self.across, self.tables


# What a legend explains: a detail, in one of the forms of its overview.
Content: TypeAlias = tuple[Detail, int]


@dataclass(slots=True)
class LayoutCache:
    """Panels, overviews and legends of one figure, each laid out once and used by all drafts.

    boards : whether every overview that is no plain sequence stands on a board, not only a long one.
    narrow : whether the page is one column of text wide. room : width between the margins, in the smallest type.
    instead : what a chain is drawn as in place of what is usual there (see `placed_overview`).
    upright : what fits were found. omissions : what is said of letters without a panel.
    """

    outline: Outline
    options: Options
    theme: Theme
    boards: bool = False
    narrow: bool = False
    room: float = inf
    instead: str = ""
    context: FigureFacts = field(init=False)
    facts: list[tuple[str, str]] = field(init=False)
    entries: dict[Content, list[Entry]] = field(default_factory=dict)
    legends: dict[tuple[Content, float, bool], Canvas] = field(default_factory=dict)
    omissions: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[bool, ...]], str] = field(default_factory=dict)
    upright: dict[tuple[PageSize, Detail, tuple[float, ...]], Choice | None] = field(default_factory=dict)
    _panels: dict[tuple[str, tuple[bool, ...], float], Panel] = field(default_factory=dict)
    _packers: dict[tuple[tuple[str, ...], tuple[bool, ...]], Packer] = field(default_factory=dict)
    _titles: dict[tuple[float, str], Canvas] = field(default_factory=dict)
    _notes: dict[float, str] = field(default_factory=dict)
    _placed: list[PlacedOverview | None] = field(default_factory=list)
    _overviews: dict[tuple[bool, bool, bool], Overview] = field(default_factory=dict)
    _board: LayoutCache | None = None
    _drawn_as: dict[str, LayoutCache] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = figure_facts(self.outline)
        self.facts = facts_of(self.outline)

    def panel(self, letter: str, detail: Detail) -> Panel:
        """The panel of a letter."""
        key = (letter, detail.of_panels, self.room if detail.across else inf)
        if key not in self._panels:
            made = Panel(self.context.by_letter[letter], self.context, self.theme, *detail.of_panels)
            if detail.across and isfinite(self.room):
                upright = self.panel(letter, replace(detail, across=False))
                lying = made.measure(self.room) or inf
                made = upright if (upright.measure(self.room) or inf) < lying * _MUCH_LOWER else made
            self._panels[key] = made
        return self._panels[key]

    @property
    def gap(self) -> float:
        """Room between overview, panels and other parts."""
        return self.theme.space.gap if self.narrow else self.theme.space.lead

    def title(self, room: float, note: str) -> Canvas:
        """The title line in a width, with a note."""
        if (room, note) not in self._titles:
            self._titles[room, note] = title_line(self.outline, self.theme, room, note)
        return self._titles[room, note]

    def note(self, room: float) -> str:
        """As many of the totals as a title line of a width has room for."""
        if room not in self._notes:
            self._notes[room] = facts_note(self.outline, self.facts, self.theme, room)
        return self._notes[room]

    def packer(self, detail: Detail) -> Packer:
        """The panels of a detail, with their places in widths that were asked for."""
        key = (detail.letters, detail.of_panels)
        if key not in self._packers:
            self._packers[key] = Packer([self.panel(letter, detail) for letter in detail.letters], self.gap)
        return self._packers[key]

    def reaches(self, detail: Detail, width: float, height: float) -> bool:
        """Whether each panel of a detail could be so small; a body of hundreds of rows or lines is not laid out to
        find out."""
        if any(self.context.by_letter[letter].body.number_of_edges() > _TANGLED for letter in detail.letters):
            return False
        panels = (self.panel(letter, detail) for letter in detail.letters)
        return all(panel.least_height() <= height and panel.least_breadth() <= width for panel in panels)

    def may_wrap(self, detail: Detail) -> bool:
        """Whether a panel could go on in a second column, and none would say less for it."""
        both = [(self.panel(one, detail), self.panel(one, replace(detail, wrapped=True))) for one in detail.letters]
        told = all(a.words.switched <= b.words.switched and len(a.drawn) == len(b.drawn) for a, b in both)
        return told and any(b.words.continued for _, b in both)

    def overview(self, two_lines: bool, info: bool = True, flat: bool = False) -> Overview:
        """The overview with one or two lines in a box, downwards or (where the model is a sequence) to the right."""
        key = (two_lines, info, flat)
        if key not in self._overviews:
            tries = self._rightward(two_lines) if self.options.direction == "right" else iter(())
            fitting = next((one for one in tries if one.most_columns()), None)
            if fitting is None and not (flat or self.boards):
                fitting = self._placed_overview()
            self._overviews[key] = fitting or self._downward(two_lines, info, flat)
        return self._overviews[key]

    def _placed_overview(self) -> PlacedOverview | None:
        """The overview in its layout; one for all details, since its boxes say the same in all."""
        if not self._placed:
            how = self.options.layout, self.narrow, self.room, self.instead
            self._placed.append(placed_overview(self.context, self.theme, False, *how))
        return self._placed[0]

    def is_placed(self) -> bool:
        """Whether the overview stands in a layout of its own or a strip, and in no column or board."""
        return self.overview(two_lines=False) is self._placed_overview()

    def has_shape(self) -> bool:
        """Whether the overview stands in a layout of its own, and in no strip, column or board."""
        return self.is_placed() and not self.overview(two_lines=False).is_strip

    def on_board(self) -> LayoutCache:
        """The same with the overview on a board."""
        if self._board is None:
            self._board = LayoutCache(self.outline, self.options, self.theme, boards=True, _panels=self._panels)
        return self._board

    def drawn_as(self, layout: str) -> LayoutCache:
        """The same with a chain as a strip or as streams; panels stand beside or below it as they would else."""
        if layout not in self._drawn_as:
            self._drawn_as[layout] = LayoutCache(
                self.outline, self.options, self.theme, narrow=self.narrow, room=self.room, instead=layout,
                _panels=self._panels, _packers=self._packers,
            )  # fmt: skip
        return self._drawn_as[layout]

    def may_be_boarded(self) -> bool:
        """Whether the overview stands in a column and could stand on a board."""
        column = self.overview(two_lines=False)
        return not (self.boards or column.inside or column.rightward) and column.most_columns() == 1

    def _downward(self, two_lines: bool, info: bool, flat: bool) -> Overview:
        column = Overview(self.context, self.theme, two_lines, info, close=flat and self.narrow)
        long = (self.boards or len(self.outline.parts) > _LONG) and column.most_columns() == 1
        if not flat and (long or runs_side_by_side({part.id: part for part in self.outline.parts})):
            from blockviz.page.overview.board.board import Boarded  # most models are one line

            return Boarded(self.context, self.theme, two_lines, info)
        return column

    def _rightward(self, two_lines: bool) -> Iterator[Overview]:
        from blockviz.page.overview.strip.staircase import Stairs  # only this direction needs them
        from blockviz.page.overview.strip.strip import Strip

        yield Stairs(self.context, self.theme, two_lines)
        yield Strip(self.context, self.theme, two_lines)
