"""Labels of skeletons, and the words of patterns that they fit."""

from __future__ import annotations

import re
from functools import cache


@cache
def fits(label: str, wanted: str) -> bool:
    """Whether a label of a skeleton is what a pattern asks for: see `block_patterns`."""
    if label == wanted or (wanted == "anyattn" and label.endswith("attn")):
        return True
    name, _, kernel = label.partition(":")
    flags = re.match(r"([dg]*)(conv|tconv|sep|pool)(?::(.+))?$", wanted)
    if flags is None or flags[2] != name:
        return False
    if name == "pool":
        return flags[3] in (None, kernel)
    sizes, marks = re.fullmatch(r"([\dxNone]*)([dg]*)", kernel or "").groups()  # type: ignore[union-attr]
    if any(mark not in marks for mark in flags[1]) or ("g" in marks and "g" not in flags[1] and flags[3]):
        return False
    if flags[3] is None:
        return True
    ones = set(sizes.split("x")) == {"1"}
    line = "x" not in sizes
    kinds = {"1": ones, "k": not ones, "w": line and not ones, "o": line and ones}
    return kinds.get(flags[3], sizes == flags[3])
