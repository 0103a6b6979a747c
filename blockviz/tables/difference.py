"""`blockviz diff`: as lines for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blockviz.comparison.overviews import ADDED, CHANGED, REMOVED, SAME, Comparison
from blockviz.costs.cost import Cost
from blockviz.outline.model import Outline, Part
from blockviz.tables.inspect import part_entry, totals_entry
from blockviz.tables.rows.difference import counts_text, part_text, words_of
from blockviz.tables.rows.overview import overview_rows
from blockviz.text.numbers import bounded, range_text

SCHEMA = 1
_SIGNS = {SAME: " ", CHANGED: "~", ADDED: "+", REMOVED: "-"}


def difference_lines(found: Comparison) -> Iterator[str]:
    """Totals before and after, then a line a part; below what changed, in what and at which cost."""
    before, after = found.before, found.after
    yield f"{before.name} → {after.name}: {counts_text(found) if not found.equal else 'the same architecture'}"
    for word, key in (("parameters", "params"), ("MACs", "macs")):
        yield f"  {word}: {_change(_amount(before.cost, key), _amount(after.cost, key))}"
    yield f"  layers: {_change(f'{before.layers:,}', f'{after.layers:,}')}"
    costs = [{row.part.id: row.cost for row in overview_rows(outline)} for outline in (before, after)]
    for row in found.rows:
        yield f"{_SIGNS[row.change]} {_pair(row.before, row.after)}"
        if row.words:
            yield f"      {words_of(row)}"
        if row.change == CHANGED and row.before and row.after:
            old, new = (_amount(known[part.id], "params") for known, part in zip(costs, (row.before, row.after),
                                                                                 strict=True))  # fmt: skip
            if old != new:
                yield f"      parameters: {old} → {new}"
    yield from (f"! {note}" for note in found.notes)


def _change(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _pair(one: Part | None, other: Part | None) -> str:
    texts = [f"{part_text(part)}  → {range_text(part.output_shapes)}" for part in (one, other) if part is not None]
    return "   |   ".join(dict.fromkeys(texts))


def _amount(cost: Cost, key: str) -> str:
    value = getattr(cost, key)
    return bounded(f"{value:,}", value, key in cost.bounds)


def difference_json(found: Comparison) -> dict[str, Any]:
    """The document of `blockviz diff --format json` (schema 1); parts are those of `blockviz inspect --json`."""
    return {
        "schema": SCHEMA,
        "equal": found.equal,
        "before": _side(found.before),
        "after": _side(found.after),
        "rows": [
            {
                "change": row.change,
                "before": part_entry(row.before) if row.before else None,
                "after": part_entry(row.after) if row.after else None,
                "words": list(row.words),
            }
            for row in found.rows
        ],
        "notes": list(found.notes),
    }


def _side(outline: Outline) -> dict[str, Any]:
    return totals_entry(outline)
