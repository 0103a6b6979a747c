"""What the attention of a block reads: what enters the block alone, or a second tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from networkx import ancestors, has_path

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Port, item_leaves
from blockviz.ops.families import family, merge_name

_PARTS = frozenset({"GetItem", "Getitem", "Slice"})  # calls that take some of the tokens


def attention_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    """What an attention reads instead, where both have as many: what enters the block, or a second tensor."""
    was, now = crosses(main), crosses(other)
    if len(was) != len(now) or sum(was) == sum(now):
        return []
    return ["cross-attention" if sum(now) > sum(was) else "self-attention"]


def crosses(body: LayerGraph, made_from: Mapping[int, int] | None = None) -> list[bool]:
    """Per attention, whether its values come from what its queries do not come from, or these from a part of that.

    made_from : entries that stand for others, as a sum with positions does for what they are added to.
    """
    found = []
    made_from = made_from or {}

    def behind_operands(name: str) -> dict[int, set[int]]:
        behind = {to: _entries_behind(body, source) for to, source, _ in body.operand_list(name)}
        behind |= {to: {n} for n, ports in enumerate(body.entries) for reader, to in ports if reader == name}
        return {to: {made_from.get(n, n) for n in entries} for to, entries in behind.items()}

    def asks_for_few(name: str, queries: int, values: Sequence[int]) -> bool:
        """Whether queries are some of the tokens, a class token say, and values all of them."""
        way = {to: {source, *ancestors(body, source)} for to, source, _ in body.operand_list(name)}
        parts = {to: {one for one in calls if _takes_part(body.item(one))} for to, calls in way.items()}
        return bool(parts.get(queries)) and not any(parts.get(to) for to in values)

    for name in body:
        item = body.item(name)
        if isinstance(item, Idiom) and "heads" in item.attributes:
            projected = _projected(item)
            behind = behind_operands(name)
            if projected:  # else nobody knows which of the operands are queries
                first, *others = (behind.get(number, set()) for number in projected)
                few = asks_for_few(name, projected[0], projected[1:]) if others else False
                found.append(few or any(not other <= first for other in others))
        elif isinstance(item, Node) and family(item.op) == "attention":
            behind = behind_operands(name)
            found.append(not behind.get(1, set()) <= behind.get(0, set()) or asks_for_few(name, 0, [1]))
    return found


def _takes_part(item: Item) -> bool:
    return isinstance(item, Node) and item.op in _PARTS


def entries_normalised(body: LayerGraph, flat: LayerGraph) -> dict[int, int]:
    """Entries of a body that give what another gives, normalised, by number. flat : the graph of all calls."""
    return _entries_made_from(body, flat, lambda node, _: family(node.op) == "norm")


def entries_placed(body: LayerGraph, flat: LayerGraph) -> dict[int, int]:
    """Entries of a body that give what another gives with positions added to it, which are not made from it."""

    def places(node: Node, source: str) -> bool:
        others = [name for _, name, _ in flat.operand_list(node.id) if name != source]
        return merge_name(node.op) == "Add" and not any(has_path(flat, source, other) for other in others)

    return _entries_made_from(body, flat, places)


def _entries_made_from(body: LayerGraph, flat: LayerGraph, makes: Callable[[Node, str], bool]) -> dict[int, int]:
    sources = [_source(body, ports, flat) for ports in body.entries]
    found = {}
    for number, source in enumerate(sources):
        node = flat.item(source[0]) if source is not None and source[0] in flat else None
        if not isinstance(node, Node):
            continue
        before = {(name, out) for _, name, out in flat.operand_list(node.id) if makes(node, name)}
        others = [other for other, read in enumerate(sources) if read in before]
        if others:
            found[number] = others[0]
    return found


def _source(body: LayerGraph, ports: Sequence[Port], flat: LayerGraph) -> Port | None:
    """The tensor that an entry of a body gives, as a call of the whole graph and the number of its output."""
    while ports:
        name, to = ports[0]
        item = body.item(name)
        if not isinstance(item, Composite):
            return next(((source, out) for at, source, out in flat.operand_list(name) if at == to), None)
        body, ports = item.body, item.body.entries[to]
    return None


def _projected(attention: Idiom) -> list[int]:
    """The operands of an attention written out that its own layers with weights read: no bias, and no mask."""
    body = attention.body
    weighs = {name for name in body if any(node.layer.params != 0 for node in item_leaves(body.item(name)))}
    return [number for number, ports in enumerate(body.entries) if any(reader in weighs for reader, _ in ports)]


def _entries_behind(body: LayerGraph, name: str) -> set[int]:
    way = {name} | ancestors(body, name)
    return {number for number, ports in enumerate(body.entries) if any(reader in way for reader, _ in ports)}
