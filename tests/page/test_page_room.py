"""What a page gives up for want of room, and in which order: type on a slide, a shape, what its legend says."""

from __future__ import annotations

from collections import Counter

import pytest

import outlines
from blockviz.outline.model import Outline
from blockviz.page import Options, compose, load_theme, parse_page
from blockviz.page.fitting.column_packing import Packer, Placed, pack, snug
from blockviz.page.fitting.layout_cache import Detail, LayoutCache
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.glyphs.legend import legend, legend_rows
from blockviz.page.glyphs.legend_marks import Entry
from blockviz.page.glyphs.title_words import title_of
from blockviz.page.layout.faults import faults
from blockviz.page.layout.operand_lines import one_each
from blockviz.page.layout.placement import Placement, Route, Spot, Wire
from blockviz.page.layout.stretch_rows import stretched
from blockviz.page.overview.shape.choice import placed_overview
from blockviz.page.overview.shape.placed import PlacedOverview
from blockviz.page.panel.title import title_lines
from blockviz.scene import Page, Point
from blockviz.text.font_metrics import run_width
from summaries import gallery_summary, known_summary, own_summary, zoo_summary


def panels(page: Page, of: Outline) -> set[str]:
    return {group.id for sheet in page.sheets for group in sheet.groups} & {one.letter for one in of.definitions}


def words(page: Page) -> list[str]:
    return ["".join(run.text for run in one.runs) for sheet in page.sheets for one in sheet.words]


@pytest.mark.parametrize("name", ["multimodal", "yolo_tiny", "fpn_heads", "dense_shortcuts"])
def test_a_slide_shows_all_blocks_in_smaller_type_before_it_leaves_any_out(name: str) -> None:
    found = own_summary(name).outline
    page = own_summary(name).page("slide")
    assert panels(page, found) == {one.letter for one in found.definitions}
    assert title_of(found) in words(page)
    print_type = load_theme().type.small
    assert min(one.size for one in page.sheets[0].words) >= print_type - 0.01


@pytest.mark.parametrize(
    ("name", "size"),
    [("two_resolutions", "170x100mm"), ("hourglass", "110x130mm"), ("fpn_shared_head", "110x160mm"),
     ("fpn_heads", "170x160mm")],
)  # fmt: skip
def test_a_shape_that_a_page_cannot_hold_does_not_cost_all_panels(name: str, size: str) -> None:
    found = own_summary(name).outline
    assert panels(compose(found, parse_page(size), Options(layout="chain")), found)
    assert panels(own_summary(name).page(size), found)


def _entry(wide: float, text: str) -> Entry:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.rect(x, y, wide, 1.0, "#000000")

    return Entry(wide, draw, text)


def test_a_legend_stands_in_the_rows_that_it_was_measured_in() -> None:
    theme = load_theme()
    entries = [_entry(20.0, f"meaning of sign {number}") for number in range(7)]
    for room in (90.0, 200.0, 300.0, 900.0):
        rows = legend_rows(entries, theme, room)
        assert [one for row in rows for one in row] == entries
        drawn = legend(entries, theme, room)
        assert len({round(one.y, 1) for one in drawn.words}) == len(rows)
        assert all(one.x + run_width(one.runs, one.size) <= room for one in drawn.words)


@pytest.mark.parametrize("network", ["w_net", "unet_two_levels"])
def test_a_legend_leaves_out_what_boxes_and_lines_say_themselves(network: str) -> None:
    said = words(own_summary(network).page())
    assert any(text.startswith("conv + ") for text in said)
    assert not {"concatenate", "skip connection", "pooling", "upsampling", "defined in panel"} & set(said)


def test_a_long_name_stands_on_three_lines_before_a_word_is_cut() -> None:
    body = outlines.resnet50().definitions[0].body
    definition = outlines.definition("A", "Feed-forwards with shortcut and attention layers", body)
    size = load_theme().type.heading
    (whole,) = title_lines(definition, size, 900.0)
    for share, lines in ((1.0, 1), (0.6, 2), (0.4, 3)):
        found = title_lines(definition, size, run_width(whole, size) * share)
        said = ["".join(run.text for run in line) for line in found]
        assert len(said) == lines and " ".join(said) == definition.name


def test_a_name_that_is_one_long_word_breaks_where_its_next_part_begins() -> None:
    body = outlines.resnet50().definitions[0].body
    definition = outlines.definition("A", "OverlappingPatchingAndEmbedding", body)
    size = load_theme().type.heading
    whole = title_lines(definition, size, 900.0)
    broken = title_lines(definition, size, run_width(whole[0], size) * 0.7)
    assert len(whole) == 1 and len(broken) == 2
    assert "".join(run.text for line in broken for run in line) == "".join(run.text for run in whole[0])
    assert broken[1][0].text[0].isupper()


