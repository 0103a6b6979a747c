"""Known networks inside a model, each contracted to one block that says what it is.

Found by structure alone, wherever they hide: nested, flattened, cut at an inner tensor, called
twice, tapped at several tensors, built for another input size or number of classes. The rules:

1. A network begins at a tensor from which its stem's hash is reached (`Library.stems`).
2. Its steps are paired with nodes one by one (`match.embed`), and widths must agree.
3. All of the body there: the network. Less: a cut, if at least `MIN_STEPS` steps and
   `MIN_WEIGHTED` convolutions agree.
4. Neither, if the model goes on like a changed form of the network (`nearmiss.goes_on`): a near
   miss gets no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from blockviz.fingerprints import PREPROCESSING, Known, completes, is_weighted, op_family
from blockviz.ir import Block, Fold, LayerGraph, Node, contract
from blockviz.library import Entry, Library, library, load
from blockviz.match import Embedding, Rooted, Tensor, View, embed, rooted_hashes, view_of
from blockviz.ops import family
from blockviz.passes.freezing import trainable_info
from blockviz.passes.nearmiss import Departure, goes_on, loose_ends, missing_steps
from blockviz.passes.nested import layer_names, scope_calls
from blockviz.widths import fitting

MIN_STEPS = 10
MIN_WEIGHTED = 4
_STEM_DEPTH = 6
_POOLING = frozenset({"GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"})


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A known network in a model.

    good : confirmed pairs. cut : the deepest step where the model cuts it, None if it is complete.
    size : pairs confirmed before what may belong to the head was left to it.
    """

    entry: Entry
    known: Known
    root: Tensor
    good: Embedding
    cut: int | None
    size: int


@dataclass(frozen=True, slots=True)
class CollapseBackbones:
    """Every known network becomes one block of kind ``backbone``.

    networks : what to look for; the catalogue and the user's own networks, if None.
    """

    networks: Library | None = None

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with known networks contracted; the graph itself where there is none."""
        view = view_of(graph)
        found = find_backbones(view, self.networks or library())
        if not found:
            return graph
        scopes = scope_calls(graph)
        titles: Counter[str] = Counter()
        folds = []
        for match in found:
            titles[match.entry.name] += 1
            folds.append(_fold(graph, view, match, titles[match.entry.name], scopes))
        return contract(graph, folds)


def find_backbones(view: View, networks: Library) -> list[Found]:
    """All known networks in a graph, in topological order of their beginnings."""
    found: list[Found] = []
    used: set[int] = set()
    for root in _roots(view, networks.stems):
        while match := _best(view, root, networks, used):
            found.append(match)
            used.update(match.good.values())
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
        if goes_on(departure):
            missed = max(missed, size)
        elif not departure.missing:
            return Found(entry, departure.known, root, _with_top(site, departure, used), None, size)
        elif best is None or (-size, order[entry.key]) < (-best.size, order[best.entry.key]):
            good = _without_head(departure)
            (end,) = loose_ends(departure.known, good)
            best = Found(entry, departure.known, root, good, end, size)
    return best if best and best.size > missed else None


def _departure(site: Rooted, known: Known, used: set[int]) -> Departure:
    """How far the site is the network's body, at equal widths."""
    good, _ = agreeing(known, site.view, embed(known.pattern, site, used, any_width=bool(known.rules)))
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


def agreeing(known: Known, view: View, embedding: Embedding) -> tuple[Embedding, float]:
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


def _fold(
    graph: LayerGraph, view: View, found: Found, number: int, scopes: dict[tuple[str, ...], list[list[str]]]
) -> Fold:
    core = {view.names[position] for position in found.good.values()}
    nested = _surrounding_scope(graph, found, core, scopes)
    chosen = set(nested) if nested else _with_passages(graph, view, core | _preprocessing(view, found))
    members = [name for name in graph if name in chosen]
    key = found.entry.name if number == 1 else f"{found.entry.name}@{number}"
    while key in graph:
        key += "'"

    def make(body: LayerGraph) -> Block:
        info = _info(graph, view, found, body, bool(nested))
        return Block(key, "backbone", f"backbone:{found.entry.name}", body, info=info)

    return Fold(members, make)


