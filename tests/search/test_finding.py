"""What block finding must see through: taps, identities, orders in which modules overlap, calls nobody knows."""

from __future__ import annotations

import random

import networkx as nx
import pytest

from blockviz.frontends import read_model
from blockviz.ir import Block, Composite, LayerGraph, Run, blocks_in, leaves
from blockviz.page import parse_page
from blockviz.page.fitting.compose import compose
from blockviz.pipeline import run_passes, summarize
from blockviz.runtime.records import replace
from blockviz.search.few_live_order import tightened
from blockviz.search.post_order import Order, reordered
from blockviz.structure.canonical_form import body_form
from graphs import Builder
from samples import in_turn
from summaries import known_summary, zoo_summary


def runs(graph: LayerGraph) -> list[int]:
    """Sizes of the runs in the overview, blocks that stand alone counting one."""
    found = [item for item in run_passes(graph).items() if isinstance(item, Run | Block)]
    return [len(item.body) if isinstance(item, Run) else 1 for item in found]


def inverted_residual(b: Builder, x: str, width: int, strides: int = 1, *, identity: bool = False) -> tuple[str, str]:
    """The block's output, and the expanded tensor inside it."""
    inside = b.conv(x, 6 * width, 1)
    y = b.add("DepthwiseConv2D", inside, kernel_size=[3, 3], strides=[strides, strides])
    y = b.add("Activation", b.add("BatchNormalization", y), activation="relu")
    y = b.conv(y, width, 1, act=False)
    if identity:
        y = b.add("Activation", y, activation="linear")
    return (b.add("Add", x, y) if strides == 1 else y), inside


def test_taps_inside_blocks_change_neither_blocks_nor_stages() -> None:
    b = Builder()
    x, taps = b.conv(b.input(), 8), []
    for width, count in ((8, 3), (16, 4), (32, 3)):
        for number in range(count):
            x, inside = inverted_residual(b, x, width, 2 if number == 0 else 1)
            if number == 0:
                taps.append(inside)
    for width, tap in zip((32, 16, 8), reversed(taps), strict=True):
        x = b.conv(b.add("Add", b.add("UpSampling2D", b.conv(x, 6 * width, 1), size=[2, 2]), tap), width)
    graph = b.finish(x)
    assert runs(graph)[:3] == [3, 4, 3]
    (main, *_) = [block for block in blocks_in(run_passes(graph)) if len(block.body.exits) > 1]
    assert main.outputs[0] == main.body.item(list(main.body)[-1]).outputs[0]  # what the block ends in, not the tap


def test_an_identity_makes_no_stranger() -> None:
    b = Builder()
    x = b.conv(b.input(), 16)
    for width in (16, 32):
        for number in range(4):
            x, _ = inverted_residual(b, x, width, 2 if number == 0 else 1, identity=number == 0)
    summary = summarize(b.finish(b.add("GlobalAveragePooling2D", x)))
    assert [part.repeat for part in summary.overview if part.letter] == [4, 4]
    assert len({part.letter for part in summary.overview if part.letter}) == 1


def test_an_order_with_fewer_tensors_alive_is_topological_and_keeps_exchanges_together() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    branches = [b.conv(x, 8), b.conv(x, 8, 5)]
    exchanges: list[list[str]] = []
    for _ in range(3):
        branches = [b.conv(b.conv(branch, 8), 8) for branch in branches]
        exchanges.append([b.add("Add", *branches), b.add("Multiply", *branches)])
        branches = exchanges[-1]
    graph = Order()(b.finish(b.add("Concatenate", *branches)))
    order = tightened(graph)
    at = {name: position for position, name in enumerate(order)}
    assert sorted(order) == sorted(graph)
    assert all(at[source] < at[target] for source, target in graph.edges)
    apart = [abs(list(graph).index(a) - list(graph).index(c)) for a, c in exchanges]
    assert [abs(at[a] - at[c]) for a, c in exchanges] == [1, 1, 1] != apart
    assert list(reordered(graph, order)) == order


