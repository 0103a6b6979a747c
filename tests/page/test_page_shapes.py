"""Placed overviews as geometry: no canvas, no PDF."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outlines
from blockviz import summarize
from blockviz.ir.text import parse
from blockviz.outline.dashed_parts import switch_of
from blockviz.outline.model import Outline
from blockviz.outline.overview_graph import overview_of
from blockviz.page import Options, compose, parse_page
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.layout.faults import faults
from blockviz.page.layout.placement import Caption, Placement, Route, Spot, Wire
from blockviz.page.layout.wire_router import crossings, partings, route
from blockviz.page.overview.shape.choice import placed_overview
from blockviz.page.proof import page_faults
from blockviz.page.proof.outputs import flowchart_faults
from blockviz.page.proof.reading import text_of
from blockviz.page.style.theme import load_theme
from blockviz.render.formats.mermaid import sheet_to_mermaid
from blockviz.runtime.records import replace
from blockviz.scene import Span
from blockviz.summary import Summary
from graphs import Builder
from summaries import gallery_summary, known_summary, own_summary, pair_summary

HERE = Path(__file__).parent.parent
EXPECTED = json.loads((HERE / "layouts/expected.json").read_text("utf-8"))["own"]
SEVERAL = [name for name, allowed in EXPECTED.items() if "chain" not in allowed]


def outline(name: str) -> Outline:
    return own_summary(name).outline


@cache
def placed(name: str, layout: str = "auto") -> Placement:
    found = placed_overview(figure_facts(outline(name)), load_theme(), True, layout)
    assert found is not None
    return found.forms[0][1]


@pytest.mark.parametrize("name", SEVERAL)
def test_every_wire_has_a_way_of_two_bends_that_meets_nothing(name: str) -> None:
    placement = placed(name)
    assert not list(faults(placement))
    wires = {(source, part.id) for part in outline(name).parts for source in part.inputs}
    assert {(route.wire.source, route.wire.target) for route in placement.routes} == wires
    assert all(len(route.points) <= 4 for route in placement.routes)


@pytest.mark.parametrize("name", [name for name in SEVERAL if EXPECTED[name] == ["U"]])
def test_a_u_has_a_row_for_each_resolution_and_skips_straight_across(name: str) -> None:
    placement, view = placed(name), overview_of(outline(name))
    skips = [route for route in placement.routes if route.wire.look == "skip"]
    assert len(skips) >= 2
    for way in skips:
        (x0, y0), (x1, y1) = way.points
        assert y0 == pytest.approx(y1) and x0 < x1
        assert view.area[way.wire.source] == view.area[way.wire.target]
    rows = sorted((-(view.area[route.wire.source] or 0), route.points[0][1]) for route in skips)
    assert [y for _, y in rows] == sorted(y for _, y in rows)


def test_a_slab_is_as_high_as_its_resolution_and_as_wide_as_its_channels() -> None:
    model = outline("unet_same_width")
    placement, view = placed("unet_same_width"), overview_of(model)
    blocks = {part.id for part in model.parts if part.letter}  # a single layer in the fall is a box and no slab
    fall = [name for name in view.order if name in blocks and len(view.after(name)) == 2]
    heights = [placement.spots[name].height for name in fall]
    assert heights == sorted(heights, reverse=True) and len(set(heights)) == len(heights)
    assert len({placement.spots[name].width for name in fall}) == 1


def test_an_encoder_stands_left_of_its_decoder_and_the_memory_goes_straight() -> None:
    placement = placed("captioning")
    (memory,) = [route for route in placement.routes if route.wire.look == "memory"]
    (x0, y0), (x1, y1) = memory.points
    assert x0 < x1 and y0 == pytest.approx(y1)


def test_a_pyramid_has_its_coarsest_row_on_top_and_heads_at_the_right() -> None:
    placement, view = placed("yolo_tiny"), overview_of(outline("yolo_tiny"))
    ends = view.sinks
    assert sorted(ends, key=lambda name: view.area[name] or 0) == sorted(ends, key=lambda n: placement.spots[n].y)
    bottom_up = placement.spots["input_layer"]
    assert all(placement.spots[name].x > bottom_up.x for name in ends)


def test_a_pyramid_with_shared_heads_fits_one_column_of_text() -> None:
    """Laterals stand in the top-down column, levels in their own, and each head in a row of the last one."""
    for width in ("84mm", "174mm"):
        page = gallery_summary("retinanet").page(width=width)
        sheet = page.sheets[0]
        words = {"".join(run.text for run in one.runs): one.x for one in sheet.words}
        columns = [words[name] for name in ("backbone", "top-down", "levels", "heads")]
        assert columns == sorted(columns)
        boxes = {box.id: box for box in sheet.boxes}
        rows = [boxes[f"/{name}"].y for name in ("boxes", "run:conv2d_13", "run:conv2d_8", "classes")]
        assert rows == sorted(rows)
        lateral, level = boxes["/T2:up_sampling2d"], boxes["/conv2d"]
        assert abs(lateral.x + lateral.width / 2 - level.x - level.width / 2) < 1


def test_the_user_may_ask_for_another_layout() -> None:
    found = outline("multimodal")
    board = compose(found, parse_page(), Options(layout="board")).sheets[0]
    streams = compose(found, parse_page()).sheets[0]
    assert board != streams
    assert compose(found, parse_page(), Options(layout="streams")).sheets[0] == streams


def test_a_figure_is_no_larger_than_its_drawing() -> None:
    small = own_summary("lstm_seq2seq").page().sheets[0]
    page = own_summary("lstm_seq2seq").page("a4").sheets[0]
    assert small.width < 523 and small.height < 200
    assert (page.width, page.height) == (595, 842)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 9), st.randoms(use_true_random=False))
def test_the_router_meets_no_box(count: int, pick: Any) -> None:
    spots = {}
    for number in range(count):
        x, y = 60 * (number % 3) + pick.randint(0, 12), 40 * (number // 3) + pick.randint(0, 8)
        spots[str(number)] = Spot(str(number), pick.randint(12, 36), pick.randint(10, 22), x=x, y=y)
    wires = [Wire(str(pick.randrange(n)), str(n)) for n in range(1, count)]
    placement = Placement(spots, wires)
    route(placement)
    placement.frame()
    assert not [fault for fault in faults(placement) if fault not in placement.faults]


def test_words_of_a_skip_give_way_to_a_box() -> None:
    spots = {"a": Spot("a", 20, 20), "b": Spot("b", 20, 20, x=120)}
    placement = Placement(spots)
    assert placement.has_room_for(Caption(70, 8, "64×64×8", 30, "middle"))
    spots["c"] = Spot("c", 20, 20, x=60)
    assert not placement.has_room_for(Caption(70, 8, "64×64×8", 30, "middle"))


def test_a_strip_is_filled_and_its_slabs_shrink_with_the_resolution() -> None:
    found = placed_overview(figure_facts(known_summary("ResNet50").outline), load_theme(), True, narrow=True)
    assert found is not None and found.is_strip
    placement = found.forms[0][1]
    bottlenecks = [name for name in placement.spots if found.parts[name].letter]
    heights = [placement.spots[name].height for name in bottlenecks]
    widths = [placement.spots[name].width for name in bottlenecks]
    assert heights == sorted(heights, reverse=True) and widths == sorted(widths)


def test_a_network_in_one_column_is_lower_than_a_hand() -> None:
    sheet = known_summary("ResNet50").page(width="84mm").sheets[0]
    assert sheet.height <= 213.0  # 75 mm in whole points
    assert {group.id for group in sheet.groups} == {"", "A"}


def test_what_only_some_copies_have_is_dashed_in_the_one_drawing() -> None:
    definition = known_summary("ResNet50").outline.definitions[0]
    switch = switch_of(definition)
    assert switch is not None and len(switch.dashed) == 1
    words = " ".join(word.runs[0].text for word in known_summary("ResNet50").page().sheets[0].words)
    assert "projection shortcut (dashed): first of each stage stride 2: first of each later stage" in words


def stages_with_pooled_shortcuts(taps: int = 0) -> Summary:
    """Three stages of three residual blocks: the first of the first projects, the first of the others pools besides.

    taps : blocks of which an inner tensor is read at the end of the network, too.
    """
    b = Builder()
    x, size, ends = b.conv(b.input(16), 16), 32, list[str]()
    for stage in range(3):
        for block in range(3):
            main, side = b.conv(b.conv(x, 8, 1), 8), x
            if not block and stage:
                size //= 2
                main, side = (b.sized("AveragePooling2D", one, size, pool_size=[2, 2]) for one in (main, side))
            main = b.conv(main, 16, 1, act=False)
            ends += [main] if 3 * stage + block < taps else []
            side = side if block else b.conv(side, 16, 1, act=False)
            x = b.add("Activation", b.add("Add", main, side), activation="relu")
    tops = [b.add("GlobalAveragePooling2D", end) for end in (x, *ends)]
    return summarize(b.finish(b.add("Concatenate", *tops) if ends else tops[0]))


@pytest.mark.parametrize("width", ["84mm", "174mm"])
def test_forms_of_which_one_has_the_boxes_of_the_others_are_one_drawing(width: str) -> None:
    found = stages_with_pooled_shortcuts()
    (definition,) = found.outline.definitions
    assert [len(form.added) for form in definition.variants] == [1, 3]
    switch = switch_of(definition)
    assert switch is not None and len(switch.dashed) == 3
    page = found.page(width=width)
    assert page_faults(page, found.graph, found.source) == []
    assert sum(box.dashed for box in page.sheets[0].boxes) == 3
    said = {"".join(run.text for run in words.runs) for words in page.sheets[0].words}
    assert any("projection shortcut (dashed): first of each stage" in text for text in said)


def test_a_form_that_gives_another_tensor_is_no_part_of_the_one_drawing() -> None:
    found = stages_with_pooled_shortcuts(taps=1)
    bodies = [one.body for definition in found.outline.definitions for one in definition.variants if one.added]
    assert len({len(body.exits) for body in bodies}) == 2
    assert [switch_of(one) for one in found.outline.definitions] == [None] * len(found.outline.definitions)


def test_a_line_leaves_a_gap_where_it_crosses_and_a_dot_where_it_parts() -> None:
    spots = {"a": Spot("a", 20, 10, x=40), "b": Spot("b", 20, 10, x=40, y=100), "c": Spot("c", 10, 20, y=50)}
    spots["d"] = Spot("d", 10, 20, x=90, y=50)
    placement = Placement(spots, [Wire("a", "b"), Wire("c", "d")])
    route(placement)
    first, second = placement.routes
    assert crossings(second, [first]) == [(50, 60)] and crossings(first, []) == []
    fork = [Route(Wire("a", "x"), ((0, 0), (0, 30), (20, 30))), Route(Wire("a", "y"), ((0, 0), (0, 50)))]
    assert partings(fork) == [(0, 30)]


def test_words_below_a_name_are_broken_and_never_cut() -> None:
    found = placed_overview(figure_facts(outline("two_towers_flat")), load_theme(), True)
    assert found is not None
    for part in found.parts.values():
        whole = " · ".join(found.unders(part, 1e6))
        assert " · ".join(found.unders(part, 20.0)) == whole


def test_what_an_arrow_is_to_its_reader_has_a_place_beside_it() -> None:
    sheet = own_summary("fpn_shared_head").page().sheets[0]
    words = [word for word in sheet.words if word.runs[0].text.endswith(" tensors")]
    assert words
    for word in words:
        for box in sheet.boxes:
            inside = box.y < word.y - 2 < box.y + box.height and box.x < word.x < box.x + box.width
            assert not inside, (word.runs[0].text, box.id)


def test_rows_of_a_strip_without_the_network_are_lower() -> None:
    sheet = gallery_summary("transfer_learning", collapse_backbone=True).page(width="84mm").sheets[0]
    assert len({round(box.y + box.height / 2) for box in sheet.boxes if box.id.startswith("/")}) == 3
    assert sheet.height < 320  # three rows as high as the network's box would be 347 high


def test_a_network_as_one_box_is_read_from_left_to_right() -> None:
    found = gallery_summary("transfer_learning", collapse_backbone=True).outline
    sheet = compose(found, parse_page()).sheets[0]
    boxes = {box.id: box for box in sheet.boxes}
    chain = [boxes[f"/{part.id}"] for part in found.parts]
    assert [box.x for box in chain] == sorted(box.x for box in chain)
    assert compose(found, parse_page(), Options(direction="down")).sheets[0] != sheet


def test_a_u_fits_one_column_of_text_and_wider_forms_are_left_out() -> None:
    found = placed_overview(figure_facts(outline("unet_same_width")), load_theme(), True, room=258.0)
    assert found is not None and all(placement.inner <= 258 for _, placement in found.forms)
    sheet = own_summary("unet_same_width").page(width="84mm").sheets[0]
    ways = {(arrow.points[0][1], arrow.points[-1][1]) for arrow in sheet.arrows if arrow.colour == "#c04f00"}
    assert len(ways) >= 4 and all(start == pytest.approx(end) for start, end in ways)


@pytest.mark.parametrize("layout", ["U", "pyramid", "stacks", "streams", "chain"])
@pytest.mark.parametrize("seed", [3, 6, 7])
def test_any_wiring_is_placed_without_fault_or_not_at_all(layout: str, seed: int) -> None:
    found = placed_overview(figure_facts(outlines.random_outline(seed)), load_theme(), False, layout, True, 600.0)
    for _, placement in found.forms if found else ():
        assert not list(faults(placement)) and len(placement.routes) == len(placement.wires)


@pytest.mark.parametrize("layout", ["pyramid", "U", "streams", "stacks", "chain", "board"])
def test_a_layout_that_was_asked_for_needs_no_size_to_be_known(layout: str) -> None:
    graph = parse(
        """graph a | inputs=["x"]
