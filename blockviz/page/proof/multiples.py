"""Widths that a panel gives as a multiple (``6c`` of what enters, ``4f``), against all copies with the same layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Block, Group, item_leaves
from blockviz.ops.per_step import called
from blockviz.page.proof.counterparts import counterparts
from blockviz.page.proof.facts import width_of

_MULTIPLE = re.compile(r"(?<![\w+′/–])([2-9]\d*)([cfgh])(?![\w+′/–])")
_PLAIN = re.compile(r", ([fgh])(?![\w+′/–])")


def multiple_faults(labels: Mapping[str, str], main: Block | Group, copies: Sequence[Block | Group]) -> Iterator[str]:
    """Multiples in the labels of a drawing that are not so in a copy, which its words tell apart otherwise."""
    told = {name: found for name, text in labels.items() if (found := _MULTIPLE.search(text)) and ", " in text}
    plain = {found[1]: name for name, text in labels.items() if (found := _PLAIN.search(text))}
    if not told:
        return
    layers = _layers(main)
    for copy in (copy for copy in copies if _layers(copy) == layers):
        items = counterparts(main, copy)
        for name, (factor, letter) in ((name, found.groups()) for name, found in told.items()):
            wide = width_of(items.get(name))
            base = _entering(copy) if letter == "c" else width_of(items.get(plain.get(letter, "")))
            if wide and base and wide != int(factor) * base:
                yield f"says {factor}{letter}, and {copy.id} has {wide} with {letter} = {base}"
                return


def _layers(block: Block | Group) -> list[str]:
    """The calls that may change the size of a tensor: layers with widths, poolings, concatenations."""
    nodes = [called(node) for node in item_leaves(block)]
    return sorted(
        f"{node.op} {node.config.get('kernel_size', '')}"
        for node in nodes
        if {"filters", "units", "pool_size"} & node.config.keys() or node.op == "Concatenate"
    )


def _entering(block: Block | Group) -> int | None:
    return block.inputs[0][-1] if block.inputs and block.inputs[0] else None
