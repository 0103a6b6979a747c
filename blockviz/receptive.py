"""Receptive field and stride of every node of a layer graph.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019:
along a path r ← r + (k - 1)·d·j and j ← j·s, with kernel k, dilation d, stride s and j the product of
the strides so far; where paths meet, the largest. A transposed convolution or a resize by s divides j.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from blockviz.ir import LayerGraph, Node, Shape
from blockviz.layer_weights import Config, sizes
from blockviz.weights import inner

Field: TypeAlias = tuple[int, int | Fraction]


@dataclass(frozen=True, slots=True)
class _View:
    """What one position of a tensor sees of the input, per spatial axis, in input positions."""

    reach: tuple[Fraction, ...]
    stride: tuple[Fraction, ...]


def receptive_field(graph: LayerGraph) -> dict[str, Field | None]:
    """Node id → (receptive field, stride) in input positions, of the largest axis; ``graph`` has no blocks.

    None where a node sees the whole input (after global pooling, flattening, attention, recurrence) or has no
    spatial axis. Where a tensor that has lost its position meets one that has not (the gate of a
    squeeze-and-excitation, a global context), the field is that of the other: the spatial path.
    """
    views: dict[str, _View | None] = {}
    for name in graph:
        node = graph.item(name)
        if isinstance(node, Node):
            views[name] = _view(node, [views.get(source) for _, source, _ in graph.operand_list(name)])
    return {name: _field(view) for name, view in views.items()}


def _field(view: _View | None) -> Field | None:
    if view is None:
        return None
    stride = max(view.stride)
    return ceil(max(view.reach)), stride.numerator if stride.denominator == 1 else stride


def _view(node: Node, sources: list[_View | None]) -> _View | None:
    rank = _spatial_rank(node)
    if not sources:
        return _View((Fraction(1),) * rank, (Fraction(1),) * rank) if rank else None
    before = _join(view for view in sources if view is not None)
    if before is None or _is_global(node) or len(before.reach) != rank:
        return None
    try:
        return _step(node.op, node.config, node, before)
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None


def _join(views: Iterable[_View]) -> _View | None:
    found = list(views)
    if not found:
        return None
    rank = max(len(view.reach) for view in found)
    found = [view for view in found if len(view.reach) == rank]
    return _View(
        tuple(max(axis) for axis in zip(*(view.reach for view in found), strict=True)),
        tuple(max(axis) for axis in zip(*(view.stride for view in found), strict=True)),
    )


def _spatial_rank(node: Node) -> int:
    return max((len(shape) for shape in node.outputs), default=0) - 2


def _grid(config: Config, shape: Shape) -> Shape:
    return shape[2:] if config.get("data_format") == "channels_first" else shape[1:-1]


def _is_global(node: Node) -> bool:
    return node.op in WHOLE or node.op.startswith(("Global", "ConvLSTM", "Adaptive")) or _mixes(node)


def _mixes(node: Node) -> bool:
    """A reshape keeps positions only where the grid stays the same."""
    return node.op in ("Reshape", "Permute", "Transpose") and _grid(node.config, node.inputs[0]) != _grid(
        node.config, node.outputs[0]
    )


def _step(op: str, config: Config, node: Node, view: _View) -> _View:
    rank = len(view.reach)
    if op in ("TimeDistributed", "SpectralNormalization") and isinstance(config.get("layer"), dict):
        return _wrapped(config, node, view)
    if op.endswith("Transpose") and "kernel_size" in config:
        scale = sizes(config["strides"], rank)
        kernels = sizes(config["kernel_size"], rank)
        return _grown(view, [ceil(k / s) for k, s in zip(kernels, scale, strict=True)], [Fraction(1, s) for s in scale])
    if "kernel_size" in config:
        dilation = sizes(config.get("dilation_rate", 1), rank)
        kernels = sizes(config["kernel_size"], rank)
        reach = [(k - 1) * d + 1 for k, d in zip(kernels, dilation, strict=True)]
        return _grown(view, reach, [Fraction(s) for s in sizes(config.get("strides", 1), rank)])
    if "pool_size" in config:
        pool = sizes(config["pool_size"], rank)
        return _grown(view, pool, [Fraction(s) for s in sizes(config.get("strides") or pool, rank)])
    if op.startswith("UpSampling"):
        scale = sizes(config["size"], rank)
        return _grown(view, [_taps(config)] * rank, [Fraction(1, s) for s in scale])
    if op in ("Resizing", "Resize"):
        grids = zip(_grid(config, node.inputs[0]), _grid(config, node.outputs[0]), strict=True)
        return _grown(view, [_taps(config)] * rank, [Fraction(before or 1, after or 1) for before, after in grids])
    return view


def _wrapped(config: Config, node: Node, view: _View) -> _View:
    """A layer applied to every step: the time axis is the first spatial axis and stays as it is."""
    op, wrapped, _ = inner(config["layer"])
    if node.op != "TimeDistributed":
        return _step(op, wrapped, node, view)
    if op.startswith("Global") or op in WHOLE:
        raise ValueError("a step is reduced to a vector")
    rest = _step(op, wrapped, node, _View(view.reach[1:], view.stride[1:]))
    return _View((view.reach[0], *rest.reach), (view.stride[0], *rest.stride))


def _taps(config: Config) -> int:
    """Source positions, along an axis, that one resized position reads."""
    return {"nearest": 1, "bilinear": 2, "bicubic": 4}.get(config.get("interpolation", "nearest"), 4)


def _grown(view: _View, kernels: Iterable[int], strides: Iterable[Fraction]) -> _View:
    return _View(
        tuple(r + (k - 1) * j for r, k, j in zip(view.reach, kernels, view.stride, strict=True)),
        tuple(j * s for j, s in zip(view.stride, strides, strict=True)),
    )


_WHOLE = """
Flatten Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention GroupQueryAttention
LSTM GRU SimpleRNN RNN Bidirectional CuDNNLSTM CuDNNGRU Lambda DotProductAttention Dot Matmul Einsum
"""
WHOLE = frozenset(_WHOLE.split())
