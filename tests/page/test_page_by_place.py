"""Finished pages read by place and shape alone, by a reader that knows nothing of blockviz (`svg_reader`)."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from blockviz.render import render
from blockviz.runtime.records import replace
from blockviz.scene import Span
from blockviz.summary import Summary
from page.sheet_audit import sheet_faults
from page.svg_reader import eye_faults, names_of, read_svg
from samples import in_turn
from summaries import GALLERY_MODELS, gallery_summary, known_summary, zoo_summary

TESTS = Path(__file__).parents[1]
GALLERY = Path(__file__).parents[2] / "gallery"
SIZES: list[dict[str, Any]] = [{"page": "a4"}, {"width": "84mm"}, {"page": "slide"}]
SHEETS: list[dict[str, Any]] = [*SIZES, {"width": "174mm"}, {}]
PUBLISHED = sorted((GALLERY / "networks").glob("*.svg"))
ZOO = ["DCN-V2", "DeepLabV3Plus", "FCOS", "Seq2Seq", "CycleGAN", "ResUNet", "Transformer", "NAFNet"]


def config_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((TESTS / "zoo_models" / f"{name}.json.gz").read_bytes()))
    return found


def svg(found: Summary, **size: Any) -> str:
    return render(found.page(**size), "svg").decode("utf-8")


@pytest.mark.parametrize(("name", "size"), in_turn(ZOO[::2], SIZES))
def test_nothing_on_a_page_ends_beside_its_box_or_stands_for_nothing(name: str, size: dict[str, Any]) -> None:
    found, (inputs, outputs) = zoo_summary(name), names_of(config_of(name))
    assert eye_faults(svg(found, **size), inputs, outputs if len(set(outputs)) == len(outputs) else []) == []


@pytest.mark.parametrize(("name", "size"), in_turn(["ResNet50", "InceptionV3", "MobileNetV3Small"], SIZES))
def test_pages_of_known_networks_have_no_faults_by_place(name: str, size: dict[str, Any]) -> None:
    assert eye_faults(svg(known_summary(name), **size)) == []


@pytest.mark.parametrize("path", PUBLISHED[::6], ids=lambda path: path.stem)
def test_published_figures_have_no_faults_by_place(path: Path) -> None:
    assert eye_faults(path.read_text("utf-8")) == []


def test_a_stride_at_the_head_of_a_further_line_of_a_variants_words_is_no_entry_of_the_legend() -> None:
    words = '<text x="10" y="{}" font-size="6" text-anchor="start">{}</text>'
    mark = "".join(words.format(*line) for line in ((20, "2× no 2×2 conv,"), (27.5, "stride 1")))
    alone = words.format(27.5, "stride 1")
    page = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    page += '<g transform="scale(1) translate(0 0)">{}</g></svg>'
    assert not any("the legend explains" in fault for fault in eye_faults(page.format(mark)))
    assert any("the legend explains" in fault for fault in eye_faults(page.format(alone)))


# What is made false is seen


@pytest.fixture(scope="module")
def page() -> str:
    return svg(known_summary("ResNet50"), page="a4")


def test_the_reader_sees_the_whole_page(page: str) -> None:
    seen = read_svg(page)
    assert len(seen.boxes) > 20 and len(seen.heads) > 10 and len(seen.arrows) > 10 and seen.frames


def shifted_head(page: str) -> str:
    found = re.search(r'<polygon fill="#3b4652" stroke="none"[^>]*points="([^"]*)"', page)
    assert found is not None
    pairs = [tuple(map(float, pair.split(","))) for pair in found[1].split()]
    return page.replace(found[1], " ".join(f"{x},{y - 40}" for x, y in pairs), 1)


def doubled_words(page: str) -> str:
    """A note is written once more, a hair beside itself."""
    found = re.search(r'<text text-anchor="start" x="([-\d.]+)"[^>]*>stride 2</text>', page)
    assert found is not None
    return page.replace(found[0], found[0] + found[0].replace(found[1], str(float(found[1]) + 10)), 1)


def without_one_arrow(page: str) -> str:
    """A sum loses the head of one of its arrows."""
    seen = read_svg(page)
    heads = re.findall(r'<polygon fill="#[0-9a-f]{6}" stroke="none"[^>]*points="[^"]*"/>\n', page)
    sums = [box.shape for box in seen.boxes if box.shape.round]
    assert sums and heads
    for head in heads:
        changed = page.replace(head, "", 1)
        if any("single arrow" in fault for fault in eye_faults(changed)):
            return changed
    raise AssertionError("no head leads to a sum")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (shifted_head, "touches nothing"),
        (doubled_words, "stands on"),
        (without_one_arrow, "single arrow"),
        (lambda page: page.replace(">stride 2<", ">stride 3<"), "the legend explains"),
        (lambda page: page.replace(">56×56×256<", ">56×…×256<"), "cut short"),
        (lambda page: page.replace(">input<", ">None<"), "no word of a figure"),
    ],
)
def test_one_fault_is_seen(page: str, change: Any, fault: str) -> None:
    changed = change(page)
    assert changed != page
    assert any(fault in found for found in eye_faults(changed))
    assert not any(fault in found for found in eye_faults(page))


def test_inputs_that_cannot_be_told_apart_are_seen(page: str) -> None:
    box = re.search(r'<g id="[^"]*" class="box">(?:(?!</g>).)*>input</text>\n</g>\n', page, re.DOTALL)
    assert box is not None
    twice = page.replace(box[0], box[0] * 2)
    names = ["left_view", "right_view"]
    assert any("nothing but 'input'" in fault for fault in eye_faults(twice, names))
    assert any(f"the inputs {names}" in fault for fault in eye_faults(page, names))
    assert any(f"the outputs {names}" in fault for fault in eye_faults(page, [], names))


def test_the_reader_shares_no_code_with_blockviz() -> None:
    assert "import blockviz" not in (text := (Path(__file__).parent / "svg_reader.py").read_text("utf-8"))
    assert "from blockviz" not in text


# What an editor sees: words cut beside free room, heads in symbols, lanes that two lines share


@pytest.mark.parametrize(("name", "size"), in_turn(GALLERY_MODELS, [{"page": "a4"}, {"width": "174mm"}]))
def test_an_editor_finds_no_fault_on_the_sheets_of_the_gallery(name: str, size: dict[str, Any]) -> None:
    assert [fault for sheet in gallery_summary(name).page(**size).sheets for fault in sheet_faults(sheet)] == []


def test_the_editor_sees_what_is_made_false() -> None:
    (sheet,) = known_summary("ResNet50").page(width="84mm").sheets
    assert sheet_faults(sheet) == []
    boxes = {box.id: box for box in sheet.boxes}
    arrow = next(one for one in sheet.arrows if one.target in boxes and one.group)
    box = boxes[arrow.target]
    deep = replace(arrow, points=(*arrow.points[:-1], (box.x + box.width / 2, box.y + box.height / 2)))
    assert any("stands in" in fault for fault in sheet_faults(replace(sheet, arrows=(*sheet.arrows, deep))))
    other = replace(arrow, source="/other", target="/another")
    assert any("lane" in fault for fault in sheet_faults(replace(sheet, arrows=(*sheet.arrows, other))))
    cut = replace(sheet.words[0], runs=(Span("ResN…"),), x=2.0, y=sheet.height + 20)  # below all that is said
    assert any("cut" in fault for fault in sheet_faults(replace(sheet, words=(*sheet.words, cut))))
