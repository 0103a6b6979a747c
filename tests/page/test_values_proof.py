"""The proof of what a panel says its letters are, in its head or in a table; and of what boxes say of dropout."""

from __future__ import annotations

import re

import pytest

from blockviz.ir import LayerGraph
from blockviz.outline.stage_rows import stage_rows
from blockviz.page.glyphs.size_letters import size_letters
from blockviz.page.proof import page_faults
from blockviz.page.proof.places import copies_meant
from blockviz.page.proof.reading import text_of
from blockviz.pipeline import Summary, summarize
from blockviz.runtime.records import replace
from blockviz.scene import Page, Sheet, Span, Words
from graphs import Builder
from samples import in_turn
from summaries import known_summary, pair_summary, zoo_summary

SIZES = [{"page": "a4"}, {"width": "84mm"}, {"width": "174mm"}]
LETTERED = ["TCN", "VDCNN29", "PeleeNet", "MS-TCN", "QuartzNet-15x5"]
WITH_LETTERS = ["EfficientNetB7", "MobileNetV3Large", "ConvNeXtTiny", "NASNetMobile", "EfficientNetV2S", "Xception"]


def faults(found: Summary, page: Page) -> list[str]:
    return page_faults(page, found.graph, found.source)


def reworded(page: Page, old: str, new: str, place: int = 0) -> Page:
    """The page with one of the texts that contain ``old`` made another."""
    (sheet,) = page.sheets
    at = [number for number, words in enumerate(sheet.words) if old in text_of(words)]
    words = list(sheet.words)
    one = words[at[place]]
    words[at[place]] = replace(one, runs=(Span(text_of(one).replace(old, new)),))
    return replace(page, sheets=(replace(sheet, words=tuple(words)),))


@pytest.mark.parametrize(("name", "size"), in_turn(WITH_LETTERS, SIZES))
def test_what_panels_say_of_their_letters_is_true(name: str, size: dict[str, str]) -> None:
    found = known_summary(name)
    assert faults(found, found.page(**size)) == []


@pytest.mark.parametrize("name", LETTERED[:4])
def test_letters_of_the_zoo_are_true(name: str) -> None:
    found = zoo_summary(name)
    assert faults(found, found.page()) == []


def cells(sheet: Sheet) -> dict[str, list[Words]]:
    """The texts of a table by the letter at the head of their column."""
    names = ("output", "f", "k", "stride", "expand", "shortcut")
    heads = [one for one in sheet.words if one.anchor == "end" and text_of(one) in names]
    return {text_of(head): [one for one in sheet.words if one.x == head.x and one.y > head.y] for head in heads}


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("output", 0),
        ("output", 4),
        ("f", 0),
        ("f", 3),
        ("k", 1),
        ("k", 5),
        ("stride", 1),
        ("expand", 0),
        ("shortcut", 5),
    ],
)
def test_one_false_cell_of_a_table_is_found(column: str, row: int) -> None:
    found = known_summary("EfficientNetB0")
    page = found.page()
    (sheet,) = page.sheets
    assert faults(found, page) == []
    cell = cells(sheet)[column][row]
    other = next(text_of(one) for one in cells(sheet)[column] if text_of(one) != text_of(cell))
    false = tuple(replace(one, runs=(Span(other),)) if one is cell else one for one in sheet.words)
    assert any("table" in fault for fault in faults(found, replace(page, sheets=(replace(sheet, words=false),))))


def test_a_table_that_counts_another_number_of_copies_or_lacks_a_row_is_found() -> None:
    found = known_summary("EfficientNetB0")
    page = found.page()
    (sheet,) = page.sheets
    lines = {one.y for one in cells(sheet)["f"]}
    times = next(one for one in sheet.words if text_of(one) == "×3" and one.y in lines)
    counts = tuple(replace(one, runs=(Span("×4"),)) if one is times else one for one in sheet.words)
    assert faults(found, replace(page, sheets=(replace(sheet, words=counts),)))
    base = cells(sheet)["f"][2].y
    short = tuple(one for one in sheet.words if one.y != base)
    assert any("stands for" in fault for fault in faults(found, replace(page, sheets=(replace(sheet, words=short),))))


