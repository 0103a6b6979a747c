"""Which earlier block each input of a block comes from, where these are the one before and the one before that.

The cells of NASNet and its kin read the last two outputs; drawn alike, nobody knows which is which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blockviz.ir import Block, Composite, Group, LayerGraph, Run, expand, item_leaves
from blockviz.outline.model import Definition
from blockviz.runtime.records import replace
from blockviz.text.numbers import shape_text

_STEPS = (1, 2)  # back in the row of all blocks
_FEWEST = 3  # copies that show a rule: the first levels of a decoder may read so by chance
_NOUNS = ("cell", "layer", "module", "unit")


def earlier_copies(graph: LayerGraph) -> Mapping[str, Mapping[int, int]]:
    """Type → entry → how many blocks back it comes from, in all copies that have as many entries as most."""
    copies = list(_copies(graph))
    if not any(len(copy.body.entries) > 1 for copy in copies):
        return {}
    flat = expand(graph)
    owner = {node.id: number for number, copy in enumerate(copies) for node in item_leaves(copy)}
    found: dict[str, list[tuple[int | None, ...]]] = {}
    for number, copy in enumerate(copies):
        steps = tuple(number - owner[giver] if giver in owner else None for giver in _givers(copy, flat))
        found.setdefault(copy.type, []).append(steps)
    told = {}
    for key, rows in found.items():
        count = max(map(len, rows))
        whole = [row for row in rows if len(row) == count]
        columns = [{step for step in column if step is not None} for column in zip(*whole, strict=True)]
        if len(whole) >= _FEWEST and sorted(map(sorted, columns)) == [[step] for step in _STEPS]:
            told[key] = {entry: step for entry, column in enumerate(columns) for step in column}
    return told


def with_earlier(definition: Definition, steps: Mapping[int, int]) -> Definition:
    """The definition with what each entry is said to be: ``H×W×6f, previous cell``."""
    readers = [ports[0][0] for ports in definition.body.entries if len(ports) == 1]
    if not len(steps) == len(set(readers)) == len(definition.body.entries):  # words stand over one arrow each
        return definition
    last = definition.name.rpartition(" ")[2].lower()
    noun = last if last in _NOUNS else "block"
    told = {}
    for number, back in steps.items():
        key, ports = ("", number), definition.body.entries[number]
        shape = definition.tensors.get(key) or definition.tensor_spans.get(key)
        shape = shape or shape_text(definition.body.input_shape(ports[0]))
        told[key] = f"{shape}, {f'previous {noun}' if back == 1 else f'{noun} before that'}"
    return replace(definition, tensors={**definition.tensors, **told}) if told else definition


def _copies(graph: LayerGraph) -> Iterator[Block | Group]:
    for item in graph.items():
        for copy in item.body.items() if isinstance(item, Run) and item.type else [item]:
            if isinstance(copy, Block | Group):
                yield copy


def _givers(copy: Composite, flat: LayerGraph) -> Iterator[str]:
    """The call behind each entry."""
    for ports in expand(copy.body).entries:
        reads = {index: source for index, source, _ in flat.operand_list(ports[0][0])} if ports else {}
        yield reads.get(ports[0][1], "") if ports else ""
