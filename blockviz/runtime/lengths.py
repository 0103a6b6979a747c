"""Physical lengths."""

from __future__ import annotations

import re

from blockviz.errors import UsageError, quoted

LONGEST = 14_400.0  # points: no PDF is larger
_UNITS = {"mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0, "pt": 1.0, "px": 0.75}
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(mm|cm|in|pt|px)?\s*", re.ASCII)


def parse_length(text: str) -> float:
    """Points from ``84mm``, ``3.3in``, ``238pt``; a bare number is points.

    Raises
    ------
    UsageError : not a length, or beyond 14,400 points, the largest page of a PDF.
    """
    match = _LENGTH.fullmatch(text.lower())
    if not match or not (points := float(match[1]) * _UNITS[match[2] or "pt"]) > 0:
        raise UsageError(f"{quoted(text)} is not a length; write it like 84mm, 3.3in or 238pt")
    if points > LONGEST:
        raise UsageError(f"{quoted(text)} is longer than any page; at most {LONGEST:,.0f}pt (5080mm)")
    return points
