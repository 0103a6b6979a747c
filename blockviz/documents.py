"""What blockviz says of several models, from Python: `compare`, `diff`, `report`, `cite`.

Targets are paths or file objects; a file object needs a ``format`` where there is a choice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from blockviz.comparison.overviews import Comparison, Row, compare_outlines
from blockviz.errors import DrawError, UsageError, quoted
from blockviz.pipeline import summarize
from blockviz.runtime.options import check, checked
from blockviz.runtime.output_files import Output, Target, deliver, target_name, write_all
from blockviz.runtime.temporary import scratch_folder
from blockviz.scene import Page
from blockviz.summary import Summary

if TYPE_CHECKING:
    from blockviz.tables import Entry

_DRAWING = ("engine", "dpi", "outline_text")


def diff(before: Any, after: Any, **options: Any) -> Difference:
    """What differs between two models, block by block, matched by structure and not by name.

    Parameters
    ----------
    before, after : whatever `summarize` takes, or a `Summary` of it.
    options : those of `summarize`, for both models.

    Raises
    ------
    ModelError : a model could not be read. UsageError : an option that is none.
    """
    return difference_of(*_summaries((before, after), options))


def _summaries(models: Iterable[Any], options: Mapping[str, Any]) -> list[Summary]:
    """Models summarised, those apart that are summaries already; a single one may stand without brackets."""
    each = [models] if isinstance(models, str | os.PathLike | Summary) or not isinstance(models, Iterable) else models
    return [one if isinstance(one, Summary) else summarize(one, **options) for one in each]


def compare(
    models: Iterable[Any], target: Target | None = None, *, format: str | None = None, caption: str | None = None,
    label: str | None = None, width: str | None = None, force: bool = False, **options: Any,
) -> str:  # fmt: skip
    """Models side by side, one row each, as text in a table's format; ``target``: where it is written as well.

    Parameters
    ----------
    models : each whatever `summarize` takes, or a `Summary`. options : those of `summarize`.
    format : latex, markdown, csv, html, typst or text; by default by the suffix of ``target``, else text.

    Raises
    ------
    UsageError : no model, an unknown format. DrawError : the file can't be written.
    """
    from blockviz import tables

    suffixes = {".tex": "latex", ".md": "markdown", ".csv": "csv", ".html": "html", ".typ": "typst"}
    form = format or suffixes.get(Path(target_name(target)).suffix.lower(), "text")
    outlines = [summary.outline for summary in _summaries(models, options)]
    text = tables.compare(outlines, form, caption=caption, label=label, width=width)
    if target is not None:
        deliver([Output(target_name(target), text.encode())], target, force=force)
    return text


def report(
    models: Iterable[Any], target: Target, *, format: str | None = None, force: bool = False, **options: Any
) -> None:
    """Figure, table, caption and references of each model in one document.

    Parameters
    ----------
    target : a path, whose suffix chooses html, tex, typ or pdf; or a file object, with ``format`` one of these.

    Raises
    ------
    UsageError : an unknown format, or one of several files for a file object. DrawError : it can't be written.
    """
    name = f"report.{format}" if format and hasattr(target, "write") else target_name(target)
    suffix = report_suffix(name)
    deliver(report_files(_summaries(models, options), name, suffix), target, force=force)


def cite(model: Any, target: Target | None = None, *, force: bool = False, **options: Any) -> str:
    """The BibTeX of what was recognised in a model; ``target``: where it is written as well.

    Raises
    ------
    ModelError : the model could not be read. DrawError : the file can't be written.
    """
    from blockviz.tables.words.cite import cite as cited

    read = {**options, "collapse_backbone": False}, {**options, "collapse_backbone": True}
    blocks, networks = (summarize(model, **given) for given in read)
    text = cited(networks.outline, blocks.outline).bibtex
    if target is not None:
        deliver([Output(target_name(target), text.encode())], target, force=force)
    return text


def difference_of(before: Summary, after: Summary) -> Difference:
    """The same of two summaries."""
    return Difference(compare_outlines(before.outline, after.outline, (before.source, after.source)))


class Difference:
    """Two models row by row: as text, table, JSON or figure. True if something differs."""

    #: Formats of `text`.
    TEXTS: ClassVar = ("text", "json", "latex", "markdown", "csv", "html", "typst")

    def __init__(self, comparison: Comparison) -> None:
        self._found = comparison

    @property
    def equal(self) -> bool:
        """Whether the architectures are the same: calls, settings, wiring, input sizes, and what training changes."""
        return self._found.equal

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row a pair of parts: ``change`` (same, changed, added, removed), ``before``, ``after``, ``words``."""
        return self._found.rows

    def to_dict(self) -> dict[str, Any]:
        """What ``blockviz diff --format json`` prints."""
        from blockviz.tables.difference import difference_json

        return difference_json(self._found)

    def text(
        self, format: str = "text", *, caption: str | None = None, label: str | None = None, width: str | None = None
    ) -> str:
        """As lines for a terminal (``text``), JSON, or a table in another of `TEXTS`; ``width`` is of a LaTeX table.

        Raises
        ------
        UsageError : an unknown format.
        """
        from blockviz import tables

        if format == "text":
            return "\n".join(tables.difference_lines(self._found)) + "\n"
        if format == "json":
            from blockviz.quoting import json

            return json.dumps(self.to_dict(), indent=1) + "\n"
        return tables.differences(self._found, format, caption=caption, label=label, width=width)

    def page(
        self, page: str | None = None, width: str | None = None, height: str | None = None, **options: Any
    ) -> Page:
        """The figure: both overviews, aligned; ``options`` are ``theme`` and ``min_font``.

        Raises
        ------
        PageError : they don't fit; the message says what would help. UsageError : an option out of its range.
        """
        from blockviz.page import Options, parse_page
        from blockviz.page.fitting.difference import compose_difference

        check(page=page, width=width, height=height)
        given = {name: checked(name, value) for name, value in options.items()}
        return compose_difference(self._found, parse_page(page, width, height), Options(**given))

    def outputs(self, target: str | os.PathLike[str], format: str | None = None, **options: Any) -> list[Output]:
        """The files of the figure, not written yet; ``options`` as of `save`."""
        from blockviz.render import RenderOptions, prepare

        drawing = {key: checked(key, options.pop(key)) for key in _DRAWING if key in options}
        return prepare(self.page(**options), target, RenderOptions(**drawing), format)

    def save(self, target: Target, *, format: str | None = None, force: bool = False, **options: Any) -> None:
        """Draw the figure into a file; the suffix chooses the format, or ``format`` for a file object.

        ``options`` are those of `page`, and ``engine``, ``dpi`` and ``outline_text``. ``force`` replaces even a model.

        Raises
        ------
        DrawError : the file can't be written, or is a model; nothing was written.
        """
        deliver(self.outputs(target_name(target), format, **options), target, force=force)

    def __bool__(self) -> bool:
        return not self.equal

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        from blockviz.tables.rows.difference import counts_text

        said = "the same" if self.equal else counts_text(self._found)
        return f"<Difference of {self._found.before.name} and {self._found.after.name}: {said}>"

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        from blockviz.render import render

        return {"image/svg+xml": render(self.page(), "svg").decode("utf-8"), "text/plain": str(self)}


