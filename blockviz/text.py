"""Measure text as it will print, in points, without opening a font.

The advance widths of Arimo (the font of every figure; its metrics are those of Helvetica and Arial) are data
beside this module. Sums of advances leave out kerning, which only ever makes a line shorter: a box sized by them
holds its text.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from blockviz.drawing import Run

CAP = 0.688  # height of a capital, in em
X_HEIGHT = 0.528
_UNITS = 2048


@cache
def _advances(style: str) -> dict[str, int]:
    data = json.loads((Path(__file__).parent / "arimo.json").read_text("utf-8"))[style]
    table = {}
    for advance, spans in data.items():
        for span in spans.split():
            first, _, last = span.partition("-")
            for code in range(int(first, 16), int(last or first, 16) + 1):
                table[chr(code)] = int(advance)
    return table


@cache
def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Width in points of one line; a character that Arimo lacks counts as wide as an em."""
    table = _advances("bold" if bold else "italic" if italic else "regular")
    return sum(table.get(char, 0 if unicodedata.combining(char) else _UNITS) for char in text) * size / _UNITS


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
    table = _advances("regular")
    return any(char not in table and not unicodedata.combining(char) and char.isprintable() for char in text)


def wrap(text: str, size: float, room: float) -> list[str]:
    """The text in lines of at most ``room`` points, broken at spaces; a longer word is shortened."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, size, max(room, size)) for line in lines]
