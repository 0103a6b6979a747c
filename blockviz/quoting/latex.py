"""LaTeX of any engine and font encoding: tables, captions and TikZ."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from blockviz.quoting.visible import visible

# Only commands that every font encoding has, the old default OT1 included.
_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_\allowbreak{}",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "{''}", "`": r"\textasciigrave{}", "[": "{[}", "]": "{]}",
}  # fmt: skip
_SYMBOLS = {
    "×": r"\ensuremath{\times}", "·": r"\ensuremath{\cdot}", "≥": r"\ensuremath{\ge}", "≤": r"\ensuremath{\le}",
    "≠": r"\ensuremath{\ne}",
    "→": r"\ensuremath{\to}", "∥": r"\ensuremath{\parallel}", "±": r"\ensuremath{\pm}", "÷": r"\ensuremath{\div}",
    "–": "--", "—": "---", "…": r"\ldots{}", "\u2009": r"\,", "\u00a0": "~", "\u202f": r"\,",
    "’": "{'}", "‘": "{`}", "“": "{``}", "”": "{''}", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}",
    "Æ": r"\AE{}", "œ": r"\oe{}", "ł": r"\l{}", "Ł": r"\L{}",
    "°": r"\ensuremath{^\circ}", "²": r"\ensuremath{^2}", "³": r"\ensuremath{^3}", "µ": r"\ensuremath{\mu}",
    "−": r"\ensuremath{-}", "′": r"\ensuremath{'}", "½": r"\ensuremath{\frac12}",
    "↓": r"\ensuremath{\downarrow}", "↑": r"\ensuremath{\uparrow}",
    "\u200a": r"\kern0.05em{}",
}  # fmt: skip
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=", "\u0306": r"\u",
    "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H", "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
_LIGATURE = re.compile(r"([-,'])(?=\1)")
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"


def text(words: str) -> str:
    """Plain text for LaTeX of any engine; a character that the standard fonts lack becomes its code point."""
    # Two hyphens, commas or apostrophes in a row would become one other sign; no visible text has a null of its own.
    parted = _LIGATURE.sub("\\1\0", visible(words))
    return "".join(map(_character, parted)).replace("\0", "{}")


@lru_cache(maxsize=4096)
def _character(char: str) -> str:
    found = _ASCII.get(char) or _SYMBOLS.get(char) or _greek(char)
    if found or char.isascii():
        return found or char
    base, accent = [*list(unicodedata.normalize("NFD", char)), ""][:2]
    if base.isascii() and base.isalpha() and unicodedata.normalize("NFC", base + accent) == char:
        mark = _ACCENTS.get(accent)
        if mark:
            return f"{mark}{{{base}}}"
    return f"{{[}}U+{ord(char):04X}{{]}}"


def _greek(char: str) -> str:
    word = unicodedata.name(char, "").removeprefix("GREEK SMALL LETTER ").lower().replace("lamda", "lambda")
    return rf"\ensuremath{{\{word}}}" if word in _GREEK.split() and not char.isascii() else ""
