"""No large part of a sheet is empty: it is cut to its drawing, panels and legends move into corners."""

from __future__ import annotations

from math import inf

import pytest

import outlines
from blockviz.page import Options, compose, load_theme, parse_page
from blockviz.page.fitting import column_packing, first_fit
from blockviz.page.fitting.column_packing import Placed, raised, shortest
from blockviz.page.fitting.crop import right_end
from blockviz.page.fitting.layout_cache import Detail, LayoutCache
from blockviz.page.fitting.nestle import Area, free_shift
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.header_footer import least_title_width, title_line
from blockviz.page.overview.stage_brackets import bracketed
from blockviz.page.panel import body_faces
from blockviz.page.panel.diagram import MODES, TIGHTEST
from blockviz.runtime.records import replace
from blockviz.scene import Page, Words
from blockviz.text.font_metrics import run_width
from summaries import known_summary, own_summary, zoo_summary


def said(words: Words) -> str:
    return "".join(run.text for run in words.runs)


def titles(page: Page) -> list[Words]:
    """What stands above the rule under the title."""
    sheet = page.sheets[0]
    rule = next(shape for shape in sheet.shapes if len(getattr(shape, "points", ())) == 2)
    return [one for one in sheet.words if one.y < rule.points[0][1]]  # type: ignore[union-attr]


def test_a_title_that_is_wider_than_the_drawing_goes_on_below_the_name() -> None:
    page = known_summary("EfficientNetB0").page()
    name, *facts = titles(page)
    assert said(name) == "EfficientNetB0" and " · ".join(map(said, facts)).endswith("240 layers · 132 depth")
    slim = own_summary("lstm_auto").page()
    assert len({one.y for one in titles(slim)}) > 1
    assert slim.sheets[0].width < run_width([run for one in titles(slim) for run in one.runs], titles(slim)[0].size)


def test_facts_stand_in_two_lines_at_most_and_all_of_them_are_said() -> None:
    outline, theme = outlines.resnet50(), load_theme()
    note = "25.6 M parameters · 3.86 G multiply-adds for 224×224×3 · 177 layers · 107 depth"
    wide = least_title_width(outline, theme, note)
    canvas = title_line(outline, theme, wide, note)
    assert 2 <= len({one.y for one in canvas.words}) <= 3
    assert " · ".join(said(one) for one in canvas.words[1:]) == note
    assert right_end(canvas) <= wide + 0.01


@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNet", "DenseNet121"])
def test_a_sheet_ends_where_its_drawing_does(name: str) -> None:
    sheet = known_summary(name).page().sheets[0]
    boxes = max(box.x + box.width for box in sheet.boxes)
    frames = max(group.x + group.width for group in sheet.groups if group.id)
    assert sheet.width - max(boxes, frames) < 30


def test_panels_move_into_the_corner_that_a_drawing_leaves_them() -> None:
    drawn = Canvas(200.0, 100.0)
    drawn.rect(0.0, 0.0, 80.0, 100.0)
    drawn.rect(120.0, 60.0, 70.0, 20.0)
    high = Area(210.0, 0.0, 300.0, 40.0)
    assert free_shift(drawn, [high], 10.0) == pytest.approx(120.0)  # past what stands lower at the right
    assert free_shift(drawn, [high, Area(210.0, 55.0, 300.0, 90.0)], 10.0) == pytest.approx(10.0)
    assert free_shift(drawn, [Area(195.0, 0.0, 300.0, 70.0)], 10.0) == 0.0
    drawn.text(90.0, 30.0, "a note", 8.0, "#000000")
    assert free_shift(drawn, [high], 10.0) < 100.0


def test_the_column_that_ends_first_is_found_unless_a_panel_stands_over_several() -> None:
    cache = LayoutCache(outlines.resnet50(), Options(), load_theme())
    panel = cache.panel("A", Detail(("A",)))
    long, short = Placed(panel, 0.0, 0.0, 150.0, 300.0), Placed(panel, 160.0, 0.0, 150.0, 120.0)
    across = Placed(panel, 0.0, 310.0, 310.0, 100.0)
    assert shortest([long, short]) == (short,)
    assert shortest([long]) == () == shortest([long, short, across])
    assert long in raised([long, short], [short], 200.0, 10.0)


def test_a_long_block_goes_on_in_a_second_column_where_that_makes_the_sheet_much_smaller() -> None:
    words = "the right column continues the left one"
    narrow = zoo_summary("Conformer").page(width="84mm").sheets[0]
    assert words in map(said, narrow.words)
    assert words not in map(said, zoo_summary("Conformer").page().sheets[0].words)  # it is long, but nothing is empty


def test_the_column_that_goes_on_is_at_the_right_of_the_other_at_every_width() -> None:
    found = zoo_summary("Conformer")
    cache = LayoutCache(found.outline, Options(), load_theme())
    letter = max(found.outline.definitions, key=lambda one: len(one.body)).letter
    detail = Detail((letter,), variants=False, compact=True, dense=True, wrapped=True)
    panel = cache.panel(letter, detail)
    assert len(panel.diagrams) == 2 and panel.least_width() > sum(d.extent(TIGHTEST, 5.0).width for d in panel.diagrams)
    assert len(cache.panel(letter, replace(detail, across=True)).diagrams) == 1  # a row has no right column