def test_layers_of_an_unknown_class_that_read_a_mask_are_a_run() -> None:
    b = Builder()
    mask, x = b.input(), b.conv(b.input(), 8)
    for _ in range(5):
        x = b.add("TransformerEncoder", x, mask, heads=4)
    for node in leaves(b.graph):
        if node.op == "TransformerEncoder":
            object.__setattr__(node.layer, "params", None)  # nobody knows how many
    summary = summarize(b.finish(b.conv(x, 8)))
    assert [part.repeat for part in summary.overview if "TransformerEncoder" in part.name] == [5]


def attention(b: Builder, x: str, width: int) -> str:
    q, k, v = (b.add("Dense", x, units=width, channels=width) for _ in range(3))
    weights = b.add("Softmax", b.add("Matmul", q, k))
    return b.add("Dense", b.add("Matmul", weights, v), units=width, channels=width)


def test_attention_written_out_is_named_by_what_it_is() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(4):
        x = b.add("Add", x, attention(b, b.add("LayerNormalization", x), 8))
        y = b.add("Dense", b.add("LayerNormalization", x), units=32, activation="gelu", channels=32)
        x = b.add("Add", x, b.add("Dense", y, units=8, channels=8))
    summary = summarize(b.finish(x))
    assert [found["name"] for found in summary.to_dict()["idioms"]] == ["Axial attention"] * 4  # rows of a map
    assert [part.repeat for part in summary.overview if part.letter] == [4]


def test_a_body_higher_than_the_page_stands_in_two_columns() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(3):
        start = x
        for number in range(26):
            x = b.add(f"Step{number}", x)
        x = middle = b.add("Add", x, start)
        for number in range(26, 52):
            x = b.add(f"Step{number}", x)
        x = b.add("Add", x, middle)
    page = compose(summarize(b.finish(x)).outline, parse_page("a4"))
    assert {group.id for group in page.sheets[0].groups} >= {"A"} and not any("panel" in note for note in page.advice)
    texts = ["".join(run.text for run in words.runs) for words in page.sheets[0].words]
    assert "the right column continues the left one" in texts


def attention_block(b: Builder, x: str, *, shifted: bool) -> str:
    """A transformer block; a shifted one rolls its tokens there and back."""
    y = b.add("LayerNormalization", x, params=16)
    if shifted:
        y = b.add("Roll", y, shift=-3)
    y = b.add("MultiHeadAttention", y, y, params=256, num_heads=4)
    if shifted:
        y = b.add("Roll", y, shift=3)
    x = b.add("Add", b.add("Dropout", b.add("Dense", y, params=64, units=8), rate=0.1), x)
    y = b.add("Dense", b.add("LayerNormalization", x, params=16), params=288, units=32, activation="gelu")
    return b.add("Add", b.add("Dropout", b.add("Dense", y, params=264, units=8), rate=0.1), x)


def test_blocks_that_take_turns_and_hardly_differ_are_variants_of_one_type() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for number in range(12):
        x = attention_block(b, x, shifted=number % 2 == 1)
    parts = [part for part in summarize(b.finish(x)).overview if part.letter]
    assert [part.repeat for part in parts] == [12]
    assert sorted(map(bool, parts[0].variants)) == [False] * 6 + [True] * 6


def test_blocks_that_take_turns_and_differ_are_a_pair() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(6):
        x = attention_block(b, x, shifted=False)
        y = b.add("DepthwiseConv2D", x, params=72, kernel_size=[3, 3])
        x = b.add("Add", b.conv(b.conv(y, 32, 1), 8, 1), x)
    parts = [part for part in summarize(b.finish(x)).overview if part.letter]
    assert parts[0].repeat == 6


