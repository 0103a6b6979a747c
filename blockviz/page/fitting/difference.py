"""The figure of what differs between two models: their overviews aligned, within a physical size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil

from blockviz.comparison.overviews import Comparison, Row
from blockviz.costs.cost import Cost
from blockviz.errors import PageError
from blockviz.page.fitting.layout_cache import LayoutCache, Options
from blockviz.page.fitting.one_column import OneColumn
from blockviz.page.fitting.scale import scaled
from blockviz.page.fitting.side_by_side import Fold, SideBySide, folded
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import count_text, number_text
from blockviz.page.overview.column import Overview
from blockviz.page.style.page_size import PageSize
from blockviz.page.style.theme import Theme, load_theme
from blockviz.runtime.records import replace
from blockviz.scene import Page, Sheet
from blockviz.text.font_metrics import wrap
from blockviz.text.numbers import bounded

_STEPS = (1.15, 1.0, 0.92)
_WIDEST = 300  # millimetres that are worth naming
_WORDS = 21.0  # least room for words, in units of the label's type


def compose_difference(found: Comparison, size: PageSize, options: Options | None = None) -> Page:
    """One sheet with both overviews, on a narrow page as one column; equal stretches are folded where it asks for that.

    Raises
    ------
    PageError : not even that fits in type of ``min_font``. UsageError : an unknown theme.
    """
    options = options or Options()
    theme = load_theme(options.theme)
    least = options.min_font / theme.type.small * 1.001
    names = f"{found.before.name} and {found.after.name}"
    drawings = [drawing for form in (SideBySide, OneColumn) for drawing in _details(found, options, theme, form)]
    high = replace(size, height=size.most or size.height)
    scales = [*(max(least, theme.type.scale * step) for step in _STEPS), least]
    for page, drawing, scale in product(dict.fromkeys((size, high)), drawings, scales):
        sheet = _sheet(found, drawing, page.shrunk(scale), theme)
        if sheet is not None:
            return Page(f"{names}: what differs", description(found), (scaled(sheet, scale),))
    wide = _wide_enough(found, drawings, high, least, theme)
    helps = f"a --width of {wide}mm" if wide else "a larger --page such as a3, a smaller --min-font"
    raise PageError(
        f"what differs between {names} doesn't fit on {high.width:.0f} x {high.height:.0f} pt in type of "
        f"{options.min_font:g} pt; use {helps}, or a table, which fits a column: -o diff.tex --width '\\columnwidth'"
    )


def _wide_enough(
    found: Comparison, drawings: Sequence[SideBySide], size: PageSize, least: float, theme: Theme
) -> int | None:
    """The least width, in millimetres and steps of five, at which a figure that may be as high would hold it."""
    for wide in range(5 * ceil(size.width / 72 * 25.4 / 5 + 0.01), _WIDEST, 5):
        page = PageSize(float(int(wide / 25.4 * 72)), size.height, size.margin, fixed=False).shrunk(least)
        if any(_sheet(found, drawing, page, theme) for drawing in drawings):
            return wide
    return None


def description(found: Comparison) -> str:
    """What differs, in prose."""
    if found.equal:
        return f"{found.before.name} and {found.after.name} are the same architecture."
    said = []
    for row in found.rows:
        part = row.after or row.before
        if row.words and part is not None:
            said.append(f"{part.name}: {', '.join(row.words)}")
        elif row.change != "same" and part is not None:
            said.append(f"{part.name} {row.change}")
    said += found.notes
    return f"What differs between {found.before.name} and {found.after.name}. {'. '.join(said)}."


def _details(
    found: Comparison, options: Options, theme: Theme, form: type[SideBySide] = SideBySide
) -> Iterator[SideBySide]:
    """With all boxes, then with equal ones folded; each with two lines in a box, then with one."""
    rows: list[Row | Fold] = list(found.rows)
    forms = [rows] if (short := folded(found.rows)) == rows else [rows, short]
    for lines in forms:
        for two_lines in (True, False):
            overviews = {
                side: Overview(LayoutCache(outline, options, theme).context, theme, two_lines)
                for side, outline in (("before", found.before), ("after", found.after))
            }
            yield form(overviews, theme, lines, theme.type.label * _WORDS)


def _sheet(found: Comparison, drawing: SideBySide, size: PageSize, theme: Theme) -> Sheet | None:
    need = drawing.least_width()
    if need > size.room:
        return None
    room = min(size.room, need * drawing.spread) if size.shrinks or not size.fixed else size.room
    body = drawing.draw(room)
    type_, colours, space = theme.type, theme.colours, theme.space
    titles = drawing.heads(found.before.name, found.after.name)
    share = 0.45 if len(titles) > 1 else 1.0
    heads = [(wrap(title, type_.heading * 1.2, room * share), anchor) for title, anchor in titles]
    head = max(len(lines) for lines, _ in heads) * type_.heading * 1.5 + space.heading
    foot = _foot(found, theme, room, drawing.legend)
    if head + body.height + foot.height + space.wide > size.height - 2 * size.margin:
        return None
    wide = size.width if size.fixed else room + 2 * size.margin
    page = Canvas(wide, size.height)
    left = (wide - room) / 2
    for (lines, anchor), x in zip(heads, (left, left + room), strict=False):
        for number, line in enumerate(lines):
            base = size.margin + type_.heading * (1.3 + 1.5 * number)
            page.text(x, base, line, type_.heading * 1.2, colours.text, anchor, bold=True)
    base = size.margin + head - space.ascent
    page.rule(((left, base), (left + room, base)), colours.rule, type_.stroke)
    page.place(body, left, size.margin + head)
    page.place(foot, left, size.margin + head + body.height + space.lead)
    tall = size.margin * 2 + head + body.height + foot.height + space.wide
    return page.sheet(colours.page, size.height if size.fixed else tall)


def _foot(found: Comparison, theme: Theme, room: float, legend: str) -> Canvas:
    """Totals of both models under a rule, what belongs to no row, and how to read the signs."""
    type_, colours, space = theme.type, theme.colours, theme.space
    canvas = Canvas(room, space.pad)
    canvas.rule(((0, 0), (room, 0)), colours.rule, type_.stroke)
    facts = [
        f"{_change(*(_amount(outline.cost, 'params') for outline in (found.before, found.after)))} parameters",
        f"{_change(*(_amount(outline.cost, 'macs') for outline in (found.before, found.after)))} multiply-adds",
        f"{_change(*(number_text(outline.layers) for outline in (found.before, found.after)))} layers",
    ]
    notes = [f"{note[0].upper()}{note[1:]}." for note in found.notes]
    verdict = ["The same architecture."] if found.equal else [legend]
    for text, bold in [("     ".join(facts), True), *((note, False) for note in [*notes, *verdict])]:
        for line in wrap(text, type_.small, room, bold):
            canvas.height += space.line
            colour = colours.text if bold else colours.muted
            canvas.text(0, canvas.height - type_.small * 0.3, line, type_.small, colour, bold=bold)
    return canvas


def _change(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _amount(cost: Cost, key: str) -> str:
    value = getattr(cost, key)
    return bounded(count_text(value), value, key in cost.bounds)
