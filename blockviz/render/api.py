"""The one entry point of this folder: a page and a format in, bytes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blockviz.errors import DrawError, UsageError, quoted
from blockviz.render.formats.dot import OTHERS_SCALE, sheet_to_dot
from blockviz.render.graphviz import engine
from blockviz.render.graphviz.engine import TIMEOUT
from blockviz.runtime.output_files import Output, is_stream, write_all
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Page

FORMATS = ("svg", "pdf", "png", "eps", "dot", "tikz", "mermaid", "drawio", "pptx")  # of a page
INTERACTIVE = "html"  # of a page with the contents of its model
_MOST_PIXELS = 100_000_000  # four bytes each, some copies of them
_LONGEST_SIDE = 32_767  # of Cairo
_SUFFIXES = {
    ".svg": "svg", ".pdf": "pdf", ".png": "png", ".eps": "eps", ".ps": "eps", ".dot": "dot", ".gv": "dot",
    ".tex": "tikz",
    ".tikz": "tikz", ".mmd": "mermaid", ".mermaid": "mermaid", ".drawio": "drawio", ".pptx": "pptx",
    ".html": "html",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a page becomes a file.

    engine : ``bundled`` or ``system``. dpi : of PNG. outline_text : SVG glyphs as paths. bare : TikZ without a
    document around it. timeout : seconds.
    version, command : for the reproducibility line in the metadata. contents : what the interactive page says of the
    model (`Summary.contents`).
    """

    engine: str = "bundled"
    dpi: float = 192.0
    outline_text: bool = False
    bare: bool = False
    timeout: float = TIMEOUT
    version: str = ""
    command: str = ""
    contents: Mapping[str, Any] | None = None


def format_of(target: str | os.PathLike[str], form: str | None = None) -> str:
    """The format asked for, or the one that a file's suffix names.

    Raises
    ------
    UsageError : neither is known.
    """
    if form:
        name = form.lower().lstrip(".")
        if name in (*FORMATS, INTERACTIVE):
            return name
        raise UsageError(f"no format {quoted(form)}; there are {', '.join((*FORMATS, INTERACTIVE))}")
    suffix = Path(target).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    raise UsageError(
        f"the suffix of {quoted(str(target))} names no format; use one of {', '.join(sorted(_SUFFIXES))}, or --format"
    )


def engine_format(form: str) -> str | None:
    """The format that Graphviz itself is asked for, or None where it has no part in it."""
    return {"svg": "svg", "html": "svg", "pdf": "pdf", "png": "png", "eps": "eps:cairo"}.get(form)


def warm_up(form: str) -> engine.Worker | None:
    """Start Graphviz for a format now, so that its start overlaps with reading the model; give it to `render`."""
    name = engine_format(form)
    return engine.start(name) if name else None


def render(
    page: Page, form: str, options: RenderOptions | None = None, sheet: int = 0, worker: engine.Worker | None = None
) -> bytes:
    """One sheet of a page in a format, as bytes; the same page and options give the same bytes.

    A PDF holds all sheets of the page.

    Raises
    ------
    DrawError : Graphviz failed, crashed or took too long. UsageError : an unknown format, or what it can't show.
    """
    options = options or RenderOptions()
    if form == INTERACTIVE:
        return _interactive(page, options, worker)
    if form not in FORMATS:
        raise UsageError(f"no format {quoted(form)}; there are {', '.join((*FORMATS, INTERACTIVE))}")
    if form in ("svg", "pdf", "png", "eps"):
        return _drawn(page, form, options, sheet, worker)
    if form == "tikz":
        from blockviz.render.formats.tikz import sheet_to_tikz

        return sheet_to_tikz(page, sheet, options.bare).encode("utf-8")
    if form == "pptx":
        from blockviz.render.formats.pptx import page_to_pptx

        return page_to_pptx(page)
    return _TEXT_FORMATS[form](page, sheet).encode("utf-8")


def prepare(page: Page, target: str | os.PathLike[str], options: RenderOptions | None = None, form: str | None = None,
            worker: engine.Worker | None = None) -> list[Output]:  # fmt: skip
    """The files of a figure, not written yet: a page of two sheets becomes ``name.svg`` and ``name-2.svg``.

    A PDF or presentation stays one file.

    Raises
    ------
    UsageError : two sheets for standard output, a device or a FIFO.
    """
    kind = format_of(target, form)
    files = [os.fspath(target)]
    if len(page.sheets) > 1 and kind not in ("pdf", "pptx"):
        if is_stream(files[0]):
            raise UsageError("the figure has two pages: write it to a file, or with --format pdf")
        path = Path(target)
        files += [str(path.with_stem(f"{path.stem}-{n}")) for n in range(2, len(page.sheets) + 1)]
    return [Output(name, render(page, kind, options, n, worker if n == 0 else None)) for n, name in enumerate(files)]


