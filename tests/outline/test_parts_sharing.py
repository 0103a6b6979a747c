"""Which boxes of an overview say that they share weights."""

from __future__ import annotations

from blockviz.pipeline import summarize
from graphs import Builder


def test_a_layer_called_twice_inside_each_block_is_shared_by_no_two_blocks() -> None:
    builder = Builder()
    x = builder.input()
    for _ in range(4):  # a channel attention: one dense layer for the mean and for the maximum
        x = builder.conv(x, 8)
        gate = builder.add("Dense", builder.add("GlobalAveragePooling2D", x), units=8, params=72)
        again = builder.again(gate, builder.add("GlobalMaxPooling2D", x))
        x = builder.add("Multiply", x, builder.add("Add", gate, again))
    summary = summarize(builder.finish(builder.add("GlobalAveragePooling2D", x)))
    assert [part.repeat for part in summary.overview if part.letter] == [4]
    assert not any(part.shared for part in summary.overview)


def test_towers_of_one_network_share_its_weights() -> None:
    builder = Builder()
    first, second = builder.input(), builder.input()
    one = builder.conv(first, 8, norm=False, act=False)
    both = builder.add("Subtract", one, builder.again(one, second))
    parts = summarize(builder.finish(builder.add("Dense", both, units=1, params=9))).overview
    assert sum(part.shared for part in parts) == 2
