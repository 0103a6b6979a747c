"""Typst: every text is a string literal, so no character is markup."""

from __future__ import annotations

from blockviz.quoting.visible import visible


def string(text: str) -> str:
    """A string literal of one line."""
    return literal(visible(text))


def literal(text: str) -> str:
    """A string literal of text that blockviz wrote itself (an SVG), lines kept."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
