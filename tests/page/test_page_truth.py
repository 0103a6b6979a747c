"""What a page says of a model is so: names, constants, weights called again, frozen layers, operands, the legend."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.ir import Idiom, Node, blocks_in
from blockviz.ir.packed_json import unpack
from blockviz.page.fitting.compose import compose
from blockviz.page.glyphs.arithmetic import number, written_out
from blockviz.page.glyphs.label import Label
from blockviz.page.glyphs.varying_numbers import ranges_over, with_ranges
from blockviz.page.proof import page_faults
from blockviz.page.proof.operations import box_faults
from blockviz.page.proof.reading import read_page
from blockviz.page.style.page_size import parse_page
from blockviz.pipeline import Summary, summarize
from blockviz.scene import Sheet
from configs import Json, layer, model, source, tensor
from graphs import Builder
from summaries import zoo_summary

OPS = {"module": "keras.src.ops.numpy"}


def summary(layers: list[Json], outputs: Any, inputs: Any = ("x", 0, 0)) -> Summary:
    return summarize(graph_from_config(model("m", layers, list(inputs), outputs)))


def sheet_of(found: Summary) -> Sheet:
    return compose(found.outline, parse_page("a4")).sheets[0]


def texts(sheet: Sheet) -> list[str]:
    lines = ["".join(run.text for run in line) for box in sheet.boxes for line in box.lines]
    return lines + ["".join(run.text for run in words.runs) for words in sheet.words]


def dense(name: str, reads: str, units: int = 4, **config: Any) -> Json:
    return layer("Dense", name, [tensor(reads)], units=units, **config)


@pytest.mark.parametrize(
    ("op", "args", "config", "text"),
    [
        ("Subtract", [1.0, "x"], {}, "1 − x"),
        ("Subtract", ["x", 1.0], {}, "− 1"),
        ("TrueDivide", [2.0, "x"], {}, "2 ÷ x"),
        ("TrueDivide", ["x", 127.5], {}, "÷ 127.5"),
        ("Multiply", [0.25, "x"], {}, "× 0.25"),
        ("Power", ["x", 2], {}, "x²"),
        ("Power", [2, "x"], {}, "2ˣ"),
        ("Power", ["x", 0.5], {}, "√x"),
        ("FloorDivide", ["x", 3], {}, "floor(x ÷ 3)"),
        ("Maximum", ["x", 0.25], {}, "max(x, 0.25)"),
        ("Greater", ["x", -0.5], {}, "x > −0.5"),
        ("Negative", ["x"], {}, "−x"),
        ("Clip", ["x"], {"x_min": -1, "x_max": 1}, "clip −1 to 1"),
        ("Add", ["x", 1e-05], {}, "+ 1e−05"),
    ],
)
def test_arithmetic_with_a_number_is_written_as_it_is(op: str, args: list[Any], config: Json, text: str) -> None:
    reads = [tensor("x") if value == "x" else value for value in args]
    layers = [source("x"), layer(op, "o", reads, **OPS, **config)]
    graph = graph_from_config(model("m", layers, ["x", 0, 0], ["o", 0, 0]))
    assert written_out(graph.item("o")) == text
    assert text in texts(sheet_of(summarize(graph)))


@pytest.mark.parametrize("value", [127.5, 0.1, 3, -2.5, 1e-7, 255.0, 123456789.123])
def test_a_number_is_told_to_within_a_thousandth(value: float) -> None:
    assert float(number(value).replace("−", "-")) == pytest.approx(value, rel=1e-3)


def test_several_inputs_and_outputs_bear_their_names() -> None:
    layers = [source("left"), source("right"), layer("Add", "sum", [[tensor("left"), tensor("right")]])]
    layers += [dense("score", "sum", 1), dense("kind", "sum", 7)]
    found = summary(layers, {"first": ["score", 0, 0], "second": ["kind", 0, 0]}, [["left", 0, 0], ["right", 0, 0]])
    said = texts(sheet_of(found))
    assert {"input left", "input right"} <= {" ".join(text.split()) for text in said}
    assert any("→ output first" in text for text in said) and any("→ output second" in text for text in said)


def test_the_one_output_is_marked_where_the_model_goes_on_after_it() -> None:
    layers = [source("x"), dense("a", "x"), dense("b", "a", 5), layer("Add", "c", [[tensor("a"), tensor("a")]])]
    found = summary(layers, [["a", 0, 0], ["c", 0, 0], ["b", 0, 0]])
    marked = {part.id: part.outputs for part in found.outline.parts if part.outputs}
    assert sorted(name for names in marked.values() for name in names) == ["a", "b", "c"]


def test_a_tensor_read_twice_is_marked() -> None:
    layers = [source("x"), dense("a", "x"), layer("Add", "twice", [[tensor("a"), tensor("a")]])]
    assert "×2" in texts(sheet_of(summary(layers, ["twice", 0, 0])))
    plain = [source("x"), dense("a", "x"), dense("b", "x", 5), layer("Concatenate", "c", [[tensor("a"), tensor("b")]])]
    assert "×2" not in texts(sheet_of(summary(plain, ["c", 0, 0])))


def test_attention_tells_its_operands_apart() -> None:
    shape = (None, 6, 8)
    layers = [source("q", shape), source("m", shape)]
    reads = [tensor("q", shape=shape), tensor("m", shape=shape)]
    layers += [layer("MultiHeadAttention", "a", reads, num_heads=2, key_dim=4)]
    said = texts(sheet_of(summary(layers, ["a", 0, 0], [["q", 0, 0], ["m", 0, 0]])))
    assert "q" in said and "k, v" in said


def test_a_further_call_says_so_and_is_not_counted_again() -> None:
    first = layer("Dense", "a", [tensor("x")], [tensor("r")], units=4)
    layers = [source("x"), first, layer("Softmax", "r", [tensor("a")])]
    parts = summary(layers, ["a", 1, 0]).outline.parts
    assert [part.again for part in parts if part.cost.params] == [False, True]
    assert "same weights" in " ".join(texts(sheet_of(summary(layers, ["a", 1, 0]))))


@pytest.mark.parametrize(
    ("frozen", "words"),
    [
        ([True] * 4 + [False] * 2, "first 4 frozen"),
        ([False] * 4 + [True] * 2, "last 2 frozen"),
        ([True, False, True, False, False, False], "2 of 6 frozen"),
        ([False] * 6, ""),
        ([True] * 6, "frozen"),
    ],
)
def test_frozen_layers_of_a_run_are_said(frozen: list[bool], words: str) -> None:
    layers = [source("x")]
    for place, is_frozen in enumerate(frozen):
        before = f"d{place - 1}" if place else "x"
        layers.append(dense(f"d{place}", before, trainable=not is_frozen, activation="relu"))
    layers.append(dense("head", "d5", 2))
    found = summary(layers, ["head", 0, 0])
    run = next(part for part in found.outline.parts if part.repeat == 6)
    assert run.frozen == words
    assert ("frozen" in " ".join(texts(sheet_of(found)))) == bool(words)


def test_a_sum_of_two_equal_ways_is_no_residual() -> None:
    layers = [source("x"), dense("a", "x", activation="relu"), dense("b", "a"), dense("c", "x", activation="relu")]
    layers += [dense("d", "c"), layer("Add", "s", [[tensor("b"), tensor("d")]]), dense("e", "s", 2)]
    found = summary(layers, ["e", 0, 0])
    assert not any("esidual" in d.name for d in found.outline.definitions)
    assert "shortcut" not in texts(sheet_of(found))


def test_the_legend_has_what_occurs_and_no_more() -> None:
    image = (None, 8, 8, 1)
    convs = [
        layer("Conv2D", "a", [tensor("x", shape=image)], filters=4, kernel_size=[3, 3], strides=[4, 4], padding="same",
              activation="relu"),
        layer("Conv2D", "b", [tensor("a", shape=(None, 2, 2, 4))], filters=1, kernel_size=[3, 3], strides=[1, 1],
              padding="same", activation="sigmoid"),
    ]  # fmt: skip
    said = texts(sheet_of(summary([source("x", image), *convs], ["b", 0, 0])))
    assert "conv + ReLU" in said and "stride 4" in said and "stride 2" not in said
    assert not any("norm" in text or "shortcut" in text for text in said)
    assert any("sigmoid" in text for text in said)
    recurrent = layer("LSTM", "l", [tensor("x", shape=(None, 5, 4))], units=3)
    said = texts(sheet_of(summary([source("x", (None, 5, 4)), recurrent], ["l", 0, 0])))
    assert "recurrent layer" in said


def test_names_of_outputs_are_no_marks() -> None:
    layers = [source("x"), dense("d", "x"), dense("g8", "d", 2)]
    said = texts(sheet_of(summary(layers, [["d", 0, 0], ["g8", 0, 0]])))
    assert "dilation" not in said and "8 groups" not in said


def test_every_shape_that_leaves_a_box_is_said() -> None:
    shape = (None, 5, 4)
    lstm = layer("LSTM", "l", [tensor("x", shape=shape)], units=3, return_sequences=True, return_state=True)
    found = summary([source("x", shape), lstm], [["l", 0, 0], ["l", 0, 1], ["l", 0, 2]])
    assert "5×3, 3" in texts(sheet_of(found))


def test_cells_steps_and_directions_are_said() -> None:
    shape = (None, 5, 4)
    cells = [{"class_name": f"{kind}Cell", "config": {"units": units}} for kind, units in (("LSTM", 32), ("GRU", 8))]
    stacked = {"class_name": "StackedRNNCells", "config": {"cells": cells}}
    layers = [
        source("x", shape),
        layer("RNN", "r", [tensor("x", shape=shape)], cell=stacked, return_sequences=True),
        layer("TimeDistributed", "t", [tensor("r", shape=(None, 5, 8))], layer=layer("Dense", "d", units=6)),
        layer("GRU", "g", [tensor("t", shape=(None, 5, 6))], units=3, go_backwards=True),
    ]
    said = " | ".join(texts(sheet_of(summary(layers, ["g", 0, 0]))))
    assert "LSTM 32 → GRU 8" in said and "Dense 6, per step" in said and "GRU 3, backwards" in said


def test_a_layer_that_time_distributed_calls_is_the_one_outside() -> None:
    """Keras marks the second entry of a layer; weights count once, in whichever order the two are written."""
    inner = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "frame", "units": 8}}
    plain = layer("Dense", "frame", [tensor("still")], units=8)
    wrapped = layer("TimeDistributed", "steps", [tensor("clip", shape=(None, 6, 4))], layer=inner)
    for first, second in ((plain, wrapped), (wrapped, plain)):
        (second if second is plain else second["config"]["layer"])["shared_object_id"] = 7
        layers = [source("clip", (None, 6, 4)), source("still"), first, second]
        found = summary(layers, [["steps", 0, 0], ["frame", 0, 0]], [["clip", 0, 0], ["still", 0, 0]])
        assert found.outline.cost.params == 40 and found.outline.cost.macs == 6 * 32 + 32
        assert sum("same weights" in text for text in texts(sheet_of(found))) == 1
        plain.pop("shared_object_id", None), inner.pop("shared_object_id", None)


def test_two_layers_of_one_name_in_and_outside_a_wrapper_are_two() -> None:
    inner = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "frame", "units": 8}}
    wrapped = layer("TimeDistributed", "steps", [tensor("clip", shape=(None, 6, 4))], layer=inner)
    plain = layer("Dense", "frame", [tensor("still")], units=8)
    layers = [source("clip", (None, 6, 4)), source("still"), wrapped, plain]
    found = summary(layers, [["steps", 0, 0], ["frame", 0, 0]], [["clip", 0, 0], ["still", 0, 0]])
    assert found.outline.cost.params == 80


@pytest.mark.parametrize(
    ("scale", "offset", "text"),
    [(1 / 127.5, -1, "rescale ÷ 127.5 − 1"), (1 / 255, 0.0, "rescale ÷ 255"), (2, 0.5, "rescale × 2 + 0.5"),
     (0.25, 0, "rescale ÷ 4"), ([0.5, 0.2], 0, "rescale")],
)  # fmt: skip
def test_what_rescaling_does_is_written(scale: Any, offset: float, text: str) -> None:
    found = summary([source("x"), layer("Rescaling", "o", [tensor("x")], scale=scale, offset=offset)], ["o", 0, 0])
    assert text in texts(sheet_of(found))


def cell(op: str, units: int) -> Json:
    return {"module": "keras.layers", "class_name": op, "config": {"units": units}}


def test_stacked_cells_of_both_directions_are_said_and_how_these_are_joined() -> None:
    cells = {"class_name": "StackedRNNCells", "config": {"cells": [cell("LSTMCell", 8), cell("GRUCell", 6)]}}
    inner = {"class_name": "RNN", "config": {"cell": cells, "return_sequences": True}}
    sequence = tensor("x", shape=(None, 15, 5))
    both = layer("Bidirectional", "o", [sequence], layer=inner, merge_mode="sum")
    found = summary([source("x", (None, 15, 5)), both], ["o", 0, 0])
    assert "BiLSTM 8 → GRU 6, summed" in texts(sheet_of(found))


def test_wrappers_of_different_layers_are_no_copies() -> None:
    """Labels of forms look into wrappers: per-step Dense and per-step LSTM are two things."""
    from blockviz.ops.families import form_label

    def form(inner: Json, op: str = "TimeDistributed") -> str:
        sequence = tensor("x", shape=(None, 6, 5))
        layers = [source("x", (None, 6, 5)), layer(op, "o", [sequence], layer=inner)]
        found = model("m", layers, ["x", 0, 0], ["o", 0, 0])
        node = graph_from_config(found).item("o")
        assert isinstance(node, Node)
        return form_label(node)

    dense = {"class_name": "Dense", "config": {"units": 4, "activation": "relu"}}
    wide = {"class_name": "Dense", "config": {"units": 8, "activation": "relu"}}
    conv = {"class_name": "Conv1D", "config": {"filters": 4, "kernel_size": [3]}}
    assert form(dense) == form(wide) != form(conv)
    lstm, gru = ({"class_name": op, "config": {"units": 4}} for op in ("LSTM", "GRU"))
    assert form(lstm, "Bidirectional") != form(gru, "Bidirectional")


def attention(name: str, reads: str, heads: int) -> Json:
    sequence = tensor(reads, shape=(None, 64, 32))
    shapes = {"query_shape": [None, 64, 32], "value_shape": [None, 64, 32], "key_shape": [None, 64, 32]}
    return layer("MultiHeadAttention", name, [sequence, sequence], num_heads=heads, key_dim=8, **shapes)


def test_heads_and_groups_that_differ_over_copies_are_ranges() -> None:
    """A panel stands for all copies, so a number that only some of them have is not printed."""
    layers, last = [source("x", (None, 64, 32))], "x"
    for n, (heads, groups) in enumerate(((1, 2), (2, 4), (4, 8), (8, 16))):
        sequence = [tensor(last, shape=(None, 64, 32))]
        conv = {"filters": 32, "kernel_size": [3], "padding": "same", "groups": groups, "strides": [1]}
        layers += [
            layer("LayerNormalization", f"n{n}", sequence),
            attention(f"a{n}", f"n{n}", heads),
            layer("Add", f"s{n}", [[tensor(f"a{n}", shape=(None, 64, 32)), *sequence]]),
            layer("Conv1D", f"c{n}", [tensor(f"s{n}", shape=(None, 64, 32))], activation="relu", **conv),
            layer("Dense", f"d{n}", [tensor(f"c{n}", shape=(None, 64, 32))], units=32),
        ]
        last = f"d{n}"
    layers += [dense("out", last, 3)]
    found = summary(layers, ["out", 0, 0])
    said = texts(sheet_of(found))
    assert any("1–8 heads" in text for text in said) and any("g2–16" in text for text in said)
    assert "groups" in said


@pytest.mark.parametrize("name", ["a|l", "a|badge", "mark0@1", "legend|0", "y|r"])
def test_a_layer_may_be_called_like_a_part_of_a_box(name: str) -> None:
    from blockviz.page.proof.outputs import flowchart_faults
    from blockviz.render.formats.mermaid import sheet_to_mermaid

    found = summary([source("x"), dense(name, "x"), dense("end", name, 2)], ["end", 0, 0])
    page = found.page(page="a4")
    text = sheet_to_mermaid(page)
    assert list(flowchart_faults(text, page.sheets[0], found.graph)) == []
    assert text.count("-->") == 2


def test_statistics_alone_freeze_nothing_and_a_bracket_holds_one_stretch() -> None:
    """A norm without scale and offset has weights that training never learns; it is not frozen for that."""
    from blockviz.page.glyphs.brackets import brackets_of
    from blockviz.page.glyphs.words import is_locked

    norm = layer("BatchNormalization", "bare", [tensor("x")], axis=-1, center=False, scale=False)
    found = summary([source("x"), norm, dense("a", "bare"), dense("b", "a", 2)], ["b", 0, 0])
    assert not any(map(is_locked, found.outline.parts))
    layers = [source("x"), dense("a", "x"), dense("b", "a", 5, trainable=False), dense("c", "b", 6)]
    mixed = summary(layers, ["c", 0, 0]).outline.parts
    assert [is_locked(part) for part in mixed] == [False, False, True, False]
    assert not [one for one in brackets_of(mixed, lambda part: False, None) if one.word in ("data", "frozen")]


def test_a_layer_of_a_nested_model_may_be_called_outside_between_its_calls() -> None:
    inner = [source("i", (None, 8)), dense("common", "i", 8), dense("own", "common", 8)]
    nested = model("inner", inner, [["i", 0, 0]], [["own", 0, 0]], [tensor("common")], [tensor("inner")])
    shared = dense("common", "x", 8)
    shared["inbound_nodes"].append({"args": [tensor("inner", 1)], "kwargs": {}})
    inner[1]["shared_object_id"] = 3
    layers = [source("x", (None, 8)), shared, nested, dense("out", "common", 1)]
    layers[3]["inbound_nodes"] = [{"args": [tensor("common", 1)], "kwargs": {}}]
    graph = graph_from_config(model("m", layers, [["x", 0, 0]], [["out", 0, 0]]))
    found = summarize(graph, collapse_nested=True)
    assert [part.kind for part in found.outline.parts].count("nested") == 2
    assert found.outline.cost.params == 40 + 40 + 5


def test_widths_span_forms_of_another_activation() -> None:
    """A panel that only names a variant says no width that the variant has not."""
    layers, last = [source("x", (None, 8))], "x"
    for n, (units, act) in enumerate([(32, "relu")] * 4 + [(16, "linear")]):
        before = tensor(last, shape=(None, 8))
        layers += [
            layer("LayerNormalization", f"n{n}", [before]),
            dense(f"u{n}", f"n{n}", units, activation=act),
            dense(f"v{n}", f"u{n}", 8),
            layer("Add", f"s{n}", [[tensor(f"v{n}", shape=(None, 8)), before]]),
        ]
        last = f"s{n}"
    found = summary([*layers, dense("out", last, 3)], ["out", 0, 0])
    panel = [text for text in texts(sheet_of(found)) if "Dense" in text and "ReLU" in text]
    assert panel and all("16–32" in text for text in panel)


def test_inputs_inside_a_block_are_told_by_their_shapes() -> None:
    sheet = zoo_summary("TwoTower").page(page="slide").sheets[0]
    said = ["".join(run.text for line in box.lines for run in line) for box in sheet.boxes if box.group == "A"]
    assert {"input 1", "input 8"} <= set(said) and "input" not in said


@pytest.mark.parametrize(("step", "said"), [(", per step", "↓2–4, per step"), ("", "↓4")])
def test_strides_of_a_layer_at_each_step_are_a_range_as_no_form_tells_them(step: str, said: str) -> None:
    labels = [Label("pool", "funnel", f"max {side}×{side}", f"↓{side}{step}") for side in (4, 2)]
    found = with_ranges(labels[0], ranges_over(labels))
    assert (found.head, found.tail) == ("max 2–4×2–4", said)


@pytest.mark.parametrize(("width", "said"), [("8", "8–16 d2"), ("f", "f d2")])
def test_a_kernel_of_eight_is_no_width_of_eight(width: str, said: str) -> None:
    """Where copies have other widths the range stands at the width, though the kernel is the same number."""
    ranges = ranges_over([Label("conv", "box", "conv 8", f"{filters} d2") for filters in (8, 16)])
    found = with_ranges(Label("conv", "box", "conv 8", f"{width} d2"), ranges)
    assert (found.head, found.tail) == ("conv 8", said)


@pytest.mark.parametrize(("tails", "said"), [
    (("16×16×16", "8×8×32"), "8–16×8–16×16–32"), (("16×16×16", "2×8×8×32"), ""), (("/4", "/24"), ""),
    (("8 heads, /4", "2 heads, /8"), "2–8 heads, /4–8"),
])  # fmt: skip
def test_a_label_for_several_copies_says_ranges_or_nothing(tails: tuple[str, str], said: str) -> None:
    labels = [Label("shape", "box", "reshape", tail) for tail in tails]
    assert with_ranges(labels[0], ranges_over(labels)).tail == said
    assert "/" not in with_ranges(labels[0], ranges_over(labels), terse=True).tail


def test_the_last_stage_of_a_swin_attends_within_one_window_and_is_drawn_as_the_others() -> None:
    """KerasHub's Swin with windows of 4×4 over 16×16, 8×8 and 4×4 positions: in the last stage one is the whole map."""
    stored = gzip.decompress((Path(__file__).parent / "small_swin.graph.json.gz").read_bytes())
    found = summarize(unpack(json.loads(stored)))
    for size in ({"width": "174mm"}, {"page": "a4"}):
        page = found.page(**size)
        assert page_faults(page, found.graph, found.source) == []
        said = " ".join("".join(run.text for run in line) for b in page.sheets[0].boxes for line in b.lines)
        assert "Window attention" in said and "2–8 heads, 4×4" in said and "Multi-head" not in said


