"""`blockviz diff`."""

from __future__ import annotations

import argparse
from pathlib import Path

from blockviz.commands.common import check, drawing, progress, put_all, read, text_output
from blockviz.documents import Difference, difference_of

_SUFFIXES = {".txt": "text", ".json": "json", ".tex": "latex", ".md": "markdown", ".csv": "csv", ".html": "html",
             ".typ": "typst"}  # fmt: skip


def diff(arguments: argparse.Namespace) -> int:
    """Say what differs between two models; 0 where nothing does, 1 where something does."""
    form = _format(arguments)
    check(arguments, arguments.output)
    before, after = (read(arguments, model) for model in progress([arguments.before, arguments.after], "Reading"))
    found = difference_of(before, after)
    if form in Difference.TEXTS:
        width = arguments.width if form == "latex" else None
        text = found.text(form, caption=arguments.caption, label=arguments.label, width=width)
        put_all(arguments, text_output(arguments.output, text))
    else:
        put_all(arguments, *found.outputs(arguments.output, form, **drawing(arguments)))
    return int(not found.equal)


def _format(arguments: argparse.Namespace) -> str:
    """The format asked for, or the one that the suffix names.

    Raises
    ------
    UsageError : neither is known.
    """
    from blockviz.render import api

    if arguments.format in Difference.TEXTS:
        return str(arguments.format)
    if not arguments.format and arguments.output in (None, "-"):
        return "text"
    suffix = Path(arguments.output or "").suffix.lower()
    if not arguments.format and suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    return api.format_of(arguments.output or "-", arguments.format)
