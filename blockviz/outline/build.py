"""From a finished block graph to the `Outline` that figure, tables and prose share."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import (
    UNKNOWN,
    Backbone,
    BlockType,
    Composite,
    Group,
    Item,
    LayerGraph,
    Nested,
    Node,
    Port,
    Run,
    Shape,
    blocks_in,
    is_shared,
    item_leaves,
    layers_of,
    leaves,
    letters_of,
    sets_of_weights,
)
from blockviz.ops.families import exact_label
from blockviz.outline.frozen_words import frozen_words, is_uniform
from blockviz.outline.model import Definition, Instance, KnownNetwork, NamedIdiom, Outline, Part, Variant
from blockviz.outline.spans import spans_of
from blockviz.outline.stations import stations_of
from blockviz.structure.canonical_form import body_form, difference, short_name, strides_of
from blockviz.structure.isomorphism import Judge
from blockviz.structure.parameters import (
    COUNTS,
    KERNEL,
    Symbols,
    aligned,
    count_key,
    dilation_key,
    in_symbols,
    symbols_of,
)
from blockviz.structure.size_captions import Captions, captions_of


def survey(
    graph: LayerGraph, source: LayerGraph, weights: str | None = None, facts: Mapping[str, str] | None = None
) -> Outline:
    """Read a block graph (after all passes) into an Outline.

    ``source`` is the layer graph it came from; ``weights`` where the user says the weights are from, and
    ``facts`` what is published of the model with them.
    """
    copies = _copies(graph)
    letters = letters_of(graph)
    mains = {key: _main(graph.types[key]) for key in copies}
    symbols = {key: symbols_of(mains[key], [block.body for block in blocks]) for key, blocks in copies.items()}
    values = {
        block.id: found
        for key, blocks in copies.items()
        for block, found in zip(blocks, symbols[key].values, strict=True)
    }
    nodes = list(leaves(graph))
    every = layers_of(nodes)
    return Outline(
        name=str(source.graph.get("name", "model")),
        layers=len(every),
        depth=sum(bool(layer.params) for layer in every.values()),
        cost=cost_of(nodes),
        input_shapes=tuple(source.item(name).outputs[0] for name in source.inputs),
        output_shapes=tuple(_exit_shape(source, port) for port in source.exits),
        parts=tuple(_parts(graph, letters, values)),
        definitions=tuple(
            _definition(letters[key], graph.types[key], blocks, mains[key], symbols[key])
            for key, blocks in copies.items()
        ),
        backbones=tuple(_known(item) for item in graph.items() if isinstance(item, Backbone | Nested)),
        idioms=tuple(_idioms(graph, nodes)),
        weights=weights,
        facts=facts or {},
        structure_hash=structure_hash(source),
        stations=stations_of(graph),
    )


def _idioms(graph: LayerGraph, nodes: Sequence[Node]) -> Iterator[NamedIdiom]:
    """Every use of an idiom, also of those that are drawn as blocks or not at all."""
    by_id = {node.id: node for node in nodes} if graph.idioms else {}
    for found in graph.idioms:
        layers = tuple(layers_of(by_id[call] for call in found.calls))
        yield NamedIdiom(found.word, layers, found.attributes, found.references)


def structure_hash(source: LayerGraph) -> str:
    """A digest of the architecture: labels, widths and wiring, neither names nor weights."""
    at = {name: position for position, name in enumerate(source)}
    digest = hashlib.sha256()
    for name, item in zip(source, source.items(), strict=True):
        if isinstance(item, Node):
            reads = [(to, at[other], out) for to, other, out in source.operand_list(name)]
            digest.update(f"{exact_label(item)}{reads}\n".encode())
    return digest.hexdigest()[:16]


def _copies(graph: LayerGraph) -> dict[str, list[Composite]]:
    """Every copy of every type, types in order of first appearance, outer ones before inner ones."""
    found: dict[str, list[Composite]] = defaultdict(list)
    for block in blocks_in(graph):
        found[block.type].append(block)
    return dict(found)


def _parts(graph: LayerGraph, letters: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> Iterator[Part]:
    owners = Counter(name for item in graph.items() for name in layers_of(item_leaves(item)))
    seen: set[str] = set()
    several = sum(node.op == "InputLayer" and not node.inputs for node in leaves(graph)) > 1
    outputs, uneven = _outputs_of(graph), not is_uniform(layers_of(leaves(graph)).values())
    for name, item in zip(graph, graph.items(), strict=True):
        items = tuple(item.body.items()) if isinstance(item, Run) else (item,)
        nodes = list(item_leaves(item))
        defined = isinstance(item, Composite) and item.type in letters
        network = item.network if isinstance(item, Backbone | Nested) else None
        owned = {node.layer.name for node in nodes if node.layer.params}
        main, *others = _leaving(graph, name)
        title = _title(item, several)
        operands = tuple((source, out) for _, source, out in graph.operand_list(name))
        yield Part(
            id=name,
            kind=_kind(graph, item),
            letter=letters[item.type] if defined and isinstance(item, Composite) else None,
            name=graph.types[item.type].name if defined and isinstance(item, Composite) else title,
            repeat=len(items),
            stage=item.stage if isinstance(item, Composite) else None,
            copies=tuple(tuple(layers_of(item_leaves(copy))) for copy in items),
            variants=tuple(copy.variant if isinstance(copy, Composite) else None for copy in items),
            values=_values(items, values),
            item=item,
            items=items,
            output_shape=main,
            cost=cost_of(nodes),
            inputs=tuple(dict.fromkeys(source for source, _ in operands)),
            shared=is_shared(nodes) or any(owners[node.layer.name] > 1 for node in nodes if node.layer.params),
            parallel=isinstance(item, Run) and item.parallel,
            taps=network.taps if network else (),
            other_shapes=tuple(others),
            outputs=outputs.get(name, ()),
            operands=operands,
            entrances=_entrances(item) if several else (),
            again=bool(owned) and owned <= seen,
            frozen=frozen_words(items) if uneven else "",
        )
        seen |= owned


def _entrances(item: Item) -> tuple[str, ...]:
    """Names of the model's inputs inside an item."""
    return () if isinstance(item, Node) else tuple(n.layer.name for n in item_leaves(item) if n.op == "InputLayer")


