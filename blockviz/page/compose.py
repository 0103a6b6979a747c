"""Put a figure together within a physical size: the detail goes down step by step, the type never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from blockviz.drawing import Page, Sheet
from blockviz.errors import PageError
from blockviz.ir import Block, Item, LayerGraph
from blockviz.outline import Definition, Outline
from blockviz.page.canvas import Canvas
from blockviz.page.context import Context, make_context
from blockviz.page.legend import Seen, legend
from blockviz.page.overview import Overview
from blockviz.page.pack import Packing, pack, stretch
from blockviz.page.panel import Panel
from blockviz.page.sizes import PageSize
from blockviz.page.summary import describe, title_line, totals_line
from blockviz.page.theme import Theme, load_theme


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
class Draft:
    """One detail at one size of type, measured and ready to draw."""

    outline: Outline
    size: PageSize
    options: Options
    detail: Detail
    theme: Theme
    context: Context = field(init=False)
    overview: Overview = field(init=False)
    panels: list[Panel] = field(init=False)
    packing: Packing | None = None
    overview_width: float = 0.0
    overview_height: float = 0.0
    below: bool = False

    def __post_init__(self) -> None:
        self.context = make_context(self.outline, frozenset(self.detail.letters))
        self.overview = Overview(self.context, self.theme, self.detail.two_lines)
        by_letter = self.context.by_letter
        self.panels = [Panel(by_letter[name], self.context, self.theme, self.detail.variants) for name in self.detail.letters]

    @property
    def gap(self) -> float:
        return self.theme.type.label * 1.7

    def head(self) -> Canvas | None:
        return title_line(self.outline, self.theme, self.size.room) if self.options.title else None

    def foot(self) -> list[Canvas]:
        """Legend and totals, from top to bottom."""
        out = []
        if self.options.legend and self.detail.legend:
            out.append(legend(self.seen(), self.context, self.theme, self.size.room))
        if self.options.totals:
            out.append(totals_line(self.outline, self.theme, self.size.room))
        return [canvas for canvas in out if canvas.height > 0]

    def body_room(self) -> float:
        """Height left between head and foot."""
        used = sum(canvas.height + self.gap * 0.8 for canvas in self.foot())
        head = self.head()
        return self.size.height - 2 * self.size.margin - used - (head.height + self.gap * 0.6 if head else 0.0)

    def fits(self) -> bool:
        """Whether everything fits; remembers how."""
        room, height = self.size.room, self.body_room()
        least = self.overview.least_width()
        if not self.panels:
            self.overview_width = min(room, least * 1.35)
            tall = self.overview.measure(self.overview_width)
            self.overview_height = tall or 0.0
            return tall is not None and tall <= height
        return self._fits_beside(room, height, least) or self._fits_below(room, height, least)

    def _fits_beside(self, room: float, height: float, least: float) -> bool:
        for share in (1.12, 1.0, 0.9, 0.8):
            width = min(least * share, room * 0.62)
            tall = self.overview.measure(width)
            if tall is None or tall > height:
                continue
            region = room - width - self.gap * 1.3
            if region < self.theme.type.label * 10:
                continue
            packing = pack(self.panels, region, height, self.gap)
            if packing is not None:
                self.packing, self.overview_width, self.overview_height, self.below = packing, width, tall, False
                return True
        return False

    def _fits_below(self, room: float, height: float, least: float) -> bool:
        width = min(room, least * 1.35)
        tall = self.overview.measure(width)
        if tall is None or tall + self.gap > height:
            return False
        packing = pack(self.panels, room, height - tall - self.gap, self.gap)
        if packing is None:
            return False
        self.packing, self.overview_width, self.overview_height, self.below = packing, width, tall, True
        return True

    # Drawing

    def draw(self) -> Sheet:
        """The finished sheet."""
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
        height = size.height if size.fixed else min(size.height, float(int(y + size.margin + 1)))
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
        margin, room = self.size.margin, self.size.room
        if self.packing is None:
            canvas = self.overview.draw(self.overview_width, self._target())
            page.place(canvas, margin + (room - self.overview_width) / 2 if self.size.fixed else margin, y)
            return y + canvas.height
        if self.below:
            canvas = self.overview.draw(self.overview_width, self.overview_height)
            page.place(canvas, margin, y)
            y += canvas.height + self.gap
            for placed in self.packing.placed:
                page.place(placed.panel.draw(placed.width, placed.height), margin + placed.x, y + placed.y)
            return y + self.packing.height
        target = self._target()
        canvas = self.overview.draw(self.overview_width, target)
        page.place(canvas, margin, y)
        left = margin + self.overview_width + self.gap * 1.3
        bottom = canvas.height
        for placed in stretch(self.packing, target, self.gap):
            page.place(placed.panel.draw(placed.width, placed.height), left + placed.x, y + placed.y)
            bottom = max(bottom, placed.y + placed.height)
        return y + bottom

    def seen(self) -> Seen:
        """What the legend has to explain."""
        labels = []
        for part in self.outline.parts:
            if part.letter is None and not (isinstance(part.item, Block) and part.item.kind != "unit"):
                labels.append(self.context.label(part.item))
        merges = False
        for panel in self.panels:
            for diagram in (panel.diagram, *(diagram for _, diagram in panel.others)):
                labels += [self.context.label(item, diagram.symbols.get(name, "")) for name, item in _units(diagram.body)]
        merges = any(label.form == "merge" and label.sign == "+" for label in labels)
        parts = self.outline.parts
        letters = [part.letter for part in parts if part.letter]
        defined = [letter for letter in letters if letter in self.context.defined]
        hollow = [letter for letter in letters if letter not in self.context.defined]
        return Seen(
            tuple(labels), stack=any(part.repeat > 1 and not part.shared for part in parts),
            variants=self.detail.two_lines and any(any(part.variants) and part.repeat > 1 for part in parts), shortcut=merges,
            share=any(part.cost.params for part in parts) and not self.overview.towers, badge=defined[0] if defined else "",
            hollow_badge=hollow[0] if hollow and self.panels else "",
            frozen=any(part.kind in ("backbone", "nested") and part.cost.params and not part.cost.trainable for part in parts),
        )  # fmt: skip


def _units(body: LayerGraph) -> Iterator[tuple[str, Item]]:
    for name in body:
        item = body.item(name)
        if not isinstance(item, Block) or item.kind == "unit":
            yield name, item


def compose(outline: Outline, size: PageSize, options: Options | None = None) -> Page:
    """The figure of an outline within a physical size.

    Detail goes down in steps until the page holds it: variants in words, one-line overview boxes, then the
    panels of the types with the smallest share of parameters; the type is never set below ``min_font``.

    Raises
    ------
    PageError : not even the overview alone fits; the sentence says what would help.
    UsageError : an unknown theme.
    """
    options = options or Options()
    theme = load_theme(options.theme)
    for detail in _details(outline, options):
        draft = _largest(outline, size, options, detail, theme)
        if draft is not None:
            sheet = draft.draw()
            return Page(outline.name, describe(outline), (sheet,), _advice(outline, detail, options), outline.structure_hash)
    raise PageError(_too_small(outline, size, options, theme))


def _largest(outline: Outline, size: PageSize, options: Options, detail: Detail, theme: Theme) -> Draft | None:
    """The draft in the largest type that fits."""
    best = None
    for scale in _scales(theme, options):
        draft = Draft(outline, size, options, detail, theme.scaled(scale))
        if not draft.fits():
            break
        best = draft
    return best


def _scales(theme: Theme, options: Options) -> list[float]:
    """Sizes of type to try, the smallest first."""
    least = options.min_font / theme.type.small * 1.005
    usual = theme.type.scale
    steps = [max(least, usual * factor) for factor in (0.92, 1.0, 1.1, 1.2)]
    return sorted(dict.fromkeys(steps))


def _details(outline: Outline, options: Options) -> Iterator[Detail]:
    letters = tuple(d.letter for d in outline.definitions) if options.panels else ()
    if letters:
        yield Detail(letters)
        if any(d.variants for d in outline.definitions):
            yield Detail(letters, variants=False)
        yield Detail(letters, variants=False, two_lines=False)
    for dropped in range(1, len(letters)):
        kept = _without_minor(outline.definitions, dropped)
        yield Detail(kept, variants=False)
        yield Detail(kept, variants=False, two_lines=False)
    yield Detail(())
    yield Detail((), two_lines=False)
    yield Detail((), two_lines=False, legend=False)


def _without_minor(definitions: Sequence[Definition], dropped: int) -> tuple[str, ...]:
    weight = {d.letter: sum(instance.cost.params for instance in d.instances) for d in definitions}
    order = sorted(weight, key=lambda letter: (weight[letter], letter))
    out = set(order[:dropped])
    return tuple(d.letter for d in definitions if d.letter not in out)


def _advice(outline: Outline, detail: Detail, options: Options) -> tuple[str, ...]:
    out = []
    missing = [d.letter for d in outline.definitions if d.letter not in detail.letters]
    if missing and options.panels:
        out.append(f"no room for the panels of {', '.join(missing)}; a larger --page or --pages 2 would show them")
    elif not detail.variants and any(d.variants for d in outline.definitions):
        out.append("variants are named, not drawn; a larger --page would draw them")
    return tuple(out)


def _too_small(outline: Outline, size: PageSize, options: Options, theme: Theme) -> str:
    least = options.min_font / theme.type.small
    draft = Draft(outline, size, options, Detail((), two_lines=False, legend=False), theme.scaled(least))
    need = draft.overview.least_width()
    tall = draft.overview.measure(need)
    return (
        f"the overview of {outline.name} alone needs about {need:.0f} x {(tall or 0) + size.height - draft.body_room():.0f} pt "
        f"in {options.min_font:g} pt type, and the page has {size.width:.0f} x {size.height:.0f} pt; "
        "use a larger --page, or a smaller --min-font"
    )
