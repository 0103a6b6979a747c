"""Padding as a layer of its own: before a convolution or pooling without padding it is that one's padding.

keras.applications and ports of PyTorch's networks pad so where others set ``padding``; what is computed is the same
network, so recognition looks through the layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blockviz.ir import LayerGraph, Node
from blockviz.ops.families import family


def pads_windows(graph: LayerGraph, name: str) -> bool:
    """Whether a call pads with zeros what convolutions or poolings read, and nothing else does."""
    item = graph.item(name)
    if not isinstance(item, Node) or not item.op.startswith("ZeroPadding") or name in graph.exit_names:
        return False
    readers = [graph.item(reader) for reader in graph.edges_from(name)]
    return bool(readers) and all(isinstance(one, Node) and family(one.op) in ("conv", "pool") for one in readers)


def completes(padding: Node, window: Node) -> bool:
    """Whether the padding is just what the window, without padding itself, needs to keep the grid."""
    config = window.config
    size = config.get("kernel_size", config.get("pool_size"))
    if family(window.op) not in ("conv", "pool") or config.get("padding") != "valid" or size is None:
        return False
    given = padding.config.get("padding")
    listed = given if isinstance(given, list | tuple) else ()
    rank = len(listed)
    try:
        pairs = [_pair(one) for one in listed]
        rows = zip(
            pairs, _each(size, rank), _each(config.get("strides") or size, rank),
            _each(config.get("dilation_rate", 1), rank), strict=True,
        )  # fmt: skip
        return bool(rank) and all(0 <= (kernel - 1) * d - sum(pair) < s for pair, kernel, s, d in rows)
    except (TypeError, ValueError):  # a malformed configuration
        return False


def _pair(value: Any) -> tuple[int, int]:
    before, after = value if isinstance(value, list | tuple) else (value, value)
    return int(before), int(after)


def _each(value: Any, rank: int) -> Sequence[int]:
    return [int(one) for one in value] if isinstance(value, list | tuple) else [int(value)] * rank
