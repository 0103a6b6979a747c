"""Definition panels: inputs from the side, straight arrows, what a panel says in words."""

from __future__ import annotations

from blockviz.ir import Layer, LayerGraph, Node, Unit
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.glyphs.unit_label import label_of
from blockviz.page.layout.series_parallel import Fork, Leaf, decompose
from blockviz.page.panel.diagram import MODES, Diagram
from blockviz.page.panel.repeated_units import Repeated, repeated
from blockviz.page.panel.side_inputs import side_entries
from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.page.style.theme import load_theme
from blockviz.pipeline import summarize
from blockviz.runtime.records import replace
from blockviz.scene import Page, Path
from graphs import Builder
from outlines import add, chain_body, graph, node, relu, sh, unit, zoo_definitions
from summaries import gallery_summary, known_summary, pair_summary, zoo_summary


def attention_body() -> LayerGraph:
    s, mask = sh(128, 512), sh(1, 128)
    return graph(
        {
            "mha": (node("MultiHeadAttention", s, [s, s, mask], num_heads=8), ["in", "in", "in1"]),
            "drop": (node("Dropout", s, [s], rate=0.1), ["mha"]),
            "m": (add(s), ["in", "drop"]),
        },
        [s, mask],
    )


def test_a_mask_comes_from_the_side() -> None:
    body = attention_body()
    sides = side_entries(body)
    assert len(sides) == 1 and next(iter(sides.values())) == (1,) and "multihead" in next(iter(sides))
    chain = decompose(body, {1})
    assert isinstance(chain.parts[0], Leaf) and isinstance(chain.parts[1], Fork)
    assert [len(branch.parts) for branch in chain.parts[1].branches] == [0, 2]


def test_what_a_merge_reads_comes_from_above() -> None:
    s = sh(8, 8, 64)
    body = graph({"m": (add(s), ["in", "in1"]), "r": (relu(s), ["m"])}, [s, s])
    assert side_entries(body) == {}


def test_a_box_keeps_an_input_from_above() -> None:
    s, state = sh(20, 32), sh(32)
    body = graph({"lstm": (node("LSTM", s, [s, state, state], units=32), ["in", "in1", "in2"])}, [s, state, state])
    assert list(side_entries(body).values()) == [(1, 2)]
    many = graph({"x": (node("Custom", s, [s] * 5), ["in", "in1", "in2", "in3", "in4"])}, [s] * 5)
    assert side_entries(many) == {}


def test_no_side_input_beside_a_convolution_of_one_input() -> None:
    s = sh(8, 8, 64)
    body = graph({"a": (unit(3, 64, s), ["in"]), "m": (add(s), ["a", "in1"])}, [s, s])
    assert side_entries(body) == {}


def words(name: str, letter: str) -> list[str]:
    return [variant.name for variant in zoo_definitions(name)[letter].variants]


def test_variants_are_told_in_words_before_numbers() -> None:
    assert words("NASNetMobile", "A") == ["one 1×1 conv", "with factorised reduction"]
    assert words("EfficientNetB0", "A")[0] == "no shortcut, no expansion"
    assert words("DiffusionUNet", "A")[-2:] == ["with attention", "identity shortcut, with attention"]
    assert words("ShuffleNet", "A")[1] == "concatenation for addition, with 3×3 pooling"
    assert "with squeeze-and-excitation" in words("GhostNet", "A")


def test_a_variant_is_told_with_the_place_of_its_copies() -> None:
    page = zoo_summary("ResUNet").page(width="84mm")
    texts = {"".join(run.text for run in one.runs) for one in page.sheets[0].words}
    assert "no normalisation, stride 1: only the first" in texts


def shown(page: Page) -> set[str]:
    return {group.id for group in page.sheets[0].groups if group.id}


def test_both_cells_are_shown_on_a_journal_page() -> None:
    found = known_summary("NASNetLarge")
    for size in ({"page": "174mmx240mm"}, {"width": "174mm", "height": "240mm"}):
        assert shown(found.page(**size)) == {"A", "B"}


def test_what_is_left_out_on_a_small_page_is_said() -> None:
    found = known_summary("EfficientNetB0")
    page = found.page("84mmx110mm")
    assert shown(page) == {"A"}
    assert page.advice[0] == "no room for the panels of B; a larger --page or --pages 2 would show it"
    page = found.page("84mmx80mm")
    assert not shown(page)
    assert page.advice[0] == "no room for any panel; a larger --page or --pages 2 would show them"
    column = found.page(width="84mm")
    assert shown(column) == {"A", "B"} and not column.advice


