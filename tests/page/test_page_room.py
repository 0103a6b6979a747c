"""What a page gives up for want of room, and in which order: type on a slide, a shape, what its legend says."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import outlines
from blockviz import summarize
from blockviz.outline.model import Outline
from blockviz.page import Options, compose, load_theme, parse_page
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.legend import Entry, legend, legend_rows
from blockviz.page.layout.faults import faults
from blockviz.page.layout.placement import Placement, Route, Spot, Wire
from blockviz.page.panel.title import title_lines
from blockviz.scene import Page, Point
from blockviz.text.font_metrics import run_width

MODELS = Path(__file__).parent.parent / "layouts/own_models.json.gz"


@cache
def models() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(MODELS.read_bytes()))
    return found


def outline(name: str, folder: Path) -> Outline:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(models()[name]))
    return summarize(file, name=name).outline


def panels(page: Page, of: Outline) -> set[str]:
    return {group.id for sheet in page.sheets for group in sheet.groups} & {one.letter for one in of.definitions}


def words(page: Page) -> list[str]:
    return ["".join(run.text for run in one.runs) for sheet in page.sheets for one in sheet.words]


@pytest.mark.parametrize("name", ["multimodal", "yolo_tiny", "fpn_heads", "dense_shortcuts"])
def test_a_slide_shows_all_blocks_in_smaller_type_before_it_leaves_any_out(name: str, tmp_path: Path) -> None:
    found = outline(name, tmp_path)
    page = compose(found, parse_page("slide"))
    assert panels(page, found) == {one.letter for one in found.definitions}
    assert name in words(page)
    print_type = load_theme().type.small
    assert min(one.size for one in page.sheets[0].words) >= print_type - 0.01


@pytest.mark.parametrize(
    ("name", "size"),
    [("two_resolutions", "170x100mm"), ("hourglass", "110x130mm"), ("fpn_shared_head", "110x160mm"),
     ("fpn_heads", "170x160mm")],
)  # fmt: skip
def test_a_shape_that_a_page_cannot_hold_does_not_cost_all_panels(name: str, size: str, tmp_path: Path) -> None:
    found = outline(name, tmp_path)
    assert panels(compose(found, parse_page(size), Options(layout="chain")), found)
    assert panels(compose(found, parse_page(size)), found)


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


def test_a_legend_of_a_word_too_much_for_its_rows_leaves_out_what_boxes_say(tmp_path: Path) -> None:
    said = words(compose(outline("w_net", tmp_path), parse_page()))
    assert "conv + batch norm + ReLU" in said and "stride 2" in said
    assert "concatenate" not in said and "skip connection" not in said
    short = words(compose(outline("unet_same_width", tmp_path), parse_page()))
    assert "concatenate" in short


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
