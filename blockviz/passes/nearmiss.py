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

Besides, a cut has one loose end, the tensor it is cut at (taps lie before it): several branches
that end side by side are a block that was changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from blockviz.fingerprints import Known, is_telling, is_weighted
from blockviz.ir import Item, Node
from blockviz.match import COMMUTATIVE, Embedding, Tensor, View
from blockviz.ops import family

_FAR_ENOUGH = 40
_BACK = 5
_ASPECTS = (("filters", "units"), ("kernel_size", "padding"), ("strides",), ("activation",), ("use_bias",), ("groups",),
            ("dilation_rate",), ("depth_multiplier",))  # fmt: skip


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
    names = departure.known.view.names
    if departure.missing and len(ends := loose_ends(departure.known, departure.good)) > 1:
        return f"branches end side by side at {', '.join(names[step] for step in ends[:3])}"
    if reason := _came_from(departure) or _own_top(departure):
        return reason
    for step in departure.missing:
        reason = _merge_dropped(departure, step) or _replaced(departure, step)
        reason = reason or _left_out(departure, step) or _put_in(departure, step)
        if reason:
            return f"{reason} at {names[step]}"
    return _moved(departure)


def loose_ends(known: Known, good: Embedding) -> list[int]:
    """Confirmed steps that no confirmed step reads."""
    return [step for step in good if not any(reader in good for reader in known.view.readers[step])]


def _came_from(departure: Departure) -> str | None:
    """The network's first operation stands before its beginning once more: a layer was added there."""
    known, view, position = departure.known, departure.view, departure.root[0]
    first = [step for step in known.view.readers[known.pattern.root[0]] if is_weighted(known.view.items[step])]
    doubled = any(
        known.view.labels[step] == view.labels[position] and known.view.widths[step] == view.widths[position]
        for step in first
    )
    return "first operation doubled" if doubled else None


def _own_top(departure: Departure) -> str | None:
    """The network's own classifier, classes and all, on a part of its body: a smaller network, not a cut."""
    known, view = departure.known, departure.view
    if not departure.missing or not known.top:
        return None
    for end in loose_ends(departure.known, departure.good):
        values = {known.end: (departure.good[end], 0)}
        found = follow(departure, values, (known.end,), among=known.top)
        if known.top <= found.keys() and all(known.view.widths[s] == view.widths[p] for s, p in found.items()):
            return "the network's own top on a part of its body"
    return None


def _merge_dropped(departure: Departure, step: int) -> str | None:
    """A merge whose operands are all there: its shortcut or branch was taken away."""
    return "merge removed" if len(departure.known.view.operands[step]) > 1 else None


def _replaced(departure: Departure, step: int) -> str | None:
    values = departure.values()
    wanted = tuple(values[source] for source, _ in departure.known.view.operands[step])
    for reader in _free_readers(departure, wanted):
        ours, theirs = departure.known.view.items[step], departure.view.items[reader]
        if departure.view.operands[reader] != wanted or not isinstance(ours, Node) or not isinstance(theirs, Node):
            continue
        found = follow(departure, {**values, step: (reader, 0)}, (step,))
        if family(ours.op) == family(theirs.op) in ("act", "norm"):
            if step == departure.known.end or any(is_weighted(departure.known.view.items[s]) for s in found):
                return "activation or normalisation replaced"
        elif ours.op != theirs.op and not family(ours.op) == family(theirs.op) == "pool":
            continue
        if _convinces(departure, found, 1 if _differences(ours, theirs) < 2 else _FAR_ENOUGH):
            return "operation replaced"
    return None


def _differences(ours: Node, theirs: Node) -> int:
    """In how many aspects two calls of one operation differ; a kernel's size and padding are one aspect."""
    return sum(any(ours.config.get(key) != theirs.config.get(key) for key in aspect) for aspect in _ASPECTS)


def _left_out(departure: Departure, step: int) -> str | None:
    values = departure.values()
    for source, _ in departure.known.view.operands[step]:
        trial = dict(values)
        trial[step] = values[source]
        if _convinces(departure, follow(departure, trial, (step,)), 1):
            return "operation removed"
    return None


def _put_in(departure: Departure, step: int) -> str | None:
    values = departure.values()
    source = departure.known.view.operands[step][0][0]
    for reader in _free_readers(departure, (values[source],)):
        trial = dict(values)
        trial[source] = (reader, 0)
        found = follow(departure, trial, (source,))
        if step in found and _convinces(departure, found, 2):
            return "operation added"
    return None


