"""Which item of one body stands for which of another."""

from __future__ import annotations

import pytest

from blockviz.ir import LayerGraph
from blockviz.structure.canonical_form import item_form
from blockviz.structure.counterparts import counterparts
from graphs import Builder


def body_of(*paths: str) -> LayerGraph:
    """Paths side by side behind one call, each a word of kernels: ``13`` is a 1×1 and a 3×3 convolution."""
    builder = Builder()
    x = builder.input()
    ends = []
    for path in paths:
        end = x
        for kernel in path:
            end = builder.conv(end, 8, int(kernel), norm=False, act=False)
        ends.append(end)
    return builder.finish(builder.add("Concatenate", *ends))


def matched(main: LayerGraph, other: LayerGraph) -> set[tuple[str, str]]:
    """Pairs as ``path.place``: the second call of the first path is ``0.1``."""
    forms = [item_form(item) for item in main.items()], [item_form(item) for item in other.items()]
    left, right = list(main), list(other)
    return {(left[a], right[b]) for a, b in counterparts(main, other, forms)}


@pytest.mark.parametrize("paths", [("5", "13", "133"), ("133", "5", "13"), ("13", "133", "5")])
def test_a_path_stands_for_the_path_of_its_length_in_whatever_order_they_are_written(paths: tuple[str, ...]) -> None:
    main, other = body_of(*paths), body_of("3", "133")
    pairs = matched(main, other)
    names = list(main)
    start = 1 + sum(map(len, paths[: paths.index("133")]))
    long = names[start : start + 3]
    assert set(zip(long, list(other)[2:5], strict=True)) <= pairs


def test_a_chain_is_aligned_by_its_longest_equal_stretches() -> None:
    pairs = sorted(matched(body_of("1331"), body_of("331")))
    assert len(pairs) == 5  # all of the shorter one: its input, three convolutions and the join


def test_every_place_stands_for_one_place_at_most() -> None:
    pairs = matched(body_of("1", "13", "133", "5"), body_of("13", "13", "1", "55"))
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)


def test_what_only_one_body_has_is_looked_through() -> None:
    """The path of a 1×1 behind a 3×3, though in the other body a 5×5 stands between, and the 1×1 alone behind one."""

    def body(*between: int) -> LayerGraph:
        b = Builder()
        x = b.input()
        end = b.conv(x, 8, 3, norm=False, act=False)
        side = x
        for kernel in between:
            end, side = (b.conv(one, 8, kernel, norm=False, act=False) for one in (end, side))
        end = b.conv(end, 8, 1, norm=False, act=False)
        return b.finish(b.add("Add", end, b.conv(side, 8, 1, norm=False, act=False) if between else x))

    main, other = body(), body(5)
    assert (list(main)[2], list(other)[4]) in matched(main, other)
