"""What a panel draws of a body: nested boxes without a panel of their own are opened, mere bookkeeping is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blockviz.ir import Composite, Fold, LayerGraph, Node, Port, Run, Unit, contract
from blockviz.ops.families import anchor, family
from blockviz.structure.parameters import count_key, dilation_key
from blockviz.structure.setting_letters import stride_key, window_key

_SHORT_RUN = 3


def inherited(body: LayerGraph, symbols: Mapping[str, str]) -> dict[str, str]:
    """Symbols by box, those of a run handed down to what is inside it."""
    out = dict(symbols)
    for name in body:
        item = body.item(name)
        if not isinstance(item, Node | Unit):
            own = dict.fromkeys(item.body, symbols[name]) if name in symbols else {}
            for key in (dilation_key, window_key, stride_key):
                if letter := symbols.get(key(name)):
                    own |= {key(inner): letter for inner in item.body}
            out = {**inherited(item.body, {**own, **symbols}), **out}
    return out


def drawable(
    body: LayerGraph,
    letter_of: Callable[[Composite], str | None],
    compact: bool = False,
    symbols: Mapping[str, str] | None = None,
) -> LayerGraph:
    """A graph of units, calls and lettered blocks with the wiring of ``body``.

    Opened: blocks that no letter stands for, and runs of up to three whose length has no letter in ``symbols``. Left
    out: a reshape right after a global pooling, which only keeps the axes for the layer that follows, and the inner
    end of a nested model.
    ``compact`` : an activation that feeds one convolution only becomes part of its unit, and calls in a row
    that only rearrange become one.
    """
    while True:
        kept = {name for name in body if count_key(name) in (symbols or {})}
        name = next((name for name in body if name not in kept and _opens(body, name, letter_of)), None)
        if name is None:
            break
        body = _opened(body, name)
    for name in [name for name in body if _is_bookkeeping(body, name)]:
        body = _without(body, name)
    for name in [name for name in body if compact and _is_preactivation(body, name)]:
        body = _absorbed(body, name)
    return _rearranged(body) if compact else body


def _rearranged(body: LayerGraph) -> LayerGraph:
    """The body with each row of calls that only rearrange a tensor (a window partition, say) as one unit."""
    rows: list[list[str]] = []
    for name in body:
        item = body.item(name)
        if not isinstance(item, Node) or family(item.op) != "reshape" or len(item.inputs) != 1:
            continue
        before = next(iter(body.pred[name]), None)
        if rows and before == rows[-1][-1] and len(body.succ[before]) == 1 and before not in body.exit_names:
            rows[-1].append(name)
        else:
            rows.append([name])
    folds = [Fold(row, _as_unit(row[-1])) for row in rows if len(row) > 1]
    return contract(body, folds) if folds else body


def halves(body: LayerGraph) -> list[LayerGraph]:
    """A body cut in two where a single tensor is alive, as near its middle as can be; itself where there is none."""
    names = list(body)
    position = {name: number for number, name in enumerate(names)}
    entered = [position[name] for ports in body.entries for name, _ in ports]
    last: dict[Port, int] = dict.fromkeys(body.exits, len(names))
    for name in names:
        for _, source, out in body.operand_list(name):
            last[source, out] = max(last.get((source, out), 0), position[name])
    alive = [0] * (len(names) + 1)
    for (source, _), until in last.items():
        for gap in range(position[source] + 1, min(until, len(names) - 1) + 1):
            alive[gap] += 1
    cuts = [gap for gap in range(max(entered, default=0) + 1, len(names)) if alive[gap] == 1]
    if not cuts:
        return [body]
    cut = min(cuts, key=lambda gap: abs(gap - len(names) / 2))
    parts = contract(body, [Fold(names[:cut], _as_unit("first")), Fold(names[cut:], _as_unit("second"))])
    return [item.body for item in parts.items() if isinstance(item, Composite)]


def _as_unit(name: str) -> Callable[[LayerGraph], Composite]:
    return lambda inner: Unit(name, inner)


def _is_preactivation(body: LayerGraph, name: str) -> bool:
    item, readers = body.item(name), list(body.succ[name])
    if (
        not isinstance(item, Node)
        or family(item.op) != "act"
        or len(readers) != 1
        or name in {n for n, _ in body.exits}
    ):
        return False
    reader = body.item(readers[0])
    main = anchor(reader) if isinstance(reader, Node | Unit) else None
    return main is not None and family(main.op) in ("conv", "dense") and len(reader.inputs) == 1


def _absorbed(body: LayerGraph, name: str) -> LayerGraph:
    """The body with an activation moved into the unit that reads it."""
    item, reader = body.item(name), next(iter(body.succ[name]))
    target = body.item(reader)
    inner = LayerGraph(name="")
    inner.add_item(item)
    members = list(target.body.items()) if isinstance(target, Composite) else [target]
    for before, member in zip([item, *members], members, strict=False):
        inner.add_item(member, [(0, before.id, 0)])
    inner.graph["entries"] = (((name, 0),),)
    inner.graph["exits"] = ((members[-1].id, 0),)
    unit = Unit(reader, inner)
    out = LayerGraph(name="")
    wires: Wires = {}
    for at in body:
        if at != name:
            out.add_node(at, item=unit if at == reader else body.item(at))
            wires[at] = body.operand_list(name) if at == reader else body.operand_list(at)
    entries = tuple(tuple((reader, 0) if port[0] == name else port for port in ports) for ports in body.entries)
    return _wired(out, wires, entries, body.exits)


def _opens(body: LayerGraph, name: str, letter_of: Callable[[Composite], str | None]) -> bool:
    item = body.item(name)
    if isinstance(item, Node | Unit) or letter_of(item) is not None:
        return False
    return not isinstance(item, Run) or len(item.body) <= _SHORT_RUN or not _is_uniform(item.body)


def _is_uniform(body: LayerGraph) -> bool:
    """Whether a run's members are units or calls, so that one of them can stand for all."""
    return all(isinstance(item, Node | Unit) for item in body.items())


