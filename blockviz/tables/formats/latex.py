r"""LaTeX: a ``table`` float with booktabs and tabularx, as wide as a column or as the text.

Letters are measured in the metrics of Arimo, which no roman type of the common classes exceeds at its size. What a
column of text can't hold in type of 7 points does without columns, the least telling ones first.
"""

from __future__ import annotations

import re
from itertools import product

from blockviz.errors import PageError
from blockviz.quoting import latex
from blockviz.runtime.lengths import parse_length
from blockviz.runtime.records import dataclass
from blockviz.tables.formats.templates import fill
from blockviz.tables.rows.one_unit import in_one_unit
from blockviz.tables.rows.table import Column, Table
from blockviz.text.font_metrics import width

_COLUMN, _TEXT = 229.0, 345.0  # points: the narrowest column of text, and the narrowest text, of the common classes
_MACROS = {r"\columnwidth": _COLUMN, r"\linewidth": _COLUMN, r"\textwidth": _TEXT}
_SIZES = (8.0, 7.0)  # said in points, since what ``\\footnotesize`` is differs from class to class
_MANY = 34  # rows from which on type is small, so that a page holds them
_LONGEST = 8.5  # em: what is longer than a word has to be is no reason to leave out columns
_PIECES = re.compile(r"[^\s-]+-?")  # what TeX never breaks
_PADS = (4.0, 2.5)  # at each side of a column
_WIDE = 260.0  # points: from here on a float goes over both columns
_BOLD = 1.12  # how much wider than Arimo's the bold of Computer Modern is
_SMALL = 1.13  # how much wider than Arimo's its type of 7 points is
_SIGNS, _SIGN = "×<>≥≤+−≠∥", 0.25  # signs, and what they take more there, in em
_SPARE = 0.965  # of the width: what rounding may take


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table meets its width: size of type, half the space between columns, and the specification of columns."""

    table: Table
    size: float
    pad: float
    sides: str


def render(sheet: Table, room: str | None = None) -> str:
    r"""The float; it needs the packages booktabs, tabularx and textcomp in the preamble, as its first line says.

    room : a length, ``\columnwidth`` or ``\textwidth``; without it the table is as wide as a column of text if that
    holds all of its columns, else as the text, in a ``table*``.

    Raises
    ------
    PageError : not even the columns that matter fit; the sentence says how wide they are.
    """
    found, wide = _fitting(sheet, room)
    return fill(
        "table.tex.j2",
        **_values(found),
        float="table*" if wide else "table",
        room=_room_text(room, wide),
        left_out=[latex.text(column.title) for column in _left_out(sheet, found.table)],
    )


def context(sheet: Table) -> dict[str, object]:
    """What the template of a table needs in a document whose text is 170 mm wide."""
    return {**_values(_widest(in_one_unit(sheet.compact()), parse_length("170mm"))), "room": r"\textwidth"}


def left_out(sheet: Table, room: str | None = None) -> list[str]:
    """Titles of the columns that the table does without at that width."""
    return [column.title for column in _left_out(sheet, _fitting(sheet, room)[0].table)]


def _left_out(sheet: Table, shown: Table) -> list[Column]:
    keys = {column.key for column in shown.columns}
    return [column for column in sheet.compact().columns if column.key not in keys]


def _fitting(sheet: Table, room: str | None) -> tuple[Layout, bool]:
    """The layout, and whether it goes over both columns."""
    whole = in_one_unit(sheet.compact())
    if room is None:
        found = _layout(whole, _COLUMN) if _need(whole) <= _COLUMN else None
        if found is not None and len(found.table.columns) == len(whole.columns):
            return found, False
        return _widest(whole, _TEXT), True
    macro = room if room.startswith("\\") else f"\\{room}"
    points = _MACROS[macro] if macro in _MACROS else parse_length(room)
    return _layout(whole, points), macro == r"\textwidth" or points > _WIDE


def _room_text(room: str | None, wide: bool) -> str:
    if room is None:
        return r"\textwidth" if wide else r"\columnwidth"
    macro = room if room.startswith("\\") else f"\\{room}"
    return macro if macro in _MACROS else f"{parse_length(room):.2f}bp"


def _layout(table: Table, points: float) -> Layout:
    """The largest type and the most columns that a width holds."""
    ranks = sorted(column.rank for column in table.columns if column.rank)
    for dropped in range(len(ranks) + 1):
        few = table.without({column.key for column in table.columns if column.rank in ranks[:dropped]})
        for whole, size, pad in product((True, False), _SIZES[len(table.lines) > _MANY :], _PADS):
            sides = _sides(few, size, points * _SPARE - 2 * pad * (len(few.columns) - 1), whole)
            if sides:
                return Layout(few, size, pad, sides)
    mm = _need(few) / 72 * 25.4
    raise PageError(f"the table needs {mm:.0f} mm in type of 7 pt; give it a larger --width")


def _widest(table: Table, points: float) -> Layout:
    """The layout where nobody asked for a width: it may reach into the margin, but is always there."""
    return _layout(table, max(points, _need(table) + 1))


def _need(table: Table) -> float:
    """The least width that holds the columns which no table does without."""
    few = table.without({column.key for column in table.columns if column.rank})
    room = sum(_least(few, i, _SIZES[-1]) for i in range(len(few.columns))) + 2 * _PADS[-1] * (len(few.columns) - 1)
    return room / _SPARE


def _sides(table: Table, size: float, room: float, whole: bool) -> str:
    """Specification of the columns: numbers right, words left; the widest words wrap and share what is left.

    whole : no words wrap, the widest column takes what is left. Empty where the columns don't fit.
    """
    full = [_full(table, i, size) for i in range(len(table.columns))]
    words = sorted((i for i, column in enumerate(table.columns) if not column.number), key=lambda i: -full[i])
    for count in range(1, 2 if whole else len(words) + 1):
        wrapped = words[:count]
        left = room - sum(wide for i, wide in enumerate(full) if i not in wrapped)
        least = {i: full[i] if whole else _least(table, i, size) for i in wrapped}
        if sum(least.values()) <= left:
            return "".join(
                _wrapping(_shares(least, {i: full[i] for i in wrapped}, left)[i]) if i in wrapped
                else "r" if column.number else "l"
                for i, column in enumerate(table.columns)
            )  # fmt: skip
    return ""


def _shares(least: dict[int, float], full: dict[int, float], room: float) -> dict[int, float]:
    """How much of the mean each wrapping column gets: its longest word, and of the rest by what it has to say."""
    rest = room - sum(least.values())
    asked = {i: max(full[i] - least[i], 0.01) for i in least}
    mean = room / len(least)
    return {i: (least[i] + rest * asked[i] / sum(asked.values())) / mean for i in least}


def _wrapping(share: float) -> str:
    return rf">{{\hsize={share:.3f}\hsize\raggedright\arraybackslash}}X"


def _texts(table: Table, index: int) -> list[tuple[str, bool]]:
    column = table.columns[index]
    texts = [(column.title, False), (f"({column.unit})" if column.unit else "", False)]
    texts += [(row[index].text, False) for row in table.rows]
    return texts + ([(table.totals[index].text, True)] if table.totals else [])


def _full(table: Table, index: int, size: float) -> float:
    return max(_wide(text, size, bold) for text, bold in _texts(table, index))


def _least(table: Table, index: int, size: float) -> float:
    """The longest piece that is never broken; numbers are whole."""
    if table.columns[index].number:
        return _full(table, index, size)
    words = (_wide(word, size, bold) for text, bold in _texts(table, index) for word in _PIECES.findall(text))
    return min(max(words, default=0.0), _LONGEST * size)


def _wide(text: str, size: float, bold: bool) -> float:
    """Room for a text in whatever roman type: signs are those of mathematics, small type is cut wider."""
    letters = width(text, size, bold) * (_BOLD if bold else 1.0) * (_SMALL if size <= 7 else 1.0)
    return letters + sum(map(text.count, _SIGNS)) * _SIGN * size


def _values(found: Layout) -> dict[str, object]:
    """What the template of a table needs, all texts escaped."""
    table = found.table
    lines = table.texts(latex.text)
    units = [f"({latex.text(column.unit)})" if column.unit else "" for column in table.columns]
    return {
        "size": f"{found.size:g}",
        "lead": f"{found.size * 1.2:g}",
        "pad": f"{found.pad:g}",
        "sides": found.sides,
        "head": [latex.text(column.title) for column in table.columns],
        "units": units if any(units) else [],
        "rows": lines[: len(table.rows)],
        "totals": lines[-1] if table.totals else [],
        "caption": latex.text(table.caption),
        "label": table.label,
    }


__all__ = ["context", "left_out", "render"]
