"""A table for the terminal."""

from __future__ import annotations

from io import StringIO

from blockviz.quoting import terminal
from blockviz.tables.rows.table import Table

_WIDE = 10_000


def render(sheet: Table) -> str:
    """The sheet as plain text in columns, drawn by rich, without colour codes and as wide as it needs."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    sheet = sheet.compact()
    grid = Table(box=SIMPLE_HEAD, show_footer=bool(sheet.totals), pad_edge=False)
    for index, column in enumerate(sheet.columns):
        foot = Text(terminal.line(sheet.totals[index].text)) if sheet.totals else Text()
        grid.add_column(Text(column.title), foot, justify="right" if column.number else "left", no_wrap=True)
    for row in sheet.rows:
        grid.add_row(*(Text(terminal.line(cell.text)) for cell in row))
    out = StringIO()
    console = Console(file=out, width=_WIDE, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(grid)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join([*lines, terminal.line(sheet.caption), ""])