def noise(b: Builder, x: str, count: int, rng: random.Random) -> str:
    """Calls drawn at random, as alike as calls of a few kinds must be by chance."""
    recent = [x]
    for _ in range(count):
        if len(recent) > 1 and rng.random() < 0.15:
            x = b.add(rng.choice(("Add", "Concatenate")), recent[-1], rng.choice(recent[:-1]))
        else:
            x = b.add(rng.choice(("Dense", "Dropout", "LayerNormalization", "MaxPooling2D")), recent[-1], params=1)
        recent = [*recent[-7:], x]
    return x


def found_by_chance(calls: int) -> list[str]:
    """The types with more than three copies in a graph by chance."""
    b = Builder()
    graph = b.finish(noise(b, b.input(), calls, random.Random(1)))
    return [found.name for found in summarize(graph).blocks if found.count > 3]


def test_what_chance_makes_in_a_huge_graph_is_no_block() -> None:
    assert found_by_chance(2500) == []


def missing_of_planted(runs: int) -> list[str]:
    """What says that fewer than nine in ten of the blocks are found that stand by three between calls by chance."""
    b, rng = Builder(), random.Random(2)
    x, planted = b.input(), []
    for _ in range(runs):
        x = noise(b, x, 100, rng)
        for _ in range(3):
            start = len(b.graph)
            x = b.add("Add", b.conv(b.conv(x, 16), 16), x)
            planted.append(tuple(b.graph)[start:])
    copies = [set(copy) for p in summarize(b.finish(x)).overview if p.letter and p.repeat == 3 for copy in p.copies]
    found = sum(set(block) in copies for block in planted)
    return [] if found >= 0.9 * len(planted) else [f"{found} of {len(planted)}"]


def test_a_block_planted_in_noise_is_found() -> None:
    assert missing_of_planted(8) == []


@pytest.mark.parametrize("name", ["HRNet", "YOLOv3", "EfficientDet", "MMoE"])
def test_no_block_is_made_of_pieces_that_hang_together_nowhere(name: str) -> None:
    by_form: dict[object, list[LayerGraph]] = {}
    for block in blocks_in(zoo_summary(name).graph):
        if isinstance(block, Block):
            by_form.setdefault((block.type, body_form(block.body)), []).append(block.body)
    repeated = [bodies[0] for bodies in by_form.values() if len(bodies) > 2]
    assert repeated and all(nx.is_weakly_connected(body) for body in repeated)


def test_two_paths_that_add_to_each_other_are_one_block_a_turn() -> None:
    b = Builder()
    p, q = b.input(), b.input()
    for _ in range(9):
        p = b.add("Add", p, b.conv(b.add("Activation", q, activation="relu"), 8, norm=False, act=False))
        q = b.add("Add", q, b.conv(b.add("Activation", p, activation="relu"), 8, norm=False, act=False))
    parts = [part for part in summarize(b.finish(b.add("Concatenate", p, q))).overview if part.letter]
    assert [part.repeat for part in parts if part.repeat > 1] == [9]


def resized(b: Builder, name: str, size: int) -> str:
    """The same call, giving another resolution."""
    item = b.graph.item(name)
    b.graph.add_node(name, item=replace(item, outputs=((None, size, size, item.outputs[0][-1]),)))
    return name


def test_an_encoder_whose_four_scales_a_head_collects_keeps_its_stages() -> None:
    """The last stage attends to all tokens, the others to reduced ones, and a normalisation ends each embedding."""
    b = Builder()
    x, scales = b.input(), []
    for width, size in ((8, 32), (16, 16), (32, 8), (64, 4)):
        x = resized(b, b.conv(x, width, strides=2, norm=False, act=False), size)
        x = b.add("LayerNormalization", x, params=16)
        for _ in range(2):
            y = keys = b.add("LayerNormalization", x, params=16)
            if width < 64:
                keys = b.add("LayerNormalization", b.conv(y, width, 2, norm=False, act=False), params=16)
            x = b.add("Add", x, b.add("MultiHeadAttention", y, keys, params=256, num_heads=2))
            y = dense(b, b.add("LayerNormalization", x, params=16), 4 * width)
            x = b.add("Add", x, dense(b, b.add("Activation", y, activation="gelu"), width))
        x = b.add("LayerNormalization", x, params=16)
        scales.append(b.add("Reshape", x))
    branches = [resized(b, b.add("Resizing", dense(b, scale, 8), height=32, width=32), 32) for scale in scales]
    graph = run_passes(b.finish(b.conv(b.add("Concatenate", *branches), 8)))
    attending = [run for run in all_runs(graph) if any(node.op == "MultiHeadAttention" for node in leaves(run.body))]
    variants = [[copy.variant for copy in run.body.items() if isinstance(copy, Composite)] for run in attending]
    assert [len(found) for found in variants] == [2, 2, 2, 2]
    assert [len(set(found)) for found in variants] == [1, 1, 1, 1]


