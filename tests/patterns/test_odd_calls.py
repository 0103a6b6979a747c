"""Calls that no version of Keras writes, and classes called as an operation that patterns know: drawn as they are."""

from __future__ import annotations

from typing import Any

import pytest

from blockviz.frontends import graph_from_config
from blockviz.patterns.lowering import _TOLD
from blockviz.pipeline import summarize
from configs import layer, model, source, tensor


def _drawn(op: str, count: int, shape: tuple[int | None, ...], **config: Any) -> int | None:
    reads = [source("x", shape), layer(op, "l", [tensor("x")] * count, **config)]
    rest = [
        layer("Activation", "a", [tensor("l")], activation="softmax"),
        layer("Add", "b", [tensor("a"), tensor("l")]),
    ]
    return summarize(graph_from_config(model("m", [*reads, *rest], ["x", 0, 0], ["b", 0, 0]))).outline.layers


@pytest.mark.parametrize("axes", [None, 1, -1, 0, 2, 5, [1, 1], [1], [0, 0], [2, 1]])
@pytest.mark.parametrize("shape", [(None, None), (None, 8, 4), (None,)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_product_over_axes_that_are_none_is_drawn(axes: Any, shape: tuple[int | None, ...], count: int) -> None:
    assert _drawn("Dot", count, shape, axes=axes) == 4


@pytest.mark.parametrize("op", sorted({*_TOLD, "closed", "given", "product", "topk", "linear", "code"}))
def test_a_class_called_as_an_operation_is_drawn(op: str) -> None:
    for name in (op, op.title(), op.upper()):
        assert _drawn(name, 2, (None, 8, 4)) == 4
