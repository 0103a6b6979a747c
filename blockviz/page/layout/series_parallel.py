"""Read a block's wiring as branches and chains, which is how papers draw it.

A body becomes a `Chain` of single boxes and forks; a fork's branches are chains again and end in its merge.
What can't be read that way (a NASNet cell) is a `Tangle`, laid out in ranks instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import count, groupby
from typing import TypeAlias

from blockviz.ir import LayerGraph
from blockviz.runtime.records import dataclass

SOURCE, SINK = "\x00source", "\x00sink"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One box; entries of the body are leaves too, named by `entry_name`."""

    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """Branches between what stands before it in the chain and ``merge`` (None: they end in the open)."""

    branches: tuple[Chain, ...]
    merge: str | None


@dataclass(frozen=True, slots=True)
class Tangle:
    """Boxes whose wiring is not made of nested branches; ``edges`` includes those from and to the outside."""

    ids: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    merge: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Parts one after the other."""

    parts: tuple[Leaf | Fork | Tangle, ...]


Structure: TypeAlias = Leaf | Fork | Tangle | Chain
Wires: TypeAlias = Mapping[str, Sequence[str]]
Arrivals: TypeAlias = Mapping[tuple[str, str], int]


def entry_name(number: int) -> str:
    """The id of a body's entry as a leaf; no layer can be called so."""
    return f"\x00in{number}"


def more_name(number: int, count: int) -> str:
    """The id of a leaf that stands for ``count`` equal branches left out."""
    return f"\x00more{number}:{count}"


def is_more(name: str) -> bool:
    """Whether a leaf stands for branches left out."""
    return name.startswith("\x00more")


def is_entry(name: str) -> bool:
    """Whether a leaf stands for an entry of the body."""
    return name.startswith("\x00in")


def wires_of(body: LayerGraph, aside: Set[int] = frozenset()) -> dict[str, list[str]]:
    """Readers of every box and entry, each once however often it reads, with virtual ends around the body.

    ``aside`` : numbers of the entries that are left out.
    """
    wires: dict[str, list[str]] = {SOURCE: []}
    for number, ports in enumerate(body.entries):
        if number in aside:
            continue
        name = entry_name(number)
        wires[SOURCE].append(name)
        wires[name] = [inner for inner, _ in ports]
    for name in body:
        wires[name] = []
        if not body.pred[name] and not any(name == inner for ports in body.entries for inner, _ in ports):
            wires[SOURCE].append(name)
    for name in body:
        for _, source, _ in body.operand_list(name):
            wires[source].append(name)
    for name, _ in dict.fromkeys(body.exits):
        wires[name].append(SINK)
    for name in body:
        if not wires[name]:
            wires[name].append(SINK)
    wires[SINK] = []
    order = _order(body)
    return {name: sorted(dict.fromkeys(targets), key=order) for name, targets in wires.items()}


def _order(body: LayerGraph) -> Callable[[str], int]:
    position = {name: i for i, name in enumerate(body)}
    return lambda name: position.get(name, -1 if is_entry(name) else len(position))


def decompose(body: LayerGraph, aside: Set[int] = frozenset()) -> Chain:
    """The structure of a body without the entries ``aside``; linear in practice, since bodies are small."""
    arrivals = {(source, name): i for name in body for i, source, _ in reversed(body.operand_list(name))}
    arrivals |= {(entry_name(n), name): i for n, ports in enumerate(body.entries) for name, i in ports}
    return decompose_wires(wires_of(body, aside), arrivals)


