"""What blockviz says of several models, from Python: `diff`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from blockviz.comparison.overviews import Comparison, Row, compare_outlines
from blockviz.pipeline import summarize
from blockviz.runtime.options import check, checked
from blockviz.runtime.output_files import Output, write_all
from blockviz.scene import Page
from blockviz.summary import Summary

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
    found = [each if isinstance(each, Summary) else summarize(each, **options) for each in (before, after)]
    return difference_of(*found)


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

    def save(self, target: str | os.PathLike[str], *, force: bool = False, **options: Any) -> None:
        """Draw the figure into a file; the suffix chooses the format.

        ``options`` are those of `page`, and ``engine``, ``dpi`` and ``outline_text``. ``force`` replaces even a model.

        Raises
        ------
        DrawError : the file can't be written, or is a model; nothing was written.
        """
        write_all(self.outputs(target, **options), force=force)

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
