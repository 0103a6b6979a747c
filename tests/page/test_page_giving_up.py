"""What a page gives up first where room is short, and what it keeps to the last."""

from __future__ import annotations

import gzip
import json
from itertools import combinations
from math import dist
from pathlib import Path

import pytest

import outlines
from blockviz import summarize
from blockviz.costs.cost import Cost
from blockviz.outline.model import Outline
from blockviz.page import compose, parse_page
from blockviz.page.fitting.details import without_minor
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.overview.shape.cards import Cards
from blockviz.page.overview.shape.choice import placed_overview
from blockviz.page.overview.shape.small_cards import _lines, small_card
from blockviz.page.overview.shape.style import Style
from blockviz.page.panel.panel import Panel
from blockviz.page.panel.value_table import value_table
from blockviz.page.style.theme import load_theme, theme_names
from blockviz.runtime.records import replace
from blockviz.text.font_metrics import run_width
from summaries import known_summary, zoo_summary

OWN = Path(__file__).parent.parent / "layouts/own_models.json.gz"
# What protans and deutans see of linear red, green and blue (Machado, Oliveira, Fernandes 2009).
EYES = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deutan": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
}


def own(name: str, folder: Path) -> Outline:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(json.loads(gzip.decompress(OWN.read_bytes()))[name]))
    return summarize(file, name=name).outline