def _surrounding_scope(
    graph: LayerGraph, found: Found, core: set[str], scopes: dict[tuple[str, ...], list[list[str]]]
) -> list[str] | None:
    """The call of a nested model that is the network and at most a top of the network's kind, if there is one."""
    items = [graph.item(name) for name in core]
    paths = [item.scope for item in items if isinstance(item, Node)]
    common = 0
    while all(len(path) > common and path[common] == paths[0][common] for path in paths):
        common += 1
    top = {item.op for step in found.known.top if isinstance(item := found.known.view.items[step], Node)}
    allowed = top | _POOLING | PREPROCESSING
    harmless = {"input", "dropout", "act"}
    for depth in range(common, 0, -1):
        for call in scopes.get(paths[0][:depth], ()):
            rest = [item for name in call if name not in core and isinstance(item := graph.item(name), Node)]
            if core <= set(call) and all(item.op in allowed or family(item.op) in harmless for item in rest):
                return call
    return None


def _with_passages(graph: LayerGraph, view: View, inside: set[str]) -> set[str]:
    """The nodes and the transparent ones between them."""
    chosen = set(inside)
    for name, (source, _) in reversed(view.through.items()):
        if view.names[source] in inside and any(reader in chosen for reader in graph.succ[name]):
            chosen.add(name)
    return chosen


def _preprocessing(view: View, found: Found) -> set[str]:
    """Rescaling and normalisation right before the network, if the network as published has them."""
    names = set()
    position = found.root[0]
    while found.known.preprocessing and len(view.readers[position]) == 1 and (position, 0) not in view.outputs:
        item = view.items[position]
        if not isinstance(item, Node) or item.op not in found.known.preprocessing:
            break
        names.add(view.names[position])
        position = view.operands[position][0][0]
    return names


def _info(graph: LayerGraph, view: View, found: Found, body: LayerGraph, nested: bool) -> dict[str, object]:
    nodes = [item for item in body.items() if isinstance(item, Node)]
    _, alpha = agreeing(found.known, view, found.good)
    forms = [form for form in (found.entry.form, f"α = {alpha:g}" if alpha != 1 else None) if form]
    title = found.entry.name + (f" ({', '.join(forms)})" if forms else "")
    cut_at = None
    if found.cut is not None:
        cut_at = _layer_name(graph, view.names[found.good[found.cut]])
        title += f" up to {found.known.view.names[found.cut].rpartition('/')[2]}"
    calls = Counter(item.layer.name for item in graph.items() if isinstance(item, Node))
    return {
        "name": found.entry.name,
        "title": title,
        "kind": "nested" if nested else "flattened",
        "layers": layer_names(nodes),
        "cut_at": cut_at,
        "taps": _taps(view, found, body),
        "reference": found.entry.reference,
        "shared": any(calls[node.layer.name] > 1 for node in nodes),
        **trainable_info(nodes),
    }


def _layer_name(graph: LayerGraph, name: str) -> str:
    item = graph.item(name)
    return item.layer.name if isinstance(item, Node) else name


def _taps(view: View, found: Found, body: LayerGraph) -> tuple[tuple[str, str | None, tuple[int | None, ...]], ...]:
    """(layer, stage, shape) of each tensor that is read outside, if that is more than the network's end."""
    steps = {view.names[position]: step for step, position in found.good.items()}
    last = found.known.end if found.cut is None else found.cut
    ports: Sequence[tuple[str, int]] = body.exits
    if len(ports) == 1 and steps.get(ports[0][0], last) >= last:
        return ()
    taps = []
    for name, index in ports:
        source = name if name in steps else view.names[view.through[name][0]] if name in view.through else name
        step = steps.get(source)
        stride = found.known.strides[step] if step is not None else 0
        stage = f"C{stride.bit_length() - 1}" if stride and stride & (stride - 1) == 0 else None
        item = body.item(name)
        taps.append((_layer_name(body, name), stage, item.outputs[index]))
    return tuple(taps)
