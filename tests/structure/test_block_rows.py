"""Rows of named blocks, and what a shortcut goes around, in graphs of calls."""

from __future__ import annotations

import pytest

from blockviz.pipeline import summarize
from graphs import Builder


def names(*kernels: int, summed: bool) -> set[str]:
    """Names of the types of four copies of a row of convolutions, with a shortcut around it or none."""
    builder = Builder()
    x = builder.conv(builder.input(), 8, 9)
    for _ in range(4):
        new = x
        for kernel in kernels:
            new = builder.conv(new, 8, kernel)
        x = builder.add("Add", x, new) if summed else new
    return {found.name for found in summarize(builder.finish(x)).outline.definitions if found.count > 1}


@pytest.mark.parametrize(("kernels", "summed", "name"), [
    ((3, 1, 1), True, "Mlpconv layer with shortcut"),
    ((3, 1, 1), False, "Mlpconv layer"),
    ((3, 5, 7), True, "Residual block"),
])  # fmt: skip
def test_what_a_shortcut_goes_around_keeps_its_name(kernels: tuple[int, ...], summed: bool, name: str) -> None:
    assert name in names(*kernels, summed=summed)
