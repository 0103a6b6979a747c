"""What `summarize` gives: the verified block graph, its outline, and everything that can be made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockviz.ir import LayerGraph
from blockviz.outline.model import Definition, Outline, Part
from blockviz.runtime.options import check, checked
from blockviz.runtime.output_files import Target, deliver, target_name
from blockviz.runtime.records import dataclass
from blockviz.scene import Page


@dataclass(frozen=True, slots=True)
class Summary:
    """A model's blocks. ``graph`` expands back to ``source``; ``outline`` is what every output reads."""

    graph: LayerGraph
    source: LayerGraph
    outline: Outline

    @property
    def overview(self) -> tuple[Part, ...]:
        """The boxes of the overview, from input to output."""
        return self.outline.parts

    @property
    def blocks(self) -> tuple[Definition, ...]:
        """The block types, outer ones before inner ones."""
        return self.outline.definitions

    def to_dict(self) -> dict[str, Any]:
        """What `blockviz inspect --json` prints."""
        from blockviz.tables.inspect import inspection

        return inspection(self.outline)

    def page(
        self, page: str | None = None, width: str | None = None, height: str | None = None, **options: Any
    ) -> Page:
        """The composed figure at a physical size; ``options`` are those of `blockviz.page.fitting.compose.Options`.

        It is proved against the model; a statement that is not so is a bug, and is named in the page's ``advice``.

        Raises
        ------
        PageError : the model can't be shown at that size and font; the message says what would help.
        UsageError : an option of another type, or out of its range.
        """
        from blockviz.page.fitting.compose import Options, compose
        from blockviz.page.fitting.screen import screen_page
        from blockviz.page.proof.guard import proved
        from blockviz.page.style.page_size import parse_page

        check(page=page, width=width, height=height)
        check(**{name: options[name] for name in ("theme", "pages", "direction", "layout") if name in options})
        if "min_font" in options:
            options["min_font"] = checked("min_font", options["min_font"])
        size, wanted = parse_page(page, width, height), Options(**options)
        if wanted.screen:
            drawn = screen_page(self.outline, size, wanted, grows=page is None and height is None)
        else:
            drawn = compose(self.outline, size, wanted)
        return proved(drawn, self.graph, self.source)

    def contents(self) -> Mapping[str, Any]:
        """What the interactive page says of every layer and every copy, as types that JSON has."""
        from blockviz.render.formats.html.contents import contents_of

        return contents_of(self.outline, self.graph, self.source)

    def save(self, target: Target, *, format: str | None = None, force: bool = False, **options: Any) -> None:
        """Draw the figure into a file or an open file; ``format`` or the suffix chooses the format (svg, pdf, html …).

        ``options`` are those of `page`, and ``engine`` and ``dpi``. ``force`` replaces even a saved model.

        Raises
        ------
        DrawError : the file can't be written, or is a model; nothing was written.
        """
        from blockviz.render import RenderOptions, format_of, prepare

        known = ("engine", "dpi", "outline_text", "bare")
        drawing = {key: checked(key, options.pop(key)) for key in known if key in options}
        if format_of(target_name(target), format) == "html":
            options["screen"], drawing["contents"] = True, self.contents()
        outputs = prepare(self.page(**options), target_name(target), RenderOptions(**drawing), format)
        deliver(outputs, target, force=force)

    def html(self, **options: Any) -> str:
        """The interactive page as text; ``options`` are those of `page`.

        Raises
        ------
        PageError, UsageError : as of `page`.
        """
        from blockviz.render import RenderOptions, render

        page = self.page(**{**options, "screen": True})
        return render(page, "html", RenderOptions(contents=self.contents())).decode("utf-8")

    def table(self, format: str = "text", **options: Any) -> str:
        """The overview as a table: latex, markdown, csv, html, typst or text."""
        from blockviz.tables import table

        return table(self.outline, format, source=self.source, **options)

    def describe(self) -> tuple[str, str]:
        """A caption and a paragraph of prose that are true of the model."""
        from blockviz.tables import describe

        return describe(self.outline)

    def _repr_svg_(self) -> str:
        from blockviz.render import render

        return render(self.page(width="170mm", height="270mm"), "svg").decode("utf-8")

    def _repr_html_(self) -> str:
        from blockviz.render.formats.html.notebook import framed

        return framed(self.html(), self.outline.name)

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        """The interactive page for notebooks that show HTML, the figure for those that don't."""
        return {"text/html": self._repr_html_(), "image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        out = self.outline
        boxes = f"{len(out.parts)} boxes and {len(out.definitions)} block types"
        return f"<Summary of {out.name}: {out.layers} layers as {boxes}>"
