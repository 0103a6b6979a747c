"""A block that no pattern fits, with a block of the literature inside."""

from __future__ import annotations

from blockviz.pipeline import summarize
from graphs import Builder


def _pooled_chain(builder: Builder, x: str, poolings: int) -> str:
    """Chained residual pooling behind three convolutions."""
    x = before = builder.conv(builder.conv(builder.conv(x, 8, 5), 8, 7), 8, 5)
    for _ in range(poolings):
        pooled = builder.conv(builder.add("MaxPooling2D", before, channels=8, pool_size=[5, 5], strides=[1, 1]), 8, 3)
        x, before = builder.add("Add", x, pooled), pooled
    return x


def _names(poolings: int) -> list[str]:
    builder = Builder()
    x = builder.conv(builder.input(), 8, 7)
    for _ in range(4):
        x = builder.add("Concatenate", x, _pooled_chain(builder, x, poolings), channels=16)
        x = builder.conv(x, 8, 1)
    return [found.name for found in summarize(builder.finish(x)).outline.definitions]


def test_a_block_is_told_by_the_one_inside_that_has_a_name() -> None:
    assert any(name.endswith("with chained residual pooling") for name in _names(2)), _names(2)


def test_a_piece_without_a_name_tells_nothing() -> None:
    assert not any("chained" in name for name in _names(1)), _names(1)
