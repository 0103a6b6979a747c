r"""DOT has two places for text, and each reads it in its own way.

Names of nodes and graphs are not among them: in a name a backslash stands for itself, except before a quotation
mark, so that a name ending in one can't be written. blockviz' own names are ``n0``, ``e0`` and the like.
"""

from __future__ import annotations

from html import escape

from blockviz.quoting.visible import abridged, visible

_LONGEST = 3000  # characters; Graphviz limits a string to 16,384 bytes


def string(text: str, end: str = "") -> str:
    r"""A quoted label or comment that is drawn as the text: no escape sequence or entity means anything.

    ``end`` : what has to follow in Graphviz' own words (``\l`` sets the line to the left).
    """
    safe = abridged(visible(text), _LONGEST).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe}{end}"' if safe.strip() else '""'  # a line without letters now and then crashes Graphviz


def html(text: str) -> str:
    """Text inside an HTML-like label, between its tags; escape sequences are read after entities are resolved."""
    return escape(abridged(visible(text), _LONGEST), quote=True).replace("\\", "&#92;&#92;")
