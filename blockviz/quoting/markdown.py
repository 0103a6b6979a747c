"""Markdown as GitHub and pandoc read it."""

from __future__ import annotations

import re

from blockviz.quoting.visible import visible

# Marks of Markdown anywhere; at the start what makes a list or a heading; and what turns an address into a link.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&!^@]|^[-+=]|:(?=//)|(?<=[wW]{3})\.")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")


def text(words: str) -> str:
    """Plain text such that no character means anything to Markdown."""
    shown = _SPECIAL.sub(r"\\\g<0>", visible(words).strip())
    return _NUMBERED.sub(r"\1\\\2", shown)
