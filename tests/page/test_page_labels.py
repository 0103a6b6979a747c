"""What boxes say, from configurations alone."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import outlines
from blockviz.ir import Idiom, Layer, Node, Unit
from blockviz.ops.operation_words import operation_word
from blockviz.page.glyphs.figure_facts import figure_facts
from blockviz.page.glyphs.unit_label import label_of, symbol_runs
from blockviz.page.glyphs.words import count_text, percent_text, shape_text
from blockviz.page.layout.spread_texts import spread
from blockviz.page.overview.part_wiring import output_text
from blockviz.pipeline import summarize
from blockviz.runtime.records import replace
from blockviz.text.font_metrics import unbroken
from graphs import Builder
from outlines import chain_body, concat, node, sh, unit
from summaries import known_summary

CASES = [
    (node("Conv2D", sh(8, 8, 64), kernel_size=[3, 3], filters=64, strides=[2, 2], padding="same"), "3×3, 64 ↓2"),
    (node("Conv2D", sh(8, 8, 64), kernel_size=[3, 3], filters=64, padding="valid"), "3×3, 64 V"),
    (node("Conv2D", sh(8, 8, 64), kernel_size=[1, 1], filters=64, padding="valid"), "1×1, 64"),
    (node("Conv2D", sh(4, 4, 64), kernel_size=[2, 2], filters=64, strides=[2, 2], padding="valid"), "2×2, 64 ↓2"),
    (node("Conv2D", sh(8, 8, 64), kernel_size=[3, 3], filters=64, dilation_rate=[4, 4], padding="same"), "3×3, 64 d4"),
    (node("Conv2D", sh(8, 8, 64), kernel_size=[3, 3], filters=64, groups=32, padding="same"), "3×3, 64 g32"),
    (node("Conv1D", sh(8, 64), kernel_size=[7], filters=64, padding="causal"), "conv 7, 64 causal"),
    (
        node("Conv2DTranspose", sh(8, 8, 64), kernel_size=[2, 2], filters=64, strides=[2, 2], padding="same"),
        "up-conv 2×2, 64 ↑2",
    ),
    (node("DepthwiseConv2D", sh(8, 8, 64), kernel_size=[5, 5], strides=[1, 1], padding="same"), "DW 5×5"),
    (node("SeparableConv2D", sh(8, 8, 728), kernel_size=[3, 3], filters=728, padding="same"), "sep 3×3, 728"),
    (node("MaxPooling2D", sh(4, 4, 8), pool_size=[3, 3], strides=[2, 2], padding="same"), "max 3×3 ↓2"),
    (replace(node("GetItem", sh(8)), args={"1": [{"slice": [None, None, None]}, 0]}), "slice first"),
    (replace(node("GetItem", sh(8)), args={"1": [{"slice": [None, None, None]}, -1]}), "slice last"),
    (replace(node("GetItem", sh(8)), args={"1": [{"slice": [None, None, None]}, 3]}), "slice [:, 3]"),
    (
        replace(
            node("GetItem", sh(8), [sh(12)]), args={"1": [{"slice": [None, None, None]}, {"slice": [None, 8, None]}]}
        ),
        "slice first 8",
    ),
    (
        replace(
            node("GetItem", sh(9, 4), [sh(9, 12)]),
            args={"1": [{"class_name": "__ellipsis__"}, {"slice": [8, None, None]}]},
        ),
        "slice last 4",
    ),
    (
        replace(
            node("GetItem", sh(4, 12), [sh(9, 12)]),
            args={"1": [{"slice": [None, None, None]}, {"slice": [None, 4, None]}]},
        ),
        "slice [:, :4]",
    ),
    (node("Conv1DTranspose", sh(8, 4), kernel_size=[2], filters=4, strides=[2], padding="same"), "up-conv 2, 4 ↑2"),
    (
        replace(node("GetItem", sh(8)), args={"1": [{"slice": [None, None, None]}] * 2}),
        "slice",
    ),  # to a bound of the run
    (
        replace(node("GetItem", sh(8)), args={"1": [{"class_name": "__ellipsis__"}, {"slice": [0, 4, 2]}]}),
        "slice […, 0:4:2]",
    ),
    (replace(node("GetItem", sh(8)), args={"1": "a tensor"}), "slice"),
    (replace(node("Split", sh(8, 16)), inputs=(sh(8, 16),), outputs=(sh(8, 4), sh(8, 12))), "split 4 + 12"),
    (replace(node("Split", sh(8, 16)), inputs=(sh(8, 16),), outputs=(sh(8, 4),) * 4), "split 4 × 4"),
    (replace(node("Split", sh(8, 16)), inputs=(sh(8, 16),), outputs=(sh(8, 4), sh(8, None))), "split"),
    (node("MaxPooling2D", sh(4, 4, 8), pool_size=[2, 2], strides=None, padding="valid"), "max 2×2 ↓2"),
    (node("AveragePooling2D", sh(4, 4, 8), pool_size=[3, 3], strides=[1, 1], padding="same"), "avg 3×3"),
    (node("GlobalAveragePooling2D", sh(8)), "global avg"),
    (node("UpSampling2D", sh(8, 8, 4), size=[2, 2]), "up ↑2"),
    (node("Resizing", sh(8, 8, 4), height=8, width=8), "resize 8×8"),
    (replace(node("Resize", sh(8, 8, 4)), args={"size": "$1"}), "resize"),  # the size is a tensor
    (node("Dense", sh(1000), units=1000, activation="softmax"), "Dense 1000, softmax"),
    (node("ReLU", sh(8), max_value=6.0), "ReLU6"),
    (node("Activation", sh(8), activation="hard_silu"), "h-swish"),
    (node("MultiHeadAttention", sh(8, 8), num_heads=12, key_dim=64), "MHA 12 heads"),
    (node("LSTM", sh(128), units=128), "LSTM 128"),
    (node("Bidirectional", sh(256), layer={"class_name": "LSTM", "config": {"units": 128}}), "BiLSTM 128"),
    (node("Embedding", sh(8, 64), input_dim=1000, output_dim=64), "embedding, 1000×64"),
    (node("Dropout", sh(8), rate=0.2), "dropout 0.2"),
    (concat(sh(4, 4, 320)), "concat, 320"),
    (node("ZeroPadding2D", sh(8, 8, 3), padding=[[1, 1], [1, 1]]), "pad 1"),
    (node("MyOwnLayer", sh(8)), "my own layer"),
]


@pytest.mark.parametrize(("call", "text"), CASES, ids=[text for _, text in CASES])
def test_label(call: Node, text: str) -> None:
    assert label_of(call).text == text


def test_fused_unit_is_tinted_and_linear_unit_hollow() -> None:
    fused = label_of(unit(3, 64, sh(8, 8, 64)))
    linear = label_of(unit(1, 64, sh(8, 8, 64), act=""))
    assert not fused.hollow and fused.recipe == ("·", "BN", "ReLU")
    assert linear.hollow and linear.recipe == ("·", "BN")


def test_explicit_padding_is_not_called_valid() -> None:
    pad = node("ZeroPadding2D", sh(10, 10, 3), [sh(8, 8, 3)], padding=[[1, 1], [1, 1]])
    conv = node(
        "Conv2D", sh(4, 4, 64), [sh(10, 10, 3)], kernel_size=[3, 3], filters=64, strides=[2, 2], padding="valid"
    )
    from outlines import chain_body

    label = label_of(Unit("u", chain_body([pad, conv])))
    assert label.text == "3×3, 64 ↓2" and not label.valid


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (["Dropout"], "3×3, 4, dropout 0.5"),
        (["Dropout", "ReLU"], "3×3, 4, dropout 0.5, ReLU"),
        (["ReLU", "Dropout"], "3×3, 4, ReLU, dropout 0.5"),
        (["BatchNormalization", "Dropout", "ReLU"], "3×3, 4, dropout 0.5, ReLU"),
        (["Dropout", "BatchNormalization", "ReLU"], "3×3, 4, dropout 0.5 + BN, ReLU"),
    ],
)
def test_dropout_in_a_unit_is_said_with_its_rate_where_it_stands(behind: list[str], said: str) -> None:
    """The legend says the usual activation and normalisation; what follows the dropout is said behind it."""
    conv = node("Conv2D", sh(8, 8, 3), filters=4, kernel_size=[3, 3], strides=[1, 1], padding="same")
    settings = {"Dropout": {"rate": 0.5}}
    body = chain_body([conv, *(node(op, sh(8, 8, 4), **settings.get(op, {})) for op in behind)])
    usual = ("·", "BN", "ELU") if "ReLU" in behind[:1] else ("·", "BN", "ReLU")
    facts = replace(figure_facts(outlines.resnet50()), usual=usual, plain=("·",))
    label = facts.label(Unit("u", body)).text
    assert label.replace(", no norm", "") == said


def test_symbols_replace_widths_and_are_italic() -> None:
    label = label_of(unit(1, 256, sh(8, 8, 256)), "4f")
    assert label.text == "1×1, 4f"
    assert [(run.text, run.italic) for run in symbol_runs("4f")] == [("4", False), ("f", True)]
    assert not any(run.italic for run in symbol_runs("256 ↓2"))


def test_merge_of_a_constant_is_no_merge() -> None:
    scale = Node("s", Layer("s", "Multiply"), (sh(8),), (sh(8),), {"y": 0.17})
    assert label_of(scale).text == "× 0.17" and label_of(scale).form == "box"


@pytest.mark.parametrize(
    ("value", "text"), [(950, "950"), (15_370, "15.4\u2009k"), (25_636_712, "25.6\u2009M"), (999_950, "1.00\u2009M")]
)
def test_counts(value: int, text: str) -> None:
    assert count_text(value) == text


def test_words() -> None:
    assert shape_text((None, 35, 35, 320)) == "35×35×320"
    assert shape_text((None, None, None, 3)) == "?×?×3"
    assert percent_text(0.0002) == "<0.1\u2009%"
    assert operation_word("RandomFlip") == "random flip"
    assert [label_of(node(op, sh(8))).text for op in ("Mean", "ReduceSum", "MyLayer")] == ["mean", "sum", "my layer"]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"mask_type": "A", "filters": 32, "kernel_size": [7, 7]}, "pixel conv layer, A 7×7, 32"),
        ({"units": 64, "num_heads": 4}, "pixel conv layer, 64, 4 heads"),
        ({"kernel_size": 3}, "pixel conv layer, 3"),
        ({"filters": True, "units": -1, "kernel_size": [3, "x"], "num_heads": 10**9}, "pixel conv layer"),
        ({"kernel_size": [3, 3, 3, 3], "name": "ab", "filters": None}, "pixel conv layer"),
    ],
)
def test_a_strangers_class_says_what_it_calls_as_the_layers_of_keras_do(config: dict[str, object], text: str) -> None:
    assert label_of(node("PixelConvLayer", sh(8), **config)).text == text


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(1, 60)), min_size=1, max_size=6))
def test_texts_in_one_line_are_spread_apart_and_stay_in_order(texts: list[tuple[float, float]]) -> None:
    centres, widths = [place for place, _ in texts], [width for _, width in texts]
    found = spread(centres, widths, 5.0, 0.0, 400.0)
    order = sorted(range(len(texts)), key=lambda number: centres[number])
    for left, right in pairwise(order):
        assert found[right] - found[left] >= (widths[left] + widths[right]) / 2 + 5.0 - 1e-6
    for place, width in zip(found, widths, strict=True):
        assert place - width / 2 >= -1e-6 and place + width / 2 <= 400 + 1e-6


def test_a_text_with_room_stays_in_its_place() -> None:
    assert spread([50.0, 200.0], [40.0, 40.0], 5.0, 0.0, 400.0) == [50.0, 200.0]


def test_the_longest_shape_of_a_column_is_said() -> None:
    """The column is as wide as this shape, to the last bit of a sum."""
    found = known_summary("MobileNetV3Small")
    words = {"".join(run.text for run in one.runs) for one in found.page().sheets[0].words}
    assert {output_text(part) for part in found.outline.parts} <= words


def test_the_dilation_of_a_row_is_said_at_each_of_its_calls() -> None:
    """A row of two equal dilated convolutions is opened in the panel: the letter of its rate goes along."""
    builder = Builder()
    x = builder.conv(builder.input(), 8)
    for rate in (1, 2, 4, 8):
        y = x
        for _ in range(2):
            y = builder.add("Conv2D", y, params=576, filters=8, kernel_size=[3, 3], dilation_rate=[rate, rate])
            y = builder.add("Activation", y, activation="relu")
        x = builder.add("Activation", builder.add("Add", x, y), activation="relu")
    page = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x))).page()
    inside = [box for box in page.sheets[0].boxes if box.group == "A"]
    boxes = ["".join(run.text for line in box.lines for run in line) for box in inside]
    assert [text for text in boxes if text.startswith("3×3")] == ["3×3, 8 d"] * 2


def test_words_that_belong_together_stand_on_one_line() -> None:
    found = unbroken("49104 → output boxes, stride 2, no norm")
    assert found == ["49104", "→ output", "boxes,", "stride 2,", "no norm"]
    assert unbroken("rescale ÷ 128 − 1") == ["rescale", "÷ 128", "− 1"]


@pytest.mark.parametrize(
    ("sizes", "kernel", "label"),
    [((64, 64), [16, 16], "16×16"), ((16, 64, 64), [2, 16, 16], "2×16×16"), ((512,), [16], "16")],
)
def test_a_patch_is_said_with_all_its_sizes(sizes: tuple[int, ...], kernel: list[int], label: str) -> None:
    b, axes, count = Builder(), len(sizes), prod(size // side for size, side in zip(sizes, kernel, strict=True))
    b.graph.add_item(Node("input", Layer("input", "InputLayer"), (), ((None, *sizes, 3),)))
    b.graph.graph["inputs"] = ("input",)
    config = {"filters": 48, "kernel_size": kernel, "strides": kernel}
    grid = [size // side for size, side in zip(sizes, kernel, strict=True)]
    conv = Node("conv", Layer("conv", f"Conv{axes}D", config, 9), ((None, *sizes, 3),), ((None, *grid, 48),))
    b.graph.add_item(conv, [(0, "input", 0)])
    flat = Node("flat", Layer("flat", "Reshape"), conv.outputs, ((None, count, 48),))
    b.graph.add_item(flat, [(0, "conv", 0)])
    items = summarize(b.finish(b.add("LayerNormalization", "flat"))).graph.items()
    (idiom,) = [item for item in items if isinstance(item, Idiom)]
    assert label_of(idiom).text == f"Patch embedding, {label}"


@pytest.mark.parametrize(("kernel", "padding", "valid"), [(5, "valid", True), (2, "valid", False), (5, "same", False)])
def test_a_transposed_convolution_says_valid_padding_where_windows_overlap(
    kernel: int, padding: str, valid: bool
) -> None:
    config = {"filters": 8, "kernel_size": [kernel] * 2, "strides": [2, 2], "padding": padding}
    assert label_of(node("Conv2DTranspose", sh(8), **config)).text.endswith(" V") is valid
