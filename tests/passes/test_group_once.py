"""Rows and forks that occur once: when they are a group with a name, and when they stay open."""

from __future__ import annotations

import pytest

from blockviz.pipeline import summarize
from graphs import Builder

_LAYERS = ("MaxPooling2D", "DepthwiseConv2D", "AveragePooling2D", "Conv2D", "UpSampling2D")


def towers(first: int, second: int) -> list[str]:
    """The names of the parts of two towers of so many different layers, which meet before two equal blocks."""
    b, ends = Builder(), list[str]()
    for layers in (_LAYERS[:first], _LAYERS[::-1][:second]):
        x = b.input()
        for op in layers:
            x = b.add(op, x, params=64 * ("Conv" in op), filters=8, kernel_size=[3, 3])
        ends.append(x)
    x = b.add("Concatenate", *ends)
    for _ in range(8):
        x = b.add("Add", x, b.conv(b.conv(x, 8), 8))
    return [part.name for part in summarize(b.finish(b.add("GlobalAveragePooling2D", x))).overview]


@pytest.mark.parametrize(("first", "second", "groups"), [(4, 3, 0), (3, 4, 0), (5, 5, 2), (5, 1, 1)])
def test_rows_that_meet_are_all_open_or_none_is(first: int, second: int, groups: int) -> None:
    """DeepMedic: the pathway that is resampled has one layer more than the other, and is as much a pathway."""
    assert sum(name.startswith("Stem") for name in towers(first, second)) == groups