x = InputLayer() -> [?]
a = Own(x) -> [*] | params=null module="own"
b = Own(x) -> [*] | params=null module="own"
c = Mix(a, b) -> [*] | params=null module="own"
return c, a
"""
    )
    page = compose(summarize(graph).outline, parse_page("a4"), Options(layout=layout))
    assert {"/a", "/b", "/c"} <= {box.id for box in page.sheets[0].boxes}


def test_levels_of_a_feature_pyramid_have_their_names() -> None:
    summary = gallery_summary("retinanet")
    texts = [run.text for words in summary.page().sheets[0].words for run in words.runs]
    assert [text for text in texts if text[:1] in "CP" and text[1:2].isdigit()] == [
        "P7", "P6", "C5 · P5", "C4 · P4", "C3 · P3",
    ]  # fmt: skip


def test_levels_that_only_stand_in_a_row_are_no_block() -> None:
    parts = gallery_summary("retinanet").overview
    assert sum(part.name == "3×3 conv" for part in parts) == 5
    assert not [part for part in parts if part.letter and len(part.other_shapes) > 1 and part.repeat == 1]


def test_a_u_on_a_slide_has_its_panels_beside_it() -> None:
    page = gallery_summary("unet").page(page="slide")
    assert {frame.id for frame in page.sheets[0].groups if frame.id} == {"A", "B"}


@pytest.mark.parametrize("layout", ["chain", "board", "streams"])
def test_what_nobody_knows_is_left_out_beside_a_box(layout: str) -> None:
    graph = parse(
        """graph a | inputs=["x"]
