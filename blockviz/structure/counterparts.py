"""Which item of one body stands for which of another: equal forms first, and among these the likest surroundings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from blockviz.ir import LayerGraph

_ROUNDS = 4  # calls up and down a path that tell equal ones apart
_SHARE = 0.5  # of a neighbour's likeness that counts
_MOST = 4096  # pairs of equal form that are weighed; in larger bodies order alone tells

Pair = tuple[int, int]


def counterparts(main: LayerGraph, other: LayerGraph, forms: tuple[Sequence[str], Sequence[str]]) -> list[Pair]:
    """Pairs of places of two bodies whose items have one form, each place at most once, by the first one's places.

    In a chain the longest equal stretches tell, as in texts. Where paths lie side by side, the order in which they
    were written says nothing: there the items that give to and read from like ones belong together. Of equally like
    ones those do where what only one body has is looked through.
    """
    in_order = [
        (a + k, b + k)
        for a, b, size in SequenceMatcher(None, *forms, autojunk=False).get_matching_blocks() for k in range(size)
    ]  # fmt: skip
    if len(in_order) == max(map(len, forms)) or _is_chain(main) or _is_chain(other):
        return in_order
    alike = [(a, b) for a, b in _equal(forms)]
    if len(alike) > _MOST:
        return in_order
    beside, beyond = (_likeness(alike, main, other, through) for through in (False, True))
    ranked = {pair: (-round(beside[pair], 6), -round(beyond[pair], 6)) for pair in alike}
    return sorted(_chosen(ranked, set(in_order)))


def _is_chain(body: LayerGraph) -> bool:
    reads = [len(body.operand_list(name)) for name in body]
    return max(reads, default=0) <= 1 and sum(len(ports) for ports in body.entries) <= 1


def _equal(forms: tuple[Sequence[str], Sequence[str]]) -> Iterator[Pair]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, form in enumerate(forms[1]):
        places[form].append(place)
    for place, form in enumerate(forms[0]):
        yield from ((place, there) for there in places[form])


def _likeness(alike: Sequence[Pair], main: LayerGraph, other: LayerGraph, through: bool) -> dict[Pair, float]:
    """How like the surroundings of each pair are, after some rounds in which likeness goes along the wires."""
    ours = {a for a, _ in alike} if through else range(len(main))
    theirs = {b for _, b in alike} if through else range(len(other))
    (gives, takes), (others_gives, others_takes) = _neighbours(main, ours), _neighbours(other, theirs)
    found = dict.fromkeys(alike, 1.0)
    for _ in range(_ROUNDS):
        found = {
            (a, b): 1.0
            + _SHARE * _best(gives[a], others_gives[b], found)
            + _SHARE * _best(takes[a], others_takes[b], found)
            for a, b in alike
        }
        most = max(found.values(), default=1.0)
        found = {pair: value / most for pair, value in found.items()}
    return found


_OUTSIDE = -1  # what gives to a body or reads from it


def _neighbours(body: LayerGraph, shown: Container[int]) -> tuple[Mapping[int, list[int]], Mapping[int, list[int]]]:
    """Place → places that it reads, and that read it; those not ``shown`` are looked through."""
    at = {name: place for place, name in enumerate(body)}
    reads: dict[int, list[int]] = defaultdict(list)
    feeds: dict[int, list[int]] = defaultdict(list)
    for name, place in at.items():
        for _, source, _ in body.operand_list(name):
            reads[place].append(at[source])
            feeds[at[source]].append(place)
    for ports in body.entries:
        for name, _ in ports:
            reads[at[name]].append(_OUTSIDE)
    for name, _ in body.exits:
        feeds[at[name]].append(_OUTSIDE)
    places = range(len(body))
    return _through(reads, shown, places), _through(feeds, shown, reversed(places))


def _through(beside: Mapping[int, list[int]], shown: Container[int], order: Iterable[int]) -> Mapping[int, list[int]]:
    """Neighbours with those behind in place of what is looked through; ``order`` : such that these come first."""
    found: dict[int, list[int]] = {}
    for place in order:
        own = beside.get(place, [])
        behind = dict.fromkeys(far for near in own if near != _OUTSIDE and near not in shown for far in found[near])
        found[place] = [*(near for near in own if near == _OUTSIDE or near in shown), *behind]
    return found


def _best(ours: Sequence[int], theirs: Sequence[int], likeness: Mapping[Pair, float]) -> float:
    """Likeness of two sets of neighbours, each paired once with the likest that is left, by the larger set's size."""
    if not ours or not theirs:
        return 0.0
    values = [
        (1.0 if a == b == _OUTSIDE else likeness.get((a, b), 0.0), n, m)
        for n, a in enumerate(ours) for m, b in enumerate(theirs)
    ]  # fmt: skip
    total, left, right = 0.0, set[int](), set[int]()
    for value, n, m in sorted(values, reverse=True):
        if n not in left and m not in right:
            total, left, right = total + value, left | {n}, right | {m}
    return total / max(len(ours), len(theirs))


def _chosen(rank: Mapping[Pair, tuple[float, float]], in_order: set[Pair]) -> Iterator[Pair]:
    """The likest pairs, each place once; of equally like ones those that the order pairs."""
    left, right = set[int](), set[int]()
    for a, b in sorted(rank, key=lambda pair: (rank[pair], pair not in in_order, pair)):
        if a not in left and b not in right:
            left.add(a)
            right.add(b)
            yield a, b