def decompose_wires(wires: Wires, arrivals: Arrivals | None = None) -> Chain:
    """The structure of any acyclic wiring from `SOURCE` to `SINK`; ``arrivals`` numbers the inputs of a merge."""
    return _Reader(arrivals or {}).chain(wires, SOURCE, SINK, set(wires) - {SOURCE, SINK})


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads chains and forks; branches come in the order in which their merge takes them."""

    arrivals: Arrivals

    def chain(self, wires: Wires, start: str, end: str, inside: set[str]) -> Chain:
        """Parts strictly between ``start`` and ``end``, all of them in ``inside``."""
        after = _next_common(wires, start, end, inside)
        parts: list[Leaf | Fork | Tangle] = []
        at = start
        while at != end:
            meeting = after[at]
            region = _between(wires, at, meeting, inside)
            direct = sum(1 for target in wires[at] if target == meeting)
            if region or direct > 1:
                parts.append(self.split(wires, at, meeting, region, direct, meeting if meeting != end else None))
            if meeting != end:
                parts.append(Leaf(meeting))
            at = meeting
        return Chain(tuple(parts))

    def split(
        self, wires: Wires, at: str, meeting: str, region: set[str], direct: int, merge: str | None
    ) -> Fork | Tangle:
        """What lies between a box and the one where all its lines meet again."""
        pieces = _components(wires, region)
        if len(pieces) == 1 and not direct:
            ordered = tuple(name for name in wires if name in region)
            edges = tuple(
                (a, b) for a in (at, *ordered) for b in wires[a] if b in region or (b == meeting and a in region)
            )
            return Tangle(ordered, edges, merge)
        branches: list[tuple[int, Chain]] = []
        for piece in pieces:
            local = {name: [t for t in wires[name] if t in piece or t == meeting] for name in wires if name in piece}
            local[at] = [t for t in wires[at] if t in piece]
            local[meeting] = []
            ends = [self.arrivals.get((name, meeting), len(wires)) for name in piece if meeting in wires[name]]
            branches.append((min(ends), self.chain(local, at, meeting, piece)))
        branches += [(self.arrivals.get((at, meeting), len(wires)), Chain(()))] * direct
        branches.sort(key=lambda pair: pair[0])
        return Fork(tuple(chain for _, chain in branches), merge)


def _between(wires: Wires, start: str, end: str, inside: set[str]) -> set[str]:
    found: set[str] = set()
    stack = [t for t in wires[start] if t != end]
    while stack:
        name = stack.pop()
        if name in found or name not in inside:
            continue
        found.add(name)
        stack += [t for t in wires[name] if t != end]
    return found


def _components(wires: Wires, region: set[str]) -> list[set[str]]:
    """Weakly connected pieces of a region, in the order of the wires."""
    neighbours: dict[str, set[str]] = {name: set() for name in region}
    for name in region:
        for target in wires[name]:
            if target in region:
                neighbours[name].add(target)
                neighbours[target].add(name)
    pieces: list[set[str]] = []
    seen: set[str] = set()
    for name in wires:
        if name not in region or name in seen:
            continue
        piece: set[str] = set()
        stack = [name]
        while stack:
            at = stack.pop()
            if at not in piece:
                piece.add(at)
                stack += neighbours[at] - piece
        seen |= piece
        pieces.append(piece)
    return pieces


def _next_common(wires: Wires, start: str, end: str, inside: set[str]) -> dict[str, str]:
    """For each node the nearest one that every path to ``end`` passes (its immediate postdominator)."""
    order = _topological(wires, start, end, inside)
    bit = {name: i for i, name in enumerate(order)}
    passes: dict[str, int] = {}
    nearest: dict[str, str] = {}
    for name in reversed(order):
        common = -1
        for target in wires[name]:
            if target in bit:
                common &= passes[target]
        if name == end:
            common = 0
        else:
            nearest[name] = order[(common & -common).bit_length() - 1]
        passes[name] = common | (1 << bit[name])
    return nearest


def _topological(wires: Wires, start: str, end: str, inside: set[str]) -> list[str]:
    members = inside | {start, end}
    waiting = dict.fromkeys(members, 0)
    for name in members:
        for target in wires[name]:
            if target in members:
                waiting[target] += 1
    ready, order = [start], []
    while ready:
        name = ready.pop()
        order.append(name)
        for target, times in Counter(wires[name]).items():
            if target in members:
                waiting[target] -= times
                if waiting[target] == 0:
                    ready.append(target)
    return order


_MANY = 5  # so many equal branches side by side are thinned out


def thinned(chain: Chain, looks: Callable[[str], str], numbers: Iterator[int] | None = None) -> Chain:
    """The chain with only the first and last of many equal branches, a leaf between them saying how many there are."""
    numbers = numbers if numbers is not None else count()
    parts: list[Leaf | Fork | Tangle] = []
    for part in chain.parts:
        if isinstance(part, Fork):
            parts.append(Fork(_thin([thinned(b, looks, numbers) for b in part.branches], looks, numbers), part.merge))
        else:
            parts.append(part)
    return Chain(tuple(parts))


def _thin(branches: list[Chain], looks: Callable[[str], str], numbers: Iterator[int]) -> tuple[Chain, ...]:
    out: list[Chain] = []
    for _, group in groupby(branches, key=lambda branch: _look(branch, looks)):
        equal = list(group)
        if len(equal) >= _MANY and equal[0].parts:
            dots = Chain((Leaf(more_name(next(numbers), len(equal))),))
            equal = [equal[0], dots, equal[-1]]
        out += equal
    return tuple(out)


def _look(part: Chain | Leaf | Fork | Tangle, looks: Callable[[str], str]) -> object:
    """Equal for what would be drawn alike."""
    if isinstance(part, Leaf):
        return part.id.rpartition(":")[2] if is_more(part.id) else looks(part.id)
    if isinstance(part, Chain):
        return tuple(_look(inner, looks) for inner in part.parts)
    if isinstance(part, Fork):
        return ("fork", *(_look(branch, looks) for branch in part.branches))
    return part.ids


def leaves_left_out(chain: Chain) -> Iterator[str]:
    """The leaves that stand for branches left out, at any depth."""
    for part in chain.parts:
        if isinstance(part, Leaf) and is_more(part.id):
            yield part.id
        elif isinstance(part, Fork):
            for branch in part.branches:
                yield from leaves_left_out(branch)