def _moved(departure: Departure) -> str | None:
    """From a confirmed tensor on, the model has what the network has elsewhere: a block more or less."""
    known, view = departure.known, departure.view
    taken = set(departure.good.values())
    for source, position in departure.good.items():
        labels = {view.labels[reader] for reader in view.readers[position] if reader not in taken}
        for place in _places(known, labels, source):
            found = follow(departure, {place: (position, 0)}, (place,))
            if _convinces(departure, found, 2, strict=True):
                return f"goes on behind {known.view.names[source]} as behind {known.view.names[place]}"
    return _moved_unnoticed(departure)


def _moved_unnoticed(departure: Departure) -> str | None:
    """The same where the block that is too much begins like the one that belongs there."""
    known, view = departure.known, departure.view
    taken = set(departure.good.values())
    for source in [step for step in known.boundaries if step in departure.good][-_BACK:]:
        position = departure.good[source]
        labels = {view.labels[reader] for reader in view.readers[position]}
        for place in _places(known, labels, source):
            found = follow(departure, {place: (position, 0)}, (place,), again=True)
            new = [known.view.items[step] for step, where in found.items() if where not in taken]
            told = any(map(is_telling, new)) or sum(map(is_weighted, new)) > 1
            if told and _convinces(departure, found, 2, strict=True):
                return f"goes on behind {known.view.names[source]} as behind {known.view.names[place]}"
    return None


def _places(known: Known, labels: Iterable[str], besides: int) -> list[int]:
    return sorted({place for label in labels for place in known.places.get(label, ())} - {besides})


def _free_readers(departure: Departure, tensors: Iterable[Tensor]) -> list[int]:
    taken = set(departure.good.values())
    return [r for tensor in tensors for r in departure.view.readers[tensor[0]] if r not in taken]


def follow(
    departure: Departure,
    values: dict[int, Tensor],
    fresh: Iterable[int],
    *,
    among: Collection[int] = (),
    again: bool = False,
) -> dict[int, int]:
    """Steps found in the model when ``values`` are taken for given; widths may differ.

    Only what is new: pairs of step and position, at most `_FAR_ENOUGH` of them. ``among``: the steps
    to look for, the body's if empty. ``again``: also through nodes that the confirmed part has used.
    """
    known, view = departure.known, departure.view
    steps = among or known.body
    taken = set() if again else set(departure.good.values())
    found: dict[int, int] = {}
    queue: list[int] = []
    seen = set(values)

    def enqueue(step: int) -> None:
        for reader in known.view.readers[step]:
            if reader in steps and reader not in seen:
                seen.add(reader)
                heappush(queue, reader)

    for step in fresh:
        enqueue(step)
    while queue and len(found) < _FAR_ENOUGH:
        step = heappop(queue)
        sources = known.view.operands[step]
        if not all(source in values for source, _ in sources):
            seen.discard(step)
            continue
        wanted = tuple(values[source] for source, _ in sources)
        position = next(_matching(known, view, step, wanted, taken), None)
        if position is not None:
            found[step] = position
            values[step] = (position, 0)
            taken.add(position)
            enqueue(step)
    return found


def _matching(known: Known, view: View, step: int, wanted: tuple[Tensor, ...], taken: set[int]) -> Iterator[int]:
    label = known.view.labels[step]
    ordered = sorted(wanted) if label in COMMUTATIVE else None
    for reader in view.readers[wanted[0][0]]:
        if reader in taken or view.labels[reader] != label:
            continue
        operands = view.operands[reader]
        if operands == wanted or (ordered is not None and sorted(operands) == ordered):
            yield reader


def _convinces(departure: Departure, found: Mapping[int, int], least: int, *, strict: bool = False) -> bool:
    """Whether so many of the network's steps can't be chance.

    Two convolutions with a merge, pooling, stride or depthwise convolution among the steps; or four
    convolutions; or a merge with a confirmed tensor; or all that was left of the body, ``least``
    steps of it (``strict``: at equal widths).
    """
    known, view = departure.known, departure.view
    items = [known.view.items[step] for step in found]
    weighted = sum(map(is_weighted, items))
    if weighted >= 4 or (weighted >= 2 and any(map(is_telling, items))):
        return True
    if not strict and any(
        len(sources := known.view.operands[step]) > 1 and any(source in departure.good for source, _ in sources)
        for step in found
    ):
        return True
    if known.end not in found or len(found) < least:
        return False
    return not strict or all(known.view.widths[step] == view.widths[found[step]] for step in found)


def _op(item: Item) -> str:
    return item.op if isinstance(item, Node) else ""
