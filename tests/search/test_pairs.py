"""Small networks of kinds that were cut wrongly, each beside a neighbour that was not: both must be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from blockviz.ir import Idiom, blocks_in, leaves, with_items
from blockviz.ops.families import form_label
from blockviz.pipeline import summarize
from blockviz.runtime.records import replace
from blockviz.search.conventions import CONVENTIONS, Convention
from blockviz.search.description_length import description_length
from blockviz.search.find_blocks import FindBlocks
from blockviz.search.grammar_search import GrammarSearch
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.search.ways import WAYS, Way
from blockviz.structure.canonical_form import strides_of
from blockviz.summary import Summary
from graphs import Builder
from summaries import pair_summary, zoo_summary


def copies(name: str) -> list[list[int]]:
    """Per type, the layers of each copy."""
    return copies_in(pair_summary(name))


def copies_in(summary: Summary) -> list[list[int]]:
    """Per type with a letter of which there are several copies, the layers of each."""
    found = [block["instances"] for block in summary.to_dict()["blocks"] if len(block["type"]) == 1]
    return [[len(copy["layers"]) for copy in instances] for instances in found if len(instances) > 1]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("edgeconv", [[5] * 4]),  # outputs that are concatenated, too, change nothing
        ("edgeconv_last_only", [[5] * 4]),
        ("dec_plain", [[13] * 4]),  # not cut before the feed-forward part
        ("dec_inner_dropout", [[14] * 4]),
        ("mcan_min_dropin", [[10] * 4, [14] * 4]),
        ("mcan_min_noreduce", [[9] * 4, [13] * 4]),
        ("lsa_gsa_min_nopeg", [[20] * 4]),
        ("lsa_gsa_peg_min", [[24, 20, 24, 20]]),  # cut so that no half is left over, with a position now and then
        ("flow_4x8", [[93] * 4, [10] * 7 + [8] + [10] * 7 + [8] + [10] * 7 + [8] + [10] * 7 + [8]]),
        ("flow_4x4", [[49] * 4, [10] * 3 + [8] + [10] * 3 + [8] + [10] * 3 + [8] + [10] * 3 + [8]]),
        ("td_chain", [[3] * 4]),
        ("td_chain_without_td", [[3] * 4]),
        ("halving_blocks", [[6] * 5]),
        ("tasnet_all_alike", [[9] * 6]),
        ("tasnet_last_without_residual", [[9] * 5 + [7]]),  # the last one makes nothing that nobody would read
        ("forecasts_of_stacks", [[8] * 3 + [6]]),  # nor where each has a window of its own
        ("stacks_of_rates", [[7] * 3 + [4]]),
        ("last_maps_nothing_back", [[6, 6, 4]]),
        ("unet_pool", [[6, 7, 7, 7], [8] * 3]),
        ("convnext_226", [[6] * 10]),
        ("inner_residual", [[3] * 6]),
        ("series_or_parallel", [[5] * 6]),
        ("c_enc_dec_post", [[9] * 4, [13] * 4]),  # an encoder layer is no decoder layer without cross-attention
        ("convnext_222", [[6] * 6]),  # the step to the next stage stands on its own where stages have two blocks
        ("perceiver_min", [[7] * 4]),  # cross-attention is no copy of self-attention
        ("stages_of_two", [[6] * 8]),  # where stages stand alone, their blocks are drawn
        ("residual_stages_of_two", [[5, 5, 6, 5, 6, 5, 6, 5]]),
        ("encoder_and_decoder_written_out", [[25] * 3, [43] * 3]),  # nor where attention is spelled out, with a bias
        ("single_and_double_blocks", [[5] * 4, [7, 11, 9, 9, 11, 9, 9]]),  # two single ones are no double one
        ("two_small_layers", [[2] * 2, [2] * 2]),  # in a small network two are enough: a panel's frame is all they cost
        ("no_two_layers_alike", []),
        ("unet_stride", [[6] * 4, [8] * 3]),  # strided convolutions make levels as pooling does
        ("shortcut_two_paths", [[7, 7, 7, 16, 7, 7, 16, 7, 7]]),  # a shortcut of two paths stands in its block
        ("two_paths_post", [[7, 7, 7, 16, 7, 7, 16, 7, 7]]),
        ("se_shortcut", [[7, 7, 7, 13, 7, 7, 13, 7, 7]]),
        ("hourglass", [[19] * 3 + [16]]),
        ("cascade", [[12] * 2 + [7]]),
        ("c2f", [[19, 26, 26, 19]]),  # but a module with more inner blocks, all of them joined, is no other module
        ("osa_two", [[16] * 3, [16] * 3]),  # joining all of a chain is another module than joining half of it
        ("triplet_min", [[29] * 3, [7] * 9]),  # called three times, whatever two of the calls are followed by
        ("triplet_dot", [[24] * 3, [7] * 9]),
        ("siamese_predictor", [[24] * 2, [7] * 6]),
        ("refine", [[5] * 4]),  # but each step of a loop is one block, with the model that it calls
        ("vgg_2233_taps_conv", [[3, 3, 4, 4, 4], [2] * 3]),
        ("vilbert_min", [[28] * 4, [7] * 8, [7] * 8]),  # two streams are one layer, and what is behind one is no part
        ("co_attention", [[14] * 3]),  # nor what is before one
        ("stylegan_min", [[4] * 9, [12] * 4]),  # two tensors are passed on, the picture of each level belongs to it
        ("pictures_given", [[8] * 4]),
        # Streams of several scales are exchanged in modules, which overlap in depth-first order: all copies are equal.
        ("exchanges_132", [[12, 10, 10, 10], [7] * 38, [66] * 3, [106] * 2]),
        ("exchanges_2", [[12, 10, 10, 10], [23] * 2]),
        ("fusion_layers", [[7] * 8, [40] * 3, [5, 5, 5, 5, 4] * 3, [5] * 9]),
        ("kernel_stages", [[9, 7] * 3]),  # a kernel of their own makes copies no other type
        ("kernel_towers", [[7] * 9]),
        ("kernel_ladder", [[15] * 5]),
        ("dense_groups_of_two_kernels", [[11] * 4]),  # nor where branches of square windows are concatenated
        ("volume_levels", [[2, 2, 3, 3]]),  # nor does a pooling that keeps the frames
        ("growing_mlpconv", [[4] * 4]),
        ("dual_path", [[10] * 3]),  # along one axis, then along another: one block of two halves, named as a whole
        ("patches_and_channels", [[10] * 4, [4, 6] * 4]),
        ("axes_of_a_picture", [[18] * 4, [8, 10] * 4]),
        ("unet_strided_pairs", [[6] * 4, [8] * 3]),  # rows cut so that their steps lie anywhere are no levels
        ("distilled_encoder", [[14] * 2, [10] * 3, [14] * 2]),  # what a skip of a layer goes around is its part
        ("decomposed_layers", [[9] * 2, [13] * 2, [4] * 4, [5] * 4]),  # attention is no variant of what follows it
        ("dropout_levels", [[9, 9, 13, 13]]),  # a dropout behind each activation makes levels no other
        ("streams_first_without_norm", [[5] + [7] * 11]),  # a first copy may lack what comes before its convolution
        ("kernel_ladder_first_without_norm", [[18] + [19] * 4]),
        ("dropout_in_two_levels", [[5] * 2 + [4] * 3]),
        ("joined_before", [[5] * 4, [6] * 4]),  # a level begins with the sum that nothing else reads
        ("modulated_by_a_question", [[13] * 4]),  # a copy may have what serves it between its calls
        ("patches_in_the_first_layer", [[15] * 5]),  # what one copy alone reads is no part of it, wherever it stands
        ("rows_and_columns", [[16] * 4, [8] * 8]),  # layers that turn the axes for each other are one block of two
        ("operators_of_all_layers", [[10] * 14]),  # what all layers read makes no levels of them
        ("preactivation_stem", [[8, 7] * 3]),  # the first block's normalisation is no part of the stem
        ("preactivation_layers", [[4] * 10]),
        ("tower_of_poolings", [[4] * 5, [6] * 4]),
        ("places_and_channels", [[9] * 4]),  # a convolution across the places and a feed-forward network: one block
        ("places_twice", [[5] * 8]),
        ("step_for_each_block", [[11] * 4]),
        ("ffa_net", [[11] * 24]),  # a tail of as many layers, wired in its own way, is no copy that no row vouches for
        ("protein_bert", [[20] * 6]),  # what only the first reads, and only the last gives, is no part of a layer
        ("siamese_tower", [[19] * 2, [4] * 8]),  # a model that is called twice is itself a small network
        ("maxvit", [[40, 39, 41, 39, 41, 39, 39, 39, 39, 41, 39]]),  # a map cut into windows is no step to a stage
        ("recurrent_residual", [[16] * 3, [7] * 6]),  # a residual unit around recurrent ones, and the pooling between
        ("octave", [[12] * 4]),  # two streams, each normalised after it has been summed
        ("impala", [[5] * 6]),  # every second copy had the convolution and pooling before it
        # branches of a join, some pooled and some upsampled
        (
            "closed_by_convolution",
            [[8, 8, 9, 9, 8, 8, 8], [28, 42, 35], [3, 5, 5, 5], [7] * 9],
        ),  # which begins no block
        ("skips_with_layers", [[7] * 12, [4] * 6, [8] * 4]),  # a step up begins its level, not the one after
        ("diffusion_unet_plain", [[12, 12, 13, *[12] * 5, *[13] * 9], [44, 44, 45], [14] * 9]),
        (
            "diffusion_unet",
            [[12, 12, 18, 17, 12, 12, 17, 12, *[13] * 3, *[18] * 3, *[13] * 3], [14, 14, 14, 19, 19, 19, 14, 14, 14]],
        ),
        ("resized_branches", [[3, 3, 4, 3, 4, 4, 3, 4, 4, 3, 4, 3, 4, 4, 4, 3, 3], [7] * 3]),
        ("resized_branches_summed", [[3, 3, 4, 3, 4, 4, 3, 4, 4, 3, 4, 3, 4, 4, 4, 3, 3], [7] * 3]),
        ("fourier_then_queries", [[11] * 6, [16] * 6]),  # a feed-forward part is no layer without what mixes
        ("recurrent_then_queries", [[10] * 6, [16] * 6]),  # whatever that is
        ("molecules_then_rows", [[8] * 4, [4] * 2]),  # nor where it stands by itself
        ("queries_over_a_map", [[11] * 6, [15] * 6]),
        ("queries_and_positions", [[11] * 4, [16] * 4, [6] * 4]),  # nor is half of one within another
        ("queries_without_dropout", [[10] * 4, [14] * 4]),  # the layer's own tensor with positions is no other one
        ("places_then_attention", [[9] * 6, [9] * 9, [4] * 6]),  # and no step between two stages stands within a layer
        ("eeg_tcnet", [[11, 10]]),  # a fork belongs to the block, whatever the other path
        ("two_residual_blocks", [[11, 10]]),  # in a small network, a sum is a sum, whatever is in its skip
        ("tower_beside_a_backbone", [[8, 8, 8, 9, 8, 8, 9, 8, 8], [4] * 3]),  # small is what no block holds
        ("two_hops_of_attention", [[11] * 2]),  # the second hop ends as the first does, though it reads a sum
        ("three_hops_of_attention", [[10] * 3]),
        ("layers_of_three_kernels", [[2] * 3]),  # in a small network a kernel of its own makes a copy no other type
        ("filter_windows", [[2] * 3]),  # side by side, too
        ("branches_of_three_kernels", [[4] * 9]),
        ("two_streams_of_two_layers", [[2] * 2]),
        ("one_inception_module", []),  # of a fork whose branches differ none is a block
        ("one_aspp", []),
        ("last_without_pooling", [[8, 8, 6]]),  # a global pooling follows, in place of its own
        ("last_without_dropout_per_step", [[3, 3, 3, 2]]),
        ("last_without_dropout", [[2, 2, 1]]),
        ("dropout_behind_an_embedding", [[2] * 3]),
        ("dropout_before_both", [[4] * 2]),
        ("projection_between", []),  # but 1×1 is no kernel like 3×3
    ],
)
def test_copies_of_each_type(name: str, found: list[list[int]]) -> None:
    assert copies(name) == found


def test_a_block_without_the_sum_that_no_identity_fits_is_the_same_block() -> None:
    """Strides and new widths leave the shortcut out; a row of such chains that could have one is no such block."""
    assert [len(found) for found in copies_in(zoo_summary("MnasNet-A1"))] == [7, 8]


def test_a_link_of_a_dense_block_is_no_block_of_its_own() -> None:
    """Each joins one tensor more; what is drawn seven times with seven marks says less than the block as it is."""
    assert [len(found) for found in copies_in(zoo_summary("RDN"))] == [16]


def test_a_layer_ends_with_its_pooling() -> None:
    tower = pair_summary("tower_of_poolings").to_dict()["blocks"][0]["instances"]
    assert all(copy["layers"][-1].startswith("max_pooling") for copy in tower)


def test_dropout_begins_the_layers_where_it_falls_on_the_input() -> None:
    layers = pair_summary("operators_of_all_layers").to_dict()["blocks"][0]["instances"]
    assert {copy["layers"][0].split("_")[0] for copy in layers} == {"dropout"}


def test_dropout_ends_a_layer_unless_all_copies_would_lack_it_but_one() -> None:
    def words(name: str) -> set[str]:
        (layers,) = (block["instances"] for block in pair_summary(name).to_dict()["blocks"] if block["type"] == "A")
        return {copy["layers"][0].split("_")[0] for copy in layers}

    assert words("dropout_behind_an_embedding") == {"bidirectional"}
    assert words("dropout_before_both") == {"dropout"}


@pytest.mark.parametrize(("name", "repeats"), [("operators_of_all_layers", 14), ("residual_of_all", 8)])
def test_a_row_stands_in_the_overview(name: str, repeats: int) -> None:
    """Also where all of it reads two more tensors, and where a skip goes around the whole network."""
    assert repeats in [part["repeat"] for part in pair_summary(name).to_dict()["overview"]]


def test_experts_are_told_apart_by_the_gates_that_read_them() -> None:
    experts, heads = copies("ple_min")
    assert (len(experts), set(experts), len(heads)) == (9, {2}, 2)


def test_what_a_copy_has_less_of_is_not_said_to_be_missing() -> None:
    variants = {i["variant"] for name in ("hourglass", "c2f") for block in pair_summary(name).to_dict()["blocks"]
                for i in block["instances"] if i["variant"]}  # fmt: skip
    assert variants == {"one shortcut, two 1×1 convs", "one shortcut, three 3×3 convs"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("local_and_reduced_attention", {"spatial-reduction attention"}),  # whatever its reduction, which its box says
        ("reduced_attention", {"reduction 2"}),
    ],
)
def test_an_attention_of_another_kind_is_a_variant_by_its_name(name: str, words: set[str]) -> None:
    """What it is made of is no shortcut, and the stride inside it none of the block."""
    (block,) = pair_summary(name).to_dict()["blocks"][:1]
    assert {copy["variant"] for copy in block["instances"] if copy["variant"]} == words
    assert len(block["instances"]) == 12


def test_a_stride_inside_an_idiom_counts_unless_its_box_says_it() -> None:
    body = pair_summary("reduced_attention").outline.definitions[0].body
    bare = with_items(body, lambda item: replace(item, attributes={"heads": 1}) if isinstance(item, Idiom) else item)
    assert (max(strides_of(body), default=1), max(strides_of(bare))) == (1, 4)


def test_a_last_copy_with_a_window_of_its_own_is_told_by_what_it_lacks() -> None:
    block = pair_summary("forecasts_of_stacks").to_dict()["blocks"][0]
    assert [copy["variant"] for copy in block["instances"]] == [None] * 3 + ["three dense layers"]
    letters = pair_summary("forecasts_of_stacks").outline.definitions[0].instances
    assert [copy.values["p"] for copy in letters] == ["8", "4", "2", "1"]


def test_aggregations_that_join_other_branches_are_another_type() -> None:
    downsampled, backbone, neck = copies("elan_min")
    assert (len(downsampled), len(backbone), len(neck)) == (2, 3, 3)


def attention_stack() -> Builder:
    """Four layers of self-attention, cross-attention and two dense layers over one memory."""
    b = Builder()
    memory, x = b.conv(b.input(), 8), b.conv(b.input(), 8)
    for _ in range(4):
        x = b.add("LayerNormalization", b.add("Add", x, b.add("MultiHeadAttention", x, x, params=9)))
        x = b.add("LayerNormalization", b.add("Add", x, b.add("MultiHeadAttention", x, memory, params=9)))
        y = b.add("Dense", b.add("Dense", x, units=32, params=9, channels=32), units=8, params=9, channels=8)
        x = b.add("LayerNormalization", b.add("Add", x, y))
    b.finish(x)
    return b


def test_a_shorter_description_is_that_of_the_true_blocks() -> None:
    graph = attention_stack().graph
    found = GrammarSearch()(graph, Interner())
    interner = Interner()
    drawings = graph, FindBlocks().by_rules(graph, interner)
    plain, by_rules = (description_length(each, Prices(), interner) for each in drawings)
    assert description_length(found, Prices(), interner) < plain / 2
    assert description_length(found, Prices(), interner) <= by_rules
    (types,) = {tuple(sorted(found.types))}
    assert types and [node.id for node in leaves(found)] != [] and len(found) < len(graph) / 2


def test_the_search_gives_the_same_twice() -> None:
    one, other = (GrammarSearch()(attention_stack().graph, Interner()) for _ in range(2))
    assert list(one) == list(other) and one.types == other.types


@pytest.mark.parametrize("orders", [((5, 1, 3), (1, 3, 5)), ((1, 3), (3, 1))])
def test_branches_in_another_order_are_no_difference(orders: tuple[tuple[int, ...], ...]) -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for number in range(4):
        x = b.add("Concatenate", *(b.conv(b.conv(x, 8, 1), 8, kernel) for kernel in orders[number % 2]))
    (found,) = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline.definitions
    assert (found.count, found.variants) == (4, ())


@pytest.mark.parametrize("counts", [(1, 1, 2, 2), (2, 3, 2), (3, 1, 1, 1, 2)])
@pytest.mark.parametrize("up", [False, True])
def test_levels_of_a_plain_chain_are_one_type_however_many_convolutions_each_has(
    counts: tuple[int, ...], up: bool
) -> None:
    b = Builder()
    x, size = b.conv(b.input(size=96), 4, 5), 96
    for level, count in enumerate(counts):
        size = 2 * size if up else size // 2
        x = b.sized("UpSampling2D", x, size, size=[2, 2]) if up else x
        for _ in range(count):
            x = b.conv(x, 8 << level)
        x = x if up else b.sized("MaxPooling2D", x, size, pool_size=[2, 2])
    assert [len(found) for found in copies_in(summarize(b.finish(b.add("GlobalAveragePooling2D", x))))] == [len(counts)]


def test_what_only_the_first_block_reads_and_all_others_have_is_its_own() -> None:
    """Its projection of the step stands with the embedding of the step, which is one box."""
    outline = zoo_summary("DiffusionUNet").outline
    assert not any("dense layer" in variant.name for found in outline.definitions for variant in found.variants)
    assert [part.name for part in outline.parts][:2] == ["Input input_layer_1", "time embedding"]
    assert len(outline.parts) <= 30


def test_types_are_exchanged_where_the_whole_gets_shorter() -> None:
    """As in MobileOne: the block that begins a stage lacks the normalised skips, and is a variant."""
    b = Builder()
    x = b.conv(b.input(), 8)
    for stage in range(3):
        width = 8 << stage
        for copy in range(4):
            strides = [2, 2] if copy == 0 else [1, 1]
            same = [] if copy == 0 else [b.add("BatchNormalization", x, params=4)]
            sides = [
                b.add("BatchNormalization", b.add("DepthwiseConv2D", x, params=9, kernel_size=[k, k], strides=strides))
                for k in (3, 1)
            ]
            x = b.add("Activation", b.add("Add", *sides, *same), activation="relu")
            y = b.conv(x, width, 1, act=False)
            y = y if copy == 0 else b.add("Add", y, b.add("BatchNormalization", x, params=4))
            x = b.add("Activation", y, activation="relu")
    graph = b.finish(b.add("GlobalAveragePooling2D", x))
    assert [len(found) for found in copies_in(summarize(graph))] == [12]


def test_copies_with_another_kernel_are_one_block_with_a_parameter() -> None:
    (units,) = pair_summary("kernel_towers").outline.definitions
    assert units.parameters["k"] == ("3", "5", "7") and not units.variants


@pytest.mark.parametrize("convention", [*CONVENTIONS, *WAYS], ids=lambda convention: convention.name)
def test_every_convention_and_way_has_its_reason_and_its_test(convention: Convention | Way) -> None:
    name, _, parameter = convention.test.rstrip("]").partition("[")
    text = Path(__file__).read_text(encoding="utf-8")
    assert f"def {name}(" in text and (not parameter or f'("{parameter}", ' in text)
    assert convention.reason and convention.network


def test_what_a_wrapper_calls_at_each_step_is_named() -> None:
    (block,) = pair_summary("last_without_dropout_per_step").to_dict()["blocks"]
    assert [copy["variant"] for copy in block["instances"]] == [None, None, None, "no dropout"]


@pytest.mark.parametrize("name", ["last_without_pooling", "eeg_tcnet", "shortcut_two_paths"])
def test_a_call_that_is_kept_is_taken_in_by_no_convention(name: str) -> None:
    source = pair_summary(name).source
    for layer in {form_label(source.item(layer)): layer for layer in source}.values():  # the last call of each form
        graph = summarize(source, keep=[layer]).graph
        assert not any(layer in block.body for block in blocks_in(graph) if block.type), layer
