"""What sets a copy apart, in words that a reader understands without the drawing."""

from __future__ import annotations

import pytest

from blockviz.pipeline import summarize
from graphs import Builder


@pytest.mark.parametrize(("pools", "words"), [((2, 2, 4), ["4×4 pooling"]), ((2, 2, 2), [])])
def test_a_pooling_that_differs_is_told_by_its_window(pools: tuple[int, ...], words: list[str]) -> None:
    b = Builder()
    x, size = b.input(size=64), 64
    for pool in pools:
        size //= pool
        x = b.sized("MaxPooling2D", b.conv(b.conv(x, 8), 8), size, pool_size=[pool, pool], strides=[pool, pool])
    (found,) = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline.definitions
    assert [variant.name for variant in found.variants] == words
