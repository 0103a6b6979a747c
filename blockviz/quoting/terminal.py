"""The terminal obeys escape sequences; none comes from a model."""

from __future__ import annotations

import re

from blockviz.quoting.visible import visible


def line(text: str) -> str:
    """One line."""
    return visible(text)


def lines(text: str) -> str:
    """Text in which a bare newline ends a line; tabs stay."""
    return re.sub(r"[^\n\t]+", lambda match: visible(match[0]), text)
