"""What stands at the heads of arrows."""

from __future__ import annotations

import pytest

from blockviz.page.glyphs.canvas import Canvas, Loose
from blockviz.page.glyphs.operand_marks import mark_operands
from blockviz.page.layout.box_spec import BoxSpec
from blockviz.page.layout.branch_grid import Grid
from blockviz.page.layout.series_parallel import Chain, Fork, Leaf
from blockviz.page.style.theme import load_theme
from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Span
from blockviz.text.font_metrics import run_width


def _canvas(*places: float) -> Canvas:
    """Arrows from one box down to the top of another."""
    canvas = Canvas(100, 100)
    canvas.arrows += [Arrow(((x, 10.0), (x, 40.0)), "#000", source="a", target="b") for x in places]
    return canvas


@pytest.mark.parametrize(("places", "said"), [((20.0,), ["2 tensors"]), ((20.0, 60.0), [])])
def test_two_tensors_are_said_where_one_line_stands_for_both(places: tuple[float, ...], said: list[str]) -> None:
    canvas = _canvas(*places)
    mark_operands(canvas, 0, {("a", "b"): "2 tensors"}, load_theme("paper"))
    assert ["".join(run.text for run in line.runs) for line in canvas.words] == said


def test_words_at_two_heads_stand_apart() -> None:
    canvas = _canvas(20.0)
    canvas.arrows.append(Arrow(((30.0, 10.0), (30.0, 40.0)), "#000", source="c", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "mask", ("c", "b"): "q, k, v"}, load_theme("paper"))
    spans = []
    for line in canvas.words:
        wide = run_width(line.runs, line.size)
        spans.append((line.x, line.x + wide) if line.anchor == "start" else (line.x - wide, line.x))
    (a, b), (c, d) = sorted(spans)
    assert b <= c < d and a < b


@pytest.mark.parametrize("lines", ["", "right", "left", "left right"])
def test_words_stand_at_a_small_circle_under_a_wide_box_and_clear_of_lines_beside_it(lines: str) -> None:
    canvas = Canvas(300, 100)
    canvas.boxes += [Box("a", 0, 0, 200, 30, "rect", "", "", 1.0), Box("b", 90, 38, 14, 14, "disc", "", "", 1.0)]
    canvas.arrows.append(Arrow(((97.0, 30.0), (97.0, 38.0)), "#000", source="a", target="b"))
    if "right" in lines:  # in one direction
        canvas.arrows.append(Arrow(((104.0, 45.0), (200.0, 45.0)), "#000", source="b", target="c"))
    if "left" in lines:  # and in the other
        canvas.arrows.append(Arrow(((10.0, 45.0), (90.0, 45.0)), "#000", source="d", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "2 tensors"}, load_theme("paper"))
    (line,) = canvas.words
    assert (line.anchor == "end") is ("right" in lines and "left" not in lines)
    assert (line.y < 45.0) is (lines == "left right")
    assert 50 < line.x < 150


def test_words_at_a_box_far_below_its_giver_do_not_stand_over_the_giver() -> None:
    canvas = Canvas(300, 400)
    canvas.boxes += [
        Box("a", 60, 200, 100, 16, "box", "", "", 1.0), Box("b", 60, 300, 100, 16, "box", "", "", 1.0),
        Box("c", 0, 285, 300, 12, "box", "", "", 1.0), Box("d", 0, 309, 60, 20, "box", "", "", 1.0),
    ]  # fmt: skip
    canvas.arrows.append(Arrow(((30.0, 208.0), (30.0, 306.0), (60.0, 306.0)), "#000", source="a", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "3 tensors"}, load_theme("paper"))
    (line,) = canvas.words
    assert line.y > 216  # beside its line or its box


def test_where_nothing_is_free_each_operand_has_a_line_of_its_own() -> None:
    canvas = Canvas(130, 100)
    canvas.boxes += [Box("a", 20, 0, 90, 20, "rect", "", "", 1.0), Box("b", 20, 24, 90, 20, "rect", "", "", 1.0)]
    canvas.arrows.append(Arrow(((65.0, 20.0), (65.0, 24.0)), "#000", source="a", target="b"))
    for x in (114.0, 16.0):  # lines at both sides
        canvas.arrows.append(Arrow(((x, 10.0), (x, 34.0), (110.0, 34.0)), "#000", source="c", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "3 tensors"}, load_theme("paper"))
    assert not canvas.words
    assert [arrow.source for arrow in canvas.arrows].count("a") == 3
    assert len({arrow.points[0][0] for arrow in canvas.arrows if arrow.source == "a"}) == 3


def test_words_do_not_stand_at_the_head_of_another_line() -> None:
    canvas = Canvas(300, 100)
    canvas.boxes += [Box("a", 20, 0, 90, 20, "rect", "", "", 1.0), Box("b", 20, 24, 90, 20, "rect", "", "", 1.0)]
    canvas.arrows.append(Arrow(((65.0, 20.0), (65.0, 24.0)), "#000", source="a", target="b"))
    canvas.arrows.append(Arrow(((150.0, 30.0), (110.0, 30.0)), "#000", source="c", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "3 tensors"}, load_theme("paper"))
    assert all(abs(line.y - 30.0) > 9.0 or line.x < 30.0 for line in canvas.words)


