"""One column of a page of two: a network with its main block in 84 × 110 mm, in type of 6 points and more."""

from __future__ import annotations

import pytest

from blockviz import summarize
from blockviz.outline.model import Definition
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.overview.column import Overview
from blockviz.page.overview.shape.choice import placed_overview
from blockviz.page.proof import page_faults
from blockviz.page.style.theme import load_theme
from blockviz.summary import Summary
from blockviz.text.font_metrics import run_width
from graphs import Builder
from summaries import known_summary, zoo_summary

NETWORKS = [
    "ResNet50", "DenseNet121", "EfficientNetB0", "EfficientNetV2S", "InceptionResNetV2", "InceptionV3", "NASNetLarge",
    "NASNetMobile", "VGG16",
]  # fmt: skip


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Summary:
    return known_summary(request.param)


def _main(definitions: tuple[Definition, ...]) -> str:
    held = {d.letter: (d.count > 1, sum(len(one.layers) for one in d.instances)) for d in definitions}
    return max(held, key=lambda letter: held[letter])


def test_the_main_block_has_its_panel_in_a_low_column(network: Summary) -> None:
    (sheet,) = network.page(width="84mm", height="110mm").sheets
    assert sheet.width <= 84 * 72 / 25.4 and sheet.height <= 110 * 72 / 25.4
    assert _main(network.outline.definitions) in {frame.id for frame in sheet.groups}
    assert min(words.size for words in sheet.words) >= 6.0


def test_every_part_stands_in_the_strip_of_a_low_column(network: Summary) -> None:
    (sheet,) = network.page(width="84mm", height="110mm").sheets
    boxes = {box.id for box in sheet.boxes}
    assert all(f"/{part.id}" in boxes for part in network.outline.parts)


def test_a_legend_in_a_column_leaves_out_what_boxes_say() -> None:
    (sheet,) = known_summary("ResNet50").page(width="84mm").sheets
    texts = {"".join(run.text for run in words.runs) for words in sheet.words}
    assert "conv + BN + ReLU" in texts
    assert not texts & {"pooling", "dense layer", "add", "defined in panel"}


def test_lines_that_meet_at_a_box_in_a_lying_panel_end_at_it() -> None:
    """The box is as high as the lines that meet there, like a bar."""
    builder = Builder()
    x = builder.conv(builder.input(8, 32), 16, 7)
    for side in (16, 8, 4):
        for _ in range(3):
            x = builder.add("Average", *(builder.conv(x, 16, kernel) for kernel in (3, 5, 7)), channels=16)
        x = builder.sized("MaxPooling2D", x, side, pool_size=[2, 2], strides=[2, 2])
    found = summarize(builder.finish(x))
    page = found.page(width="84mm")
    sheet = page.sheets[0]
    (box,) = [box for box in sheet.boxes if "/average" in box.id]
    entering = [arrow.points[-1] for arrow in sheet.arrows if arrow.target == box.id]
    assert len({y for _, y in entering}) == 3, "the panel stands upright by now: find another"
    assert all(box.y < y < box.y + box.height for _, y in entering)
    assert page_faults(page, found.graph, found.source) == []


