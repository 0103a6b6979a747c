"""The figure as a screen shows it: in colours that the reader may change, and as high as its panels need."""

from __future__ import annotations

from blockviz.errors import PageError
from blockviz.outline.model import Outline
from blockviz.page.fitting.compose import compose
from blockviz.page.fitting.layout_cache import Options
from blockviz.page.style.page_size import PageSize
from blockviz.page.style.screen_colours import screen_theme
from blockviz.runtime.records import replace
from blockviz.scene import Page

_TALLER = (1, 2, 4, 8)  # times the height of a page of paper


def screen_page(outline: Outline, size: PageSize, options: Options, *, grows: bool) -> Page:
    """The figure of an outline, its colours numbered as its palette says.

    ``grows`` : the sheet may be higher than ``size``, so that no panel is left out; a window scrolls and zooms.

    Raises
    ------
    PageError : not even the overview fits. UsageError : an unknown theme.
    """
    _, palette = screen_theme(options.theme)
    options, wanted = replace(options, screen=True, pages=1), {found.letter for found in outline.definitions}
    best: Page | None = None
    steps = list(_TALLER if grows else _TALLER[:1])
    while steps:
        factor = steps.pop(0)
        whole = best is not None and wanted <= _panels(best)
        try:
            page = compose(outline, replace(size, height=size.height * factor), options)
        except PageError:
            if not steps and best is None:
                raise
            steps = steps[-1:]  # not even the overview fits: each try costs as much as a page
            continue
        if best is None or _detail(page) > _detail(best):
            best = page
        if whole or (wanted <= _panels(best) and not best.advice):  # a page that shows all panels grows but once more
            break
    assert best is not None
    return replace(best, palette=palette)


def _detail(page: Page) -> tuple[int, int]:
    """How much a page shows, to be compared: panels, then what it need not say that it leaves out."""
    return len(_panels(page)), -len(page.advice)


def _panels(page: Page) -> set[str]:
    return {frame.id for sheet in page.sheets for frame in sheet.groups if frame.id}
