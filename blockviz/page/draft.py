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
    """How much is shown: letters with a panel, variants as drawings or words, two-line overview boxes."""

    letters: tuple[str, ...]
    variants: bool = True
    two_lines: bool = True
    legend: bool = True


@dataclass(slots=True)
class Workshop:
    """Panels and overviews of one figure, each laid out once and used by all drafts."""

    outline: Outline
    options: Options
    theme: Theme
    context: Context = field(init=False)
    _panels: dict[tuple[str, bool], Panel] = field(default_factory=dict)
    _overviews: dict[bool, Overview] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = make_context(self.outline)

    def panel(self, letter: str, variants: bool) -> Panel:
        """The panel of a letter."""
        key = (letter, variants)
        if key not in self._panels:
            self._panels[key] = Panel(self.context.by_letter[letter], self.context, self.theme, variants)
        return self._panels[key]

    def overview(self, two_lines: bool) -> Overview:
        """The overview with one or two lines in a box."""
        if two_lines not in self._overviews:
            self._overviews[two_lines] = Overview(self.context, self.theme, two_lines)
        return self._overviews[two_lines]


@dataclass(slots=True)
class Draft:
    """One detail on a page whose size is given in units of the theme's type."""

    workshop: Workshop
    size: PageSize
    detail: Detail
    overview: Overview = field(init=False)
    panels: list[Panel] = field(init=False)
    packing: Packing | None = None
    overview_width: float = 0.0
    overview_height: float = 0.0
    columns: int = 1
    below: bool = False
    _feet: list[Canvas] | None = None

    def __post_init__(self) -> None:
        self.overview = self.workshop.overview(self.detail.two_lines)
        self.panels = [self.workshop.panel(letter, self.detail.variants) for letter in self.detail.letters]

    @property
    def theme(self) -> Theme:
        return self.workshop.theme

    @property
    def gap(self) -> float:
        return self.theme.type.label * 1.7

    def head(self) -> Canvas | None:
        """The title line, if it is wanted."""
        return title_line(self.workshop.outline, self.theme, self.size.room) if self.workshop.options.title else None

    def foot(self) -> list[Canvas]:
        """Legend and totals, from top to bottom."""
        if self._feet is None:
            options, room = self.workshop.options, self.size.room
            self.workshop.context.defined.clear()
            self.workshop.context.defined.update(self.detail.letters)
            out = []
            if options.legend and self.detail.legend:
                out.append(legend(self.seen(), self.workshop.context, self.theme, room))
            if options.totals:
                out.append(totals_line(self.workshop.outline, self.theme, room))
            self._feet = [canvas for canvas in out if canvas.height > 0]
        return self._feet

    def body_room(self) -> float:
        """Height left between head and foot."""
        used = sum(canvas.height + self.gap * 0.8 for canvas in self.foot())
        head = self.head()
        return self.size.height - 2 * self.size.margin - used - (head.height + self.gap * 0.6 if head else 0.0)

    def fits(self) -> bool:
        """Whether everything fits; remembers how."""
        room, height = self.size.room, self.body_room()
        for columns in range(1, self.overview.most_columns() + 1):
            self.columns = columns
            least = self.overview.least_width(columns)
            if not self.panels and self._fits_alone(room, height, least):
                return True
            if self.panels and (self._fits_beside(room, height, least) or self._fits_below(room, height, least)):
                return True
        return False

    def _fits_alone(self, room: float, height: float, least: float) -> bool:
        self.overview_width = min(room, least * 1.2)
        tall = self.overview.measure(self.overview_width, self.columns)
        self.overview_height = tall or 0.0
        return tall is not None and tall <= height

    def _fits_beside(self, room: float, height: float, least: float) -> bool:
        for share in (1.12, 1.0, 0.9, 0.8):
            width = least * share
            region = room - width - self.gap * 1.3
            if region < self.theme.type.label * 10:
                continue
            tall = self.overview.measure(width, self.columns)
            if tall is None or tall > height:
                continue
            packing = pack(self.panels, region, height, self.gap)
            if packing is not None:
                self.packing, self.overview_width, self.overview_height, self.below = packing, width, tall, False
                return True
        return False

    def _fits_below(self, room: float, height: float, least: float) -> bool:
        width = min(room, least * 1.2)
        tall = self.overview.measure(width, self.columns)
        if tall is None or tall + self.gap > height:
            return False
        packing = pack(self.panels, room, height - tall - self.gap, self.gap)
        if packing is None:
            return False
        self.packing, self.overview_width, self.overview_height, self.below = packing, width, tall, True
        return True

    # Drawing

    def draw(self) -> Sheet:
        """The finished sheet, in units of the theme's type."""
        self.workshop.context.defined.clear()
        self.workshop.context.defined.update(self.detail.letters)
        size, head, feet = self.size, self.head(), self.foot()
        page = Canvas(size.width, size.height)
        y = size.margin
        if head:
            page.place(head, size.margin, y)
            y += head.height + self.gap * 0.6
        y = self._draw_body(page, y)
        foot_height = sum(canvas.height + self.gap * 0.8 for canvas in feet)
        if size.fixed:
            y = max(y, size.height - size.margin - foot_height) if self._fills() else y
        for canvas in feet:
            y += self.gap * 0.8
            page.place(canvas, size.margin, y)
            y += canvas.height
        height = size.height if size.fixed else min(size.height, y + size.margin)
        return Sheet(size.width, height, self.theme.colours.page, tuple(page.shapes), tuple(page.arrows), tuple(page.boxes),
                     tuple(page.words), tuple(page.groups))  # fmt: skip

    def _fills(self) -> bool:
        """Whether the body is stretched to the foot of the page."""
        return self._target() >= self.body_room() - 1

    def _target(self) -> float:
        """The height that overview and panels are stretched to."""
        natural = max(self.overview_height, self.packing.height if self.packing and not self.below else 0.0)
        return min(self.body_room(), natural * 1.5) if self.size.fixed else natural

    def _draw_body(self, page: Canvas, y: float) -> float:
        margin = self.size.margin
        if self.packing is None:
            canvas = self.overview.draw(self.overview_width, self._target(), self.columns)
            page.place(canvas, margin, y)
            return y + canvas.height
        if self.below:
            canvas = self.overview.draw(self.overview_width, self.overview_height, self.columns)
            page.place(canvas, margin, y)
            y += canvas.height + self.gap
            for placed in self.packing.placed:
                page.place(placed.panel.draw(placed.width, placed.height), margin + placed.x, y + placed.y)
            return y + self.packing.height
        target = self._target()
        canvas = self.overview.draw(self.overview_width, target, self.columns)
        page.place(canvas, margin, y)
        left = margin + self.overview_width + self.gap * 1.3
        bottom = canvas.height
        for placed in stretch(self.packing, target, self.gap):
            page.place(placed.panel.draw(placed.width, placed.height), left + placed.x, y + placed.y)
            bottom = max(bottom, placed.y + placed.height)
        return y + bottom

    def seen(self) -> Seen:
        """What the legend has to explain."""
        context, parts = self.workshop.context, self.workshop.outline.parts
        labels = [context.label(p.item) for p in parts if p.letter is None and not _is_composite(p.item)]
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
            share=any(part.cost.params for part in parts) and not self.overview.towers, badge=defined[0] if defined else "",
            hollow_badge=hollow[0] if hollow and self.panels else "",
            frozen=any(part.kind in ("backbone", "nested") and part.cost.params and not part.cost.trainable for part in parts),
        )  # fmt: skip


def _is_composite(item: Item) -> bool:
    return isinstance(item, Block) and item.kind != "unit"


def _units(body: LayerGraph) -> Iterator[tuple[str, Item]]:
    for name in body:
        item = body.item(name)
        if not _is_composite(item):
            yield name, item