def _outputs_of(graph: LayerGraph) -> dict[str, tuple[str, ...]]:
    """Names of the model's outputs by the item that gives them; none where its one output is where it ends."""
    names = output_names(graph)
    if len(graph.exits) == 1 and not graph.edges_from(graph.exits[0][0]):
        return {}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for (item, _), name in zip(graph.exits, names, strict=True):
        found[item][name] = None
    return {item: tuple(given) for item, given in found.items()}


def output_names(graph: LayerGraph) -> tuple[str, ...]:
    """The model's outputs by name: as the model names them, or as the layers that give them are called."""
    named: tuple[str, ...] = graph.graph.get("output_names", ())
    if len(named) == len(graph.exits):
        return named
    return tuple(_giver(graph, port).layer.name.rpartition("/")[2] for port in graph.exits)


def _giver(graph: LayerGraph, port: Port) -> Node:
    """The call behind a port, through all blocks."""
    item = graph.item(port[0])
    return _giver(item.body, item.body.exits[port[1]]) if isinstance(item, Composite) else item


def _leaving(graph: LayerGraph, name: str) -> list[Shape]:
    """Shapes of the tensors that leave an item: first the one that it ends with, then the others in order."""
    item = graph.item(name)
    if not isinstance(item, Composite):
        used = {out for data in graph.edges_from(name).values() for out, _ in data["operands"]}
        used |= {index for source, index in graph.exits if source == name}
        numbers = sorted(used or {0})
        return [item.outputs[number] for number in numbers if number < len(item.outputs)] or [UNKNOWN]
    ends = [number for number, _ in sorted(enumerate(item.body.exits), key=lambda end: _depth(item.body, end[1]))]
    return [item.outputs[number] for number in ends] or [UNKNOWN]


def _depth(body: LayerGraph, port: Port) -> tuple[object, ...]:
    """How far from the end of a body a tensor is given: what comes last is what goes on."""
    place = {name: number for number, name in enumerate(body)}
    item = body.item(port[0])
    inner = _depth(item.body, item.body.exits[port[1]]) if isinstance(item, Composite) else (port[1],)
    return (-place[port[0]], *inner)


def _kind(graph: LayerGraph, item: Item) -> str:
    if isinstance(item, Node):
        return "input" if item.op == "InputLayer" and not graph.pred[item.id] else "layer"
    if isinstance(item, Run):
        return "block" if item.type else "unit"
    return "block" if isinstance(item, Group) else item.kind


def _title(item: Item, several: bool) -> str:
    """What a part is called that has no letter; an input by its name, where there are several."""
    if isinstance(item, Backbone | Nested):
        return item.network.name
    if isinstance(item, Run):
        return short_name(next(iter(item.body.items())))
    if isinstance(item, Node) and item.op == "InputLayer":
        return f"Input {item.layer.name}" if several else "Input"
    return short_name(item)