def dense(b: Builder, x: str, units: int) -> str:
    return b.add("Dense", x, params=units, channels=units, units=units)


def all_runs(graph: LayerGraph) -> list[Composite]:
    """The runs of blocks at every level."""
    found = []
    for item in graph.items():
        if isinstance(item, Composite):
            found += ([item] if isinstance(item, Run) and item.type else []) + all_runs(item.body)
    return found


def test_an_input_that_joins_a_block_stands_before_it() -> None:
    b = Builder()
    x, masked = b.conv(b.input(), 8), ""
    for _ in range(6):
        y = dense(b, b.add("LayerNormalization", x, params=16), 8)
        masked = masked or b.input()
        x = b.add("Add", dense(b, b.add("Multiply", y, masked), 8), x)
    parts = [part for part in summarize(b.finish(x)).overview if part.letter]
    assert [(part.repeat, set(part.variants)) for part in parts] == [(6, {None})]


def test_a_block_of_two_halves_begins_where_most_copies_do() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)

    def half(x: str, op: str, width: int) -> str:
        y = b.add(op, b.add("LayerNormalization", x), params=1, channels=width, kernel_size=[3, 3])
        return b.add("Add", x, b.conv(y, width, 1, norm=False, act=False))

    counts = (2, 3, 4, 2, 2, 2, 3, 2, 2)
    for stage, count in enumerate(counts):
        width = 8 << stage
        if stage:
            x = b.conv(x, width, 2, norm=False, act=False)
        for _ in range(count):
            x = half(half(x, "DepthwiseConv2D", width), "Dense", width)
    outline = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline
    assert [part.repeat for part in outline.parts if part.letter == "A"] == list(counts)
    calls = [node.op for node in leaves(outline.definitions[0].body)]
    assert calls.index("DepthwiseConv2D") < calls.index("Dense")
    assert outline.definitions[0].variants == ()  # what stands before both branches is a transition of its own


def test_an_encoder_and_its_decoder_are_cut_each_for_itself() -> None:
    b = Builder()

    def attend(x: str, *memory: str, drop: bool = False) -> str:
        y = b.add("LayerNormalization", x)
        y = b.add("MultiHeadAttention", y, *(memory or (y,)), params=1)
        return b.add("Add", x, b.add("Dropout", y, rate=0.1) if drop else y)

    def feed_forward(x: str) -> str:
        y = b.add("LayerNormalization", x)
        gate, value = (b.add("Dense", y, params=1, units=16, activation=act) for act in ("gelu", "linear"))
        y = b.add("Dense", b.add("Multiply", gate, value), params=1, units=8)
        return b.add("Add", x, b.add("Dropout", y, rate=0.1))

    x = b.add("Embedding", b.input(), params=1)
    for _ in range(8):
        x = feed_forward(attend(x, drop=True))
    memory = b.add("LayerNormalization", x)
    x = b.add("Embedding", b.input(), params=1)
    for _ in range(8):
        x = feed_forward(attend(attend(x, drop=True), memory))
    outline = summarize(b.finish(b.add("LayerNormalization", x))).outline
    assert [(found.name, found.count, found.variants) for found in outline.definitions] == [
        ("Encoder layer", 8, ()),
        ("Decoder layer", 8, ()),
    ]


