"""Typst: a figure with a table, ready for ``#include`` or pasting."""

from __future__ import annotations

from blockviz.quoting import typst
from blockviz.tables.formats.templates import fill
from blockviz.tables.rows.table import Table


def render(sheet: Table) -> str:
    """The sheet as a captioned, labelled figure; every text is a string, so no character is markup."""
    return fill("table.typ.j2", table=context(sheet))


def context(sheet: Table) -> dict[str, object]:
    """What the template of a table needs, all texts as string literals; the widest column of words gives way."""
    sheet = sheet.compact()
    lines = sheet.texts(typst.string)
    words = [
        0 if column.number else max((len(line[i].text) for line in sheet.lines), default=0)
        for i, column in enumerate(sheet.columns)
    ]
    return {
        "widths": ", ".join("1fr" if i == words.index(max(words)) else "auto" for i in range(len(words))),
        "sides": ", ".join("right" if column.number else "left" for column in sheet.columns),
        "head": [typst.string(column.title) for column in sheet.columns],
        "rows": lines[: len(sheet.rows)],
        "totals": lines[-1] if sheet.totals else [],
        "caption": typst.string(sheet.caption),
        "anchor": f"<{sheet.label}>",
    }
