"""Conditions on what a formula's names stand for that a formula can't say, and numbers of them for a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from blockviz.patterns.axes import flat, resolved, size_of
from blockviz.patterns.matching import plain
from blockviz.patterns.settings import numbers_of
from blockviz.patterns.values import Tensor, Value
from blockviz.patterns.walks import ancestors, channel_size, depends

Env: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Callable[[Env, Tensor], bool]


def attribute(text: str, env: Env) -> Any:
    """What a figure says: the name of a number, ``x/h`` for a quotient of channels, ``count``, or a plain word."""
    if text == "count":
        return env.get("#count")
    if text.startswith("c_"):
        value = env.get(text)
        return None if value is None else round(value, 6)
    if "/" in text:
        one, two = text.split("/")
        if one in env and two in env:
            above, below = channel_size(env[one]), channel_size(env[two])
            return above // below if above and below and above % below == 0 else None
        return None
    return text


# ---- axes


def _is_map(env: Env, tensor: Tensor) -> bool:
    return sum(any(axis.kind == "space" for axis in resolved(group)) for group in tensor.dims) >= 2


def _unit_length(env: Env, tensor: Tensor) -> bool:
    count = size_of(resolved(env["@a"]))
    return "c_k" not in env or (count is not None and abs(env["c_k"] ** 2 * count - 1) < 1e-2)


def _root_width(env: Env, tensor: Tensor) -> bool:
    width = channel_size(env["x"])
    return width is not None and width > 1 and abs(env["c_k"] ** 2 / width - 1) < 1e-2


def _channels(tensor: Tensor) -> set[Any]:
    return {axis for axis in flat(tensor.dims) if axis.kind == "channel" and not axis.copy}


def _over_channels(env: Env, tensor: Tensor) -> bool:
    if "@a" not in env:
        return True
    over, own = set(resolved(env["@a"])), _channels(env["x"])
    space = {axis for axis in flat(env["x"].dims) if axis.kind == "space"}
    return over in (own, own | space)


def _over_groups(env: Env, tensor: Tensor) -> bool:
    if "@a" not in env:
        return True
    over, own = set(resolved(env["@a"])), _channels(env["x"])
    return bool(over & own) and over & own < own and all(axis.kind != "batch" for axis in over)


def _over_pieces(env: Env, tensor: Tensor) -> bool:
    if "@a" not in env:
        return True
    over = set(resolved(env["@a"]))
    return all(axis.kind == "channel" for axis in over) and bool(_channels(tensor))


def _as_wide(env: Env, tensor: Tensor) -> bool:
    return all(axis.kind != "space" for axis in flat(tensor.dims))


def _adjacency(env: Env, tensor: Tensor) -> bool:
    matrix = env["h_a"]
    given = all(
        value.op in ("inputlayer", "poly", "fn", "mean", "sum") or value.given
        for value in ancestors(matrix.value, limit=20)
    )
    wide = [axis for axis in flat(matrix.dims) if axis.kind != "batch"]
    features = env["x"]
    return (
        given
        and len(wide) >= 2
        and not depends(features.value, lambda value: value.number == matrix.value.number, limit=3)
    )


# ---- what depends on what


def _reads(tensor: Tensor, other: Tensor) -> bool:
    return depends(tensor.value, lambda value: value.number == other.value.number, limit=200)


def _no_parameters(env: Env, tensor: Tensor) -> bool:
    if "s" not in env:
        return True
    plain_factors = [env[name] for name in ("s", "b")]
    return all(
        not any(axis.kind == "space" for axis in flat(one.dims)) and not _reads(one, env["x"]) for one in plain_factors
    )


def _conditioned(env: Env, tensor: Tensor) -> bool:
    return env["w"].key != env["x"].key and not _reads(env["w"], env["x"])


def _shortcut(env: Env, tensor: Tensor) -> bool:
    return _reads(env["f"], env["x"])


def _scaled_branch(env: Env, tensor: Tensor) -> bool:
    branch = env["h_f"]
    weighty = depends(branch.value, lambda value: value.op in ("linear", "conv", "depthwise"), [env["x"].key], 60)
    scores = plain(branch).value.op == "dot"  # of attention, to which a bias is added that all layers read
    return 0 < abs(env["c_k"]) < 1 and weighty and not scores and _reads(branch, env["x"])


def _pooled_weights(env: Env, tensor: Tensor) -> bool:
    soft = [value for value in ancestors(tensor.value, limit=40) if value.op == "softmax"]
    return bool(soft) and depends(soft[0], lambda value: value.op == "mean", limit=30)


def _two_halves(env: Env, tensor: Tensor) -> bool:
    atoms = [plain(atom) for atom in tensor.value.args]
    cut = [plain(atom.value.args[0]) if atom.value.op in ("fn", "poly") and atom.value.args else atom for atom in atoms]
    widths = {channel_size(one) for one in cut}
    return len({one.key for one in cut}) == 2 and len(widths) == 1


def _two_norms(env: Env, tensor: Tensor) -> bool:
    if any(axis.kind != "space" for axis in resolved(env["@n"])):
        return False
    return "@m" not in env or not set(resolved(env["@n"])) & set(resolved(env["@m"]))


def _differences(env: Env, tensor: Tensor) -> bool:
    return any(env[name].value.number == env["x"].value.number for name in ("h_i", "h_j"))


def _pairs_only(env: Env, tensor: Tensor) -> bool:
    fields = size_of(resolved(env["@f"]))
    return fields is not None and env["c_a"] > 0 and abs(env["c_a"] + env["c_b"] * fields) < 1e-3 * env["c_a"]


def _scalar_weights(env: Env, tensor: Tensor) -> bool:
    value = plain(tensor).value
    weights = [atom for atom in value.args if atom.value.given]
    inner = [arg for atom in value.args if atom.value.op == "dot" for arg in atom.value.args if arg.value.given]
    weights += inner or ([arg for arg in value.args if arg.value.given] if value.op == "dot" else [])
    learned = [w for w in weights if depends(w.value, lambda found: found.op == "param", limit=30)]
    return bool(learned) and all(len([a for a in flat(w.dims) if a.kind != "batch"]) <= 1 for w in learned)


# ---- branches


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
        if found:
            pools.add((len(found), str(found[0].attrs.get("window", "all"))))
        kernels += [value for value in inside if value.op in ("conv", "depthwise")]
    return len(pools) >= 2 and not kernels


def _not_inverted(env: Env, tensor: Tensor) -> bool:
    before, after = channel_size(env["x"]), channel_size(tensor)
    expanded = plain(env["x"])
    for _ in range(3):
        if expanded.value.op in ("fn", "norm"):
            expanded = plain(expanded.value.args[0])
    wider = expanded.value.op == "linear" and (channel_size(expanded.value.args[0]) or 0) < (before or 0)
    return before is not None and after is not None and before <= after <= 2 * before and not wider


CONDITIONS: dict[str, Condition] = {
    "a map": _is_map,
    "unit length": _unit_length,
    "root of the width": _root_width,
    "over channels": _over_channels,
    "over groups": _over_groups,
    "over pieces": _over_pieces,
    "as wide": _as_wide,
    "an adjacency": _adjacency,
    "no parameters": _no_parameters,
    "conditioned": _conditioned,
    "a shortcut": _shortcut,
    "a scaled branch": _scaled_branch,
    "pooled weights": _pooled_weights,
    "two halves": _two_halves,
    "two norms": _two_norms,
    "differences": _differences,
    "pairs only": _pairs_only,
    "scalar weights": _scalar_weights,
    "equal branches": _equal_branches,
    "distinct parts": lambda env, tensor: _parts_differ(tensor),
    "different kernels": _different_kernels,
    "parallel kernels": _parallel_kernels,
    "different dilations": _different_dilations,
    "different pools": _different_pools,
    "not inverted": _not_inverted,
}
