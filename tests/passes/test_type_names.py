"""What a block is called that no pattern of the literature fits: a word only where it is so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.ir import holds_blocks
from blockviz.pipeline import summarize
from graphs import Builder
from summaries import pair_summary


def _names(block: Callable[[Builder, str], str]) -> list[str]:
    """Names of the block types of four copies of a block, one after the other."""
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for _ in range(4):
        x = block(builder, x)
    return [found.name for found in summarize(builder.finish(x)).outline.definitions]


def _plain_sum(builder: Builder, x: str) -> str:
    new = builder.conv(builder.conv(builder.conv(x, 8, 5), 8, 7), 8, 5)
    return builder.add("Add", x, new)


def _gated_sum(builder: Builder, x: str) -> str:
    """Both what is computed and what goes by are weighed by a gate."""
    gate = builder.conv(x, 8, 1, norm=False)
    new = builder.conv(builder.conv(x, 8, 5), 8, 5)
    return builder.add("Add", builder.add("Multiply", x, gate), builder.add("Multiply", new, gate))


def _weighed_branch(builder: Builder, x: str) -> str:
    new = builder.conv(builder.conv(x, 8, 5), 8, 5)
    return builder.add("Add", x, builder.add("Multiply", new, builder.conv(new, 8, 1, norm=False)))


@pytest.mark.parametrize(("block", "residual"), [(_plain_sum, True), (_weighed_branch, True), (_gated_sum, False)])
def test_a_block_is_residual_where_a_tensor_passes_by_as_it_is(
    block: Callable[[Builder, str], str], residual: bool
) -> None:
    assert any("Residual" in name for name in _names(block)) is residual


def _branches(builder: Builder, x: str) -> str:
    ways = [builder.conv(x, 8, kernel) for kernel in (1, 3, 5)]
    return builder.conv(builder.add("Concatenate", *ways, channels=24), 8, 1)


def test_a_module_is_not_called_after_the_branches_of_a_block_inside() -> None:
    assert sum("Inception" in name for name in _names(_branches)) == 1
    found = pair_summary("elan_min").outline.definitions  # an aggregation of four branches, and two ways behind it
    assert found and not any("Inception" in one.name for one in found)


def _summed_ways(builder: Builder, x: str) -> str:
    """Three rows of residual blocks from one tensor, and their sum: nothing passes by the rows."""
    ways = []
    for kernel in (3, 5, 7):
        way = x
        for _ in range(3):
            new = builder.conv(builder.conv(builder.conv(way, 8, kernel), 8, 1), 8, kernel)
            way = builder.add("Add", way, new)
        ways.append(way)
    return builder.conv(builder.add("Add", *ways), 8, 1)


def test_a_sum_of_rows_of_residual_blocks_is_not_residual_itself() -> None:
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for _ in range(3):
        x = _summed_ways(builder, x)
    found = summarize(builder.finish(x)).outline.definitions
    outer = [one.name for one in found if any(map(holds_blocks, one.body.items()))]
    assert outer == ["Residual blocks and convolution"]  # what is in it, with no shortcut around it


def _levels(in_a_row: bool) -> list[str]:
    """Four blocks that each give an output: each reads the block before, or all read one tensor."""
    builder = Builder()
    before = builder.conv(builder.input(), 8, 7)
    outputs = []
    for _ in range(4):
        x = builder.conv(builder.conv(before, 8, 5), 8, 3, norm=False)
        outputs.append(builder.conv(x, 4, 1, norm=False, act=False))
        before = x if in_a_row else before
    return [found.name for found in summarize(builder.finish(*outputs)).outline.definitions]


def test_a_head_is_followed_by_no_further_block() -> None:
    assert [name.partition(",")[0].lower().split()[-1] for name in _levels(in_a_row=False)] == ["head"]
    assert not any("head" in name.lower() for name in _levels(in_a_row=True))