def save(page: Page, target: str | os.PathLike[str], options: RenderOptions | None = None, form: str | None = None,
         *, force: bool = False) -> list[str]:  # fmt: skip
    """Render and write a figure; gives the names of the files written, which are those of `prepare`.

    Raises
    ------
    DrawError : a file can't be written, or is a model and ``force`` is not given; nothing was written.
    """
    outputs = prepare(page, target, options, form)
    write_all(outputs, force=force)
    return [output.target for output in outputs]


def _drawn(page: Page, form: str, options: RenderOptions, sheet: int, worker: engine.Worker | None) -> bytes:
    from blockviz.render.formats import pdf

    if form == "pdf":
        sheets = [_run(page, form, options, n, worker if n == 0 else None) for n in range(len(page.sheets))]
        return pdf.finished(sheets, page, options.version, options.command)
    data = _run(page, form, options, sheet, worker)
    if form == "svg":
        from blockviz.render.formats import svg

        return svg.finished(
            data.decode("utf-8"), page, sheet, options.outline_text, options.version, options.command
        ).encode("utf-8")
    return pdf.finished_eps(data, page) if form == "eps" else data


def _interactive(page: Page, options: RenderOptions, worker: engine.Worker | None) -> bytes:
    """The page for a browser around the figure as SVG."""
    from blockviz.render.formats import svg
    from blockviz.render.formats.html import page_to_html

    if options.contents is None or page.palette is None:
        raise UsageError("an interactive page is made of a whole model, not of a figure; use `Summary.save`")
    if len(page.sheets) > 1:
        raise UsageError("an interactive page is one sheet; compose it with `screen=True`")
    drawn = _run(page, "html", options, 0, worker).decode("utf-8")
    figure = svg.finished(drawn, page, 0, options.outline_text, options.version, options.command, numbered=True)
    return page_to_html(figure, page, options.contents, options.version).encode("utf-8")


def _run(page: Page, form: str, options: RenderOptions, sheet: int, worker: engine.Worker | None) -> bytes:
    name = engine_format(form) or form
    if form == "png":
        _check_pixels(page, sheet, options.dpi)
    if form == "eps":
        page = replace(page, families=page.families[:1])
    dot = sheet_to_dot(page, sheet, options.dpi if form == "png" else None)
    foreign = _needs_other_fonts(page)
    if worker is not None and options.engine == "bundled" and not foreign:
        return engine.finish(worker, dot, options.timeout)
    if worker is not None:
        engine.cancel(worker)
    return engine.run(dot, name, options.engine, options.timeout, with_system_fonts=foreign)


def _check_pixels(page: Page, sheet: int, dpi: float) -> None:
    """Raise DrawError for a picture that would take gigabytes."""
    width, height = (round(side * dpi / 72) for side in (page.sheets[sheet].width, page.sheets[sheet].height))
    if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
        raise DrawError(f"a picture of {width:,} by {height:,} pixels is too large; give a lower --dpi, or draw a PDF")


def _needs_other_fonts(page: Page) -> bool:
    """Whether some text has letters that Arimo lacks (Chinese layer names, say)."""
    from blockviz.text.font_metrics import missing

    words = (run.text for sheet in page.sheets for line in sheet.words for run in line.runs)
    labels = (run.text for sheet in page.sheets for box in sheet.boxes for line in box.lines for run in line)
    return any(missing(text) for texts in (words, labels) for text in texts)


def _dot(page: Page, sheet: int) -> str:
    return sheet_to_dot(page, sheet, scale=OTHERS_SCALE)


def _mermaid(page: Page, sheet: int) -> str:
    from blockviz.render.formats.mermaid import sheet_to_mermaid

    return sheet_to_mermaid(page, sheet)


def _drawio(page: Page, sheet: int) -> str:
    from blockviz.render.formats.drawio import page_to_drawio

    return page_to_drawio(page)


_TEXT_FORMATS: Mapping[str, Callable[[Page, int], str]] = {
    "dot": _dot,
    "mermaid": _mermaid,
    "drawio": _drawio,
}