def test_a_figure_of_a_width_has_its_title() -> None:
    found = zoo_summary("FC-DenseNet103")
    page = found.page(width="84mm")
    assert any(words.runs[0].text == found.outline.name for words in page.sheets[0].words)
    assert shown(page) == {"A", "B", "C"}


def test_a_free_height_is_used_for_the_lowest_arrangement() -> None:
    found = gallery_summary("transformer")
    page = found.page(width="174mm")
    assert shown(page) == {"A", "B", "C"}
    assert page.sheets[0].height < 640  # a stack of the three panels alone is 700 high


def test_a_line_of_boxes_lies_on_its_side_where_a_column_has_no_room() -> None:
    found = known_summary("ConvNeXtTiny")
    page = found.page(width="84mm", height="110mm")
    assert shown(page) == {"A"}
    upright = found.page("a4")
    lying, standing = (_inside(one) for one in (page, upright))
    assert {ident for ident, *_ in lying} >= {ident for ident, *_ in standing}
    levels = {round(y + height / 2) for _, _, y, height in lying}
    columns = {round(x) for _, x, _, _ in standing}
    assert len(levels) == 1 and len(columns) < len(standing)
    drawn = [(arrow.source, arrow.target) for one in (page, upright) for arrow in one.sheets[0].arrows if arrow.group]
    assert sorted(drawn[: len(drawn) // 2]) == sorted(drawn[len(drawn) // 2 :])


def test_many_branches_in_a_column_are_low_boxes_side_by_side() -> None:
    page = known_summary("NASNetMobile").page(width="84mm", height="110mm")
    assert shown(page) == {"B"}
    sums = [box for box in page.sheets[0].boxes if box.id.startswith("B/") and box.form == "circle"]
    assert len(sums) == 5 and len({round(box.y) for box in sums}) == 1  # as the paper draws the cell
    twice = [box for box in page.sheets[0].boxes if any("×2" in "".join(r.text for r in line) for line in box.lines)]
    texts = {tuple("".join(run.text for run in line) for line in box.lines) for box in twice}
    assert texts == {("ReLU", "sep ×2", f"{size}, f") for size in ("3×3", "5×5")}


def test_equal_units_in_a_row_are_one_box_with_their_number() -> None:
    s = sh(8, 8, 16)

    def of(*units: LayerGraph) -> Repeated:
        items = {f"u{n}": (one, [f"u{n - 1}" if n else "in"]) for n, one in enumerate(units)}
        body = graph(items, [s])
        return repeated(body, lambda _, item: label_of(item))

    found = of(unit(3, 16, s), unit(3, 16, s), unit(5, 16, s))
    assert list(found.counts.values()) == [2] and len(found.body) == 2
    first = Unit("a", chain_body([relu(s), *unit(3, 16, s).body.items()]))
    found = of(first, unit(3, 16, s, act=""))  # ReLU, conv, BN, ReLU, conv, BN
    assert list(found.counts.values()) == [2] and len(found.body) == 1
    assert label_of(*found.once.values()).recipe == ("ReLU", "·", "BN")
    assert not of(unit(3, 16, s), unit(3, 16, s, act="")).counts


def test_an_activation_before_a_convolution_does_not_fill_its_box() -> None:
    s = sh(8, 8, 16)
    before = label_of(Unit("a", chain_body([relu(s), *unit(3, 16, s, act="").body.items()])))
    assert before.hollow and before.head == "ReLU → 3×3"
    lines = ["".join(run.text for run in line) for line in replace(before, head="ReLU → sep 3×3").lines(2)]
    assert lines == ["ReLU →", "sep 3×3, 16"]


def _inside(page: Page) -> list[tuple[str, float, float, float]]:
    """Id, left edge, top and height of the boxes in panel A."""
    boxes = page.sheets[0].boxes
    return [(box.id, box.x, box.y, box.height) for box in boxes if box.id.startswith("A/") and "|" not in box.id]


def test_no_arrow_leaves_a_box_whose_tensor_nobody_reads() -> None:
    builder = Builder()
    x, ends = builder.conv(builder.input(), 16), list[str]()
    for _ in range(4):
        x = builder.conv(builder.conv(x, 16), 16, 5)
        builder.add("Dense", builder.add("GlobalAveragePooling2D", x), params=64, units=4)
        x = builder.conv(x, 16, 1)
        ends.append(x)
    page = summarize(builder.finish(x)).page(page="a4")
    dead = {box.id for sheet in page.sheets for box in sheet.boxes if box.id.partition("/")[2].startswith("dense")}
    assert dead
    assert not [arrow for sheet in page.sheets for arrow in sheet.arrows if arrow.source in dead]


def test_what_reads_nothing_has_no_line_from_above() -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 16)
    for _ in range(4):
        a, b = builder.conv(x, 16, 1), builder.conv(x, 16, 3)
        one, two = f"table_{x}", f"other_table_{x}"
        for name in (one, two):
            layer = Layer(name, "Embedding", {"input_dim": 2, "output_dim": 16}, 32)
            builder.graph.add_item(Node(name, layer, (), ((None, 1, 1, 16),)))
        c, d = builder.add("Add", a, b), builder.add("Add", builder.conv(a, 16, 5), b)
        x = builder.add("Concatenate", builder.add("Multiply", c, one), builder.add("Multiply", d, two), c, channels=48)
    page = summarize(builder.finish(x)).page(page="a4")
    names = ("table", "other_table")
    tables = {b.id for sheet in page.sheets for b in sheet.boxes if b.id.partition("/")[2].startswith(names)}
    assert tables
    assert not [arrow for sheet in page.sheets for arrow in sheet.arrows if arrow.target in tables]


def test_the_shape_under_a_stack_of_copies_stands_beside_no_edge_of_its_cards() -> None:
    outline, theme = known_summary("ResNet50").outline, load_theme("paper")
    run = next(part.item for part in outline.parts if part.repeat > 3 and part.letter)
    conv = node("Conv2D", sh(56, 56, 64), [sh(56, 56, 64)], filters=64, kernel_size=[3, 3])
    diagram = Diagram(chain_body([conv, run]), {}, figure_facts(outline), theme, "Z", True, True, {})
    canvas = Canvas(400, 400)
    diagram.draw(canvas, MODES[0], 8.0, 0.0, 0.0, 400.0)
    cards = max(y for shape in canvas.shapes if isinstance(shape, Path) and shape.closed for _, y in shape.points)
    words = max(canvas.words, key=lambda one: one.y)
    assert words.y - words.size * 0.72 > cards > 20


def test_an_attention_behind_a_call_that_is_looked_through_has_a_range_of_heads() -> None:
    """Copies are found by all layers that stand for them, those that hand on what they read among them."""
    b = Builder()
    x = b.add("Dense", b.input(8), channels=12, units=12, params=9)
    for heads in (1, 3, 6):
        for _ in range(2):
            y = b.add("Activation", b.add("LayerNormalization", x), activation="linear")
            x = b.add("Add", x, b.add("MultiHeadAttention", y, y, params=9, num_heads=heads))
            x = b.add("Add", x, b.add("Dense", b.add("LayerNormalization", x), channels=12, units=12, params=9))
    found = summarize(b.finish(b.add("GlobalAveragePooling1D", x)))
    labels = ["".join(span.text for line in box.lines for span in line) for box in found.page().sheets[0].boxes]
    assert any("1–6 heads" in label for label in labels)
    assert list(page_faults(found.page(), found.graph, found.source)) == []


def test_equal_convolutions_in_a_row_look_like_one_and_are_explained() -> None:
    (sheet,) = known_summary("VGG19").page().sheets
    texts = {"".join(run.text for line in box.lines for run in line): box for box in sheet.boxes if box.group == "A"}
    assert texts["3×3, f ×n"].fill == load_theme().families["conv"][0]
    assert "conv + ReLU" in {"".join(run.text for run in words.runs) for words in sheet.words}


def test_attention_that_looks_back_is_a_form_of_one_that_does_not() -> None:
    """Heads that both have are in the box; which of the two is causal is said."""
    found = pair_summary("one_of_two_looks_back")
    variants = [copy["variant"] for copy in found.to_dict()["blocks"][0]["instances"]]
    assert variants == [None] * 3 + ["causal attention"] * 3
    page = found.page()
    (sheet,) = page.sheets
    boxes = ["".join(run.text for run in line) for box in sheet.boxes for line in box.lines]
    (note,) = (words for words in sheet.words if "causal attention" in text_of(words))
    assert any("2–4 heads" in text for text in boxes)
    assert page_faults(page, found.graph, found.source) == []
    silent = replace(page, sheets=(replace(sheet, words=tuple(one for one in sheet.words if one is not note)),))
    assert page_faults(silent, found.graph, found.source)
