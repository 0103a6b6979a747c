"""What differs between two models as rows: a part of each, what changed, and what both cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blockviz.comparison.overviews import ADDED, CHANGED, REMOVED, SAME, Comparison, Row
from blockviz.outline.model import Outline, Part
from blockviz.tables.rows.overview import Row as PartRow
from blockviz.tables.rows.overview import overview_rows
from blockviz.tables.rows.table import Cell, Column, Table, sheet_of
from blockviz.text.numbers import bounded, count_text

SIGNS = {SAME: "", CHANGED: "≠", ADDED: "+", REMOVED: "−"}
COLUMNS = (
    Column("change", ""),
    Column("before", "Before"),
    Column("after", "After"),
    Column("difference", "Difference"),
    Column("params_before", "Params", number=True, amount="count", rank=3),
    Column("params_after", "Params after", number=True, amount="count", rank=4),
    Column("macs_before", "MACs", number=True, amount="count", rank=1),
    Column("macs_after", "MACs after", number=True, amount="count", rank=2),
)


def difference_sheet(found: Comparison, *, caption: str | None = None, label: str | None = None) -> Table:
    """One row a pair of parts, in order; the costs of each side sum to its model's."""
    costs = [_costs(outline) for outline in (found.before, found.after)]
    rows = [_row(row, *costs) for row in found.rows]
    totals = {"before": Cell("Total")}
    for side, known in zip(("before", "after"), costs, strict=True):
        for key in ("params", "macs"):
            totals[f"{key}_{side}"] = _sum(list(known.values()), key)
    text = caption_of(found) if caption is None else caption
    return sheet_of(COLUMNS, rows, text, label or "tab:difference", totals)


def caption_of(found: Comparison) -> str:
    """A sentence that says how much differs, and how to read the signs."""
    if found.equal:
        return f"{found.before.name} and {found.after.name} are the same architecture."
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in found.notes)
    return (
        f"{found.before.name} (before) and {found.after.name} (after), block by block: {counts_text(found)}. "
        f"≠: changed, +: only after, −: only before. One multiply-add is one MAC.{notes}"
    )


def counts_text(found: Comparison) -> str:
    """``3 changed, 1 added, 8 the same``."""
    words = ((CHANGED, "changed"), (ADDED, "added"), (REMOVED, "removed"), (SAME, "the same"))
    counts = ((sum(row.change == change for row in found.rows), word) for change, word in words)
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def part_text(part: Part) -> str:
    """``A · Bottleneck ×3``."""
    name = f"{part.letter} · {part.name}" if part.letter else part.name
    return f"{name} {part.times}".rstrip()


def words_of(row: Row) -> str:
    """What a row says: its words, or that a part came or went."""
    return "; ".join(row.words) or {ADDED: "added", REMOVED: "removed"}.get(row.change, "")


def _costs(outline: Outline) -> Mapping[str, PartRow]:
    """A layer that several parts call counts in the first of them only."""
    return {row.part.id: row for row in overview_rows(outline)}


def _row(row: Row, before: Mapping[str, PartRow], after: Mapping[str, PartRow]) -> Mapping[str, Cell]:
    cells = {"change": Cell(SIGNS[row.change], row.change), "difference": Cell(words_of(row))}
    for side, part, known in (("before", row.before, before), ("after", row.after, after)):
        if part is not None:
            cells[side] = Cell(part_text(part))
            cells |= {f"{key}_{side}": _sum([known[part.id]], key) for key in ("params", "macs")}
    return cells


def _sum(rows: list[PartRow], key: str) -> Cell:
    value = sum(getattr(row.cost, key) for row in rows)
    is_bound = any(key in row.bounds for row in rows)
    shown: Callable[[str], str] = lambda text: bounded(text, value, is_bound)  # noqa: E731
    return Cell(shown(count_text(value)) if value or is_bound else "–", shown(str(value)))
