"""Several networks beside each other: their overviews, in one size of type, with a line of totals under each."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.errors import PageError
from blockviz.outline.model import Outline
from blockviz.page.fitting.layout_cache import LayoutCache, Options
from blockviz.page.fitting.scale import scaled
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.header_footer import facts_of
from blockviz.page.overview.column import Overview
from blockviz.page.style.page_size import PageSize
from blockviz.page.style.theme import Theme, load_theme
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Page, Sheet
from blockviz.text.font_metrics import width, wrap

_SIZE = PageSize(842.0, 595.0, 30.0)  # A4, landscape
_STEPS = (1.15, 1.0, 0.92)


@dataclass(frozen=True, slots=True)
class _Column:
    """One network: where it stands, and how wide and high it is."""

    outline: Outline
    overview: Overview
    width: float
    height: float


def compose_comparison(
    outlines: Sequence[Outline], size: PageSize | None = None, options: Options | None = None
) -> Page:
    """The overviews of all networks to one scale; A4 landscape unless another size is given.

    No word is cut: where the sheet is too narrow, shapes and numbers go first, then a second sheet is taken.

    Raises
    ------
    PageError : one overview alone doesn't fit in type of ``min_font``.
    """
    options, size = options or Options(), size or _SIZE
    theme = load_theme(options.theme)
    least = options.min_font / theme.type.small * 1.001
    forms = [_columns(outlines, options, theme, *form) for form in ((True, True), (False, True), (False, False))]
    for count in range(1, len(outlines) + 1):
        for columns in forms:
            for factor in (*_STEPS, 0.0):
                scale = max(least, theme.type.scale * factor)
                sheets = _sheets(columns, count, size.shrunk(scale), theme)
                if sheets:
                    names = " and ".join(outline.name for outline in outlines)
                    found = tuple(scaled(sheet, scale) for sheet in sheets)
                    return Page(f"{names} compared", _description(outlines), found)
    widest = max(outlines, key=lambda outline: len(outline.parts)).name
    raise PageError(
        f"the overview of {widest} alone doesn't fit on {size.width:.0f} x {size.height:.0f} pt in "
        f"{options.min_font:g} pt; use a larger --page such as a3, or a smaller --min-font"
    )


def _columns(outlines: Sequence[Outline], options: Options, theme: Theme, two_lines: bool, info: bool) -> list[_Column]:
    """Every network as wide as its words need, so that none is cut."""
    out = []
    type_ = theme.type
    for outline in outlines:
        overview = Overview(LayoutCache(outline, options, theme).context, theme, two_lines, info)
        head = max(width(word, type_.title * 0.75, bold=True) for word in [*outline.name.split(), ""])
        totals = 2 * max(width(words, type_.small) for _, words in facts_of(outline)[:4]) + type_.label
        room = max(overview.least_width(), head, totals)
        out.append(_Column(outline, overview, room, overview.measure(room) or 0.0))
    return out


def _sheets(columns: Sequence[_Column], count: int, size: PageSize, theme: Theme) -> list[Sheet]:
    """The columns on as many sheets, as evenly as can be; nothing where one of them doesn't hold its own."""
    per = -(-len(columns) // count)
    groups = [columns[start : start + per] for start in range(0, len(columns), per)]
    sheets = [_sheet(group, size, theme, per * number) for number, group in enumerate(groups)]
    return [sheet for sheet in sheets if sheet is not None] if None not in sheets else []


def _sheet(columns: Sequence[_Column], size: PageSize, theme: Theme, first: int) -> Sheet | None:
    type_ = theme.type
    gap = theme.space.wide
    need = sum(column.width for column in columns) + gap * (len(columns) - 1)
    names = [wrap(column.outline.name, type_.title * 0.75, column.width, bold=True) for column in columns]
    line = type_.title * 0.95
    head, foot = type_.title * 0.15 + line * max(map(len, names)), type_.small * 7.5
    tall = max(column.height for column in columns)
    if need > size.room or head + tall + foot > size.height - 2 * size.margin:
        return None
    spare = min((size.room - need) / max(1, len(columns) - 1), gap * 2) if len(columns) > 1 else 0.0
    page = Canvas(size.width, size.height)
    x, lowest = size.margin, 0.0
    for number, column in enumerate(columns):
        canvas = column.overview.draw(column.width, min(tall * 1.2, size.height - 2 * size.margin - head - foot))
        _number(canvas, first + number)
        lowest = max(lowest, canvas.height)
        for row, text in enumerate(names[number]):
            base = size.margin + type_.title * 0.6 + line * row
            page.text(x, base, text, type_.title * 0.75, theme.colours.text, bold=True)
        page.place(canvas, x, size.margin + head)
        _totals(page, column, theme, x, size.margin + head + canvas.height + type_.small * 3.2)
        x += column.width + gap + spare
    return page.sheet(theme.colours.page, size.height if size.fixed else size.margin * 2 + head + lowest + foot)


def _number(canvas: Canvas, number: int) -> None:
    """Give each network's boxes names of their own."""
    canvas.boxes = [replace(box, id=f"{number}{box.id}") for box in canvas.boxes]
    canvas.arrows = [
        replace(a, source=f"{number}{a.source}" if a.source else "", target=f"{number}{a.target}" if a.target else "")
        for a in canvas.arrows
    ]


def _totals(page: Canvas, column: _Column, theme: Theme, x: float, y: float) -> None:
    type_, colours, space = theme.type, theme.colours, theme.space
    page.rule(((x, y - space.line), (x + column.width, y - space.line)), colours.rule, type_.stroke)
    for number, (value, words) in enumerate(facts_of(column.outline)[:4]):
        left = x + (number % 2) * column.width / 2
        base = y + (number // 2) * type_.small * 2.6
        page.text(left, base, value, type_.label, colours.text, bold=True)
        page.text(left, base + type_.small * 1.1, words, type_.small, colours.muted)


def _description(outlines: Sequence[Outline]) -> str:
    words = [f"{o.name} ({o.layers} layers in {len(o.parts)} boxes)" for o in outlines]
    return f"The overviews of {', '.join(words)}, side by side."
