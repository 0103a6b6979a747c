"""Typst: a figure with a table, ready for ``#include`` or pasting."""

from __future__ import annotations

from blockviz.tables.sheet import Sheet, clean

_HEAD = "#figure(\n  caption: {caption},\n  kind: table,\n  text(size: 7pt, table(\n"
_TAIL = "  )),\n) <{label}>\n"


def render(sheet: Sheet) -> str:
    """The sheet as a captioned, labelled figure; every text is a string, so no character is markup."""
    sheet = sheet.compact()
    wide = max(range(len(sheet.columns)), key=lambda i: max((len(line[i].text) for line in sheet.lines), default=0))
    widths = ", ".join("1fr" if i == wide else "auto" for i in range(len(sheet.columns)))
    sides = ", ".join("right" if column.number else "left" for column in sheet.columns)
    lines = [
        f"    columns: ({widths},),\n    align: ({sides},),\n    stroke: none,\n    inset: (x: 3pt, y: 2.5pt),\n",
        "    table.hline(),\n",
        f"    table.header({_strings([column.title for column in sheet.columns])}),\n",
        "    table.hline(stroke: 0.5pt),\n",
        *(f"    {_strings([cell.text for cell in row])},\n" for row in sheet.rows),
    ]
    if sheet.totals:
        lines += ["    table.hline(stroke: 0.5pt),\n", f"    {_strings([cell.text for cell in sheet.totals])},\n"]
    body = "".join([*lines, "    table.hline(),\n"])
    return _HEAD.replace("{caption}", escape(sheet.caption)) + body + _TAIL.replace("{label}", sheet.label)


def escape(text: str) -> str:
    """A Typst string literal."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _strings(texts: list[str]) -> str:
    return ", ".join(map(escape, texts))
