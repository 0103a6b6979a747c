"""`blockviz table`, `compare` and `report`: documents from one or more models."""

from __future__ import annotations

import argparse
from pathlib import Path

from blockviz.commands.common import check, drawing, note, progress, put_all, read, sheet_text, text_output
from blockviz.documents import report_files, report_suffix
from blockviz.errors import UsageError, quoted
from blockviz.runtime.options import checked

_SUFFIXES = {".tex": "latex", ".md": "markdown", ".csv": "csv", ".html": "html", ".typ": "typst", ".txt": "text"}


def table(arguments: argparse.Namespace) -> None:
    """The overview's rows in a format."""
    from blockviz.tables import left_out

    form = _format(arguments)
    check(arguments, arguments.output)
    summary = read(arguments, arguments.model)
    text = summary.table(form, caption=arguments.caption, label=arguments.label, width=arguments.width)
    put_all(arguments, text_output(arguments.output, text))
    if form == "latex" and (gone := left_out(summary.outline, arguments.width, summary.source)):
        more = "--width '\\textwidth' takes both columns of the text"
        note(arguments, f"left out for the width: {', '.join(gone)}; {more}")


def compare(arguments: argparse.Namespace) -> None:
    """One row a model; or, with a figure's suffix, the overviews side by side."""
    from blockviz.render import api
    from blockviz.tables import compare as compared

    figure = arguments.output and arguments.format is None and Path(arguments.output).suffix not in _SUFFIXES
    if figure:
        api.format_of(arguments.output)  # a suffix that names no format is an error before any work
    check(arguments, arguments.output)
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    outlines = [summary.outline for summary in found]
    if figure:
        from blockviz.page import Options, parse_page
        from blockviz.page.fitting.comparison import compose_comparison

        given = drawing(arguments)
        sheet = [given.pop(name) for name in ("page", "width", "height")]
        page = Options(theme=given.pop("theme"), min_font=checked("min_font", given.pop("min_font")))
        size = parse_page(*sheet) if any(sheet) else None
        found_page = compose_comparison(outlines, size, page)
        outputs = api.prepare(found_page, arguments.output, api.RenderOptions(**given))
        put_all(arguments, *outputs, about=f"{sheet_text(found_page)}, {len(outlines)} models")
    else:
        words = {"caption": arguments.caption, "label": arguments.label, "width": arguments.width}
        text = compared(outlines, _format(arguments), **words)
        put_all(arguments, text_output(arguments.output, text))


def _format(arguments: argparse.Namespace) -> str:
    if arguments.format:
        return str(arguments.format)
    if not arguments.output or arguments.output == "-":
        return "text"
    suffix = Path(arguments.output).suffix.lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise UsageError(f"the suffix {quoted(suffix)} names no table format; use one of {known}, or --format")
    return _SUFFIXES[suffix]


def report(arguments: argparse.Namespace) -> None:
    """Figure, table, caption and references in one document."""

    suffix = report_suffix(arguments.output)
    check(arguments, arguments.output)
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    put_all(arguments, *report_files(found, arguments.output, suffix))
