"""The words at the head of a panel: the name with its parameters, and what a copy costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from blockviz.outline.model import Definition
from blockviz.page.glyphs.unit_label import symbol_runs
from blockviz.page.glyphs.words import count_text, plural
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width, shorten
from blockviz.text.numbers import bounded


def definition_title(definition: Definition) -> tuple[Span, ...]:
    """The name, with its parameters in brackets where it has some that vary: Bottleneck(*f*)."""
    symbols = [symbol for symbol, values in definition.parameters.items() if len(values) > 1]
    if not symbols or "(" in definition.name:
        return (Span(definition.name, bold=True),)
    inner = [
        run
        for i, s in enumerate(symbols)
        for run in ((Span("\u200a, ", bold=True),) if i else ()) + _bold(symbol_runs(s))
    ]
    space = " " if " " in definition.name else ""
    return (Span(f"{definition.name}{space}(\u200a", bold=True), *inner, Span("\u200a)", bold=True))


def title_lines(definition: Definition, size: float, space: float) -> list[tuple[Span, ...]]:
    """The title on as many lines as it needs, three at most, cut only where even that is too long."""
    return [
        title if run_width(title, size) <= space else _shortened(title, size, space)
        for title in _broken_title(definition_title(definition), size, space)
    ]


def narrowest(title: tuple[Span, ...], size: float) -> float:
    """Width of a title on two lines, if it can be broken."""
    (first, *rest) = title
    return min(
        (_longest(_cut_at(first.text, (cut,), rest), size) for cut in _cuts(first.text)), default=run_width(title, size)
    )


def _cuts(text: str) -> list[int]:
    """Where a name may be broken: between its words, or before the capitals inside a single one."""
    cuts = [i for i, letter in enumerate(text) if letter == " " and text[i + 1 :].strip(" (\u200a")]
    return cuts or [found.start() for found in re.finditer(r"(?<=[a-z0-9])(?=[A-Z][a-z])", text)]


def _broken_title(title: tuple[Span, ...], size: float, space: float) -> list[tuple[Span, ...]]:
    """A title on one line, or where that is too long, on two or three, broken between words of its first run.

    A class whose name is one long word is broken where a capital begins the next part of it.
    """
    (first, *rest) = title
    cuts = _cuts(first.text)
    if run_width(title, size) <= space or not cuts:
        return [title]
    best = [title]
    for breaks in (1, 2):
        ways = [_cut_at(first.text, chosen, rest) for chosen in combinations(cuts, breaks)]
        best = min(ways, key=lambda lines: _longest(lines, size), default=best)
        if _longest(best, size) <= space:
            break
    return best


def _cut_at(text: str, cuts: Sequence[int], rest: Sequence[Span]) -> list[tuple[Span, ...]]:
    """A bold text in lines that begin at these places; what follows it ends the last one."""
    pieces = [text[a:b].lstrip(" ") for a, b in pairwise((0, *cuts, len(text)))]
    lines = [(Span(piece, True),) for piece in pieces]
    return [*lines[:-1], (*lines[-1], *rest)]


def _longest(lines: Sequence[Sequence[Span]], size: float) -> float:
    return max(run_width(line, size) for line in lines)


def _shortened(title: Sequence[Span], size: float, space: float) -> tuple[Span, ...]:
    return (Span(shorten("".join(run.text for run in title), size, space, bold=True), bold=True),)


def _bold(runs: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(Span(run.text, not run.italic, run.italic) for run in runs)


def cost_line(definition: Definition) -> str:
    """``0.12 M params each``; a range where the copies differ, and their layers where they have no parameters."""
    params = [instance.cost.params for instance in definition.instances]
    if not params:
        return ""
    unknown = any("params" in instance.cost.bounds for instance in definition.instances)
    if not max(params) and not unknown:
        layers = sorted({len(instance.layers) for instance in definition.instances})
        return plural(layers[0], "layer") if len(layers) == 1 else f"{layers[0]}–{layers[-1]} layers"
    low, high = (bounded(count_text(value), value, unknown) for value in (min(params), max(params)))
    each = " each" if definition.count > 1 and low == high and not definition.called else ""
    return f"{low} params{each}" if low == high else f"{low} – {high} params"
