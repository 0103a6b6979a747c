"""Tables and prose: true to the outline, whole in every format, safe with any name."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from blockviz.backbones.published_accuracy import imagenet_facts
from blockviz.errors import PageError, UsageError
from blockviz.outline.model import KnownNetwork, Outline
from blockviz.pipeline import Summary, summarize
from blockviz.quoting import visible
from blockviz.quoting.latex import text as escape
from blockviz.tables import FORMATS, Entry, compare, describe, left_out, report, table
from blockviz.tables.inspect import inspection
from blockviz.tables.rows.one_unit import in_one_unit
from blockviz.tables.rows.overview import COLUMNS, overview_rows
from blockviz.tables.rows.table import Cell, Column, Table
from blockviz.tables.words.bibtex import references
from blockviz.tables.words.block_recipe import recipe
from blockviz.text.numbers import bytes_text, count_text, percent_text
from graphs import Builder
from samples import smallest_of_each_paper
from summaries import known_summary
from tables_samples import HOSTILE, dense, hostile_outline, outline, outlines, part

PAPERS = Path(__file__).parents[1] / "papers"


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def sums(rows: list[dict[str, str]]) -> dict[str, int]:
    return {key: sum(known(row[key]) for row in rows[:-1]) for key in ("params", "macs", "activation_bytes")}


def known(text: str) -> int:
    """What is known of a number: "?" is nothing, and a lower bound says so."""
    return 0 if text == "?" else int(text.removeprefix("≥ "))


@pytest.fixture(scope="module")
def resnet() -> Summary:
    return known_summary("ResNet50")


@given(outlines())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_sum_to_the_totals(sample: Outline) -> None:
    rows = overview_rows(sample)
    for name in ("params", "trainable", "macs", "activations", "unknown"):
        assert sum(getattr(row.cost, name) for row in rows) == getattr(sample.cost, name)
    lines = read_csv(table(sample, "csv"))
    assert sums(lines) == {key: known(lines[-1][key]) for key in ("params", "macs", "activation_bytes")}
    assert known(lines[-1]["params"]) == sample.cost.params
    for key in ("params", "macs"):
        assert lines[-1][key].isdecimal() == (key not in sample.cost.bounds)
    shares = [line["share_percent"] for line in lines]
    assert "params" not in sample.cost.bounds or shares[-1] == "?"


@given(st.text(max_size=30))
@settings(max_examples=25, deadline=None)
def test_any_name_leaves_every_format_whole(name: str) -> None:
    sample = outline([part(name, [dense("layer")])], name)
    for kind in FORMATS:
        text = table(sample, kind)
        text.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)
    assert len(read_csv(table(sample, "csv"))) == 2


def wrong_sums(name: str) -> list[str]:
    """What says that the rows of a known network's table do not sum to its published count, or are too many."""
    summary = known_summary(name)
    lines = read_csv(table(summary.outline, "csv", source=summary.source))
    truth = json.loads((PAPERS / f"{name}.json").read_text("utf-8"))["params"]
    cost, rows = summary.outline.cost, len(lines) - 1
    counts = {sums(lines)["params"], int(lines[-1]["params"]), truth, cost.params}
    said = [f"parameters are {sorted(counts)}"] if len(counts) > 1 else []
    said += [f"{sums(lines)['macs']} MACs, {cost.macs} in all"] if sums(lines)["macs"] != cost.macs else []
    # forty rows fit a page, see test_tables_consumers
    return said if rows == len(summary.outline.parts) <= 40 else [*said, f"{rows} rows"]


@pytest.mark.parametrize("name", smallest_of_each_paper())
def test_a_known_network_sums_to_its_published_count(name: str) -> None:
    assert wrong_sums(name) == []


def test_rows_say_what_the_figure_shows(resnet: Summary) -> None:
    lines = read_csv(table(resnet.outline, "csv", source=resnet.source))
    assert [column.key for column in COLUMNS] == list(lines[0])
    repeated = [line for line in lines if line["repeat"] not in {"", "1"}]
    assert [line["repeat"] for line in repeated] == ["3", "4", "6", "3"]
    assert [line["widths"] for line in repeated] == ["f = 64", "f = 128", "f = 256", "f = 512"]
    assert [line["receptive_field"] for line in repeated] == ["35", "99", "291", "483"]
    assert lines[-1]["training"] == "trained"


