"""Cells that read the last two outputs: which input is which is said, and proved."""

from __future__ import annotations

import pytest

from blockviz.outline.earlier_copies import earlier_copies
from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.runtime.records import replace
from blockviz.scene import Span, Words
from summaries import known_summary, own_summary


def test_both_inputs_of_a_nasnet_cell_are_told_apart() -> None:
    found = known_summary("NASNetMobile")
    assert set(map(len, earlier_copies(found.graph).values())) == {2}
    for size in ({"width": "84mm"}, {"page": "a4"}):
        page = found.page(**size)
        said = [text_of(words) for sheet in page.sheets for words in sheet.words]
        assert said.count("previous cell") == said.count("cell before that") == 2
        assert page_faults(page, found.graph, found.source) == []


@pytest.mark.parametrize("name", ["ResNet50", "DenseNet121", "InceptionV3"])
def test_blocks_of_one_input_have_no_such_words(name: str) -> None:
    assert earlier_copies(known_summary(name).graph) == {}


def test_two_levels_of_a_decoder_show_no_rule() -> None:
    """The second reads the first and the block before it, which the skip of a third would not."""
    assert earlier_copies(own_summary("unet_two_levels").graph) == {}


@pytest.mark.parametrize("size", [{"width": "84mm"}, {"page": "a4"}])
def test_inputs_that_are_exchanged_are_found(size: dict[str, str]) -> None:
    found = known_summary("NASNetMobile")
    page = found.page(**size)
    other = {"previous cell": "cell before that", "cell before that": "previous cell"}

    def exchanged(words: Words) -> Words:
        text = other.get(text_of(words))
        return replace(words, runs=(Span(text),)) if text else words

    sheets = tuple(replace(sheet, words=tuple(map(exchanged, sheet.words))) for sheet in page.sheets)
    told = page_faults(replace(page, sheets=sheets), found.graph, found.source)
    assert sum("of all blocks reads" in fault for fault in told) == 4
