"""Cells of architecture search bear their names whatever was found; what resembles them doesn't."""

from __future__ import annotations

import pytest

from blockviz.ir import LayerGraph
from blockviz.pipeline import summarize
from blockviz.structure.searched_cell import searched_cell
from graphs import Builder


def operation(b: Builder, x: str, kind: str, strides: int) -> str:
    if kind == "sep":
        config = {"filters": 8, "kernel_size": [3, 3], "strides": [strides, strides]}
        return b.add("SeparableConv2D", b.add("ReLU", x), params=90, channels=8, **config)
    if kind == "conv":
        return b.conv(x, 8, 3, strides)
    return b.add("MaxPooling2D", x, pool_size=[3, 3], strides=[strides, strides])


def cell(kinds: str, b: Builder, before: str, last: str, strides: int = 1) -> str:
    """Sums of two operations of these kinds (s, c, m or - for the tensor itself), concatenated."""
    names = {"s": "sep", "m": "max", "c": "conv"}
    read = (b.conv(before, 8, 1), b.conv(last, 8, 1))
    made = [x if kind == "-" else operation(b, x, names[kind], strides) for kind in kinds for x in read[:1]]
    other = [operation(b, read[1], "sep", strides) if kind in "s-" else operation(b, read[1], "max", strides)
             for kind in kinds]  # fmt: skip
    sums = [b.add("Add", left, right) for left, right in zip(made, other, strict=True)]
    return b.add("Concatenate", *sums, channels=8 * len(sums))


def network(kinds: str, strides: int) -> LayerGraph:
    b = Builder()
    before = last = b.conv(b.input(), 16)
    for _ in range(4):
        before, last = last, cell(kinds, b, before, last, strides)
    return b.finish(last)


@pytest.mark.parametrize(
    ("kinds", "strides", "name"),
    [
        ("s-mc", 1, "Normal cell"),
        ("sm-s-", 1, "Normal cell"),
        ("mmsm", 2, "Reduction cell"),
        ("smm", 2, "Reduction cell"),
    ],
)
def test_a_cell_is_known_by_its_composition(kinds: str, strides: int, name: str) -> None:
    found = max(summarize(network(kinds, strides)).outline.definitions, key=lambda one: len(one.body))
    assert found.name == searched_cell(found.body) == name


def test_what_reads_one_tensor_or_joins_two_sums_is_no_cell() -> None:
    def alone(kinds: str) -> LayerGraph:
        b = Builder()
        x = b.conv(b.input(), 16)
        for _ in range(4):
            x = cell(kinds, b, x, x)
        return b.finish(x)

    for graph in (alone("ssss"), network("ss", 1)):
        names = [one.name for one in summarize(graph).outline.definitions]
        assert names and not any("cell" in name for name in names)