def test_in_a_column_the_legend_stands_beside_a_narrow_overview() -> None:
    sheet = own_summary("ensemble").page(width="84mm").sheets[0]
    boxes = [box for box in sheet.boxes if box.id.startswith("/")]
    (panel,) = [group for group in sheet.groups if group.id]
    beside = [one for one in sheet.words if one.x > max(box.x + box.width for box in boxes) and one.y < panel.y]
    assert any(said(one).startswith("conv + ") for one in beside)
    assert not [one for one in sheet.words if one.y > panel.y + panel.height]


def test_in_a_column_blocks_that_lie_and_blocks_that_stand_are_both_shown() -> None:
    sheet = zoo_summary("InceptionResNetV1").page(width="84mm").sheets[0]
    assert sheet.height <= 504
    letters = {group.id: [box for box in sheet.boxes if box.group == group.id] for group in sheet.groups if group.id}
    lying = [len({round(b.y + b.height / 2) for b in boxes}) < len({round(b.x) for b in boxes})
             for boxes in letters.values()]  # fmt: skip
    assert any(lying) and not all(lying)


def test_a_narrow_overview_stands_in_the_middle_of_a_column() -> None:
    sheet = own_summary("vae").page(width="84mm").sheets[0]
    boxes = [box for box in sheet.boxes if box.id.startswith("/")]
    left, right = min(box.x for box in boxes), max(box.x + box.width for box in boxes)
    assert abs(left - (sheet.width - right)) < 30


def test_in_a_column_other_forms_are_named_where_drawing_them_costs_too_much_height(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = zoo_summary("ShuffleNetV2").outline
    drawn = compose(found, parse_page(width="84mm"))
    assert not drawn.advice
    monkeypatch.setattr(first_fit, "_NAMED", 1.0)
    named = compose(found, parse_page(width="84mm"))
    assert any("named, not drawn" in one for one in named.advice)
    assert named.sheets[0].height < drawn.sheets[0].height


def test_a_legend_moves_into_the_hole_under_a_panel() -> None:
    sheet = known_summary("VGG16").page().sheets[0]
    (panel,) = [group for group in sheet.groups if group.id]
    (stride,) = [one for one in sheet.words if said(one) == "stride 2"]
    foot = max(box.y + box.height for box in sheet.boxes if box.id.startswith("/"))
    assert panel.y + panel.height < stride.y < foot and stride.x > panel.x


def test_columns_of_an_overview_end_together() -> None:
    sheet = known_summary("ConvNeXtTiny").page().sheets[0]
    columns: dict[int, float] = {}
    for box in (one for one in sheet.boxes if one.id.startswith("/") and "|" not in one.id):
        middle = round(box.x + box.width / 2)
        columns[middle] = max(columns.get(middle, 0.0), box.y + box.height)
    first, second = columns.values()
    assert first == pytest.approx(second, abs=6.0)  # cards behind a box are some points deep


def test_a_column_of_panels_is_as_wide_as_its_own_need(monkeypatch: pytest.MonkeyPatch) -> None:
    found, size = known_summary("InceptionV3").outline, parse_page(width="84mm")
    sheet = compose(found, size).sheets[0]
    widths = {round(group.x): round(group.width) for group in sheet.groups if group.id}
    assert len(widths) == 2 == len(set(widths.values()))
    monkeypatch.setattr(column_packing, "_UNLIKE", inf)
    even = compose(found, size).sheets[0]
    assert len([group for group in even.groups if group.id]) < len([group for group in sheet.groups if group.id])


def test_a_block_too_high_for_a_page_goes_on_in_a_second_column() -> None:
    found, size = zoo_summary("Conformer").outline, parse_page(width="84mm", height="480pt")
    cache = LayoutCache(found, Options(), load_theme(), narrow=True)
    choice = first_fit.first_fit(cache, size, Detail(tuple(one.letter for one in found.definitions)), [0.9])
    assert choice is not None and choice.draft.detail.wrapped


def test_brackets_are_the_rule_or_none_stands() -> None:
    first = outlines.resnet50().parts[1]
    sizes = (96, 46, 22, 10, 10, 5, 5)
    parts = [replace(first, id=str(at), repeat=1, output_shape=(None, n, n, 8)) for at, n in enumerate(sizes)]
    assert bracketed(parts) == ()
    assert [stage.text for stage in bracketed(parts[2:])] == ["10×10", "5×5"]


def test_a_strip_says_open_sizes_as_shares_of_the_input() -> None:
    sheet = known_summary("MobileNetV3Small").page(width="84mm").sheets[0]
    texts = [said(one) for one in sheet.words]
    assert {"H×W", "1/2", "1/4", "1/8"} <= set(texts)
    assert any("resolution" in text for text in texts)


def test_one_long_label_does_not_stretch_all_boxes_of_a_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    found = known_summary("EfficientNetB0").outline

    def width() -> float:
        (diagram,) = LayoutCache(found, Options(), load_theme()).panel("A", Detail(("A",))).diagrams
        return diagram.extent(MODES[0], 8.0).width

    usual = width()
    monkeypatch.setattr(body_faces, "_WIDE", 10.0)
    assert width() < usual * 0.9
    monkeypatch.setattr(body_faces, "_OUTLIER", inf)
    assert width() == usual
