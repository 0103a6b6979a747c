"""How many of a thing a block has, in words: ``two 3×3 convs``."""

from __future__ import annotations

_NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def counted(number: int, noun: str) -> str:
    """A number with its noun; up to ten in letters, since many nouns begin with a figure."""
    said = _NUMERALS[number] if number < len(_NUMERALS) else str(number)
    return f"{said} {noun}" if number == 1 else f"{said} {noun}s"
