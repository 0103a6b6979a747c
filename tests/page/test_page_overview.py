"""The overview as a reader sees it: one row, stages, lines that run around boxes, many boxes."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import outlines
from blockviz.ir import LayerGraph, verify
from blockviz.outline.model import Outline
from blockviz.page import Options, compose, parse_page
from blockviz.page.overview.board.placement import Wiring, board_by_levels, board_by_lines, lines_of
from blockviz.page.overview.part_boxes import name_in_room
from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.pipeline import summarize
from blockviz.render.formats.dot import sheet_to_dot
from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Sheet, Span
from blockviz.scene import Path as Shape
from blockviz.text.font_metrics import run_width, width
from graphs import Builder
from summaries import gallery_summary, known_summary, zoo_summary

BRANCHED = ("BERT", "Transformer", "Siamese", "TwoTower", "SSD300", "UNet", "YOLOv3",
            "Seq2Seq", "StackedHourglass", "GoogLeNet", "RetinaNet", "DiffusionUNet", "EfficientDet", "HRNet",
            "WaveNet")  # fmt: skip


def zoo(name: str) -> Outline:
    return zoo_summary(name).outline


def own_boxes(sheet: Sheet) -> dict[str, Box]:
    """The boxes of the overview by the ids of their parts."""
    return {box.id[1:]: box for box in sheet.boxes if box.id.startswith("/") and "|" not in box.id}


def passes_through(arrow: Arrow, box: Box) -> bool:
    """Whether a line of level and upright pieces runs through the inside of a box."""
    for (xa, ya), (xb, yb) in pairwise(arrow.points):
        apart = max(xa, xb) < box.x + 1 or min(xa, xb) > box.x + box.width - 1
        if not apart and max(ya, yb) > box.y + 1 and min(ya, yb) < box.y + box.height - 1:
            return True
    return False


def test_augmenting_calls_in_a_row_are_one_box() -> None:
    builder = Builder()
    x = builder.input()
    for op in ("RandomFlip", "RandomRotation", "RandomZoom"):
        x = builder.add(op, x)
    forked = builder.add("RandomContrast", x)
    graph = builder.finish(builder.add("Add", builder.conv(forked, 8), builder.conv(forked, 8)))
    summary = summarize(graph)
    verify(summary.graph, graph)
    (part,) = (part for part in summary.overview if part.name == "augmentation")
    assert part.kind == "unit" and [len(copy) for copy in part.copies] == [4]


def test_an_augmenting_call_that_is_read_twice_stays_visible() -> None:
    builder = Builder()
    a = builder.add("RandomFlip", builder.input())
    graph = builder.finish(builder.add("Add", builder.add("RandomZoom", a), builder.conv(a, 8)))
    assert not [part for part in summarize(graph).overview if part.name == "augmentation"]


@pytest.mark.parametrize("theme", ["paper", "dark"])
def test_transfer_learning_stands_in_one_row(theme: str) -> None:
    summary = gallery_summary("transfer_learning", collapse_backbone=True, weights="imagenet")
    size = parse_page(width="174mm")
    sheet = compose(summary.outline, size, Options(theme=theme, direction="right")).sheets[0]
    row = [box for box in sheet.boxes if box.id.startswith("/")]
    assert len({round(box.y + box.height / 2, 3) for box in row}) == 1
    assert min(box.x for box in row) < 4 and max(box.x + box.width for box in row) > size.width - 4
    texts = [run.text for words in sheet.words for run in words.runs]
    assert {"augment", "flip, rotate, zoom", "train only"} <= set(texts)


def test_rows_of_a_strip_end_near_each_other_and_shapes_clear_the_stacks() -> None:
    outline = known_summary("VGG16").outline
    sheet = compose(outline, parse_page(width="174mm"), Options(direction="right")).sheets[0]
    row_of: dict[float, list[float]] = {}
    for box in sheet.boxes:
        if box.id.startswith("/") and "|" not in box.id:
            row_of.setdefault(round(box.y, 2), []).append(box.x + box.width)
    ends = [max(row) for row in row_of.values()]
    assert len(ends) == 2 and max(ends) - min(ends) < 1
    for words in sheet.words:
        text = words.runs[0].text
        under = [p for p in sheet.shapes if isinstance(p, Shape) and p.closed and _covers(p, words.x, words.y - 4)]
        assert not (text[:1].isdigit() and text.count("×") == 2 and under), text


def _covers(shape: Shape, x: float, y: float) -> bool:
    xs, ys = [point[0] for point in shape.points], [point[1] for point in shape.points]
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)


# Lines


@pytest.mark.parametrize("name", BRANCHED[:7])
def test_every_wire_is_drawn_and_runs_around_boxes(name: str) -> None:
    draw_every_wire(name)


def draw_every_wire(name: str) -> None:
    outline, sheet = zoo(name), zoo_summary(name).page("a4").sheets[0]
    boxes, arrows = own_boxes(sheet), [arrow for arrow in sheet.arrows if not arrow.group]
    drawn = {(arrow.source, arrow.target) for arrow in arrows}
    for part in outline.parts:
        assert {(f"/{source}", f"/{part.id}") for source in part.inputs} <= drawn
    for arrow in arrows:
        for ident, box in boxes.items():
            if box.form in ("funnel", "spread", "circle", "pill") and ident in (arrow.source[1:], arrow.target[1:]):
                continue  # a line ends at the slanted or round side, within the rectangle
            assert not passes_through(arrow, box), (arrow.source, arrow.target, ident)
        (x, y), end = arrow.points[-1], boxes[arrow.target[1:]]
        assert end.x - 0.1 <= x <= end.x + end.width + 0.1 and end.y - 0.1 <= y <= end.y + end.height + 0.1


@pytest.mark.parametrize("seed", range(8))
def test_lines_of_any_wiring_run_around_boxes(seed: int) -> None:
    outline = outlines.random_outline(seed)
    sheet = compose(outline, parse_page("a4")).sheets[0]
    boxes = own_boxes(sheet)
    assert {(a.source, a.target) for a in sheet.arrows} >= {
        (f"/{s}", f"/{p.id}") for p in outline.parts for s in p.inputs
    }
    for arrow in sheet.arrows:
        for ident, box in boxes.items():
            on_rim = box.form == "circle" and ident == arrow.target[1:]
            assert on_rim or not passes_through(arrow, box), (arrow.source, arrow.target, ident)


def test_main_line_is_straight_and_masks_stand_beside_it() -> None:
    sheet = gallery_summary("transformer").page(width="174mm").sheets[0]
    places: dict[float, list[str]] = {}
    for ident, box in own_boxes(sheet).items():
        places.setdefault(round(box.x + box.width / 2, 1), []).append(ident)
    assert sorted(len(column) for column in places.values()) == [1, 1, 2, 3]  # masks outside, encoder, decoder


def wiring(reads: dict[str, list[str]], shapes: dict[str, tuple[int, ...]]) -> Wiring:
    sources = {name: tuple(found) for name, found in reads.items()}
    return Wiring(tuple(reads), sources, dict.fromkeys(reads, 1.0), {n: (None, *s) for n, s in shapes.items()},
                  {name: name for name in reads})  # fmt: skip


def test_an_embedding_is_never_taken_for_the_main_line() -> None:
    reads = {"t": [], "t2": ["t"], "t3": ["t2"], "t4": ["t3"], "x": [], "a": ["x", "t4"], "b": ["a", "t4"]}
    found = wiring(reads, {**dict.fromkeys(reads, (8, 8, 4)), **dict.fromkeys(("t", "t2", "t3", "t4"), (4,))})
    assert lines_of(found) == [["x", "a", "b"], ["t", "t2", "t3", "t4"]]
    cells = board_by_lines(found, 3)
    assert {cells[name].column for name in "xab"} == {0} and cells["x"].row == 0


def test_branches_at_several_resolutions_stand_in_a_column_each() -> None:
    reads = {"i": [], "h1": ["i"], "l1": ["i"], "h2": ["h1", "l1"], "l2": ["l1", "h1"], "o": ["h2", "l2"]}
    found = wiring(reads, {n: (4, 4, 8) if n[0] == "l" else (8, 8, 8) for n in reads})
    cells = board_by_levels(found)
    assert cells is not None
    assert {n: cells[n].column for n in reads} == {"i": 0, "h1": 0, "h2": 0, "o": 0, "l1": 1, "l2": 1}
    assert all(cells[s].row <= cells[n].row for n in reads for s in reads[n])


# Stages


def test_boxes_at_one_resolution_stand_in_a_bracket() -> None:
    sheet = known_summary("InceptionResNetV2").page().sheets[0]
    found = [words for words in sheet.words if [run.text for run in words.runs] in (["35×35"], ["17×17"], ["8×8"])]
    assert len(found) == 3 and all(words.anchor == "end" and words.size >= 6 for words in found)
    left = min(box.x for box in own_boxes(sheet).values())
    assert all(words.x < left for words in found)


def test_brackets_go_before_boxes_become_narrow_and_small_models_have_none() -> None:
    outline = known_summary("InceptionResNetV2").outline
    narrow = compose(outline, parse_page(width="62mm"), Options(panels=False)).sheets[0]
    small = zoo_summary("TwoTower").page("a4").sheets[0]
    for sheet in (narrow, small):
        assert not [words for words in sheet.words if words.anchor == "end" and words.runs[0].text == "35×35"]


# Room


def test_panels_flow_under_a_low_overview() -> None:
    sheet = gallery_summary("transformer").page(width="174mm").sheets[0]
    panels = {group.id: group for group in sheet.groups}
    boxes = own_boxes(sheet).values()
    foot = max(box.y + box.height for box in boxes)
    assert any(panel.y > foot for panel in panels.values())  # the others stand beside it
    free = sheet.width * sheet.height - sum(panel.width * panel.height for panel in sheet.groups)
    assert free < 0.45 * sheet.width * sheet.height


@pytest.mark.parametrize(("name", "size"), [("FC-DenseNet103", "a4"), ("FC-DenseNet103", "letter")])
def test_many_boxes_fit_one_page(name: str, size: str) -> None:
    outline, page = zoo(name), zoo_summary(name).page(size)
    assert len(page.sheets) == 1 and len(own_boxes(page.sheets[0])) == len(outline.parts) > 25
    sheet = page.sheets[0]
    assert min(words.size for words in sheet.words) >= 6 and min(b.size for b in sheet.boxes if b.lines) >= 6


def test_many_boxes_take_one_sheet_and_their_panels_the_other() -> None:
    outline = zoo("EfficientDet")
    page = compose(outline, parse_page("a4"), Options(pages=2))
    assert len(page.sheets) == 2 and len(own_boxes(page.sheets[0])) == len(outline.parts)
    shown = {group.id for sheet in page.sheets for group in sheet.groups if len(group.id) == 1}
    left_out = {d.letter for d in outline.definitions} - shown
    beside = [group for group in page.sheets[0].groups if group.id]
    assert len(page.sheets[1].groups) >= len(beside) and 2 * len(shown) > len(outline.definitions)
    assert all(letter in page.advice[0] for letter in left_out)  # what is left out is said


def test_boxes_of_a_board_say_shape_and_parameters() -> None:
    sheet = zoo_summary("BERT").page("a4").sheets[0]
    texts = ["".join(run.text for run in words.runs) for words in sheet.words]
    assert any(text.startswith("128×48 · 339\u2009k") for text in texts)
    assert "1×128" in texts and "share of all parameters" in texts


def test_a_board_is_the_same_under_every_hash_seed() -> None:
    draw_under_another_hash_seed("BERT")


def draw_under_another_hash_seed(name: str) -> None:
    code = (
        "import sys, graphs; from blockviz.page import *; from blockviz.pipeline import summarize; "
        "from blockviz.render.formats.dot import sheet_to_dot; "
        f"page = compose(summarize(graphs.zoo({name!r})).outline, parse_page('a4')); "
        "sys.stdout.buffer.write(sheet_to_dot(page).encode())"
    )
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    here = zoo_summary(name).page("a4")  # found under another seed
    assert done.stdout == sheet_to_dot(here).encode()


def test_an_overview_longer_than_a_column_is_set_as_a_board() -> None:
    page = zoo_summary("YOLOv4").page("a4")
    assert {group.id for group in page.sheets[0].groups} >= {"A", "B", "C"}


def test_an_overview_too_high_for_a_column_is_set_as_a_board_that_keeps_all_panels() -> None:
    outline, page = zoo("FC-DenseNet103"), zoo_summary("FC-DenseNet103").page("174x240mm")
    assert page.advice == ()
    assert {group.id for group in page.sheets[0].groups} >= {found.letter for found in outline.definitions}


def test_what_is_said_under_a_label_keeps_clear_of_the_number_of_copies() -> None:
    """Two branches of convolutions, as at the end of OpenPose: boxes as narrow as their text allows."""
    b = Builder()
    x = b.conv(b.input(), 128)
    ends = []
    for classes, norm in ((38, True), (19, False)):  # equal branches would be blocks
        y = x
        for _ in range(5):
            y = b.conv(y, 128, 7, norm=norm)
        ends.append(b.conv(y, classes, 1, norm=False, act=False))
    sheet = compose(summarize(b.finish(*ends)).outline, parse_page("a4")).sheets[0]
    counts = [words for words in sheet.words if "".join(run.text for run in words.runs) == "×5"]
    unders = [words for words in sheet.words if "·" in words.runs[0].text and words.anchor == "middle"]
    assert len(counts) == 2
    for count in counts:
        left = count.x - run_width(count.runs, count.size)
        near = [words for words in unders if abs(words.y - count.y) < 12 and words.x < left]
        ends_at = [words.x + run_width(words.runs, words.size) / 2 for words in near]
        assert ends_at and all(end < left - 2 for end in ends_at)


@pytest.mark.parametrize(("room", "said"), [
    (400, "Inverted residual block (112, 3×3)"), (130, "Inverted residual (112, 3×3)"),
    (110, "Inverted residual block"), (80, "Inverted residual"), (60, "Inverted"), (30, "Inv…d"),
])  # fmt: skip
def test_values_give_way_before_a_name_is_one_word_and_words_before_they_are_cut(room: float, said: str) -> None:
    assert name_in_room("Inverted residual block", " (112, 3×3)", 9.0, room) == said


def test_a_name_that_gives_words_away_ends_in_no_joint() -> None:
    room = width("Residual up level with", 9.0, bold=True) + 0.5
    assert name_in_room("Residual up level with gates", "", 9.0, room) == "Residual up level"


def three_branches() -> LayerGraph:
    """An input that three branches read, which never meet: too wide for a column but in small boxes."""
    b = Builder()
    x, ends = b.input(channels=3, size=64), []
    for units, acts in ((1, []), (5, ["softmax"]), (7, ["tanh", "sigmoid"])):
        y = x
        for side, filters in ((32, 16), (16, 32), (8, 32)):
            y = b.sized("MaxPooling2D", b.conv(y, filters), side, pool_size=[2, 2], strides=[2, 2])
        y = b.sized("GlobalAveragePooling2D", y, 1)
        for act in acts:
            y = b.add("Dense", y, params=99, channels=9, units=9, activation=act)
        ends.append(b.add("Dense", y, params=33, channels=units, units=units))
    return b.finish(*ends)


def test_small_boxes_say_what_comes_out_where_that_changes_and_a_false_size_is_found() -> None:
    found = summarize(three_branches())
    page = found.page(width="84mm")
    sheet = page.sheets[0]
    panels = min(group.y for group in sheet.groups if group.id)
    texts = [text_of(words) for words in sheet.words if words.y < panels]
    assert [texts.count(size) for size in ("64×64×3", "32×32×16", "16×16×32", "8×8×32")] == [1, 3, 3, 3]
    words = [replace(w, runs=(Span("32×32×8"),)) if text_of(w) == "32×32×16" else w for w in sheet.words]
    false = replace(page, sheets=(replace(sheet, words=tuple(words)),))
    assert not page_faults(page, found.graph, found.source)
    assert any("says 32×32×8" in fault for fault in page_faults(false, found.graph, found.source))
