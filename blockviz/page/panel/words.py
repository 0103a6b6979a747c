"""What a panel says in words: its header, and the variants that are not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.outline.dashed_parts import switch_words
from blockviz.outline.model import Definition, Saying, Variant
from blockviz.outline.stage_rows import NONE, varying
from blockviz.page.glyphs.boxes import BADGE, badge_size, draw_badge
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.glyphs.variant_mark import variant_name
from blockviz.page.panel.title import cost_line, definition_title, narrowest, title_lines
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width, shorten, width, wrap

_NOTE_LINES = 4
_FEW = 7  # combinations of values that are a list, no table
_INSET = 0.8  # of the margin of a panel that its badge and its notes keep to


@dataclass(slots=True)
class PanelWords:
    """Header and notes of one panel.

    drawn : the variants that need no words. switched : whether one drawing holds all variants, with a switch.
    continued : whether a second column goes on with the main form. tabled : whether a table has the values.
    """

    definition: Definition
    theme: Theme
    drawn: list[Variant]
    switched: bool
    continued: bool
    tabled: bool = False
    cost: str = field(init=False)

    def __post_init__(self) -> None:
        self.cost = cost_line(self.definition)

    @property
    def pad(self) -> float:
        """Room inside the frame."""
        return self.theme.space.pad

    def header_width(self, broken: bool = False) -> float:
        """Room for badge, name and count in full, up to a name of usual length, and below it for values on two lines;
        ``broken`` : with the name on two lines if it has several words, and of what stands below it the parameters
        alone."""
        d, type_, space = self.definition, self.theme.type, self.theme.space
        title = definition_title(d)
        name = narrowest(title, type_.heading) if broken else run_width(title, type_.heading)
        count = width(d.times, type_.heading, bold=True) + type_.label if d.count > 1 else 0.0
        told = () if broken or self.tabled else _told(d)
        values = (width(f"{symbol} = {', '.join(said)}", type_.small) * _HALF for symbol, said in told)
        under = min(max(width(self.cost, type_.small), *values, 0.0), type_.heading * 13)
        words = max(min(name, type_.heading * 12) + count, under)
        return badge_size(d.letter, self.theme).width + space.side + words + self.pad * 1.9

    def top(self, room: float) -> float:
        """Height of the header, and what keeps the drawing away from it."""
        names, under, space = len(self._title_lines(room)), len(self._second_lines(room)), self.theme.space
        words = space.heading * names + under * space.line
        head = self.pad * _INSET + max(words, self.theme.type.heading * BADGE)
        return head + space.pad

    def bottom(self, room: float, lying: bool = False) -> float:
        """Height of what stands below the drawing; one that lies has no arrow out of its foot."""
        notes = len(self._note_rows(room))
        return (
            (self.theme.space.inner if lying else self.theme.space.gap)
            + (notes * self.theme.space.line + self.theme.space.tight if notes else 0.0)
            + self.pad * _INSET
        )

    def _text_left(self) -> float:
        return self.pad * _INSET + badge_size(self.definition.letter, self.theme).width + self.theme.space.side

    def _title_lines(self, room: float) -> list[tuple[Span, ...]]:
        """The name on one line, or broken between its words where it is too long."""
        d, size = self.definition, self.theme.type.heading
        count = width(d.times, size, bold=True) + self.theme.space.inner if d.count > 1 else 0.0
        space = room - self._text_left() - self.pad - count
        return title_lines(d, size, space)

    def _second_lines(self, room: float) -> list[tuple[Span, ...]]:
        """Cost, then the values of each parameter, wrapped; those that fit go on in the line before."""
        d, size = self.definition, self.theme.type.small
        space = room - self._text_left() - self.pad
        lines: list[tuple[Span, ...]] = [(Span(shorten(self.cost, size, space)),)]
        for symbol, values in () if self.tabled else _told(d):
            head = f"{symbol} = "
            first, *rest = _two_lines(wrap(", ".join(values), size, space - width(head, size)))
            said = (*symbol_runs(symbol), Span(f" = {first}"))
            *before, last = lines[-1]
            longer = (*before, Span(last.text + (" · " if len(lines) == 1 else "; ")), *said)
            if not rest and run_width(longer, size) <= space:
                lines[-1] = longer
            else:
                lines += [said, *((Span(text),) for text in rest)]
        return lines

    def _note_rows(self, room: float) -> list[list[tuple[str, str, float]]]:
        """What is said in words, in rows of (name where a note begins, text, left): variants that are not drawn."""
        d, size, lead = self.definition, self.theme.type.small, self._lead
        texts: list[tuple[str, str]] = []
        if d.sayings and not d.switches:
            texts = [("", text) for text in _sentences(d.sayings, self.switched)]
        elif not d.switches:
            words = switch_words(d.variants) if self.switched else [v.words() for v in d.variants]
            texts = [(variant_name(d.letter, n), words[n]) for n, v in enumerate(d.variants) if v not in self.drawn]
        if self.continued:
            texts.append(("", "the right column continues the left one"))
        rows: list[list[tuple[str, str, float]]] = []
        right = end = room - self.pad
        for name, text in texts:
            lines = wrap(text, size, right - self.pad - lead)[:_NOTE_LINES]
            if end + self.theme.space.row + lead + width(text, size) <= right:  # goes on in the row before
                rows[-1].append((name, text, end + self.theme.space.row))
            else:
                rows += [[("" if i else name, line, self.pad)] for i, line in enumerate(lines)]
            _, last, left = rows[-1][-1]
            end = left + lead + width(last, size) if len(lines) == 1 else right
        return rows

    @property
    def _lead(self) -> float:
        """From the name of a variant to what is said of it."""
        if self.definition.sayings:
            return 0.0
        names = [variant_name(self.definition.letter, number) for number in range(len(self.definition.variants))]
        small = self.theme.type.small
        return max((width(name, small, bold=True) for name in names), default=0.0) + small * 0.4

    def draw_notes(self, canvas: Canvas, room: float, height: float) -> None:
        """What is said in words, at the foot of a panel."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        rows = self._note_rows(room)
        for index, row in enumerate(rows):
            base = height - self.pad * _INSET - (len(rows) - 1 - index) * space.line
            for name, line, left in row:
                if name:
                    canvas.text(left, base, name, type_.small, colours.text, bold=True)
                canvas.text(left + self._lead, base, line, type_.small, colours.text)

    def draw_header(self, canvas: Canvas, room: float) -> None:
        """Badge, name, count, cost and values."""
        d, type_, colours, space = self.definition, self.theme.type, self.theme.colours, self.theme.space
        draw_badge(canvas, d.letter, self.theme, f"{d.letter}|badge", self.pad * _INSET, self.pad * _INSET)
        left, base = self._text_left(), self.pad * _INSET + space.ascent
        if d.count > 1:
            canvas.text(room - self.pad, base, d.times, type_.heading, colours.text, "end", bold=True)
        for number, title in enumerate(self._title_lines(room)):
            base += space.heading if number else 0.0
            canvas.text(left, base, title, type_.heading, colours.text)
        for line in self._second_lines(room):
            base += space.line
            canvas.text(left, base, line, type_.small, colours.muted)