def test_a_kernel_is_not_taken_for_the_number_of_copies() -> None:
    """``3×3`` beside ``×4`` in the box of three copies."""
    found = known_summary("EfficientNetB0")
    page = found.page()
    (sheet,) = page.sheets
    first = next(number for number, one in enumerate(sheet.words) if text_of(one) == "×3")
    words = list(sheet.words)
    words[first] = replace(words[first], runs=(Span("×4"),))
    false = replace(page, sheets=(replace(sheet, words=tuple(words)),))
    assert any("stands for 3 copies" in fault for fault in faults(found, false))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("f = 64, 128", "f = 64, 120", "no copy has 120"),
        (", 512", "", "a copy has"),
        ("f = 64, 128, 256, 512", "", "nothing says what f is"),
    ],
)
def test_one_false_value_in_the_head_of_a_panel_is_found(old: str, new: str, told: str) -> None:
    found = known_summary("ResNet50")
    assert any(told in fault for fault in faults(found, reworded(found.page(), old, new)))


def test_the_values_of_a_letter_include_those_of_forms_with_another_activation() -> None:
    """The first blocks of MobileNetV3 have ReLU for hard-swish, and widths of their own."""
    (found,) = [d for d in known_summary("MobileNetV3Large").outline.definitions if d.letter == "A"]
    assert {"64", "72", "240", "200", "184"} == set(found.parameters["f"])


def test_a_switch_says_the_dilation_of_its_copies_as_a_letter() -> None:
    found = zoo_summary("TCN")
    page = found.page()
    (sheet,) = page.sheets
    said = {"".join(run.text for line in box.lines for run in line): box for box in sheet.boxes if box.group == "A"}
    label = "conv 7, 24 d causal"
    assert label in said
    fixed = replace(said[label], lines=((Span("conv 7, 24 d2 causal"),),))
    boxes = tuple(fixed if box is said[label] else box for box in sheet.boxes)
    assert any("d2" in fault for fault in faults(found, replace(page, sheets=(replace(sheet, boxes=boxes),))))


def test_rates_that_differ_over_the_copies_are_a_range_and_no_letter_without_a_value() -> None:
    """A narrow panel gives the rates up, and bears no letter for them either."""
    found = known_summary("EfficientNetB7")
    for size in SIZES:
        (sheet,) = found.page(**size).sheets
        said = ["".join(run.text for line in box.lines for run in line) for box in sheet.boxes]
        drops = {text.replace("dropout ", "dropout") for text in said if "dropout" in text and "0.5" not in text}
        assert drops and all("–" in text or text == "dropout" for text in drops), drops
    (page,) = found.page().sheets
    assert any("–0.2" in run.text for box in page.boxes for line in box.lines for run in line)


def test_dropout_in_units_is_said_with_its_rate_and_in_its_place() -> None:
    found = dropped()
    page = found.page(page="a4")
    (sheet,) = page.sheets
    assert faults(found, page) == []
    said = {"".join(run.text for line in box.lines for run in line): box for box in sheet.boxes}
    (label,) = [text for text in said if "tanh" in text and "dropout" in text]
    assert label.endswith("tanh, dropout 0.5")
    for false in (label.replace("0.5", "0.4"), label.replace("tanh, dropout 0.5", "dropout 0.5, tanh")):
        boxes = tuple(replace(b, lines=((Span(false),),)) if b is said[label] else b for b in sheet.boxes)
        assert any("drops out" in one for one in faults(found, replace(page, sheets=(replace(sheet, boxes=boxes),))))


def dropped() -> Summary:
    """Many convolutions with ReLU, then a row of three with tanh and dropout behind it."""
    builder = Builder()
    x = builder.input()
    for kernel in (3, 5, 7, 9):
        x = builder.conv(x, 8, kernel)
    for _ in range(3):
        x = builder.conv(x, 16, 3, act=False)
        x = builder.add("Dropout", builder.add("Activation", x, activation="tanh"), rate=0.5)
    return summarize(builder.finish(x))


