"""What a model becomes besides its figure, read back: the JSON of ``inspect``, the flowchart, DOT."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blockviz.costs.cost import cost_of
from blockviz.ir import UNKNOWN, LayerGraph, Shape, blocks_in, item_leaves, layers_of, leaves, letters_of
from blockviz.page.proof.facts import copies_of, leaving
from blockviz.page.proof.reading import things
from blockviz.scene import Sheet

_MARK = re.compile(r"^\s+(n\d+)(?:\[|\(|\{)", re.MULTILINE)
_EDGE = re.compile(r'^\s+(n\d+) -->(?:\|"([^"]*)"\|)? (n\d+)$', re.MULTILINE)


def inspection_faults(document: Mapping[str, Any], graph: LayerGraph, source: LayerGraph) -> Iterator[str]:
    """Statements of the JSON of ``inspect`` that are not so."""
    model, nodes = document["model"], list(leaves(source))
    cost = cost_of(nodes)
    wanted = {
        "layers": len(layers_of(nodes)),
        "params": _or_null(cost.params, "params" in cost.bounds),
        "trainable_params": _or_null(cost.trainable, "params" in cost.bounds),
        "macs": _or_null(cost.macs, "macs" in cost.bounds),
        "output_shapes": [_sizes(source.item(name).outputs, index) for name, index in source.exits],
    }
    for key, value in wanted.items():
        if model[key] != value:
            yield f"the JSON says {key} {model[key]}, and it is {value}"
    entries = {entry["id"]: entry for entry in document["overview"]}
    if list(entries) != list(graph):
        yield f"the JSON has the parts {list(entries)[:5]} …, and the block graph {list(graph)[:5]} …"
        return
    for name, entry in entries.items():
        yield from (f"the JSON's {name}: {fault}" for fault in _entry_faults(entry, graph, name))
    letters = letters_of(graph)
    found: dict[str, list[list[str]]] = {}
    for block in blocks_in(graph):
        found.setdefault(letters[block.type], []).append(list(layers_of(item_leaves(block))))
    for entry in document["blocks"]:
        if entry["type"] in found and [copy["layers"] for copy in entry["instances"]] != found[entry["type"]]:
            yield f"the JSON's copies of {entry['type']} are not those of the block graph"


def _entry_faults(entry: Mapping[str, Any], graph: LayerGraph, name: str) -> Iterator[str]:
    item = graph.item(name)
    copies, cost = copies_of(item), cost_of(item_leaves(item))
    reads = list(dict.fromkeys(source for _, source, _ in graph.operand_list(name)))
    shapes = [None if shape == UNKNOWN else list(shape) for shape in leaving(graph, name)]
    wanted: dict[str, object] = {
        "repeat": len(copies),
        "inputs": reads,
        "params": _or_null(cost.params, "params" in cost.bounds),
        "copies": [list(layers_of(item_leaves(copy))) for copy in copies],
    }
    for key, value in wanted.items():
        if entry[key] != value:
            yield f"{key} {entry[key]}, and it is {value}"
    if entry["output_shape"] not in shapes:
        yield f"gives {entry['output_shape']}, and what leaves it is {shapes}"


def _or_null(value: int, is_bound: bool) -> int | None:
    return None if is_bound else value


def _sizes(shapes: Sequence[Shape], index: int) -> list[int | None] | None:
    return None if index >= len(shapes) or shapes[index] == UNKNOWN else list(shapes[index])


def flowchart_faults(text: str, sheet: Sheet, graph: LayerGraph) -> Iterator[str]:
    """What a Mermaid flowchart of a sheet lacks or adds."""
    names = {box.id: f"n{number}" for number, box in enumerate(things(sheet))}
    if (told := Counter(_MARK.findall(text))) != Counter(names.values()):
        yield f"the flowchart has {sum(told.values())} nodes, and the figure {len(names)} boxes"
    ends = [*((arrow.source, arrow.target) for arrow in sheet.arrows), *sheet.links]
    drawn = Counter((names[source], names[target]) for source, target in ends if source in names and target in names)
    edges = Counter((source, target) for source, _, target in _EDGE.findall(text))
    for pair in (drawn - edges) + (edges - drawn):
        yield f"the flowchart and the figure differ in the edge {pair}"
    labels = dict(re.findall(r'^\s+(n\d+)[\[({][^"]*"(.*)"', text, re.MULTILINE))
    for name in graph:
        count = len(copies_of(graph.item(name)))
        label = labels.get(names.get(f"/{name}", ""), "")
        if count > 1 and label and not re.search(rf"×{count}\b|\b{count} calls", label):
            yield f"the flowchart's {name} stands for {count} copies, and says {label!r}"


def drawing_faults(text: str, sheet: Sheet) -> Iterator[str]:
    """What a DOT drawing of a sheet lacks: a node for every box, an edge for every arrow."""
    names = {box.id: f"n{number}" for number, box in enumerate(sheet.boxes)}
    nodes = set(re.findall(r"^\s*(n\d+) \[", text, re.MULTILINE))
    yield from (f"the DOT drawing has no node for {ident}" for ident, name in names.items() if name not in nodes)
    drawn = Counter((names[a.source], names[a.target]) for a in sheet.arrows if a.source in names and a.target in names)
    edges = Counter(re.findall(r"^\s*(n\d+) -> (n\d+) ", text, re.MULTILINE))
    missing = drawn - Counter({pair: count for pair, count in edges.items() if pair in drawn})
    yield from (f"the DOT drawing has no edge {pair}" for pair in missing)
