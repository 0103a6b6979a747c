"""Blocks named by the steps that define them, in graphs of calls."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from blockviz.ir.packed_json import unpack
from blockviz.pipeline import summarize
from graphs import Builder

INSIDE = Path(__file__).parents[2] / "gallery/inside"


@pytest.mark.parametrize(("name", "layer"), [("bert", "Encoder layer"), ("gpt2", "Decoder-only layer")])
def test_a_mask_that_stands_before_the_queries_is_no_other_tensor(name: str, layer: str) -> None:
    graph = unpack(json.loads(gzip.decompress((INSIDE / f"{name}.graph.json.gz").read_bytes())))
    assert [found.name for found in summarize(graph).outline.definitions if found.count > 1] == [layer]


def _names(convolutions: int, *, joined: bool = True) -> list[str]:
    """Names of the types of four copies of a bottleneck with so many inner convolutions."""
    builder = Builder()
    x = builder.conv(builder.input(), 32, 7)
    for _ in range(4):
        new = builder.conv(x, 8, 1)
        for _ in range(convolutions):
            new = builder.conv(new, 8, 3)
        new = builder.conv(new, 32, 1)
        x = builder.add("Add", x, new) if joined else builder.add("MaxPooling2D", new, pool_size=[2, 2])
    return [found.name for found in summarize(builder.finish(x)).outline.definitions if found.count > 1]


@pytest.mark.parametrize("convolutions", [1, 2, 3])
def test_a_bottleneck_of_any_depth_is_one(convolutions: int) -> None:
    assert _names(convolutions) == ["Bottleneck"]
    assert _names(convolutions, joined=False) != ["Bottleneck"]
