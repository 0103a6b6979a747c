"""A report: figure, table, caption and references of each model, as one document."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

from blockviz.errors import UsageError, quoted
from blockviz.ir import LayerGraph
from blockviz.outline.model import Outline
from blockviz.quoting import latex as quoting_latex
from blockviz.quoting import typst as quoting_typst
from blockviz.quoting import visible
from blockviz.runtime.records import dataclass
from blockviz.tables.formats import html, latex, typst
from blockviz.tables.formats.templates import fill
from blockviz.tables.rows.comparison import comparison_sheet
from blockviz.tables.rows.overview import overview_sheet
from blockviz.tables.rows.table import Table, slug
from blockviz.tables.words.bibtex import Reference, references
from blockviz.tables.words.prose import describe

# A figure of this size is printed as it is on an A4 report's page; a larger one is scaled down, its type with it.
FIGURE_MM = (170, 185)
_NOT_IN_PATHS = frozenset('{}%#\\^~"$&')


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of a report.

    svg : the figure's text, for HTML and Typst; pdf : path of the figure as the document will find it, for LaTeX,
    best drawn for FIGURE_MM.
    bibtex : entries of the works behind the model; source : the layer graph, for receptive fields.
    """

    outline: Outline
    svg: str | None = None
    pdf: str | None = None
    bibtex: str = ""
    source: LayerGraph | None = None


def report(entries: Sequence[Entry], format: str, *, title: str | None = None) -> str:
    """One document as text: ``html`` and ``typst`` are self-contained, ``latex`` reads its figures from files.

    Several models are compared in a table of their own before the first of them.

    Raises
    ------
    UsageError : an unknown format, no entry, or a figure's path that LaTeX can't read.
    """
    if not entries:
        raise UsageError("nothing to report: give at least one model")
    if format not in REPORT_FORMATS:
        raise UsageError(f"a report is {', '.join(REPORT_FORMATS)}, not {quoted(format)}")
    name = title or ", ".join(entry.outline.name for entry in entries)
    return REPORT_FORMATS[format](entries, name)


def _html(entries: Sequence[Entry], title: str) -> str:
    bibtex = "\n".join(dict.fromkeys(entry.bibtex.strip() for entry in entries if entry.bibtex.strip()))
    values = _values(entries, title, visible, html.context, _data_uri)
    return fill("report.html.j2", bibtex=bibtex, **values)


def _latex(entries: Sequence[Entry], title: str) -> str:
    values = _values(entries, title, quoting_latex.text, latex.context, _tex_path)
    return fill("report.tex.j2", height_mm=FIGURE_MM[1], **values)


def _typst(entries: Sequence[Entry], title: str) -> str:
    return fill("report.typ.j2", **_values(entries, title, quoting_typst.string, typst.context, _literal))


def _values(
    entries: Sequence[Entry],
    title: str,
    escape: Callable[[str], str],
    context: Callable[[Table], dict[str, object]],
    image: Callable[[Entry], str],
) -> dict[str, object]:
    """What the templates of all formats need."""
    models = []
    for number, entry in enumerate(entries, 1):
        caption, paragraph = describe(entry.outline)
        # The number keeps labels apart where two models have one name.
        label = f"tab:{slug(entry.outline.name)}" + (f"-{number}" if len(entries) > 1 else "")
        texts = {"name": entry.outline.name, "caption": caption, "paragraph": paragraph}
        models.append({
            **{key: escape(text) for key, text in texts.items()},
            "table": context(overview_sheet(entry.outline, entry.source, label=label)),
            "image": image(entry),
        })  # fmt: skip
    return {
        "title": escape(title),
        "models": models,
        "comparison": context(comparison_sheet([entry.outline for entry in entries])) if len(entries) > 1 else None,
        "works": [{"key": escape(work.key), "text": escape(work.text)} for work in _works(entries)],
    }


def _works(entries: Sequence[Entry]) -> tuple[Reference, ...]:
    return references(entry.bibtex for entry in entries)


def _data_uri(entry: Entry) -> str:
    """An image of its own, so that two figures can't share ids or styles."""
    return f"data:image/svg+xml;base64,{base64.b64encode(entry.svg.encode()).decode()}" if entry.svg else ""


def _literal(entry: Entry) -> str:
    return quoting_typst.literal(entry.svg) if entry.svg else ""


def _tex_path(entry: Entry) -> str:
    path = entry.pdf or ""
    if not path.isprintable() or _NOT_IN_PATHS & set(path):
        raise UsageError(f"LaTeX can't read a figure from {quoted(path)}: use letters, digits, spaces and - _ . /")
    return path


REPORT_FORMATS: Mapping[str, Callable[[Sequence[Entry], str], str]] = {
    "html": _html,
    "latex": _latex,
    "typst": _typst,
}
