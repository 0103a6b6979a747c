"""Which entries can hold at a value at all: by its operation and its number of summands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

from blockviz.patterns.entries import Entry
from blockviz.patterns.matching import plain, readings
from blockviz.patterns.notation import Apply, Bind, Many, Maybe, Poly, Term, needs
from blockviz.patterns.values import Value

Rooted: TypeAlias = "dict[tuple[str, tuple[int, ...]], list[tuple[Entry, Term]]]"


def early_entries(known: Iterable[Entry]) -> tuple[list[Entry], Rooted]:
    """What is named as it is made: functions of one number, and formulas by their roots."""
    early = [entry for entry in known if entry.gives]
    formulas = [(entry, term) for entry in early for term in entry.terms()]
    return [entry for entry in early if entry.function], _by_root(formulas)


def late_entries(known: Iterable[Entry], present: set[str]) -> tuple[Rooted, dict[str, list[Entry]]]:
    """What may occur at all where only some operations do: formulas by root, structural tests by name."""
    formulas = [
        (entry, term) for entry in known if not entry.gives for term in entry.terms(present)
        if all(need & present for need in needs(term))
    ]  # fmt: skip
    cores: dict[str, list[Entry]] = {}
    for entry in known:
        if entry.core and all(needed & present for needed in _CORE_NEEDS.get(entry.core, ())):
            cores.setdefault(entry.core, []).append(entry)
    return _by_root(formulas), cores


_SOFT = frozenset({"softmax", "exp"})
_SUMS = frozenset({"dot", "taken"})
_GATES = frozenset({"sigmoid", "hard_sigmoid"})

_CORE_NEEDS: dict[str, tuple[frozenset[str], ...]] = {
    **dict.fromkeys(
        ["attention", "pooled_attention", "additive_attention", "non_local", "axial", "luong"], (_SOFT, _SUMS)
    ),
    "linear_attention": (frozenset({"dot"}),), "experts": (_SOFT | {"topk"}, _SUMS | {"part"}),
    "coupling": (frozenset({"part", "exp"}), frozenset({"concat", "exp"})),  # halves joined again, or a mask
    "gru": (_GATES, frozenset({"tanh", "relu"})),
    "lstm": (_GATES, frozenset({"tanh"})), "siamese": (frozenset({"#three calls"}),),
    "guidance": (frozenset({"#two calls"}),), "distillation": (frozenset({"#stopped"}),),
    "spectral": (frozenset({"fft", "fft2", "rfft", "rfft2", "stft"}),),
    "neighbours": (frozenset({"topk", "argsort"}), frozenset({"dot"})),
    "sampling": (frozenset({"takealongaxis", "take", "gathernd", "gather"}),),
}  # fmt: skip


def _by_root(found: Iterable[tuple[Entry, Term]]) -> Rooted:
    """Formulas by the operation that they may begin with and, for polynomials, the factors of each summand."""
    out: Rooted = {}
    for entry, term in found:
        for op in _root_ops(term):
            for sizes in [()] if op != "poly" else _sizes(term):
                out.setdefault((op, sizes), []).append((entry, term))
    return out


def candidates(rooted: Rooted, op: str, value: Value) -> Iterable[tuple[Entry, Term]]:
    """The formulas that may hold for a value as this operation."""
    if op != "poly":
        return rooted.get((op, ()), ())
    sizes = tuple(sorted([len(monomial) for monomial in value.terms]))
    several = (*rooted.get((op, sizes), ()), *(rooted.get((op, _ANY), ()) if len(sizes) > 1 else ()))
    if not several:
        return ()
    there = {one for atom in value.args for found in (atom.value, plain(atom).value) for one, _ in readings(found)}
    return [pair for pair in several if not any(map(there.isdisjoint, _factors_of(pair[1])))]


@cache
def _factors_of(term: Term) -> tuple[frozenset[str], ...]:
    """Operations of which each set must be among a polynomial's own factors."""
    while isinstance(term, Bind):
        term = term.term
    if not isinstance(term, Poly):
        return ()
    factors = [factor for _, _, row in term.summands for factor, _ in row]
    return tuple([ops for factor in factors if (ops := _own_ops(factor))])


def _own_ops(factor: Term) -> frozenset[str]:
    while isinstance(factor, Bind):
        factor = factor.term
    return factor.ops if isinstance(factor, Apply) else frozenset()


_ANY = (-1,)  # sums of any number of summands


def _sizes(term: Term) -> list[tuple[int, ...]]:
    if isinstance(term, Maybe):
        return _sizes(term.arg)
    if isinstance(term, Bind):
        return _sizes(term.term)
    if isinstance(term, Poly):
        return [tuple(sorted([len(factors) for _, _, factors in term.summands]))]
    return [_ANY] if isinstance(term, Many) else []


def _root_ops(term: Term) -> frozenset[str]:
    """The operations that what a term holds for may be."""
    if isinstance(term, Apply):
        return term.ops
    if isinstance(term, Maybe):
        return term.ops | _root_ops(term.arg)
    if isinstance(term, Bind):
        return _root_ops(term.term)
    return frozenset({"poly"}) if isinstance(term, Poly | Many) else frozenset()
