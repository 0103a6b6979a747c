"""The metadata of PDF and EPS."""

from __future__ import annotations

from blockviz.quoting.visible import abridged, visible


def string(text: str) -> bytes:
    """A PDF text string in UTF-16 with byte order mark, as hexadecimal: it has no character to break out with."""
    return b"<" + (b"\xfe\xff" + visible(text).encode("utf-16-be")).hex().encode() + b">"


def comment(text: str) -> bytes:
    """The rest of a line of PostScript's structuring comments, which are ASCII and at most 255 characters."""
    return abridged(visible(text), 200).encode("ascii", "replace")
