"""Copies whose parallel calls were written in another order."""

from __future__ import annotations

from itertools import chain

import pytest

from blockviz.ir import LayerGraph, blocks_in, leaves
from blockviz.passes.align_copies import AlignCopies, _order
from blockviz.pipeline import DEFAULT_PASSES, run_passes, summarize
from graphs import Builder

UP_TO = DEFAULT_PASSES[: [step.name for step in DEFAULT_PASSES].index(AlignCopies.name)]


def _two_scales(*orders: str, setting: str = "dilation_rate") -> LayerGraph:
    """Blocks of a narrow and a wide convolution side by side, each written in one of two orders."""
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for order in orders:
        ways = {}
        for kind in order:
            config = {"kernel_size": [3, 3], "dilation_rate": [1, 1], setting: [5, 5] if kind == "w" else [3, 3]}
            ways[kind] = builder.add("Conv2D", x, filters=8, padding="same", use_bias=False, **config)
        merged = builder.add("Add", x, ways[order[0]], ways[order[1]])
        x = builder.add("Activation", builder.add("BatchNormalization", merged), activation="relu")
    return builder.finish(builder.add("GlobalAveragePooling2D", x))


def _rates(graph: LayerGraph) -> list[list[object]]:
    return [
        [node.config["dilation_rate"] for node in leaves(block.body) if node.op == "Conv2D"]
        for block in blocks_in(graph) if getattr(block, "type", "")
    ]  # fmt: skip


@pytest.mark.parametrize("orders", [("wn", "nw", "nw", "nw"), ("nw", "wn", "nw", "wn", "nw")])
def test_each_call_stands_where_its_counterpart_stands(orders: tuple[str, ...]) -> None:
    graph = _two_scales(*orders)
    before, after = (_rates(run_passes(graph, steps)) for steps in (UP_TO, (*UP_TO, AlignCopies())))
    assert any(row != before[0] for row in before)
    assert all(row == after[0] for row in after) and len(after) == len(before)
    assert sorted(map(str, chain(*before))) == sorted(map(str, chain(*after)))


def test_what_does_not_differ_is_no_range() -> None:
    (found,) = summarize(_two_scales("wn", "nw", "nw", "nw")).blocks
    assert found.count == 4 and not found.symbols and not found.variants


def test_copies_in_one_order_are_left_as_they_are() -> None:
    graph = run_passes(_two_scales("nw", "nw", "nw"), UP_TO)
    assert AlignCopies()(graph) is graph


def test_of_two_streams_of_one_form_sizes_tell_which_is_which() -> None:
    """Either may stand for either by its calls; names as sets have them would make figures differ from run to run."""

    def body(order: str) -> LayerGraph:
        builder = Builder()
        streams = {"long": builder.input(8, 16), "short": builder.input(8, 4)}
        for _ in range(3):
            for name in order.split():
                streams[name] = builder.conv(streams[name], 8)
        return builder.finish(streams["long"], streams["short"])

    main, other = body("long short"), body("short long")
    names = _order(main, other)
    assert names and [other.item(name).outputs for name in names] == [item.outputs for item in main.items()]
