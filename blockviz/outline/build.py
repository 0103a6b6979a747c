"""From a finished block graph to the `Outline` that figure, tables and prose share."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import (
    UNKNOWN,
    Backbone,
    Block,
    Composite,
    Group,
    LayerGraph,
    Nested,
    Node,
    Run,
    Shape,
    blocks_in,
    copies_in,
    item_leaves,
    layers_of,
    leaves,
    letters_of,
)
from blockviz.ops.families import exact_label
from blockviz.outline.definitions import definition_of, main_of
from blockviz.outline.earlier_copies import earlier_copies, with_earlier
from blockviz.outline.model import KnownNetwork, NamedIdiom, Outline
from blockviz.outline.parts import parts_of
from blockviz.outline.sayings import with_sayings
from blockviz.outline.stage_rows import with_switches
from blockviz.outline.stations import stations_of
from blockviz.structure.parameters import symbols_of


def survey(
    graph: LayerGraph, source: LayerGraph, weights: str | None = None, facts: Mapping[str, str] | None = None
) -> Outline:
    """Read a block graph (after all passes) into an Outline.

    ``source`` is the layer graph it came from; ``weights`` where the user says the weights are from, and
    ``facts`` what is published of the model with them.
    """
    copies = _copies(graph)
    letters = letters_of(graph)
    mains = {key: main_of(graph.types[key]) for key in copies}
    symbols = {key: symbols_of(mains[key], [block.body for block in blocks]) for key, blocks in copies.items()}
    values = {
        block.id: found
        for key, blocks in copies.items()
        for block, found in zip(blocks, symbols[key].values, strict=True)
    }
    outer = Counter[str]()  # copies that the overview shows, in the order of a table's rows
    for item in graph.items():
        if isinstance(item, Block | Run | Group):
            outer[item.type] += copies_in(item)
    nodes = list(leaves(graph))
    every = layers_of(nodes)
    parts = tuple(parts_of(graph, letters, values))
    earlier = earlier_copies(graph)
    return Outline(
        name=str(source.graph.get("name", "model")),
        layers=len(every),
        depth=sum(bool(layer.params) for layer in every.values()),
        cost=cost_of(nodes),
        input_shapes=tuple(source.item(name).outputs[0] for name in source.inputs),
        output_shapes=tuple(_exit_shape(source, port) for port in source.exits),
        parts=parts,
        definitions=tuple(
            with_sayings(with_switches(found) if outer[key] == found.count else found, parts)
            for key, blocks in copies.items()
            for made in (definition_of(letters[key], graph.types[key], blocks, mains[key], symbols[key]),)
            for found in (with_earlier(made, earlier.get(key, {})),)
        ),
        backbones=tuple(_known(item) for item in graph.items() if isinstance(item, Backbone | Nested)),
        idioms=tuple(_idioms(graph, nodes)),
        weights=weights,
        facts=facts or {},
        structure_hash=structure_hash(source),
        stations=stations_of(graph),
        open_macs=source.graph.get("open_macs", {}),
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