def _is_bookkeeping(body: LayerGraph, name: str) -> bool:
    item = body.item(name)
    if not isinstance(item, Node) or len(body.pred[name]) != 1:
        return False
    if family(item.op) == "input":
        return True
    if item.op != "Reshape":
        return False
    source = body.item(next(iter(body.pred[name])))
    return isinstance(source, Node) and family(source.op) == "global"


Wires = dict[str, list[tuple[int, str, int]]]


def _opened(body: LayerGraph, name: str) -> LayerGraph:
    """The body with one block replaced by what is inside it."""
    block = body.item(name)
    assert isinstance(block, Composite)
    inner = block.body
    fed: dict[int, list[Port]] = {number: list(ports) for number, ports in enumerate(inner.entries)}
    outputs = dict(enumerate(inner.exits))
    out = LayerGraph(name="")
    wires: Wires = {}
    for at in body:
        if at != name:
            out.add_node(at, item=body.item(at))
            wires[at] = [
                (i, *(outputs[o] if source == name else (source, o))) for i, source, o in body.operand_list(at)
            ]
            continue
        for member in inner:
            out.add_node(member, item=inner.item(member))
            wires[member] = list(inner.operand_list(member))
    for i, source, o in body.operand_list(name):
        for member, index in fed.get(i, ()):
            wires[member].append((index, source, o))
    entries = tuple(
        tuple(p for port in ports for p in (fed.get(port[1], []) if port[0] == name else [port]))
        for ports in body.entries
    )
    exits = tuple(outputs[port[1]] if port[0] == name else port for port in body.exits)
    return _wired(out, wires, entries, exits)


def _without(body: LayerGraph, name: str) -> LayerGraph:
    """The body with a call of one input taken out of its line."""
    (_, source, output), *_ = body.operand_list(name)
    out = LayerGraph(name="")
    wires: Wires = {}
    for at in body:
        if at != name:
            out.add_node(at, item=body.item(at))
            wires[at] = [(i, source, output) if s == name else (i, s, o) for i, s, o in body.operand_list(at)]
    exits = tuple((source, output) if port[0] == name else port for port in body.exits)
    return _wired(out, wires, body.entries, exits)


def _wired(
    graph: LayerGraph,
    wires: Mapping[str, list[tuple[int, str, int]]],
    entries: tuple[tuple[Port, ...], ...],
    exits: tuple[Port, ...],
) -> LayerGraph:
    for name, operands in wires.items():
        by_source: dict[str, list[tuple[int, int]]] = {}
        for i, source, o in sorted(operands):
            by_source.setdefault(source, []).append((o, i))
        for source, pairs in by_source.items():
            graph.add_edge(source, name, operands=tuple(pairs))
    graph.graph["entries"], graph.graph["exits"] = entries, exits
    return graph
