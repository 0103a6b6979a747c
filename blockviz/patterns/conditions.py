"""Conditions on what a formula's names stand for that a formula can't say, and numbers of them for a figure."""

from __future__ import annotations

from typing import Any

from blockviz.patterns.axes import flat, resolved, size_of
from blockviz.patterns.branches import BRANCH_CONDITIONS, Condition, Env
from blockviz.patterns.matching import plain
from blockviz.patterns.values import Tensor
from blockviz.patterns.walks import ancestors, channel_size, depends


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
    """A row of features, of places times channels too, but no map."""
    return not any(group and all(axis.kind == "space" for axis in resolved(group)) for group in tensor.dims)


def _adjacency(env: Env, tensor: Tensor) -> bool:
    matrix = env["h_a"]
    given = all(
        value.op in ("inputlayer", "poly", "fn", "mean", "sum") or value.given
        for value in ancestors(matrix.value, limit=20)
    )
    wide = [axis for axis in flat(matrix.dims) if axis.kind != "batch"]
    features, summed = env["x"], set(resolved(env["@n"]))
    nodes = size_of(summed)
    return (
        given
        and not {*flat(tensor.dims)} <= {*flat(matrix.dims), *flat(features.dims)}  # the features' own stay, mixed
        and any(axis not in summed and axis.size in (nodes, None) for axis in wide)  # a row a column
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
    "two halves": _two_halves,
    "two norms": _two_norms,
    "differences": _differences,
    "pairs only": _pairs_only,
    "scalar weights": _scalar_weights,
    **BRANCH_CONDITIONS,
}