def _two(first: tuple[Point, ...], second: tuple[Point, ...], target: str) -> list[str]:
    spots = {name: Spot(name, 10.0, 10.0, x=x, y=y) for name, x, y in (("a", 0, 0), ("b", 40, 0), ("c", 90, 90),
                                                                       ("d", 150, 90))}  # fmt: skip
    routes = [Route(Wire("a", "c"), first), Route(Wire("b", target), second)]
    return [text for text in faults(Placement(spots, routes=routes)) if "lane" in text]


def test_two_lines_in_one_lane_are_a_fault_and_side_by_side_none() -> None:
    first = ((5.0, 10.0), (5.0, 60.0), (95.0, 60.0), (95.0, 90.0))
    assert _two(first, ((45.0, 10.0), (45.0, 60.0), (155.0, 60.0), (155.0, 90.0)), "d")
    assert not _two(first, ((45.0, 10.0), (45.0, 50.0), (155.0, 50.0), (155.0, 90.0)), "d")
    assert _two(first, ((45.0, 10.0), (45.0, 60.0), (95.0, 60.0), (95.0, 90.0)), "c")
    assert not _two(first, ((95.0, 10.0), (95.0, 90.0)), "c")  # the first joins it at its corner


# Cells that read the two before them, in one column of text


def _strip(name: str) -> PlacedOverview:
    found = placed_overview(figure_facts(known_summary(name).outline), load_theme(), False, narrow=True, room=258.0)
    assert found is not None and found.is_strip
    return found


def test_a_row_of_a_strip_ends_where_only_the_next_part_reads_on() -> None:
    found = _strip("NASNetMobile")
    edges = set(found.view.graph.edges)
    cells = [name for name in found.view.order if found.parts[name].letter]
    plain = [(style, placement) for style, placement in found.forms if not style.over]
    assert plain
    for style, placement in plain:
        assert style.rows > 1 and not list(faults(placement))
        rows = {round(placement.spots[name].cy) for name in cells}
        assert len(rows) == 1  # no cell may stand in another row than one that reads it past its neighbour
        turns = {(one.wire.source, one.wire.target) for one in placement.routes if len(one.points) == 6}
        assert len(turns) == style.rows - 1 <= len(edges)


def test_two_tensors_of_one_part_are_two_lines_where_words_have_no_room() -> None:
    placement = _strip("NASNetMobile").forms[0][1]
    lines = Counter((one.wire.source, one.wire.target) for one in placement.routes)
    twice = [ends for ends, count in lines.items() if count == 2]
    assert twice and not any("tensors" in caption.text for caption in placement.captions)
    for ends in twice:
        levels = sorted(one.points[0][1] for one in placement.routes if (one.wire.source, one.wire.target) == ends)
        assert levels[1] - levels[0] > 5.0
        assert all(placement.spots[name].y < levels[0] and levels[1] < placement.spots[name].bottom for name in ends)


def test_lines_of_operands_are_drawn_only_between_boxes_that_are_high_enough() -> None:
    spots = {"a": Spot("a", 20.0, 20.0), "b": Spot("b", 20.0, 20.0, x=40.0)}
    level = Route(Wire("a", "b"), ((20.0, 10.0), (40.0, 10.0)))
    found = one_each(Placement(spots), level, "3 tensors", 6.0)
    assert [one.points[0][1] for one in found] == [4.0, 10.0, 16.0]
    assert one_each(Placement(spots), level, "4 tensors", 6.0) == []
    assert one_each(Placement(spots), level, "k, v", 6.0) == []
    assert one_each(Placement(spots), Route(level.wire, ((20.0, 10.0), (30.0, 10.0), (40.0, 15.0))), "×2", 6.0) == []


def test_a_cell_of_many_branches_has_its_panel_in_one_column_of_text() -> None:
    found = known_summary("NASNetMobile")
    page = found.page(width="84mm", height="150mm")
    main = max(found.outline.definitions, key=lambda one: sum(len(copy.layers) for copy in one.instances))
    assert main.letter in panels(page, found.outline)


# Panels at their natural width


@pytest.mark.parametrize("outline", outlines.ALL)
@pytest.mark.parametrize("width", [400.0, 700.0, 1500.0])
def test_panels_are_no_wider_than_they_look_well_and_stand_side_by_side(outline: str, width: float) -> None:
    cache = LayoutCache(getattr(outlines, outline)(), Options(), load_theme())
    made = [cache.panel(letter, Detail((letter,))) for letter in cache.context.by_letter]
    packing = pack(made, width, 3000.0, 10.0) if made else None
    if packing is None:
        return
    found = snug(packing.placed, 10.0)
    assert [(one.panel, one.y, one.height) for one in found] == [(p.panel, p.y, p.height) for p in packing.placed]
    for one in found:
        tall = one.panel.measure(one.width)
        assert tall is not None and tall <= one.height + 0.02
        assert all(
            other.x >= one.x + one.width + 9.99 or other.x + other.width + 9.99 <= one.x or other.y != one.y
            for other in found if other is not one
        )  # fmt: skip
    if len({round(one.width) for one in packing.placed}) == 1:
        widest = max(one.panel.comfortable_width() for one in found)
        if packing.placed[0].width > widest * 2.5:
            assert max(one.width for one in found) < packing.placed[0].width