def _values(items: Iterable[Item], values: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Main width, kernel and number of blocks inside, where they vary: one value, or a range."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for item in items:
        for symbol, value in values.get(item.id, {}).items():
            if symbol in ("f", KERNEL, *COUNTS):
                found[symbol][value] = None
    return {symbol: _span(list(taken)) for symbol, taken in found.items()}


def _span(values: Sequence[str]) -> str:
    """One value, or two that hold all between them: the smallest and the largest, if they are no steady sequence."""
    if len(values) == 1:
        return values[0]
    if all(value.isdecimal() for value in values):
        ranked = sorted(values, key=int)
        if values not in (ranked, ranked[::-1]):
            return f"{ranked[0]}–{ranked[-1]}"
    return f"{values[0]}–{values[-1]}"


def _definition(
    letter: str, found: BlockType, blocks: list[Composite], main: LayerGraph, symbols: Symbols
) -> Definition:
    captions = _captions(main, [block.body for block in blocks], symbols)
    plain = [block.body for block in blocks if not block.variant]
    own, seen = spans_of(main, plain) if len(set(map(body_form, plain))) > 1 else ({}, {})
    several = any(block.variant for block in blocks)
    sizes, tensors = spans_of(main, [block.body for block in blocks]) if several else ({}, {})
    parameters: dict[str, dict[str, None]] = defaultdict(dict)
    for values in symbols.values:
        for symbol, value in values.items():
            parameters[symbol][value] = None
    return Definition(
        letter=letter,
        name=found.name,
        source=found.source,
        reason=found.reason,
        level=found.level,
        count=len(blocks),
        body=main,
        symbols={**own, **captions.sizes, **symbols.text},
        parameters={symbol: tuple(values) for symbol, values in parameters.items()},
        variants=tuple(_variants(main, blocks, symbols)),
        instances=tuple(_instances(main, blocks, symbols)),
        references=found.references,
        tensors={**seen, **captions.tensors},
        sets=sets_of_weights(blocks),
        spans=sizes,
        tensor_spans=tensors,
    )


def _main(found: BlockType) -> LayerGraph:
    assert found.main is not None, "a block graph is read after its types are labelled"
    return found.main


def _captions(main: LayerGraph, bodies: Sequence[LayerGraph], symbols: Symbols) -> Captions:
    """What the picture of the main form says of its sizes; copies with other strides are told apart in words."""
    form, strides = body_form(main), strides_of(main)
    same = [(body, found) for body, found in zip(bodies, symbols.values, strict=True) if body_form(body) == form]
    same.sort(key=lambda pair: pair[0] is not main)
    near = [pair for pair in same if strides_of(pair[0]) == strides]
    found = captions_of([body for body, _ in near], [values for _, values in near], symbols.text)
    if len(near) == len(same):
        return found
    every = captions_of([body for body, _ in same], [values for _, values in same], symbols.text)
    return Captions({**found.sizes, **every.sizes}, found.tensors)


def _variants(main: LayerGraph, blocks: list[Composite], symbols: Symbols) -> Iterator[Variant]:
    """One entry per variant; those that differ only in their strides are told by the first's body."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, block in enumerate(blocks):
        if block.variant:
            by_name[block.variant].append(number)
    for name, numbers in by_name.items():
        body = blocks[numbers[0]].body
        found = difference(main, body)
        counterpart = aligned(main, body)
        text = {counterpart[own]: symbol for own, symbol in symbols.text.items() if own in counterpart}
        text |= {
            key(other): symbols.text[key(own)]
            for key in (dilation_key, count_key)
            for own, other in counterpart.items()
            if key(own) in symbols.text
        }
        same = [(blocks[n].body, symbols.values[n]) for n in numbers if len(blocks[n].body) == len(body)]
        text |= in_symbols(found.added, body, same, symbols.text)
        changed = frozenset(new for _, new in found.changed)
        alike = [pair for pair in same if body_form(pair[0]) == body_form(body)]
        captions = captions_of([other for other, _ in alike], [values for _, values in alike], text)
        text = {**captions.sizes, **text}
        ids = (frozenset(found.added), frozenset(found.removed), changed)
        yield Variant(name, len(numbers), body, text, *ids, captions.tensors)


def _instances(main: LayerGraph, blocks: list[Composite], symbols: Symbols) -> Iterator[Instance]:
    """Every copy; what sets one apart is its variant, or how many blocks it holds, which the figure has as numbers."""
    judge = Judge()
    usual = judge.number(main)
    for block, values in zip(blocks, symbols.values, strict=True):
        told = block.variant
        if not told and judge.number(block.body) != usual:
            counts = [f"{symbol} = {values[symbol]}" for symbol in COUNTS if symbol in values]
            told = ", ".join(counts) or "another number of inner blocks"
        nodes = list(item_leaves(block))
        yield Instance(tuple(layers_of(nodes)), told, block.stage, cost_of(nodes), _end_shape(block))


def _end_shape(block: Composite) -> Shape:
    """The shape of the tensor that a copy ends with."""
    ends = sorted(block.body.exits, key=lambda port: _depth(block.body, port))
    return block.outputs[block.body.exits.index(ends[0])] if ends else UNKNOWN


def _known(item: Backbone | Nested) -> KnownNetwork:
    nodes, network = list(item_leaves(item)), item.network
    return KnownNetwork(
        name=network.name,
        kind=network.form,
        layers=tuple(layers_of(nodes)),
        cost=cost_of(nodes),
        trainable=network.trainable,
        cut_at=network.cut_at,
        taps=network.taps,
        title=network.title,
        references=tuple(filter(None, [network.reference])),
        frozen_to=network.frozen_to,
    )


def _exit_shape(source: LayerGraph, port: tuple[str, int]) -> Shape:
    shapes = source.item(port[0]).outputs
    return shapes[port[1]] if port[1] < len(shapes) else UNKNOWN
