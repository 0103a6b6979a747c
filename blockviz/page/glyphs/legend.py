"""The legend: the signs of this page that do not say themselves what they are, in a line or two.

A box that says ``max 3×3``, ⊕ or a line past other boxes needs no words for a reader of the field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blockviz.page.glyphs.boxes import (
    BADGE,
    Size,
    badge_size,
    draw_badge,
    draw_label,
    draw_lock,
    draw_stack,
    label_size,
)
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.legend_marks import Entry, marks
from blockviz.page.glyphs.unit_label import Label
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.scene import Span
from blockviz.text.font_metrics import middle, run_width, unbroken, width, wrap


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page shows: its labels, and which other signs it uses.

    numbers : what stands below names in boxes, as one of them has it (``32×32×16 · 2.9 k``), and what it is; with ""
    for a sign, what stands over and under slabs. share : whether bars tell parts of all parameters, without figures.
    bounded : whether parameters are given as a lower bound.
    letters : those that stand for sizes. tallies : what boxes say of their copies that differ, ``first ↓2``.
    """

    labels: tuple[Label, ...]
    parallel: bool = False
    loops: bool = False
    calls: bool = False
    share: bool = False
    hollow_badge: str = ""
    frozen: bool = False
    numbers: tuple[str, str] | None = None
    bounded: bool = False
    letters: frozenset[str] = frozenset()
    tallies: tuple[str, ...] = ()


def legend(entries: list[Entry], theme: Theme, room: float, listed: bool = False) -> Canvas:
    """Draw the entries in as many rows as ``room`` asks for, or ``listed`` in even columns."""
    space = theme.space
    row, gap, lead = space.wide, space.row, space.side
    canvas = Canvas(room, 0.0)
    if listed and _has_columns(entries, theme, room):
        return _columned(canvas, entries, theme, row, lead)
    y = 0.0
    for line in legend_rows(entries, theme, room):
        x, tall = 0.0, 0.0
        for entry in line:
            words = _words(entry, theme, room)
            high = row * (0.75 + 0.25 * len(words))
            _put(canvas, entry, theme, x, x + entry.width + (lead if entry.width else 0.0), y + high / 2, words)
            x += _width(entry, theme, room) + gap
            tall = max(tall, high)
        y += tall
    canvas.height = y
    return canvas


def has_room(entries: Sequence[Entry], theme: Theme, room: float) -> bool:
    """Whether every entry stands in a width without a word that is cut."""
    return all(_longest(entry, theme) <= room - entry.width - theme.space.side for entry in entries)


def _longest(entry: Entry, theme: Theme) -> float:
    return max(width(part, theme.type.small) for part in unbroken(entry.words))


def _has_columns(entries: Sequence[Entry], theme: Theme, room: float) -> bool:
    """Whether the meanings have room beside the widest sign without a word that is cut."""
    left = room - max((entry.width for entry in entries), default=0.0) - theme.space.side
    return all(_longest(entry, theme) <= left for entry in entries)


def legend_rows(entries: Sequence[Entry], theme: Theme, room: float) -> list[list[Entry]]:
    """The entries as they stand in rows of a width."""
    rows, x = list[list[Entry]](), 0.0
    for entry in entries:
        total = _width(entry, theme, room)
        if not rows or x + total > room:
            rows.append([])
            x = 0.0
        rows[-1].append(entry)
        x += total + theme.space.row
    return rows


def most_lines(entries: Sequence[Entry], theme: Theme, room: float) -> int:
    """Lines of the longest entry, where all stand in one column of a width."""
    left = room - max((entry.width for entry in entries), default=0.0) - theme.space.side
    return max((len(wrap(entry.words, theme.type.small, left)) for entry in entries), default=0)


def in_fewer_rows(entries: list[Entry], theme: Theme, room: float) -> list[Entry]:
    """The entries without as many of the spare ones as one row less asks for; all of them where none is saved."""
    spare = sorted((entry for entry in entries if entry.spare), key=lambda entry: bool(entry.width))
    rows = len(legend_rows(entries, theme, room))
    for count in range(1, len(spare) + 1):
        kept = [entry for entry in entries if entry not in spare[:count]]
        if len(legend_rows(kept, theme, room)) < rows:
            return kept
    return entries


def _words(entry: Entry, theme: Theme, room: float) -> list[str]:
    return wrap(entry.words, theme.type.small, room - entry.width - theme.space.side)