x = InputLayer() -> [?, 8, 8, 3]
a = Own(x) -> [*] | params=null module="own"
b = Own(a) -> [?, 8, 8, 16] | params=null module="own"
c = Conv2D(b) -> [?, 8, 8, 16] | params=272
return c
"""
    )
    (sheet,) = compose(summarize(graph).outline, parse_page("a4"), Options(layout=layout)).sheets
    said = {"".join(run.text for run in words.runs) for words in sheet.words}
    assert not any("?" in text for text in said) and any("8×8×16" in text for text in said)
    assert "272" in said and "parameters + own" in said


def test_a_legend_is_no_wider_than_the_title_and_a_narrow_drawing() -> None:
    builder = Builder()
    x = builder.input(8)
    left = builder.add("Dropout", builder.sized("MaxPooling2D", builder.conv(x, 16), 16), rate=0.1)
    right = builder.add("LSTM", builder.sized("AveragePooling2D", x, 16), units=8, params=96)
    x = builder.add("Dense", builder.add("Concatenate", left, right), units=4, params=36)
    (sheet,) = summarize(builder.finish(x)).page().sheets
    assert sheet.width < 360  # it would be 395 beside a legend in one row


def test_a_short_strip_is_as_wide_as_the_names_of_its_blocks_need() -> None:
    """Parts as narrow as their few channels, with a name below that is wider, stand in one row all the same."""
    b = Builder()
    x = b.input(1, 16)
    for _ in range(4):
        x = b.add("Add", x, b.conv(b.conv(x, 1), 1))
    x = b.add("GlobalAveragePooling2D", x)
    for units in (32, 16, 2):
        x = b.add("Dropout", b.add("Dense", x, units=units), rate=0.1)
    found = summarize(b.finish(x), rename={"A": "Encoder layer"}).outline
    shape = placed_overview(figure_facts(found), load_theme(), True, narrow=True, room=238.0)
    assert shape is not None
    style, placement = shape.forms[0]
    assert (style.rows, style.keyed) == (1, False)  # each name under its blocks
    assert {caption.text for caption in placement.captions} >= {"Encoder layer ×4", "Head"}


def _tapped_inside_its_blocks() -> Summary:
    """A U whose skips leave from inside strided blocks, as of the expansions of MobileNetV2."""
    b, taps = Builder(), []
    x = b.conv(b.sized("MaxPooling2D", b.input(3, 128), 64, pool_size=[2, 2]), 8)
    for number, filters in enumerate((8, 16, 24)):
        side = 32 >> number
        wide = b.conv(x, 48, 1)
        taps.append(wide)
        deep = b.add("ReLU", b.add("BatchNormalization", b.sized("DepthwiseConv2D", wide, side, 432, strides=2)))
        x = b.conv(deep, filters, 1, act=False)
        wide = b.conv(x, 48, 1)
        deep = b.add("ReLU", b.add("BatchNormalization", b.add("DepthwiseConv2D", wide, params=432)))
        x = b.add("Add", x, b.conv(deep, filters, 1, act=False))
    for number, tap in enumerate(reversed(taps)):
        x = b.sized("Conv2DTranspose", x, 16 << number, 2000, filters=32, kernel_size=[3, 3], strides=[2, 2])
        x = b.conv(b.add("Concatenate", x, tap), 32)
    return summarize(b.finish(b.sized("Conv2DTranspose", x, 128, 99, filters=3, kernel_size=[3, 3], strides=[2, 2])))


def test_a_skip_from_inside_a_block_says_the_tensor_that_it_carries() -> None:
    summary = _tapped_inside_its_blocks()
    shape = placed_overview(figure_facts(summary.outline), load_theme(), True)
    assert shape is not None
    style, found = shape.forms[0]
    skips = {way.wire.text: way.points for way in found.routes if way.wire.look == "skip"}
    assert style.stair and set(skips) == {"32×32×48", "64×64×48"}
    for text, points in skips.items():
        (words,) = (caption for caption in found.captions if caption.text == text)
        assert 0 < points[-1][1] - words.y < 5 and points[-2][0] < words.x < points[-1][0]


@pytest.mark.parametrize("name", [name for name in SEVERAL if {"U", "pyramid"} & set(EXPECTED[name])])
def test_no_line_strikes_the_channels_over_a_slab(name: str) -> None:
    """Where a line enters from above, they stand beside it or over it."""
    found = placed(name)
    for words in (one for one in found.captions if one.bold and one.text.isdecimal()):
        others = [one for one in found.captions if one is not words]
        assert Placement(found.spots, routes=found.routes, captions=others).is_free(words)


def _heads(lengths: tuple[int, ...]) -> Summary:
    """Three convolutions, and heads of so many dense layers that read them."""
    b = Builder()
    x = b.input()
    for filters in (8, 16, 32):
        x = b.conv(x, filters, strides=2)
    ends = []
    for length in lengths:
        y = b.add("Flatten", x, channels=512)
        for units in range(length):
            y = b.add("Dense", y, params=512 * (units + 3), units=units + 3, channels=units + 3)
        ends.append(y)
    return summarize(b.finish(*ends))


@pytest.mark.parametrize("size", [{}, {"width": "84mm"}])
def test_heads_stand_side_by_side_right_below_what_they_read(size: dict[str, str]) -> None:
    """A policy and a value: neither reads the other, however long they are."""
    found = _heads((1, 3))
    page = found.page(**size)
    boxes, parts = {box.id: box for box in page.sheets[0].boxes}, found.outline.parts
    (read,) = {source for part in parts for source in part.inputs if sum(source in p.inputs for p in parts) > 1}
    first, second = (boxes[f"/{part.id}"] for part in parts if read in part.inputs)
    middles = [box.y + box.height / 2 for box in (first, second)]
    assert middles[0] == pytest.approx(middles[1], abs=1) and abs(first.x - second.x) > first.width
    assert page_faults(page, found.graph, found.source) == []


def test_a_chain_of_layers_alone_is_a_strip_in_one_row_with_its_parameters() -> None:
    found = _heads((2,))
    page = found.page()
    boxes = [box for box in page.sheets[0].boxes if box.id.startswith("/")]
    assert len({round(box.y + box.height / 2) for box in boxes}) == 1
    assert any("parameters" in text_of(words) for words in page.sheets[0].words)
    assert page_faults(page, found.graph, found.source) == []
    (sheet,) = found.page(layout="chain").sheets
    column = [box for box in sheet.boxes if box.id.startswith("/")]
    assert len({round(box.x + box.width / 2) for box in column}) == 1


def test_cards_at_both_sides_of_a_box_are_inside_the_figure() -> None:
    made = Placement({"a": Spot("a", 20.0, 10.0, depth=4.0, rim=4.0)})
    made.frame()
    assert (made.spots["a"].x, made.width) == (4.0, 28.0)


def test_a_slab_without_parameters_says_its_width_in_words() -> None:
    b = Builder()
    x = b.add("Conv2D", b.input(64), filters=8, kernel_size=[3, 3], channels=8)
    x = b.add("Conv2D", x, filters=4, kernel_size=[1, 1], channels=4)
    found = summarize(b.finish(x))
    assert page_faults(found.page(), found.graph, found.source) == []


def test_a_strip_of_dense_layers_says_what_its_figures_are() -> None:
    dense: list[dict[str, Any]] = [{"class_name": "InputLayer", "config": {"batch_shape": [None, 30], "name": "i"}}]
    dense += [{"class_name": "Dense", "config": {"name": f"d{units}", "units": units}} for units in (24, 8, 3)]
    found = summarize({"class_name": "Sequential", "config": {"name": "mlp", "layers": dense}})
    assert "above: units, below: parameters" in [text_of(words) for words in found.page().sheets[0].words]


def test_a_skip_past_other_boxes_puts_its_tensor_on_no_line_of_theirs() -> None:
    """A U that adds what enters to what leaves: 64×64×3 stood on the skip of its first level, which carries 16."""
    b = Builder()
    first = b.input(channels=3, size=64)
    x, skips = b.conv(first, 16, norm=False, act=False), []
    for size, wide in ((32, 32), (16, 64)):
        x = b.conv(b.conv(x, wide // 2), wide // 2)
        skips.append((x, size * 2, wide // 2))
        x = b.sized("MaxPooling2D", x, size, pool_size=[2, 2])
    x = b.conv(b.conv(x, 64), 64)
    for skip, size, wide in skips[::-1]:
        x = b.add("Concatenate", b.sized("UpSampling2D", x, size), skip)
        x = b.conv(b.conv(x, wide), wide)
    found = summarize(b.finish(b.add("Add", b.conv(x, 3, norm=False, act=False), first)))
    page = found.page()
    texts = [text_of(words) for words in page.sheets[0].words]
    assert "64×64×16" in texts and "64×64×3" not in texts
    assert page_faults(page, found.graph, found.source) == []


def test_a_step_that_every_block_reads_is_said_in_words_beside_a_u() -> None:
    found = pair_summary("diffusion_unet_plain")
    page = found.page()
    assert found.to_dict()["layout"] == "U"
    (sheet,) = page.sheets
    (told,) = (words for words in sheet.words if text_of(words).startswith("to each"))
    assert text_of(told) == "to each A and C"
    assert page_faults(page, found.graph, found.source) == []
    assert list(flowchart_faults(sheet_to_mermaid(page), sheet, found.graph)) == []
    without = replace(page, sheets=(replace(sheet, links=()),))  # where no words stand, an edge has to
    assert list(flowchart_faults(sheet_to_mermaid(without), sheet, found.graph))
    for wrong in ("to each A", "to each A, B and C"):
        words = tuple(replace(one, runs=(Span(wrong),)) if one is told else one for one in sheet.words)
        assert page_faults(replace(page, sheets=(replace(sheet, words=words),)), found.graph, found.source)


def test_skips_from_one_row_to_one_box_have_lanes_of_their_own() -> None:
    spots = {name: Spot(name, 20, 20, x=60.0 * at, y=40.0) for at, name in enumerate("abcd")}
    far = Spot("far", 20, 60, x=300.0, y=30.0)
    wires = [Wire(name, "far", "skip") for name in "abcd"]
    placement = Placement({**spots, "far": far}, wires)
    route(placement)
    assert not list(faults(placement))


def test_the_number_of_an_input_is_no_width_of_a_slab() -> None:
    """The first of two inputs has one channel, which stands under its slab already."""
    b = Builder()
    x = b.conv(b.input(1), 8)
    for _ in range(3):
        x = b.conv(x, 8)
    x = b.add("Multiply", b.conv(x, 8, 1), b.input(8))
    found = summarize(b.finish(b.conv(x, 8)))
    for width in ("84mm", "60mm"):
        page = found.page(layout="chain", width=width)
        assert {"input 1", "input 2"} <= {text_of(words) for words in page.sheets[0].words}
        assert page_faults(page, found.graph, found.source) == []


def test_along_a_row_of_a_nested_u_all_that_levels_join_is_a_skip() -> None:
    outline = pair_summary("nested_unet").outline
    found = placed_overview(figure_facts(outline), load_theme(), True)
    assert found is not None and found.forms
    wires, view = found.forms[0][1].wires, overview_of(outline)
    rows = {(wire.source, wire.target) for wire in wires if view.area[wire.source] == view.area[wire.target]}
    into = {name for name in view.order if len({view.area[one] for one in view.before(name)}) > 1}
    assert {wire.look for wire in wires if (wire.source, wire.target) in rows and wire.target in into} == {"skip"}
    assert len([wire for wire in wires if wire.look == "skip"]) == 4 + 3 + 2 + 1 + 3 + 2 + 1 + 2 + 1 + 1