def test_groups_that_grow_with_the_stages_are_a_range_though_a_dashed_shortcut_is_strided() -> None:
    """As in a RegNet: the longer form, which is drawn, has a stride in front of its groups."""
    builder = Builder()
    x = builder.conv(builder.input(8, 64), 32, 7)
    for width in (32, 64, 128):
        for stride in (2, 1, 1):
            skip = builder.conv(x, width, 1, strides=stride, act=False) if stride == 2 else x
            x = builder.conv(x, width, 1)
            config = {"filters": width, "kernel_size": [3, 3], "strides": [stride, stride], "groups": width // 4}
            x = builder.add("Conv2D", x, params=9 * width, channels=width, **config)
            x = builder.add("ReLU", builder.add("BatchNormalization", x, params=4 * width))
            x = builder.add("ReLU", builder.add("Add", skip, builder.conv(x, width, 1, act=False)))
    found = summarize(builder.finish(x))
    page = found.page()
    said = ["".join(run.text for line in box.lines for run in line) for box in page.sheets[0].boxes if box.group]
    assert "3×3, f g8–32" in said and "1×1, f ↓2" in said
    assert faults(found, page) == []


def test_an_activation_that_begins_with_a_letter_is_no_letter() -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8)
    for _ in range(3):
        x = builder.add("Activation", builder.add("Add", x, builder.conv(x, 8, act=False)), activation="hard_swish")
    summary = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x)))
    page = summary.page()
    labels = ["".join(run.text for line in box.lines for run in line) for box in page.sheets[0].boxes]
    assert "h-swish" in labels and page_faults(page, summary.graph, summary.source) == []


def test_a_number_of_a_class_that_nobody_knows_is_no_letter() -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8)
    for units in (3, 2, 3, 3, 1):
        x = builder.add("Add", x, builder.add("Fork", x, units=units))
    summary = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x)))
    assert [found.symbols for found in summary.blocks] == [{}]
    page = summary.page()
    assert page_faults(page, summary.graph, summary.source) == []


@pytest.mark.parametrize(
    "name",
    [
        "transform_nets_and_a_head",  # the head is a variant with a drawing of its own, in which f is no letter
        "encoder_with_four_skips",  # shapes wider than what keeps their arrows apart are not under those of others
    ],
)
def test_what_a_panel_says_of_forms_drawn_apart_and_of_its_exits_is_true(name: str) -> None:
    summary = pair_summary(name)
    assert faults(summary, summary.page()) == []


def test_units_of_which_one_copy_has_two_widths_are_no_run() -> None:
    builder = Builder()
    x = builder.input()
    for widths in ((48, 40, 24), (48, 48, 48)):
        for width, kernel in zip(widths, (5, 1, 1), strict=True):
            x = builder.conv(x, width, kernel)
        x = builder.add("MaxPooling2D", x)
    summary = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x)))
    assert [found.count for found in summary.blocks] == [2]
    assert faults(summary, summary.page()) == []


@pytest.mark.parametrize("size", SIZES)
def test_letters_for_sizes_are_defined_on_their_page(size: dict[str, str]) -> None:
    """Primes and channels are, unless a page says that it has no room for all of its legend."""
    for name, letters in (("Xception", "H′, W′"), ("DenseNet121", "c, f"), ("MobileNetV3Large", "H′, W′")):
        found = known_summary(name)
        page = found.page(**size)
        said = [text_of(one) for sheet in page.sheets for one in sheet.words]
        drawn = any("′" in text for text in said if "×" in text)
        cut = any("all of the legend" in sentence for sentence in page.advice)
        assert "′" not in letters or (letters in said) is drawn or cut, name
        assert "c" not in letters or letters in said or cut, name
        assert not faults(found, page)


