"""The page proved from the page: what a reader would understand, compared with the block graph and the model.

A second reading, written apart from the drawing: it sees a finished sheet (boxes, arrows, words by their place) and
the graphs, formats nothing with the code that drew, and names each statement that is not so.
"""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import LayerGraph
from blockviz.page.proof.earlier import earlier_faults
from blockviz.page.proof.formulas import formula_faults
from blockviz.page.proof.legend import legend_faults
from blockviz.page.proof.marks import mark_faults
from blockviz.page.proof.overview import overview_faults
from blockviz.page.proof.panels import panel_faults
from blockviz.page.proof.reading import read_page
from blockviz.page.proof.totals import totals_faults
from blockviz.page.proof.values import value_faults
from blockviz.scene import Page

__all__ = ["page_faults"]


def page_faults(page: Page, graph: LayerGraph, source: LayerGraph) -> list[str]:
    """Every statement of a page that is not true, in a sentence each.

    Parameters
    ----------
    page : a composed figure.
    graph : the block graph that it shows. source : the layer graph of the model.
    """
    return list(_faults(page, graph, source))


def _faults(page: Page, graph: LayerGraph, source: LayerGraph) -> Iterator[str]:
    reading = read_page(page)
    yield from overview_faults(reading, graph)
    yield from panel_faults(reading, graph)
    yield from mark_faults(reading, graph, page.sheets)
    yield from legend_faults(reading, page.sheets)
    yield from formula_faults(reading, graph)
    yield from earlier_faults(graph, page.sheets)
    yield from value_faults(reading, graph, page.sheets)
    yield from totals_faults(reading, graph, source)
