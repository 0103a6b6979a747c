"""Mermaid: labels stand in quotation marks, and everything but plain words is an entity of Mermaid's own."""

from __future__ import annotations

from blockviz.quoting.visible import visible

_PLAIN = frozenset(" ,×·/")
_BEFORE_LETTERS = frozenset(".-()")  # before a space or at the end they could make a list of Markdown


def label(text: str) -> str:
    """The inside of a quoted label, or of a comment."""
    shown = visible(text)
    return "".join(map(_character, shown, f"{shown[1:]} "))


def _character(char: str, after: str) -> str:
    if char.isalnum() or char in _PLAIN or (char in _BEFORE_LETTERS and not after.isspace()):
        return char
    return f"#{ord(char)};"