def lab(colour: str, eye: str) -> tuple[float, float, float]:
    """A colour as an eye sees it, in CIELAB."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    r, g, b = (min(1.0, max(0.0, sum(m * one for m, one in zip(row, light, strict=True)))) for row in EYES[eye])
    weights = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    whole = [a * r + c * g + d * b for a, c, d in weights]
    x, y, z = (
        (one / white) ** (1 / 3) if one / white > 0.008856 else 7.787 * one / white + 16 / 116
        for one, white in zip(whole, (0.95047, 1.0, 1.08883), strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("name", [name for name in theme_names() if name != "grey"])
def test_hues_of_types_are_told_apart_by_colour_blind_readers_too(name: str) -> None:
    hues = load_theme(name).hues
    assert len(hues) >= 8
    for which in (0, 1):
        for eye, least in (("usual", 15.0), ("protan", 7.0), ("deutan", 7.0)):
            seen = [lab(hue[which], eye) for hue in hues]
            assert min(dist(a, b) for a, b in combinations(seen, 2)) >= least, (which, eye)


def test_what_is_trained_beside_a_frozen_network_keeps_its_panel_to_the_last() -> None:
    found = outlines.inception_resnet_v2().definitions
    frozen = [replace(d, instances=tuple(replace(i, cost=Cost(i.cost.params, 0)) for i in d.instances)) for d in found]
    for own_ in range(len(frozen)):
        mixed = [found[own_] if number == own_ else d for number, d in enumerate(frozen)]
        assert without_minor(mixed, len(mixed) - 1) == (found[own_].letter,)
    assert without_minor(frozen, 1) == without_minor(found, 1)  # nothing is trained, or all is: no one's own part


def test_a_pyramid_stands_in_one_column_of_text_with_its_letters_named(tmp_path: Path) -> None:
    outline = own("fpn_shared_head", tmp_path)
    shape = placed_overview(figure_facts(outline), load_theme(), True, narrow=True, room=255.0)
    assert shape is not None and any(style.small for style, _ in shape.forms)
    page = compose(outline, parse_page(width="84mm"))
    said = {"".join(run.text for run in words.runs) for words in page.sheets[0].words}
    for definition in outline.definitions:
        assert any(text.startswith(f"{definition.letter} {definition.name}") for text in said)
    groups = {group.id for group in page.sheets[0].groups}
    assert "A" in groups and page.sheets[0].height <= parse_page(width="84mm").taller


def test_values_of_several_letters_are_a_table_with_a_row_for_each_stage() -> None:
    (found,) = [d for d in known_summary("EfficientNetB0").outline.definitions if d.letter == "A"]
    table = value_table(found, load_theme())
    assert table is not None
    rows = [[run.text for runs in row for run in runs] for row in table.rows]
    assert rows[0] == ["output", "", "f", "k", "stride", "expand", "shortcut"]
    assert rows[1] == ["112×112", "", "16", "3×3", "1", "–", "–"]
    assert rows[2] == ["56×56", "×2", "24", "3×3", "2, then 1", "yes", "from 2nd"]
    assert len(rows) == 8


def test_a_table_of_values_gives_way_to_a_sentence_and_never_to_both() -> None:
    found = known_summary("EfficientNetB0").outline
    outline = replace(found, definitions=tuple(replace(one, switches=()) for one in found.definitions))
    context = figure_facts(outline)
    for dense in (False, True):
        panel = Panel(context.by_letter["A"], context, load_theme(), dense=dense, tables=not dense)
        width = panel.comfortable_width()
        canvas = panel.draw(width, panel.measure(width) or 0.0)
        texts = ["".join(run.text for run in words.runs) for words in canvas.words]
        assert any("(f, k) = (16, 3×3), (24, 3×3)" in text for text in texts) is dense
        assert ("192" in texts) is not dense


def test_one_letter_with_few_values_needs_no_table() -> None:
    assert all(value_table(d, load_theme()) is None for d in known_summary("ResNet50").outline.definitions)


def test_open_sizes_of_a_drawing_for_several_forms_are_shares_of_the_model_s() -> None:
    outline = known_summary("MobileNetV3Large").outline
    said = {text for d in outline.definitions for text in d.tensor_spans.values()}
    assert any(text.startswith("H′×W′×") for text in said)
    assert not any("?×?" in text for text in said)


def test_a_column_is_higher_only_where_a_panel_of_what_repeats_would_be_missing() -> None:
    size = parse_page(width="84mm")
    assert size.height < size.taller < size.most
    assert parse_page(width="84mm", height="150mm").taller == 0.0
    assert parse_page(width="122mm").taller == 0.0
    plain = compose(outlines.resnet50(), size).sheets[0]
    assert plain.height <= size.height
    (cells,) = known_summary("NASNetMobile").page(width="84mm").sheets
    assert size.height < cells.height <= size.taller and {"A", "B"} <= {group.id for group in cells.groups}


def test_a_panel_that_no_page_holds_takes_none_of_the_others_with_it() -> None:
    outline = zoo_summary("EfficientDet").outline
    page = compose(outline, parse_page(width="84mm"))
    assert {group.id for group in page.sheets[0].groups} & {d.letter for d in outline.definitions}
    assert "any panel" not in " ".join(page.advice)


def test_hopeless_letters_go_first_and_all_others_in_their_usual_order() -> None:
    found = outlines.inception_resnet_v2().definitions
    last = without_minor(found, len(found) - 1)
    assert without_minor(found, 1, frozenset(last)) == tuple(d.letter for d in found if d.letter not in last)


def test_a_list_in_one_column_shows_its_main_block() -> None:
    page = known_summary("NASNetLarge").page(width="84mm")
    assert "B" in {group.id for group in page.sheets[0].groups}


def test_numbers_are_not_given_up_for_a_figure_that_is_a_little_lower() -> None:
    page = zoo_summary("GNMT").page(width="174mm")
    said = {"".join(run.text for run in words.runs) for words in page.sheets[0].words}
    assert any(text.startswith("?×32 · ") for text in said)


def test_words_on_a_small_card_stand_beside_no_edge_of_the_cards_behind() -> None:
    outline, theme = zoo_summary("Tacotron2").outline, load_theme("paper")
    cards, style = Cards(figure_facts(outline), theme), Style(small=True)
    rows = [part for part in outline.parts if part.repeat > 1]
    for part in rows:
        longest = max(run_width(line, theme.type.small) for line in _lines(cards, part, style))
        assert small_card(cards, part, style).width - longest > 2 * cards.depth(part) > 0
    assert len(rows) == 2