def test_the_last_level_of_a_u_net_may_have_no_skip() -> None:
    b = Builder()
    x, skips = b.input(), []
    for width in (8, 16, 32, 64, 128):
        x = b.conv(x, width, 5, strides=2)
        skips.append(x)
    for width, skip in zip((64, 32, 16, 8, 4), (*reversed(skips[:-1]), ""), strict=True):
        x = b.add("UpSampling2D", x, size=[2, 2])
        x = b.conv(b.conv(b.add("Concatenate", x, skip) if skip else x, width), width)
    definitions = summarize(b.finish(x)).outline.definitions
    assert [(found.count, [variant.name for variant in found.variants]) for found in definitions] == [
        (5, ["no concatenation"]),
    ]


def test_the_outputs_of_a_model_are_in_no_group() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(4):
        x = b.add("Add", b.conv(b.conv(x, 8), 8), x)
    heads = [b.conv(b.conv(x, 8), width, 1, norm=False, act=False) for width in (80, 2, 3)]
    parts = summarize(b.finish(*heads)).overview
    assert [part.letter for part in parts if part.letter] == ["A", "B", "B", "B"]
    assert [part.outputs for part in parts if part.outputs] == [(name,) for name in heads]


def test_the_inner_end_of_a_nested_model_is_neither_drawn_nor_a_difference() -> None:
    """Tacotron 2's encoder layers are models of their own, FCOS' head forks right behind its input."""
    tacotron = zoo_summary("Tacotron2")
    assert {3, 4} <= {part.repeat for part in tacotron.overview}  # its layers with dropout are rows of units
    assert not any("InputLayer" in variant.name for block in tacotron.blocks for variant in block.variants)
    page = compose(zoo_summary("FCOS").outline, parse_page("a4"))
    texts = ["".join(run.text for run in words.runs) for words in page.sheets[0].words]
    assert texts.count("input") == 1


def test_pooling_is_no_copy_of_a_convolution() -> None:
    b = Builder()
    x = b.conv(b.input(), 16)
    for _ in range(4):  # two convolutions side by side, one of them 3×3
        left = b.conv(b.conv(x, 8, 1), 8)
        x = b.conv(b.add("Concatenate", left, b.conv(x, 8, 1)), 16, 1)
    left = b.add("MaxPooling2D", b.conv(x, 8, 1), pool_size=[3, 3], strides=[1, 1], padding="same")
    x = b.conv(b.add("Concatenate", left, b.conv(x, 8, 1)), 16, 1)
    outline = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline
    assert [(found.count, found.variants) for found in outline.definitions if found.count > 1] == [(4, ())]


def test_what_gives_the_outputs_of_a_model_is_a_head() -> None:
    names = {found.name: found.count for found in zoo_summary("SSD300").outline.definitions}
    assert names["Prediction head"] == 12  # boxes and classes at six scales, gathered by concatenations
    names = {found.name: found.count for found in zoo_summary("RetinaNet").outline.definitions}
    assert names["RetinaNet head"] == 10 and "Convolutional block" not in names  # levels in a row are none


def test_an_input_that_every_module_reads_anew_stands_before_them() -> None:
    """As in Perceiver: each cross-attention normalises the same input; it is no variant of self-attention."""
    b = Builder()
    memory, x = b.input(), b.input()

    def layer(x: str, memory: str = "") -> str:
        y = b.add("LayerNormalization", x)
        x = b.add("Add", x, b.add("MultiHeadAttention", y, memory or y, params=1))
        return b.add("Add", x, dense(b, dense(b, b.add("LayerNormalization", x), 32), 8))

    for _ in range(4):
        x = layer(x, b.add("LayerNormalization", memory))
        for _ in range(3):
            x = layer(x)
    outline = summarize(b.finish(b.add("GlobalAveragePooling1D", x))).outline
    assert [part.repeat for part in outline.parts if part.letter] == [1, 3] * 4
    assert [(found.count, found.variants) for found in outline.definitions] == [(4, ()), (12, ())]


