"""Numbers of a column in one unit and with as many decimals, so that right-aligned they are aligned at the point."""

from __future__ import annotations

from blockviz.runtime.records import replace
from blockviz.tables.rows.table import Cell, Column, Table

_UNITS = {
    "count": ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"), (1, "")),
    "bytes": ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")),
    "percent": ((1, ""),),
}
_BOUND = "≥ "


def in_one_unit(table: Table) -> Table:
    """The table with every column of amounts in the unit of its largest value, which stands below the title."""
    columns, cells = [], []
    for index, column in enumerate(table.columns):
        found = [line[index] for line in table.lines]
        if column.amount:
            column, found = _column(column, found)
        columns.append(column)
        cells.append(found)
    lines = tuple(zip(*cells, strict=True)) if cells else ()
    rows = lines[: len(table.rows)]
    return replace(table, columns=tuple(columns), rows=rows, totals=lines[-1] if table.totals else ())


def _column(column: Column, cells: list[Cell]) -> tuple[Column, list[Cell]]:
    values = [value for cell in cells if (value := _value(cell)) is not None]
    largest = max(values, default=0.0)
    size, unit = next((one for one in _UNITS[column.amount] if largest >= one[0] * 0.9995), (1, ""))
    decimals = 1 if column.amount == "percent" else 0 if size == 1 else 2 if largest / size < 99.95 else 1
    return replace(column, unit=unit), [_shown(cell, size, decimals) for cell in cells]


def _value(cell: Cell) -> float | None:
    """The exact number of a cell; None where it says nothing, or that nobody knows."""
    text = cell.value.removeprefix(_BOUND)
    return float(text) if text.replace(".", "", 1).isdecimal() else None


def _shown(cell: Cell, size: int, decimals: int) -> Cell:
    value = _value(cell)
    if value is None or not value:
        return cell
    text = f"{value / size:.{decimals}f}"
    least = f"{10**-decimals:.{decimals}f}"
    if float(text) == 0.0:
        text = f"<{least}"
    return replace(cell, text=_BOUND + text if cell.value.startswith(_BOUND) else text, exact=cell.value)
