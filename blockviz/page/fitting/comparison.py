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
from blockviz.text.font_metrics import shorten

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
    """One sheet with the overviews of all networks to one scale; A4 landscape unless another size is given.

    Raises
    ------
    PageError : the overviews don't fit beside each other in type of ``min_font``.
    """
    options, size = options or Options(), size or _SIZE
    theme = load_theme(options.theme)
    least = options.min_font / theme.type.small * 1.001
    for factor in (*_STEPS, 0.0):
        scale = max(least, theme.type.scale * factor)
        for two_lines in (True, False):
            columns = _columns(outlines, options, theme, two_lines)
            sheet = _sheet(columns, size.shrunk(scale), theme)
            if sheet is not None:
                names = " and ".join(outline.name for outline in outlines)
                return Page(f"{names} compared", _description(outlines), (scaled(sheet, scale),))
    raise PageError(
        f"{len(outlines)} overviews don't fit on {size.width:.0f} x {size.height:.0f} pt in {options.min_font:g} pt; "
        "compare fewer networks at a time, or use a larger --page"
    )


def _columns(outlines: Sequence[Outline], options: Options, theme: Theme, two_lines: bool) -> list[_Column]:
    out = []
    for outline in outlines:
        overview = Overview(LayoutCache(outline, options, theme).context, theme, two_lines)
        width = overview.least_width() * (1.0 if two_lines else 0.8)
        height = overview.measure(width)
        if height is None:
            width = overview.least_width()
            height = overview.measure(width) or 0.0
        out.append(_Column(outline, overview, width, height))
    return out


def _sheet(columns: Sequence[_Column], size: PageSize, theme: Theme) -> Sheet | None:
    type_, space = theme.type, theme.space
    gap = space.wide
    need = sum(column.width for column in columns) + gap * (len(columns) - 1)
    head, foot = type_.title * 1.1, type_.small * 7.5
    tall = max(column.height for column in columns)
    if need > size.room or head + tall + foot > size.height - 2 * size.margin:
        return None
    spare = min((size.room - need) / max(1, len(columns) - 1), gap * 2) if len(columns) > 1 else 0.0
    page = Canvas(size.width, size.height)
    x = size.margin
    for number, column in enumerate(columns):
        canvas = column.overview.draw(column.width, min(tall * 1.2, size.height - 2 * size.margin - head - foot))
        _number(canvas, number)
        name = shorten(column.outline.name, type_.title * 0.75, column.width, bold=True)
        page.text(x, size.margin + type_.title * 0.6, name, type_.title * 0.75, theme.colours.text, bold=True)
        page.place(canvas, x, size.margin + head)
        _totals(page, column, theme, x, size.margin + head + canvas.height + type_.small * 3.2)
        x += column.width + gap + spare
    return page.sheet(theme.colours.page, size.height)


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