@pytest.mark.parametrize("outline", outlines.ALL)
def test_panels_stand_in_a_width_as_if_nothing_had_been_asked_of_it_before(outline: str) -> None:
    cache = LayoutCache(getattr(outlines, outline)(), Options(), load_theme())
    packer = cache.packer(Detail(tuple(cache.context.by_letter)))
    asked = [
        (w, h, (0.35 * w, low)) for w in (400.0, 900.0) for h in (250.0, 2000.0, 600.0, 9e9) for low in (0.0, 300.0)
    ]
    for one in asked if packer.panels else []:
        assert packer.pack(*one) == Packer(packer.panels, packer.gap).pack(*one)


def test_a_figure_as_large_as_its_drawing_is_narrower_where_its_panel_is() -> None:
    found = known_summary("ResNet50")
    sheet = found.page().sheets[0]
    assert sheet.width < 150 / 25.4 * 72
    (panel,) = [group for group in sheet.groups if group.id == "A"]
    assert panel.width < sheet.width * 0.5


# Rows that stand further apart


@pytest.mark.parametrize(
    "name", ["unet_open", "fpn_heads", "transformer_small", "multimodal", "hourglass", "unet_resnet"]
)
def test_a_shape_grows_between_its_rows_and_keeps_its_boxes_and_words(name: str) -> None:
    made = placed_overview(figure_facts(own_summary(name).outline), load_theme(), False)
    assert made is not None
    for _, before in made.forms:
        after = stretched(before, before.height * 1.2)
        assert before.height < after.height <= before.height * 1.2 + 0.01
        assert not list(faults(after))
        for one in before.spots:
            old, new = before.spots[one], after.spots[one]
            assert (old.x, old.width, old.height, old.depth) == (new.x, new.width, new.height, new.depth)
            assert new.y >= old.y - 1e-9
        assert [(c.text, c.x) for c in after.captions] == [(c.text, c.x) for c in before.captions]
        for was, line in zip(before.routes, after.routes, strict=True):
            assert [x for x, _ in was.points] == [x for x, _ in line.points]
            target, end = after.spots[line.wire.target], line.points[-1]
            assert target.y - 0.1 <= end[1] <= target.bottom + 0.1
        assert stretched(before, before.height - 5) is before
        assert stretched(before, before.height * 9).height < before.height * 1.9


def test_a_pyramid_fills_its_sheet() -> None:
    sheet = gallery_summary("retinanet").page(page="a4").sheets[0]
    assert max(one.y for one in sheet.words) > sheet.height * 0.86


@pytest.mark.parametrize("name", ["NAFNet"])
def test_two_panels_below_an_overview_stand_side_by_side(name: str) -> None:
    sheet = zoo_summary(name).page().sheets[0]
    (first, second) = [group for group in sheet.groups if group.id in ("A", "B")]
    assert first.y == second.y and first.x + first.width < second.x


def test_two_columns_that_are_a_little_narrower_make_a_figure_half_as_high() -> None:
    """Names stay whole: a box has some room beside them."""
    found = known_summary("ResNet50")
    (sheet,) = found.page(width="174mm").sheets
    said = {"".join(run.text for run in words.runs) for words in sheet.words}
    assert sheet.height < 250 and {"Bottleneck(64)", "Bottleneck(512)"} <= said


def test_a_panel_over_a_column_and_an_empty_one_keeps_its_width() -> None:
    cache = LayoutCache(known_summary("DenseNet121").outline, Options(), load_theme())
    first, second = (cache.panel(letter, Detail(("A", "B"))) for letter in "AB")
    wide = second.comfortable_width()
    placed = (Placed(first, 0.0, 0.0, wide / 2, 100.0), Placed(second, 0.0, 110.0, wide, second.measure(wide) or 0.0))
    assert snug(placed, 10.0) == placed


def test_on_a_sheet_that_is_cut_panels_stand_below_each_other_where_that_leaves_less_empty() -> None:
    sheet = known_summary("DenseNet121").page().sheets[0]
    first, second = (frame for frame in sheet.groups if frame.id)
    assert second.x == first.x and second.y > first.y + first.height
    assert sheet.width < 0.7 * parse_page("a4").width
