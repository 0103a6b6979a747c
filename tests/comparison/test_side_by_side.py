"""Several networks beside each other: no word is cut, nothing leaves the sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blockviz import diff
from blockviz.cli import main
from blockviz.errors import PageError
from blockviz.page import parse_page
from blockviz.page.fitting.comparison import compose_comparison
from blockviz.scene import Page
from blockviz.text.font_metrics import run_width
from summaries import known_summary

NAMES = ("ResNet50", "EfficientNetB0", "MobileNetV2", "VGG16")


def is_whole(page: Page) -> None:
    for sheet in page.sheets:
        for words in sheet.words:
            text = "".join(run.text for run in words.runs)
            wide = run_width(words.runs, words.size)
            left = words.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * wide
            assert "…" not in text and words.size >= 6.0, text
            assert left >= -0.01 and left + wide <= sheet.width + 0.5 and words.y <= sheet.height, text
        for box in sheet.boxes:
            assert box.x >= 0 and box.x + box.width <= sheet.width and box.y + box.height <= sheet.height, box.id
            assert "…" not in "".join(run.text for line in box.lines for run in line)


@pytest.mark.parametrize("size", [None, "letter", "a3", "200x150mm"])
def test_no_word_is_cut(size: str | None) -> None:
    outlines = [known_summary(name).outline for name in NAMES]
    page = compose_comparison(outlines, parse_page(size) if size else None)
    is_whole(page)
    said = "\n".join("".join(run.text for run in words.runs) for sheet in page.sheets for words in sheet.words)
    assert all(name in said for name in (*NAMES, "Inverted residual (24)", "MBConv(112, 5×5)"))
    if size in (None, "a3"):
        assert len(page.sheets) == 1
    ids = [box.id for sheet in page.sheets for box in sheet.boxes]
    assert len(ids) == len(set(ids))


def test_a_narrow_page_takes_more_sheets_and_a_tiny_one_says_so() -> None:
    outlines = [known_summary(name).outline for name in NAMES]
    page = compose_comparison(outlines, parse_page("100x180mm"))
    assert len(page.sheets) > 1
    is_whole(page)
    with pytest.raises(PageError, match="alone doesn't fit"):
        compose_comparison(outlines, parse_page("20x20mm"))


def test_the_command_takes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "VGG16", "VGG19", "-o", str(tmp_path / "c.svg"), "--page", "a3", "--theme", "grey"]) == 0
    assert "(A3, 2 models)" in capsys.readouterr().err


@pytest.mark.parametrize("names", [("ResNet50", "ResNet50V2"), ("MobileNetV2", "MobileNetV3Large"), ("VGG16", "VGG19")])
def test_what_a_narrow_page_of_a_difference_says_helps(
    names: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["diff", *names, "-o", "d.svg", "--width", "50mm"]) == 2
    said = capsys.readouterr().err
    width = re.search(r"--width of (\d+mm)", said)
    assert width is not None and r"-o diff.tex --width '\columnwidth'" in said
    found = diff(*map(known_summary, names))
    is_whole(found.page(width=width[1]))
    assert found.text("latex", width=r"\columnwidth")
    with pytest.raises(PageError):
        found.page(width=f"{int(width[1][:-2]) - 5}mm")


@pytest.mark.parametrize("names", [("ResNet50", "ResNet50V2"), ("VGG19", "VGG16"), ("DenseNet121", "DenseNet169")])
def test_a_column_holds_a_difference_as_one_column(names: tuple[str, str]) -> None:
    found = diff(*map(known_summary, names))
    page = found.page(width="84mm")
    is_whole(page)
    (sheet,) = page.sheets
    assert sheet.width <= 84 / 25.4 * 72
    said = "".join(run.text for words in sheet.words for run in words.runs).replace(" ", "")
    changed = [word for row in found.rows for word in row.words]
    assert changed and all(word.replace(" ", "") in said for word in changed)
    marks = [run.text for words in sheet.words for run in words.runs if run.text in ("≠", "+", "−")]
    assert len(marks) == sum(row.change != "same" for row in found.rows)
    boxes = {box.id: box for box in sheet.boxes}
    ends = {end for arrow in sheet.arrows for end in (arrow.source, arrow.target)}
    axes = {round(boxes[end].x + boxes[end].width / 2, 2) for end in ends}
    assert len(axes) == 1


def test_nothing_leads_to_what_is_gone() -> None:
    found = diff(known_summary("VGG19"), known_summary("ResNet50"))
    page = found.page(width="84mm")
    (sheet,) = page.sheets
    ends = {end for arrow in sheet.arrows for end in (arrow.source, arrow.target)}
    assert sum(row.change == "removed" for row in found.rows) >= 1
    assert any(box.id.startswith("before/") for box in sheet.boxes)
    assert ends and not any(end.startswith("before/") for end in ends)
    shown = {box.id for box in sheet.boxes}
    assert ends <= shown
