"""Values of the analysis graph: equal ones are one object, sums and products are polynomials over the rest.

A `Value` is what a call computes, whatever view of it is taken; a `Tensor` is a view of a value: its axes in some
order, and the calls that rearranged them. Sums, products, differences, quotients and powers become a polynomial in
normal form, so ``x + t * (h - x)`` and ``t * h + (1 - t) * x`` are the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from blockviz.ir import Node
from blockviz.patterns.axes import Axis, Dims, Group, flat, resolved, resolved_dims, size_of

Key: TypeAlias = tuple[int, int]  # a value's number, and whether its axes stand crosswise to those of another
Monomial: TypeAlias = tuple[tuple[Key, float], ...]
Terms: TypeAlias = dict[Monomial, float]
UNKNOWN_STEP = "unknown step"  # of scores, by a class that nobody knows: a bias, a mix of heads
_MOST_TERMS = 16
_CHANCE = frozenset({"noise", "chance", "drop", "droppath"})
_TINY = 1.1e-3  # what is added against a division by zero


class Value:
    """What is computed: an operation on tensors. ``calls`` make it, those of its arguments apart.

    op : ``poly`` for a polynomial, whose ``terms`` are over ``args``; ``attrs`` : what else tells it from others.
    shut : what is read in several places or has a name, and stays whole in further sums and products.
    given : whether it is the same for all inputs of the model. aka : its names as an operation on other tensors.
    """

    __slots__ = ("aka", "args", "attrs", "calls", "dims", "given", "node", "number", "op", "samples", "shut", "terms")

    def __init__(
        self, number: int, op: str, args: tuple[Tensor, ...], attrs: Mapping[str, object], dims: Dims, node: Node | None
    ) -> None:
        self.number, self.op, self.args, self.attrs, self.dims, self.node = number, op, args, attrs, dims, node
        self.calls: dict[str, None] = {}
        self.terms: Terms = {}
        self.shut = False
        self.given: bool = op in ("const", "param") or (
            bool(args) and op not in _CHANCE and all(a.value.given for a in args)
        )
        self.aka: dict[str, tuple[Tensor, ...]] = {}
        self.samples: dict[Key, tuple[float, ...]] | None = None


class Tensor(NamedTuple):
    """A view of a value: its axes as they stand, the calls that arranged them, and whether it stands crosswise."""

    value: Value
    dims: Dims
    views: tuple[str, ...] = ()
    primes: int = 0

    @property
    def key(self) -> Key:
        """What tells the tensor from others, views apart."""
        return self.value.number, self.primes

    @property
    def axes(self) -> Group:
        """All axes in order, tiled ones apart."""
        return tuple([axis for axis in flat(self.dims) if not axis.copy])


class Store:
    """All values of one model, each once."""

    def __init__(self) -> None:
        self.batch = Axis(None, "batch")
        self.values: list[Value] = []
        self._known: dict[object, Value] = {}

    def make(
        self, op: str, args: Sequence[Tensor], dims: Dims, calls: Iterable[str] = (), node: Node | None = None,
        attrs: Mapping[str, object] | None = None, alone: bool = False,
    ) -> Value:  # fmt: skip
        """A value; the same for the same operation on the same tensors, unless it stands ``alone``."""
        attrs = attrs or {}
        key = (op, tuple([(arg.key, tuple(map(id, arg.axes))) for arg in args]), tuple(attrs.items()))
        value = None if alone else self._known.get(key)
        if value is None:
            value = Value(len(self.values), op, tuple(args), attrs, dims, node)
            self.values.append(value)
            self._known[key] = value
        value.calls.update(dict.fromkeys(calls))
        return value

    def polynomial(self, terms: Terms, atoms: Mapping[Key, Tensor], dims: Dims, calls: Iterable[str]) -> Tensor:
        """The value of a polynomial over atoms, terms that vanish apart."""
        terms = {monomial: factor for monomial, factor in terms.items() if abs(factor) > 1e-12}
        used = dict.fromkeys(key for monomial in terms for key, _ in monomial)
        key = ("poly", tuple(sorted((monomial, round(factor, 9)) for monomial, factor in terms.items())))
        args = tuple([atoms[name] for name in used])
        place = (key, tuple(map(id, flat(dims))))
        value = self._known.get(place)
        if value is None:
            value = Value(len(self.values), "poly", args, {}, dims, None)
            value.terms = terms
            self.values.append(value)
            self._known[place] = value
        value.calls.update(dict.fromkeys(calls))
        return Tensor(value, dims)

    def add(self, tensors: Sequence[Tensor], factors: Sequence[float], constant: float, call: str) -> Tensor:
        """A sum of multiples and a constant; a constant that only guards a division is left out."""
        dims, aligned = align(tensors)
        terms: Terms = {}
        atoms: dict[Key, Tensor] = {}
        calls = {call: None}
        for tensor, factor in zip(aligned, factors, strict=True):
            for monomial, weight in _terms(tensor, atoms, calls).items():
                terms[monomial] = terms.get(monomial, 0.0) + factor * weight
        if abs(constant) > _TINY:
            terms[()] = terms.get((), 0.0) + constant
        return self.polynomial(terms, atoms, dims, calls)

    def multiply(self, tensors: Sequence[Tensor], factor: float, call: str, powers: Sequence[float] = ()) -> Tensor:
        """A product of powers with a factor."""
        dims, aligned = align(tensors)
        atoms: dict[Key, Tensor] = {}
        calls = {call: None}
        found: Terms = {(): factor}
        for tensor, power in zip(aligned, powers or [1.0] * len(aligned), strict=True):
            found = _product(found, _power(_terms(tensor, atoms, calls), power, tensor, atoms))
            if len(found) > _MOST_TERMS:
                value = self.make("product", tensors, dims, [call])
                return Tensor(value, dims)
        return self.polynomial(found, atoms, dims, calls)

    def reduce(self, tensor: Tensor, over: Group, dims: Dims, call: str, *, mean: bool) -> Tensor:
        """The mean or sum over axes; linear, so what doesn't vary along them stands outside."""
        atoms: dict[Key, Tensor] = {}
        calls = {call: None}
        terms: Terms = {}
        outer: dict[Key, Tensor] = {}
        for monomial, factor in _terms(tensor, atoms, calls).items():
            along = [axis for axis in over if any(axis in atoms[key].axes for key, _ in monomial)]
            inside = tuple([(key, power) for key, power in monomial if any(axis in atoms[key].axes for axis in along)])
            outside = tuple([entry for entry in monomial if entry not in inside])
            outer.update({key: atoms[key] for key, _ in outside})
            count = size_of([axis for axis in over if mean or axis not in along])
            if mean:
                count = size_of(along)
            elif count is None:
                return Tensor(self.make("sum", [tensor], dims, calls, attrs={"over": frozenset(over)}), dims)
            else:
                factor *= count
            if not inside:
                terms[outside] = terms.get(outside, 0.0) + factor
                continue
            reduced, factor = self._reduced(inside, atoms, along, dims, factor, mean=mean)
            outer[reduced.key] = reduced
            powers = dict(outside)
            powers[reduced.key] = powers.get(reduced.key, 0.0) + 1.0
            entry = tuple(sorted((key, power) for key, power in powers.items() if power))
            terms[entry] = terms.get(entry, 0.0) + factor
        return self.polynomial(terms, outer, dims, calls)

    def _reduced(
        self, inside: Monomial, atoms: Mapping[Key, Tensor], along: Sequence[Axis], dims: Dims, factor: float, *,
        mean: bool,
    ) -> tuple[Tensor, float]:  # fmt: skip
        count = size_of(along)
        axes = {axis for key, _ in inside for axis in atoms[key].axes}.difference(along)
        kept = tuple([tuple([axis for axis in resolved(group) if axis in axes]) for group in dims])
        over = {"over": frozenset(along), "powers": tuple([power for _, power in inside])}
        tensors = [atoms[key] for key, _ in inside]
        if len(inside) > 1:
            value = self.make("dot", tensors, kept, attrs=over)
            return Tensor(value, kept), factor / count if mean and count else factor
        if mean or count:
            value = self.make("mean", tensors, kept, attrs=over)
            return Tensor(value, kept), factor if mean else factor * (count or 1)
        return Tensor(self.make("sum", tensors, kept, attrs=over), kept), factor


