"""Names of variants: A′ or A″, the same on the copies as in their panel."""

from __future__ import annotations

import pytest

from blockviz.ir import LayerGraph
from blockviz.outline.model import Definition, Saying, Switch, Variant
from blockviz.page import parse_page
from blockviz.page.fitting.compose import compose
from blockviz.page.fitting.layout_cache import Options
from blockviz.page.glyphs.legend_marks import marks
from blockviz.page.glyphs.variant_mark import kind_of, tally, variant_name
from blockviz.page.panel.body_faces import _broken
from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.page.style.theme import load_theme
from blockviz.runtime.records import replace
from summaries import gallery_summary, known_summary, zoo_summary

BODY = LayerGraph(name="")
KINDS = tuple(Variant(name, 1, BODY) for name in ("stride 2", "no shortcut"))
FOUND = Definition("A", "Block", "structure", "", 0, 3, BODY, {}, {}, KINDS, ())


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len({variant_name("A", kind) for kind in (None, *range(8))}) == 9
    assert variant_name("A", kind_of(None, ())) == "A"


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        (["stride 2"], ["A′"]),
        (["no shortcut", None, None], ["first A″"]),
        ([None, "stride 2"], ["last A′"]),
        ([None, "stride 2", None], ["2nd A′"]),
        (["stride 2", "stride 2", None], ["first 2 A′"]),
        ([None, "stride 2", None, "stride 2"], ["every 2nd A′"]),
        (["stride 2", None, "stride 2", None, "stride 2"], ["1st, 3rd, … A′"]),
        (["stride 2", None, None, "stride 2", None], ["2 A′"]),
        (["stride 2", "stride 2"], ["all A′"]),
        (["stride 2", "no shortcut", "no shortcut"], ["first A′", "last 2 A″"]),
        ([None, None], []),
    ],
)
def test_a_box_says_which_of_its_copies_differ(copies: list[str | None], said: list[str]) -> None:
    assert tally(FOUND, copies) == said
    assert tally(None, copies) == []
    assert tally(replace(FOUND, switches=(Switch("stride", "1", {"stride 2": "2"}),)), copies) == []  # a table does
    worded = replace(FOUND, sayings=(Saying("stride 2", "", 1), Saying("no shortcut", "only the first", 1)))
    assert tally(worded, copies) == [text.replace("A′", "↓2") for text in said if "A′" in text]


def test_a_legend_explains_the_stride_that_only_a_note_says() -> None:
    theme = load_theme()
    assert [entry.words for entry in marks((), ("no dropout, ↓2", "first A′"), frozenset(), theme, calls=False)] == [
        "stride 2"
    ]


def test_where_width_is_dear_a_box_says_how_many_copies_differ() -> None:
    assert tally(FOUND, ["stride 2", None], brief=True) == ["1 A′"]
    assert tally(FOUND, ["stride 2", None, "stride 2"], brief=True) == ["2 A′"]


@pytest.mark.parametrize("direction", ["down", "right"])
def test_a_variant_that_stands_alone_is_told(direction: str) -> None:
    """The last level up has no skip: its panel says so, beside a column and beside stairs."""
    outline = gallery_summary("unet", collapse_backbone=True).outline
    page = compose(outline, parse_page("a4"), Options(direction=direction))
    assert "no concatenation: only the last" in map(text_of, page.sheets[0].words)


def test_words_say_in_what_copies_differ_and_which() -> None:
    said = set(map(text_of, known_summary("ResNet50").page().sheets[0].words))
    assert "stride 2: first of each later stage" in said


def test_more_than_two_variants_are_switches_in_the_table_of_stages_and_no_marks() -> None:
    """As Table 2 of the paper: the first copy of a stage strides, and has no shortcut."""
    (sheet,) = known_summary("MobileNetV2").page().sheets
    names = ["f", "stride", "shortcut"]
    heads = [one for one in sheet.words if text_of(one) in names and one.anchor == "end"]
    rows = [[text_of(one) for one in sheet.words if one.x == head.x and one.y > head.y] for head in heads]
    assert [text_of(head) for head in heads] == names
    assert rows == [
        ["16", "24", "32", "64", "96", "160", "320"],
        ["1", "2, then 1", "2, then 1", "2, then 1", "1", "2, then 1", "1"],
        ["–", "from 2nd", "from 2nd", "from 2nd", "from 2nd", "from 2nd", "–"],
    ]
    assert not any("only the first" in text_of(words) for words in sheet.words)
    assert not any("′" in text_of(words) or "″" in text_of(words) for words in sheet.words if words.x < heads[0].x)


def test_long_names_break_where_the_longer_line_is_shortest() -> None:
    assert _broken("Pre-activation bottleneck", 7.0) == ["Pre-activation", "bottleneck"]
    assert _broken("Bottleneck", 7.0) == ["Bottleneck"]


def test_badges_of_letters_with_a_panel_are_filled_with_or_without_a_legend() -> None:
    outline = known_summary("ResNet50").outline
    with_legend, without = (compose(outline, parse_page("a4"), Options(legend=shown)) for shown in (True, False))
    badges = [
        {box.id: box.fill for box in page.sheets[0].boxes if box.id.endswith("|badge")}
        for page in (with_legend, without)
    ]
    assert badges[0] and badges[0] == badges[1] and all(badges[0].values())


def test_a_variant_whose_words_are_broken_is_known_by_all_that_stands_behind_its_sign() -> None:
    """``A′ (only the first): with 2×2 pooling, two 3×3``, and the rest on the next line, is the name of one form."""
    found = zoo_summary("PeleeNet")
    page = found.page(width="84mm")
    said = [text_of(words) for sheet in page.sheets for words in sheet.words]
    assert "A′ (only the first): with 2×2 pooling, two 3×3" in said
    assert page_faults(page, found.graph, found.source) == []
