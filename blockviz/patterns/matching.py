"""Where a formula holds in the analysis graph: all ways in which its names can stand for tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, permutations
from typing import Any, TypeAlias

from blockviz.patterns.axes import flat, resolved
from blockviz.patterns.notation import Apply, Bind, Many, Maybe, Name, Poly, Term
from blockviz.patterns.values import Tensor, Value

Env: TypeAlias = dict[str, Any]


_PASSED = frozenset({"drop", "droppath"})


_MOST_WAYS = 8


_UNORDERED = frozenset({"dot", "maximum", "minimum", "concat"})


_POWERS = {(1.0,): "", (2.0,): "sq", (0.5,): "root", (-1.0,): "inv"}


def plain(tensor: Tensor) -> Tensor:
    """The tensor itself behind sums of one and behind dropout."""
    while True:
        value = tensor.value
        if value.op == "poly" and len(value.terms) == 1 and not value.aka:
            ((monomial, factor),) = value.terms.items()
            if factor == 1.0 and len(monomial) == 1 and monomial[0][1] == 1.0:
                tensor = value.args[0]
                continue
        if value.op in _PASSED:
            tensor = value.args[0]
            continue
        return tensor


def matches(term: Term, tensor: Tensor, env: Env) -> Iterator[Env]:
    """All ways in which a term holds for a tensor, as what its names stand for."""
    if isinstance(term, Name):
        yield from _bound(term.name, tensor, env)
    elif isinstance(term, Maybe):
        yield from _behind(term, tensor, env)
    elif isinstance(term, Apply):
        yield from _applied(term, tensor if tensor.value.op in term.ops else plain(tensor), env)
    elif isinstance(term, Bind):
        for found in matches(term.term, tensor, env):
            yield from _bound(term.name, tensor, found)
    elif isinstance(term, Poly):
        yield from _summed(term, _as_poly(tensor), env)
    else:
        yield from _many(term, _as_poly(tensor), env)


def _bound(name: str, shown: Tensor, env: Env) -> Iterator[Env]:
    tensor = plain(shown)
    if name == "_":
        yield env
    elif name not in env:
        if _may_stand(name, tensor):
            yield {**env, name: tensor, **({} if shown is tensor else {f"~{name}": shown})}
    elif env[name].key == tensor.key:
        yield env


def _may_stand(name: str, tensor: Tensor) -> bool:
    """A name that begins with ``p_`` is a parameter, one with ``n_`` noise; others are neither."""
    name = name.removeprefix("i_")
    if name.startswith(("a_", "h_")):
        return True
    if name.startswith("p_"):
        return tensor.value.given
    if name.startswith("n_"):
        return tensor.value.op in ("noise", "chance")
    return not tensor.value.given and tensor.value.op not in ("noise", "chance")


def _behind(term: Maybe, tensor: Tensor, env: Env) -> Iterator[Env]:
    last = isinstance(term.arg, Name) and term.arg.name.startswith("i_")  # as far back as it goes
    if not last:
        yield from matches(term.arg, tensor, env)
    shown, tensor = tensor, plain(tensor)
    for op, args in readings(tensor.value):
        if op in term.ops and len(args) == 1:
            yield from _behind(term, args[0], env)
    if last:
        yield from matches(term.arg, shown, env)


def readings(value: Value) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
    """What a value is: its operation and arguments, and every other name that was found for it."""
    yield from value.aka.items()
    if value.op == "fn":
        yield str(value.attrs["name"]), value.args
    elif value.op in ("mean", "sum"):
        power = value.attrs.get("powers", (1.0,))
        yield value.op + _POWERS.get(power, "?"), value.args  # type: ignore[call-overload]
    elif value.op != "poly":
        yield value.op, value.args


def _applied(term: Apply, tensor: Tensor, env: Env) -> Iterator[Env]:
    value = tensor.value
    for op, args in readings(value):
        if op not in term.ops:
            continue
        for found in _along(term.over, value, args, env):
            if term.many:
                if len(args) > 1:
                    yield from _all(term.args[0], args, found)
            elif op in _UNORDERED and 2 <= len(term.args) == len(args) <= 4:
                for order in permutations(args):
                    yield from _in_order(term.args, order, found)
            elif len(args) == len(term.args):
                yield from _in_order(term.args, args, found)


def _in_order(terms: Sequence[Term], tensors: Sequence[Tensor], env: Env) -> Iterator[Env]:
    if not terms:
        yield env
        return
    for found in matches(terms[0], tensors[0], env):
        yield from _in_order(terms[1:], tensors[1:], found)


def _all(term: Term, tensors: Sequence[Tensor], env: Env) -> Iterator[Env]:
    """A term for every tensor: names that begin with ``i_`` stand for another one each time."""
    yield from _each([partial(matches, term, tensor) for tensor in tensors], env, ("i_",))


def _each(ways: Sequence[Callable[[Env], Iterator[Env]]], env: Env, local: tuple[str, ...]) -> Iterator[Env]:
    """What holds in every branch, as the first of them says it, in any of its ways."""
    for first in islice(ways[0](env), _MOST_WAYS):
        found = _shared(first, local, 1)
        for number, way in enumerate(ways[1:], 2):
            if (more := next(way(found), None)) is None:
                break
            found = _shared(more, local, number)
        else:
            yield found


def _shared(env: Env, local: tuple[str, ...], count: int) -> Env:
    """What the branches share; the tensors that are each branch's own become leaves."""
    mine = {name: item for name, item in env.items() if name.removeprefix("~").startswith(local)}
    own = [item for name, item in mine.items() if isinstance(item, Tensor) and "i_p_" not in name]
    kept = {name: item for name, item in env.items() if name not in mine}
    return {**kept, "#leaves": (*env.get("#leaves", ()), *own), "#count": count}


