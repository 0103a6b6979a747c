"""Measure text as it will print, in points, without opening a font.

The advance widths of Arimo (the font of every figure; its metrics are those of Helvetica and Arial) are data
beside this module. Sums of advances leave out kerning, which only ever makes a line shorter: a box sized by them
holds its text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from blockviz.drawing import Run

_BREAKS = re.compile(r"(?<![a-z]) | (?!\d+(?:,|$| ))")  # every space but that of ``stride 2``
CAP = 0.688  # height of a capital, in em
X_HEIGHT = 0.528
_UNITS = 2048


@cache
def _data() -> Any:
    return json.loads((Path(__file__).parent / "arimo.json").read_text("utf-8"))


def _codes(spans: str) -> Iterator[str]:
    for span in spans.split():
        first, _, last = span.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


@cache
def _near(style: str) -> dict[str, int]:
    """Advances of Latin letters and common signs, which is all that most figures need."""
    pairs = zip(_codes(_data()["near"]), _data()[style]["near"], strict=True)
    return {char: advance for char, advance in pairs if advance >= 0}


@cache
def _far(style: str) -> dict[str, int]:
    """Advances of all other letters."""
    spans = _data()[style]["far"]
    return {char: int(advance) for advance, codes in spans.items() for char in _codes(codes)}


def _advance(char: str, style: str) -> int:
    found = _near(style).get(char)
    if found is None:
        found = _far(style).get(char)
    return found if found is not None else 0 if unicodedata.combining(char) else _UNITS


@cache
def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Width in points of one line; a character that Arimo lacks counts as wide as an em."""
    style = "bold" if bold else "italic" if italic else "regular"
    near = _near(style)
    return sum(near[char] if char in near else _advance(char, style) for char in text) * size / _UNITS


def run_width(runs: Iterable[Run], size: float) -> float:
    """Width in points of runs set one after the other."""
    return sum(width(run.text, size, run.bold, run.italic) for run in runs)


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, or its beginning and end around an ellipsis, at most ``room`` points wide."""
    if width(text, size, bold) <= room:
        return text
    for keep in range(len(text) - 1, 0, -1):
        head = (keep * 2 + 2) // 3
        tail = keep - head
        cut = text[:head].rstrip() + "…" + (text[-tail:].lstrip() if tail else "")
        if width(cut, size, bold) <= room:
            return cut
    return "…"


def middle(y: float, size: float) -> float:
    """The baseline that centres capitals and figures on ``y``."""
    return y + CAP * size / 2


def missing(text: str) -> bool:
    """Whether the text has letters that Arimo lacks."""
    near = _near("regular")
    strange = [char for char in text if char not in near]
    return any(
        char not in _far("regular") and not unicodedata.combining(char) and char.isprintable() for char in strange
    )


def wrap(text: str, size: float, room: float) -> list[str]:
    """The text in lines of at most ``room`` points, broken at spaces, but not before a number that belongs to a word.

    ``stride 2`` stays together; what is longer than a line is shortened.
    """
    lines = [""]
    for word in _BREAKS.split(text):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, size, max(room, size)) for line in lines]
