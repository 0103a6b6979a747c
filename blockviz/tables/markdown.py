"""Markdown as GitHub and pandoc read it: a pipe table below its caption."""

from __future__ import annotations

import re

from blockviz.tables.sheet import Sheet, clean

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!^])")


def render(sheet: Sheet) -> str:
    """The sheet as a pipe table, numbers aligned right, the totals in bold."""
    sheet = sheet.compact()
    lines = sheet.texts(escape)
    if sheet.totals:
        lines[-1] = [f"**{text}**" if text else "" for text in lines[-1]]
    head = [escape(column.title) for column in sheet.columns]
    rule = ["---:" if column.number else ":---" for column in sheet.columns]
    return "\n".join([escape(sheet.caption), "", *(f"| {' | '.join(line)} |" for line in (head, rule, *lines)), ""])


def escape(text: str) -> str:
    """Plain text such that no character means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", clean(text))
