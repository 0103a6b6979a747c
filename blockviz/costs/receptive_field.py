"""Receptive field and stride of every node of a layer graph.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019:
along a path r ← r + (k - 1)·d·j and j ← j·s, with kernel k, dilation d, stride s and j the product of
the strides so far; where paths meet, the largest. A transposed convolution or a resize by s divides j.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Literal, TypeAlias

from blockviz.costs.layer_params import Config, grid
from blockviz.costs.params import has_known_weights, is_operation, unwrapped
from blockviz.ir import LayerGraph, Node, Shape
from blockviz.ops.registry import FUNCTIONS, LAYERS
from blockviz.runtime.records import dataclass

Field: TypeAlias = tuple[int, int | Fraction]
Receptive: TypeAlias = Field | Literal["all"] | None
ALL: Literal["all"] = "all"


@dataclass(frozen=True, slots=True)
class _View:
    """What one position of a tensor sees of the input, per spatial axis, in input positions."""

    reach: tuple[Fraction, ...]
    stride: tuple[Fraction, ...]


_State: TypeAlias = _View | Literal["all"] | None


def receptive_field(graph: LayerGraph) -> dict[str, Receptive]:
    """Node id → (receptive field, stride) in input positions, of the largest axis; ``graph`` has no blocks.

    "all" where a node sees the whole input (after global pooling, flattening, attention, recurrence), None where
    nobody knows or the tensor has no positions. A single vector that meets a map (the gate of a
    squeeze-and-excitation, a time embedding) is left aside: the field is that of the map.
    """
    states: dict[str, _State] = {}
    for name in graph:
        node = graph.item(name)
        if isinstance(node, Node):
            reads = [(states.get(source), _shape(node, to)) for to, source, _ in graph.operand_list(name)]
            states[name] = _state(node, reads)
    return {name: _field(state) if isinstance(state, _View) else state for name, state in states.items()}


def _shape(node: Node, index: int) -> Shape:
    return node.inputs[index] if index < len(node.inputs) else ()


def _field(view: _View) -> Field:
    stride = max(view.stride)
    return ceil(max(view.reach)), stride.numerator if stride.denominator == 1 else stride


def _state(node: Node, reads: Sequence[tuple[_State, Shape]]) -> _State:
    output = node.outputs[0] if node.outputs else ()
    if _rule(node, node.op) == "lookup":
        return _fresh(1)
    if not reads:
        return _fresh(len(output) - 2)
    before = _joined(node, reads)
    if before is None or not _is_known(node):
        return None
    if before == ALL or _sees_all(node, output):
        return ALL
    try:
        return _step(node, before) if _keeps_places(node, before, output) else None
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None


def _fresh(rank: int) -> _View | None:
    return _View((Fraction(1),) * rank, (Fraction(1),) * rank) if rank > 0 else None


def _joined(node: Node, reads: Sequence[tuple[_State, Shape]]) -> _State:
    """The state where tensors meet; vectors count only where nothing has positions."""
    maps = [state for state, shape in reads if any(size != 1 for size in grid(node.config, shape))]
    states = maps or [state for state, _ in reads]
    if ALL in states:
        return ALL
    views = [state for state in states if isinstance(state, _View)]
    if len(views) < len(states) or len({len(view.reach) for view in views}) != 1:
        return None
    return _View(
        tuple(max(axis) for axis in zip(*(view.reach for view in views), strict=True)),
        tuple(max(axis) for axis in zip(*(view.stride for view in views), strict=True)),
    )


def _is_known(node: Node) -> bool:
    known = is_operation(node.layer.module) or has_known_weights(node.op, node.layer.module)
    return known and _rule(node, node.op) != "unknown"


def _rule(node: Node, op: str) -> str:
    """How positions of a class' results see those of its inputs: the registry's column ``reach``."""
    rows = FUNCTIONS if is_operation(node.layer.module) else LAYERS
    return rows[op].reach if op in rows else "places"


def _sees_all(node: Node, output: Shape) -> bool:
    op = _unwrapped(node)[0]
    if _rule(node, op) == "reduction":
        return grid(node.config, output) != grid(node.config, node.inputs[0])
    return _rule(node, op) == "all"


def _keeps_places(node: Node, view: _View, output: Shape) -> bool:
    """Whether the positions of the result are those of the input: not after a reshape across the grid."""
    rank = len(view.reach)
    if len(output) - 2 < rank:
        return False
    if _rule(node, node.op) != "rearranged":
        return True
    return grid({}, node.inputs[0])[:rank] == grid({}, output)[:rank]


def _unwrapped(node: Node) -> tuple[str, Config]:
    if node.op in {"TimeDistributed", "SpectralNormalization"} and isinstance(node.config.get("layer"), Mapping):
        return unwrapped(node.config["layer"])[:2]
    return node.op, node.config


def _step(node: Node, view: _View) -> _View:
    rank = len(view.reach)
    op, config = _unwrapped(node)
    rule = _rule(node, op)
    if rule == "transposed":
        scale = _per_axis(config["strides"], rank)
        kernels = _per_axis(config["kernel_size"], rank)
        return _grown(view, [ceil(k / s) for k, s in zip(kernels, scale, strict=True)], [Fraction(1, s) for s in scale])
    if rule == "window":
        dilation = _per_axis(config.get("dilation_rate", 1), rank)
        kernels = _per_axis(config["kernel_size"], rank)
        reach = [(k - 1) * d + 1 for k, d in zip(kernels, dilation, strict=True)]
        return _grown(view, reach, [Fraction(s) for s in _per_axis(config.get("strides", 1), rank)])
    if rule == "pool":
        strides = _per_axis(config.get("strides") or config["pool_size"], rank)
        return _grown(view, _per_axis(config["pool_size"], rank), [Fraction(s) for s in strides])
    if rule == "upsampled":
        return _grown(view, [_taps(config)] * rank, [Fraction(1, s) for s in _per_axis(config["size"], rank)])
    if rule == "resized":
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