def test_a_shared_layer_counts_in_its_first_row() -> None:
    first, again = part("one", [dense("w")]), part("two", [dense("w", call=2)], shared=True)
    lines = read_csv(table(outline([first, again]), "csv"))
    assert [line["params"] for line in lines] == ["20", "0", "20"]
    assert lines[1]["block"] == "A · two (shared weights)"


def test_unknown_makes_lower_bounds_of_totals_alone_and_says_so() -> None:
    sample = outline([part("plain", [dense("a")]), part("odd", [dense("b", op="Mystery")])])
    text = table(sample, "text")
    assert re.search(r"plain +4 +20 ", text)
    assert re.search(r"odd +4 +\? +\? +\?", text)
    assert re.search(r"Total +≥ 20 +\? +≥ 16", text)
    lines = read_csv(table(sample, "csv"))
    assert [line["params"] for line in lines] == ["20", "?", "≥ 20"]
    assert [line["share_percent"] for line in lines] == ["?", "?", "?"]
    data = inspection(sample)
    assert data["model"]["params"] is None and data["model"]["at_least"] == {"params": 20, "macs": 16}
    assert [one["params"] for one in data["overview"]] == [20, None]
    caption, paragraph = describe(sample)
    assert "At least 20 parameters and at least 16 multiply-adds" in caption
    assert "at least 20 parameters" in paragraph


def test_frozen_rows_are_told_apart() -> None:
    mixed = [part("a", [dense("a", trainable=False)]), part("b", [dense("b")])]
    text = table(outline([*mixed, part("c", [dense("c"), dense("d", trainable=False)])]), "text")
    assert re.search(r"A · a.*frozen\n", text)
    assert re.search(r"A · b.*trained\n", text)
    assert re.search(r"A · c.*partly frozen\n", text)
    assert re.search(r"Total.*partly frozen\n", text)
    assert "All layers are frozen." in table(outline(mixed[:1]), "text")


