"""Variants as a switch: one drawing of a type in which the boxes that only some copies have are dashed.

The majority is drawn: what differs elsewhere in the copies with the dashed boxes (a stride) is said in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod

from blockviz.ir import Item, LayerGraph, Node, Port, Unit, item_leaves
from blockviz.outline.model import Definition, Variant
from blockviz.runtime.records import dataclass
from blockviz.structure.canonical_form import sizes_of
from blockviz.structure.parameters import INPUT, aligned, width

_MOST = 3  # boxes that a switch adds


@dataclass(frozen=True, slots=True)
class Switch:
    """The body to draw and its dashed boxes; ``stand_ins`` are the main form's items, whose labels the others bear."""

    body: LayerGraph
    dashed: frozenset[str]
    symbols: Mapping[str, str]
    tensors: Mapping[Port, str]
    stand_ins: Mapping[str, Item]


def switch_of(definition: Definition) -> Switch | None:
    """The drawing that a panel has of all forms; none of forms that also lack something, if their place is not said."""
    return switch_for(definition) if definition.sayings or not some_lack(definition) else None


def some_lack(definition: Definition) -> bool:
    """Whether a form has more boxes and lacks others."""
    return any(one.added and one.removed for one in definition.variants)


def switch_for(definition: Definition) -> Switch | None:
    """The drawing that says the main form and all forms with more boxes; None where one cannot say it.

    It has the boxes of the form with most of them: others have some of these. What a form lacks is said in words.
    """
    grown = [variant for variant in definition.variants if variant.added]
    whole = [variant for variant in grown if not variant.removed]
    if not whole or any(len(variant.added) > _MOST for variant in grown):
        return None
    base = min(whole, key=lambda variant: (-len(variant.added), _strides(variant), len(variant.changed)))
    boxes = _boxes(base)  # one box can't say several widths
    if any(not kind for kind, _ in boxes) or not all(_boxes(variant) <= boxes for variant in grown):
        return None
    if not all(_is_part(variant, base) for variant in whole if len(variant.added) < len(base.added)):
        return None
    if len(base.body.entries) != len(definition.body.entries) or len(base.body.exits) != len(definition.body.exits):
        return None  # what a line of the one begins with is another tensor in the other
    at = aligned(definition.body, base.body)
    if len(at) != len(definition.body) or len(base.body) != len(at) + len(base.added) or not _adds_only(base, at):
        return None
    if not _wired_alike(definition.body, base.body, at, base.added):
        return None
    symbols = {name: text for name, text in base.symbols.items() if name in base.added}
    symbols |= {_own_key(at, key): text for key, text in texts_of_all(definition).items()}
    tensors = tensors_of_all(definition)
    return Switch(
        base.body,
        base.added,
        symbols,
        {(at.get(name, name), index): text for (name, index), text in tensors.items()},
        {own: definition.body.item(main) for main, own in at.items()},
    )


def texts_of_all(definition: Definition) -> dict[str, str]:
    """The widths that a drawing gives which stands for forms beside the main one: a range where these need one.

    So it is also with a multiple (``4f``) that is not so in a form: an expansion of what enters, where that form's
    copies enter with another width.
    """
    body = definition.body
    told = {
        name: text
        for name, text in definition.symbols.items()
        if re.fullmatch(r"[2-9]\d*[fgh]", text) and name in body and width(body.item(name))
    }
    false = {
        name
        for variant in definition.variants
        for name, other in aligned(body, variant.body).items()
        if name in told and variant.symbols.get(other) != told[name]
    }
    return {**definition.spans, **{name: text for name, text in definition.symbols.items() if name not in false}}


def tensors_of_all(definition: Definition) -> dict[Port, str]:
    """The shapes that a drawing gives which stands for forms beside the main one.

    Their strides are told in words; with how many channels a tensor enters isn't, so that these have a letter where
    the main form's multiple is not so in all copies.
    """
    out = {**definition.tensor_spans, **definition.tensors}
    for port, text in definition.tensors.items():
        shape, comma, about = text.partition(", ")
        grid, every = shape.rpartition("×")[0], definition.tensor_spans.get(port, "").rpartition("×")[2]
        if not port[0] and grid and every.startswith(INPUT):
            out[port] = f"{grid}×{every}{comma}{about}"
    return out


def _boxes(variant: Variant) -> Counter[tuple[str, str]]:
    """What the boxes are that only some copies have: kind and width."""
    return Counter((_kind(variant.body.item(name)), _width_text(variant, name)) for name in variant.added)


def _is_part(variant: Variant, base: Variant) -> bool:
    """Whether a form is that with most boxes, less some of those that it adds."""
    if len(variant.body.entries) != len(base.body.entries) or len(variant.body.exits) != len(base.body.exits):
        return False
    at = aligned(variant.body, base.body)
    rest = frozenset(base.body).difference(at.values())
    return len(at) == len(variant.body) and rest < base.added and _wired_alike(variant.body, base.body, at, rest)


def _own_key(at: Mapping[str, str], key: str) -> str:
    """The key of a text (an item, or its dilation or count) for the item that stands there in the longer form."""
    name, mark, about = key.partition("\x00")
    return at.get(name, name) + mark + about


def _width_text(variant: Variant, name: str) -> str:
    return variant.symbols.get(name) or str(width(variant.body.item(name)))


def _strides(variant: Variant) -> int:
    """How much the boxes that a form adds stride: what only some of the forms do is said in words."""
    nodes = [node for name in variant.added for node in item_leaves(variant.body.item(name))]
    return prod(max(sizes_of(node.config.get("strides"))) for node in nodes)


def _kind(item: Item) -> str:
    """The operation of a call or unit; "" for what a dashed box can't stand for."""
    if isinstance(item, Unit):
        return "+".join(node.op for node in item.body.items() if isinstance(node, Node))
    return item.op if isinstance(item, Node) else ""


def _adds_only(variant: Variant, at: Mapping[str, str]) -> bool:
    return variant.added.isdisjoint(at.values())


def _wired_alike(main: LayerGraph, base: LayerGraph, at: Mapping[str, str], added: frozenset[str]) -> bool:
    """Whether the longer form without its added boxes is the main form, tensor by tensor."""
    shown, through = _reads(main), _reads(base)

    def origins(tensor: Port) -> set[Port]:
        """What a tensor is where the added boxes are taken out: one of those that they read."""
        found, pending = set[Port](), [tensor]
        while pending:
            one = pending.pop()
            if one[0] in added:
                pending += through[one[0]].values()
            else:
                found.add(one)
        return found

    def own(tensor: Port) -> Port:
        return (at.get(tensor[0], tensor[0]), tensor[1])

    for name, reads in shown.items():
        theirs = through[at[name]]
        if not all(index in theirs and own(tensor) in origins(theirs[index]) for index, tensor in reads.items()):
            return False
    return all(own(left) in origins(right) for left, right in zip(main.exits, base.exits, strict=True))


def _reads(body: LayerGraph) -> dict[str, dict[int, Port]]:
    """Per item the tensor behind each input: (item, output), or ("", number of an entry)."""
    found: dict[str, dict[int, Port]] = {name: {} for name in body}
    for name in body:
        for index, source, out in body.operand_list(name):
            found[name][index] = (source, out)
    for number, ports in enumerate(body.entries):
        for name, index in ports:
            found[name][index] = ("", number)
    return found


def switch_words(variants: Sequence[Variant]) -> list[str]:
    """What is said of each variant under the drawing."""
    return [v.words(", dashed" if v.added else "") for v in variants]
