"""The overview as a reader sees it: one row, stages, lines that run around boxes, many boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from blockviz.drawing import Path as Shape
from blockviz.ir import verify
from blockviz.page import Options, compose, parse_page
from blockviz.pipeline import summarize
from graphs import Builder

MODELS = Path(__file__).parents[1] / "gallery" / "models"


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
    summary = summarize(MODELS / "transfer_learning.json", collapse_backbone=True, weights="imagenet")
    size = parse_page(width="174mm")
    sheet = compose(summary.outline, size, Options(theme=theme, direction="right")).sheets[0]
    row = [box for box in sheet.boxes if box.id.startswith("/")]
    assert len({round(box.y + box.height / 2, 3) for box in row}) == 1
    assert min(box.x for box in row) < 4 and max(box.x + box.width for box in row) > size.width - 4
    texts = [run.text for words in sheet.words for run in words.runs]
    assert {"augment", "flip, rotate, zoom", "train only"} <= set(texts)


def test_rows_of_a_strip_end_near_each_other_and_shapes_clear_the_stacks() -> None:
    outline = summarize("VGG16").outline
    sheet = compose(outline, parse_page(width="174mm"), Options(direction="right")).sheets[0]
    row_of: dict[float, list[float]] = {}
    for box in sheet.boxes:
        if box.id.startswith("/"):
            row_of.setdefault(round(box.y, 2), []).append(box.x + box.width)
    ends = [max(row) for row in row_of.values()]
    assert len(ends) == 2 and max(ends) - min(ends) < 1
    for words in sheet.words:
        text = words.runs[0].text
        under = [p for p in sheet.shapes if isinstance(p, Shape) and p.closed and _covers(p, words.x, words.y - 4)]
        assert not (text.count("×") == 2 and under), text


def _covers(shape: Shape, x: float, y: float) -> bool:
    xs, ys = [point[0] for point in shape.points], [point[1] for point in shape.points]
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)
