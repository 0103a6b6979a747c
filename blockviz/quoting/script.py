"""Data inside a script element of HTML, which ends at the first ``</script`` whatever stands around it."""

from __future__ import annotations

import json
import re

from blockviz.quoting.visible import HIDDEN

# What could end the element or open a comment in it, an entity of XHTML, and what hides or reorders the source.
_ACTIVE = re.compile(f"[<>&]|{HIDDEN.pattern}")


def data(value: object) -> str:
    """The value as JSON between the tags of ``<script type="application/json">``; a parser gives the same back.

    Raises
    ------
    ValueError : a number that JSON has no word for (NaN, an infinity).
    """
    # Outside strings JSON has none of these characters.
    return _ACTIVE.sub(_escape, json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
