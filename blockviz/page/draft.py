"""One try at a page: a detail within a size, measured, then drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from blockviz.drawing import Sheet
from blockviz.ir import Block, Item, LayerGraph
from blockviz.outline import Outline
from blockviz.page.canvas import Canvas
from blockviz.page.context import Context, make_context
from blockviz.page.legend import Seen, legend
from blockviz.page.overview import Overview
from blockviz.page.pack import Packing, pack, stretch
from blockviz.page.panel import Panel
from blockviz.page.sizes import PageSize
from blockviz.page.stairs import Stairs
from blockviz.page.strip import Strip
from blockviz.page.summary import title_line, totals_line
from blockviz.page.theme import Theme


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may ask of a page.

    theme : name or file. min_font : smallest printed type in points. pages : at most this many (1 or 2).
    direction : ``down`` or ``right``. title, legend, totals : whether these parts are drawn.
    panels : whether definition panels are drawn at all.
    """

    theme: str = "paper"
    min_font: float = 6.0
    pages: int = 1
    direction: str = "down"
    title: bool = True
    legend: bool = True
    totals: bool = True
    panels: bool = True


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown: letters with a panel, variants as drawings or words, two-line overview boxes.

    compact : activations that precede one convolution are drawn as part of its box.
    elsewhere : letters whose panel stands on another sheet.
    """

    letters: tuple[str, ...]
    variants: bool = True
    compact: bool = False
    two_lines: bool = True
    legend: bool = True
    elsewhere: tuple[str, ...] = ()


@dataclass(slots=True)
class Workshop:
    """Panels and overviews of one figure, each laid out once and used by all drafts."""

    outline: Outline
    options: Options
    theme: Theme
    context: Context = field(init=False)
    _panels: dict[tuple[str, bool, bool], Panel] = field(default_factory=dict)
    _overviews: dict[bool, Overview] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = make_context(self.outline)

    def panel(self, letter: str, variants: bool, compact: bool) -> Panel:
        """The panel of a letter."""
        key = (letter, variants, compact)
        if key not in self._panels:
            self._panels[key] = Panel(self.context.by_letter[letter], self.context, self.theme, variants, compact)
        return self._panels[key]

    def overview(self, two_lines: bool) -> Overview:
        """The overview with one or two lines in a box, downwards or (where the model is a sequence) to the right."""
        if two_lines not in self._overviews:
            kinds = (Stairs, Strip) if self.options.direction == "right" else ()
            tries = (kind(self.context, self.theme, two_lines) for kind in kinds)
            fitting = next((one for one in tries if one.most_columns()), None)
            self._overviews[two_lines] = fitting or Overview(self.context, self.theme, two_lines)
        return self._overviews[two_lines]


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
    _legends: dict[tuple[float, bool], Canvas] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.overview = self.workshop.overview(self.detail.two_lines)
        self.panels = [self.workshop.panel(letter, self.detail.variants, self.detail.compact) for letter in self.detail.letters]

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
        return title_line(self.workshop.outline, self.theme, self.size.room) if self.workshop.options.title else None

    def totals(self) -> Canvas | None:
        """The line of totals, if it is wanted."""
        return totals_line(self.workshop.outline, self.theme, self.size.room) if self.workshop.options.totals else None

    def legend(self, room: float, listed: bool = False) -> Canvas:
        """The legend in a width; empty where none is wanted."""
        if not (self.workshop.options.legend and self.detail.legend):
            return Canvas()
        key = (round(room, 2), listed)
        if key not in self._legends:
            self.workshop.context.defined.clear()
            self.workshop.context.defined.update(self.detail.letters + self.detail.elsewhere)
            self._legends[key] = legend(self.seen(), self.workshop.context, self.theme, room, listed)
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
        width = self.size.room if isinstance(self.overview, Strip) else min(self.size.room, least * 1.2)
        tall = self.overview.measure(width, self.arrangement.columns)
        height = self.body_room(True)
        squeezed = self.squeeze and self.arrangement.columns == 1
        if tall is None or tall > height or (width < least - 0.01 and not squeezed):
            return False
        self.overview_width, self.overview_height = width, tall
        if self.arrangement.kind == "hole" and isinstance(self.overview, Stairs):
            hole = self.overview.hole(width)
            self.packing = pack(self.panels, hole.width, hole.height, self.gap)
        if self.arrangement.kind == "below":
            self.packing = pack(self.panels, self.size.room, height - tall - self.gap, self.gap)
        return self.arrangement.kind == "alone" or self.packing is not None

    def _fits_beside(self, least: float) -> bool:
        squeezed = (0.9, 0.8) if self.squeeze and self.arrangement.columns == 1 else ()
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
            packing = pack(self.panels, self._region, inside - right, self.gap)
            if packing is not None and self.overview_height + left <= inside:
                reach = min(inside, self.overview_height * 1.5) if self.size.fixed else self.overview_height
                hole = packing.height - self.overview_height if place == "left" else reach - packing.height
                tries.append((place, packing, hole >= room))
        packing = pack(self.panels, self._region, foot, self.gap) if self.overview_height <= foot else None
        chosen = next((t for t in tries if t[2]), None)
        if chosen is None and packing is not None:
            chosen = ("foot", packing, True)
        if chosen is None and self.squeeze and tries:
            chosen = tries[0]
        if chosen is None:
            return False
        self.legend_at, self.packing = chosen[0], chosen[1]
        return True

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
        return Sheet(size.width, height, self.theme.colours.page, tuple(page.shapes), tuple(page.arrows), tuple(page.boxes),
                     tuple(page.words), tuple(page.groups))  # fmt: skip

    def _room(self) -> float:
        return self.body_room(self.legend_at == "foot")

    def fill(self) -> float:
        """The share of the height that the drawing needs without stretching."""
        return self._natural() / self._room()

    def _target(self) -> float:
        """The height that overview and panels are stretched to."""
        return min(self._room(), self._natural() * 1.5) if self.size.fixed else self._natural()

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
        if isinstance(self.overview, Stairs) and self.arrangement.kind == "hole":
            hole = self.overview.hole(self.overview_width)
            for placed in self.packing.placed:
                right = hole.x + hole.width - max(one.x + one.width for one in self.packing.placed)
                panel = placed.panel.draw(placed.width, placed.height)
                page.place(panel, margin + right + placed.x, y - canvas.height + hole.y + placed.y)
            return y
        y += self.gap
        for placed in self.packing.placed:
            page.place(placed.panel.draw(placed.width, placed.height), margin + placed.x, y + placed.y)
        return y + self.packing.height

    def _draw_beside(self, page: Canvas, y: float) -> float:
        assert self.packing is not None  # noqa: S101  set by fits()
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

    def seen(self) -> Seen:
        """What the legend has to explain."""
        context, parts = self.workshop.context, self.workshop.outline.parts
        labels = [self.overview.label(part) for part in parts if self.overview.is_plain(part)]
        for panel in self.panels:
            for diagram in panel.diagrams:
                labels += [context.label(item, diagram.symbols.get(name, "")) for name, item in _units(diagram.body)]
        letters = [part.letter for part in parts if part.letter]
        defined = [letter for letter in letters if letter in context.defined]
        hollow = [letter for letter in letters if letter not in context.defined]
        return Seen(
            tuple(labels), stack=any(part.repeat > 1 and not part.shared for part in parts),
            variants=self.detail.two_lines and any(any(part.variants) and part.repeat > 1 for part in parts),
            shortcut=any(label.form == "merge" and label.sign == "+" for label in labels),
            skips=any(b not in self.overview.order[i + 1 : i + 2] for i, a in enumerate(self.overview.order[:-1])
                      for b in self.overview.wires[a] if b in self.overview.parts),
            share=any(part.cost.params for part in parts) and not self.overview.towers and not isinstance(self.overview, Strip), badge=defined[0] if defined else "",
            hollow_badge=hollow[0] if hollow and self.panels else "",
            frozen=any(part.kind in ("backbone", "nested") and part.cost.params and not part.cost.trainable for part in parts),
        )  # fmt: skip


@dataclass(slots=True)
class PanelSheet:
    """A second sheet: nothing but panels."""

    workshop: Workshop
    size: PageSize
    letters: tuple[str, ...]
    packing: Packing | None = None

    @property
    def _head(self) -> Canvas:
        return title_line(self.workshop.outline, self.workshop.theme, self.size.room, "definitions, continued")

    def fits(self) -> bool:
        """Whether all panels fit; remembers how."""
        panels = [self.workshop.panel(letter, True, False) for letter in self.letters]
        gap = self.workshop.theme.type.label * 1.7
        height = self.size.height - 2 * self.size.margin - self._head.height - gap * 0.6
        self.packing = pack(panels, self.size.room, height, gap)
        return self.packing is not None

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        assert self.packing is not None  # noqa: S101  set by fits()
        size, gap, head = self.size, self.workshop.theme.type.label * 1.7, self._head
        page = Canvas(size.width, size.height)
        page.place(head, size.margin, size.margin)
        top = size.margin + head.height + gap * 0.6
        for placed in self.packing.placed:
            page.place(placed.panel.draw(placed.width, placed.height), size.margin + placed.x, top + placed.y)
        height = size.height if size.fixed else top + self.packing.height + size.margin
        return Sheet(size.width, height, self.workshop.theme.colours.page, tuple(page.shapes), tuple(page.arrows),
                     tuple(page.boxes), tuple(page.words), tuple(page.groups))  # fmt: skip


def _is_composite(item: Item) -> bool:
    return isinstance(item, Block) and item.kind != "unit"


def _units(body: LayerGraph) -> Iterator[tuple[str, Item]]:
    for name in body:
        item = body.item(name)
        if not _is_composite(item):
            yield name, item
