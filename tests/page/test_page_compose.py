"""Whole pages: the physical contract, themes, determinism."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path as File

import pytest

import outlines
from blockviz.errors import PageError, UsageError
from blockviz.page import Options, compose, load_theme, parse_page, theme_names
from blockviz.render.formats.dot import sheet_to_dot
from blockviz.scene import Page, Path, Sheet
from blockviz.text.font_metrics import run_width
from samples import in_turn

SIZES = {
    "a4": parse_page("a4"), "letter": parse_page("letter"), "double": parse_page("174x240mm"),
    "single": parse_page(width="84mm"),
}  # fmt: skip


def smallest(sheet: Sheet) -> float:
    return min([words.size for words in sheet.words] + [box.size for box in sheet.boxes if box.lines])


KINDS = [(size, direction) for size in SIZES for direction in ("down", "right")]


@pytest.mark.parametrize(("outline", "kind"), in_turn([*outlines.ALL] * 3, KINDS))
def test_page_keeps_its_contract(outline: str, kind: tuple[str, str]) -> None:
    keep_the_contract(outline, *kind)


@cache
def composed(outline: str, size: str = "a4", direction: str = Options().direction) -> Page:
    return compose(getattr(outlines, outline)(), SIZES[size], Options(direction=direction))


def keep_the_contract(outline: str, size: str, direction: str) -> None:
    page = composed(outline, size, direction)
    sheet, wanted = page.sheets[0], SIZES[size]
    assert sheet.width == wanted.width and sheet.height <= max(wanted.height, wanted.taller)
    assert smallest(sheet) >= 6.0
    for box in sheet.boxes:
        assert box.x >= -0.01 and box.x + box.width <= sheet.width + 0.01, box.id
        assert box.y >= -0.01 and box.y + box.height <= sheet.height + 0.01, box.id
        for line in box.lines:
            assert run_width(line, box.size) <= box.width + 0.01, box
    for shape in sheet.shapes:
        if isinstance(shape, Path):
            assert all(-0.5 <= x <= sheet.width + 0.5 and -0.5 <= y <= sheet.height + 0.5 for x, y in shape.points), (
                shape
            )
    for arrow in sheet.arrows:
        assert all(-0.5 <= x <= sheet.width + 0.5 and -0.5 <= y <= sheet.height + 0.5 for x, y in arrow.points), arrow
    for words in sheet.words:
        left = words.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * run_width(words.runs, words.size)
        assert left >= -0.01 and left + run_width(words.runs, words.size) <= sheet.width + 1, words
        assert 0 <= words.y <= sheet.height, words


@pytest.mark.parametrize("outline", outlines.ALL)
def test_boxes_do_not_overlap(outline: str) -> None:
    page = composed(outline)
    boxes = [box for box in page.sheets[0].boxes if "|" not in box.id and not box.id.startswith("mark")]
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = (
                a.x + a.width <= b.x + 0.01
                or b.x + b.width <= a.x + 0.01
                or a.y + a.height <= b.y + 0.01
                or b.y + b.height <= a.y + 0.01
            )
            assert apart, (a.id, b.id)


@pytest.mark.parametrize("outline", outlines.ALL)
def test_ids_are_unique(outline: str) -> None:
    ids = [box.id for box in composed(outline).sheets[0].boxes]
    assert len(ids) == len(set(ids))


def test_detail_goes_down_before_the_type_does() -> None:
    outline = outlines.inception_resnet_v2()
    whole = compose(outline, SIZES["a4"])
    small = compose(outline, parse_page(width="84mm", height="125mm"))
    assert not whole.advice and {group.id for group in whole.sheets[0].groups} >= {
        d.letter for d in outline.definitions
    }
    assert small.advice and smallest(small.sheets[0]) >= 6.0


def test_impossible_page_is_refused_with_advice() -> None:
    with pytest.raises(PageError, match="larger --page") as caught:
        compose(outlines.inception_resnet_v2(), parse_page("40x40mm"))
    assert caught.value.status == 3


def test_smallest_type_can_be_raised() -> None:
    page = compose(outlines.inception_resnet_v2(), SIZES["a4"], Options(min_font=8.0))
    assert smallest(page.sheets[0]) >= 8.0


def test_same_input_gives_the_same_text_in_another_process() -> None:
    here = sheet_to_dot(compose(outlines.resnet50(), SIZES["a4"]))
    code = (
        "import sys, outlines; from blockviz.page import *; from blockviz.render.formats.dot import sheet_to_dot; "
        "sys.stdout.buffer.write(sheet_to_dot(compose(outlines.resnet50(), parse_page('a4'))).encode())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        cwd=File(__file__).parents[1],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(File(__file__).parents[2])},
    )
    assert there.stdout.decode() == here


# Themes


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", theme_names())
def test_text_stands_out(name: str) -> None:
    theme = load_theme(name)
    c = theme.colours
    grounds = [c.page, c.block, *(fill for fill, _ in theme.families.values())]
    assert all(contrast(c.text, ground) >= 7 for ground in grounds)
    assert all(contrast(c.muted, ground) >= 4.5 for ground in (c.page, c.block, c.panel or c.page))
    assert contrast(c.badge_text, c.badge) >= 4.5 and contrast(c.bar_text, c.bar) >= 4.5
    assert all(contrast(line, c.page) >= 3 for line in (c.line, c.block_line, c.skip))


@pytest.mark.parametrize("name", theme_names())
def test_badges_of_all_types_are_readable_and_differ_from_families(name: str) -> None:
    theme = load_theme(name)
    hues = [theme.hue(letter) for letter in ("A", "B", "F", "G", "Z", "AA", "A′")]
    assert all(contrast(theme.colours.badge_text, badge) >= 7 for badge, _ in hues)
    assert all(contrast(frame, theme.colours.page) >= 1.5 for _, frame in hues)
    assert not {colour for hue in theme.hues for colour in hue} & {c for pair in theme.families.values() for c in pair}
    assert len(set(theme.hues)) == len(theme.hues)
    assert theme.hue("C2") == (theme.colours.badge, theme.colours.frame)


def test_a_badge_and_the_frame_of_its_panel_have_one_hue() -> None:
    outline, theme = outlines.inception_resnet_v2(), load_theme()
    sheet = compose(outline, SIZES["a4"]).sheets[0]
    outlines_ = [shape for shape in sheet.shapes if isinstance(shape, Path)]
    frames = {(min(x for x, _ in shape.points), min(y for _, y in shape.points)): shape.line for shape in outlines_}
    badges = {(box.lines[0][0].text, box.fill) for box in sheet.boxes if box.id.endswith("|badge")}
    letters = [group for group in sheet.groups if group.id in {one.letter for one in outline.definitions}]
    assert len(letters) == len(outline.definitions) > 6
    for group in letters:
        badge, frame = theme.hue(group.id)
        assert (group.id, badge) in badges and frames[group.x, group.y] == frame
    assert {letter for letter, _ in badges} == {group.id for group in letters} and len(badges) == len(letters)


def test_a_theme_with_badges_of_its_own_has_them_for_all_types(tmp_path: File) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[colours]\nbadge = "#123456"\n')
    load_theme.cache_clear()
    assert {load_theme(str(own)).hue(letter)[0] for letter in "ABC"} == {"#123456"}
    own.write_text('[blocks]\nhues = [["#123456", "#abcdef"], ["#654321", "#fedcba"]]\n')
    load_theme.cache_clear()
    assert [load_theme(str(own)).hue(letter) for letter in "BC"] == [("#654321", "#fedcba"), ("#123456", "#abcdef")]
    own.write_text('[blocks]\nhues = ["#123456"]\n')
    load_theme.cache_clear()
    with pytest.raises(UsageError, match="can't be used"):
        load_theme(str(own))


@pytest.mark.parametrize("name", theme_names())
def test_families_differ_by_more_than_hue(name: str) -> None:
    """In grey print a family is told by form, border or pattern, so no two share all of these and a tone."""
    theme = load_theme(name)
    assert set(theme.families) >= {
        "conv",
        "pool",
        "act",
        "dense",
        "train",
        "sequence",
        "norm",
        "shape",
        "input",
        "other",
    }


def test_own_theme(tmp_path: File) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('name = "mine"\n[colours]\nskip = "#123456"\n')
    assert (
        load_theme(str(own)).colours.skip == "#123456"
        and load_theme(str(own)).colours.text == load_theme("paper").colours.text
    )
    own.write_text('[colours]\nskip = "red"\n')
    load_theme.cache_clear()
    with pytest.raises(UsageError, match="not a colour"):
        load_theme(str(own))
    with pytest.raises(UsageError, match="there are"):
        load_theme("nosuch")


def test_page_object_is_frozen() -> None:
    page = compose(outlines.resnet50(), SIZES["a4"])
    assert isinstance(page, Page)
    with pytest.raises(AttributeError):
        page.title = "x"  # type: ignore[misc]


def test_second_sheet_takes_the_panels_that_do_not_fit(tmp_path: File) -> None:
    pdfplumber = pytest.importorskip("pdfplumber")
    from blockviz.render import render, save

    outline, size = outlines.inception_resnet_v2(), parse_page("160x220mm")
    one, two = compose(outline, size), compose(outline, size, Options(pages=2))
    assert one.advice and len(one.sheets) == 1
    assert len(two.sheets) == 2 and not two.advice
    letters = {group.id for sheet in two.sheets for group in sheet.groups}
    assert letters >= {d.letter for d in outline.definitions}
    (tmp_path / "x.pdf").write_bytes(render(two, "pdf"))
    with pdfplumber.open(tmp_path / "x.pdf") as pdf:
        assert [(page.width, page.height) for page in pdf.pages] == [(size.width, size.height)] * 2
        assert "Inception-ResNet-C" in pdf.pages[1].extract_text()
    assert save(two, tmp_path / "y.svg") == [str(tmp_path / "y.svg"), str(tmp_path / "y-2.svg")]


def test_tapped_encoder_becomes_a_staircase() -> None:
    page = compose(outlines.unet(), parse_page(width="174mm"), Options(direction="right"))
    boxes = {box.id: box for box in page.sheets[0].boxes}
    steps = [boxes[f"/d{n}"] for n in range(5)]
    assert all(a.x < b.x and a.y > b.y for a, b in pairwise(steps))
    level = {arrow.target for arrow in page.sheets[0].arrows if arrow.source == "/enc" and len(arrow.points) == 2}
    assert level == {"/d0", "/d1", "/d2", "/d3"}


def test_many_equal_branches_are_thinned_out() -> None:
    s = outlines.sh(8, 8, 4)
    items = {f"b{n}": (outlines.unit(3, 4, s), ["in"]) for n in range(32)}
    items["m"] = (outlines.concat(outlines.sh(8, 8, 128), 32), [f"b{n}" for n in range(32)])
    base = outlines.resnet50()
    body = outlines.graph(items, [s])
    page = compose(replace(base, definitions=(outlines.definition("A", "Wide", body),)), SIZES["a4"])
    words = [run.text for line in page.sheets[0].words for run in line.runs]
    assert "… 32 in all …" in words
    assert sum(box.id.startswith("A/") for box in page.sheets[0].boxes) == 3


def test_towers_stand_below_each_other_where_they_are_too_wide() -> None:
    wide = compose(outlines.two_towers(), SIZES["a4"]).sheets[0]
    narrow = compose(outlines.two_towers(), parse_page(width="38mm")).sheets[0]
    tops = [{box.id: box.y for box in sheet.boxes} for sheet in (wide, narrow)]
    assert tops[0]["/a"] == tops[0]["/b"] and tops[1]["/a"] != tops[1]["/b"]
