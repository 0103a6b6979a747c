"""Kernels, pooling windows and strides that differ over the copies are parameters, as long as a letter says each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.pipeline import Summary, summarize
from blockviz.runtime.records import replace
from blockviz.scene import Span
from graphs import Builder


def levels(rows: Sequence[dict[str, Any]]) -> Summary:
    """Two convolutions and a pooling for each of some settings."""
    b = Builder()
    x, size = b.input(size=256), 256
    for row in rows:
        pool, (one, other) = row.get("pool", 2), row.get("kernels", (3, 3))
        x = b.add("ZeroPadding2D", x) if row.get("pad") else x
        x = b.conv(b.conv(x, 8, one, row.get("stride", 1)), 8, other)
        size //= pool * row.get("stride", 1)
        x = b.sized("MaxPooling2D", x, size, pool_size=[pool, pool], strides=[pool, pool])
    return summarize(b.finish(b.add("GlobalAveragePooling2D", x)))


@pytest.mark.parametrize(
    ("rows", "letters"),
    [
        ([{"pool": 2}, {"pool": 2}, {"pool": 4}], {"p": ("2×2", "4×4")}),
        ([{"kernels": (7, 7)}, {"kernels": (5, 5)}, {}], {"k": ("7×7", "5×5", "3×3")}),
        ([{}, {}, {"stride": 2}, {"stride": 2}], {"s": ("1", "2")}),
        ([{}, {}, {}], {}),
    ],
)
def test_copies_that_differ_in_one_setting_are_no_variants(
    rows: list[dict[str, Any]], letters: dict[str, tuple[str, ...]]
) -> None:
    (found,) = levels(rows).outline.definitions
    assert not found.variants
    assert {letter: values for letter, values in found.parameters.items() if len(values) > 1} == letters


def test_copies_that_would_take_two_letters_of_a_kind_are_variants() -> None:
    (found,) = levels([{}, {}, {"kernels": (5, 3)}, {"kernels": (3, 5)}]).outline.definitions
    assert len(found.variants) == 2
    assert "k" not in found.parameters


def test_a_copy_with_a_call_more_is_a_variant_though_a_letter_says_its_stride() -> None:
    (found,) = levels([{}, {}, {"stride": 2, "pad": True}, {"stride": 2, "pad": True}]).outline.definitions
    assert found.variants


@pytest.mark.parametrize(("old", "new"), [("4×4", "3×3"), ("p = 2×2, 4×4", "p = 2×2")])
def test_a_page_that_says_another_window_is_found_false(old: str, new: str) -> None:
    found = levels([{"pool": 2}, {"pool": 2}, {"pool": 4}])
    page = found.page(width="174mm")
    assert page_faults(page, found.graph, found.source) == []
    (sheet,) = page.sheets
    words = [
        replace(one, runs=(Span(text_of(one).replace(old, new)),)) if old in text_of(one) else one
        for one in sheet.words
    ]
    assert any(old in text_of(one) for one in sheet.words)
    assert page_faults(replace(page, sheets=(replace(sheet, words=tuple(words)),)), found.graph, found.source)


def rows_of(*lengths: Sequence[int]) -> Summary:
    """Blocks of one, two or three rows of equal convolutions, parted by an activation, each with its pooling."""
    b = Builder()
    x, size = b.input(size=256), 256
    for rows in lengths:
        for kernel, length in zip((3, 5, 7), rows, strict=False):
            for _ in range(length):
                x = b.conv(x, 8, kernel)
        size //= 2
        x = b.sized("MaxPooling2D", x, size, pool_size=[2, 2], strides=[2, 2])
    return summarize(b.finish(b.add("GlobalAveragePooling2D", x)))


@pytest.mark.parametrize(
    ("lengths", "letters"),
    [
        ([[2], [2], [3], [3], [1]], {"n": ("1", "2", "3")}),
        ([[2, 1], [2, 1], [3, 2], [3, 1]], {"n": ("2", "3"), "m": ("1", "2")}),
    ],
)
def test_copies_with_rows_of_other_lengths_are_no_variants(
    lengths: list[list[int]], letters: dict[str, tuple[str, ...]]
) -> None:
    found = rows_of(*lengths)
    (block,) = found.outline.definitions
    assert not block.variants
    assert block.parameters == letters
    for size in ({"width": "84mm"}, {"page": "a4"}):
        page = found.page(**size)
        assert not page_faults(page, found.graph, found.source)
        lines = ["".join(run.text for run in line) for box in page.sheets[0].boxes for line in box.lines]
        assert any(line.endswith("×n") for line in lines)


def test_rows_of_more_lengths_than_there_are_letters_tell_variants() -> None:
    (block,) = rows_of([2, 2, 2], [2, 2, 2], [3, 2, 2], [2, 3, 2], [2, 2, 3]).outline.definitions
    assert block.variants


def test_a_page_that_says_another_length_of_a_row_is_found_false() -> None:
    found = rows_of([2], [2], [3], [3])
    page = found.page(width="174mm")
    (sheet,) = page.sheets
    old = [one for one in sheet.words if "n = 2, 3" in text_of(one)]
    assert old
    new = {one: replace(one, runs=(Span(text_of(one).replace("n = 2, 3", "n = 2, 4")),)) for one in old}
    words = tuple(new.get(one, one) for one in sheet.words)
    assert page_faults(replace(page, sheets=(replace(sheet, words=words),)), found.graph, found.source)


def _per_step(kind: str, **config: object) -> dict[str, object]:
    return {"layer": {"class_name": kind, "config": config}}


def test_layers_at_each_step_have_the_same_letters() -> None:
    """Widths and windows of what a wrapper calls, also of a copy that lacks a dropout."""
    b = Builder()
    x, side = b.input(size=256), 256
    for number, (filters, pool) in enumerate(((16, 4), (32, 4), (64, 2), (64, 2))):
        x = b.add(
            "TimeDistributed", x, channels=filters, params=99 * filters,
            **_per_step("Conv2D", filters=filters, kernel_size=[3, 3], strides=[1, 1], activation="relu"),
        )  # fmt: skip
        side //= pool
        windows = {"pool_size": [pool, pool], "strides": [pool, pool]}
        x = b.sized("TimeDistributed", x, side, **_per_step("MaxPooling2D", **windows))
        x = b.add("TimeDistributed", x, **_per_step("Dropout", rate=0.25)) if number < 3 else x
    summary = summarize(b.finish(b.add("GlobalAveragePooling2D", x)))
    (found,) = summary.outline.definitions
    assert found.parameters == {"f": ("16", "32", "64"), "p": ("4×4", "2×2")}
    assert page_faults(summary.page(), summary.graph, summary.source) == []
