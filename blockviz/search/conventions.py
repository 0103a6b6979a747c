"""What is done to a finished drawing, whichever search has found it: one literal list, each with its reason.

`benchmarks/objective.py --ablation` says what each carries on the tuned and on the sealed half of the zoo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from blockviz.ir import LayerGraph, blocks_in
from blockviz.runtime.records import dataclass
from blockviz.search.axes_in_turn import axes_in_turn
from blockviz.search.borrowed_norms import norms_given_back
from blockviz.search.closed_forks import forks_closed
from blockviz.search.completed_copies import copies_completed
from blockviz.search.ended_copies import ended_copies_joined
from blockviz.search.exchange_moves import exchanged
from blockviz.search.following_norms import norms_taken_in
from blockviz.search.inline_fragments import parts_opened
from blockviz.search.linearise import Interner
from blockviz.search.mixing_apart import mixing_apart
from blockviz.search.opened_stages import stages_opened
from blockviz.search.plain_rows import plain_rows_cut
from blockviz.search.prices import Prices
from blockviz.search.resized_branches import branches_completed
from blockviz.search.row_ends import row_ends_moved
from blockviz.search.shared_calls import shared_calls_apart
from blockviz.search.shortcut_paths import shortcuts_joined
from blockviz.search.skip_moves import torn_opened
from blockviz.search.strangers_apart import strangers_apart
from blockviz.search.trimmed_copies import trimmed

Change: TypeAlias = Callable[[LayerGraph, Prices, Interner], LayerGraph]


@dataclass(frozen=True, slots=True)
class Convention:
    """One change of a drawing.

    reason : why papers draw it so, or why it is shorter. network : that shows it; test : that holds it.
    costly : whether it prices many drawings, which takes too long in a large graph.
    """

    name: str
    change: Change
    reason: str
    network: str
    test: str
    costly: bool = False


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "exchange",
        exchanged,
        "a search adds type after type; of the whole drawing the objective says which of them are one",
        "MobileOne: its strided blocks, which lack the normalised skips, are no other type",
        "test_types_are_exchanged_where_the_whole_gets_shorter",
        costly=True,
    ),
    Convention(
        "stages",
        stages_opened,
        "where each stage stands alone, its blocks tell more than it does, and are fewer calls to draw",
        "a classifier of two depthwise separable blocks and a pooling in each of four stages",
        "test_copies_of_each_type[stages_of_two]",
        costly=True,
    ),
    Convention(
        "torn",
        lambda graph, *_: torn_opened(graph),
        "a part of a layer without the attention that its addition goes around is no block of its own",
        "MCAN: the halves of its guided attention, each less its attention",
        "test_copies_of_each_type[mcan_min_noreduce]",
    ),
    Convention(
        "trim",
        lambda graph, _, interner: trimmed(graph, interner),
        "what nothing goes around is no part of a residual block, but a transition between two stages; no more is what "
        "one copy alone has at its ends",
        "ConvNeXt with two blocks a stage: the first would swallow the downsampling; ViLBERT: the last, a pooling",
        "test_copies_of_each_type[convnext_222]",
    ),
    Convention(
        "borrowed norms",
        lambda graph, *_: norms_given_back(graph),
        "a unit of the stem may hold the normalisation that the first pre-activation block begins with",
        "WRN-28-10: the first of its blocks",
        "test_copies_of_each_type[preactivation_stem]",
    ),
    Convention(
        "axes in turn",
        lambda graph, _, interner: axes_in_turn(graph, interner.judge),
        "two layers that take turns along two axes mix everything only together: one block of two halves",
        "DPRNN: a recurrence along the chunk, then one across the chunks",
        "test_copies_of_each_type[dual_path]",
    ),
    Convention(
        "mixing",
        lambda graph, *_: mixing_apart(graph),
        "an encoder layer is no decoder layer without cross-attention, cross-attention no self-attention, and a "
        "feed-forward part no layer without what mixes",
        "Perceiver: one cross-attention before its self-attention layers; DETR: the last part of its decoder layers",
        "test_copies_of_each_type[perceiver_min]",
    ),
    Convention(
        "parts",
        lambda graph, *_: parts_opened(graph),
        "half a layer that only stands within another one is a part of that one, and no form of the layer",
        "DETR: the attention of its decoder layers, which is the first half of an encoder layer",
        "test_copies_of_each_type[queries_and_positions]",
    ),
    Convention(
        "strangers",
        strangers_apart,
        "a copy whose edits are as long as a drawing of it is another module",
        "YOLOv7: ELAN and ELAN-H join other branches of one chain of convolutions",
        "test_aggregations_that_join_other_branches_are_another_type",
        costly=True,
    ),
    Convention(
        "ended copies",
        lambda graph, _, interner: ended_copies_joined(graph, interner),
        "the last of a row makes no output that nobody would read, and is a copy all the same",
        "Conv-TasNet: its last block gives a skip and no residual",
        "test_copies_of_each_type[tasnet_last_without_residual]",
    ),
    Convention(
        "row ends",
        lambda graph, *_: row_ends_moved(graph),
        "a layer of a plain chain ends with its pooling; dropout begins a layer where it falls on the input already",
        "Basenji: a tower of activation, convolution and pooling; GCNII: dropout before each layer",
        "test_a_layer_ends_with_its_pooling",
    ),
    Convention(
        "plain rows",
        lambda graph, *_: plain_rows_cut(graph),
        "a layer of a plain chain ends with its pooling and dropout, which the last one may lack",
        "NiN: a global pooling follows the last mlpconv layer, in place of its own",
        "test_copies_of_each_type[last_without_pooling]",
    ),
    Convention(
        "closed forks",
        lambda graph, *_: forks_closed(graph),
        "what only a copy reads, and that reads what the copy reads besides, is a branch of it",
        "EEG-TCNet: two residual blocks, the first of which has a projection",
        "test_copies_of_each_type[eeg_tcnet]",
    ),
    Convention(
        "completed copies",
        lambda graph, _, interner: copies_completed(graph, interner.judge),
        "what only one copy reads, and all others have, belongs to it",
        "a diffusion model: the first block's projection of the step, which stands with its embedding",
        "test_what_only_the_first_block_reads_and_all_others_have_is_its_own",
    ),
    Convention(
        "following norms",
        lambda graph, *_: norms_taken_in(graph),
        "the normalisation and activation of what a block gives belong to the block",
        "OctConv: two streams, each normalised after it has been summed",
        "test_copies_of_each_type[octave]",
    ),
    Convention(
        "resized branches",
        lambda graph, *_: branches_completed(graph),
        "tensors of several resolutions are joined through branches of one type, each with what resizes it",
        "UNet 3+: each decoder reads five, some pooled and some upsampled",
        "test_copies_of_each_type[resized_branches]",
    ),
    Convention(
        "shortcut paths",
        lambda graph, *_: shortcuts_joined(graph),
        "a path from what a copy reads to that copy alone is its shortcut, though the path repeats",
        "Shake-shake: two poolings of shifted pixels, each with a convolution, concatenated",
        "test_copies_of_each_type[shortcut_two_paths]",
    ),
    Convention(
        "shared calls",
        lambda graph, *_: shared_calls_apart(graph),
        "a model called on several inputs is one block by its author's word, whatever its calls are followed by",
        "a triplet network: of three calls of its embedding two are followed by a distance",
        "test_copies_of_each_type[triplet_min]",
    ),
)


def as_papers(
    graph: LayerGraph,
    prices: Prices,
    interner: Interner,
    without: Collection[str] = (),
    kept: Collection[str] = (),
    *,
    quick: bool = False,
) -> LayerGraph:
    """The drawing after all changes but those left out by name, and those that take a call in that stays in no block.

    kept : ids of such calls. quick : leave out the costly changes, too.
    """
    for convention in CONVENTIONS:
        if convention.name not in without and not (quick and convention.costly):
            changed = convention.change(graph, prices, interner)
            graph = graph if takes_in(changed, kept) else changed
    return graph


def takes_in(graph: LayerGraph, kept: Collection[str]) -> bool:
    """Whether a block holds one of these calls."""
    return bool(kept) and any(name in kept for block in blocks_in(graph) for name in block.body)
