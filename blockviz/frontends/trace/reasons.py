"""Why a piece of code could not be run, as part of one sentence."""

from __future__ import annotations

import re

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_AROUND = re.compile(r"^(Exception encountered when calling|Could not automatically infer|Error encountered)")
_LONGEST = 160


def reason_of(error: BaseException) -> str:
    """Kind and first sentence of an error, without what Keras wraps around it."""
    lines = [line.strip() for line in _STYLE.sub("", str(error)).splitlines()]
    told = next((line for line in lines if line and not _AROUND.match(line)), "")
    short = told if len(told) <= _LONGEST else f"{told[:_LONGEST].rsplit(' ', 1)[0]} …"
    return f"{type(error).__name__}: {short}" if short else type(error).__name__
