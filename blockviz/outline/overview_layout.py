"""Which layout the overview of a network gets: chain, U, pyramid, stacks, streams or board.

One decision for figure, JSON and text. It reads parts, wires, output shapes and numbers of layers, never a name.
The first rule that holds wins:

1. streams: networks that never meet, or parallel copies that read only inputs.
2. stacks or streams: two paths with sources of their own meet; stacks, where the longer one is a memory.
3. pyramid: ends at several resolutions, all much coarser than the input.
4. U: skips at two resolutions over lower ones, and an end that comes back to the finest of them.
5. streams: a late part reads the input anew, at a lower resolution.
6. pyramid: one part reads three resolutions.
7. streams: two heavy branches of one input meet.
8. streams: branches that never meet again hold most of the network, each with an output of its own.
9. board: too much stands beside the main path. 10. chain.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import networkx as nx

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.runtime.records import dataclass

LAYOUTS = ("chain", "U", "pyramid", "stacks", "streams", "board")

_COARSE = 12  # the ends of a pyramid have so many times fewer positions than the input
_MANY = 64  # paths into one part that are looked at two by two, the heaviest ones
_TOWER = 5  # layers of a copy that is a network of its own

Wire = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OverviewLayout:
    """The layout and the reason in words.

    skips : wires over the lower resolutions of a U. memory : the wire from an encoder's end to its first reader.
    encoder : the parts before it.
    """

    name: str
    reason: str
    skips: tuple[Wire, ...] = ()
    memory: Wire | None = None
    encoder: frozenset[str] = frozenset()


def decide_layout(view: OverviewGraph) -> OverviewLayout:
    """The layout that the parts and their wires ask for."""
    for rule in (_side_by_side, _joined, _pyramid, _letter_u, _read_anew, _fusion, _branches, _heads, _board):
        found = rule(view)
        if found is not None:
            return found
    beside = len(view.order) - len(view.main)
    return OverviewLayout("chain", f"{len(view.main)} parts on one path, {beside} beside it")


def _side_by_side(view: OverviewGraph) -> OverviewLayout | None:
    pieces = [piece for piece in nx.weakly_connected_components(view.graph) if view.weight(piece) >= 3]
    if len(pieces) > 1:
        return OverviewLayout("streams", f"{len(pieces)} networks that never meet")
    for name in view.order:
        part, sources = view.parts[name], view.before(name)
        if not part.parallel or part.repeat < 2 or not all(view.parts[one].is_input for one in sources):
            continue
        deep = view.layers(name) / part.repeat
        if part.repeat >= 4 or deep >= _TOWER or (deep >= 2 and len(sources) > 1):
            return OverviewLayout("streams", f"{part.repeat} parallel copies read the input")
    return None


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two paths with sources of their own and the part where they meet.

    ``long`` ends in what that part reads as a memory, or else holds more layers.
    """

    join: str
    long: frozenset[str]
    end: str
    short: frozenset[str]
    start: str
    joint: frozenset[str]


def _joined(view: OverviewGraph) -> OverviewLayout | None:
    meetings = _meetings(view)
    told = [one for one in meetings if one.end in view.parts[one.join].memories and _learns(view, one.long)]
    if told:
        first = max(told, key=lambda one: view.weight(one.long))
        reason = "the end of one path is the memory of another: its keys and values, or its first state"
        return OverviewLayout("stacks", reason, memory=(first.end, first.join), encoder=first.long)
    best = max(meetings, key=lambda one: (view.weight(one.short), view.weight(one.long)), default=None)
    if best is None:
        return None
    long, short, after = view.weight(best.long), view.weight(best.short), view.weight(best.joint)
    balanced = 0.2 * after <= long <= 3 * after
    if long >= 3 and min(long, after) >= 2 * short and balanced and _is_memory(view, best):
        reason = f"a path of {long} layers is read by one that goes on for {after}"
        return OverviewLayout("stacks", reason, memory=(best.end, best.join), encoder=best.long)
    if short >= 3 and short >= 0.15 * after:
        return OverviewLayout("streams", f"paths of {long} and {short} layers from own inputs join")
    if _feeds_at_depths(view, best):
        return OverviewLayout("streams", "one path feeds another at several depths")
    return None


def _learns(view: OverviewGraph, path: frozenset[str]) -> bool:
    """Whether a path is more than a mask."""
    return any(view.parts[name].has_weights for name in path)