@pytest.mark.parametrize("heads", [(1, 2, 1, 1, 2, 1), (2, 1, 2, 2, 1, 2), (1, 1, 2, 1, 1, 4)])
def test_heads_that_only_copies_of_another_form_have_are_in_the_range(heads: tuple[int, ...]) -> None:
    builder = Builder()
    x = builder.conv(builder.input(8, 32), 16)
    for place, count in enumerate(heads):
        y = builder.add("LayerNormalization", x, params=32)
        y = builder.add("MultiHeadAttention", y, y, channels=16, params=100, num_heads=count, key_dim=8)
        x = builder.add("Add", x, y)
        y = builder.add("LayerNormalization", x, params=32)
        y = builder.add("Dense", y, channels=32, params=500, units=32, activation="gelu")
        y = builder.add("Dense", y, channels=16, params=500, units=16)
        if place in (1, 4):
            y = builder.add("Dense", builder.add("Dropout", y, rate=0.1), channels=16, params=99, units=16)
        x = builder.add("Add", x, y)
    found = summarize(builder.finish(x))
    for size in ({"page": "a4"}, {"width": "84mm"}, {"page": "slide"}):
        page = found.page(**size)
        assert page_faults(page, found.graph, found.source) == []
        boxes = [box for sheet in page.sheets for box in sheet.boxes]
        texts = [" ".join("".join(run.text for run in line) for line in box.lines) for box in boxes]
        assert f"MHA {min(heads)}–{max(heads)} heads" in texts


def test_a_window_is_proved_by_the_scores_inside() -> None:
    stored = gzip.decompress((Path(__file__).parent / "small_swin.graph.json.gz").read_bytes())
    found = summarize(unpack(json.loads(stored)))
    (idiom, *_) = [item for block in blocks_in(found.graph) for item in block.body.items() if isinstance(item, Idiom)]
    reading = read_page(found.page(page="a4"))
    assert not list(box_faults("Window attention 2 heads, 4×4, rel. bias", [idiom], reading))
    assert list(box_faults("Window attention 2 heads, 16×16, rel. bias", [idiom], reading))


def test_only_maps_have_a_resolution() -> None:
    """Sentences of words have none, though an embedding gives them as many axes as an image."""
    shape = (None, 15, 30)
    embedded = layer("Embedding", "e", [tensor("x", shape=shape)], input_dim=9, output_dim=4)
    words = texts(summary([source("x", shape), embedded], ["e", 0, 0]).page().sheets[0])
    assert any("below: size" in text for text in words) and not any("resolution" in text for text in words)
