"""Equal branches side by side: one box ×N, told apart from copies in a row and from weights that are called N times."""

from __future__ import annotations

from blockviz.ir import LayerGraph
from blockviz.outline.model import Part
from blockviz.page import parse_page
from blockviz.page.fitting.compose import compose
from blockviz.page.proof import page_faults
from blockviz.pipeline import summarize
from blockviz.tables import table
from graphs import Builder
from summaries import pair_summary


def copies(graph: LayerGraph) -> list[tuple[int, bool, bool]]:
    """How many copies, whether side by side, whether with shared weights: of each box of several copies."""
    return [(p.repeat, p.parallel, p.shared) for p in summarize(graph).overview if p.repeat > 1]


def experts(count: int, width: int = 16) -> tuple[Builder, str, list[str]]:
    """A stem, and branches of two dense layers that read it."""
    b = Builder()
    stem = b.add("Dense", b.input(), params=576, units=64)
    branches = []
    for _ in range(count):
        hidden = b.add("Dropout", b.add("Dense", stem, params=2080, units=2 * width, activation="relu"), rate=0.1)
        branches.append(b.add("Dense", hidden, params=528, units=width))
    return b, stem, branches


def head(b: Builder, *branches: str) -> str:
    return b.add("Dense", b.add("Concatenate", *branches), params=17, units=1)


def folded(parts: list[Part]) -> Part:
    return next(part for part in parts if part.parallel)


def test_branches_of_a_fork_are_one_box() -> None:
    b, _, branches = experts(6)
    graph = b.finish(head(b, *branches))
    part = folded(list(summarize(graph).overview))
    assert (part.repeat, part.parallel, part.shared, len(part.copies)) == (6, True, False, 6)
    assert all(len(copy) == 3 for copy in part.copies)  # whole branches, not their last layers


def test_branches_of_equal_layers_in_a_row_keep_their_count() -> None:
    b = Builder()
    stem = b.add("Dense", b.input(16), params=272, units=16)
    branches = []
    for _ in range(4):
        x = stem
        for _ in range(3):
            x = b.add("Dense", x, params=272, units=16)
        branches.append(x)
    part = folded(list(summarize(b.finish(head(b, *branches))).overview))
    assert (part.repeat, part.letter) == (4, "A") and all(len(copy) == 3 for copy in part.copies)


def test_two_branches_stay_two_boxes() -> None:
    b, _, branches = experts(2)
    graph = b.finish(head(b, *branches))
    assert not any(part.parallel for part in summarize(graph).overview)


def test_a_branch_that_differs_is_drawn_beside_the_equal_ones() -> None:
    b, stem, branches = experts(3)
    other = b.add("Dense", b.add("LayerNormalization", stem), units=16)
    overview = summarize(b.finish(head(b, *branches, other))).overview
    assert folded(list(overview)).repeat == 3
    assert other in {part.id for part in overview}


def test_outputs_of_a_model_stay_apart() -> None:
    b, _, branches = experts(4)
    graph = b.finish(branches[0])
    graph.graph["exits"] = tuple((name, 0) for name in branches)
    assert not any(part.parallel for part in summarize(graph).overview)


def test_a_layer_that_is_kept_is_in_no_box_of_several() -> None:
    b, _, branches = experts(4)
    graph = b.finish(head(b, *branches))
    summary = summarize(graph, keep=[branches[1]])
    assert branches[1] in {part.id for part in summary.overview}


def test_copies_in_a_row_and_side_by_side_are_told_apart() -> None:
    b, _, branches = experts(4)
    x = b.conv(b.add("Reshape", b.add("Concatenate", *branches), target_shape=[8, 8, 1]), 16)
    for _ in range(5):
        x = b.add("Add", b.conv(b.conv(x, 16), 16), x)
    graph = b.finish(x)
    assert copies(graph) == [(4, True, False), (5, False, False)]
    text = table(summarize(graph).outline, "markdown")
    assert "×4 ∥" in text and "×5 |" in text


def test_the_legend_explains_the_cards_that_are_drawn() -> None:
    b, _, branches = experts(4)
    graph = b.finish(head(b, *branches))
    page = compose(summarize(graph).outline, parse_page("a4"))
    words = " ".join(run.text for sheet in page.sheets for line in sheet.words for run in line.runs)
    assert "side by side" in words and "in a row" not in words


def test_one_set_of_weights_called_by_many_is_not_many_copies() -> None:
    b = Builder()
    x, levels = b.conv(b.input(), 16), []
    for _ in range(4):
        levels.append(x := b.conv(x, 16, strides=2))
    first = [b.conv(levels[0], 16)]
    first.append(b.add("Conv2D", first[0], params=144, channels=16, filters=16, kernel_size=[3, 3]))
    shared = [node.id for node in b.graph.items()][-4:]  # convolution, normalisation, activation, convolution
    ends = [first[1]]
    for level in levels[1:]:
        y = level
        for name in shared:
            y = b.again(name, y)
        ends.append(y)
    graph = b.finish(b.add("Concatenate", *ends))
    (box,) = [part for part in summarize(graph).overview if part.parallel]
    assert (box.repeat, box.shared, box.times) == (4, True, "4 calls")
    assert box.cost.params == sum(b.graph.item(name).layer.params or 0 for name in shared)  # type: ignore[union-attr]


def test_what_parallel_blocks_read_one_each_is_a_box_too() -> None:
    """Seven variables, each embedded and passed through a network of its own, and all embeddings weighed together."""
    assert [(p.repeat, p.parallel) for p in pair_summary("variable_selection").overview if p.repeat > 1] == [
        (3, True),
        (4, True),
        (7, True),
    ]


def features(count: int) -> LayerGraph:
    """A network on single numbers, each an input of its own, and on an embedded word."""
    b = Builder()
    numbers = [b.input(1, 1) for _ in range(count)]
    x = b.add("BatchNormalization", b.add("Concatenate", *numbers), params=4)
    return b.finish(head(b, x, b.add("Dense", b.input(16, 1), params=136, units=8)))


def test_inputs_that_are_only_joined_are_one_box_with_their_names() -> None:
    found = summarize(features(30))
    (part,) = [part for part in found.overview if part.parallel]
    assert (part.kind, part.repeat) == ("input", 30)
    for size in ({"page": "a4"}, {"width": "84mm"}):
        page = found.page(**size)
        words = ["".join(run.text for run in one.runs) for one in page.sheets[0].words]
        assert "input 1 … 30 ×30" in words
        assert size != {"page": "a4"} or any("for inputs of 1×1×1 (30 of them) and 1×1×16." in text for text in words)
        assert not page_faults(page, found.graph, found.source)


def test_two_inputs_stay_two_boxes() -> None:
    assert not any(part.parallel for part in summarize(features(2)).overview)