@pytest.mark.parametrize("words", [0.0, 60.0])
def test_a_line_without_boxes_has_room_for_the_words_at_its_head(words: float) -> None:
    theme = load_theme("paper")
    faces = {"a": BoxSpec(30.0, 10.0, lambda *_: None), "m": BoxSpec(40.0, 10.0, lambda *_: None, "bar")}
    fork = Fork((Chain(()), Chain((Leaf("a"),))), "m")
    grid = Grid(faces, theme, 9.0, 8.0, worded={"m": words} if words else {})
    left, right = (end.x for end in grid.draw(Chain((fork,)), 100.0, 0.0, [Loose("s", 100.0, 0.0)]))
    assert right - left > words
    assert (right - left > 60.0) is bool(words)


@pytest.mark.parametrize(("run", "count"), [(40.0, 2), (4.0, 1)])
def test_a_line_that_turns_down_is_as_many_as_it_stands_for_where_words_lack_room(run: float, count: int) -> None:
    canvas = Canvas(200, 100)
    canvas.boxes += [
        Box("a", 100 + run - 10, 10, 20, 10, "box", "", "", 1.0), Box("b", 60, 46, 80, 20, "box", "", "", 1.0),
        Box("c", 0, 24, 96, 42, "box", "", "", 1.0), Box("d", 104, 36, 96, 30, "box", "", "", 1.0),
        Box("e", 0, 66, 200, 34, "box", "", "", 1.0),
    ]  # fmt: skip
    way = ((100.0 + run, 20.0), (100.0 + run, 32.0), (100.0, 32.0), (100.0, 46.0))
    canvas.arrows.append(Arrow(way, "#000", source="a", target="b"))
    canvas.arrows += [Arrow(((0.0, y), (200.0, y)), "#000", source="x", target="y") for y in range(21, 46, 3)]
    mark_operands(canvas, 0, {("a", "b"): "2 tensors"}, load_theme("paper"))
    into = [arrow for arrow in canvas.arrows if arrow.target == "b"]
    assert len(into) == count
    assert bool(canvas.words) is (count == 1)
    assert all(arrow.points[0][1] == 32.0 for arrow in into[1:])  # from the line itself


def test_where_nothing_is_free_around_it_a_box_says_how_many_tensors_it_reads() -> None:
    theme = load_theme("paper")

    def said(label: str) -> list[tuple[str, bool]]:
        canvas = Canvas(130, 44)
        rows = [Box(name, 20, y, 90, 20, "rect", "", "", 1.0) for name, y in (("a", 0), ("b", 24))]
        canvas.boxes += [rows[0], replace(rows[1], lines=((Span(label),),) if label else ())]
        canvas.arrows.append(Arrow(((65.0, 20.0), (65.0, 24.0)), "#000", source="a", target="b"))
        for x in (114.0, 121.0, 128.0, 16.0, 9.0, 2.0):  # lines at both sides
            canvas.arrows.append(Arrow(((x, 0.0), (x, 44.0)), "#000", source="c", target="d"))
        mark_operands(canvas, 0, {("a", "b"): "18 tensors"}, theme)
        return [("".join(run.text for run in one.runs), 24 < one.y < 44 and one.x <= 110) for one in canvas.words]

    assert said("") == [("18 tensors in", True)]
    assert said("a label that fills its box")[0][0] == "18 tensors"


def test_where_several_lines_have_no_room_for_words_the_box_says_what_each_brings() -> None:
    canvas = Canvas(160, 200)
    canvas.boxes += [
        Box("a", 60, 0, 90, 20, "rect", "", "", 1.0), Box("b", 60, 40, 90, 20, "rect", "", "", 1.0),
        Box("c", 60, 160, 90, 20, "rect", "", "", 1.0), Box("d", 60, 140, 90, 18, "rect", "", "", 1.0),
        Box("e", 60, 182, 90, 18, "rect", "", "", 1.0),
    ]  # fmt: skip
    for lane, top, end, source in ((50.0, 10.0, 166.0, "a"), (44.0, 50.0, 172.0, "b")):
        points = ((60.0, top), (lane, top), (lane, end), (60.0, end))
        canvas.arrows.append(Arrow(points, "#000", source=source, target="c"))
    canvas.boxes.append(Box("f", 0, 0, 42, 200, "rect", "", "", 1.0))
    mark_operands(canvas, 0, {("a", "c"): "2 tensors", ("b", "c"): "4 tensors"}, load_theme("paper"))
    (line,) = canvas.words
    assert "".join(run.text for run in line.runs) == "2 + 4 tensors in"
    assert 60 < line.x < 150 and 160 < line.y < 180