def test_refining_stages_end_with_the_output_that_they_give() -> None:
    """As in convolutional pose machines: each stage reads the features and what the one before predicts."""
    b = Builder()
    features = b.conv(b.conv(b.input(), 8), 16)
    outputs = [b.conv(b.conv(features, 32, 1), 4, 1, norm=False, act=False)]
    for _ in range(5):
        y = b.add("Concatenate", outputs[-1], features)
        for _ in range(4):
            y = b.conv(y, 16, 7)
        outputs.append(b.conv(y, 4, 1, norm=False, act=False))
    found = summarize(b.finish(*outputs)).outline.definitions
    assert [(block.count, len(block.body.exits)) for block in found if block.count > 1] == [(5, 1)]


TAPPED, TAPS = ["ResNet50", "InceptionV3", "DenseNet121"], [(4, 1), (12, 2), (1_000, 3)]


def boxes_of_taps(network: str, count: int, seed: int) -> list[str]:
    """What says that so many inner tensors as outputs made more than two boxes of an overview."""
    boxes = len(known_summary(network).overview)
    graph = read_model(network)
    inner = [name for name in graph if graph.edges_into(name) and name not in graph.exit_names]
    taps = random.Random(seed).sample(inner, min(count, len(inner)))
    graph.graph["exits"] = (*((name, 0) for name in taps), *graph.exits)
    found = len(summarize(graph).overview)
    return [] if found <= boxes + 2 else [f"{found} boxes, {boxes} without taps"]


@pytest.mark.parametrize(("network", "taps"), in_turn(TAPPED[:2], TAPS[1:]))
def test_inner_tensors_given_out_are_taps_and_break_nothing(network: str, taps: tuple[int, int]) -> None:
    assert boxes_of_taps(network, *taps) == []


@pytest.mark.parametrize(("name", "types"), [
    ("InceptionV3", {
        "Stem": 1, "Inception-A": 3, "Reduction-A": 1, "Inception-B": 4, "Reduction-B": 1, "Inception-C": 2,
    }),
    ("InceptionResNetV2", {
        "Stem": 1, "Inception-A": 1, "Inception-ResNet-A": 10, "Reduction-A": 1, "Inception-ResNet-B": 20,
        "Reduction-B": 1, "Inception-ResNet-C": 10,
    }),
    ("NASNetMobile", {"Reduction cell": 4, "Normal cell": 12}),
    ("Xception", {"Xception down module": 4, "Xception module": 8, "Head": 1}),
    ("DenseNet121", {"Dense layer": 58, "Transition": 3}),
])  # fmt: skip
def test_types_are_those_of_the_papers(name: str, types: dict[str, int]) -> None:
    assert {found.name: found.count for found in known_summary(name).outline.definitions} == types


@pytest.mark.parametrize(("name", "types"), [
    ("InceptionResNetV1", {
        "Stem": 1, "Inception-ResNet-A": 5, "Reduction-A": 1, "Inception-ResNet-B": 10, "Reduction-B": 1,
        "Inception-ResNet-C": 5,
    }),
    ("CaiT-XXS24", {"Encoder layer": 24, "Class attention layer": 2}),
    ("HRNet", {"Bottleneck": 4, "Basic block": 104, "Exchange unit 1": 4, "Exchange unit 2": 3}),
])  # fmt: skip
def test_types_of_the_zoo_are_those_of_the_papers(name: str, types: dict[str, int]) -> None:
    assert {found.name: found.count for found in zoo_summary(name).outline.definitions} == types


def test_what_is_kept_is_in_no_block_of_a_small_network() -> None:
    b = Builder()
    x = b.input()
    for _ in range(2):
        x = b.add("MaxPooling2D", b.conv(x, 8, 3))
    graph = b.finish(b.add("Dense", b.add("GlobalAveragePooling2D", x), units=10))
    assert [block.count for block in summarize(graph).blocks] == [2]
    assert not summarize(graph, keep=[x]).blocks
