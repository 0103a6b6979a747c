"""Every pass, every model: three invariants. And planted blocks are found, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz.backbones.catalogue import backbone_graph, backbone_names
from blockviz.errors import UsageError, VerifyError
from blockviz.ir import (
    Block,
    Composite,
    Fold,
    Idiom,
    LayerGraph,
    Occurrence,
    contract,
    expand,
    item_leaves,
    layers_of,
    leaves,
    verify,
)
from blockviz.passes.collapse_backbones import CollapseBackbones
from blockviz.passes.collapse_nested import CollapseNested
from blockviz.passes.fold_idioms import BoxIdioms
from blockviz.pipeline import DEFAULT_PASSES, configured, run_passes, summarize
from blockviz.runtime.records import replace
from blockviz.search.find_blocks import FindBlocks
from graphs import Builder, planted, zoo

PASSES = (CollapseBackbones(), CollapseNested(), *DEFAULT_PASSES)
UP_TO_UNITS = DEFAULT_PASSES[: [step.name for step in DEFAULT_PASSES].index("fuse") + 1]


def params(graph: LayerGraph) -> int:
    return sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())


def keep_the_invariants(graph: LayerGraph) -> None:
    """Each pass alone on what the default passes before it give."""
    before = graph
    for step in PASSES:
        untouched = [(name, graph.operand_list(name)) for name in before if name in graph], dict(before.graph)
        after = step(before)
        assert untouched == ([(name, graph.operand_list(name)) for name in before if name in graph], dict(before.graph))
        verify(after, graph)
        assert params(after) == params(graph)
        assert (after.inputs, expand(after).exits) == (graph.inputs, graph.exits)
        before = after if step in DEFAULT_PASSES else graph


@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV3Small", "UNet", "Siamese", "Seq2Seq"])
def test_every_pass_keeps_the_three_invariants(name: str) -> None:
    keep_the_invariants(backbone_graph(name) if name in backbone_names() else zoo(name))


@given(st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_planted_blocks_are_found_and_expansion_is_exact(seed: int) -> None:
    find_planted(seed)


def find_planted(seed: int) -> None:
    graph, stages = planted(seed)
    summary = summarize(graph)
    verify(summary.graph, graph)
    runs = [
        sorted(sorted(copy) for copy in part.copies) for part in summary.overview if part.letter and part.repeat > 1
    ]
    for count, copies in stages:
        wanted = sorted(sorted(copy) for copy in copies)
        assert wanted in runs, f"{count} copies of {len(copies[0])} layers; found {[len(run) for run in runs]}"


def test_verify_finds_a_lost_edge_a_swapped_operand_and_a_foreign_node() -> None:
    graph = two_branches()
    lost = LayerGraph(**graph.graph)
    lost.add_nodes_from(graph.nodes(data=True))
    lost.add_edges_from(list(graph.edges(data=True))[:-1])
    with pytest.raises(VerifyError, match="reads other tensors"):
        verify(lost, graph)
    swapped = LayerGraph(**graph.graph)
    swapped.add_nodes_from(graph.nodes(data=True))
    swap = {0: 1, 1: 0}
    for source, target, data in graph.edges(data=True):
        twisted = (
            tuple((out, swap[to]) for out, to in data["operands"]) if target.startswith("concat") else data["operands"]
        )
        swapped.add_edge(source, target, operands=twisted)
    with pytest.raises(VerifyError, match="reads other tensors"):
        verify(swapped, graph)
    with pytest.raises(VerifyError, match="is not the one"):
        verify(two_branches(), graph)


def test_a_body_that_a_pass_changes_in_place_is_found_out() -> None:
    class Meddling:
        """Drops what a call inside a unit reads, though bodies are never to change."""

        name = "meddling"

        def __call__(self, graph: LayerGraph) -> LayerGraph:
            body = next(item.body for item in graph.items() if isinstance(item, Composite) and len(item.body) > 1)
            body.remove_edge(*next(iter(body.edges)))
            return LayerGraph(graph, **graph.graph)

    with pytest.raises(VerifyError, match="reads other tensors"):
        run_passes(two_branches(), (*UP_TO_UNITS, Meddling(), *DEFAULT_PASSES[-1:]))


def test_a_call_in_two_places_is_found_out() -> None:
    source = two_branches()
    graph = run_passes(source, UP_TO_UNITS)
    unit = next(item for item in graph.items() if isinstance(item, Composite))
    graph.add_node("again", item=replace(unit, id="again"))
    graph.add_edges_from((read, "again", data) for read, _, data in list(graph.in_edges(unit.id, data=True)))
    with pytest.raises(VerifyError, match="two places"):
        verify(graph, source)


def two_branches() -> LayerGraph:
    builder = Builder()
    x = builder.input()
    return builder.finish(builder.add("Concatenate", builder.conv(x, 8), builder.conv(x, 8, 1)))


def test_a_fold_that_is_not_convex_is_refused() -> None:
    builder = Builder()
    a = builder.conv(builder.input(), 8, norm=False, act=False)
    b = builder.add("Activation", a, activation="relu")
    c = builder.add("Add", a, b)
    graph = builder.finish(c)
    with pytest.raises(VerifyError, match="cycle"):
        contract(graph, [Fold([a, c], lambda body: Block("block", body, "T"))])


def test_a_failing_pass_is_named_with_those_before_it() -> None:
    class Forget:
        name = "forget"

        def __call__(self, graph: LayerGraph) -> LayerGraph:
            out = LayerGraph(**graph.graph)
            out.add_nodes_from(graph.nodes(data=True))
            return out

    with pytest.raises(VerifyError, match=rf"forget after {DEFAULT_PASSES[0].name}"):
        run_passes(two_branches(), (DEFAULT_PASSES[0], Forget()))


def test_the_same_tensor_twice_keeps_both_operands() -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8)
    graph = builder.finish(builder.add("Add", x, x))
    summary = summarize(graph)
    assert expand(summary.graph).operand_list(graph.exits[0][0]) == [(0, x, 0), (1, x, 0)]


def residual_chain(shared: bool) -> LayerGraph:
    """Five residual blocks in a row: with weights of their own, or one block called five times."""
    builder = Builder()
    x = builder.conv(builder.input(), 8, 5)
    first: list[str] = []
    for number in range(5):
        if shared and number:
            y = x
            for name in first:
                y = builder.again(name, y)
        else:
            y = builder.conv(builder.conv(x, 8, 1), 8)
            first = list(builder.graph)[-6:]
        x = builder.add("Add", y, x)
    return builder.finish(builder.add("Dense", x, units=2))


def test_copies_are_told_from_one_block_called_again() -> None:
    own = next(part for part in summarize(residual_chain(False)).overview if part.repeat == 5)
    called = next(part for part in summarize(residual_chain(True)).overview if part.repeat == 5)
    assert (own.shared, called.shared) == (False, True)
    assert own.cost.params == 5 * called.cost.params > 0


def test_rename_expand_and_keep() -> None:
    named = summarize("ResNet50", rename={"A": "my block"})
    assert {part.name for part in named.overview if part.letter} == {"my block"}
    assert named.blocks[0].source == "user"
    open_blocks = summarize("ResNet50", expand=["Bottleneck"])
    assert not [part for part in open_blocks.overview if part.letter] and len(open_blocks.overview) > 60
    kept = summarize("ResNet50", keep=["conv4_block3_2_conv"])
    alone = [part for part in kept.overview if part.copies == (("conv4_block3_2_conv",),)]
    assert len(alone) == 1
    for wrong in ({"rename": {"Z": "x"}}, {"expand": ["Z"]}, {"keep": ["nothing"]}):
        with pytest.raises(UsageError):
            summarize("ResNet50", **wrong)


def test_min_repeat_and_depth() -> None:
    def repeats(least: int) -> list[int]:
        return [part.repeat for part in summarize("InceptionV3", min_repeat=least).overview if part.letter]

    assert 4 in repeats(4) and 2 in repeats(2)
    assert not {2, 3} & set(repeats(4))
    flat = summarize("NASNetMobile", depth=1)
    assert all(found.level == 0 for found in flat.blocks)


def test_names_play_no_part_in_finding_blocks() -> None:
    def copies(graph: LayerGraph) -> list[tuple[int, int]]:
        return [(part.repeat, len(part.copies[0])) for part in summarize(graph).overview]

    graph = backbone_graph("MobileNetV2")
    assert copies(graph) == copies(renamed(graph))


def renamed(graph: LayerGraph) -> LayerGraph:
    from dataclasses import replace

    new = {name: f"x{number}" for number, name in enumerate(graph)}
    out = LayerGraph(
        name="m", inputs=tuple(new[n] for n in graph.inputs), exits=tuple((new[n], o) for n, o in graph.exits)
    )
    for name, item in zip(graph, graph.items(), strict=True):
        layer = replace(item.layer, name=new[name])  # type: ignore[union-attr]
        out.add_item(replace(item, id=new[name], layer=layer), [(i, new[s], o) for i, s, o in graph.operand_list(name)])
    return out


def test_every_leaf_is_in_one_place() -> None:
    summary = summarize("EfficientNetB0")
    ids = [node.id for item in summary.graph.items() for node in item_leaves(item)]
    assert sorted(ids) == sorted(summary.source) and len(set(ids)) == len(ids)


def test_options_reach_a_pass_by_name_and_strange_ones_are_refused() -> None:
    passes = configured({"find-blocks": {"depth": 1}}, frozenset({"a"}))
    found = {step.name: step for step in passes}
    assert found["find-blocks"] == FindBlocks(depth=1, kept=frozenset({"a"}))
    assert {step.name for step in passes if getattr(step, "kept", None)} >= {"fuse", "fold-branches", "group-once"}
    with pytest.raises(UsageError, match="no pass 'motif'"):
        configured({"motif": {}})
    with pytest.raises(UsageError, match="no option 'width'"):
        configured({"fuse": {"width": 3}})


def test_summarize_writes_nothing_into_its_argument() -> None:
    graph = two_branches()
    before = dict(graph.graph)
    assert summarize(graph, name="another", keep=[next(iter(graph))]).outline.name == "another"
    assert graph.graph == before


def test_one_hook_sees_every_pass_and_its_seconds() -> None:
    seen: list[tuple[str, int, bool]] = []
    summarize(two_branches(), after=lambda step, graph, seconds: seen.append((step.name, len(graph), seconds >= 0)))
    assert [name for name, _, _ in seen] == [step.name for step in DEFAULT_PASSES]
    assert all(size and timed for _, size, timed in seen)


@pytest.mark.parametrize(("around", "open_"), [(1, True), (2, True), (4, False)])
def test_a_large_idiom_that_is_nearly_all_of_a_body_is_drawn_open(around: int, open_: bool) -> None:
    b = Builder()
    x, calls = b.input(), list[str]()
    for _ in range(10):
        calls.append(x := b.add("Activation", x, activation="sigmoid"))
    for _ in range(around - 1):
        x = b.add("Activation", x, activation="relu")
    graph = b.finish(x)
    graph.graph["idioms"] = (Occurrence("gate", tuple(calls), box="late"),)
    assert any(isinstance(item, Idiom) for item in BoxIdioms()(graph).items()) != open_
