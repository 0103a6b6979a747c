"""Where a model leaves a known network, and how far the network can be followed behind an edit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import heappop, heappush

from blockviz.backbones.operand_arrays import Tensor, View
from blockviz.backbones.reference_network import ReferenceNetwork, is_telling, is_weighted
from blockviz.backbones.rooted_hash import COMMUTATIVE, Embedding
from blockviz.runtime.records import dataclass

FAR_ENOUGH = 40


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """Where a model leaves a known network.

    good : the confirmed pairs, closed towards the root.
    missing : steps of the body that are not there though all their operands are.
    """

    known: ReferenceNetwork
    view: View
    root: Tensor
    good: Embedding
    missing: tuple[int, ...]

    def values(self) -> dict[int, Tensor]:
        """The model's tensor for each confirmed step, and for the root."""
        values = {step: (position, 0) for step, position in self.good.items()}
        values[self.known.pattern.root[0]] = self.root
        return values


def missing_steps(known: ReferenceNetwork, good: Mapping[int, int]) -> tuple[int, ...]:
    """Steps of the body that could come next: not confirmed, with confirmed operands only."""
    start = known.pattern.root[0]
    return tuple(
        step
        for step in sorted(known.body)
        if step not in good and all(source in good or source == start for source, _ in known.view.operands[step])
    )


def loose_ends(known: ReferenceNetwork, good: Embedding) -> list[int]:
    """Confirmed steps that no confirmed step reads."""
    return [step for step in good if not any(reader in good for reader in known.view.readers[step])]


def follow(
    departure: Departure,
    values: dict[int, Tensor],
    fresh: Iterable[int],
    *,
    among: Collection[int] = (),
    again: bool = False,
) -> dict[int, int]:
    """Steps found in the model when ``values`` are taken for given; widths may differ.

    Only what is new: pairs of step and position, at most `FAR_ENOUGH` of them. ``among``: the steps
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
    while queue and len(found) < FAR_ENOUGH:
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


def _matching(
    known: ReferenceNetwork, view: View, step: int, wanted: tuple[Tensor, ...], taken: set[int]
) -> Iterator[int]:
    label = known.view.labels[step]
    ordered = sorted(wanted) if label in COMMUTATIVE else None
    for reader in view.readers[wanted[0][0]]:
        if reader in taken or view.labels[reader] != label:
            continue
        operands = view.operands[reader]
        if operands == wanted or (ordered is not None and sorted(operands) == ordered):
            yield reader


def convinces(departure: Departure, found: Mapping[int, int], least: int, *, strict: bool = False) -> bool:
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
