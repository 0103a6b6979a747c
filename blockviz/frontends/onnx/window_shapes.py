"""Shapes of what slides a window over a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from blockviz.frontends.onnx.known_shapes import Known, MaybeShape, Rule
from blockviz.ir import Shape


def windows(a: Mapping[str, Any], grid: Shape, kernel: Sequence[int]) -> list[tuple[int, int]]:
    """Padding before and after of each axis of the grid."""
    rank = len(kernel)
    mode = a.get("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        strides, dilations = a.get("strides", [1] * rank), a.get("dilations", [1] * rank)
        pairs = []
        for n, k, s, d in zip(grid, kernel, strides, dilations, strict=True):
            total = (k - 1) * d if n is None else max(0, (ceil(n / s) - 1) * s + (k - 1) * d + 1 - n)
            pairs.append((total // 2, total - total // 2) if mode == "SAME_UPPER" else (total - total // 2, total // 2))
        return pairs
    pads = a.get("pads") or [0] * 2 * rank
    return [(pads[i], pads[i + rank]) for i in range(rank)]


def _slid(a: Mapping[str, Any], grid: Shape, kernel: Sequence[int]) -> Shape:
    rank = len(kernel)
    strides, dilations = a.get("strides") or [1] * rank, a.get("dilations") or [1] * rank
    rounded = ceil if a.get("ceil_mode") else floor
    out: list[int | None] = []
    for n, k, s, d, pair in zip(grid, kernel, strides, dilations, windows(a, grid, kernel), strict=True):
        if n is None:
            out.append(None)
            continue
        size = rounded((n + sum(pair) - (k - 1) * d - 1) / s) + 1
        if a.get("ceil_mode") and (size - 1) * s >= n + pair[0]:
            size -= 1
        out.append(size)
    return tuple(out)


def _conv(known: Known) -> list[MaybeShape]:
    x, w = known.shape(0), known.shape(1)
    return [(x[0], w[0], *_slid(known.attributes, x[2:], kernel_of(known.attributes, w)))]


def kernel_of(a: Mapping[str, Any], weight: Shape) -> list[int]:
    """Sizes of a convolution's kernel."""
    sizes = list(a.get("kernel_shape") or weight[2:])
    if not all(isinstance(n, int) for n in sizes):
        raise LookupError("kernel")
    return [int(n) for n in sizes]


def _conv_transpose(known: Known) -> list[MaybeShape]:
    a, x, w = known.attributes, known.shape(0), known.shape(1)
    kernel = kernel_of(a, w)
    rank = len(kernel)
    filters = None if w[1] is None else w[1] * a.get("group", 1)
    if "output_shape" in a:
        return [(x[0], filters, *a["output_shape"][-rank:])]
    strides, dilations = a.get("strides") or [1] * rank, a.get("dilations") or [1] * rank
    extra = a.get("output_padding") or [0] * rank
    grid: list[int | None] = []
    for n, k, s, d, e, pair in zip(x[2:], kernel, strides, dilations, extra, windows(a, x[2:], kernel), strict=True):
        same = str(a.get("auto_pad", "")).startswith("SAME")
        grid.append(None if n is None else n * s if same else s * (n - 1) + e + (k - 1) * d + 1 - sum(pair))
    return [(x[0], filters, *grid)]


def _pool(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [(*x[:2], *_slid(known.attributes, x[2:], known.attributes["kernel_shape"]))] * known.results


def _global(known: Known) -> list[MaybeShape]:
    x = known.shape(0)
    return [(*x[:2], *[1] * (len(x) - 2))]


WINDOWS: dict[str, Rule] = {
    "Conv": _conv, "ConvInteger": _conv, "FusedConv": _conv, "ConvTranspose": _conv_transpose,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), _pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), _global),
}  # fmt: skip
