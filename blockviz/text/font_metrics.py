"""Measure text as it will print, in points, without opening a font.

The advance widths of Arimo (the font of every figure; its metrics are those of Helvetica and Arial) are data
beside this module. Sums of advances leave out kerning, which only ever makes a line shorter: a box sized by them
holds its text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from blockviz.quoting import visible
from blockviz.scene import Span

_BREAKS = re.compile(
    r"(?<!\bno)(?<![→−+÷×])(?:(?<![a-z]) | (?!\d+(?:,|$| )))"
)  # not in ``stride 2``, ``no norm``, ``− 1``
CAP = 0.688  # height of a capital, in em
X_HEIGHT = 0.528
_UNITS = 2048
_LONG = 200  # letters; widths of longer texts are not kept


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


def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Width in points of one line as it will be drawn; a character that Arimo lacks counts as wide as an em."""
    if len(text) > _LONG:
        return sum(_advances(visible(text), _style(bold, italic))) * size / _UNITS
    return _short_width(text, size, bold, italic)


@lru_cache(maxsize=1 << 15)
def _short_width(text: str, size: float, bold: bool, italic: bool) -> float:
    return sum(_advances(visible(text), _style(bold, italic))) * size / _UNITS


def _style(bold: bool, italic: bool) -> str:
    return "bold" if bold else "italic" if italic else "regular"


def _advances(text: str, style: str) -> Iterator[int]:
    near = _near(style)
    return (near[char] if char in near else _advance(char, style) for char in text)


def run_width(runs: Iterable[Span], size: float) -> float:
    """Width in points of runs set one after the other."""
    return sum(width(run.text, size, run.bold, run.italic) for run in runs)


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, or its beginning and end around an ellipsis, at most ``room`` points wide; in linear time."""
    if width(text, size, bold) <= room:
        return text
    text = visible(text)
    style = _style(bold, False)
    ends = [0, *accumulate(_advances(text, style))]  # where each letter begins, and the last one ends
    dots = _advance("…", style)

    def parts(keep: int) -> tuple[int, int]:
        """Where the beginning stops and the end starts, without the spaces beside the ellipsis."""
        head = (keep * 2 + 2) // 3
        tail = len(text) - (keep - head)
        return len(text[:head].rstrip()), len(text) - len(text[tail:].lstrip())

    def excess(keep: int) -> float:
        head, tail = parts(keep)
        return (ends[head] + dots + ends[-1] - ends[tail]) * size / _UNITS - room

    keep = bisect_right(range(len(text)), 0.0, key=excess) - 1
    if keep < 1:
        return "…"
    head, tail = parts(keep)
    return f"{text[:head]}…{text[tail:]}"


def middle(y: float, size: float) -> float:
    """The baseline that centres capitals and figures on ``y``."""
    return y + CAP * size / 2


def missing(text: str) -> bool:
    """Whether the text has letters that Arimo lacks."""
    near = _near("regular")
    strange = [char for char in visible(text) if char not in near]
    return any(
        char not in _far("regular") and not unicodedata.combining(char) and char.isprintable() for char in strange
    )


def unbroken(text: str) -> list[str]:
    """The parts of a text between the places where `wrap` may break it."""
    return _BREAKS.split(text)


def wrap(text: str, size: float, room: float, bold: bool = False) -> list[str]:
    """The text in lines of at most ``room`` points, broken at spaces, but not before a number that belongs to a word.

    ``stride 2``, ``no norm`` and ``→ output`` stay together; what is longer than a line is shortened.
    """
    if width(text, size, bold) <= room and text[:1] != " ":
        return [text]
    lines = [""]
    for word in unbroken(text):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer, size, bold) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, size, max(room, size), bold) for line in lines]
