"""Lines from a box to its panel: for all panels of a page or for none, and over nothing."""

from __future__ import annotations

import pytest

from blockviz.page.fitting.zoom_lines import draw_zoom_lines
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import load_theme
from blockviz.scene import Arrow, Box, Frame, Path


def _page() -> Canvas:
    page = Canvas(200, 100)
    page.boxes += [Box("/a", 0, 40, 60, 20), Box("/b", 0, 70, 60, 20)]
    page.groups += [Frame("", "Overview", 0, 0, 60, 100), Frame("A", "Block", 80, 0, 120, 64)]
    return page


def _lines(page: Canvas) -> list[tuple[tuple[float, float], ...]]:
    draw_zoom_lines(page, load_theme(), {"/a": "A", "/b": "B"})
    return [shape.points for shape in page.shapes if isinstance(shape, Path)]


def test_lines_lead_from_the_corners_of_a_box_to_those_of_the_panel_beside_it() -> None:
    assert _lines(_page()) == [((60, 40), (80, 0)), ((60, 60), (80, 64))]


def test_all_panels_have_lines_or_none() -> None:
    page = _page()
    page.groups.append(Frame("B", "Block", 80, 68, 120, 30))
    assert len(_lines(page)) == 4
    page = _page()
    page.groups.append(Frame("B", "Block", 80, 0, 120, 30))  # not beside its box
    assert _lines(page) == []


@pytest.mark.parametrize("between", ["word", "arrow", "box"])
def test_no_line_is_drawn_over_what_stands_between(between: str) -> None:
    page = _page()
    if between == "word":
        page.text(66, 30, "16", 7, "#000")
    elif between == "arrow":
        page.arrows.append(Arrow(((70, 0), (70, 90)), "#000", source="a", target="b"))
    else:
        page.boxes.append(Box("/c", 64, 45, 8, 8))
    assert _lines(page) == []
