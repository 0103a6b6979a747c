"""Values summed up by weights, and the scores behind the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.patterns.axes import Axis, flat, resolved
from blockviz.patterns.matching import plain
from blockviz.patterns.values import UNKNOWN_STEP, Tensor, Value
from blockviz.patterns.walks import same_axes
from blockviz.runtime.records import dataclass


@dataclass(slots=True)
class Weighted:
    """A sum of values by weights: scores before the softmax (None for a plain product), and the axes summed over."""

    weights: tuple[Tensor, ...]
    values: Tensor
    over: frozenset[Axis]
    scores: Tensor | None
    dot: Value


def weighted_sums(tensor: Tensor) -> Iterator[Weighted]:
    """Every way to read a tensor as values summed up by weights."""
    tensor = plain(tensor)
    value = tensor.value
    atoms: Sequence[Tensor] = (tensor,)
    if value.op == "poly":
        if len(value.terms) != 1:
            return
        atoms = value.args
    for atom in atoms:
        found = atom.value
        if found.op == "dot":
            over = frozenset(resolved(found.attrs["over"]))  # type: ignore[arg-type]
            divided = any(other is not atom and not over.intersection(flat(other.dims)) for other in atoms)
            for place, values in enumerate(found.args):
                rest = (*found.args[:place], *found.args[place + 1 :])
                yield Weighted(rest, values, over, _scores(rest, over, divided), found)
        elif found.op == "taken" and len(atoms) == 1:  # code that takes something along the axis of the weights
            product = plain(found.args[0]).value
            over = frozenset(resolved(found.attrs["over"]))  # type: ignore[arg-type]
            if product.op == "poly" and len(product.terms) == 1 and len(product.args) == 2:
                for one, two in (product.args, product.args[::-1]):
                    if (scores := _scores((one,), over, False)) is not None:
                        yield Weighted((one,), two, over, scores, found)


def _scores(weights: Sequence[Tensor], over: frozenset[Axis], divided: bool) -> Tensor | None:
    """What the weights are the softmax of over the axes that are summed over, also where that is written out."""
    for weight in weights:
        for found in _factors(weight):
            value = found.value
            if value.op == "softmax" and _is_over(value, over):
                return value.args[0]
            if value.op == "fn" and value.attrs["name"] == "exp" and (divided or _is_divided(weight, over)):
                return value.args[0]
    return None


def _is_over(softmax: Value, over: frozenset[Axis]) -> bool:
    """Whether a softmax is over these axes; where it varies along them itself, over no others that they once met."""
    own = frozenset(resolved(softmax.attrs["over"]))  # type: ignore[arg-type]
    return own == over if over <= set(flat(softmax.dims)) else same_axes(own, over)


def _factors(weight: Tensor) -> list[Tensor]:
    weight = plain(weight)
    if weight.value.op == "poly" and len(weight.value.terms) == 1:
        return [plain(atom) for atom in weight.value.args]
    if weight.value.op in ("where", UNKNOWN_STEP):
        return [plain(arg) for arg in weight.value.args]
    return [weight]


def _is_divided(weight: Tensor, over: frozenset[Axis]) -> bool:
    value = plain(weight).value
    powers = [power for monomial in value.terms for _, power in monomial]
    return any(power < 0 for power in powers) and any(not over.intersection(flat(atom.dims)) for atom in value.args)


def score_product(scores: Tensor, over: frozenset[Axis], depth: int = 0) -> tuple[Value, list[Tensor]] | None:
    """The product of queries and keys in the scores, and what is added to it on the way: masks, biases."""
    scores = plain(scores)
    value = scores.value
    if value.op == "dot":
        return value, []
    if depth > 8:
        return None
    inner: Sequence[Tensor] = ()
    if (
        value.op in ("poly", "where", UNKNOWN_STEP)
        or (value.op == "fn" and value.attrs["name"] in ("clip", "tanh", "maximum"))
        or value.op in ("max", "norm", "scale")
    ):
        inner = value.args
    for place, arg in enumerate(inner):
        if (found := score_product(arg, over, depth + 1)) is not None:
            return found[0], [*found[1], *[other for p, other in enumerate(inner) if p != place]]
    return None
