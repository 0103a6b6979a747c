"""`blockviz table`, `compare` and `report`: documents from one or more models."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blockviz.commands.common import check, drawing, note, progress, put_all, read, text_output
from blockviz.errors import DrawError, UsageError, quoted
from blockviz.runtime.options import checked
from blockviz.runtime.output_files import Output, write_all
from blockviz.runtime.temporary import scratch_folder
from blockviz.summary import Summary

if TYPE_CHECKING:
    from blockviz.tables import Entry

_SUFFIXES = {".tex": "latex", ".md": "markdown", ".csv": "csv", ".html": "html", ".typ": "typst", ".txt": "text"}


def table(arguments: argparse.Namespace) -> None:
    """The overview's rows in a format."""
    from blockviz.tables import left_out

    form = _format(arguments)
    check(arguments, arguments.output)
    summary = read(arguments, arguments.model)
    text = summary.table(form, caption=arguments.caption, label=arguments.label, width=arguments.width)
    put_all(arguments, text_output(arguments.output, text))
    if form == "latex" and (gone := left_out(summary.outline, arguments.width)):
        note(f"left out for the width: {', '.join(gone)}; --width '\\textwidth' takes both columns of the text")


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
        put_all(arguments, *api.prepare(compose_comparison(outlines, size, page), arguments.output,
                                        api.RenderOptions(**given)))  # fmt: skip
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

    suffix = Path(arguments.output).suffix.lower()
    if suffix not in (".html", ".tex", ".typ", ".pdf"):
        raise UsageError(f"a report is .html, .tex, .typ or .pdf, not {quoted(suffix or arguments.output)}")
    if suffix == ".pdf" and not (shutil.which("pdflatex") or find_spec("typst")):
        raise DrawError("a PDF report needs pdflatex, or `pip install typst`; write .html, .tex or .typ instead")
    check(arguments, arguments.output)
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    put_all(arguments, *_report_files(found, arguments.output, suffix))


def _report_files(found: list[Summary], target: str, suffix: str) -> list[Output]:
    from blockviz.tables import report as reported

    if suffix == ".tex":
        entries, figures = _with_figures(found, Path(target))
        return [*figures, text_output(target, reported(entries, "latex"))]
    if suffix == ".pdf" and shutil.which("pdflatex"):
        return [Output(target, _typeset(found))]
    text = reported([_entry(summary, svg=True) for summary in found], "html" if suffix == ".html" else "typst")
    return [Output(target, _typst(text))] if suffix == ".pdf" else [text_output(target, text)]


def _typst(text: str) -> bytes:
    import typst

    from blockviz.text.font_files import font_folder

    with scratch_folder() as folder:
        source = folder / "report.typ"
        source.write_text(text, encoding="utf-8")
        return bytes(typst.compile(str(source), font_paths=[str(font_folder())]))


def _typeset(found: list[Summary]) -> bytes:
    from blockviz.tables import report as reported

    with scratch_folder() as folder:
        entries, figures = _with_figures(found, folder / "figure.tex")
        write_all(figures)
        (folder / "report.tex").write_text(reported(entries, "latex"), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"]
        for _ in range(2):  # the second run resolves references
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if line.startswith("!")]
            raise DrawError(f"pdflatex failed: {lines[0] if lines else 'see its log'}; write .tex to look into it")
        return (folder / "report.pdf").read_bytes()


def _with_figures(found: list[Summary], target: Path) -> tuple[list[Entry], list[Output]]:
    """What a LaTeX report at ``target`` says, and the figures that go beside it."""
    from blockviz.render import prepare
    from blockviz.runtime.records import replace
    from blockviz.tables import FIGURE_MM

    entries, figures = [], []
    for number, summary in enumerate(found, 1):
        figure = target.with_name(f"{target.stem}-{number}.pdf")
        page = summary.page(width=f"{FIGURE_MM[0]}mm", height=f"{FIGURE_MM[1]}mm")
        figures += prepare(page, figure)
        entries.append(replace(_entry(summary), pdf=figure.name))
    return entries, figures


def _entry(summary: Summary, svg: bool = False) -> Entry:
    from blockviz.tables import Entry
    from blockviz.tables.words.cite import cite

    bibtex, _ = cite(summary.outline)
    return Entry(summary.outline, svg=summary._repr_svg_() if svg else None, bibtex=bibtex, source=summary.source)
