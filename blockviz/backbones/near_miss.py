"""Is what follows a recognised part the same network, changed? Then it must not get the name.

The match of a network ends either because the model takes another turn there (a head, a decoder:
a cut, and the part may be named), or because the model is a near miss: one kernel, block,
activation, width or shortcut differs and then the network goes on. This module tells the two
apart. It tries, at each place where the network would have gone on, to explain the model by one
edit, and looks whether the network's own steps follow:

0. dropped: a merge joins fewer branches;
1. replaced: another operation of the same family stands where the step belongs; a depthwise or strided one that
   differs in one aspect is told by the two convolutions behind it, for the next one may be replaced as well;
2. left out: the step's readers stand directly behind its operand;
3. put in: the step stands one operation later;
4. moved: from here the model goes on as the network does at another place (a block more or less).

Besides, a cut has one loose end, the tensor it is cut at (taps lie before it): several branches
that end side by side are a block that was changed.
"""

from __future__ import annotations

from collections.abc import Iterable

from blockviz.backbones.divergence import FAR_ENOUGH, Departure, convinces, follow, loose_ends
from blockviz.backbones.operand_arrays import Tensor
from blockviz.backbones.reference_network import ReferenceNetwork, is_telling, is_weighted
from blockviz.ir import Node
from blockviz.ops.families import family

_BACK = 5
_ASPECTS = (("filters", "units"), ("kernel_size", "padding"), ("strides",), ("activation",), ("use_bias",), ("groups",),
            ("dilation_rate",), ("depth_multiplier",))  # fmt: skip


def goes_on(departure: Departure) -> str | None:
    """The reason why the model is a changed form of the network, or None where it may be a cut of it."""
    names = departure.known.view.names
    if departure.missing and len(ends := loose_ends(departure.known, departure.good)) > 1:
        return f"branches end side by side at {', '.join(names[step] for step in ends[:3])}"
    if reason := _came_from(departure) or _own_top(departure) or _branch_dropped(departure):
        return reason
    for step in departure.missing:
        reason = _merge_dropped(departure, step) or _replaced(departure, step)
        reason = reason or _left_out(departure, step) or _put_in(departure, step)
        if reason:
            return f"{reason} at {names[step]}"
    return _moved(departure)


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


def _branch_dropped(departure: Departure) -> str | None:
    """A merge of fewer branches than the network's, or of none: what follows the merge follows the branch."""
    known, view, good = departure.known, departure.view, departure.good
    for end in loose_ends(known, good) if departure.missing else ():
        for merge in known.view.readers[end]:
            branches = [(good[source], 0) for source, _ in known.view.operands[merge] if source in good]
            if merge not in known.body or len(known.view.operands[merge]) < 2:
                continue
            fewer = [
                (reader, 0)
                for reader in view.readers[good[end]]
                if view.labels[reader] == known.view.labels[merge] and set(view.operands[reader]) <= set(branches)
            ]
            for tensor in ((good[end], 0), *fewer):
                if convinces(departure, follow(departure, {**departure.values(), merge: tensor}, (merge,)), 1):
                    return f"branch removed before {known.view.names[merge]}"
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
        once = _differences(ours, theirs) < 2
        two = sum(is_weighted(departure.known.view.items[s]) for s in found) > 1
        if (once and two and is_telling(ours)) or convinces(departure, found, 1 if once else FAR_ENOUGH):
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
        if convinces(departure, follow(departure, trial, (step,)), 1):
            return "operation removed"
    return None


def _put_in(departure: Departure, step: int) -> str | None:
    values = departure.values()
    source = departure.known.view.operands[step][0][0]
    for reader in _free_readers(departure, (values[source],)):
        trial = dict(values)
        trial[source] = (reader, 0)
        found = follow(departure, trial, (source,))
        if step in found and convinces(departure, found, 2):
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
            if convinces(departure, found, 2, strict=True):
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
            if told and convinces(departure, found, 2, strict=True):
                return f"goes on behind {known.view.names[source]} as behind {known.view.names[place]}"
    return None


def _places(known: ReferenceNetwork, labels: Iterable[str], besides: int) -> list[int]:
    return sorted({place for label in labels for place in known.places.get(label, ())} - {besides})


def _free_readers(departure: Departure, tensors: Iterable[Tensor]) -> list[int]:
    taken = set(departure.good.values())
    return [r for tensor in tensors for r in departure.view.readers[tensor[0]] if r not in taken]
