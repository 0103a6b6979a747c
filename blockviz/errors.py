"""What can go wrong, as exceptions that carry the exit status of the command line."""

from __future__ import annotations


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
