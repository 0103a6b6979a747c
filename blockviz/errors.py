"""What can go wrong, as exceptions that carry the exit status of the command line."""

from __future__ import annotations

import reprlib

_LONGEST_QUOTE = 200


class BlockvizError(Exception):
    """A failure the user can act on: one sentence that says what is wrong and what helps."""

    status = 1


class ModelError(BlockvizError):
    """The model could not be read (missing, broken, unknown, without a graph)."""


class DrawError(BlockvizError):
    """The figure could not be drawn or written."""


class UsageError(BlockvizError):
    """The request itself makes no sense (an unknown type letter, an unreadable size)."""

    status = 2


class PageError(BlockvizError):
    """The page contract (size, smallest font, number of pages) can't be met."""

    status = 3


class VerifyError(AssertionError):
    """A pass broke an invariant: a bug in blockviz, never the user's fault."""


class _Short(reprlib.Repr):
    """A representation that is short however large the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _LONGEST_QUOTE
        self.maxlist = self.maxtuple = self.maxdict = 6
        self.maxlevel = 4

    def repr_int(self, value: int, level: int) -> str:
        digits = value.bit_length() * 3 // 10
        return repr(value) if digits < self.maxlong else f"a number of about {digits} digits"


def quoted(value: object) -> str:
    """A piece of input as a sentence quotes it: printable, in quotation marks if text, of 200 characters at most."""
    text = _Short().repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 40]}…{text[-39:]}"
