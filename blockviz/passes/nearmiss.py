"""Is what follows a recognised part the same network, changed? Then it must not get the name.

The match of a network ends either because the model takes another turn there (a head, a decoder:
a cut, and the part may be named), or because the model is a near miss: one kernel, block,
activation, width or shortcut differs and then the network goes on. This module tells the two
apart. It tries, at each place where the network would have gone on, to explain the model by one
edit, and looks whether the network's own steps follow:

1. replaced: another operation of the same family stands where the step belongs;
2. left out: the step's readers stand directly behind its operand;
3. put in: the step stands one operation later;
4. moved: from here the model goes on as the network does at another place (a block more or less).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from blockviz.fingerprints import Known, is_telling, is_weighted
from blockviz.ir import Item, Node
from blockviz.match import COMMUTATIVE, Embedding, Tensor, View
from blockviz.ops import family

_FAR_ENOUGH = 40


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """Where a model leaves a known network.

    good : the confirmed pairs, closed towards the root.
    missing : steps of the body that are not there though all their operands are.
    """

    known: Known
    view: View
    root: Tensor
    good: Embedding
    missing: tuple[int, ...]

    def values(self) -> dict[int, Tensor]:
        """The model's tensor for each confirmed step, and for the root."""
        values = {step: (position, 0) for step, position in self.good.items()}
        values[self.known.pattern.root[0]] = self.root
        return values


def missing_steps(known: Known, good: Mapping[int, int]) -> tuple[int, ...]:
    """Steps of the body that could come next: not confirmed, with confirmed operands only."""
    start = known.pattern.root[0]
    return tuple(
        step
        for step in sorted(known.body)
        if step not in good and all(source in good or source == start for source, _ in known.view.operands[step])
    )


def goes_on(departure: Departure) -> str | None:
    """The reason why the model is a changed form of the network, or None where it may be a cut of it."""
    for step in departure.missing:
        reason = _merge_dropped(departure, step) or _replaced(departure, step)
        reason = reason or _left_out(departure, step) or _put_in(departure, step)
        if reason:
            return f"{reason} at {departure.known.view.names[step]}"
    return _moved(departure)


def _merge_dropped(departure: Departure, step: int) -> str | None:
    """A merge whose operands are all there: its shortcut or branch was taken away."""
    return "merge removed" if len(departure.known.view.operands[step]) > 1 else None


def _replaced(departure: Departure, step: int) -> str | None:
    values = departure.values()
    wanted = tuple(values[source] for source, _ in departure.known.view.operands[step])
    for reader in _free_readers(departure, wanted):
        if departure.view.operands[reader] != wanted or not _alike(departure, step, reader):
            continue
        if family(_op(departure.view.items[reader])) in ("act", "norm"):
            return "activation or normalisation replaced"
        trial = dict(values)
        trial[step] = (reader, 0)
        if _convinces(departure.known, follow(departure, trial, (step,)), 1):
            return "operation replaced"
    return None


def _alike(departure: Departure, step: int, reader: int) -> bool:
    ours, theirs = departure.known.view.items[step], departure.view.items[reader]
    return family(_op(ours)) == family(_op(theirs)) != "other" or _op(ours) == _op(theirs)


def _left_out(departure: Departure, step: int) -> str | None:
    values = departure.values()
    for source, _ in departure.known.view.operands[step]:
        trial = dict(values)
        trial[step] = values[source]
        if _convinces(departure.known, follow(departure, trial, (step,)), 1):
            return "operation removed"
    return None


def _put_in(departure: Departure, step: int) -> str | None:
    values = departure.values()
    source = departure.known.view.operands[step][0][0]
    for reader in _free_readers(departure, (values[source],)):
        trial = dict(values)
        trial[source] = (reader, 0)
        found = follow(departure, trial, (source,))
        if step in found and _convinces(departure.known, found, 2):
            return "operation added"
    return None


def _moved(departure: Departure) -> str | None:
    """From a place of departure on, the model has what the network has elsewhere: a block more or less."""
    known, view = departure.known, departure.view
    values = departure.values()
    sources = {source for step in departure.missing for source, _ in known.view.operands[step]}
    for source in sorted(sources or {known.end}):
        tensor = values[source]
        free = _free_readers(departure, (tensor,))
        if not free:
            continue
        labels = {view.labels[reader] for reader in free}
        for boundary in known.boundaries:
            if boundary == source or labels.isdisjoint(known.view.labels[r] for r in known.view.readers[boundary]):
                continue
            found = follow(departure, {boundary: tensor}, (boundary,), free=True)
            if _convinces(known, found, 2, strict=True, view=view):
                return f"goes on as after {known.view.names[boundary]}"
    return None


def _free_readers(departure: Departure, tensors: Iterable[Tensor]) -> list[int]:
    taken = set(departure.good.values())
    return [r for tensor in tensors for r in departure.view.readers[tensor[0]] if r not in taken]


def follow(
    departure: Departure, values: dict[int, Tensor], fresh: Iterable[int], *, free: bool = False
) -> dict[int, int]:
    """Steps of the body found in the model when ``values`` are taken for given; widths may differ.

    Only what is new: pairs of step and position, at most `_FAR_ENOUGH` of them. ``free``: only
    through nodes that the confirmed part has not used.
    """
    known, view = departure.known, departure.view
    taken = set(departure.good.values())
    taken.update(tensor[0] for tensor in values.values())
    found: dict[int, int] = {}
    queue: list[int] = []
    seen = set(values)
    for step in fresh:
        _enqueue(known, step, seen, queue)
    while queue and len(found) < _FAR_ENOUGH:
        step = heappop(queue)
        sources = known.view.operands[step]
        if not all(source in values for source, _ in sources):
            seen.discard(step)
            continue
        wanted = tuple(values[source] for source, _ in sources)
        position = next(_matching(known, view, step, wanted, taken), None)
        if position is None:
            continue
        found[step] = position
        values[step] = (position, 0)
        taken.add(position)
        _enqueue(known, step, seen, queue)
    return found


def _enqueue(known: Known, step: int, seen: set[int], queue: list[int]) -> None:
    for reader in known.view.readers[step]:
        if reader in known.body and reader not in seen:
            seen.add(reader)
            heappush(queue, reader)


def _matching(known: Known, view: View, step: int, wanted: tuple[Tensor, ...], taken: set[int]) -> Iterator[int]:
    label = known.view.labels[step]
    ordered = sorted(wanted) if label in COMMUTATIVE else None
    for reader in view.readers[wanted[0][0]]:
        if reader in taken or view.labels[reader] != label:
            continue
        operands = view.operands[reader]
        if operands == wanted or (ordered is not None and sorted(operands) == ordered):
            yield reader


def _convinces(
    known: Known, found: Mapping[int, int], least: int, *, strict: bool = False, view: View | None = None
) -> bool:
    """Whether so many of the network's steps can't be chance.

    Two convolutions with a merge, pooling, stride or depthwise convolution among the steps; or four
    convolutions; or all that was left of the body, ``least`` steps of it (``strict``: at equal widths).
    """
    items = [known.view.items[step] for step in found]
    weighted = sum(map(is_weighted, items))
    if weighted >= 4 or (weighted >= 2 and any(map(is_telling, items))):
        return True
    if known.end not in found or len(found) < least:
        return False
    return not strict or view is None or all(known.view.widths[s] == view.widths[p] for s, p in found.items())


def _op(item: Item) -> str:
    return item.op if isinstance(item, Node) else ""
