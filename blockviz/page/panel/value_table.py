"""The values of a type's parameters as a small table, a row a stage, where a list for each letter would part them."""

from __future__ import annotations

from itertools import groupby

from blockviz.outline.model import Definition
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width

_LETTERS, _LONG = 3, 4  # so many letters, or two of which one takes so many values
_ROWS = (3, 9)  # fewer say no more than a sentence, more are no small table
_Row = tuple[tuple[Span, ...], ...]


def varying(definition: Definition) -> list[str]:
    """The letters that take several values, in order of first use."""
    return [symbol for symbol, values in definition.parameters.items() if len(values) > 1]


def value_table(definition: Definition, theme: Theme) -> ValueTable | None:
    """The table of a type, or None where a sentence says its values as well."""
    letters = varying(definition)
    longest = max((len(definition.parameters[letter]) for letter in letters), default=0)
    if not (len(letters) >= _LETTERS or (len(letters) == _LETTERS - 1 and longest >= _LONG)):
        return None
    made = ValueTable(definition, theme)
    return made if _ROWS[0] <= len(made.rows) - 1 <= _ROWS[1] else None


@dataclass(slots=True)
class ValueTable:
    """Neighbours at one resolution with equal values are one row: their resolution, ×N, a value for each letter."""

    definition: Definition
    theme: Theme
    rows: list[_Row] = field(init=False)
    wide: list[float] = field(init=False)

    def __post_init__(self) -> None:
        d, size = self.definition, self.theme.type.small
        letters = varying(d)
        found = [
            (_grid(one.output_shape), tuple(one.values.get(letter, "–") for letter in letters)) for one in d.instances
        ]
        runs = [(key, len(list(copies))) for key, copies in groupby(found)]
        gridded = any(grid for (grid, _), _ in runs)
        counted = any(count > 1 for _, count in runs)
        heads = [*([(Span("H×W"),)] if gridded else []), *([(Span(""),)] if counted else [])]
        self.rows = [(*heads, *(symbol_runs(letter) for letter in letters))]
        for (grid, values), count in runs:
            times = f"×{count}" if count > 1 else ""
            texts = [*([grid] if gridded else []), *([times] if counted else []), *values]
            self.rows.append(tuple((Span(text),) for text in texts))
        self.wide = [max(run_width(row[column], size) for row in self.rows) for column in range(len(self.rows[0]))]

    @property
    def _between(self) -> float:
        return self.theme.type.label * 1.1

    @property
    def width(self) -> float:
        """Room for all columns."""
        return sum(self.wide) + self._between * (len(self.wide) - 1)

    @property
    def height(self) -> float:
        """Room for all rows, and for the line under the letters."""
        return len(self.rows) * self.theme.space.line + self.theme.space.near

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
            base += space.line


def _grid(shape: tuple[object, ...]) -> str:
    """``56×56`` of a feature map; "" where there is none, or it is not known."""
    sizes = shape[1:-1]
    return "×".join(map(str, sizes)) if sizes and None not in sizes else ""
