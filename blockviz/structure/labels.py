"""Labels of skeletons, and the words of patterns that they fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


@cache
def fits(label: str, wanted: str) -> bool:
    """Whether a label of a skeleton, marks behind it, is what a pattern asks for: see `block_patterns`."""
    label, *has = label.split(".")
    wanted, *asked = wanted.split(".")
    if (asked and not has_marks(frozenset(has), asked)) or ("folded" in has and "folded" not in asked):
        return False
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
    axes = sizes.split("x")
    ones = set(axes) == {"1"}
    line = len(axes) == 1
    along = not line and not ones and axes.count("1") == len(axes) - 1
    kinds = {"1": ones, "k": not ones, "w": line and not ones, "o": line and ones, "l": along}
    return kinds.get(flags[3], sizes == flags[3])


def has_marks(marks: frozenset[str], asked: Iterable[str]) -> bool:
    """Whether what is asked for is there, and what is refused (``!gate``) isn't."""
    return all((mark[1:] not in marks) if mark[0] == "!" else (mark in marks) for mark in asked)


@cache
def kind_of(label: str) -> str:
    """The kind of call that a label says, kernel, marks and flags apart: ``conv`` for ``dconv:3x3.gate``."""
    kind = re.split("[:.]", label, maxsplit=1)[0]
    return re.sub(r"^[gd]+(?=(?:conv|tconv|sep|pool)$)", "", kind)
