"""`blockviz render`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from blockviz.commands.common import put, read
from blockviz.errors import UsageError

if TYPE_CHECKING:
    from blockviz.render.engine import Worker


def render(arguments: argparse.Namespace) -> None:
    """Compose and draw the figure. Graphviz starts first, so that it is ready when the page is."""
    from blockviz.render import api, engine

    form = api.format_of(arguments.output, arguments.format)
    if arguments.caption and arguments.output == "-":
        raise UsageError("--caption writes a file beside the figure; give -o a file name")
    worker = api.warm_up(form) if arguments.engine == "bundled" else None
    try:
        draw(arguments, form, worker)
    except BaseException:
        if worker is not None:
            engine.cancel(worker)
        raise


def draw(arguments: argparse.Namespace, form: str, worker: Worker | None) -> None:
    """Read, compose, render, write; the caption's file last."""
    from blockviz import __version__
    from blockviz.page.sizes import parse_length
    from blockviz.render import api

    summary = read(arguments, arguments.model)
    page = summary.page(
        arguments.page,
        arguments.width,
        arguments.height,
        theme=arguments.theme,
        min_font=parse_length(arguments.min_font),
        pages=arguments.pages,
        direction=arguments.direction,
    )
    options = api.RenderOptions(
        engine=arguments.engine,
        dpi=arguments.dpi,
        outline_text=arguments.outline_text,
        version=__version__,
        command=command_line(),
    )
    files = api.save(page, arguments.output, options, form, worker)
    for note in page.advice:
        print(f"blockviz: {note}", file=sys.stderr)
    if arguments.caption:
        from blockviz.render.figure import figure_environment

        caption, _ = summary.describe()
        put(
            str(Path(arguments.output).with_suffix(".tex")),
            figure_environment(files, caption, summary.outline.name, page),
        )


def command_line() -> str:
    """The command as typed, with file names but no folders, for the metadata: the same on every machine."""
    words = [Path(word).name if "/" in word or "\\" in word else word for word in sys.argv[1:]]
    return shlex.join(["blockviz", *words])
