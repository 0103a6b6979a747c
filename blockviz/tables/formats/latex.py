"""LaTeX: a ``table`` float with booktabs and tabularx, as wide as the text."""

from __future__ import annotations

from blockviz.quoting import latex
from blockviz.tables.formats.templates import fill
from blockviz.tables.rows.table import Table

# Letters of a line in the narrowest common text width (345 pt), less the space between ten columns.
_FOOTNOTE_LETTERS = 72
# Words of up to _SHORT letters stay on a line; from _LONGEST on a column gets no wider.
_SHORT, _LONGEST = 24, 48


def render(sheet: Table) -> str:
    """The float; it needs the packages booktabs, tabularx and textcomp in the preamble, as its first line says."""
    return fill("table.tex.j2", **context(sheet))


def context(sheet: Table) -> dict[str, object]:
    """What the template of a table needs, all texts escaped."""
    sheet = sheet.compact()
    longest = [
        max([len(column.title), *(len(line[i].text) for line in sheet.lines)]) for i, column in enumerate(sheet.columns)
    ]
    lines = sheet.texts(latex.text)
    return {
        "size": "footnotesize" if sum(longest) <= _FOOTNOTE_LETTERS else "scriptsize",
        "sides": _sides(sheet, longest),
        "head": [latex.text(column.title) for column in sheet.columns],
        "rows": lines[: len(sheet.rows)],
        "totals": lines[-1] if sheet.totals else [],
        "caption": latex.text(sheet.caption),
        "label": sheet.label,
    }


def _sides(sheet: Table, longest: list[int]) -> str:
    """Column types: numbers right; short words left; long ones wrap and share what is left of the text's width."""
    words = {i: size for i, (column, size) in enumerate(zip(sheet.columns, longest, strict=True)) if not column.number}
    wrapped = {i: min(size, _LONGEST) for i, size in words.items() if size > _SHORT or size == max(words.values())}
    mean = sum(wrapped.values()) / max(len(wrapped), 1)
    wrap = r">{\hsize=%.2f\hsize\raggedright\arraybackslash}X"
    return "".join(
        wrap % (wrapped[i] / mean) if i in wrapped else "r" if column.number else "l"
        for i, column in enumerate(sheet.columns)
    )
