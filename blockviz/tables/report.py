"""A report: figure, table, caption and references of each model, as one document."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from blockviz.errors import UsageError
from blockviz.ir import LayerGraph
from blockviz.outline import Outline
from blockviz.tables import html, latex
from blockviz.tables.bibliography import Reference, references
from blockviz.tables.comparison import comparison_sheet
from blockviz.tables.documents import fill
from blockviz.tables.prose import describe
from blockviz.tables.rows import overview_sheet
from blockviz.tables.sheet import clean

# A figure of this size is printed as it is on an A4 report's page; a larger one is scaled down, its type with it.
FIGURE_MM = (170, 185)
_NOT_IN_PATHS = frozenset('{}%#\\^~"$&')


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of a report.

    svg : the figure's text, for HTML; pdf : path of the figure as the document will find it, for LaTeX,
    best drawn for FIGURE_MM.
    bibtex : entries of the works behind the model; source : the layer graph, for receptive fields.
    """

    outline: Outline
    svg: str | None = None
    pdf: str | None = None
    bibtex: str = ""
    source: LayerGraph | None = None


def report(entries: Sequence[Entry], format: str, *, title: str | None = None) -> str:
    """One document, ``html`` (self-contained) or ``latex`` (for pdflatex, lualatex or xelatex), as text.

    Several models are compared in a table of their own before the first of them.

    Raises
    ------
    UsageError : an unknown format, no entry, or a figure's path that LaTeX can't read.
    """
    if not entries:
        raise UsageError("nothing to report: give at least one model")
    if format not in REPORT_FORMATS:
        raise UsageError(f"a report is {' or '.join(REPORT_FORMATS)}, not {format!r}")
    name = title or ", ".join(entry.outline.name for entry in entries)
    return REPORT_FORMATS[format](entries, clean(name))


def _html(entries: Sequence[Entry], title: str) -> str:
    models = [{**_model(entry), "table": html.context(overview_sheet(entry.outline, entry.source)),
               "image": _data_uri(entry.svg) if entry.svg else ""} for entry in entries]  # fmt: skip
    comparison = html.context(comparison_sheet([entry.outline for entry in entries])) if len(entries) > 1 else None
    works = [{"key": work.key, "text": work.text} for work in _works(entries)]
    bibtex = "\n".join(dict.fromkeys(entry.bibtex.strip() for entry in entries if entry.bibtex.strip()))
    return fill("report.html.j2", title=title, models=models, comparison=comparison, works=works, bibtex=bibtex)


def _latex(entries: Sequence[Entry], title: str) -> str:
    models = [{**{key: latex.escape(text) for key, text in _model(entry).items()},
               "table": latex.context(overview_sheet(entry.outline, entry.source)),
               "image": _tex_path(entry.pdf) if entry.pdf else ""} for entry in entries]  # fmt: skip
    comparison = latex.context(comparison_sheet([entry.outline for entry in entries])) if len(entries) > 1 else None
    works = [{"key": latex.escape(work.key), "text": latex.escape(work.text)} for work in _works(entries)]
    return fill(
        "report.tex.j2", title=latex.escape(title), models=models, comparison=comparison, works=works,
        height_mm=FIGURE_MM[1],
    )  # fmt: skip


def _model(entry: Entry) -> Mapping[str, str]:
    caption, paragraph = map(clean, describe(entry.outline))
    return {"name": clean(entry.outline.name), "caption": caption, "paragraph": paragraph}


def _works(entries: Sequence[Entry]) -> tuple[Reference, ...]:
    return references(entry.bibtex for entry in entries)


def _data_uri(svg: str) -> str:
    """An image of its own, so that two figures can't share ids or styles."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _tex_path(path: str) -> str:
    if not path.isprintable() or _NOT_IN_PATHS & set(path):
        raise UsageError(f"LaTeX can't read a figure from {path!r}: use letters, digits, spaces and - _ . /")
    return path


REPORT_FORMATS: Mapping[str, Callable[[Sequence[Entry], str], str]] = {"html": _html, "latex": _latex}
