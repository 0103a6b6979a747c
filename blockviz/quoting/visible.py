"""What every format starts from: one line of text in which nothing hides and nothing reorders the rest."""

from __future__ import annotations

import hashlib
import re

LONGEST = 400  # letters of a name at most; the longest name of a real layer has 150

_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: terminal sequences, and what XML forbids
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, or reorders text
    "\ud800-\udfff"  # half a character
    "\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, a hidden copy of ASCII, and what is kept free for their like
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)


def visible(text: str) -> str:
    """The text as one harmless line.

    White space that breaks a line becomes a space; controls, invisible and reordering characters, and halves of
    surrogate pairs become their code points, as in ``[U+202E]``. What is done once needs no second time.
    """
    return text if text.isprintable() else HIDDEN.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    return " " if match[0] in _BREAKS else _coded(match)


def _coded(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def plain_name(name: str) -> str:
    """A name of a file as the whole of blockviz keeps it: visible, and where it is endless, cut once.

    Two names stay two: a line break has its code point too, and what is cut is told by a digest.
    """
    if len(name) <= LONGEST:
        return name if name.isprintable() else HIDDEN.sub(_coded, name)
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{abridged(HIDDEN.sub(_coded, name[:LONGEST] + name[-LONGEST:]), LONGEST - 9)}#{mark}"


def abridged(name: str, longest: int = LONGEST) -> str:
    """The name, or its beginning and end around an ellipsis, ``longest`` characters in all."""
    if len(name) <= longest:
        return name
    tail = longest // 3
    return f"{name[: longest - tail - 1]}…{name[len(name) - tail :]}"
