"""Known networks inside a model, each contracted to one block that says what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blockviz.backbones.operand_arrays import View, view_of
from blockviz.backbones.recognise import Found, agreeing, find_backbones
from blockviz.backbones.reference_network import PREPROCESSING, ReferenceNetwork
from blockviz.backbones.registry import Library, library
from blockviz.backbones.trainable_state import trainable_info
from blockviz.ir import Backbone, Composite, Fold, LayerGraph, Network, Node, Tap, contract
from blockviz.ops.families import family
from blockviz.passes.collapse_nested import layer_names, scope_calls
from blockviz.runtime.records import dataclass

_POOLING = frozenset({"GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"})


@dataclass(frozen=True, slots=True)
class CollapseBackbones:
    """Every known network becomes one `Backbone`.

    networks : what to look for; the catalogue and the user's own networks, if None.
    """

    name = "collapse-backbones"
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

    def make(body: LayerGraph) -> Composite:
        return Backbone(key, body, _network(graph, view, found, body, bool(nested)))

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
    harmless = {"input", "dropout", "act", "pad"}
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


def _network(graph: LayerGraph, view: View, found: Found, body: LayerGraph, nested: bool) -> Network:
    nodes = [item for item in body.items() if isinstance(item, Node)]
    _, alpha = agreeing(found.known, view, found.good)
    forms = [form for form in (found.entry.form, f"α = {alpha:g}" if alpha != 1 else None) if form]
    title = found.entry.name + (f" ({', '.join(forms)})" if forms else "")
    cut_at = None
    if found.cut is not None:
        cut_at = _layer_name(graph, view.names[found.good[found.cut]])
        title += f" up to {found.known.view.names[found.cut].rpartition('/')[2]}"
    calls = Counter(item.layer.name for item in graph.items() if isinstance(item, Node))
    return Network(
        name=found.entry.name,
        title=title,
        form="nested" if nested else "flattened",
        layers=layer_names(nodes),
        cut_at=cut_at,
        taps=_taps(view, found, body),
        reference=found.entry.reference,
        shared=any(calls[node.layer.name] > 1 for node in nodes),
        **trainable_info(nodes),
    )


def _layer_name(graph: LayerGraph, name: str) -> str:
    item = graph.item(name)
    return item.layer.name if isinstance(item, Node) else name


def _taps(view: View, found: Found, body: LayerGraph) -> tuple[Tap, ...]:
    """Each tensor that is read outside, if that is more than the network's end."""
    steps = {view.names[position]: step for step, position in found.good.items()}
    last = found.known.end if found.cut is None else found.cut
    order = {name: position for position, name in enumerate(body)}
    ports: Sequence[tuple[str, int]] = sorted(body.exits, key=lambda port: (order[port[0]], port[1]))
    if len(ports) == 1 and steps.get(ports[0][0], last) >= last:
        return ()
    taps = []
    for name, index in ports:
        source = name if name in steps else view.names[view.through[name][0]] if name in view.through else name
        stage = _stage(found.known, steps.get(source))
        taps.append(Tap(_layer_name(body, name), stage, body.item(name).outputs[index]))
    return tuple(taps)


def _stage(known: ReferenceNetwork, step: int | None) -> str | None:
    """``C2`` for a stride of 4, ``C5`` for 32: the name of a tap in detection and segmentation papers."""
    stride = known.strides[step] if step in known.body else 1
    return f"C{stride.bit_length() - 1}" if stride > 1 and stride & (stride - 1) == 0 else None