def _terms(tensor: Tensor, atoms: dict[Key, Tensor], calls: dict[str, None]) -> Terms:
    """A tensor's terms, with its atoms aligned to where it stands; an atom that is met again stays as it was.

    Dropout of a sum or product is left out: what is dropped at random is no other sum.
    """
    value = tensor.value
    if value.op == "drop" and value.args[0].value.op == "poly" and not value.args[0].views and not tensor.primes:
        calls.update(value.calls)
        tensor = Tensor(value.args[0].value, tensor.dims, tensor.views)
        value = tensor.value
    if value.op != "poly" or value.shut or tensor.primes:
        atoms.setdefault(tensor.key, tensor)
        return {((tensor.key, 1.0),): 1.0}
    natural = dict(zip(flat(value.dims), flat(value.dims), strict=True))
    own = list(flat(tensor.dims))
    here = flat(value.dims)
    if len(own) == len(here):
        natural = dict(zip(here, own, strict=True)) if set(own) != set(here) else natural
    for atom in value.args:
        dims = tuple([tuple([natural.get(axis, axis) for axis in resolved(group)]) for group in atom.dims])
        atoms.setdefault(atom.key, Tensor(atom.value, dims, atom.views, atom.primes))
    calls.update(value.calls)
    calls.update(dict.fromkeys(tensor.views))
    return value.terms


