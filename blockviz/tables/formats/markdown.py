"""Markdown as GitHub and pandoc read it: a pipe table below its caption."""

from __future__ import annotations

from blockviz.quoting import markdown
from blockviz.tables.rows.table import Table


def render(sheet: Table) -> str:
    """The sheet as a pipe table, numbers aligned right, the totals in bold."""
    sheet = sheet.compact()
    lines = sheet.texts(markdown.text)
    if sheet.totals:
        lines[-1] = [f"**{text}**" if text else "" for text in lines[-1]]
    head = [markdown.text(column.title) for column in sheet.columns]
    rule = ["---:" if column.number else ":---" for column in sheet.columns]
    drawn = [f"| {' | '.join(line)} |" for line in (head, rule, *lines)]
    return "\n".join([markdown.text(sheet.caption), "", *drawn, ""])
