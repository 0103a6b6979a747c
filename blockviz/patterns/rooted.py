"""Which entries can hold at a value at all: by its operation and its number of summands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from blockviz.patterns.entries import Entry
from blockviz.patterns.notation import Apply, Bind, Many, Maybe, Poly, Term, needs

Rooted: TypeAlias = "dict[tuple[str, int], list[tuple[Entry, Term]]]"


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
        if entry.core and _CORE_NEEDS.get(entry.core, present) & present:
            cores.setdefault(entry.core, []).append(entry)
    return _by_root(formulas), cores


_SOFT = frozenset({"softmax", "exp"})


_CORE_NEEDS = {
    "attention": _SOFT, "pooled_attention": _SOFT, "additive_attention": _SOFT, "experts": _SOFT | {"topk"},
    "non_local": _SOFT, "linear_attention": frozenset({"dot"}), "coupling": frozenset({"part"}),
    "gru": frozenset({"sigmoid", "hard_sigmoid"}), "lstm": frozenset({"sigmoid", "hard_sigmoid"}),
    "spectral": frozenset({"fft", "fft2", "rfft", "rfft2", "stft"}),
    "axial": _SOFT, "luong": _SOFT, "siamese": frozenset({"#three calls"}), "guidance": frozenset({"#two calls"}),
    "distillation": frozenset({"#stopped"}), "sampling": frozenset({"takealongaxis", "take", "gathernd", "gather"}),
}  # fmt: skip


def _by_root(found: Iterable[tuple[Entry, Term]]) -> Rooted:
    """Formulas by the operation that they may begin with, and its number of summands."""
    out: Rooted = {}
    for entry, term in found:
        for op in _root_ops(term):
            many = isinstance(term, Many) or (isinstance(term, Maybe) and isinstance(term.arg, Many))
            counts = range(2, 17) if op == "poly" and many else [_summand_count(term)] if op == "poly" else [0]
            for count in counts:
                out.setdefault((op, count), []).append((entry, term))
    return out


def _summand_count(term: Term) -> int:
    if isinstance(term, Maybe):
        return _summand_count(term.arg)
    return len(term.summands) if isinstance(term, Poly) else _summand_count(term.term) if isinstance(term, Bind) else 0


def _root_ops(term: Term) -> frozenset[str]:
    """The operations that what a term holds for may be."""
    if isinstance(term, Apply):
        return term.ops
    if isinstance(term, Maybe):
        return term.ops | _root_ops(term.arg)
    if isinstance(term, Bind):
        return _root_ops(term.term)
    return frozenset({"poly"}) if isinstance(term, Poly | Many) else frozenset()
