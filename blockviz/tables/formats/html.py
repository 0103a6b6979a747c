"""HTML: one self-contained file, styled for light and dark, without scripts or outside links."""

from __future__ import annotations

from blockviz.quoting import visible
from blockviz.tables.formats.templates import fill
from blockviz.tables.rows.table import Table


def render(sheet: Table) -> str:
    """The sheet as a page of its own."""
    return fill("table.html.j2", **context(sheet), title=visible(sheet.caption.partition(".")[0]))


def context(sheet: Table) -> dict[str, object]:
    """What the template of a table needs; the template escapes."""
    sheet = sheet.compact()
    lines = sheet.texts(visible)
    return {
        "head": [column.title for column in sheet.columns],
        "sides": ["number" if column.number else "words" for column in sheet.columns],
        "rows": lines[: len(sheet.rows)],
        "totals": lines[-1] if sheet.totals else [],
        "caption": visible(sheet.caption),
        "label": sheet.label.replace(":", "-"),
    }
