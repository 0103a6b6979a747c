"""Marks of variants: every kind looks its own way, the main form is empty."""

from __future__ import annotations

import pytest

from blockviz import scene as drawing
from blockviz.page import parse_page
from blockviz.page.fitting.compose import compose
from blockviz.page.fitting.layout_cache import Options
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.variant_mark import draw_mark, kind_of
from blockviz.page.panel.body_faces import _broken
from blockviz.page.style.theme import load_theme
from summaries import gallery_summary, known_summary


def _looks(kind: int | None) -> tuple[object, ...]:
    canvas = Canvas()
    draw_mark(canvas, load_theme("paper"), kind, 0.0, 0.0)
    return tuple((shape.points, shape.fill) for shape in canvas.shapes if isinstance(shape, drawing.Path))


def test_kinds_look_different() -> None:
    looks = [_looks(kind) for kind in (None, *range(8))]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("direction", ["down", "right"])
def test_a_variant_that_stands_alone_has_its_mark(direction: str) -> None:
    """The last level up has no skip: its box bears the mark that the panel explains, in a column and on stairs."""
    outline = gallery_summary("unet", collapse_backbone=True).outline
    page = compose(outline, parse_page("a4"), Options(direction=direction))
    squares = [box for box in page.sheets[0].boxes if box.id.startswith("mark") and box.width == box.height]
    assert [box.fill for box in squares] == [load_theme("paper").colours.badge]


def test_the_main_form_is_empty() -> None:
    assert [fill for _, fill in _looks(None)] == [""]  # type: ignore[misc]
    assert kind_of(None, ()) is None


def test_long_names_break_where_the_longer_line_is_shortest() -> None:
    assert _broken("Pre-activation bottleneck", 7.0) == ["Pre-activation", "bottleneck"]
    assert _broken("Bottleneck", 7.0) == ["Bottleneck"]


def test_badges_of_letters_with_a_panel_are_filled_with_or_without_a_legend() -> None:
    outline = known_summary("ResNet50").outline
    with_legend, without = (compose(outline, parse_page("a4"), Options(legend=shown)) for shown in (True, False))
    badges = [
        {box.id: box.fill for box in page.sheets[0].boxes if box.id.endswith("|badge")}
        for page in (with_legend, without)
    ]
    assert badges[0] and badges[0] == badges[1] and all(badges[0].values())