@pytest.mark.parametrize(("kinds", "height"), [(10, 75), (14, 90)])
def test_a_page_without_room_for_its_title_still_says_what_was_left_out(kinds: int, height: int) -> None:
    builder = Builder()
    x = builder.conv(builder.input(8, 32), 8, 7)
    for kind in range(kinds):
        for _ in range(3):
            y = builder.add(f"Inner{kind}", builder.conv(x, 8), params=10)
            for _ in range(kind // 4 + 1):
                y = builder.conv(y, 8, 1)
            x = builder.add("Add", x, y)
        x = builder.add(f"Mystery{kind}", x, params=10)
    found = summarize(builder.finish(x))
    page = found.page(page=f"160mmx{height}mm")
    texts = ["".join(run.text for run in words.runs) for words in page.sheets[0].words]
    assert found.outline.name not in texts, "the title has room by now: take a lower page"
    assert any("left out: A" in text for text in texts)
    assert page_faults(page, found.graph, found.source) == []


def test_a_row_of_a_strip_may_end_where_one_line_besides_passes_over() -> None:
    """Skips of LinkNet lead from its encoder over the decoder, so that no row ends under none of these."""
    outline = zoo_summary("LinkNet").outline
    shape = placed_overview(figure_facts(outline), load_theme(), True, layout="chain", narrow=True, room=292.0)
    assert shape is not None and shape.forms and all(style.rows > 1 for style, _ in shape.forms)
    parted = [(style, placement) for style, placement in shape.forms if style.rows == 2]
    assert parted
    for style, placement in parted:
        around = [found for found in placement.routes if len(found.points) == 6 and found.wire.look == "side"]
        assert len(around) == style.rows - 1 and style.over == 1
        for found in around:
            assert found.points[-1] == (placement.spots[found.wire.target].cx, placement.spots[found.wire.target].y)


def test_lanes_stand_close_where_width_is_dear() -> None:
    context, theme = figure_facts(zoo_summary("UNetPlusPlus").outline), load_theme()
    wide, close = (Overview(context, theme, False, False, close=close) for close in (False, True))
    assert close.least_width() < wide.least_width() - 5


def test_lines_that_the_strip_drew_itself_are_kept_clear() -> None:
    page = known_summary("NASNetMobile").page(width="84mm", height="140mm")
    assert {frame.id for frame in page.sheets[0].groups} == {"", "B"}
    rows = {
        round(box.y + box.height / 2) for box in page.sheets[0].boxes if box.id.startswith("/") and "|" not in box.id
    }
    assert len(rows) == 2 and page.sheets[0].height < 395  # a column of boxes would be 495 high


def test_a_strip_has_room_for_what_its_arrows_are() -> None:
    made = Builder()
    kept = [made.conv(made.input(3), 8)]
    for _ in range(6):
        kept.append(made.add("Add", made.conv(made.conv(kept[-1], 8), 8), kept[-1]))
    x = made.add("Concatenate", *kept[1:], channels=48)
    outline = summarize(made.finish(made.conv(made.conv(x, 3), 3))).outline
    shape = placed_overview(figure_facts(outline), load_theme(), True, narrow=True, room=255.0)
    assert shape is not None
    style, placement = shape.forms[0]
    assert style.rows == 1 and "6 tensors" in {caption.text for caption in placement.captions}


def test_types_are_named_in_lines_where_names_under_brackets_would_be_staggered() -> None:
    (sheet,) = known_summary("Xception").page(width="84mm").sheets
    said = {"".join(run.text for run in words.runs): words.y for words in sheet.words}
    assert said["A Xception down module ×4"] == said["B Xception module ×8"] == said["C Head"]


@pytest.mark.parametrize("name", ["MobileNetV3Large", "EfficientNetV2S", "VGG16"])
def test_names_under_the_brackets_of_a_row_stand_in_one_line(name: str) -> None:
    shape = placed_overview(figure_facts(known_summary(name).outline), load_theme(), True, narrow=True, room=255.0)
    assert shape is not None
    bracketed = [(style, found) for style, found in shape.forms if not style.keyed]
    for style, placement in bracketed:
        assert len({y for rule in placement.rules for _, y in rule}) <= 2 * style.rows  # its ends, and its foot


def test_a_form_of_a_strip_that_is_kept_has_room() -> None:
    for name in ("ResNet101", "NASNetLarge", "ConvNeXtTiny"):
        outline = known_summary(name).outline
        shape = placed_overview(figure_facts(outline), load_theme(), True, narrow=True, room=258.24)
        assert shape is not None
        assert all(shape.measure(258.24, form) for form in range(1, shape.most_columns() + 1))


@pytest.mark.parametrize("name", ["InceptionV3", "ConvNeXtXLarge"])
def test_neighbours_in_a_strip_have_room_for_a_straight_arrow(name: str) -> None:
    (sheet,) = known_summary(name).page(width="84mm").sheets
    panels = min(frame.y for frame in sheet.groups if frame.id)
    ways = [arrow.points for arrow in sheet.arrows if all(y < panels for _, y in arrow.points)]
    below = [way for way in ways if len(way) == 4 and way[0][1] < way[1][1] > way[3][1]]  # a bow under two boxes
    assert len(ways) > 5 and not below


def test_panels_stand_side_by_side_under_names_of_two_lines() -> None:
    (sheet,) = known_summary("MobileNetV3Large").page(width="84mm", height="203mm").sheets
    frames = {frame.id: frame for frame in sheet.groups}
    assert frames.keys() == {"", "A", "B", "C"}
    assert frames["C"].x > frames["A"].x + frames["A"].width
    words = {
        "".join(run.text for run in one.runs) for one in zoo_summary("MobileViT-S").page(width="84mm").sheets[0].words
    }
    assert "MobileViT" in words


@pytest.mark.parametrize("name", ["LinkNet", "BiSeNetV2"])
def test_any_panel_says_more_than_a_legend(name: str) -> None:
    (sheet,) = zoo_summary(name).page(width="84mm", height="110mm").sheets
    assert "A" in {frame.id for frame in sheet.groups}


def test_a_box_whose_letter_has_no_panel_says_its_name() -> None:
    found = zoo_summary("PSPNet")
    (sheet,) = found.page(page="120mmx120mm").sheets
    (part,) = [part for part in found.outline.parts if part.letter == "D"]
    assert "D" not in {frame.id for frame in sheet.groups}
    (box,) = [one for one in sheet.boxes if one.id == f"/{part.id}"]
    named = [one for one in sheet.words if "".join(run.text for run in one.runs) == part.name]
    assert any(box.x < one.x < box.x + box.width and box.y < one.y < box.y + box.height for one in named)


def test_a_small_box_of_a_strip_has_room_for_its_number_of_copies() -> None:
    made = Builder()
    x = made.conv(made.input(8), 8, 7)
    for _ in range(2):
        x = made.add("MyConvolution", x, params=None, filters=8)
    x = made.conv(x, 16, 5)
    (sheet,) = summarize(made.finish(x)).page(width="84mm").sheets
    (words,) = [one for one in sheet.words if "".join(run.text for run in one.runs) == "×2"]
    (box,) = [
        one for one in sheet.boxes if one.x < words.x < one.x + one.width and one.y < words.y < one.y + one.height
    ]
    assert box.width > run_width(words.runs, words.size)


@pytest.mark.parametrize(
    ("name", "size"), [("YOLOv4", {"width": "84mm"}), ("CenterNet", {"width": "120mm", "height": "90mm"})]
)
def test_an_output_is_said_before_the_name_of_a_block_without_panel(name: str, size: dict[str, str]) -> None:
    found = zoo_summary(name)
    faults = page_faults(found.page(panels=False, **size), found.graph, found.source)
    assert [fault for fault in faults if "gives the output" in fault] == []


def test_what_stands_beside_other_parts_is_no_step_of_a_row() -> None:
    """Two inputs that are joined, two heads of one input: side by side in a column, too."""
    b = Builder()
    left, right = b.input(), b.input()
    left, right = (b.add("Dense", one, params=99, channels=16, units=16, activation="relu") for one in (left, right))
    x = b.add("Add", left, right)
    for units in (32, 16):
        x = b.add("Dense", x, params=99, channels=units, units=units, activation="tanh")
    graph = b.finish(*(b.add("Dense", x, params=9, channels=units, units=units) for units in (4, 1)))
    found = summarize(graph)
    y = {box.id: box.y for box in found.page(width="84mm").sheets[0].boxes if not box.group}
    inputs, ends = ({y[f"/{name}"] for name in names} for names in (graph.inputs, [name for name, _ in graph.exits]))
    assert len(inputs) == len(ends) == 1 and min(inputs) == min(y.values()) < max(y.values()) == max(ends)


def test_a_row_stays_where_a_column_would_be_much_higher() -> None:
    b = Builder()
    x = b.input()
    for units in range(2, 16):
        x = b.add("Dense", x, params=99, channels=units, units=units, activation="relu")
    x = b.add("Add", b.add("Dense", x, params=9, channels=8, units=8), b.add("Softmax", x))
    boxes = [box for box in summarize(b.finish(x)).page(width="84mm").sheets[0].boxes if box.id.startswith("/")]
    assert max(box.y for box in boxes) < 200
