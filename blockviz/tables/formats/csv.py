"""CSV: exact values, one header line of keys, one line a row, the totals last."""

from __future__ import annotations

import csv
import io

from blockviz.quoting import csv as quoting
from blockviz.tables.rows.table import Table


def render(sheet: Table) -> str:
    """The sheet as CSV (RFC 4180, lines end in a bare newline); caption and label are left out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.key for column in sheet.columns)
    writer.writerows([quoting.cell(cell.value) for cell in line] for line in sheet.lines)
    return out.getvalue()
