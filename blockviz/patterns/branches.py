"""Conditions on the branches of a formula: what is joined, summed or weighed, and by which kernels it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from blockviz.patterns.axes import resolved, size_of
from blockviz.patterns.matching import plain
from blockviz.patterns.settings import numbers_of
from blockviz.patterns.values import Tensor, Value
from blockviz.patterns.walks import ancestors, channel_size, depends

#: What the names of a formula stand for.
Env: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Callable[[Env, Tensor], bool]


def branches(tensor: Tensor) -> list[list[Value]]:
    """Per branch that is joined or summed, the values in it from its end on."""
    value = plain(tensor).value
    while value.op not in ("concat", "poly") and value.args:
        value = plain(value.args[0]).value
    return [list(_row(arg)) for arg in value.args]


def _row(tensor: Tensor) -> Iterator[Value]:
    for _ in range(12):
        value = tensor.value
        yield value
        if len(value.args) != 1:
            return
        tensor = value.args[0]


def _setting(row: Sequence[Value], key: str, ops: frozenset[str]) -> tuple[int, ...]:
    for value in row:
        if value.op in ops and value.node is not None:
            found = numbers_of(value.node.config.get(key))
            return tuple(found or [1])
    return ()


_KERNELS = frozenset({"conv", "linear", "depthwise", "scale", "causal", "separable", "tconv"})


def _kernels(tensor: Tensor) -> list[tuple[int, ...]]:
    return [_setting(row, "kernel_size", _KERNELS) for row in branches(tensor)]


def _parts_differ(tensor: Tensor) -> bool:
    parts = [value.number for row in branches(tensor) for value in row if value.op == "part"]
    return len(set(parts)) == len(parts)


def _equal_branches(env: Env, tensor: Tensor) -> bool:
    rows = branches(tensor)
    kernels = set(_kernels(tensor))
    widths = {channel_size(Tensor(row[0], row[0].dims)) for row in rows}
    dilations = {_setting(row, "dilation_rate", _KERNELS) for row in rows}
    enough = len(rows) >= (2 if any(value.op == "part" for value in rows[0]) else 4)
    return enough and len(kernels) == len(widths) == len(dilations) == 1 and _parts_differ(tensor)


def _different_kernels(env: Env, tensor: Tensor) -> bool:
    kernels = _kernels(tensor)
    depthwise = all(any(value.op == "depthwise" for value in row) for row in branches(tensor))
    return len(set(kernels)) == len(kernels) > 1 and _parts_differ(tensor) and depthwise


def _parallel_kernels(env: Env, tensor: Tensor) -> bool:
    rows = [
        row
        for row in branches(tensor)
        if any(value.op in _KERNELS and value.number > env["x"].value.number for value in row[:3])
    ]
    layers = [next(value for value in row if value.op in _KERNELS) for row in rows]
    if len(layers) < 2 or len({layer.number for layer in layers}) < len(layers):
        return False
    kernels = [_setting([layer], "kernel_size", _KERNELS) or (1,) for layer in layers]
    strides = {_setting([layer], "strides", _KERNELS)[:1] for layer in layers}
    dilated = {_setting([layer], "dilation_rate", _KERNELS)[:1] for layer in layers}
    return len(strides) == len(dilated) == 1 and any(max(kernel) > 1 for kernel in kernels)


def _different_dilations(env: Env, tensor: Tensor) -> bool:
    rates = [max(_setting([value], "dilation_rate", _KERNELS) for value in row) for row in branches(tensor)]
    return len({rate for rate in rates if rate and max(rate) > 1}) >= 2 and len(rates) >= 3


def _different_pools(env: Env, tensor: Tensor) -> bool:
    pools, kernels = set(), []
    for row in branches(tensor):
        inside = row[: next((n for n, value in enumerate(row) if value.number <= env["x"].value.number), len(row))]
        found = [value for value in inside if value.op in ("pool", "mean", "max")]
        between = inside[inside.index(found[0]) : inside.index(found[-1])] if found else []
        if any(value.op == "linear" for value in between):
            return False  # levels of an encoder, each of the one before
        if found:
            pools.add((len(found), str(found[0].attrs.get("window", "all"))))
        kernels += [value for value in inside if value.op in ("conv", "depthwise")]
    return len(pools) >= 2 and not kernels


def _not_inverted(env: Env, tensor: Tensor) -> bool:
    """Whether no pointwise convolution in front belongs to the depthwise one: one that widens, or that alone is read
    as it is."""
    before, after = channel_size(env["x"]), channel_size(tensor)
    expanded = plain(env["x"])
    if expanded.value.op == "linear":
        row = list(_row(plain(tensor)))
        last = next((place for place, value in enumerate(row) if value.op == "linear"), 0)
        if [value.op for value in row[last + 1 : last + 2]] != ["depthwise"]:
            return False
    for _ in range(3):
        if expanded.value.op in ("fn", "norm"):
            expanded = plain(expanded.value.args[0])
    wider = expanded.value.op == "linear" and (channel_size(expanded.value.args[0]) or 0) < (before or 0)
    return before is not None and after is not None and before <= after <= 2 * before and not wider


def _pooled_weights(env: Env, tensor: Tensor) -> bool:
    if env.get("#count") not in (None, size_of(resolved(env["@r"]))):  # not over the branches
        return False
    soft = [value for value in ancestors(tensor.value, limit=40) if value.op == "softmax"]
    return bool(soft) and depends(soft[0], lambda value: value.op == "mean" and _is_of_ways(value, env), limit=30)


def _is_of_ways(mean: Value, env: Env) -> bool:
    """Whether a mean is of what the weighed branches give: one of what they read is dynamic convolution's."""
    read = env["x"].value.number
    return depends(mean, lambda value: value.op in _KERNELS and value.args[0].value.number == read, limit=30)


def _chosen_kernels(env: Env, tensor: Tensor) -> bool:
    """Whether the branches that are weighed are of one tensor, and of different kernels or dilations."""
    read = env["x"].value.number
    layers = [v for v in ancestors(tensor.value, limit=60) if v.op in _KERNELS and v.args and v.node is not None]
    layers = [v for v in layers if v.args[0].value.number == read]
    kernels = {tuple(_setting([v], key, _KERNELS) for key in ("kernel_size", "dilation_rate")) for v in layers}
    return len(kernels) > 1 and _pooled_weights(env, tensor)


BRANCH_CONDITIONS: Mapping[str, Condition] = {
    "pooled weights": _pooled_weights,
    "chosen kernels": _chosen_kernels,
    "equal branches": _equal_branches,
    "distinct parts": lambda env, tensor: _parts_differ(tensor),
    "different kernels": _different_kernels,
    "parallel kernels": _parallel_kernels,
    "different dilations": _different_dilations,
    "different pools": _different_pools,
    "not inverted": _not_inverted,
}
