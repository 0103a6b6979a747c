"""Tables and prose that say what the figure says, one module per format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from blockviz.comparison.overviews import Comparison
from blockviz.errors import UsageError, quoted
from blockviz.ir import LayerGraph
from blockviz.outline.model import Outline
from blockviz.tables.difference import difference_json, difference_lines
from blockviz.tables.formats import csv, html, latex, markdown, text, typst
from blockviz.tables.report import FIGURE_MM, REPORT_FORMATS, Entry, report
from blockviz.tables.rows.comparison import comparison_sheet
from blockviz.tables.rows.difference import difference_sheet
from blockviz.tables.rows.overview import overview_sheet
from blockviz.tables.rows.table import Table
from blockviz.tables.words.prose import describe

__all__ = [
    "FIGURE_MM",
    "FORMATS",
    "REPORT_FORMATS",
    "Entry",
    "compare",
    "describe",
    "difference_json",
    "difference_lines",
    "differences",
    "left_out",
    "report",
    "table",
]

_RENDERERS: Mapping[str, Callable[[Table], str]] = {
    "latex": latex.render,
    "markdown": markdown.render,
    "csv": csv.render,
    "html": html.render,
    "typst": typst.render,
    "text": text.render,
}
FORMATS = tuple(_RENDERERS)


def table(
    outline: Outline,
    format: str,
    *,
    source: LayerGraph | None = None,
    caption: str | None = None,
    label: str | None = None,
    width: str | None = None,
) -> str:
    """The overview as a table: one row per box of the figure, and the totals.

    Parameters
    ----------
    format : one of FORMATS. ``csv`` has exact integers, the others rounded numbers with units.
    source : the layer graph, for the receptive-field column; without it the column is left out.
    caption, label : plain text; by default from `describe` and from the model's name.
    width : of a LaTeX table: a length, ``\\columnwidth`` or ``\\textwidth``; a narrow one has fewer columns.

    Raises
    ------
    UsageError : an unknown format, or a width for another one. PageError : the width is too small for any table.
    """
    return _rendered(overview_sheet(outline, source, caption=caption, label=label), format, width)


def compare(
    outlines: Sequence[Outline], format: str, *, caption: str | None = None, label: str | None = None,
    width: str | None = None,
) -> str:  # fmt: skip
    """Models side by side, one row each, in any of FORMATS; ``width`` as of `table`.

    Raises
    ------
    UsageError : an unknown format, or no model.
    """
    if not outlines:
        raise UsageError("nothing to compare: give at least one model")
    return _rendered(comparison_sheet(outlines, caption=caption, label=label), format, width)


def differences(
    found: Comparison, format: str, *, caption: str | None = None, label: str | None = None, width: str | None = None
) -> str:
    """What differs between two models, one row a pair of parts, in any of FORMATS; ``width`` as of `table`.

    Raises
    ------
    UsageError : an unknown format.
    """
    return _rendered(difference_sheet(found, caption=caption, label=label), format, width)


def left_out(outline: Outline, width: str | None, source: LayerGraph | None = None) -> list[str]:
    """Titles of the columns that a LaTeX table of that width does without."""
    return latex.left_out(overview_sheet(outline, source), width)


def _rendered(sheet: Table, format: str, width: str | None) -> str:
    render = _renderer(format)
    if width is None:
        return render(sheet)
    if format != "latex":
        raise UsageError("a width is for tables in LaTeX; other formats take the room that there is")
    return latex.render(sheet, width)


def _renderer(name: str) -> Callable[[Table], str]:
    if name not in _RENDERERS:
        raise UsageError(f"there is no table format {quoted(name)}; there are {', '.join(FORMATS)}")
    return _RENDERERS[name]