def _sentences(sayings: Sequence[Saying], switched: bool) -> list[str]:
    """``projection shortcut (dashed): first of each stage``; differences that the same copies have in one."""
    told: dict[str, list[str]] = {}
    for one in sayings:
        words = f"{one.word} (dashed)" if one.dashed and switched else one.word
        told.setdefault(one.where or f"{one.count} {'copy' if one.count == 1 else 'copies'}", []).append(words)
    return [f"{', '.join(words)}: {where}" for where, words in told.items()]


_HALF = 0.58  # of a list, with what a break leaves empty


def _told(definition: Definition) -> Iterator[tuple[str, Sequence[str]]]:
    """``f`` and its values; those of several letters together, where there are few: ``(f, g)``, ``(32, 64)``."""
    letters = varying(definition)
    rows = dict.fromkeys(tuple(one.values.get(letter, NONE) for letter in letters) for one in definition.instances)
    if len(letters) > 1 and len(rows) <= _FEW:
        yield f"({', '.join(letters)})", [f"({', '.join(row)})" for row in rows]
    else:
        yield from ((letter, definition.parameters[letter]) for letter in letters)


def _two_lines(lines: list[str]) -> list[str]:
    """Values on at most two lines, which say so where there are more."""
    if len(lines) <= 2:
        return lines
    return [lines[0], lines[1].rstrip(",").rpartition(", ")[0] + ", …"]