def report_suffix(target: str) -> str:
    """The suffix of a report's file.

    Raises
    ------
    UsageError : there is no report of that kind. DrawError : what makes a PDF is missing.
    """
    suffix = Path(target).suffix.lower()
    if suffix not in (".html", ".tex", ".typ", ".pdf"):
        raise UsageError(f"a report is .html, .tex, .typ or .pdf, not {quoted(suffix or target)}")
    if suffix == ".pdf" and not (shutil.which("pdflatex") or find_spec("typst")):
        raise DrawError("a PDF report needs pdflatex, or `pip install typst`; write .html, .tex or .typ instead")
    return suffix


def report_files(found: list[Summary], target: str, suffix: str) -> list[Output]:
    """The files of a report, not written yet: a LaTeX report reads its figures from files beside it."""
    from blockviz.tables import report as reported

    if suffix == ".tex":
        entries, figures = _with_figures(found, Path(target))
        return [*figures, Output(target, reported(entries, "latex").encode())]
    if suffix == ".pdf" and shutil.which("pdflatex"):
        return [Output(target, _typeset(found))]
    text = reported([_entry(summary, svg=True) for summary in found], "html" if suffix == ".html" else "typst")
    return [Output(target, _typst(text))] if suffix == ".pdf" else [Output(target, text.encode())]


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
