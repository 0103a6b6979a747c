"""SVG, HTML and draw.io: the same two places, between tags and in an attribute."""

from __future__ import annotations

from html import escape

from blockviz.quoting.visible import visible


def text(words: str) -> str:
    """Text between tags."""
    return escape(visible(words), quote=False)


def attribute(words: str) -> str:
    """An attribute's value, quotation marks included."""
    return f'"{escape(visible(words), quote=True)}"'


def document(markup: str) -> str:
    """A whole document of blockviz' own as an attribute's value, quotation marks included; nothing in it is changed.

    It is full of double quotation marks, so single ones stand around it.
    """
    return "'" + markup.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;") + "'"
