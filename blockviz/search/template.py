"""A type's main form as its variants are compared with it, and what makes a stretch one of them."""

from __future__ import annotations

from blockviz.runtime.records import dataclass
from blockviz.search.linear_graph import LinearGraph

_PRELUDE = 5  # calls within which a copy may turn out to have begun too early


@dataclass(frozen=True, slots=True)
class Template:
    """What variants are compared with: a type's main form.

    masks : per token, the bits of its places. last, principal : forms of the last call, and of the last weighty one.
    first : form of the first call if the type begins at a fork, else -1. generous : whether a variant may gain nothing.
    spatial : whether any call convolves with a kernel of more than one place.
    """

    tokens: tuple[int, ...]
    length: int
    entering: int
    leaving: int
    merges: int
    masks: dict[int, int]
    last: int
    principal: int
    crossing: int
    first: int
    generous: bool
    spatial: bool

    def shortest(self, least: float) -> float:
        """Calls in the shortest interval that can be ``least`` alike: all of them in the type."""
        return least * len(self.tokens) / (2 - least)


@dataclass(frozen=True, slots=True)
class NearCopy:
    """An interval [start, end) that resembles a type: ``common`` calls of ``size`` are in the type too."""

    start: int
    end: int
    common: int
    size: int
    merges: int
    entering: int
    benefit: float
    alike: float


def model_of(sequence: LinearGraph, a: int, b: int, *, generous: bool = False) -> Template:
    """The main form of a type, taken from one of its occurrences; ``generous``: a variant need not gain anything."""
    tokens = sequence.calls[sequence.sizes[a] : sequence.sizes[b]]
    masks: dict[int, int] = {}
    for bit, token in enumerate(tokens):
        masks[token] = masks.get(token, 0) | 1 << bit
    return Template(
        tokens,
        b - a,
        sequence.entering(a, b),
        sequence.leaving(a, b),
        merges_in(sequence, a, b),
        masks,
        sequence.form[b - 1],
        sequence.principal(a, b),
        sequence.crossing(a, b),
        sequence.form[a] if sequence.forks_at(a, b) else -1,
        generous,
        sequence.spatial[b] > sequence.spatial[a],
    )


def merges_in(sequence: LinearGraph, a: int, b: int) -> int:
    """How many calls of [a, b) join branches."""
    return sum(sequence.joining[a:b])


def _splits_fork(sequence: LinearGraph, start: int, end: int, model: Template) -> bool:
    """Whether a branch of the fork that [start, end) reads was begun just before, with calls of the type."""
    sources = {source for position in range(start, end) for source, _ in sequence.reads[position] if source < start}
    fork, late = min(sources), max(sources)
    if len(sources) != 2 or late != start - 1 or fork < start - _PRELUDE:
        return False
    begun = range(fork + 1, start)
    first = sequence.calls[sequence.sizes[fork + 1] : sequence.sizes[fork + 2]]
    return any(token in model.masks for token in first) and all(sequence.reads[p] == ((p - 1, 0),) for p in begun)


def _begins_early(sequence: LinearGraph, start: int, end: int, model: Template) -> bool:
    """Whether the fork that the type begins with, and what reads it there, come after a normalisation or the like."""
    if model.first < 0 or sequence.forks_at(start, end):
        return False
    for position in range(start + 1, min(start + _PRELUDE, end - 1)):
        if sequence.weighty[position - 1] >= start:
            return False
        if sequence.form[position] == model.first and sequence.forks_at(position, end):
            return True
    return False


def near_copy(sequence: LinearGraph, start: int, end: int, model: Template, common: int, size: int) -> NearCopy | str:
    """[start, end) as a variant; the reason if its borders aren't those of one, or calling it one gains nothing."""
    entering = sequence.entering(start, end)
    if entering > model.entering + 1:
        return "it reads more tensors"
    if not sequence.gives(start, end, max(1, model.leaving)):
        return "it gives more tensors"
    if sequence.form[end - 1] != model.last and sequence.principal(start, end) != model.principal:
        return "it ends in another operation"
    if model.spatial and sequence.spatial[end] == sequence.spatial[start]:
        return "no kernel of it is larger than a point"  # which is no trifle that a copy may lack
    total = len(model.tokens)
    benefit = 3.0 * common - total - size
    benefit -= 4 * max(0, entering - model.entering)
    if entering > model.entering and _splits_fork(sequence, start, end, model):
        benefit -= 3
    benefit -= 3 * max(0, sequence.crossing(start, end) - model.crossing)
    benefit -= 3 * max(0, sequence.leaving(start, end) - max(1, model.leaving))
    benefit += 0.5 * sequence.forks_at(start, end) - 3 * _begins_early(sequence, start, end, model)
    if benefit < 0 or (benefit == 0 and (common < size or not model.generous)):
        return "too much of it differs"
    merges = merges_in(sequence, start, end)
    return NearCopy(start, end, common, size, merges, entering, benefit, 2 * common / (total + size))
