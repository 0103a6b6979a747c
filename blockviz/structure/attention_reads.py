"""What the attention of a block reads: what enters the block alone, or a second tensor."""

from __future__ import annotations

from networkx import ancestors

from blockviz.ir import Idiom, LayerGraph, Node, item_leaves
from blockviz.ops.families import family


def attention_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    """What an attention reads instead, where both have as many: what enters the block, or a second tensor."""
    was, now = crosses(main), crosses(other)
    if len(was) != len(now) or sum(was) == sum(now):
        return []
    return ["cross-attention" if sum(now) > sum(was) else "self-attention"]


def crosses(body: LayerGraph) -> list[bool]:
    """Per attention, whether its values come from what its queries do not come from."""
    found = []
    for name in body:
        item = body.item(name)
        if isinstance(item, Idiom) and "heads" in item.attributes:
            projected = _projected(item)
            behind = {to: _entries_behind(body, source) for to, source, _ in body.operand_list(name)}
            behind |= {to: {n} for n, ports in enumerate(body.entries) for reader, to in ports if reader == name}
            if projected:  # else nobody knows which of the operands are queries
                first, *others = (behind.get(number, set()) for number in projected)
                found.append(any(not other <= first for other in others))
        elif isinstance(item, Node) and family(item.op) == "attention":
            behind = {to: _entries_behind(body, source) for to, source, _ in body.operand_list(name)}
            behind |= {to: {n} for n, ports in enumerate(body.entries) for reader, to in ports if reader == name}
            found.append(not behind.get(1, set()) <= behind.get(0, set()))
    return found


def _projected(attention: Idiom) -> list[int]:
    """The operands of an attention written out that its own layers with weights read: no bias, and no mask."""
    body = attention.body
    weighs = {name for name in body if any(node.layer.params != 0 for node in item_leaves(body.item(name)))}
    return [number for number, ports in enumerate(body.entries) if any(reader in weighs for reader, _ in ports)]


def _entries_behind(body: LayerGraph, name: str) -> set[int]:
    way = {name} | ancestors(body, name)
    return {number for number, ports in enumerate(body.entries) if any(reader in way for reader, _ in ports)}
