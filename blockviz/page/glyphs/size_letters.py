"""The letters that stand for sizes on a page, and the words by which its legend defines them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_AXES = {"D": "depth", "H": "height", "W": "width", "L": "length"}
_SETTINGS = {"p": "pooling window"}
_PRIMES = "′″"
_LETTER = re.compile(r"(?<![^\W\d])([DHWLcfghp][′″]?)(?![^\W\d_′″(])")


def size_letters(texts: Iterable[str]) -> frozenset[str]:
    """Letters in shapes and parameters of types: ``H``, ``W′``, the ``f`` of ``4f``; a vector has no channels c."""
    return frozenset(found for text in texts for found in _LETTER.findall(text) if "×" in text or found[0] != "c")


def definitions(letters: Iterable[str]) -> Iterator[tuple[str, str]]:
    """``H′`` other height; ``c, f`` channels. What is usual, f for filters and H×W alone, needs no words."""
    found = set(letters)
    signs = [f"{axis}{prime}" for prime in _PRIMES for axis in _AXES if f"{axis}{prime}" in found]
    if signs:
        axes = [axis for axis in _AXES if any(sign[0] == axis for sign in signs)]
        several = "s" * (len(signs) > len(axes))
        yield ", ".join(signs), f"other {', '.join(_AXES[axis] + several for axis in axes)}"
    if any(letter[0] == "c" for letter in found):
        yield ", ".join(sorted(letter for letter in found if letter[0] in "cfgh")), "channels"
    yield from ((letter, words) for letter, words in _SETTINGS.items() if letter in found)
