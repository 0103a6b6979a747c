"""A type's copies as a small table, a row a stage, where lists of values or marks of variants would part them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from blockviz.outline.model import Definition
from blockviz.outline.stage_rows import StageRow, asks_for_table, stage_rows, varying
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width

_ROWS = (3, 9)  # fewer say no more than a sentence, more are no small table
_HEADS = {"squeeze-and-excitation": "SE", "expansion": "expand", "activation": "act."}
_Row = tuple[tuple[Span, ...], ...]


def value_table(definition: Definition, theme: Theme) -> ValueTable | None:
    """The table of a type, or None where a sentence says its values as well."""
    if not asks_for_table(definition) and not definition.switches:
        return None
    made = ValueTable(definition, theme)
    return made if definition.switches or _ROWS[0] <= len(made.rows) - 1 <= _ROWS[1] else None


@dataclass(slots=True)
class ValueTable:
    """Neighbours at one resolution with equal values are one row: what they give, ×N, a value for each letter."""

    definition: Definition
    theme: Theme
    rows: list[_Row] = field(init=False)
    wide: list[float] = field(init=False)
    ends: frozenset[int] = field(init=False)  # rows behind which those of another box begin, where boxes have several

    def __post_init__(self) -> None:
        d, size = self.definition, self.theme.type.small
        found, letters = stage_rows(d), varying(d)
        names = [*letters, *(_HEADS.get(switch.about, switch.about) for switch in d.switches)]
        columns = list(zip(names, map(list, zip(*(row.cells for row in found), strict=True)), strict=True))
        times = [f"×{row.count}" if row.count > 1 else "" for row in found]
        boxes = [row.box for row in found]
        changes = [number for number, pair in enumerate(pairwise(boxes), 1) if len(set(pair)) > 1]
        self.ends = frozenset(changes if len(set(boxes)) < len(boxes) else ())
        first = _outputs(found, [cells for _, cells in columns])
        same = next((column for column in columns if column[1] == first[1]), first)
        columns = [same, ("", times), *(column for column in columns if column is not same)]
        kept = [(head, cells) for head, cells in columns if any(cells)]
        self.rows = [tuple(symbol_runs(head) if head else (Span(""),) for head, _ in kept)]
        self.rows += [tuple((Span(text),) for text in row) for row in zip(*(cells for _, cells in kept), strict=True)]
        self.wide = [max(run_width(row[column], size) for row in self.rows) for column in range(len(self.rows[0]))]

    @property
    def _between(self) -> float:
        return self.theme.type.label * (0.8 if self.definition.switches else 1.1)

    @property
    def width(self) -> float:
        """Room for all columns."""
        return sum(self.wide) + self._between * (len(self.wide) - 1)

    @property
    def height(self) -> float:
        """Room for all rows, for the line under the letters, and between boxes."""
        return len(self.rows) * self.theme.space.line + (1 + len(self.ends)) * self.theme.space.near

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw it with its top left at (x, y): letters above a line, values under each other at their right ends."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        base = y + type_.small
        for number, row in enumerate(self.rows):
            right = x
            for runs, wide in zip(row, self.wide, strict=True):
                right += wide
                if runs[0].text:
                    colour = colours.text if number else colours.muted
                    canvas.text(right, base, runs, type_.small, colour, "end")
                right += self._between
            if not number:
                low = base + space.near * 0.7
                canvas.rule(((x, low), (x + self.width, low)), colours.rule, type_.stroke)
                base += space.near
            base += space.line + space.near * (number in self.ends)


def _outputs(rows: Sequence[StageRow], columns: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """What the overview's boxes say as well: what copies give, or their resolution where rows hold several widths, or
    a column of a letter has them."""
    whole, grids = [row.output for row in rows], [row.grid for row in rows]
    told = any(whole == [f"{grid}×{cell}" for grid, cell in zip(grids, cells, strict=True)] for cells in columns)
    return "output", whole if all(whole) and not told else grids
