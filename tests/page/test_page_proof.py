"""The proof of the page: true pages pass at every size, and a page with one false statement does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from blockviz.errors import VerifyError
from blockviz.ir import Block
from blockviz.page.proof import page_faults
from blockviz.page.proof.counterparts import counterparts
from blockviz.page.proof.drawio import document_faults
from blockviz.page.proof.guard import STRICT, proved
from blockviz.page.proof.outputs import drawing_faults, flowchart_faults, inspection_faults
from blockviz.page.proof.places import _are_told
from blockviz.page.proof.prose import prose_faults
from blockviz.page.proof.reading import read_page, text_of
from blockviz.page.proof.table import table_faults
from blockviz.page.proof.totals import _are_named
from blockviz.pipeline import Summary, summarize
from blockviz.render.formats.dot import sheet_to_dot
from blockviz.render.formats.drawio import page_to_drawio
from blockviz.render.formats.mermaid import sheet_to_mermaid
from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Page, Sheet, Span, Words
from blockviz.scene import Path as Line
from blockviz.tables import table
from blockviz.tables.inspect import inspection
from graphs import Builder
from samples import in_turn
from summaries import GALLERY_MODELS, gallery_summary, known_summary, zoo_summary

NETWORKS = ["ResNet50", "InceptionV3", "NASNetMobile", "DenseNet121", "EfficientNetB0", "VGG16", "ConvNeXtTiny"]
FROM_ZOO = ["SwinIR", "BERT", "YOLOv3", "NAFNet", "DeepSpeech2", "FCOS"]


def faults(found: Summary, page: Page) -> list[str]:
    return page_faults(page, found.graph, found.source)


@pytest.mark.parametrize(("name", "size"), in_turn(NETWORKS, [{"page": "a4"}, {"width": "84mm"}, {"page": "slide"}]))
def test_pages_of_known_networks_are_true(name: str, size: dict[str, str]) -> None:
    found = known_summary(name)
    assert faults(found, found.page(**size)) == []


def test_totals_in_the_title_are_read() -> None:
    found = known_summary("ResNet50")
    page = found.page()
    assert faults(found, page) == []
    told = next(w for w in page.sheets[0].words if "parameters ·" in "".join(span.text for span in w.runs))
    text = "".join(span.text for span in told.runs)
    changed = reword(text, text.replace("177 layers", "178 layers"))(page.sheets[0])
    assert changed != page.sheets[0] and faults(found, replace(page, sheets=(changed,)))


@pytest.mark.parametrize("name", FROM_ZOO)
def test_pages_of_the_zoo_are_true(name: str) -> None:
    found = zoo_summary(name)
    assert faults(found, found.page(page="a4")) == []


@pytest.mark.parametrize("name", GALLERY_MODELS)
def test_pages_of_the_gallery_are_true(name: str) -> None:
    found = gallery_summary(name)
    assert faults(found, found.page(page="a4")) == []


def outputs_of(found: Summary) -> list[str]:
    """What the other outputs say that is not so."""
    page = found.page(page="a4")
    sheet = page.sheets[0]
    document = json.loads(json.dumps(inspection(found.outline)))
    return [
        *inspection_faults(document, found.graph, found.source),
        *table_faults(table(found.outline, "csv", source=found.source), found.graph),
        *flowchart_faults(sheet_to_mermaid(page), sheet, found.graph),
        *drawing_faults(sheet_to_dot(page), sheet),
        *document_faults(page_to_drawio(page), page),
        *prose_faults(*found.describe(), found.graph, found.source),
    ]


@pytest.mark.parametrize("name", [*NETWORKS, *FROM_ZOO])
def test_tables_json_and_flowcharts_are_true(name: str) -> None:
    assert outputs_of(known_summary(name) if name in NETWORKS else zoo_summary(name)) == []


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("json", '"params": 2049000', '"params": 2049001'),
        ("json", '"repeat": 4', '"repeat": 5'),
        ("csv", ",2049000,", ",2049001,"),
        ("csv", "56×56×256", "56×56×128"),
        ("csv", "A · Bottleneck,4", "B · Bottleneck,4"),
        ("csv", "A · Bottleneck,4", "A · Basic block,4"),
        ("csv", "7×7 conv", "5×5 conv"),
        ("csv", "dense layer", "dense layer (shared weights)"),
        ("csv", "f = 128", "f = 64"),
        ("csv", "f = 128", "f = 64–128"),
        ("csv", "4.7991", "4.7992"),
        ("mermaid", "n1 --> n2\n", "n1 --> n3\n"),
        ("mermaid", "    n1[", "    m1["),
        ("dot", "n0 -> n1 ", "n1 -> n0 "),
        ("drawio", 'source="b0" target="b1"', 'source="b1" target="b0"'),
        ("drawio", ", 64 ↓2", ", 32 ↓2"),
        ("drawio", 'edge="1" parent="1" source=', 'parent="1" source='),
        ("drawio", "56×56×256", "56×56×128"),
        ("prose", "177 layers", "178 layers"),
        ("prose", "25,636,712 parameters", "25,636,713 parameters"),
        ("prose", "training changes 25,583,592", "training changes 25,583,591"),
        ("prose", "occurs 16 times", "occurs 17 times"),
        ("prose", "runs of 3, 4, 6 and 3", "runs of 3, 6, 4 and 3"),
        ("prose", "3.86 G multiply-adds", "3.68 G multiply-adds"),
        ("prose", "97.8 MiB", "98.7 MiB"),
        ("prose", "1,000 values", "1,001 values"),
        ("caption", "25.6 M parameters", "26.5 M parameters"),
        ("caption", "224×224×3", "224×224×1"),
    ],
)
def test_one_false_statement_in_another_output_is_found(kind: str, old: str, new: str) -> None:
    found = known_summary("ResNet50")
    page = found.page(page="a4")
    sheet = page.sheets[0]
    text = {
        "json": lambda: json.dumps(inspection(found.outline)),
        "csv": lambda: table(found.outline, "csv", source=found.source),
        "mermaid": lambda: sheet_to_mermaid(page),
        "dot": lambda: sheet_to_dot(page),
        "drawio": lambda: page_to_drawio(page),
        "caption": lambda: found.describe()[0],
        "prose": lambda: found.describe()[1],
    }[kind]()
    assert old in text
    text = text.replace(old, new, 1)
    judged = {
        "json": lambda: inspection_faults(json.loads(text), found.graph, found.source),
        "csv": lambda: table_faults(text, found.graph),
        "mermaid": lambda: flowchart_faults(text, sheet, found.graph),
        "dot": lambda: drawing_faults(text, sheet),
        "drawio": lambda: document_faults(text, page),
        "caption": lambda: prose_faults(text, found.describe()[1], found.graph, found.source),
        "prose": lambda: prose_faults(found.describe()[0], text, found.graph, found.source),
    }[kind]()
    assert list(judged)


# What is made false is found


def reword(old: str, new: str) -> Callable[[Sheet], Sheet]:
    """The first text that is ``old`` as ``new``."""

    def spans(given: tuple[Span, ...]) -> tuple[Span, ...]:
        return (replace(given[0], text=new),) if "".join(span.text for span in given) == old else given

    def change(sheet: Sheet) -> Sheet:
        def word(words: Words) -> Words:
            return replace(words, runs=spans(words.runs))

        def box(given: Box) -> Box:
            return replace(given, lines=tuple(spans(line) for line in given.lines))

        return replace(sheet, words=tuple(map(word, sheet.words)), boxes=tuple(map(box, sheet.boxes)))

    return change


def without_arrow(sheet: Sheet) -> Sheet:
    return replace(sheet, arrows=sheet.arrows[1:])


def arrow_to_another_box(sheet: Sheet) -> Sheet:
    other = next(box for box in sheet.boxes if box.id.startswith("/") and box.id != sheet.arrows[0].target)
    return replace(sheet, arrows=(replace(sheet.arrows[0], target=other.id), *sheet.arrows[1:]))


def arrow_that_ends_early(sheet: Sheet) -> Sheet:
    (*before, (x, y)) = sheet.arrows[0].points
    return replace(sheet, arrows=(replace(sheet.arrows[0], points=(*before, (x, y - 4))), *sheet.arrows[1:]))


def without_panel(sheet: Sheet) -> Sheet:
    return replace(sheet, groups=tuple(frame for frame in sheet.groups if frame.id != "A"))


def turned_round_in_panel(sheet: Sheet) -> Sheet:
    arrows = [replace(a, source=a.target, target=a.source) if a.group and a.source else a for a in sheet.arrows]
    return replace(sheet, arrows=tuple(arrows))


MUTATIONS = {
    "what sets copies apart is not said": reword("stride 2: first of each later stage", ""),
    "copies of the main form are told, too": reword(
        "stride 2: first of each later stage", "stride 2: first of each stage"
    ),
    "other copies are told": reword("stride 2: first of each later stage", "stride 2: last of each later stage"),
    "fewer copies are told": reword("stride 2: first of each later stage", "stride 2: first of the last stage"),
    "another difference is told": reword("stride 2: first of each later stage", "stride 4: first of each later stage"),
    "all copies of a stage are told": reword("stride 2: first of each later stage", "stride 2: each later stage"),
    "another number of copies is told": reword("stride 2: first of each later stage", "stride 2: 2 copies"),
    "an arrow is missing": without_arrow,
    "an arrow joins the wrong boxes": arrow_to_another_box,
    "an arrow ends in the open": arrow_that_ends_early,
    "a letter has lost its panel": without_panel,
    "arrows of panels run backwards": turned_round_in_panel,
    "the stem's kernel": reword("7×7, 64 ↓2", "5×5, 64 ↓2"),
    "the stem's width": reword("7×7, 64 ↓2", "7×7, 32 ↓2"),
    "the stem's stride": reword("7×7, 64 ↓2", "7×7, 64"),
    "a dilation that isn't there": reword("7×7, 64 ↓2", "7×7, 64 ↓2 d2"),
    "the head's width": reword("Dense 1000, softmax", "Dense 100, softmax"),
    "the head's activation": reword("Dense 1000, softmax", "Dense 1000"),
    "a count": reword("×6", "×5"),
    "a shape": reword("56×56×256", "56×56×128"),
    "a share": reword("<0.1\u2009%", "9.2\u2009%"),
    "parameters of a part": reword("2.05\u2009M", "2.15\u2009M"),
    "the total": reword("25.6\u2009M", "26.5\u2009M"),
    "the depth": reword("107", "108"),
    "a legend entry for nothing": reword("stride 2", "stride 3"),
    "the legend's recipe": reword("conv + batch norm + ReLU", "conv + ReLU"),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_one_false_statement_is_found(what: str) -> None:
    found = known_summary("ResNet50")
    page = found.page(page="a4")
    changed = MUTATIONS[what](page.sheets[0])
    assert changed != page.sheets[0], "nothing was made false"
    assert faults(found, replace(page, sheets=(changed,)))


@pytest.mark.parametrize(
    ("old", "new"), [("↓2", ""), ("↓2", "no shortcut"), ("stride 2: 4 copies", "stride 2: 5 copies")]
)
def test_a_false_word_on_the_box_of_a_copy_is_found(old: str, new: str) -> None:
    found = known_summary("MobileNet")
    page = found.page(page="a4")
    changed = reword(old, new)(page.sheets[0])
    assert changed != page.sheets[0] and faults(found, replace(page, sheets=(changed,)))


@pytest.mark.parametrize("false", ["(last of each box):", "(only the first):", "(first of each later box):"])
def test_a_false_place_of_a_form_with_a_drawing_of_its_own_is_found(false: str) -> None:
    found = known_summary("ResNet50V2")
    page = found.page(page="a4")
    (true,) = [text_of(one) for one in page.sheets[0].words if "(first of each box):" in text_of(one)]
    changed = reword(true, true.replace("(first of each box):", false))(page.sheets[0])
    assert changed != page.sheets[0] and faults(found, replace(page, sheets=(changed,)))


@pytest.mark.parametrize(
    ("which", "held"),
    [(["first"], [0]), (["last"], [2]), (["all"], [0, 1, 2]), (["2"], [0, 1]), (["first", "1"], [0, 2]), ([], [])],
)
def test_words_of_a_box_name_as_many_copies_as_differ(which: list[str], held: list[int]) -> None:
    assert _are_told(which, held, 3)
    assert not _are_told(which, [*held, 3], 4) or which == ["all"]
    assert not _are_told(which or ["1"], held[1:], 3)


@pytest.mark.parametrize(("old", "new"), [("sep ×2", "sep ×3"), ("sep ×2", "sep")])
def test_a_false_number_of_convolutions_in_one_box_is_found(old: str, new: str) -> None:
    found = known_summary("NASNetMobile")
    page = found.page(width="84mm")
    assert not faults(found, page)
    changed = reword(old, new)(page.sheets[0])
    assert changed != page.sheets[0]
    assert any(
        "in a row" in fault or "is in no box" in fault for fault in faults(found, replace(page, sheets=(changed,)))
    )


def test_a_false_page_is_a_failure_where_it_must_not_pass_and_advice_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = known_summary("ResNet50")
    page = found.page(page="a4")
    false = replace(page, sheets=(MUTATIONS["a count"](page.sheets[0]),))
    with pytest.raises(VerifyError, match="stands for 6 copies"):
        proved(false, found.graph, found.source)
    monkeypatch.delenv(STRICT)
    assert proved(page, found.graph, found.source) is page
    assert "a bug in blockviz" in proved(false, found.graph, found.source).advice[0]


def test_copies_that_differ_are_marked_on_boxes_of_every_form() -> None:
    found = zoo_summary("ResUNet")
    for size in ({"page": "a4"}, {"page": "slide"}, {"width": "84mm"}):
        sheet = found.page(**size).sheets[0]
        assert "no normalisation, stride 1: only the first" in map(text_of, sheet.words)


def test_what_a_column_of_heads_holds_counts_each_layer_once() -> None:
    found = zoo_summary("FCOS")
    words = ["".join(run.text for run in one.runs) for one in found.page(page="a4").sheets[0].words]
    told = [text.rpartition(" · ")[2] for text in words if re.match(r"(heads|top-down|bottom-up|backbone) · ", text)]
    sizes = {"k": 1e3, "M": 1e6}
    held = [float(text[:-2].strip()) * sizes[text[-1]] for text in told if text[-1] in sizes]
    assert held and sum(held) == pytest.approx(found.outline.cost.params, rel=0.02)


def test_letters_without_a_panel_are_said_on_a_page_without_legend() -> None:
    found = zoo_summary("DeepLabV3Plus")
    page = found.page(page="200x110mm")
    words = ["".join(run.text for run in one.runs) for one in page.sheets[0].words]
    shown = {frame.id for frame in page.sheets[0].groups if frame.id}
    missing = sorted({d.letter for d in found.outline.definitions} - shown)
    assert missing, "the case has room for all panels by now; take a larger network"
    assert "panel left out" in words or any(f"left out: {', '.join(missing)}" in text for text in words)


def test_one_drawing_for_several_forms_says_no_width_that_only_some_have() -> None:
    found = zoo_summary("DeepLabV3Plus")
    sheet = found.page(page="a4").sheets[0]
    said = ["".join(run.text for run in line) for box in sheet.boxes if box.group == "A" for line in box.lines]
    assert said and "DW 3×3 ↓2" not in said


def test_the_proof_shares_no_code_with_the_drawing() -> None:
    for path in (Path(__file__).parents[2] / "blockviz" / "page" / "proof").glob("*.py"):
        for room in re.findall(r"^from (blockviz\.[\w.]+)", path.read_text("utf-8"), re.MULTILINE):
            drawing = r"blockviz\.(page\.(?!proof)|text|structure|outline|render|tables|search)"
            assert not re.match(drawing, room), (path, room)


def test_shapes_at_the_ends_of_two_lines_out_of_a_panel_are_not_exchanged() -> None:
    builder, scores = Builder(), list[str]()
    x = builder.conv(builder.input(8, 32), 16, 7)
    for _ in range(4):
        x = builder.conv(builder.conv(x, 16), 16, 5)
        ways = [builder.conv(builder.conv(builder.conv(x, 8, 3), 8, 3), width, 1) for width in (8, 4)]
        scores.append(builder.add("Concatenate", *ways, channels=12))
    found = summarize(builder.finish(*scores, x))
    page = found.page(page="a4")
    assert faults(found, page) == []
    sheet = page.sheets[0]
    at = {text_of(words): number for number, words in enumerate(sheet.words) if words.anchor == "middle"}
    one, other = at["32×32×12"], at["32×32×16"]
    words = list(sheet.words)
    words[one], words[other] = (
        replace(words[one], runs=words[other].runs), replace(words[other], runs=words[one].runs)
    )  # fmt: skip
    exchanged = replace(page, sheets=(replace(sheet, words=tuple(words)),))
    assert any("is said to be" in fault for fault in faults(found, exchanged))


def test_a_line_that_begins_beside_what_it_leaves_is_found() -> None:
    found = known_summary("ResNet50")
    page = found.page(page="a4")
    sheet = page.sheets[0]
    lines = [(n, shape) for n, shape in enumerate(sheet.shapes) if isinstance(shape, Line) and not shape.closed]
    skips = [number for number, line in lines if len(line.points) > 2]
    seen = []
    for number in skips:
        shapes = list(sheet.shapes)
        (x, y), *rest = shapes[number].points
        shapes[number] = replace(shapes[number], points=((x, y + 40.0), *rest))
        seen += faults(found, replace(page, sheets=(replace(sheet, shapes=tuple(shapes)),)))
    assert any("begins beside" in fault for fault in seen)


@pytest.mark.parametrize("width", ["84mm", "122mm", "174mm"])
def test_a_backbone_says_the_shapes_of_its_outputs_inside_or_beside(width: str) -> None:
    found = gallery_summary("unet", collapse_backbone=True)
    assert faults(found, found.page(width=width)) == []


@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV2", "VGG16"])
def test_a_legend_of_a_column_says_norms_in_letters(name: str) -> None:
    found = known_summary(name)
    assert faults(found, found.page(width="84mm")) == []


def test_a_norm_behind_the_activation_is_said_behind_it() -> None:
    builder = Builder()
    x = builder.input()
    for kernel in (3, 5, 7):
        x = builder.conv(x, 8, kernel)
    x = builder.add("Conv2D", x, params=100, channels=16, filters=16, kernel_size=[3, 3], strides=[1, 1])
    x = builder.add("BatchNormalization", builder.add("Activation", x, activation="relu"), params=64)
    x = builder.add("Dense", builder.add("GlobalAveragePooling2D", x), params=100, units=16, activation="relu")
    found = summarize(builder.finish(builder.add("LayerNormalization", x, params=32)))
    page = found.page(page="a4")
    sheet = page.sheets[0]
    labels = {"".join(span.text for line in box.lines for span in line): box for box in sheet.boxes}
    assert "Dense 16, ReLU + LN" in labels and faults(found, page) == []
    box = labels["3×3, 16, ReLU + BN"]
    plain = replace(box, lines=((Span("3×3, 16"),),))
    boxes = tuple(plain if one is box else one for one in sheet.boxes)
    told = faults(found, replace(page, sheets=(replace(sheet, boxes=boxes),)))
    assert any("legend says otherwise" in fault for fault in told)


def test_an_entry_of_the_legend_is_read_over_three_lines() -> None:
    lines = ("conv + batch", "norm + leaky", "ReLU")
    words = tuple(Words(20.0, 50.0 + 8.0 * n, (Span(line),), 7.0, "#000000") for n, line in enumerate(lines))
    (sheet,) = known_summary("ResNet50").page(page="a4").sheets
    notes = read_page(Page("net", "", (replace(sheet, words=words, boxes=(), arrows=()),), (), "")).notes
    assert "conv + batch norm + leaky ReLU" in notes


def test_an_entry_that_goes_on_in_the_next_line_is_not_taken_for_another() -> None:
    """``conv + batch norm``, and under it ``+ ReLU``: not what the legend says of boxes without activation."""
    found = gallery_summary("retinanet")
    page = found.page()
    (sheet,) = page.sheets
    (whole,) = [one for one in sheet.words if one.runs[0].text == "conv + batch norm + ReLU"]
    rest = [one for one in sheet.words if one is not whole]
    first = replace(whole, runs=(Span("conv + batch norm"),), y=whole.y - whole.size * 0.6)
    second = replace(whole, runs=(Span("+ ReLU"),), y=whole.y + whole.size * 0.6)
    page = replace(page, sheets=(replace(sheet, words=(*rest, first, second)),))
    assert "+ ReLU" in read_page(page).notes
    assert faults(found, page) == []


def test_words_beside_a_line_before_the_gap_where_it_crosses_another_are_its_own() -> None:
    boxes = (Box("/a", 0, 0, 20, 20, "box", "", "", 1.0), Box("/b", 200, 0, 20, 20, "box", "", "", 1.0))
    before = Line(((20.0, 10.0), (100.0, 10.0)), "#000")
    arrow = Arrow(((106.0, 10.0), (200.0, 10.0)), "#000", source="/a", target="/b")
    words = Words(60.0, 8.0, (Span("3 tensors"),), 6.0, "#000", "middle")
    sheet = Sheet(300, 100, "#fff", (before,), (arrow,), boxes, (words,))
    (line,) = read_page(Page("", "", (sheet,))).lines
    assert "3 tensors" in line.words


def test_a_call_that_only_the_drawn_form_has_stands_for_none_of_another_form() -> None:
    def block(extra: bool) -> Block:
        builder = Builder()
        x = builder.input()
        strided = [builder.conv(x, 8, 1, strides=2, norm=False, act=False)] if extra else []
        inner = builder.conv(x, 8, 1, norm=False, act=False)
        ways = [builder.conv(inner, 8, 3, norm=False, act=False), builder.conv(inner, 8, 5, norm=False, act=False)]
        return Block("b", builder.finish(builder.add("Concatenate", *strided, *ways)), "t")

    shown, other = block(True), block(False)
    strided, inner = list(shown.body)[1:3]
    pairs = counterparts(shown, other)
    assert strided not in pairs
    assert pairs[inner].id == list(other.body)[1]


def test_a_false_tensor_beside_a_skip_is_found() -> None:
    found = gallery_summary("unet")
    page = found.page()
    changed = reword("56×56×256", "28×28×256")(page.sheets[0])
    assert changed != page.sheets[0] and not faults(found, page)
    assert any("a line from" in fault for fault in faults(found, replace(page, sheets=(changed,))))


def test_the_total_names_what_it_does_not_count() -> None:
    """One layer of a stranger's class, whose size the file doesn't tell, stands in the overview."""
    b = Builder()
    x = b.conv(b.input(), 8)
    known = b.add("Custom>PositionTable", x)
    node = b.graph.item(known)
    b.graph.nodes[known]["item"] = replace(node, layer=replace(node.layer, params=None))
    found = summarize(b.finish(b.add("GlobalAveragePooling2D", b.conv(known, 16))))
    page = found.page(page="a4")
    (sheet,) = page.sheets
    (total,) = (words for words in sheet.words if text_of(words).startswith("parameters"))
    assert "parameters + position table" in text_of(total) and "≥" not in text_of(total)
    assert page_faults(page, found.graph, found.source) == []
    for other in (text_of(total).replace(" + position table", ""), text_of(total).replace("table", "tables")):
        words = tuple(replace(one, runs=(Span(other),)) if one is total else one for one in sheet.words)
        assert page_faults(replace(page, sheets=(replace(sheet, words=words),)), found.graph, found.source)


def test_a_name_that_looks_like_a_total_does_not_keep_the_proof_busy() -> None:
    """Fourteen classes have some 87 milliards of orders; which of them a stranger's name has is not asked."""
    assert _are_named("table B and table A", {"tablea", "tableb"})
    assert not _are_named("table A", {"tablea", "tableb"}) and not _are_named(None, {"tablea"})
    assert not _are_named("tables", {f"class{letter}" for letter in "abcdefghijklmn"})