class Texts(HTMLParser):
    """Texts of the cells, and every tag met."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in {"td", "th"}:
            self.cells[-1] += data


def test_hostile_names_reach_html_as_text() -> None:
    page = Texts()
    page.feed(table(hostile_outline(), "html"))
    assert {visible(f"A · {name}") for name in HOSTILE} <= set(page.cells)
    assert "script" not in page.tags
    assert page.tags.count("tr") == len(HOSTILE) + 2


def test_hostile_names_reach_markdown_as_text() -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(table(hostile_outline(), "markdown"))
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inline for child in token.children or ()}
    texts = ["".join(child.content for child in token.children or ()) for token in inline]
    assert kinds <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    assert {" ".join(visible(f"A · {name}").split()) for name in HOSTILE} <= {" ".join(text.split()) for text in texts}


def test_hostile_names_stay_in_their_csv_cell_and_are_no_formulas() -> None:
    lines = read_csv(table(hostile_outline(), "csv"))
    assert [line["block"] for line in lines[:-1]] == [visible(f"A · {name}").strip() for name in HOSTILE]
    assert all(not value.startswith(("=", "+", "-", "@")) for line in lines for value in line.values())


def test_latex_escapes_what_latex_reads() -> None:
    assert escape("a_b & 50% -- #{x}") == r"a\_\allowbreak{}b \& 50\% -{}- \#\{x\}"
    assert escape("é ø α 3×3") == r"\'{e} \o{} \ensuremath{\alpha} 3\ensuremath{\times}3"
    assert escape("中\x00\u202e") == "{[}U+4E2D{]}{[}U+0000{]}{[}U+202E{]}"


def test_prose_is_true_of_resnet(resnet: Summary) -> None:
    caption, paragraph = describe(resnet.outline)
    assert recipe(resnet.outline) == "Bottleneck 3-4-6-3"
    assert "25.6 M parameters and 3.86 G multiply-adds (MACs) for an input of 224×224×3." in caption
    assert "177 layers, 107 of them with parameters." in paragraph
    assert "Bottleneck occurs 16 times, in runs of 3, 4, 6 and 3, with f = 64, 128, 256 and 512" in paragraph
    assert "25,636,712 parameters, of which training changes 25,583,592." in paragraph
    assert "accuracy" not in paragraph


def test_a_backbone_called_twice_is_named_once() -> None:
    part_of = [part("net", [dense("w", call=call)], letter=None, kind="backbone", shared=call > 1) for call in (1, 2)]
    found = KnownNetwork("MobileNetV2", "nested", ("w",), part_of[0].cost, "none", "block_3", ())
    caption, paragraph = describe(outline(part_of, "Twins", backbones=(found, found)))
    assert caption.startswith("Twins: MobileNetV2 backbone, called 2 times.")
    assert paragraph.count("It contains") == 1
    assert (
        "It contains MobileNetV2, cut at block_3 (1 layer, 20 parameters, frozen), called twice with the same weights."
        in paragraph
    )


def test_accuracy_is_said_only_with_its_source(resnet: Summary) -> None:
    facts = imagenet_facts("ResNet50")
    known = dataclasses.replace(resnet.outline, weights="imagenet", facts=facts)
    assert (facts["top1"], facts["top5"], facts["depth"]) == ("74.9", "92.1", "107")
    assert "74.9 % top-1 and 92.1 % top-5" in describe(known)[1]
    assert facts["source"] in describe(known)[1]
    assert "top1_percent" in compare([known], "csv") and "Top-1 %" in compare([known, resnet.outline], "markdown")
    assert "Top-1" not in compare([resnet.outline], "markdown")
    assert imagenet_facts("MobileNetV3Small") == imagenet_facts("Nobody") == {}


def test_compare_has_one_row_a_model(resnet: Summary) -> None:
    other = known_summary("InceptionResNetV2").outline
    lines = read_csv(compare([resnet.outline, other], "csv"))
    assert [line["depth"] for line in lines] == ["107", "449"]
    assert [line["weights_bytes"] for line in lines] == [str(4 * 25_636_712), str(4 * 55_873_736)]
    assert lines[0]["recipe"] == "Bottleneck 3-4-6-3"
    assert re.search(r"×10.*×20.*×10", lines[1]["recipe"])


def test_every_format_of_both_tables_renders(resnet: Summary) -> None:
    for kind in FORMATS:
        for text in (table(resnet.outline, kind, caption="Mine.", label="tab:mine"), compare([resnet.outline], kind)):
            assert text.endswith("\n")
            assert "25.6" in text or "25636712" in text
    assert r"\label{tab:mine}" in table(resnet.outline, "latex", label="tab:mine")
    assert r"\label{tab:--bad}" in table(resnet.outline, "latex", label="tab:}{bad")


def test_wrong_requests_say_what_there_is(resnet: Summary) -> None:
    with pytest.raises(UsageError, match="markdown"):
        table(resnet.outline, "word")
    with pytest.raises(UsageError, match="at least one"):
        compare([], "csv")
    with pytest.raises(UsageError, match="at least one"):
        report([], "html")
    with pytest.raises(UsageError, match="html, latex, typst"):
        report([Entry(resnet.outline)], "word")
    with pytest.raises(UsageError, match="can't read a figure"):
        report([Entry(resnet.outline, pdf="a%b.pdf")], "latex")


BIBTEX = r"""
@article{one, author = {Tan, Mingxing and Le, Quoc V. and others}, title = {A {Big} Net},
  journal = "Some Journal", pages = {1--2}, year = 2019, doi = {10.1/x_y}}
