"""What the attack has found, kept small; each stood on a page or in a file before it was mended."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest

from blockviz.errors import ModelError
from blockviz.frontends import graph_from_config, read_model
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.legend import Entry, legend
from blockviz.page.glyphs.operand_marks import mark_operands
from blockviz.page.style.theme import load_theme
from blockviz.pipeline import summarize
from blockviz.runtime import child_process
from blockviz.scene import Arrow, Box
from blockviz.text.font_metrics import run_width
from fuzz import attacks, consumers, pages
from fuzz.networks import network


def test_a_block_whose_outputs_nobody_reads_has_a_panel() -> None:
    assert summarize(graph_from_config(network(12, 60).config)).page().sheets


# 35, 264, 270: names of outputs that were cut, or had no room beside a block's name. 93: a page that was read wrongly.
# 120, 159: words struck by a line that leaves. 217: an arrow's bend taken for a box. 245: words past the page.
# 248: a note at the left of a sign. 315: a run of layers that were all called before.
# 100040: words at a short line between boxes of other heights. 100053: the fourth line under a slab, over the next row.
@pytest.mark.parametrize("seed", [1, 6, 27, 39, 35, 93, 120, 159, 217, 245, 248, 264, 270, 315, 100040, 100053])
def test_pages_are_sound(seed: int, tmp_path: Path) -> None:
    assert pages.page(seed, tmp_path) == ""


def test_a_legend_breaks_its_words_to_stay_in_its_room() -> None:
    theme, room = load_theme("slides"), 120.0
    entries = [Entry(30.0, lambda *_: None, "×N: N copies in a row, own weights"), Entry(30.0, lambda *_: None, "add")]
    drawn = legend(entries, theme, room)
    assert [line.runs[0].text for line in drawn.words][-1] == "add" and len(drawn.words) > 2
    assert all(line.x + run_width(line.runs, line.size) <= room for line in drawn.words)
    assert max(line.y for line in drawn.words) <= drawn.height


@pytest.mark.parametrize(("length", "above"), [(100.0, False), (12.0, True)])
def test_words_too_long_for_an_arrow_stand_above_its_box(length: float, above: bool) -> None:
    theme: Any = load_theme("paper")
    canvas = Canvas(200.0, 50.0)
    canvas.boxes.append(Box("b", 20.0 + length, 10.0, 40.0, 20.0))
    canvas.arrows.append(Arrow(((20.0, 20.0), (20.0 + length, 20.0)), "#000000", source="a", target="b"))
    mark_operands(canvas, 0, {("a", "b"): "2 tensors"}, theme)
    (line,) = canvas.words
    assert (line.y < 10.0) is above
    start = line.x if line.anchor == "start" else line.x - run_width(line.runs, line.size)
    assert start >= 20.0


def test_an_action_is_found_among_the_objects_of_a_pdf_and_not_in_its_pictures() -> None:
    """Three letters come about by chance in what is compressed; what acts may stand in a stream of objects."""
    packed = zlib.compress(b"<< /S /URI /URI (x) >>")
    picture = b"1 0 obj\n<< /Length 9 >>\nstream\n\x9c/AA \x00\nendstream\nendobj\n"
    objects = b"2 0 obj\n<< /Type /ObjStm /Length 9 >>\nstream\n" + packed + b"\nendstream\nendobj\n"
    every = (picture, objects, b"/AA <<")
    found = [[fault for fault in consumers.pdf(data) if "in the PDF" in fault] for data in every]
    assert found == [[], ["/URI in the PDF"], ["/AA in the PDF"]]


@pytest.mark.parametrize("seed", [10001, 20015, 20095])  # concatenations inside others, also beside models as one box
def test_graphs_are_exact(seed: int, tmp_path: Path) -> None:
    assert attacks.graph(seed, tmp_path).kind == "clean"


def test_an_hdf5_file_whose_heap_has_no_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "SECONDS", 1.0)
    with pytest.raises(ModelError, match="damaged HDF5 file"):
        read_model(str(Path(__file__).parent / "endless_heap.h5"))
