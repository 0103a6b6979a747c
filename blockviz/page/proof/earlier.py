"""Inputs of a panel that are said to come from the block before, or from the one before that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from blockviz.ir import Block, Group, LayerGraph, expand, item_leaves, letters_of
from blockviz.page.proof.counterparts import counterparts
from blockviz.page.proof.facts import copies_of
from blockviz.page.proof.reading import text_of
from blockviz.scene import Frame, Sheet, Words

_SAID = re.compile(r"(previous) \w+|\w+ (before that)")
_BELOW = 4.0  # sizes of type from such words down to the arrow that they stand over


def earlier_faults(graph: LayerGraph, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Arrows from outside a panel that come from another block than the words over them say."""
    letters, copies = letters_of(graph), [one for name in graph for one in copies_of(graph.item(name))]
    blocks = [one for one in copies if isinstance(one, Block | Group)]
    flat: LayerGraph | None = None
    for sheet in sheets:
        for frame in (one for one in sheet.groups if one.id):
            for words in (one for one in sheet.words if _is_in(one, frame)):
                if (found := _SAID.fullmatch(text_of(words))) is None:
                    continue
                flat = flat or expand(graph)
                steps, told = 1 if found[1] else 2, f"panel {frame.id}: says {text_of(words)!r}"
                own = [one for one in blocks if letters.get(one.type) == frame.id]
                targets = list(_under(words, sheet))
                if not targets:
                    yield f"{told} over no arrow"
                for target in targets:
                    yield from (f"{told} of {target}, {fault}" for fault in _faults(target, own, blocks, flat, steps))


def _faults(
    target: str, own: Sequence[Block | Group], blocks: Sequence[Block | Group], flat: LayerGraph, steps: int
) -> Iterator[str]:
    owner = {node.id: number for number, block in enumerate(blocks) for node in item_leaves(block)}
    shown = next((block for block in own if target in block.body), None)
    if shown is None:
        yield "which no copy has"
        return
    for block in own:
        item = shown.body.item(target) if block is shown else counterparts(shown, block).get(target)
        number = blocks.index(block)
        if item is None or block.variant != shown.variant or number < steps:
            continue
        calls = {node.id for node in item_leaves(block)}
        givers = {owner.get(giver) for node in item_leaves(item) for giver in _outside(node.id, calls, flat)}
        if givers != {number - steps}:
            yield f"and copy {number + 1} of all blocks reads {sorted(str(one) for one in givers)}"
            return


def _outside(call: str, calls: set[str], flat: LayerGraph) -> Iterator[str]:
    """Calls outside a block that one inside it depends on."""
    for giver in flat.pred[call]:
        yield from _outside(giver, calls, flat) if giver in calls else [giver]


def _under(words: Words, sheet: Sheet) -> Iterator[str]:
    """The boxes to which arrows go that begin under some words."""
    for arrow in sheet.arrows:
        x, y = arrow.points[0]
        if not arrow.source and abs(x - words.x) < words.size and 0 < y - words.y < _BELOW * words.size:
            yield arrow.target.partition("/")[2]


def _is_in(words: Words, frame: Frame) -> bool:
    return frame.x <= words.x <= frame.x + frame.width and frame.y <= words.y <= frame.y + frame.height
