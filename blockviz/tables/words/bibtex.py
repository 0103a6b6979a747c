"""References as a reader wants them, from BibTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from blockviz.runtime.records import dataclass

_HEAD = re.compile(r"@(\w+)\s*\{\s*([^,\s{}]+)\s*,")
_FIELD = re.compile(r"\s*,?\s*(\w+)\s*=\s*")
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", '"': "\u0308", "u": "\u0306",
    ".": "\u0307", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_ACCENTED = re.compile(r"\\([`'^~=\".]|[urHvck](?=[\s{]))\s*\{?\\?([A-Za-z])\}?")

_LETTERS = {"L": "Ł", "l": "ł", "O": "Ø", "o": "ø", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "AA": "Å", "aa": "å",
            "ss": "ß", "i": "ı", "textless": "<", "textgreater": ">", "times": "×"}  # fmt: skip
_LETTER = re.compile(rf"\\({'|'.join(sorted(_LETTERS, key=len, reverse=True))})(?![A-Za-z])(\{{\}}|\s)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """One BibTeX entry: its key, and its fields with TeX's braces and accents resolved."""

    key: str
    fields: Mapping[str, str]

    @property
    def text(self) -> str:
        """Authors. Title. Where, pages, year. Identifier."""
        get = self.fields.get
        where = get("journal") or get("booktitle") or get("howpublished") or get("publisher") or ""
        place = ", ".join(part for part in (where, get("volume", ""), get("pages", ""), get("year", "")) if part)
        parts = (_authors(get("author", "")), get("title", ""), place, self.link)
        return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)

    @property
    def link(self) -> str:
        """``doi:…``, ``arXiv:…`` or the address; empty if the entry has none."""
        if doi := self.fields.get("doi"):
            return f"doi:{doi}"
        if eprint := self.fields.get("eprint"):
            return f"arXiv:{eprint}"
        return self.fields.get("url", "")


def references(sources: Iterable[str]) -> tuple[Reference, ...]:
    """The entries of several BibTeX texts, each key once, in order; what is no entry is passed over."""
    found: dict[str, Reference] = {}
    for source in sources:
        for match in _HEAD.finditer(source):
            found.setdefault(match[2], Reference(match[2], dict(_fields(source, match.end()))))
    return tuple(found.values())


def _fields(text: str, at: int) -> Iterator[tuple[str, str]]:
    while match := _FIELD.match(text, at):
        end = _value_end(text, match.end())
        yield match[1].lower(), plain(text[match.end() : end].strip().removeprefix('"').removesuffix('"'))
        at = end


def _value_end(text: str, start: int) -> int:
    """Where a field's value ends: at the comma or brace outside all braces and quotes."""
    depth, quoted = 0, False
    for at in range(start, len(text)):
        char = text[at]
        if char == '"' and depth == 0:
            quoted = not quoted
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return at
            depth -= 1
        elif char == "," and depth == 0 and not quoted:
            return at
    return len(text)


def plain(text: str) -> str:
    """Unicode for TeX's accents, dashes and braces."""
    text = _ACCENTED.sub(lambda match: unicodedata.normalize("NFC", match[2] + _ACCENTS[match[1]]), text)
    text = _LETTER.sub(lambda match: _LETTERS[match[1]], text)
    text = text.replace("---", "—").replace("--", "–").replace("~", " ")
    return " ".join(re.sub(r"[{}]|\\(?=[&%_#$])", "", text).split())


def _authors(text: str) -> str:
    """``He, Kaiming and Sun, Jian`` → ``Kaiming He and Jian Sun``."""
    names = [" ".join(reversed(name.split(", ", 1))) for name in text.split(" and ") if name.strip()]
    names = ["et al." if name == "others" else name for name in names]
    if len(names) < 2:
        return "".join(names)
    joint = " " if names[-1] == "et al." else " and "
    return f"{', '.join(names[:-1])}{joint}{names[-1]}"