@pytest.mark.parametrize("size", SIZES)
def test_shapes_beside_a_chain_bear_no_letter_that_the_legend_lacks(size: dict[str, str]) -> None:
    builder = Builder()
    x, side = builder.input(size=64), 64
    for width in (8, 16, 32):
        x = builder.sized("MaxPooling2D", builder.conv(x, width), side - 3, pool_size=[4, 4], strides=[1, 1])
        side //= 3
        x = builder.sized("MaxPooling2D", builder.conv(x, width, norm=False), side, pool_size=[3, 3], strides=[3, 3])
        x = builder.add("Dropout", x, rate=0.1)
    found = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x)))
    page = found.page(**size)
    said = [text_of(one) for one in page.sheets[0].words]
    primed = {letter for text in said if "×" in text for letter in size_letters([text]) if letter[1:]}
    assert primed and all(any(letter in text.split(", ") for text in said) for letter in primed)
    assert not faults(found, page)


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [("channels", "heights", "the legend calls"), ("c, f", "c, f, h", "the legend explains h")],
)
def test_a_letter_with_a_false_meaning_or_of_nothing_is_found(old: str, new: str, about: str) -> None:
    found = known_summary("DenseNet121")
    page = found.page(page="a4")
    assert any(about in fault for fault in faults(found, reworded(page, old, new)))


def test_rows_of_a_table_say_what_the_boxes_of_the_overview_say() -> None:
    """The outputs are spelled alike, and the copies of a row never belong to two boxes."""
    found = known_summary("MobileNetV2")
    (sheet,) = found.page().sheets
    rows = stage_rows(next(one for one in found.outline.definitions if one.letter == "A"))
    assert {row.output for row in rows} <= {text_of(one) for one in sheet.words if one.anchor == "start"}
    boxes = [part.repeat for part in found.outline.parts if part.letter == "A"]
    assert [sum(row.count for row in rows if row.box == number) for number in range(len(boxes))] == boxes


def test_what_a_column_says_is_no_sentence_below_the_table() -> None:
    summary = known_summary("MobileNetV2")
    (found,) = [one for one in summary.outline.definitions if one.letter == "A"]
    assert [one.about for one in found.switches] == ["stride", "expansion", "shortcut"]
    assert not {one.where for one in found.sayings if one.where} & {
        text_of(one).rpartition(": ")[2] for one in summary.page().sheets[0].words
    }


@pytest.mark.parametrize(("old", "new"), [("2, then 1", "1, then 2"), ("2, then 1", "2"), ("2, then 1", "from 2nd")])
def test_a_false_word_for_the_first_copy_of_a_row_is_found(old: str, new: str) -> None:
    found = known_summary("MobileNetV2")
    page = found.page()
    assert any("its table says stride" in fault for fault in faults(found, reworded(page, old, new)))


def test_a_table_without_a_column_that_its_boxes_need_is_found() -> None:
    """Where no column says the stride, the boxes have to say which copies stride."""
    found = known_summary("MobileNetV2")
    page = found.page()
    (sheet,) = page.sheets
    head = next(one for one in sheet.words if text_of(one) == "stride")
    bare = tuple(one for one in sheet.words if one.anchor != "end" or one.x != head.x)
    told = faults(found, replace(page, sheets=(replace(sheet, words=bare),)))
    assert any("differs (stride 2), and does not say so" in fault for fault in told)


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ("(256, 256)", "(256, 728)", "no copy has that"),
        ("(728, 728), ", "", "has none of them"),
        ("(f, g) = ", "(g, f) = ", "has none of them"),
        ("(f, g) = (128, 128), (256, 256), (728, 728), (728, 1024)", "", "nothing says what f is"),
    ],
)
def test_a_false_pair_of_values_is_found(old: str, new: str, about: str) -> None:
    """Where a block lies, the values of its letters are told together: which g belongs to which f."""
    found = known_summary("Xception")
    page = found.page(width="84mm")
    assert faults(found, page) == []
    assert any(about in fault for fault in faults(found, reworded(page, old, new)))


