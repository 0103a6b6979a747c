"""Where copies that differ stand, in words that a reader of the overview can follow."""

from __future__ import annotations

import pytest

from blockviz.outline.model import Definition, Part
from blockviz.outline.sayings import brief, with_sayings
from blockviz.runtime.records import replace
from summaries import known_summary

Row = list[str | None]
S, N = "stride 2", None


def _said(rows: list[Row], same_size: bool = False) -> dict[str, str]:
    """Word → place, for boxes of such copies."""
    outline = known_summary("MobileNet").outline
    found = next(one for one in outline.definitions if one.variants)
    usual = next(part for part in outline.parts if part.letter == found.letter)
    names = dict.fromkeys(name for row in rows for name in row if name)
    made = [replace(found.variants[0], name=name, count=sum(row.count(name) for row in rows)) for name in names]
    definition: Definition = replace(found, variants=tuple(made), count=sum(map(len, rows)), sayings=())
    parts = [_part(usual, number, row, 8 if same_size else 64 >> number) for number, row in enumerate(rows)]
    return {one.word: one.where for one in with_sayings(definition, parts).sayings}


def _part(usual: Part, number: int, row: Row, size: int) -> Part:
    return replace(usual, id=str(number), repeat=len(row), variants=tuple(row), output_shape=(None, size, size, 8))


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([[S, N], [S, N, N], [S]], "first of each stage"),
        ([[N, N], [S, N, N], [S, N]], "first of each later stage"),
        ([[N, S], [N, N, S], [N, N]], "last of each stage but the last"),
        ([[N, N], [N, N, N], [S, N]], "first of the last stage"),
        ([[S, N], [N, N], [N]], "only the first"),
        ([[N, N], [N, N], [N, S]], "only the last"),
        ([[N], [S], [N, N]], "only the second"),
        ([[S, S], [N, N], [N, N]], "the first stage"),
        ([[S], [S], [N], [N]], "the first two stages"),
        ([[N], [S, S], [N]], "the second stage"),
        ([[N], [N, N], [S], [S, S], [S]], "the last three stages"),
        ([[N, N], [S, N], [N, N], [S, N], [N]], ""),  # which of them would have to be counted: boxes say it
        ([[N, N, S, N], [N, N], [N]], ""),
    ],
)
def test_a_difference_has_a_place(rows: list[Row], where: str) -> None:
    assert _said(rows) == {S: where}


def test_boxes_of_one_resolution_are_no_stages() -> None:
    assert _said([[S, N], [S, N]], same_size=True) == {S: "first of each box"}


def test_each_difference_has_a_place_of_its_own() -> None:
    rows: list[Row] = [
        ["projection shortcut", N],
        ["projection shortcut, stride 2", N],
        ["projection shortcut, stride 2", N],
    ]
    assert _said(rows) == {"projection shortcut": "first of each stage", "stride 2": "first of each later stage"}


def test_signs_are_left_where_a_box_has_no_room_for_the_words() -> None:
    assert _said([[N, N, "add reads another tensor", N], [N, N]]) == {}


def test_a_form_that_is_drawn_apart_has_a_place_too() -> None:
    """In a ResNet v2 the projection reads what is normalised already, so that no dashed box can stand for it."""
    (found, *_) = known_summary("ResNet50V2").outline.definitions
    assert not found.sayings
    assert [(form.name, form.where) for form in found.variants] == [
        ("projection shortcut", "first of each box"),
        ("pooled shortcut, stride 2", "last of each box but the last"),
    ]


def test_words_on_a_box_are_short() -> None:
    assert [brief(word) for word in ("stride 2", "no squeeze-and-excitation", "stride 1")] == [
        "↓2",
        "no SE",
        "stride 1",
    ]
