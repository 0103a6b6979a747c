"""Text of a presentation: the library that writes it escapes for XML; what hides or reorders is made visible before."""

from __future__ import annotations

from blockviz.quoting.visible import abridged, visible

_LONGEST = 3000  # characters


def text(words: str, longest: int = _LONGEST) -> str:
    """One line of a text or a name."""
    return abridged(visible(words), longest)
