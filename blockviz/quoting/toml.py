"""TOML: basic strings."""

from __future__ import annotations

import json


def string(text: str) -> str:
    """A text as a basic string."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
