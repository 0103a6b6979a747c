"""Known networks in a graph, found by structure alone, wherever they hide.

Nested, flattened, cut at an inner tensor, called twice, tapped at several tensors, built for
another input size or number of classes. The rules:

1. A network begins at a tensor from which its stem's hash is reached (`Library.stems`).
2. Its steps are paired with nodes one by one (`match.embed`), and widths must agree.
3. All of the body there: the network. Less: a cut, if at least `MIN_STEPS` steps and
   `MIN_WEIGHTED` convolutions agree.
4. Neither, if the model goes on like a changed form of the network (`nearmiss.goes_on`): a near
   miss gets no name.
"""

from __future__ import annotations

from blockviz.backbones.divergence import Departure, loose_ends, missing_steps
from blockviz.backbones.near_miss import goes_on
from blockviz.backbones.operand_arrays import Tensor, View
from blockviz.backbones.reference_network import ReferenceNetwork, completes, is_weighted, op_family
from blockviz.backbones.registry import Entry, Library, load
from blockviz.backbones.rooted_hash import Embedding, Rooted, embed, rooted_hashes
from blockviz.backbones.width_multiplier import fitting
from blockviz.runtime.records import dataclass

MIN_STEPS = 10
MIN_WEIGHTED = 4
_STEM_DEPTH = 6


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A known network in a model.

    good : confirmed pairs. cut : the deepest step where the model cuts it, None if it is complete.
    size : pairs confirmed before what may belong to the head was left to it.
    """

    entry: Entry
    known: ReferenceNetwork
    root: Tensor
    good: Embedding
    cut: int | None
    size: int


def find_backbones(view: View, networks: Library) -> list[Found]:
    """All known networks in a graph, in topological order of their beginnings."""
    found: list[Found] = []
    used: set[int] = set()
    for root in _roots(view, networks.stems):
        while match := _best(view, root, networks, used):
            found.append(match)
            used.update(match.good.values())
    return found


def near_misses(view: View, networks: Library) -> list[str]:
    """For each place that almost is a known network: which, and why it does not get the name."""
    found = []
    for root in _roots(view, networks.stems):
        if _best(view, root, networks, set()):
            continue
        site = Rooted(view, root, rooted_hashes(view, root))
        closest: tuple[int, str] = (0, "")
        for entry in networks.likely(site.hashes.values()):
            departure = _departure(site, load(entry), set())
            if len(departure.good) > closest[0] and _large_enough(departure) and (reason := goes_on(departure)):
                closest = (len(departure.good), f"{view.names[root[0]]}: not {entry.name}, since {reason}")
        if closest[0]:
            found.append(closest[1])
    return found


def _roots(view: View, stems: frozenset[int]) -> list[Tensor]:
    """Tensors at which some network's stem begins."""
    roots = dict.fromkeys(tensor for operands in view.operands for tensor in operands)
    return [root for root in roots if not stems.isdisjoint(rooted_hashes(view, root, _STEM_DEPTH).values())]


def _best(view: View, root: Tensor, networks: Library, used: set[int]) -> Found | None:
    """The network at a root: a complete one first, else the largest cut, unless a near miss reaches as far."""
    hashes = {position: code for position, code in rooted_hashes(view, root).items() if position not in used}
    site = Rooted(view, root, hashes)
    order = {entry.key: place for place, entry in enumerate(networks.entries)}
    best: Found | None = None
    missed = 0
    for entry in networks.likely(hashes.values()):
        departure = _departure(site, load(entry), used)
        size = len(departure.good)
        if departure.missing and (size <= missed or not _large_enough(departure)):
            continue
        if goes_on(departure) or (departure.missing and goes_on(_departure(site, load(entry), used, last=True))):
            missed = max(missed, size)
        elif not departure.missing:
            return Found(entry, departure.known, root, _with_top(site, departure, used), None, size)
        elif best is None or (-size, order[entry.key]) < (-best.size, order[best.entry.key]):
            good = _without_head(departure)
            (end,) = loose_ends(departure.known, good)
            best = Found(entry, departure.known, root, good, end, size)
    return best if best and best.size > missed else None


def _departure(site: Rooted, known: ReferenceNetwork, used: set[int], *, last: bool = False) -> Departure:
    """How far the site is the network's body, at equal widths. ``last``: the other reading of equal siblings."""
    good, _ = agreeing(known, site.view, embed(known.pattern, site, used, any_width=bool(known.rules), last=last))
    body = {step: position for step, position in good.items() if step in known.body}
    return Departure(known, site.view, site.root, body, missing_steps(known, body))


def _without_head(departure: Departure) -> Embedding:
    """A cut without what only looks like the network's next steps.

    A global pooling begins squeeze-and-excitation, but also heads; a convolution of the head may
    happen to be the network's next, which shows when another normalisation or activation follows.
    """
    known, view, good = departure.known, departure.view, dict(departure.good)
    (end,) = loose_ends(known, good)
    if op_family(known.view.items[end]) == "global":
        del good[end]
        return good
    if not all(completes(known.view.items[step]) for step in departure.missing):
        return good
    if any(completes(view.items[reader]) for reader in view.readers[good[end]]):
        while end not in known.boundaries and len(known.view.operands[end]) == 1:
            del good[end]
            end = known.view.operands[end][0][0]
    return good


def _with_top(site: Rooted, departure: Departure, used: set[int]) -> Embedding:
    """The pairs of a complete body, and of its own top if that is there, number of classes included."""
    known = departure.known
    good, _ = agreeing(known, site.view, embed(known.pattern, site, used, any_width=bool(known.rules)))
    return good if known.top <= good.keys() else departure.good


def agreeing(known: ReferenceNetwork, view: View, embedding: Embedding) -> tuple[Embedding, float]:
    """The pairs whose widths agree and whose operands are such pairs, too; and the width multiplier."""
    start = known.pattern.root[0]
    good: Embedding = {}
    fit = fitting(known.rules, known.apart) if known.rules else None
    for step in sorted(embedding):
        position = embedding[step]
        if not all(source == start or source in good for source, _ in known.view.operands[step]):
            continue
        if fit and step in known.wide:
            agrees = fit.accepts(known.wide[step], view.widths[position], _channels(view, position))
        else:
            agrees = known.view.widths[step] == view.widths[position]
        if agrees:
            good[step] = position
    return good, fit.alphas[0] if fit else 1.0


def _channels(view: View, position: int) -> int | None:
    shapes = view.items[position].inputs
    return shapes[0][-1] if shapes and shapes[0] else None


def _large_enough(departure: Departure) -> bool:
    items = departure.known.view.items
    return len(departure.good) >= MIN_STEPS and sum(is_weighted(items[step]) for step in departure.good) >= MIN_WEIGHTED