def _meetings(view: OverviewGraph) -> list[_Meeting]:
    """The meetings with a memory, and of the others each that is heavier than those before it."""
    found: list[_Meeting] = []
    sources = view.mask(view.sources)
    if len(view.sources) < 2:
        return found
    weight, best, seen = cache(view.weight_of), (-1, -1), set[int]()
    for name in view.order:
        read, told = view.before(name), view.parts[name].memories
        if (mask := view.mask(read)) in seen and not told:
            continue  # the same tensors meet as before
        seen.add(mask)
        if len(read) > _MANY:
            heavy_ones = set(sorted(read, key=view.load, reverse=True)[:_MANY])
            read = [one for one in read if one in heavy_ones or one in told]
        for a, b in view.crossing(read):
            left, right = view.above[a] & ~view.above[b], view.above[b] & ~view.above[a]
            if not (left & sources and right & sources):
                continue
            first, second = (a not in told, -weight(left)), (b not in told, -weight(right))
            (long, end), (short, start) = ((left, a), (right, b)) if first <= second else ((right, b), (left, a))
            heavy = weight(short), weight(long)
            if end in told or heavy > best:
                best = max(best, heavy)
                sides = frozenset(view.names(long)), frozenset(view.names(short))
                joint = frozenset(view.below(name) | {name})
                found.append(_Meeting(name, sides[0], end, sides[1], start, joint))
    return found


def _feeds_at_depths(view: OverviewGraph, found: _Meeting) -> bool:
    """Whether one of two paths of full rank is read at two depths or more of what follows."""
    for side in (found.long, found.short):
        if not any(len(view.shapes[one]) == view.rank for one in side if one in view.sources):
            return False
    for side in (found.long, found.short):
        fed = {(u, v) for u, v in view.graph.edges if u in side and v in found.joint}
        if min(len({u for u, _ in fed}), len({v for _, v in fed})) >= 2:
            return True
    return False


def _is_memory(view: OverviewGraph, found: _Meeting) -> bool:
    """Whether a path's end is read by a run or twice, or beside a path that goes on, or both are sequences."""
    readers = [name for name in view.after(found.end) if name in found.joint]
    if len(readers) > 1 or any(view.parts[name].repeat > 1 for name in readers):
        return True
    if any(name in found.joint and name not in readers for name in view.after(found.start)):
        return True
    tokens = view.parts[found.start].is_input and len(view.shapes[found.start]) == 1
    ends = (found.end, *readers, *([] if tokens else [found.start]))
    return all(len(view.shapes[name]) == 2 for name in ends)


def _pyramid(view: OverviewGraph) -> OverviewLayout | None:
    folded = _folded(view)
    if folded is not None:
        name, read = folded
        shared = any(view.parts[other].parallel for other in view.below(name))
        flat = all(len(shape) != view.rank for shape in view.outputs)
        if len(view.outputs) > len(read) or (shared and flat):
            return OverviewLayout("pyramid", f"ends along a run that reads {len(read)} parts in turn, sizes unknown")
    ends = _ends(view)
    outputs = ends | {area for shape in view.outputs if len(shape) == view.rank and (area := view.positions(shape))}
    coarse = all(area * _COARSE <= view.scale for area in outputs)
    if coarse and len(outputs) >= 2 and (len(ends) >= 3 or skips(view)):
        return OverviewLayout("pyramid", f"ends at {len(outputs)} resolutions")
    return None


def _ends(view: OverviewGraph) -> set[int]:
    """Resolutions at which nothing reads on; flattened ends count where they were flattened."""
    return {area for sink in view.sinks for area in view.taps(sink)}


def _letter_u(view: OverviewGraph) -> OverviewLayout | None:
    over = skips(view)
    levels = {area for u, _ in over if (area := view.area[u])}
    if len(levels) >= 2 and max(_ends(view), default=0) >= max(levels) and _exchanges(view, over) <= len(over) + 4:
        return OverviewLayout("U", f"skips at {len(levels)} resolutions over lower ones", tuple(over))
    return None if any(view.area[name] for name in view.main) else _u_of_unknown_sizes(view)


def _exchanges(view: OverviewGraph, over: list[Wire]) -> int:
    """Wires between resolutions, skips apart, that a fall and a rise would not need: of parallel resolutions."""
    known = set(over)
    into = [v for u, v in view.graph.edges if (u, v) not in known and view.area[u] != view.area[v]]
    return len(into) - len(set(into))


def _u_of_unknown_sizes(view: OverviewGraph) -> OverviewLayout | None:
    folded = _folded(view)
    if folded is not None:
        return OverviewLayout("U", f"a run reads {len(folded[1])} parts before it in turn, sizes unknown")
    for name in view.order:
        readers = view.after(name)
        in_turn = all(a in view.ancestors[b] for a, b in pairwise(readers))
        if view.parts[name].repeat >= 3 <= len(readers) and in_turn and view.rank >= 3:
            return OverviewLayout("U", f"a run is read {len(readers)} times in turn, sizes unknown")
    nest = _nested(view)
    if len(nest) >= 3:
        return OverviewLayout("U", f"{len(nest)} nested skips, sizes unknown", tuple(nest))
    return None


def skips(view: OverviewGraph) -> list[Wire]:
    """Wires of equal resolution at both ends that pass over a lower one, with laterals on the way."""
    found = []
    for u, v in view.graph.edges:
        area = view.carried(u, v)
        if area is None or area != view.area[v] or view.graph.in_degree(v) < 2:
            continue
        if area != view.area[u] and view.tensor(u, v) == view.shapes[u]:  # u ends in a step up: the way, and no skip
            continue
        start = view.row_start[u]  # of one resolution with u and v: no lower part itself
        if view.beneath[start] & view.above[v] & view.lower[area]:
            found.append((u, v))
    return found


