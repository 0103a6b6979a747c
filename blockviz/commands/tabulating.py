"""`blockviz table`, `compare` and `report`: documents from one or more models."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
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
    if suffix not in (".html", ".tex", ".pdf"):
        raise UsageError(f"a report is .html, .tex or .pdf, not {suffix or arguments.output!r}")
    if suffix == ".pdf" and not shutil.which("pdflatex"):
        raise DrawError("a PDF report needs pdflatex, which is not installed; write .html or .tex instead")
    found = [read(arguments, model) for model in progress(arguments.models, "Reading models")]
    if suffix == ".html":
        put(arguments.output, reported([_entry(summary, svg=True) for summary in found], "html"))
    elif suffix == ".tex":
        folder = Path(arguments.output).parent
        put(arguments.output, reported(_with_figures(found, folder, Path(arguments.output).stem), "latex"))
    else:
        _typeset(found, Path(arguments.output))


def _typeset(found: list[Summary], target: Path) -> None:
    from blockviz.render import write
    from blockviz.tables import report as reported

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = reported(_with_figures(found, folder, "figure"), "latex")
        (folder / "report.tex").write_text(text, encoding="utf-8")
        for _ in range(2):  # the second run resolves references
            done = subprocess.run(
                ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"],
                cwd=folder, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if line.startswith("!")]
            raise DrawError(f"pdflatex failed: {lines[0] if lines else 'see its log'}; write .tex to look into it")
        write(str(target), (folder / "report.pdf").read_bytes())


def _with_figures(found: list[Summary], folder: Path, stem: str) -> list[Entry]:
    from dataclasses import replace

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
