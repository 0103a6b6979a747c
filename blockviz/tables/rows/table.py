"""A table before it has a format: columns, rows, a totals row, a caption."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from blockviz.runtime.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key (the header in CSV), its title, and whether its cells are numbers.

    amount : ``count``, ``bytes`` or ``percent`` where the exact values are such numbers; "" for others.
    rank : how soon a narrow table does without the column, 1 first; 0 never. unit : of all its cells, below its title.
    """

    key: str
    title: str
    number: bool = False
    amount: str = ""
    rank: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a reader sees, and the exact value for machines (the same text, if not given)."""

    text: str = ""
    exact: str | None = None

    @property
    def value(self) -> str:
        """The exact value."""
        return self.text if self.exact is None else self.exact


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows of as many cells, and a last row of totals; texts are plain, not yet escaped.

    notes : sentences of the caption that explain a column, by its key.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    label: str
    totals: tuple[Cell, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows and, if there is one, the totals row."""
        return (*self.rows, self.totals) if self.totals else self.rows

    def compact(self) -> Table:
        """Without the columns in which no row says anything."""
        keep = [i for i in range(len(self.columns)) if any(row[i].text not in {"", "–"} for row in self.rows)]
        return self._only(keep)

    def without(self, keys: Collection[str]) -> Table:
        """Without some columns, and what the caption says of them."""
        keep = [i for i, column in enumerate(self.columns) if column.key not in keys]
        caption = self.caption
        for key, sentence in self.notes:
            caption = caption.replace(f" {sentence}", "") if key in keys else caption
        return replace(self._only(keep), caption=caption)

    def _only(self, keep: Sequence[int]) -> Table:
        return replace(
            self,
            columns=tuple(self.columns[i] for i in keep),
            rows=tuple(tuple(row[i] for i in keep) for row in self.rows),
            totals=tuple(self.totals[i] for i in keep) if self.totals else (),
        )

    def texts(self, escape: Callable[[str], str]) -> list[list[str]]:
        """Escaped texts of all lines."""
        return [[escape(cell.text) for cell in line] for line in self.lines]


def sheet_of(
    columns: Iterable[Column], rows: Iterable[Mapping[str, Cell]], caption: str, label: str,
    totals: Mapping[str, Cell] | None = None, notes: Iterable[tuple[str, str]] = (),
) -> Table:  # fmt: skip
    """A sheet from rows as mappings of column key → cell; a missing key is an empty cell.

    The label keeps only what every format takes in a label.
    """
    names = tuple(columns)

    def line(row: Mapping[str, Cell]) -> tuple[Cell, ...]:
        return tuple(row.get(column.key, Cell()) for column in names)

    safe = "".join(char if char.isascii() and (char.isalnum() or char in ":._-") else "-" for char in label)
    return Table(names, tuple(map(line, rows)), caption, safe, line(totals) if totals else (), tuple(notes))


def slug(text: str) -> str:
    """A label that every format takes: letters, digits and hyphens of ASCII."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "".join(char if char.isalnum() else " " for char in plain.lower()).split()
    return "-".join(words) or "model"
