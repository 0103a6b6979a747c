"""Presentations: native shapes, real text, connectors that know their boxes; LibreOffice opens what we write."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz.cli import main
from blockviz.errors import DrawError
from blockviz.quoting import abridged, slides, visible
from blockviz.render import render
from blockviz.scene import Arrow, Box, Page, Sheet, Span, Words
from summaries import GALLERY_MODELS, gallery_summary, known_summary

pptx = pytest.importorskip("pptx")


def opened(page: Page) -> Any:
    return pptx.Presentation(io.BytesIO(render(page, "pptx")))


def every(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if shape.shape_type == 6:  # a group
            yield from every(shape.shapes)
        else:
            yield shape


def texts(deck: Any) -> list[str]:
    return [run.text for slide in deck.slides for shape in every(slide.shapes) if shape.has_text_frame
            for paragraph in shape.text_frame.paragraphs for run in paragraph.runs]  # fmt: skip


@pytest.mark.parametrize("name", ["ResNet50", "unet", "transformer"])
def test_a_slide_says_what_the_page_says(name: str) -> None:
    page = (gallery_summary if name in GALLERY_MODELS else known_summary)(name).page()
    deck, sheet = opened(page), page.sheets[0]
    words = [run.text for line in sheet.words for run in line.runs]
    words += [run.text for box in sheet.boxes for line in box.lines for run in line]
    assert sorted(texts(deck)) == sorted(slides.text(word) for word in words)
    assert abs(deck.slide_width / 12700 - sheet.width) < 0.01 and abs(deck.slide_height / 12700 - sheet.height) < 0.01
    assert any(shape.shape_type == 6 for shape in deck.slides[0].shapes)


def test_connectors_are_glued_to_the_boxes_that_they_join() -> None:
    page = known_summary("VGG16").page(page="a4")
    deck = opened(page)
    names = {box.id: slides.text(box.title or box.id) for box in page.sheets[0].boxes}
    shapes = {shape.shape_id: shape.name for shape in every(deck.slides[0].shapes)}
    tag = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    found = [
        (shapes[int(link.find(f".//{tag}stCxn").get("id"))], shapes[int(link.find(f".//{tag}endCxn").get("id"))])
        for link in deck.slides[0].shapes._spTree.iter(
            "{http://schemas.openxmlformats.org/presentationml/2006/main}cxnSp"
        )
        if link.find(f".//{tag}stCxn") is not None and link.find(f".//{tag}endCxn") is not None
    ]
    wanted = [(names[arrow.source], names[arrow.target]) for arrow in page.sheets[0].arrows
              if len(arrow.points) == 2 and arrow.source and arrow.target]  # fmt: skip
    assert len(wanted) > 5 and sorted(wanted) == sorted(found)


@settings(max_examples=12, deadline=None)
@given(st.text(max_size=40))
def test_any_text_comes_back(text: str) -> None:
    words = Words(10, 20, (Span(text),), 8.0, "#112233")
    box = Box("a", 5, 40, 90, 20, "box", "#ffffff", "#000000", lines=((Span(text, bold=True),),), title=text)
    sheet = Sheet(200, 100, "#ffffff", boxes=(box,), words=(words,))
    deck = opened(Page(text, text, (sheet,)))
    assert texts(deck) == [visible(text)] * 2 or not text
    assert deck.core_properties.title == visible(text)
    assert next(shape.name for shape in every(deck.slides[0].shapes)) == (visible(text) or "a")


def test_bends_and_long_texts_and_two_sheets() -> None:
    boxes = tuple(Box(name, x, y, 40, 20, "circle", "#ffffff", "#000000") for name, x, y in
                  (("a", 0, 0), ("b", 100, 60)))  # fmt: skip
    arrows = (
        Arrow(((20, 20), (20, 70), (100, 70)), "#3b4652", source="a", target="b"),  # down, then along
        Arrow(((40, 10), (120, 10), (120, 60)), "#3b4652", source="a", target="b"),
        Arrow(((40, 5), (60, 5), (60, 65), (100, 65)), "#3b4652", source="a", target="b"),
    )
    sheet = Sheet(200, 100, "#ffffff", arrows=arrows, boxes=boxes)
    page = Page("n" * 4000, "d" * 4000, (sheet, sheet))
    deck = opened(page)
    assert len(deck.slides) == 2 and deck.core_properties.title == abridged("n" * 4000, 255)
    xml = render(page, "pptx")
    assert xml == render(page, "pptx")
    kinds = [shape._element.xpath(".//a:prstGeom/@prst") for shape in deck.slides[0].shapes if shape.shape_type == 9
             or shape._element.tag.endswith("cxnSp")]  # fmt: skip
    assert kinds.count(["bentConnector2"]) == 2
    with pytest.raises(DrawError, match="at most 56 inches"):
        render(Page("x", "x", (Sheet(5000, 100, ""),)), "pptx")


def test_without_the_library_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pptx", None)
    with pytest.raises(DrawError, match=r"pip install 'blockviz\[pptx\]'"):
        render(Page("x", "x", (Sheet(100, 100, ""),)), "pptx")


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_same_picture(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    for suffix in ("pptx", "png"):
        assert main(["-q", "render", "ResNet50", "-o", str(tmp_path / f"r.{suffix}"), "--dpi", "72"]) == 0
    home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    subprocess.run(["soffice", home, "--headless", "--convert-to", "pdf", "r.pptx"], cwd=tmp_path, check=True,
                   capture_output=True, timeout=180)  # fmt: skip
    for name in ("r.pdf",):
        subprocess.run(["pdftoppm", "-r", "72", "-png", "-singlefile", name, "office"], cwd=tmp_path, check=True)
    subprocess.run(["pdftotext", "r.pdf"], cwd=tmp_path, check=True)
    said = (tmp_path / "r.txt").read_text("utf-8")
    assert "Bottleneck(256)" in said and "14×14×1024" in said
    from PIL import Image

    theirs = Image.open(tmp_path / "office.png").convert("L")
    ours = Image.open(tmp_path / "r.png").convert("L").resize(theirs.size)
    dark = [np.asarray(image.resize((theirs.width // 8, theirs.height // 8)), dtype=float) for image in (ours, theirs)]
    assert np.corrcoef(dark[0].ravel(), dark[1].ravel())[0, 1] > 0.9
