"""`blockviz render`."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blockviz.commands.common import check, note, put_all, read, sheet_text, text_output
from blockviz.errors import DrawError, UsageError
from blockviz.runtime.output_files import is_stream

if TYPE_CHECKING:
    from blockviz.render.graphviz.engine import Worker
    from blockviz.summary import Summary


def render(arguments: argparse.Namespace) -> None:
    """Draw the figure; again and again with ``--watch``, whenever the model or a setting changes."""
    if not arguments.watch:
        render_once(arguments)
        return
    from blockviz.commands.watch import watch

    watch(arguments, render_once)


def render_once(arguments: argparse.Namespace) -> None:
    """Compose and draw the figure. Graphviz starts first, so that it is ready when the page is."""
    from blockviz.render import api
    from blockviz.render.graphviz import engine

    form = api.format_of(arguments.output, arguments.format)
    check(arguments, arguments.output)
    if form == "html" and (arguments.caption or arguments.caption_file):
        raise UsageError("LaTeX can't include an interactive page; leave out --caption, or write a .pdf")
    if arguments.caption or arguments.caption_file:
        check(arguments, arguments.output, _caption_file(arguments))
    worker = api.warm_up(form) if arguments.engine == "bundled" else None
    try:
        draw(arguments, form, worker)
    except BaseException:
        if worker is not None:
            engine.cancel(worker)
        raise


def draw(arguments: argparse.Namespace, form: str, worker: Worker | None) -> None:
    """Read, compose, render; then all files are written, or none."""
    from blockviz import __version__
    from blockviz.render import api

    summary = read(arguments, arguments.model)
    page = summary.page(
        arguments.page,
        arguments.width,
        arguments.height,
        theme=arguments.theme,
        min_font=arguments.min_font,
        pages=arguments.pages,
        direction=arguments.direction,
        layout=arguments.layout,
        screen=form == "html",
    )
    options = api.RenderOptions(
        engine=arguments.engine,
        dpi=arguments.dpi,
        outline_text=arguments.outline_text,
        bare=arguments.bare,
        version=__version__,
        command=command_line(arguments.words),
        contents=summary.contents() if form == "html" else None,
    )
    outputs = api.prepare(page, arguments.output, options, form, worker)
    if arguments.caption or arguments.caption_file:
        from blockviz.render.formats.latex_float import figure_environment, signed

        caption, _ = summary.describe()
        files = [_beside(output.target, _caption_file(arguments)) for output in outputs]
        text = signed(figure_environment(files, caption, summary.outline.name, page, arguments.label or ""))
        outputs.append(text_output(_caption_file(arguments), text))
    boxes = len(summary.outline.parts)
    put_all(arguments, *outputs, about=f"{sheet_text(page)}, {boxes} box{'es' if boxes != 1 else ''}")
    for sentence in (*_nothing_collapsed(arguments, summary), *_without_effect(arguments, form), *page.advice):
        note(arguments, sentence)


def _without_effect(arguments: argparse.Namespace, form: str) -> Iterator[str]:
    """What to say of options that change nothing beside the others."""
    if arguments.label and not (arguments.caption or arguments.caption_file):
        yield "--label is for the figure environment, which --caption writes"
    if arguments.bare and form != "tikz":
        yield "--bare is for TikZ (-o figure.tex)"


def _nothing_collapsed(arguments: argparse.Namespace, summary: Summary) -> list[str]:
    """What to say where a backbone was to be collapsed and none is there: the nearest miss, if there is one."""
    if not arguments.collapse_backbone or summary.outline.backbones:
        return []
    from blockviz.backbones.operand_arrays import view_of
    from blockviz.backbones.recognise import near_misses
    from blockviz.backbones.registry import library

    found = near_misses(view_of(summary.source.spelled), library())
    return [f"no known network to collapse; {found[0]}" if found else "no known network to collapse"]


def _caption_file(arguments: argparse.Namespace) -> str:
    """Where ``--caption`` writes.

    Raises
    ------
    UsageError : the figure has no place beside it, or is that file itself. DrawError : the file was edited.
    """
    from blockviz.render.formats.latex_float import is_untouched

    if is_stream(arguments.output):
        raise UsageError("--caption writes a file that includes the figure; give -o a file name")
    path = Path(arguments.caption_file or Path(arguments.output).with_suffix(".tex"))
    if path.name.lower() == Path(arguments.output).name.lower():
        raise UsageError("the file of --caption would be the figure's own; give it another name with --caption-file")
    if path.is_file() and not arguments.force and not is_untouched(path.read_bytes()):
        raise DrawError(f"{path} is not as blockviz wrote it and stays; --force replaces it, or leave out --caption")
    return str(path)


def _beside(figure: str, caption: str) -> str:
    """The figure's file as the caption's file includes it: seen from its folder, where that is another one."""
    if Path(figure).parent == Path(caption).parent:
        return figure
    return os.path.relpath(figure, Path(caption).parent)


def command_line(typed: Sequence[str]) -> str:
    """The command as typed, with file names but no folders, for the metadata: the same on every machine."""
    words = [Path(word).name if "/" in word or "\\" in word else word for word in typed]
    return shlex.join(["blockviz", *words])
