"""Receptive field and stride of every node of a layer graph.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019:
along a path r ← r + (k - 1)·d·j and j ← j·s, with kernel k, dilation d, stride s and j the product of
the strides so far; where paths meet, the largest. A transposed convolution or a resize by s divides j.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from blockviz.ir import LayerGraph, Node
from blockviz.layer_weights import Config, grid
from blockviz.weights import unwrapped

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
        return _step(node, before)
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


def _is_global(node: Node) -> bool:
    op = _unwrapped(node)[0]
    return op in WHOLE or op.startswith(("Global", "ConvLSTM", "Adaptive")) or _mixes(node)


def _mixes(node: Node) -> bool:
    """A reshape keeps positions only where the grid stays the same."""
    shapes = node.inputs[0], node.outputs[0]
    return node.op in ("Reshape", "Permute", "Transpose") and len({grid(node.config, shape) for shape in shapes}) > 1


def _unwrapped(node: Node) -> tuple[str, Config]:
    if node.op in ("TimeDistributed", "SpectralNormalization") and isinstance(node.config.get("layer"), Mapping):
        return unwrapped(node.config["layer"])[:2]
    return node.op, node.config


def _step(node: Node, view: _View) -> _View:
    rank = len(view.reach)
    op, config = _unwrapped(node)
    if op.endswith("Transpose") and "kernel_size" in config:
        scale = _per_axis(config["strides"], rank)
        kernels = _per_axis(config["kernel_size"], rank)
        return _grown(view, [ceil(k / s) for k, s in zip(kernels, scale, strict=True)], [Fraction(1, s) for s in scale])
    if "kernel_size" in config:
        dilation = _per_axis(config.get("dilation_rate", 1), rank)
        kernels = _per_axis(config["kernel_size"], rank)
        reach = [(k - 1) * d + 1 for k, d in zip(kernels, dilation, strict=True)]
        return _grown(view, reach, [Fraction(s) for s in _per_axis(config.get("strides", 1), rank)])
    if "pool_size" in config:
        strides = _per_axis(config.get("strides") or config["pool_size"], rank)
        return _grown(view, _per_axis(config["pool_size"], rank), [Fraction(s) for s in strides])
    if op.startswith("UpSampling"):
        return _grown(view, [_taps(config)] * rank, [Fraction(1, s) for s in _per_axis(config["size"], rank)])
    if op in ("Resizing", "Resize"):
        grids = zip(grid(config, node.inputs[0]), grid(config, node.outputs[0]), strict=True)
        return _grown(view, [_taps(config)] * rank, [Fraction(before or 1, after or 1) for before, after in grids])
    return view


def _per_axis(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """A size per axis; axes before the grid (steps of a TimeDistributed model) are untouched."""
    return (value,) * rank if isinstance(value, int) else (1,) * (rank - len(value)) + tuple(value)


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
