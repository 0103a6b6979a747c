"""Entries of the legend that are a sign in type: short forms in boxes, and letters that stand for sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from itertools import chain

from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.label import Label, symbol_runs
from blockviz.page.glyphs.size_letters import definitions
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.scene import Span
from blockviz.text.font_metrics import middle, run_width


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign of a given width and what it means; ``spare`` : it may go where that saves a row."""

    width: float
    draw: Callable[[Canvas, float, float], None]
    words: str
    spare: bool = False


def _first(words: Sequence[str], mark: str) -> str:
    """The smallest number that stands behind a mark on this page; "" where none does."""
    found = {word[1:] for word in words if word[:1] == mark and word[1:].replace("×", "").isdigit()}
    return min(found, key=lambda text: (len(text), text), default="")


def marks(
    labels: Sequence[Label], tallies: Sequence[str], letters: Set[str], theme: Theme, *, calls: bool
) -> list[Entry]:
    """Entries for short forms in the boxes, and for letters that stand for sizes.

    tallies : what boxes say of their copies that differ, ``first ↓2``.
    calls : whether copies are told as calls of one set of weights.
    """
    size = theme.type.small
    out = []
    tails = [label.tail.partition("→")[0] for label in labels]
    tails = [word for text in (*tails, *tallies) for word in text.replace(",", "").split(" ")]
    stride, dilation, groups, multiplier = (_first(tails, mark) for mark in "↓dgm")
    varying = "" if stride else next((tail[1:] for tail in tails if tail[:1] == "↓"), "")
    told = (
        (calls, "N calls", "of one set of weights"),
        (bool(stride), f"↓{stride}", f"stride {stride}"),
        (bool(varying), f"↓{varying}", f"stride {varying}"),
        (any(label.valid for label in labels), "V", "valid padding"),
        (bool(dilation), f"d{dilation}", f"dilation {dilation}"),
        (any(t == "d" or (t[:1] == "d" and "–" in t) for t in tails), "d", "dilation"),
        (bool(groups), f"g{groups}", f"{groups} groups"),
        (not groups and any(t[:1] == "g" and "–" in t for t in tails), "g", "groups"),
        (bool(multiplier), f"m{multiplier}", f"{multiplier} filters a channel"),
    )
    short = (((Span(mark, bold=True),), words) for present, mark, words in told if present)
    for runs, words in chain(short, ((symbol_runs(sign), words) for sign, words in definitions(letters))):

        def draw(canvas: Canvas, x: float, y: float, runs: tuple[Span, ...] = runs) -> None:
            canvas.text(x, middle(y, size), runs, size, theme.colours.text)

        usual = words == "channels" and not any("′" in run.text or "″" in run.text for run in runs)
        out.append(Entry(run_width(runs, size), draw, words, spare=usual))
    return out
