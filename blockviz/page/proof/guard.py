"""Every page that is drawn is proved first; what is not so is a bug in blockviz, and is said with the page."""

from __future__ import annotations

import os

from blockviz.errors import VerifyError
from blockviz.ir import LayerGraph
from blockviz.page.proof import page_faults
from blockviz.runtime.records import replace
from blockviz.scene import Page

STRICT = "BLOCKVIZ_STRICT"  # set where a false page must not pass: tests, gallery, fuzz
_SAID = 3


def proved(page: Page, graph: LayerGraph, source: LayerGraph) -> Page:
    """The page, with a word of advice for each statement on it that is not so.

    Raises
    ------
    VerifyError : there is one, and the environment has ``BLOCKVIZ_STRICT``; the message names it.
    """
    is_strict = bool(os.environ.get(STRICT))
    try:
        faults = page_faults(page, graph, source)
    except Exception as error:
        if is_strict:
            raise
        faults = [f"the proof of the page broke off ({type(error).__name__})"]  # no reason to refuse the figure
    if not faults:
        return page
    if is_strict:
        raise VerifyError(f"not so on the page of {page.title!r}: {'; '.join(faults[:_SAID])}")
    said = tuple(f"a bug in blockviz, please report it: {fault}" for fault in faults[:_SAID])
    return replace(page, advice=(*page.advice, *said))