def _product(left: Terms, right: Terms) -> Terms:
    out: Terms = {}
    for one, a in left.items():
        for other, b in right.items():
            powers = dict(one)
            for key, power in other:
                powers[key] = powers.get(key, 0.0) + power
            monomial = tuple(sorted((key, power) for key, power in powers.items() if power))
            out[monomial] = out.get(monomial, 0.0) + a * b
    return out


def _power(terms: Terms, power: float, tensor: Tensor, atoms: dict[Key, Tensor]) -> Terms:
    if power == 1.0:
        return terms
    if len(terms) == 1:
        ((monomial, factor),) = terms.items()
        if factor > 0 or power == int(power):
            return {tuple([(key, own * power) for key, own in monomial]): factor**power}
    if power == 2.0 and len(terms) <= 4:
        return _product(terms, terms)
    atoms[tensor.key] = tensor
    return {((tensor.key, power),): 1.0}


def align(tensors: Sequence[Tensor]) -> tuple[Dims, list[Tensor]]:
    """The axes of an elementwise result, and each tensor with the axes that it meets there.

    The first tensor that varies along a size gives its axes. One that stands crosswise to another (the same axes at
    another place) is marked, for it is not the same tensor there.
    """
    rank = max((len(tensor.dims) for tensor in tensors), default=0)
    padded = [((),) * (rank - len(tensor.dims)) + resolved_dims(tensor.dims) for tensor in tensors]
    result: list[Group] = []
    for place in range(rank):
        groups = [dims[place] for dims in padded if dims[place]]
        refine(groups)
        groups = [resolved(group) for group in groups]
        chosen = next((g for g in groups if not all(axis.copy for axis in g)), groups[0] if groups else ())
        taken = {axis for group in result for axis in group}
        if taken.intersection(chosen):
            chosen = tuple([Axis(axis.size, axis.kind, axis) for axis in chosen])
        result.append(chosen)
    dims = tuple(result)
    every = {axis for group in dims for axis in group}
    out = []
    for tensor, own in zip(tensors, padded, strict=True):
        own = resolved_dims(own)
        crossed = any(
            group and group != there and any(axis in every or _stands_for(axis, there) for axis in group)
            for group, there in zip(own, dims, strict=True)
        )
        for group, there in zip(own, dims, strict=True):
            if group is not there and len(group) == len(there):
                for axis, other in zip(group, there, strict=True):
                    if axis is not other:
                        axis.twins.add(other)
                        other.twins.add(axis)
        here = tuple(
            [there if group and not all(a.copy for a in group) else () for group, there in zip(own, dims, strict=True)]
        )
        out.append(Tensor(tensor.value, here, tensor.views, tensor.primes or int(crossed)))
    return dims, out


def _stands_for(axis: Axis, group: Group) -> bool:
    return any(other.origin is axis for other in group)


def refine(groups: Sequence[Group]) -> None:
    """Split single axes where another tensor has several of the same product there."""
    longest = max(groups, key=len, default=())
    if len(longest) < 2 or any(axis.size is None for axis in longest):
        return
    for group in groups:
        if len(group) == 1 and group[0].size == size_of(longest) and group[0].parts is None:
            axis = group[0]
            for inner in reversed(longest[1:]):
                assert inner.size is not None
                axis.split(inner.size)
                assert axis.parts is not None
                axis = axis.parts[0]