def _width(entry: Entry, theme: Theme, room: float) -> float:
    longest = max(width(line, theme.type.small) for line in _words(entry, theme, room))
    return entry.width + (theme.space.side if entry.width else 0.0) + longest


def _columned(canvas: Canvas, entries: list[Entry], theme: Theme, row: float, lead: float) -> Canvas:
    """Signs in one column, meanings in the next; as many such pairs as fit."""
    size = theme.type.small
    if not entries:
        return canvas
    sign = max(entry.width for entry in entries)
    words = max(width(entry.words, size) for entry in entries)
    room, apart = canvas.width + size * 2, sign + lead + words + size * 2
    rows = -(-len(entries) // max(1, int(room / apart)))
    pairs = -(-len(entries) // rows)
    step = canvas.width / pairs
    heights = [0.0] * pairs
    for number, entry in enumerate(entries):
        column = number // rows
        left = column * step
        lines = wrap(entry.words, size, step - sign - lead)
        tall = row if len(lines) == 1 else max(row * 1.25, len(lines) * size * 1.25)
        _put(
            canvas, entry, theme, left + (sign - entry.width) / 2, left + sign + lead, heights[column] + tall / 2, lines
        )
        heights[column] += tall
    canvas.height = max(heights)
    return canvas


def _put(canvas: Canvas, entry: Entry, theme: Theme, x: float, text: float, centre: float, lines: list[str]) -> None:
    size = theme.type.small
    entry.draw(canvas, x, centre)
    first = centre - (len(lines) - 1) * size * 0.6
    for number, line in enumerate(lines):
        canvas.text(text, middle(first + number * size * 1.2, size), line, size, theme.colours.text)


def entries_for(seen: Seen, context: FigureFacts, theme: Theme, terse: bool = False) -> list[Entry]:
    """One entry for each kind of thing that is seen; ``terse`` : normalisations by their initials."""
    samples = _samples(seen, context, terse)
    out = [_sample(label, words, theme, n) for n, (label, words) in enumerate(samples)]
    out += marks(seen.labels, seen.tallies, seen.letters, theme, calls=seen.calls)
    colours, space = theme.colours, theme.space
    small = 2 * space.gap
    if seen.parallel:
        out.append(_cards(theme, "×N: N copies side by side, own weights", parallel=True))
    if seen.loops:
        out.append(_cards(theme, "×N: N calls in a row, no weights of their own", parallel=False))
    if seen.numbers is not None:
        sign, words = seen.numbers
        out.append(Entry(width(sign, theme.type.small), _muted(sign, theme), words) if sign else in_words(words))
    if seen.share:

        def bar(canvas: Canvas, x: float, y: float) -> None:
            canvas.rect(x, y - space.tight / 2, small, space.tight, colours.track)
            canvas.rect(x, y - space.tight / 2, small * 0.35, space.tight, colours.share)

        out.append(Entry(small, bar, "share of all parameters"))
    if seen.frozen:

        def lock(canvas: Canvas, x: float, y: float) -> None:
            draw_lock(canvas, x, y - space.side, space.gap, colours.badge, colours.page)

        out.append(Entry(space.gap, lock, "frozen"))
    if seen.hollow_badge:
        out.append(_left_out(seen.hollow_badge, theme))
    if seen.bounded:
        out.append(Entry(width("≥", theme.type.small), _muted("≥", theme), "without layers of unknown size"))
    return out


def in_words(text: str) -> Entry:
    """An entry that needs no sign."""
    return Entry(0.0, lambda canvas, x, y: None, text)


def _muted(text: str, theme: Theme) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.text(x, middle(y, theme.type.small), text, theme.type.small, theme.colours.muted)

    return draw


def _left_out(letter: str, theme: Theme) -> Entry:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        draw_badge(canvas, letter, theme, "legend|badge", x, y - theme.type.heading * BADGE / 2, filled=False)

    return Entry(badge_size(letter, theme).width, draw, "panel left out")


def _cards(theme: Theme, text: str, *, parallel: bool) -> Entry:
    type_, colours, space = theme.type, theme.colours, theme.space
    size, edge = Size(2 * space.gap, space.gap), space.inner if parallel else 0.0

    def cards(canvas: Canvas, x: float, y: float) -> None:
        left, top = x + edge, y - size.height * 0.7
        draw_stack(canvas, theme, left, top, size, parallel=parallel)
        canvas.rect(left, top, size.width, size.height, colours.block, colours.block_line, type_.stroke, 2.0)

    return Entry(size.width + 4 + edge, cards, text)


def _samples(seen: Seen, context: FigureFacts, terse: bool) -> list[tuple[Label, str]]:
    """One sample box a kind, in a fixed order, with its meaning."""
    labels = seen.labels
    out = _conv_samples([label for label in labels if label.family == "conv"], context, terse)
    out += _sequence_samples(labels)
    if any(label.family == "train" for label in labels):
        out.append((Label("train", "box", "      ", dashed=True), "training only"))
    return out


def _wide(context: FigureFacts) -> str:
    """The letter for filters and units in a sample: another one where n is the length of rows."""
    return "f" if any("n" in one.parameters for one in context.by_letter.values()) else "n"


def _conv_samples(convs: Sequence[Label], context: FigureFacts, terse: bool) -> list[tuple[Label, str]]:
    """What the boxes of convolutions leave unsaid, and the short forms of their kinds."""
    out: list[tuple[Label, str]] = []
    if any(not label.hollow for label in convs):
        tabled = (one for found in context.by_letter.values() for one in found.switches if one.about == "activation")
        acts = dict.fromkeys(act for one in tabled for act in (one.usual, *one.special.values()))
        others = [act for act in acts if act not in context.usual]
        text = " or ".join([_recipe_text(context.usual, terse), *others])
        out.append((Label("conv", "box", "k×k", _wide(context)), text))
    if any(label.hollow for label in convs):
        bare = not [word for word in context.plain if word != "·"]
        text = "conv, linear" if bare else _recipe_text(context.plain, terse)
        out.append((Label("conv", "box", "k×k", _wide(context), hollow=True), text))
    if any("DW" in label.head.split() for label in convs):
        out.append((Label("plain", "", "DW"), "depthwise"))
    if any("up-conv" in label.head.split() for label in convs):
        out.append((Label("plain", "", "up-conv"), "transposed convolution"))
    if any("sep" in label.head.split() for label in convs):
        out.append((Label("plain", "", "sep"), "depthwise separable"))
    return out


def _sequence_samples(labels: Sequence[Label]) -> list[tuple[Label, str]]:
    """Attention and recurrent layers, as the boxes name them; what the boxes call by its word says itself."""
    heads = dict.fromkeys(_kind_word(label.head) for label in labels if label.family == "sequence")
    found: dict[str, str] = {}
    for head in heads:
        words = "embedding" if head == "embedding" else "attention" if _attends(head) else "recurrent layer"
        if words != "recurrent layer" or any(word in head.lower() for word in _RECURS):
            found.setdefault("multi-head attention" if head == "MHA" else words, head)
    return [(Label("sequence", "rect", head), words) for words, head in found.items() if words != head]


_RECURS = ("lstm", "gru", "rnn", "recurrent", "cell")


def _kind_word(head: str) -> str:
    """The word of a box that a legend shows: of ``Grouped-query attention`` the kind, else the first one."""
    kinds = [kind for kind in ("attention", "embedding") if kind in head.lower().replace(",", "").split(" ")]
    return kinds[0] if kinds else head.split(" ", maxsplit=1)[0].rstrip(",")


def _attends(head: str) -> bool:
    return head == "MHA" or any(word in head.lower() for word in ("attention", "additive", "multi", "group", "dot"))


def _recipe_text(recipe: tuple[str, ...], terse: bool) -> str:
    """``conv + batch norm + ReLU`` in the order of the commonest unit; what differs is said in the box."""
    names = {} if terse else {"BN": "batch norm", "LN": "layer norm", "GN": "group norm"}
    words = ["conv" if word == "·" else names.get(word, word) for word in recipe]
    return " + ".join(words) or "convolution"


def _sample(label: Label, words: str, theme: Theme, number: int) -> Entry:
    if label.family == "plain":
        text = (Span(label.head, bold=True),)

        def mark(canvas: Canvas, x: float, y: float) -> None:
            canvas.text(x, middle(y, theme.type.small), text, theme.type.small, theme.colours.text)

        return Entry(run_width(text, theme.type.small), mark, words)
    size = label_size(label, theme)

    def draw(canvas: Canvas, x: float, y: float) -> None:
        draw_label(canvas, label, theme, f"legend|{number}", x, y - size.height / 2, size)

    return Entry(size.width, draw, words)