@pytest.mark.parametrize(("true", "false"), [("first 2", "last 2"), ("every 2nd", "1st, 3rd"), ("3rd", "2nd")])
def test_a_false_place_in_a_box_is_found(true: str, false: str) -> None:
    places = {"first 2": {0, 1}, "every 2nd": {1, 3}, "3rd": {2}}[true]
    assert copies_meant(true, 4) == places != copies_meant(false, 4)


def four_blocks(*, tanh: bool, groups: int, drop: bool) -> Summary:
    """Residual blocks of one convolution with kernels 8, 4, 2 and 3, the last in another form."""
    b = Builder()
    x = b.input(channels=16)
    for kernel in (8, 4, 2, 3):
        last = kernel == 3
        size = {"kernel_size": [kernel, kernel], "strides": [1, 1], "groups": groups if last else 1}
        y = b.add("Conv2D", x, params=256 * kernel**2, channels=16, filters=16, **size)
        y = b.add("BatchNormalization", y, params=64)
        y = b.add("Activation", y, activation="tanh" if tanh and last else "relu")
        y = b.add("MaxPooling2D", y, pool_size=[2, 2], strides=[1, 1], padding="same")
        y = b.add("Dropout", y, rate=0.5 if last else 0.1) if drop else y
        x = b.add("Add", x, y)
    return summarize(b.finish(b.add("Dense", b.add("GlobalAveragePooling2D", x), params=170, channels=10, units=10)))


@pytest.mark.parametrize("size", [{}, {"width": "84mm"}])
@pytest.mark.parametrize(("tanh", "groups", "drop"), [(True, 1, False), (False, 2, False), (True, 1, True)])
def test_a_form_that_is_named_and_not_drawn_has_its_kernel_among_the_values(
    tanh: bool, groups: int, drop: bool, size: dict[str, str]
) -> None:
    found = four_blocks(tanh=tanh, groups=groups, drop=drop)
    page = found.page(**size)
    assert faults(found, page) == []
    assert any("k = 8×8, 4×4, 2×2, 3×3" in text_of(words) for words in page.sheets[0].words)
    assert any("a copy has ['3×3']" in fault for fault in faults(found, reworded(page, ", 3×3", "")))


def test_a_length_in_a_box_is_no_letter_of_the_legend() -> None:
    found = known_summary("ResNet50")
    page = found.page(width="84mm")
    (sheet,) = page.sheets
    small = min((one for one in sheet.words if one.anchor == "start"), key=lambda one: one.size)
    box = next(one for one in sheet.boxes if one.id.startswith("/"))

    def told(x: float, y: float) -> list[str]:
        words = (*sheet.words, replace(small, x=x, y=y, runs=(Span("c"),)))
        return [
            text for text in faults(found, replace(page, sheets=(replace(sheet, words=words),))) if "calls c" in text
        ]

    assert not told(box.x + 1, box.y + box.height / 2)
    assert told(0.5, next(one.y for one in sheet.words if text_of(one).startswith("conv + BN")))


def test_a_second_call_of_the_same_weights_has_no_row_of_its_own() -> None:
    """Two images through one encoder whose blocks hold two convolutions or three."""
    b = Builder()
    ends, layers = [], list[str]()
    for _ in range(2):
        x, side = b.input(3, 256), 256
        names = iter(layers[:])
        for filters, length in ((8, 2), (16, 2), (32, 3), (64, 3), (96, 3)):
            for _ in range(length):
                x = b.again(next(names), x) if ends else b.conv(x, filters, norm=False, act=False)
                layers.append(x)
            side //= 2
            pool = {"pool_size": [2, 2], "strides": [2, 2]}
            x = b.sized("MaxPooling2D", x, side, **pool)
        ends.append(x)
    found = summarize(b.finish(b.add("Concatenate", *ends, channels=192)))
    block = next(one for one in found.blocks if one.count == 10)
    assert block.called and len(stage_rows(block)) == 5
    assert faults(found, found.page()) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_legend_does_not_contradict_a_table_of_activations(size: dict[str, str]) -> None:
    said = [text_of(one) for one in known_summary("MobileNetV3Large").page(**size).sheets[0].words]
    assert "act." in said and re.search(r"conv \+ (BN|batch norm) \+ h-swish or ReLU", " ".join(said))


