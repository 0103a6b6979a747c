"""LaTeX: a ``table`` float with booktabs and tabularx, as wide as the text."""

from __future__ import annotations

import re
import unicodedata

from blockviz.tables.documents import fill
from blockviz.tables.sheet import Sheet, clean

# Only commands that every font encoding has, the old default OT1 included.
_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_\allowbreak{}",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "{''}", "`": r"\textasciigrave{}", "[": "{[}", "]": "{]}",
}  # fmt: skip
_SYMBOLS = {
    "×": r"\ensuremath{\times}", "·": r"\ensuremath{\cdot}", "≥": r"\ensuremath{\ge}", "≤": r"\ensuremath{\le}",
    "→": r"\ensuremath{\to}", "∥": r"\ensuremath{\parallel}", "±": r"\ensuremath{\pm}", "÷": r"\ensuremath{\div}",
    "–": "--", "—": "---", "…": r"\ldots{}", "\u2009": r"\,", "\u00a0": "~", "\u202f": r"\,",
    "’": "'", "‘": "`", "“": "``", "”": "''", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}",
    "Æ": r"\AE{}", "œ": r"\oe{}", "ł": r"\l{}", "Ł": r"\L{}",
    "°": r"\ensuremath{^\circ}", "²": r"\ensuremath{^2}", "³": r"\ensuremath{^3}", "µ": r"\ensuremath{\mu}",
}  # fmt: skip
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=", "\u0306": r"\u",
    "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H", "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
# Letters of a line in the narrowest common text width (345 pt), less the space between ten columns.
_FOOTNOTE_LETTERS = 72
# Words of up to _SHORT letters stay on a line; from _LONGEST on a column gets no wider.
_SHORT, _LONGEST = 24, 48
_LIGATURE = re.compile(r"([-,])(?=\1)")
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"


def render(sheet: Sheet) -> str:
    """The float; it needs the packages booktabs, tabularx and textcomp in the preamble, as its first line says."""
    return fill("table.tex.j2", **context(sheet))


def context(sheet: Sheet) -> dict[str, object]:
    """What the template of a table needs, all texts escaped."""
    sheet = sheet.compact()
    longest = [
        max([len(column.title), *(len(line[i].text) for line in sheet.lines)]) for i, column in enumerate(sheet.columns)
    ]
    lines = sheet.texts(escape)
    return {
        "size": "footnotesize" if sum(longest) <= _FOOTNOTE_LETTERS else "scriptsize",
        "sides": _sides(sheet, longest),
        "head": [escape(column.title) for column in sheet.columns],
        "rows": lines[: len(sheet.rows)],
        "totals": lines[-1] if sheet.totals else [],
        "caption": escape(sheet.caption),
        "label": sheet.label,
    }


def _sides(sheet: Sheet, longest: list[int]) -> str:
    """Column types: numbers right; short words left; long ones wrap and share what is left of the text's width."""
    words = {i: size for i, (column, size) in enumerate(zip(sheet.columns, longest, strict=True)) if not column.number}
    wrapped = {i: min(size, _LONGEST) for i, size in words.items() if size > _SHORT or size == max(words.values())}
    mean = sum(wrapped.values()) / max(len(wrapped), 1)
    wrap = r">{\hsize=%.2f\hsize\raggedright\arraybackslash}X"
    return "".join(
        wrap % (wrapped[i] / mean) if i in wrapped else "r" if column.number else "l"
        for i, column in enumerate(sheet.columns)
    )


def escape(text: str) -> str:
    """Plain text for LaTeX of any engine; a character that the standard fonts lack becomes its code point."""
    # Two hyphens or commas in a row would become one other sign; no clean text has a null of its own.
    parted = _LIGATURE.sub("\\1\0", clean(text))
    return "".join(map(_character, parted)).replace("\0", "{}")


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
