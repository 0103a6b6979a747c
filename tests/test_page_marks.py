"""Marks of variants: every kind looks its own way, the main form is empty."""

from __future__ import annotations

from blockviz.drawing import Path
from blockviz.page.canvas import Canvas
from blockviz.page.diagram import _broken
from blockviz.page.marks import draw_mark, kind_of
from blockviz.page.theme import load_theme


def _looks(kind: int | None) -> tuple[object, ...]:
    canvas = Canvas()
    draw_mark(canvas, load_theme("paper"), kind, 0.0, 0.0)
    return tuple((shape.points, shape.fill) for shape in canvas.shapes if isinstance(shape, Path))


def test_kinds_look_different() -> None:
    looks = [_looks(kind) for kind in (None, *range(8))]
    assert len(set(looks)) == len(looks)


def test_the_main_form_is_empty() -> None:
    assert [fill for _, fill in _looks(None)] == [""]  # type: ignore[misc]
    assert kind_of(None, ()) is None


def test_long_names_break_where_the_longer_line_is_shortest() -> None:
    assert _broken("Pre-activation bottleneck", 7.0) == ["Pre-activation", "bottleneck"]
    assert _broken("Bottleneck", 7.0) == ["Bottleneck"]