@pytest.mark.parametrize(("name", "said"), [("MobileNetV2", "1×1, 6c"), ("EfficientNetV2S", "3×3, 4c")])
def test_an_expansion_is_a_multiple_of_what_enters_where_copies_change_the_width(name: str, said: str) -> None:
    """The first block of a stage expands its input, not its output; a page that says so is found false."""
    found = known_summary(name)
    page = found.page()
    texts = ["".join(run.text for line in box.lines for run in line) for box in page.sheets[0].boxes]
    assert said in texts and any(text_of(one).endswith("W×c") for one in page.sheets[0].words)
    assert faults(found, page) == []
    boxes = [
        replace(box, lines=((Span(said.replace("c", "f")),),)) if text == said else box
        for box, text in zip(page.sheets[0].boxes, texts, strict=True)
    ]
    changed = replace(page, sheets=(replace(page.sheets[0], boxes=tuple(boxes)),))
    assert any("says" in fault and f"{said[-2]}f, and" in fault for fault in faults(found, changed))


def test_a_multiple_that_holds_in_some_forms_only_is_a_range() -> None:
    (block,) = [one for one in known_summary("MobileNetV3Large").outline.definitions if one.letter == "B"]
    assert "72–960" in block.symbols.values() and "6f" not in {
        text for name, text in block.symbols.items() if name.startswith("unit")
    }


def test_a_form_that_joins_otherwise_takes_no_multiple_from_the_main_form_and_gives_it_no_value() -> None:
    """ShuffleNet's first unit ends in 60 channels, of which its last convolution makes 36: not 4 × 9."""
    found = zoo_summary("ShuffleNet")
    page = found.page()
    texts = [text_of(one) for one in page.sheets[0].words]
    assert any(text.endswith("f = 15, 30, 60") for text in texts) and any("4f" in text for text in texts)
    assert not any("–240" in text for text in texts) and faults(found, page) == []


def widening() -> LayerGraph:
    """Inverted residuals that expand what enters fourfold; the first of each stage pools and widens its shortcut."""
    b = Builder()
    x = b.conv(b.input(size=64), 16)
    for size, (f, before) in zip((32, 16, 8), ((32, 16), (64, 32), (128, 64)), strict=True):
        for first in (True, False, False):
            pooled = b.sized("MaxPooling2D", x, size, pool_size=[2, 2]) if first else x
            inner = b.conv(b.conv(pooled, 4 * (before if first else f), 1), f, 1, act=False)
            x = b.add("Add", inner, b.conv(pooled, f, 1, norm=False, act=False) if first else x)
    return b.finish(x)


def test_an_expansion_of_what_enters_is_so_in_a_drawing_with_dashed_boxes_too() -> None:
    found = summarize(widening())
    page = found.page()
    texts = ["".join(run.text for line in box.lines for run in line) for box in page.sheets[0].boxes]
    assert faults(found, page) == []
    assert any("4c" in text for text in texts) and not any("4f" in text for text in texts)


@pytest.mark.parametrize(("name", "letters"), [("ResNet50", {"c", "f"}), ("MobileNetV2", {"c", "f"})])
def test_a_drawing_that_stands_for_a_form_that_widens_says_no_width_of_what_enters(
    name: str, letters: set[str]
) -> None:
    """The identity enters with 4f channels, the projection of the same drawing with half as many."""
    found = known_summary(name)
    page = found.page()
    texts = [text_of(one) for one in page.sheets[0].words]
    assert "H×W×c" in texts and "H×W×4f" not in texts[: texts.index("H×W×c")]
    assert letters <= size_letters(texts)
    assert faults(found, page) == []