def _along(over: str, value: Value, args: Sequence[Tensor], env: Env) -> Iterator[Env]:
    axes = value.attrs.get("over")
    if not over:
        yield env
        return
    if not isinstance(axes, frozenset) or not axes:
        return
    own = frozenset(resolved(axes))
    if over in ("space", "channel"):
        every = {axis for arg in args for axis in flat(arg.dims) if axis.kind == over and not axis.copy}
        if own == every:
            yield env
        return
    name = f"@{over}"
    if name not in env:
        yield {**env, name: own}
    elif frozenset(resolved(env[name])) == own:
        yield env


_AsPoly: TypeAlias = "tuple[list[tuple[float, list[tuple[Tensor, float]]]], Tensor]"


def _as_poly(tensor: Tensor) -> _AsPoly:
    while tensor.value.op in _PASSED:
        tensor = tensor.value.args[0]
    value = tensor.value
    if value.op != "poly":
        return [(1.0, [(tensor, 1.0)])], tensor
    atoms = {atom.key: atom for atom in value.args}
    return [(f, [(atoms[key], power) for key, power in monomial]) for monomial, f in value.terms.items()], tensor


def _summed(term: Poly, poly: _AsPoly, env: Env) -> Iterator[Env]:
    summands, _ = poly
    if len(summands) != len(term.summands):
        return
    yield from _pairs(term.summands, summands, env)


def _pairs(
    wanted: Sequence[tuple[float, str, tuple[tuple[Term, float], ...]]],
    there: Sequence[tuple[float, list[tuple[Tensor, float]]]], env: Env,
) -> Iterator[Env]:  # fmt: skip
    if not wanted:
        yield env
        return
    factor, name, terms = wanted[0]
    for place, (own, factors) in enumerate(there):
        if len(factors) != len(terms):
            continue
        found = dict(env)
        if name:
            value = own / factor
            if abs(found.setdefault(name, value) - value) > 1e-3 * max(1.0, abs(value)):
                continue
        elif abs(own - factor) > 1e-3 * max(1.0, abs(factor)) and not _is_parameter(terms):
            continue
        for better in _factors(terms, factors, found):
            yield from _pairs(wanted[1:], [*there[:place], *there[place + 1 :]], better)


def _is_parameter(terms: Sequence[tuple[Term, float]]) -> bool:
    """Whether a summand is a parameter alone, which a factor makes another parameter."""
    return len(terms) == 1 and isinstance(terms[0][0], Name) and terms[0][0].name.startswith("p_")


def _factors(terms: Sequence[tuple[Term, float]], factors: Sequence[tuple[Tensor, float]], env: Env) -> Iterator[Env]:
    if not terms:
        yield env
        return
    term, power = terms[0]
    for place, (tensor, own) in enumerate(factors):
        if abs(own - power) < 1e-6:
            for found in matches(term, tensor, env):
                yield from _factors(terms[1:], [*factors[:place], *factors[place + 1 :]], found)


def _many(term: Many, poly: _AsPoly, env: Env) -> Iterator[Env]:
    """Each summand fits the one form."""
    summands, _tensor = poly
    wanted = term.summand.summands if isinstance(term.summand, Poly) else ((1.0, "", ((term.summand, 1.0),)),)
    if len(summands) < 2 or len(wanted) != 1:
        return
    yield from _each([partial(_pairs, wanted, [summand]) for summand in summands], env, ("i_", "c_"))
