"""JSON keeps every text exact; what could hide or act in a terminal is written as an escape."""

from __future__ import annotations

import json
import re

from blockviz.quoting.visible import HIDDEN


def dumps(value: object, indent: int | None = None) -> str:
    """The value as JSON that is safe to print and to encode as UTF-8; a parser gives back the very same texts."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    # Outside strings JSON is ASCII, and line breaks are those of the indent.
    return "\n".join(HIDDEN.sub(_escape, line) for line in written.split("\n"))


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
