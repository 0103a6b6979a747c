"""A type's copies as a small table, a row a stage, where lists of values or marks of variants would part them."""

from __future__ import annotations

from blockviz.outline.model import Definition
from blockviz.outline.stage_rows import asks_for_table, stage_rows, tells_first_copies, varying
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width, width

_ROWS = (3, 9)  # fewer say no more than a sentence, more are no small table
_HEADS = {"squeeze-and-excitation": "SE", "expansion": "expand", "activation": "act."}
_FIRST = "two values: of the first copy, of the others"
_Row = tuple[tuple[Span, ...], ...]


def value_table(definition: Definition, theme: Theme) -> ValueTable | None:
    """The table of a type, or None where a sentence says its values as well."""
    if not asks_for_table(definition) and not definition.switches:
        return None
    made = ValueTable(definition, theme)
    return made if definition.switches or _ROWS[0] <= len(made.rows) - 1 <= _ROWS[1] else None


_AXES = {0: "L", 1: "H×W", 2: "D×H×W"}  # what a row gives as its resolution, by the signs in it


@dataclass(slots=True)
class ValueTable:
    """Neighbours at one resolution with equal values are one row: their resolution, ×N, a value for each letter."""

    definition: Definition
    theme: Theme
    rows: list[_Row] = field(init=False)
    wide: list[float] = field(init=False)
    note: str = field(init=False)

    def __post_init__(self) -> None:
        d, size = self.definition, self.theme.type.small
        found = stage_rows(d)
        gridded = any(row.grid for row in found)
        counted = any(row.count > 1 for row in found)
        axes = _AXES.get(max((row.grid.count("×") for row in found), default=0), "size")
        heads = [*([(Span(axes),)] if gridded else []), *([(Span(""),)] if counted else [])]
        names = [_HEADS.get(switch.about, switch.about) for switch in d.switches]
        self.rows = [(*heads, *map(symbol_runs, varying(d)), *map(symbol_runs, names))]
        for row in found:
            times = f"×{row.count}" if row.count > 1 else ""
            texts = [*([row.grid] if gridded else []), *([times] if counted else []), *row.cells]
            self.rows.append(tuple((Span(text),) for text in texts))
        self.wide = [max(run_width(row[column], size) for row in self.rows) for column in range(len(self.rows[0]))]
        self.note = _FIRST if tells_first_copies(found) else ""

    @property
    def _between(self) -> float:
        return self.theme.type.label * (0.8 if self.definition.switches else 1.1)

    @property
    def _columns(self) -> float:
        return sum(self.wide) + self._between * (len(self.wide) - 1)

    @property
    def width(self) -> float:
        """Room for all columns, and for what is said below them."""
        return max(self._columns, width(self.note, self.theme.type.small))

    @property
    def height(self) -> float:
        """Room for all rows, for the line under the letters, and for what is said below."""
        space, noted = self.theme.space, bool(self.note)
        return (len(self.rows) + noted) * space.line + (1 + noted) * space.near

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw it with its top left at (x, y): letters above a line, values under each other at their right ends."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        base, x = y + type_.small, x + (self.width - self._columns) / 2
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
                canvas.rule(((x, low), (x + self._columns, low)), colours.rule, type_.stroke)
                base += space.near
            base += space.line
        if self.note:
            canvas.text(x + self._columns / 2, base + space.near, self.note, type_.small, colours.muted, "middle")
