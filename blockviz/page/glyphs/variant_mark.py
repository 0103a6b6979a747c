"""What is said of copies that differ, in the overview as in a panel: words, or for forms with a drawing of their own
the letter of their type with a sign, A′ or A″."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.outline.model import Definition, Variant
from blockviz.outline.sayings import brief as brief_word
from blockviz.outline.sayings import words_of
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width

_SIGNS = ("′", "″", "′′′", "*", "†", "‡", "**", "††")  # from the ninth kind on again


def variant_name(letter: str, kind: int | None) -> str:
    """What a kind of a type is called: the letter alone for the main form."""
    return letter + ("" if kind is None else _SIGNS[kind % len(_SIGNS)])


def kind_of(name: str | None, variants: Sequence[Variant]) -> int | None:
    """Which variant of a type a copy is, in the order of the panel's list; None for the main form."""
    if not name or not variants:
        return None
    return next((number for number, variant in enumerate(variants) if variant.name == name), 0)


def tally(definition: Definition | None, copies: Sequence[str | None], brief: bool = False) -> list[str]:
    """Which copies are variants: ``A′`` for one, ``first A′``, ``2 A″`` or ``all A′`` of several, or ``first ↓2``; none
    without.

    None either where a table tells them, or a panel their place. brief : without their place, ``1 A′``.
    """
    if definition is None or definition.switches:
        return []
    if definition.sayings:
        here = {one.word for one in definition.sayings if not one.where}
        told = [tuple(brief_word(word) for word in words_of(name) if word in here) for name in copies]
        return [_which(told, words, brief) + ", ".join(words) for words in dict.fromkeys(told) if words]
    kinds = [kind_of(name, definition.variants) for name in copies]
    found = sorted({kind for kind in kinds if kind is not None and not definition.variants[kind].where})
    return [_which(kinds, kind, brief) + variant_name(definition.letter, kind) for kind in found]


def _which(kinds: Sequence[object], kind: object, brief: bool) -> str:
    """``all``, ``first``, ``3rd``, ``last 2`` or ``every 2nd``; a number where these take more words."""
    places, total = [place for place, one in enumerate(kinds) if one == kind], len(kinds)
    count = len(places)
    if count == total:
        return "" if total == 1 else "all "
    if brief:
        return f"{count} "
    if count == 1:
        return {0: "first ", total - 1: "last "}.get(places[0], f"{_ordinal(places[0])} ")
    told = {
        tuple(range(count)): f"first {count} ",
        tuple(range(total - count, total)): f"last {count} ",
        tuple(range(0, total, 2)): "1st, 3rd " if total < 5 else "1st, 3rd, … ",
        tuple(range(1, total, 2)): "every 2nd ",
    }
    return told.get(tuple(places), f"{count} ")


def _ordinal(place: int) -> str:
    number = place + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def tally_runs(words: Sequence[str], about: str = "") -> tuple[Span, ...]:
    """These words in a row; ``about`` : what is said of them."""
    joined = ", ".join(words)
    return (Span(joined, bold=True), *((Span(f": {about}"),) if about else ()))


def tally_width(words: Sequence[str], theme: Theme) -> float:
    """Room for these words in a row and what keeps them apart; 0 where there are none."""
    return run_width(tally_runs(words), theme.type.small) + theme.space.near if words else 0.0


def draw_tally(canvas: Canvas, theme: Theme, words: Sequence[str], x: float, base: float) -> None:
    """These words in a row from x on."""
    if words:
        canvas.text(x, base, tally_runs(words), theme.type.small, theme.colours.text)
