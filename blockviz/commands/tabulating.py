"""`blockviz table`, `compare` and `report`: documents from one or more models."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blockviz.commands.common import progress, put, read
from blockviz.errors import DrawError, UsageError
from blockviz.summary import Summary

if TYPE_CHECKING:
    from blockviz.tables import Entry

_SUFFIXES = {".tex": "latex", ".md": "markdown", ".csv": "csv", ".html": "html", ".typ": "typst", ".txt": "text"}


def table(arguments: argparse.Namespace) -> None:
    """The overview's rows in a format."""
    summary = read(arguments, arguments.model)
    put(arguments.output, summary.table(_format(arguments), caption=arguments.caption, label=arguments.label))


def compare(arguments: argparse.Namespace) -> None:
    """One row a model; or, with a figure's suffix, the overviews side by side."""
    from blockviz.render import api
    from blockviz.tables import compare as compared

    figure = arguments.output and arguments.format is None and Path(arguments.output).suffix not in _SUFFIXES
    if figure:
        api.format_of(arguments.output)  # a suffix that names no format is an error before any work
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    outlines = [summary.outline for summary in found]
    if figure:
        from blockviz.page.comparison import compose_comparison

        api.save(compose_comparison(outlines), arguments.output)
    else:
        put(arguments.output, compared(outlines, _format(arguments), caption=arguments.caption, label=arguments.label))


def _format(arguments: argparse.Namespace) -> str:
    if arguments.format:
        return str(arguments.format)
    if not arguments.output or arguments.output == "-":
        return "text"
    suffix = Path(arguments.output).suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"the suffix {suffix!r} names no table format; use one of {', '.join(_SUFFIXES)}, or --format")
    return _SUFFIXES[suffix]


def report(arguments: argparse.Namespace) -> None:
    """Figure, table, caption and references in one document."""
    from blockviz.tables import report as reported

    suffix = Path(arguments.output).suffix.lower()
    if suffix not in (".html", ".tex", ".typ", ".pdf"):
        raise UsageError(f"a report is .html, .tex, .typ or .pdf, not {suffix or arguments.output!r}")
    if suffix == ".pdf" and not (shutil.which("pdflatex") or find_spec("typst")):
        raise DrawError("a PDF report needs pdflatex, or `pip install typst`; write .html, .tex or .typ instead")
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    target = Path(arguments.output)
    if suffix == ".html":
        put(arguments.output, reported([_entry(summary, svg=True) for summary in found], "html"))
    elif suffix == ".typ":
        put(arguments.output, reported([_entry(summary, svg=True) for summary in found], "typst"))
    elif suffix == ".tex":
        put(arguments.output, reported(_with_figures(found, target.parent, target.stem), "latex"))
    elif shutil.which("pdflatex"):
        _typeset(found, target)
    else:
        _typst(reported([_entry(summary, svg=True) for summary in found], "typst"), target)


def _typst(text: str, target: Path) -> None:
    import typst

    from blockviz.render import write
    from blockviz.render.fonts import font_folder

    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "report.typ"
        source.write_text(text, encoding="utf-8")
        write(str(target), typst.compile(str(source), font_paths=[str(font_folder())]))


def _typeset(found: list[Summary], target: Path) -> None:
    from blockviz.render import write
    from blockviz.tables import report as reported

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = reported(_with_figures(found, folder, "figure"), "latex")
        (folder / "report.tex").write_text(text, encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"]
        for _ in range(2):  # the second run resolves references
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if line.startswith("!")]
            raise DrawError(f"pdflatex failed: {lines[0] if lines else 'see its log'}; write .tex to look into it")
        write(str(target), (folder / "report.pdf").read_bytes())


def _with_figures(found: list[Summary], folder: Path, stem: str) -> list[Entry]:
    from blockviz.records import replace
    from blockviz.tables import FIGURE_MM

    entries = []
    for number, summary in enumerate(found, 1):
        name = f"{stem}-{number}.pdf"
        summary.save(folder / name, width=f"{FIGURE_MM[0]}mm", height=f"{FIGURE_MM[1]}mm")
        entries.append(replace(_entry(summary), pdf=name))
    return entries


def _entry(summary: Summary, svg: bool = False) -> Entry:
    from blockviz.tables import Entry
    from blockviz.tables.cite import cite

    bibtex, _ = cite(summary.outline)
    return Entry(summary.outline, svg=summary._repr_svg_() if svg else None, bibtex=bibtex, source=summary.source)