def _folded(view: OverviewGraph) -> tuple[str, list[str]] | None:
    """A run of N copies that reads N + 1 parts of one path: skips that unknown sizes let fold."""
    for name in view.order:
        read, part = view.before(name), view.parts[name]
        if part.parallel or part.repeat < 2 or len(read) < part.repeat + 1 or view.area[name]:
            continue
        if all(a in view.ancestors[b] for a, b in pairwise(read)):
            return name, read[:-1]
    return None


def _nested(view: OverviewGraph) -> list[Wire]:
    """The longest nest of wires over the main path, where no resolution is known."""
    at = {name: position for position, name in enumerate(view.main)}
    wires = sorted((at[u], at[v]) for u, v in view.graph.edges if u in at and v in at and at[v] - at[u] > 1)
    best: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for u, v in sorted(wires, key=lambda wire: wire[1] - wire[0]):
        inner = max((nest for (a, b), nest in best.items() if u < a and b < v), key=len, default=[])
        best[u, v] = [(u, v), *inner]
    return [(view.main[u], view.main[v]) for u, v in max(best.values(), key=len, default=[])]


def _read_anew(view: OverviewGraph) -> OverviewLayout | None:
    at = {name: position for position, name in enumerate(view.main)}
    for u, v in view.graph.edges:
        if not view.parts[u].is_input or u not in at or at.get(v, 0) < 4:
            continue
        fine, coarse = view.area[u], view.area[v]
        if fine and coarse and coarse * 4 <= fine:
            return OverviewLayout("streams", "a late part reads the input anew at a lower resolution")
    return None


def _fusion(view: OverviewGraph) -> OverviewLayout | None:
    for name in view.order:
        read = {area for one in view.before(name) if (area := view.area[one])}
        if len(read) >= 3:
            return OverviewLayout("pyramid", f"one part reads {len(read)} resolutions")
    return None


def _branches(view: OverviewGraph) -> OverviewLayout | None:
    total, seen = view.weight(view.order) or 1, set[int]()
    for name in view.order:
        if (read := view.mask(view.before(name))) in seen:
            continue
        seen.add(read)
        for a, b in view.crossing([one for one in view.before(name) if view.load(one) >= 0.2 * total]):
            sides = (view.above[a] & ~view.above[b], view.above[b] & ~view.above[a])
            if min(map(int.bit_count, sides)) < 2:
                continue
            if min(map(view.weight_of, sides)) >= 0.2 * total:
                return OverviewLayout("streams", "two heavy branches of one input meet")
        branches = _own_branches(view, name)
        if len(branches) >= 3 and sum(map(view.weight_of, branches)) >= 0.3 * total:
            return OverviewLayout("streams", f"{len(branches)} branches of one input meet")
    return None


def _own_branches(view: OverviewGraph, name: str) -> list[int]:
    """Bits of the paths of two parts or more from an input to a join that share nothing but that input."""
    read = view.before(name)
    inputs = view.mask(other for other in view.order if view.parts[other].is_input)
    once = twice = 0  # what one, and what several of the parts that are read depend on
    for one in read:
        twice |= once & view.above[one]
        once |= view.above[one]
    found = []
    for one in read:
        own = view.above[one] & ~twice
        if own.bit_count() >= 2 and not view.above[one] & twice & ~inputs:
            found.append(own)
    return found


def _heads(view: OverviewGraph) -> OverviewLayout | None:
    """Branches of three parts or more that never meet again: heads with layers of their own, not a last layer each."""
    total = view.weight(view.order) or 1
    for name in view.order:
        paths = [view.below(reader) | {reader} for reader in view.after(name)]
        own = [path for path in paths if all(path is other or path.isdisjoint(other) for other in paths)]
        deep = [weight for path in own if len(path) >= 3 and (weight := view.weight(path)) >= 0.1 * total]
        if len(deep) >= 2 and sum(deep) >= 0.5 * total:
            return OverviewLayout("streams", f"{len(deep)} branches that never meet again")
    return None


def _board(view: OverviewGraph) -> OverviewLayout | None:
    """Too much beside the main path that is neither a head, nor a side input, nor a short way round."""
    main = {name: position for position, name in enumerate(view.main)}
    beside = [name for name in view.order if name not in main]
    loose = [n for n in beside if not (view.below(n).isdisjoint(main) or view.ancestors[n].isdisjoint(main))]
    crossing = sum(u in main and v in main and main[v] - main[u] > 1 for u, v in view.graph.edges)
    if 3 * len(loose) > len(view.order) or len(loose) >= 6 or crossing > max(4, len(main) // 2):
        return OverviewLayout("board", f"{len(loose)} parts and {crossing} wires beside the main path")
    return None