@misc{two, author={Chollet, Fran\c{c}ois}, title={\L{}B \textless 0.5 \o re}, year={2017}, eprint={1610.02357}}
@article{one, title = {twice}}
"""


def test_references_are_read_from_bibtex() -> None:
    one, two = references([BIBTEX])
    assert one.text == "Mingxing Tan, Quoc V. Le et al. A Big Net. Some Journal, 1–2, 2019. doi:10.1/x_y."
    assert two.text == "François Chollet. ŁB <0.5 øre. 2017. arXiv:1610.02357."


@given(st.text(alphabet='@{}",=ab \\\n', max_size=60))
@settings(max_examples=80, deadline=None)
def test_broken_bibtex_is_passed_over(text: str) -> None:
    for work in references([text, "@a{k," + text]):
        assert isinstance(work.text, str)


def test_a_report_holds_figure_table_caption_and_references(resnet: Summary) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    entries = [Entry(resnet.outline, svg, "figure.pdf", BIBTEX, resnet.source)] * 2
    page, document = report(entries, "html"), report(entries, "latex")
    assert page.count("data:image/svg+xml;base64,") == 2
    assert page.count("<table") == document.count(r"\begin{tabularx}") == 3
    assert "François Chollet" in page and r"Fran\c{c}ois Chollet" in document
    assert document.count(r"\figurewithin{\textwidth}") == 2
    assert document.count(r"\bibitem") == 2


def test_numbers_have_three_digits() -> None:
    assert [count_text(n) for n in (0, 999, 1000, 9996, 99_960, 999_600, 25_636_712)] == [
        "0", "999", "1.00 k", "10.0 k", "100 k", "1.00 M", "25.6 M",
    ]  # fmt: skip
    assert [bytes_text(n) for n in (12, 1023, 1024, 102_546_848)] == ["12 B", "1023 B", "1.00 KiB", "97.8 MiB"]
    assert [percent_text(n, 1000) for n in (0, 1, 10, 1000)] == ["0", "0.1", "1.0", "100.0"]
    assert percent_text(1, 10_000) == "<0.1"
    assert percent_text(9_999, 10_000) == ">99.9"


def test_a_narrow_latex_table_does_without_the_least_telling_columns(resnet: Summary) -> None:
    whole, narrow = table(resnet.outline, "latex"), table(resnet.outline, "latex", width="60mm")
    assert r"\begin{table*}" in whole and r"\begin{tabularx}{\textwidth}" in whole and "left out" not in whole
    assert r"\begin{table}" in narrow and r"\begin{tabularx}{170.08bp}" in narrow
    assert "% left out, for the width: Stage" in narrow and "Act.:" not in narrow and "share of the" not in narrow
    assert "Params" in narrow and "Block" in narrow
    assert left_out(resnet.outline, "60mm") and not left_out(resnet.outline, None)
    with pytest.raises(PageError, match="mm in type of 7 pt; give it a larger --width"):
        table(resnet.outline, "latex", width="10mm")
    with pytest.raises(UsageError, match="a width is for tables in LaTeX"):
        table(resnet.outline, "csv", width="84mm")


def test_latex_numbers_of_a_column_share_unit_and_decimals(resnet: Summary) -> None:
    lines = [line.split(" & ") for line in table(resnet.outline, "latex").splitlines() if " & " in line]
    head, units, rows = lines[0], lines[1], lines[2:]
    for title, unit in (("Params", "(M)"), ("MACs", "(G)")):
        at = head.index(title)
        assert units[at] == unit
        cells = [re.sub(r"\\textbf\{(.*)\}", r"\1", row[at]) for row in rows]
        numbers = [cell for cell in cells if re.fullmatch(r"[0-9.]+", cell)]
        assert len(numbers) >= 6 and {len(number.partition(".")[2]) for number in numbers} == {2}
    stages = {f"{n}\\ensuremath{{\\times}}{n}" for n in (112, 56, 28, 14, 7)}
    assert {row[0].strip() for row in rows} == {"", *stages}


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=8))
def test_one_unit_keeps_the_exact_values(values: list[int]) -> None:
    cells = tuple((Cell(str(value), str(value)),) for value in values)
    shown = in_one_unit(Table((Column("n", "N", True, "count"),), cells, "", ""))
    size = {"T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3, "": 1}[shown.columns[0].unit]
    for value, (cell,) in zip(values, shown.rows, strict=True):
        assert cell.value == str(value)
        number = float(cell.text.removeprefix("<"))
        assert abs(number - value / size) <= 0.51 * 10 ** -len(cell.text.partition(".")[2]) or cell.text[0] == "<"


def test_rows_inside_blocks_and_units_at_steps_of_resolution_are_listed() -> None:
    found = {block["type"]: len(block["instances"]) for block in known_summary("VGG16").to_dict()["blocks"]}
    assert found == {"A": 5, "3×3 conv": 13, "dense layer": 2}
    b = Builder()
    x = b.input(size=4)
    for side in (8, 16, 32):
        x = b.sized("Conv2DTranspose", x, side, params=9, kernel_size=[4, 4], strides=[2, 2], filters=8)
        x = b.add("Activation", b.add("BatchNormalization", x, params=4), activation="relu")
    (rungs,) = summarize(b.finish(b.add("Flatten", x))).to_dict()["blocks"]
    assert [len(copy["layers"]) for copy in rungs["instances"]] == [3, 3, 3]


def _chain(*units: tuple[str, dict[str, Any]]) -> list[tuple[str, int]]:
    """Name and number of copies of each type in a chain of units."""
    b = Builder()
    x = b.input(size=8)
    for op, told in units:
        x = b.add(op, x, params=9, channels=told.get("filters", told.get("units", 8)), **told)
    blocks = summarize(b.finish(x)).to_dict()["blocks"]
    return [(block["name"], len(block["instances"])) for block in blocks]


def _conv(kernel: int, filters: int, **settings: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"kernel_size": [kernel, kernel], "filters": filters, **settings}


def test_units_of_one_kind_in_a_row_are_listed_whatever_their_kernels_and_widths() -> None:
    assert _chain(_conv(8, 16), _conv(5, 32), _conv(3, 16)) == [("conv, k = 8×8, 5×5, 3×3", 3)]
    assert _chain(*(_conv(3, 16, dilation_rate=[d, d]) for d in (1, 2, 4))) == [("3×3 conv", 3)]
    assert _chain(_conv(3, 24), _conv(3, 24), _conv(3, 16)) == [("3×3 conv", 2), ("3×3 conv", 3)]
    assert _chain(_conv(3, 16), _conv(1, 8), _conv(3, 16, activation="relu")) == []
    assert _chain(_conv(5, 16, activation="relu"), _conv(3, 3, activation="sigmoid")) == []


def test_a_row_of_units_ends_where_widths_that_fell_rise_again() -> None:
    widths = (128, 64, 32, 64, 128)
    assert _chain(*(("Dense", {"units": n}) for n in widths)) == [("dense layer", 3), ("dense layer", 2)]


def test_rows_of_units_in_blocks_are_listed_one_by_one() -> None:
    b = Builder()
    x = b.input(size=8)
    for widths in ((24, 16, 8), (8, 16, 24)):
        for width in widths:
            x = b.add("Dense", x, params=9, channels=width, units=width, activation="relu")
        x = b.add("Dense", x, params=9, channels=4, units=4)
    block, rows = summarize(b.finish(x)).to_dict()["blocks"]
    assert [len(copy["layers"]) for copy in block["instances"]] == [4, 4]
    assert [copy["layers"] for copy in rows["instances"]] == [
        [name] for i in block["instances"] for name in i["layers"][:3]
    ]
    assert [copy["stage"] for copy in rows["instances"]] == [
        block["instances"][n]["layers"][0] for n in (0, 0, 0, 1, 1, 1)
    ]


def test_units_of_one_name_that_are_no_same_calls_are_two_types() -> None:
    b = Builder()
    x = b.input(size=4)
    for op in ("Conv2D", "Conv2DTranspose"):
        for _ in range(3):
            x = b.add(op, x, params=9, channels=8, kernel_size=[5, 5], strides=[1, 1], filters=8, activation="relu")
    for _ in range(3):
        x = b.conv(x, 8, 5)
    found = {block["type"]: len(block["instances"]) for block in summarize(b.finish(x)).to_dict()["blocks"]}
    assert found == {"5×5 conv": 3, "5×5 transposed conv": 3, "5×5 conv (2)": 3}
