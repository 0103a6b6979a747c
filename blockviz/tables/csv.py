"""CSV: exact values, one header line of keys, one line a row, the totals last."""

from __future__ import annotations

import csv
import io

from blockviz.tables.sheet import Sheet, clean

# A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@")


def render(sheet: Sheet) -> str:
    """The sheet as CSV (RFC 4180, lines end in a bare newline); caption and label are left out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.key for column in sheet.columns)
    writer.writerows([_safe(cell.value) for cell in line] for line in sheet.lines)
    return out.getvalue()


def _safe(value: str) -> str:
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
