"""Mixtures of experts: networks on one tensor, summed up by a gate's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.ir import Port
from blockviz.patterns.axes import Axis, flat, resolved, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.values import Tensor, Value
from blockviz.patterns.walks import ancestors, depends


def experts(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Networks on one tensor, summed up by weights that a small layer on the same tensor gives."""
    if tensor.views:
        return
    value = tensor.value
    for gates, branches, axes in _gated(tensor):
        scores = [gate for gate in gates if depends(gate.value, _is_gate, limit=60)]
        if not scores or len(branches) < 2:
            continue
        source = _common(scores[0], branches)
        if source is None or any(_pairs(gate.value, source) or _asks(gate, branches) for gate in scores):
            continue
        sparse = any(
            depends(gate.value, lambda v: v.op in ("topk", "argmax", "sort", "onehot"), limit=60) for gate in gates
        )
        yield Found(
            (source,), {"sparse": sparse}, {"experts": len(branches)} if axes is None else {"experts": size_of(axes)}
        )
    _ = value


def _is_gate(value: Value) -> bool:
    return (
        value.op == "softmax" or (value.op == "fn" and value.attrs["name"] in ("sigmoid", "exp")) or value.op == "topk"
    )


def _asks(gate: Tensor, branches: Sequence[Tensor]) -> bool:
    """Whether a gate looks at what the branches gave, as that of a selective kernel does: a router sees their input."""
    given = {branch.value.number for branch in branches}
    return depends(gate.value, lambda value: value.number in given, limit=60)


def _pairs(gate: Value, source: Tensor) -> bool:
    """Whether a gate's shares are scores of pairs, as those of attention are: a product of two of the source's."""
    shares = [value for value in ancestors(gate, {source.key}, limit=60) if value.op == "softmax"]
    return any(
        value.op == "dot" and sum(not arg.value.given for arg in value.args) > 1
        for share in shares for value in ancestors(share.args[0].value, {source.key}, limit=30)
    )  # fmt: skip


def _gated(tensor: Tensor) -> Iterator[tuple[list[Tensor], list[Tensor], Sequence[Axis] | None]]:
    """Weights, what they weigh, and the axis of the experts where they stand stacked."""
    tensor = plain(tensor)
    value = tensor.value
    atoms = value.args if value.op == "poly" and len(value.terms) == 1 else (tensor,)
    for atom in atoms:
        if atom.value.op not in ("dot", "taken"):
            continue
        over = frozenset(resolved(atom.value.attrs["over"]))  # type: ignore[arg-type]
        inside = atom.value.args if atom.value.op == "dot" else plain(atom.value.args[0]).value.args
        for place, stacked in enumerate(inside):
            weights = [arg for p, arg in enumerate(inside) if p != place]
            found = plain(stacked)
            if found.value.op == "concat" and _is_one_each(found.value, over) and _weighs(weights, over):
                yield weights, list(found.value.args), None
            elif (layer := _expert_layer(found, over)) is not None and _weighs(weights, over):
                yield weights, [layer, layer], tuple(over)
    if value.op == "poly" and len(value.terms) > 1:
        rows = [[(key, power) for key, power in monomial] for monomial in value.terms]
        known = {atom.key: atom for atom in value.args}
        gates, branches = [], []
        for row in rows:
            parts = [known[key] for key, _ in row if plain(known[key]).value.op in ("part", "softmax")]
            rest = [known[key] for key, power in row if known[key] not in parts and power == 1.0]
            if (
                len(parts) != 1
                or len(rest) != 1
                or parts[0].value.given
                or not depends(parts[0].value, lambda v: v.op == "softmax", limit=12)
            ):
                return
            gates += parts
            branches += rest
        if len({plain(gate).value.args[0].key for gate in gates if plain(gate).value.op == "part"}) == 1:
            yield gates, branches, None


def _is_one_each(joined: Value, over: frozenset[Axis]) -> bool:
    """Whether what is joined stands one beside the other along these axes, and is not a row of tokens itself."""
    axis = joined.attrs["axis"]
    along = isinstance(axis, Axis) and any(one in over or one.twins & over for one in resolved((axis,)))
    return along and size_of(over) == len(joined.args)


def _weighs(weights: Sequence[Tensor], over: frozenset[Axis]) -> bool:
    """Whether a gate is a share over the experts: a softmax along their axis, wherever it is cut down afterwards."""
    for weight in weights:
        for found in ancestors(plain(weight).value, limit=40):
            if found.op == "softmax" and not found.given and _is_share(found, over):
                return True
            if found.op in ("linear", "conv", "concat"):
                break
    return False


def _is_share(softmax: Value, over: frozenset[Axis]) -> bool:
    """Whether a softmax gives shares of all experts, or of the best of them."""
    whole = size_of(resolved(softmax.attrs["over"])) == size_of(over)  # type: ignore[arg-type]
    return whole or depends(softmax, lambda value: value.op == "topk", limit=6)


def _expert_layer(tensor: Tensor, over: frozenset[Axis]) -> Tensor | None:
    """A layer that has the experts in an axis of its own."""
    for _ in range(6):
        value = tensor.value
        if value.op == "linear":
            source = value.args[0]
            if not any(axis in over or axis.twins & over for axis in flat(source.dims)):
                return tensor
            tensor = plain(source)
        elif value.op == "fn":
            tensor = plain(value.args[0])
        else:
            return None
    return None


def _common(gate: Tensor, branches: Sequence[Tensor]) -> Tensor | None:
    """The nearest tensor that the gate and all branches are made from."""
    rows = [{value.number: value for value in ancestors(one.value, limit=80)} for one in (gate, *branches)]
    shared = set(rows[0]).intersection(*rows[1:])
    shared = {number for number in shared if not rows[0][number].given}
    if not shared:
        return None
    nearest = rows[0][max(shared)]
    return Tensor(nearest, nearest.dims)
