"""A definition panel: letter, name, what it costs, and its inside drawn once; variants beside it or in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from blockviz.outline.model import Definition, Variant
from blockviz.outline.stage_rows import varying
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.variant_mark import variant_name
from blockviz.page.panel.body_faces import Mode
from blockviz.page.panel.diagram import ACROSS, CLOSE, MODES, TIGHTEST, Diagram
from blockviz.page.panel.drawings import drawings_of
from blockviz.page.panel.value_table import ValueTable, value_table
from blockviz.page.panel.words import PanelWords
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Frame, Span
from blockviz.text.font_metrics import width, wrap

_LONGEST = 1.9  # an arrow is at most so many times longer than usual


@dataclass(frozen=True, slots=True)
class Fit:
    """A mode for all diagrams of a panel, which of them stand in which row, and what they need."""

    mode: Mode
    rows: tuple[tuple[int, ...], ...]
    widths: tuple[float, ...]
    heights: tuple[float, ...]


@dataclass(slots=True)
class Panel:
    """One definition with its header, diagram, and variants."""

    definition: Definition
    context: FigureFacts
    theme: Theme
    with_variants: bool = True
    compact: bool = False
    dense: bool = False
    wrapped: bool = False
    across: bool = False
    tables: bool = True
    diagrams: list[Diagram] = field(init=False)
    drawn: list[Variant] = field(init=False)
    words: PanelWords = field(init=False)
    table: ValueTable | None = field(init=False)
    _fits: dict[tuple[float, float], Fit | None] = field(default_factory=dict)
    _heights: dict[tuple[float, float], float | None] = field(default_factory=dict)
    _laid: dict[float, list[tuple[float, Fit]]] = field(default_factory=dict)
    _comfort: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lettered = self.tables and not self.across and len(varying(self.definition)) > 1
        told = bool(self.definition.switches) or not (self.dense or self.across) or lettered
        self.table = value_table(self.definition, self.theme) if told else None
        packed = self.compact and self.dense
        self._read(packed and not self.across)
        if packed and self.across and not self._lies():  # upright after all
            self._read(True)

    def _read(self, merged: bool) -> None:
        """Make the diagrams; ``merged`` : with equal units in a row as one box."""
        d = self.definition
        wrapped = self.wrapped and not self.across
        found = drawings_of(d, self.context, self.theme, self.with_variants, self.compact, wrapped, merged)
        self.drawn, self.diagrams = found.drawn, found.diagrams
        self.words = PanelWords(
            d, self.theme, found.drawn, switched=found.switch is not None, continued=found.continued,
            tabled=self.table is not None,
        )  # fmt: skip

    @property
    def pad(self) -> float:
        """Room inside the frame."""
        return self.theme.space.pad

    @property
    def gap(self) -> float:
        """Room for an arrow between two boxes."""
        return self.theme.type.label * (0.72 if self._modes is ACROSS else 0.8 if self.dense else 1.08)

    def _lies(self) -> bool:
        return all(diagram.may_lie() for diagram in self.diagrams)

    @property
    def _modes(self) -> tuple[Mode, ...]:
        """What may be tried, the calmest first."""
        if self.across and self._lies():
            return ACROSS
        return (*MODES, *([CLOSE] if self.dense else []), *([TIGHTEST] if self.compact else []))

    @property
    def _narrow_modes(self) -> tuple[Mode, ...]:
        """Those of the modes that need least width."""
        return self._modes if self._modes is ACROSS else self._modes[1:]

    @property
    def _between(self) -> float:
        return self.theme.space.gap

    # Measuring

    def least_width(self) -> float:
        """The narrowest panel."""
        if "least" not in self._comfort:
            fits = [self._in_mode(mode, rows, self.gap) for mode in self._narrow_modes for rows in self._row_choices()]
            drawn = min(self._inner_width(fit) for fit in fits)
            self._comfort["least"] = max(drawn + 2 * self.pad, self._least_room())
        return self._comfort["least"]

    def least_height(self) -> float:
        """A height below which the panel does not come at any width; it costs no layout."""
        return max(diagram.least_height(self.gap, self._modes[0]) for diagram in self.diagrams)

    def least_breadth(self) -> float:
        """A width below which the panel does not come at any height; it costs no layout."""
        return max(diagram.least_breadth() for diagram in self.diagrams) if self._modes is not ACROSS else 0.0

    def comfortable_width(self) -> float:
        """The width at which every box has its label on one line and all boxes are equally wide."""
        if "width" not in self._comfort:
            fit = self._in_mode(self._modes[0], self._row_choices()[0], self.gap)
            self._comfort["width"] = max(self._inner_width(fit) + 2 * self.pad, self._header_width())
        return self._comfort["width"]

    def _header_width(self, broken: bool = False) -> float:
        """Room for badge, name and count, which is ``broken`` where width is dear."""
        key = "broken header" if broken else "header"
        if key not in self._comfort:
            self._comfort[key] = self.words.header_width(broken)
        return self._comfort[key]

    def _least_room(self) -> float:
        """Room for the header, and for the table."""
        table = self.table.width + 2 * self.pad if self.table else 0.0
        return max(self._header_width(self.dense), table)

    def measure(self, room: float, gap: float | None = None) -> float | None:
        """Height of the panel at a width, or None where it does not fit."""
        key = (round(room, 2), round(gap or self.gap, 3))
        if key not in self._heights:
            self._heights[key] = self._measured(room, gap or self.gap)
        return self._heights[key]

    def _measured(self, room: float, gap: float) -> float | None:
        fit = self._fit(room, gap)
        if fit is None or room < self._least_room() - 0.01:
            return None
        return self.words.top(room) + self._inside_height(fit, room) + self._bottom(fit, room)

    def _inside_height(self, fit: Fit, room: float) -> float:
        """Diagrams and table, which stands beside them where it has room there."""
        tall = self._diagrams_height(fit, self._diagram_room(fit, room))
        if self.table is None:
            return tall
        if self._is_beside(fit, room):
            return max(tall, self.table.height)
        return tall + self.theme.space.wide + self.table.height

    def _bottom(self, fit: Fit, room: float) -> float:
        """What stands below; an arrow out of a drawing that lies, or that has a table below it, needs no room there."""
        tabled = self.table is not None and not self._is_beside(fit, room)
        return self.words.bottom(room, fit.mode.across or tabled)

    def _is_beside(self, fit: Fit, room: float) -> bool:
        spare = room - 2 * self.pad - self._inner_width(fit)
        return self.table is not None and spare >= self.table.width + self.theme.space.row

    def _diagram_room(self, fit: Fit, room: float) -> float:
        """What a table beside them leaves to the diagrams."""
        beside = self.table.width + self.theme.space.row if self.table and self._is_beside(fit, room) else 0.0
        return room - beside

    def _diagrams_height(self, fit: Fit, room: float) -> float:
        """All rows of diagrams with the heads above them; the arrow out of the last row belongs to the bottom."""
        heads = self._head_lines(fit, room)
        total = 2 * (len(fit.rows) - 1) * self.theme.space.gap
        for row in fit.rows:
            total += max(fit.heights[i] for i in row) + (
                max(len(heads[i]) for i in row) * self.theme.space.line if heads else 0.0
            )
        return total

    def most_height(self, room: float) -> float:
        """Height with arrows as long as they may get."""
        return self.measure(room, self.gap * _LONGEST) or self.measure(room) or 0.0

    def _fit(self, room: float, gap: float) -> Fit | None:
        key = (round(room, 2), round(gap, 3))
        if key not in self._fits:
            inner = room - 2 * self.pad + 0.01
            self._fits[key] = next((fit for wide, fit in self._ways(key[1], gap) if wide <= inner), None)
        return self._fits[key]

    def _ways(self, key: float, gap: float) -> Iterator[tuple[float, Fit]]:
        """The diagrams in all modes with the width that they need, the calmest first; each is laid out once."""
        known = self._laid.setdefault(key, [])
        yield from known
        for mode, rows in islice(((m, r) for r in self._row_choices() for m in self._modes), len(known), None):
            fit = self._in_mode(mode, rows, gap)
            known.append((self._inner_width(fit), fit))
            yield known[-1]

    def _row_choices(self) -> list[tuple[tuple[int, ...], ...]]:
        """All diagrams side by side, or the variants below the main form; each in a row of its own where they lie.

        A column that continues the left one stands beside it.
        """
        every = tuple(range(len(self.diagrams)))
        if self._modes is ACROSS:
            return [tuple((number,) for number in every)]
        return [(every,)] if len(every) == 1 or self.words.continued else [(every,), (every[:1], every[1:])]

    def _inner_width(self, fit: Fit) -> float:
        return max(sum(fit.widths[i] for i in row) + self._between * (len(row) - 1) for row in fit.rows)

    def _in_mode(self, mode: Mode, rows: tuple[tuple[int, ...], ...], gap: float) -> Fit:
        extents = [diagram.extent(mode, gap) for diagram in self.diagrams]
        return Fit(mode, rows, tuple(extent.width for extent in extents), tuple(extent.height for extent in extents))

    def _head_lines(self, fit: Fit, room: float) -> list[list[str]]:
        """What stands above each diagram; nothing where only one form is drawn."""
        if not self.drawn:
            return []
        d, size = self.definition, self.theme.type.small
        main = d.count - sum(variant.count for variant in d.variants)
        words = [f"({main}×)", *(v.words() for v in self.drawn)]
        slots = self._slots(fit, room)
        return [wrap(f"{self._form_name(i)} {text}", size, slots[i] - size)[:5] for i, text in enumerate(words)]

    def _form_name(self, number: int) -> str:
        """The letter of the main form, or of a variant that is drawn beside it."""
        kind = self.definition.variants.index(self.drawn[number - 1]) if number else None
        return variant_name(self.definition.letter, kind)

    def _slots(self, fit: Fit, room: float) -> dict[int, float]:
        """The share of the width that each diagram gets in its row."""
        out: dict[int, float] = {}
        for row in fit.rows:
            spare = room - 2 * self.pad - sum(fit.widths[i] for i in row)
            out |= {i: fit.widths[i] + spare / len(row) for i in row}
        return out

    # Drawing

    def draw(self, room: float, height: float, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw at a width, arrows stretched so that the panel is ``height`` tall."""
        gap = self._widened(room) if self._modes is ACROSS else self._stretched(room, height)
        canvas = Canvas(room, height, shown=shown)
        _, frame = self.theme.hue(self.definition.letter)
        canvas.rect(0, 0, room, height, self.theme.colours.panel, frame, self.theme.type.firm, 3.0)
        canvas.groups.append(Frame(self.definition.letter, self.definition.name, 0, 0, room, height))
        self.words.draw_header(canvas, room)
        fit = self._fit(room, gap) or self._in_mode(self._modes[-1], self._row_choices()[-1], gap)
        inside = self._inside_height(fit, room)
        used = self.words.top(room) + inside + self._bottom(fit, room)
        spare = max(0.0, height - used)
        self._rows(canvas, fit, self._diagram_room(fit, room), self.words.top(room) + spare / 2, gap)
        if self.table is not None:
            top, lower = self.words.top(room) + spare / 2, inside - self.table.height
            beside = self._is_beside(fit, room)
            left = room - self.pad - self.table.width if beside else (room - self.table.width) / 2
            self.table.draw(canvas, left, top + (lower / 2 if beside else lower))
        self.words.draw_notes(canvas, room, height)
        return canvas

    def _rows(self, canvas: Canvas, fit: Fit, room: float, top: float, gap: float) -> None:
        """The diagrams, row by row, each under its head."""
        heads, slots, line = self._head_lines(fit, room), self._slots(fit, room), self.theme.space.line
        for row in fit.rows:
            x = self.pad
            shift = max(len(heads[i]) for i in row) * line if heads else 0.0
            for i in row:
                if heads:
                    self._variant_head(canvas, heads[i], self._form_name(i), x + slots[i] / 2, top)
                self.diagrams[i].draw(canvas, fit.mode, gap, x, top + shift, slots[i])
                x += slots[i]
            top += shift + max(fit.heights[i] for i in row) + 2 * self.theme.space.gap

    def _stretched(self, room: float, height: float) -> float:
        """The gap that makes the panel ``height`` tall; at most twice the usual one."""
        low, high = self.gap, self.gap * _LONGEST
        at_low, at_high = self.measure(room, low), self.measure(room, high)
        if at_low is None or at_high is None or at_high - at_low < 0.1 or height <= at_low:
            return low
        return min(high, low + (high - low) * (height - at_low) / (at_high - at_low))

    def _widened(self, room: float) -> float:
        """The gap that lets a body that lies fill its width, up to what an arrow may measure."""
        tight, space = self._fit(room, self.gap), room - 2 * self.pad
        if tight is None:
            return self.gap
        steps = [self.gap * (1 + (_LONGEST - 1) * part / 6) for part in range(6, 0, -1)]
        wider = (gap for gap in steps if self._inner_width(self._in_mode(tight.mode, tight.rows, gap)) <= space)
        return next(wider, self.gap)

    def _variant_head(self, canvas: Canvas, lines: Sequence[str], name: str, x: float, y: float) -> None:
        """The name of a form as in the overview, and which copies have it."""
        small, colour = self.theme.type.small, self.theme.colours.text
        start = x - max(width(line, small) for line in lines) / 2
        for number, line in enumerate(lines):
            runs = (Span(name, bold=True), Span(line.removeprefix(name))) if number == 0 else (Span(line),)
            canvas.text(start, y + small * (0.9 + number * 1.2), runs, small, colour)
