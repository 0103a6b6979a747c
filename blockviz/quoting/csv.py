"""CSV: commas, quotation marks and line breaks are the csv module's; what spreadsheets do with a cell is ours."""

from __future__ import annotations

from blockviz.quoting.visible import visible

# A spreadsheet takes a cell that begins with one of these for a formula, some also their wide forms.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """A cell's text; an apostrophe before a formula makes it text."""
    shown = visible(text).strip()
    return f"'{shown}" if shown.startswith(FORMULA) else shown
